"""Exercises of chapter 7: the lower bound, and a step of a small VAE."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

# --------------------------------------------------------------------------------------------------------- elbo

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


# ----------------------------------------------------------------------------------------------------- vae_step

VAE_STEP = Exercise(
    "vae",
    "vae_step",
    "a small VAE learns: all gradients of one step",
    """
    Chapter 7, all of it in one room. A VAE as small as can be: every one of its three layers is a product with a table
    of weights, without a bias. Two heads read the picture, a point is drawn, the decoder gives scores:

        mean = x A        log_var = x B        z = mean + exp(log_var / 2) · noise        score = z C

    `vae_loss` is written out below: minus the lower bound, mean over the pictures. Find its slopes for A, B and C, on
    paper first, from the loss backwards. When they are right, the file trains the network.
    """,
    hints=(
        "Begin at the end: what is the slope for the scores, after the sigmoid and the cross-entropy, and after the "
        "mean? From there chapter 2's dense layer gives you two things: the slope for C, and the one for z.",
        "mean and log_var are reached on two ways each: through z, and straight from the divergence. What is done with "
        "gradients that arrive on two ways?",
        "From z back: mean gets it as it is, log_var gets it times noise times the slope of exp(log_var / 2). Add the "
        "springs, each picture's share of them. Then A and B are dense layers again, with the input x.",
    ),
    try_it="""
    rng = np.random.default_rng(0)
    x = rng.choice([0.0, 1.0], size=(200, 1)) * np.ones((200, 6))  # pictures of six pixels, black or white
    x = np.concatenate([x, 1 - x], axis=1)  # and their negatives beside them: twelve pixels
    weights = [0.1 * rng.normal(size=shape) for shape in ((12, 1), (12, 1), (1, 12))]
    for step in range(301):
        noise = rng.normal(size=(200, 1))
        if step % 100 == 0:
            print(step, vae_loss(x, *weights, noise).round(2))  # 0 8.4, 100 3.35, 200 2.43, 300 2.14
        weights = [w - 0.05 * g for w, g in zip(weights, vae_gradient(x, *weights, noise))]
    """,
)


@VAE_STEP.given
def vae_loss(x, a, b, c, noise):
    """Minus the lower bound, one number.

    x: (n, d), pixels from 0 to 1. a, b: (d, k). c: (k, d). noise: (n, k).
    """
    mean, log_var = x @ a, x @ b  # (n, k) each
    z = mean + np.exp(log_var / 2) * noise  # (n, k)
    score = z @ c  # (n, d)
    pixels = np.logaddexp(0, score) - x * score  # (n, d), the cross-entropy
    divergence = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)  # (n, k)
    return (pixels.sum() + divergence.sum()) / len(x)


def small_vaes(rng: np.random.Generator):
    """Pictures, weights and noise."""
    for label, n, d, k in (
        ("one picture", 1, 3, 1),
        ("several pictures", 4, 3, 2),
        ("as many of each", 3, 3, 3),
    ):
        a, b, c = (rng.normal(size=shape) for shape in ((d, k), (d, k), (k, d)))
        x, noise = rng.uniform(size=(n, d)), rng.normal(size=(n, k))
        yield Case(label, {"x": x, "a": a, "b": b, "c": c, "noise": noise})


def _half_way(x, a, b, c, noise):
    """Of a right rule: both heads, the standard deviations, z, the slopes for the scores and for z."""
    mean, log_var = x @ a, x @ b
    deviation = np.exp(log_var / 2)
    z = mean + deviation * noise
    to_score = (_sigmoid(z @ c) - x) / len(x)
    return mean, log_var, deviation, z, to_score, to_score @ c.T


@VAE_STEP.gradient(vae_loss, ("a", "b", "c"), small_vaes)
def vae_gradient(x, a, b, c, noise):
    """The slopes of `vae_loss` for the three tables of weights.

    x: (n, d). a, b: (d, k). c: (k, d). noise: (n, k).
    Returns three arrays, of the shapes of a, b and c.
    """
    n = len(x)
    mean, log_var = x @ a, x @ b  # (n, k) each
    deviation = np.exp(log_var / 2)
    z = mean + deviation * noise  # (n, k)
    p = 1 / (1 + np.exp(-z @ c))  # (n, d)

    to_score = (p - x) / n  # (n, d)
    to_z = to_score @ c.T  # (n, k)
    to_mean = to_z + mean / n  # through the point, and straight from the divergence
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / n
    return x.T @ to_mean, x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("log_var")
def _(x, a, b, c, noise):
    """On the way from z to log_var, exp(log_var) stands where the width of the cloud should. See the draw again."""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation**2 / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("divergence")
def _(x, a, b, c, noise):
    """The heads hear from the decoder only. What else in the loss depends on mean and log_var?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    return x.T @ to_z, x.T @ (to_z * noise * deviation / 2), z.T @ to_score


@vae_gradient.mistake("share")
def _(x, a, b, c, noise):
    """The springs pull n times too strongly, beside a decoder that has its mean. What is the divergence divided by?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1)
    return x.T @ (to_z + mean), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("decoder's share")
def _(x, a, b, c, noise):
    """The decoder pulls n times too strongly, beside springs that have their mean. What is its price divided by?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    n = len(x)
    to_log_var = n * to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / n
    return x.T @ (n * to_z + mean / n), x.T @ to_log_var, n * z.T @ to_score


@vae_gradient.mistake("factor")
def _(x, a, b, c, noise):
    """These are the slopes of the sum over the pictures. What is each picture's share in the mean?"""
    return tuple(len(x) * each for each in vae_gradient.solution(x, a, b, c, noise))


@vae_gradient.mistake("noise")
def _(x, a, b, c, noise):
    """The widths get the slope for z without the noise. What does log_var do to z where the noise is below 0?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("no draw")
def _(x, a, b, c, noise):
    """log_var has only its spring: does the picture that comes back not depend on how wide the cloud is?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    return x.T @ (to_z + mean / len(x)), x.T @ (0.5 * (deviation**2 - 1) / len(x)), z.T @ to_score


@vae_gradient.mistake("half")
def _(x, a, b, c, noise):
    """On the way from z to log_var the slope of the exponent is missing. How fast does it grow with log_var?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("middle")
def _(x, a, b, c, noise):
    """C was given the slopes of a decoder that gets the middles. What did it get in `vae_loss`?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, mean.T @ to_score


@vae_gradient.mistake("log_var, both ways")
def _(x, a, b, c, noise):
    """The clouds are as wide as exp(log_var) here, forward and back. How are the points drawn in `vae_loss`?"""
    n, mean, deviation = len(x), x @ a, np.exp(x @ b)
    z = mean + deviation * noise
    to_score = (_sigmoid(z @ c) - x) / n
    to_z = to_score @ c.T
    return (
        x.T @ (to_z + mean / n),
        x.T @ (to_z * noise * deviation / 2 + 0.5 * (deviation - 1) / n),
        z.T @ to_score,
    )


@vae_gradient.mistake("chain")
def _(x, a, b, c, noise):
    """The sigmoid's own slope stands in the gradient for the scores. With the cross-entropy, what becomes of it?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    p = _sigmoid(z @ c)
    to_score = to_score * p * (1 - p)
    to_z = to_score @ c.T
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("sum missing")
def _(x, a, b, c, noise):
    """Only the last picture has a say. What becomes of the others' slopes, if each has its own?"""
    last = vae_gradient.solution(x[-1:], a, b, c, noise[-1:])
    return tuple(each / len(x) for each in last)
