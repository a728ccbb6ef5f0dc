"""Readers' answers to the exercises of chapter 3: average."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def average_pool(x, size, stride):
    """As the exercise gives it."""
    (n, h, w, c), (kh, kw) = x.shape, size
    y = np.zeros((n, (h - kh) // stride + 1, (w - kw) // stride + 1, c))
    for i, j in np.ndindex(y.shape[1:3]):
        top, left = i * stride, j * stride
        y[:, i, j] = x[:, top : top + kh, left : left + kw].mean(axis=(1, 2))
    return y


def differences(gy, x, size, stride):
    """How a loss moves with each pixel, by differences."""
    g = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 1e-4
        down[place] -= 1e-4
        change = average_pool(up, size, stride) - average_pool(down, size, stride)
        g[place] = (gy * change).sum() / 2e-4
    return g


@wrong("average", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 6, 3))
    gy = rng.normal(size=(2, 2, 3, 3))
    return np.allclose(rule(gy, x, (2, 2), 2), differences(gy, x, (2, 2), 2))


@wrong("average", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    for size in (2, 2), (3, 2), (1, 3):
        x = rng.normal(size=(1, 7, 6, 1))
        gy = rng.normal(size=average_pool(x, size, 2).shape)
        if not np.allclose(rule(gy, x, size, 2), differences(gy, x, size, 2), atol=1e-6):
            return False
    return True


@wrong("average", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 7, 6, 3))
    gy = rng.normal(size=average_pool(x, (3, 2), 1).shape)
    return bool(np.isclose(rule(gy, x, (3, 2), 1).sum(), differences(gy, x, (3, 2), 1).sum()))


@wrong("average", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(2)
    for size, stride in ((2, 2), 2), ((3, 2), 1), ((2, 3), 2):
        x = rng.normal(size=(2, 7, 6, 3))
        gy = rng.normal(size=average_pool(x, size, stride).shape)
        if (rule(gy, x, size, stride) != differences(gy, x, size, stride)).any():
            return False
    return True


@wrong("average", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(2)
    for size, stride in ((2, 2), 2), ((3, 2), 1), ((2, 3), 2):
        x = rng.normal(size=(2, 7, 6, 3))
        gy = np.ones(average_pool(x, size, stride).shape)
        if not np.allclose(rule(gy, x, size, stride), differences(gy, x, size, stride)):
            return False
    return True


@wrong("average", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 7, 6, 3))
    gy = rng.normal(size=average_pool(x, (2, 3), 2).shape)
    error = rule(gy, x, (2, 3), 2) - differences(gy, x, (2, 3), 2)
    return abs(error.mean()) < 1e-6


@right("average", "is_right")
def _(rule):
    rng = np.random.default_rng(3)
    for kh, kw, stride in (2, 2, 2), (3, 2, 1), (2, 3, 2), (1, 3, 4), (4, 1, 2):
        x = rng.normal(size=(3, 8, 7, 2))
        gy = rng.normal(size=average_pool(x, (kh, kw), stride).shape)
        found = np.asarray(rule(gy.copy(), x.copy(), (kh, kw), stride))
        if found.shape != x.shape or np.abs(found - differences(gy, x, (kh, kw), stride)).max() > 1e-6:
            return False
    return True


@right("average", "is_right")
def _(rule):  # y is linear in x, so Σ gy · pool(v) must be Σ gx · v for any v
    rng = np.random.default_rng(4)
    for _attempt in range(30):
        kh, kw, stride = rng.integers(1, 4, size=3)
        x = rng.normal(size=(2, 6, 9, 3))
        gy = rng.normal(size=average_pool(x, (kh, kw), stride).shape)
        gx, v = rule(gy, x, (int(kh), int(kw)), int(stride)), rng.normal(size=x.shape)
        if not np.isclose((gx * v).sum(), (gy * average_pool(v, (kh, kw), stride)).sum()):
            return np.False_
    return np.True_


@wrong("average", "pool_gradient", "sum missing")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] = gy[:, i : i + 1, j : j + 1] / (kh * kw)
    return gx


@wrong("average", "pool_gradient", "factor")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        window = gx[:, top : top + kh, left : left + kw]
        window += gy[:, i : i + 1, j : j + 1] / window.size
    return gx


@wrong("average", "pool_gradient", "channels")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for p, i, j in np.ndindex(gy.shape[:3]):
        top, left = i * stride, j * stride
        gx[p, top : top + kh, left : left + kw] += gy[p, i, j].mean() / (kh * kw)
    return gx


@wrong("average", "pool_gradient", "strides")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * kh, j * kw
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / (kh * kw)
    return gx


@wrong("average", "pool_gradient", "transposed")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        left, top = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / (kh * kw)
    return gx


@wrong("average", "pool_gradient", "factor")
def _(gy, x, size, stride):
    gx, times, (kh, kw) = np.zeros(x.shape), np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        here = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        gx[here] += gy[:, i : i + 1, j : j + 1] / (kh * kw)
        times[here] += 1
    return gx / times.clip(1)  # a pixel in several windows gets the mean of what they say


@wrong("average", "pool_gradient", "not square")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / kw**2
    return gx


@right("average", "pool_gradient")
def _(gy, x, size, stride):
    kh, kw = size
    height, width = gy.shape[1:3]
    gx = np.zeros_like(x)
    for a, b in np.ndindex(kh, kw):
        gx[:, a : a + height * stride : stride, b : b + width * stride : stride] += gy
    gx /= kh * kw
    return gx


@right("average", "pool_gradient")
def _(gy, x, size, stride):  # rows and columns apart: a matrix of shares for each
    def shares(long, window, count):
        m = np.zeros((count, long))
        for i in range(count):
            m[i, i * stride : i * stride + window] = 1 / window
        return m

    down, across = shares(x.shape[1], size[0], gy.shape[1]), shares(x.shape[2], size[1], gy.shape[2])
    return np.einsum("ih,jw,nijc->nhwc", down, across, gy)


@right("average", "pool_gradient")
def _(gy, x, size, stride):  # by differences: exact but for rounding, for the mean is linear
    return differences(gy, np.zeros(x.shape), size, stride)


@wrong("average", "pool_gradient", "strides")
def _(gy, x, size, stride):
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / stride**2
    return gx
