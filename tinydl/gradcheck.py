"""Is my gradient right? Gradient rules, compared with finite differences.

Move one number of the input a little up and a little down: the difference of the outputs, over the distance, is the
slope, whatever the rules say. Everything runs in float64. The outputs are weighed with a random upstream gradient: with
ones, a wrong softmax looks right, because its outputs sum to 1 and the true gradient of that sum is 0.

The second order is the same check once more, of the function that gives the first gradient.

At a kink (relu at 0, a tie of max) there is no slope to compare with. A point is left out only if its differences
contradict each other about as much as they contradict the rule: those of a smooth function agree, so that a wrong rule
cannot hide. A kink breaks that in one of two ways: halving the step changes the central difference, or does not halve
the gap between the slopes to either side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydl.autograd import Variable, grad
from tinydl.tensor import Tensor

DIRECTIONS = 10  # in how many random directions an input is moved that has too many elements to move each


class GradientError(AssertionError):
    """A gradient rule is wrong, or could not be checked. `report` is what `check` found."""

    def __init__(self, report: Report):
        super().__init__(str(report))
        self.report = report


@dataclass
class Finding:
    """What was found of one order. `error` is the largest, relative to the largest value of its array."""

    order: int
    error: float = 0.0
    checked: int = 0  # elements, or directions of big inputs
    left_out: int = 0  # of these, too near a kink
    worst: str = ""  # where the error is largest, with both values

    def __str__(self) -> str:
        text = f"order {self.order}: largest error {self.error:.1e}, {self.checked} checked"
        if self.left_out:
            text += f", {self.left_out} left out (too near a kink)"
        return f"{text}\n  {self.worst}"


@dataclass
class Report:
    """What `check` found: true if the gradients are right. `print` it to see the worst element of each order."""

    tolerance: float
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every order is right to within the tolerance."""
        return all(finding.error <= self.tolerance for finding in self.findings)

    @property
    def error(self) -> float:
        """The largest error of all orders, relative to the largest value of its array."""
        return max(finding.error for finding in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        verdict = "right" if self.ok else "WRONG"
        return "\n".join([f"gradient {verdict} (tolerance {self.tolerance:.0e})", *map(str, self.findings)])


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
        function: takes the inputs as Tensors, gives a Tensor or a tuple of them, of any shape. Outputs that are not
            floating-point are passed over.
        inputs: a list of arrays, Tensors or numbers. Floating-point ones are checked, as float64 copies; all others
            are handed on as they are.
        order: 1 for the gradient, 2 for the gradient of the gradient as well, and so on.
        tolerance: the largest error that is right, relative to the largest value of the gradient array.
        eps: how far the inputs are moved.
        max_elements: an input with more elements is moved in random directions instead of element by element.
        seed: of the random upstream gradients and directions.
        raise_error: False to get the report of a wrong gradient instead of an error. The orders after the first
            wrong one are not looked at.

    Raises:
        GradientError: a gradient is wrong: the report names the worst element, with both values.
        TypeError: the function does not answer in float64 Tensors.
        ValueError: no input is floating-point, or the function's output is random or not finite.

    Example:
        >>> from tinydl import gradcheck
        >>> report = gradcheck.check(lambda x, w: x @ w, [np.ones((2, 3)), np.ones((3, 4))])
        >>> report.ok, report.error < 1e-6
        (True, True)
    """
    if isinstance(inputs, (np.ndarray, Variable, float)):
        inputs = [inputs]
    values = [_in_double(value) for value in inputs]
    if not any(map(_is_checked, values)):
        raise ValueError("gradcheck: no input is floating-point, so there is no gradient to check")
    rng = np.random.default_rng(seed)
    report = Report(tolerance)
    for n in range(1, order + 1):
        # Not normal, which may come out near 0 and make an output count for nothing.
        upstream = [
            rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
            for y in _outputs(function, values)
        ]
        finding = Finding(n)
        report.findings.append(finding)
        _compare(_Probe(function, values, upstream, eps), finding, tolerance, max_elements, rng)
        if not report.ok:
            break
        function = _gradient(function, upstream)
    if raise_error and not report.ok:
        raise GradientError(report)
    return report


def _in_double(value: Any) -> Any:
    """A floating-point input as a float64 leaf, locked so that a rule that writes into it is caught."""
    data = value.data if isinstance(value, Variable) else value
    if not (hasattr(data, "dtype") or isinstance(data, float)) or np.asarray(data).dtype.kind != "f":
        return value
    return _locked(Tensor(data, requires_grad=True, dtype="float64"))


def _locked(x: Tensor) -> Tensor:
    x.data.flags.writeable = False
    return x


def _is_checked(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _outputs(function: Callable, values: Sequence) -> list[Tensor]:
    """The floating-point outputs of a function, after asking whether they can be differentiated at all."""
    first, again = (_floats(function(*values)) for _ in range(2))
    for i, (y, z) in enumerate(zip(first, again)):
        if y.dtype != np.float64:
            raise TypeError(
                f"gradcheck: output {i} is {y.dtype}, which is too coarse for differences: build weights and "
                "layers in float64, after tinydl.set_floatx('float64')"
            )
        if not np.isfinite(y.data).all():
            raise ValueError(f"gradcheck: output {i} is not finite: {y.data}")
        if not np.array_equal(y.data, z.data):
            raise ValueError(
                f"gradcheck: output {i} differs between two calls with the same inputs: draw random numbers "
                "outside of the function"
            )
    return first


def _floats(result: Any) -> list[Tensor]:
    several = list(result) if isinstance(result, (tuple, list)) else [result]
    if not all(isinstance(y, Tensor) for y in several):
        raise TypeError(
            f"gradcheck: the function gave {', '.join(type(y).__name__ for y in several)}, not Tensors"
        )
    chosen = [y for y in several if y.dtype.kind == "f"]
    if not chosen:
        raise TypeError(
            f"gradcheck: the function gave only {several[0].dtype}, through which no gradient flows"
        )
    return chosen


def _gradient(function: Callable, upstream: list) -> Callable:
    """The function whose outputs are the gradients of the given one; rules run on Tensors, all outputs at once."""

    def gradient(*values: Any) -> tuple[Tensor, ...]:
        xs = [x for x in values if _is_checked(x)]
        terms = [(y * v).sum() for y, v in zip(_floats(function(*values)), upstream)]
        total = sum(terms[1:], start=terms[0])
        gs = (
            grad(total, xs, create_graph=True, allow_unused=True) if total.requires_grad else [None] * len(xs)
        )
        return tuple(x * 0 if g is None else g for x, g in zip(xs, gs))

    return gradient


class _Probe:
    """One function at one point, seen from both sides: by its rules and by differences."""

    def __init__(self, function: Callable, values: list, upstream: list, eps: float):
        self.function = function
        self.values = values
        self.upstream = upstream
        self.eps = eps
        self.here = [y.data for y in _floats(function(*values))]
        # A slope below this is lost in the rounding of the outputs: eight half-units of their last place.
        weighed = math.hypot(*(float(np.linalg.norm(v * y)) for v, y in zip(upstream, self.here)))
        self.rounding = 4 * float(np.finfo(float).eps) * weighed / eps

    def rules(self) -> list[np.ndarray]:
        """The gradients by the rules on bare arrays, as `backward` runs them, each output for itself."""
        xs = [x for x in self.values if _is_checked(x)]
        totals = [np.zeros(x.shape) for x in xs]
        for y, v in zip(_floats(self.function(*self.values)), self.upstream):
            if y.requires_grad:
                v.flags.writeable = False
                for _ in range(
                    2
                ):  # twice over the same graph: a rule that spoils what was saved shows the second time
                    gs = grad(y, xs, grad_outputs=v, retain_graph=True, allow_unused=True)
                    totals = [total if g is None else total + g.data / 2 for total, g in zip(totals, gs)]
        return totals

    def moved(self, i: int, way: np.ndarray) -> list[np.ndarray]:
        """How much the outputs change if input i moves that way."""
        values = list(self.values)
        values[i] = _locked(Tensor(self.values[i].data + way, requires_grad=True))
        return [y.data - here for y, here in zip(_floats(self.function(*values)), self.here)]

    def weigh(self, changes: list[np.ndarray]) -> float:
        return math.fsum(float(np.vdot(v, change)) for v, change in zip(self.upstream, changes))

    def slope(self, i: int, way: np.ndarray) -> float:
        """The central difference of the weighed outputs."""
        up, down = (self.moved(i, side * self.eps * way) for side in (1, -1))
        return self.weigh([u - d for u, d in zip(up, down)]) / (2 * self.eps)

    def look_closer(self, i: int, way: np.ndarray) -> tuple[float, float]:
        """A better slope, from two steps (Richardson), and how much the differences contradict each other."""
        steps = (self.eps, self.eps / 2)
        right, left = (
            [self.weigh(self.moved(i, side * step * way)) / (side * step) for step in steps]
            for side in (1, -1)
        )
        coarse, fine = (right[0] + left[0]) / 2, (right[1] + left[1]) / 2
        gap, half_gap = right[0] - left[0], right[1] - left[1]  # between the slopes to either side
        return (4 * fine - coarse) / 3, max(abs(coarse - fine), abs(gap - 2 * half_gap))


def _compare(
    probe: _Probe, finding: Finding, tolerance: float, max_elements: int, rng: np.random.Generator
) -> None:
    """Fill in a finding: every checked input in turn, along its elements or along random directions."""
    try:
        rules = probe.rules()
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        finding.error, finding.worst = math.inf, f"a rule writes into an array that it was given: {error}"
        return
    checked = [i for i, value in enumerate(probe.values) if _is_checked(value)]
    for i, rule in zip(checked, rules):
        if not rule.size:
            continue
        if rule.size <= max_elements:
            ways = np.eye(rule.size)
        else:
            ways = rng.normal(size=(DIRECTIONS, rule.size))
            ways /= np.linalg.norm(ways, axis=1, keepdims=True)  # each step as long as that along one element
        with np.errstate(all="ignore"):  # a step may leave the domain; its nan is left out
            _compare_along(probe, i, rule, ways, finding, tolerance)


def _compare_along(
    probe: _Probe, i: int, rule: np.ndarray, ways: np.ndarray, finding: Finding, tolerance: float
) -> None:
    """Compare the slopes of input i along each of the ways: (n, elements)."""
    by_rule = ways @ rule.ravel()
    ways = ways.reshape(-1, *rule.shape)
    by_difference = np.array([probe.slope(i, way) for way in ways])
    kept = np.ones(len(ways), dtype=bool)
    limit = max(tolerance * float(np.abs(by_rule).max()), probe.rounding)
    for k in np.flatnonzero(~(np.abs(by_rule - by_difference) <= limit)):
        by_difference[k], contradiction = probe.look_closer(i, ways[k])
        kept[k] = contradiction < abs(by_rule[k] - by_difference[k]) / 2 or not np.isfinite(by_rule[k])
    finding.checked += int(kept.sum())
    finding.left_out += int((~kept).sum())
    if not kept.any():
        finding.error = math.inf
        finding.worst = (
            f"input {i}: nothing could be checked, every point is too near a kink: try other numbers"
        )
        return

    scale = max(float(np.abs([by_rule[kept], by_difference[kept]]).max()), probe.rounding / tolerance, 1e-300)
    errors = np.where(kept, np.abs(by_rule - by_difference) / scale, 0.0)
    errors[np.isnan(errors)] = math.inf
    k = int(errors.argmax())
    if errors[k] < finding.error or (finding.worst and errors[k] == finding.error):
        return
    finding.error = float(errors[k])
    where, a, b = f"random direction {k}", by_rule[k], by_difference[k]
    if len(ways) == rule.size or finding.error > tolerance:
        element = k if len(ways) == rule.size else _narrow(probe, i, rule, ways[k])
        index = tuple(map(int, np.unravel_index(element, rule.shape)))
        where, a = f"element {list(index)}", rule[index]
        if len(ways) != rule.size:
            b = probe.slope(i, np.eye(1, rule.size, element).reshape(rule.shape))
    finding.worst = f"worst: input {i}, {where}: the rule says {a:.9g}, the difference {b:.9g}"
    if finding.error > tolerance:
        finding.worst += _hint(by_rule[kept], by_difference[kept], rule.shape, tolerance * scale)


def _narrow(probe: _Probe, i: int, rule: np.ndarray, way: np.ndarray) -> int:
    """The element that makes the slope along a random direction wrong, found by halving: the worse half is kept."""
    elements = np.arange(rule.size)
    while len(elements) > 1:
        halves = np.array_split(elements, 2)
        errors = []
        for half in halves:
            part = np.zeros(rule.size)
            part[half] = way.ravel()[half]
            part = part.reshape(rule.shape)
            errors.append(abs(float(np.vdot(part, rule)) - probe.slope(i, part)))
        elements = halves[int(errors[1] > errors[0])]
    return int(elements[0])


def _hint(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...], limit: float) -> str:
    """What mistake makes gradients a of the true b, if it is one of the usual ones."""

    def same(left: np.ndarray, right: np.ndarray) -> bool:
        return bool(np.abs(left - right).max() <= 10 * limit)

    if not a.any():
        return "\n  (the rule gives 0 everywhere: is something detached, or computed outside of the ops?)"
    factor = float(np.vdot(a, b) / np.vdot(b, b)) if b.any() else 0.0
    if factor and same(a, factor * b):
        return f"\n  (the rule is wrong by one factor everywhere: {factor:.6g})"
    if (
        len(shape) == 2
        and shape[0] == shape[1]
        and len(a) == math.prod(shape)
        and same(a.reshape(shape).T.ravel(), b)
    ):
        return "\n  (the rule's result is transposed)"
    return ""
