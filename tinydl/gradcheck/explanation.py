"""A function compared with a reference, and the difference explained: for a notebook."""

from __future__ import annotations

import base64
import copy
import html
import inspect
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydl import backend
from tinydl.gradcheck.diagnosis import Diagnosis, Mistake, Trial, diagnose
from tinydl.gradcheck.difference import error, error_map, figure, flat, other_result, scale, shaded, worst
from tinydl.tensor import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Explanation:
    """What `explain` found; true if all is right. Print it, or leave it as the last line of a notebook cell."""

    function: str
    cases: int
    error: float  # largest, beside the largest number expected; inf where shapes differ
    where: str = ""  # which of several results, in which case
    yours: Any = None  # the array that is furthest off, beside what it should be; None if all are right
    expected: np.ndarray | None = None
    diagnosis: Diagnosis | None = None
    tolerance: float = 0.0  # the error that is right, beside the largest number expected

    def __bool__(self) -> bool:
        return self.expected is None and self.diagnosis is None

    def __str__(self) -> str:
        if self:
            several = f" in {self.cases} cases" if self.cases > 1 else ""
            return f"{self.function} is right{several}: largest error {self.error:.1e}"
        lines = [f"{self.function} is not right{self.where}"]
        if self.expected is not None and self.yours is not None:
            lines += _beside(self.yours, self.expected, self.tolerance * scale(self.expected))
        lines.append(self.diagnosis.sentence if self.diagnosis else "This is none of the usual mistakes.")
        return "\n".join(lines)

    def picture(self) -> Figure:
        """Yours, what is expected, and the difference, as heat maps.

        Raises:
            ValueError: all is right, or no array came.
        """
        if self.expected is None or self.yours is None:
            raise ValueError(f"{self.function}: there is no difference to draw")
        return figure(self.yours, self.expected, f"{self.function}{self.where}")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture to a file: .png, .svg, .pdf ...

        Raises:
            ValueError: there is nothing to draw, or the path has another ending.
            OSError: the place cannot be written to.
        """
        from tinydl.plot import save  # when a picture is wanted: matplotlib takes its time

        return save(self.picture(), path)

    def _repr_html_(self) -> str:
        text = f'<pre style="white-space: pre-wrap">{html.escape(str(self))}</pre>'
        if self or self.expected is None or self.yours is None:
            return text
        data = io.BytesIO()
        self.picture().savefig(data, format="png", dpi=100)
        source = f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
        return f'{text}<img alt="heat maps" style="max-width: 100%" src="{source}">'


def _beside(yours: np.ndarray, expected: np.ndarray, right: float) -> list[str]:
    """The worst elements, and a map of where they are; an error up to `right` counts as none."""
    if yours.shape != expected.shape:
        return [f"  yours has the shape {yours.shape}, expected is {expected.shape}"]
    rows = [
        (str(list(each.index)), f"{each.yours:.6g}", f"{each.expected:.6g}")
        for each in worst(yours, expected, right=right)
    ]
    if not rows:  # only the dtype is wrong
        return [f"  yours is an array of {yours.dtype}, expected is {expected.dtype}"]
    rows = [("at", "yours", "expected"), *rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  " + "  ".join(text.rjust(n) for text, n in zip(row, widths)) for row in rows]
    if expected.size == 1:
        return lines
    drawn = error_map(yours, expected, right=right)
    words = zip(flat(expected).shape, drawn.shape, ("rows", "columns"), ("lines", "characters"))
    squeezed = [f", {many} {what} in {few} {places}" for many, few, what, places in words if few < many]
    said = f"where it is wrong, from · (right) to █ (the worst){''.join(squeezed)}:"
    return [*lines, "", said, shaded(drawn), ""]


def explain(
    function: Callable,
    inputs: Sequence[Any] | Mapping[str, Sequence[Any]],
    reference: Callable,
    *,
    mistakes: Sequence[Mistake] = (),
    tolerance: float = 1e-6,
) -> Explanation:
    """Compare a function with a reference, and say what is wrong with it.

    Args:
        function: takes the inputs, gives an array, Tensor or number, or several of them. What its parameters are called
            matters: `gy` is taken for the upstream gradient of a gradient rule, `y` for the result of the forward pass.
        inputs: what it is called with, by position. Several calls are a dict of them: what is special about each ->
            its inputs. Floating-point arrays are handed on as float64 copies. Draw them at random, of different
            lengths: zeros and ones hide mistakes.
        reference: takes the same inputs, gives what is right. For a gradient rule `gy, x` it is
            `by_differences(forward)`; keep the inputs away from kinks then, such as relu's 0: differences give the
            mean of both slopes.
        mistakes: mistakes that are usual for this function, to be tried first.
        tolerance: the largest error that is right, beside the largest number expected.

    Returns:
        An explanation, true if all is right. In a notebook it shows a report with a picture.

    Raises:
        TypeError: function or reference cannot be called, or inputs are no list; the reference gives no numbers.
        ValueError: there are no inputs.

    Example:
        >>> from tinydl import gradcheck
        >>> def my_rule(gy, x):
        ...     return gy * x
        >>> x = np.array([[0.5, -1.0, 2.0], [3.0, 0.1, -0.2]])
        >>> gy = np.array([[1.0, 0.5, -2.0], [0.7, 1.5, -1.0]])
        >>> print(gradcheck.explain(my_rule, [gy, x], gradcheck.by_differences(np.square)))
        my_rule is not right
            at  yours  expected
        [0, 2]     -4        -8
        ...
        Your gradient is 1/2 of the right one in every element. ...
    """
    for name, each in (("function", function), ("reference", reference)):
        if not callable(each):
            raise TypeError(f"{name}: expected a function, got {type(each).__name__}")
    cases = _cases(inputs)
    called = getattr(function, "__name__", type(function).__name__)
    names = _parameters(function, max(map(len, cases.values())))

    right = {label: _several(reference(*copy.deepcopy(given)), strict=True) for label, given in cases.items()}
    yours: dict[str, tuple] = {}
    for label, given in cases.items():
        handed = copy.deepcopy(given)
        answer = function(*handed)
        if answer is None:
            said = "It answers nothing (None). Is there a return?"
            return Explanation(called, len(cases), np.inf, diagnosis=Diagnosis("type", said))
        yours[label] = _several(answer)
        spoilt = [name for name, a, b in zip(names, handed, given) if not _alike(a, b)]
        if spoilt:
            said = f"It writes into what it was given: {' and '.join(spoilt)} is another array afterwards."
            return Explanation(called, len(cases), np.inf, diagnosis=Diagnosis("overwritten", said))
        if len(yours[label]) != len(right[label]):
            count, came = len(right[label]), len(yours[label])
            said = f"{'One result is' if count == 1 else f'{count} results are'} expected, and {came} came."
            return Explanation(called, len(cases), np.inf, diagnosis=Diagnosis("type", said))

    errors = {
        (label, k): error(a, b) for label in cases for k, (a, b) in enumerate(zip(yours[label], right[label]))
    }
    wrong = [k for label, k in errors if not errors[label, k] <= tolerance]
    if not wrong:
        return Explanation(called, len(cases), max(errors.values(), default=0.0))
    k, several = min(wrong), len(next(iter(right.values()))) > 1
    label = next(label for label in cases if not errors[label, k] <= tolerance)
    where = f", result {k + 1}" * several + (f", with {label}" if label else "")

    def answers(asked: Callable) -> Callable[[dict[str, Any]], Any]:
        return lambda named: _several(
            asked(*[copy.deepcopy(named[name]) for name in names if name in named])
        )[k]

    trials = [
        Trial(dict(zip(names, map(_plain, given))), yours[label][k], right[label][k], label)
        for label, given in cases.items()
    ]
    other = other_result(k, list(yours.values()), list(right.values()), tolerance)
    if other is not None:
        said = f"Your result {k + 1} is what result {other + 1} should be. In which order are they asked for?"
        found: Diagnosis | None = Diagnosis("order", said)
    else:
        found = diagnose(
            trials,
            reference=answers(reference),
            mistakes=mistakes,
            again=answers(function),
            tolerance=tolerance,
        )
    return Explanation(
        called, len(cases), errors[label, k], where, yours[label][k], right[label][k], found, tolerance
    )


def _cases(inputs: Any) -> dict[str, list]:
    """The calls, by what is special about each, their floating-point arrays in float64."""
    cases = dict(inputs) if isinstance(inputs, Mapping) else {"": inputs}
    for given in cases.values():
        if not isinstance(given, (list, tuple)):
            raise TypeError(
                "inputs: expected a list of what the function is called with, or a dict of such lists, got "
                f"{type(given).__name__}; of a single array, make a list: [x]"
            )
    if not cases or not all(map(len, cases.values())):
        raise ValueError("inputs: expected at least one input to call the function with, got none")
    return {str(label): [_in_double(value) for value in given] for label, given in cases.items()}


def _in_double(value: Any) -> Any:
    data = backend.to_numpy(value) if isinstance(value, (Tensor, np.ndarray)) else None
    if data is None or data.dtype.kind != "f":
        return value
    data = data.astype(np.float64)  # a copy
    return Tensor(data, requires_grad=value.requires_grad) if isinstance(value, Tensor) else data


def _parameters(function: Callable, count: int) -> list[str]:
    """What the inputs are called."""
    try:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [each.name for each in inspect.signature(function).parameters.values() if each.kind in kinds]
    except (TypeError, ValueError):  # some functions that are not written in Python
        names = []
    return [*names, *(f"input {i}" for i in range(len(names), count))][:count]


def _plain(value: Any) -> Any:
    return backend.to_numpy(value) if isinstance(value, Tensor) else value


def _several(answer: Any, strict: bool = False) -> tuple[Any, ...]:
    """One array or several, as a tuple of arrays; what is no array of numbers stays what it is."""
    found = []
    for each in answer if isinstance(answer, (tuple, list)) and not _is_row(answer) else (answer,):
        try:
            array = np.asarray(_plain(each))
        except ValueError:  # rows of different lengths
            array = np.asarray(None)
        if strict and array.dtype.kind not in "buif":
            raise TypeError(f"reference: expected arrays of numbers, got {type(each).__name__}")
        found.append(array if array.dtype.kind in "buif" else None)
    return tuple(found)


def _is_row(answer: Any) -> bool:
    """Whether a list is one array, written out."""
    return isinstance(answer, list) and all(isinstance(each, (int, float, list)) for each in answer)


def _alike(a: Any, b: Any) -> bool:
    if not isinstance(a, (Tensor, np.ndarray)):
        return True
    return np.array_equal(_plain(a), _plain(b), equal_nan=_plain(a).dtype.kind == "f")
