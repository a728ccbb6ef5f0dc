"""An exercise of chapter 4: batch normalization of rows of numbers."""

from __future__ import annotations

import numpy as np

from chapters.ch04_cnn.exercises.norm_mistakes import usual_forward, usual_gradients
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


usual_forward(batch_norm, axis=0)


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


@batch_norm_gradient.mistake("axes")
def _(gy, x, gamma, epsilon):
    """The ways by mean and variance go over the features of a row. Over what was the mean taken?"""
    deviation = np.sqrt(x.var(axis=0) + epsilon)
    normal, g = (x - x.mean(axis=0)) / deviation, gy * gamma
    gx = (g - g.mean(axis=1, keepdims=True) - normal * (g * normal).mean(axis=1, keepdims=True)) / deviation
    return gx, (gy * normal).sum(axis=0), gy.sum(axis=0)


usual_gradients(batch_norm_gradient, axis=0)
