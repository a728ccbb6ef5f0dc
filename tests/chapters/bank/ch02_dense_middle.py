"""Readers' answers to the exercises of chapter 2: softmax."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong

# --- softmax: softmax


@wrong("softmax", "softmax", "not finite")
def _(x):
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax", "softmax", "neighbours")
def _(x):
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


@wrong("softmax", "softmax", "broadcast")
def _(x):
    e = np.exp(x - x.max(axis=1))
    return e / e.sum(axis=1)


@wrong("softmax", "softmax", "neighbours")
def _(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


@wrong("softmax", "softmax", "not finite", "neighbours")
def _(x):
    e = np.exp(x - np.max(x))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax", "softmax", "other", "clipped")
def _(x):
    e = np.exp(np.clip(x, -500, 500))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax", "softmax", "overwritten")
def _(x):
    x -= x.max(axis=1, keepdims=True)
    np.exp(x, out=x)
    return x / x.sum(axis=1, keepdims=True)


@wrong("softmax", "softmax", "other", "scaled")
def _(x):
    x = x / np.abs(x).max(axis=1, keepdims=True)  # against large numbers
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


@right("softmax", "softmax")
def _(x):
    y = np.empty(x.shape)
    for i, row in enumerate(x):
        for j, score in enumerate(row):
            with np.errstate(over="ignore"):
                y[i, j] = 1 / np.sum(np.exp(row - score))
    return y


@right("softmax", "softmax")
def _(x):
    log_sum = np.logaddexp.reduce(x, axis=1)
    return np.exp(x - log_sum[:, None])


@right("softmax", "softmax")
def _(x):
    z = x.T - x.max(axis=-1)
    e = np.exp(z)
    return (e / e.sum(0)).T


@right("softmax", "softmax")
def _(x):
    z = (x - x.max(axis=1, keepdims=True)) / np.log(2)
    return np.round(2.0**z / (2.0**z).sum(axis=1, keepdims=True), 13)


# --- softmax: softmax_gradient


@wrong("softmax", "softmax_gradient", "cross terms")
def _(gy, y):
    return gy * y * (1 - y)


@wrong("softmax", "softmax_gradient", "cross terms")
def _(gy, y):
    return y * (gy - gy.sum(axis=1, keepdims=True))


@wrong("softmax", "softmax_gradient", "neighbours", "sum twice")
def _(gy, y):
    return y * (gy - (gy * y).sum())


@wrong("softmax", "softmax_gradient", "neighbours")
def _(gy, y):
    return y * (gy - (gy * y).sum(axis=0, keepdims=True))


@wrong("softmax", "softmax_gradient", "broadcast")
def _(gy, y):
    return y * (gy - (gy * y).sum(axis=1))


@wrong("softmax", "softmax_gradient", "other", "y forgotten", "factor")
def _(gy, y):
    return gy - (gy * y).sum(axis=1, keepdims=True)


@wrong("softmax", "softmax_gradient", "factor")
def _(gy, y):
    return y * ((gy * y).sum(axis=1, keepdims=True) - gy)


@wrong("softmax", "softmax_gradient", "upstream")
def _(gy, y):
    return y - gy


@wrong("softmax", "softmax_gradient", "other", "first picture", "only some")
def _(gy, y):
    jacobian = np.diag(y[0]) - np.outer(y[0], y[0])
    return gy @ jacobian


@wrong("softmax", "softmax_gradient", "wrong point")
def _(gy, y):
    e = np.exp(y - y.max(axis=1, keepdims=True))
    s = e / e.sum(axis=1, keepdims=True)
    return s * (gy - (gy * s).sum(axis=1, keepdims=True))


@wrong("softmax", "softmax_gradient", "sum missing")
def _(gy, y):
    gx = np.zeros(y.shape)
    n, k = y.shape
    for i in range(n):
        for j in range(k):
            for m in range(k):
                gx[i, j] = gy[i, m] * y[i, m] * ((j == m) - y[i, j])
    return gx


@wrong("softmax", "softmax_gradient", "factor")
def _(gy, y):
    return y * (gy - (gy * y).mean(axis=1, keepdims=True))


@wrong("softmax", "softmax_gradient", "cross terms")
def _(gy, y):
    gx = gy * y
    for j in range(y.shape[1]):
        for k in range(y.shape[1]):
            gx[:, k] -= gy[:, k] * y[:, k] * y[:, j]
    return gx


@wrong("softmax", "softmax_gradient", "cross terms")
def _(gy, y):
    gx = np.zeros(y.shape)
    for j in range(y.shape[1]):
        for k in range(y.shape[1]):
            slope = y[:, j] * (1 - y[:, j]) if j == k else y[:, j] * y[:, k]
            gx[:, k] += gy[:, j] * slope
    return gx


@wrong("softmax", "softmax_gradient", "one way")
def _(gy, y):
    return -gy * y**2


@right("softmax", "softmax_gradient")
def _(gy, y):  # the whole matrix, a picture at a time
    rows = []
    for g, p in zip(gy, y):
        rows.append((np.diag(p) - np.outer(p, p)) @ g)
    return np.array(rows)


@right("softmax", "softmax_gradient")
def _(gy, y):
    return y * gy - y * np.einsum("nk,nk->n", gy, y)[:, None]


@right("softmax", "softmax_gradient")
def _(gy, y):
    gx = np.zeros(y.shape)
    n, k = y.shape
    for i in range(n):
        for j in range(k):
            for m in range(k):
                if j == m:
                    gx[i, j] += gy[i, m] * y[i, j] * (1 - y[i, j])
                else:
                    gx[i, j] -= gy[i, m] * y[i, m] * y[i, j]
    return gx


@right("softmax", "softmax_gradient")
def _(gy, y):
    gx = np.empty_like(y)
    for i in range(len(y)):
        average = np.average(gy[i], weights=y[i])
        gx[i] = y[i] * (gy[i] - average)
    return gx


@wrong("softmax", "softmax", "largest")
def _(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / np.exp(x).sum(axis=1, keepdims=True)


@wrong("softmax", "softmax_gradient", "cross terms")
def _(gy, y):
    gx = np.zeros(y.shape)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            for c in range(y.shape[1]):
                gx[i, j] += gy[i, c] * y[i, c] * ((j == c) - y[i, c])
    return gx
