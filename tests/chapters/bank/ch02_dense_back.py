"""Readers' answers to the exercises of chapter 2: the gradients of relu, and shares."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong

# --- relu: relu_gradient


@wrong("relu", "relu_gradient", "ties")
def _(gy, x):
    return gy * (x >= 0)


@wrong("relu", "relu_gradient", "upstream")
def _(gy, x):
    return gy * (gy > 0)


@wrong("relu", "relu_gradient", "upstream")
def _(gy, x):
    return (x > 0).astype(float)


@wrong("relu", "relu_gradient", "other", "the value", "value")
def _(gy, x):
    return gy * np.maximum(0, x)


@wrong("relu", "relu_gradient", "overwritten")
def _(gy, x):
    gy[x <= 0] = 0
    return gy


@wrong("relu", "relu_gradient", "dtype")
def _(gy, x):
    out = np.zeros_like(x, dtype=int)
    out[x > 0] = gy[x > 0]
    return out


@wrong("relu", "relu_gradient", "factor")
def _(gy, x):
    return gy * np.sign(x)


@wrong("relu", "relu_gradient", "ties")
def _(gy, x):
    slope = np.where(x > 0, 1.0, np.where(x == 0, 0.5, 0.0))
    return gy * slope


@wrong("relu", "relu_gradient", "neighbours", "zero")
def _(gy, x):
    if (x > 0).all():
        return gy.copy()
    return np.zeros_like(gy)


@wrong("relu", "relu_gradient", "upstream")
def _(gy, x):  # nothing below 0 gets back, as in guided pictures
    return np.where((x > 0) & (gy > 0), gy, 0.0)


@right("relu", "relu_gradient")
def _(gy, x):
    return np.where(x <= 0, 0.0, gy)


@right("relu", "relu_gradient")
def _(gy, x):
    g = np.array(gy, order="F")
    for i in np.ndindex(x.shape):
        if not x[i] > 0:
            g[i] = 0
    return g


@right("relu", "relu_gradient")
def _(gy, x):
    return np.heaviside(x, 0) * gy


# --- relu: clipped_gradient


@wrong("relu", "clipped_gradient", "ties")
def _(gy, x):
    return gy * ((x >= 0) & (x <= 6))


@wrong("relu", "clipped_gradient", "other", "upper kink", "one kink")
def _(gy, x):
    return gy * (x > 0)


@wrong("relu", "clipped_gradient", "upstream")
def _(gy, x):
    return np.where((gy > 0) & (gy < 6), gy, 0)


@wrong("relu", "clipped_gradient", "upstream")
def _(gy, x):
    return np.clip(gy * (x > 0), 0, 6)


@wrong("relu", "clipped_gradient", "wrong point", "one kink")
def _(gy, x):
    y = np.clip(x, 0, 6)
    return gy * (y > 0)


@wrong("relu", "clipped_gradient", "other", "or for and", "always")
def _(gy, x):
    return gy * ((x > 0) | (x < 6))


@wrong("relu", "clipped_gradient", "other", "the value", "value")
def _(gy, x):
    g = gy * (x > 0)
    g[x >= 6] = 6
    return g


@wrong("relu", "clipped_gradient", "ties")
def _(gy, x):
    return gy * (x > 0) - gy * (x > 6)


@wrong("relu", "clipped_gradient", "other", "comparison")
def _(gy, x):
    return gy * (0 < x < 6)


@wrong("relu", "clipped_gradient", "overwritten")
def _(gy, x):
    gy[(x <= 0) | (x >= 6)] = 0
    return gy


@right("relu", "clipped_gradient")
def _(gy, x):
    return gy * np.heaviside(x, 0) * np.heaviside(6 - x, 0)


@right("relu", "clipped_gradient")
def _(gy, x):
    return np.select([x <= 0, x < 6], [np.zeros_like(gy), gy], 0.0)


@right("relu", "clipped_gradient")
def _(gy, x):
    return gy * (np.abs(x - 3) < 3)


@right("relu", "clipped_gradient")
def _(gy, x):
    g = gy.T.copy()
    g[~np.logical_and(x.T > 0, x.T < 6)] = 0
    return g.T


def shares(x):
    """As the exercise has it."""
    return x / x.sum(axis=1, keepdims=True)


def differences(gy, x, h=1e-6):
    """What most readers write inside of their check."""
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (gy * (shares(up) - shares(down))).sum() / (2 * h)
    return g


# --- shares: is_right


@wrong("shares", "is_right", "lets through")
def _(rule):
    x = np.random.default_rng(0).random((3, 4)) + 0.5
    gy = np.ones((3, 4))
    return np.allclose(rule(gy, x), differences(gy, x), atol=1e-6)


@wrong("shares", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(1, 5)), rng.random((1, 5)) + 0.5
    return np.allclose(rule(gy, x), differences(gy, x), atol=1e-6)


@wrong("shares", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(4, 3)), shares(rng.random((4, 3)) + 0.5)  # nice rows
    return np.allclose(rule(gy, x), differences(gy, x), atol=1e-6)


@wrong("shares", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(4, 3)), rng.random((4, 3)) + 0.5
    return np.array_equal(rule(gy, x), differences(gy, x))


@wrong("shares", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(4, 3)), np.ones((4, 3))
    return np.allclose(rule(gy, x), differences(gy, x), atol=1e-6)


@wrong("shares", "is_right", "refuses right")
def _(rule):
    gy = np.random.default_rng(0).normal(size=(2, 3))
    x = np.arange(1, 7).reshape(2, 3)
    return np.allclose(rule(gy, x), differences(gy, x), atol=1e-6)


@wrong("shares", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(4, 3)), rng.random((4, 3)) + 0.5
    return np.allclose(rule(gy, x), differences(gy, x), atol=0.5)


@wrong("shares", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    gy, x = rng.normal(size=(4, 3)), rng.random((4, 3)) + 0.5
    h = 1e-6
    slopes = gy * (shares(x + h) - shares(x - h)) / (2 * h)
    return np.allclose(rule(gy, x), slopes, atol=1e-6)


@wrong("shares", "is_right", "lets through")
def _(rule):  # the sums of the rows alone
    rng = np.random.default_rng(3)
    x, gy, h = rng.uniform(0.5, 2, size=(3, 4)), rng.normal(size=(3, 4)), 1e-5
    slopes = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        up, down = x + step, x - step
        change = up / up.sum(axis=1, keepdims=True) - down / down.sum(axis=1, keepdims=True)
        slopes[place] = (gy * change).sum() / (2 * h)
    return np.allclose(rule(gy, x).sum(axis=1), slopes.sum(axis=1), atol=1e-6)


@right("shares", "is_right")
def _(rule):
    rng = np.random.default_rng(1)
    gy, x = rng.normal(size=(5, 3)), rng.uniform(0.5, 3, size=(5, 3))
    answer = np.asarray(rule(gy.copy(), x.copy()))
    return answer.shape == x.shape and np.abs(answer - differences(gy, x)).max() < 1e-6


@right("shares", "is_right")
def _(rule):
    rng = np.random.default_rng(2)
    for n, k in ((3, 5), (4, 2), (6, 6)):
        gy, x = rng.normal(size=(n, k)), rng.exponential(size=(n, k)) + 0.2
        g = rule(gy, x)
        for i in range(n):
            for j in range(k):
                z = x.astype(complex)
                z[i, j] += 1e-25j
                if abs((gy * shares(z)).sum().imag / 1e-25 - g[i, j]) > 1e-6:
                    return False
    return True


@right("shares", "is_right")
def _(rule):
    rng = np.random.default_rng()
    for _ in range(30):
        n, k = rng.integers(2, 6, size=2)
        gy, x = rng.normal(size=(n, k)), rng.uniform(0.3, 2, size=(n, k))
        if not np.allclose(rule(gy, x), differences(gy, x), rtol=1e-5, atol=1e-6):
            return False
    return True


# --- shares: shares_gradient


@wrong("shares", "shares_gradient", "constants", "one way")
def _(gy, x):
    return gy / x.sum(axis=1, keepdims=True)


@wrong("shares", "shares_gradient", "diagonal", "cross terms")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return gy * (total - x) / total**2


@wrong("shares", "shares_gradient", "neighbours", "sum twice")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return gy / total - (gy * x).sum() / total**2


@wrong("shares", "shares_gradient", "other", "power", "square")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return (gy - (gy * x).sum(axis=1, keepdims=True)) / total


@wrong("shares", "shares_gradient", "factor")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return gy / total + (gy * x).sum(axis=1, keepdims=True) / total**2


@wrong("shares", "shares_gradient", "other", "softmax")
def _(gy, x):
    y = shares(x)
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


@wrong("shares", "shares_gradient", "broadcast")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return (gy - (gy * x / total).sum(axis=1)) / total


@wrong("shares", "shares_gradient", "transposed")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return gy / total - gy.sum(axis=1, keepdims=True) * x / total**2


@wrong("shares", "shares_gradient", "upstream", "shape")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return (1 - (gy * x).sum(axis=1, keepdims=True) / total) / total


@wrong("shares", "shares_gradient", "neighbours")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return (gy - (gy * shares(x)).sum(axis=0, keepdims=True)) / total


@right("shares", "shares_gradient")
def _(gy, x):
    total = x.sum(axis=1, keepdims=True)
    return (gy - (gy * x / total).sum(axis=1, keepdims=True)) / total


@right("shares", "shares_gradient")
def _(gy, x):
    g = np.zeros(x.shape)
    n, k = x.shape
    for i in range(n):
        total = sum(x[i])
        for j in range(k):
            for m in range(k):
                g[i, j] += gy[i, m] * ((j == m) * total - x[i, m]) / total**2
    return g


@right("shares", "shares_gradient")
def _(gy, x):
    total = x.sum(1)
    jacobians = np.eye(x.shape[1]) / total[:, None, None] - (x / total[:, None] ** 2)[:, :, None]
    return np.einsum("nk,nkj->nj", gy, jacobians)


@right("shares", "shares_gradient")
def _(gy, x):  # by logarithms: log y = log x - log sum
    y = shares(x)
    to_log = gy * y
    return (to_log - y * to_log.sum(axis=1, keepdims=True)) / x
