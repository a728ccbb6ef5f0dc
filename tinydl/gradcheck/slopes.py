"""The gradient of a plain function on arrays, by finite differences alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-3  # with four points the error is of its fourth power


def by_differences(forward: Callable, wrt: tuple[int, ...] = (0,)) -> Callable[..., tuple[np.ndarray, ...]]:
    """A function that gives the gradients of another, whatever rules there may be.

    Args:
        forward: takes arrays and options, gives an array or a number.
        wrt: which of its arguments gradients are wanted for, by position.

    Returns:
        A function of `gy`, the gradient of the forward pass's result, and of the arguments of `forward`. It gives a
        tuple: for each argument of `wrt` an array of its shape, float64.

    Example:
        >>> slopes = by_differences(lambda x: x**3)
        >>> slopes(np.ones(2), np.array([1.0, 2.0]))[0].round(9).tolist()
        [3.0, 12.0]
    """

    def gradients(gy: Any, *arguments: Any) -> tuple[np.ndarray, ...]:
        def weighed(i: int, moved: np.ndarray) -> float:
            y = forward(*arguments[:i], moved, *arguments[i + 1 :])
            return float(np.vdot(np.asarray(gy, dtype=float), np.asarray(y, dtype=float)))

        found = []
        for i in wrt:
            x = np.asarray(arguments[i], dtype=np.float64)
            gx = np.empty(x.shape)
            for place in np.ndindex(x.shape):
                way = np.zeros(x.shape)
                way[place] = STEP
                near = weighed(i, x + way) - weighed(i, x - way)
                far = weighed(i, x + 2 * way) - weighed(i, x - 2 * way)
                gx[place] = (8 * near - far) / (12 * STEP)  # the terms of the third power cancel
            found.append(gx)
        return tuple(found)

    return gradients
