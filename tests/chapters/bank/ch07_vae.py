"""Readers' answers to the exercises of chapter 7: the draw, the divergence."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch07_vae_back, ch07_vae_brackets, ch07_vae_prices  # noqa: F401
from tests.chapters.bank.entries import right, wrong

# draw


@wrong("draw", "draw", "log_var")
def _(mean, log_var, noise):
    return mean + np.exp(log_var) * noise


@wrong("draw", "draw", "no exp")
def _(mean, log_var, noise):
    sigma = log_var / 2
    return mean + sigma * noise


@wrong("draw", "draw", "random")
def _(mean, log_var, noise):
    epsilon = np.random.normal(size=mean.shape)
    return mean + np.exp(0.5 * log_var) * epsilon


@wrong("draw", "draw", "overwritten")
def _(mean, log_var, noise):
    mean += np.exp(0.5 * log_var) * noise
    return mean


@wrong("draw", "draw", "root")
def _(mean, log_var, noise):
    return mean + noise * np.sqrt(log_var)  # the root of the variance


@wrong("draw", "draw", "root")
def _(mean, log_var, noise):
    return mean + noise * np.abs(log_var) ** 0.5  # so that it is a number


@wrong("draw", "draw", "parentheses")
def _(mean, log_var, noise):
    return (mean + np.exp(log_var / 2)) * noise


@right("draw", "draw")
def _(mean, log_var, noise):
    variance = np.exp(log_var)
    return noise * np.sqrt(variance) + mean


@right("draw", "draw")
def _(mean, log_var, noise):
    n, k = mean.shape
    z = np.empty((n, k))
    for i in range(n):
        for j in range(k):
            z[i, j] = mean[i, j] + np.e ** (log_var[i, j] / 2) * noise[i, j]
    return z


@right("draw", "draw")
def _(mean, log_var, noise):
    z = np.asfortranarray(np.exp(log_var * 0.5))
    z *= noise
    z += mean
    return z


@wrong("draw", "draw_gradient", "log_var")
def _(gy, log_std, noise):
    return gy, gy * noise * 0.5 * np.exp(log_std / 2)  # as the lesson has it


@wrong("draw", "draw_gradient", "factor", "half")
def _(gy, log_std, noise):
    sigma = np.exp(log_std)
    return gy, gy * noise * 0.5 * sigma


@wrong("draw", "draw_gradient", "width")
def _(gy, log_std, noise):
    return gy, gy * noise * np.exp(log_std / 2)


@wrong("draw", "draw_gradient", "upstream")
def _(gy, log_std, noise):
    return np.ones_like(gy), np.exp(log_std) * noise


@wrong("draw", "draw_gradient", "upstream")
def _(gy, log_std, noise):
    sigma = np.exp(log_std)
    return gy, sigma * noise


@wrong("draw", "draw_gradient", "one", "shape")
def _(gy, log_std, noise):
    return 1, gy * np.exp(log_std) * noise  # dz / dmean is 1


@wrong("draw", "draw_gradient", "wrong variable")
def _(gy, log_std, noise):
    return gy, gy * noise  # z = mu + sigma * eps, so it is eps


@wrong("draw", "draw_gradient", "noise")
def _(gy, log_std, noise):
    return gy, gy * np.exp(log_std)  # the noise is a constant


@wrong("draw", "draw_gradient", "order")
def _(gy, log_std, noise):
    to_log_std = gy * np.exp(log_std) * noise
    to_mean = gy
    return to_log_std, to_mean


@wrong("draw", "draw_gradient", "sum twice", "neighbours")
def _(gy, log_std, noise):
    to_log_std = gy * np.exp(log_std) * noise
    return gy.sum(axis=0), to_log_std.sum(axis=0)


@wrong("draw", "draw_gradient", "overwritten")
def _(gy, log_std, noise):
    to_mean = gy.copy()
    gy *= noise
    gy *= np.exp(log_std)
    return to_mean, gy


@wrong("draw", "draw_gradient", "dtype")
def _(gy, log_std, noise):
    to_log_std = np.zeros(gy.shape, dtype=int)
    for i in range(len(gy)):
        to_log_std[i] = gy[i] * noise[i] * np.exp(log_std[i])
    return gy, to_log_std


@right("draw", "draw_gradient")
def _(gy, log_std, noise):
    log_var = 2 * log_std
    to_log_var = gy * noise * np.exp(log_var / 2) / 2  # the lesson's
    return [gy.copy(), to_log_var * 2]


@right("draw", "draw_gradient")
def _(gy, log_std, noise):
    size = gy.size
    jacobian = np.diag((noise * np.exp(log_std)).ravel())  # of z for log_std
    to_log_std = gy.reshape(1, size) @ jacobian
    return (gy.reshape(1, size) @ np.eye(size)).reshape(gy.shape), to_log_std.reshape(gy.shape)


@right("draw", "draw_gradient")
def _(gy, log_std, noise):
    to_log_std = np.zeros(gy.shape)
    for i in range(gy.shape[0]):
        for j in range(gy.shape[1]):
            to_log_std[i, j] += gy[i, j] * noise[i, j] * np.e ** log_std[i, j]
    return gy + 0.0, to_log_std


# divergence


@wrong("divergence", "divergence", "sum missing")
def _(mean, log_var):
    return -0.5 * (1 + log_var - mean**2 - np.exp(log_var))


@wrong("divergence", "divergence", "sum twice")
def _(mean, log_var):
    return -0.5 * np.sum(1 + log_var - np.square(mean) - np.exp(log_var))


@wrong("divergence", "divergence", "factor", "mean")
def _(mean, log_var):
    kl = -0.5 * (1 + log_var - mean**2 - np.exp(log_var))
    return kl.mean(axis=1)


@wrong("divergence", "divergence", "shape", "neighbours")
def _(mean, log_var):
    kl = -0.5 * (1 + log_var - mean**2 - np.exp(log_var))
    return kl.sum(axis=0)


@wrong("divergence", "divergence", "log_var")
def _(mean, log_var):
    sigma = np.exp(log_var)
    return (-np.log(sigma) - 0.5 + 0.5 * (mean**2 + sigma**2)).sum(axis=1)


@wrong("divergence", "divergence", "log_var", "log")
def _(mean, log_var):
    return (-log_var - 0.5 + 0.5 * (mean**2 + np.exp(log_var))).sum(axis=1)


@wrong("divergence", "divergence", "sum missing")
def _(mean, log_var):
    sigma = np.exp(log_var / 2)
    return -np.log(sigma).sum(axis=1) - 0.5 + 0.5 * (mean**2 + sigma**2).sum(axis=1)


@wrong("divergence", "divergence", "log")
def _(mean, log_var):
    return (0.5 * (mean**2 + np.exp(log_var)) - np.log(log_var) - 0.5).sum(axis=1)


@wrong("divergence", "divergence", "no exp")
def _(mean, log_var):
    sigma = log_var
    return (-np.log(sigma) - 0.5 + 0.5 * (mean**2 + sigma**2)).sum(axis=1)


@right("divergence", "divergence")
def _(mean, log_var):
    price = np.zeros(len(mean))
    for i, (mus, ls) in enumerate(zip(mean, log_var)):
        for mu, l in zip(mus, ls):  # noqa: E741
            sigma = np.sqrt(np.exp(l))
            price[i] += -np.log(sigma) - 0.5 + 0.5 * (mu * mu + sigma * sigma)
    return price


@right("divergence", "divergence")
def _(mean, log_var):
    squares = np.einsum("nk,nk->n", mean, mean)
    return 0.5 * (squares + np.exp(log_var).sum(1) - log_var.sum(1) - mean.shape[1])


@right("divergence", "divergence")
def _(mean, log_var):
    return (mean**2 / 2 + np.expm1(log_var) / 2 - log_var / 2) @ np.ones(mean.shape[1])


@wrong("divergence", "divergence_gradient", "upstream")
def _(gy, mean, log_std):
    return mean, np.exp(2 * log_std) - 1


@wrong("divergence", "divergence_gradient", "broadcast")
def _(gy, mean, log_std):
    return gy * mean, gy * (np.exp(2 * log_std) - 1)


@wrong("divergence", "divergence_gradient", "broadcast")
def _(gy, mean, log_std):
    n, k = mean.shape
    gy = np.tile(gy, k).reshape(n, k)
    return gy * mean, gy * (np.exp(2 * log_std) - 1)


@wrong("divergence", "divergence_gradient", "upstream")
def _(gy, mean, log_std):
    return gy.sum() * mean, gy.sum() * (np.exp(2 * log_std) - 1)


@wrong("divergence", "divergence_gradient", "one way", "constant")
def _(gy, mean, log_std):
    gy = gy[:, None]
    return gy * mean, gy * np.exp(2 * log_std)


@wrong("divergence", "divergence_gradient", "log_var")
def _(gy, mean, log_std):
    gy = gy[:, None]
    return gy * mean, gy * 0.5 * (np.exp(log_std) - 1)


@wrong("divergence", "divergence_gradient", "factor", "half")
def _(gy, mean, log_std):
    gy, log_var = gy[:, None], 2 * log_std
    return gy * mean, gy * 0.5 * (np.exp(log_var) - 1)


@wrong("divergence", "divergence_gradient", "wrong variable")
def _(gy, mean, log_std):
    sigma = np.exp(log_std)
    g = gy.reshape(-1, 1)
    return g * mean, g * (sigma - 1 / sigma)


@wrong("divergence", "divergence_gradient", "variance")
def _(gy, mean, log_std):
    g = gy.reshape(-1, 1)
    return g * mean, g * (np.exp(log_std) - 1)


@wrong("divergence", "divergence_gradient", "factor")
def _(gy, mean, log_std):
    gy = gy[:, np.newaxis] / len(gy)  # mean over the pictures
    return gy * mean, gy * (np.exp(2 * log_std) - 1)


@wrong("divergence", "divergence_gradient", "factor", "sign")
def _(gy, mean, log_std):
    gy = gy[:, np.newaxis]
    return gy * mean, gy * (1 - np.exp(2 * log_std))


@right("divergence", "divergence_gradient")
def _(gy, mean, log_std):
    return np.diag(gy) @ mean, np.diag(gy) @ np.exp(log_std) ** 2 - np.diag(gy) @ np.ones(mean.shape)


@right("divergence", "divergence_gradient")
def _(gy, mean, log_std):
    sigma = np.exp(log_std)
    to_sigma = gy * (sigma - 1 / sigma).T  # (k, n)
    return (gy * mean.T).T, (to_sigma * sigma.T).T


@right("divergence", "divergence_gradient")
def _(gy, mean, log_std):
    to_mean, to_log_std = [], []
    for g, mu, s in zip(gy, mean, log_std):
        to_mean.append(g * mu)
        to_log_std.append(g * np.expm1(2 * s))
    return np.array(to_mean), np.array(to_log_std)
