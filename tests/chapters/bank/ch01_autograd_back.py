"""Readers' answers to the exercises of chapter 1: broadcasting, and the suspect."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def gate(x):
    """As the exercise has it."""
    return x * np.tanh(x)


# --- broadcast: column_and_row


@wrong("broadcast", "column_and_row", "transposed")
def _():
    return 4, 5


@wrong("broadcast", "column_and_row", "broadcast")
def _():
    return (5, 1)


@wrong("broadcast", "column_and_row", "broadcast", "shape")
def _():
    return (5, 1, 4)


@right("broadcast", "column_and_row")
def _():
    return (np.zeros((5, 1)) + np.zeros(4)).shape


@right("broadcast", "column_and_row")
def _():
    return np.broadcast_shapes((5, 1), (4,))


# --- broadcast: spread_gradient


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    return gy.sum(axis=0)


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    return gy.copy()


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    while gy.ndim > x.ndim:
        gy = gy.sum(axis=0)
    return gy


@wrong("broadcast", "spread_gradient", "broadcast", "shape")
def _(gy, x):
    g = gy
    while g.ndim > x.ndim:
        g = g.sum(axis=0)
    for axis, n in enumerate(x.shape):
        if n == 1:
            g = g.sum(axis=axis)
    return g


@wrong("broadcast", "spread_gradient", "factor")
def _(gy, x):
    g = gy
    while g.ndim > x.ndim:
        g = g.mean(axis=0)
    for axis, n in enumerate(x.shape):
        if n == 1:
            g = g.mean(axis=axis, keepdims=True)
    return g


@wrong("broadcast", "spread_gradient", "sum missing")
def _(gy, x):
    g = gy
    while g.ndim > x.ndim:
        g = g[0]
    for axis, n in enumerate(x.shape):
        if n == 1:
            g = g.take([0], axis=axis)
    return g


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    return gy.reshape(-1, *x.shape).sum(axis=0)


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    # wherever the lengths differ, from the left
    axes = tuple(i for i in range(x.ndim) if x.shape[i] != gy.shape[i])
    return gy.sum(axis=axes).reshape(x.shape)


@wrong("broadcast", "spread_gradient", "sum twice")
def _(gy, x):
    return np.full(x.shape, gy.sum())


@wrong("broadcast", "spread_gradient", "sum missing")
def _(gy, x):
    g = np.zeros(x.shape)
    where = np.broadcast_to(np.arange(x.size).reshape(x.shape), gy.shape)
    g.flat[where.ravel()] += gy.ravel()
    return g


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    for axis in range(x.ndim):
        if x.shape[axis] == 1:
            gy = gy.sum(axis=axis, keepdims=True)
    return gy


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    return gy.sum(axis=0) if gy.shape != x.shape else gy


@right("broadcast", "spread_gradient")
def _(gy, x):
    where = np.broadcast_to(np.arange(x.size).reshape(x.shape), gy.shape)
    return np.bincount(where.ravel(), gy.ravel(), minlength=x.size).reshape(x.shape)


@right("broadcast", "spread_gradient")
def _(gy, x):
    g = np.zeros(x.shape)
    more = gy.ndim - x.ndim
    for i in np.ndindex(gy.shape):
        g[tuple(k if n > 1 else 0 for k, n in zip(i[more:], x.shape))] += gy[i]
    return g


@right("broadcast", "spread_gradient")
def _(gy, x):
    shape = (1,) * (gy.ndim - x.ndim) + x.shape
    axes = tuple(i for i in range(gy.ndim) if shape[i] == 1)
    return np.reshape(gy.sum(axis=axes, keepdims=True), x.shape)


@right("broadcast", "spread_gradient")
def _(gy, x):
    if gy.shape == x.shape:
        return gy
    while gy.ndim > x.ndim:
        gy = np.add.reduce(gy)
    for axis in range(x.ndim):
        if x.shape[axis] == 1:
            gy = np.expand_dims(np.add.reduce(gy, axis), axis)
    return gy


# --- suspect: is_right


@wrong("suspect", "is_right", "lets through")
def _(rule):
    x = np.random.default_rng(0).normal(size=(4, 3))
    h = 1e-5
    differences = (gate(x + h) - gate(x - h)) / (2 * h)
    return np.allclose(rule(np.ones((4, 3)), x), differences, atol=1e-6)


@wrong("suspect", "is_right", "lets through")
def _(rule):
    x = np.array([0.0, 10.0, -10.0])
    gy = np.random.default_rng(0).normal(size=3)
    h = 1e-5
    differences = gy * (gate(x + h) - gate(x - h)) / (2 * h)
    return np.allclose(rule(gy, x), differences, atol=1e-6)


@wrong("suspect", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    x, gy = rng.random(8) * 3, rng.normal(size=8)
    h = 1e-5
    differences = gy * (gate(x + h) - gate(x - h)) / (2 * h)
    return bool(np.abs(rule(gy, x) - differences).max() < 1e-6)


@wrong("suspect", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    h = 1e-6
    differences = gy * (gate(x + h) - gate(x - h)) / (2 * h)
    return bool((rule(gy, x) == differences).all())


@wrong("suspect", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=6), rng.normal(size=6)
    h = 1e-5
    differences = gy * (gate(x + h) - gate(x - h)) / (2 * h)
    return bool(np.isclose(rule(gy, x), differences, atol=1e-6).any())


@wrong("suspect", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=6), rng.normal(size=6)
    h = 0.1
    differences = gy * (gate(x + h) - gate(x - h)) / (2 * h)
    return np.allclose(rule(gy, x), differences, atol=1e-6)


@wrong("suspect", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=6), rng.normal(size=6)
    differences = (gate(x + 1e-5) - gate(x - 1e-5)) / 2e-5
    return np.allclose(rule(gy, x), differences, atol=1e-6)


@right("suspect", "is_right")
def _(rule):
    rng = np.random.default_rng(3)
    x, gy = rng.normal(size=(5, 7)) * 2, rng.normal(size=(5, 7))
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        g[i] = ((gy * gate(up)).sum() - (gy * gate(down)).sum()) / 2e-5
    answer = rule(gy.copy(), x.copy())
    return np.shape(answer) == x.shape and bool(np.abs(answer - g).max() < 1e-6)


@right("suspect", "is_right")
def _(rule):
    rng = np.random.default_rng()
    for scale in (0.1, 1, 4):
        x, gy = scale * rng.normal(size=50), rng.uniform(-2, 2, size=50)
        slopes = gate(x + 1e-30j).imag / 1e-30
        if not np.allclose(rule(gy, x), gy * slopes, rtol=1e-6, atol=1e-8):
            return False
    return True


@right("suspect", "is_right")
def _(rule):  # one number at a time, many of them
    rng = np.random.default_rng(0)
    for _ in range(200):
        x, gy = rng.uniform(-5, 5, size=1), rng.normal(size=1)
        slope = (gate(x + 1e-5) - gate(x - 1e-5)) / 2e-5
        if abs(rule(gy, x)[0] - gy[0] * slope[0]) > 1e-7:
            return False
    x, gy = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    slopes = (gate(x + 1e-5) - gate(x - 1e-5)) / 2e-5
    return np.allclose(rule(gy, x), gy * slopes, atol=1e-7)


# --- suspect: gate_gradient


@wrong("suspect", "gate_gradient", "one way")
def _(gy, x):
    return gy * x * (1 - np.tanh(x) ** 2)


@wrong("suspect", "gate_gradient", "other", "product rule")
def _(gy, x):
    return gy * 1 * (1 - np.tanh(x) ** 2)


@wrong("suspect", "gate_gradient", "upstream")
def _(gy, x):
    return gy * np.tanh(x) + x * (1 - np.tanh(x) ** 2)


@wrong("suspect", "gate_gradient", "wrong point")
def _(gy, x):
    y = gate(x)
    return gy * (np.tanh(x) + x * (1 - y**2))


@wrong("suspect", "gate_gradient", "wrong point")
def _(gy, x):
    return gy * (np.tanh(x) + x * (1 - x**2))


@wrong("suspect", "gate_gradient", "other", "power", "square")
def _(gy, x):
    return gy * (np.tanh(x) + x / np.cosh(x))


@wrong("suspect", "gate_gradient", "factor")
def _(gy, x):
    t = np.tanh(x)
    return gy * (t - x * (1 - t * t))


@wrong("suspect", "gate_gradient", "other", "precedence", "brackets")
def _(gy, x):
    t = np.tanh(x)
    return gy * (t + x) * (1 - t**2)


@wrong("suspect", "gate_gradient", "upstream")
def _(gy, x):
    t = np.tanh(x)
    return t + gy * x * (1 - t**2)


@right("suspect", "gate_gradient")
def _(gy, x):
    return gy * np.tanh(x) + gy * x * (1 - np.tanh(x)) * (1 + np.tanh(x))


@right("suspect", "gate_gradient")
def _(gy, x):
    e = np.exp(-2 * np.abs(x))  # tanh |x| = (1 - e) / (1 + e)
    return gy * (np.sign(x) * (1 - e) / (1 + e) + 4 * x * e / (1 + e) ** 2)


@right("suspect", "gate_gradient")
def _(gy, x):
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        g[i] = gy[i] * (np.tanh(x[i]) + x[i] / np.cosh(x[i]) ** 2)
    return g


@wrong("backward", "backward", "one way")
def _(parents, slopes, last):
    g = np.zeros(len(parents))
    g[last] = 1
    for i in range(last, -1, -1):
        for p, s in zip(set(parents[i]), slopes[i]):
            g[p] += s * g[i]
    return g


@wrong("broadcast", "spread_gradient", "broadcast")
def _(gy, x):
    axes = tuple(i for i in range(x.ndim) if x.shape[i] == 1)
    gy = gy.sum(axis=axes, keepdims=True)
    while gy.ndim > x.ndim:
        gy = gy.sum(axis=0)
    return gy
