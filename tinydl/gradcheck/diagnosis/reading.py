"""Two ways to lose track of the axes: reshape moves nothing, and transpose moves axes, not numbers."""

from __future__ import annotations

import numpy as np


def reread(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Transposed, and forced into the old shape."""
    return a.transpose(order).reshape(a.shape)


def written_wrong(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Reshaped as if the axes came in another order, and then put in order."""
    return a.reshape([a.shape[axis] for axis in order]).transpose(np.argsort(order))
