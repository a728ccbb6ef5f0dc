"""An exercise of chapter 8: the two losses, and their slopes."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

RIVALS = Exercise(
    "gan",
    "rivals",
    "what the two players want, and their slopes",
    """
    Chapter 8, "One step, line by line" and "The one gradient that matters". The discriminator gives a score for each
    picture; p = sigmoid(score) is the probability that it was generated. The label makes a price of it: `price`, the
    cross-entropy, is given below, and so is the sigmoid.

    In the discriminator's turn the label is 1 for a generated picture and 0 for a real one, and noise is added to
    every label. The loss is the mean over all 2n pictures. In the generator's turn there are n generated pictures, and
    the label is what the generator wants to hear, without noise.
    """,
    hints=(
        "Who pays for which pictures, and which label has each of them in that turn? Write a little table: two turns, "
        "two kinds of pictures. One of its four places stays empty.",
        "The slope of one price in its own score is what chapter 5 found for a pixel: what is said, minus the label. A "
        "label of 1.03 changes nothing about that.",
        "Then only the means are left, over 2n and over n pictures, and the labels: 1 + noise, noise, and what the "
        "generator wants its pictures to be taken for.",
    ),
    try_it="""
    coins = np.zeros((4, 1))  # a discriminator that says ½ to all
    print(round(float(discriminator_loss(coins, coins, np.zeros((8, 1)))), 3))  # 0.693 is log 2
    print(round(float(generator_loss(np.array([[-7.0], [0.0], [7.0]]))), 3))  # 2.565 since the last one was caught
    """,
)


@RIVALS.given
def price(score, label):
    """What is paid for each picture: -label · log p - (1 - label) · log(1 - p), where p = sigmoid(score)."""
    return np.logaddexp(0, score) - label * score


@RIVALS.given
def sigmoid(score):
    """The probability that a picture was generated, out of its score."""
    return 1 / (1 + np.exp(-score))


def scored(rng: np.random.Generator):
    """Scores of generated and of real pictures, and the noise on their labels."""
    for label, n, size in (("one picture", 1, 1), ("several pictures", 4, 2), ("sure scores", 3, 12)):
        generated, real = size * rng.uniform(0.5, 1.0, (2, n, 1)) * rng.choice([-1.0, 1.0], (2, n, 1))
        generated[0], real[0] = 0.7, -0.4  # of which the discriminator is not sure, whatever the others are
        yield Case(
            label, {"generated": generated, "real": real, "noise": rng.uniform(0.01, 0.05, (2 * n, 1))}
        )


def scored_alone(rng: np.random.Generator):
    """Scores of generated pictures only: the generator's turn."""
    for case in scored(rng):
        yield Case(case.label, {"generated": case.inputs["generated"]})


def _price(score: float, label: float) -> float:
    return max(score, 0.0) + math.log1p(math.exp(-abs(score))) - label * score


def discriminator_loss_naive(generated, real, noise):
    """A picture at a time."""
    n, total = len(generated), 0.0
    for i in range(n):
        total += _price(generated[i, 0], 1 + noise[i, 0]) + _price(real[i, 0], noise[n + i, 0])
    return total / (2 * n)


def generator_loss_naive(generated):
    """A picture at a time."""
    return sum(_price(score, 0.0) for score in generated[:, 0]) / len(generated)


def _mean_price(generated, real, label_generated, label_real):
    return (price(generated, label_generated).mean() + price(real, label_real).mean()) / 2


@RIVALS.write(scored, discriminator_loss_naive)
def discriminator_loss(generated, real, noise):
    """What the discriminator makes small: the mean price over all 2n pictures.

    generated, real: (n, 1), the scores of n pictures each.
    noise: (2n, 1), what is added to the labels: of the generated pictures first, then of the real ones.
    Returns one number.
    """
    score = np.concatenate([generated, real])  # (2n, 1)
    label = noise + np.concatenate([np.ones_like(generated), np.zeros_like(real)])  # (2n, 1)
    return price(score, label).mean()


@discriminator_loss.mistake("labels")
def _(generated, real, noise):
    """The labels have changed places. Many texts have a 1 for real pictures; which do this chapter's have it for?"""
    n = len(generated)
    return _mean_price(generated, real, noise[:n], 1 + noise[n:])


@discriminator_loss.mistake("no noise")
def _(generated, real, noise):
    """The labels are exactly 1 and 0. What is the noise for?"""
    return _mean_price(generated, real, 1, 0)


@discriminator_loss.mistake("noise down")
def _(generated, real, noise):
    """Labels of generated pictures are below 1 here. Is the noise added to them, or taken away?"""
    n = len(generated)
    return _mean_price(generated, real, 1 - noise[:n], noise[n:])


@discriminator_loss.mistake("one side")
def _(generated, real, noise):
    """Only the generated pictures' labels have noise. To which labels is it added?"""
    return _mean_price(generated, real, 1 + noise[: len(generated)], 0)


@discriminator_loss.mistake("noise halves")
def _(generated, real, noise):
    """Both kinds got the noise of the generated pictures. Which half of it is for the real ones?"""
    n = len(generated)
    return _mean_price(generated, real, 1 + noise[:n], noise[:n])


@discriminator_loss.mistake("noise halves, changed")
def _(generated, real, noise):
    """The halves of the noise have changed places. Which kind of picture comes first in it?"""
    n = len(generated)
    return _mean_price(generated, real, 1 + noise[n:], noise[:n])


@discriminator_loss.mistake("broadcast")
def _(generated, real, noise):
    """(2n,) and (2n, 1) were added, which makes a table (2n, 2n): every score was priced with
    every label. Which shape should the labels have?"""
    label = np.repeat([1.0, 0.0], len(generated)) + noise
    return price(np.concatenate([generated, real]), label).mean()


@discriminator_loss.mistake("noise order")
def _(generated, real, noise):
    """Every second number of the noise went to each kind. In which order is the noise?"""
    return _mean_price(generated, real, 1 + noise[0::2], noise[1::2])


@discriminator_loss.mistake("brackets")
def _(generated, real, noise):
    """One kind's mean is halved, the other's is not. What does Python do first, + or /?"""
    n = len(generated)
    return price(generated, 1 + noise[:n]).mean() + price(real, noise[n:]).mean() / 2


@RIVALS.gradient(discriminator_loss_naive, ("generated", "real"), scored)
def discriminator_gradient(generated, real, noise):
    """How the discriminator's loss moves with each score.

    generated, real: (n, 1). noise: (2n, 1), as in the loss.
    Returns two arrays: for generated (n, 1), for real (n, 1).
    """
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[:n]) / (2 * n), (sigmoid(real) - noise[n:]) / (2 * n)


@discriminator_gradient.mistake("labels")
def _(generated, real, noise):
    """This teaches the discriminator to call real pictures generated. Which of them have the label 1?"""
    n = len(generated)
    return (sigmoid(generated) - noise[:n]) / (2 * n), (sigmoid(real) - 1 - noise[n:]) / (2 * n)


@discriminator_gradient.mistake("no noise")
def _(generated, real, noise):
    """These are the slopes for labels of exactly 1 and 0. What were the labels in the loss?"""
    n = len(generated)
    return (sigmoid(generated) - 1) / (2 * n), sigmoid(real) / (2 * n)


@discriminator_gradient.mistake("noise down")
def _(generated, real, noise):
    """The noise on the generated pictures' labels has the wrong sign in the slope. Write the label out first."""
    n = len(generated)
    return (sigmoid(generated) - 1 + noise[:n]) / (2 * n), (sigmoid(real) - noise[n:]) / (2 * n)


@discriminator_gradient.mistake("two means")
def _(generated, real, noise):
    """Yours is twice the slope: each kind has a mean of its own here. Over how many pictures is the loss a mean?"""
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[:n]) / n, (sigmoid(real) - noise[n:]) / n


@discriminator_gradient.mistake("wrong point")
def _(generated, real, noise):
    """The sigmoid's own slope stands in the gradient. With the cross-entropy, what becomes of it?"""
    n, p, q = len(generated), sigmoid(generated), sigmoid(real)
    return (p - 1 - noise[:n]) * p * (1 - p) / (2 * n), (q - noise[n:]) * q * (1 - q) / (2 * n)


@discriminator_gradient.mistake("broadcast")
def _(generated, real, noise):
    """(2n,) and (2n, 1) were added, which makes a table (2n, 2n): every score was compared with
    every label. Which shape should the labels have?"""
    n = len(generated)
    label = np.repeat([1.0, 0.0], n) + noise
    slope = ((sigmoid(np.concatenate([generated, real])) - label) / (2 * n)).sum(axis=1, keepdims=True)
    return slope[:n], slope[n:]


@discriminator_gradient.mistake("noise halves")
def _(generated, real, noise):
    """Both kinds got the noise of the generated pictures. Which half of it is for the real ones?"""
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[:n]) / (2 * n), (sigmoid(real) - noise[:n]) / (2 * n)


@discriminator_gradient.mistake("noise halves, changed")
def _(generated, real, noise):
    """The halves of the noise have changed places. Which kind of picture comes first in it?"""
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[n:]) / (2 * n), (sigmoid(real) - noise[:n]) / (2 * n)


@discriminator_gradient.mistake("noise order")
def _(generated, real, noise):
    """Every second number of the noise went to each kind. In which order is the noise?"""
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[0::2]) / (2 * n), (sigmoid(real) - noise[1::2]) / (2 * n)


@discriminator_gradient.mistake("factor, four means")
def _(generated, real, noise):
    """It is half of the slope. How many pictures does the mean count, and how many numbers has the noise?"""
    n = len(noise)
    return (sigmoid(generated) - 1 - noise[: n // 2]) / (2 * n), (sigmoid(real) - noise[n // 2 :]) / (2 * n)


@discriminator_gradient.mistake("brackets")
def _(generated, real, noise):
    """It divides by 2 and multiplies with n. What does Python do first in a / 2 * n?"""
    n = len(generated)
    return (sigmoid(generated) - 1 - noise[:n]) / 2 * n, (sigmoid(real) - noise[n:]) / 2 * n


@discriminator_gradient.mistake("brackets, of the labels")
def _(generated, real, noise):
    """Only the labels are divided by the number of pictures, p is not. What does Python do first, − or /?"""
    n = len(generated)
    return sigmoid(generated) - (1 + noise[:n]) / (2 * n), sigmoid(real) - noise[n:] / (2 * n)


@discriminator_gradient.mistake("brackets, of the noise")
def _(generated, real, noise):
    """Only the noise is divided by the number of pictures. What does Python do first, − or /?"""
    n = len(generated)
    return sigmoid(generated) - 1 - noise[:n] / (2 * n), sigmoid(real) - noise[n:] / (2 * n)


@RIVALS.write(scored_alone, generator_loss_naive)
def generator_loss(generated):
    """What the generator makes small: the mean price of its pictures, with the label that it wants to hear.

    generated: (n, 1), the discriminator's scores of n generated pictures.
    Returns one number.
    """
    return price(generated, 0).mean()


@generator_loss.mistake("label")
def _(generated):
    """A generator with this loss wants to be found out: its price is least when p is 1. Which label would it like?"""
    return price(generated, 1).mean()


@generator_loss.mistake("saturating")
def _(generated):
    """That is log p, the other choice of the lesson. What does a generator learn from it when it is far behind?"""
    return -price(generated, 1).mean()


@RIVALS.gradient(generator_loss_naive, "generated", scored_alone)
def generator_gradient(generated):
    """How the generator's loss moves with each score.

    generated: (n, 1).
    Returns (n, 1).
    """
    return sigmoid(generated) / len(generated)


@generator_gradient.mistake("saturating")
def _(generated):
    """That is the slope of log p, the other choice. How large is it for a picture that was caught for sure?"""
    return (1 - sigmoid(generated)) / len(generated)


@generator_gradient.mistake("label")
def _(generated):
    """Down this slope the generator is found out more and more. Which label does it want to hear?"""
    return (sigmoid(generated) - 1) / len(generated)


@generator_gradient.mistake("wrong point")
def _(generated):
    """That is dp/ds, the sigmoid's slope alone. How does the loss move with p?"""
    p = sigmoid(generated)
    return p * (1 - p) / len(generated)


@generator_gradient.mistake("one bit")
def _(generated):
    """Yours is all for a picture that was caught and nothing for another. How sure was the discriminator of each?"""
    return (generated > 0) / len(generated)


@generator_gradient.mistake("sign")
def _(generated):
    """The sign is wrong: a step down this slope makes the scores grow. Which scores does the generator want?"""
    return -sigmoid(generated) / len(generated)


@generator_gradient.mistake("sum twice")
def _(generated):
    """That is the mean of all slopes. Every score has a slope of its own: what is each one's share in the mean?"""
    return sigmoid(generated).mean(axis=0)


@generator_gradient.mistake("chain")
def _(generated):
    """That is how the loss moves with p. How does p move with the score?"""
    return 1 / (1 - sigmoid(generated)) / len(generated)


@generator_gradient.mistake("brackets")
def _(generated):
    """The score is divided by n, inside of the sigmoid. Of what is the share in the mean taken?"""
    return sigmoid(generated / len(generated))


@generator_gradient.mistake("brackets, of the sigmoid")
def _(generated):
    """The sigmoid's denominator ends too early. What does Python do first in 1 / 1 + a?"""
    return (1 + np.exp(-generated)) / len(generated)


@generator_gradient.mistake("brackets, of the share")
def _(generated):
    """Only the exponential is divided by n. What does Python do first, + or /?"""
    return 1 / (1 + np.exp(-generated) / len(generated))


@generator_gradient.mistake("chain, half of it")
def _(generated):
    """p / (1 − p) is in it. How does the loss move with p, and what are both factors of dp/ds?"""
    return np.exp(generated) / len(generated)
