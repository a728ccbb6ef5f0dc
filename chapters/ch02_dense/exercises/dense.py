"""An exercise of chapter 2 on a dense layer, and the gradients that flow back through it."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise
from tinydl import Sequential
from tinydl.layers import Dense, Input

# ------------------------------------------------------------------------------------------------ dense

DENSE = Exercise(
    "dense",
    "dense",
    "a dense layer, and the three gradients that flow back through it",
    """
    Chapter 2, "A dense layer is a table of weights". n pictures come in, each as a row of d numbers. A layer of k units
    has a kernel, (d, k), and a bias, (k,):

        y[n, j] = Σᵢ x[n, i] kernel[i, j]  +  bias[j]

    On the way back `gy`, (n, k), arrives: how the loss moves with each number that came out. Pass it on to all three
    that y was made of. Chapter 1, "From numbers to arrays", has the rule: a number that is used in many places moves
    the loss in many ways, and the ways add up. So ask of each: where is it used, and what is it multiplied with there?
    """,
    hints=(
        "Take a single weight, kernel[i, j]. In which of the outputs does it occur, and what stands beside it there?",
        "∂loss/∂kernel[i, j] is a sum over the pictures, ∂loss/∂x[n, i] one over the units, ∂loss/∂bias[j] again one "
        "over the pictures. Write the three sums down with all their indices.",
        "Two of the sums are products of matrices. Of x, (n, d), the kernel, (d, k), and gy, (n, k), which two, and "
        "which one turned over, give (d, k)? Which give (n, d)?",
    ),
    try_it="""
    x, kernel, bias = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0, 1.0], [1.0, -1.0, 0.0]]), np.zeros(3)
    print(dense(x, kernel, bias).tolist())  # 5.0, -2.0, 1.0
    for g in dense_gradient(np.array([[1.0, 0.0, 10.0]]), x, kernel):
        print(g.tolist())  # x: 13.0, 1.0, kernel: 1.0, 0.0, 10.0 and 2.0, 0.0, 20.0, bias: 1.0, 0.0, 10.0
    """,
)


def _small_network():
    return Sequential([Input((144,)), Dense(20), Dense(7)]).count_params()


@DENSE.predict(_small_network)
def weights():
    """How many numbers has this network to learn, kernels and biases together?

    A picture of 12×12 pixels, flattened; a dense layer of 20 units; a dense layer of 7 units.
    Returns a whole number. Work it out by hand: no network is needed for it.
    """
    return (12 * 12 * 20 + 20) + (20 * 7 + 7)


@weights.mistake("bias")
def _():
    """Those are the kernels. What else does each unit learn?"""
    return 12 * 12 * 20 + 20 * 7


@weights.mistake("units")
def _():
    """Those are the numbers that come out of the layers. How many weights does it take to make one of them?"""
    return 144 + 20 + 7


@weights.mistake("bias, of inputs")
def _():
    """Is there a bias for each number that goes in, or for each that comes out?"""
    return 144 * 20 + 144 + 20 * 7 + 20


@weights.mistake("first layer")
def _():
    """That is the first layer. The second one learns, too."""
    return 144 * 20 + 20


@weights.mistake("side")
def _():
    """The first layer is larger: how many numbers does a picture of 12×12 have?"""
    return (12 * 20 + 20) + (20 * 7 + 7)


@weights.mistake("bias, one each")
def _():
    """There is one bias for each layer here. Which of its units have one?"""
    return 144 * 20 + 1 + 20 * 7 + 1


@weights.mistake("second layer")
def _():
    """The second layer is smaller: what comes into it, the picture, or what the first one has made of it?"""
    return (144 * 20 + 20) + (144 * 7 + 7)


@weights.mistake("product")
def _():
    """The layers' sizes were all multiplied. Is there a weight for each path through both, or for each arrow?"""
    return 144 * 20 * 7


def layers(rng: np.random.Generator):
    """Several pictures, one, and a layer that has as many units as inputs as there are pictures."""
    for label, n, d, k in [
        ("several pictures", 5, 3, 4),
        ("one picture", 1, 4, 2),
        ("everything of size 3", 3, 3, 3),
    ]:
        yield Case(
            label,
            {"x": rng.normal(size=(n, d)), "kernel": rng.normal(size=(d, k)), "bias": rng.normal(size=k)},
        )


def dense_naive(x, kernel, bias):
    """A dense layer, unit by unit: (n, d), (d, k), (k,) -> (n, k)."""
    y = np.empty((len(x), len(bias)))
    for n, j in np.ndindex(y.shape):
        y[n, j] = bias[j] + sum(x[n, i] * kernel[i, j] for i in range(len(kernel)))
    return y


@DENSE.write(layers, dense_naive)
def dense(x, kernel, bias):
    """What comes out of the layer.

    x: (n, d), kernel: (d, k), bias: (k,).
    Returns (n, k).
    """
    return x @ kernel + bias


@dense.mistake("bias")
def _(x, kernel, bias):
    """Something is missing that is there even when the picture is black."""
    return x @ kernel


@dense.mistake("sum twice")
def _(x, kernel, bias):
    """The bias came in once for each number that goes in. How often is it added to the sum?"""
    return x @ kernel + kernel.shape[0] * bias


@dense.mistake("brackets")
def _(x, kernel, bias):
    """The bias was multiplied by the pictures, as a part of the kernel. In the formula, what is it added to?"""
    return x @ (kernel + bias)


@dense.mistake("relu")
def _(x, kernel, bias):
    """What is below 0 has become 0. Does the formula of this layer ask for that?"""
    return np.maximum(x @ kernel + bias, 0)


@DENSE.gradient(dense_naive, ("x", "kernel", "bias"), layers)
def dense_gradient(gy, x, kernel):
    """How the loss moves with each number that went in.

    gy: (n, k), how it moves with each number that came out.
    x: (n, d), kernel: (d, k).
    Returns three arrays: for x, (n, d), for the kernel, (d, k), and for the bias, (k,).
    """
    return gy @ kernel.T, x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("factor")
def _(gy, x, kernel):
    """You took the mean over the pictures. Whether the loss is a mean or a sum, is that not in gy already?"""
    return gy @ kernel.T, x.T @ gy / len(x), gy.mean(axis=0)


@dense_gradient.mistake("sum missing")
def _(gy, x, kernel):
    """Only one picture was heard. In how many rows of y does a weight, or a bias, take part?"""
    return gy @ kernel.T, x[:1].T @ gy[:1], gy[0]


@dense_gradient.mistake("upstream")
def _(gy, x, kernel):
    """What arrived from above, gy, was taken for ones. Does the loss move alike with all numbers that came out?"""
    ones = np.ones_like(gy)
    return ones @ kernel.T, x.T @ ones, ones.sum(axis=0)


@dense_gradient.mistake("weights")
def _(gy, x, kernel):
    """In the gradient of x all units count alike. But how far does unit j move when x[n, i] does?"""
    return np.tile(gy.sum(axis=1, keepdims=True), len(kernel)), x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("weights, summed")
def _(gy, x, kernel):
    """gy and the kernel were each summed over the units, then multiplied. Has not each unit a weight of its own?"""
    return gy.sum(axis=1, keepdims=True) * kernel.sum(axis=1), x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("wrong point")
def _(gy, x, kernel):
    """The kernel's gradient was made with that of x. What stands beside a weight on the way forward?"""
    gx = gy @ kernel.T
    return gx, gx.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("transposed")
def _(gy, x, kernel):
    """The right numbers in another order. A transposed array that is reshaped has the shape; and its columns?"""
    return gy @ kernel.T, (gy.T @ x).reshape(kernel.shape), gy.sum(axis=0)


@dense_gradient.mistake("sum twice")
def _(gy, x, kernel):
    """All biases have the same gradient. In which of the k columns of y does bias[j] take part?"""
    return gy @ kernel.T, x.T @ gy, np.full(gy.shape[1], gy.sum())


EXERCISES = [DENSE]
