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

    The decoder gives scores s, before the sigmoid. For a pixel t, grey as it may be, chapter 5 has its price:

        -t log p - (1 - t) log(1 - p)  =  log(1 + exp(s)) - t s,      where p = 1 / (1 + exp(-s))

    And for each number of the cloud: KL = ½ (μ² + exp(l) - 1 - l).
    """,
    hints=(
        "exp(800) is too large for a computer. np.logaddexp(a, b) is log(exp(a) + exp(b)), and never gets so far. "
        "What is a, if exp(a) is 1?",
        "What is summed up, and what is the mean taken over? The price of a picture is one number; only after that "
        "come the pictures.",
        'The slopes: chapter 5, "The price of a pixel", has the pixel\'s in s, chapter 7 those of the divergence, "two '
        'springs". Each picture has its share in the mean: how large is that?',
    ),
    try_it="""
    coins = np.zeros((1, 784))  # every pixel is a coin
    print(elbo_loss(coins, coins, np.zeros((1, 2)), np.zeros((1, 2))).round(1))  # 543.4 is 784 log 2
    """,
)


def decoded(rng: np.random.Generator):
    """Pictures, scores of their pixels, and clouds: one, several, and a decoder that is too sure for exp."""
    for label, n, pixels, k, size in (
        ("one picture", 1, 4, 2, 1),
        ("several pictures", 3, 5, 2, 2),
        ("many latent numbers", 2, 3, 6, 1),
        ("scores up to 800", 2, 3, 2, 800),
    ):
        score = size * rng.uniform(0.5, 1.0, (n, pixels)) * rng.choice([-1.0, 1.0], (n, pixels))
        score[0, 0] = 0.7  # one that is not sure, whatever the others are
        if size == 800:
            score[:, 1] = 800, -800
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


def _pixels(target, score):
    return np.logaddexp(0, score) - target * score  # (n, d)


def _clouds(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)  # (n, k)


def _sigmoid(score):
    return np.exp(-np.logaddexp(0, -score))


@ELBO.write(decoded, elbo_loss_naive)
def elbo_loss(target, score, mean, log_var):
    """Minus the lower bound, in nats a picture.

    target: (n, d), the pixels, from 0 to 1.
    score: (n, d), what the decoder gives before the sigmoid; as large as 800, or -800.
    mean, log_var: (n, k), the clouds.
    Returns one number, the mean over the pictures.
    """
    pixels = np.logaddexp(0, score) - target * score  # (n, d)
    numbers = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)  # (n, k)
    return (pixels.sum(axis=1) + numbers.sum(axis=1)).mean()


@elbo_loss.mistake("mean")
def _(target, score, mean, log_var):
    """A mean over the pixels stands beside a sum over the cloud's numbers. In which of the two is a nat a nat?"""
    return _pixels(target, score).mean() + _clouds(mean, log_var).sum(axis=1).mean()


@elbo_loss.mistake("recipe")
def _(target, score, mean, log_var):
    """The divergence is a mean over the cloud's numbers here. How often does it count then, in a bound?"""
    return _pixels(target, score).sum(axis=1).mean() + _clouds(mean, log_var).mean()


@elbo_loss.mistake("sign")
def _(target, score, mean, log_var):
    """The divergence was taken away from the price. Is a cloud far from all others to be rewarded?"""
    return (_pixels(target, score).sum(axis=1) - _clouds(mean, log_var).sum(axis=1)).mean()


@elbo_loss.mistake("black half")
def _(target, score, mean, log_var):
    """Only what is white in a picture is paid for. What does a decoder learn from that about black pixels?"""
    return ((target * np.logaddexp(0, -score)).sum(axis=1) + _clouds(mean, log_var).sum(axis=1)).mean()


@elbo_loss.mistake("factor")
def _(target, score, mean, log_var):
    """Both are means over everything. A picture's price is a sum, and only then comes a mean: over what?"""
    return _pixels(target, score).mean() + _clouds(mean, log_var).mean()


@elbo_loss.mistake("factor, sum")
def _(target, score, mean, log_var):
    """That is the price of all pictures together. What was asked for?"""
    return _pixels(target, score).sum() + _clouds(mean, log_var).sum()


@elbo_loss.mistake("clipped")
def _(target, score, mean, log_var):
    """The probabilities were cut off so that there is no log 0. It is finite, but what does a pixel cost now that is
    surely wrong, and how steep is that?"""
    p = np.clip(_sigmoid(score), 1e-7, 1 - 1e-7)
    pixels = -target * np.log(p) - (1 - target) * np.log(1 - p)
    return (pixels.sum(axis=1) + _clouds(mean, log_var).sum(axis=1)).mean()


@ELBO.gradient(elbo_loss_naive, ("score", "mean", "log_var"), decoded)
def elbo_gradient(target, score, mean, log_var):
    """The slopes of the loss: nothing arrives from above, since it is the last number.

    target, score: (n, d). mean, log_var: (n, k).
    Returns three arrays: for score (n, d), for mean (n, k), for log_var (n, k).
    """
    n = len(target)
    p = np.exp(-np.logaddexp(0, -score))  # the sigmoid, without an exp of large numbers
    return (p - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("factor")
def _(target, score, mean, log_var):
    """These are the slopes of the sum over the pictures. What is each picture's share in a mean?"""
    return _sigmoid(score) - target, mean, 0.5 * (np.exp(log_var) - 1)


@elbo_gradient.mistake("mean")
def _(target, score, mean, log_var):
    """Every gradient was divided by the size of its own array. Over what does this loss take the mean?"""
    return (_sigmoid(score) - target) / score.size, mean / mean.size, 0.5 * (np.exp(log_var) - 1) / mean.size


@elbo_gradient.mistake("wrong point")
def _(target, score, mean, log_var):
    """The sigmoid's own slope stands in the gradient for the scores. It was there once; what cancelled it?"""
    n, p = len(target), _sigmoid(score)
    return (p - target) * p * (1 - p) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("no sigmoid")
def _(target, score, mean, log_var):
    """What came back, minus what went in: but scores are no pixels yet."""
    n = len(target)
    return (score - target) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("sign")
def _(target, score, mean, log_var):
    """This goes uphill for the scores: a pixel that came back too bright would get brighter."""
    n = len(target)
    return (target - _sigmoid(score)) / n, mean / n, 0.5 * (np.exp(log_var) - 1) / n


@elbo_gradient.mistake("variance")
def _(target, score, mean, log_var):
    """The spring of the widths has the standard deviation in it. Which of the two does exp(l) stand for in the KL?"""
    n = len(target)
    return (_sigmoid(score) - target) / n, mean / n, 0.5 * (np.exp(log_var / 2) - 1) / n


@elbo_gradient.mistake("one way")
def _(target, score, mean, log_var):
    """The spring of the widths only narrows. Which term of the divergence keeps a cloud from becoming a point?"""
    n = len(target)
    return (_sigmoid(score) - target) / n, mean / n, 0.5 * np.exp(log_var) / n
