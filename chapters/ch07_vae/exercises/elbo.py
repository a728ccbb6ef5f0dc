"""An exercise of chapter 7: the lower bound."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

ELBO = Exercise(
    "vae",
    "elbo",
    "both prices of a picture, and their slopes",
    """
    Chapter 7, "What the sum of the two is". Minus the lower bound (ELBO) is what a picture costs in nats, at most: the
    binary cross-entropy of its pixels, summed up, and the divergence of its cloud. Both count once, as in the lower
    bound, and not as in the recipe. The loss is the mean over the pictures.

    What a pixel costs, and a number of a cloud, you know from before: the prices are given below, and so are the
    sigmoid and the slopes of the divergence. Put the loss together, and then its gradient. The decoder gives scores,
    before the sigmoid.
    """,
    hints=(
        "What is summed up, and what is the mean taken over? The price of a picture is one number; only after that "
        "come the pictures.",
        "There are two tables of prices, (n, d) and (n, k), with d and k not alike. Which axis of each belongs to one "
        "picture?",
        'The slopes: chapter 5, "The price of a pixel", has the pixel\'s in its score; it needs the sigmoid, but no '
        "slope of it. Those of the divergence are given. Each picture has its share in the mean: how large is that?",
    ),
    try_it="""
    coins = np.zeros((1, 784))  # every pixel is a coin
    print(round(float(elbo_loss(coins, coins, np.zeros((1, 2)), np.zeros((1, 2)))), 1))  # 543.4 is 784 log 2
    """,
)


@ELBO.given
def pixel_prices(target, score):
    """What each pixel costs, (n, d): -t log p - (1 - t) log(1 - p), where p = sigmoid(score). Chapter 5 has it."""
    return np.logaddexp(0, score) - target * score


@ELBO.given
def cloud_prices(mean, log_var):
    """The divergence of each number of each cloud, (n, k)."""
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)


@ELBO.given
def springs(mean, log_var):
    """How each number of `cloud_prices` moves with its mean, (n, k), and with its log_var, (n, k)."""
    return mean, 0.5 * (np.exp(log_var) - 1)


@ELBO.given
def sigmoid(score):
    """A pixel out of each score."""
    return 1 / (1 + np.exp(-score))


def decoded(rng: np.random.Generator):
    """Pictures, scores of their pixels, and clouds: one, several, and a decoder that is sure."""
    for label, n, pixels, k, size in (
        ("one picture", 1, 4, 2, 1),
        ("several pictures", 3, 5, 2, 2),
        ("many latent numbers", 2, 3, 6, 1),
        ("sure scores", 2, 3, 2, 12),
    ):
        score = size * rng.uniform(0.5, 1.0, (n, pixels)) * rng.choice([-1.0, 1.0], (n, pixels))
        score[0, 0] = 0.7  # one that is not sure, whatever the others are
        target, mean, log_var = (
            rng.uniform(size=(n, pixels)),
            rng.normal(size=(n, k)),
            rng.normal(size=(n, k)),
        )
        yield Case(label, {"target": target, "score": score, "mean": mean, "log_var": log_var})


def elbo_loss_naive(target, score, mean, log_var):
    """Minus the lower bound, a picture and a number at a time."""
    total = 0.0
    for i in range(len(target)):
        for t, s in zip(target[i], score[i]):
            total += max(s, 0.0) + math.log1p(math.exp(-abs(s))) - t * s
        for m, l in zip(mean[i], log_var[i]):  # noqa: E741
            total += 0.5 * (m * m + math.exp(l) - 1 - l)
    return total / len(target)


@ELBO.write(decoded, elbo_loss_naive)
def elbo_loss(target, score, mean, log_var):
    """Minus the lower bound, in nats a picture.

    target: (n, d), the pixels, from 0 to 1.
    score: (n, d), what the decoder gives before the sigmoid.
    mean, log_var: (n, k), the clouds.
    Returns one number, the mean over the pictures.
    """
    prices = pixel_prices(target, score).sum(axis=1) + cloud_prices(mean, log_var).sum(axis=1)  # (n,)
    return prices.mean()


@elbo_loss.mistake("mean")
def _(target, score, mean, log_var):
    """A mean over the pixels stands beside a sum over the cloud's numbers. Which of the two does the bound take?"""
    return pixel_prices(target, score).mean() + cloud_prices(mean, log_var).sum(axis=1).mean()


@elbo_loss.mistake("recipe")
def _(target, score, mean, log_var):
    """You took the divergence's mean over a cloud's numbers, as the recipe does. What does the lower bound take?"""
    return pixel_prices(target, score).sum(axis=1).mean() + cloud_prices(mean, log_var).mean()


@elbo_loss.mistake("recipe, beta")
def _(target, score, mean, log_var):
    """Here the divergence counts 0.392 times, as in the recipe. How often does it count in the lower bound?"""
    return (
        pixel_prices(target, score).sum(axis=1).mean()
        + 0.392 * cloud_prices(mean, log_var).sum(axis=1).mean()
    )


@elbo_loss.mistake("sign")
def _(target, score, mean, log_var):
    """The divergence was taken away from the price. Is a cloud far from all others to be rewarded?"""
    return (pixel_prices(target, score).sum(axis=1) - cloud_prices(mean, log_var).sum(axis=1)).mean()


@elbo_loss.mistake("black half")
def _(target, score, mean, log_var):
    """Only what is white in a picture is paid for. What does a decoder learn from that about black pixels?"""
    return ((target * np.logaddexp(0, -score)).sum(axis=1) + cloud_prices(mean, log_var).sum(axis=1)).mean()


@elbo_loss.mistake("factor")
def _(target, score, mean, log_var):
    """You took means over everything. A picture's price is a sum, and only then comes a mean: over what?"""
    return pixel_prices(target, score).mean() + cloud_prices(mean, log_var).mean()


@elbo_loss.mistake("factor, sum")
def _(target, score, mean, log_var):
    """That is the price of all pictures together. What was asked for?"""
    return pixel_prices(target, score).sum() + cloud_prices(mean, log_var).sum()


@ELBO.gradient(elbo_loss_naive, ("score", "mean", "log_var"), decoded)
def elbo_gradient(target, score, mean, log_var):
    """The slopes of the loss: nothing arrives from above, since it is the last number.

    target, score: (n, d). mean, log_var: (n, k).
    Returns three arrays: for score (n, d), for mean (n, k), for log_var (n, k).
    """
    n = len(target)
    to_mean, to_log_var = springs(mean, log_var)  # (n, k) each
    return (sigmoid(score) - target) / n, to_mean / n, to_log_var / n


@elbo_gradient.mistake("share")
def _(target, score, mean, log_var):
    """The springs have no share in the mean, and the pixels have theirs. Over what is the mean of both prices?"""
    return (sigmoid(score) - target) / len(target), mean, 0.5 * (np.exp(log_var) - 1)


@elbo_gradient.mistake("factor")
def _(target, score, mean, log_var):
    """These are the slopes of the sum over the pictures. What is each picture's share in a mean?"""
    return sigmoid(score) - target, mean, 0.5 * (np.exp(log_var) - 1)


@elbo_gradient.mistake("mean")
def _(target, score, mean, log_var):
    """Every gradient was divided by the size of its own array. Over what does this loss take the mean?"""
    return (sigmoid(score) - target) / score.size, mean / mean.size, 0.5 * (np.exp(log_var) - 1) / mean.size


@elbo_gradient.mistake("wrong point")
def _(target, score, mean, log_var):
    """The sigmoid's own slope stands in the gradient for the scores. It was there once; what cancelled it?"""
    n, p = len(target), sigmoid(score)
    return (p - target) * p * (1 - p) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("no sigmoid")
def _(target, score, mean, log_var):
    """The picture was taken away from the scores. Are they pixels already, or what has to be made of them first?"""
    n = len(target)
    return (score - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("sign")
def _(target, score, mean, log_var):
    """This goes uphill for the scores: a pixel that came back too bright would get brighter."""
    n = len(target)
    return (target - sigmoid(score)) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("brackets")
def _(target, score, mean, log_var):
    """Only the target is divided by the number of pictures, the pixel is not. What does Python do first, − or /?"""
    n = len(target)
    return sigmoid(score) - target / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("brackets, the pixel")
def _(target, score, mean, log_var):
    """Only the pixel is divided by the number of pictures, the target is not. What does Python do first, − or /?"""
    n = len(target)
    return sigmoid(score) / n - target, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("brackets, of the half")
def _(target, score, mean, log_var):
    """The half meets one term of the width's spring only. Which terms stand in the bracket?"""
    n = len(target)
    return (sigmoid(score) - target) / n, mean / n, (0.5 * np.exp(log_var) - 1) / n


@elbo_gradient.mistake("brackets, of the share")
def _(target, score, mean, log_var):
    """One term of the width's spring is divided by the number of pictures, the other is not. What does Python do first,
    − or /?"""
    n = len(target)
    return (sigmoid(score) - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1 / n)


@elbo_gradient.mistake("brackets, the half at the 1")
def _(target, score, mean, log_var):
    """The half meets one term of the width's spring only. Which terms stand in the bracket?"""
    n = len(target)
    return (sigmoid(score) - target) / n, mean / n, (np.exp(log_var) - 0.5) / n
