"""Readers' answers to the exercises of chapter 3: windows."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


@wrong("windows", "im2col", "channels")
def _(x, kh, kw, stride):
    v = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    return v.reshape(-1, kh * kw * x.shape[3])


@wrong("windows", "im2col", "strides")
def _(x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    rows = []
    for p in range(n):
        for i in range(height):
            for j in range(width):
                rows.append(x[p, i : i + kh, j : j + kw].flatten())
    return np.array(rows)


@wrong("windows", "im2col", "order")
def _(x, kh, kw, stride):
    n, h, w, c = x.shape
    cols = []
    for i in range(0, h - kh + 1, stride):
        for j in range(0, w - kw + 1, stride):
            cols.append(x[:, i : i + kh, j : j + kw, :].reshape(n, -1))
    return np.concatenate(cols)


@wrong("windows", "im2col", "transposed")
def _(x, kh, kw, stride):
    rows = []
    for picture in x:
        for i in range(0, x.shape[1] - kh + 1, stride):
            for j in range(0, x.shape[2] - kw + 1, stride):
                rows.append([picture[i + a, j + b] for b in range(kw) for a in range(kh)])
    return np.array(rows).reshape(len(rows), -1)


@wrong("windows", "im2col", "shifted")
def _(x, kh, kw, stride):
    rows = []
    for picture in x:
        for i in range(0, x.shape[1] - kh, stride):
            for j in range(0, x.shape[2] - kw, stride):
                rows.append(picture[i : i + kh, j : j + kw].ravel())
    return np.array(rows).reshape(-1, kh * kw * x.shape[3])


@right("windows", "im2col")
def _(x, kh, kw, stride):
    n, h, w, c = x.shape
    rows = np.arange(0, h - kh + 1, stride)[:, None, None, None] + np.arange(kh)[:, None]
    columns = np.arange(0, w - kw + 1, stride)[:, None, None] + np.arange(kw)
    return x[:, rows, columns].reshape(-1, kh * kw * c)


@right("windows", "im2col")
def _(x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = 1 + (h - kh) // stride, 1 + (w - kw) // stride
    out = np.empty((n, height, width, kh, kw, c), order="F")
    for a in range(kh):
        for b in range(kw):
            out[:, :, :, a, b] = x[:, a:, b:][:, ::stride, ::stride][:, :height, :width]
    return out.reshape((-1, kh * kw * c))


@right("windows", "im2col")
def _(x, kh, kw, stride):
    n, h, w, c = x.shape
    s = x.strides
    shape = (n, (h - kh) // stride + 1, (w - kw) // stride + 1, kh, kw, c)
    view = np.lib.stride_tricks.as_strided(
        x, shape, (s[0], s[1] * stride, s[2] * stride, s[1], s[2], s[3]), writeable=False
    )
    return view.reshape(np.prod(shape[:3]), -1)


@wrong("windows", "im2col_gradient", "sum missing")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    row = 0
    for p in range(n):
        for i in range(0, h - kh + 1, stride):
            for j in range(0, w - kw + 1, stride):
                gx[p, i : i + kh, j : j + kw] = gy[row].reshape(kh, kw, c)
                row += 1
    return gx


@wrong("windows", "im2col_gradient", "sum missing")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    where = np.arange(x.size).reshape(x.shape)  # the number of each pixel, windows of these
    where = np.lib.stride_tricks.sliding_window_view(where, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    where = where.transpose(0, 1, 2, 4, 5, 3).reshape(gy.shape)
    gx = np.zeros(x.size)
    gx[where] += gy
    return gx.reshape(x.shape)


@wrong("windows", "im2col_gradient", "channels")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gy = gy.reshape(n, height, width, c, kh, kw)
    gx = np.zeros((n, h, w, c))
    for i in range(height):
        for j in range(width):
            gx[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += gy[:, i, j].transpose(
                0, 2, 3, 1
            )
    return gx


@wrong("windows", "im2col_gradient", "strides")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gy = gy.reshape(n, height, width, kh, kw, c)
    gx = np.zeros(x.shape)
    for i in range(height):
        for j in range(width):
            gx[:, i : i + kh, j : j + kw] += gy[:, i, j]
    return gx


@wrong("windows", "im2col_gradient", "factor")
def _(gy, x, kh, kw, stride):
    # a pixel has several copies: take their mean
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gy = gy.reshape(n, height, width, kh, kw, c)
    gx, times = np.zeros(x.shape), np.zeros(x.shape)
    for i, j in np.ndindex(height, width):
        gx[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += gy[:, i, j]
        times[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += 1
    return gx / np.maximum(times, 1)


@wrong("windows", "im2col_gradient", "shifted")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gy = gy.reshape(n, height, width, kh, kw, c)
    gx = np.zeros(x.shape)
    for i in range(0, h - kh, stride):
        for j in range(0, w - kw, stride):
            gx[:, i : i + kh, j : j + kw] += gy[:, i // stride, j // stride]
    return gx


@wrong("windows", "im2col_gradient", "order", "neighbours")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gy = gy.reshape(height, width, n, kh, kw, c)
    gx = np.zeros(x.shape)
    for i in range(height):
        for j in range(width):
            gx[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += gy[i, j]
    return gx


@wrong("windows", "im2col_gradient", "transposed")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gx = np.zeros(x.shape)
    windows = gy.reshape(n, height, width, kw, kh, c)
    for i, j, a, b in np.ndindex(height, width, kh, kw):
        gx[:, i * stride + a, j * stride + b] += windows[:, i, j, b, a]
    return gx


@wrong("windows", "im2col_gradient", "overwritten")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    gx = x  # only its shape matters
    gx[:] = 0
    row = 0
    for p in range(n):
        for i in range((h - kh) // stride + 1):
            for j in range((w - kw) // stride + 1):
                gx[p, i * stride : i * stride + kh, j * stride : j * stride + kw] += gy[row].reshape(
                    kh, kw, c
                )
                row += 1
    return gx


@right("windows", "im2col_gradient")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    where = np.arange(x.size).reshape(x.shape)
    where = np.lib.stride_tricks.sliding_window_view(where, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    where = where.transpose(0, 1, 2, 4, 5, 3)
    return np.bincount(where.ravel(), weights=gy.ravel(), minlength=x.size).reshape(x.shape)


@right("windows", "im2col_gradient")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    g = gy.reshape(n, height, width, kh, kw, c)
    gx = np.zeros((c, w, h, n)).T
    for a in range(kh):
        for b in range(kw):
            gx[:, a : a + height * stride : stride, b : b + width * stride : stride] += g[:, :, :, a, b]
    return gx


@right("windows", "im2col_gradient")
def _(gy, x, kh, kw, stride):  # from the last row to the first, number by number
    n, h, w, c = x.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    gx = np.zeros(x.shape)
    for row in reversed(range(len(gy))):
        p, place = divmod(row, height * width)
        i, j = divmod(place, width)
        for column, g in enumerate(gy[row]):
            pixel, channel = divmod(column, c)
            a, b = divmod(pixel, kw)
            gx[p, i * stride + a, j * stride + b, channel] += g
    return gx


@wrong("windows", "im2col_gradient", "order")
def _(gy, x, kh, kw, stride):
    n, h, w, c = x.shape
    rows, columns = (h - kh) // stride + 1, (w - kw) // stride + 1
    gx = np.zeros(x.shape)
    for p in range(n):
        for i in range(rows):
            for j in range(columns):
                window = gy[i * columns + j].reshape(kh, kw, c)
                gx[p, i * stride : i * stride + kh, j * stride : j * stride + kw] += window
    return gx
