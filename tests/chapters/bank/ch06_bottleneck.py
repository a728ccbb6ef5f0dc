"""Readers' answers to the exercises of chapter 6: what pulls at a point, how much a step counts."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch06_bottleneck_back  # noqa: F401
from tests.chapters.bank.entries import right, wrong


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# pull


@wrong("pull", "gradients", "factor")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    p[np.arange(len(z)), labels] -= 1
    return p @ w.T, z.T @ p, p.sum(axis=0)


@wrong("pull", "gradients", "factor")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    p[np.arange(len(z)), labels] -= 1
    p /= len(z)
    return p @ w.T, z.T @ p, p.mean(axis=0)


@wrong("pull", "gradients", "factor")
def _(z, w, b, labels):
    n = len(z)
    p = _softmax(z @ w + b)
    p[np.arange(n), labels] -= 1
    return p @ w.T, z.T @ p / n, p.mean(axis=0)  # a point has its own price only


@wrong("pull", "gradients", "broadcast", "whole columns")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    p[:, labels] -= 1
    p /= len(z)
    return p @ w.T, z.T @ p, p.sum(axis=0)


@wrong("pull", "gradients", "only some", "broadcast")
def _(z, w, b, labels):
    t = np.eye(labels.max() + 1)[labels]
    error = (_softmax(z @ w + b) - t) / len(z)
    return error @ w.T, z.T @ error, error.sum(axis=0)


@wrong("pull", "gradients", "factor")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    t = np.eye(len(b))[labels]
    error = (t - p) / len(z)  # the pull
    return error @ w.T, z.T @ error, error.sum(axis=0)


@wrong("pull", "gradients", "one way", "cross terms", "own kind only")
def _(z, w, b, labels):
    n = len(z)
    p = _softmax(z @ w + b)
    error = np.zeros_like(p)
    rows = np.arange(n)
    error[rows, labels] = (p[rows, labels] - 1) / n  # only its own kind is in the price
    return error @ w.T, z.T @ error, error.sum(axis=0)


@wrong("pull", "gradients", "not finite")
def _(z, w, b, labels):
    e = np.exp(z @ w + b)
    p = e / e.sum(axis=1, keepdims=True)
    error = (p - np.eye(len(b))[labels]) / len(z)
    return error @ w.T, z.T @ error, error.sum(axis=0)


@wrong("pull", "gradients", "neighbours")
def _(z, w, b, labels):
    s = z @ w + b
    e = np.exp(s - s.max())
    p = e / e.sum(axis=0)
    error = (p - np.eye(len(b))[labels]) / len(z)
    return error @ w.T, z.T @ error, error.sum(axis=0)


@wrong("pull", "gradients", "transposed")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    p[np.arange(len(z)), labels] -= 1
    p /= len(z)
    return p @ w.T, p.T @ z, p.sum(axis=0)


@wrong("pull", "gradients", "sum missing")
def _(z, w, b, labels):
    n = len(z)
    p = _softmax(z @ w + b)
    gz = np.zeros(z.shape)
    for i in range(n):
        p[i, labels[i]] -= 1
        gz[i] = w @ p[i] / n
        gw = np.outer(z[i], p[i]) / n
        gb = p[i] / n
    return gz, gw, gb


@wrong("pull", "gradients", "order")
def _(z, w, b, labels):
    error = (_softmax(z @ w + b) - np.eye(len(b))[labels]) / len(z)
    return z.T @ error, error.sum(axis=0), error @ w.T


@wrong("pull", "gradients", "cross terms", "one slope more")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    error = (p - np.eye(len(b))[labels]) * p * (1 - p) / len(z)
    return error @ w.T, z.T @ error, error.sum(axis=0)


@right("pull", "gradients")
def _(z, w, b, labels):
    n, k = len(z), len(b)
    p = _softmax(z @ w + b)
    gz, gw, gb = np.zeros((n, 2)), np.zeros((2, k)), np.zeros(k)
    for i in range(n):
        for j in range(k):
            d = (p[i, j] - (labels[i] == j)) / n
            gz[i] += d * w[:, j]
            gw[:, j] += d * z[i]
            gb[j] += d
    return gz, gw, gb


@right("pull", "gradients")
def _(z, w, b, labels):
    s = z @ w + b
    error = np.exp(s - np.logaddexp.reduce(s, axis=1)[:, None])
    np.subtract.at(error, (np.arange(len(z)), labels), 1)
    gw = np.einsum("nd,nk->dk", z, error) / len(z)
    return [np.einsum("nk,dk->nd", error, w) / len(z), gw, error.mean(axis=0)]


@right("pull", "gradients")
def _(z, w, b, labels):
    p = _softmax(z @ w + b)
    gz = (p @ w.T - w.T[labels]) / len(z)  # away from the mean arrow, towards its own
    gw, gb = (p.T @ z).T / len(z), p.mean(axis=0)
    for point, kind in zip(z, labels):
        gw[:, kind] -= point / len(z)
        gb[kind] -= 1 / len(z)
    return gz, gw, gb


# sensitivity


@wrong("sensitivity", "confidence", "no softmax", "score")
def _(z, w, b):
    return (z @ w + b).max(axis=1)


@wrong("sensitivity", "confidence", "neighbours")
def _(z, w, b):
    e = np.exp(z @ w + b)
    return (e / e.sum(axis=0)).max(axis=1)


@wrong("sensitivity", "confidence", "neighbours", "shape")
def _(z, w, b):
    e = np.exp(z @ w + b)
    p = e / e.sum(axis=1, keepdims=True)
    return p.max(axis=0)


@wrong("sensitivity", "confidence", "sigmoid")
def _(z, w, b):
    return (1 / (1 + np.exp(-(z @ w + b)))).max(axis=1)


@right("sensitivity", "confidence")
def _(z, w, b):
    s = z @ w + b
    return 1 / np.exp(s - s.max(axis=1, keepdims=True)).sum(axis=1)


@right("sensitivity", "confidence")
def _(z, w, b):
    s = z @ w + b
    return np.array([np.exp(max(row) - np.logaddexp.reduce(row)) for row in s])


@wrong("sensitivity", "confidence_gradient", "cross terms", "diagonal")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    top = p.max(axis=1)
    return (gy * top * (1 - top))[:, None] * w[:, p.argmax(axis=1)].T


@wrong("sensitivity", "confidence_gradient", "logarithm")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    return gy[:, None] * (w[:, best].T - p @ w.T)


@wrong("sensitivity", "confidence_gradient", "upstream")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    return p.max(axis=1, keepdims=True) * (w[:, best].T - p @ w.T)


@wrong("sensitivity", "confidence_gradient", "factor")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    t = np.eye(len(b))[best]
    return gy[:, None] * p.max(axis=1, keepdims=True) * ((p - t) @ w.T)


@wrong("sensitivity", "confidence_gradient", "one way")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    return (gy * p.max(axis=1))[:, None] * w[:, best].T


@wrong("sensitivity", "confidence_gradient", "factor")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    g = p.max(axis=1, keepdims=True) * (w[:, best].T - p @ w.T)
    return gy[:, None] * g / len(z)


@wrong("sensitivity", "confidence_gradient", "broadcast", "transposed")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.argmax(axis=1)
    top = p.max(axis=1)
    g = top * (w[:, best].T - p @ w.T).T  # (2, n)
    return (g * gy).reshape(z.shape)


@wrong("sensitivity", "confidence_gradient", "wrong kind", "neighbours")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    best = p.sum(axis=0).argmax()  # the winner
    return gy[:, None] * p[:, [best]] * (w[:, best] - p @ w.T)


@right("sensitivity", "confidence_gradient")
def _(gy, z, w, b):
    gz = np.zeros(z.shape)
    for i, p in enumerate(_softmax(z @ w + b)):
        jacobian = np.diag(p) - np.outer(p, p)  # (k, k)
        gz[i] = gy[i] * w @ jacobian[np.argmax(p)]
    return gz


@right("sensitivity", "confidence_gradient")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    upstream = np.where(p == p.max(axis=1, keepdims=True), gy[:, None], 0.0)
    to_scores = p * (upstream - (upstream * p).sum(axis=1, keepdims=True))
    return np.einsum("nk,dk->nd", to_scores, w)


@right("sensitivity", "confidence_gradient")
def _(gy, z, w, b):
    s = z @ w + b
    c = s.argmax(axis=1)
    e = np.exp(s - s.max(axis=1, keepdims=True))  # 1 at the winner
    total = e.sum(axis=1)
    rest = np.stack([(e[i][:, None] * (w.T - w[:, c[i]])).sum(axis=0) for i in range(len(z))])
    return -rest * (gy / total**2)[:, None]


@wrong("pull", "gradients", "not finite")
def _(z, w, b, labels):
    s = z @ w + b
    e = np.exp(s - s.max())
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    p /= len(z)
    return p @ w.T, z.T @ p, p.sum(axis=0)


@wrong("pull", "gradients", "brackets")
def _(z, w, b, labels):
    g = _softmax(z @ w + b) - np.eye(len(b))[labels] / len(z)
    return g @ w.T, z.T @ g, g.sum(axis=0)


@wrong("redrawn", "a_third_number", "total")
def _():
    return (64 + 1) * 3 + (3 + 1) * 10


# brackets that were lost, and other slips


def _softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("pull", "gradients", "neighbours")
def _(z, w, b, labels):
    s = z @ w + b
    e = np.exp(s - s.max(axis=0))
    with np.errstate(all="ignore"):
        g = e / e.sum(axis=1, keepdims=True)
    g[np.arange(len(z)), labels] -= 1
    g = g / len(z)
    return g @ w.T, z.T @ g, g.sum(axis=0)


@wrong("pull", "gradients", "brackets")
def _(z, w, b, labels):
    g = _softmax(z @ w + b) / len(z)
    g[np.arange(len(z)), labels] -= 1
    return g @ w.T, z.T @ g, g.sum(axis=0)


@wrong("sensitivity", "confidence_gradient", "brackets")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    c, best = p.argmax(axis=1), p.max(axis=1)
    return gy[:, None] * (best[:, None] * w[:, c].T - p @ w.T)


@wrong("sensitivity", "confidence_gradient", "brackets")
def _(gy, z, w, b):
    p = _softmax(z @ w + b)
    c, best = p.argmax(axis=1), p.max(axis=1)
    return (gy * best)[:, None] * w.T[c] - best[:, None] * (p @ w.T)


@wrong("centres", "centres_gradient", "factor")
def _(gy, points, labels):
    out = np.zeros(points.shape)
    for k in range(len(gy)):
        mine = labels == k
        out[mine] = gy[k] / mine.mean()
    return out


@wrong("centres", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels, gy = rng.normal(size=(6, 2)), np.array([2, 0, 1, 0, 0, 2]), rng.normal(size=(3, 2))
    many = np.array([3, 1, 2])
    return bool(np.allclose(np.abs(rule(gy, points, labels)), np.abs(gy[labels] / many[labels][:, None])))
