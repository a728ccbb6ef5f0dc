"""Exercise of chapter 8: what the losses come to, told beforehand."""

from __future__ import annotations

import numpy as np

from chapters.ch08_gan.duel import duel
from chapters.exercises.form import Exercise
from tinydl import Tensor, grad, losses, ops

THREE_DIGITS = 4e-3  # what rounding to three digits takes away, at most, from the numbers of this file

EQUILIBRIUM = Exercise(
    "gan",
    "equilibrium",
    "what the losses are when nobody wins",
    """
    Chapter 8, from "The one gradient that matters" to "What the losses say". Work these out on paper; logarithms may be
    left to NumPy (`return -np.log(0.2)`). Three digits are enough. They are compared with what tinydl computes.
    """,
    hints=(
        "A discriminator that says the same to all pictures pays -log p for some and -log(1 - p) for the others: how "
        "many are there of each?",
        "The price is linear in the label. So noise on the labels counts with its mean, and the best answer for all is "
        "the mean of all labels. That mean is a little more than a half.",
        "In the duel each moves by rate times where the other one stood before: go two steps by hand, from (1, 0). For "
        "the slope, recall what is left over of 1 / (1 - p) · p (1 - p).",
    ),
    try_it="""
    # A discriminator that says 0.9 to a generated picture, and 0.2 to a real one:
    print(round(float(-0.5 * np.log(0.9) - 0.5 * np.log(1 - 0.2)), 3))  # 0.164
    """,
)


def _said(p: float, label: np.ndarray) -> float:
    """What a discriminator pays that says p to every picture."""
    return float(np.mean(losses.binary_crossentropy(label, np.full(label.shape, p))))


def _best() -> float:
    noise = np.linspace(0, 0.05, 51)[:, None]
    label = np.concatenate([1 + noise, noise])  # (102, 1)
    answers = np.arange(1, 1000) / 1000
    return float(answers[np.argmin([_said(p, label) for p in answers])])


def _pull() -> float:
    score = Tensor(np.full((20, 1), np.log(0.999 / 0.001)), requires_grad=True)
    loss = ops.mean(losses.binary_crossentropy(np.zeros((20, 1)), ops.sigmoid(score)))
    return float(grad(loss, [score])[0].numpy()[0, 0])


@EQUILIBRIUM.predict(lambda: _said(0.5, np.array([[1.0], [0.0]])), tolerance=THREE_DIGITS)
def coin():
    """The discriminator's loss if it says ½ to every picture: as many generated as real ones, labels without noise.

    Returns one number.
    """
    return np.log(2)


@coin.mistake("sum")
def _():
    """That is what two pictures pay together, a generated one and a real one. What is the mean?"""
    return 2 * np.log(2)


@coin.mistake("factor")
def _():
    """You have half of the price: half of the pictures are generated, but do the others cost nothing?"""
    return -0.5 * np.log(0.5)


@coin.mistake("factor, sign")
def _():
    """The price of a probability is never below 0: what is the sign of log ½?"""
    return np.log(0.5)


@coin.mistake("no logarithm")
def _():
    """That is the probability that it says. What does it pay for saying so?"""
    return 0.5


@EQUILIBRIUM.predict(_best, tolerance=THREE_DIGITS)
def best():
    """Which probability a discriminator should give that cannot tell pictures apart and says the same to all.

    As many generated as real ones; the noise on all labels is between 0 and 0.05, evenly.
    Returns one number.
    """
    return (1.025 + 0.025) / 2


@best.mistake("no noise")
def _():
    """½ would be right for labels of exactly 1 and 0. In which direction does the noise move all of them?"""
    return 0.5


@best.mistake("largest")
def _():
    """You took the largest noise for all labels. How large is it on average?"""
    return 0.55


@best.mistake("one way")
def _():
    """You gave noise to the labels of one kind only. Which have it?"""
    return 1.025 / 2


@best.mistake("sign")
def _():
    """The noise was taken away from the labels. In which direction does it move them?"""
    return 0.475


# Two of its usual mistakes, log 2 and what the discriminator pays, are as near as 2e-3.
@EQUILIBRIUM.predict(lambda: _said(_best(), np.zeros((1, 1))), tolerance=1e-3)
def fooled():
    """The generator's loss while the discriminator gives that answer to every picture.

    Returns one number.
    """
    return -np.log(1 - 0.525)


@fooled.mistake("label")
def _():
    """That is -log p, the price with the label 1. What does the generator want to hear?"""
    return -np.log(0.525)


@fooled.mistake("no noise")
def _():
    """log 2 it would be if the discriminator said ½. What does it say?"""
    return np.log(2)


@fooled.mistake("factor, sign")
def _():
    """The price of a probability is never below 0: what is the sign of a logarithm of less than 1?"""
    return np.log(1 - 0.525)


@fooled.mistake("discriminator's")
def _():
    """That is what the discriminator pays. What does the generator pay, which has no real pictures?"""
    return -0.525 * np.log(0.525) - 0.475 * np.log(0.475)


@fooled.mistake("factor")
def _():
    """You have half of the price. In the generator's turn, how many of the pictures are real?"""
    return -0.5 * np.log(1 - 0.525)


@EQUILIBRIUM.predict(_pull, tolerance=THREE_DIGITS)
def pull():
    """The slope of the generator's loss in the score of one picture, of which the discriminator says p = 0.999.

    The loss is the mean over twenty pictures.
    Returns one number.
    """
    return 0.999 / 20


@pull.mistake("saturating")
def _():
    """That would be the slope of log p. Which loss does this chapter's generator have?"""
    return 0.001 / 20


@pull.mistake("share")
def _():
    """That is the slope of this picture's own price. What is its share in the mean?"""
    return 0.999


@pull.mistake("chain")
def _():
    """That is how the loss moves with p. How does p move with the score?"""
    return 1 / (1 - 0.999) / 20


@pull.mistake("factor, sign")
def _():
    """If the score grows, the picture is caught more surely. Does the generator's loss fall then?"""
    return -0.999 / 20


@EQUILIBRIUM.predict(lambda: float(np.hypot(*duel(2, rate=0.5, in_turn=False)[-1])), tolerance=THREE_DIGITS)
def apart():
    """How far from (0, 0) the two of the smallest game are after two steps from (1, 0), both at once, at a rate of ½.

    Returns one number.
    """
    return np.hypot(0.75, 1.0)


@apart.mistake("in turn")
def _():
    """That is the game in turn: y has seen where x went. Where does each look when they move at once?"""
    return float(np.hypot(*duel(2, rate=0.5)[-1]))


@apart.mistake("shifted")
def _():
    """That is how far away they are after one step. How far is it after two?"""
    return np.sqrt(1.25)


@apart.mistake("root missing")
def _():
    """That is the square of the distance. What is the distance itself?"""
    return 1.25**2


@apart.mistake("added")
def _():
    """Both steps were taken to go as far out as the first. By what does one step multiply the distance?"""
    return 1 + 2 * (np.sqrt(1.25) - 1)


@apart.mistake("outwards")
def _():
    """Each step was taken to lead straight away from (0, 0). In which direction does the first one go, from (1, 0)?"""
    return 1.5**2


@apart.mistake("circle")
def _():
    """1 is how far away they begin, and where y stands after two steps. How far from (0, 0) is the point of both? Does
    a step at right angles to the way to the middle keep the distance?"""
    return 1


@apart.mistake("x alone")
def _():
    """That is where x stands after two steps. How far from (0, 0) is the point of both?"""
    return 0.75


@apart.mistake("sum")
def _():
    """x and y were added up. How far from (0, 0) is a point that lies x to the right and y up?"""
    return 0.75 + 1
