"""Axes: some of them, what they are called, and two ways to lose track of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np


def subsets(axes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Some of the axes: each alone, then two together, up to all."""
    for count in range(1, len(axes) + 1):
        yield from combinations(axes, count)


def named(axes: tuple[int, ...]) -> str:
    """In words: "axis 0", "axes 1, 2"."""
    return f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"


# reshape moves nothing, and transpose moves axes, not numbers.


def reread(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Transposed, and forced into the old shape."""
    return a.transpose(order).reshape(a.shape)


def written_wrong(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Reshaped as if the axes came in another order, and then put in order."""
    return a.reshape([a.shape[axis] for axis in order]).transpose(np.argsort(order))
