"""An exercise of chapter 3 on loops: a convolution as it is defined, and the way back through it."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# --------------------------------------------------------------------------------------------- convolve

CONVOLVE = Exercise(
    "convolution",
    "convolve",
    "a convolution in loops, forward and back",
    """
    Chapter 3, "Lay it over, multiply, add, move on" and "The way back". One picture, one kernel, and the window moves
    by `stride` pixels at a time. With strides of 1 the lesson has it all. So where is the window that gives y[i, j],
    when it moves by 2, or 3? It stays inside of the picture, which leaves so many places for it:

        height = (h − kh) // stride + 1,   width = (w − kw) // stride + 1

    Then the way back: `gy`, (height, width), says how the loss moves with each answer. Look at the line in the
    innermost loop, and turn it around: once for the pixels, once for the kernel.
    """,
    hints=(
        "With strides of 1 the answer y[i, j] looks at the pixels from x[i, j] on. With strides of 2, where does the "
        "second window of a row begin? And window j?",
        "Backward are the same loops. A product stands in the innermost line, y[…] += x[…] · kernel[…]: what is the "
        "slope of a product with each of its factors?",
        "A pixel lies under several windows, and a number of the kernel has been in all places. How do you make sure "
        "that all of what arrives is there in the end?",
    ),
    try_it="""
    x, kernel = np.arange(6.0).reshape(2, 3), np.array([[1.0, 0.0], [0.0, -1.0]])
    print(convolve(x, kernel, 1).tolist())  # -4.0, -4.0
    for g in convolve_gradient(np.array([[1.0, 10.0]]), x, kernel, 1):
        print(g.tolist())  # 1.0, 10.0, 0.0 and 0.0, -1.0, -10.0, then 10.0, 21.0 and 43.0, 54.0
    """,
)


def pictures(rng: np.random.Generator):
    """Pictures and kernels of several sizes, with strides and a rim."""
    for label, shape, window, stride in [
        ("strides of 1", (5, 4), (3, 2), 1),
        ("a kernel of one line", (3, 6), (1, 3), 1),
        ("strides of 2", (7, 5), (3, 3), 2),
        ("a rim that no window reaches", (6, 9), (3, 2), 4),
    ]:
        yield Case(label, {"x": rng.normal(size=shape), "kernel": rng.normal(size=window), "stride": stride})


def convolve_naive(x, kernel, stride):
    """Each answer is the sum over one window."""
    (h, w), (kh, kw) = x.shape, kernel.shape
    y = np.empty(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        y[i, j] = (x[top : top + kh, left : left + kw] * kernel).sum()
    return y


@CONVOLVE.write(pictures, convolve_naive)
def convolve(x, kernel, stride):
    """What the kernel sees in each of its places.

    x: a picture, (h, w). kernel: (kh, kw), not turned. stride: by how many pixels it moves, down and to the right.
    Returns (height, width), as above.
    """
    (h, w), (kh, kw) = x.shape, kernel.shape
    y = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i, j in np.ndindex(y.shape):
        for a, b in np.ndindex(kh, kw):
            y[i, j] += x[i * stride + a, j * stride + b] * kernel[a, b]
    return y


@convolve.mistake("flipped")
def _(x, kernel, stride):
    """Right for a kernel turned by 180°. Which of its numbers lies on the first pixel of the window?"""
    return convolve_naive(x, kernel[::-1, ::-1], stride)


@convolve.mistake("strides")
def _(x, kernel, stride):
    """Right for strides of 1. There are as many windows as there should be, but where do they stand?"""
    (h, w), (kh, kw) = x.shape, kernel.shape
    return convolve_naive(x, kernel, 1)[: (h - kh) // stride + 1, : (w - kw) // stride + 1]


@convolve.mistake("strides, spread")
def _(x, kernel, stride):
    """The windows stand in their places, but their pixels lie apart, too. What is it that moves by `stride`?"""
    (h, w), (kh, kw) = x.shape, kernel.shape
    y = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i, j in np.ndindex(y.shape):
        for a, b in np.ndindex(kh, kw):
            y[i, j] += x[(i + a) * stride % h, (j + b) * stride % w] * kernel[a, b]
    return y


@convolve.mistake("sum missing")
def _(x, kernel, stride):
    """Only the last product of each window is left. What happens to those before it?"""
    last = np.zeros_like(kernel)
    last[-1, -1] = kernel[-1, -1]
    return convolve_naive(x, last, stride)


@convolve.mistake("shifted")
def _(x, kernel, stride):
    """The last line or column of places is missing. Does range end before its end, or with it?"""
    (h, w), (kh, kw) = x.shape, kernel.shape
    y = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for top in range(0, h - kh, stride):
        for left in range(0, w - kw, stride):
            y[top // stride, left // stride] = (x[top : top + kh, left : left + kw] * kernel).sum()
    return y


@CONVOLVE.gradient(convolve_naive, ("x", "kernel"), pictures)
def convolve_gradient(gy, x, kernel, stride):
    """How the loss moves with each pixel, and with each number of the kernel.

    gy: (height, width). x: (h, w), kernel: (kh, kw), stride: as before.
    Returns two arrays: for x, (h, w), and for the kernel, (kh, kw).
    """
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] += gy[i, j] * kernel[a, b]
            gk[a, b] += gy[i, j] * x[i * stride + a, j * stride + b]
    return gx, gk


@convolve_gradient.mistake("flipped")
def _(gy, x, kernel, stride):
    """Right for a kernel turned by 180°. Which of its numbers met which pixel on the way forward?"""
    gx, gk = convolve_gradient(gy, x, kernel[::-1, ::-1], stride)
    return gx, gk[::-1, ::-1]


@convolve_gradient.mistake("strides")
def _(gy, x, kernel, stride):
    """Right for strides of 1. Where did the window of gy[i, j] stand?"""
    return convolve_gradient(gy, x, kernel, 1)


@convolve_gradient.mistake("sum missing")
def _(gy, x, kernel, stride):
    """Only the last of what arrives is left. Who else has looked at that pixel, and where else was that number?"""
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] = gy[i, j] * kernel[a, b]
            gk[a, b] = gy[i, j] * x[i * stride + a, j * stride + b]
    return gx, gk


@convolve_gradient.mistake("upstream")
def _(gy, x, kernel, stride):
    """gy was taken for ones. Does the loss move alike with all answers?"""
    return convolve_gradient(np.ones_like(gy), x, kernel, stride)


@convolve_gradient.mistake("factor")
def _(gy, x, kernel, stride):
    """The kernel got the mean over its places. In how many places does it move the loss, and do small moves add?"""
    gx, gk = convolve_gradient(gy, x, kernel, stride)
    return gx, gk / gy.size


@convolve_gradient.mistake("own")
def _(gy, x, kernel, stride):
    """Each factor was multiplied with itself. In y += x · k, how far does y move with x?"""
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] += gy[i, j] * x[i * stride + a, j * stride + b]
            gk[a, b] += gy[i, j] * kernel[a, b]
    return gx, gk


@convolve_gradient.mistake("wrong variable")
def _(gy, x, kernel, stride):
    """The kernel's gradient was made with what had arrived at the pixels so far, gx. What arrives at an answer?"""
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j in np.ndindex(gy.shape):
        for a, b in np.ndindex(kernel.shape):
            gx[i * stride + a, j * stride + b] += gy[i, j] * kernel[a, b]
            gk[a, b] += gx[i * stride + a, j * stride + b] * x[i * stride + a, j * stride + b]
    return gx, gk


@convolve_gradient.mistake("shifted")
def _(gy, x, kernel, stride):
    """The last line or column of places was left out. Does range end before its end, or with it?"""
    (h, w), (kh, kw) = x.shape, kernel.shape
    gx, gk = np.zeros(x.shape), np.zeros(kernel.shape)
    for top in range(0, h - kh, stride):
        for left in range(0, w - kw, stride):
            gx[top : top + kh, left : left + kw] += gy[top // stride, left // stride] * kernel
            gk += gy[top // stride, left // stride] * x[top : top + kh, left : left + kw]
    return gx, gk


EXERCISES = [CONVOLVE]
