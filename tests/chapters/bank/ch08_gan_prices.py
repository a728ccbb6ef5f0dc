"""Readers' answers to the exercises of chapter 8: the equilibrium, the picture that is caught."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong
from tinydl.gradcheck import by_differences


def _generator_price(pictures, w, b):  # as the file has it
    return np.logaddexp(0, pictures @ w + b).mean()


# equilibrium


@wrong("equilibrium", "coin", "factor", "sum")
def _():
    return 2 * np.log(2)


@wrong("equilibrium", "coin", "factor")
def _():
    return -0.5 * np.log(0.5)


@wrong("equilibrium", "coin", "factor")
def _():
    return np.log(0.5)


@wrong("equilibrium", "coin", "no logarithm")
def _():
    return 0.5


@right("equilibrium", "coin")
def _():
    return np.logaddexp(0, 0)


@right("equilibrium", "coin")
def _():
    return np.mean([-np.log(0.5)] * 10 + [-np.log(1 - 0.5)] * 10)


@wrong("equilibrium", "best", "no noise")
def _():
    return 0.5


@wrong("equilibrium", "best", "largest")
def _():
    return 0.5 + 0.05


@wrong("equilibrium", "best", "one way")
def _():
    return (1.025 + 0) / 2


@wrong("equilibrium", "best", "sign")
def _():
    return 0.5 * (1 - 0.025) + 0.5 * (0 - 0.025)


@wrong("equilibrium", "best", "no noise")
def _():
    return 0.5 * (1 - 0.025) + 0.5 * 0.025


@right("equilibrium", "best")
def _():
    return (1.025 + 0.025) / 2


@right("equilibrium", "best")
def _():
    p = np.linspace(0.4, 0.6, 2001)
    y = 0.525
    return p[np.argmin(-y * np.log(p) - (1 - y) * np.log(1 - p))]


@wrong("equilibrium", "fooled", "label")
def _():
    return -np.log(0.525)


@wrong("equilibrium", "fooled", "no noise")
def _():
    return np.log(2)


@wrong("equilibrium", "fooled", "factor")
def _():
    return np.log(1 - 0.525)


@wrong("equilibrium", "fooled", "discriminator's")
def _():
    return -0.525 * np.log(0.525) - 0.475 * np.log(0.475)


@wrong("equilibrium", "fooled", "factor")
def _():
    return -0.5 * np.log(1 - 0.525)


@right("equilibrium", "fooled")
def _():
    return -np.log1p(-0.525)


@right("equilibrium", "fooled")
def _():
    return 0.744


@wrong("equilibrium", "pull", "factor", "share")
def _():
    return 0.999


@wrong("equilibrium", "pull", "saturating")
def _():
    return (1 - 0.999) / 20


@wrong("equilibrium", "pull", "saturating")
def _():
    return 0.999 * (1 - 0.999) / 20


@wrong("equilibrium", "pull", "chain")
def _():
    return 1 / (1 - 0.999) / 20


@wrong("equilibrium", "pull", "factor")
def _():
    return -0.999 / 20


@right("equilibrium", "pull")
def _():
    return np.float64(0.999) / 20


@right("equilibrium", "pull")
def _():
    return 0.05  # to three digits


@right("equilibrium", "pull")
def _():
    return 0.0499  # cut off


@right("equilibrium", "pull")
def _():
    s = np.log(0.999 / 0.001)
    return (np.logaddexp(0, s + 1e-5) - np.logaddexp(0, s - 1e-5)) / 2e-5 / 20


@wrong("equilibrium", "apart", "shifted")
def _():
    return np.sqrt(1 + 0.5**2)


@wrong("equilibrium", "apart", "in turn")
def _():
    x, y = 1.0, 0.0
    for _ in range(2):
        x = x - 0.5 * y
        y = y + 0.5 * x
    return np.hypot(x, y)


@wrong("equilibrium", "apart", "root missing")
def _():
    return (1 + 0.5**2) ** 2


@wrong("equilibrium", "apart", "outwards")
def _():
    return 1.5 * 1.5


@wrong("equilibrium", "apart", "circle")
def _():
    return 1


@wrong("equilibrium", "apart", "x alone")
def _():
    return 0.75


@wrong("equilibrium", "apart", "sum")
def _():
    return 1.75


@wrong("equilibrium", "apart", "added")
def _():
    return 1 + 2 * (np.sqrt(1.25) - 1)


@right("equilibrium", "apart")
def _():
    x, y = 1.0, 0.0
    for _ in range(2):
        x, y = x - 0.5 * y, y + 0.5 * x
    return np.hypot(x, y)


@right("equilibrium", "apart")
def _():
    return abs((1 + 0.5j) ** 2)


# caught


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = np.zeros((4, 3)), rng.normal(size=(3, 1)), 0.0
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.allclose(rule(*inputs), expected, atol=1e-4))


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1, 3)), rng.normal(size=(3, 1)), 0.7
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.allclose(rule(*inputs), expected, atol=1e-5))


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.isclose(rule(*inputs).sum(), expected.sum(), atol=1e-5))


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool((np.sign(rule(*inputs)) == np.sign(expected)).all())  # it only has to go downhill


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.0
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.allclose(rule(*inputs), expected, atol=0.1))


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.0  # without a bias
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.allclose(rule(*inputs), expected, atol=1e-6))


@wrong("caught", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    expected = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)[0]
    return bool((rule(*inputs) == expected).all())


@wrong("caught", "is_right", "refuses right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    pictures, w, b = inputs
    expected = []
    for i in range(4):  # a picture at a time
        expected.append(by_differences(_generator_price, wrt=(0,))(1.0, pictures[i : i + 1], w, b)[0][0])
    return bool(np.allclose(rule(*inputs), expected, atol=1e-5))


@right("caught", "is_right")
def _(rule):
    rng = np.random.default_rng(7)
    for n, d in ((1, 4), (5, 2), (3, 3)):
        for _ in range(3):
            inputs = rng.normal(size=(n, d)), rng.normal(size=(d, 1)), float(rng.normal())
            (expected,) = by_differences(_generator_price, wrt=(0,))(1.0, *inputs)
            got = rule(*inputs)
            if got.shape != (n, d) or np.abs(got - expected).max() > 1e-5:
                return False
    return True


@right("caught", "is_right")
def _(rule):
    rng = np.random.default_rng(0)
    pictures, w, b = rng.normal(size=(6, 4)), rng.normal(size=(4, 1)), -0.4
    got = np.array(rule(pictures.copy(), w.copy(), b))
    for i in range(6):
        for j in range(4):
            up, down = pictures.copy(), pictures.copy()
            up[i, j] += 1e-4
            down[i, j] -= 1e-4
            slope = (_generator_price(up, w, b) - _generator_price(down, w, b)) / 2e-4
            if abs(slope - got[i, j]) > 1e-6:
                return False
    return True


@wrong("caught", "lesson_for_pictures", "saturating")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    to_score = (1 - p) / len(pictures)
    return to_score @ w.T


@wrong("caught", "lesson_for_pictures", "factor")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return p @ w.T


@wrong("caught", "lesson_for_pictures", "label")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    to_score = (p - 1) / len(pictures)
    return to_score @ w.T


@wrong("caught", "lesson_for_pictures", "wrong point")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    to_score = p * (1 - p) / len(pictures)
    return to_score @ w.T


@wrong("caught", "lesson_for_pictures", "chain")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    to_p = 1 / (1 - p) / len(pictures)
    return to_p @ w.T


@wrong("caught", "lesson_for_pictures", "bias")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w)))
    return p / len(pictures) @ w.T


@wrong("caught", "lesson_for_pictures", "sum twice", "neighbours")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return np.full(pictures.shape, p.mean()) * w.T / len(pictures)


@wrong("caught", "lesson_for_pictures", "factor")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return p @ w.T / pictures.size


@right("caught", "lesson_for_pictures")
def _(pictures, w, b):
    gx = np.zeros(pictures.shape)
    for i, picture in enumerate(pictures):
        p = 1 / (1 + np.exp(-(picture @ w[:, 0] + b)))
        to_p = 1 / (1 - p)
        gx[i] = to_p * p * (1 - p) * w[:, 0] / len(pictures)
    return gx


@right("caught", "lesson_for_pictures")
def _(pictures, w, b):
    score = np.einsum("nd,do->n", pictures, w) + b
    return np.outer(0.5 + 0.5 * np.tanh(score / 2), w.ravel()) / len(score)
