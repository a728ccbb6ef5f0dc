"""Exercises of chapter 8: leaks and gaps, and what the losses come to. The others are in exercises_*.py beside."""

from __future__ import annotations

import numpy as np

from chapters.ch08_gan.duel import duel
from chapters.ch08_gan.exercises_distance import FRECHET
from chapters.ch08_gan.exercises_rivals import CAUGHT, RIVALS
from chapters.ch08_gan.exercises_whole import GAN_STEP
from chapters.exercises.form import Case, Exercise
from tinydl import Tensor, grad, losses, ops

# -------------------------------------------------------------------------------------------------------- leaks

LEAKS = Exercise(
    "gan",
    "leaks",
    "leaky relu and dropout, which let a part through",
    """
    Chapter 8, "Two players": after every layer of both networks comes a LeakyReLU, and before the discriminator's last
    one, dropout.

    A leaky relu is a relu that is not quite closed: x where x is positive, slope · x where it is not. At x = 0 there
    are two slopes to choose from; there the gradient is to be that of the left side.

    Dropout sets numbers to 0 at random, a share `rate` of them, so that the next layer relies on none of them alone.
    What is kept is made larger, by one factor for all: over very many draws the mean of y is x itself. Which numbers
    are kept was drawn elsewhere, and is given.
    """,
    hints=(
        "The leaky relu: np.where takes a condition and two arrays. Which condition makes 0 belong to the left side?",
        "Dropout: a number is kept with the probability 1 - rate, and is 0 otherwise. What is its mean, if nothing is "
        "made larger? What does it have to be multiplied with, so that the mean is x again?",
        "Both gradients: each y depends on one x alone, by a factor that is known before gy comes. Which factor has "
        "each place? In dropout it is the same one as in the forward pass.",
    ),
    try_it="""
    print(leaky(np.array([-2.0, 0.0, 3.0]), 0.3))  # [-0.6  0.   3. ]
    kept = np.random.default_rng(0).random(100_000) >= 0.4
    print(dropout(np.ones(100_000), kept, 0.4).mean().round(1))  # 1.0 is the mean of what went in, too
    """,
)


def both_sides(rng: np.random.Generator):
    """Numbers on both sides of 0, none close to it; and then 0 itself."""
    away = lambda *shape: rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)  # noqa: E731
    yield Case("one number on each side", {"x": np.array([-0.8, 1.3]), "slope": 0.3})
    yield Case("several pictures", {"x": away(3, 2, 2), "slope": 0.3})
    yield Case("a slope of 0", {"x": away(4, 3), "slope": 0.0})
    yield Case("a slope of 2", {"x": away(4, 3), "slope": 2.0})
    yield Case("x of 0", {"x": np.array([[0.0, -0.7], [0.9, 0.0]]), "slope": 0.3}, at_kink=True)


def leaky_naive(x, slope):
    """A number at a time."""
    y = np.empty(np.shape(x))
    for i, number in np.ndenumerate(x):
        y[i] = number if number > 0 else slope * number
    return y


@LEAKS.write(both_sides, leaky_naive)
def leaky(x, slope):
    """x where it is positive, slope · x elsewhere.

    x: of any shape. slope: a number from 0 up; it may be larger than 1.
    Returns an array of x's shape.
    """
    return np.where(x > 0, x, slope * x)


@leaky.mistake("maximum")
def _(x, slope):
    """The larger of x and slope · x was taken. Which of them is larger, left of 0, if the slope is 2?"""
    return np.maximum(x, slope * x)


@leaky.mistake("closed")
def _(x, slope):
    """Nothing gets through where x is negative. What is leaky about it?"""
    return np.maximum(x, 0)


@leaky.mistake("sides")
def _(x, slope):
    """The two sides have changed places: which one should leave x as it is?"""
    return np.where(x > 0, slope * x, x)


@LEAKS.gradient(leaky_naive, "x", both_sides)
def leaky_gradient(gy, x, slope):
    """How the loss moves with x; at x = 0 as on the left side.

    gy: of x's shape, how it moves with y.
    Returns an array of x's shape.
    """
    return gy * np.where(x > 0, 1.0, slope)


@leaky_gradient.mistake("closed")
def _(gy, x, slope):
    """That is relu's gradient: nothing passes where x is negative. What did such an x do to y?"""
    return gy * (x > 0)


@leaky_gradient.mistake("sides")
def _(gy, x, slope):
    """The slopes of the two sides have changed places."""
    return gy * np.where(x > 0, slope, 1.0)


@leaky_gradient.mistake("forward again")
def _(gy, x, slope):
    """gy went through the leaky relu itself. Does its sign say on which side x was?"""
    return np.where(gy > 0, gy, slope * gy)


@leaky_gradient.mistake("values")
def _(gy, x, slope):
    """gy was multiplied with y itself. What is asked for is how y moves with x, not what y is."""
    return gy * np.where(x > 0, x, slope * x)


@leaky_gradient.mistake("ties")
def _(gy, x, slope):
    """Right, but for x = 0. Which side's slope does the task ask for there?"""
    return gy * np.where(x >= 0, 1.0, slope)


def drawn(rng: np.random.Generator):
    """Numbers, and which of them are kept."""
    for label, shape, rate in (
        ("one picture", (1, 4), 0.5),
        ("several pictures", (3, 4), 0.4),
        ("few kept", (4, 4), 0.75),
        ("nearly all kept", (2, 3), 0.05),
    ):
        kept = (rng.random(shape) >= rate).astype(float)
        kept[0, :2] = 0, 1
        yield Case(label, {"x": rng.normal(size=shape), "kept": kept, "rate": rate})


def dropout_naive(x, kept, rate):
    """A number at a time."""
    y = np.zeros(np.shape(x))
    for i in np.ndindex(y.shape):
        if kept[i]:
            y[i] = x[i] / (1 - rate)
    return y


@LEAKS.write(drawn, dropout_naive)
def dropout(x, kept, rate):
    """x where it is kept, and 0 elsewhere; made larger, so that over many draws the mean is x.

    x: of any shape. kept: of x's shape, 1 where a number is kept, else 0.
    rate: how probable it is that a number is not kept, from 0 to less than 1.
    Returns an array of x's shape.
    """
    return x * kept / (1 - rate)


@dropout.mistake("unscaled")
def _(x, kept, rate):
    """What is kept is as large as before, so on average less arrives. By how much has it to grow?"""
    return x * kept


@dropout.mistake("scaled down")
def _(x, kept, rate):
    """What is kept got smaller. Less arrives already, since some are dropped: should that be mended, or done twice?"""
    return x * kept * (1 - rate)


@dropout.mistake("rate")
def _(x, kept, rate):
    """What is kept was divided by `rate`. Is that how probable it is to be kept, or to be dropped?"""
    return x * kept / rate


@dropout.mistake("dropped")
def _(x, kept, rate):
    """The others were kept: does a 1 in `kept` say that a number stays, or that it goes?"""
    return x * (1 - kept) / (1 - rate)


@dropout.mistake("grown")
def _(x, kept, rate):
    """The factor is 1 + rate. Try a rate of ½, where every second number goes: is the mean x?"""
    return x * kept * (1 + rate)


@LEAKS.gradient(dropout_naive, "x", drawn)
def dropout_gradient(gy, kept, rate):
    """How the loss moves with x.

    gy: of x's shape, how it moves with y. kept, rate: as in the forward pass.
    Returns an array of x's shape.
    """
    return gy * kept / (1 - rate)


@dropout_gradient.mistake("unscaled")
def _(gy, kept, rate):
    """What was kept was also made larger. If such an x moves by 0.1, how far does y?"""
    return gy * kept


@dropout_gradient.mistake("rate")
def _(gy, kept, rate):
    """The factor is 1 / rate. Is that the forward pass's? Try a rate of 0.05, where nearly all are kept."""
    return gy * kept / rate


@dropout_gradient.mistake("all kept")
def _(gy, kept, rate):
    """Every x gets a gradient here. What did those do to y that were dropped?"""
    return gy / (1 - rate)


@dropout_gradient.mistake("undone")
def _(gy, kept, rate):
    """The factor of the forward pass was taken back. Does a gradient undo a factor, or meet it once more?"""
    return gy * kept * (1 - rate)


@dropout_gradient.mistake("dropped")
def _(gy, kept, rate):
    """The gradient goes to those that were dropped. Who had a say in y?"""
    return gy * (1 - kept) / (1 - rate)


# -------------------------------------------------------------------------------------------------- equilibrium

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
    print((-0.5 * np.log(0.9) - 0.5 * np.log(1 - 0.2)).round(3))  # 0.164
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


@EQUILIBRIUM.predict(lambda: _said(0.5, np.array([[1.0], [0.0]])), tolerance=1e-3)
def coin():
    """The discriminator's loss if it says ½ to every picture: as many generated as real ones, labels without noise.

    Returns one number.
    """
    return np.log(2)


@coin.mistake("sum")
def _():
    """That is what two pictures pay together, a generated one and a real one. And the mean?"""
    return 2 * np.log(2)


@EQUILIBRIUM.predict(_best, tolerance=1e-3)
def best():
    """Which probability a discriminator should give that cannot tell pictures apart and says the same to all.

    As many generated as real ones; the noise on all labels is between 0 and 0.05, evenly.
    Returns one number.
    """
    return (1.025 + 0.025) / 2


@best.mistake("no noise")
def _():
    """Right, if labels were exactly 1 and 0. In which direction does the noise move all of them?"""
    return 0.5


@best.mistake("largest")
def _():
    """You took the largest noise for all labels. How large is it on average?"""
    return 0.55


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


@EQUILIBRIUM.predict(_pull, tolerance=1e-3)
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


@EQUILIBRIUM.predict(lambda: float(np.hypot(*duel(2, rate=0.5, in_turn=False)[-1])), tolerance=1e-3)
def apart():
    """How far from (0, 0) the two of the smallest game are after two steps from (1, 0), both at once, at a rate of ½.

    Returns one number.
    """
    return np.hypot(0.75, 1.0)


@apart.mistake("in turn")
def _():
    """That is the game in turn: y has seen where x went. Where does each look when they move at once?"""
    return float(np.hypot(*duel(2, rate=0.5)[-1]))


EXERCISES = [LEAKS, RIVALS, EQUILIBRIUM, CAUGHT, GAN_STEP, FRECHET]
