"""Formulas that readers write from memory: an activation's slope at the wrong point, a normalization half derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import NOTHING, ZERO, Guess, Look

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
    """Where something is normalized, the mean and the variance move, too: one of these ways is missing, or both."""
    if np.shape(look.names["gy"]) != look.expected.shape:
        return
    for over in (tuple(range(look.expected.ndim - 1)), (look.expected.ndim - 1,)):
        for name, array in look.arrays(but=("gy", "y")).items():
            if over and array.shape == look.expected.shape:
                for still, mean, variance in (
                    ("Mean and variance were", False, False),
                    ("The variance was", True, False),
                    ("The mean was", False, True),
                ):
                    said = f"{still} taken for constant. But every number has a part in that: how far does it move it?"
                    yield Guess("constants", said, _without, name, over, mean, variance)


def _without(at: Look, name: str, over: tuple[int, ...], mean: bool, variance: bool) -> Any:
    """The right gradient, without its way by the mean or by the variance.

    It is a · gy + b + c · (x − mean) for each feature: gy as if both were constants, b by the mean, c by the variance.
    """
    arrays = (at.names["gy"], at.names[name], at.expected)
    moved = [np.moveaxis(array, over, range(len(over))) for array in arrays]
    count = int(np.prod(moved[0].shape[: len(over)]))
    gy, x, expected = (array.reshape(count, -1) for array in moved)
    if count < 4 or np.abs(expected).max() <= ZERO:
        return NOTHING
    parts = np.empty((3, *expected.shape))
    for k in range(expected.shape[1]):
        known = np.stack([gy[:, k], np.ones(count), x[:, k] - x[:, k].mean()])  # (3, count)
        parts[:, :, k] = np.linalg.lstsq(known.T, expected[:, k], rcond=None)[0][:, None] * known
    if np.abs(parts.sum(axis=0) - expected).max() > 1e-6 * np.abs(expected).max():
        raise ValueError("nothing is normalized here")
    kept = parts[0] + mean * parts[1] + variance * parts[2]
    return np.moveaxis(kept.reshape(moved[2].shape), range(len(over)), over)
