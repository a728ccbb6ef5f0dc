"""An exercise of chapter 5: pixels out of logits."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

SIGMOID = Exercise(
    "autoencoder",
    "sigmoid",
    "any number becomes a pixel between 0 and 1",
    """
    Chapter 5, "The price of a pixel". The last layer gives a logit z for each pixel, any number at all. The pixel is

        y = σ(z) = 1 / (1 + e⁻ᶻ)

    black, 0, where z is far below 0, and white, 1, where it is far above. A logit may be as large as 1000, up or down.
    Then the way back: `gy` says how the loss moves with each pixel; you want to know how it moves with each logit. All
    that you get for it is gy and the pixels themselves.
    """,
    hints=(
        "e¹⁰⁰⁰ is too large for a computer, e⁻¹⁰⁰⁰ is simply 0. As it stands the formula still comes out right, since "
        "1 / ∞ is 0, but NumPy warns of an overflow. Multiply above and below by eᶻ: which of the two forms is safe "
        "where?",
        "Both forms have an exponential of −|z|. For the gradient: ∂y/∂z = e⁻ᶻ / (1 + e⁻ᶻ)². One of its factors is y. "
        "What is the other?",
        "1 − y = e⁻ᶻ / (1 + e⁻ᶻ). So all that the slope needs is in y, and z is not asked for.",
    ),
    try_it="""
    y = sigmoid(np.array([-1000.0, -1.0, 0.0, 3.0, 1000.0]))
    print(y.round(3))  # [0. 0.269 0.5 0.953 1. ]
    print(sigmoid_gradient(np.ones(5), y).round(3))  # [0. 0.197 0.25 0.045 0. ]
    """,
)


def logits(rng: np.random.Generator):
    """Logits of pictures, and of pictures that a network is sure of."""
    yield Case("one picture", {"z": rng.normal(0, 2, (1, 5))})
    yield Case("several pictures", {"z": rng.normal(0, 2, (3, 4))})
    yield Case("pictures in colour", {"z": rng.normal(0, 2, (2, 2, 2, 3))})
    yield Case("logits of 1000 and -1000", {"z": np.array([[1000.0, -1000.0, 0.7], [-800.0, 1.5, 900.0]])})


def sigmoid_naive(z):
    """A number at a time, in the form that is safe there."""
    safe = lambda s: 1 / (1 + math.exp(-s)) if s > 0 else math.exp(s) / (1 + math.exp(s))  # noqa: E731
    return np.array([safe(s) for s in z.ravel()]).reshape(z.shape)


@SIGMOID.write(logits, sigmoid_naive)
def sigmoid(z):
    """Each pixel. z: logits, an array of any shape. Returns that shape."""
    e = np.exp(-np.abs(z))  # 1 at most
    return np.where(z > 0, 1, e) / (1 + e)


@sigmoid.mistake("not finite")
def _(z):
    """Where a logit is large, infinity is divided by infinity, which is nothing. Which other form is there?"""
    with np.errstate(all="ignore"):
        return np.exp(z) / (1 + np.exp(z))


@sigmoid.mistake("factor, sign")
def _(z):
    """White is black and black is white: what sign has z in the exponent?"""
    return 1 - sigmoid_naive(z)


@sigmoid.mistake("sign, below")
def _(z):
    """In the denominator something is taken from 1. What if z is 0?"""
    with np.errstate(all="ignore"):
        return 1 / (1 - np.exp(-z))


@sigmoid.mistake("brackets")
def _(z):
    """The denominator ends too early. What does Python do first in 1 / 1 + a?"""
    with np.errstate(all="ignore"):
        return 1 / 1 + np.exp(-z)


@sigmoid.mistake("brackets, of the other form")
def _(z):
    """The denominator ends too early. What does Python do first in a / 1 + a?"""
    with np.errstate(all="ignore"):
        return np.exp(z) / 1 + np.exp(z)


@sigmoid.mistake("step")
def _(z):
    """Every pixel of yours is black or white. What is between the two?"""
    return (z > 0).astype(float)


@sigmoid.mistake("step, with a middle")
def _(z):
    """Every pixel of yours is black or white. What is between the two?"""
    return np.heaviside(z, 0.5)


@sigmoid.mistake("tanh")
def _(z):
    """That goes from −1 to 1: it is the hyperbolic tangent. Between which numbers is a pixel?"""
    return np.tanh(z)


@sigmoid.mistake("factor")
def _(z):
    """That is the sigmoid of 2 z. How steep is the hyperbolic tangent at 0, and how steep should this be?"""
    return sigmoid_naive(2 * z)


@sigmoid.mistake("factor, half")
def _(z):
    """That is the sigmoid of z / 2. How steep is it at 0, and how steep should it be?"""
    return sigmoid_naive(z / 2)


@sigmoid.mistake("sign lost")
def _(z):
    """A logit and its negative give the same pixel. Where does the sign of z get lost?"""
    return sigmoid_naive(np.abs(z))


@sigmoid.mistake("sign lost, dark")
def _(z):
    """No pixel of yours is brighter than 0.5: a form that is safe on one side only was used on both. Which one belongs
    where?"""
    return sigmoid_naive(-np.abs(z))


@sigmoid.mistake("neighbours")
def _(z):
    """The largest logit is taken from all, as a softmax may do. Here there is a 1 in the sum: what is done to that?"""
    return sigmoid_naive(z - z.max())


@sigmoid.mistake("neighbours, in a row")
def _(z):
    """The largest logit of a row is taken from all, as a softmax may do. Here there is a 1 in the sum: what is done to
    that?"""
    return sigmoid_naive(z - z.max(axis=-1, keepdims=True))


@sigmoid.mistake("softmax")
def _(z):
    """That is a softmax: the pixels of a row share a sum of 1. How many white pixels may a picture have?"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


for _sign in (1, -1):

    @sigmoid.mistake(f"sign, below, where z has the sign {_sign}")
    def _(z, sign=_sign):
        """On one side of 0 something is taken from 1 in the denominator. What comes out close to 0?"""
        e = np.exp(-np.abs(z))
        with np.errstate(all="ignore"):
            return np.where(sign * z < 0, np.where(z > 0, 1, e) / (1 - e), sigmoid_naive(z))

    @sigmoid.mistake(f"brackets, where z has the sign {_sign}")
    def _(z, sign=_sign):
        """On one side of 0 the denominator ends too early. What does Python do first in a / 1 + b?"""
        e = np.exp(-np.abs(z))
        return np.where(sign * z < 0, np.where(z > 0, 1, e) / 1 + e, sigmoid_naive(z))


@sigmoid.mistake("sign, below, in the other form")
def _(z):
    """In the denominator something is taken from 1. What if z is 0?"""
    with np.errstate(all="ignore"):
        return np.exp(z) / (1 - np.exp(z))


@SIGMOID.gradient(sigmoid_naive, "z", logits)
def sigmoid_gradient(gy, y):
    """How the loss moves with each logit.

    gy: how it moves with each pixel.
    y: the pixels, as sigmoid gave them, of the same shape.
    Returns that shape.
    """
    return gy * y * (1 - y)


@sigmoid_gradient.mistake("wrong point")
def _(gy, y):
    """The sigmoid is taken once more, of a pixel. But y is its result already."""
    s = 1 / (1 + np.exp(-y))
    return gy * s * (1 - s)


@sigmoid_gradient.mistake("upstream")
def _(gy, y):
    """That is the slope of the sigmoid. And how does the loss move with what it gave?"""
    return y * (1 - y)


@sigmoid_gradient.mistake("factor, one")
def _(gy, y):
    """Where a pixel is white, yours is gy, as if the sigmoid were steep there. How steep is it really?"""
    return gy * y


@sigmoid_gradient.mistake("factor, the other")
def _(gy, y):
    """Where a pixel is black, yours is gy, as if the sigmoid were steep there. How steep is it really?"""
    return gy * (1 - y)


@sigmoid_gradient.mistake("tanh")
def _(gy, y):
    """1 − y² is the slope of the hyperbolic tangent. At a logit of 0, where y = 0.5, how steep is the sigmoid?"""
    return gy * (1 - y**2)


@sigmoid_gradient.mistake("relu")
def _(gy, y):
    """You let gy pass on one side and stop it on the other, as relu does. Does the sigmoid have a kink?"""
    return gy * (y > 0.5)


@sigmoid_gradient.mistake("upstream, for y")
def _(gy, y):
    """The slope is taken at gy. At which of the two arrays is the sigmoid known?"""
    return gy * (1 - gy)


@sigmoid_gradient.mistake("neighbours")
def _(gy, y):
    """That is the way back of a softmax, whose answers hang together. On how many logits does one pixel depend?"""
    return y * (gy - (gy * y).sum(axis=-1, keepdims=True))


@sigmoid_gradient.mistake("wrong point, the exponential")
def _(gy, y):
    """e⁻ʸ is in it. Where the formula has z, is y to be put in?"""
    return gy * np.exp(-y) * y**2


@sigmoid_gradient.mistake("brackets")
def _(gy, y):
    """You wrote 1 − y without brackets. What does Python do first?"""
    return gy * y * 1 - y


@sigmoid_gradient.mistake("brackets, the other factor")
def _(gy, y):
    """You wrote 1 − y without brackets. What does Python do first?"""
    return gy * 1 - y * y


@sigmoid_gradient.mistake("factor, sign")
def _(gy, y):
    """Both factors grow with y in yours. How steep is the sigmoid where y is nearly 1?"""
    return gy * y * (1 + y)


@sigmoid_gradient.mistake("brackets, gy in one term")
def _(gy, y):
    """gy meets the first of two terms only. What does it multiply?"""
    return gy * y - y**2


@sigmoid_gradient.mistake("brackets, gy in the other term")
def _(gy, y):
    """gy meets the second of two terms only. What does it multiply?"""
    return y - gy * y**2


for _power in (2, 3):

    @sigmoid_gradient.mistake(f"factor, y to the power {_power}")
    def _(gy, y, power=_power):
        """You have y several times, and no 1 − y. How steep is the sigmoid where y is nearly 1, and how steep is
        yours?"""
        return gy * y**power

    @sigmoid_gradient.mistake(f"factor, 1 − y to the power {_power}")
    def _(gy, y, power=_power):
        """You have 1 − y several times, and no y. How steep is the sigmoid where y is nearly 0, and how steep is
        yours?"""
        return gy * (1 - y) ** power


for _y, _rest in ((2, 1), (1, 2), (2, 2), (0.5, 0.5), (-1, -1)):

    @sigmoid_gradient.mistake(f"factor, power {_y} and {_rest}")
    def _(gy, y, one=_y, other=_rest):
        """You have y and 1 − y in it, but not both of them once. How steep is the sigmoid at a logit of 0, and how
        steep is yours?"""
        with np.errstate(all="ignore"):
            return gy * np.power(y, one) * np.power(1 - y, other)


@sigmoid_gradient.mistake("not a product")
def _(gy, y):
    """You add the slope to gy. What does the chain rule do with the two?"""
    return gy + y * (1 - y)


@sigmoid_gradient.mistake("brackets, nothing left")
def _(gy, y):
    """0 comes out everywhere. What is y · 1 − y without a bracket, and which bracket is missing?"""
    return 0 * (gy + y)


@sigmoid_gradient.mistake("upstream, twice")
def _(gy, y):
    """gy is in both factors. How often does the chain rule take it?"""
    return gy * y * (1 - gy * y)


@sigmoid_gradient.mistake("upstream, twice, in the other factor")
def _(gy, y):
    """gy is in both factors. How often does the chain rule take it?"""
    return y * gy * (gy - y)


@sigmoid_gradient.mistake("brackets, around gy and 1")
def _(gy, y):
    """The bracket holds gy, and y is taken from it. From which number should y be taken?"""
    return (gy - y) * y


@sigmoid_gradient.mistake("brackets, after gy")
def _(gy, y):
    """y is taken from the product, and not from one of its factors. What does Python do first?"""
    return gy - y * y
