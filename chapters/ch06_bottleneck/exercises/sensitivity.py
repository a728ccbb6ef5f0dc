"""An exercise of chapter 6: how much a step in the plane counts."""

from __future__ import annotations

import math

import numpy as np

from chapters.ch06_bottleneck.exercises.pull import probabilities
from chapters.exercises.form import Case, Exercise

SENSITIVITY = Exercise(
    "bottleneck",
    "sensitivity",
    "how much a step in the plane counts, here and there",
    """
    Chapter 6, "May one compare the spread of two kinds?" A step is not the same everywhere: near a border it changes
    the answer, far out in a wedge next to nothing. The right half of the lesson's picture of the wedges shows it. How
    is it drawn?

    For each point take the probability of the kind that wins there, the highest of the k. Then its gradient for the
    point, weighed by `gy`. (Where two kinds have the same probability there is no slope; you need not look after that.)
    """,
    hints=(
        "Which kind wins does not change with a little step. So take it as given, c, and ask how p[c] moves with z.",
        "All scores move with z, the winner's along w[:, c], and each of them moves p[c] (chapter 2's softmax): its "
        "own upward, the others downward.",
        "∂p[c]/∂s[j] = p[c] · ((1 if j = c, else 0) − p[j]). Multiply with ∂s[j]/∂z and add up over j: what is left is "
        "p[c], times the winner's arrow minus a mean of all arrows. Weighed by what?",
    ),
    try_it="""
    w, b = np.array([[1.0, 0, -1], [0, 1, 0]]), np.zeros(3)
    z = np.array([[0.2, 0], [2, 0], [8, 0]])  # three places along the first arrow
    print(confidence(z, w, b).round(3))  # [0.402 0.867 1. ]
    print(confidence_gradient(np.ones(3), z, w, b)[:, 0].round(3))  # [0.349 0.129 0. ]
    """,
)


def clear_points(rng: np.random.Generator):
    """Points none of which is at a border: the two highest scores are apart."""
    for label, n, k, size in (("several points", 4, 3, 1), ("one point", 1, 5, 1), ("a few kinds", 3, 2, 2)):
        gap = 0.0
        while gap < 0.1:
            z, w, b = size * rng.normal(size=(n, 2)), rng.normal(size=(2, k)), rng.normal(size=k)
            ordered = np.sort(z @ w + b, axis=1)
            gap = (ordered[:, -1] - ordered[:, -2]).min()
        yield Case(label, {"z": z, "w": w, "b": b})


def confidence_naive(z, w, b):
    """A point at a time."""
    odds = [[math.exp(point @ w[:, j] + b[j]) for j in range(len(b))] for point in z]
    return np.array([max(each) / sum(each) for each in odds])


@SENSITIVITY.write(clear_points, confidence_naive)
def confidence(z, w, b):
    """The probability of the kind that wins at each point.

    z: points, (n, 2).
    w, b: an arrow for each kind, (2, k), and a bias, (k,).
    Returns (n,).
    """
    s = z @ w + b  # (n, k)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e.max(axis=1) / e.sum(axis=1)


@confidence.mistake("neighbours")
def _(z, w, b):
    """Each is divided by the sum over all points: whose scores belong together?"""
    e = np.exp(z @ w + b)
    return e.max(axis=1) / e.sum()


@confidence.mistake("number")
def _(z, w, b):
    """That is the number of the kind that wins. How probable is it?"""
    return (z @ w + b).argmax(axis=1).astype(float)


@confidence.mistake("score")
def _(z, w, b):
    """That is the winner's score. What makes a probability of scores?"""
    return (z @ w + b).max(axis=1)


@confidence.mistake("exp, not divided")
def _(z, w, b):
    """That is e to the winner's score. By what is it to be divided, so that all k add up to 1?"""
    return np.exp((z @ w + b).max(axis=1))


@confidence.mistake("margin")
def _(z, w, b):
    """That is by how much the winner is ahead of the second. How probable is it?"""
    p = np.sort(probabilities(z, w, b), axis=1)
    return p[:, -1] - p[:, -2]


@confidence.mistake("sigmoid")
def _(z, w, b):
    """That is a sigmoid of the winner's score, as if each kind were asked by itself. Do the k probabilities add up to
    1?"""
    return (1 / (1 + np.exp(-(z @ w + b)))).max(axis=1)


@confidence.mistake("exp")
def _(z, w, b):
    """Scores are divided by their sum as they are. What if one is negative?"""
    s = z @ w + b
    return s.max(axis=1) / s.sum(axis=1)


@confidence.mistake("mean")
def _(z, w, b):
    """That is the mean of the k probabilities. Which one is asked for?"""
    return probabilities(z, w, b).mean(axis=1)


@confidence.mistake("smallest")
def _(z, w, b):
    """That is the probability of the kind that comes last. Which one is asked for?"""
    return probabilities(z, w, b).min(axis=1)


@SENSITIVITY.gradient(confidence_naive, "z", clear_points)
def confidence_gradient(gy, z, w, b):
    """How the loss moves with each point.

    gy: (n,), how it moves with the winner's probability at each point.
    z, w, b: as `confidence` takes them.
    Returns (n, 2).
    """
    s = z @ w + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)  # (n, k)
    winner = w.T[p.argmax(axis=1)]  # (n, 2): its arrow
    slope = p.max(axis=1, keepdims=True) * (winner - p @ w.T)  # (n, 2)
    return gy[:, None] * slope


def _arrows(z, w, b):
    """The winner's arrow (n, 2), the mean of all arrows (n, 2), the winner's probability (n, 1)."""
    p = probabilities(z, w, b)
    return w.T[p.argmax(axis=1)], p @ w.T, p.max(axis=1, keepdims=True)


@confidence_gradient.mistake("cross terms")
def _(gy, z, w, b):
    """Only the winner's own score moves in yours. The others move with z, too, each along its arrow: what do they do to
    the winner's probability?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * (1 - top) * winner


@confidence_gradient.mistake("score")
def _(gy, z, w, b):
    """That is how the winner's score moves. How does its probability?"""
    return gy[:, None] * _arrows(z, w, b)[0]


@confidence_gradient.mistake("upstream")
def _(gy, z, w, b):
    """That is the slope at each point. And how does the loss move with what came out there?"""
    winner, mean, top = _arrows(z, w, b)
    return top * (winner - mean)


@confidence_gradient.mistake("logarithm")
def _(gy, z, w, b):
    """That is the slope of log p, as in the price of an answer. By what is the slope of p itself smaller?"""
    winner, mean, _ = _arrows(z, w, b)
    return gy[:, None] * (winner - mean)


@confidence_gradient.mistake("one slope more")
def _(gy, z, w, b):
    """There is a factor 1 − p too many. Is that not what the mean of the arrows has already taken away?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * (1 - top) * (winner - mean)


@confidence_gradient.mistake("plain mean")
def _(gy, z, w, b):
    """You take the plain mean of all arrows from the winner's. Do kinds that nobody would guess here count as much?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * (winner - w.T.mean(axis=0))


@confidence_gradient.mistake("one way")
def _(gy, z, w, b):
    """You have the winner's arrow, and none of the others. All scores move with z: what do they do to the winner's
    probability, by way of the sum that it is divided by?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * winner


@confidence_gradient.mistake("all kinds")
def _(gy, z, w, b):
    """Every kind's own slope p (1 − p) is in yours. How many of the k probabilities came out?"""
    p = probabilities(z, w, b)
    return gy[:, None] * ((p * (1 - p)) @ w.T)


@confidence_gradient.mistake("one way, the others")
def _(gy, z, w, b):
    """You have the arrows by way of the sum that is divided by, and not the winner's own. What does it do when its
    score grows?"""
    _, mean, top = _arrows(z, w, b)
    return -gy[:, None] * top * mean


@confidence_gradient.mistake("factor, square")
def _(gy, z, w, b):
    """The winner's probability is in it as a square. How often does it come in?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top**2 * (winner - mean)


@confidence_gradient.mistake("own share")
def _(gy, z, w, b):
    """The winner's own arrow is missing in what is taken away. Whose scores are in the sum that is divided by?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * (winner - (mean - top * winner))


@confidence_gradient.mistake("cross terms, without p")
def _(gy, z, w, b):
    """You have 1 − p and the winner's own arrow. How does log p differ from p, and do the other scores stand still?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * (1 - top) * winner


@confidence_gradient.mistake("runner-up")
def _(gy, z, w, b):
    """You look at the winner and the second alone. Which kinds are in the sum that is divided by?"""
    winner, _, top = _arrows(z, w, b)
    second = w.T[np.argsort(z @ w + b, axis=1)[:, -2]]
    return gy[:, None] * top * (1 - top) * (winner - second)


@confidence_gradient.mistake("plain sum")
def _(gy, z, w, b):
    """You take the sum of all arrows from the winner's. Does each of them count fully?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * (winner - w.T.sum(axis=0))


@confidence_gradient.mistake("factor, sign")
def _(gy, z, w, b):
    """The other arrows are added to the winner's. What does its probability do when another score grows?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * (winner + mean)


@confidence_gradient.mistake("factor, counted twice")
def _(gy, z, w, b):
    """The winner's own arrow is taken away twice. Is it not in the mean of all arrows already?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * ((1 - top) * winner - mean)


@confidence_gradient.mistake("brackets")
def _(gy, z, w, b):
    """The winner's probability meets its own arrow, and not the mean of the arrows. What does it multiply?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * (top * winner - mean)


@confidence_gradient.mistake("brackets, the mean alone")
def _(gy, z, w, b):
    """The winner's probability meets the mean of the arrows, and not its own arrow. What does it multiply?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * (winner - top * mean)


@confidence_gradient.mistake("brackets, of gy")
def _(gy, z, w, b):
    """gy meets the first of two terms only. What does it multiply?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * winner - top * mean


@confidence_gradient.mistake("brackets, of gy and p")
def _(gy, z, w, b):
    """gy and the probability meet the winner's arrow only. What do they multiply?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * winner - mean


@confidence_gradient.mistake("brackets, of 1 − p")
def _(gy, z, w, b):
    """1 − p has lost its bracket. What does Python do first in p · 1 − p?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * -top * (mean - top * winner)
