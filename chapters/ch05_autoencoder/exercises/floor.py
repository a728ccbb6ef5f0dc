"""An exercise of chapter 5: what no network can save of the price of pixels."""

from __future__ import annotations

import numpy as np

from chapters.ch05_autoencoder import rivals
from chapters.exercises.form import Exercise
from tinydl import datasets
from tinydl.losses import BinaryCrossentropy

ROUNDED = 0.02  # 0.17 for 0.1733 has two digits that are right

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
    print(round(float(-np.log(0.9)), 3))  # 0.105 (a white pixel that came back as 0.9)
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


@FLOOR.predict(_quarter_grey, tolerance=ROUNDED)
def quarter_grey():
    """A quarter of all pixels are 0.5, the others black or white. The lowest loss that there can be: a number."""
    return 0.25 * np.log(2)


@quarter_grey.mistake("factor, grey alone")
def _():
    """That is the price of one grey pixel. How many of all are grey?"""
    return np.log(2)


@quarter_grey.mistake("factor, base")
def _():
    """That is counted in bits, with logarithms to the base 2. Which logarithm is in the price?"""
    return 0.25


@quarter_grey.mistake("factor, base ten")
def _():
    """That is a logarithm to the base 10. Which one is in the price?"""
    return 0.25 * np.log10(2)


@quarter_grey.mistake("factor, one term of one")
def _():
    """That is one term of the price of one grey pixel. How many terms does it pay, and how many pixels are grey?"""
    return 0.5 * np.log(2)


@quarter_grey.mistake("probability, alone")
def _():
    """That is what a grey pixel is. What does it cost to give it back as it is?"""
    return 0.5


@quarter_grey.mistake("share")
def _():
    """You take the logarithm of the share. Of what is it taken in the price?"""
    return -np.log(0.25)


@quarter_grey.mistake("factor, base and grey alone")
def _():
    """That is the price of one grey pixel, in bits. How many of all are grey, and which logarithm is in the price?"""
    return 1.0


@quarter_grey.mistake("factor, one term")
def _():
    """A grey pixel pays for both terms. How many of them are in yours?"""
    return 0.125 * np.log(2)


@quarter_grey.mistake("share, as an entropy")
def _():
    """That is what it costs to say which pixels are grey. What do those pay that are?"""
    return -0.25 * np.log(0.25) - 0.75 * np.log(0.75)


@quarter_grey.mistake("factor, sum")
def _():
    """That is a sum over the pixels of a picture. And the mean?"""
    return 0.25 * np.log(2) * 784


@quarter_grey.mistake("squared error")
def _():
    """That is a squared error, of grey pixels that came back black or white. Which price is asked for?"""
    return 0.25 * 0.5**2


@quarter_grey.mistake("probability")
def _():
    """You multiply a share with a probability. What does an answer of 0.5 cost?"""
    return 0.25 * 0.5


@quarter_grey.mistake("factor, the others")
def _():
    """That would be right if three quarters were grey. How many are?"""
    return 0.75 * np.log(2)


@quarter_grey.mistake("factor, sign")
def _():
    """A price is never below 0. Which sign does the logarithm of a probability have?"""
    return -0.25 * np.log(2)


@quarter_grey.mistake("zero")
def _():
    """That is the price of black and white pixels given back as they were. What does a grey one cost at least?"""
    return 0.0


@FLOOR.predict(_newborn, tolerance=ROUNDED)
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


@newborn.mistake("factor, sum")
def _():
    """That is what a whole picture costs. And a pixel?"""
    return 784 * np.log(2)


@newborn.mistake("factor, sum of one term")
def _():
    """That is a sum over the pixels of a picture, of one term. And a pixel?"""
    return 784 * np.log(2) / 2


@newborn.mistake("factor, of twenty pictures")
def _():
    """That is a sum over the pixels and pictures. And a pixel?"""
    return 20 * 784 * np.log(2)


@newborn.mistake("ten classes")
def _():
    """That is how a newborn network pays that chooses between ten kinds. Between how many does a pixel choose?"""
    return np.log(10)


@newborn.mistake("factor, both in full")
def _():
    """You have both terms of the price in full. A pixel t pays t of the one: and how much of the other?"""
    return 2 * np.log(2)


@newborn.mistake("factor, one term")
def _():
    """You have half of it. A pixel t pays t of the one term: and how much of the other?"""
    return np.log(2) / 2


@newborn.mistake("factor, sign")
def _():
    """A price is never below 0. Which sign does the logarithm of a probability have?"""
    return np.log(0.5)


@newborn.mistake("factor, base")
def _():
    """That is counted in bits, with logarithms to the base 2. Which logarithm is in the price?"""
    return 1.0


@newborn.mistake("factor, base ten")
def _():
    """That is a logarithm to the base 10. Which one is in the price?"""
    return np.log10(2)


@newborn.mistake("squared error")
def _():
    """That is a squared error. Which price is asked for?"""
    return 0.25


@FLOOR.predict(_best_guess, tolerance=ROUNDED)
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
    return 0.0, None


@best_guess.mistake("black and white")
def _():
    """That is the share of the black ones. Of which pixels is p the probability?"""
    return 0.8, None


@best_guess.mistake("one way, white only")
def _():
    """The white pixels pay in yours, the black ones do not. They got the same p: what does it cost them?"""
    return 0.2, -0.2 * np.log(0.2)


@best_guess.mistake("one way, black only")
def _():
    """The black pixels pay in yours, the white ones do not. They got the same p: what does it cost them?"""
    return 0.2, -0.8 * np.log(0.8)


@best_guess.mistake("squared error")
def _():
    """That is the squared error. Which price is asked for?"""
    return 0.2, 0.2 * 0.8


@best_guess.mistake("factor, base")
def _():
    """The p is right; the loss is counted in bits, with logarithms to the base 2. Which logarithm is in the price?"""
    return 0.2, -0.2 * np.log2(0.2) - 0.8 * np.log2(0.8)


@best_guess.mistake("factor, base ten")
def _():
    """The p is right; the loss has logarithms to the base 10. Which one is in the price?"""
    return 0.2, -0.2 * np.log10(0.2) - 0.8 * np.log10(0.8)


@best_guess.mistake("exchanged")
def _():
    """You charge the white pixels for 1 − p and the black ones for p. Which of the two should a white one have?"""
    return 0.2, -0.2 * np.log(0.8) - 0.8 * np.log(0.2)


@best_guess.mistake("not weighed")
def _():
    """You add up the price of one white pixel and of one black one. How many are there of each?"""
    return 0.2, -np.log(0.2) - np.log(0.8)


@best_guess.mistake("factor, sign")
def _():
    """A price is never below 0. Which sign does the logarithm of a probability have?"""
    return 0.2, 0.2 * np.log(0.2) + 0.8 * np.log(0.8)


@best_guess.mistake("not weighed, white")
def _():
    """That is the price of one white pixel. How many are white, and what do the others pay?"""
    return 0.2, -np.log(0.2)


@best_guess.mistake("not weighed, black")
def _():
    """That is the price of one black pixel. How many are black, and what do the others pay?"""
    return 0.2, -np.log(0.8)


@best_guess.mistake("errors")
def _():
    """You count how many pixels are wrong if all are painted black. What is the price of an answer of 0.2?"""
    return 0.2, 0.2


@best_guess.mistake("odds")
def _():
    """That is how many white pixels come to one black. What share of all are they?"""
    return 0.25, None


@best_guess.mistake("white")
def _():
    """White for all? What does each of the black ones cost then?"""
    return 1.0, None


@best_guess.mistake("zero")
def _():
    """No answer that is the same for all pixels is free. What does a white pixel pay at p?"""
    return 0.2, 0.0
