"""An exercise of chapter 6: what a drawing of the plane does not say."""

from __future__ import annotations

import numpy as np

from chapters.ch06_bottleneck import distances
from chapters.ch06_bottleneck.model import bottleneck
from chapters.exercises.form import Exercise
from tinydl import Sequential, Tensor, grad, ops
from tinydl.layers import Dense, Input

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


@pull_on_points.mistake("factor, square")
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


@pull_on_arrows.mistake("factor, square")
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


@a_third_number.mistake("one way, one side")
def _():
    """That is one side of the narrow place. Who listens to the third number?"""
    return 65


@a_third_number.mistake("one way, before")
def _():
    """Those lead to the third number. Who listens to it, and has it something of its own?"""
    return 64


@a_third_number.mistake("one way, behind")
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
    """That is how many both layers have. How many more are they than before?"""
    return 64 * 3 + 3 + 3 * 10 + 10


@a_third_number.mistake("total, before")
def _():
    """That is how many both layers have with two numbers. How many more do they become?"""
    return 64 * 2 + 2 + 2 * 10 + 10


@a_third_number.mistake("total, of the kernels")
def _():
    """That is how many both layers have, but for the biases. How many more are they than before?"""
    return 64 * 3 + 3 * 10


for _one in (195, 192, 130, 128, 40, 30, 20):

    @a_third_number.mistake(f"total, of one layer, {_one}")
    def _(one=_one):
        """That is how many one of the two layers has, with two numbers or with three. By how many do both grow?"""
        return one


@a_third_number.mistake("product")
def _():
    """You multiply units by kinds, as if they were connected directly. What stands between them?"""
    return 64 * 10


@a_third_number.mistake("one way, behind with a bias")
def _():
    """That is one side of the narrow place. What leads to the third number?"""
    return 11


@a_third_number.mistake("bias, twice")
def _():
    """You count a bias too many. Which layer gets one more unit?"""
    return 76


@a_third_number.mistake("one")
def _():
    """A third number is one number more. But how many weights lead to it, and from it?"""
    return 1


@a_third_number.mistake("product, with a bias")
def _():
    """You multiply what leads to the number with what comes from it. How many arrows go in, and how many out?"""
    return 65 * 10
