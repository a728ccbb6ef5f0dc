"""Exercises of chapter 5: pixels out of logits, their price, and what no network can save of it."""

from __future__ import annotations

import math

import numpy as np

from chapters.ch05_autoencoder import rivals
from chapters.ch05_autoencoder.exercises_grey import GREY
from chapters.ch05_autoencoder.exercises_linear import PCA, TIED
from chapters.exercises.form import Case, Exercise
from tinydl import datasets
from tinydl.losses import BinaryCrossentropy

# -------------------------------------------------------------------------------------------------- sigmoid

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
        "e¹⁰⁰⁰ is too large for a computer, e⁻¹⁰⁰⁰ is simply 0. Multiply above and below by eᶻ: which of the two forms "
        "is safe where?",
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


@sigmoid.mistake("sign")
def _(z):
    """White is black and black is white: what sign has z in the exponent?"""
    return 1 - sigmoid_naive(z)


@sigmoid.mistake("tanh")
def _(z):
    """That goes from −1 to 1: it is the hyperbolic tangent. Between which numbers is a pixel?"""
    return np.tanh(z)


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


@sigmoid_gradient.mistake("one factor")
def _(gy, y):
    """Where a pixel is white, yours is gy, as if the sigmoid were steep there. How steep is it really?"""
    return gy * y


@sigmoid_gradient.mistake("tanh")
def _(gy, y):
    """1 − y² is the slope of the hyperbolic tangent. At a logit of 0, where y = 0.5, how steep is the sigmoid?"""
    return gy * (1 - y**2)


@sigmoid_gradient.mistake("relu")
def _(gy, y):
    """You let gy pass on one side and stop it on the other, as relu does. Does the sigmoid have a kink?"""
    return gy * (y > 0.5)


# ---------------------------------------------------------------------------------------- the price of a pixel

PRICE = Exercise(
    "autoencoder",
    "pixel_price",
    "the price of a pixel, from its logit",
    """
    Chapter 5, "The price of a pixel". A pixel t, from 0 to 1, came back as the logit z. With p = σ(z) it costs

        l = −t log p − (1 − t) log(1 − p)

    and the loss is the mean of l over all pixels of all pictures. Write it for logits up to 1000, up and down: the
    price of a white pixel at a logit of −1000 is 1000, and not infinite. Then its gradient for the logits. It has no
    gy: the loss is where everything begins.
    """,
    hints=(
        "Once p is rounded to 0 or 1, its logarithm is lost. The lesson writes both logarithms with z: what does l "
        "become?",
        "l = log(1 + e⁻ᶻ) + (1 − t) z. Where z is far below 0, the first term is nearly −z: take that out of the "
        "logarithm, or ask `np.logaddexp` for log(eᵃ + eᵇ).",
        "The gradient of one pixel's l is the last formula of the lesson's section. Then: one pixel is one of how many "
        "in the mean? And the sigmoid has to be safe, too, as in the exercise before.",
    ),
    try_it="""
    z, t = np.array([[2.0, -1000.0, 0.0]]), np.array([[1.0, 1.0, 0.4]])
    print(price(z, t).round(3))  # 333.607
    print(price_gradient(z, t).round(3))  # [[-0.04 -0.333 0.033]]
    """,
)


def pixels(rng: np.random.Generator):
    """Logits and the pixels that they should have been."""
    yield Case(
        "black and white pixels",
        {"z": rng.normal(0, 2, (2, 4)), "t": np.array([[0.0, 1, 1, 0], [1, 0, 0, 1]])},
    )
    yield Case("grey pixels", {"z": rng.normal(0, 2, (3, 4)), "t": rng.uniform(0.1, 0.9, (3, 4))})
    yield Case("one picture", {"z": rng.normal(0, 2, (1, 5)), "t": rng.uniform(0, 1, (1, 5))})
    sure = np.array([[1000.0, -1000, 0.5], [-900, 800, -0.5]])
    yield Case("logits of 1000 and -1000", {"z": sure, "t": np.array([[0.25, 1, 1], [0, 1, 0.5]])})


def price_naive(z, t):
    """A pixel at a time; log(1 + e⁻ᶻ) = log(1 + eᶻ) − z."""
    total = 0.0
    for s, wish in zip(z.ravel(), t.ravel()):
        softplus = math.log1p(math.exp(-s)) if s > 0 else math.log1p(math.exp(s)) - s
        total += softplus + (1 - wish) * s
    return total / z.size


@PRICE.write(pixels, price_naive)
def price(z, t):
    """The mean price of a pixel, a number.

    z, t: logits, and pixels from 0 to 1, (n, d) each: n pictures of d pixels.
    """
    return (np.logaddexp(0, -z) + (1 - t) * z).mean()


@price.mistake("not finite")
def _(z, t):
    """A probability was rounded to 0 or 1 before you took the logarithm. Can it be done without p?"""
    with np.errstate(all="ignore"):
        p = sigmoid_naive(z)
        return (-t * np.log(p) - (1 - t) * np.log(1 - p)).mean()


@price.mistake("clipped")
def _(z, t):
    """You keep p away from 0 and 1. That is finite, but nobody ever pays more than 16: what is the price at −1000?"""
    p = np.clip(sigmoid_naive(z), 1e-7, 1 - 1e-7)
    return (-t * np.log(p) - (1 - t) * np.log(1 - p)).mean()


@price.mistake("white only")
def _(z, t):
    """White pixels pay, black ones do not. What keeps a network then from painting everything white?"""
    return (t * np.logaddexp(0, -z)).mean()


@PRICE.gradient(price_naive, "z", pixels)
def price_gradient(z, t):
    """How the loss moves with each logit.

    z, t: logits, and pixels from 0 to 1, (n, d) each.
    Returns (n, d).
    """
    e = np.exp(-np.abs(z))
    p = np.where(z > 0, 1, e) / (1 + e)
    return (p - t) / z.size


@price_gradient.mistake("wrong point")
def _(z, t):
    """You compare the pixel with the logit. Which number between 0 and 1 belongs to a logit?"""
    return (z - t) / z.size


@price_gradient.mistake("one slope more")
def _(z, t):
    """There is the slope of the sigmoid in it once more. The logarithm has taken that away: see the lesson's picture
    of the squared error, which keeps it."""
    p = sigmoid_naive(z)
    return (p - t) * p * (1 - p) / z.size


@price_gradient.mistake("white only")
def _(z, t):
    """Black pixels do not pull. What is the slope of the second term of l?"""
    return t * (sigmoid_naive(z) - 1) / z.size


@price_gradient.mistake("rounded")
def _(z, t):
    """It is right where pixels are black or white. What do you make of a grey one?"""
    return (sigmoid_naive(z) - np.round(t)) / z.size


@price_gradient.mistake("clipped")
def _(z, t):
    """Where the network is very sure, you have no gradient, even if it is wrong. How hard should it be pulled?"""
    p = sigmoid_naive(z)
    return np.where((p > 1e-7) & (p < 1 - 1e-7), p - t, 0) / z.size


@price_gradient.mistake("softmax")
def _(z, t):
    """You take a softmax over the pixels of a picture. Does one pixel get darker because another gets brighter?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - t) / z.size


# ------------------------------------------------------------------------------------------------ the floor

FLOOR = Exercise(
    "autoencoder",
    "price_floor",
    "predict: what nobody can save",
    """
    Chapter 5, "Why the loss does not go to 0". A network that gives everything back just as it was still pays for grey
    pixels. Predict three losses, each the mean of −t log p − (1 − t) log(1 − p) over all pixels. Two digits are enough,
    and you may let Python do the sums: `return 0.3 * np.log(2)`.
    """,
    hints=(
        "What does one pixel cost whose p is 0.5, if it is black? If it is white? If it is grey?",
        "A mean over pixels of several kinds: the share of each kind times what it costs.",
        "All pixels get the same p, and a share q of them is white. The loss is −q log p − (1 − q) log(1 − p). Where "
        "is its slope in p 0?",
    ),
    try_it="""
    print((-np.log(0.9)).round(3))  # 0.105 (a white pixel that came back as 0.9)
    print(len(best_guess()))  # 2 (whether they are right, the check tells)
    """,
)


def _quarter_grey() -> float:
    return rivals.floor(np.array([[0.5, 0.0, 1.0, 0.0], [1.0, 0.0, 0.5, 1.0]]))


def _newborn() -> float:
    t = datasets.synthetic.digits(20, seed=0)[0].reshape(20, -1) / 255
    return float(BinaryCrossentropy(from_logits=True)(t, np.zeros(t.shape)))


def _best_guess() -> tuple[float, float]:
    t, guesses = np.repeat([1.0, 0.0], [2, 8]), np.linspace(0.01, 0.99, 99)
    prices = [float(BinaryCrossentropy()(t[None], np.full((1, 10), p))) for p in guesses]
    return float(guesses[np.argmin(prices)]), min(prices)


@FLOOR.predict(_quarter_grey, tolerance=0.01)
def quarter_grey():
    """A quarter of all pixels are 0.5, the others black or white. The lowest loss that there can be: a number."""
    return 0.25 * np.log(2)


@quarter_grey.mistake("grey alone")
def _():
    """That is the price of one grey pixel. How many of all are grey?"""
    return np.log(2)


@quarter_grey.mistake("base")
def _():
    """That is counted in bits, with logarithms to the base 2. Which logarithm is in the price?"""
    return 0.25


@quarter_grey.mistake("zero")
def _():
    """That is the price of black and white pixels given back as they were. What does a grey one cost at least?"""
    return 0.0


@FLOOR.predict(_newborn, tolerance=0.01)
def newborn():
    """A network that has not learnt anything gives the logit 0 for every pixel of every digit. Its loss: a number."""
    return np.log(2)


@newborn.mistake("probability")
def _():
    """That is the probability that a logit of 0 stands for. What does it cost?"""
    return 0.5


@newborn.mistake("zero")
def _():
    """A logit of 0 is not a black pixel: which pixel is it?"""
    return 0.0


@FLOOR.predict(_best_guess, tolerance=0.01)
def best_guess():
    """Which p is the best, if all pixels get the same? Pixels are black or white, and 20 % of them are white.

    Returns two numbers: the p with the lowest loss, and that loss.
    """
    return 0.2, -0.2 * np.log(0.2) - 0.8 * np.log(0.8)


@best_guess.mistake("half")
def _():
    """Half and half is what one says who knows nothing. This network knows that black is more frequent."""
    return 0.5, np.log(2)


@best_guess.mistake("majority")
def _():
    """Black for all is right for most pixels. What does each of the white ones cost then?"""
    return 0.0, 0.2


EXERCISES = [SIGMOID, PRICE, GREY, FLOOR, TIED, PCA]
