"""Exercises of chapter 4: batch normalization, of rows of numbers first, then of pictures."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

BATCH_NORM = Exercise(
    "cnn",
    "batch_norm",
    "batch normalization, and a mean and a variance that move, too",
    """
    Chapter 4, "A small network, and pixels as they come": huge numbers going in make a newborn network surely wrong.
    Batch normalization (Ioffe and Szegedy 2015, arXiv:1502.03167) gives each number that passes a size that it can
    live with. For each of d features it takes mean and variance over the n members of the batch,

        mean[j] = Σₙ x[n, j] / n        var[j] = Σₙ (x[n, j] − mean[j])² / n

    moves and scales the feature, and lets two weights, gamma and beta, decide what it should be like in the end:

        x̂[n, j] = (x[n, j] − mean[j]) / √(var[j] + epsilon)        y[n, j] = gamma[j] · x̂[n, j] + beta[j]

    Now each y of a batch depends on every x of its feature: directly on its own, and on all of them by way of the mean
    and of the variance. The gradient has to take all three ways.
    """,
    hints=(
        "gamma and beta first: y is linear in both, and each is used once for every member of the batch.",
        "For x, let gx̂ = gy · gamma come down to x̂. Feature by feature: if one x grows by a little, its own x̂ grows, "
        "all x̂ fall a little because the mean grows, and all shrink or spread because the variance changes. What is "
        "∂mean/∂x? And ∂var/∂x?",
        "The way by the mean takes away the mean of gx̂. The way by the variance takes away x̂ times the mean of "
        "gx̂ · x̂. What is left is divided by the deviation, √(var + epsilon).",
    ),
    try_it="""
    x = np.array([[1.0, 200], [3, 600], [5, 100]])
    one, zero = np.ones(2), np.zeros(2)
    print(batch_norm(x, one, zero, 0.001).round(2))  # [[-1.22 -0.46] [ 0. 1.39] [ 1.22 -0.93]]
    gx, _, _ = batch_norm_gradient(np.array([[1.0, 0], [0, 0], [0, 0]]), x, one, 0.001)
    print(gx[:, 0].round(3))  # [ 0.102 -0.204 0.102] (one y is asked for, and every x of its feature hears of it)
    """,
)


def features(rng: np.random.Generator):
    """Batches of rows."""
    for label, n, d, scale, epsilon in (
        ("several features", 4, 3, 1, 0.001),
        ("one feature", 5, 1, 1, 0.001),
        ("features of many sizes, far from 0", 6, 2, np.array([0.5, 50]), 0.001),
        ("numbers nearly alike, where epsilon counts", 3, 3, 0.1, 0.01),
    ):
        x = (rng.normal(size=(n, d)) + (3 if "far" in label else 0.5)) * scale
        gamma, beta = rng.uniform(0.5, 2, d) * rng.choice([-1, 1], d), rng.normal(size=d)
        yield Case(label, {"x": x, "gamma": gamma, "beta": beta, "epsilon": epsilon})


def batch_norm_naive(x, gamma, beta, epsilon):
    """Batch normalization, a feature and a member at a time."""
    y = np.empty(x.shape)
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        variance = sum((member - mean) ** 2 for member in x[:, j]) / len(x)
        for i in range(len(x)):
            y[i, j] = gamma[j] * (x[i, j] - mean) / (variance + epsilon) ** 0.5 + beta[j]
    return y


@BATCH_NORM.write(features, batch_norm_naive)
def batch_norm(x, gamma, beta, epsilon):
    """Each feature with mean 0 and variance 1 over the batch, then scaled and moved.

    x: (n, d).
    gamma, beta: (d,) each.
    epsilon: a small number, added to the variance.
    Returns (n, d).
    """
    mean, variance = x.mean(axis=0), x.var(axis=0)  # (d,) each
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


@batch_norm.mistake("neighbours")
def _(x, gamma, beta, epsilon):
    """Mean and variance were taken over the features of each row. Over what should they be taken?"""
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


@batch_norm.mistake("all together")
def _(x, gamma, beta, epsilon):
    """All features share one mean and one variance. How many of each should there be?"""
    return gamma * (x - x.mean()) / np.sqrt(x.var() + epsilon) + beta


@batch_norm.mistake("n minus 1")
def _(x, gamma, beta, epsilon):
    """The variance was divided by n − 1. Statisticians do so for good reasons: what does the task divide by?"""
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + epsilon) + beta


@batch_norm.mistake("epsilon")
def _(x, gamma, beta, epsilon):
    """epsilon was added to the deviation. Is it inside the root or outside?"""
    return gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + epsilon) + beta


@batch_norm.mistake("no root")
def _(x, gamma, beta, epsilon):
    """You divide by the variance. Of what size would a feature in metres, or in millimetres, be afterwards?"""
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + epsilon) + beta


@BATCH_NORM.gradient(batch_norm_naive, ("x", "gamma", "beta"), features)
def batch_norm_gradient(gy, x, gamma, epsilon):
    """How the loss moves with x, with gamma and with beta.

    gy: (n, d), how it moves with each y.
    x, gamma, epsilon: as `batch_norm` takes them.
    Returns three arrays: (n, d) for x, (d,) for gamma, (d,) for beta.
    """
    deviation = np.sqrt(x.var(axis=0) + epsilon)  # (d,)
    normal = (x - x.mean(axis=0)) / deviation  # (n, d): x̂
    g = gy * gamma  # (n, d): what comes down to x̂
    by_mean = g.mean(axis=0)
    by_variance = normal * (g * normal).mean(axis=0)
    return (g - by_mean - by_variance) / deviation, (gy * normal).sum(axis=0), gy.sum(axis=0)


def _ways(gy, x, gamma, epsilon, axis=0, mean=1.0, variance=1.0, count=None):
    """The gradients, with each way by which x reaches y, 1 or 0; the means have `count` members."""
    moved = x - x.mean(axis=axis, keepdims=True)
    deviation = np.sqrt(x.var(axis=axis, keepdims=True) + epsilon)
    normal, g = moved / deviation, gy * gamma
    many = count or g.size / g.sum(axis=axis).size
    by_mean = g.sum(axis=axis, keepdims=True) / many
    by_variance = normal * (g * normal).sum(axis=axis, keepdims=True) / many
    gx = (g - mean * by_mean - variance * by_variance) / deviation
    return gx, (gy * normal).sum(axis=axis), gy.sum(axis=axis)


@batch_norm_gradient.mistake("constants")
def _(gy, x, gamma, epsilon):
    """Mean and variance are treated as constants. But they are made of x: what do they do if one x moves?"""
    return _ways(gy, x, gamma, epsilon, mean=0, variance=0)


@batch_norm_gradient.mistake("constant variance")
def _(gy, x, gamma, epsilon):
    """You have the way by the mean, but the variance is treated as a constant. What does it do if one x moves away
    from the mean?"""
    return _ways(gy, x, gamma, epsilon, variance=0)


@batch_norm_gradient.mistake("constant mean")
def _(gy, x, gamma, epsilon):
    """You have the way by the variance, but the mean is treated as a constant. What does it do if one x grows, and
    what do all members of the batch feel of it?"""
    return _ways(gy, x, gamma, epsilon, mean=0)


@batch_norm_gradient.mistake("gamma")
def _(gy, x, gamma, epsilon):
    """The gradient of x is that without gamma. What stands between y and x̂?"""
    return _ways(gy, x, np.ones(gamma.shape), epsilon)


@batch_norm_gradient.mistake("no deviation")
def _(gy, x, gamma, epsilon):
    """What comes down to x̂ is right. From x̂ to x there is one division more."""
    gx, *others = _ways(gy, x, gamma, epsilon)
    return gx * np.sqrt(x.var(axis=0) + epsilon), *others


@batch_norm_gradient.mistake("wrong point")
def _(gy, x, gamma, epsilon):
    """For gamma you sum up gy times x. With what is gamma multiplied on the way forward?"""
    gx, _, gbeta = _ways(gy, x, gamma, epsilon)
    return gx, (gy * x).sum(axis=0), gbeta


@batch_norm_gradient.mistake("axis")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance go over the features of a row. Over what was the mean taken?"""
    deviation = np.sqrt(x.var(axis=0) + epsilon)
    normal, g = (x - x.mean(axis=0)) / deviation, gy * gamma
    gx = (g - g.mean(axis=1, keepdims=True) - normal * (g * normal).mean(axis=1, keepdims=True)) / deviation
    return gx, (gy * normal).sum(axis=0), gy.sum(axis=0)


@batch_norm_gradient.mistake("sums for means")
def _(gy, x, gamma, epsilon):
    """The ways by the mean and by the variance are there, but too strong. By how much does a mean of n numbers move if
    one of them does?"""
    return _ways(gy, x, gamma, epsilon, count=1)


@batch_norm_gradient.mistake("half variance")
def _(gy, x, gamma, epsilon):
    """The way by the variance is there, but only half of it. What is the slope of a square?"""
    return _ways(gy, x, gamma, epsilon, variance=0.5)


@batch_norm_gradient.mistake("power")
def _(gy, x, gamma, epsilon):
    """The way by the variance has the wrong power of it. What is the slope of v to the power −1/2?"""
    return _ways(gy, x, gamma, epsilon, variance=x.var(axis=0) + epsilon)


@batch_norm_gradient.mistake("sign")
def _(gy, x, gamma, epsilon):
    """All three ways are there, but that by the variance has the wrong sign. Does x̂ grow if the variance does?"""
    return _ways(gy, x, gamma, epsilon, variance=-1)


@batch_norm_gradient.mistake("epsilon")
def _(gy, x, gamma, epsilon):
    """It is nearly right, and far off where the numbers are nearly alike. Where is your epsilon?"""
    return _ways(gy, x, gamma, 1e-12)


# ------------------------------------------------------------------------------------------------ pictures

BATCH_NORM_PICTURES = Exercise(
    "cnn",
    "batch_norm_pictures",
    "batch normalization between convolutions, in training and after it",
    """
    Chapter 4, "Depth 20 means twenty filters", and the exercise `batch_norm`. After a convolution a feature is a
    filter: all its answers, in all pictures of the batch and at all positions, have one mean and one variance. So there
    are c of each, and n · h · w numbers in every mean. In training:

        y = gamma · (x − mean) / √(var + epsilon) + beta      mean, var: of this batch, (c,)

    When training is over, a picture may come alone, and should be told the same whoever comes with it. So a layer also
    keeps an average of mean and variance over many batches, `moving_mean` and `moving_var`, and from then on uses those
    in place of the batch's. They are numbers like weights, and do not know x.
    """,
    hints=(
        "Which axes of (n, h, w, c) are summed away? `axis=(0, 1, 2)` is three at once.",
        "In training the formulas are those for rows of features. Only: over which axes do the sums go, and how many "
        "numbers are in a mean now?",
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


def answers(rng: np.random.Generator):
    """What filters answered, with moving statistics of some other batches."""
    for label, shape, epsilon in (
        ("several pictures and filters", (2, 2, 2, 2), 0.001),
        ("three pictures", (3, 1, 2, 2), 0.001),
        ("one filter, not square", (2, 1, 4, 1), 0.001),
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


@BATCH_NORM_PICTURES.write(answers, in_training_naive)
def in_training(x, gamma, beta, epsilon):
    """Batch normalization with the statistics of this batch.

    x: (n, h, w, c).
    gamma, beta: (c,) each.
    Returns (n, h, w, c).
    """
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))  # (c,) each
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _normal(x, gamma, beta, epsilon, axis):
    return gamma * (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon) + beta


@in_training.mistake("positions")
def _(x, gamma, beta, epsilon):
    """Mean and variance were taken over the batch alone, so each position has its own. How many does a filter have?"""
    return _normal(x, gamma, beta, epsilon, 0)


@in_training.mistake("one picture")
def _(x, gamma, beta, epsilon):
    """Mean and variance were taken over each picture by itself. What about the others of the batch?"""
    return _normal(x, gamma, beta, epsilon, (1, 2))


@in_training.mistake("channels")
def _(x, gamma, beta, epsilon):
    """Mean and variance were taken over the channels. Each filter asks another question: may they be mixed?"""
    return _normal(x, gamma, beta, epsilon, 3)


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


@training_gradient.mistake("constants")
def _(gy, x, gamma, epsilon):
    """Mean and variance are treated as constants. In training, what are they made of?"""
    return _ways(gy, x, gamma, epsilon, axis=(0, 1, 2), mean=0, variance=0)


@training_gradient.mistake("constant variance")
def _(gy, x, gamma, epsilon):
    """The way by the mean is there, that by the variance is not. What does it do if one x moves away from the mean?"""
    return _ways(gy, x, gamma, epsilon, axis=(0, 1, 2), variance=0)


@training_gradient.mistake("constant mean")
def _(gy, x, gamma, epsilon):
    """The way by the variance is there, that by the mean is not. What do all the others feel if one x grows?"""
    return _ways(gy, x, gamma, epsilon, axis=(0, 1, 2), mean=0)


@training_gradient.mistake("members")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance are divided by the number of pictures. How many numbers are in a mean here?"""
    return _ways(gy, x, gamma, epsilon, axis=(0, 1, 2), count=len(x))


@training_gradient.mistake("positions")
def _(gy, x, gamma, epsilon):
    """Each position is treated as a feature by itself. Over which axes do a filter's mean and variance go?"""
    return _ways(gy, x, gamma, epsilon, axis=0)


@training_gradient.mistake("some axes")
def _(gy, x, gamma, epsilon):
    """x̂ is right, but the ways by mean and variance go over the batch alone. Who else hears of a mean that moves?"""
    deviation = np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
    normal, g = (x - x.mean(axis=(0, 1, 2))) / deviation, gy * gamma
    gx = (g - g.mean(axis=0) - normal * (g * normal).mean(axis=0)) / deviation
    return gx, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@BATCH_NORM_PICTURES.write(answers, after_training_naive)
def after_training(x, moving_mean, moving_var, gamma, beta, epsilon):
    """Batch normalization with the statistics that were collected in training, (c,) each. Returns (n, h, w, c)."""
    return gamma * (x - moving_mean) / np.sqrt(moving_var + epsilon) + beta


@after_training.mistake("neighbours")
def _(x, gamma, beta, epsilon):
    """The batch's own statistics are used, so a picture's answer depends on who comes along. Which others are there?"""
    return in_training_naive(x, gamma, beta, epsilon)


@BATCH_NORM_PICTURES.gradient(after_training_naive, ("x", "gamma", "beta"), answers)
def gradient_after_training(gy, x, moving_mean, moving_var, gamma, epsilon):
    """How the loss moves with x, gamma and beta, after training. Returns (n, h, w, c), (c,) and (c,)."""
    deviation = np.sqrt(moving_var + epsilon)  # (c,)
    normal = (x - moving_mean) / deviation
    return gy * gamma / deviation, (gy * normal).sum(axis=(0, 1, 2)), gy.sum(axis=(0, 1, 2))


@gradient_after_training.mistake("training")
def _(gy, x, gamma, epsilon):
    """This is the gradient in training. Do the moving statistics move if x does?"""
    return training_gradient(gy, x, gamma, epsilon)


@gradient_after_training.mistake("neighbours")
def _(gy, x, gamma, epsilon):
    """You divide by the deviation of this batch. By what did the forward pass divide?"""
    return _ways(gy, x, gamma, epsilon, axis=(0, 1, 2), mean=0, variance=0)


@gradient_after_training.mistake("gamma")
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
