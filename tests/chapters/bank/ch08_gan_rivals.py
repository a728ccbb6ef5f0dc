"""Readers' answers to the exercises of chapter 8: the rivals."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def _sigmoid(s):
    e = np.exp(-np.abs(s))
    return np.where(s >= 0, 1 / (1 + e), e / (1 + e))


# rivals


@wrong("rivals", "discriminator_loss", "factor")
def _(generated, real, noise):
    n = len(generated)
    fake = np.logaddexp(0, generated) - (1 + noise[:n]) * generated
    true = np.logaddexp(0, real) - noise[n:] * real
    return fake.mean() + true.mean()


@wrong("rivals", "discriminator_loss", "labels")
def _(generated, real, noise):
    score = np.concatenate([generated, real])
    labels = np.concatenate([np.zeros_like(generated), np.ones_like(real)]) + noise
    return (np.logaddexp(0, score) - labels * score).mean()


@wrong("rivals", "discriminator_loss", "broadcast")
def _(generated, real, noise):
    n = len(generated)
    score = np.concatenate([generated, real])
    labels = np.concatenate([np.ones(n), np.zeros(n)]) + noise
    return np.mean(np.logaddexp(0, score) - labels * score)


@right("rivals", "discriminator_loss")
def _(generated, real, noise):
    score = np.concatenate([generated, real])
    labels = np.concatenate([np.ones_like(generated), np.zeros_like(real)]) + noise
    p = 1 / (1 + np.exp(-score))
    return np.mean(-labels * np.log(p) - (1 - labels) * np.log(1 - p))


@wrong("rivals", "discriminator_loss", "noise halves")
def _(generated, real, noise):
    n = len(generated)
    fake = np.logaddexp(0, generated) - (1 + noise[:n]) * generated
    true = np.logaddexp(0, real) - noise[:n] * real
    return (fake.mean() + true.mean()) / 2


@wrong("rivals", "discriminator_loss", "no noise")
def _(generated, real, noise):
    return (np.logaddexp(0, -generated).sum() + np.logaddexp(0, real).sum()) / (2 * len(real))


@right("rivals", "discriminator_loss")
def _(generated, real, noise):
    n = len(real)
    price = 0.0
    for i in range(n):
        s, t = generated[i, 0], real[i, 0]
        price += max(s, 0) + np.log1p(np.exp(-abs(s))) - (1 + noise[i, 0]) * s
        price += max(t, 0) + np.log1p(np.exp(-abs(t))) - noise[n + i, 0] * t
    return price / (2 * n)


@right("rivals", "discriminator_loss")
def _(generated, real, noise):
    n = generated.shape[0]
    y_fake, y_real = 1 + noise[:n], noise[n:]
    fake = y_fake * np.logaddexp(0, -generated) + (1 - y_fake) * np.logaddexp(0, generated)
    true = y_real * np.logaddexp(0, -real) + (1 - y_real) * np.logaddexp(0, real)
    return 0.5 * (fake.mean() + true.mean())


@wrong("rivals", "discriminator_gradient", "factor", "two means")
def _(generated, real, noise):
    n = len(generated)
    return (_sigmoid(generated) - 1 - noise[:n]) / n, (_sigmoid(real) - noise[n:]) / n


@wrong("rivals", "discriminator_gradient", "factor")
def _(generated, real, noise):
    n = len(generated)
    return _sigmoid(generated) - 1 - noise[:n], _sigmoid(real) - noise[n:]


@wrong("rivals", "discriminator_gradient", "no noise")
def _(generated, real, noise):
    n = len(generated)
    return (_sigmoid(generated) - 1) / (2 * n), _sigmoid(real) / (2 * n)


@wrong("rivals", "discriminator_gradient", "labels")
def _(generated, real, noise):
    n = len(generated)
    return (_sigmoid(generated) - noise[:n]) / (2 * n), (_sigmoid(real) - 1 - noise[n:]) / (2 * n)


@wrong("rivals", "discriminator_gradient", "wrong point")
def _(generated, real, noise):
    n = len(generated)
    p, q = _sigmoid(generated), _sigmoid(real)
    return (p - 1 - noise[:n]) * p * (1 - p) / (2 * n), (q - noise[n:]) * q * (1 - q) / (2 * n)


@wrong("rivals", "discriminator_gradient", "broadcast")
def _(generated, real, noise):
    n = len(generated)
    p = _sigmoid(np.concatenate([generated, real]))
    labels = np.concatenate([np.ones(n), np.zeros(n)]) + noise  # (2n,)
    g = ((p - labels) / (2 * n)).sum(axis=1, keepdims=True)
    return g[:n], g[n:]


@wrong("rivals", "discriminator_gradient", "noise halves")
def _(generated, real, noise):
    n = len(generated)
    return (_sigmoid(generated) - 1 - noise[:n]) / (2 * n), (_sigmoid(real) - noise[:n]) / (2 * n)


@wrong("rivals", "discriminator_gradient", "order")
def _(generated, real, noise):
    score = np.concatenate([real, generated])
    labels = np.concatenate([np.zeros_like(real), np.ones_like(generated)])
    n = len(real)
    labels[n:] += noise[:n]
    labels[:n] += noise[n:]
    g = (_sigmoid(score) - labels) / (2 * n)
    return g[:n], g[n:]


@right("rivals", "discriminator_gradient")
def _(generated, real, noise):
    n = len(generated)
    score = np.concatenate([generated, real])
    labels = np.concatenate([np.ones_like(generated), np.zeros_like(real)]) + noise
    p = np.exp(score) / (1 + np.exp(score))
    g = (p - labels) / (2 * n)
    return g[:n], g[n:]


@right("rivals", "discriminator_gradient")
def _(generated, real, noise):
    score = np.vstack([generated, real])
    labels = np.vstack([np.ones(generated.shape), np.zeros(real.shape)]) + noise
    p = np.exp(-np.logaddexp(0, -score))
    fake, true = np.split((p - labels) / score.size, 2)
    return [fake, true]


@right("rivals", "discriminator_gradient")
def _(generated, real, noise):
    half, n = 0.5 / len(real), len(real)
    fake = -half * _sigmoid(-generated) - half * noise[:n]  # p - 1 is -(1 - p)
    return fake, half * (0.5 + 0.5 * np.tanh(real / 2)) - half * noise[n:]


@wrong("rivals", "generator_loss", "label")
def _(generated):
    return np.logaddexp(0, -generated).mean()


@wrong("rivals", "generator_loss", "saturating")
def _(generated):
    return -np.logaddexp(0, -generated).mean()  # log p, which it wants small


@wrong("rivals", "generator_loss", "factor")
def _(generated):
    return np.logaddexp(0, generated).sum()


@right("rivals", "generator_loss")
def _(generated):
    p = 1 / (1 + np.exp(-generated))
    return -np.mean(np.log(1 - p))


@right("rivals", "generator_loss")
def _(generated):
    return float(np.mean(np.maximum(generated, 0) + np.log1p(np.exp(-np.abs(generated)))))


@right("rivals", "generator_loss")
def _(generated):
    total = 0
    for (s,) in generated:
        total = total + (s + np.log1p(np.exp(-s)) if s > 0 else np.log1p(np.exp(s)))
    return total / generated.shape[0]


@wrong("rivals", "generator_gradient", "factor")
def _(generated):
    return _sigmoid(generated)


@wrong("rivals", "generator_gradient", "label")
def _(generated):
    return (_sigmoid(generated) - 1) / len(generated)


@wrong("rivals", "generator_gradient", "saturating")
def _(generated):
    return (1 - _sigmoid(generated)) / len(generated)


@wrong("rivals", "generator_gradient", "wrong point")
def _(generated):
    p = _sigmoid(generated)
    return p * (1 - p) / len(generated)


@wrong("rivals", "generator_gradient", "chain")
def _(generated):
    p = np.clip(_sigmoid(generated), 0, 1 - 1e-12)
    return 1 / (1 - p) / len(generated)


@wrong("rivals", "generator_gradient", "factor", "sign")
def _(generated):
    return -_sigmoid(generated) / len(generated)


@wrong("rivals", "generator_gradient", "sum twice", "neighbours")
def _(generated):
    return _sigmoid(generated).mean(axis=0)


@right("rivals", "generator_gradient")
def _(generated):
    e = np.exp(generated)
    return e / (1 + e) / len(generated)


@right("rivals", "generator_gradient")
def _(generated):
    return np.exp(-np.logaddexp(0, -generated)) / generated.size


@right("rivals", "generator_gradient")
def _(generated):
    n = len(generated)
    return np.array([[1 / n / (1 + np.exp(min(-s, 700.0)))] for s in generated[:, 0]])
