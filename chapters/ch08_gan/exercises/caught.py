"""An exercise of chapter 8: the gradient that reaches a picture."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise
from tinydl.gradcheck import by_differences

CAUGHT = Exercise(
    "gan",
    "caught",
    "the gradient that reaches a picture: find the bug",
    """
    Chapter 8, "The one gradient that matters". The opponent is a teacher: its gradient says for each pixel in which
    direction it would look more real. Here the discriminator is a dense layer, and `generator_price` the generator's
    loss, written out below.

    Somebody has written `lesson_for_pictures`, the gradient for the pixels, looked at a discriminator that had no idea,
    and found it right. Then nothing was learnt.

    1. Write `is_right`: a gradient check that tells right rules from wrong ones. The differences are taken for you, as
       in chapter 1, "Is my gradient right?": by_differences(generator_price, wrt=(0,)) is a function of gy, here 1.0,
       and of the three inputs of generator_price, and it answers with a tuple of one array. What needs care is where
       you look. Your check will get several rules, right and wrong.
    2. Then mend `lesson_for_pictures`.
    """,
    hints=(
        "What is p where the discriminator has no idea? Which two slopes of the lesson's table are the same there, and "
        "at which scores are they far apart?",
        "How many pictures does it take to see that something was averaged or forgotten? With which bias can a rule "
        "forget it? Should two weights be alike? And may two arrays have the same sum, and be different?",
        "To mend: which slope of the lesson's table is large for a picture that was caught for sure? Go through "
        "log(1 + exp(s)) with the chain rule; what is its slope at a large s?",
    ),
    imports=("from tinydl.gradcheck import by_differences",),
    try_it="""
    inputs = np.ones((1, 2)), np.array([[1.0], [-1.0]]), 0.0  # the score is 0, so p is a half
    slopes = by_differences(generator_price)(1.0, *inputs)[0].round(3)
    print(lesson_for_pictures(*inputs), slopes)  # 0.5 -0.5 both times, so all is well?
    print(is_right(lesson_for_pictures))  # False as long as the bug is in it, then True
    """,
)


@CAUGHT.given
def generator_price(pictures, w, b):
    """The generator's loss: the mean of -log(1 - p) over its pictures, one number.

    pictures: (n, d). w: (d, 1) and b, a number: the discriminator, which gives a score for each picture.
    """
    score = pictures @ w + b  # (n, 1)
    return np.logaddexp(0, score).mean()  # -log(1 - p) = log(1 + exp(score))


def looked_at(rng: np.random.Generator):
    """Pictures before discriminators that have no idea, and that are sure."""
    for label, n, d, size in (
        ("one picture", 1, 2, 1.0),
        ("several pictures", 4, 3, 1.0),
        ("sure scores", 3, 3, 3.0),
    ):
        pictures, w = size * rng.normal(size=(n, d)), rng.normal(size=(d, 1))
        yield Case(label, {"pictures": pictures, "w": w, "b": 0.7})


def lesson_by_loops(pictures, w, b):
    """A right rule, written in another way, with other rounding."""
    found = np.empty(np.shape(pictures))
    for i, picture in enumerate(pictures):
        score = b + math.fsum(x * weight for x, weight in zip(picture, w[:, 0]))
        for j in range(len(w)):
            found[i, j] = w[j, 0] / (len(pictures) * (1 + math.exp(-score)))
    return found


@CAUGHT.catch(lambda: lesson_for_pictures, right=(lesson_by_loops,))
def is_right(rule):
    """Whether a rule gives the gradient of `generator_price` for the pictures.

    rule: a function of (pictures, w, b), for any n and d. It answers with one array, (n, d).
    Returns True or False.
    """
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), 0.7
    (expected,) = by_differences(generator_price)(1.0, *inputs)
    return np.allclose(rule(*inputs), expected)


@CAUGHT.gradient(generator_price, "pictures", looked_at, begins_as="saturating")
def lesson_for_pictures(pictures, w, b):
    """How the generator's loss moves with each pixel of its pictures.

    pictures: (n, d). w: (d, 1), b: a number.
    Returns (n, d).
    """
    p = 1 / (1 + np.exp(-(pictures @ w + b)))  # (n, 1)
    to_score = p / len(pictures)  # (n, 1)
    return to_score @ w.T


@lesson_for_pictures.mistake("saturating")
def _(pictures, w, b):
    """The slope is that of log p. How much is there to learn for a picture that was caught for sure?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))  # (n, 1)
    to_score = (1 - p) / len(pictures)  # (n, 1)
    return to_score @ w.T


@lesson_for_pictures.mistake("label")
def _(pictures, w, b):
    """With this gradient pictures get easier to catch. Which label is that the slope for?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return (p - 1) / len(pictures) @ w.T


@lesson_for_pictures.mistake("wrong point")
def _(pictures, w, b):
    """The slope is that of p itself. The loss is a logarithm of 1 - p: how does it move with p?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return p * (1 - p) / len(pictures) @ w.T


@lesson_for_pictures.mistake("bias")
def _(pictures, w, b):
    """The score was worked out without the bias. It has no slope of its own here, but does p not depend on it?"""
    return 1 / (1 + np.exp(-(pictures @ w))) / len(pictures) @ w.T


@lesson_for_pictures.mistake("factor")
def _(pictures, w, b):
    """These are the slopes of the sum over the pictures. What is each picture's share in the mean?"""
    return 1 / (1 + np.exp(-(pictures @ w + b))) @ w.T


@lesson_for_pictures.mistake("neighbours")
def _(pictures, w, b):
    """All pictures hear the same, from the mean of all p. Does one picture's price depend on another's score?"""
    p = (1 / (1 + np.exp(-(pictures @ w + b)))).mean() * np.ones((len(pictures), 1))
    return p / len(pictures) @ w.T


@lesson_for_pictures.mistake("chain")
def _(pictures, w, b):
    """That is how the loss moves with p, handed on to the pixels. How does p move with the score?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return 1 / (1 - p) / len(pictures) @ w.T


@lesson_for_pictures.mistake("sign")
def _(pictures, w, b):
    """Down this gradient the price goes up. Which sign has the slope of log(1 + exp(s))?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return -p / len(pictures) @ w.T


@lesson_for_pictures.mistake("chain, half of it")
def _(pictures, w, b):
    """p / (1 − p) is in it. How does the loss move with p, and what are both factors of dp/ds?"""
    p = 1 / (1 + np.exp(-(pictures @ w + b)))
    return p / (1 - p) / len(pictures) @ w.T


@lesson_for_pictures.mistake("brackets")
def _(pictures, w, b):
    """The bias has another sign than the rest of the score. Which bracket does the minus in the exponent need?"""
    p = 1 / (1 + np.exp(-pictures @ w + b))
    return p / len(pictures) @ w.T


@lesson_for_pictures.mistake("brackets, of the sigmoid")
def _(pictures, w, b):
    """The sigmoid's denominator ends too early. What does Python do first in 1 / 1 + a?"""
    p = 1 / 1 + np.exp(-(pictures @ w + b))
    return p / len(pictures) @ w.T


@lesson_for_pictures.mistake("value")
def _(pictures, w, b):
    """p is multiplied with the score. How does the score move with a pixel?"""
    score = pictures @ w + b
    return score / (1 + np.exp(-score)) / len(pictures) @ w.T
