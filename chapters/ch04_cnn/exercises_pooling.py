"""Exercises of chapter 4: max pooling, and the way back to the numbers that were kept."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# --------------------------------------------------------------------------------------------- max pooling

MAX_POOL = Exercise(
    "cnn",
    "max_pool",
    "the largest of each window, and the way back to it",
    """
    Chapter 4, "Pooling forgets where, a little". Windows of size × size numbers lie side by side, in each channel by
    itself, and the largest of each is kept. What is left over to the right and below, because no whole window fits
    there any more, is dropped:

        y[n, i, j, c] = max over a, b < size of  x[n, i · size + a, j · size + b, c]

    Then the way back: `gy` says how the loss moves with each number that was kept; you want to know how it moves with
    each number of x. Where several numbers of a window are equally large, nobody can say which of them was kept.
    Here, as in most programs, it is the first of them: row by row from the top, each row from the left. After relu
    that is a frequent case, for whole windows are 0.
    """,
    hints=(
        "Take a window with the numbers 3, 1, 0, 2. Which of them could you change a little without changing the "
        "largest?",
        "A number that was not kept does not move the loss. How does the one that was kept move y, and so the loss?",
        "The way back has the same loops as the forward pass. `window.argmax()` counts row by row and finds the first "
        "winner; `np.unravel_index` makes a row and a column of it. Both are counted within the window: where in x is "
        "that?",
    ),
    try_it="""
    picture = np.array([[8, 0, 1, 2], [1, 7, 8, 5], [0, 0, 3, 4], [6, 4, 2, 1.0]])
    print(max_pool(picture[None, :, :, None], 2)[0, :, :, 0])  # [[8. 8.] [6. 4.]]
    """,
)


def maps(rng: np.random.Generator):
    """Pictures in which no two numbers are near each other, and one with ties."""
    for label, shape, size in (
        ("one picture", (1, 4, 4, 1), 2),
        ("several pictures and channels", (2, 4, 4, 2), 2),
        ("not square", (1, 2, 6, 2), 2),
        ("windows of 3", (1, 6, 3, 2), 3),
        ("rows and columns left over", (2, 5, 7, 1), 2),
        ("most numbers negative", (1, 4, 6, 1), 2),
    ):
        x = rng.permutation(np.prod(shape)).reshape(shape) / 10 - (2.05 if "negative" in label else 1.05)
        yield Case(label, {"x": x, "size": size})
    tied = np.array([[0.0, 0, 1, 2], [0, 0, 2, 2], [1, 3, 0, 4], [3, 1, 4, 0]])[None, :, :, None]
    yield Case("ties", {"x": tied, "size": 2}, at_kink=True)


def max_pool_naive(x, size):
    """Max pooling, a window at a time."""
    n, h, w, c = x.shape
    y = np.empty((n, h // size, w // size, c))
    for m, i, j, k in np.ndindex(y.shape):
        y[m, i, j, k] = max(x[m, i * size + a, j * size + b, k] for a in range(size) for b in range(size))
    return y


@MAX_POOL.write(maps, max_pool_naive)
def max_pool(x, size):
    """The largest number of each window.

    x: pictures, (n, h, w, c).
    size: height and width of a window.
    Returns (n, h // size, w // size, c).
    """
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    whole = x[:, : rows * size, : columns * size]  # what the windows cover
    windows = whole.reshape(n, rows, size, columns, size, c)
    return windows.max(axis=(2, 4))


@max_pool.mistake("strides")
def _(x, size):
    """The numbers of your windows do not lie side by side: they are taken from all over the picture, with steps in
    between. Which axis of your reshape counts the windows, and which counts within one?"""
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    return x[:, : rows * size, : columns * size].reshape(n, size, rows, size, columns, c).max(axis=(1, 3))


@max_pool.mistake("begins at zero")
def _(x, size):
    """Your largest number is never below 0. With what does the search for it begin?"""
    return np.maximum(max_pool(x, size), 0)


@max_pool.mistake("channels")
def _(x, size):
    """You take the largest over all channels, too. Twenty channels are twenty answers: which of them are lost?"""
    return np.broadcast_to(max_pool(x, size).max(axis=3, keepdims=True), max_pool(x, size).shape)


@max_pool.mistake("rounded up")
def _(x, size):
    """What is left over at the rim has become windows, smaller ones. What does the task do with it?"""
    n, h, w, c = x.shape
    y = np.empty((n, -(-h // size), -(-w // size), c))
    for m, i, j, k in np.ndindex(y.shape):
        y[m, i, j, k] = x[m, i * size : i * size + size, j * size : j * size + size, k].max()
    return y


def _back(gy, x, size, share):
    """The way back: `share` says how much of gy each number of a window gets."""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        place = (n, slice(i * size, i * size + size), slice(j * size, j * size + size), c)
        gx[place] = share(x[place]) * gy[n, i, j, c]
    return gx


@MAX_POOL.gradient(max_pool_naive, "x", maps)
def max_pool_gradient(gy, x, size):
    """How the loss moves with each number of x.

    gy: (n, h // size, w // size, c), how the loss moves with each number that was kept.
    x: pictures, (n, h, w, c).
    size: height and width of a window.
    Returns (n, h, w, c). Of equally large numbers in a window the first gets it all.
    """
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        top, left = i * size, j * size
        window = x[n, top : top + size, left : left + size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[n, top + a, left + b, c] = gy[n, i, j, c]
    return gx


@max_pool_gradient.mistake("ties")
def _(gy, x, size):
    """It is right as long as a window has one largest number. Where there are several, each of yours gets all of gy:
    who was asked to get it?"""
    return _back(gy, x, size, lambda window: window == window.max())


@max_pool_gradient.mistake("ties shared")
def _(gy, x, size):
    """Where a window has several largest numbers, yours share gy. That is fair, but it is not what the task asks."""
    return _back(gy, x, size, lambda window: (window == window.max()) / (window == window.max()).sum())


@max_pool_gradient.mistake("last winner")
def _(gy, x, size):
    """Where a window has several largest numbers, yours gives gy to the last of them. Is it > or >=?"""

    def share(window):
        last = window.size - 1 - window[::-1, ::-1].argmax()
        return (np.arange(window.size) == last).reshape(window.shape)

    return _back(gy, x, size, share)


@max_pool_gradient.mistake("mean")
def _(gy, x, size):
    """All numbers of a window get the same share of gy. That is the way back of a mean: does the largest number of a
    window grow with each of them?"""
    return _back(gy, x, size, lambda window: np.full(window.shape, 1 / size**2))


@max_pool_gradient.mistake("whole window")
def _(gy, x, size):
    """All numbers of a window get gy. What would y do if one that was not kept grew by a little?"""
    return _back(gy, x, size, lambda window: np.ones(window.shape))


@max_pool_gradient.mistake("values")
def _(gy, x, size):
    """The right numbers get something, but gy times their own value. If such a number grows by 0.01, by how much
    does y grow?"""
    return _back(
        gy, x, size, lambda window: window * (np.arange(size**2) == window.argmax()).reshape(window.shape)
    )


@max_pool_gradient.mistake("upstream")
def _(gy, x, size):
    """You say which numbers were kept, with ones. How does the loss move with each of those?"""
    return max_pool_gradient(np.ones(gy.shape), x, size)


@max_pool_gradient.mistake("transposed")
def _(gy, x, size):
    """Rows and columns within a window are mixed up. What does `np.unravel_index` answer first?"""
    return _back(gy, x, size, lambda window: (np.arange(size**2) == window.argmax()).reshape(window.shape).T)


@max_pool_gradient.mistake("strides")
def _(gy, x, size):
    """Your windows overlap: each begins one number after the one before. How far is it from one to the next?"""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        window = x[n, i : i + size, j : j + size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[n, i + a, j + b, c] += gy[n, i, j, c]
    return gx


@max_pool_gradient.mistake("channels")
def _(gy, x, size):
    """The winner is looked for in all channels at once. Who was the largest in each channel by itself?"""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        window = x[n, i * size : i * size + size, j * size : j * size + size]
        a, b, _ = np.unravel_index(window.argmax(), window.shape)
        gx[n, i * size + a, j * size + b, c] = gy[n, i, j, c]
    return gx


@max_pool_gradient.mistake("shifted")
def _(gy, x, size):
    """All of your gradient lies in the upper left of the picture. A winner's place was counted within its window:
    where does that window lie?"""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        window = x[n, i * size : i * size + size, j * size : j * size + size, c]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[n, a, b, c] += gy[n, i, j, c]
    return gx


# ---------------------------------------------------------------------------------- windows that overlap

OVERLAP = Exercise(
    "cnn",
    "overlap",
    "find the bug: max pooling with windows that overlap",
    """
    Chapter 4, "Pooling forgets where, a little". There the windows lie side by side. They need not: with a `size` of 3
    and a `stride` of 2 each window begins two numbers after the one before, so neighbours share a row or a column.

    `pool_gradient` below has been tried on the windows of the lesson, size 2 and stride 2, and was right. It has a bug
    all the same. Write the check that catches it, `is_right`, then mend it.

    A check compares a rule with finite differences (chapter 1, "Is my gradient right?"): move one number of x up and
    down by 0.0001, weigh what comes out with gy, divide. It is worth as much as the inputs that you think of. Draw x
    such that no two of its numbers are nearly equal, and which of them is the largest stays clear.
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


def overlapping(rng: np.random.Generator):
    """One picture each, windows side by side and not."""
    for label, shape, size, stride in (
        ("windows side by side", (4, 6), 2, 2),
        ("windows that overlap", (7, 7), 3, 2),
        ("strides of 1, not square", (4, 7), 3, 1),
        ("gaps between windows", (5, 8), 2, 3),
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
        expected = np.zeros((h, w))
        for place in np.ndindex(h, w):
            step = np.zeros((h, w))
            step[place] = 0.0001
            moved = pool(x + step, size, stride) - pool(x - step, size, stride)
            expected[place] = (gy * moved).sum() / 0.0002
        if not np.allclose(rule(gy, x, size, stride), expected, atol=1e-6):
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
    """It is right for windows side by side. A number that wins in two windows moves the loss in two ways: does your
    gradient have both?"""
    gx = np.zeros(x.shape)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = x[top : top + size, left : left + size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[top + a, left + b] = gy[i, j]
    return gx


@pool_gradient.mistake("counted")
def _(gy, x, size, stride):
    """What a number gets is divided by how many windows it wins in. Are the ways to the loss averaged, or added?"""
    wins = pool_gradient(np.ones(gy.shape), x, size, stride)
    return pool_gradient(gy, x, size, stride) / np.maximum(wins, 1)


@pool_gradient.mistake("upstream")
def _(gy, x, size, stride):
    """You count in how many windows a number wins. How does the loss move with each of those?"""
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
