"""An exercise of chapter 4: batch normalization of pictures, in training and after it."""

from __future__ import annotations

import numpy as np

from chapters.ch04_cnn.exercises.norm import batch_norm_naive
from chapters.ch04_cnn.exercises.norm_mistakes import usual_gradients, ways
from chapters.exercises.form import Case, Exercise

BATCH_NORM_PICTURES = Exercise(
    "cnn",
    "batch_norm_pictures",
    "the way back of batch normalization between convolutions, in training and after it",
    """
    Chapter 4, "Depth 20 means twenty filters", and the exercise `batch_norm`. After a convolution a feature is a
    filter: all its answers, in all pictures of the batch and at all positions, have one mean and one variance. So there
    are c of each, and n · h · w numbers in every mean. In training:

        y = gamma · (x − mean) / √(var + epsilon) + beta      mean, var: of this batch, (c,)

    When training is over, a picture may come alone, and should be told the same whoever comes with it. So a layer also
    keeps an average of mean and variance over many batches, `moving_mean` and `moving_var`, and from then on uses those
    in place of the batch's. They are numbers like weights, and do not know x.

    The way there in training is given, since you know it from rows. Find the way back, and both ways after training.
    """,
    hints=(
        "In training the formulas are those for rows of features. Only: over which axes do the sums go, and how many "
        "numbers are in a mean now?",
        "After training begin with y: one mean and one variance for each filter, whatever the batch is. As on the way "
        "there in training, x̂ first. For gamma and beta nothing else has changed: which x̂ does gamma multiply?",
        "After training there is one way only from x to y, since the moving statistics stay what they are whatever x "
        "does. Which parts of the training gradient belong to the other two?",
    ),
    try_it="""
    x = np.array([0.0, 2, 4, 6]).reshape(1, 2, 2, 1)
    one, zero = np.ones(1), np.zeros(1)
    print(in_training(x, one, zero, 0.001).ravel().round(2))  # [-1.34 -0.45 0.45 1.34]
    print(after_training(x, np.array([2.0]), np.array([4.0]), one, zero, 0.0).ravel())  # [-1. 0. 1. 2.]
    """,
)


@BATCH_NORM_PICTURES.given
def in_training(x, gamma, beta, epsilon):
    """Batch normalization with the statistics of this batch.

    x: (n, h, w, c).
    gamma, beta: (c,) each.
    Returns (n, h, w, c).
    """
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))  # (c,) each
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def answers(rng: np.random.Generator):
    """What filters answered, with moving statistics of some other batches."""
    for label, shape, epsilon in (
        ("several pictures and filters", (2, 2, 2, 2), 0.001),
        ("three pictures", (3, 1, 2, 2), 0.001),
        ("one filter", (2, 2, 2, 1), 0.001),
        ("answers nearly alike, where epsilon counts", (3, 2, 1, 2), 0.01),
    ):
        x = rng.normal(size=shape) * (0.1 if "alike" in label else 1) + 0.5
        gamma, beta, moving_mean = (rng.normal(size=shape[-1]) + 1.5 for _ in range(3))
        moving = {"moving_mean": moving_mean, "moving_var": rng.uniform(0.3, 3, shape[-1])}
        yield Case(label, {"x": x, **moving, "gamma": gamma, "beta": beta, "epsilon": epsilon})


def in_training_naive(x, gamma, beta, epsilon):
    """As rows: each position of each picture is a member of the batch."""
    return batch_norm_naive(x.reshape(-1, x.shape[3]), gamma, beta, epsilon).reshape(x.shape)


def after_training_naive(x, moving_mean, moving_var, gamma, beta, epsilon):
    """A number at a time."""
    y = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        c = place[3]
        y[place] = gamma[c] * (x[place] - moving_mean[c]) / (moving_var[c] + epsilon) ** 0.5 + beta[c]
    return y


def _normal(x, gamma, beta, epsilon, axis):
    return gamma * (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon) + beta


@BATCH_NORM_PICTURES.gradient(in_training_naive, ("x", "gamma", "beta"), answers)
def training_gradient(gy, x, gamma, epsilon):
    """How the loss moves with x, gamma and beta, in training.

    gy: (n, h, w, c).
    Returns three arrays: (n, h, w, c), (c,) and (c,).
    """
    axes = (0, 1, 2)
    deviation = np.sqrt(x.var(axis=axes) + epsilon)  # (c,)
    normal = (x - x.mean(axis=axes)) / deviation  # (n, h, w, c)
    g = gy * gamma
    gx = (g - g.mean(axis=axes) - normal * (g * normal).mean(axis=axes)) / deviation
    return gx, (gy * normal).sum(axis=axes), gy.sum(axis=axes)


@training_gradient.mistake("factor, members")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance are divided by the number of pictures. How many numbers are in a mean here?"""
    return ways(gy, x, gamma, epsilon, axis=(0, 1, 2), count=len(x))


@training_gradient.mistake("factor, members of one picture")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance are divided by the positions of one picture. How many numbers are in a mean?"""
    return ways(gy, x, gamma, epsilon, axis=(0, 1, 2), count=x.shape[1] * x.shape[2])


@training_gradient.mistake("factor, members of all filters")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance are divided by all numbers of x. How many of them are in one mean?"""
    return ways(gy, x, gamma, epsilon, axis=(0, 1, 2), count=x.size)


@training_gradient.mistake("sum missing, positions")
def _(gy, x, gamma, epsilon):
    """Each position is treated as a feature by itself. Over which axes do a filter's mean and variance go?"""
    return ways(gy, x, gamma, epsilon, axis=0)


@training_gradient.mistake("sum missing, some axes")
def _(gy, x, gamma, epsilon):
    """x̂ is right, but the ways by mean and variance go over the batch alone. Who else hears of a mean that moves?"""
    deviation = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    normal, g = (x - x.mean(axis=(0, 1, 2))) / deviation, gy * gamma
    gx = (g - g.mean(axis=0) - normal * (g * normal).mean(axis=0)) / deviation
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@training_gradient.mistake("sum missing, some axes of a picture")
def _(gy, x, gamma, epsilon):
    """x̂ is right, but the ways by mean and variance go over each picture by itself. Who else hears of a mean that
    moves?"""
    deviation = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    normal, g = (x - x.mean(axis=(0, 1, 2))) / deviation, gy * gamma
    over = {"axis": (1, 2), "keepdims": True}
    gx = (g - g.mean(**over) - normal * (g * normal).mean(**over)) / deviation
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@training_gradient.mistake("sum missing, one picture")
def _(gy, x, gamma, epsilon):
    """Each picture is treated as a batch by itself. Whose mean and variance did the forward pass use?"""
    gx, normal = np.zeros(x.shape), _normal(x, 1, 0, epsilon, (1, 2))
    for i in range(len(x)):
        gx[i : i + 1] = ways(gy[i : i + 1], x[i : i + 1], gamma, epsilon, axis=(0, 1, 2))[0]
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@training_gradient.mistake("channels, reshaped")
def _(gy, x, gamma, epsilon):
    """In your rows numbers of several filters stand together. The channels come last in x: does reshape turn axes
    over?"""
    c = x.shape[3]
    gx, *others = ways(gy.reshape(c, -1).T, x.reshape(c, -1).T, gamma, epsilon, axis=0)
    return gx.T.reshape(x.shape), *others


@training_gradient.mistake("channels")
def _(gy, x, gamma, epsilon):
    """x̂ is right, but the ways by mean and variance go over the channels. Do filters share a mean?"""
    deviation = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    normal, g = (x - x.mean(axis=(0, 1, 2))) / deviation, gy * gamma
    gx = (g - g.mean(axis=3, keepdims=True) - normal * (g * normal).mean(axis=3, keepdims=True)) / deviation
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


usual_gradients(training_gradient, axis=(0, 1, 2))


@BATCH_NORM_PICTURES.write(answers, after_training_naive)
def after_training(x, moving_mean, moving_var, gamma, beta, epsilon):
    """Batch normalization with the statistics that were collected in training, (c,) each. Returns (n, h, w, c)."""
    return gamma * (x - moving_mean) / np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("neighbours")
def _(x, gamma, beta, epsilon):
    """The batch's own statistics are used, so a picture's answer depends on who comes along. Which others are there?"""
    return in_training_naive(x, gamma, beta, epsilon)


@after_training.mistake("neighbours, mean")
def _(x, moving_var, gamma, beta, epsilon):
    """The variance is the collected one, but the mean is this batch's own, so a picture's answer depends on who comes
    along. Which other mean is there?"""
    return gamma * (x - x.mean(axis=(0, 1, 2))) / np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("neighbours, variance")
def _(x, moving_mean, gamma, beta, epsilon):
    """The mean is the collected one, but the variance is this batch's own, so a picture's answer depends on who comes
    along. Which other variance is there?"""
    return gamma * (x - moving_mean) / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon) + beta


@after_training.mistake("no root")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """You divide by the variance. Of what is the deviation the root?"""
    return gamma * (x - moving_mean) / (moving_var + epsilon) + beta


@after_training.mistake("no root, without epsilon")
def _(x, moving_mean, moving_var, gamma, beta):
    """You divide by the variance. Of what is the deviation the root, and what is added to it?"""
    return gamma * (x - moving_mean) / moving_var + beta


@after_training.mistake("not divided")
def _(x, moving_mean, gamma, beta):
    """The mean is taken away, and the numbers are as far apart as before. What is the deviation for?"""
    return gamma * (x - moving_mean) + beta


@after_training.mistake("not centred")
def _(x, moving_var, gamma, beta, epsilon):
    """The numbers are divided by their deviation where they are. What is the collected mean for?"""
    return gamma * x / np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("times")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """You multiply by the deviation. What should become of a filter whose answers are far apart?"""
    return gamma * (x - moving_mean) * np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("order")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """beta is added before gamma multiplies. What is done first, and what last?"""
    return gamma * ((x - moving_mean) / np.sqrt(moving_var + epsilon) + beta)


@after_training.mistake("epsilon, left out")
def _(x, moving_mean, moving_var, gamma, beta):
    """It is nearly right, and off most where the variance is small. Where is epsilon?"""
    return gamma * (x - moving_mean) / np.sqrt(moving_var) + beta


@after_training.mistake("brackets")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """You divide the mean alone, x itself is not divided. What does Python do first?"""
    return gamma * (x - moving_mean / np.sqrt(moving_var + epsilon)) + beta


@after_training.mistake("brackets, and gamma")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """You divide the mean alone, and multiply x alone. What does Python do first?"""
    return gamma * x - moving_mean / np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("factor, gamma")
def _(x, moving_mean, moving_var, epsilon):
    """That is x̂. What did gamma and beta learn in training, and what for?"""
    return (x - moving_mean) / np.sqrt(moving_var + epsilon)


@after_training.mistake("epsilon")
def _(x, moving_mean, moving_var, gamma, beta, epsilon):
    """epsilon was added to the deviation. Is it inside the root or outside?"""
    return gamma * (x - moving_mean) / (np.sqrt(moving_var) + epsilon) + beta


@BATCH_NORM_PICTURES.gradient(after_training_naive, ("x", "gamma", "beta"), answers)
def gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon):
    """How the loss moves with x, gamma and beta, after training. Returns (n, h, w, c), (c,) and (c,)."""
    deviation = np.sqrt(moving_var + epsilon)  # (c,)
    normal = (x - moving_mean) / deviation
    return gy * gamma / deviation, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@gradient_after_training.mistake("neighbours, gamma")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """For gamma you use the x̂ of this batch's own mean and variance. Which x̂ did gamma multiply?"""
    gx, _, gbeta = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gx, (gy * _normal(x, 1, 0, epsilon, (0, 1, 2))).sum(axis=(0, 1, 2)), gbeta


@gradient_after_training.mistake("training, moving")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """The collected statistics are there, but they are treated as if they were made of this x. Do they move if x
    does?"""
    deviation = np.sqrt(moving_var + epsilon)
    normal, g = (x - moving_mean) / deviation, gy * gamma
    gx = (g - g.mean(axis=(0, 1, 2)) - normal * (g * normal).mean(axis=(0, 1, 2))) / deviation
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@gradient_after_training.mistake("training, mean")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """There is a way by the mean in yours. Does the collected mean move if x does?"""
    gx, *others = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gx - gx.mean(axis=(0, 1, 2)), *others


@gradient_after_training.mistake("factor, no deviation for gamma")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """For gamma you sum up gy times x without its mean. Is that x̂ already?"""
    gx, _, gbeta = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gx, (gy * (x - moving_mean)).sum(axis=(0, 1, 2)), gbeta


@gradient_after_training.mistake("factor, no deviation")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """What comes down to x̂ is right. From x̂ to x there is one division more."""
    _, *others = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gy * gamma, *others


@gradient_after_training.mistake("factor, times the deviation for gamma")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """For gamma you multiply by the deviation. Which x̂ does gamma multiply?"""
    gx, _, gbeta = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gx, (gy * (x - moving_mean) * np.sqrt(moving_var + epsilon)).sum(axis=(0, 1, 2)), gbeta


@gradient_after_training.mistake("factor, times the deviation")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """You multiply by the deviation. Does y move much with x if the deviation is large, or little?"""
    _, *others = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gy * gamma * np.sqrt(moving_var + epsilon), *others


@gradient_after_training.mistake("training")
def _(gy, x, gamma, epsilon):
    """This is the gradient in training. Do the moving statistics move if x does?"""
    return training_gradient(gy, x, gamma, epsilon)


@gradient_after_training.mistake("neighbours")
def _(gy, x, gamma, epsilon):
    """You divide by the deviation of this batch. By what did the forward pass divide?"""
    return ways(gy, x, gamma, epsilon, axis=(0, 1, 2), mean=0, variance=0)


@gradient_after_training.mistake("factor, gamma")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """The gradient of x lacks gamma. What stands between y and x̂?"""
    _, *others = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
    return gy / np.sqrt(moving_var + epsilon), *others


@gradient_after_training.mistake("wrong point")
def _(gy, x, moving_var, gamma, epsilon):
    """For gamma you sum up gy times x. With what is gamma multiplied on the way forward?"""
    gx = gy * gamma / np.sqrt(moving_var + epsilon)
    return gx, (gy * x).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@gradient_after_training.mistake("no root")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """You divide by the variance. Of what is the deviation the root?"""
    normal = (x - moving_mean) / np.sqrt(moving_var + epsilon)
    return gy * gamma / (moving_var + epsilon), (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


for _epsilon in (True, False):

    @gradient_after_training.mistake(
        "no root, for gamma" if _epsilon else "no root, for gamma without epsilon"
    )
    def _(gy, x, moving_mean, moving_var, gamma, epsilon, add=_epsilon):
        """You divide by the variance, for gamma as well. Of what is the deviation the root?"""
        variance = moving_var + epsilon * add
        gbeta = gy.sum(axis=(0, 1, 2))
        return gy * gamma / variance, (gy * (x - moving_mean) / variance).sum(axis=(0, 1, 2)), gbeta

    @gradient_after_training.mistake("epsilon" if not _epsilon else "epsilon, outside")
    def _(gy, x, moving_mean, moving_var, gamma, epsilon, add=_epsilon):
        """It is nearly right, and off most where the variance is small. Where is epsilon, inside the root?"""
        deviation = np.sqrt(moving_var) + epsilon * add
        gbeta = gy.sum(axis=(0, 1, 2))
        return gy * gamma / deviation, (gy * (x - moving_mean) / deviation).sum(axis=(0, 1, 2)), gbeta


for _gamma in (True, False):

    @gradient_after_training.mistake("brackets, epsilon" + " for gamma as well" * _gamma)
    def _(gy, x, moving_mean, moving_var, gamma, epsilon, also=_gamma):
        """epsilon is added when all is divided, and not to what it is divided by. What does Python do first?"""
        deviation = np.sqrt(moving_var)
        normal = (x - moving_mean) / deviation + epsilon
        _, ggamma, gbeta = gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon)
        return gy * gamma / deviation + epsilon, (gy * normal).sum(axis=(0, 1, 2)) if also else ggamma, gbeta


@gradient_after_training.mistake("brackets")
def _(gy, x, moving_mean, moving_var, gamma, epsilon):
    """For gamma you divide the mean alone, x itself is not divided. What does Python do first?"""
    deviation = np.sqrt(moving_var + epsilon)
    normal = x - moving_mean / deviation
    return gy * gamma / deviation, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))
