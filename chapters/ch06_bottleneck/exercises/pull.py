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
    Chapter 6, "The one gradient that matters". A picture lies at a point z of the plane. Each kind k has an arrow,
    w[:, k], and a bias, and its score at z is z · w[:, k] + b[k]. A picture of kind c costs

        L = −s[c] + log Σⱼ exp(s[j])

    and the loss is the mean over n pictures. Write it for scores up to 1000, then its gradient for the points, and for
    the arrows and biases as well. (The pull of the lesson's picture is minus the gradient: ask for the gradient.)
    Kinds are given by their numbers, from 0 to k − 1, one for each picture, and not as rows of 0 and 1.
    """,
    hints=(
        "The loss: what can be added to all scores of a picture without changing its price? For the gradient begin "
        "with the scores: ∂L/∂s is in the lesson.",
        "All k scores move when z does, each along its own arrow, and the chain rule adds up all k ways. From the "
        "scores to w and b it is a dense layer (chapter 2).",
        "With g = (probabilities − targets) / n, (n, k): `np.eye(k)[labels]` makes the targets. Then the three "
        "gradients are a product with w turned over, a product with z turned over, and a sum over the pictures.",
    ),
    try_it="""
    z, labels = np.array([[0.0, 0], [3, 0]]), np.array([0, 1])
    w, b = np.array([[1.0, 0, -1], [0, 1, 0]]), np.zeros(3)
    print(price(z, w, b, labels).round(3))  # 2.075 (half of log 3 for the first, and the second is in the wrong wedge)
    gz, gw, gb = gradients(z, w, b, labels)
    print(gz.round(2))  # [[-0.5 0.17] [ 0.47 -0.48]]
    print(gw.shape, gb.shape)  # (2, 3) (3,)
    """,
)


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


@PULL.write(points, price_naive)
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


@price.mistake("not finite")
def _(z, w, b, labels):
    """exp(1000) is too large for a computer. What can be taken from all scores of a picture?"""
    with np.errstate(all="ignore"):
        s = z @ w + b
        return (np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(z)), labels]).mean()


@price.mistake("one way, own score only")
def _(z, w, b, labels):
    """Only the score of the own kind has a price. Could it not grow for ever, and all the others with it?"""
    return -(z @ w + b)[np.arange(len(z)), labels].mean()


@price.mistake("factor, all kinds")
def _(z, w, b, labels):
    """The mean is taken over all kinds of a picture. How many of the k probabilities does its price look at?"""
    return price_naive(z, w, b, labels) / len(b)


@price.mistake("broadcast")
def _(z, w, b, labels):
    """`s[:, labels]` is a table: of each picture, the scores of the kinds of all pictures. How many scores does each
    picture have to give?"""
    s = z @ w + b
    return (np.logaddexp.reduce(s, axis=1) - s[:, labels]).mean()


@price.mistake("neighbours")
def _(z, w, b, labels):
    """The sum under the logarithm goes over all pictures. Whose scores belong together?"""
    s = z @ w + b
    return (np.logaddexp.reduce(s, axis=None) - s[np.arange(len(z)), labels]).mean()


@price.mistake("logarithm")
def _(z, w, b, labels):
    """That is how improbable the own kind is. What does the logarithm make of a probability that is nearly 0?"""
    return 1 - probabilities(z, w, b)[np.arange(len(z)), labels].mean()


@price.mistake("logarithm, negative")
def _(z, w, b, labels):
    """That is minus the probability of the own kind. What does the logarithm make of one that is nearly 0?"""
    return -probabilities(z, w, b)[np.arange(len(z)), labels].mean()


@price.mistake("factor, sign")
def _(z, w, b, labels):
    """The own score is added. Does a picture pay more the higher the score of its kind is?"""
    s = z @ w + b
    return (np.logaddexp.reduce(s, axis=1) + s[np.arange(len(z)), labels]).mean()


@price.mistake("largest")
def _(z, w, b, labels):
    """The largest score is taken from those in the sum, and not from the own one. What may be added to all scores?"""
    s = z @ w + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return (np.log(e.sum(axis=1)) - s[np.arange(len(z)), labels]).mean()


@price.mistake("mean in the logarithm")
def _(z, w, b, labels):
    """Under the logarithm there is a mean over the kinds. What do probabilities add up to then?"""
    return price_naive(z, w, b, labels) - np.log(len(b))


@price.mistake("winner")
def _(z, w, b, labels):
    """You charge for the kind that wins. Is it always the one that the label names?"""
    s = z @ w + b
    return (np.logaddexp.reduce(s, axis=1) - s.max(axis=1)).mean()


@price.mistake("label numbers")
def _(z, w, b, labels):
    """You take the number of the kind from the logarithm. Is it not the score of that kind?"""
    return (np.logaddexp.reduce(z @ w + b, axis=1) - labels).mean()


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
