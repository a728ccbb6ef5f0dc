"""Readers' answers to the exercises of chapter 3: convolution."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def bordered(x, padding):
    """As the exercise gives it."""
    return np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))


def rows_of(x, kh, kw):
    """As the exercise gives it."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (n, height, width, kh, kw, c)
    return windows.reshape(-1, kh * kw * x.shape[3])


def painted(rows, shape, kh, kw):
    """As the exercise gives it."""
    n, h, w, c = shape
    windows = rows.reshape(n, h - kh + 1, w - kw + 1, kh, kw, c)
    x = np.zeros(shape)
    for a, b in np.ndindex(kh, kw):
        x[:, a : a + h - kh + 1, b : b + w - kw + 1] += windows[:, :, :, a, b]
    return x


@wrong("convolution", "convolution", "channels")
def _(x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, _cin, cout = kernel.shape
    rows = rows_of(bordered(x, padding), kh, kw)
    y = rows @ kernel.transpose(2, 0, 1, 3).reshape(-1, cout)
    return y.reshape(n, h + 2 * padding - kh + 1, w + 2 * padding - kw + 1, cout)


@wrong("convolution", "convolution", "flipped")
def _(x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    x = bordered(x, padding)
    y = rows_of(x, kh, kw) @ kernel[::-1, ::-1].reshape(kh * kw * cin, cout)
    return y.reshape(len(x), x.shape[1] - kh + 1, x.shape[2] - kw + 1, cout)


@wrong("convolution", "convolution", "padding")
def _(x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    x = np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))
    y = rows_of(x, kh, kw) @ kernel.reshape(-1, cout)
    return y.reshape(len(x), x.shape[1] - kh + 1, x.shape[2] - kw + 1, cout)


@wrong("convolution", "convolution", "padding")
def _(x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    y = rows_of(x, kh, kw) @ kernel.reshape(-1, cout)
    y = y.reshape(n, h - kh + 1, w - kw + 1, cout)
    return bordered(y, padding)  # so that the shape is right


@wrong("convolution", "convolution", "transposed")
def _(x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    matrix = kernel.reshape(cout, -1).T
    y = rows_of(bordered(x, padding), kh, kw) @ matrix
    return y.reshape(n, h + 2 * padding - kh + 1, w + 2 * padding - kw + 1, cout)


@wrong("convolution", "convolution", "transposed", "shape")
def _(x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    y = rows_of(bordered(x, padding), kh, kw) @ kernel.reshape(-1, cout)
    return y.reshape(n, w + 2 * padding - kw + 1, h + 2 * padding - kh + 1, cout)


@right("convolution", "convolution")
def _(x, kernel, padding):
    kh, kw = kernel.shape[:2]
    x = bordered(x, padding)
    height, width = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    return sum(x[:, a : a + height, b : b + width] @ kernel[a, b] for a in range(kh) for b in range(kw))


@right("convolution", "convolution")
def _(x, kernel, padding):
    windows = np.lib.stride_tricks.sliding_window_view(bordered(x, padding), kernel.shape[:2], axis=(1, 2))
    return np.asfortranarray(np.einsum("nijcab,abco->nijo", windows, kernel))


@wrong("convolution", "convolution_gradient", "padding")
def _(gy, x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    g = gy.reshape(-1, cout)
    gk = (rows_of(xb, kh, kw).T @ g).reshape(kernel.shape)
    gx = painted(g @ kernel.reshape(-1, cout).T, xb.shape, kh, kw)
    return gx, gk


@wrong("convolution", "convolution_gradient", "padding", "only some")
def _(gy, x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    g = gy.reshape(-1, cout)
    gk = (rows_of(xb, kh, kw).T @ g).reshape(kernel.shape)
    gx = painted(g @ kernel.reshape(-1, cout).T, xb.shape, kh, kw)
    return gx[:, padding:-padding, padding:-padding, :], gk


@wrong("convolution", "convolution_gradient", "padding", "shifted")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    g = gy.reshape(-1, cout)
    gk = (rows_of(xb, kh, kw).T @ g).reshape(kernel.shape)
    gx = painted(g @ kernel.reshape(-1, cout).T, xb.shape, kh, kw)
    return gx[:, :h, :w], gk


@wrong("convolution", "convolution_gradient", "transposed")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    dy = gy.reshape(-1, cout)
    dk = dy.T @ rows_of(xb, kh, kw)  # (cout, kh * kw * cin)
    dx = painted(dy @ kernel.reshape(-1, cout).T, xb.shape, kh, kw)
    return dx[:, padding : padding + h, padding : padding + w], dk.reshape(kernel.shape)


@wrong("convolution", "convolution_gradient", "transposed")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    dy = gy.reshape(-1, cout)
    dk = rows_of(xb, kh, kw).T @ dy
    dx = painted(dy @ kernel.reshape(cout, -1), xb.shape, kh, kw)
    return dx[:, padding : padding + h, padding : padding + w], dk.reshape(kernel.shape)


@wrong("convolution", "convolution_gradient", "sum missing")
def _(gy, x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    gxb = np.zeros(xb.shape)
    for p in range(len(x)):
        g = gy[p].reshape(-1, cout)
        gk = (rows_of(xb[p : p + 1], kh, kw).T @ g).reshape(kernel.shape)
        gxb[p] = painted(g @ kernel.reshape(-1, cout).T, xb[p : p + 1].shape, kh, kw)[0]
    return gxb[:, padding : padding + x.shape[1], padding : padding + x.shape[2]], gk


@wrong("convolution", "convolution_gradient", "factor")
def _(gy, x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    gx, gks = np.zeros(xb.shape), []
    for p in range(len(x)):
        g = gy[p].reshape(-1, cout)
        gks.append((rows_of(xb[p : p + 1], kh, kw).T @ g).reshape(kernel.shape))
        gx[p] = painted(g @ kernel.reshape(-1, cout).T, xb[p : p + 1].shape, kh, kw)[0]
    gx = gx[:, padding : padding + x.shape[1], padding : padding + x.shape[2]]
    return gx, np.mean(gks, axis=0)  # of the batch


@wrong("convolution", "convolution_gradient", "flipped")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    gk = rows_of(bordered(x, padding), kh, kw).T @ gy.reshape(-1, cout)
    # the gradient of a convolution is a convolution: of gy, with a border of kh - 1, with the kernel
    full = np.pad(gy, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    gx = rows_of(full, kh, kw) @ kernel.transpose(0, 1, 3, 2).reshape(-1, cin)
    gx = gx.reshape(n, h + 2 * padding, w + 2 * padding, cin)
    return gx[:, padding : padding + h, padding : padding + w], gk.reshape(kernel.shape)


@wrong("convolution", "convolution_gradient", "sum twice", "neighbours")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    gxb = painted(gy.reshape(-1, cout) @ kernel.reshape(-1, cout).T, bordered(x, padding).shape, kh, kw)
    gx = gxb[:, padding : padding + h, padding : padding + w]
    # the kernel is the same for all pictures, so first add them up
    xs, gs = bordered(x, padding).sum(axis=0), gy.sum(axis=0)
    gk = rows_of(xs[None], kh, kw).T @ gs.reshape(-1, cout)
    return gx, gk.reshape(kh, kw, cin, cout)


@wrong("convolution", "convolution_gradient", "channels", "sum twice")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    gx, gk = np.zeros(xb.shape), np.zeros(kernel.shape)
    height, width = gy.shape[1:3]
    for a, b in np.ndindex(kh, kw):
        for o in range(cout):
            g = gy[:, :, :, o : o + 1]
            gx[:, a : a + height, b : b + width] += g * kernel[a, b, :, o].sum()
            gk[a, b, :, o] += (g * xb[:, a : a + height, b : b + width]).sum(axis=(0, 1, 2))
    return gx[:, padding : padding + h, padding : padding + w], gk


@wrong("convolution", "convolution_gradient", "padding")
def _(gy, x, kernel, padding):
    kh, kw, cin, cout = kernel.shape
    inside = bordered(x, padding)
    rows = rows_of(inside, kh, kw)
    g = gy.reshape(-1, cout)
    gx = painted(g @ kernel.reshape(-1, cout).T, inside.shape, kh, kw)
    return gx[:, padding:-padding, padding:-padding], (rows.T @ g).reshape(kernel.shape)


@right("convolution", "convolution_gradient")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    xb = bordered(x, padding)
    height, width = gy.shape[1:3]
    gxb, gk = np.zeros_like(xb), np.empty_like(kernel)
    for a, b in np.ndindex(kernel.shape[:2]):
        part = xb[:, a : a + height, b : b + width]
        gk[a, b] = np.tensordot(part, gy, axes=((0, 1, 2), (0, 1, 2)))
        gxb[:, a : a + height, b : b + width] += gy @ kernel[a, b].T
    return [gxb[:, padding : h + padding, padding : w + padding], gk]


@right("convolution", "convolution_gradient")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    full = np.pad(gy, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    turned = kernel[::-1, ::-1].swapaxes(2, 3).reshape(-1, cin)
    gx = (rows_of(full, kh, kw) @ turned).reshape(xb.shape)
    if padding:
        gx = gx[:, padding:-padding, padding:-padding]
    gk = sum(rows_of(picture[None], kh, kw).T @ g.reshape(-1, cout) for picture, g in zip(xb[::-1], gy[::-1]))
    return gx, gk.reshape(kh, kw, cin, cout)


@right("convolution", "convolution_gradient")
def _(gy, x, kernel, padding):  # the picture pixel by pixel
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    height, width = gy.shape[1:3]
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for r, s in np.ndindex(h, w):
        for a, b in np.ndindex(kh, kw):
            i, j = r + padding - a, s + padding - b  # the answer that sees pixel (r, s) by the weight (a, b)
            if 0 <= i < height and 0 <= j < width:
                gx[:, r, s] += np.einsum("no,co->nc", gy[:, i, j], kernel[a, b])
                gk[a, b] += np.einsum("nc,no->co", x[:, r, s], gy[:, i, j])
    return gx.round(12), gk.round(12)


@wrong("convolution", "convolution_gradient", "flipped")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    g = gy.reshape(-1, cout)
    gk = (rows_of(xb, kh, kw).T @ g).reshape(kernel.shape)
    gx = painted(g @ kernel.reshape(-1, cout).T, xb.shape, kh, kw)
    return gx[:, padding : padding + h, padding : padding + w], np.rot90(gk, 2, axes=(0, 1))


@wrong("convolution", "convolution_gradient", "sum missing")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    kh, kw, cin, cout = kernel.shape
    xb = bordered(x, padding)
    height, width = gy.shape[1:3]
    gx, gk = np.zeros(xb.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(height, width):
        gx[:, i : i + kh, j : j + kw] = np.einsum("no,abco->nabc", gy[:, i, j], kernel)
        gk += np.einsum("nabc,no->abco", xb[:, i : i + kh, j : j + kw], gy[:, i, j])
    return gx[:, padding : padding + h, padding : padding + w], gk


@wrong("convolution", "convolution_gradient", "sum missing")
def _(gy, x, kernel, padding):
    n, h, w, cin = x.shape
    xb = bordered(x, padding)
    height, width = gy.shape[1:3]
    gx, gk = np.zeros(xb.shape), np.zeros(kernel.shape)
    for a, b in np.ndindex(kernel.shape[:2]):
        for o in range(kernel.shape[3]):
            gk[a, b, :, o] = np.einsum("nijc,nij->c", xb[:, a : a + height, b : b + width], gy[..., o])
        gx[:, a : a + height, b : b + width] += gy[..., o, None] * kernel[a, b, :, o]
    return gx[:, padding : padding + h, padding : padding + w], gk
