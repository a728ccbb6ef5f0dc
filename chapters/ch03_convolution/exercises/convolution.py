"""An exercise of chapter 3 on a whole convolution, as a product of matrices."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------------------ convolution

CONVOLUTION = Exercise(
    "convolution",
    "convolution",
    "a convolution as a product: batch, channels, a border, and back",
    """
    Chapter 3, "What is depth?", "Loops are slow; a product of matrices is not" and "The way back". Now all of it: n
    pictures of cin channels, cout filters, a border of zeros, strides of 1.

        x, (n, h, w, cin)  →  with a border of `padding` zeros on all four sides
                           →  its windows as rows, (n · height · width, kh · kw · cin)
                           →  times the kernel as a matrix, (kh · kw · cin, cout)
                           →  (n, height, width, cout), where height = h + 2 padding − kh + 1, and so on

    Three helpers are given, so that no loop is needed. On the way back go through the four steps from the last to the
    first. The third is a product of matrices, and you know the gradients of such a product from `dense`.
    """,
    hints=(
        "As a matrix the kernel has a column for each filter, and its rows are in the order of a window's numbers: "
        "they already are. Write the shape after each line as a comment.",
        "gy as a matrix has a row for each window and a column for each filter. For Y = A B: which products of A, B "
        "and the gradient of Y have the shapes of A and of B?",
        "The gradient of the rows goes back by `painted`, into the picture with its border. Which part of that was x?",
    ),
    try_it="""
    x, kernel = np.ones((1, 2, 2, 1)), np.arange(9.0).reshape(3, 3, 1, 1)
    print(convolution(x, kernel, 1)[0, :, :, 0].tolist())  # 24.0, 20.0, 12.0, 8.0
    gx, gk = convolution_gradient(np.array([1.0, 0.0, 0.0, 10.0]).reshape(1, 2, 2, 1), x, kernel, 1)
    print(gx[0, :, :, 0].tolist())  # 4.0, 15.0, 37.0, 48.0
    print(gk[:, :, 0, 0].tolist())  # 10.0, 10.0, 0.0, then 10.0, 11.0, 1.0, then 0.0, 1.0, 1.0
    """,
)


@CONVOLUTION.given
def bordered(x, padding):
    """Pictures with `padding` zeros on all four sides: (n, h, w, c) -> (n, h + 2 padding, w + 2 padding, c)."""
    return np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))


@CONVOLUTION.given
def rows_of(x, kh, kw):
    """The windows of pictures as rows, strides of 1: (n, h, w, c) -> (n * height * width, kh * kw * c)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (n, height, width, kh, kw, c)
    return windows.reshape(-1, kh * kw * x.shape[3])


@CONVOLUTION.given
def painted(rows, shape, kh, kw):
    """Rows painted back into pictures of a shape (n, h, w, c), as windows; where they overlap they add up."""
    n, h, w, c = shape
    windows = rows.reshape(n, h - kh + 1, w - kw + 1, kh, kw, c)
    x = np.zeros(shape)
    for a, b in np.ndindex(kh, kw):
        x[:, a : a + h - kh + 1, b : b + w - kw + 1] += windows[:, :, :, a, b]
    return x


def layers(rng: np.random.Generator):
    """Pictures, kernels and borders."""
    for label, shape, kernel, padding in [
        ("a single channel", (1, 3, 4, 1), (2, 3, 1, 1), 0),
        ("several channels", (1, 4, 3, 2), (3, 2, 2, 3), 0),
        ("two pictures with a border", (2, 3, 4, 2), (3, 3, 2, 1), 1),
        ("two pictures with a wide border", (2, 2, 3, 2), (2, 3, 2, 2), 2),
    ]:
        yield Case(
            label, {"x": rng.normal(size=shape), "kernel": rng.normal(size=kernel), "padding": padding}
        )


def convolution_naive(x, kernel, padding):
    """A convolution, answer by answer."""
    (n, h, w, _), (kh, kw, _, cout) = x.shape, kernel.shape
    inside = np.zeros((n, h + 2 * padding, w + 2 * padding, x.shape[3]))
    inside[:, padding : padding + h, padding : padding + w] = x
    y = np.empty((n, h + 2 * padding - kh + 1, w + 2 * padding - kw + 1, cout))
    for p, i, j, o in np.ndindex(y.shape):
        y[p, i, j, o] = (inside[p, i : i + kh, j : j + kw] * kernel[:, :, :, o]).sum()
    return y


@CONVOLUTION.write(layers, convolution_naive)
def convolution(x, kernel, padding):
    """What every filter sees in every place of every picture.

    x: (n, h, w, cin). kernel: (kh, kw, cin, cout). padding: how many zeros there are on each of the four sides.
    Returns (n, height, width, cout).
    """
    kh, kw, _, cout = kernel.shape
    x = bordered(x, padding)
    n, h, w, _ = x.shape
    y = rows_of(x, kh, kw) @ kernel.reshape(-1, cout)  # (n*height*width, cout)
    return y.reshape(n, h - kh + 1, w - kw + 1, cout)


@convolution.mistake("flipped")
def _(x, kernel, padding):
    """Right for a kernel turned by 180°. Does the first of its rows meet the first of the window's?"""
    return convolution(x, kernel[::-1, ::-1], padding)


@convolution.mistake("transposed")
def _(x, kernel, padding):
    """The kernel's numbers are in another order. Does reshape put the filters side by side, asked for (cout, …)?"""
    return convolution(x, kernel.reshape(kernel.shape[3], -1).T.reshape(kernel.shape), padding)


@convolution.mistake("padding")
def _(x, kernel, padding):
    """Right without a border. On which sides are the zeros, and how many on each?"""
    wide = np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))
    return convolution(wide, kernel, 0)


@convolution.mistake("padding, edge")
def _(x, kernel, padding):
    """Right without a border. Is it made of zeros?"""
    wide = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="edge")
    return convolution(wide, kernel, 0)


@convolution.mistake("channels, order")
def _(x, kernel, padding):
    """Right for one filter. Which axis changes fastest in the product, and is it the last one in your reshape?"""
    y = convolution(x, kernel, padding)
    n, h, w, cout = y.shape
    return y.reshape(n, cout, h, w).transpose(0, 2, 3, 1)


@CONVOLUTION.gradient(convolution_naive, ("x", "kernel"), layers)
def convolution_gradient(gy, x, kernel, padding):
    """How the loss moves with each pixel, and with each number of the kernel.

    gy: (n, height, width, cout). x: (n, h, w, cin), kernel: (kh, kw, cin, cout), padding: as before.
    Returns two arrays: for x, (n, h, w, cin), and for the kernel, (kh, kw, cin, cout).
    """
    kh, kw, _, cout = kernel.shape
    _, h, w, _ = x.shape
    inside = bordered(x, padding)
    gy_rows = gy.reshape(-1, cout)  # (n*height*width, cout)
    gk = rows_of(inside, kh, kw).T @ gy_rows  # (kh*kw*cin, cout)
    gx_rows = gy_rows @ kernel.reshape(-1, cout).T  # (n*height*width, kh*kw*cin)
    gx = painted(gx_rows, inside.shape, kh, kw)  # with its border
    return gx[:, padding : padding + h, padding : padding + w], gk.reshape(kernel.shape)


@convolution_gradient.mistake("flipped")
def _(gy, x, kernel, padding):
    """Right for a kernel turned by 180°. With which of its numbers was the first pixel of a window multiplied?"""
    gx, gk = convolution_gradient(gy, x, kernel[::-1, ::-1], padding)
    return gx, gk[::-1, ::-1]


@convolution_gradient.mistake("padding")
def _(gy, x, kernel, padding):
    """The border is still there. Who wants to know how the loss moves with zeros that were never in x?"""
    _, gk = convolution_gradient(gy, x, kernel, padding)
    return convolution_gradient(gy, bordered(x, padding), kernel, 0)[0], gk


@convolution_gradient.mistake("padding, one side")
def _(gy, x, kernel, padding):
    """Right without a border. All of it was cut off at one side: where did x lie inside of its border?"""
    _, gk = convolution_gradient(gy, x, kernel, padding)
    gx = convolution_gradient(gy, bordered(x, padding), kernel, 0)[0]
    return gx[:, : x.shape[1], : x.shape[2]], gk


@convolution_gradient.mistake("padding, none")
def _(gy, x, kernel, padding):
    """Right with a border, and empty without one. x[0:-0] is empty: −0 is 0. From where to where does x lie?"""
    _, gk = convolution_gradient(gy, x, kernel, padding)
    gx = convolution_gradient(gy, bordered(x, padding), kernel, 0)[0]
    return gx[:, padding:-padding, padding:-padding], gk


@convolution_gradient.mistake("transposed")
def _(gy, x, kernel, padding):
    """The numbers are in another order. As a matrix the kernel is (kh·kw·cin, cout): did you reshape, or transpose?"""
    mixed = kernel.reshape(kernel.shape[3], -1).T.reshape(kernel.shape)
    gx, gk = convolution_gradient(gy, x, mixed, padding)
    return gx, gk.reshape(-1, gk.shape[3]).T.reshape(gk.shape)


@convolution_gradient.mistake("sum missing")
def _(gy, x, kernel, padding):
    """The kernel has heard of the first picture only. In how many was it?"""
    gx, gk = convolution_gradient(gy, x, kernel, padding)
    return gx, convolution_gradient(gy[:1], x[:1], kernel, padding)[1] if len(x) > 1 else gk


@convolution_gradient.mistake("neighbours")
def _(gy, x, kernel, padding):
    """The pictures were added up first, so that gy of one meets the pixels of another. Which belong together?"""
    gx, _ = convolution_gradient(gy, x, kernel, padding)
    _, gk = convolution_gradient(gy.sum(axis=0, keepdims=True), x.sum(axis=0, keepdims=True), kernel, padding)
    return gx, gk


@convolution_gradient.mistake("upstream")
def _(gy, x, kernel, padding):
    """gy was taken for ones. Does the loss move alike with all answers?"""
    return convolution_gradient(np.ones_like(gy), x, kernel, padding)


@convolution_gradient.mistake("factor")
def _(gy, x, kernel, padding):
    """The kernel got the mean over the pictures. Whether the loss is a mean, is that not in gy already?"""
    gx, gk = convolution_gradient(gy, x, kernel, padding)
    return gx, gk / len(x)


EXERCISES = [CONVOLUTION]
