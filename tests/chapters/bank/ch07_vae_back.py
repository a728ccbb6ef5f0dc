"""Readers' answers to the exercises of chapter 7: the lower bound, the small VAE."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


# elbo


@wrong("elbo", "elbo_loss", "factor")
def _(target, score, mean, log_var):
    pixels = np.logaddexp(0, score) - target * score
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    return pixels.mean() + kl.mean()


@wrong("elbo", "elbo_loss", "factor")
def _(target, score, mean, log_var):
    pixels = np.logaddexp(0, score) - target * score
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    return pixels.sum() + kl.sum()


@right("elbo", "elbo_loss")
def _(target, score, mean, log_var):
    pixels = np.log(1 + np.exp(score)) - target * score
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    return (pixels.sum() + kl.sum()) / len(target)


@right("elbo", "elbo_loss")
def _(target, score, mean, log_var):
    p = np.clip(1 / (1 + np.exp(-score)), 1e-7, 1 - 1e-7)  # so that there is no log 0: it is never reached
    pixels = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    kl = -0.5 * (1 + log_var - mean**2 - np.exp(log_var))
    return np.mean(pixels.sum(axis=1) + kl.sum(axis=1))


@wrong("elbo", "elbo_loss", "sign")
def _(target, score, mean, log_var):
    pixels = np.logaddexp(0, score) - target * score
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    return np.mean(pixels.sum(axis=1) - kl.sum(axis=1))


@wrong("elbo", "elbo_loss", "recipe")
def _(target, score, mean, log_var):
    pixels = np.logaddexp(0, score) - target * score
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    return np.mean(pixels.sum(axis=1)) + 0.392 * np.mean(kl.sum(axis=1))


@right("elbo", "elbo_loss")
def _(target, score, mean, log_var):
    pixels = np.maximum(score, 0) - target * score + np.log1p(np.exp(-np.abs(score)))
    kl = -0.5 * np.sum(1 + log_var - np.square(mean) - np.exp(log_var), axis=1)
    return np.mean(np.sum(pixels, axis=1) + kl)


@right("elbo", "elbo_loss")
def _(target, score, mean, log_var):
    total = 0.0
    for i in range(len(target)):
        for t, s in zip(target[i], score[i]):
            total += (s + np.log1p(np.exp(-s)) if s > 0 else np.log1p(np.exp(s))) - t * s
        for mu, l in zip(mean[i], log_var[i]):  # noqa: E741
            total += 0.5 * (mu**2 + np.exp(l) - 1 - l)
    return total / len(target)


@wrong("elbo", "elbo_gradient", "factor")
def _(target, score, mean, log_var):
    p = 1 / (1 + np.exp(-score))
    return p - target, mean, 0.5 * (np.exp(log_var) - 1)


@wrong("elbo", "elbo_gradient", "factor", "mean")
def _(target, score, mean, log_var):
    p = 1 / (1 + np.exp(-score))
    n = len(target)
    return (p - target) / target.size, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@wrong("elbo", "elbo_gradient", "share", "factor")
def _(target, score, mean, log_var):
    p = 1 / (1 + np.exp(-score))
    return (p - target) / len(target), mean, 0.5 * (np.exp(log_var) - 1)


@right("elbo", "elbo_gradient")
def _(target, score, mean, log_var):
    n = len(target)
    p = np.exp(score) / (1 + np.exp(score))
    return (p - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@wrong("elbo", "elbo_gradient", "wrong point")
def _(target, score, mean, log_var):
    n = len(target)
    p = 1 / (1 + np.exp(-score))
    to_p = p - target
    return to_p * p * (1 - p) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@wrong("elbo", "elbo_gradient", "factor", "sign")
def _(target, score, mean, log_var):
    n = len(target)
    p = 1 / (1 + np.exp(-score))
    return (target - p) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@right("elbo", "elbo_gradient")
def _(target, score, mean, log_var):
    n = len(target)
    p = 1 / (1 + np.exp(-score))
    to_p = -target / p + (1 - target) / (1 - p)
    return to_p * p * (1 - p) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@wrong("elbo", "elbo_gradient", "no sigmoid")
def _(target, score, mean, log_var):
    n = len(target)
    return (score - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@wrong("elbo", "elbo_gradient", "order")
def _(target, score, mean, log_var):
    n = len(target)
    p = 1 / (1 + np.exp(-score))
    return mean / n, 0.5 * (np.exp(log_var) - 1) / n, (p - target) / n


@right("elbo", "elbo_gradient")
def _(target, score, mean, log_var):
    e = np.exp(-np.abs(score))
    p = np.where(score >= 0, 1 / (1 + e), e / (1 + e))
    n = score.shape[0]
    return [each / n for each in (p - target, mean, np.expm1(log_var) / 2)]


@right("elbo", "elbo_gradient")
def _(target, score, mean, log_var):
    share = 1.0 / len(target)
    p = (np.tanh(score / 2) + 1) / 2
    return share * p - share * target, share * mean, 0.5 * share * np.exp(log_var) - 0.5 * share


@right("elbo", "elbo_gradient")
def _(target, score, mean, log_var):
    to_score = np.zeros(score.shape, order="F")
    for i in range(score.shape[0]):
        for j in range(score.shape[1]):
            to_score[i, j] = (np.exp(-np.logaddexp(0, -score[i, j])) - target[i, j]) / score.shape[0]
    return to_score, mean / len(mean), (np.exp(log_var) - 1) / (2 * len(mean))


# vae_step


@wrong("vae_step", "vae_gradient", "one way", "divergence")
def _(x, a, b, c, noise):
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / len(x)
    to_z = to_score @ c.T
    return x.T @ to_z, x.T @ (to_z * noise * 0.5 * sigma), z.T @ to_score


@wrong("vae_step", "vae_gradient", "factor", "share")
def _(x, a, b, c, noise):
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / len(x)
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * sigma + 0.5 * (sigma**2 - 1)
    return x.T @ (to_z + mean), x.T @ to_log_var, z.T @ to_score


@wrong("vae_step", "vae_gradient", "factor", "half")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * sigma + 0.5 * (sigma**2 - 1) / n
    return x.T @ (to_z + mean / n), x.T @ to_log_var, z.T @ to_score


@wrong("vae_step", "vae_gradient", "log_var")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    variance = np.exp(log_var)
    z = mean + np.exp(log_var / 2) * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * variance + 0.5 * (variance - 1) / n
    return x.T @ (to_z + mean / n), x.T @ to_log_var, z.T @ to_score


@wrong("vae_step", "vae_gradient", "log_var")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var)  # also in the forward pass
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * sigma + 0.5 * (sigma - 1) / n
    return x.T @ (to_z + mean / n), x.T @ to_log_var, z.T @ to_score


@wrong("vae_step", "vae_gradient", "wrong point", "middle")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * sigma + 0.5 * (sigma**2 - 1) / n
    return x.T @ (to_z + mean / n), x.T @ to_log_var, mean.T @ to_score


@wrong("vae_step", "vae_gradient", "order")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_c = z.T @ to_score
    to_z = to_score @ c.T
    to_b = x.T @ (to_z * noise * 0.5 * sigma + 0.5 * (sigma**2 - 1) / n)
    to_a = x.T @ (to_z + mean / n)
    return to_c, to_b, to_a


@wrong("vae_step", "vae_gradient", "transposed")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * sigma + 0.5 * (sigma**2 - 1) / n
    return (to_z + mean / n).T @ x, to_log_var.T @ x, to_score.T @ z


@wrong("vae_step", "vae_gradient", "sum missing")
def _(x, a, b, c, noise):
    n = len(x)
    for i in range(n):
        mean, log_var = x[i] @ a, x[i] @ b
        sigma = np.exp(log_var / 2)
        z = mean + sigma * noise[i]
        to_score = (_sigmoid(z @ c) - x[i]) / n
        to_z = c @ to_score
        to_a = np.outer(x[i], to_z + mean / n)
        to_b = np.outer(x[i], to_z * noise[i] * 0.5 * sigma + 0.5 * (sigma**2 - 1) / n)
        to_c = np.outer(z, to_score)
    return to_a, to_b, to_c


@wrong("vae_step", "vae_gradient", "chain")
def _(x, a, b, c, noise):
    n = len(x)
    mean, log_var = x @ a, x @ b
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    p = _sigmoid(z @ c)
    to_score = (p - x) * p * (1 - p) / n
    to_z = to_score @ c.T
    to_log_var = to_z * noise * 0.5 * sigma + 0.5 * (sigma**2 - 1) / n
    return x.T @ (to_z + mean / n), x.T @ to_log_var, z.T @ to_score


@right("vae_step", "vae_gradient")
def _(x, a, b, c, noise):
    n = x.shape[0]
    heads = x @ np.concatenate([a, b], axis=1)
    k = a.shape[1]
    mean, sigma = heads[:, :k], np.exp(heads[:, k:] / 2)
    z = mean + sigma * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    to_heads = np.concatenate([to_z + mean / n, sigma * (to_z * noise + (sigma - 1 / sigma) / n) / 2], axis=1)
    both = x.T @ to_heads
    return [both[:, :k], both[:, k:], z.T @ to_score]


@right("vae_step", "vae_gradient")
def _(x, a, b, c, noise):
    to_a, to_b, to_c = np.zeros(a.shape), np.zeros(b.shape), np.zeros(c.shape)
    for picture, eps in zip(x, noise):
        mean, sigma = picture @ a, np.exp(picture @ b / 2)
        z = mean + sigma * eps
        error = _sigmoid(z @ c) - picture
        to_z = c @ error
        to_a += np.outer(picture, to_z + mean)
        to_b += np.outer(picture, 0.5 * sigma * eps * to_z + 0.5 * (sigma**2 - 1))
        to_c += np.outer(z, error)
    return to_a / len(x), to_b / len(x), to_c / len(x)


@right("vae_step", "vae_gradient")
def _(x, a, b, c, noise):
    mean, log_var = np.einsum("nd,dk->nk", x, a), np.einsum("nd,dk->nk", x, b)
    half = 0.5 * np.exp(log_var / 2)
    z = mean + 2 * half * noise
    error = 0.5 * (1 + np.tanh(z @ c / 2)) - x
    to_a = np.einsum("nd,ne,ke->dk", x, error, c) + np.einsum("nd,nk->dk", x, mean)
    to_b = np.einsum("nd,ne,ke,nk->dk", x, error, c, half * noise) + x.T @ (2 * half**2 - 0.5)
    return to_a / len(x), to_b / len(x), np.einsum("nk,nd->kd", z, error) / len(x)
