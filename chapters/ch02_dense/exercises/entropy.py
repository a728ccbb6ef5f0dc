"""An exercise of chapter 2 on cross-entropy, beginning with the scores."""

from __future__ import annotations

import math

import numpy as np

from chapters.exercises.form import Case, Exercise

# ---------------------------------------------------------------------------------------- cross-entropy

ENTROPY = Exercise(
    "dense",
    "entropy",
    "the price of an answer, and the one gradient that matters",
    """
    Chapter 2, "Why does 0.1 for the truth cost so much more than 0.9?" and "The one gradient that matters". Scores z,
    (n, k), and targets t, (n, k), 1 for the true class and 0 for the others. With p the softmax of each row of z,

        loss = mean over the n pictures of  − log p[true class]

    It begins with the scores, not with the probabilities: then it stays finite however sure of itself a network is, and
    its gradient is short. The lesson derives it for one picture.
    """,
    hints=(
        "log (exp(a) / S) = a − log S. So of the true score only a itself is needed. What is left to be made finite?",
        "S = Σ exp(z[c]). If m is the largest score of a picture, S = exp(m) Σ exp(z[c] − m). What is log S, then?",
        "Gradient: what the lesson writes as p − t belongs to the price of one picture. The loss is a mean of n such "
        "prices: how much of each is in it?",
    ),
    try_it="""
    z, t = np.array([[1.0, 0.0, 3.0, -1.0], [0.0, 0.0, 0.0, 0.0]]), np.eye(4)[[2, 0]]
    print(round(float(cross_entropy(z, t)), 3))  # 0.786, the mean of 0.185 and log 4 = 1.386
    print(cross_entropy_gradient(z, t).round(3).tolist())  # 0.056, 0.021, -0.085, 0.008 and -0.375, 0.125, 0.125, 0.125
    """,
)


def answers(rng: np.random.Generator):
    """Scores and targets: of several pictures, of one, and of ones that are sure of themselves."""
    for label, n, k in [("several pictures", 5, 3), ("one picture", 1, 4)]:
        yield Case(label, {"z": rng.normal(size=(n, k)), "t": np.eye(k)[rng.integers(k, size=n)]})
    far = np.array([[1000.0], [-1000.0], [0.0]])
    yield Case("scores about 1000 and -1000", {"z": far + rng.normal(size=(3, 4)), "t": np.eye(4)[[3, 0, 0]]})
    sure = rng.permuted(np.tile([-1500.0, -700.0, 40.0, 900.0], (3, 1)), axis=1) + rng.normal(size=(3, 4))
    yield Case("answers that are surely wrong", {"z": sure, "t": np.eye(4)[sure.argmin(axis=1)]})


def cross_entropy_naive(z, t):
    """The mean price of answers, a picture at a time."""
    total = 0.0
    for row, target in zip(z, t):
        largest = max(row)
        sum_of_all = sum(math.exp(score - largest) for score in row)
        total += largest + math.log(sum_of_all) - row[target.argmax()]
    return total / len(z)


@ENTROPY.write(answers, cross_entropy_naive)
def cross_entropy(z, t):
    """The loss: a number.

    z: scores, (n, k), of any size; 1000 is nothing unusual.
    t: targets, (n, k), one 1 in each row.
    """
    z = z - z.max(axis=1, keepdims=True)  # (n, k), which changes no probability
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (n, k)
    return -(t * log_p).sum() / len(z)


@cross_entropy.mistake("not finite")
def _(z, t):
    """Large scores give no finite number. Where is there exp of something large, or log of something that became 0?"""
    with np.errstate(all="ignore"):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return -(t * np.log(p)).sum() / len(z)


def clipped(smallest: float):
    """The loss of probabilities that are nowhere smaller than that."""

    def rule(z, t):
        """Right until p is nearly 0: who is surely wrong pays too little. Was p clipped, or something added to it?"""
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = np.maximum(e / e.sum(axis=1, keepdims=True), smallest)
        return -(t * np.log(p)).sum() / len(z)

    return rule


for usual in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-300):
    cross_entropy.mistake(f"clipped, at {usual:g}")(clipped(usual))


@cross_entropy.mistake("factor")
def _(z, t):
    """The mean was taken over all n·k numbers. How many prices are there?"""
    z = z - z.max(axis=1, keepdims=True)
    return -(t * (z - np.log(np.exp(z).sum(axis=1, keepdims=True)))).mean()


@cross_entropy.mistake("neighbours")
def _(z, t):
    """The scores of all pictures were made to one set of probabilities. Whose should sum to 1?"""
    z = z - z.max()
    return -(t * (z - np.log(np.exp(z).sum()))).sum() / len(z)


@cross_entropy.mistake("neighbours, targets")
def _(z, t):
    """The true classes of all pictures were looked up in every row. Which row has which true class?"""
    z = z - z.max(axis=1, keepdims=True)
    return -(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[:, t.argmax(axis=1)].mean()


@cross_entropy.mistake("others")
def _(z, t):
    """The other classes pay here as well, for what they did not get. Which probability does the lesson look at?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = np.clip(e / e.sum(axis=1, keepdims=True), 1e-15, 1 - 1e-15)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum() / len(z)


@cross_entropy.mistake("not finite, log")
def _(z, t):
    """Who is surely wrong has a probability that is rounded to 0. What is its logarithm? And can one do without p?"""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return -(t * np.log(e / e.sum(axis=1, keepdims=True))).sum() / len(z)


@cross_entropy.mistake("not finite, log of one")
def _(z, t):
    """Who is surely wrong has a probability that is rounded to 0. What is its logarithm? And can one do without p?"""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return -np.log((t * e).sum(axis=1) / e.sum(axis=1)).mean()


@cross_entropy.mistake("sum missing")
def _(z, t):
    """These are the prices of the pictures, one by one. What is the loss made of them?"""
    z = z - z.max(axis=1, keepdims=True)
    return -(t * (z - np.log(np.exp(z).sum(axis=1, keepdims=True)))).sum(axis=1)


@cross_entropy.mistake("factor, sum")
def _(z, t):
    """This is the sum of all prices. What does the formula ask for?"""
    z = z - z.max(axis=1, keepdims=True)
    return -(t * (z - np.log(np.exp(z).sum(axis=1, keepdims=True)))).sum()


@cross_entropy.mistake("largest")
def _(z, t):
    """The largest score was taken from all scores in one place, and not in the other. Where does it come back in?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (np.log(e.sum(axis=1)) - (z * t).sum(axis=1)).mean()


@ENTROPY.gradient(cross_entropy_naive, "z", answers)
def cross_entropy_gradient(z, t):
    """How the loss moves with each score. z and t as above. Nothing arrives from above: the loss is the end.

    Returns (n, k).
    """
    e = np.exp(z - z.max(axis=1, keepdims=True))  # (n, k)
    p = e / e.sum(axis=1, keepdims=True)
    return (p - t) / len(z)


@cross_entropy_gradient.mistake("factor")
def _(z, t):
    """This is the gradient of the sum of all prices. What is the loss?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) - t


@cross_entropy_gradient.mistake("factor, of all numbers")
def _(z, t):
    """It was divided by n · k, or the mean of all numbers was meant. Of how many prices is the loss a mean?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - t) / t.size


@cross_entropy_gradient.mistake("factor, classes")
def _(z, t):
    """It was divided by k, the number of classes. Of how many prices is the loss a mean?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - t) / t.shape[1]


@cross_entropy_gradient.mistake("wrong point")
def _(z, t):
    """Scores minus targets. What does the lesson take the targets from?"""
    return (z - t) / len(z)


@cross_entropy_gradient.mistake("half way")
def _(z, t):
    """This is how the loss moves with the probabilities. What lies between them and the scores?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    with np.errstate(all="ignore"):
        return -t / (e / e.sum(axis=1, keepdims=True)) / len(z)


@cross_entropy_gradient.mistake("cross terms")
def _(z, t):
    """Only the true class's score is pulled. Does the price not move with the others, by way of the sum S?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - t) * t / len(z)


@cross_entropy_gradient.mistake("neighbours")
def _(z, t):
    """The probabilities of all pictures together sum to 1 here. Whose should?"""
    e = np.exp(z - z.max())
    return (e / e.sum() - t) / len(z)


@cross_entropy_gradient.mistake("neighbours, targets")
def _(z, t):
    """1 was taken off at the true classes of all pictures, in every row. Which row has which true class?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - (t.sum(axis=0) > 0)) / len(z)


@cross_entropy_gradient.mistake("shifted")
def _(z, t):
    """Nothing was taken off at the true class of the last picture. Does range end before its end, or with it?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    heard = np.arange(len(z))[:, None] < len(z) - 1
    return (e / e.sum(axis=1, keepdims=True) - t * heard) / len(z)


@cross_entropy_gradient.mistake("squared")
def _(z, t):
    """One factor p (1 − p) too many: it belongs to the squared error. What does the logarithm do to it?"""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - t) * p * (1 - p) / len(z)


@cross_entropy_gradient.mistake("not finite")
def _(z, t):
    """Small scores come right, large ones do not. What is exp(1000), to a computer?"""
    with np.errstate(all="ignore"):
        e = np.exp(z)
        return (e / e.sum(axis=1, keepdims=True) - t) / len(z)


EXERCISES = [ENTROPY]
