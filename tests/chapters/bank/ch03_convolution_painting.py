"""Readers' answers to the exercises of chapter 3: transposed."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


@wrong("transposed", "transposed", "flipped")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for i, j in np.ndindex(h, w):
        for a, b in np.ndindex(kh, kw):
            y[:, i * stride + a, j * stride + b] += x[:, i, j] @ kernel[kh - 1 - a, kw - 1 - b].T
    return y


@wrong("transposed", "transposed", "sum missing")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for i, j in np.ndindex(h, w):
        painting = np.einsum("nc,aboc->nabo", x[:, i, j], kernel)
        y[:, i * stride : i * stride + kh, j * stride : j * stride + kw] = painting
    return y


@wrong("transposed", "transposed", "strides")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for i, j in np.ndindex(h, w):
        y[:, i : i + kh, j : j + kw] += np.einsum("nc,aboc->nabo", x[:, i, j], kernel)
    return y


@wrong("transposed", "transposed", "padding", "shape")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    y = np.zeros((n, h * stride + kh, w * stride + kw, cout))
    for i, j in np.ndindex(h, w):
        y[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += np.einsum(
            "nc,aboc->nabo", x[:, i, j], kernel
        )
    return y[:, : h * stride, : w * stride]


@wrong("transposed", "transposed", "channels", "transposed")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    kernel = kernel.reshape(kh, kw, cin, cout)
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for i, j, a, b in np.ndindex(h, w, kh, kw):
        y[:, i * stride + a, j * stride + b] += x[:, i, j] @ kernel[a, b]
    return y


@right("transposed", "transposed")
def _(x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    y = np.zeros((cout, (w - 1) * stride + kw, (h - 1) * stride + kh, n)).T
    for a in range(kh):
        for b in range(kw):
            y[:, a : a + h * stride : stride, b : b + w * stride : stride] += x @ kernel[a, b].T
    return y


@right("transposed", "transposed")
def _(x, kernel, stride):  # gaps of zeros, a border, then an ordinary convolution with the kernel turned
    n, h, w, cin = x.shape
    kh, kw = kernel.shape[:2]
    gaps = np.zeros((n, (h - 1) * stride + 1, (w - 1) * stride + 1, cin))
    gaps[:, ::stride, ::stride] = x
    gaps = np.pad(gaps, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(gaps, (kh, kw), axis=(1, 2))
    return np.einsum("nijcab,aboc->nijo", windows, kernel[::-1, ::-1])


@wrong("transposed", "transposed_gradient", "flipped")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw = kernel.shape[:2]
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(h, w):
        window = gy[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        gx[:, i, j] = np.einsum("nabo,aboc->nc", window, kernel[::-1, ::-1])
        gk += np.einsum("nabo,nc->aboc", window, x[:, i, j])
    return gx, gk


@wrong("transposed", "transposed_gradient", "sum missing")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw = kernel.shape[:2]
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for p in range(n):
        for a, b in np.ndindex(kh, kw):
            seen = gy[p, a : a + h * stride : stride, b : b + w * stride : stride]
            gx[p] += seen @ kernel[a, b]
            gk[a, b] = np.einsum("ijo,ijc->oc", seen, x[p])
    return gx, gk


@wrong("transposed", "transposed_gradient", "strides")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for a, b in np.ndindex(kernel.shape[:2]):
        seen = gy[:, a : a + h, b : b + w]
        gx += seen @ kernel[a, b]
        gk[a, b] = np.einsum("nijo,nijc->oc", seen, x)
    return gx, gk


@wrong("transposed", "transposed_gradient", "channels", "transposed")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros((kh, kw, cin, cout))
    for a, b in np.ndindex(kh, kw):
        seen = gy[:, a : a + h * stride : stride, b : b + w * stride : stride]
        gx += seen @ kernel[a, b]
        gk[a, b] = np.tensordot(x, seen, axes=([0, 1, 2], [0, 1, 2]))
    return gx, gk.reshape(kernel.shape)


@wrong("transposed", "transposed_gradient", "order")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    dx, dk = np.zeros(x.shape), np.zeros(kernel.shape)
    for a, b in np.ndindex(kernel.shape[:2]):
        g = gy[:, a:, b:][:, ::stride, ::stride][:, :h, :w]
        dx += g @ kernel[a, b]
        dk[a, b] = np.einsum("nijo,nijc->oc", g, x)
    return dk, dx


@wrong("transposed", "transposed_gradient", "shifted")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw = kernel.shape[:2]
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i in range(h - 1):
        for j in range(w - 1):
            window = gy[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            gx[:, i, j] = np.einsum("nabo,aboc->nc", window, kernel)
            gk += np.einsum("nabo,nc->aboc", window, x[:, i, j])
    return gx, gk


@wrong("transposed", "transposed_gradient", "sum twice")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw = kernel.shape[:2]
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for p, i, j in np.ndindex(n, h, w):
        window = gy[p, i * stride : i * stride + kh, j * stride : j * stride + kw]
        for c in range(cin):
            gx[p, i, j, c] = window.sum() * kernel[..., c].sum()
            gk[..., c] += window * x[p, i, j, c]
    return gx, gk


@wrong("transposed", "transposed_gradient", "sum missing")
def _(gy, x, kernel, stride):
    n, h, w, cin = x.shape
    kh, kw, cout, cin = kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j, a, b in np.ndindex(h, w, kh, kw):
        for o in range(cout):
            g = gy[:, i * stride + a, j * stride + b, o]
            for c in range(cin):
                gx[:, i, j, c] = g * kernel[a, b, o, c]
                gk[a, b, o, c] += (g * x[:, i, j, c]).sum()
    return gx, gk


@right("transposed", "transposed_gradient")
def _(gy, x, kernel, stride):
    windows = np.lib.stride_tricks.sliding_window_view(gy, kernel.shape[:2], axis=(1, 2))[
        :, ::stride, ::stride
    ]
    return np.einsum("nijoab,aboc->nijc", windows, kernel), np.einsum("nijoab,nijc->aboc", windows, x)


@right("transposed", "transposed_gradient")
def _(gy, x, kernel, stride):
    kh, kw, cout, cin = kernel.shape
    n, h, w, _ = x.shape
    rows = np.empty((n * h * w, kh * kw * cout))
    for row, (p, i, j) in enumerate(np.ndindex(n, h, w)):
        rows[row] = gy[p, i * stride : i * stride + kh, j * stride : j * stride + kw].ravel()
    gx = rows @ kernel.reshape(-1, cin)
    gk = rows.T @ x.reshape(-1, cin)
    return [gx.reshape(x.shape), gk.reshape(kernel.shape)]


@right("transposed", "transposed_gradient")
def _(gy, x, kernel, stride):
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for p, i, j, c in np.ndindex(x.shape):
        for a, b, o in np.ndindex(kernel.shape[:3]):
            g = gy[p, i * stride + a, j * stride + b, o]
            gx[p, i, j, c] += g * kernel[a, b, o, c]
            gk[a, b, o, c] += g * x[p, i, j, c]
    return gx, gk


@wrong("transposed", "transposed_gradient", "left out")
def _(gy, x, kernel, stride):
    (_, h, w, _), (kh, kw, _, _) = x.shape, kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for a, b in np.ndindex(kh, kw):
        gx += gy[:, a::stride, b::stride][:, :h, :w] @ kernel[a, b]
        gk[a, b] = np.einsum("nijo,nijc->oc", gy[:, ::stride, ::stride][:, :h, :w], x)
    return gx, gk
