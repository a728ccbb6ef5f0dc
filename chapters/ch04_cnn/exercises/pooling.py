"""An exercise of chapter 4: max pooling, and the way back to the numbers that were kept."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

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
        ("a picture that is not square", (1, 4, 6, 1), 2),
        ("windows of 3", (1, 6, 6, 1), 3),
        ("rows and columns left over", (1, 5, 5, 1), 2),
        ("negative numbers", (1, 4, 4, 1), 2),
    ):
        x = rng.permutation(np.prod(shape)).reshape(shape) / 10 - (2.05 if "negative" in label else 0.55)
        yield Case(label, {"x": x, "size": size})
    tied = np.array([[0.0, 0, 1, 2], [0, 0, 2, 2], [1, 3, 0, 4], [3, 1, 4, 0]])[None, :, :, None]
    yield Case("equally large numbers in a window", {"x": tied, "size": 2}, at_kink=True)


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


@max_pool.mistake("order")
def _(x, size):
    """reshape cuts numbers off in the order in which they lie in memory, row by row. So your windows are pieces of a
    row: which axis has to come between the two of a window's numbers?"""
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    return x[:, : rows * size, : columns * size].reshape(n, rows, columns, size, size, c).max(axis=(3, 4))


@max_pool.mistake("transposed")
def _(x, size):
    """Rows and columns have changed places in your reshape. How many windows lie beside each other, and how many below
    each other?"""
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    x = x[:, : rows * size, : columns * size].reshape(n, columns, size, rows, size, c)
    return x.max(axis=(2, 4)).reshape(n, rows, columns, c)


@max_pool.mistake("order, all channels")
def _(x, size):
    """reshape cuts numbers off in the order in which they lie in memory, where the channels of a place come before its
    neighbour. So your windows mix channels: which axis comes last?"""
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    return x[:, : rows * size, : columns * size].reshape(n, rows, columns, c, size * size).max(axis=4)


@max_pool.mistake("transposed, as many columns as rows")
def _(x, size):
    """It is right where there are as many columns of windows as rows. How often does each of your loops run?"""
    y, least = np.zeros(max_pool(x, size).shape), min(x.shape[1] // size, x.shape[2] // size)
    y[:, :least, :least] = max_pool(x, size)[:, :least, :least]
    return y


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


@max_pool.mistake("strides, overlapping")
def _(x, size):
    """Your windows overlap: each begins one number after the one before. How far is it from one to the next?"""
    n, h, w, c = x.shape
    y = np.empty((n, h // size, w // size, c))
    for i, j in np.ndindex(y.shape[1:3]):
        y[:, i, j] = x[:, i : i + size, j : j + size].max(axis=(1, 2))
    return y


@max_pool.mistake("mean")
def _(x, size):
    """That is the mean of each window. What is kept here?"""
    return _of_windows(x, size).mean(axis=(2, 4))


@max_pool.mistake("smallest")
def _(x, size):
    """That is the smallest number of each window. Which one is kept here?"""
    return _of_windows(x, size).min(axis=(2, 4))


@max_pool.mistake("corner")
def _(x, size):
    """That is the upper left number of each window, whatever the others are. Which one is kept here?"""
    return _of_windows(x, size)[:, :, 0, :, 0]


@max_pool.mistake("sign lost")
def _(x, size):
    """You compare without signs, and −3 counts as more than 1. Which of the two is larger?"""
    return np.abs(_of_windows(x, size)).max(axis=(2, 4))


@max_pool.mistake("shifted")
def _(x, size):
    """The last row and the last column of each window are never looked at. Up to which number does range count?"""
    return _of_windows(x, size)[:, :, :-1, :, :-1].max(axis=(2, 4))


@max_pool.mistake("shifted, last window")
def _(x, size):
    """The last windows stay 0, unless something is left over at the rim. Where does your range end?"""
    n, h, w, c = x.shape
    y, right = np.zeros((n, h // size, w // size, c)), max_pool(x, size)
    rows, columns = len(range(0, h - size, size)), len(range(0, w - size, size))
    y[:, :rows, :columns] = right[:, :rows, :columns]
    return y


def _of_windows(x, size):
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    return x[:, : rows * size, : columns * size].reshape(n, rows, size, columns, size, c)


def _back(gy, x, size, share):
    """The way back: `share` says how much of gy each number of a window gets."""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        place = (n, slice(i * size, i * size + size), slice(j * size, j * size + size), c)
        gx[place] = share(x[place]) * gy[n, i, j, c]
    return gx


def _placed(gy, x, size, corner, add):
    """The right winners, with the corners of their windows elsewhere; what falls out of the picture is lost."""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        window = x[n, i * size : i * size + size, j * size : j * size + size, c]
        place = (n, *np.add(corner(i, j), np.unravel_index(window.argmax(), window.shape)), c)
        if np.less(place, x.shape).all():
            gx[place] = gx[place] * add + gy[n, i, j, c]
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


@max_pool_gradient.mistake("ties, shared")
def _(gy, x, size):
    """Where a window has several largest numbers, yours share gy. That is fair, but it is not what the task asks."""
    return _back(gy, x, size, lambda window: (window == window.max()) / (window == window.max()).sum())


@max_pool_gradient.mistake("ties, last winner")
def _(gy, x, size):
    """Where a window has several largest numbers, yours gives gy to the last of them. Is it > or >=?"""

    def share(window):
        last = window.size - 1 - window[::-1, ::-1].argmax()
        return (np.arange(window.size) == last).reshape(window.shape)

    return _back(gy, x, size, share)


@max_pool_gradient.mistake("begins at zero")
def _(gy, x, size):
    """Wrong where all numbers of a window are below 0. With what does your search begin?"""
    return _back(gy, x, size, lambda window: np.eye(1, size**2, window.clip(0).argmax()).reshape(size, size))


@max_pool_gradient.mistake("mean")
def _(gy, x, size):
    """All numbers of a window get the same share of gy. That is the way back of a mean: does the largest number of a
    window grow with each of them?"""
    return _back(gy, x, size, lambda window: np.full(window.shape, 1 / size**2))


@max_pool_gradient.mistake("whole window")
def _(gy, x, size):
    """All numbers of a window get gy. What would y do if one that was not kept grew by a little?"""
    return _back(gy, x, size, lambda window: np.ones(window.shape))


@max_pool_gradient.mistake("upstream, values")
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
    """Rows and columns within a window are mixed up. Of the two numbers that you find, which is the row?"""
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


for _add in (True, False):

    @max_pool_gradient.mistake("shifted" if _add else "shifted, and written over")
    def _(gy, x, size, add=_add):
        """All of your gradient lies in the upper left of the picture. A winner's place was counted within its window:
        where does that window lie?"""
        return _placed(gy, x, size, lambda i, j: (0, 0), add)

    @max_pool_gradient.mistake("shifted, steps of one" if _add else "shifted, steps of one and written over")
    def _(gy, x, size, add=_add):
        """The winners are the right ones, but what they get lies too far up and to the left. How far is it from the
        corner of one window to the next?"""
        return _placed(gy, x, size, lambda i, j: (i, j), add)

    @max_pool_gradient.mistake("transposed, windows" if _add else "transposed, windows and written over")
    def _(gy, x, size, add=_add):
        """The window is found by row and column, and what it gets is written by column and row. Which of the two comes
        first in a picture?"""
        return _placed(gy, x, size, lambda i, j: (j * size, i * size), add)


@max_pool_gradient.mistake("transposed, as many columns as rows")
def _(gy, x, size):
    """It is right where there are as many columns of windows as rows. How often does each of your loops run?"""
    kept, least = np.zeros(gy.shape), min(gy.shape[1:3])
    kept[:, :least, :least] = gy[:, :least, :least]
    return max_pool_gradient(kept, x, size)


@max_pool_gradient.mistake("shifted, last window")
def _(gy, x, size):
    """The last windows get nothing, unless something is left over at the rim. Where does your range end?"""
    rows, columns = (len(range(0, length - size, size)) for length in x.shape[1:3])
    kept = np.zeros(gy.shape)
    kept[:, :rows, :columns] = gy[:, :rows, :columns]
    return max_pool_gradient(kept, x, size)


@max_pool_gradient.mistake("corner")
def _(gy, x, size):
    """All goes to the upper left number of each window. Which of its numbers was kept?"""
    return _back(gy, x, size, lambda window: np.arange(window.size).reshape(window.shape) == 0)


@max_pool_gradient.mistake("smallest")
def _(gy, x, size):
    """All goes to the smallest number of each window. Which of them was kept?"""
    return _back(gy, x, size, lambda window: (np.arange(size**2) == window.argmin()).reshape(window.shape))


@max_pool_gradient.mistake("ties, by column")
def _(gy, x, size):
    """Where a window has several largest numbers, yours takes the first of a column. In which direction does the task
    count?"""
    return _back(
        gy, x, size, lambda window: (np.arange(size**2) == window.T.argmax()).reshape(window.shape).T
    )


@max_pool_gradient.mistake("relu")
def _(gy, x, size):
    """What is above 0 gets gy, as with relu. What became of the positive numbers that were not the largest?"""
    return _back(gy, x, size, lambda window: window > 0)


@max_pool_gradient.mistake("channels, first")
def _(gy, x, size):
    """The winner is looked for in the first channel alone. Who was the largest in each channel by itself?"""
    gx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(gy.shape):
        window = x[n, i * size : i * size + size, j * size : j * size + size, 0]
        a, b = np.unravel_index(window.argmax(), window.shape)
        gx[n, i * size + a, j * size + b, c] = gy[n, i, j, c]
    return gx


@max_pool_gradient.mistake("softmax")
def _(gy, x, size):
    """All numbers of a window get a share of gy, the larger the more. Does y grow a little with the second largest?"""
    return _back(gy, x, size, lambda window: np.exp(window) / np.exp(window).sum())


@max_pool_gradient.mistake("upstream, value")
def _(gy, x, size):
    """At the right places stand the numbers that were kept. How does the loss move with each of those?"""
    return max_pool_gradient(max_pool(x, size), x, size)


@max_pool_gradient.mistake("sign lost")
def _(gy, x, size):
    """You compare without signs, and −3 counts as more than 1. Which of the two was kept?"""
    return max_pool_gradient(gy, np.abs(x), size)
