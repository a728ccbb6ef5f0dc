"""Readers' answers to the exercises of chapter 5: grey pixels, and the floor of the price."""

from __future__ import annotations

import math

import numpy as np

from tests.chapters.bank.entries import right, wrong


def price(p, t):
    """As the exercise has it."""
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


def differences(p, t, h=0.0001):
    """What most readers write inside of their check."""
    g = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        up, down = p.copy(), p.copy()
        up[i] += h
        down[i] -= h
        g[i] = (price(up, t) - price(down, t)) / (2 * h)
    return g


# --- grey_pixels: is_right


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, size=(3, 4))
    t = (rng.random((3, 4)) > 0.5).astype(float)
    return np.allclose(rule(p, t), differences(p, t), atol=1e-4)


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    p, t = np.full((3, 4), 0.5), np.random.default_rng(0).random((3, 4))
    return np.allclose(rule(p, t), differences(p, t), atol=1e-4)


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    p, t = np.array([[0.3]]), np.array([[0.6]])
    return np.allclose(rule(p, t), differences(p, t), atol=1e-4)


@wrong("grey_pixels", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.1, 0.9, size=(3, 4)), rng.random((3, 4))
    return np.array_equal(rule(p, t), differences(p, t))


@wrong("grey_pixels", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.02, 0.98, size=(3, 4)), rng.random((3, 4))
    return bool(np.abs(rule(p, t) - differences(p, t)).max() < 1e-12)


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    t = np.random.default_rng(0).uniform(0.1, 0.9, size=(3, 4))
    p = t.copy()  # what should come back
    return np.allclose(rule(p, t), differences(p, t), atol=1e-4)


@wrong("grey_pixels", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.1, 0.9, size=(3, 4)), rng.random((3, 4))
    h = 0.0001
    slopes = (price(p + h, t) - price(p - h, t)) / (2 * h)
    return np.allclose(rule(p, t), slopes, atol=1e-4)


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.1, 0.9, size=(20, 30)), rng.random((20, 30))
    # the gradients are small here, about 1/600
    return np.allclose(rule(p, t), differences(p, t), atol=0.01)


@wrong("grey_pixels", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(1)
    # far from 0 and 1, where differences are at their best
    p, t = rng.uniform(0.1, 0.9, size=(5, 3)), rng.random((5, 3))
    t[0, 0], t[1, 1] = 0, 1
    answer = np.asarray(rule(p.copy(), t.copy()))
    return answer.shape == p.shape and np.abs(answer - differences(p, t)).max() < 1e-5


@right("grey_pixels", "is_right")
def _(rule):
    rng = np.random.default_rng(1)
    p, t = rng.random((6, 3)) * 0.98 + 0.01, rng.random((6, 3))
    p[0], t[0] = (0.01, 0.5, 0.99), 0.5
    t[1], t[2] = 0, 1
    answer = np.asarray(rule(p.copy(), t.copy()))
    return answer.shape == p.shape and np.allclose(answer, differences(p, t), rtol=1e-3, atol=1e-5)


@right("grey_pixels", "is_right")
def _(rule):
    rng = np.random.default_rng(0)
    for n, d in ((2, 7), (6, 2)):
        p, t = rng.uniform(0.05, 0.95, size=(n, d)), rng.choice([0, 0.2, 0.5, 0.9, 1], size=(n, d))
        g = rule(p, t)
        for i in range(n):
            for j in range(d):
                z = p.astype(complex)
                z[i, j] += 1e-25j
                if abs(price(z, t).imag / 1e-25 - g[i, j]) > 1e-7:
                    return False
    return True


# --- grey_pixels: price_gradient


@wrong("grey_pixels", "price_gradient", "other", "for logits", "logits")
def _(p, t):
    return (p - t) / p.size


@wrong("grey_pixels", "price_gradient", "factor")
def _(p, t):
    return -t / p + (1 - t) / (1 - p)


@wrong("grey_pixels", "price_gradient", "one way", "white only")
def _(p, t):
    return -t / p / p.size


@wrong("grey_pixels", "price_gradient", "factor", "sign")
def _(p, t):
    return (-t / p - (1 - t) / (1 - p)) / p.size


@wrong("grey_pixels", "price_gradient", "factor")
def _(p, t):
    return (-t / p + (1 - t) / (1 - p)) / len(p)


@wrong("grey_pixels", "price_gradient", "factor")
def _(p, t):
    return (t / p - (1 - t) / (1 - p)) / p.size


@wrong("grey_pixels", "price_gradient", "other", "precedence", "brackets")
def _(p, t):
    return (p - t) / p * (1 - p) / p.size


@wrong("grey_pixels", "price_gradient", "only some", "grey")
def _(p, t):
    slope = np.where(t == 0.5, 0, np.where(t > 0.5, -1 / p, 1 / (1 - p)))
    return slope / p.size


@wrong("grey_pixels", "price_gradient", "other", "not differentiated", "value")
def _(p, t):
    return (-t * np.log(p) - (1 - t) * np.log(1 - p)) / p.size


@wrong("grey_pixels", "price_gradient", "other", "t forgotten", "target")
def _(p, t):
    return (-1 / p + 1 / (1 - p)) / p.size


@right("grey_pixels", "price_gradient")
def _(p, t):
    return (p - t) / (p * (1 - p)) / p.size


@right("grey_pixels", "price_gradient")
def _(p, t):
    white, black = -1 / p, 1 / (1 - p)
    return (black + t * (white - black)) / p.size


@right("grey_pixels", "price_gradient")
def _(p, t):
    n, d = p.shape
    g = np.zeros(p.shape)
    for i in range(n):
        for j in range(d):
            g[i, j] -= t[i, j] / p[i, j]
            g[i, j] += (1 - t[i, j]) / (1 - p[i, j])
            g[i, j] /= n * d
    return g


# --- price_floor: quarter_grey


@wrong("price_floor", "quarter_grey", "factor", "grey alone")
def _():
    return np.log(2)


@wrong("price_floor", "quarter_grey", "zero")
def _():
    return 0


@wrong("price_floor", "quarter_grey", "factor", "base")
def _():
    return 0.25 * np.log10(2)


@wrong("price_floor", "quarter_grey", "other", "squared error")
def _():
    return 0.25 * 0.5**2


@wrong("price_floor", "quarter_grey", "factor", "one term")
def _():
    return -0.25 * (0.5 * np.log(0.5))


@right("price_floor", "quarter_grey")
def _():
    return 0.1733


@right("price_floor", "quarter_grey")
def _():
    t = np.array([0.5, 0, 1, 1])
    p = np.clip(t, 1e-12, 1 - 1e-12)
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


# --- price_floor: newborn


@wrong("price_floor", "newborn", "zero")
def _():
    return 0.0


@wrong("price_floor", "newborn", "other", "the pixel", "probability")
def _():
    return 0.5


@wrong("price_floor", "newborn", "other", "ten classes")
def _():
    return np.log(10)


@wrong("price_floor", "newborn", "factor", "both in full")
def _():
    return 2 * np.log(2)


@wrong("price_floor", "newborn", "factor", "sign")
def _():
    return np.log(0.5)


@right("price_floor", "newborn")
def _():
    return -math.log(1 / (1 + math.exp(-0)))


@right("price_floor", "newborn")
def _():
    return 0.69


# --- price_floor: best_guess


@wrong("price_floor", "best_guess", "one way", "white only")
def _():
    return 0.2, -0.2 * np.log(0.2)


@wrong("price_floor", "best_guess", "other", "half")
def _():
    return 0.5, np.log(2)


@wrong("price_floor", "best_guess", "other", "majority")
def _():
    return 0.0, -0.8 * np.log(1.0)


@wrong("price_floor", "best_guess", "order")
def _():
    loss = -0.2 * np.log(0.2) - 0.8 * np.log(0.8)
    return loss, 0.2


@wrong("price_floor", "best_guess", "other", "black and white")
def _():
    p = 0.8
    return p, -p * np.log(p) - (1 - p) * np.log(1 - p)


@wrong("price_floor", "best_guess", "other", "squared error")
def _():
    return 0.2, 0.2 * 0.8**2 + 0.8 * 0.2**2


@wrong("price_floor", "best_guess", "factor", "base")
def _():
    return 0.2, -0.2 * np.log2(0.2) - 0.8 * np.log2(0.8)


@right("price_floor", "best_guess")
def _():
    p = np.linspace(0.01, 0.99, 99)
    loss = -0.2 * np.log(p) - 0.8 * np.log(1 - p)
    return p[loss.argmin()], loss.min()


@right("price_floor", "best_guess")
def _():
    return [0.2, 0.2 * math.log(5) + 0.8 * math.log(1.25)]


@wrong("pixel_price", "price", "not finite", "sign lost")
def _(z, t):
    return np.mean(np.maximum(z, 0) - z * t + np.log(1 + np.exp(-z)))


@wrong("pixel_price", "price_gradient", "factor")
def _(z, t):
    e = np.exp(-np.abs(z))
    p = np.where(z >= 0, 1, e) / (1 + e)
    return np.where(t == 1, p - 1, -t * (1 - p) - (1 - t) * p) / z.size


@right("price_floor", "quarter_grey")
def _():
    return 0.17
