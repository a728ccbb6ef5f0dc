"""Formulas that readers write from memory: an activation's slope at the wrong point, a normalization half derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinydl.gradcheck.evidence import NOTHING, ZERO, Guess, Look

# Slopes of elementwise functions, as they are usually written.
SLOPES: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda a: a * (1 - a),
    lambda a: 1 - a**2,
    lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2,
    lambda a: 1 - np.tanh(a) ** 2,
    lambda a: 1 / (1 + np.exp(-a)),
    lambda a: a,
    lambda a: 2 * a,
    lambda a: 3 * a**2,
    lambda a: 1 / a,
    lambda a: -1 / a**2,
    lambda a: 0.5 / np.sqrt(a),
    np.exp,
    np.cos,
)


def guesses(look: Look) -> Iterator[Guess]:
    """What can be said of a gradient without asking for another right answer."""
    if "gy" in look.names:
        yield from slopes(look)
        yield from normalized(look)


def handed_on(look: Look) -> Iterator[Guess]:
    """gy as it came."""
    if "gy" in look.names:
        said = "Yours is gy, handed on as it came. How steep is the function itself?"
        yield Guess("left out", said, lambda at: at.names["gy"], scaled=False)


def slopes(look: Look) -> Iterator[Guess]:
    """Known slopes of elementwise functions, at any array there is: right ones at the wrong point."""
    if look.expected.shape != np.shape(look.names["gy"]):
        return
    for name, array in look.arrays(but=("gy",)).items():
        if array.shape == look.expected.shape:
            said = (
                f"The slope is taken at {name}. Does its formula ask for what went in, or for what came out?"
            )
            for slope in SLOPES:
                yield Guess(
                    "wrong point",
                    said,
                    lambda at, name, slope: at.names["gy"] * slope(at.names[name]),
                    name,
                    slope,
                )


def normalized(look: Look) -> Iterator[Guess]:
    """Where something is normalized, the mean and the variance move, too."""
    if np.shape(look.names["gy"]) != look.expected.shape:
        return
    for over in (tuple(range(look.expected.ndim - 1)), (look.expected.ndim - 1,)):
        for name, array in look.arrays(but=("gy",)).items():
            if over and array.shape == look.expected.shape:
                said = (
                    "The mean and the variance were taken for constants, or one of them was. They are made of the "
                    "numbers themselves: by how much does each number move them?"
                )
                yield Guess("constants", said, _fitted, name, over, scaled=False)


def _fitted(at: Look, name: str, over: tuple[int, ...]) -> Any:
    """Of yours, what gy, a constant and the input explain together; the right gradient sums to 0."""
    columns = [
        np.moveaxis(a, over, range(len(over)))
        for a in (at.names["gy"], at.names[name], at.yours, at.expected)
    ]
    count = int(np.prod([at.expected.shape[axis] for axis in over]))
    gy, x, yours, expected = (column.reshape(count, -1) for column in columns)
    if count < 5 or np.abs(expected).max() <= ZERO:
        return NOTHING
    if np.abs(expected.sum(axis=0)).max() > 1e-6 * np.abs(expected).max():
        raise ValueError("nothing is normalized here")
    fitted = np.empty_like(yours)
    for k in range(yours.shape[1]):
        known = np.stack([gy[:, k], np.ones(count), x[:, k]], axis=1)
        fitted[:, k] = known @ np.linalg.lstsq(known, yours[:, k], rcond=None)[0]
    return np.moveaxis(fitted.reshape(columns[2].shape), range(len(over)), over)
