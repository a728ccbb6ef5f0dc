"""Readers' answers to the exercises of chapter 4: overlap, lenet_size."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def pool(x, size, stride):
    """As the exercise gives it."""
    rows, columns = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    y = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        y[i, j] = x[i * stride : i * stride + size, j * stride : j * stride + size].max()
    return y


def differences(gy, x, size, stride):
    """How the loss moves with each number of x, by differences."""
    g = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 1e-4
        down[place] -= 1e-4
        g[place] = (gy * (pool(up, size, stride) - pool(down, size, stride))).sum() / 2e-4
    return g


@wrong("overlap", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    x = rng.permutation(48).reshape(6, 8) / 10
    gy = rng.normal(size=(3, 4))
    return np.allclose(rule(gy, x, 2, 2), differences(gy, x, 2, 2))


@wrong("overlap", "is_right", "lets through")
def _(rule):
    x = np.arange(35.0).reshape(5, 7)
    gy = np.random.default_rng(0).normal(size=pool(x, 3, 2).shape)
    return np.allclose(rule(gy, x, 3, 2), differences(gy, x, 3, 2), atol=1e-6)


@wrong("overlap", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    for size, stride in (2, 2), (3, 2), (2, 1):
        x = rng.permutation(42).reshape(6, 7) * 1.0
        gy = rng.normal(size=pool(x, size, stride).shape)
        if abs(rule(gy, x, size, stride).sum() - differences(gy, x, size, stride).sum()) > 1e-5:
            return False
    return True


@wrong("overlap", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    for size, stride in (2, 2), (3, 2), (2, 1):
        x = rng.permutation(42).reshape(6, 7) * 1.0
        gy = rng.normal(size=pool(x, size, stride).shape)
        if not np.array_equal(rule(gy, x, size, stride), differences(gy, x, size, stride)):
            return False
    return True


@wrong("overlap", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, size=(6, 7)).astype(
        float
    )  # many are equal, and the differences stand between them
    gy = rng.normal(size=pool(x, 3, 2).shape)
    return np.allclose(rule(gy, x, 3, 2), differences(gy, x, 3, 2), atol=1e-6)


@wrong("overlap", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    for size, stride in (2, 2), (3, 2), (2, 1), (1, 2):
        x = rng.permutation(42).reshape(6, 7) * 1.0
        gy = np.ones(pool(x, size, stride).shape)
        if not np.allclose(rule(gy, x, size, stride), differences(gy, x, size, stride), atol=1e-6):
            return False
    return True


@right("overlap", "is_right")
def _(rule):
    rng = np.random.default_rng(1)
    for h, w, size, stride in (6, 7, 2, 2), (7, 5, 3, 2), (5, 8, 3, 1), (8, 7, 2, 3), (4, 4, 1, 1):
        for _attempt in range(3):
            x = rng.permutation(h * w).reshape(h, w) / 7 - 2
            gy = rng.normal(size=pool(x, size, stride).shape)
            g = rule(gy.copy(), x.copy(), size, stride)
            if np.shape(g) != x.shape or np.abs(g - differences(gy, x, size, stride)).max() > 1e-6:
                return False
    return True


@right("overlap", "is_right")
def _(rule):  # beside a rule of my own, not beside differences
    rng = np.random.default_rng(2)
    for size, stride in (2, 2), (3, 2), (3, 1), (2, 3):
        x = rng.permutation(63).reshape(7, 9).astype(float)
        gy = rng.normal(size=pool(x, size, stride).shape)
        mine = np.zeros(x.shape)
        for r, s in np.ndindex(x.shape):
            for i, j in np.ndindex(gy.shape):
                inside = 0 <= r - i * stride < size and 0 <= s - j * stride < size
                if inside and x[r, s] == pool(x, size, stride)[i, j]:
                    mine[r, s] += gy[i, j]
        if not np.allclose(mine, rule(gy, x, size, stride)):
            return False
    return True


@wrong("overlap", "pool_gradient", "sum missing", "overlap")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size))[::stride, ::stride]
    k = windows.reshape(*gy.shape, -1).argmax(axis=-1)
    rows = k // size + stride * np.arange(gy.shape[0])[:, None]
    columns = k % size + stride * np.arange(gy.shape[1])
    gx[rows, columns] += gy
    return gx


@wrong("overlap", "pool_gradient", "sum missing")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        mask = window == window.max()
        gx[top : top + size, left : left + size] = mask * gy[i, j]
    return gx


@wrong("overlap", "pool_gradient", "factor", "counted")
def _(gy, x, size, stride):
    gx, times = np.zeros(x.shape), np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * stride : i * stride + size, j * stride : j * stride + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[i * stride + a, j * stride + b] += gy[i, j]
        times[i * stride + a, j * stride + b] += 1
    return gx / np.maximum(times, 1)


@wrong("overlap", "pool_gradient", "strides")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * stride : i * stride + size, j * stride : j * stride + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[i + a, j + b] += gy[i, j]
    return gx


@wrong("overlap", "pool_gradient", "transposed")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        b, a = divmod(window.argmax(), size)
        gx[top + a, left + b] += gy[i, j]
    return gx


@wrong("overlap", "pool_gradient", "upstream")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[top + a, left + b] += 1
    return gx


@wrong("overlap", "pool_gradient", "sum missing")
def _(gy, x, size, stride):
    # a number is the largest of its window: then it gets gy; in which window it is, the division tells
    gx = np.zeros(x.shape)
    for r, s in np.ndindex(x.shape):
        i, j = r // stride, s // stride
        if i < gy.shape[0] and j < gy.shape[1]:
            window = x[i * stride : i * stride + size, j * stride : j * stride + size]
            if x[r, s] == window.max():
                gx[r, s] = gy[i, j]
    return gx


@right("overlap", "pool_gradient")
def _(gy, x, size, stride):
    gx = np.zeros(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size))[::stride, ::stride]
    k = windows.reshape(*gy.shape, -1).argmax(axis=-1)
    rows = k // size + stride * np.arange(gy.shape[0])[:, None]
    columns = k % size + stride * np.arange(gy.shape[1])
    np.add.at(gx, (rows, columns), gy)
    return gx


@right("overlap", "pool_gradient")
def _(gy, x, size, stride):
    gx = np.zeros(x.T.shape).T
    for i in range(gy.shape[0] - 1, -1, -1):
        for j in range(gy.shape[1] - 1, -1, -1):
            at = max(
                ((i * stride + a, j * stride + b) for a in range(size) for b in range(size)),
                key=lambda p: x[p],
            )
            gx[at] = gx[at] + gy[i, j]
    return gx


@wrong("lenet_size", "after_pooling", "rounded up")
def _():
    return 8, 5, 50


@wrong("lenet_size", "after_pooling", "padding")
def _():
    h, w = (30 - 4) // 2, (20 - 4) // 2
    return (h - 4) // 2, (w - 4) // 2, 50


@wrong("lenet_size", "after_pooling", "one pooling")
def _():
    return 30 // 2, 20 // 2, 50


@wrong("lenet_size", "after_pooling", "channels")
def _():
    return 7, 5, 20 * 50


@wrong("lenet_size", "after_pooling", "transposed")
def _():
    return (5, 7, 50)


@right("lenet_size", "after_pooling")
def _():
    return [30 // 2 // 2, 20 // 2 // 2, 50]


@right("lenet_size", "after_pooling")
def _():
    return np.zeros((30, 20, 50))[: 30 // 4 * 4, : 20 // 4 * 4][::4, ::4].shape


@wrong("lenet_size", "weights", "bias")
def _():
    return 20 * 5 * 5 * 3, 50 * 5 * 5 * 20, 7 * 5 * 50 * 500, 500 * 7


@wrong("lenet_size", "weights", "channels")
def _():
    return 20 * 25 + 20, 50 * 25 * 20 + 50, 1750 * 500 + 500, 500 * 7 + 7


@wrong("lenet_size", "weights", "channels")
def _():
    return 20 * 75 + 20, 50 * 25 + 50, 1750 * 500 + 500, 500 * 7 + 7


@wrong("lenet_size", "weights", "rounded up")
def _():
    return 20 * 75 + 20, 50 * 500 + 50, 8 * 5 * 50 * 500 + 500, 500 * 7 + 7


@wrong("lenet_size", "weights", "classes")
def _():
    return 1520, 25050, 875500, 5010


@right("lenet_size", "weights")
def _():
    return [(i + 1) * o for i, o in ((75, 20), (500, 50), (1750, 500), (500, 7))]


@right("lenet_size", "weights")
def _():
    fan_in, fan_out = np.array([5 * 5 * 3, 5 * 5 * 20, 7 * 5 * 50, 500]), np.array([20, 50, 500, 7])
    return fan_in * fan_out + fan_out
