"""Readers' answers to the exercises of chapter 4: max_pool."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch04_cnn_network, ch04_cnn_norm, ch04_cnn_overlap, ch04_cnn_pictures  # noqa: F401
from tests.chapters.bank.entries import right, wrong


@wrong("max_pool", "max_pool", "axes", "strides")
def _(x, size):
    n, h, w, c = x.shape
    x = x[:, : h // size * size, : w // size * size]
    return x.reshape(n, size, h // size, size, w // size, c).max(axis=(1, 3))


@wrong("max_pool", "max_pool", "begins at zero")
def _(x, size):
    n, h, w, c = x.shape
    y = np.zeros((n, h // size, w // size, c))
    for i, j in np.ndindex(h // size, w // size):
        for a, b in np.ndindex(size, size):
            y[:, i, j] = np.maximum(y[:, i, j], x[:, i * size + a, j * size + b])
    return y


@wrong("max_pool", "max_pool", "channels")
def _(x, size):
    n, h, w, c = x.shape
    y = np.zeros((n, h // size, w // size, c))
    for p, i, j in np.ndindex(y.shape[:3]):
        y[p, i, j] = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size].max()
    return y


@wrong("max_pool", "max_pool", "strides")
def _(x, size):
    n, h, w, c = x.shape
    y = np.zeros((n, h // size, w // size, c))
    for i in range(h // size):
        for j in range(w // size):
            y[:, i, j, :] = x[:, i : i + size, j : j + size, :].max(axis=(1, 2))
    return y


@wrong("max_pool", "max_pool", "shape", "rounded up")
def _(x, size):
    n, h, w, c = x.shape
    rows = []
    for i in range(0, h, size):
        rows.append([x[:, i : i + size, j : j + size].max(axis=(1, 2)) for j in range(0, w, size)])
    return np.array(rows).transpose(2, 0, 1, 3)


@right("max_pool", "max_pool")
def _(x, size):
    n, h, w, c = x.shape
    x = x[:, : h - h % size, : w - w % size]
    return np.maximum.reduce([x[:, a::size, b::size] for a in range(size) for b in range(size)])


@right("max_pool", "max_pool")
def _(x, size):
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::size, ::size]
    return np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)[..., -1]


@right("max_pool", "max_pool")
def _(x, size):
    n, h, w, c = x.shape
    y = np.full((c, w // size, h // size, n), -np.inf).T
    for p, i, j, k in np.ndindex(y.shape):
        for a in range(size):
            for b in range(size):
                if x[p, i * size + a, j * size + b, k] > y[p, i, j, k]:
                    y[p, i, j, k] = x[p, i * size + a, j * size + b, k]
    return y


@wrong("max_pool", "max_pool_gradient", "ties")
def _(gy, x, size):
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(h // size, w // size):
        window = x[:, i * size : (i + 1) * size, j * size : (j + 1) * size]
        largest = window == window.max(axis=(1, 2), keepdims=True)
        gx[:, i * size : (i + 1) * size, j * size : (j + 1) * size] = largest * gy[:, i : i + 1, j : j + 1]
    return gx


@wrong("max_pool", "max_pool_gradient", "ties", "ties shared")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape[1:3]):
        here = np.s_[:, i * size : (i + 1) * size, j * size : (j + 1) * size]
        mask = (x[here] == x[here].max(axis=(1, 2), keepdims=True)).astype(float)
        mask /= mask.sum(axis=(1, 2), keepdims=True)
        gx[here] = mask * gy[:, i : i + 1, j : j + 1]
    return gx


@wrong("max_pool", "max_pool_gradient", "ties", "last winner")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        best, row, column = -np.inf, 0, 0
        for a in range(i * size, (i + 1) * size):
            for b in range(j * size, (j + 1) * size):
                if x[p, a, b, c] >= best:
                    best, row, column = x[p, a, b, c], a, b
        gx[p, row, column, c] = gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "ties", "only some")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        best, where = 0.0, None  # after relu nothing is below 0
        for a, b in np.ndindex(size, size):
            if x[p, i * size + a, j * size + b, c] > best:
                best, where = x[p, i * size + a, j * size + b, c], (p, i * size + a, j * size + b, c)
        if where is not None:
            gx[where] = gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "ties")
def _(gy, x, size):
    # the first, but column by column
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        b, a = divmod(window.flatten(order="F").argmax(), size)
        gx[p, i * size + a, j * size + b, c] += gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "transposed")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        k = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c].argmax()
        a, b = k % size, k // size
        gx[p, i * size + a, j * size + b, c] += gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "shifted")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        gx[p, i + a, j + b, c] += gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "channels")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j in np.ndindex(gy.shape[:3]):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b, _ = np.unravel_index(window.argmax(), window.shape)
        gx[p, i * size + a, j * size + b] += gy[p, i, j]
    return gx


@wrong("max_pool", "max_pool_gradient", "neighbours")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for i, j, c in np.ndindex(gy.shape[1:]):
        window = x[:, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        _, a, b = np.unravel_index(window.argmax(), window.shape)
        gx[:, i * size + a, j * size + b, c] = gy[:, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "upstream")
def _(gy, x, size):
    # 1 for the largest, 0 for the others
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[p, i * size + a, j * size + b, c] = 1
    return gx


@wrong("max_pool", "max_pool_gradient", "shape", "padding")
def _(gy, x, size):
    n, height, width, c = gy.shape
    windows = x[:, : height * size, : width * size].reshape(n, height, size, width, size, c)
    windows = windows.transpose(0, 1, 3, 5, 2, 4).reshape(n, height, width, c, size * size)
    one_hot = np.eye(size * size)[windows.argmax(axis=-1)] * gy[..., None]
    gx = one_hot.reshape(n, height, width, c, size, size).transpose(0, 1, 4, 2, 5, 3)
    return gx.reshape(n, height * size, width * size, c)


@wrong("max_pool", "max_pool_gradient", "whole window")
def _(gy, x, size):
    # unpooling: back to the size that it had
    gx = np.zeros(x.shape)
    up = gy.repeat(size, axis=1).repeat(size, axis=2)
    gx[:, : up.shape[1], : up.shape[2]] = up
    return gx


@right("max_pool", "max_pool_gradient")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        best, where = -np.inf, None
        for a in reversed(range(size)):
            for b in reversed(range(size)):
                if x[p, i * size + a, j * size + b, c] >= best:
                    best, where = x[p, i * size + a, j * size + b, c], (p, i * size + a, j * size + b, c)
        gx[where] += gy[p, i, j, c]
    return gx


@right("max_pool", "max_pool_gradient")
def _(gy, x, size):
    n, height, width, c = gy.shape
    inner = x[:, : height * size, : width * size]
    windows = inner.reshape(n, height, size, width, size, c).transpose(0, 1, 3, 5, 2, 4)
    flat = windows.reshape(n, height, width, c, -1)
    g = np.zeros(flat.shape)
    np.put_along_axis(g, flat.argmax(axis=-1)[..., None], gy[..., None], axis=-1)
    g = g.reshape(windows.shape).transpose(0, 1, 4, 2, 5, 3).reshape(inner.shape)
    below, beside = x.shape[1] - height * size, x.shape[2] - width * size
    return np.pad(g, ((0, 0), (0, below), (0, beside), (0, 0)))


@right("max_pool", "max_pool_gradient")
def _(gy, x, size):  # place by place, and whoever has been served once gets no more
    height, width = gy.shape[1:3]
    inner = x[:, : height * size, : width * size]
    y = np.max([inner[:, a::size, b::size] for a in range(size) for b in range(size)], axis=0)
    gx, free = np.zeros(x.shape, order="F"), np.ones(y.shape, dtype=bool)
    for a, b in np.ndindex(size, size):
        hit = free & (inner[:, a::size, b::size] == y)
        gx[:, a : height * size : size, b : width * size : size] = np.where(hit, gy, 0.0)
        free &= ~hit
    return gx


@wrong("max_pool", "max_pool_gradient", "upstream", "values")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[p, i * size + a, j * size + b, c] = gy[p, i, j, c] * window[a, b]
    return gx


@wrong("max_pool", "max_pool_gradient", "dtype")
def _(gy, x, size):
    gx = np.zeros(x.shape, dtype=int)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[p, i * size + a, j * size + b, c] = gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "shifted")
def _(gy, x, size):
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    for i in range(0, h - size, size):
        for j in range(0, w - size, size):
            for p, k in np.ndindex(n, c):
                a, b = divmod(x[p, i : i + size, j : j + size, k].argmax(), size)
                gx[p, i + a, j + b, k] = gy[p, i // size, j // size, k]
    return gx


# windows cut in memory, places within the window, a number in several windows


@wrong("max_pool", "max_pool", "order")
def _(x, size):
    n, h, w, c = x.shape
    h, w = h - h % size, w - w % size
    windows = np.ascontiguousarray(x[:, :h, :w]).reshape(n, h // size, w // size, size * size, c)
    return windows.max(axis=3)


@wrong("max_pool", "max_pool_gradient", "shifted")
def _(gy, x, size):
    gx = np.zeros_like(x)
    n, rows, columns, channels = gy.shape
    for m in range(n):
        for k in range(channels):
            for i in range(rows):
                for j in range(columns):
                    window = x[m, i * size : (i + 1) * size, j * size : (j + 1) * size, k]
                    a, b = divmod(window.argmax(), size)
                    gx[m, a, b, k] = gy[m, i, j, k]
    return gx


@wrong("max_pool", "max_pool_gradient", "transposed")
def _(gy, x, size):
    gx = np.zeros_like(x)
    n, rows, columns, channels = gy.shape
    for m, k in np.ndindex(n, channels):
        for i in range(rows):
            for j in range(min(rows, columns)):
                window = x[m, i * size : (i + 1) * size, j * size : (j + 1) * size, k]
                a, b = divmod(window.argmax(), size)
                gx[m, i * size + a, j * size + b, k] = gy[m, i, j, k]
    return gx


@wrong("max_pool", "max_pool_gradient", "begins at zero")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        best, where = 0, (i * size, j * size)
        for a in range(size):
            for b in range(size):
                if x[p, i * size + a, j * size + b, c] > best:
                    best, where = x[p, i * size + a, j * size + b, c], (i * size + a, j * size + b)
        gx[p, where[0], where[1], c] = gy[p, i, j, c]
    return gx


@wrong("max_pool", "max_pool_gradient", "transposed")
def _(gy, x, size):
    gx = np.zeros(x.shape)
    for p, i, j, c in np.ndindex(gy.shape):
        window = x[p, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        a, b = divmod(window.argmax(), size)
        gx[p, i * size + b, j * size + a, c] = gy[p, i, j, c]
    return gx
