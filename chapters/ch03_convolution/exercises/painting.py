"""Exercises of chapter 3 on painting: transposed convolution, and the way back through average pooling."""

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


@transposed_gradient.mistake("channels")
def _(gy, x, kernel, stride):
    """Right for one channel. The channels of gy were added up first: do they all move alike with a pixel?"""
    gy = np.broadcast_to(gy.mean(axis=3, keepdims=True), gy.shape)
    return transposed_gradient(gy, x, kernel, stride)


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


# ------------------------------------------------------------------------------ find the bug: average pooling

AVERAGE = Exercise(
    "convolution",
    "average",
    "find the bug: average pooling, tried on windows of 2×2",
    """
    Chapter 3, "From many pixels to few" and "The way back". Average pooling: the mean of each window stands for all of
    it, in each channel by itself. Somebody has written `pool_gradient` and tried it with windows of 2×2. It is wrong.

    First write the check that finds it out, `is_right(rule)`: choose pictures, a window and strides, call
    rule(gy, x, size, stride), work the same gradient out by differences, compare. We try it on two rules that are
    right, and on several that are wrong, each where others are not: one for windows that are not square, one where
    windows overlap, one for several channels… Which inputs show them all? Then mend `pool_gradient`.
    """,
    hints=(
        "Think of all that may be alike by chance: height and width of the window, window and strides, all channels, "
        "all pictures, all of gy. Choose inputs in which nothing is.",
        "A window of 2×3 with strides of 1 overlaps, and is not square. For differences move one pixel at a time, and "
        "look at the sum of gy · average_pool(x, size, stride).",
        "For the rule: a mean of kh · kw pixels moves by 1 / (kh · kw) of what one of them does. Is that what gy is "
        "divided by?",
    ),
    try_it="""
    x = np.arange(8.0).reshape(1, 2, 4, 1)
    print(average_pool(x, (2, 2), 2)[0, :, :, 0].tolist())  # 2.5, 4.5
    print(is_right(pool_gradient))  # True, once the rule is mended (before that it is wrong)
    """,
)


@AVERAGE.given
def average_pool(x, size, stride):
    """The mean of every window: (n, h, w, c) -> (n, (h - kh) // stride + 1, (w - kw) // stride + 1, c).

    size: height and width of the window, (kh, kw). stride: by how many pixels it moves, down and to the right.
    """
    (n, h, w, c), (kh, kw) = x.shape, size
    y = np.zeros((n, (h - kh) // stride + 1, (w - kw) // stride + 1, c))
    for i, j in np.ndindex(y.shape[1:3]):
        top, left = i * stride, j * stride
        y[:, i, j] = x[:, top : top + kh, left : left + kw].mean(axis=(1, 2))
    return y


def by_elements(gy, x, size, stride):
    """The gradient of `average_pool`, element by element of the window, all places at once."""
    gx, (height, width) = np.zeros(x.shape), gy.shape[1:3]
    for a, b in np.ndindex(size):
        gx[:, a : a + stride * height : stride, b : b + stride * width : stride][:, :height, :width] += gy
    return gx / np.prod(size)


def pools(rng: np.random.Generator):
    """Pictures and windows."""
    for label, shape, size, stride in [
        ("windows of 2×2 side by side", (1, 4, 4, 1), (2, 2), 2),
        ("windows that are not square", (2, 4, 6, 2), (2, 3), 2),
        ("windows that overlap", (2, 4, 3, 2), (3, 2), 1),
        ("a rim that no window reaches", (1, 5, 4, 3), (2, 1), 3),
    ]:
        yield Case(label, {"x": rng.normal(size=shape), "size": size, "stride": stride})


@AVERAGE.catch(lambda: pool_gradient, right=(by_elements,))
def is_right(rule):
    """Whether a rule for the gradient of `average_pool` is right.

    rule: a function rule(gy, x, size, stride); gy has the shape of what average_pool(x, size, stride) returns, and the
    rule should return how the loss moves with each pixel, an array of the shape of x.
    Returns True or False. Rounding is no mistake: a right rule and differences agree to six digits or so.
    """
    rng = np.random.default_rng(0)
    x, size, stride = rng.normal(size=(2, 5, 4, 2)), (3, 2), 1
    gy = rng.normal(size=average_pool(x, size, stride).shape)
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-4
        moved = average_pool(x + step, size, stride) - average_pool(x - step, size, stride)
        slopes[place] = (gy * moved).sum() / 2e-4
    return bool(np.allclose(rule(gy, x, size, stride), slopes, atol=1e-6))


def spread(gy, x, size, stride):
    """What arrives at each window, painted over the window and not yet divided."""
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        gx[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += gy[:, i : i + 1, j : j + 1]
    return gx


@AVERAGE.gradient(average_pool, "x", pools, begins_as="not square")
def pool_gradient(gy, x, size, stride):
    """How the loss moves with each pixel.

    gy: of the shape of what `average_pool` returns. x: (n, h, w, c), size: (kh, kw), stride: as above.
    Returns (n, h, w, c).
    """
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / (kh * kw)
    return gx


@pool_gradient.mistake("not square")
def _(gy, x, size, stride):
    """Right for square windows. How many pixels has a window of 2×3?"""
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        top, left = i * stride, j * stride
        gx[:, top : top + kh, left : left + kw] += gy[:, i : i + 1, j : j + 1] / kh**2
    return gx


@pool_gradient.mistake("strides")
def _(gy, x, size, stride):
    """Right for windows side by side. Where does the second window stand, if strides are not as long as it is high?"""
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        gx[:, i * kh : i * kh + kh, j * kw : j * kw + kw] += gy[:, i : i + 1, j : j + 1] / (kh * kw)
    return gx


@pool_gradient.mistake("sum missing")
def _(gy, x, size, stride):
    """Right for windows side by side. Where they overlap only the last is left: what should become of the others?"""
    gx, (kh, kw) = np.zeros(x.shape), size
    for i, j in np.ndindex(gy.shape[1:3]):
        gx[:, i * stride : i * stride + kh, j * stride : j * stride + kw] = gy[:, i : i + 1, j : j + 1] / (
            kh * kw
        )
    return gx


@pool_gradient.mistake("factor, counted")
def _(gy, x, size, stride):
    """Right for windows side by side. Where they overlap there is the mean of what arrives: do small moves not add?"""
    counts = spread(np.ones_like(gy), x, size, stride)
    return spread(gy, x, size, stride) / np.maximum(counts, 1) / np.prod(size)


@pool_gradient.mistake("transposed")
def _(gy, x, size, stride):
    """Right for square windows. Which number of `size` is the height?"""
    return spread(gy, x, size[::-1], stride) / np.prod(size)


@pool_gradient.mistake("factor")
def _(gy, x, size, stride):
    """Every pixel gets all of it. How far does a mean move when one of its pixels does?"""
    return spread(gy, x, size, stride)


@pool_gradient.mistake("channels")
def _(gy, x, size, stride):
    """Right for one channel. Does a pixel of one channel move the mean of another?"""
    return spread(gy.mean(axis=3, keepdims=True), x, size, stride) / np.prod(size)


@pool_gradient.mistake("neighbours")
def _(gy, x, size, stride):
    """Right for one picture. Does a pixel of one picture move the means of another?"""
    return spread(gy.mean(axis=0, keepdims=True), x, size, stride) / np.prod(size)


@pool_gradient.mistake("upstream")
def _(gy, x, size, stride):
    """gy was taken for ones. Does the loss move alike with all means?"""
    return spread(np.ones_like(gy), x, size, stride) / np.prod(size)


EXERCISES = [TRANSPOSED, AVERAGE]
