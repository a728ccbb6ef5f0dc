"""Readers' answers to the exercises of chapter 8: brackets that were lost, and other slips."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong
from tinydl.gradcheck import by_differences


def _sigmoid(score):
    return 1 / (1 + np.exp(-score))


@wrong("leaks", "leaky_gradient", "wrong place")
def _(gy, x, slope):
    return np.where(x > slope, gy, slope * gy)


@wrong("leaks", "leaky_gradient", "sign")
def _(gy, x, slope):
    return gy * (slope + (1 - slope) * np.sign(x))


@wrong("leaks", "dropout_gradient", "brackets")
def _(gy, kept, rate):
    return gy * kept / 1 - rate


@wrong("leaks", "dropout_gradient", "shape")
def _(gy, kept, rate):
    return gy[kept == 1] / (1 - rate)


@wrong("rivals", "discriminator_gradient", "noise order")
def _(generated, real, noise):
    m = len(noise)
    return (_sigmoid(generated) - 1 - noise[0::2]) / m, (_sigmoid(real) - noise[1::2]) / m


@wrong("rivals", "discriminator_gradient", "factor")
def _(generated, real, noise):
    n = len(noise)
    labels = np.concatenate([np.ones_like(generated), np.zeros_like(real)]) + noise
    g = (_sigmoid(np.concatenate([generated, real])) - labels) / (2 * n)
    return g[: n // 2], g[n // 2 :]


@wrong("rivals", "discriminator_gradient", "brackets")
def _(generated, real, noise):
    n = len(real)
    return (_sigmoid(generated) - (1 + noise[:n])) / 2 * n, (_sigmoid(real) - noise[n:]) / 2 * n


@wrong("rivals", "generator_gradient", "brackets")
def _(generated):
    return _sigmoid(generated / len(generated))


def _price(pictures, w, b):
    return np.logaddexp(0, pictures @ w + b).mean()


@wrong("caught", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    want = by_differences(_price, wrt=(0,))(1.0, *inputs)[0]
    return bool(np.allclose(np.abs(rule(*inputs)), np.abs(want), atol=1e-4))


@wrong("caught", "lesson_for_pictures", "chain")
def _(pictures, w, b):
    p = _sigmoid(pictures @ w + b)
    to_score = p / (1 - p) / len(pictures)
    return to_score @ w.T


@wrong("caught", "lesson_for_pictures", "brackets")
def _(pictures, w, b):
    p = 1 / (1 + np.exp(-pictures @ w + b))
    return p @ w.T / len(pictures)


@wrong("gan_step", "discriminator_slope", "one kind")
def _(generator, discriminator, points, real, labels):
    n = len(points)
    slope = np.zeros(discriminator.shape)
    for pictures, label in ((points @ generator, labels[:n]), (real, labels[n:])):
        slope = pictures.T @ (_sigmoid(pictures @ discriminator) - label) / (2 * n)
    return slope


@wrong("gan_step", "discriminator_slope", "brackets")
def _(generator, discriminator, points, real, labels):
    pictures = np.vstack([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels / len(labels))


@wrong("gan_step", "generator_slope", "means")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.mean(axis=0)[:, None] * p.mean() @ discriminator.T


@right("gan_step", "generator_slope")
def _(generator, discriminator, points):
    p = _sigmoid(np.einsum("nk,kd,dj->nj", points, generator, discriminator))
    return np.outer((points * p).mean(axis=0), discriminator)
