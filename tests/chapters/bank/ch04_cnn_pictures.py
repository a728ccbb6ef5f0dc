"""Readers' answers to the exercises of chapter 4: batch_norm_pictures."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


@wrong("batch_norm_pictures", "training_gradient", "factor", "members")
def _(gy, x, gamma, epsilon):
    axes, n = (0, 1, 2), len(x)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    g = gy * gamma
    gx = (n * g - g.sum(axis=axes) - x_hat * (g * x_hat).sum(axis=axes)) / (n * std)
    return gx, (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "training_gradient", "constants")
def _(gy, x, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    return gamma * gy / std, (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "training_gradient", "constants", "one way", "constant variance")
def _(gy, x, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    gx = gamma / std * (gy - gy.mean(axis=axes))
    return gx, (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "training_gradient", "sum missing", "some axes")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    x_hat = (x - x.mean(axis=(0, 1, 2))) / std
    gx = gamma / std * (gy - gy.mean(axis=0) - x_hat * (gy * x_hat).mean(axis=0))
    return gx, (gy * x_hat).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "training_gradient", "sum missing")
def _(gy, x, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    gx = gamma / std * (gy - gy.mean(axis=axes) - x_hat * (gy * x_hat).mean(axis=axes))
    ggamma, gbeta = np.zeros(len(gamma)), np.zeros(len(gamma))
    for p in range(len(x)):
        ggamma = (gy[p] * x_hat[p]).sum(axis=(0, 1))
        gbeta = gy[p].sum(axis=(0, 1))
    return gx, ggamma, gbeta


@wrong("batch_norm_pictures", "training_gradient", "order")
def _(gy, x, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    dgamma, dbeta = (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)
    dx = gamma / std * (gy - dbeta / x[..., 0].size - x_hat * dgamma / x[..., 0].size)
    return dx, dbeta, dgamma


@wrong("batch_norm_pictures", "training_gradient", "sum missing", "only some", "one picture")
def _(gy, x, gamma, epsilon):
    # picture by picture, each with its own mean and variance
    gx, ggamma, gbeta = np.zeros(x.shape), np.zeros(gamma.shape), np.zeros(gamma.shape)
    for p in range(len(x)):
        g, std = gy[p], np.sqrt(x[p].var(axis=(0, 1)) + epsilon)
        h = (x[p] - x[p].mean(axis=(0, 1))) / std
        gx[p] = gamma / std * (g - g.mean(axis=(0, 1)) - h * (g * h).mean(axis=(0, 1)))
        ggamma += (g * h).sum(axis=(0, 1))
        gbeta += g.sum(axis=(0, 1))
    return gx, ggamma, gbeta


@right("batch_norm_pictures", "training_gradient")
def _(gy, x, gamma, epsilon):
    c = len(gamma)
    g, flat = gy.reshape(-1, c).T, x.reshape(-1, c).T
    moved = flat - flat.mean(axis=1, keepdims=True)
    std = np.sqrt((moved**2).mean(axis=1, keepdims=True) + epsilon)
    h = moved / std
    gh = g * gamma[:, None]
    gmoved = gh / std - moved / std**3 * (gh * moved).mean(axis=1, keepdims=True)
    gx = gmoved - gmoved.mean(axis=1, keepdims=True)
    return [gx.T.reshape(x.shape), (g * h).sum(axis=1), g.sum(axis=1)]


@right("batch_norm_pictures", "training_gradient")
def _(gy, x, gamma, epsilon):
    gx = np.zeros(x.shape)
    ggamma, gbeta = np.zeros(len(gamma)), np.zeros(len(gamma))
    for c in range(len(gamma)):
        v, g = x[..., c].ravel(), gy[..., c].ravel()
        s = np.sqrt(np.var(v) + epsilon)
        h = (v - np.mean(v)) / s
        gx[..., c] = (gamma[c] / s * (g - g.mean() - h * np.dot(g, h) / v.size)).reshape(x.shape[:3])
        ggamma[c], gbeta[c] = np.dot(g, h), g.sum()
    return gx, ggamma, gbeta


@wrong("batch_norm_pictures", "after_training", "batch statistics", "neighbours")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(var + epsilon) + beta


@wrong("batch_norm_pictures", "after_training", "no root")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    return (x - moving_mean) / (moving_var + epsilon) * gamma + beta


@wrong("batch_norm_pictures", "after_training", "epsilon")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    return (x - moving_mean) / np.sqrt(moving_var) * gamma + beta


@right("batch_norm_pictures", "after_training")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    scale = gamma / np.sqrt(moving_var + epsilon)
    return x * scale + (beta - moving_mean * scale)


@right("batch_norm_pictures", "after_training")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    y = np.empty(x.shape)
    for n, i, j, c in np.ndindex(x.shape):
        y[n, i, j, c] = (
            gamma[c] * (x[n, i, j, c] - moving_mean[c]) * (moving_var[c] + epsilon) ** -0.5 + beta[c]
        )
    return y


@wrong("batch_norm_pictures", "gradient_after_training", "moving", "training")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(moving_var + epsilon)
    x_hat = (x - moving_mean) / std
    gx = gamma / std * (gy - gy.mean(axis=axes) - x_hat * (gy * x_hat).mean(axis=axes))
    return gx, (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "gradient_after_training", "batch statistics", "neighbours")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    axes = (0, 1, 2)
    x_hat = (x - x.mean(axis=axes)) / np.sqrt(x.var(axis=axes) + epsilon)
    return gy * gamma / np.sqrt(moving_var + epsilon), (gy * x_hat).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "gradient_after_training", "wrong point")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    axes = (0, 1, 2)
    return gamma * gy / np.sqrt(moving_var + epsilon), (gy * x).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "gradient_after_training", "factor", "gamma")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    std = np.sqrt(moving_var + epsilon)
    x_hat = (x - moving_mean) / std
    return gy / std, (gy * x_hat).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "gradient_after_training", "sum missing", "broadcast")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    std = np.sqrt(moving_var + epsilon)
    x_hat = (x - moving_mean) / std
    return gy * gamma / std, (gy * x_hat).sum(axis=0), gy.sum(axis=0)


@wrong("batch_norm_pictures", "gradient_after_training", "no root")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    var = moving_var + epsilon
    ggamma = (gy * (x - moving_mean) / np.sqrt(var)).sum(axis=(0, 1, 2))
    return gy * gamma / var, ggamma, gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "gradient_after_training", "factor")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    std = np.sqrt(moving_var + epsilon)
    x_hat = (x - moving_mean) / std
    return gy * gamma / std, (gy * x_hat).mean(axis=(0, 1, 2)), gy.mean(axis=(0, 1, 2))


@right("batch_norm_pictures", "gradient_after_training")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    inverse = (moving_var + epsilon) ** -0.5
    gx = np.einsum("nhwc,c,c->nhwc", gy, gamma, inverse)
    sums = np.einsum("nhwc,nhwc->c", gy, x) - moving_mean * np.einsum("nhwc->c", gy)
    return gx, sums * inverse, gy.sum((0, 1)).sum(0)


@right("batch_norm_pictures", "gradient_after_training")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    gx, ggamma, gbeta = np.empty(x.shape), 0, 0
    for p in range(len(x)):
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                std = np.sqrt(moving_var + epsilon)
                gx[p, i, j] = gy[p, i, j] * gamma / std
                ggamma = ggamma + gy[p, i, j] * (x[p, i, j] - moving_mean) / std
                gbeta = gbeta + gy[p, i, j]
    return gx, ggamma, gbeta


@wrong("batch_norm_pictures", "training_gradient", "channels", "all together")
def _(gy, x, gamma, epsilon):
    std = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    x_hat = (x - x.mean(axis=(0, 1, 2))) / std
    g = gamma * gy
    gx = (g - g.mean() - x_hat * (g * x_hat).mean()) / std
    return gx, (gy * x_hat).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "training_gradient", "factor", "mean")
def _(gy, x, gamma, epsilon):
    axes = (0, 1, 2)
    std = np.sqrt(x.var(axis=axes) + epsilon)
    x_hat = (x - x.mean(axis=axes)) / std
    ggamma, gbeta = (gy * x_hat).mean(axis=axes), gy.mean(axis=axes)
    return gamma / std * (gy - gbeta - x_hat * ggamma), ggamma, gbeta


@wrong("batch_norm_pictures", "training_gradient", "constants", "one way", "constant mean")
def _(gy, x, gamma, epsilon):
    n = x[..., 0].size
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    std = np.sqrt(var + epsilon)
    g = gy * gamma
    dvar = (g * (x - mean)).sum(axis=(0, 1, 2)) * -0.5 / std**3
    gx = g / std + dvar * 2 * (x - mean) / n  # the deviations add up to 0, so the mean has no say
    return gx, (gy * (x - mean) / std).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "gradient_after_training", "epsilon")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    x_hat = (x - moving_mean) / np.sqrt(moving_var)
    return gy * gamma / np.sqrt(moving_var), np.einsum("nhwc,nhwc->c", gy, x_hat), gy.sum(axis=(0, 1, 2))


@wrong("batch_norm_pictures", "gradient_after_training", "order")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    std = np.sqrt(moving_var + epsilon)
    ggamma = (gy * (x - moving_mean) / std).sum(axis=(0, 1, 2))
    return ggamma, gy.sum(axis=(0, 1, 2)), gy * gamma / std


@wrong("batch_norm_pictures", "training_gradient", "channels")
def _(gy, x, gamma, epsilon):
    c = x.shape[-1]
    rows, above = x.reshape((c, -1)).T, gy.reshape((c, -1)).T
    std = np.sqrt(rows.var(axis=0) + epsilon)
    h, g = (rows - rows.mean(axis=0)) / std, above * gamma
    gx = (g - g.mean(axis=0) - h * (g * h).mean(axis=0)) / std
    return gx.T.reshape(x.shape), (above * h).sum(axis=0), above.sum(axis=0)


@wrong("batch_norm_pictures", "after_training", "no root")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    return (x - moving_mean) / moving_var * gamma + beta


@wrong("batch_norm_pictures", "gradient_after_training", "factor")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    std, axes = np.sqrt(moving_var + epsilon), (0, 1, 2)
    return gamma * gy * std, ((x - moving_mean) / std * gy).sum(axis=axes), gy.sum(axis=axes)


@wrong("batch_norm_pictures", "gradient_after_training", "brackets")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    axes = (0, 1, 2)
    xn = (x - moving_mean) / np.sqrt(moving_var + epsilon)
    return gy * gamma / np.sqrt(moving_var) + epsilon, (gy * xn).sum(axis=axes), gy.sum(axis=axes)
