"""The smallest game of two: x wants x·y small, y wants it large. What do they do who each follow their own gradient?"""

from __future__ import annotations

import numpy as np


def duel(
    steps: int, rate: float = 0.1, in_turn: bool = True, start: tuple[float, float] = (1.0, 0.0)
) -> np.ndarray:
    """Where the two are after each step: (steps + 1, 2).

    The derivative of x·y for x is y, and for y it is x. So x goes down by rate · y, and y up by rate · x.

    Args:
        steps: so many.
        rate: of learning.
        in_turn: whether y has seen where x went, as a discriminator has; or both move at once.
        start: x and y.

    Example:
        >>> duel(2, rate=0.5, in_turn=False).tolist()
        [[1.0, 0.0], [1.0, 0.5], [0.75, 1.0]]
    """
    x, y = start
    path = [(x, y)]
    for _ in range(steps):
        before = x
        x -= rate * y
        y += rate * (x if in_turn else before)
        path.append((x, y))
    return np.array(path)
