"""An exercise of chapter 5: an autoencoder without a bend, with one table of weights."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

TIED = Exercise(
    "autoencoder",
    "tied",
    "one table of weights, used on the way down and on the way back",
    """
    Chapter 5, "The rival: PCA", has an autoencoder without a bend: one layer down to k numbers and one back. PCA uses
    the same axes for both ways. So let the decoder have the encoder's weights, turned over:

        code = x @ w          (n, k)
        back = code @ wᵀ      (n, d)
        loss = mean over all n · d numbers of (back − x)²

    The target is x, too. Find the gradient for w, which is one table and is used twice.
    """,
    hints=(
        "Pretend for a while that the decoder has a table v of its own, (k, d). What are the gradients for w and for "
        "v? Chapter 2's dense layer has both.",
        "A number that is used in two places reaches the loss in two ways (chapter 1): what becomes of the two "
        "gradients? And which number of v is the same as w[i, j]?",
        "With g = ∂loss/∂back, (n, d): the decoder's share is a product of g and the code that has the shape (d, k). "
        "For the encoder's, g first goes back through the decoder to the code, and from there to w by x.",
    ),
    try_it="""
    x, w = np.array([[1.0, 0, 2], [0, 1, 2]]), np.array([[0.5], [0], [0.5]])
    print(round(float(loss(x, w)), 3))  # 0.854
    print(weight_gradient(x, w).ravel().round(3))  # [-0.208 -0.5 -1.958]
    """,
)


def tables(rng: np.random.Generator):
    """Rows and tables of weights."""
    for label, n, d, k in (
        ("one picture", 1, 4, 2),
        ("several pictures", 4, 5, 2),
        ("a code of one number", 3, 3, 1),
    ):
        yield Case(label, {"x": rng.normal(size=(n, d)), "w": rng.normal(size=(d, k))})


def loss_naive(x, w):
    """A picture and a pixel at a time."""
    total = 0.0
    for row in x:
        code = [sum(row[i] * w[i, j] for i in range(len(row))) for j in range(w.shape[1])]
        total += sum(
            (sum(code[j] * w[i, j] for j in range(w.shape[1])) - row[i]) ** 2 for i in range(len(row))
        )
    return total / x.size


@TIED.write(tables, loss_naive)
def loss(x, w):
    """How far what comes back is from what went in, a number.

    x: n rows of d numbers, (n, d).
    w: (d, k).
    """
    return np.mean((x @ w @ w.T - x) ** 2)


@loss.mistake("factor, mean")
def _(x, w):
    """The squares of a picture are added up. Over what should their mean be taken?"""
    return np.sum((x @ w @ w.T - x) ** 2) / len(x)


@loss.mistake("squares")
def _(x, w):
    """Those are distances, not their squares. What kind of error is asked for?"""
    return np.mean(np.abs(x @ w @ w.T - x))


@loss.mistake("squares, of the mean")
def _(x, w):
    """You take the mean first, and the square of it. What do an error of 1 and one of −1 cost together?"""
    return np.mean(x @ w @ w.T - x) ** 2


@loss.mistake("factor, sign")
def _(x, w):
    """What came back and what went in are added. When should the loss be 0?"""
    return np.mean((x @ w @ w.T + x) ** 2)


@loss.mistake("factor, half")
def _(x, w):
    """That is half of it, as some write it, so that the 2 goes away later. What does the task ask for?"""
    return np.mean((x @ w @ w.T - x) ** 2) / 2


@TIED.gradient(loss_naive, "w", tables)
def weight_gradient(x, w):
    """How the loss moves with each weight. x: (n, d), w: (d, k). Returns (d, k)."""
    code = x @ w  # (n, k)
    g = 2 * (code @ w.T - x) / x.size  # (n, d): of what came back
    encoder = x.T @ (g @ w)
    decoder = g.T @ code
    return encoder + decoder


def _shares(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return x.T @ (g @ w), g.T @ code


@weight_gradient.mistake("one way, decoder only")
def _(x, w):
    """You have the way by the decoder. Where else is w used?"""
    return _shares(x, w)[1]


@weight_gradient.mistake("one way, encoder only")
def _(x, w):
    """You have the way by the encoder. Where else is w used?"""
    return _shares(x, w)[0]


@weight_gradient.mistake("one way, doubled")
def _(x, w):
    """You take the encoder's share twice. Do encoder and decoder see the same numbers?"""
    return 2 * _shares(x, w)[0]


@weight_gradient.mistake("factor, averaged")
def _(x, w):
    """That is half of it. What is the slope of a square? And what does the chain rule do with several ways?"""
    return sum(_shares(x, w)) / 2


@weight_gradient.mistake("wrong point")
def _(x, w):
    """In the encoder's share you use what came back. What went into the encoder?"""
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return (code @ w.T).T @ (g @ w) + g.T @ code


@weight_gradient.mistake("factor, sign")
def _(x, w):
    """One way is taken from the other. Which sign has each?"""
    encoder, decoder = _shares(x, w)
    return encoder - decoder


@weight_gradient.mistake("transposed")
def _(x, w):
    """The decoder's share has the shape (k, d), and you reshape it. Which numbers stand beside each other then? reshape
    turns nothing over."""
    encoder, decoder = _shares(x, w)
    return encoder + decoder.T.reshape(w.shape)


@weight_gradient.mistake("transposed, encoder")
def _(x, w):
    """The encoder's share has the shape (k, d), and you reshape it. Which numbers stand beside each other then? reshape
    turns nothing over."""
    encoder, decoder = _shares(x, w)
    return encoder.T.reshape(w.shape) + decoder


for _encoder, _decoder in ((1, 0.5), (0.5, 1), (1, 2), (2, 1)):

    @weight_gradient.mistake(f"factor, {_encoder} and {_decoder}")
    def _(x, w, one=_encoder, other=_decoder):
        """Both ways are there, but one of them has a 2 more than the other. Where does it come from, and do both begin
        there?"""
        encoder, decoder = _shares(x, w)
        return one * encoder + other * decoder


@weight_gradient.mistake("squares")
def _(x, w):
    """That is the gradient of a mean distance. What is the slope of a square?"""
    g = np.sign(x @ w @ w.T - x) / x.size
    return x.T @ (g @ w) + g.T @ (x @ w)


@weight_gradient.mistake("target")
def _(x, w):
    """You pull at what came back as if it should be 0. What should it have been?"""
    code = x @ w
    g = 2 * code @ w.T / x.size
    return x.T @ (g @ w) + g.T @ code


@weight_gradient.mistake("right angles")
def _(x, w):
    """That is right for columns of w of length 1 and at right angles, as PCA has them. Are yours, while they learn?"""
    return -2 * x.T @ (x @ w) / x.size


@weight_gradient.mistake("wrong point, at the decoder")
def _(x, w):
    """In the decoder's share stands what is wrong with the picture, sent through w. What went into the decoder?"""
    g = 2 * (x @ w @ w.T - x) / x.size
    return x.T @ (g @ w) + g.T @ (g @ w)


@weight_gradient.mistake("wrong point, the picture")
def _(x, w):
    """In the decoder's share you use the picture. What went into the decoder?"""
    g = 2 * (x @ w @ w.T - x) / x.size
    return x.T @ (g @ w) + g.T @ x @ w @ w.T @ w


for _doubled, _left in ((2, 1), (1, 2)):

    @weight_gradient.mistake(f"brackets, {_doubled} and {_left}")
    def _(x, w, back=_doubled, target=_left):
        """The 2 of the square meets only one of the two, what came back or what went in. What is it the square of?"""
        g = (back * x @ w @ w.T - target * x) / x.size
        return x.T @ (g @ w) + g.T @ (x @ w)


for _back, _target in (("n", 1), (1, "n")):

    @weight_gradient.mistake(f"brackets, shares of {_back} and {_target}")
    def _(x, w, back=_back, target=_target):
        """One of two terms is divided by the number of pixels, the other is not. What does Python do first, − or /?"""
        share = {"n": 1 / x.size, 1: 1}
        g = 2 * (x @ w @ w.T * share[back] - x * share[target])
        return x.T @ (g @ w) + g.T @ (x @ w)


@weight_gradient.mistake("brackets, of the size")
def _(x, w):
    """You divide by one of the two numbers of the shape and multiply with the other. What does Python do first in
    a / n * d?"""
    n, d = x.shape
    return sum(_shares(x, w)) * d**2


@weight_gradient.mistake("brackets, of one share")
def _(x, w):
    """One of the two shares is divided by the number of pixels, the other is not. What does Python do first, + or /?"""
    encoder, decoder = _shares(x, w)
    return encoder * x.size + decoder
