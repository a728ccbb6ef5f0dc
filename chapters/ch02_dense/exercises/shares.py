"""An exercise of chapter 2 on a check that a wrong gradient must not take in."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ----------------------------------------------------------------------------- find the bug: shares of a whole

SHARES = Exercise(
    "dense",
    "shares",
    "find the bug: a wrong gradient, and a check that should not be taken in by it",
    """
    Chapter 2, "From scores to probabilities", the second half of softmax: the division. Numbers above 0 become shares
    of their row's sum. Somebody has written `shares_gradient`, and tried it with gy = 1 everywhere. Differences said 0,
    the rule said 0, so it was taken for right. It is wrong.

    First write the check that finds it out, `is_right(rule)`: call the rule, work the same gradient out by differences,
    compare. We try it on two rules that are right, and on several that are wrong, each in its own way. Then mend
    `shares_gradient`. (Chapter 1, "Is my gradient right?", names the trap in its last sentences.)
    """,
    hints=(
        "The shares of a row always sum to 1. What is the gradient of something that is always 1? Which wrong rules "
        "give that as well?",
        "Weigh what comes out with numbers of your own, L = Σ gy · shares(x): rule(gy, x) should be how L moves with "
        "each x. Draw gy at random, and move one number of x at a time. How many rows show that rows get mixed up?",
        "For the rule: y = x / s, where s is the sum of the row. A number moves its own share above the line, and "
        "every share of the row by way of s. How fast does x / s move with s? Multiply by gy each time, and add up.",
    ),
    try_it="""
    x = np.array([[1.0, 2.0, 5.0]])
    print(shares(x).tolist())  # 0.125, 0.25, 0.625
    print(is_right(shares_gradient))  # True, once the rule is mended; before that False
    """,
)


@SHARES.given
def shares(x):
    """What part of its row's sum each number is. x: (n, k), above 0. Returns (n, k); each row sums to 1."""
    return x / x.sum(axis=1, keepdims=True)


def by_jacobian(gy, x):
    """The gradient of `shares` from all slopes of a row, written down as a matrix."""
    gx = np.zeros(x.shape)
    for row, (each, above) in enumerate(zip(x, gy)):
        total = each.sum()
        slopes = (
            np.eye(len(each)) / total - np.outer(each, np.ones(len(each))) / total**2
        )  # [j, k]: y[j] with x[k]
        gx[row] = above @ slopes
    return gx


def amounts(rng: np.random.Generator):
    """Numbers above 0, in several rows and in one."""
    yield Case("several rows", {"x": rng.uniform(0.5, 2, size=(4, 3))})
    yield Case("one row", {"x": rng.uniform(0.5, 2, size=(1, 5))})


@SHARES.catch(lambda: shares_gradient, right=(by_jacobian,))
def is_right(rule):
    """Whether a rule for the gradient of `shares` is right.

    rule: a function rule(gy, x), two arrays (n, k); it should return how the loss moves with each x, (n, k).
    Returns True or False. Rounding is no mistake: differences are never exact.
    """
    rng = np.random.default_rng(0)
    x, gy = rng.uniform(0.5, 2, size=(3, 4)), rng.normal(size=(3, 4))
    slopes = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-5
        slopes[place] = (gy * (shares(x + step) - shares(x - step))).sum() / 2e-5
    return bool(np.allclose(rule(gy, x), slopes, atol=1e-6))


@SHARES.gradient(shares, "x", amounts, begins_as="mean")
def shares_gradient(gy, x):
    """How the loss moves with each number of x. gy and x: (n, k). Returns (n, k)."""
    s = x.sum(axis=1, keepdims=True)  # (n, 1)
    return (gy - (gy * x).sum(axis=1, keepdims=True) / s) / s


@shares_gradient.mistake("mean")
def _(gy, x):
    """What is taken off is the plain mean of gy, which is right for gy = 1. Do all shares of a row move equally far?"""
    return (gy - gy.mean(axis=1, keepdims=True)) / x.sum(axis=1, keepdims=True)


@shares_gradient.mistake("zero")
def _(gy, x):
    """Nothing flows at all. For gy = 1 that is right, since the shares always sum to 1. And for any other gy?"""
    return np.zeros(x.shape)


@shares_gradient.mistake("upstream")
def _(gy, x):
    """This is how far each share moves with its own number. What has gy to do with it, and what have the others?"""
    s = x.sum(axis=1, keepdims=True)
    return (s - x) / s**2


@shares_gradient.mistake("constants")
def _(gy, x):
    """The sum of the row was treated as a constant. What happens to it when an x grows?"""
    return gy / x.sum(axis=1, keepdims=True)


@shares_gradient.mistake("cross terms")
def _(gy, x):
    """Each x was taken to move its own share only. If one share grows, what do the others of the row do?"""
    s = x.sum(axis=1, keepdims=True)
    return gy * (s - x) / s**2


@shares_gradient.mistake("neighbours")
def _(gy, x):
    """What is taken off is a sum over all rows. Does a row know of the others? With one row alone it does not show."""
    s = x.sum(axis=1, keepdims=True)
    return (gy - (gy * x / s).sum()) / s


@shares_gradient.mistake("weights")
def _(gy, x):
    """What is taken off is the plain sum of gy. How far does each share of the row move when its sum grows?"""
    s = x.sum(axis=1, keepdims=True)
    return (gy - gy.sum(axis=1, keepdims=True)) / s


@shares_gradient.mistake("order")
def _(gy, x):
    """The numbers of each row are right, but in order backwards; so their sum is right. Which belongs to which x?"""
    s = x.sum(axis=1, keepdims=True)
    return ((gy - (gy * x / s).sum(axis=1, keepdims=True)) / s)[:, ::-1]


@shares_gradient.mistake("factor")
def _(gy, x):
    """It is s times too large, s being the sum of the row. By how much does a share move when its own number does?"""
    s = x.sum(axis=1, keepdims=True)
    return gy - (gy * x).sum(axis=1, keepdims=True) / s


@shares_gradient.mistake("square")
def _(gy, x):
    """How a number moves its own share is right. By way of the sum it goes too far: how fast does x / s move with s?"""
    s = x.sum(axis=1, keepdims=True)
    return (gy - (gy * x).sum(axis=1, keepdims=True)) / s


@shares_gradient.mistake("factor, sign")
def _(gy, x):
    """A sign is turned. When the sum of a row grows, do its shares grow?"""
    s = x.sum(axis=1, keepdims=True)
    return (gy + (gy * x).sum(axis=1, keepdims=True) / s) / s


@shares_gradient.mistake("softmax")
def _(gy, x):
    """This is the gradient of softmax. Is there an exp on the way from x to its share?"""
    y = shares(x)
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


EXERCISES = [SHARES]
