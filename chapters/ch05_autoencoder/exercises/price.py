"""An exercise of chapter 5: the price of a pixel, from its logit."""

from __future__ import annotations

import math

import numpy as np

from chapters.ch05_autoencoder.exercises.sigmoid import sigmoid_naive
from chapters.exercises.form import Case, Exercise

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
    print(round(float(price(z, t)), 3))  # 333.607
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


def _clipped(z, t, least):
    p = np.clip(sigmoid_naive(z), least, 1 - least)
    return (-t * np.log(p) - (1 - t) * np.log(1 - p)).mean()


def _raised(z, t, least):
    p = sigmoid_naive(z)
    return (-t * np.log(p + least) - (1 - t) * np.log(1 - p + least)).mean()


@price.mistake("factor, sign")
def _(z, t):
    """White pixels pay what black ones should, and black ones what white ones should. What does a white pixel pay at a
    logit far above 0?"""
    return (np.logaddexp(0, z) - (1 - t) * z).mean()


@price.mistake("factor, sign of z")
def _(z, t):
    """The logarithm and the term with z do not belong together. What does a black pixel pay at a logit far below 0?"""
    return (np.logaddexp(0, -z) - (1 - t) * z).mean()


@price.mistake("factor, sign of t")
def _(z, t):
    """The logarithm and the term with z do not belong together. What does a white pixel pay at a logit far above 0?"""
    return (np.logaddexp(0, z) + t * z).mean()


@price.mistake("factor, sign of the logarithm")
def _(z, t):
    """The logarithm is taken away, where it should be added. What does a pixel pay at a logit of 0?"""
    return (np.maximum(z, 0) - t * z - np.logaddexp(0, -np.abs(z))).mean()


@price.mistake("sign lost")
def _(z, t):
    """In the exponent stands −z, where max(z, 0) belongs to −|z|. What does a black pixel pay at a logit of −1?"""
    return (np.maximum(z, 0) - t * z + np.logaddexp(0, -z)).mean()


@price.mistake("sign lost, the other way")
def _(z, t):
    """In the exponent stands z, where max(z, 0) belongs to −|z|. What does a white pixel pay at a logit of 1?"""
    return (np.maximum(z, 0) - t * z + np.logaddexp(0, z)).mean()


for _sign in (-1, 1):

    @price.mistake(f"not finite, exponent of {_sign} z")
    def _(z, t, sign=_sign):
        """The exponent has the wrong sign on one side: max(z, 0) belongs to −|z|. What does a black pixel pay at a
        logit of −1, and a white one at 1?"""
        with np.errstate(all="ignore"):
            return (np.maximum(z, 0) - t * z + np.log1p(np.exp(sign * z))).mean()


@price.mistake("sign lost, no maximum")
def _(z, t):
    """In the exponent stands −|z|, but beside it (1 − t) z, which belongs to −z. What does a white pixel pay at a logit
    of −1?"""
    return (np.logaddexp(0, -np.abs(z)) + (1 - t) * z).mean()


@price.mistake("factor, sign of the exponent")
def _(z, t):
    """In the exponent stands |z|, which is never small. Which sign keeps it from growing?"""
    return (np.maximum(z, 0) - t * z + np.logaddexp(0, np.abs(z))).mean()


@price.mistake("factor, sign of the second")
def _(z, t):
    """The second term is taken away, where it should be added. Of which sign is a price?"""
    return (t * np.logaddexp(0, -z) - (1 - t) * np.logaddexp(0, z)).mean()


@price.mistake("kink")
def _(z, t):
    """It is right for large logits, up and down. What does a pixel pay at a logit of 0, where the network does not
    know?"""
    return (np.maximum(z, 0) - t * z).mean()


for _least in (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5):

    @price.mistake(f"clipped, {_least}")
    def _(z, t, least=_least):
        """You keep p away from 0 and 1. That is finite, but there is a most that anybody ever pays: what is the price
        at −1000?"""
        return _clipped(z, t, least)

    @price.mistake(f"clipped, plus {_least}")
    def _(z, t, least=_least):
        """A little number is added in the logarithm. That is finite, but there is a most that anybody ever pays: what
        is the price at −1000?"""
        return _raised(z, t, least)


@price.mistake("one way, white only")
def _(z, t):
    """White pixels pay, black ones do not. What keeps a network then from painting everything white?"""
    return (t * np.logaddexp(0, -z)).mean()


@price.mistake("one way, black only")
def _(z, t):
    """Black pixels pay, white ones do not. What keeps a network then from painting everything black?"""
    return ((1 - t) * np.logaddexp(0, z)).mean()


@price.mistake("both in full")
def _(z, t):
    """Every pixel pays both terms, as if it were white and black. What are the weights t and 1 − t for?"""
    return (np.logaddexp(0, -z) + np.logaddexp(0, z)).mean()


@price.mistake("squared error")
def _(z, t):
    """That is the mean of (p − t)². Which price is asked for?"""
    return ((sigmoid_naive(z) - t) ** 2).mean()


for _least in (0, 0.5, 0.999):

    @price.mistake(f"only some, white above {_least}")
    def _(z, t, least=_least):
        """It is right where pixels are black or white. How much of each term does a grey one pay?"""
        return np.where(t > least, np.logaddexp(0, -z), np.logaddexp(0, z)).mean()


for _sign in (-1, 1):

    @price.mistake(f"sign lost, minimum of {_sign} z")
    def _(z, t, sign=_sign):
        """The term without an exponential is 0 on the wrong side. Which one pays, a black pixel at a logit of 5 or one
        at −5?"""
        return (sign * np.minimum(z, 0) - t * z + np.logaddexp(0, -np.abs(z))).mean()


@price.mistake("brackets")
def _(z, t):
    """One of the products holds a part of 1 − t only. What does Python do first in 1 − t · a?"""
    return (t * np.logaddexp(0, -z) - 1 + t * np.logaddexp(0, z)).mean()


@price.mistake("brackets, of the term with z")
def _(z, t):
    """One of the products holds a part of 1 − t only. What does Python do first in 1 − t · z?"""
    return (np.logaddexp(0, -z) + 1 - t * z).mean()


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


@price_gradient.mistake("one way, white only")
def _(z, t):
    """Black pixels do not pull. What is the slope of the second term of l?"""
    return t * (sigmoid_naive(z) - 1) / z.size


for _least in (0, 0.5, 0.999):

    @price_gradient.mistake(f"only some, white above {_least}")
    def _(z, t, least=_least):
        """It is right where pixels are black or white. What do you make of a grey one?"""
        return (sigmoid_naive(z) - (t > least)) / z.size


@price_gradient.mistake("factor, one sign")
def _(z, t):
    """Both of your terms pull the same way. What becomes of 1 − p if z grows?"""
    p = sigmoid_naive(z)
    return (-t * (1 - p) - (1 - t) * p) / z.size


@price_gradient.mistake("factor, the other sign")
def _(z, t):
    """Both of your terms pull the same way. What becomes of the price of a white pixel if z grows?"""
    p = sigmoid_naive(z)
    return (t * (1 - p) + (1 - t) * p) / z.size


@price_gradient.mistake("exchanged")
def _(z, t):
    """The slope of log p has 1 − p in it, and that of log (1 − p) has p. Which is the slope of which?"""
    p = sigmoid_naive(z)
    return (-t * p + (1 - t) * (1 - p)) / z.size


@price_gradient.mistake("brackets")
def _(z, t):
    """One of two terms is divided by the number of pixels, the other is not. What does Python do first?"""
    return sigmoid_naive(z) - t / z.size


@price_gradient.mistake("brackets, two terms")
def _(z, t):
    """One of two terms is divided by the number of pixels, the other is not. What does Python do first?"""
    p = sigmoid_naive(z)
    return -t * (1 - p) + (1 - t) * p / z.size


@price_gradient.mistake("exchanged, target")
def _(z, t):
    """The target is 1 − t in yours. Which pixel is white, 0 or 1?"""
    return (sigmoid_naive(z) - (1 - t)) / z.size


@price_gradient.mistake("sigmoid")
def _(z, t):
    """That is the slope of the sigmoid alone. Where does the pixel say what it should have been?"""
    p = sigmoid_naive(z)
    return p * (1 - p) / z.size


@price_gradient.mistake("probability, alone")
def _(z, t):
    """That is p alone. Where does the pixel say what it should have been?"""
    return sigmoid_naive(z) / z.size


@price_gradient.mistake("clipped")
def _(z, t):
    """Where the network is very sure, you have no gradient, even if it is wrong. How hard should it be pulled?"""
    p = sigmoid_naive(z)
    return np.where((p > 1e-7) & (p < 1 - 1e-7), p - t, 0) / z.size


for _least in (0, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5):

    @price_gradient.mistake(f"half way, {_least}")
    def _(z, t, least=_least):
        """That is how the loss moves with p. From there to the logit there is one factor more: which?"""
        with np.errstate(all="ignore"):
            p = np.clip(sigmoid_naive(z), least, 1 - least)
            return (-t / p + (1 - t) / (1 - p)) / z.size


@price_gradient.mistake("one way, black only")
def _(z, t):
    """White pixels do not pull. What is the slope of −t log p in the logit?"""
    return (1 - t) * sigmoid_naive(z) / z.size


@price_gradient.mistake("both in full")
def _(z, t):
    """Every pixel is pulled at as if it were white and black. What are the weights t and 1 − t for?"""
    return (2 * sigmoid_naive(z) - 1) / z.size


@price_gradient.mistake("factor, sign")
def _(z, t):
    """Probability and pixel are added. When should a pixel not be pulled any more?"""
    return (sigmoid_naive(z) + t) / z.size


@price_gradient.mistake("value")
def _(z, t):
    """Those are the prices themselves. How does each move with its logit?"""
    return (np.logaddexp(0, -z) + (1 - t) * z) / z.size


@price_gradient.mistake("softmax")
def _(z, t):
    """You take a softmax over the pixels of a picture. Does one pixel get darker because another gets brighter?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - t) / z.size


@price_gradient.mistake("tanh")
def _(z, t):
    """You compare the pixel with the hyperbolic tangent of its logit. Between which numbers is a pixel?"""
    return (np.tanh(z) - t) / z.size


@price_gradient.mistake("rounded, both")
def _(z, t):
    """What came back is rounded before it is compared. How sure is the network, and should that not count?"""
    return ((z > 0) - t) / z.size


@price_gradient.mistake("brackets, of the probability")
def _(z, t):
    """Only the probability is divided by the number of pixels, the target is not. What does Python do first, − or /?"""
    return sigmoid_naive(z) / z.size - t


@price_gradient.mistake("brackets, of the size")
def _(z, t):
    """It divides by one number of the shape and multiplies with the other. What does Python do first in a / n * d?"""
    return (sigmoid_naive(z) - t) / len(z) * z.shape[1]


@price_gradient.mistake("brackets, of the sigmoid")
def _(z, t):
    """The sigmoid's denominator ends too early. What does Python do first in 1 / 1 + a?"""
    with np.errstate(all="ignore"):
        return (1 + np.exp(-z) - t) / z.size


@price_gradient.mistake("brackets, of 1 − t")
def _(z, t):
    """One of the products holds a part of its factors only. What does Python do first in 1 − t · p?"""
    return (1 - t) / z.size


@price_gradient.mistake("brackets, of 1 − p")
def _(z, t):
    """One of the products holds a part of its factors only. What does Python do first in t · 1 − p?"""
    p = sigmoid_naive(z)
    return (-t - p + (1 - t) * p) / z.size


@price_gradient.mistake("brackets, the first of two terms")
def _(z, t):
    """One of two terms is divided by the number of pixels, the other is not. What does Python do first?"""
    p = sigmoid_naive(z)
    return -t * (1 - p) / z.size + (1 - t) * p
