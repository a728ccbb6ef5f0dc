"""An exercise of chapter 7: a rule that is right wherever one looks first."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise
from tinydl.gradcheck import by_differences

TUG = Exercise(
    "vae",
    "tug",
    "a cloud between two pulls: find the bug",
    """
    Chapter 7, "The price of a cloud": the decoder pulls at the drawn points, two springs pull at the clouds. Here the
    decoder is the simplest there is: every number of a point costs `pull` for each step that it lies further right.
    All of it together is `price`, written out below.

    Somebody has written `slopes`, the gradient of it, looked at one cloud, and found it right. It is wrong.

    1. Write `is_right`: a gradient check that tells right rules from wrong ones. The differences are taken for you, as
       in chapter 1, "Is my gradient right?": by_differences(price, wrt=(0, 1)) is a function of gy, here 1.0, and of
       price's four inputs, and it answers with the slopes for inputs 0 and 1. What needs care is where you look: there
       are inputs with which a wrong rule gives the right numbers. Your check will get several rules, right and wrong.
    2. Then mend `slopes`.
    """,
    hints=(
        "Look at the rule with a log_var of 0, and with another one. With which inputs of `price` do terms of the "
        "slopes disappear, or become alike?",
        "For each letter of `price` there is a number at which a term disappears, or at which one power of it looks "
        "like another. Your inputs have to keep away from all of these, and no two clouds should be alike. How many "
        "pictures does it take to see that something was averaged?",
        "Two arrays have to agree, up to rounding: np.allclose. To mend: `variance` is used twice. Once it should be "
        "what the noise was multiplied with in `price`, and once the variance is right.",
    ),
    imports=("from tinydl.gradcheck import by_differences",),
    try_it="""
    inputs = np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1))
    print(slopes(*inputs)[1], by_differences(price, wrt=(0, 1))(1.0, *inputs)[1].round(3))  # 0.5 twice, so all is well?
    print(is_right(slopes))  # False as long as the bug is in it, then True
    """,
)


@TUG.given
def price(mean, log_var, noise, pull):
    """What the clouds cost in all, one number: pull · z of each drawn point, and the divergence.

    mean, log_var, noise, pull: (n, k).
    """
    z = mean + np.exp(log_var / 2) * noise  # (n, k)
    divergence = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)  # (n, k)
    return (pull * z + divergence).sum()


def tugs(rng: np.random.Generator):
    """Clouds with noise, and a pull at each."""
    names = ("mean", "log_var", "noise", "pull")
    yield Case("one cloud", dict(zip(names, rng.normal(size=(4, 1, 1)))))
    yield Case("several clouds", dict(zip(names, rng.normal(size=(4, 3, 2)))))


def slopes_by_loops(mean, log_var, noise, pull):
    """A right rule, written in another way, with other rounding."""
    to_mean, to_log_var = np.empty(np.shape(mean)), np.empty(np.shape(mean))
    for i in np.ndindex(to_mean.shape):
        deviation = math.sqrt(math.exp(log_var[i]))
        to_mean[i] = mean[i] + pull[i]
        to_log_var[i] = (deviation * (noise[i] * pull[i] + deviation) - 1) / 2
    return to_mean, to_log_var


@TUG.catch(lambda: slopes, right=(slopes_by_loops,))
def is_right(rule):
    """Whether a rule gives the gradient of `price`.

    rule: a function of (mean, log_var, noise, pull), each (n, k), for any n and k. It answers with two arrays, the
    gradients for mean and for log_var.
    Returns True or False.
    """
    inputs = np.random.default_rng(0).normal(size=(4, 3, 2))  # none of them special
    expected = by_differences(price, wrt=(0, 1))(1.0, *inputs)
    return all(np.allclose(found, right) for found, right in zip(rule(*inputs), expected))


@TUG.gradient(price, ("mean", "log_var"), tugs, begins_as="log_var")
def slopes(mean, log_var, noise, pull):
    """The gradient of `price` for the middles and for the logarithms of the variances.

    mean, log_var, noise, pull: (n, k).
    Returns two arrays: for mean (n, k), for log_var (n, k).
    """
    deviation = np.exp(log_var / 2)
    return pull + mean, 0.5 * pull * noise * deviation + 0.5 * (deviation**2 - 1)


@slopes.mistake("log_var")
def _(mean, log_var, noise, pull):
    """The decoder's pull at the width is taken with exp(log_var). How wide were the clouds in `price`?"""
    variance = np.exp(log_var)
    return pull + mean, 0.5 * pull * noise * variance + 0.5 * (variance - 1)


@slopes.mistake("variance")
def _(mean, log_var, noise, pull):
    """The pull has the standard deviation, and so has the spring. What does the spring pull to 1?"""
    deviation = np.exp(log_var / 2)
    return pull + mean, 0.5 * pull * noise * deviation + 0.5 * (deviation - 1)


@slopes.mistake("half")
def _(mean, log_var, noise, pull):
    """The pull at the width is twice as strong as it should be. How fast does the exponent of σ grow with log_var?"""
    return pull + mean, pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)


@slopes.mistake("spring")
def _(mean, log_var, noise, pull):
    """The middle feels the decoder only. Which term of the price wants it at 0?"""
    return pull, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)


@slopes.mistake("no rest")
def _(mean, log_var, noise, pull):
    """The width feels the decoder only. Which term of the price wants the variance at 1?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2)


@slopes.mistake("noise")
def _(mean, log_var, noise, pull):
    """The decoder's pull at the width does not depend on the noise. What if the point fell left of the middle?"""
    return pull + mean, 0.5 * pull * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)


@slopes.mistake("factor")
def _(mean, log_var, noise, pull):
    """Both gradients were divided by the number of pictures. Is `price` a mean?"""
    to_log_var = 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)
    return (pull + mean) / len(mean), to_log_var / len(mean)


@slopes.mistake("one way, constant")
def _(mean, log_var, noise, pull):
    """The spring of the width only narrows. Which term of the divergence keeps a cloud from becoming a point?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * np.exp(log_var)


@slopes.mistake("one way, exponential")
def _(mean, log_var, noise, pull):
    """The spring of the width only widens. Which term of the divergence keeps a cloud from growing for ever?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) - 0.5


@slopes.mistake("neighbours")
def _(mean, log_var, noise, pull):
    """Every middle gets the mean of all pictures' slopes. Does one cloud's price depend on another's middle?"""
    to_log_var = 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)
    return np.ones_like(mean) * (pull + mean).mean(axis=0), to_log_var


@slopes.mistake("sign")
def _(mean, log_var, noise, pull):
    """Down these slopes the price goes up. Which sign has the slope of pull · z for the middle?"""
    to_log_var = 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)
    return -(pull + mean), -to_log_var


@slopes.mistake("squares")
def _(mean, log_var, noise, pull):
    """The spring of the middle is twice too strong. What does the half before μ² do to the 2 of the square?"""
    return pull + 2 * mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)


@slopes.mistake("middle")
def _(mean, log_var, noise, pull):
    """The pull at the width has all of z in it. Which of z's two terms knows log_var?"""
    deviation = np.exp(log_var / 2)
    return pull + mean, 0.5 * pull * (mean + deviation * noise) + 0.5 * (deviation**2 - 1)


@slopes.mistake("brackets")
def _(mean, log_var, noise, pull):
    """The half meets one term of the width's spring only. Which terms stand in the bracket?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * np.exp(log_var) - 1


@slopes.mistake("brackets, no half")
def _(mean, log_var, noise, pull):
    """The width's spring is twice too strong. What stands before the bracket of the divergence?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + np.exp(log_var) - 1


@slopes.mistake("brackets, in the exponent")
def _(mean, log_var, noise, pull):
    """In the width's spring the 1 is taken from the exponent. Where does the bracket of the exponential end?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * np.exp(log_var - 1)


@slopes.mistake("brackets, of the pull")
def _(mean, log_var, noise, pull):
    """The pull at the width multiplies its spring, too. Which of the two terms does the decoder pull at?"""
    return pull + mean, 0.5 * pull * (noise * np.exp(log_var / 2) + np.exp(log_var) - 1)


@slopes.mistake("spring's sign")
def _(mean, log_var, noise, pull):
    """The width's spring pushes it away from 1. What does the divergence of a wide cloud do when it gets wider?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (1 - np.exp(log_var))


@slopes.mistake("brackets, the half at the 1")
def _(mean, log_var, noise, pull):
    """The half meets one term of the width's spring only. Which terms stand in the bracket?"""
    return pull + mean, 0.5 * pull * noise * np.exp(log_var / 2) + np.exp(log_var) - 0.5


@slopes.mistake("chain")
def _(mean, log_var, noise, pull):
    """The pull at the width is divided by σ. What is the slope of an exponential?"""
    return pull + mean, 0.5 * pull * noise / np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)


@slopes.mistake("squares, half of it")
def _(mean, log_var, noise, pull):
    """The spring of the middle is half of what it should be. What is the slope of a square?"""
    return pull + 0.5 * mean, 0.5 * pull * noise * np.exp(log_var / 2) + 0.5 * (np.exp(log_var) - 1)
