"""Filters made by hand, and a network that has to find one by itself."""

from __future__ import annotations

import numpy as np

from tinydl import Sequential
from tinydl.layers import Conv2D, Input

BLUR = np.full((3, 3), 1 / 9)  # the mean of nine pixels
# A pixel, and what tells it from its four neighbours.
SHARPEN = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
EMBOSS = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])  # light that falls in from the upper left
UPRIGHT = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # Sobel's: how much brighter it is to the right ...
LYING = UPRIGHT.T  # ... and below

BY_HAND = {"blur": BLUR, "sharpen": SHARPEN, "emboss": EMBOSS, "upright edges": UPRIGHT, "lying edges": LYING}


def one_filter(input_shape: tuple[int, int, int], size: int = 5) -> Sequential:
    """The smallest convolutional network: one filter, no bias, nothing after it. (h, w, 1) -> (h, w, 1)."""
    return Sequential([Input(input_shape), Conv2D(1, size, padding="same", use_bias=False)])
