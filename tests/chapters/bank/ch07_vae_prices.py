"""Readers' answers to the exercises of chapter 7: four numbers, the tug-of-war."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong
from tinydl.gradcheck import by_differences


def _price(mean, log_var, noise, pull):  # as the file has it
    z = mean + np.exp(log_var / 2) * noise
    return (pull * z + 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)).sum()


# prices


@wrong("prices", "moved", "factor", "half")
def _():
    return 1**2 + 2**2


@wrong("prices", "moved", "no square")
def _():
    return 0.5 * (1 - 2)


@wrong("prices", "moved", "factor")
def _():
    return np.mean([0.5 * 1, 0.5 * 4])


@wrong("prices", "moved", "constant missing")
def _():
    return 0.5 * (1 + 1) + 0.5 * (4 + 1)


@wrong("prices", "moved", "log_var")
def _():
    return 0.5 * (1 + np.e - 1 - 1) + 0.5 * (4 + np.e - 1 - 1)


@right("prices", "moved")
def _():
    return 0.5 * np.linalg.norm([1, -2]) ** 2


@right("prices", "moved")
def _():
    return sum(-np.log(1) - 0.5 + 0.5 * (mu**2 + 1) for mu in (1, -2))


@wrong("prices", "narrow", "log_var")
def _():
    sigma = np.exp(-4)
    return -np.log(sigma) - 0.5 + 0.5 * sigma**2


@wrong("prices", "narrow", "log_var", "variance")
def _():
    return 0.5 * (np.exp(-2) - 1 + 4)


@wrong("prices", "narrow", "factor")
def _():
    return np.exp(-4) - 1 + 4


@wrong("prices", "narrow", "sign")
def _():
    return -0.5 * (1 + 4 - np.exp(-4))


@right("prices", "narrow")
def _():
    sigma = np.exp(-2)
    return -np.log(sigma) - 0.5 + 0.5 * sigma**2


@right("prices", "narrow")
def _():
    return 1.51


@wrong("prices", "counted", "factor", "mean")
def _():
    return 8 * 8 * 3 * 5e-4  # 0.096


@wrong("prices", "counted", "channels", "pixels")
def _():
    return 64 * 5e-4 * 2 / 4


@wrong("prices", "counted", "other numbers")
def _():
    return 784 * 5e-4  # as in the lesson


@wrong("prices", "counted", "factor", "half")
def _():
    return 8 * 8 * 3 * 5e-4 / 4


@wrong("prices", "counted", "loss alone")
def _():
    return 5e-4


@wrong("prices", "counted", "sum")
def _():
    return 0.192


@wrong("prices", "counted", "pixels")
def _():
    return 64 * 5e-4


@wrong("prices", "narrow", "squared")
def _():
    return 0.5 * (np.exp(-8) - 1 + 4)


@right("prices", "counted")
def _():
    return np.float64(5e-4) * 192 / 2


@right("prices", "counted")
def _():
    return 0.392 * (192 / 784) * (2 / 4)


@wrong("prices", "resting", "one way")
def _():
    return np.sqrt(1 / (2 * 12))


@wrong("prices", "resting", "variance")
def _():
    return 1 / 25


@wrong("prices", "resting", "factor")
def _():
    return np.sqrt(1 / 13)  # 12 sigma + sigma = 1 / sigma


@wrong("prices", "resting", "variance")
def _():
    return np.log(0.04)


@wrong("prices", "resting", "one way")
def _():
    return 0.204


@right("prices", "resting")
def _():
    sigma = np.linspace(0.001, 1, 1000)
    return sigma[np.argmin(12 * sigma**2 - np.log(sigma) - 0.5 + 0.5 * sigma**2)]


@right("prices", "resting")
def _():
    l = -np.log(2 * 12 + 1)  # noqa: E741
    return np.exp(l / 2)


# tug


@wrong("tug", "is_right", "lets through")
def _(rule):
    inputs = np.ones((3, 2)), np.zeros((3, 2)), np.ones((3, 2)), np.ones((3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    return all(np.allclose(a, b, atol=1e-4) for a, b in zip(rule(*inputs), expected))


@wrong("tug", "is_right", "lets through")
def _(rule):
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    return bool(np.allclose(rule(*inputs)[0], expected[0], atol=1e-5))


@wrong("tug", "is_right", "lets through")
def _(rule):
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    got = rule(*inputs)
    return bool(abs(got[0].sum() - expected[0].sum()) < 1e-4 and abs(got[1].sum() - expected[1].sum()) < 1e-4)


@wrong("tug", "is_right", "lets through")
def _(rule):
    mean, log_var = np.random.default_rng(0).normal(size=(2, 3, 2))
    inputs = mean, log_var, np.zeros((3, 2)), np.ones((3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    return all(np.allclose(a, b, atol=1e-4) for a, b in zip(rule(*inputs), expected))


@wrong("tug", "is_right", "lets through")
def _(rule):
    inputs = np.random.default_rng(3).normal(size=(4, 2, 3))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    got = rule(*inputs)
    return bool(max((a - b).max() for a, b in zip(got, expected)) < 1e-4)


@wrong("tug", "is_right", "refuses right")
def _(rule):
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    got = rule(*inputs)
    return bool((got[0] == expected[0]).all() and (got[1] == expected[1]).all())


@wrong("tug", "is_right", "refuses right")
def _(rule):
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))
    expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
    got = rule(*inputs)
    return bool(np.abs(got[0] - expected[0]).max() < 1e-15 and np.abs(got[1] - expected[1]).max() < 1e-15)


@right("tug", "is_right")
def _(rule):
    rng = np.random.default_rng(1)
    for n, k in ((1, 1), (3, 2), (2, 5)):
        inputs = rng.normal(size=(4, n, k))
        expected = by_differences(_price, wrt=(0, 1))(1.0, *inputs)
        for a, b in zip(rule(*inputs), expected):
            if np.shape(a) != b.shape or not np.allclose(a, b, rtol=1e-4, atol=1e-5):
                return False
    return True


@right("tug", "is_right")
def _(rule):  # differences of my own
    mean, log_var, noise, pull = np.random.default_rng(5).normal(size=(4, 4, 3))
    to_mean, to_log_var = rule(mean.copy(), log_var.copy(), noise.copy(), pull.copy())
    for i in range(4):
        for j in range(3):
            step = np.zeros((4, 3))
            step[i, j] = 1e-4
            up, down = (_price(mean + s, log_var, noise, pull) for s in (step, -step))
            if abs((up - down) / 2e-4 - to_mean[i, j]) > 1e-5:
                return False
            up, down = (_price(mean, log_var + s, noise, pull) for s in (step, -step))
            if abs((up - down) / 2e-4 - to_log_var[i, j]) > 1e-5:
                return False
    return True


@wrong("tug", "slopes", "log_var")
def _(mean, log_var, noise, pull):
    variance = np.exp(log_var)
    return pull + mean, 0.5 * pull * noise * variance + 0.5 * (variance - 1)


@wrong("tug", "slopes", "log_var", "variance")
def _(mean, log_var, noise, pull):
    sigma = np.exp(log_var / 2)
    return pull + mean, 0.5 * pull * noise * sigma + 0.5 * (sigma - 1)


@wrong("tug", "slopes", "factor", "half")
def _(mean, log_var, noise, pull):
    sigma = np.exp(log_var / 2)
    return pull + mean, pull * noise * sigma + 0.5 * (sigma**2 - 1)


@wrong("tug", "slopes", "one way", "spring")
def _(mean, log_var, noise, pull):
    return pull, 0.5 * pull * noise * np.exp(log_var / 2)


@wrong("tug", "slopes", "one way")
def _(mean, log_var, noise, pull):
    sigma = np.exp(0.5 * log_var)
    return pull + mean, 0.5 * pull * noise * sigma + 0.5 * sigma**2


@wrong("tug", "slopes", "noise")
def _(mean, log_var, noise, pull):
    sigma = np.exp(0.5 * log_var)
    return pull + mean, 0.5 * pull * sigma + 0.5 * (sigma**2 - 1)


@wrong("tug", "slopes", "overwritten")
def _(mean, log_var, noise, pull):
    sigma = np.exp(log_var / 2)
    mean += pull
    return mean, 0.5 * pull * noise * sigma + 0.5 * (sigma**2 - 1)


@right("tug", "slopes")
def _(mean, log_var, noise, pull):
    sigma = np.exp(log_var / 2)
    to_sigma = pull * noise + sigma - 1 / sigma
    return [mean + pull, 0.5 * sigma * to_sigma]


@right("tug", "slopes")
def _(mean, log_var, noise, pull):
    sigma = np.sqrt(np.exp(log_var))
    return np.add(pull, mean).T.copy().T, ((pull * noise + sigma) * sigma - 1) / 2
