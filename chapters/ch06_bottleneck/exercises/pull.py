"""An exercise of chapter 6: what pulls at a point of the plane, and what turns the arrows."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

PULL = Exercise(
    "bottleneck",
    "pull",
    "what pulls at a point, and what turns the arrows",
    """
    Chapter 6, "The one gradient that matters". A picture lies at a point z of the plane. Each of k kinds has an arrow
    and a bias: kind j has w[:, j] and b[j], and its score at z is s[j] = z · w[:, j] + b[j]. A picture of kind c costs

        L = −s[c] + log Σⱼ exp(s[j])

    and the loss is the mean over n pictures. That is given, as `price`; you know it from chapter 2. Write its gradient
    for the points, and for the arrows and biases as well. (The pull of the lesson's picture is minus the gradient: ask
    for the gradient.) Kinds are given by their numbers, from 0 to k − 1, one for each picture, and not as rows of 0
    and 1. Scores may be as large as 1000.
    """,
    hints=(
        "Begin with the scores: ∂L/∂s is in the lesson. It has the probabilities in it; `price` shows what to do so "
        "that no exponential becomes too large.",
        "All k scores move when z does, each along its own arrow, and the chain rule adds up all k ways. From the "
        "scores to w and b it is a dense layer (chapter 2).",
        "With g = (probabilities − targets) / n, (n, k): `np.eye(k)[labels]` makes the targets. Then the three "
        "gradients are a product with w turned over, a product with z turned over, and a sum over the pictures.",
    ),
    try_it="""
    z, labels = np.array([[0.0, 0], [3, 0]]), np.array([0, 1])
    w, b = np.array([[1.0, 0, -1], [0, 1, 0]]), np.zeros(3)
    print(round(float(price(z, w, b, labels)), 3))  # 2.075 (the mean of log 3 and of more: the second is far off)
    gz, gw, gb = gradients(z, w, b, labels)
    print(gz.round(2))  # [[-0.5 0.17] [ 0.47 -0.48]]
    print(gw.shape, gb.shape)  # (2, 3) (3,)
    """,
)


@PULL.given
def price(z, w, b, labels):
    """The mean price of the answers, a number.

    z: points, (n, 2).
    w, b: an arrow for each kind, (2, k), and a bias, (k,).
    labels: the kind of each picture, whole numbers from 0, (n,).
    """
    s = z @ w + b  # (n, k)
    s = s - s.max(axis=1, keepdims=True)
    own = s[np.arange(len(z)), labels]  # (n,)
    return (np.log(np.exp(s).sum(axis=1)) - own).mean()


def points(rng: np.random.Generator):
    """Points of the plane, and the arrows of some kinds."""
    for label, n, k in (("several points", 5, 3), ("one point", 1, 4), ("more kinds than points", 2, 6)):
        names = {"z": 2 * rng.normal(size=(n, 2)), "w": rng.normal(size=(2, k)), "b": rng.normal(size=k)}
        yield Case(label, {**names, "labels": rng.integers(0, k, n)})
    far, w = (
        np.array([[900.0, 100], [-300, 400], [-600, -300], [0.4, 0.1]]),
        np.array([[1.0, 0, -1], [0, 1, -1]]),
    )
    yield Case(
        "points far out", {"z": far, "w": w, "b": rng.normal(size=3), "labels": np.array([2, 2, 2, 1])}
    )


def price_naive(z, w, b, labels):
    """A picture and a kind at a time."""
    total = 0.0
    for point, own in zip(z, labels):
        scores = [point @ w[:, j] + b[j] for j in range(len(b))]
        total += max(scores) - scores[own] + math.log(sum(math.exp(s - max(scores)) for s in scores))
    return total / len(z)


@PULL.gradient(price_naive, ("z", "w", "b"), points)
def gradients(z, w, b, labels):
    """How the loss moves with the points, the arrows and the biases.

    Takes what `price` takes. Returns three arrays: (n, 2), (2, k) and (k,).
    """
    s = z @ w + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)  # (n, k)
    g = (p - np.eye(len(b))[labels]) / len(z)  # (n, k)
    return g @ w.T, z.T @ g, g.sum(axis=0)


def probabilities(z, w, b):
    e = np.exp(z @ w + b - (z @ w + b).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _down(z, w, g):
    g = g / len(z)
    return g @ w.T, z.T @ g, g.sum(axis=0)


@gradients.mistake("target")
def _(z, w, b, labels):
    """Every kind pushes the point away, its own too. Where does the label come in?"""
    return _down(z, w, probabilities(z, w, b))


@gradients.mistake("cross terms, own kind only")
def _(z, w, b, labels):
    """Only the arrow of the own kind pulls. What do those of the kinds do that the picture is taken for?"""
    t = np.eye(len(b))[labels]
    return _down(z, w, (probabilities(z, w, b) - t) * t)


@gradients.mistake("own arrow")
def _(z, w, b, labels):
    """Each point is pulled along its own arrow, at full strength for ever. When should the pull be gone?"""
    return _down(z, w, -np.eye(len(b))[labels])


@gradients.mistake("wrong point")
def _(z, w, b, labels):
    """You compare the targets with the scores. What do they have to be made into first?"""
    return _down(z, w, z @ w + b - np.eye(len(b))[labels])


@gradients.mistake("label numbers")
def _(z, w, b, labels):
    """You take the number of the kind from all k probabilities. Is kind 5 five times as much as kind 1?"""
    return _down(z, w, probabilities(z, w, b) - labels[:, None])


@gradients.mistake("broadcast, whole columns")
def _(z, w, b, labels):
    """You take 1 from whole columns, as `g[:, labels] -= 1` does. How many numbers of each row should change?"""
    g = probabilities(z, w, b)
    g[:, labels] -= 1
    return _down(z, w, g)


@gradients.mistake("sum twice, of the targets")
def _(z, w, b, labels):
    """From each picture's probabilities the targets of all are taken. Whose label belongs to a picture?"""
    return _down(z, w, probabilities(z, w, b) - np.eye(len(b))[labels].sum(axis=0))


@gradients.mistake("neighbours, mean target")
def _(z, w, b, labels):
    """From each picture's probabilities the mean of all targets is taken. Whose label belongs to a picture?"""
    return _down(z, w, probabilities(z, w, b) - np.eye(len(b))[labels].mean(axis=0))


@gradients.mistake("not finite")
def _(z, w, b, labels):
    """exp(1000) is too large for a computer. What can be taken from all scores of a picture?"""
    with np.errstate(all="ignore"):
        e = np.exp(z @ w + b)
        return _down(z, w, e / e.sum(axis=1, keepdims=True) - np.eye(len(b))[labels])


@gradients.mistake("not finite, one largest")
def _(z, w, b, labels):
    """The largest of all scores was taken away, not that of each picture: what is left of a picture whose scores are
    all small?"""
    s = z @ w + b
    with np.errstate(all="ignore"):
        e = np.exp(s - s.max())
        return _down(z, w, e / e.sum(axis=1, keepdims=True) - np.eye(len(b))[labels])


@gradients.mistake("brackets")
def _(z, w, b, labels):
    """Only the targets are divided by n, the probabilities are not. What does Python do first, − or /?"""
    return _down(z, w, len(z) * probabilities(z, w, b) - np.eye(len(b))[labels])


@gradients.mistake("one way, the others only")
def _(z, w, b, labels):
    """The other kinds push, and the own one does not pull. What does the loss do when the own score grows?"""
    return _down(z, w, probabilities(z, w, b) * (1 - np.eye(len(b))[labels]))


@gradients.mistake("bias forgotten")
def _(z, w, b, labels):
    """The probabilities are those of z · w alone. What else is in a score?"""
    return _down(z, w, probabilities(z, w, 0 * b) - np.eye(len(b))[labels])


@gradients.mistake("factor, sign of the target")
def _(z, w, b, labels):
    """Probabilities and targets are added. When should a picture not be pulled at any more?"""
    return _down(z, w, probabilities(z, w, b) + np.eye(len(b))[labels])


@gradients.mistake("logarithm")
def _(z, w, b, labels):
    """You compare the targets with the logarithms of the probabilities. Which of the two adds up to 1?"""
    with np.errstate(all="ignore"):
        return _down(z, w, np.log(probabilities(z, w, b)) - np.eye(len(b))[labels])


@gradients.mistake("half way")
def _(z, w, b, labels):
    """That is how the loss moves with the probabilities. What stands between them and the scores?"""
    with np.errstate(all="ignore"):
        return _down(z, w, -np.eye(len(b))[labels] / probabilities(z, w, b))


@gradients.mistake("cross terms, one slope more")
def _(z, w, b, labels):
    """You multiply by p (1 − p) on the way to the scores. Has the logarithm of the price not taken that away?"""
    p = probabilities(z, w, b)
    return _down(z, w, (p - np.eye(len(b))[labels]) * p * (1 - p))


@gradients.mistake("neighbours")
def _(z, w, b, labels):
    """Your probabilities add up to 1 over the pictures, kind by kind. Over what should they?"""
    s = z @ w + b
    e = np.exp(s - s.max(axis=0))
    return _down(z, w, e / e.sum(axis=0) - np.eye(len(b))[labels])


@gradients.mistake("neighbours, all")
def _(z, w, b, labels):
    """Your probabilities add up to 1 over all pictures and kinds. Over what should they?"""
    e = np.exp(z @ w + b - (z @ w + b).max())
    return _down(z, w, e / e.sum() - np.eye(len(b))[labels])


@gradients.mistake("factor, all kinds")
def _(z, w, b, labels):
    """You take 1 from the probability of every kind. Which of them is the target?"""
    return _down(z, w, probabilities(z, w, b) - 1)


@gradients.mistake("winner")
def _(z, w, b, labels):
    """Your target is the kind that wins. Is it always the one that the label names?"""
    p = probabilities(z, w, b)
    return _down(z, w, p - np.eye(len(b))[p.argmax(axis=1)])


@gradients.mistake("shifted")
def _(z, w, b, labels):
    """Your target is the kind before the one that the label names. From which number are kinds counted?"""
    return _down(z, w, probabilities(z, w, b) - np.eye(len(b))[labels - 1])


@gradients.mistake("squared error")
def _(z, w, b, labels):
    """You have the slope of a squared error of the probabilities, each by itself. Which price is asked for?"""
    p = probabilities(z, w, b)
    return _down(z, w, 2 * (p - np.eye(len(b))[labels]) * p * (1 - p))


@gradients.mistake("sigmoid")
def _(z, w, b, labels):
    """You take a sigmoid of each score, as if each kind were asked by itself. Do the k probabilities add up to 1?"""
    return _down(z, w, 0.5 + np.tanh((z @ w + b) / 2) / 2 - np.eye(len(b))[labels])


@gradients.mistake("step")
def _(z, w, b, labels):
    """A picture that is told rightly is not pulled at any more in yours. How sure is the network of it?"""
    t = np.eye(len(b))
    return _down(z, w, t[(z @ w + b).argmax(axis=1)] - t[labels])


@gradients.mistake("neighbours, the largest")
def _(z, w, b, labels):
    """From the scores of each kind their largest over all pictures is taken away. Does a softmax stay the same if its
    scores are moved by different amounts?"""
    s = z @ w + b
    with np.errstate(all="ignore"):
        e = np.exp(s - s.max(axis=0))
        return _down(z, w, e / e.sum(axis=1, keepdims=True) - np.eye(len(b))[labels])


@gradients.mistake("brackets, of the probabilities")
def _(z, w, b, labels):
    """Only the probabilities are divided by n, the targets are not. What does Python do first, − or /?"""
    return _down(z, w, probabilities(z, w, b) - len(z) * np.eye(len(b))[labels])


@gradients.mistake("target, in a part of the three")
def _(z, w, b, labels):
    """The targets are missing in the biases. Do they not hear of the label as points and arrows do?"""
    p = probabilities(z, w, b)
    return *_down(z, w, p - np.eye(len(b))[labels])[:2], p.mean(axis=0)
