"""Exercise of chapter 8: one step of a small GAN."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise
from tinydl.gradcheck import by_differences

GAN_STEP = Exercise(
    "gan",
    "gan_step",
    "a small GAN: one move of each player",
    """
    Chapter 8, "One step, line by line". Both networks are as small as can be: the generator is a table G that makes
    pictures of points, z G; the discriminator is a table D that makes scores of pictures, x D. `d_loss` and `g_loss`
    are what they make small, written out below.

    Find each player's slope, on paper first. Then write a step: first the discriminator moves, then the generator,
    which gets new points and a discriminator that has just learnt. A player moves its own weights only, downhill:

        weights - rate · (the gradient, clipped: no number of it below -clip or above clip)

    The recipe's optimizer is RMSprop; here it is plain gradient descent.
    """,
    hints=(
        "The discriminator's slope is that of a dense layer with 2n inputs, generated pictures first. What arrives at "
        "its scores? Look at `rivals`, if you have solved it.",
        "The generator's slope has to pass through the discriminator: from the scores to the pictures with D, from the "
        "pictures to G with the points. D is used on that way, and stays as it is.",
        "In the step: one call of discriminator_slope with the first points, np.clip, the new D. Then one call of "
        "generator_slope: which D, and which points, does it get?",
    ),
    try_it="""
    rng = np.random.default_rng(0)
    generator, discriminator = np.zeros((2, 2)), np.zeros((2, 1))
    labels = np.concatenate([np.ones((50, 1)), np.zeros((50, 1))])
    for step in range(61):
        if step % 20 == 0:
            print(generator[0].round(1))  # [0. 0.] [1.5 0.8] [1.9 0.9] [2. 1.]: there the real ones lie
        points, more = (np.stack([np.ones(50), rng.normal(size=50)], axis=1) for _ in range(2))  # a 1 comes first
        real = [2, 1] + rng.normal(size=(50, 2))
        discriminator, generator = gan_step(generator, discriminator, points, more, real, labels, 1.0, 0.5, 1.0)
    """,
)


@GAN_STEP.given
def d_loss(generator, discriminator, points, real, labels):
    """The discriminator's loss, one number: the mean cross-entropy of generated pictures, then real ones.

    generator: (k, d). discriminator: (d, 1). points: (n, k). real: (n, d). labels: (2n, 1), with noise.
    """
    pictures = np.concatenate([points @ generator, real])  # (2n, d)
    score = pictures @ discriminator  # (2n, 1)
    return (np.logaddexp(0, score) - labels * score).mean()


@GAN_STEP.given
def g_loss(generator, discriminator, points):
    """The generator's loss, one number: the mean cross-entropy of its pictures with the label 0, real."""
    score = points @ generator @ discriminator  # (n, 1)
    return np.logaddexp(0, score).mean()


def games(rng: np.random.Generator):
    """Networks, points for both turns, real pictures, noisy labels."""
    for label, n, k, d in (
        ("one picture", 1, 2, 3),
        ("several pictures", 4, 3, 2),
        ("as many pictures as pixels", 3, 3, 3),
    ):
        names = ("generator", "points", "more_points", "real")
        shapes = ((k, d), (n, k), (n, k), (n, d))
        drawn = {name: rng.normal(size=shape) for name, shape in zip(names, shapes)}
        labels = rng.uniform(0, 0.05, (2 * n, 1)) + np.repeat([[1.0], [0.0]], n, axis=0)
        yield Case(label, drawn | {"discriminator": rng.normal(size=(d, 1)), "labels": labels})


def moves(rng: np.random.Generator):
    """The same with rates, and clips that some gradients reach and some do not."""
    for case, clip in zip(games(rng), (0.2, 0.3, 10.0)):
        rates = {"d_rate": 0.8, "g_rate": 0.5, "clip": clip}
        yield Case(case.label + (" and a clip of 10" if clip == 10 else ""), case.inputs | rates)


def _sigmoid(score):
    return 1 / (1 + np.exp(-score))


@GAN_STEP.gradient(d_loss, "discriminator", games)
def discriminator_slope(generator, discriminator, points, real, labels):
    """How `d_loss` moves with the discriminator's weights.

    generator: (k, d). discriminator: (d, 1). points: (n, k). real: (n, d). labels: (2n, 1).
    Returns (d, 1).
    """
    pictures = np.concatenate([points @ generator, real])  # (2n, d)
    p = 1 / (1 + np.exp(-pictures @ discriminator))  # (2n, 1)
    return pictures.T @ (p - labels) / len(labels)


@discriminator_slope.mistake("labels")
def _(generator, discriminator, points, real, labels):
    """Real pictures come first here, and get the labels of generated ones. In which order are the labels?"""
    pictures = np.concatenate([real, points @ generator])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels) / len(labels)


@discriminator_slope.mistake("two means")
def _(generator, discriminator, points, real, labels):
    """Yours is twice the slope: it was divided by the number of real pictures. Over how many is the loss's mean?"""
    pictures = np.concatenate([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels) / len(real)


@discriminator_slope.mistake("one kind")
def _(generator, discriminator, points, real, labels):
    """Only the generated pictures have a say. How should the discriminator learn what real ones look like?"""
    drawn = points @ generator
    return drawn.T @ (_sigmoid(drawn @ discriminator) - labels[: len(drawn)]) / len(labels)


@discriminator_slope.mistake("no noise")
def _(generator, discriminator, points, real, labels):
    """You took labels of exactly 1 and 0. Which ones are given?"""
    pictures = np.concatenate([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - np.round(labels)) / len(labels)


@discriminator_slope.mistake("wrong point")
def _(generator, discriminator, points, real, labels):
    """The sigmoid's slope stands in the gradient once too often. With the cross-entropy, what becomes of it?"""
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ ((p - labels) * p * (1 - p)) / len(labels)


@discriminator_slope.mistake("broadcast")
def _(generator, discriminator, points, real, labels):
    """(2n,) and (2n, 1) were subtracted, which makes a table (2n, 2n): every score was compared
    with every label. Which shape have the labels?"""
    pictures = np.concatenate([points @ generator, real])
    table = _sigmoid(pictures @ discriminator).ravel() - labels
    return (pictures.T @ table).mean(axis=1, keepdims=True) / len(labels)


@discriminator_slope.mistake("transposed")
def _(generator, discriminator, points, real, labels):
    """Your numbers are right, but they stand in a row. Which shape have the weights?"""
    pictures = np.concatenate([points @ generator, real])
    return (_sigmoid(pictures @ discriminator) - labels).T @ pictures / len(labels)


@discriminator_slope.mistake("one kind, real")
def _(generator, discriminator, points, real, labels):
    """Only the real pictures count in yours: what became of the generated ones?"""
    return real.T @ (_sigmoid(real @ discriminator) - labels[len(real) :]) / len(labels)


@discriminator_slope.mistake("means")
def _(generator, discriminator, points, real, labels):
    """Pictures and errors were averaged each by itself. Is the mean of products the product of the means?"""
    pictures = np.concatenate([points @ generator, real])
    return pictures.mean(axis=0)[:, None] * (_sigmoid(pictures @ discriminator) - labels).mean()


@discriminator_slope.mistake("brackets")
def _(generator, discriminator, points, real, labels):
    """Only the labels are divided by the number of pictures, p is not. What does Python do first, − or /?"""
    pictures = np.concatenate([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels / len(labels))


@discriminator_slope.mistake("brackets, of 2n")
def _(generator, discriminator, points, real, labels):
    """It divides by 2 and multiplies with n. What does Python do first in a / 2 * n?"""
    pictures = np.concatenate([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels) / 2 * len(points)


@GAN_STEP.gradient(g_loss, "generator", games)
def generator_slope(generator, discriminator, points):
    """How `g_loss` moves with the generator's weights, through a discriminator that stays as it is.

    generator: (k, d). discriminator: (d, 1). points: (n, k).
    Returns (k, d).
    """
    p = 1 / (1 + np.exp(-points @ generator @ discriminator))  # (n, 1)
    to_pictures = p / len(points) @ discriminator.T  # (n, d)
    return points.T @ to_pictures


@generator_slope.mistake("saturating")
def _(generator, discriminator, points):
    """That is the slope of log p. Which of the lesson's two choices is `g_loss`?"""
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ ((1 - p) / len(points) @ discriminator.T)


@generator_slope.mistake("label")
def _(generator, discriminator, points):
    """This generator learns to be found out. What does it want to hear of its pictures?"""
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ ((p - 1) / len(points) @ discriminator.T)


@generator_slope.mistake("past it")
def _(generator, discriminator, points):
    """Every pixel hears the same: the discriminator's weights are missing. Which pixels does it look at, and how?"""
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (p / len(points) @ np.ones_like(discriminator.T))


@generator_slope.mistake("wrong point, of p")
def _(generator, discriminator, points):
    """That is how p moves with the weights. The loss is a logarithm of 1 - p: how does it move with p?"""
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (p * (1 - p) / len(points) @ discriminator.T)


@generator_slope.mistake("factor")
def _(generator, discriminator, points):
    """These are the slopes of the sum over the pictures. What is each picture's share in the mean?"""
    return points.T @ (_sigmoid(points @ generator @ discriminator) @ discriminator.T)


@generator_slope.mistake("chain")
def _(generator, discriminator, points):
    """This comes as far as the score only. On the way from there to the generator, what lies between?"""
    return points.T @ _sigmoid(points @ generator @ discriminator) / len(points)


@generator_slope.mistake("wrong point")
def _(generator, discriminator, points):
    """The pictures were taken for the generator's input. What does it make them of?"""
    drawn = points @ generator
    return drawn.T @ (_sigmoid(drawn @ discriminator) / len(points) @ discriminator.T)


@generator_slope.mistake("sum missing")
def _(generator, discriminator, points):
    """Only the last picture has a say. What becomes of the others' slopes?"""
    return generator_slope.solution(generator, discriminator, points[-1:]) / len(points)


@generator_slope.mistake("means")
def _(generator, discriminator, points):
    """Points and p were averaged each by itself. Is the mean of products the product of the means?"""
    p = _sigmoid(points @ generator @ discriminator)
    return points.mean(axis=0)[:, None] * p.mean() @ discriminator.T


@generator_slope.mistake("brackets")
def _(generator, discriminator, points):
    """The score is divided by n, inside of the sigmoid. Of what is the share in the mean taken?"""
    return points.T @ _sigmoid(points @ generator @ discriminator / len(points)) @ discriminator.T


@generator_slope.mistake("chain, half of it")
def _(generator, discriminator, points):
    """p / (1 − p) is in it. How does the loss move with p, and what are both factors of dp/ds?"""
    return points.T @ np.exp(points @ generator @ discriminator) / len(points) @ discriminator.T


def gan_step_naive(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """Both moves, with differences for slopes."""
    (to_d,) = by_differences(d_loss, wrt=(1,))(1.0, generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.clip(to_d, -clip, clip)
    (to_g,) = by_differences(g_loss)(1.0, generator, discriminator, more_points)
    return discriminator, generator - g_rate * np.clip(to_g, -clip, clip)


@GAN_STEP.write(moves, gan_step_naive)
def gan_step(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """One move of each.

    generator: (k, d). discriminator: (d, 1). real: (n, d). labels: (2n, 1), for the discriminator's turn.
    points, more_points: (n, k), for the discriminator's and for the generator's turn.
    d_rate, g_rate: the learning rates. clip: a number above 0.
    Returns two new arrays, in the order of the turns: the discriminator's weights (d, 1), the generator's (k, d).
    """
    to_discriminator = discriminator_slope(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.clip(to_discriminator, -clip, clip)
    to_generator = generator_slope(generator, discriminator, more_points)
    return discriminator, generator - g_rate * np.clip(to_generator, -clip, clip)


def _move(weights, slope, rate, clip):
    return weights - rate * np.clip(slope, -clip, clip)


@gan_step.mistake("at once")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The generator learns from the discriminator as it was before its turn. Who has moved when the generator looks?"""
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    return _move(discriminator, to_discriminator, d_rate, clip), _move(generator, to_generator, g_rate, clip)


@gan_step.mistake("same points")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The generator's turn used the points of the discriminator's turn. What were the others for?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = _move(discriminator, to_discriminator, d_rate, clip)
    to_generator = generator_slope.solution(generator, discriminator, points)
    return discriminator, _move(generator, to_generator, g_rate, clip)


@gan_step.mistake("not frozen")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The discriminator moved in the generator's turn, too, and so learnt to be fooled. Whose weights may move then?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = _move(discriminator, to_discriminator, d_rate, clip)
    drawn = more_points @ generator
    helping = drawn.T @ _sigmoid(drawn @ discriminator) / len(drawn)
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    return _move(discriminator, helping, g_rate, clip), _move(generator, to_generator, g_rate, clip)


@gan_step.mistake("generator first")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The generator moved before the discriminator. Whose turn comes first?"""
    generator = _move(
        generator, generator_slope.solution(generator, discriminator, more_points), g_rate, clip
    )
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    return _move(discriminator, to_discriminator, d_rate, clip), generator


@gan_step.mistake("not clipped")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """Large gradients move the weights by more than rate · clip. What does the task say about them?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * to_discriminator
    return discriminator, generator - g_rate * generator_slope.solution(generator, discriminator, more_points)


@gan_step.mistake("by length")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """A gradient that is too long was made shorter as a whole. That is clipping by length; which one is asked for?"""
    shorter = lambda slope: slope * min(1, clip / np.linalg.norm(slope))  # noqa: E731
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * shorter(to_discriminator)
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    return discriminator, generator - g_rate * shorter(to_generator)


@gan_step.mistake("uphill")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The generator goes up. It is the rival's enemy, but it has a loss of its own: does it want that one large?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = _move(discriminator, to_discriminator, d_rate, clip)
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    return discriminator, _move(generator, to_generator, -g_rate, clip)


@gan_step.mistake("clip late")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """The step was clipped, and not the gradient. Which of them does the task want between -clip and clip?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = discriminator - np.clip(d_rate * to_discriminator, -clip, clip)
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    return discriminator, generator - np.clip(g_rate * to_generator, -clip, clip)


@gan_step.mistake("clip half")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    """Gradients above clip were cut off. What becomes of those far below 0?"""
    to_discriminator = discriminator_slope.solution(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.minimum(to_discriminator, clip)
    to_generator = generator_slope.solution(generator, discriminator, more_points)
    return discriminator, generator - g_rate * np.minimum(to_generator, clip)
