"""Readers' answers to the exercises of chapter 2: the dense layer, and relu."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch02_dense_back, ch02_dense_entropy, ch02_dense_middle, ch02_dense_steps  # noqa: F401
from tests.chapters.bank.entries import right, wrong

# --- dense: weights


@wrong("dense", "weights", "other", "no biases", "bias")
def _():
    return 144 * 20 + 20 * 7


@wrong("dense", "weights", "other", "not flattened", "side")
def _():
    return 12 * 20 + 20 + 20 * 7 + 7


@wrong("dense", "weights", "other", "units only", "units")
def _():
    return 144 + 20 + 7


@wrong("dense", "weights", "shifted", "bias")
def _():
    return 144 * 20 + 144 + 20 * 7 + 20  # a bias for each number that goes in


@wrong("dense", "weights", "other", "first layer only", "first layer")
def _():
    return (12 * 12 + 1) * 20


@right("dense", "weights")
def _():
    return (12 * 12 + 1) * 20 + (20 + 1) * 7


@right("dense", "weights")
def _():
    sizes = np.array([12 * 12, 20, 7])
    return (sizes[:-1] * sizes[1:] + sizes[1:]).sum()


# --- dense: dense


@wrong("dense", "dense", "other", "bias forgotten", "bias")
def _(x, kernel, bias):
    return x @ kernel


@wrong("dense", "dense", "transposed")
def _(x, kernel, bias):
    return kernel.T @ x.T + bias[:, None]


@wrong("dense", "dense", "sum missing")
def _(x, kernel, bias):
    y = np.zeros((len(x), len(bias)))
    for n in range(len(x)):
        for j in range(len(bias)):
            for i in range(x.shape[1]):
                y[n, j] = x[n, i] * kernel[i, j] + bias[j]
    return y


@wrong("dense", "dense", "sum twice", "factor")
def _(x, kernel, bias):
    y = np.zeros((len(x), len(bias)))
    for n in range(len(x)):
        for j in range(len(bias)):
            for i in range(x.shape[1]):
                y[n, j] += x[n, i] * kernel[i, j] + bias[j]
    return y


@wrong("dense", "dense", "broadcast")
def _(x, kernel, bias):
    return x @ kernel + bias.reshape(-1, 1)


@wrong("dense", "dense", "other", "relu")
def _(x, kernel, bias):
    return np.maximum(0, x @ kernel + bias)


@wrong("dense", "dense", "dtype")
def _(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]), dtype="float32")
    for j in range(kernel.shape[1]):
        y[:, j] = x.dot(kernel[:, j]) + bias[j]
    return y


@right("dense", "dense")
def _(x, kernel, bias):
    return np.einsum("ni,ij->nj", x, kernel) + bias


@right("dense", "dense")
def _(x, kernel, bias):  # the bias as one more row
    ones = np.ones((x.shape[0], 1))
    return np.hstack([x, ones]) @ np.vstack([kernel, bias])


@right("dense", "dense")
def _(x, kernel, bias):
    y = np.zeros((len(x), len(bias)))
    y += bias
    for i in reversed(range(x.shape[1])):
        y += np.outer(x[:, i], kernel[i])
    return y


@right("dense", "dense")
def _(x, kernel, bias):
    return (kernel.T @ x.T + bias[:, np.newaxis]).T


@right("dense", "dense")
def _(x, kernel, bias):
    y = np.asfortranarray(np.tensordot(x, kernel, axes=1))
    y += bias
    return np.round(y, 12)


# --- dense: dense_gradient


@wrong("dense", "dense_gradient", "transposed")
def _(gy, x, kernel):
    return gy @ kernel, x.T @ gy, gy.sum(axis=0)


@wrong("dense", "dense_gradient", "transposed")
def _(gy, x, kernel):
    return gy @ kernel.T, gy.T @ x, gy.sum(axis=0)


@wrong("dense", "dense_gradient", "transposed")
def _(gy, x, kernel):
    # now the shape fits
    return gy @ kernel.T, (gy.T @ x).reshape(kernel.shape), gy.sum(axis=0)


@wrong("dense", "dense_gradient", "sum missing", "broadcast")
def _(gy, x, kernel):
    return gy @ kernel.T, x.T @ gy, gy


@wrong("dense", "dense_gradient", "factor")
def _(gy, x, kernel):
    return gy @ kernel.T, x.T @ gy, gy.mean(axis=0)


@wrong("dense", "dense_gradient", "factor")
def _(gy, x, kernel):
    n = x.shape[0]
    return gy @ kernel.T, x.T @ gy / n, gy.sum(axis=0) / n


@wrong("dense", "dense_gradient", "sum twice")
def _(gy, x, kernel):
    return gy @ kernel.T, x.T @ gy, np.ones(gy.shape[1]) * np.sum(gy)


@wrong("dense", "dense_gradient", "other", "axis", "shape")
def _(gy, x, kernel):
    return gy @ kernel.T, x.T @ gy, gy.sum(axis=1)


@wrong("dense", "dense_gradient", "order")
def _(gy, x, kernel):
    dw = x.T @ gy
    db = gy.sum(axis=0)
    dx = gy @ kernel.T
    return dw, db, dx


@wrong("dense", "dense_gradient", "sum missing")
def _(gy, x, kernel):
    gx, gk, gb = np.zeros_like(x), np.zeros_like(kernel), np.zeros(kernel.shape[1])
    for n in range(len(x)):
        gx[n] = kernel @ gy[n]
        gk = np.outer(x[n], gy[n])
        gb += gy[n]
    return gx, gk, gb


@wrong("dense", "dense_gradient", "shape")
def _(gy, x, kernel):
    return gy @ kernel.T, x.T @ gy, gy.sum(axis=0, keepdims=True)


@wrong("dense", "dense_gradient", "other", "summed first", "weights")
def _(gy, x, kernel):
    gx = gy.sum(axis=1, keepdims=True) * kernel.sum(axis=1)
    return gx, x.T @ gy, gy.sum(axis=0)


@wrong("dense", "dense_gradient", "upstream")
def _(gy, x, kernel):
    n, k = gy.shape
    gx = np.tile(kernel.sum(axis=1), (n, 1))
    gk = np.tile(x.sum(axis=0)[:, None], (1, k))
    return gx, gk, np.full(k, float(n))


@right("dense", "dense_gradient")
def _(gy, x, kernel):
    gx = np.einsum("nk,dk->nd", gy, kernel)
    gk = np.einsum("nd,nk->dk", x, gy)
    return [gx, gk, np.einsum("nk->k", gy)]


@right("dense", "dense_gradient")
def _(gy, x, kernel):
    n, d = x.shape
    k = kernel.shape[1]
    gx, gk, gb = np.zeros((n, d)), np.zeros((d, k)), np.zeros(k)
    for m in range(n):
        for j in range(k):
            gb[j] += gy[m, j]
            for i in range(d):
                gx[m, i] += gy[m, j] * kernel[i, j]
                gk[i, j] += gy[m, j] * x[m, i]
    return gx, gk, gb


@right("dense", "dense_gradient")
def _(gy, x, kernel):
    gk = sum(np.outer(x[n], gy[n]) for n in range(len(x)))
    return (kernel @ gy.T).T, gk, np.ones(len(gy)) @ gy


@right("dense", "dense_gradient")
def _(gy, x, kernel):  # with all the slopes in one large table each
    n, k = gy.shape
    d = x.shape[1]
    to_x = np.kron(np.eye(n), kernel.T)
    to_kernel = np.kron(x, np.eye(k))
    to_bias = np.kron(np.ones((n, 1)), np.eye(k))
    g = gy.ravel()
    return (g @ to_x).reshape(n, d), (g @ to_kernel).reshape(d, k), g @ to_bias


# --- relu: relu


@wrong("relu", "relu", "overwritten")
def _(x):
    x[x < 0] = 0
    return x


@wrong("relu", "relu", "other", "leaky")
def _(x):
    return np.maximum(0.01 * x, x)


@wrong("relu", "relu", "shape", "neighbours")
def _(x):
    return np.max(x, 0)


@wrong("relu", "relu", "other", "clipped")
def _(x):
    return np.clip(x, 0, 6)


@wrong("relu", "relu", "other", "size", "absolute")
def _(x):
    return np.abs(x)


@wrong("relu", "relu", "dtype")
def _(x):
    y = np.zeros(x.shape, dtype=int)
    y[x > 0] = x[x > 0]
    return y


@right("relu", "relu")
def _(x):
    return (x + np.abs(x)) / 2


@right("relu", "relu")
def _(x):
    return x * (x > 0)


@right("relu", "relu")
def _(x):
    return np.array([max(0.0, each) for each in x.ravel()]).reshape(x.shape)


@wrong("dense", "dense", "brackets")
def _(x, kernel, bias):
    return x @ (kernel + bias)


@wrong("dense", "dense_gradient", "wrong point")
def _(gy, x, kernel):
    gx = gy @ kernel.T
    gk = gx.T @ gy
    return gx, gk, gy.sum(axis=0)
