"""Readers' answers to the exercises of chapter 5: brackets that were lost, and other slips."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def _sigmoid(z):
    return 0.5 + 0.5 * np.tanh(z / 2)


@wrong("sigmoid", "sigmoid", "sign")
def _(z):
    with np.errstate(all="ignore"):
        return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 - np.exp(z)))


@wrong("sigmoid", "sigmoid", "brackets")
def _(z):
    y = np.empty(z.shape)
    y[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    y[z < 0] = np.exp(z[z < 0]) / 1 + np.exp(z[z < 0])
    return y


@wrong("sigmoid", "sigmoid_gradient", "brackets")
def _(gy, y):
    return gy * (y * 1 - y)


@wrong("sigmoid", "sigmoid_gradient", "upstream")
def _(gy, y):
    g = gy * y
    return g * (1 - g)


@wrong("sigmoid", "sigmoid_gradient", "brackets")
def _(gy, y):
    return gy * y - y * y


@right("sigmoid", "sigmoid_gradient")
def _(gy, y):
    return gy * (0.25 - (y - 0.5) ** 2)


@wrong("pixel_price", "price", "sign lost")
def _(z, t):
    return np.mean(np.minimum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))


@wrong("pixel_price", "price", "sign lost")
def _(z, t):
    return np.mean(np.maximum(-z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))


@wrong("pixel_price", "price_gradient", "brackets")
def _(z, t):
    n, d = z.shape
    return (_sigmoid(z) - t) / n * d


@wrong("pixel_price", "price_gradient", "brackets")
def _(z, t):
    p = _sigmoid(z)
    return (t * (p - 1) + 1 - t * p) / z.size


@wrong("grey_pixels", "price_gradient", "brackets")
def _(p, t):
    slope = -t / p + (1 - t) / 1 - p
    return slope / p.size


@wrong("grey_pixels", "price_gradient", "brackets")
def _(p, t):
    n, d = p.shape
    return (-t / p + 1 - t / (1 - p)) / (n * d)


@wrong("tied", "weight_gradient", "wrong point")
def _(x, w):
    e = 2 * (x @ w @ w.T - x) / x.size
    g = e @ w
    return x.T @ g + e.T @ g


@wrong("tied", "weight_gradient", "brackets")
def _(x, w):
    code = x @ w
    e = (2 * code @ w.T - x) / x.size
    return x.T @ (e @ w) + e.T @ code


@wrong("tied", "weight_gradient", "brackets")
def _(x, w):
    e = 2 * (x @ w @ w.T - x)
    return x.T @ e @ w + e.T @ x @ w / x.size


@right("tied", "weight_gradient")
def _(x, w):
    s = x.T @ x
    m = (w @ w.T - np.eye(len(w))) @ s
    return 2 * (m + m.T) @ w / x.size
