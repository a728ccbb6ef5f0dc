"""Is my gradient right? Gradient rules compared with finite differences.

Move one number of the input a little up and a little down: the difference of the outputs over the distance is
the slope, whatever the rules say. Everything runs in float64. The outputs are weighed with a random upstream
gradient: with ones, a wrong softmax looks right, since its outputs sum to 1 and the true gradient of that sum
is 0. The second order is the same comparison once more, of the function that gives the first gradient.

At a kink (relu at 0, a tie of max) there is no slope to compare with. There the differences contradict each
other: halving the step changes the central difference, or does not halve the gap between the slopes to either
side. A point is left out only if its differences contradict each other about as much as they contradict the
rule; those of a smooth function hardly do, so a wrong rule cannot pass for a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.autograd import Variable, grad
from tinydl.gradcheck.diagnosis import Trial, diagnose
from tinydl.tensor import Tensor

DIRECTIONS = 10  # how many random directions a big input is moved in


@dataclass
class Finding:
    """What was found of one order. `error` is the largest, relative to the largest value of its array."""

    order: int
    error: float = 0.0
    worst: str = ""  # where the error is largest, with both values
    checked: int = 0  # elements, and directions of big inputs
    left_out: int = 0  # of those that were looked at, too near a kink

    def note(self, error: float, worst: str) -> None:
        """Keep this if nothing worse is known."""
        if error > self.error or not self.worst:
            self.error, self.worst = error, worst

    def __str__(self) -> str:
        left_out = f", {self.left_out} left out, too near a kink" if self.left_out else ""
        summary = f"order {self.order}: largest error {self.error:.1e}, {self.checked} checked{left_out}"
        return f"{summary}\n  {self.worst}"


@dataclass
class Report:
    """What `check` found; true if every gradient is right. Print it to see the worst of each order."""

    tolerance: float
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every order is right to within the tolerance."""
        return self.error <= self.tolerance

    @property
    def error(self) -> float:
        """The largest error of all orders, relative to the largest value of its array."""
        return max(finding.error for finding in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        verdict = "right" if self.ok else "WRONG"
        return "\n".join([f"gradient {verdict} (tolerance {self.tolerance:.0e})", *map(str, self.findings)])


class GradientError(AssertionError):
    """A gradient rule is wrong, or could not be compared. `report` is what `check` found."""

    def __init__(self, report: Report):
        super().__init__(str(report))
        self.report = report


def check(
    function: Callable,
    inputs: Any,
    *,
    order: int = 2,
    tolerance: float = 1e-6,
    eps: float = 1e-5,
    max_elements: int = 100,
    seed: int = 0,
    raise_error: bool = True,
) -> Report:
    """Compare the gradients of a function with finite differences.

    Args:
        function: takes the inputs as Tensors, gives a Tensor or a tuple of them, of any shape. Outputs that
            are not floating-point are passed over.
        inputs: a list of arrays, Tensors or numbers. Floating-point ones are checked, as float64 copies; all
            others are handed on as they are.
        order: 1 for the gradient, 2 for the gradient of the gradient too, and so on.
        tolerance: the largest error that passes, relative to the largest value of the gradient array.
        eps: how far the inputs are moved.
        max_elements: an input with more elements is moved in random directions, not element by element.
        seed: of the random upstream gradients and directions.
        raise_error: False to get the report of a wrong gradient instead of an error.

    Returns:
        The report, true if all is right. Orders above the first wrong one are not looked at.

    Raises:
        GradientError: a gradient is wrong; its text is the report, naming the worst element with both values.
        TypeError: the function does not answer with float64 Tensors.
        ValueError: no input is floating-point, `order` is below 1, or the function's output is random or not finite.

    Example:
        >>> from tinydl import gradcheck
        >>> report = gradcheck.check(lambda x, w: x @ w, [np.ones((2, 3)), np.ones((3, 4))])
        >>> report.ok, report.error < 1e-6
        (True, True)
    """
    if order < 1:
        raise ValueError(f"gradcheck: order is 1 or more, got {order}")
    several = isinstance(inputs, (list, tuple))
    values = [_in_double(value) for value in (inputs if several else [inputs])]
    if not any(map(_is_checked, values)):
        raise ValueError("gradcheck: no input is floating-point, so there is no gradient to check")
    rng = np.random.default_rng(seed)
    report = Report(tolerance)
    rules: dict[int, np.ndarray] = {}  # by input: its gradient, as the rules of the order before have it
    rounding = 0.0  # slopes below this are lost in rounding
    for n in range(1, order + 1):
        finding = Finding(n)
        report.findings.append(finding)
        point = _Point(function, values, eps, rng, rounding)
        if not all(np.allclose(g, rule, tolerance, rounding) for g, rule in zip(point.here, rules.values())):
            finding.note(math.inf, "the rules give other gradients on Tensors than on arrays")
            break
        try:
            rules = point.rules()
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            finding.note(math.inf, f"a rule writes into an array that it was given ({error})")
            break
        for i, rule in rules.items():
            if rule.size:
                _compare(point, i, rule, _ways(rule.size, max_elements, rng), finding, tolerance)
        if not report.ok:
            break
        function, rounding = _gradient(function, point.upstream), point.rounding
    if raise_error and not report.ok:
        raise GradientError(report)
    return report


def _in_double(value: Any) -> Any:
    """A floating-point input as a float64 leaf, locked so that a rule that writes into it is found out."""
    data = value.data if isinstance(value, Variable) else value
    if not isinstance(data, float) and getattr(getattr(data, "dtype", None), "kind", None) != "f":
        return value
    return _locked(backend.to_numpy(data).astype(np.float64))


def _locked(array: np.ndarray) -> Tensor:
    x = Tensor(array, requires_grad=True)  # a copy
    if isinstance(x.data, np.ndarray):  # CuPy has no such lock
        x.data.flags.writeable = False
    return x


def _is_checked(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _call(function: Callable, values: list) -> list[Tensor]:
    """The floating-point outputs of a function."""
    result = function(*values)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    for y in outputs:
        if not isinstance(y, Tensor):
            raise TypeError(
                f"gradcheck: the function gave a {type(y).__name__}, expected a Tensor or several"
            )
    return [y for y in outputs if y.dtype.kind == "f"]


def _gradient(function: Callable, upstream: list) -> Callable:
    """The function that gives the gradients of another: all its outputs at once, the rules on Tensors."""

    def gradient(*values: Any) -> tuple[Tensor, ...]:
        xs = [x for x in values if _is_checked(x)]
        terms = [(y * Tensor(v)).sum() for y, v in zip(_call(function, list(values)), upstream)]
        total = sum(terms[1:], start=terms[0])
        if not total.requires_grad:
            return tuple(Tensor(np.zeros(x.shape)) for x in xs)
        gs = grad(total, xs, create_graph=True, allow_unused=True)
        return tuple(Tensor(np.zeros(x.shape)) if g is None else g for x, g in zip(xs, gs))

    return gradient


class _Point:
    """A function where it is to be checked, its outputs weighed to one number."""

    def __init__(
        self, function: Callable, values: list, eps: float, rng: np.random.Generator, rounding: float
    ):
        self.function = function
        self.values = values
        self.eps = eps
        self.here = [y.numpy() for y in _call(function, values)]
        self._can_be_differentiated()
        # Signs at random, but no weight near 0, which would make an output count for nothing.
        self.upstream = [
            np.asarray(rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)) for y in self.here
        ]
        # Differences magnify the rounding of the outputs, which are no finer than what they were made of.
        weighed = math.hypot(*(float(np.linalg.norm(v * y)) for v, y in zip(self.upstream, self.here)))
        self.rounding = max(rounding, 4 * float(np.finfo(np.float64).eps) * weighed / eps)

    def _can_be_differentiated(self) -> None:
        if not self.here:
            raise TypeError("gradcheck: no output is floating-point, so that no gradient flows through it")
        for i, (y, again) in enumerate(zip(self.here, _call(self.function, self.values))):
            if y.dtype != np.float64:
                raise TypeError(
                    f"gradcheck: output {i} is {y.dtype}, too coarse for differences: make weights and "
                    "layers in float64, after tinydl.backend.set_floatx('float64')"
                )
            if not np.isfinite(y).all():
                raise ValueError(f"gradcheck: output {i} is not finite: {y}")
            if not np.array_equal(y, again.numpy()):
                raise ValueError(
                    f"gradcheck: output {i} differs between two calls with the same inputs: draw random "
                    "numbers outside of the function"
                )

    def rules(self) -> dict[int, np.ndarray]:
        """The gradient of each checked input, by the rules on bare arrays, which are locked."""
        xs = {i: x for i, x in enumerate(self.values) if _is_checked(x)}
        totals = {i: np.zeros(x.shape) for i, x in xs.items()}
        for y, v in zip(_call(self.function, self.values), self.upstream):
            if not y.requires_grad:
                continue
            v.flags.writeable = False
            for _ in range(2):  # twice over one graph, to expose a rule that spoils what was saved
                gs = grad(y, list(xs.values()), grad_outputs=v, retain_graph=True, allow_unused=True)
                for i, g in zip(xs, gs):
                    totals[i] += 0 if g is None else g.numpy() / 2
        return totals

    def change(self, i: int, step: np.ndarray) -> float:
        """How much the weighed outputs change when input i moves by a step."""
        values = list(self.values)
        values[i] = _locked(values[i].numpy() + step)
        moved = [y.numpy() for y in _call(self.function, values)]
        return math.fsum(float(np.vdot(v, y - here)) for v, y, here in zip(self.upstream, moved, self.here))

    def slope(self, i: int, way: np.ndarray) -> float:
        """The central difference."""
        return (self.change(i, self.eps * way) - self.change(i, -self.eps * way)) / (2 * self.eps)

    def closer(self, i: int, way: np.ndarray) -> tuple[float, float]:
        """A better slope, from two steps (Richardson), and how much the differences contradict each other."""
        far, near = self.eps, self.eps / 2
        left, left_near, right_near, right = (self.change(i, h * way) / h for h in (-far, -near, near, far))
        central, central_near = (left + right) / 2, (left_near + right_near) / 2
        contradiction = max(abs(central - central_near), abs((right - left) - 2 * (right_near - left_near)))
        return (4 * central_near - central) / 3, contradiction


def _ways(size: int, max_elements: int, rng: np.random.Generator) -> np.ndarray:
    """The directions to move an input in, each of length 1: along every element, or at random."""
    if size <= max_elements:
        return np.eye(size)
    ways = rng.normal(size=(DIRECTIONS, size))
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)


def _compare(
    point: _Point, i: int, rule: np.ndarray, ways: np.ndarray, finding: Finding, tolerance: float
) -> None:
    """Compare the gradient that the rules give input i with differences along the ways: (n, elements)."""
    by_rule = ways @ rule.ravel()
    ways = ways.reshape(-1, *rule.shape)
    kept = np.ones(len(ways), dtype=bool)
    with np.errstate(all="ignore"):  # a step may leave the domain: its nan is left out like a kink
        by_difference = np.array([point.slope(i, way) for way in ways])
        limit = max(tolerance * float(np.abs(by_rule).max()), point.rounding)
        for k in np.flatnonzero(~(np.abs(by_rule - by_difference) <= limit)):
            by_difference[k], contradiction = point.closer(i, ways[k])
            # At a jump, where the slope of a kink is differenced, the error is 7/3 of the contradiction.
            kept[k] = contradiction < abs(by_rule[k] - by_difference[k]) / 4 or not np.isfinite(by_rule[k])
    finding.left_out += int((~kept).sum())
    if not kept.any():
        finding.note(math.inf, f"input {i}: every point is too near a kink, nothing could be compared")
        return
    finding.checked += int(kept.sum())

    by_rule, by_difference, ways = by_rule[kept], by_difference[kept], ways[kept]
    scale = max(float(np.abs([by_rule, by_difference]).max()), point.rounding / tolerance, 1e-300)
    errors = np.nan_to_num(np.abs(by_rule - by_difference) / scale, nan=math.inf)
    worst = int(errors.argmax())
    error, way = float(errors[worst]), ways[worst]
    hint = ""
    if error > tolerance:
        way = _narrow(point, i, rule, way)
        hint = _hint(by_rule, by_difference, rule.shape, 10 * tolerance)
    index = np.argwhere(way)[0].tolist()
    where = f"at {index}" if np.count_nonzero(way) == 1 else f"along random direction {worst}"
    says = f"the rule says {np.vdot(way, rule):.9g}, the difference {point.slope(i, way):.9g}"
    finding.note(error, f"input {i} {where}: {says}{hint}")


def _narrow(point: _Point, i: int, rule: np.ndarray, way: np.ndarray) -> np.ndarray:
    """The one element that makes a direction wrong, found by halving it and keeping the worse half."""
    elements = np.flatnonzero(way)
    while len(elements) > 1:
        halves = np.array_split(elements, 2)
        parts = [np.where(np.isin(np.arange(way.size), half).reshape(way.shape), way, 0.0) for half in halves]
        errors = [abs(float(np.vdot(part, rule)) - point.slope(i, part)) for part in parts]
        elements = halves[int(errors[1] > errors[0])]
    return np.eye(1, way.size, elements[0]).reshape(way.shape)


def _hint(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...], tolerance: float) -> str:
    """The mistake that makes a of the true b, if it is one of the usual ones."""
    if not a.any():
        return "\n  by the rule everything is 0: is something detached, or computed outside of the ops?"
    # Else these are slopes in random directions, which have no places.
    elementwise = a.size == math.prod(shape)
    if elementwise:
        a, b = a.reshape(shape), b.reshape(shape)
    found = diagnose([Trial({}, a, b)], tolerance=tolerance)
    return f"\n  {found.sentence}" if found and (elementwise or found.key == "factor") else ""
