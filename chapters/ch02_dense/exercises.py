"""Exercises of chapter 2: scores, probabilities, their price, and its gradient."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ---------------------------------------------------------------------------------------------- softmax

SOFTMAX = Exercise(
    "dense",
    "softmax",
    "scores become probabilities, and gradients flow back",
    """
    Chapter 2, "From scores to probabilities". The last layer gives k scores for each of n pictures. Make
    probabilities of each picture's scores:

        y[i, j] = exp(x[i, j]) / Σₖ exp(x[i, k])

    Then send a gradient back. `gy` says how the loss moves with each probability; you want to know how it moves with
    each score. A score moves all probabilities of its picture, its own upward and the others downward.
    """,
    hints=(
        "exp(1000) is too large for a computer. What happens to the probabilities if the same number is taken from "
        "all scores of a picture?",
        "The gradient: write down ∂y[j]/∂x[k] for j = k and for j ≠ k. How does the loss move with x[k], by way of "
        "every j?",
        "Σⱼ gy[j] y[j] (1 if j = k, else 0, minus y[k]). The first term is gy[k] y[k]. What is left over the second?",
    ),
    try_it="print(softmax(np.array([[1.0, 0.0, 3.0, -1.0]])).round(2))  # 0.11 0.04 0.83 0.02",
)


def scores(rng: np.random.Generator):
    """Scores of several pictures, of one, and ones that are too large for exp."""
    yield Case("several pictures", {"x": rng.normal(size=(4, 3))})
    yield Case("one picture", {"x": rng.normal(size=(1, 5))})
    yield Case("scores about 1000", {"x": 1000 + rng.normal(size=(3, 4))})


def softmax_naive(x):
    """Softmax, a picture and a class at a time."""
    y = np.empty(x.shape)
    for i, row in enumerate(x):
        for j in range(len(row)):
            y[i, j] = 1 / sum(np.exp(other - row[j]) for other in row)
    return y


@SOFTMAX.write(scores, softmax_naive)
def softmax(x):
    """The probabilities of each picture.

    x: scores, (n, k), which may be as large as 1000.
    Returns (n, k); each row sums to 1.
    """
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax.mistake("neighbours")
def _(x):
    """Each probability was divided by the sum over all pictures: whose scores belong together?"""
    e = np.exp(x - x.max())
    return e / e.sum()


@SOFTMAX.gradient(softmax_naive, "x", scores)
def softmax_gradient(gy, y):
    """How the loss moves with each score.

    gy: (n, k), how it moves with each probability.
    y: (n, k), the probabilities that softmax gave.
    Returns (n, k).
    """
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


@softmax_gradient.mistake("cross terms")
def _(gy, y):
    """Each score was taken to move its own probability only. But if one grows, the others of its picture shrink."""
    return gy * y * (1 - y)


EXERCISES = [SOFTMAX]
