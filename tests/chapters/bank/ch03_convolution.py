"""Readers' answers to the exercises of chapter 3: convolve."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import (  # noqa: F401
    ch03_convolution_average,
    ch03_convolution_back,
    ch03_convolution_painting,
    ch03_convolution_shapes,
    ch03_convolution_windows,
)
from tests.chapters.bank.entries import right, wrong


@wrong("convolve", "convolve", "strides")
def _(x, kernel, stride):
    kh, kw = kernel.shape
    height = (x.shape[0] - kh) // stride + 1
    width = (x.shape[1] - kw) // stride + 1
    y = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            y[i, j] = (x[i : i + kh, j : j + kw] * kernel).sum()
    return y


@wrong("convolve", "convolve", "shifted")
def _(x, kernel, stride):
    (h, w), (kh, kw) = x.shape, kernel.shape
    y = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i in range(0, h - kh, stride):
        for j in range(0, w - kw, stride):
            y[i // stride, j // stride] = np.sum(x[i : i + kh, j : j + kw] * kernel)
    return y


@wrong("convolve", "convolve", "flipped")
def _(x, kernel, stride):
    kernel = np.flipud(np.fliplr(kernel))  # a true convolution
    (h, w), (kh, kw) = x.shape, kernel.shape
    height, width = (h - kh) // stride + 1, (w - kw) // stride + 1
    y = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            for a in range(kh):
                for b in range(kw):
                    y[i, j] += x[i * stride + a, j * stride + b] * kernel[a, b]
    return y


@wrong("convolve", "convolve", "shape")
def _(x, kernel, stride):
    kh, kw = kernel.shape
    height = (x.shape[0] - kh + 1) // stride
    width = (x.shape[1] - kw + 1) // stride
    y = np.zeros((height, width))
    for i, j in np.ndindex(height, width):
        y[i, j] = (x[i * stride : i * stride + kh, j * stride : j * stride + kw] * kernel).sum()
    return y


@wrong("convolve", "convolve", "sum missing")
def _(x, kernel, stride):
    height = (x.shape[0] - kernel.shape[0]) // stride + 1
    width = (x.shape[1] - kernel.shape[1]) // stride + 1
    y = np.zeros((height, width))
    for i, j in np.ndindex(height, width):
        for a, b in np.ndindex(kernel.shape):
            y[i, j] = x[i * stride + a, j * stride + b] * kernel[a, b]
    return y


@wrong("convolve", "convolve", "factor")
def _(x, kernel, stride):
    kh, kw = kernel.shape
    y = np.zeros(((x.shape[0] - kh) // stride + 1, (x.shape[1] - kw) // stride + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = np.mean(x[i * stride :, j * stride :][:kh, :kw] * kernel)
    return y


@right("convolve", "convolve")
def _(x, kernel, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)[::stride, ::stride]
    return np.einsum("ijab,ab->ij", windows, kernel)


@right("convolve", "convolve")
def _(x, kernel, stride):
    kh, kw = kernel.shape
    rows = []
    for top in range(0, x.shape[0] - kh + 1, stride):
        rows.append(
            [
                np.vdot(x[top : top + kh, left : left + kw], kernel)
                for left in range(0, x.shape[1] - kw + 1, stride)
            ]
        )
    return np.array(rows)


@right("convolve", "convolve")
def _(
    x, kernel, stride
):  # shifted pictures, one for each number of the kernel, and every stride-th of the sum
    h, w = x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1
    dense = np.zeros((w, h)).T
    for a in reversed(range(kernel.shape[0])):
        for b in reversed(range(kernel.shape[1])):
            dense = dense + kernel[a, b] * x[a : a + h, b : b + w]
    return dense[::stride, ::stride]


@wrong("convolve", "convolve_gradient", "strides")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i + a, j + b] += gy[i, j] * kernel[a, b]
            gk[a, b] += gy[i, j] * x[i + a, j + b]
    return gx, gk


@wrong("convolve", "convolve_gradient", "flipped")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    turned = np.rot90(kernel, 2)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        gx[top : top + kh, left : left + kw] += gy[i, j] * turned
        gk += gy[i, j] * x[top : top + kh, left : left + kw]
    return gx, gk


@wrong("convolve", "convolve_gradient", "flipped")
def _(gy, x, kernel, stride):
    # gx is a "full" convolution of gy, spread out, with the kernel
    kh, kw = kernel.shape
    h, w = x.shape
    spread = np.zeros((h - kh + 1, w - kw + 1))
    spread[::stride, ::stride] = gy
    spread = np.pad(spread, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    gx = np.zeros((h, w))
    for i, j in np.ndindex(h, w):
        gx[i, j] = (spread[i : i + kh, j : j + kw] * kernel).sum()
    gk = np.zeros((kh, kw))
    for i, j in np.ndindex(gy.shape):
        gk += gy[i, j] * x[i * stride : i * stride + kh, j * stride : j * stride + kw]
    return gx, gk


@wrong("convolve", "convolve_gradient", "sum missing")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    gx, gk = np.zeros_like(x), np.zeros_like(kernel)
    for i, j in np.ndindex(gy.shape):
        rows, columns = slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw)
        gx[rows, columns] = gy[i, j] * kernel
        gk += gy[i, j] * x[rows, columns]
    return gx, gk


@wrong("convolve", "convolve_gradient", "factor")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    height, width = gy.shape
    for a, b in np.ndindex(kernel.shape):
        rows = a + stride * np.arange(height)
        columns = b + stride * np.arange(width)
        gk[a, b] = (gy * x[np.ix_(rows, columns)]).mean()
        gx[np.ix_(rows, columns)] += gy * kernel[a, b]
    return gx, gk


@wrong("convolve", "convolve_gradient", "shifted")
def _(gy, x, kernel, stride):
    (h, w), (kh, kw) = x.shape, kernel.shape
    gx, gk = np.zeros((h, w)), np.zeros((kh, kw))
    for top in range(0, h - kh, stride):
        for left in range(0, w - kw, stride):
            g = gy[top // stride, left // stride]
            gx[top : top + kh, left : left + kw] += g * kernel
            gk += g * x[top : top + kh, left : left + kw]
    return gx, gk


@wrong("convolve", "convolve_gradient", "overwritten")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        gx[top : top + kh, left : left + kw] += gy[i, j] * kernel
        window = x[top : top + kh, left : left + kw]
        window *= gy[i, j]
        gk += window
    return gx, gk


@wrong("convolve", "convolve_gradient", "order")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    dkernel, dx = np.zeros(kernel.shape), np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        s, t = i * stride, j * stride
        dkernel += gy[i, j] * x[s : s + kh, t : t + kw]
        dx[s : s + kh, t : t + kw] += gy[i, j] * kernel
    return dkernel, dx


@wrong("convolve", "convolve_gradient", "upstream")
def _(gy, x, kernel, stride):
    # dy/dx is the kernel, dy/dkernel is the window
    kh, kw = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        gx[top : top + kh, left : left + kw] += kernel
        gk += x[top : top + kh, left : left + kw]
    return gx, gk


@right("convolve", "convolve_gradient")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    height, width = gy.shape
    for a, b in np.ndindex(kernel.shape):
        seen = np.s_[a : a + height * stride : stride, b : b + width * stride : stride]
        gx[seen] += gy * kernel[a, b]
        gk[a, b] = np.sum(gy * x[seen])
    return [gx, gk]


@right("convolve", "convolve_gradient")
def _(gy, x, kernel, stride):  # the whole matrix of the convolution: a row for each answer
    (h, w), (kh, kw) = x.shape, kernel.shape
    matrix, windows = [], []
    for i, j in np.ndindex(gy.shape):
        row = np.zeros((h, w))
        row[i * stride : i * stride + kh, j * stride : j * stride + kw] = kernel
        matrix.append(row.ravel())
        windows.append(x[i * stride : i * stride + kh, j * stride : j * stride + kw].ravel())
    g = gy.ravel()
    return (np.array(matrix).T @ g).reshape(h, w), (np.array(windows).T @ g).reshape(kh, kw)


@right("convolve", "convolve_gradient")
def _(gy, x, kernel, stride):  # gy spread out and bordered, the kernel turned
    (h, w), (kh, kw) = x.shape, kernel.shape
    spread = np.zeros((h - kh + 1, w - kw + 1))
    spread[::stride, ::stride] = gy
    views = np.lib.stride_tricks.sliding_window_view
    full = views(np.pad(spread, ((kh - 1,), (kw - 1,))), (kh, kw))
    gx = np.einsum("ijab,ab->ij", full, kernel[::-1, ::-1])
    gk = np.einsum("abij,ij->ab", views(x, spread.shape), spread)
    return gx.round(12), gk.round(12)


@wrong("convolve", "convolve_gradient", "dtype")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    gx, gk = np.zeros(x.shape, dtype=np.float32), np.zeros(kernel.shape, dtype=np.float32)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        gx[top : top + kh, left : left + kw] += gy[i, j] * kernel
        gk += gy[i, j] * x[top : top + kh, left : left + kw]
    return gx, gk


@wrong("convolve", "convolve_gradient", "sum missing")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] += gy[i, j] * kernel[a, b]
            gk[a, b] = gy[i, j] * x[i * stride + a, j * stride + b]
    return gx, gk


@wrong("convolve", "convolve_gradient", "sum twice")
def _(gy, x, kernel, stride):
    kh, kw = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        gx[top : top + kh, left : left + kw] += gy[i, j] * kernel
        gk += (gy[i, j] * x[top : top + kh, left : left + kw]).sum()
    return gx, gk


@wrong("convolve", "convolve_gradient", "wrong variable")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] += gy[i, j] * kernel[a, b]
            gk[a, b] += gx[i * stride + a, j * stride + b] * x[i * stride + a, j * stride + b]
    return gx, gk
