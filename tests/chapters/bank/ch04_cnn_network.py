"""Readers' answers to the exercises of chapter 4: tiny_cnn."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def convolve(x, kernel, bias):
    """As the exercise gives it."""
    rows, columns = x.shape[1] - kernel.shape[0] + 1, x.shape[2] - kernel.shape[1] + 1
    z = np.zeros((len(x), rows, columns, len(bias))) + bias
    for a, b in np.ndindex(kernel.shape[:2]):
        z += x[:, a : a + rows, b : b + columns, None] * kernel[a, b]
    return z


def kernel_gradient(x, gz):
    """As the exercise gives it."""
    rows, columns = gz.shape[1:3]
    gk = np.zeros((x.shape[1] - rows + 1, x.shape[2] - columns + 1, gz.shape[3]))
    for a, b in np.ndindex(gk.shape[:2]):
        gk[a, b] = (x[:, a : a + rows, b : b + columns, None] * gz).sum(axis=(0, 1, 2))
    return gk


def softmax(s):
    """As the exercise gives it."""
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("tiny_cnn", "loss", "factor", "mean")
def _(x, t, kernel, bias, w, b):
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return -np.mean(t * np.log(softmax(m @ w + b)))


@wrong("tiny_cnn", "loss", "factor")
def _(x, t, kernel, bias, w, b):
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    p = softmax(m @ w + b)
    return -np.log(p[t == 1]).sum()


@wrong("tiny_cnn", "loss", "relu")
def _(x, t, kernel, bias, w, b):
    m = convolve(x, kernel, bias).mean(axis=(1, 2))
    return -np.log((softmax(m @ w + b) * t).sum(axis=1)).mean()


@wrong("tiny_cnn", "loss", "wrong point", "relu")
def _(x, t, kernel, bias, w, b):
    m = np.maximum(convolve(x, kernel, bias).mean(axis=(1, 2)), 0)
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@wrong("tiny_cnn", "loss", "factor", "positions")
def _(x, t, kernel, bias, w, b):
    m = np.maximum(convolve(x, kernel, bias), 0).sum(axis=(1, 2))
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@right("tiny_cnn", "loss")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    s = (z * (z > 0)).mean(axis=(1, 2)) @ w + b
    top = s.max(axis=1)
    log_sum = np.log(np.exp(s - top[:, None]).sum(axis=1)) + top
    return np.mean(log_sum - (s * t).sum(axis=1))


@right("tiny_cnn", "loss")
def _(x, t, kernel, bias, w, b):  # picture by picture
    price = 0.0
    for picture, target in zip(x, t):
        z = convolve(picture[None], kernel, bias)[0]
        p = softmax((z.clip(0).sum(axis=(0, 1)) / z[..., 0].size @ w + b)[None])[0]
        price -= np.log(p[target.argmax()])
    return float(price / len(x))


@wrong("tiny_cnn", "gradients", "factor")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = softmax(m @ w + b) - t
    gz = (gs @ w.T)[:, None, None] / (z.shape[1] * z.shape[2]) * (z > 0)
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "factor", "positions")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gm = gs @ w.T
    gz = (z > 0) * gm[:, None, None, :]
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "relu")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = np.broadcast_to((gs @ w.T)[:, None, None] / z[0, :, :, 0].size, z.shape)
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "wrong point", "relu")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gm = gs @ w.T * (m > 0)
    gz = np.ones(z.shape) * gm[:, None, None] / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "sum missing", "broadcast")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (z > 0) * (gs @ w.T)[:, None, None] / z[0, ..., 0].size
    return kernel_gradient(x, gz), gz.sum(axis=0), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "sum missing")
def _(x, t, kernel, bias, w, b):
    n = len(x)
    gk, gbias, gw, gb = np.zeros(kernel.shape), np.zeros(bias.shape), np.zeros(w.shape), np.zeros(b.shape)
    for p in range(n):
        z = convolve(x[p : p + 1], kernel, bias)
        m = np.maximum(z, 0).mean(axis=(1, 2))
        gs = (softmax(m @ w + b) - t[p]) / n
        gz = (z > 0) * (gs @ w.T) / (z.shape[1] * z.shape[2])
        gk += kernel_gradient(x[p : p + 1], gz)
        gbias += gz.sum(axis=(0, 1, 2))
        gw = m.T @ gs
        gb += gs[0]
    return gk, gbias, gw, gb


@wrong("tiny_cnn", "gradients", "factor", "positions")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.mean(axis=(0, 1, 2)), m.T @ gs, gs.mean(axis=0)


@wrong("tiny_cnn", "gradients", "cross terms", "one slope more")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    p = softmax(m @ w + b)
    gs = (p - t) * p * (1 - p) / len(x)  # the loss, then softmax
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "cross terms", "diagonal", "true class only")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    p = softmax(m @ w + b)
    gp = -t / p / len(x)
    gs = gp * p * (1 - p)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "sum twice", "broadcast")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gm = (gs @ w.T).sum(axis=0)  # of the batch
    gz = gm * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "factor")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    a = np.maximum(z, 0)
    m = a.mean(axis=(1, 2))
    gs = (t - softmax(m @ w + b)) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "order")
def _(x, t, kernel, bias, w, b):  # as one meets them on the way back
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gw, gb = m.T @ gs, gs.sum(axis=0)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return gw, gb, kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2))


@wrong("tiny_cnn", "gradients", "wrong point", "before relu")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    a = np.maximum(z, 0)
    m = a.mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    gw = z.mean(axis=(1, 2)).T @ gs
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), gw, gs.sum(axis=0)


@right("tiny_cnn", "gradients")
def _(x, t, kernel, bias, w, b):
    n = len(x)
    found = [np.zeros(v.shape) for v in (kernel, bias, w, b)]
    for p in reversed(range(n)):
        z = convolve(x[p : p + 1], kernel, bias)
        m = np.maximum(z, 0).mean(axis=(1, 2))
        gs = (softmax(m @ w + b) - t[p]) / n
        gz = np.where(z > 0, gs @ w.T, 0) / (z.shape[1] * z.shape[2])
        parts = kernel_gradient(x[p : p + 1], gz), gz.sum(axis=(0, 1, 2)), np.outer(m, gs), gs[0]
        for sum_, part in zip(found, parts):
            sum_ += part
    return found


@right("tiny_cnn", "gradients")
def _(x, t, kernel, bias, w, b):  # softmax's whole matrix, and every step by einsum
    z = convolve(x, kernel, bias)
    n, rows, columns, f = z.shape
    m = np.einsum("nijf->nf", z.clip(min=0)) / (rows * columns)
    p = softmax(m @ w + b)
    jacobian = np.einsum("nk,kl->nkl", p, np.eye(p.shape[1])) - np.einsum("nk,nl->nkl", p, p)
    gs = np.einsum("nk,nkl->nl", -t / p / n, jacobian)
    gz = np.einsum("nl,fl,nijf->nijf", gs, w, np.heaviside(z, 0)) / rows / columns
    windows = np.lib.stride_tricks.sliding_window_view(x, (rows, columns), axis=(1, 2))
    gk = np.einsum("nabij,nijf->abf", windows, gz)
    return gk, np.einsum("nijf->f", gz), np.einsum("nf,nl->fl", m, gs), np.einsum("nl->l", gs)


@right("tiny_cnn", "gradients")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    on = np.greater(z, 0)
    m = (z * on).mean(axis=(1, 2))
    gs = softmax(m @ w + b) - t
    gz = on * (gs @ w.T)[:, None, None]
    places = on[0, ..., 0].size
    gk, gbias = kernel_gradient(x, gz) / places, gz.mean(axis=(1, 2)).sum(axis=0)
    return gk / len(x), (gbias / len(x)).round(12), np.asfortranarray(m.T @ gs / len(x)), gs.mean(axis=0)


@wrong("tiny_cnn", "gradients", "sum twice")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), np.full(bias.shape, gz.sum()), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "wrong point")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    a = np.maximum(z, 0)
    m = a.mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (gs @ w.T)[:, None, None] * a / (z.shape[1] * z.shape[2])  # relu's answer, not its slope
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "sum twice", "neighbours")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = (softmax(m @ w + b) - t) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    gw = np.outer(m.sum(axis=0), gs.sum(axis=0))
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), gw, gs.sum(axis=0)


@wrong("tiny_cnn", "gradients", "wrong point", "softmax", "half way")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    gs = -t / softmax(m @ w + b) / len(x)
    gz = (gs @ w.T)[:, None, None] * (z > 0) / (z.shape[1] * z.shape[2])
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@wrong("lenet_size", "weights", "channels")
def _():
    return 25 * 3 * 20 + 20, 25 * 20 * 50 + 50, 35 * 500 + 500, 3507


@wrong("tiny_cnn", "gradients", "factor")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    e = (softmax(m @ w + b) - t) / len(x)
    gz = np.where(z > 0, (e @ w.T)[:, None, None], 0) / z[0, :, :, 0].size
    return kernel_gradient(x, gz), np.mean(gz, axis=(0, 1, 2)), m.T @ e, e.sum(axis=0)


@wrong("tiny_cnn", "gradients", "relu")
def _(x, t, kernel, bias, w, b):
    z = convolve(x, kernel, bias)
    m = z.mean(axis=(1, 2))
    e = (softmax(m @ w + b) - t) / len(x)
    gz = np.where(z > 0, (e @ w.T)[:, None, None], 0) / z[0, :, :, 0].size
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ e, e.sum(axis=0)


@wrong("tiny_cnn", "loss", "factor")
def _(x, t, kernel, bias, w, b):
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    p = softmax(m @ w + b)
    return -(t * np.log(p)).sum() / t.shape[1]
