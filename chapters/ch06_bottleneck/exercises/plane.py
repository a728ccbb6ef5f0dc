"""Exercises of chapter 6: what a drawing of the plane does not say, and the way back from the centre of a kind."""

from __future__ import annotations

import numpy as np

from chapters.ch06_bottleneck import distances
from chapters.ch06_bottleneck.model import bottleneck
from chapters.exercises.form import Case, Exercise
from tinydl import Sequential, Tensor, grad, ops
from tinydl.layers import Dense, Input

# ----------------------------------------------------------------------------------------------- another plane

REDRAWN = Exercise(
    "bottleneck",
    "redrawn",
    "predict: the same answers on another plane",
    """
    Chapter 6, "May one compare the spread of two kinds?" There the plane is redrawn: all points are multiplied by a
    matrix A, the arrows by its inverse. Take the simplest one: every point lies ten times as far from the origin, and
    every arrow of the last layer is a tenth as long. The biases stay.

    Predict what becomes of the answers and of the gradients. The check redraws a network's plane and looks. At last:
    what does a wider narrow place cost?
    """,
    hints=(
        "Write down the score of a kind at a point, with 10 z and w / 10. What has changed?",
        "The gradient for a point is Σₖ (p[k] − t[k]) w[k]: which of its parts have changed? That for an arrow has the "
        "point in it.",
        "Of the weights: which two layers know how wide the narrow place is? The table at the beginning of the lesson "
        "has both: 64 units before it, ten kinds after it.",
    ),
    try_it="""
    z, w = np.array([3.0, 4.0]), np.array([0.6, 0.8])
    print(round(z @ w, 6), round((10 * z) @ (w / 10), 6))  # 5.0 5.0
    """,
)


def _planes():
    """A newborn network and the same on a plane ten times as large; points of the first, and their kinds."""
    model = bottleneck((8, 8, 3), 4)
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(20, 2)).astype("float32"), rng.integers(0, 4, 20)
    return model, distances.redrawn(model, 10 * np.eye(2, dtype="float32")), z, labels


def _answers() -> int:
    old, new, z, _ = _planes()
    before, after = distances.answers(old, z), distances.answers(new, 10 * z)
    return int((np.abs(before - after) > 1e-4).any(axis=1).sum())


def _pull() -> float:
    old, new, z, labels = _planes()
    before, after = distances.pull(old, z, labels), distances.pull(new, 10 * z, labels)
    return float(np.linalg.norm(after) / np.linalg.norm(before))


def _arrow() -> float:
    old, new, z, labels = _planes()
    sizes = []
    for model, at in ((old, z), (new, 10 * z)):
        w, b = model.get_layer("classes").get_weights()
        kernel = Tensor(w, requires_grad=True)
        loss = -(ops.log_softmax(at @ kernel + b) * np.eye(4, dtype="float32")[labels]).sum()
        sizes.append(np.linalg.norm(grad(loss, [kernel])[0].numpy()))
    return float(sizes[1] / sizes[0])


def _wider() -> int:
    two, three = (Sequential([Input((64,)), Dense(numbers), Dense(10)]).count_params() for numbers in (2, 3))
    return three - two


@REDRAWN.predict(_answers)
def changed_answers():
    """Of 20 pictures, how many get other probabilities than before? A number."""
    return 0


@changed_answers.mistake("all")
def _():
    """Every distance has changed. But what does the last layer do with a point before anybody hears of it?"""
    return 20


for _number in range(1, 20):

    @changed_answers.mistake(f"some, {_number}")
    def _(number=_number):
        """You think that it is some of them. What becomes of a score, near a border and far from it?"""
        return number


@REDRAWN.predict(_pull, tolerance=1e-3)
def pull_on_points():
    """How many times as large as before is the gradient of the loss for the points? A number."""
    return 0.1


@pull_on_points.mistake("points")
def _():
    """The points have grown. Is there a point in the gradient for a point?"""
    return 10


@pull_on_points.mistake("unchanged")
def _():
    """The answers are the same, so what is wrong with them is the same, too. But along what does it pull?"""
    return 1


@pull_on_points.mistake("square")
def _():
    """You count the arrows twice. How often does an arrow stand in each term of the gradient for a point?"""
    return 0.01


@pull_on_points.mistake("points, squared")
def _():
    """The points have grown. Is there a point in the gradient for a point?"""
    return 100


@pull_on_points.mistake("zero")
def _():
    """The answers stay as they are, but that is no reason for a gradient of 0: were they right?"""
    return 0


@REDRAWN.predict(_arrow, tolerance=1e-3)
def pull_on_arrows():
    """How many times as large as before is the gradient of the loss for the arrows? A number."""
    return 10


@pull_on_arrows.mistake("arrows")
def _():
    """The arrows have shrunk. Is there an arrow in the gradient for an arrow?"""
    return 0.1


@pull_on_arrows.mistake("unchanged")
def _():
    """The answers are the same, so what is wrong with them is the same, too. With what is it multiplied?"""
    return 1


@pull_on_arrows.mistake("square")
def _():
    """You count the points twice. How often does a point stand in each term of the gradient for an arrow?"""
    return 100


@pull_on_arrows.mistake("arrows, squared")
def _():
    """The arrows have shrunk. Is there an arrow in the gradient for an arrow?"""
    return 0.01


@pull_on_arrows.mistake("zero")
def _():
    """The answers stay as they are, but that is no reason for a gradient of 0: were they right?"""
    return 0


@REDRAWN.predict(_wider)
def a_third_number():
    """How many weights more has the network of the lesson if a picture may keep three numbers? A number."""
    return 64 + 1 + 10


@a_third_number.mistake("bias")
def _():
    """Those are the weights to the third number and from it. Does it have something of its own?"""
    return 74


@a_third_number.mistake("one side")
def _():
    """That is one side of the narrow place. Who listens to the third number?"""
    return 65


@a_third_number.mistake("one side, before")
def _():
    """Those lead to the third number. Who listens to it, and has it something of its own?"""
    return 64


@a_third_number.mistake("one side, behind")
def _():
    """That is one side of the narrow place. What leads to the third number?"""
    return 10


@a_third_number.mistake("bias, of the kinds")
def _():
    """You count a bias more for each kind. How many kinds are there before, and how many then?"""
    return 85


@a_third_number.mistake("bias, of the kinds alone")
def _():
    """You count a bias more for each kind. Whose biases become more, if the narrow place gets wider?"""
    return 84


@a_third_number.mistake("total")
def _():
    """Those are all weights of both layers, with three numbers. How many of them were there before?"""
    return 64 * 3 + 3 + 3 * 10 + 10


@a_third_number.mistake("total, before")
def _():
    """Those are all weights of both layers, with two numbers. By how many do they grow?"""
    return 64 * 2 + 2 + 2 * 10 + 10


@a_third_number.mistake("product")
def _():
    """You multiply units by kinds, as if they were connected directly. What stands between them?"""
    return 64 * 10


# ---------------------------------------------------------------------------------------------------- centres

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
        "Labels such as 1, 0, 2, 0, 0, 1 and random gy let little pass. Every kind has to come at least once.",
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
        ("one point of each kind", [0, 1, 2]),
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


@centres_gradient.mistake("in order")
def _(gy, points, labels):
    """It is right if the kinds come one after the other. Which centre does each point belong to?"""
    many = np.bincount(labels)
    return np.repeat(gy / many[:, None], many, axis=0)


@centres_gradient.mistake("upstream")
def _(gy, points, labels):
    """That is how much a centre moves with a point. How does the loss move with the centre?"""
    return np.ones(points.shape) / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("sums")
def _(gy, points, labels):
    """That is right for sums. By how much does a mean of m numbers move if one of them does?"""
    return gy[labels]


@centres_gradient.mistake("multiplied")
def _(gy, points, labels):
    """You multiply by the number of points of a kind. Does one of many move their mean more than one of few?"""
    return gy[labels] * np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("all points")
def _(gy, points, labels):
    """You divide by the number of all points. Over which of them is a centre the mean?"""
    return gy[labels] / len(points)


@centres_gradient.mistake("mean upstream")
def _(gy, points, labels):
    """All points of your gradient get the same. Do they all move the same centre?"""
    return np.broadcast_to(gy.mean(axis=0) / (len(points) / len(gy)), points.shape)


@centres_gradient.mistake("upstream, by kind")
def _(gy, points, labels):
    """You take the mean of all centres' gradients. Does a point move all centres?"""
    return gy.mean(axis=0) / np.bincount(labels)[labels][:, None]


@centres_gradient.mistake("number of kinds")
def _(gy, points, labels):
    """You divide by the number of kinds. Over what is a centre the mean?"""
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
    """The points of the last kind get nothing. Up to which number does your loop count?"""
    return np.where(labels[:, None] < len(gy) - 1, gy[labels] / np.bincount(labels)[labels][:, None], 0)


@centres_gradient.mistake("shifted, first")
def _(gy, points, labels):
    """The points of the first kind get nothing. From which number does your loop count?"""
    return np.where(labels[:, None] > 0, gy[labels] / np.bincount(labels)[labels][:, None], 0)
