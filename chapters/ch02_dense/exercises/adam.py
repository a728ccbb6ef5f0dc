"""An exercise of chapter 2 on a step of Adam."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------------------------- Adam

ADAM = Exercise(
    "dense",
    "adam",
    "a step of Adam, as Keras takes it",
    """
    Chapter 2, "Four ways down", says in words what Adam does: momentum, and each weight at its own pace. Now the
    formulas (Kingma and Ba 2014). Adam keeps two more numbers for each weight, running means of the gradient and of its
    square, both 0 to begin with:

        m  ←  beta_1 · m + (1 − beta_1) · g
        v  ←  beta_2 · v + (1 − beta_2) · g²

    Since they begin at 0 they are too small at first. After t steps m is (1 − beta_1ᵗ) times what it should be, and v
    is (1 − beta_2ᵗ) times that. So they are corrected for the step, but kept as they are:

        w  ←  w − rate · (m / (1 − beta_1ᵗ))  /  √(v / (1 − beta_2ᵗ))

    One thing is missing: epsilon, which keeps this from dividing by 0. The paper and PyTorch add it to the corrected
    root. Keras and tinydl do otherwise, and where gradients are tiny that is another step. Do it their way: take
    both corrections out of the fraction and into the rate, then add epsilon to the root of v as it is kept.
    """,
    hints=(
        "First the two means, with today's gradient in them. Then the step, from these new means.",
        "The corrections taken out: with c = 1 − beta_2ᵗ, √(v / c) = √v / √c. So √c goes above the line, to the rate.",
        "Three pieces: a rate times √(1 − beta_2ᵗ) / (1 − beta_1ᵗ), a single number; above the line m; below it √v, "
        "and epsilon beside the root, not under it.",
    ),
    try_it="""
    w, m, v = np.array([1.0, 1.0]), np.zeros(2), np.zeros(2)
    for t in (1, 2, 3):
        w, m, v = adam_step(w, np.array([8.0, 0.001]), m, v, t, 0.1, 0.9, 0.999, 1e-7)
        print(w.round(4).tolist())  # 0.9, 0.9003, then 0.8, 0.8005, then 0.7, 0.7007 (steps all but alike)
    """,
)


def moments(rng: np.random.Generator):
    """First and later steps, and gradients beside which epsilon counts."""
    usual = {"rate": 0.1, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    other = {"rate": 0.5, "beta_1": 0.5, "beta_2": 0.8, "epsilon": 1e-3}

    def case(label, shape, t, size, options):
        w, g, m = rng.normal(size=(3, *shape))
        v = rng.uniform(0.1, 2, size=shape)
        begun = {"m": m, "v": v} if t > 1 else {"m": 0 * m, "v": 0 * v}
        return Case(label, {"w": w, "g": size * g, "t": t} | begun | options)

    yield case("the first step", (2, 3), 1, 1.0, usual)
    yield case("the fourth step", (5,), 4, 1.0, usual)
    yield case("other betas", (4,), 2, 1.0, other)
    yield case("tiny gradients", (4,), 1, 1e-6, usual)


def adam_naive(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """Adam's step, a number at a time."""
    w, m, v = w.copy(), m.copy(), v.copy()
    for i in np.ndindex(w.shape):
        m[i] = beta_1 * m[i] + (1 - beta_1) * g[i]
        v[i] = beta_2 * v[i] + (1 - beta_2) * g[i] ** 2
        w[i] -= rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m[i] / (math.sqrt(v[i]) + epsilon)
    return w, m, v


@ADAM.write(moments, adam_naive)
def adam_step(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """One step of Adam.

    w: weights, of any shape; g: their gradient; m, v: the means so far. All of one shape, and they stay as they were.
    t: which step this is; the first is 1. rate, beta_1, beta_2, epsilon: numbers.
    Returns the new w, the new m and the new v.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    corrected_rate = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - corrected_rate * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The means are right, but they began at 0. What makes up for it in the first steps?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction, and epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """This is the plain m / √v. What makes up for the means' beginning at 0, and what keeps it from dividing by 0?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * m / np.sqrt(v), m, v


@adam_step.mistake("epsilon, none")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """Right but for epsilon, which is not there. Where √v is about as small, it counts. Where does it stand?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / np.sqrt(v), m, v


@adam_step.mistake("bias correction, of v")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """m is corrected for having begun at 0. Where did v begin?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction, kept")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The corrected means are handed on. What happens to them in the next step, when they are corrected again?"""
    m = (beta_1 * m + (1 - beta_1) * g) / (1 - beta_1**t)
    v = (beta_2 * v + (1 - beta_2) * g**2) / (1 - beta_2**t)
    return w - rate * m / (np.sqrt(v) + epsilon / np.sqrt(1 - beta_2**t)), m, v


@adam_step.mistake("epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """Wrong where gradients are tiny: epsilon stands beside the corrected root, as in the paper. Where has Keras it?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon), m, v


@adam_step.mistake("epsilon, inside")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """Epsilon is under the root, and the root of a small number is much larger than the number. Where should it be?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / np.sqrt(v + epsilon), m, v


@adam_step.mistake("old means")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The step was taken with the means as they were before. Is today's gradient in it? Look at the first step."""
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    return w - step, beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2


@adam_step.mistake("betas")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The two betas have changed places. Which of the means remembers for longer?"""
    m, v = beta_2 * m + (1 - beta_2) * g, beta_1 * v + (1 - beta_1) * g**2
    return w - rate * np.sqrt(1 - beta_1**t) / (1 - beta_2**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("betas, of what is new")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """beta is the share of what is new here. Which share of a running mean should be kept?"""
    m, v = (1 - beta_1) * m + beta_1 * g, (1 - beta_2) * v + beta_2 * g**2
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction, root")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The means are right, and so is the correction of m. v is corrected under the root: what comes out of it?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * (1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction, of the root")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The means are right, and so is the correction of m. v is corrected under the root: what comes out of it?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * m / (1 - beta_1**t) / (np.sqrt(v) / (1 - beta_2**t) + epsilon), m, v


@adam_step.mistake("square")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """v is a running mean of the gradient's size. What should it be a mean of?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * np.abs(g)
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("running mean")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """What is new comes in whole here. How much of a running mean is the newest number?"""
    m, v = beta_1 * m + g, beta_2 * v + g**2
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("root")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The root is missing: gradients twice as large would make the step half as long. What has v to do with g²?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return w - rate * (1 - beta_2**t) / (1 - beta_1**t) * m / (v + epsilon), m, v


for _size in (np.positive, np.abs):  # whoever sees the root of a number below 0 may take its size

    @adam_step.mistake(f"bias correction, times t and {_size.__name__}")
    def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon, size=_size):
        """Right in the first step: the correction has beta · t in it. How is the t written in the formula?"""
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        corrected_rate = rate * np.sqrt(size(1 - beta_2 * t)) / (1 - beta_1 * t)
        return w - corrected_rate * m / (np.sqrt(v) + epsilon), m, v


@adam_step.mistake("bias correction, t")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The correction is that of the step after this one. What is t in the first step?"""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return (
        w - rate * np.sqrt(1 - beta_2 ** (t + 1)) / (1 - beta_1 ** (t + 1)) * m / (np.sqrt(v) + epsilon),
        m,
        v,
    )


EXERCISES = [ADAM]
