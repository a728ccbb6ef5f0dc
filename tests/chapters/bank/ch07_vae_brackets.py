"""Readers' answers to the exercises of chapter 7: brackets that were lost, and other slips."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import wrong
from tinydl.gradcheck import by_differences


def _sigmoid(score):
    return 1 / (1 + np.exp(-score))


@wrong("draw", "draw_gradient", "chain")
def _(gy, log_std, noise):
    sigma = np.exp(log_std)
    return gy, gy * noise / sigma


@wrong("draw", "draw_gradient", "sum twice")
def _(gy, log_std, noise):
    return gy.sum(axis=0), gy * noise * np.exp(log_std)


@wrong("draw", "draw_gradient", "sum twice")
def _(gy, log_std, noise):
    return gy.copy(), np.sum(gy * noise * np.exp(log_std), axis=0)


@wrong("divergence", "divergence", "brackets")
def _(mean, log_var):
    kl = -log_var / 2 - 0.5 + 0.5 * mean**2 + np.exp(log_var)
    return kl.sum(axis=1)


@wrong("divergence", "divergence", "brackets")
def _(mean, log_var):
    return (0.5 * (mean**2 + np.exp(log_var)) - 1 - log_var / 2).sum(axis=1)


@wrong("divergence", "divergence_gradient", "brackets")
def _(gy, mean, log_std):
    gy = gy[:, None]
    return gy * mean, gy * np.exp(2 * log_std) - 1


@wrong("divergence", "divergence_gradient", "brackets")
def _(gy, mean, log_std):
    return mean * gy[:, None], np.exp(2 * log_std - 1) * gy[:, None]


@wrong("prices", "moved", "squares")
def _():
    return 0.5 * (1 - 2) ** 2


@wrong("elbo", "elbo_gradient", "brackets")
def _(target, score, mean, log_var):
    n = len(target)
    return _sigmoid(score) - target / n, mean / n, (np.exp(log_var) - 1) / 2 / n


@wrong("elbo", "elbo_gradient", "brackets")
def _(target, score, mean, log_var):
    n = len(target)
    return (_sigmoid(score) - target) / n, mean / n, (np.exp(log_var) / 2 - 1) / n


def _tug(mean, log_var, noise, pull):
    z = mean + np.exp(log_var / 2) * noise
    return (pull * z + 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)).sum()


@wrong("tug", "is_right", "lets through")
def _(rule):
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))
    want = by_differences(_tug, wrt=(0, 1))(1.0, *inputs)
    return all(np.allclose(np.abs(a), np.abs(b), atol=1e-4) for a, b in zip(rule(*inputs), want))


@wrong("tug", "slopes", "middle")
def _(mean, log_var, noise, pull):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return pull + mean, 0.5 * pull * z + 0.5 * (std**2 - 1)


@wrong("tug", "slopes", "squares")
def _(mean, log_var, noise, pull):
    variance = np.exp(log_var)
    return pull + 2 * mean, 0.5 * pull * noise * np.sqrt(variance) + 0.5 * (variance - 1)


@wrong("tug", "slopes", "brackets")
def _(mean, log_var, noise, pull):
    std = np.exp(log_var / 2)
    return pull + mean, (pull * noise * std + std**2) / 2 - 1


def _forward(x, a, b, c, noise):
    mean, std = x @ a, np.exp(x @ b / 2)
    z = mean + std * noise
    return mean, std, z, (_sigmoid(z @ c) - x) / len(x)


@wrong("vae_step", "vae_gradient", "springs")
def _(x, a, b, c, noise):
    mean, std, z, s = _forward(x, a, b, c, noise)
    g = s @ c.T
    g = g + mean / len(x)
    return x.T @ g, x.T @ (g * noise * 0.5 * std + 0.5 * (std**2 - 1) / len(x)), z.T @ s


@wrong("vae_step", "vae_gradient", "brackets")
def _(x, a, b, c, noise):
    mean, std, z, s = _forward(x, a, b, c, noise)
    g = s @ c.T
    return x.T @ (g + mean / len(x)), x.T @ (g * noise * std / 2 + (0.5 * std**2 - 1) / len(x)), z.T @ s


@wrong("vae_step", "vae_gradient", "middle")
def _(x, a, b, c, noise):
    mean, std, z, _ = _forward(x, a, b, c, noise)
    s = (_sigmoid(mean @ c) - x) / len(x)
    g = s @ c.T
    return x.T @ (g + mean / len(x)), x.T @ (g * noise * std / 2 + 0.5 * (std**2 - 1) / len(x)), z.T @ s
