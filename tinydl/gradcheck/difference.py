"""Where two arrays differ, and by how much: the worst elements, a small map, a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydl import backend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Where all numbers are smaller than this, differences are too near to rounding to be told by shares.
SMALL = 1e-3
SHADES = "·░▒▓█"  # of a map in characters: right, and four degrees of wrong


@dataclass(frozen=True)
class Element:
    """One number of an array beside what it should be."""

    index: tuple[int, ...]
    yours: float
    expected: float


def worst(yours: Any, expected: Any, n: int = 5, right: float = 0.0) -> list[Element]:
    """The elements that are furthest off, the worst first; only such as differ. What is not finite is worst of all.

    Args:
        yours: an array or number.
        expected: an array of the same shape.
        n: how many at most.
        right: the error that counts as none.

    Raises:
        ValueError: the shapes differ, or n is below 1.

    Example:
        >>> worst([1.0, 2.5, 3.0], [1.0, 2.0, 4.0])
        [Element(index=(2,), yours=3.0, expected=4.0), Element(index=(1,), yours=2.5, expected=2.0)]
    """
    if n < 1:
        raise ValueError(f"n: expected 1 or more, got {n}")
    a, b = _pair(yours, expected)
    off = distances(a, b).ravel()
    order = np.argsort(-off, kind="stable")[:n]
    places = [tuple(map(int, np.unravel_index(k, a.shape))) for k in order if off[k] > right]
    return [Element(place, float(a[place]), float(b[place])) for place in places]


def distances(yours: Any, expected: Any) -> np.ndarray:
    """How far off each element is: an array of that shape, inf where one of the two is not finite.

    Raises:
        ValueError: the shapes differ.
    """
    a, b = _pair(yours, expected)
    with np.errstate(invalid="ignore"):
        off = np.abs(a - b)
    return np.where(
        (a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.nan_to_num(off, nan=math.inf, posinf=math.inf)
    )


def error(yours: Any, expected: Any) -> float:
    """The largest difference, beside the largest number expected; inf for another shape, or a coarser float.

    Example:
        >>> error([1.0, 2.5], [1.0, 2.0]), error(np.ones(2, dtype="float32"), np.ones(2))
        (0.25, inf)
    """
    a, b = np.asarray(yours), np.asarray(expected)
    coarse = a.ndim and a.dtype.kind == "f" and a.dtype.itemsize < b.dtype.itemsize
    if a.shape != b.shape or coarse or a.dtype.kind not in "buif":
        return math.inf
    return float(distances(a, b).max(initial=0.0)) / scale(b)


def scale(expected: np.ndarray) -> float:
    """The largest finite number expected, beside which an error is large or small.

    Example:
        >>> scale(np.array([1.0, -4.0])), scale(np.zeros(3))
        (4.0, 0.001)
    """
    return max(float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)), SMALL)


def other_result(
    k: int, yours: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]], tolerance: float
) -> int | None:
    """Which other result stands where result k should be; None for none. A row of results for each call.

    Example:
        >>> other_result(0, [([2.0], [1.0])], [([1.0], [2.0])], 1e-6)
        1
    """
    for j in range(len(expected[0])):
        if j != k and all(error(a[k], b[j]) <= tolerance for a, b in zip(yours, expected)):
            return j
    return None


def error_map(yours: Any, expected: Any, rows: int = 12, columns: int = 48, right: float = 0.0) -> np.ndarray:
    """A small map of the error, for a terminal: 2-D, from 0 (right) to 1 (the worst element).

    Rows and columns are those of the array; of pictures (n, h, w, c) each is a band of rows, and its channels stand
    side by side. What has no room is put together, the worst of it counts. An error up to `right` counts as none.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> error_map([[1.0, 2.0], [3.0, 5.0]], [[1.0, 2.0], [3.5, 4.0]]).tolist()
        [[0.0, 0.0], [0.5, 1.0]]
    """
    off = flat(distances(yours, expected))
    off = np.where(off <= right, 0.0, off)
    finite = off[np.isfinite(off)]
    shares = np.minimum(off / max(float(finite.max(initial=0.0)), 1e-300), 1.0)
    for axis, most in enumerate((rows, columns)):
        if shares.shape[axis] > most:
            starts = np.linspace(0, shares.shape[axis], most, endpoint=False).astype(int)
            shares = np.maximum.reduceat(shares, starts, axis=axis)
    return shares


def shaded(error: np.ndarray) -> str:
    """A map of `error_map` in characters, a line for each row.

    Example:
        >>> print(shaded(np.array([[0.0, 0.1], [0.5, 1.0]])))
        ·░
        ▒█
    """
    shades = np.ceil(error * (len(SHADES) - 1)).astype(int)
    return "\n".join("".join(SHADES[shade] for shade in row) for row in shades)


def flat(array: np.ndarray) -> np.ndarray:
    """An array of any shape laid out in a plane: pictures below each other, their channels side by side."""
    if array.ndim < 2:
        return array.reshape(1, -1)
    if array.ndim == 4:
        n, h, w, c = array.shape
        return array.transpose(0, 1, 3, 2).reshape(n * h, c * w)
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def figure(yours: Any, expected: Any, title: str = "") -> Figure:
    """Yours, what is expected, and the difference, side by side as heat maps; `tinydl.plot.save` writes it to a file.

    Arrays of different shapes are shown without a difference. One colour means one number in the first two.

    Raises:
        ValueError: one of the two is empty, or not of numbers.

    Example:
        >>> [axes.get_title() for axes in figure(np.ones((2, 3)), np.zeros((2, 3))).axes[:3]]
        ['yours (2, 3)', 'expected (2, 3)', 'yours − expected']
    """
    from tinydl.plot import drawing  # when a picture is wanted: matplotlib takes its time

    arrays = [_numbers(yours, "yours"), _numbers(expected, "expected")]
    for name, array in zip(("yours", "expected"), arrays):
        if not array.size:
            raise ValueError(f"{name}: there is nothing to draw, got shape {array.shape}")
    panels = [(f"{name} {array.shape}", flat(array)) for name, array in zip(("yours", "expected"), arrays)]
    known = np.concatenate([panel[np.isfinite(panel)] for _, panel in panels])
    scales = [drawing.colour_scale(known if known.size else np.zeros(1))] * 2
    if arrays[0].shape == arrays[1].shape:
        with np.errstate(invalid="ignore"):
            off = panels[0][1] - panels[1][1]
        panels.append(("yours − expected", off))
        scales.append(drawing.colour_scale(np.append(off[np.isfinite(off)], 0.0), signed=True))
    drawn = drawing.new_figure(3.6 * len(panels), 3.4, title or None)
    for axes, (caption, panel), scale in zip(drawn.subplots(1, len(panels)), panels, scales):
        image = axes.imshow(panel, interpolation="nearest", aspect="auto", **scale)
        axes.set_facecolor("#CCCCCC")  # what is not finite
        drawn.colorbar(image, ax=axes, fraction=0.06, pad=0.03)
        axes.set(title=caption, xlabel="column", ylabel="row")
        for axis, count in zip((axes.yaxis, axes.xaxis), panel.shape):
            axis.set_ticks(sorted({0, count // 2, count - 1}))
    return drawn


def _pair(yours: Any, expected: Any) -> tuple[np.ndarray, np.ndarray]:
    a, b = _numbers(yours, "yours"), _numbers(expected, "expected")
    if a.shape != b.shape:
        raise ValueError(f"yours, expected: expected arrays of one shape, got {a.shape} and {b.shape}")
    return a, b


def _numbers(values: Any, name: str) -> np.ndarray:
    array = backend.to_numpy(values)
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name}: expected real numbers, got an array of {array.dtype}")
    return array.astype(np.float64)
