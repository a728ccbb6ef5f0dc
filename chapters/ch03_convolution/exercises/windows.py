"""An exercise of chapter 3 on windows: im2col, and the way back from it."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ---------------------------------------------------------------------------------------------- windows

WINDOWS = Exercise(
    "convolution",
    "windows",
    "every window as a row, and the way back (im2col)",
    """
    Chapter 3, "Loops are slow; a product of matrices is not". Write every window of n pictures down as a row, so that a
    convolution becomes one product. The rows go picture by picture, in each picture line by line, and from the left to
    the right. In a row the numbers stand as in the window: line by line, from the left to the right, and of each pixel
    all its channels.

        x, (n, h, w, c)   →   (n · height · width, kh · kw · c)        height = (h − kh) // stride + 1, and so on

    And back: im2col writes a pixel down several times. When a gradient comes back for each copy, how does the loss move
    with the pixel? (It is called col2im.)
    """,
    hints=(
        "One window of one picture is a slice x[p, top : …, left : …], of shape (kh, kw, c). Its numbers already are "
        "in the order that is asked for.",
        "Three loops are enough: pictures, and the two of the places. np.ndindex(n, height, width) goes through them "
        "in the right order.",
        "Back: go through the same places in the same order. Each row becomes a window again, and is painted where it "
        "came from. What if something has been painted there before?",
    ),
    try_it="""
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    print(im2col(x, 2, 2, 1)[1].tolist())  # the second window: 1.0, 2.0, 4.0, 5.0
    print(im2col_gradient(np.ones((4, 4)), x, 2, 2, 1)[0, :, 1, 0].tolist())  # down the middle: 2.0, 4.0, 2.0
    """,
)


def batches(rng: np.random.Generator):
    """Batches of pictures and sizes of windows."""
    for label, shape, kh, kw, stride in [
        ("one picture", (1, 4, 3, 1), 2, 2, 1),
        ("several pictures and channels", (2, 3, 4, 3), 2, 3, 1),
        ("windows of 2×2", (2, 3, 3, 2), 2, 2, 1),
        ("strides of 2", (1, 5, 7, 2), 3, 3, 2),
        ("a rim that no window reaches", (2, 4, 5, 1), 2, 3, 3),
    ]:
        yield Case(label, {"x": rng.normal(size=shape), "kh": kh, "kw": kw, "stride": stride})


def im2col_naive(x, kh, kw, stride):
    """im2col, number by number."""
    n, h, w, c = x.shape
    rows = []
    for p, i, j in np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1):
        rows.append([x[p, i * stride + a, j * stride + b, k] for a, b, k in np.ndindex(kh, kw, c)])
    return np.array(rows)


@WINDOWS.write(batches, im2col_naive)
def im2col(x, kh, kw, stride):
    """Every window as a row.

    x: (n, h, w, c). kh, kw: height and width of the window. stride: by how many pixels it moves, down and to the right.
    Returns (n * height * width, kh * kw * c).
    """
    n, h, w, c = x.shape
    rows = []
    for p, i, j in np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1):
        top, left = i * stride, j * stride
        rows.append(x[p, top : top + kh, left : left + kw].reshape(-1))
    return np.stack(rows)


@im2col.mistake("channels")
def _(x, kh, kw, stride):
    """In a row all of the first channel comes first. Which order did the task ask for?"""
    cols = im2col_naive(x, kh, kw, stride)
    return cols.reshape(len(cols), -1, x.shape[3]).swapaxes(1, 2).reshape(len(cols), -1)


@im2col.mistake("transposed")
def _(x, kh, kw, stride):
    """Windows were written down column by column. In which order do the pixels of a window come?"""
    cols = im2col_naive(x, kh, kw, stride)
    return cols.reshape(len(cols), kh, kw, -1).swapaxes(1, 2).reshape(len(cols), -1)


@im2col.mistake("order")
def _(x, kh, kw, stride):
    """The rows of different pictures take turns. When does the second picture begin?"""
    cols = im2col_naive(x, kh, kw, stride)
    return cols.reshape(len(x), -1, cols.shape[1]).swapaxes(0, 1).reshape(cols.shape)


@im2col.mistake("strides")
def _(x, kh, kw, stride):
    """Right for strides of 1. There are as many windows as there should be, but where do they stand?"""
    n, h, w, _ = x.shape
    places = np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1)
    return np.stack([x[p, i : i + kh, j : j + kw].reshape(-1) for p, i, j in places])


@im2col.mistake("shifted")
def _(x, kh, kw, stride):
    """The windows of the last line or column are missing. Does range end before its end, or with it?"""
    _, h, w, _ = x.shape
    tops, lefts = range(0, h - kh, stride), range(0, w - kw, stride)
    rows = [each[i : i + kh, j : j + kw].reshape(-1) for each in x for i in tops for j in lefts]
    return np.array(rows).reshape(-1, kh * kw * x.shape[3])


@WINDOWS.gradient(im2col_naive, "x", batches)
def im2col_gradient(gy, x, kh, kw, stride):
    """How the loss moves with each pixel.

    gy: (n * height * width, kh * kw * c), how it moves with each number of each row.
    x: (n, h, w, c), of which only the shape matters. kh, kw, stride: as before.
    Returns (n, h, w, c).
    """
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    places = np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1)
    for row, (p, i, j) in zip(gy, places):
        top, left = i * stride, j * stride
        gx[p, top : top + kh, left : left + kw] += row.reshape(kh, kw, c)
    return gx


@im2col_gradient.mistake("sum missing")
def _(gy, x, kh, kw, stride):
    """Where windows overlap only the last one is left. What if something has been painted there before?"""
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    for row, (p, i, j) in zip(gy, np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1)):
        gx[p, i * stride : i * stride + kh, j * stride : j * stride + kw] = row.reshape(kh, kw, c)
    return gx


@im2col_gradient.mistake("factor")
def _(gy, x, kh, kw, stride):
    """Each pixel got the mean over its copies. If each of four copies moves the loss by 1, by how much do they all?"""
    counts = im2col_gradient(np.ones_like(gy), x, kh, kw, stride)
    return im2col_gradient(gy, x, kh, kw, stride) / np.maximum(counts, 1)


@im2col_gradient.mistake("upstream")
def _(gy, x, kh, kw, stride):
    """This is how often each pixel was written down. Does the loss move alike with all copies?"""
    return im2col_gradient(np.ones_like(gy), x, kh, kw, stride)


@im2col_gradient.mistake("channels")
def _(gy, x, kh, kw, stride):
    """In the rows all of a channel was taken to stand together. In which order did im2col write a pixel's channels?"""
    turned = gy.reshape(len(gy), x.shape[3], -1).swapaxes(1, 2).reshape(gy.shape)
    return im2col_gradient(turned, x, kh, kw, stride)


@im2col_gradient.mistake("transposed")
def _(gy, x, kh, kw, stride):
    """The windows were painted column by column. In which order were their pixels written down?"""
    turned = gy.reshape(len(gy), kw, kh, -1).swapaxes(1, 2).reshape(gy.shape)
    return im2col_gradient(turned, x, kh, kw, stride)


@im2col_gradient.mistake("order")
def _(gy, x, kh, kw, stride):
    """Rows of one picture were painted into another. When does the second picture begin?"""
    turned = gy.reshape(-1, len(x), gy.shape[1]).swapaxes(0, 1).reshape(gy.shape)
    return im2col_gradient(turned, x, kh, kw, stride)


@im2col_gradient.mistake("order, the first picture")
def _(gy, x, kh, kw, stride):
    """Each picture gets what belongs to the first. After which row does the second picture begin?"""
    return im2col_gradient(np.tile(gy[: len(gy) // len(x)], (len(x), 1)), x, kh, kw, stride)


@im2col_gradient.mistake("strides")
def _(gy, x, kh, kw, stride):
    """Right for strides of 1. Where did the window come from that is painted here?"""
    n, h, w, c = x.shape
    gx = np.zeros(x.shape)
    for row, (p, i, j) in zip(gy, np.ndindex(n, (h - kh) // stride + 1, (w - kw) // stride + 1)):
        gx[p, i : i + kh, j : j + kw] += row.reshape(kh, kw, c)
    return gx


@im2col_gradient.mistake("shifted")
def _(gy, x, kh, kw, stride):
    """The windows of the last line or column were left out. Does range end before its end, or with it?"""
    n, h, w, c = x.shape
    windows = gy.reshape(n, (h - kh) // stride + 1, (w - kw) // stride + 1, kh, kw, c)
    gx = np.zeros(x.shape)
    for top in range(0, h - kh, stride):
        for left in range(0, w - kw, stride):
            gx[:, top : top + kh, left : left + kw] += windows[:, top // stride, left // stride]
    return gx


EXERCISES = [WINDOWS]
