"""An exercise of chapter 7: a step of a small VAE."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

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
        ("as many pictures as pixels", 3, 3, 3),
    ):
        a, b, c = (rng.normal(size=shape) for shape in ((d, k), (d, k), (k, d)))
        x, noise = rng.uniform(size=(n, d)), rng.normal(size=(n, k))
        yield Case(label, {"x": x, "a": a, "b": b, "c": c, "noise": noise})


def _sigmoid(score):
    return 1 / (1 + np.exp(-score))


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
    """On the way from z to log_var, exp(log_var) stands where the width of the cloud should. What is it in z?"""
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


@vae_gradient.mistake("springs")
def _(x, a, b, c, noise):
    """On its way from z to log_var the slope has the middle's spring with it. Did that come through z?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_mean = to_z + mean / len(x)
    to_log_var = to_mean * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ to_mean, x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("springs, of the width")
def _(x, a, b, c, noise):
    """The width's spring is multiplied with the noise. Did it come through z?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = (to_z + 0.5 * (deviation**2 - 1) / len(x)) * noise * deviation / 2
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("springs, of the width, at the middle")
def _(x, a, b, c, noise):
    """The width's spring pulls at the middle. Which of the springs knows which head?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    spring = 0.5 * (deviation**2 - 1) / len(x)
    to_log_var = to_z * noise * deviation / 2 + spring
    return x.T @ (to_z + mean / len(x) + spring), x.T @ to_log_var, z.T @ to_score


# Of the width's spring: what σ² is multiplied with, and what is taken from it, for n pictures.
_SPRINGS = {
    "the half": lambda n: (0.5 / n, 1 / n),
    "no half": lambda n: (1 / n, 1 / n),
    "the share": lambda n: (0.5, 0.5 / n),
    "half and share": lambda n: (0.5, 1 / n),
    "the square alone": lambda n: (0.5 / n, 1),
}
for _kind, _weights in _SPRINGS.items():

    @vae_gradient.mistake(f"brackets, {_kind}")
    def _(x, a, b, c, noise, weights=_weights):
        """In the width's spring ½ or the share 1/n does not meet what it should. Which terms stand in its bracket?"""
        mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
        square, one = weights(len(x))
        to_log_var = to_z * noise * deviation / 2 + square * deviation**2 - one
        return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("brackets, of the scores")
def _(x, a, b, c, noise):
    """Only one of pixel and target is divided by the number of pictures. What does Python do first, − or /?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_score = _sigmoid(z @ c) - x / len(x)
    to_z = to_score @ c.T
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("brackets, of the middle")
def _(x, a, b, c, noise):
    """What arrives at the middle through z is divided by n once more. Was the slope for the scores not a share?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean) / len(x), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("middle, of the scores")
def _(x, a, b, c, noise):
    """The scores were worked out from the middles. What does the decoder get in `vae_loss`?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_score = (_sigmoid(mean @ c) - x) / len(x)
    to_z = to_score @ c.T
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("variance")
def _(x, a, b, c, noise):
    """The width's spring has the standard deviation in it. What does the divergence have?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("squares")
def _(x, a, b, c, noise):
    """The middle's spring is twice too strong. What does the half before its square do to the 2?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * noise * deviation / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + 2 * mean / len(x)), x.T @ to_log_var, z.T @ to_score


@vae_gradient.mistake("middle, on the way to the width")
def _(x, a, b, c, noise):
    """On the way from z to log_var stands all of z. Which of z's two terms knows log_var?"""
    mean, log_var, deviation, z, to_score, to_z = _half_way(x, a, b, c, noise)
    to_log_var = to_z * z / 2 + 0.5 * (deviation**2 - 1) / len(x)
    return x.T @ (to_z + mean / len(x)), x.T @ to_log_var, z.T @ to_score
