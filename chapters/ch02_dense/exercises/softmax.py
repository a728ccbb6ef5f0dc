"""An exercise of chapter 2 on softmax, and what flows back through it."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ---------------------------------------------------------------------------------------------- softmax

SOFTMAX = Exercise(
    "dense",
    "softmax",
    "scores become probabilities, and gradients flow back",
    """
    Chapter 2, "From scores to probabilities". The last layer gives k scores for each of n pictures. Make
    probabilities of each picture's scores:

        y[i, j] = exp(x[i, j]) / Σ exp(x[i, c])        where the sum is over all classes c

    Then send a gradient back. `gy` says how the loss moves with each probability; you want to know how it moves with
    each score. A score moves all probabilities of its picture, its own upward and the others downward.
    """,
    hints=(
        "exp(1000) is too large for a computer. What happens to the probabilities if the same number is taken from "
        "all scores of a picture?",
        "The gradient: write down ∂y[j]/∂x[c] for j = c and for j ≠ c. How does the loss move with x[c], by way of "
        "every j?",
        "Σⱼ gy[j] y[j] (1 if j = c, else 0, minus y[c]). The first term is gy[c] y[c]. And the second, summed over j?",
    ),
    try_it="""
    y = softmax(np.array([[1.0, 0.0, 3.0, -1.0]]))
    print(y.round(2).tolist())  # 0.11, 0.04, 0.83, 0.02
    print(softmax_gradient(np.array([[1.0, 0.0, 0.0, 0.0]]), y).round(3).tolist())  # 0.1, -0.005, -0.093, -0.002
    """,
)


def scores(rng: np.random.Generator):
    """Scores of several pictures, of one, and ones that are too large for exp, or too small beside the others."""
    yield Case("several pictures", {"x": rng.normal(size=(4, 3))})
    yield Case("one picture", {"x": rng.normal(size=(1, 5))})
    far = np.array([[1000.0], [-1000.0], [0.0]])
    yield Case("scores about 1000 and -1000", {"x": far + rng.normal(size=(3, 4))})


def softmax_naive(x):
    """Softmax, a picture and a class at a time."""
    y = np.empty(x.shape)
    for i, row in enumerate(x):
        for j in range(len(row)):
            y[i, j] = 1 / sum(np.exp(other - row[j]) for other in row)
    return y


@SOFTMAX.write(scores, softmax_naive)
def softmax(x):
    """The probabilities of each picture.

    x: scores, (n, k), which may be as large as 1000.
    Returns (n, k); each row sums to 1.
    """
    e = np.exp(x - x.max(axis=1, keepdims=True))  # (n, k)
    return e / e.sum(axis=1, keepdims=True)


@softmax.mistake("neighbours")
def _(x):
    """Each probability was divided by the sum over all pictures: whose scores belong together?"""
    e = np.exp(x - x.max())
    return e / e.sum()


@softmax.mistake("neighbours, columns")
def _(x):
    """The columns sum to 1, not the rows. A picture is a row: along which axis do its classes lie?"""
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


@softmax.mistake("not finite")
def _(x):
    """Small scores come right, scores of 1000 do not. What is exp(1000), to a computer?"""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)


@softmax.mistake("not finite, of all")
def _(x):
    """Wrong where one picture's scores are far below another's. From which scores was the largest taken away?"""
    with np.errstate(invalid="ignore"):
        e = np.exp(x - x.max())
        return e / e.sum(axis=1, keepdims=True)


for _above in (True, False):

    @softmax.mistake(f"largest, {'above' if _above else 'below'} the line only")
    def _(x, above=_above):
        """The largest score was taken off on one side of the fraction only. When does a fraction stay the same?"""
        with np.errstate(all="ignore"):
            e, less = np.exp(x), np.exp(x - x.max(axis=1, keepdims=True))
            if above:
                return less / e.sum(axis=1, keepdims=True)
            return e / less.sum(axis=1, keepdims=True)


@softmax.mistake("clipped")
def _(x):
    """Right for small scores. Scores of 1000 and 1001 are the same after clipping. What may be done to both?"""
    e = np.exp(np.clip(x, -500, 500))
    return e / e.sum(axis=1, keepdims=True)


@softmax.mistake("scaled")
def _(x):
    """The scores were divided to make them small. Are the probabilities the same after that?"""
    e = np.exp(x / np.abs(x).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@SOFTMAX.gradient(softmax_naive, "x", scores)
def softmax_gradient(gy, y):
    """How the loss moves with each score.

    gy: (n, k), how it moves with each probability.
    y: (n, k), the probabilities that softmax gave.
    Returns (n, k).
    """
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


@softmax_gradient.mistake("cross terms")
def _(gy, y):
    """Each score was taken to move its own probability only. But if one grows, the others of its picture shrink."""
    return gy * y * (1 - y)


@softmax_gradient.mistake("cross terms, own")
def _(gy, y):
    """0, or nearly: so it is when all ways of a score carry one gy, and cancel out. Which gy does each way carry?"""
    return np.zeros(y.shape)


@softmax_gradient.mistake("cross terms, sign")
def _(gy, y):
    """The ways to the other probabilities have the wrong sign. If a score grows, what do they do?"""
    others = (gy * y).sum(axis=1, keepdims=True) - gy * y
    return y * (gy * (1 - y) + others)


@softmax_gradient.mistake("cross terms, sign of all")
def _(gy, y):
    """What comes by way of the sum below the line has the wrong sign. If a score grows, what does this sum do to y?"""
    return y * (gy + (gy * y).sum(axis=1, keepdims=True))


@softmax_gradient.mistake("one way")
def _(gy, y):
    """This is what a score does to its own probability by way of the sum. And above the line? And to the others?"""
    return -gy * y**2


@softmax_gradient.mistake("one way, to others")
def _(gy, y):
    """The ways to the other probabilities are there. How far does a score's own probability move, and which way?"""
    return -y * ((gy * y).sum(axis=1, keepdims=True) - gy * y)


@softmax_gradient.mistake("one way, the sum")
def _(gy, y):
    """This is what a score does by way of the sum below the line. It stands above the line, too: what of that?"""
    return -y * (gy * y).sum(axis=1, keepdims=True)


@softmax_gradient.mistake("constants")
def _(gy, y):
    """The sum below the fraction was treated as a constant. What happens to it when a score grows?"""
    return gy * y


@softmax_gradient.mistake("neighbours")
def _(gy, y):
    """What was taken off is a sum over all pictures. Does a picture's score move another picture's probabilities?"""
    return y * (gy - (gy * y).sum())


@softmax_gradient.mistake("cross terms, weights")
def _(gy, y):
    """What is taken off is the plain sum of gy. How far does each other probability move when a score grows?"""
    return y * (gy - gy.sum(axis=1, keepdims=True))


@softmax_gradient.mistake("cross terms, mean")
def _(gy, y):
    """What is taken off is the plain mean of gy. Do all probabilities of a picture move equally far?"""
    return y * (gy - gy.mean(axis=1, keepdims=True))


@softmax_gradient.mistake("cross terms, index")
def _(gy, y):
    """How far y[c] moves with x[j] is there with the wrong index: one class stands in it twice. Which two belong?"""
    return gy * y - (gy * y**2).sum(axis=1, keepdims=True)


@softmax_gradient.mistake("cross terms, index of the score")
def _(gy, y):
    """How far y[c] moves with x[j] is there with the wrong index: one class stands in it twice. Which two belong?"""
    return gy * y - y**2 * gy.sum(axis=1, keepdims=True)


@softmax_gradient.mistake("factor")
def _(gy, y):
    """What is taken off is a mean over the classes. Are the ways of a score to the loss as many as the classes?"""
    return y * (gy - (gy * y).mean(axis=1, keepdims=True))


@softmax_gradient.mistake("upstream")
def _(gy, y):
    """This is how far a probability moves with its own score. How does the loss move with each of them?"""
    return y * (1 - y)


@softmax_gradient.mistake("upstream, targets")
def _(gy, y):
    """y − t is for softmax and cross-entropy together. Are these targets that come from above, or what else is gy?"""
    return y - gy


@softmax_gradient.mistake("outside")
def _(gy, y):
    """The sum over the other ways is there, but not yet multiplied by how far this score's own probability moves."""
    return gy * y - (gy * y).sum(axis=1, keepdims=True)


EXERCISES = [SOFTMAX]
