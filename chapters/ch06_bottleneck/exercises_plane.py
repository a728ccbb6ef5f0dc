"""Exercises of chapter 6: what pulls at a point of the plane, and how much a step counts there."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

# --------------------------------------------------------------------------------------------------- the pull

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


@price.mistake("own score only")
def _(z, w, b, labels):
    """Only the score of the own kind has a price. Could it not grow for ever, and all the others with it?"""
    return -(z @ w + b)[np.arange(len(z)), labels].mean()


@price.mistake("all kinds")
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
    return 1 - _probabilities(z, w, b)[np.arange(len(z)), labels].mean()


@price.mistake("logarithm, negative")
def _(z, w, b, labels):
    """That is minus the probability of the own kind. What does the logarithm make of one that is nearly 0?"""
    return -_probabilities(z, w, b)[np.arange(len(z)), labels].mean()


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


def _probabilities(z, w, b):
    e = np.exp(z @ w + b - (z @ w + b).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _down(z, w, g):
    g = g / len(z)
    return g @ w.T, z.T @ g, g.sum(axis=0)


@gradients.mistake("target")
def _(z, w, b, labels):
    """Every kind pushes the point away, its own too. Where does the label come in?"""
    return _down(z, w, _probabilities(z, w, b))


@gradients.mistake("own kind only")
def _(z, w, b, labels):
    """Only the arrow of the own kind pulls. What do those of the kinds do that the picture is taken for?"""
    t = np.eye(len(b))[labels]
    return _down(z, w, (_probabilities(z, w, b) - t) * t)


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
    return _down(z, w, _probabilities(z, w, b) - labels[:, None])


@gradients.mistake("whole columns")
def _(z, w, b, labels):
    """You take 1 from whole columns, as `g[:, labels] -= 1` does. How many numbers of each row should change?"""
    g = _probabilities(z, w, b)
    g[:, labels] -= 1
    return _down(z, w, g)


@gradients.mistake("one slope more")
def _(z, w, b, labels):
    """You multiply by p (1 − p) on the way to the scores. Has the logarithm of the price not taken that away?"""
    p = _probabilities(z, w, b)
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


@gradients.mistake("all kinds")
def _(z, w, b, labels):
    """You take 1 from the probability of every kind. Which of them is the target?"""
    return _down(z, w, _probabilities(z, w, b) - 1)


@gradients.mistake("winner")
def _(z, w, b, labels):
    """Your target is the kind that wins. Is it always the one that the label names?"""
    p = _probabilities(z, w, b)
    return _down(z, w, p - np.eye(len(b))[p.argmax(axis=1)])


# ------------------------------------------------------------------------------------------------ sensitivity

SENSITIVITY = Exercise(
    "bottleneck",
    "sensitivity",
    "how much a step in the plane counts, here and there",
    """
    Chapter 6, "May one compare the spread of two kinds?" A step is not the same everywhere: near a border it changes
    the answer, far out in a wedge next to nothing. The right half of the lesson's picture of the wedges shows it. How
    is it drawn?

    For each point take the probability of the kind that wins there, the highest of the k. Then its gradient for the
    point, weighed by `gy`. (Where two kinds have the same probability there is no slope; you need not look after that.)
    """,
    hints=(
        "Which kind wins does not change with a little step. So take it as given, c, and ask how p[c] moves with z.",
        "All scores move with z, the winner's along w[:, c], and each of them moves p[c] (chapter 2's softmax): its "
        "own upward, the others downward.",
        "∂p[c]/∂s[j] = p[c] · ((1 if j = c, else 0) − p[j]). Multiply with ∂s[j]/∂z and add up over j: what is left is "
        "p[c], times the winner's arrow minus a mean of all arrows. Weighed by what?",
    ),
    try_it="""
    w, b = np.array([[1.0, 0, -1], [0, 1, 0]]), np.zeros(3)
    z = np.array([[0.2, 0], [2, 0], [8, 0]])  # three steps along the first arrow
    print(confidence(z, w, b).round(3))  # [0.402 0.867 1. ]
    print(confidence_gradient(np.ones(3), z, w, b)[:, 0].round(3))  # [0.349 0.129 0. ]
    """,
)


def clear_points(rng: np.random.Generator):
    """Points none of which is at a border: the two highest scores are apart."""
    for label, n, k, size in (("several points", 4, 3, 1), ("one point", 1, 5, 1), ("a few kinds", 3, 2, 2)):
        gap = 0.0
        while gap < 0.1:
            z, w, b = size * rng.normal(size=(n, 2)), rng.normal(size=(2, k)), rng.normal(size=k)
            ordered = np.sort(z @ w + b, axis=1)
            gap = (ordered[:, -1] - ordered[:, -2]).min()
        yield Case(label, {"z": z, "w": w, "b": b})


def confidence_naive(z, w, b):
    """A point at a time."""
    odds = [[math.exp(point @ w[:, j] + b[j]) for j in range(len(b))] for point in z]
    return np.array([max(each) / sum(each) for each in odds])


@SENSITIVITY.write(clear_points, confidence_naive)
def confidence(z, w, b):
    """The probability of the kind that wins at each point.

    z: points, (n, 2).
    w, b: an arrow for each kind, (2, k), and a bias, (k,).
    Returns (n,).
    """
    s = z @ w + b  # (n, k)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e.max(axis=1) / e.sum(axis=1)


@confidence.mistake("neighbours")
def _(z, w, b):
    """Each is divided by the sum over all points: whose scores belong together?"""
    e = np.exp(z @ w + b)
    return e.max(axis=1) / e.sum()


@confidence.mistake("number")
def _(z, w, b):
    """That is the number of the kind that wins. How probable is it?"""
    return (z @ w + b).argmax(axis=1).astype(float)


@confidence.mistake("score")
def _(z, w, b):
    """That is the winner's score. What makes a probability of scores?"""
    return (z @ w + b).max(axis=1)


@confidence.mistake("sigmoid")
def _(z, w, b):
    """That is a sigmoid of the winner's score, as if each kind were asked by itself. Do the k probabilities add up to
    1?"""
    return (1 / (1 + np.exp(-(z @ w + b)))).max(axis=1)


@confidence.mistake("exp")
def _(z, w, b):
    """Scores are divided by their sum as they are. What if one is negative?"""
    s = z @ w + b
    return s.max(axis=1) / s.sum(axis=1)


@confidence.mistake("smallest")
def _(z, w, b):
    """That is the probability of the kind that comes last. Which one is asked for?"""
    return _probabilities(z, w, b).min(axis=1)


@SENSITIVITY.gradient(confidence_naive, "z", clear_points)
def confidence_gradient(gy, z, w, b):
    """How the loss moves with each point.

    gy: (n,), how it moves with the winner's probability at each point.
    z, w, b: as `confidence` takes them.
    Returns (n, 2).
    """
    s = z @ w + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)  # (n, k)
    winner = w.T[p.argmax(axis=1)]  # (n, 2): its arrow
    slope = p.max(axis=1, keepdims=True) * (winner - p @ w.T)  # (n, 2)
    return gy[:, None] * slope


def _arrows(z, w, b):
    """The winner's arrow (n, 2), the mean of all arrows (n, 2), the winner's probability (n, 1)."""
    p = _probabilities(z, w, b)
    return w.T[p.argmax(axis=1)], p @ w.T, p.max(axis=1, keepdims=True)


@confidence_gradient.mistake("cross terms")
def _(gy, z, w, b):
    """Only the winner's own score moves in yours. The others move with z, too, each along its arrow: what do they do to
    the winner's probability?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * (1 - top) * winner


@confidence_gradient.mistake("score")
def _(gy, z, w, b):
    """That is how the winner's score moves. How does its probability?"""
    return gy[:, None] * _arrows(z, w, b)[0]


@confidence_gradient.mistake("upstream")
def _(gy, z, w, b):
    """That is the slope at each point. And how does the loss move with what came out there?"""
    winner, mean, top = _arrows(z, w, b)
    return top * (winner - mean)


@confidence_gradient.mistake("logarithm")
def _(gy, z, w, b):
    """That is the slope of log p, as in the price of an answer. By what is the slope of p itself smaller?"""
    winner, mean, _ = _arrows(z, w, b)
    return gy[:, None] * (winner - mean)


@confidence_gradient.mistake("one slope more")
def _(gy, z, w, b):
    """There is a factor 1 − p too many. Is that not what the mean of the arrows has already taken away?"""
    winner, mean, top = _arrows(z, w, b)
    return gy[:, None] * top * (1 - top) * (winner - mean)


@confidence_gradient.mistake("plain mean")
def _(gy, z, w, b):
    """You take the plain mean of all arrows from the winner's. Do kinds that nobody would guess here count as much?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * (winner - w.T.mean(axis=0))


@confidence_gradient.mistake("one way")
def _(gy, z, w, b):
    """You have the winner's arrow, and none of the others. All scores move with z: what do they do to the winner's
    probability, by way of the sum that it is divided by?"""
    winner, _, top = _arrows(z, w, b)
    return gy[:, None] * top * winner


@confidence_gradient.mistake("all kinds")
def _(gy, z, w, b):
    """Every kind's own slope p (1 − p) is in yours. How many of the k probabilities came out?"""
    p = _probabilities(z, w, b)
    return gy[:, None] * ((p * (1 - p)) @ w.T)
