"""An exercise of chapter 5: a gradient that is right for digits, and wrong for clothes."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

GREY = Exercise(
    "autoencoder",
    "grey_pixels",
    "find the bug: right for digits, wrong for clothes",
    """
    Chapter 5, "The price of a pixel", with the probability p itself in place of the logit. The loss is the mean over
    all pixels of all pictures:

        l = −t log p − (1 − t) log(1 − p)

    Somebody has written `price_gradient`, how it moves with each p, and tried it on digits of black and white pixels:
    it was right. On clothes the network learnt something strange. Write the check that catches the bug, `is_right`,
    then mend it.

    The check gets a rule and compares it with finite differences: move one p up and down by 0.0001, see what `price`
    says, divide. Which pictures, and which answers, should it try?
    """,
    hints=(
        "What did clothes have more of than digits? (Chapter 5 begins with a picture of a boot, number by number.)",
        "One picture may hide what goes wrong with several, and a square table what goes wrong with others. Answers "
        "near 0.5 may hide what goes wrong with sure ones. And which pixels are there beside black and white ones?",
        "The bug: each pixel has one of two slopes, as if it were either white or black. A grey pixel pays for both "
        "terms of l. How much of each?",
    ),
    try_it="""
    p, t = np.array([[0.8, 0.1]]), np.array([[1.0, 0.5]])
    print(price_gradient(p, t).round(2))  # [[-0.62 -2.22]]
    print(is_right(price_gradient))  # True, when both are written
    """,
)


@GREY.given
def price(p, t):
    """The mean price of a pixel. p, t: (n, d) each."""
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


def answers(rng: np.random.Generator):
    """Probabilities of pixels, and the pixels."""
    yield Case(
        "black and white pixels",
        {"p": rng.uniform(0.2, 0.8, (2, 3)), "t": np.array([[0.0, 1, 1], [1, 0, 0]])},
    )
    yield Case("grey pixels", {"p": rng.uniform(0.2, 0.8, (3, 4)), "t": rng.uniform(0.1, 0.9, (3, 4))})
    yield Case("one picture", {"p": rng.uniform(0.2, 0.8, (1, 4)), "t": rng.uniform(0.1, 0.9, (1, 4))})
    yield Case(
        "sure answers", {"p": np.array([[0.08, 0.92], [0.93, 0.08]]), "t": rng.uniform(0.1, 0.9, (2, 2))}
    )


def one_fraction(p, t):
    """The rule, as one fraction."""
    return (p - t) / (p * (1 - p)) / p.size


@GREY.catch(lambda: price_gradient, right=(one_fraction,))
def is_right(rule):
    """Is a gradient rule of `price` right?

    rule: a function of p and t, called as price_gradient is below.
    Returns True if it is, and False for any rule that gives a wrong gradient anywhere.
    """
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.05, 0.95, (3, 4)), rng.uniform(0, 1, (3, 4))
    expected = np.zeros(p.shape)
    for place in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[place] = 0.0001
        expected[place] = (price(p + step, t) - price(p - step, t)) / 0.0002
    return bool(np.allclose(rule(p, t), expected, rtol=1e-4, atol=1e-6))


@GREY.gradient(price, "p", answers, begins_as="grey")
def price_gradient(p, t):
    """How the loss moves with each probability.

    p, t: probabilities between 0 and 1, and pixels from 0 to 1, (n, d) each.
    Returns (n, d).
    """
    return (-t / p + (1 - t) / (1 - p)) / p.size


@price_gradient.mistake("grey")
def _(p, t):
    """It is right where pixels are black or white. How many terms of the price does a grey pixel pay?"""
    slope = np.where(t > 0.5, -1 / p, 1 / (1 - p))
    return slope / p.size


@price_gradient.mistake("factor, one picture")
def _(p, t):
    """It is right for one picture. Over how many pixels is the mean if there are several?"""
    return price_gradient(p, t) * len(p)


@price_gradient.mistake("one way, white only")
def _(p, t):
    """Black pixels do not pull. What is the slope of the second term?"""
    return -t / p / p.size


@price_gradient.mistake("clipped")
def _(p, t):
    """It is right for answers between 0.1 and 0.9. How hard are surer ones pulled?"""
    return price_gradient(np.clip(p, 0.1, 0.9), t)


@price_gradient.mistake("logits")
def _(p, t):
    """That is the slope in the logit, which the lesson derives. Here p itself is moved: what is between the two?"""
    return (p - t) / p.size


@price_gradient.mistake("squared error")
def _(p, t):
    """That is the slope of (p − t)². Which price is asked for?"""
    return 2 * (p - t) / p.size


@price_gradient.mistake("one way, black only")
def _(p, t):
    """White pixels do not pull. What is the slope of the first term?"""
    return (1 - t) / (1 - p) / p.size


@price_gradient.mistake("factor, one sign")
def _(p, t):
    """Both terms pull the same way. What becomes of 1 − p if p grows?"""
    return (-t / p - (1 - t) / (1 - p)) / p.size


@price_gradient.mistake("brackets")
def _(p, t):
    """It divides by p and multiplies with 1 − p. Where do the brackets of the denominator belong?"""
    return (p - t) / p * (1 - p) / p.size


@price_gradient.mistake("one slope more")
def _(p, t):
    """There is p (1 − p) in it as a factor. Does the slope become small where the answer is sure, or large?"""
    return (p - t) * p * (1 - p) / p.size


@price_gradient.mistake("value")
def _(p, t):
    """Those are the prices themselves. How does each move with its p?"""
    return (-t * np.log(p) - (1 - t) * np.log(1 - p)) / p.size


@price_gradient.mistake("target")
def _(p, t):
    """The slopes are the same whatever the pixel should have been. Where does t come in?"""
    return (-1 / p + 1 / (1 - p)) / p.size


@price_gradient.mistake("exchanged")
def _(p, t):
    """A white pixel has the slope of a black one, and a black one that of a white one. Which term is whose?"""
    return (-(1 - t) / p + t / (1 - p)) / p.size


@price_gradient.mistake("grey, white if not black")
def _(p, t):
    """Every pixel that is not quite black counts as a white one. How much of each term does a dark one pay?"""
    return np.where(t > 0, -1 / p, 1 / (1 - p)) / p.size


@price_gradient.mistake("grey, black if not white")
def _(p, t):
    """Every pixel that is not quite white counts as a black one. How much of each term does a bright one pay?"""
    return np.where(t < 1, 1 / (1 - p), -1 / p) / p.size


@price_gradient.mistake("not weighed, white")
def _(p, t):
    """The first term pulls at every pixel alike. What is its weight?"""
    return (-1 / p + (1 - t) / (1 - p)) / p.size


@price_gradient.mistake("not weighed, black")
def _(p, t):
    """The second term pulls at every pixel alike. What is its weight?"""
    return (-t / p + 1 / (1 - p)) / p.size


@price_gradient.mistake("brackets, of the sum")
def _(p, t):
    """Only the second term is divided by the number of pixels. What does Python do first, + or /?"""
    return -t / p + (1 - t) / (1 - p) / p.size


@price_gradient.mistake("brackets, of the fraction")
def _(p, t):
    """Only the pixel t is divided by what stands below, p is not. What does Python do first, − or /?"""
    return (p - t / (p * (1 - p))) / p.size


@price_gradient.mistake("exchanged, p")
def _(p, t):
    """The slope of log p has 1 − p in it, and that of log (1 − p) has p. Which is the slope of which?"""
    return (-t / (1 - p) + (1 - t) / p) / p.size


@price_gradient.mistake("value, with a sign")
def _(p, t):
    """The logarithms are in it as they are. What is the slope of a logarithm?"""
    return (-t * np.log(p) + (1 - t) * np.log(1 - p)) / p.size


@price_gradient.mistake("neighbours")
def _(p, t):
    """All pictures have the same gradient, the mean of theirs. Does a pixel of one picture move the price of
    another?"""
    return np.broadcast_to(price_gradient(p, t).mean(axis=0), p.shape)


@price_gradient.mistake("factor, square tables")
def _(p, t):
    """It is right if there are as many pictures as each has pixels. Over how many pixels is the mean?"""
    return price_gradient(p, t) * p.size / p.shape[1] ** 2


@price_gradient.mistake("factor")
def _(p, t):
    """It has the other sign everywhere. Does a white pixel cost more if p grows?"""
    return -price_gradient(p, t)


@price_gradient.mistake("factor, pictures")
def _(p, t):
    """It divides by the number of pictures. Over what is the mean?"""
    return price_gradient(p, t) * p.shape[1]


@price_gradient.mistake("rounded")
def _(p, t):
    """It is right to one digit behind the decimal point, and no further. Where are the others lost?"""
    return np.round(price_gradient(p, t), 1)


@price_gradient.mistake("brackets, of 1 − p")
def _(p, t):
    """The second fraction ends too early. What does Python do first in a / 1 − p?"""
    return (-t / p + (1 - t) - p) / p.size


@price_gradient.mistake("brackets, of 1 − t")
def _(p, t):
    """The second fraction begins too late. What does Python do first in 1 − t / a?"""
    return (-t / p + 1 - t / (1 - p)) / p.size


@price_gradient.mistake("brackets, of the first fraction")
def _(p, t):
    """Only the second of two terms is divided by p (1 − p). What does Python do first, − or /?"""
    return p - t / (p * (1 - p)) / p.size


@price_gradient.mistake("brackets, of the size")
def _(p, t):
    """It divides by one number of the shape and multiplies with the other. What does Python do first in a / n * d?"""
    return price_gradient(p, t) * p.shape[1] ** 2


@price_gradient.mistake("brackets, p times 1")
def _(p, t):
    """It divides by 0. What is p · 1 − p?"""
    with np.errstate(all="ignore"):
        return (p - t) / (0 * p) / p.size


@price_gradient.mistake("brackets, of the first term")
def _(p, t):
    """Only the first term is divided by the number of pixels. What does Python do first, + or /?"""
    return -t / p / p.size + (1 - t) / (1 - p)
