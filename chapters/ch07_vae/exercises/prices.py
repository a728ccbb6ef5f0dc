"""An exercise of chapter 7: prices, told beforehand."""

from __future__ import annotations

import numpy as np

from chapters.ch07_vae.elbo import beta, kl_divergence
from chapters.ch07_vae.model import VAE
from chapters.exercises.form import Exercise

THREE_DIGITS = 4e-3  # what rounding to three digits takes away, at most, from the numbers of this file

PRICES = Exercise(
    "vae",
    "prices",
    "four numbers, told without a computer",
    """
    Chapter 7, from "The price of a cloud" to "The forgotten half". Work these out on paper, with the formulas of the
    lesson; e to some power may be left to NumPy (`return np.exp(-1) + 2`). Three digits are enough. They are compared
    with what the course's own functions say.
    """,
    hints=(
        "For one number, KL = ½ (μ² + σ² - 1 - l), where l = log σ². At σ = 1 it leaves ½ μ². Several numbers add up.",
        '"The recipe counts differently" derives β = 0.392 for 784 pixels and two latent numbers. Which of its factors '
        "come from the pixels, which from the latent numbers?",
        "The resting place is where the whole price, 12 σ² + ½ σ² - ½ - log σ, does not change with σ. Differentiate "
        "the three terms that know σ, one by one: what do the slopes add up to at rest?",
    ),
    try_it="print(0.5 * (3**2 + np.exp(0) - 1 - 0))  # 4.5 nats for a cloud of one number: its middle is 3, its l is 0",
)


def _resting() -> float:
    deviations = np.arange(1, 1000) / 1000
    log_var = 2 * np.log(deviations)[:, None]  # (999, 1)
    costs = 12 * deviations**2 + kl_divergence(np.zeros_like(log_var), log_var)
    return float(deviations[costs.argmin()])


@PRICES.predict(
    lambda: float(kl_divergence(np.array([[1.0, -2.0]]), np.zeros((1, 2)))[0]), tolerance=THREE_DIGITS
)
def moved():
    """The divergence of a cloud in the plane, in nats: its middle is (1, -2), both standard deviations are 1.

    Returns one number.
    """
    return 0.5 * (1 + 4)


@moved.mistake("squares")
def _():
    """The distances were added up as they are. What is done with μ before the sum?"""
    return 0.5 * (1 + 2)


@moved.mistake("half")
def _():
    """You have twice the price: what stands before the bracket?"""
    return 5


@moved.mistake("no square")
def _():
    """A term of the price came out below 0. What happens to the sign of μ in the formula?"""
    return 0.5 * (1 - 2)


@moved.mistake("factor")
def _():
    """You took the mean of both numbers' prices. What is to be done with independent prices?"""
    return 0.5 * (1 + 4) / 2


@moved.mistake("constant missing")
def _():
    """Yours is one nat too many: what else stands in the bracket, beside μ² and σ²?"""
    return 0.5 * (1 + 1 + 4 + 1)


@moved.mistake("log_var")
def _():
    """The standard deviation of 1 was taken for l. What is the logarithm of a variance of 1?"""
    return 0.5 * (1 + np.e - 1 - 1) + 0.5 * (4 + np.e - 1 - 1)


@moved.mistake("squares, of the sum")
def _():
    """The two numbers were added first, and squared then. Does a way down take back a way to the right?"""
    return 0.5 * (1 - 2) ** 2


@moved.mistake("brackets")
def _():
    """The half meets one of the squares only. What stands in the bracket?"""
    return 0.5 * 1 + 4


@moved.mistake("brackets, the other")
def _():
    """The half meets one of the squares only. What stands in the bracket?"""
    return 1 + 0.5 * 4


@PRICES.predict(
    lambda: float(kl_divergence(np.zeros((1, 1)), np.full((1, 1), -4.0))[0]), tolerance=THREE_DIGITS
)
def narrow():
    """The divergence of a cloud of one number, in nats: its middle is 0, the head for the log variance says -4.

    Returns one number.
    """
    return 0.5 * (np.exp(-4) - 1 + 4)


@narrow.mistake("log_var")
def _():
    """You took -4 for the logarithm of the standard deviation. What is it the logarithm of?"""
    return 0.5 * (np.exp(-8) - 1 + 8)


@narrow.mistake("variance")
def _():
    """exp(-2) is the standard deviation. Which of the two does the formula ask for?"""
    return 0.5 * (np.exp(-2) - 1 + 4)


@narrow.mistake("factor")
def _():
    """You have twice the price: what stands before the bracket?"""
    return np.exp(-4) - 1 + 4


@narrow.mistake("sign")
def _():
    """No divergence is below 0. l is -4 here: which sign has the term with l then?"""
    return -0.5 * (1 + 4 - np.exp(-4))


@narrow.mistake("squared")
def _():
    """Next to nothing is left of the variance in your price. It is exp(l) already: is there a square to be taken, or
    a term to be left out?"""
    return 0.5 * (np.exp(-8) - 1 + 4)


@narrow.mistake("constant missing")
def _():
    """Yours is half a nat too many: what else stands in the bracket, beside σ² and l?"""
    return 0.5 * (np.exp(-4) + 4)


@narrow.mistake("brackets")
def _():
    """The half meets two of three terms. What is the half of the 1?"""
    return 0.5 * (np.exp(-4) + 4) - 1


@PRICES.predict(lambda: beta(VAE((8, 8, 3), latent_dim=4)), tolerance=THREE_DIGITS)
def counted():
    """The β of the recipe's loss for other pictures.

    The lesson multiplies the loss, so that the cross-entropy is summed over all numbers of a picture, and finds
    784 · loss = reconstruction + 0.392 · KL. KL is the whole divergence of a cloud, summed over its numbers, half
    included. Which number stands in the place of 0.392, if pictures are 8×8 with three colours, so that each pixel is
    three numbers, and clouds have 4 numbers? The recipe's loss stays: both means, and 5e-4.
    Returns one number.
    """
    return 2 * 8 * 8 * 3 * 5e-4 / 4


@counted.mistake("half")
def _():
    """You have half of β. The divergence itself has a half; does the recipe's bracket have one?"""
    return 8 * 8 * 3 * 5e-4 / 4


@counted.mistake("pixels")
def _():
    """The colours were left out. Over how many numbers of a picture is the cross-entropy's mean taken?"""
    return 2 * 8 * 8 * 5e-4 / 4


@counted.mistake("mean")
def _():
    """That is right for two numbers, as in the lesson. Of four numbers, what is the mean beside half of the sum?"""
    return 8 * 8 * 3 * 5e-4


@counted.mistake("other numbers")
def _():
    """That is the lesson's own: for 784 pixels and two numbers. Which are they here?"""
    return 784 * 5e-4


@counted.mistake("pixels, two")
def _():
    """The colours were left out, and the clouds taken to have two numbers. How many are there of each here?"""
    return 8 * 8 * 5e-4


@counted.mistake("sum")
def _():
    """The recipe takes a mean over the latent numbers, and KL is a sum. What does that do to β?"""
    return 2 * 8 * 8 * 3 * 5e-4


@counted.mistake("loss alone")
def _():
    """That stands in the recipe's loss, where both are means. What becomes of it when the mean over a picture's numbers
    is made a sum, and the mean over the cloud's numbers, too?"""
    return 5e-4


@PRICES.predict(_resting, tolerance=THREE_DIGITS)
def resting():
    """The standard deviation σ at which a cloud comes to rest, if its middle is 0.

    A cloud of one number. Its reconstruction costs 12 σ² for the noise, and the divergence counts once (β = 1).
    Returns one number.
    """
    return 1 / np.sqrt(25)


@resting.mistake("variance")
def _():
    """That is the variance at rest. What was asked for?"""
    return 0.04


@resting.mistake("one way")
def _():
    """That is nearly right. Which term of the divergence, besides -log σ, knows σ, and pulls at it a little?"""
    return np.sqrt(1 / 24)


@resting.mistake("factor")
def _():
    """A square was differentiated without its 2: how steep is 12 σ²?"""
    return np.sqrt(1 / 13)


@resting.mistake("variance, its logarithm")
def _():
    """That is the logarithm of the variance at rest. What was asked for?"""
    return np.log(0.04)


@resting.mistake("free")
def _():
    """There the divergence alone is least. What pulls at the width besides it?"""
    return 1


@resting.mistake("half")
def _():
    """One of the springs was taken with half of its slope. Differentiate 12 σ², ½ σ² and -log σ once more, one by
    one."""
    return np.sqrt(1 / 24.5)
