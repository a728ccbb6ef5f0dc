"""An exercise of chapter 2 on a step of training."""

from __future__ import annotations

import numpy as np

from chapters.ch02_dense.exercises.dense import dense_naive
from chapters.ch02_dense.exercises.entropy import cross_entropy_naive
from chapters.exercises.form import Case, Exercise
from tinydl.gradcheck import by_differences

# -------------------------------------------------------------------------------------- a step of training

STEP = Exercise(
    "dense",
    "step",
    "a step of training: forward, backward, and a little downhill",
    """
    Chapter 1, "What a gradient is for", and chapter 2, "The one gradient that matters". The smallest network that can
    tell k classes apart is one dense layer with softmax. Take one step of it, by SGD:

        z = x · kernel + bias,  p = softmax of each row of z,  loss = mean over the n pictures of − log p[true class]
        every weight  ←  weight − rate · ∂loss/∂weight

    All of it stands in your solutions of `dense` and `entropy`; here it comes together. `probabilities` is given.
    """,
    hints=(
        "Go from the end to the beginning: how does the loss move with z? How does z move with kernel and bias?",
        "With the scores the loss moves at (p − t) / n. This is what arrives at the dense layer from above: its gy.",
        "Both gradients come from the old weights, and so does the loss. Make new arrays: someone may still want the "
        "old ones.",
    ),
    try_it="""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(6, 2)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    kernel, bias = np.zeros((2, 3)), np.zeros(3)
    for _ in range(50):
        kernel, bias, loss = training_step(kernel, bias, x, t, 0.5)
    print(round(float(loss), 2))  # 0.46 (at the beginning it is log 3, which is 1.10)
    """,
)


@STEP.given
def probabilities(z):
    """The softmax of each row: (n, k) -> (n, k)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def beginnings(rng: np.random.Generator):
    """Weights, pictures, targets and rates."""
    for label, n, d, k, rate in [
        ("several pictures", 5, 4, 3, 0.5),
        ("one picture", 1, 3, 4, 2.0),
        ("a square kernel", 3, 3, 3, 1.0),
    ]:
        x, t = rng.normal(size=(n, d)), np.eye(k)[rng.integers(k, size=n)]
        yield Case(
            label,
            {"kernel": rng.normal(size=(d, k)), "bias": rng.normal(size=k), "x": x, "t": t, "rate": rate},
        )


def step_naive(kernel, bias, x, t, rate):
    """A step down the slopes that differences find."""
    loss = lambda kernel, bias: cross_entropy_naive(dense_naive(x, kernel, bias), t)  # noqa: E731
    slope, slope_of_bias = by_differences(loss, wrt=(0, 1))(1.0, kernel, bias)
    return kernel - rate * slope, bias - rate * slope_of_bias, loss(kernel, bias)


@STEP.write(beginnings, step_naive)
def training_step(kernel, bias, x, t, rate):
    """One step of SGD.

    kernel: (d, k), bias: (k,); they stay as they were.
    x: pictures, (n, d). t: targets, (n, k), one 1 in each row. rate: the learning rate.
    Returns three things: the new kernel, the new bias, and the loss as it was before the step, a number.
    """
    p = probabilities(x @ kernel + bias)  # (n, k)
    loss = -(t * np.log(p)).sum() / len(x)
    gz = (p - t) / len(x)  # (n, k)
    return kernel - rate * (x.T @ gz), bias - rate * gz.sum(axis=0), loss


@training_step.mistake("factor, uphill")
def _(kernel, bias, x, t, rate):
    """The step goes the other way. Which way does a gradient point?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    return kernel + rate * (x.T @ gz), bias + rate * gz.sum(axis=0), -(t * np.log(p)).sum() / len(x)


@training_step.mistake("factor")
def _(kernel, bias, x, t, rate):
    """The step is n times too long, for n pictures. Is the loss a sum or a mean?"""
    p = probabilities(x @ kernel + bias)
    return kernel - rate * (x.T @ (p - t)), bias - rate * (p - t).sum(axis=0), -(t * np.log(p)).sum()


@training_step.mistake("factor, twice")
def _(kernel, bias, x, t, rate):
    """The step is n times too short, for n pictures. Was it divided by their number twice?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    return kernel - rate * (x.T @ gz) / len(x), bias - rate * gz.mean(axis=0), -(t * np.log(p)).sum() / len(x)


@training_step.mistake("factor, of all numbers")
def _(kernel, bias, x, t, rate):
    """It was divided by n · k, or the mean of all numbers was taken. Of how many prices is the loss a mean?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / t.size
    return kernel - rate * (x.T @ gz), bias - rate * gz.sum(axis=0), -(t * np.log(p)).mean()


@training_step.mistake("changed places")
def _(kernel, bias, x, t, rate):
    """The loss is not finite: t and p have changed places in it. Whose logarithm is it, and what is log 0?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    with np.errstate(divide="ignore"):
        return kernel - rate * (x.T @ gz), bias - rate * gz.sum(axis=0), -(p * np.log(t)).sum() / len(x)


@training_step.mistake("wrong point")
def _(kernel, bias, x, t, rate):
    """One weight had already moved when this was worked out. From which weights are gradients and loss to come?"""
    gz = (probabilities(x @ kernel + bias) - t) / len(x)
    kernel = kernel - rate * (x.T @ gz)
    p = probabilities(x @ kernel + bias)
    bias = bias - rate * ((p - t) / len(x)).sum(axis=0)
    return kernel, bias, -(t * np.log(probabilities(x @ kernel + bias))).sum() / len(x)


@training_step.mistake("loss after")
def _(kernel, bias, x, t, rate):
    """The weights are right. Is the loss the one before the step, or the one after it?"""
    gz = (probabilities(x @ kernel + bias) - t) / len(x)
    kernel, bias = kernel - rate * (x.T @ gz), bias - rate * gz.sum(axis=0)
    return kernel, bias, -(t * np.log(probabilities(x @ kernel + bias))).sum() / len(x)


@training_step.mistake("bias")
def _(kernel, bias, x, t, rate):
    """The bias is as it was before. Does it not learn?"""
    p = probabilities(x @ kernel + bias)
    return kernel - rate * (x.T @ (p - t)) / len(x), bias + 0.0, -(t * np.log(p)).sum() / len(x)


@training_step.mistake("sum missing")
def _(kernel, bias, x, t, rate):
    """Each picture has a bias of its own in yours. Through how many pictures does a bias move the loss?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    return kernel - rate * (x.T @ gz), bias - rate * gz, -(t * np.log(p)).sum() / len(x)


@training_step.mistake("softmax twice")
def _(kernel, bias, x, t, rate):
    """(p − t) / n went through the gradient of softmax once more. With what does the loss move like that: p, or z?"""
    p = probabilities(x @ kernel + bias)
    gz = p * ((p - t) - ((p - t) * p).sum(axis=1, keepdims=True)) / len(x)
    return kernel - rate * (x.T @ gz), bias - rate * gz.sum(axis=0), -(t * np.log(p)).sum() / len(x)


@training_step.mistake("rate")
def _(kernel, bias, x, t, rate):
    """The step is the whole gradient. What is the rate for?"""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    return kernel - x.T @ gz, bias - gz.sum(axis=0), -(t * np.log(p)).sum() / len(x)


@training_step.mistake("gradients")
def _(kernel, bias, x, t, rate):
    """These are the gradients, not the weights after the step."""
    p = probabilities(x @ kernel + bias)
    gz = (p - t) / len(x)
    return x.T @ gz, gz.sum(axis=0), -np.log(p[t == 1]).mean()


EXERCISES = [STEP]
