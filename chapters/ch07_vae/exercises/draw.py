"""An exercise of chapter 7: a draw with a gradient."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

DRAW = Exercise(
    "vae",
    "draw",
    "a point of a cloud, and the gradient that passes through the draw",
    """
    Chapter 7, "A draw that has a gradient". A point of a cloud is drawn with noise ε, which comes from elsewhere and is
    a plain number here:

        z = μ + σ · ε,      where σ is the standard deviation

    1. The lesson's encoder describes a cloud by its middle μ and by the logarithm of its variance, l. Draw the points.
    2. Another encoder answers with the logarithm of the standard deviation, s = log σ. So z is another function of what
       it answers, and has another gradient than in the lesson. Send one back through that draw: `gy` says how the loss
       moves with each number of z.
    """,
    hints=(
        'The first head answers with the logarithm of the variance. See "Why the logarithm of the variance?": how does '
        "the standard deviation follow from it?",
        "The gradient: z is a sum. Which of its two terms does μ stand in, which does s, and is ε moved by either?",
        "Write σ with s first. The way from s to z has two links, an exponential and the factor ε; an exponential's "
        "derivative is the exponential itself, at the same exponent. Then comes gy.",
    ),
    try_it="print(draw(np.zeros((1, 2)), np.log([[4.0, 0.25]]), np.ones((1, 2))))  # [[2.  0.5]]: σ, with noise of 1",
)


def clouds(rng: np.random.Generator):
    """Clouds of one picture, of several, as wide as the normal distribution, and narrow ones."""
    some = lambda *shape: rng.normal(size=shape)  # noqa: E731
    yield Case("one picture", {"mean": some(1, 2), "log_var": some(1, 2), "noise": some(1, 2)})
    yield Case("several pictures", {"mean": some(4, 3), "log_var": 2 * some(4, 3), "noise": some(4, 3)})
    yield Case("log_var of 0", {"mean": some(3, 2), "log_var": np.zeros((3, 2)), "noise": some(3, 2)})
    yield Case("narrow clouds", {"mean": some(2, 2), "log_var": some(2, 2) - 3, "noise": some(2, 2)})


def draw_naive(mean, log_var, noise):
    """The points, a number at a time."""
    z = np.empty(np.shape(mean))
    for i in np.ndindex(z.shape):
        z[i] = mean[i] + math.sqrt(math.exp(log_var[i])) * noise[i]
    return z


@DRAW.write(clouds, draw_naive)
def draw(mean, log_var, noise):
    """A point of each cloud.

    mean, log_var: (n, k), the middles and the logarithms of the variances, for each picture k numbers.
    noise: (n, k), ε.
    Returns z, (n, k).
    """
    deviation = np.exp(log_var / 2)
    return mean + deviation * noise


@draw.mistake("log_var")
def _(mean, log_var, noise):
    """The noise was multiplied by exp(log_var). Is that the standard deviation, or something else of the cloud?"""
    return mean + np.exp(log_var) * noise


@draw.mistake("no exp")
def _(mean, log_var, noise):
    """The head's answer itself was taken for the width. It may be negative; can a width?"""
    return mean + log_var * noise


@draw.mistake("root")
def _(mean, log_var, noise):
    """You took the root of log_var. What is log_var the logarithm of, and how does one come back from a logarithm?"""
    with np.errstate(all="ignore"):
        return mean + np.sqrt(log_var) * noise


@draw.mistake("root, without a sign")
def _(mean, log_var, noise):
    """You took the root of log_var, its sign left out. What is log_var the logarithm of, and how does one come back
    from a logarithm?"""
    return mean + np.sqrt(np.abs(log_var)) * noise


@draw.mistake("half")
def _(mean, log_var, noise):
    """The half stands outside of the exponential. Is half of the variance its root?"""
    return mean + np.exp(log_var) / 2 * noise


@draw.mistake("sign")
def _(mean, log_var, noise):
    """These clouds get narrower where log_var grows. What does a variance do when its logarithm grows?"""
    return mean + np.exp(-log_var / 2) * noise


@draw.mistake("noise")
def _(mean, log_var, noise):
    """Every point lies one standard deviation right of the middle. Where does chance come in?"""
    return mean + np.exp(log_var / 2)


@draw.mistake("no exp, half")
def _(mean, log_var, noise):
    """Half of the head's answer was taken for the width. That is log σ, and may be negative; can a width?"""
    return mean + log_var / 2 * noise


@draw.mistake("parentheses")
def _(mean, log_var, noise):
    """The middle was multiplied with the noise, too. With no noise at all, where should the point lie?"""
    return (mean + np.exp(log_var / 2)) * noise


def clouds_by_log_std(rng: np.random.Generator):
    """The same clouds, described by another head."""
    for case in clouds(rng):
        names = {
            "mean": case.inputs["mean"],
            "log_std": case.inputs["log_var"],
            "noise": case.inputs["noise"],
        }
        yield Case(case.label.replace("log_var", "log_std"), names)


def draw_by_log_std(mean, log_std, noise):
    """The draw of part 2."""
    return mean + np.exp(log_std) * noise


@DRAW.gradient(draw_by_log_std, ("mean", "log_std"), clouds_by_log_std)
def draw_gradient(gy, log_std, noise):
    """How the loss moves with the middles, and with the logarithms of the standard deviations.

    gy: (n, k), how it moves with z.
    log_std, noise: (n, k), s and ε.
    Returns two arrays: for mean (n, k), for log_std (n, k).
    """
    return gy, gy * noise * np.exp(log_std)


@draw_gradient.mistake("log_var")
def _(gy, log_std, noise):
    """That is the lesson's slope, for the logarithm of a variance. Of what is s the logarithm, and what is σ then?"""
    return gy, gy * noise * np.exp(log_std / 2) / 2


@draw_gradient.mistake("half")
def _(gy, log_std, noise):
    """A half stands in the slope for log_std. The lesson's comes from its exponent, l/2. Which exponent has σ here?"""
    return gy, gy * noise * np.exp(log_std) / 2


@draw_gradient.mistake("width")
def _(gy, log_std, noise):
    """Here the cloud is as wide as exp(s/2) says. s is the logarithm of the standard deviation: how wide is it?"""
    return gy, gy * noise * np.exp(log_std / 2)


@draw_gradient.mistake("variance")
def _(gy, log_std, noise):
    """The variance stands in the slope for log_std. What does z have: the variance, or its root?"""
    return gy, gy * noise * np.exp(2 * log_std)


@draw_gradient.mistake("noise")
def _(gy, log_std, noise):
    """The noise does not stand in the gradient for log_std. If the point fell left of the middle, where does it go
    when the cloud gets wider?"""
    return gy, gy * np.exp(log_std)


@draw_gradient.mistake("wrong variable")
def _(gy, log_std, noise):
    """That is the slope for the standard deviation. The encoder does not answer with that: what lies between?"""
    return gy, gy * noise


@draw_gradient.mistake("one")
def _(gy, log_std, noise):
    """You answered the number 1 for mean, where an array (n, k) is asked for. z moves as μ does; but how does the loss
    move, when z does?"""
    return 1, gy * noise * np.exp(log_std)


@draw_gradient.mistake("middle")
def _(gy, log_std, noise):
    """The middles were moved by the width of their clouds. If a middle moves by 0.1, how far does the point?"""
    return gy * np.exp(log_std), gy * noise * np.exp(log_std)


@draw_gradient.mistake("sum twice")
def _(gy, log_std, noise):
    """Slopes were summed over the pictures. Does any picture's cloud move another's point?"""
    return gy.sum(axis=0), (gy * noise * np.exp(log_std)).sum(axis=0)


@draw_gradient.mistake("sum twice, of the widths")
def _(gy, log_std, noise):
    """The slopes for log_std were summed over the pictures. Does any picture's cloud move another's point?"""
    return gy, (gy * noise * np.exp(log_std)).sum(axis=0)


@draw_gradient.mistake("chain")
def _(gy, log_std, noise):
    """You divide by σ. How does eˢ move with s?"""
    return gy, gy * noise / np.exp(log_std)


@draw_gradient.mistake("brackets")
def _(gy, log_std, noise):
    """The noise stands in the exponent. What is the exponential of, in z?"""
    return gy, gy * np.exp(log_std * noise)


@draw_gradient.mistake("value")
def _(gy, log_std, noise):
    """log_std itself is a factor. What is the slope of an exponential: its exponent, or something else?"""
    return gy, gy * noise * log_std


@draw_gradient.mistake("upstream")
def _(gy, log_std, noise):
    """gy is missing in the slope for log_std. And how does the loss move with z?"""
    return gy, noise * np.exp(log_std)
