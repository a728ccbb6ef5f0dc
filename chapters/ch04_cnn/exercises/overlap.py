"""An exercise of chapter 4: max pooling with windows that overlap, and a bug to be found."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

OVERLAP = Exercise(
    "cnn",
    "overlap",
    "find the bug: max pooling with windows that overlap",
    """
    Chapter 4, "Pooling forgets where, a little". There the windows lie side by side. They need not: with a `size` of 3
    and a `stride` of 2 each window begins two numbers after the one before, so neighbours share a row or a column.

    `pool_gradient` below has been tried on the windows of the lesson, size 2 and stride 2, and was right. It has a bug
    all the same. Write the check that catches it, `is_right`, then mend it.

    A check compares a rule with finite differences (chapter 1, "Is my gradient right?"). Those are given: `slopes`
    moves each number of x up and down and looks what becomes of y. What remains is the choice: a check is worth as much
    as the inputs that you think of. Draw x such that no two of its numbers are nearly equal, and which of them is the
    largest stays clear.
    """,
    hints=(
        "With which size and stride is a number of x in two windows at once? In how many can it be the largest?",
        "A check that draws one square picture, or gradients from above that are all 1, will let something else pass. "
        "Several cases, not alike, and random gy. For x: `rng.permutation(h * w).reshape(h, w) * 0.1`.",
        "The bug: a number that is the largest of two windows hears of the loss twice. What becomes of what it heard "
        "first?",
    ),
    try_it="""
    x = np.array([[1.0, 2, 3], [4, 9, 5], [6, 7, 8]])
    print(pool(x, 2, 1))  # [[9. 9.] [9. 9.]]
    print(pool_gradient(np.ones((2, 2)), x, 2, 1)[1, 1], "should be 4")  # 4.0 should be 4
    print(is_right(pool_gradient))  # True, when both are written
    """,
)


@OVERLAP.given
def pool(x, size, stride):
    """The largest number of each window: (h, w) -> (rows, columns). A window every `stride` numbers."""
    rows, columns = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    y = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        y[i, j] = x[i * stride : i * stride + size, j * stride : j * stride + size].max()
    return y


@OVERLAP.given
def slopes(gy, x, size, stride):
    """How the loss moves with each number of x, by finite differences. Takes what a rule takes. Returns (h, w)."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 0.0001
        moved = pool(x + step, size, stride) - pool(x - step, size, stride)
        found[place] = (gy * moved).sum() / 0.0002
    return found


def overlapping(rng: np.random.Generator):
    """One picture each, windows side by side and not."""
    for label, shape, size, stride in (
        ("windows side by side", (4, 4), 2, 2),
        ("a picture that is not square", (4, 6), 2, 2),
        ("windows that overlap", (7, 7), 3, 2),
        ("strides of 1", (5, 5), 3, 1),
        ("gaps between windows", (8, 8), 2, 3),
    ):
        x = rng.permutation(np.prod(shape)).reshape(shape) / 10
        yield Case(label, {"x": x, "size": size, "stride": stride})


def added_up(gy, x, size, stride):
    """The rule, by a list of places."""
    gx = np.zeros(x.size)
    numbers = np.arange(x.size).reshape(x.shape)
    corners = [(i * stride, j * stride) for i, j in np.ndindex(gy.shape)]
    windows = [(slice(top, top + size), slice(left, left + size)) for top, left in corners]
    np.add.at(gx, [numbers[window].flat[x[window].argmax()] for window in windows], gy.ravel())
    return gx.reshape(x.shape)


@OVERLAP.catch(lambda: pool_gradient, right=(added_up,))
def is_right(rule):
    """Is a gradient rule of `pool` right?

    rule: a function of gy, x, size and stride, called as pool_gradient is below.
    Returns True if it is, and False for any rule that gives a wrong gradient anywhere.
    """
    rng = np.random.default_rng(0)
    for h, w, size, stride in ((4, 6, 2, 2), (7, 5, 3, 2), (5, 4, 2, 1)):
        x = rng.permutation(h * w).reshape(h, w) * 0.1
        gy = rng.normal(size=pool(x, size, stride).shape)
        if not np.allclose(rule(gy, x, size, stride), slopes(gy, x, size, stride), atol=1e-6):
            return False
    return True


@OVERLAP.gradient(pool, "x", overlapping, begins_as="overlap")
def pool_gradient(gy, x, size, stride):
    """How the loss moves with each number of x.

    gy: (rows, columns), how the loss moves with each number that was kept.
    x: one picture, (h, w).
    size, stride: height and width of a window, and how far it is from one to the next.
    Returns (h, w).
    """
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[top + a, left + b] += gy[i, j]
    return gx


@pool_gradient.mistake("overlap")
def _(gy, x, size, stride):
    """It is right for windows side by side. A number that wins in two windows moves the loss in two ways: does the
    gradient have both?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[top + a, left + b] = gy[i, j]
    return gx


@pool_gradient.mistake("factor, counted")
def _(gy, x, size, stride):
    """What a number gets is divided by how many windows it wins in. Does it move the loss less the more it wins?"""
    wins = pool_gradient(np.ones(gy.shape), x, size, stride)
    return pool_gradient(gy, x, size, stride) / np.maximum(wins, 1)


@pool_gradient.mistake("upstream")
def _(gy, x, size, stride):
    """Each number gets the count of the windows in which it wins, whatever gy is. How does the loss move with those?"""
    return pool_gradient(np.ones(gy.shape), x, size, stride)


@pool_gradient.mistake("transposed")
def _(gy, x, size, stride):
    """Rows and columns within a window are mixed up. What does `np.unravel_index` answer first?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[top + b, left + a] += gy[i, j]
    return gx


@pool_gradient.mistake("shifted")
def _(gy, x, size, stride):
    """All goes to the upper left number of each window. Which of its numbers was kept?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        gx[i * stride, j * stride] += gy[i, j]
    return gx


@pool_gradient.mistake("sum missing")
def _(gy, x, size, stride):
    """Each number is looked for in one window alone, the last that begins before it. In how many windows does it
    lie?"""
    gx = np.zeros(x.shape)
    for r, s in np.ndindex(x.shape):
        i, j = r // stride, s // stride
        if i < gy.shape[0] and j < gy.shape[1]:
            window = x[i * stride : i * stride + size, j * stride : j * stride + size]
            gx[r, s] = gy[i, j] * (x[r, s] == window.max())
    return gx


@pool_gradient.mistake("whole window")
def _(gy, x, size, stride):
    """All numbers of a window get its gy. What would y do if one that was not kept grew by a little?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        gx[i * stride : i * stride + size, j * stride : j * stride + size] += gy[i, j]
    return gx


@pool_gradient.mistake("strides")
def _(gy, x, size, stride):
    """The winners are the right ones, but what they get lies too far up and to the left. How far is it from the corner
    of one window to the next?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * stride : i * stride + size, j * stride : j * stride + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[i + a, j + b] += gy[i, j]
    return gx


@pool_gradient.mistake("strides, size")
def _(gy, x, size, stride):
    """Each window begins where the one before ends. How far is it from one to the next?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * size : i * size + size, j * size : j * size + size]
        if window.shape == (size, size):
            a, b = np.unravel_index(window.argmax(), window.shape)
            gx[i * size + a, j * size + b] += gy[i, j]
    return gx


@pool_gradient.mistake("strides, size at the rim")
def _(gy, x, size, stride):
    """Each window begins where the one before ends, and is cut off at the rim. How far is it from one to the next?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * size : i * size + size, j * size : j * size + size]
        if window.size:
            a, b = np.unravel_index(window.argmax(), window.shape)
            gx[i * size + a, j * size + b] += gy[i, j]
    return gx


@pool_gradient.mistake("strides, size of the corner")
def _(gy, x, size, stride):
    """The winners are the right ones, but their places are counted as if windows lay side by side. How far is it from
    the corner of one window to the next?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i * stride : i * stride + size, j * stride : j * stride + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        if i * size + a < x.shape[0] and j * size + b < x.shape[1]:
            gx[i * size + a, j * size + b] += gy[i, j]
    return gx


@pool_gradient.mistake("strides, one")
def _(gy, x, size, stride):
    """Each window begins one number after the one before, whatever the stride. How far is it from one to the next?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        window = x[i : i + size, j : j + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[i + a, j + b] += gy[i, j]
    return gx


@pool_gradient.mistake("upstream, once")
def _(gy, x, size, stride):
    """Numbers that were kept get 1, whatever gy is. How does the loss move with each of those?"""
    return (pool_gradient(np.ones(gy.shape), x, size, stride) > 0) * 1.0


@pool_gradient.mistake("sum missing, largest")
def _(gy, x, size, stride):
    """A number that wins in several windows gets the largest of what they have for it. Does it not move all of
    them?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        alone = np.zeros(gy.shape)
        alone[i, j] = gy[i, j]
        gx = np.maximum(gx, pool_gradient(alone, x, size, stride))
    return gx


@pool_gradient.mistake("order")
def _(gy, x, size, stride):
    """The windows are as large as the stride. Which of the two numbers says how large a window is?"""
    return pool_gradient(gy, x, stride, stride)


@pool_gradient.mistake("square pictures")
def _(gy, x, size, stride):
    """It is right for pictures that are as high as they are wide. Places are counted row by row: how many numbers has a
    row?"""
    gx = np.zeros(x.size)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[((top + a) * len(x) + left + b) % x.size] += gy[i, j]
    return gx.reshape(x.shape)


@pool_gradient.mistake("upstream, mean")
def _(gy, x, size, stride):
    """All windows get the same, the mean of gy. Has each number that was kept a gradient of its own?"""
    return pool_gradient(np.full(gy.shape, gy.mean()), x, size, stride)


@pool_gradient.mistake("factor")
def _(gy, x, size, stride):
    """It has the other sign everywhere. Does y fall when a number that was kept grows?"""
    return -pool_gradient(gy, x, size, stride)


@pool_gradient.mistake("rounded")
def _(gy, x, size, stride):
    """It is right to one digit behind the decimal point, and no further. Where are the others lost?"""
    return np.round(pool_gradient(gy, x, size, stride), 1)
