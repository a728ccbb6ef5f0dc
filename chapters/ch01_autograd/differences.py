"""Derivatives without any engine: move the input a little, and look how far the output moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chapters.ch01_autograd.model import Value
from tinydl import Sequential, losses

BEST_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)  # of a central difference: 6e-6


def forward(f: Callable, x: Any, h: Any) -> Any:
    """One step to the right: wrong by about h f''/2, and by rounding, about eps f / h."""
    return (f(x + h) - f(x)) / h


def central(f: Callable, x: Any, h: Any) -> Any:
    """A step to each side: wrong by about h² f'''/6, and by the same rounding."""
    return (f(x + h) - f(x - h)) / (2 * h)


KINDS = {"forward": forward, "central": central}


def error_of(kind: str, dtype: str, h: float) -> float:
    """How wrong a difference of the sine is, relative to its slope: the median of 101 places between 0.5 and 1.

    One place would tell little: rounding errors are large here and small there.
    """
    x = np.linspace(0.5, 1.0, 101).astype(dtype)
    exact = np.cos(x.astype(np.float64))
    found = KINDS[kind](np.sin, x, x.dtype.type(h))
    return float(np.median(np.abs(found - exact) / exact))


def of_weights(loss: Callable[[], float], weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of a loss by central differences, one weight after the other: two losses for each.

    Args:
        loss: takes nothing; reads the weights.
        weights: float64 arrays, each number of which is moved, and put back.

    Returns:
        An array like each of them.
    """
    slopes = [np.zeros_like(array) for array in weights]
    for array, slope in zip(weights, slopes):
        for place in np.ndindex(array.shape):
            here = array[place]
            array[place] = here + BEST_STEP
            above = loss()
            array[place] = here - BEST_STEP
            slope[place] = (above - loss()) / (2 * BEST_STEP)
            array[place] = here
    return slopes


def apart(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """How far arrays are from others: the largest difference, relative to the largest number of its array."""
    pairs = [(np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for a, b in zip(ours, theirs)]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def loss_of(model: Sequential, points: np.ndarray, targets: np.ndarray) -> Any:
    """The mean squared error of a model as a Tensor, so that it can be asked for gradients."""
    return losses.MeanSquaredError()(targets, model(points))


# What a Value can do, each as a function of two numbers, differentiable where we ask.
ABILITIES: list[Callable[[Any, Any], Value]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a**3 + b**-0.5,
    lambda a, b: (a * b).tanh(),
    lambda a, b: (a - b).exp(),
    lambda a, b: (b - a).relu(),
]


def error_of_ability(function: Callable[[Any, Any], Value], a: float = 0.7, b: float = 1.3) -> float:
    """How far the gradients of a function of Values are from central differences."""
    x, y = Value(a), Value(b)
    function(x, y).backward()
    slope_of_a = central(lambda a: function(Value(a), Value(b)).data, a, BEST_STEP)
    slope_of_b = central(lambda b: function(Value(a), Value(b)).data, b, BEST_STEP)
    return apart([[x.grad, y.grad]], [[slope_of_a, slope_of_b]])
