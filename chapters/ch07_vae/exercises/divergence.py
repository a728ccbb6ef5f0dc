"""An exercise of chapter 7: the price of a cloud."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

DIVERGENCE = Exercise(
    "vae",
    "divergence",
    "what it costs to be unlike the normal distribution",
    """
    Chapter 7, "The price of a cloud". The Kullback-Leibler divergence of a cloud from the normal distribution around
    0 with standard deviation 1, in nats. For one number with the middle μ, the standard deviation σ and l = log σ²:

        KL = -log σ - ½ + ½ (μ² + σ²)

    The numbers of one cloud are independent: their divergences are added up. Every picture has a price of its own.

    Tell the price from μ and l. Then send a gradient back to another head, which answers with μ and s = log σ: the
    lesson's slopes are for l, so differentiate the formula anew. `gy` says how the loss moves with each picture's
    price.
    """,
    hints=(
        "You are given l, and no σ. Write every σ of the formula with l: there are two, and they do not become alike.",
        "The gradient: each price is a sum over the picture's numbers, so ∂/∂μ and ∂/∂s ask about one number only. "
        "Write every σ with s, and differentiate term by term; which terms know s?",
        "Two terms know s: a straight line, and half an exponential with a factor in its exponent. gy has one number "
        "for each picture: it has to get a second axis before it can be multiplied with (n, k).",
    ),
    try_it="""
    mean, log_var = np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((2, 2))
    print(divergence(mean, log_var))  # [ 0.  12.5]: at 0 it is free, five away from 0 it is half of 25
    """,
)


def priced(rng: np.random.Generator):
    """Clouds whose price is to be told; as many numbers as pictures, too."""
    some = lambda *shape: rng.normal(size=shape)  # noqa: E731
    yield Case("one number", {"mean": some(3, 1), "log_var": some(3, 1)})
    yield Case("several numbers", {"mean": some(4, 3), "log_var": some(4, 3)})
    yield Case("as many numbers as pictures", {"mean": some(3, 3), "log_var": some(3, 3)})
    yield Case("log_var of 0", {"mean": some(2, 4), "log_var": np.zeros((2, 4))})
    yield Case("narrow clouds", {"mean": some(2, 2), "log_var": some(2, 2) - 4})


def divergence_naive(mean, log_var):
    """The divergence, a number at a time, with standard deviations."""
    prices = np.zeros(len(mean))
    for (i, j), middle in np.ndenumerate(mean):
        deviation = math.exp(log_var[i, j] / 2)
        prices[i] += -math.log(deviation) - 0.5 + 0.5 * (middle**2 + deviation**2)
    return prices


@DIVERGENCE.write(priced, divergence_naive)
def divergence(mean, log_var):
    """What each picture's cloud costs, in nats.

    mean, log_var: (n, k), the middles and the logarithms of the variances.
    Returns (n,).
    """
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)


@divergence.mistake("variance")
def _(mean, log_var):
    """One exponential is of the standard deviation where the formula has the variance. Which of the two is exp(l)?"""
    return 0.5 * (mean**2 + np.exp(log_var / 2) - 1 - log_var).sum(axis=1)


@divergence.mistake("log")
def _(mean, log_var):
    """The term -log σ is twice as large as it should be. log_var is the logarithm of what?"""
    return (0.5 * (mean**2 + np.exp(log_var) - 1) - log_var).sum(axis=1)


@divergence.mistake("log, twice")
def _(mean, log_var):
    """You took the logarithm of log_var, which is one already. Of what is it the logarithm?"""
    with np.errstate(all="ignore"):
        return (-np.log(log_var) - 0.5 + 0.5 * (mean**2 + np.exp(log_var))).sum(axis=1)


@divergence.mistake("log, twice, halved")
def _(mean, log_var):
    """You took the logarithm of log_var, which is one already. Of what is it the logarithm?"""
    with np.errstate(all="ignore"):
        return (-np.log(log_var) / 2 - 0.5 + 0.5 * (mean**2 + np.exp(log_var))).sum(axis=1)


@divergence.mistake("no exp")
def _(mean, log_var):
    """The head's answer was put in the place of σ. How does one come back from the logarithm of a variance?"""
    with np.errstate(all="ignore"):
        return (-np.log(log_var) - 0.5 + 0.5 * (mean**2 + log_var**2)).sum(axis=1)


@divergence.mistake("log_var")
def _(mean, log_var):
    """l was taken for the logarithm of the standard deviation. Of what is it the logarithm?"""
    return 0.5 * (mean**2 + np.exp(2 * log_var) - 1 - 2 * log_var).sum(axis=1)


@divergence.mistake("squared")
def _(mean, log_var):
    """The variance was squared once more: exp(l) is one thing of the cloud already. Which one?"""
    return 0.5 * (mean**2 + np.exp(log_var) ** 2 - 1 - log_var).sum(axis=1)


@divergence.mistake("half")
def _(mean, log_var):
    """This is twice the divergence: one of the halves of the formula was lost for all its terms. Where?"""
    return (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)


@divergence.mistake("mean")
def _(mean, log_var):
    """You took the mean over a cloud's numbers, as the recipe does. What is to be done with independent prices?"""
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).mean(axis=1)


@divergence.mistake("sign")
def _(mean, log_var):
    """Yours is below 0. A divergence is least for the normal distribution itself; how large is it there?"""
    return 0.5 * (1 + log_var - mean**2 - np.exp(log_var)).sum(axis=1)


@divergence.mistake("constant")
def _(mean, log_var):
    """At μ = 0 and σ = 1 the price should be 0. What does yours say there, and which term is missing?"""
    return 0.5 * (mean**2 + np.exp(log_var) - log_var).sum(axis=1)


@divergence.mistake("sum missing")
def _(mean, log_var):
    """Each number has its price. What does a picture cost, which has several of them?"""
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)


@divergence.mistake("sum missing, of the halves")
def _(mean, log_var):
    """The -½ was counted once for a picture. How many numbers does a cloud have, and how many of them have a -½?"""
    return -0.5 + 0.5 * (mean**2 + np.exp(log_var) - log_var).sum(axis=1)


@divergence.mistake("neighbours")
def _(mean, log_var):
    """The prices were summed over the pictures. Which axis are the numbers of one cloud along?"""
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=0)


# The four terms, each of which can lose its half: those of μ², of σ², of 1, and of l.
for _lost in (
    *((2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (2, 2, 1, 1), (2, 1, 2, 1), (2, 1, 1, 2)),
    *((1, 2, 2, 1), (1, 2, 1, 2), (1, 1, 2, 2), (2, 1, 2, 2), (1, 2, 2, 2), (2, 2, 1, 2), (2, 2, 2, 1)),
):

    @divergence.mistake(f"brackets, times {_lost}")
    def _(mean, log_var, lost=_lost):
        """Some terms have their half, others do not. Which terms does the bracket hold, and how much of l is log σ?"""
        squares, widths, ones, logs = lost
        prices = squares * mean**2 + widths * np.exp(log_var) - ones - logs * log_var
        return 0.5 * prices.sum(axis=1)


def priced_by_log_std(rng: np.random.Generator):
    """The same clouds, described by another head."""
    for case in priced(rng):
        halves = {"mean": case.inputs["mean"], "log_std": case.inputs["log_var"] / 2}
        yield Case(case.label.replace("log_var", "log_std"), halves)


def divergence_by_log_std(mean, log_std):
    """The price, of another head's answer."""
    return divergence_naive(mean, 2 * log_std)


@DIVERGENCE.gradient(divergence_by_log_std, ("mean", "log_std"), priced_by_log_std)
def divergence_gradient(gy, mean, log_std):
    """How the loss moves with the middles and with the logarithms of the standard deviations.

    gy: (n,), how it moves with each picture's price.
    mean, log_std: (n, k), μ and s.
    Returns two arrays: for mean (n, k), for log_std (n, k).
    """
    each = gy[:, None]  # (n, 1)
    return each * mean, each * (np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("log_var")
def _(gy, mean, log_std):
    """That is the lesson's slope, for the logarithm of a variance. Of what is s the logarithm, and what is σ² then?"""
    return gy[:, None] * mean, gy[:, None] * 0.5 * (np.exp(log_std) - 1)


@divergence_gradient.mistake("half")
def _(gy, mean, log_std):
    """The slope for log_std is half of what it should be. The price has -log σ and ½ σ²: how fast does each of them
    move with s?"""
    return gy[:, None] * mean, gy[:, None] * 0.5 * (np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("variance")
def _(gy, mean, log_std):
    """In the gradient for log_std the standard deviation stands where the variance should. Which one is exp(s)?"""
    return gy[:, None] * mean, gy[:, None] * (np.exp(log_std) - 1)


@divergence_gradient.mistake("wrong variable")
def _(gy, mean, log_std):
    """That is the slope for σ, of ½ σ² - log σ. Asked for is the one for s: at which rate does σ move with s?"""
    deviation = np.exp(log_std)
    return gy[:, None] * mean, gy[:, None] * (deviation - 1 / deviation)


@divergence_gradient.mistake("constant")
def _(gy, mean, log_std):
    """Only the exponential was differentiated for log_std. Where would such a spring ever come to rest?"""
    return gy[:, None] * mean, gy[:, None] * np.exp(2 * log_std)


@divergence_gradient.mistake("chain")
def _(gy, mean, log_std):
    """The exponential in the slope for log_std is half of what it should be. How fast does its exponent grow with s?"""
    return gy[:, None] * mean, gy[:, None] * (0.5 * np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("squares")
def _(gy, mean, log_std):
    """The slope for mean is twice what it should be. What does the half before μ² do to the 2 of the square?"""
    return gy[:, None] * 2 * mean, gy[:, None] * (np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("sign")
def _(gy, mean, log_std):
    """These springs push the clouds away from the normal distribution. Did a minus get lost before a bracket?"""
    return -gy[:, None] * mean, gy[:, None] * (1 - np.exp(2 * log_std))


@divergence_gradient.mistake("straight line")
def _(gy, mean, log_std):
    """This spring gets stronger in a straight line with log_std. That is right close to 0; and far from it?"""
    return gy[:, None] * mean, gy[:, None] * 2 * log_std


@divergence_gradient.mistake("upstream")
def _(mean, log_std):
    """gy is not used. What if one picture's price counts twice as much in the loss as another's?"""
    return mean, np.exp(2 * log_std) - 1


@divergence_gradient.mistake("broadcast")
def _(gy, mean, log_std):
    """The numbers of gy were laid along the wrong axis. Which row of the gradient belongs to the first picture?"""
    each = np.resize(gy, mean.shape)
    return each * mean, each * (np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("brackets")
def _(gy, mean, log_std):
    """In the slope for log_std gy meets one of two terms only. What does it multiply?"""
    return gy[:, None] * mean, gy[:, None] * np.exp(2 * log_std) - 1


@divergence_gradient.mistake("brackets, the other term")
def _(gy, mean, log_std):
    """In the slope for log_std gy meets one of two terms only. What does it multiply?"""
    return gy[:, None] * mean, np.exp(2 * log_std) - gy[:, None]


@divergence_gradient.mistake("brackets, in the exponent")
def _(gy, mean, log_std):
    """In the slope for log_std the 1 is taken from the exponent. Where does the bracket of the exponential end?"""
    return gy[:, None] * mean, gy[:, None] * np.exp(2 * log_std - 1)


@divergence_gradient.mistake("brackets, the 2")
def _(gy, mean, log_std):
    """In the slope for log_std the exponential alone has a 2. Which 2 is it, and which ½ stands before σ²?"""
    return gy[:, None] * mean, gy[:, None] * (2 * np.exp(2 * log_std) - 1)


@divergence_gradient.mistake("upstream, of one")
def _(gy, mean, log_std):
    """gy is missing in the slope for log_std. What if one picture's price counts twice as much in the loss?"""
    return gy[:, None] * mean, np.exp(2 * log_std) - 1


@divergence_gradient.mistake("sign, of the logarithm")
def _(gy, mean, log_std):
    """Both terms of the slope for log_std pull the same way. Which sign has log σ in the price?"""
    return gy[:, None] * mean, gy[:, None] * (np.exp(2 * log_std) + 1)
