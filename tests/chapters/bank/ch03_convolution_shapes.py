"""Readers' answers to the exercises of chapter 3: shapes."""

from __future__ import annotations

import math

import numpy as np

from tests.chapters.bank.entries import right, wrong


@wrong("shapes", "valid", "shifted")
def _():
    return 10, 30 - 5, 20 - 3, 8


@wrong("shapes", "valid", "transposed")
def _():
    return 10, 30 - 3 + 1, 20 - 5 + 1, 8


@wrong("shapes", "valid", "channels")
def _():
    return 10, 26, 18, 8 * 3


@wrong("shapes", "valid", "padding")
def _():
    return (10, 30, 20, 8)


@right("shapes", "valid")
def _():
    return np.zeros((10, 30 - 5 + 1, 20 - 3 + 1, 8)).shape


@right("shapes", "valid")
def _():
    n, h, w, _channels = np.array([10, 30, 20, 3])
    return (n, h - 4, w - 2, 8)


@wrong("shapes", "same_with_strides", "rounding")
def _():
    return 1, 15 // 2, 28 // 2, 4


@wrong("shapes", "same_with_strides", "padding")
def _():
    return 1, (15 - 5) // 2 + 1, (28 - 5) // 2 + 1, 4


@wrong("shapes", "same_with_strides", "strides")
def _():
    return (1, 15, 28, 4)


@wrong("shapes", "same_with_strides", "channels")
def _():
    return (1, 8, 14, 1)


@right("shapes", "same_with_strides")
def _():
    return 1, (15 + 2 * 2 - 5) // 2 + 1, (28 + 2 * 2 - 5) // 2 + 1, 4


@right("shapes", "same_with_strides")
def _():
    return 1, math.ceil(15 / 2), math.ceil(28 / 2), 4


@wrong("shapes", "pooled", "rounding")
def _():
    return 1, math.ceil(15 / 2), 14, 4


@wrong("shapes", "pooled", "channels")
def _():
    return (1, 7, 14, 1)


@wrong("shapes", "pooled", "strides")
def _():
    return 1, 15 - 2 + 1, 28 - 2 + 1, 4


@right("shapes", "pooled")
def _():
    return [1, 15 // 2, 28 // 2, 4]


@right("shapes", "pooled")
def _():
    return 1, len(range(0, 15 - 1, 2)), len(range(0, 28 - 1, 2)), 4


@wrong("shapes", "numbers", "bias")
def _():
    return 8 * 5 * 3 * 3


@wrong("shapes", "numbers", "channels")
def _():
    return 8 * 5 * 3 + 8


@wrong("shapes", "numbers", "bias")
def _():
    return 8 * 5 * 3 * 3 + 1


@wrong("shapes", "numbers", "places")
def _():  # 26·18 places, each with its own numbers
    return 26 * 18 * 8 * (5 * 3 * 3 + 1)


@right("shapes", "numbers")
def _():
    return sum(np.ones((5, 3, 3)).size + 1 for _ in range(8))


@right("shapes", "numbers")
def _():
    return np.prod([5, 3, 3, 8]) + 8


@wrong("shapes", "painted", "padding")
def _():
    return (1, 7 * 2, 5 * 2, 3)


@wrong("shapes", "painted", "strides")
def _():
    return 1, 7 * 4, 5 * 4, 3


@wrong("shapes", "painted", "channels")
def _():
    return 1, 6 * 2 + 4, 4 * 2 + 4, 6


@wrong("shapes", "painted", "forward")
def _():
    return 1, (7 - 4) // 2 + 1, (5 - 4) // 2 + 1, 3


@wrong("shapes", "painted", "shifted")
def _():
    return 1, 7 * 2 + 4, 5 * 2 + 4, 3


@right("shapes", "painted")
def _():  # the other way round: (16 − 4) // 2 + 1 = 7
    h = next(h for h in range(4, 99) if (h - 4) / 2 + 1 == 7)
    w = next(w for w in range(4, 99) if (w - 4) / 2 + 1 == 5)
    return 1, h, w, 3


@right("shapes", "painted")
def _():
    last = np.array([7 - 1, 5 - 1]) * 2  # where the last one paints
    return (1, *(last + 4), 3)


@wrong("shapes", "numbers", "bias")
def _():
    return 8 * (5 * 3 * 3 + 3)
