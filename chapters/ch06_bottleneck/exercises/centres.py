"""An exercise of chapter 6: the way back from the centre of a kind, and a bug to be found."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

CENTRES = Exercise(
    "bottleneck",
    "centres",
    "find the bug: the centre of each kind",
    """
    Chapter 6, "May one compare the spread of two kinds?", measures how far apart the centres of two kinds are. Suppose
    that a loss asks for it: then there must be a way back from the centres to the points.

    `centres_gradient` below was tried on the lesson's cakes, 40 of each kind, and was right.
    On somebody's own pictures it is wrong. Write the check that catches it, `is_right`, then mend it.

    A check compares with finite differences: move one number of one point up and down by 0.0001, weigh what comes out
    of `centres` with gy, divide. And it asks itself what was special about the cakes.
    """,
    hints=(
        "How many pictures of each kind does somebody's own folder have? In which order do they come in a batch?",
        "Labels that let little pass: unequally many of each kind, not in order, every kind at least once. And gy? If "
        "all its rows are alike, nobody sees which of them a point was given.",
        "The bug: all points are divided by the same number. A point moves its own centre only: by how much, if its "
        "kind has m points?",
    ),
    try_it="""
    points, labels = np.array([[0.0, 0], [2, 0], [5, 5]]), np.array([0, 0, 1])
    print(centres(points, labels))  # [[1. 0.] [5. 5.]]
    print(centres_gradient(np.ones((2, 2)), points, labels))  # [[0.5 0.5] [0.5 0.5] [1. 1. ]]
    print(is_right(centres_gradient))  # True, when both are written
    """,
)


@CENTRES.given
def centres(points, labels):
    """The mean of each kind's points: (n, d), and kinds from 0 to k - 1 (n,), to (k, d)."""
    return np.stack([points[labels == k].mean(axis=0) for k in range(labels.max() + 1)])


def kinds(rng: np.random.Generator):
    """Points of several kinds."""
    for label, labels in (
        ("as many of each kind, in order", [0, 0, 1, 1, 2, 2]),
        ("more of one kind", [0, 0, 0, 0, 1, 2, 2]),
        ("kinds in any order", [1, 0, 2, 0, 2, 1]),
        ("one kind alone", [0, 0, 0]),
    ):
        yield Case(label, {"points": rng.normal(size=(len(labels), 2)), "labels": np.array(labels)})


def by_one_hot(gy, points, labels):
    """The rule, as a product of matrices."""
    t = np.eye(len(gy))[labels]  # (n, k)
    return t / t.sum(axis=0) @ gy


@CENTRES.catch(lambda: centres_gradient, right=(by_one_hot,))
def is_right(rule):
    """Is a gradient rule of `centres` right?

    rule: a function of gy, points and labels, called as centres_gradient is below.
    Returns True if it is, and False for any rule that gives a wrong gradient anywhere.
    """
    rng = np.random.default_rng(0)
    labels = np.array([1, 0, 2, 0, 0, 1])
    points, gy = rng.normal(size=(6, 2)), rng.normal(size=(3, 2))
    expected = np.zeros(points.shape)
    for place in np.ndindex(points.shape):
        step = np.zeros(points.shape)
        step[place] = 0.0001
        moved = centres(points + step, labels) - centres(points - step, labels)
        expected[place] = (gy * moved).sum() / 0.0002
    return bool(np.allclose(rule(gy, points, labels), expected, atol=1e-6))


@CENTRES.gradient(centres, "points", kinds, begins_as="even kinds")
def centres_gradient(gy, points, labels):
    """How the loss moves with each point.

    gy: (k, d), how the loss moves with each centre.
    points, labels: n points, (n, d), and the kind of each, from 0 to k - 1, (n,).
    Returns (n, d).
    """
    many = np.bincount(labels)  # (k,): the points of each kind
    return gy[labels] / many[labels][:, None]


@centres_gradient.mistake("even kinds")
def _(gy, points, labels):
    """It is right if there are as many points of each kind. How much does one point of many move their mean?"""
    many = len(points) / len(gy)
    return gy[labels] / many


@centres_gradient.mistake("only some, in order")
def _(gy, points, labels):
    """It is right if the kinds come one after the other. Which centre does each point belong to?"""
    many = np.bincount(labels)
    return np.repeat(gy / many[:, None], many, axis=0)


@centres_gradient.mistake("even kinds, the first")
def _(gy, points, labels):
    """The number of the first kind's points is taken for that of all. How many has each kind by itself?"""
    return gy[labels] / np.bincount(labels)[0]


@centres_gradient.mistake("even kinds, the last")
def _(gy, points, labels):
    """The number of the last kind's points is taken for that of all. How many has each kind by itself?"""
    return gy[labels] / np.bincount(labels)[-1]


@centres_gradient.mistake("even kinds, the largest")
def _(gy, points, labels):
    """The number of the largest kind's points is taken for that of all. How many has each kind by itself?"""
    return gy[labels] / np.bincount(labels).max()


@centres_gradient.mistake("shifted, by one kind")
def _(gy, points, labels):
    """Each point gets the row of the kind before its own. From which number are kinds counted?"""
    return gy[labels - 1] / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("upstream")
def _(gy, points, labels):
    """That is how much a centre moves with a point. How does the loss move with the centre?"""
    return np.ones(points.shape) / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("factor, sums")
def _(gy, points, labels):
    """That is right for sums. By how much does a mean of m numbers move if one of them does?"""
    return gy[labels]


@centres_gradient.mistake("factor, multiplied")
def _(gy, points, labels):
    """It multiplies by the number of points of a kind. Does one of many move their mean more than one of few?"""
    return gy[labels] * np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("factor, all points")
def _(gy, points, labels):
    """It divides by the number of all points. Over which of them is a centre the mean?"""
    return gy[labels] / len(points)


@centres_gradient.mistake("upstream, mean")
def _(gy, points, labels):
    """All points get the same. Do they all move the same centre?"""
    return np.broadcast_to(gy.mean(axis=0) / (len(points) / len(gy)), points.shape)


@centres_gradient.mistake("upstream, by kind")
def _(gy, points, labels):
    """Each point gets the mean of all rows of gy. Does a point move all centres?"""
    return gy.mean(axis=0) / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("factor, number of kinds")
def _(gy, points, labels):
    """It divides by the number of kinds. Over what is a centre the mean?"""
    return gy[labels] / len(gy)


@centres_gradient.mistake("sum missing")
def _(gy, points, labels):
    """Of each kind the first point alone gets something. Which points move a centre?"""
    first = [list(labels).index(kind) == i for i, kind in enumerate(labels)]
    return np.where(np.array(first)[:, None], gy[labels] / np.bincount(labels)[labels][:, None], 0)


@centres_gradient.mistake("sum missing, last")
def _(gy, points, labels):
    """Of each kind the last point alone gets something. Which points move a centre?"""
    last = [kind not in labels[i + 1 :] for i, kind in enumerate(labels)]
    return np.where(np.array(last)[:, None], gy[labels] / np.bincount(labels)[labels][:, None], 0)


@centres_gradient.mistake("shifted")
def _(gy, points, labels):
    """The points of the last kind get nothing. Up to which number does the loop count?"""
    return np.where(labels[:, None] < len(gy) - 1, gy[labels] / np.bincount(labels)[labels][:, None], 0)


@centres_gradient.mistake("shifted, first")
def _(gy, points, labels):
    """The points of the first kind get nothing. From which number does the loop count?"""
    return np.where(labels[:, None] > 0, gy[labels] / np.bincount(labels)[labels][:, None], 0)


@centres_gradient.mistake("dtype")
def _(gy, points, labels):
    """What comes out is whole numbers: // rounds down. Which division keeps what stands behind the decimal point?"""
    return gy[labels] // np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("factor, square")
def _(gy, points, labels):
    """It divides by the number of points of a kind twice. How often does a mean divide?"""
    return gy[labels] / np.bincount(labels)[labels][:, None] ** 2


@centres_gradient.mistake("factor, one less")
def _(gy, points, labels):
    """It divides by one less than a kind has points, as for variances. By what does a mean divide?"""
    return gy[labels] / np.maximum(np.bincount(labels) - 1, 1)[labels][:, None]


@centres_gradient.mistake("factor, root")
def _(gy, points, labels):
    """It divides by the root of the number of points of a kind. By what does a mean divide?"""
    return gy[labels] / np.sqrt(np.bincount(labels)[labels][:, None])


@centres_gradient.mistake("factor")
def _(gy, points, labels):
    """It has the other sign everywhere. Which way does a centre move if one of its points does?"""
    return -gy[labels] / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("rounded")
def _(gy, points, labels):
    """It is right to one digit behind the decimal point, and no further. Where are the others lost?"""
    return np.round(gy[labels] / np.bincount(labels)[labels][:, None], 1)


@centres_gradient.mistake("factor, share")
def _(gy, points, labels):
    """It divides by a kind's share of all points. By what does a mean divide?"""
    return gy[labels] / (np.bincount(labels) / len(points))[labels][:, None]


@centres_gradient.mistake("factor, one more")
def _(gy, points, labels):
    """It divides by one more than a kind has points. By what does a mean divide?"""
    return gy[labels] / (np.bincount(labels) + 1)[labels][:, None]
