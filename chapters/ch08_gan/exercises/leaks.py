"""Exercises of chapter 8: leaks and gaps."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

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


@leaky.mistake("x missing")
def _(x, slope):
    """Left of 0 there is the slope itself. How far down does a line with that slope go?"""
    return np.where(x > 0, x, slope)


@leaky.mistake("wrong place")
def _(x, slope):
    """The bend lies at x = slope. Where should it be?"""
    return np.where(x > slope, x, slope * x)


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
    """The slopes of the two sides have changed places. On which side does x pass as it is?"""
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
    """Yours is right but for x = 0. Which side's slope does the task ask for there?"""
    return gy * np.where(x >= 0, 1.0, slope)


@leaky_gradient.mistake("upstream")
def _(gy, x, slope):
    """gy comes in on the right side of 0 only. What arrives from above for the others?"""
    return np.where(x > 0, gy, slope)


@leaky_gradient.mistake("dtype")
def _(gy, x, slope):
    """The slope became a whole number somewhere. What kind of array was it written into?"""
    return gy * np.where(x > 0, 1, int(slope))


@leaky_gradient.mistake("wrong place")
def _(gy, x, slope):
    """Yours changes at x = slope. Where is the bend?"""
    return gy * np.where(x > slope, 1.0, slope)


@leaky_gradient.mistake("sign")
def _(gy, x, slope):
    """Left of 0 there is 2 · slope − 1. What is np.sign there, and what should stand in its place?"""
    return gy * (slope + (1 - slope) * np.sign(x))


@leaky_gradient.mistake("brackets")
def _(gy, x, slope):
    """The slope is added outside of the product with gy. What does gy multiply, and on which side is the slope?"""
    return gy * (x > 0) + slope


@leaky_gradient.mistake("both sides")
def _(gy, x, slope):
    """Right of 0 there is 1 + slope. On which side does the slope belong?"""
    return gy * ((x > 0) + slope)


@leaky_gradient.mistake("values, on one side")
def _(gy, x, slope):
    """Left of 0 there is slope · x: is that y itself, or how it moves with x?"""
    return np.where(x > 0, gy, gy * slope * x)


def drawn(rng: np.random.Generator):
    """Numbers, and which of them are kept."""
    for label, shape, rate in (
        ("one picture", (1, 4), 0.5),
        ("several pictures", (3, 4), 0.4),
        ("few numbers kept", (4, 4), 0.75),
        ("nearly all numbers kept", (2, 3), 0.05),
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


@dropout.mistake("drawn share")
def _(x, kept, rate):
    """It was divided by the share that happens to be kept this time. Over very many draws, how large is that share?"""
    return x * kept / kept.mean()


@dropout.mistake("brackets")
def _(x, kept, rate):
    """It divides by 1, and takes the rate away afterwards. What does Python do first in a / 1 − b?"""
    return x * kept / 1 - rate


@dropout.mistake("shape")
def _(x, kept, rate):
    """Only the kept numbers came out, without the places of the others. Which shape did x have?"""
    return x[kept == 1] / (1 - rate)


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


@dropout_gradient.mistake("brackets")
def _(gy, kept, rate):
    """It divides by 1, and takes the rate away afterwards. What does Python do first in a / 1 − b?"""
    return gy * kept / 1 - rate


@dropout_gradient.mistake("shape")
def _(gy, kept, rate):
    """Only those that were kept have a gradient, without the places of the others. Which shape did x have?"""
    return gy[kept == 1] / (1 - rate)


@dropout_gradient.mistake("drawn share")
def _(gy, kept, rate):
    """It was divided by the share that happens to be kept this time. By what did the forward pass divide?"""
    return gy * kept / kept.mean()
