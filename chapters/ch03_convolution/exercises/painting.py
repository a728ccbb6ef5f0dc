"""An exercise of chapter 3 on painting: transposed convolution, and the way back through it."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------------------- transposed

TRANSPOSED = Exercise(
    "convolution",
    "transposed",
    "a transposed convolution: paint, and look back",
    """
    Chapter 3, "The way back", from the picture of painting on. Each pixel of x paints the kernel, times itself, into
    the result; the next pixel paints `stride` further. Where paintings overlap they add up, and nothing is cut off:

        y[p, i · stride + a, j · stride + b, o]  gets  Σ over c of  x[p, i, j, c] kernel[a, b, o, c]

    Pictures are (n, h, w, cin), the kernel is (kh, kw, cout, cin), which is how Keras has it: it is the kernel of the
    convolution that leads from y to x. The result is (n, (h − 1) stride + kh, (w − 1) stride + kw, cout).

    Forward paints, so what does the way back do? Which numbers of y does the pixel x[p, i, j, c] move?
    """,
    hints=(
        "Two loops over the kernel's places (a, b) and two over the pixels (i, j) are clear enough. Or only the first "
        "two, with all pixels at once: a slice with steps of `stride`.",
        "In the line above, the loss hears of the pixel at i · stride + a, j · stride + b, for all a, b and o. Of a "
        "number of the kernel it hears from all pixels of all pictures.",
        "For one (i, j) and one (a, b): gy there is (n, cout), the kernel there (cout, cin), x there (n, cin). Which "
        "product gives (n, cin), and which (cout, cin)?",
    ),
    try_it="""
    x, kernel = np.array([1.0, 10.0]).reshape(1, 1, 2, 1), np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    print(transposed(x, kernel, 2)[0, 0, :, 0].tolist())  # 1.0, 2.0, 13.0, 20.0, 30.0
    gx, gk = transposed_gradient(np.ones((1, 1, 5, 1)), x, kernel, 2)
    print(gx[0, 0, :, 0].tolist(), gk[0, :, 0, 0].tolist())  # 6.0, 6.0 and 11.0, 11.0, 11.0
    """,
)


def small_pictures(rng: np.random.Generator):
    """Small pictures, to become larger."""
    for label, shape, kernel, stride in [
        ("strides of 1", (1, 3, 2, 1), (2, 3, 1, 1), 1),
        ("several channels", (1, 2, 3, 2), (3, 2, 3, 2), 1),
        ("strides of 2", (2, 3, 2, 1), (3, 4, 2, 1), 2),
        ("paintings side by side", (2, 2, 3, 2), (3, 3, 1, 2), 3),
        ("as many channels as before", (2, 2, 3, 2), (3, 2, 2, 2), 2),
    ]:
        yield Case(label, {"x": rng.normal(size=shape), "kernel": rng.normal(size=kernel), "stride": stride})


def transposed_naive(x, kernel, stride):
    """Each pixel of x paints the kernel, number by number."""
    (n, h, w, cin), (kh, kw, cout, _) = x.shape, kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for p, i, j in np.ndindex(n, h, w):
        for a, b, o in np.ndindex(kh, kw, cout):
            y[p, i * stride + a, j * stride + b, o] += sum(
                x[p, i, j, c] * kernel[a, b, o, c] for c in range(cin)
            )
    return y


@TRANSPOSED.write(small_pictures, transposed_naive)
def transposed(x, kernel, stride):
    """Every pixel paints the kernel.

    x: (n, h, w, cin). kernel: (kh, kw, cout, cin), not turned. stride: how far apart two pixels paint, a number.
    Returns (n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout).
    """
    (n, h, w, _), (kh, kw, cout, _) = x.shape, kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, cout))
    for i, j in np.ndindex(h, w):
        for a, b in np.ndindex(kh, kw):
            y[:, i * stride + a, j * stride + b] += x[:, i, j] @ kernel[a, b].T  # (n, cin) @ (cin, cout)
    return y


@transposed.mistake("flipped")
def _(x, kernel, stride):
    """Right for a kernel turned by 180°. Each pixel paints the kernel: the right way up?"""
    return transposed(x, kernel[::-1, ::-1], stride)


@transposed.mistake("strides")
def _(x, kernel, stride):
    """Right for strides of 1. How far from the first pixel's painting does the second's begin?"""
    y, close = transposed(0 * x, kernel, stride), transposed(x, kernel, 1)
    y[:, : close.shape[1], : close.shape[2]] = close
    return y


@transposed.mistake("sum missing")
def _(x, kernel, stride):
    """Where paintings overlap only the last one is left. What should happen to those before it?"""
    y, (kh, kw) = transposed(0 * x, kernel, stride), kernel.shape[:2]
    for i, j in np.ndindex(x.shape[1:3]):
        top, left = i * stride, j * stride
        y[:, top : top + kh, left : left + kw] = transposed(x[:, i : i + 1, j : j + 1], kernel, stride)
    return y


@transposed.mistake("channels")
def _(x, kernel, stride):
    """Right for one channel. A pixel's channels: has each of them numbers of its own in the kernel?"""
    return transposed(x.sum(axis=3, keepdims=True), kernel.mean(axis=3, keepdims=True), stride)


@TRANSPOSED.gradient(transposed_naive, ("x", "kernel"), small_pictures)
def transposed_gradient(gy, x, kernel, stride):
    """How the loss moves with each pixel, and with each number of the kernel.

    gy: of the shape of what `transposed` returns. x: (n, h, w, cin), kernel: (kh, kw, cout, cin), stride: as before.
    Returns two arrays: for x, (n, h, w, cin), and for the kernel, (kh, kw, cout, cin).
    """
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(x.shape[1:3]):
        for a, b in np.ndindex(kernel.shape[:2]):
            g = gy[:, i * stride + a, j * stride + b]  # (n, cout)
            gx[:, i, j] += g @ kernel[a, b]  # (n, cout) @ (cout, cin)
            gk[a, b] += g.T @ x[:, i, j]  # (cout, n) @ (n, cin)
    return gx, gk


@transposed_gradient.mistake("flipped")
def _(gy, x, kernel, stride):
    """Right for a kernel turned by 180°. Which of its numbers did the pixel paint at the upper left?"""
    gx, gk = transposed_gradient(gy, x, kernel[::-1, ::-1], stride)
    return gx, gk[::-1, ::-1]


@transposed_gradient.mistake("strides")
def _(gy, x, kernel, stride):
    """Right for strides of 1. Where did the pixel at i, j paint?"""
    return transposed_gradient(gy, x, kernel, 1)


@transposed_gradient.mistake("sum missing")
def _(gy, x, kernel, stride):
    """Only the last of what arrives is left. How many numbers of y has each painted?"""
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(x.shape[1:3]):
        for a, b in np.ndindex(kernel.shape[:2]):
            g = gy[:, i * stride + a, j * stride + b]
            gx[:, i, j] = g @ kernel[a, b]
            gk[a, b] = g.T @ x[:, i, j]
    return gx, gk


for _also in (True, False):

    @transposed_gradient.mistake(f"left out, for the {'kernel and x' if _also else 'kernel'}")
    def _(gy, x, kernel, stride, also=_also):
        """All places of the kernel get the same. Where did the number at a, b paint, and where the one at 0, 0?"""
        gx, gk = transposed_gradient(gy, x, kernel, stride)
        at_corner = transposed_gradient(gy, x, kernel[:1, :1], stride)[1]
        if also:
            gx = transposed_gradient(gy, x, kernel.sum(axis=(0, 1), keepdims=True), stride)[0]
        return gx, np.broadcast_to(at_corner, gk.shape)


@transposed_gradient.mistake("channels")
def _(gy, x, kernel, stride):
    """Right for one channel. The channels of gy were added up first: do they all move alike with a pixel?"""
    gy = np.broadcast_to(gy.mean(axis=3, keepdims=True), gy.shape)
    return transposed_gradient(gy, x, kernel, stride)


@transposed_gradient.mistake("sum twice")
def _(gy, x, kernel, stride):
    """gy and the kernel were added up first, then multiplied. Which number of the kernel belongs to which of gy?"""
    (kh, kw), gx = kernel.shape[:2], np.zeros(x.shape)
    for i, j in np.ndindex(x.shape[1:3]):
        top, left = i * stride, j * stride
        window = gy[:, top : top + kh, left : left + kw].sum(axis=(1, 2, 3))  # (n,)
        gx[:, i, j] = window[:, None] * kernel.sum(axis=(0, 1, 2))
    return gx, transposed_gradient(gy, x, kernel, stride)[1]


@transposed_gradient.mistake("upstream")
def _(gy, x, kernel, stride):
    """gy was taken for ones. Does the loss move alike with all numbers of the result?"""
    return transposed_gradient(np.ones_like(gy), x, kernel, stride)


@transposed_gradient.mistake("factor")
def _(gy, x, kernel, stride):
    """The kernel got the mean over the pixels that paint. If each use moves the loss a little, how far do they all?"""
    gx, gk = transposed_gradient(gy, x, kernel, stride)
    return gx, gk / (x.shape[1] * x.shape[2])


@transposed_gradient.mistake("shifted")
def _(gy, x, kernel, stride):
    """The last line and the last column of pixels were left out. How many pixels paint?"""
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    gx[:, :-1, :-1], gk = transposed_gradient(gy, x[:, :-1, :-1], kernel, stride)
    return gx, gk


EXERCISES = [TRANSPOSED]
