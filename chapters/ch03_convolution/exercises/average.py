"""An exercise of chapter 3 on average pooling: a check that has to look at more than one kind of window."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------ find the bug: average pooling

AVERAGE = Exercise(
    "convolution",
    "average",
    "find the bug: average pooling, tried on windows of 2×2",
    """
    Chapter 3, "From many pixels to few" and "The way back". Average pooling: the mean of each window stands for all of
    it, in each channel by itself. Somebody has written `pool_gradient` and tried it with windows of 2×2. It is wrong.

    First write the check that finds it out, `is_right(rule)`: choose pictures, a window, strides and gy, call
    rule(gy, x, size, stride), and compare what it answers with differences, for which `slopes` is given. We try it on
    two rules that are right, and on several that are wrong, each with some inputs only. Which inputs show them all?
    Then mend `pool_gradient`.
    """,
    hints=(
        "A window of 2×2 is as high as it is wide: who mixes the two up is right by chance. What else may be alike by "
        "chance? Go through the four arguments of the rule, and choose inputs in which nothing is.",
        "`slopes` wants a function of the pictures that gives a number, a loss. If gy is how the loss moves with each "
        "mean, such a loss is the sum of gy · average_pool(x, size, stride).",
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


@AVERAGE.given
def slopes(loss, x):
    """How a loss moves with each element of x, by central differences. loss: a function of x that gives a number."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-4
        found[place] = (loss(x + step) - loss(x - step)) / 2e-4
    return found


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
    expected = slopes(lambda x: (gy * average_pool(x, size, stride)).sum(), x)
    return bool(np.allclose(rule(gy, x, size, stride), expected, atol=1e-6))


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


@pool_gradient.mistake("not square, width")
def _(gy, x, size, stride):
    """Right for square windows. How many pixels has a window of 2×3?"""
    return spread(gy, x, size, stride) / size[1] ** 2


@pool_gradient.mistake("not square, added")
def _(gy, x, size, stride):
    """Right for windows of 2×2, where 2 + 2 is 2 · 2. How many pixels has a window of 2×3?"""
    return spread(gy, x, size, stride) / sum(size)


@pool_gradient.mistake("strides, squared")
def _(gy, x, size, stride):
    """Right for square windows as long as a step. Does a mean have more members when windows stand further apart?"""
    return spread(gy, x, size, stride) / stride**2


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


EXERCISES = [AVERAGE]
