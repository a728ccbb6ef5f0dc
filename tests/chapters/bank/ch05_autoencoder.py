"""Readers' answers to the exercises of chapter 5: the sigmoid, and the price of a pixel."""

from __future__ import annotations

import math

import numpy as np

from tests.chapters.bank import ch05_autoencoder_back, ch05_autoencoder_brackets, ch05_autoencoder_middle  # noqa: F401
from tests.chapters.bank.entries import right, wrong


def sigma(z):
    """The sigmoid, as safe as the exercises ask for."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


# --- sigmoid: sigmoid


@wrong("sigmoid", "sigmoid", "not finite")
def _(z):
    return np.exp(z) / (1 + np.exp(z))


@wrong("sigmoid", "sigmoid", "factor", "sign")
def _(z):
    return 1 / (1 + np.exp(np.minimum(z, 700)))


@wrong("sigmoid", "sigmoid", "factor")
def _(z):
    return (1 + np.tanh(z)) / 2


@wrong("sigmoid", "sigmoid", "not finite")
def _(z):
    y = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        y[i] = 1 / (1 + math.exp(-z[i]))
    return y


@wrong("sigmoid", "sigmoid", "dtype")
def _(z):
    y = np.zeros_like(z, dtype=np.float32)
    y[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    y[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return y


@wrong("sigmoid", "sigmoid", "overwritten")
def _(z):
    z[z > 500] = 500
    z[z < -500] = -500
    return 1 / (1 + np.exp(-z))


@wrong("sigmoid", "sigmoid", "neighbours")
def _(z):
    top = z.max()
    e = np.exp(z - top)
    return e / (1 + e)


@wrong("sigmoid", "sigmoid", "only some")
def _(z):
    z = np.clip(z, -5, 5)  # further out it is 0 or 1 anyway
    return 1 / (1 + np.exp(-z))


@right("sigmoid", "sigmoid")
def _(z):
    return 0.5 * (1 + np.tanh(z / 2))


@right("sigmoid", "sigmoid")
def _(z):
    return np.exp(-np.logaddexp(0, -z))


@right("sigmoid", "sigmoid")
def _(z):
    y = np.empty(z.shape)
    up = z >= 0
    y[up] = 1 / (1 + np.exp(-z[up]))
    e = np.exp(z[~up])
    y[~up] = e / (1 + e)
    return y


@right("sigmoid", "sigmoid")
def _(z):  # grumbles about an overflow, and is right
    return 1 / (1 + np.exp(-z))


@right("sigmoid", "sigmoid")
def _(z):
    return np.piecewise(
        z, [z < 0], [lambda v: np.exp(v) / (np.exp(v) + 1), lambda v: 1 - 1 / (1 + np.exp(v))]
    )


# --- sigmoid: sigmoid_gradient


@wrong("sigmoid", "sigmoid_gradient", "wrong point")
def _(gy, y):
    s = 1 / (1 + np.exp(-y))
    return gy * s * (1 - s)


@wrong("sigmoid", "sigmoid_gradient", "upstream")
def _(gy, y):
    return y * (1 - y)


@wrong("sigmoid", "sigmoid_gradient", "upstream")
def _(gy, y):
    return gy * (1 - gy)


@wrong("sigmoid", "sigmoid_gradient", "other", "factor forgotten", "factor", "one factor")
def _(gy, y):
    return gy * (1 - y)


@wrong("sigmoid", "sigmoid_gradient", "other", "tanh")
def _(gy, y):
    return gy * (1 - y**2)


@wrong("sigmoid", "sigmoid_gradient", "factor")
def _(gy, y):
    return gy * y * (y - 1)


@wrong("sigmoid", "sigmoid_gradient", "neighbours")
def _(gy, y):
    return y * (gy - (gy * y).sum(axis=-1, keepdims=True))


@wrong("sigmoid", "sigmoid_gradient", "overwritten")
def _(gy, y):
    gy *= y
    gy *= 1 - y
    return gy


@wrong("sigmoid", "sigmoid_gradient", "not finite")
def _(gy, y):
    z = np.log(y / (1 - y))  # the logit
    return gy * np.exp(-z) / (1 + np.exp(-z)) ** 2


@wrong("sigmoid", "sigmoid_gradient", "other", "precedence", "brackets")
def _(gy, y):
    return gy * y * 1 - y


@right("sigmoid", "sigmoid_gradient")
def _(gy, y):
    return gy * (0.25 - (y - 0.5) ** 2)


@right("sigmoid", "sigmoid_gradient")
def _(gy, y):
    gz = np.zeros(y.shape)
    for i in np.ndindex(y.shape):
        gz[i] = gy[i] * (y[i] - y[i] * y[i])
    return gz


@right("sigmoid", "sigmoid_gradient")
def _(gy, y):
    slopes = np.diag((y * (1 - y)).ravel())
    return (slopes.T @ gy.ravel()).reshape(gy.shape)


@right("sigmoid", "sigmoid_gradient")
def _(gy, y):
    return (gy.T * y.T * (1 - y.T)).T.round(14)


# --- pixel_price: price


@wrong("pixel_price", "price", "not finite")
def _(z, t):
    p = sigma(z)
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


@wrong("pixel_price", "price", "factor")
def _(z, t):
    return (np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))).sum()


@wrong("pixel_price", "price", "factor")
def _(z, t):
    each = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))
    return each.sum(axis=1).mean()


@wrong("pixel_price", "price", "other", "clipped")
def _(z, t):
    p = np.clip(sigma(z), 1e-7, 1 - 1e-7)
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


@wrong("pixel_price", "price", "not finite")
def _(z, t):
    return np.mean(np.log(1 + np.exp(z)) - t * z)


@wrong("pixel_price", "price", "other", "one term", "white only", "one way")
def _(z, t):
    return np.mean(t * np.logaddexp(0, -z))


@wrong("pixel_price", "price", "factor", "sign")
def _(z, t):
    return np.mean(np.maximum(z, 0) + z * t + np.log1p(np.exp(-np.abs(z))))


@wrong("pixel_price", "price", "only some", "rounded")
def _(z, t):
    return np.mean(np.where(t > 0.5, np.logaddexp(0, -z), np.logaddexp(0, z)))


@right("pixel_price", "price")
def _(z, t):
    return np.mean(t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z))


@right("pixel_price", "price")
def _(z, t):
    total = 0.0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            score = float(z[i, j])
            if score > 0:
                total += score * (1 - t[i, j]) + math.log(1 + math.exp(-score))
            else:
                total += math.log(1 + math.exp(score)) - score * t[i, j]
    return total / z.size


@right("pixel_price", "price")
def _(z, t):
    return np.logaddexp(np.zeros_like(z), z).mean() - np.einsum("nd,nd->", z, t) / z.size


# --- pixel_price: price_gradient


@wrong("pixel_price", "price_gradient", "factor")
def _(z, t):
    return sigma(z) - t


@wrong("pixel_price", "price_gradient", "factor")
def _(z, t):
    return (sigma(z) - t) / len(z)


@wrong("pixel_price", "price_gradient", "factor")
def _(z, t):
    return (t - sigma(z)) / z.size


@wrong("pixel_price", "price_gradient", "other", "slope twice", "one slope more")
def _(z, t):
    p = sigma(z)
    return (p - t) * p * (1 - p) / z.size


@wrong("pixel_price", "price_gradient", "wrong point")
def _(z, t):
    return (z - t) / z.size


@wrong("pixel_price", "price_gradient", "other", "chain stopped", "half way")
def _(z, t):
    p = np.clip(sigma(z), 1e-7, 1 - 1e-7)
    return (-t / p + (1 - t) / (1 - p)) / p.size


@wrong("pixel_price", "price_gradient", "not finite")
def _(z, t):
    p = sigma(z)
    return (-t / p + (1 - t) / (1 - p)) * p * (1 - p) / p.size


@wrong("pixel_price", "price_gradient", "not finite")
def _(z, t):
    return (np.exp(z) / (1 + np.exp(z)) - t) / z.size


@wrong("pixel_price", "price_gradient", "one way", "white only")
def _(z, t):
    return -t * (1 - sigma(z)) / z.size


@wrong("pixel_price", "price_gradient", "only some", "rounded")
def _(z, t):
    p = sigma(z)
    return np.where(t > 0.5, p - 1, p) / z.size


@right("pixel_price", "price_gradient")
def _(z, t):
    p = 0.5 + 0.5 * np.tanh(0.5 * z)
    return (1 - t) * p / z.size - t * (1 - p) / z.size


@right("pixel_price", "price_gradient")
def _(z, t):
    n, d = z.shape
    g = np.zeros((n, d))
    for i in range(n):
        for j in range(d):
            g[i, j] = (math.exp(-np.logaddexp(0, -z[i, j])) - t[i, j]) / n / d
    return g


@right("pixel_price", "price_gradient")
def _(z, t):
    g = np.exp(np.minimum(z, 0)) / (np.exp(z - np.maximum(z, 0)) + np.exp(-np.maximum(z, 0)))
    return np.asfortranarray((g - t) / np.prod(z.shape))
