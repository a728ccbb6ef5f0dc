"""Readers' answers to the exercises of chapter 4: batch_norm."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


@wrong("batch_norm", "batch_norm", "factor", "n minus 1")
def _(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + epsilon) + beta


@wrong("batch_norm", "batch_norm", "epsilon")
def _(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + epsilon) + beta


@wrong("batch_norm", "batch_norm", "axes", "neighbours")
def _(x, gamma, beta, epsilon):
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + epsilon) + beta


@wrong("batch_norm", "batch_norm", "sum twice", "all together")
def _(x, gamma, beta, epsilon):
    x_hat = (x - np.mean(x)) / np.sqrt(np.var(x) + epsilon)
    return gamma * x_hat + beta


@wrong("batch_norm", "batch_norm", "no root")
def _(x, gamma, beta, epsilon):
    return (x - x.mean(0)) / (x.var(0) + epsilon) * gamma + beta


@wrong("batch_norm", "batch_norm", "overwritten")
def _(x, gamma, beta, epsilon):
    x -= x.mean(axis=0)
    x /= np.sqrt((x**2).mean(axis=0) + epsilon)
    return gamma * x + beta


@right("batch_norm", "batch_norm")
def _(x, gamma, beta, epsilon):
    n, d = x.shape
    y = np.empty((d, n)).T
    for j in range(d):
        column = [float(v) for v in x[:, j]]
        mean = sum(column) / n
        var = sum((v - mean) ** 2 for v in column) / n
        y[:, j] = [gamma[j] * (v - mean) * (var + epsilon) ** -0.5 + beta[j] for v in column]
    return y


@right("batch_norm", "batch_norm")
def _(x, gamma, beta, epsilon):  # y = slope · x + offset
    center = np.eye(len(x)) - 1 / len(x)
    moved = center @ x
    slope = gamma / np.sqrt(np.einsum("nj,nj->j", moved, moved) / len(x) + epsilon)
    return moved * slope + beta


@wrong("batch_norm", "batch_norm_gradient", "constants")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    return gy * gamma / std, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "constants", "one way", "constant variance")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (g - g.mean(axis=0)) / std
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "constants", "one way", "constant mean")
def _(gy, x, gamma, epsilon):
    n = len(x)
    mean, var = x.mean(axis=0), x.var(axis=0)
    x_hat = (x - mean) / np.sqrt(var + epsilon)
    dx_hat = gy * gamma
    dvar = (dx_hat * (x - mean)).sum(axis=0) * -0.5 * (var + epsilon) ** -1.5
    dx = dx_hat / np.sqrt(var + epsilon) + dvar * 2 * (x - mean) / n
    return dx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor", "gamma")
def _(gy, x, gamma, epsilon):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    gx = (n * gy - gy.sum(axis=0) - x_hat * (gy * x_hat).sum(axis=0)) / (n * std)
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "wrong point")
def _(gy, x, gamma, epsilon):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (n * g - g.sum(axis=0) - x_hat * (g * x_hat).sum(axis=0)) / (n * std)
    return gx, (gy * x).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std
    return gx, (gy * x_hat).mean(axis=0), gy.mean(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor", "double variance")
def _(gy, x, gamma, epsilon):
    n = len(x)
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + epsilon)
    x_hat = (x - mean) / std
    dx_hat = gy * gamma
    dvar = -((dx_hat * (x - mean)).sum(axis=0)) * (var + epsilon) ** -1.5  # the half of the root is not there
    dmean = -dx_hat.sum(axis=0) / std
    dx = dx_hat / std + dvar * 2 * (x - mean) / n + dmean / n
    return dx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor", "sums for means")
def _(gy, x, gamma, epsilon):
    n = len(x)
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + epsilon)
    dx_hat = gy * gamma
    dvar = (dx_hat * (x - mean)).sum(axis=0) * -0.5 * (var + epsilon) ** -1.5
    dmean = -dx_hat.sum(axis=0) / std
    dx = dx_hat / std + dvar * 2 * (x - mean) / n + dmean
    return dx, (gy * (x - mean) / std).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "epsilon")
def _(gy, x, gamma, epsilon):
    n = len(x)
    std = x.std(axis=0)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (n * g - g.sum(axis=0) - x_hat * (g * x_hat).sum(axis=0)) / (n * std)
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "broadcast", "sum missing")
def _(gy, x, gamma, epsilon):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (n * g - g.sum(axis=0) - x_hat * (g * x_hat).sum(axis=0)) / (n * std)
    return gx, gy * x_hat, gy


@wrong("batch_norm", "batch_norm_gradient", "factor", "sign")
def _(gy, x, gamma, epsilon):
    n = len(x)
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + epsilon)
    dx_hat = gy * gamma
    dvar = (dx_hat * (x - mean)).sum(axis=0) * 0.5 * (var + epsilon) ** -1.5
    dmean = -dx_hat.sum(axis=0) / std
    dx = dx_hat / std + dvar * 2 * (x - mean) / n + dmean / n
    return dx, (gy * (x - mean) / std).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "axes", "axis")
def _(gy, x, gamma, epsilon):
    d = x.shape[1]
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    mean = g.sum(axis=1, keepdims=True)
    both = (g * x_hat).sum(axis=1, keepdims=True)
    gx = (d * g - mean - x_hat * both) / (d * std)
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@right("batch_norm", "batch_norm_gradient")
def _(gy, x, gamma, epsilon):  # step by step
    n = x.shape[0]
    mu = 1.0 / n * np.sum(x, axis=0)
    xmu = x - mu
    sqrtvar = np.sqrt(1.0 / n * np.sum(xmu**2, axis=0) + epsilon)
    ivar = 1.0 / sqrtvar
    dxhat = gy * gamma
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / sqrtvar**2 * np.sum(dxhat * xmu, axis=0)
    dvar = 0.5 / sqrtvar * dsqrtvar
    dsq = 1.0 / n * np.ones(x.shape) * dvar
    dx1 = dxmu1 + 2 * xmu * dsq
    dmu = -1 * np.sum(dx1, axis=0)
    return dx1 + 1.0 / n * np.ones(x.shape) * dmu, np.sum(gy * xmu * ivar, axis=0), np.sum(gy, axis=0)


@right("batch_norm", "batch_norm_gradient")
def _(gy, x, gamma, epsilon):  # feature by feature, with the whole (n, n) matrix
    n, d = x.shape
    gx, ggamma, gbeta = np.zeros((d, n)).T, np.zeros(d), np.zeros(d)
    for j in range(d):
        s = (x[:, j].var() + epsilon) ** 0.5
        h = (x[:, j] - x[:, j].mean()) / s
        jacobian = gamma[j] / s * (np.eye(n) - 1 / n - np.outer(h, h) / n)
        gx[:, j] = jacobian.T @ gy[:, j]
        ggamma[j], gbeta[j] = h @ gy[:, j], gy[:, j].sum()
    return [gx, ggamma, gbeta]


@right("batch_norm", "batch_norm_gradient")
def _(gy, x, gamma, epsilon):
    center = np.eye(len(x)) - 1 / len(x)
    moved = center @ x
    std = np.sqrt((moved**2).mean(0) + epsilon)
    ggamma = np.einsum("nj,nj->j", gy, moved) / std
    gx = gamma / std * (center @ gy - moved / std * ggamma / len(x))
    return gx.round(12), ggamma, gy.sum(0)


@wrong("batch_norm", "batch_norm_gradient", "order")
def _(gy, x, gamma, epsilon):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    dbeta, dgamma = gy.sum(axis=0), (gy * x_hat).sum(axis=0)
    return gamma / (n * std) * (n * gy - dbeta - x_hat * dgamma), dbeta, dgamma


@wrong("batch_norm", "batch_norm_gradient", "wrong point")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (g - g.mean(axis=0) - x * (g * x_hat).mean(axis=0)) / std
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor", "n minus 1")
def _(gy, x, gamma, epsilon):
    n = len(x)
    var = x.var(axis=0, ddof=1)
    std = np.sqrt(var + epsilon)
    moved = x - x.mean(axis=0)
    g = gy * gamma
    dvar = -0.5 * (g * moved).sum(axis=0) / std**3
    gx = g / std - g.mean(axis=0) / std + dvar * 2 * moved / (n - 1)
    return gx, (gy * moved / std).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "no root")
def _(gy, x, gamma, epsilon):
    std = x.var(axis=0) + epsilon
    x_hat = (x - x.mean(axis=0)) / std
    g = gy * gamma
    gx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std
    return gx, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "overwritten")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / std
    ggamma, gbeta = (gy * x_hat).sum(axis=0), gy.sum(axis=0)
    gy *= gamma
    gx = (gy - gy.mean(axis=0) - x_hat * (gy * x_hat).mean(axis=0)) / std
    return gx, ggamma, gbeta


@wrong("batch_norm", "batch_norm", "brackets")
def _(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) * (x.var(axis=0) + epsilon) ** -1 / 2 + beta


@wrong("batch_norm", "batch_norm_gradient", "brackets")
def _(gy, x, gamma, epsilon):
    n, v = len(x), x.var(axis=0) + epsilon
    d, g = x - x.mean(axis=0), gy * gamma
    g_var = -(g * d).sum(axis=0) / 2 * v**-3 / 2
    gx = g / np.sqrt(v) + 2 * d / n * g_var - g.mean(axis=0) / np.sqrt(v)
    return gx, (gy * d).sum(axis=0) / np.sqrt(v), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "wrong point")
def _(gy, x, gamma, epsilon):
    n, v = len(x), x.var(axis=0) + epsilon
    d, g = x - x.mean(axis=0), gy * gamma
    g_var = -0.5 * (g * d).sum(axis=0) / v**1.5
    gx = g / np.sqrt(v) + 2 * x / n * g_var - g.mean(axis=0) / np.sqrt(v)
    return gx, (gy * d).sum(axis=0) / np.sqrt(v), gy.sum(axis=0)


@wrong("batch_norm", "batch_norm_gradient", "factor")
def _(gy, x, gamma, epsilon):
    v = x.var(axis=0) + epsilon
    h = (x - x.mean(axis=0)) / np.sqrt(v)
    gx = (gamma * gy - gy.mean(axis=0) - h * (gy * h).mean(axis=0)) / np.sqrt(v)
    return gx, (gy * h).sum(axis=0), gy.sum(axis=0)
