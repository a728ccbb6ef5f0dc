"""An exercise of chapter 5: PCA."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise
from chapters.neighbours import pca

PCA = Exercise(
    "autoencoder",
    "pca",
    "the best that can be done with sums alone",
    """
    Chapter 5, "The rival: PCA". Take the mean of n rows of d numbers, and the k directions in which the rows vary most.
    A row's code is how far it lies along each; what comes back is the mean plus that much of each direction.

    NumPy finds the directions. `u, s, vt = np.linalg.svd(a, full_matrices=False)` takes a table apart: a is
    `u @ np.diag(s) @ vt`. The rows of vt, (min(n, d), d), are directions, each of length 1 and at right angles to all
    others. Those along which the rows of a reach furthest come first: along direction i, the squares of what they
    reach add up to s[i]².
    """,
    hints=(
        "The lesson has all of it in three lines, with axes of shape (k, d). Of which table should you take the svd, "
        "if you want to know how rows vary, and not how far from 0 they are?",
        "The axes are the first k rows of vt. `@ axes.T` gives the code, `@ axes` brings it back. What was taken away "
        "at first has to be added in the end.",
        "For what is lost you need no picture: s has all of it. Which of its squares belong to directions that were "
        "not kept, and over how many numbers is the mean?",
    ),
    try_it="""
    x = np.array([[0.0, 0], [1, 1], [2, 2], [3, 4]])
    print(restored(x, 1).round(2))  # [[ 0.12 -0.09] [ 0.96 1.03] [ 1.8 2.15] [ 3.12 3.91]]
    print(round(float(lost(x, 1)), 4))  # 0.0137
    """,
)


def clouds(rng: np.random.Generator):
    """Rows that vary more in some directions than in others."""
    for label, n, d, k, middle in (
        ("one direction", 6, 3, 1, 0.3),
        ("two directions", 7, 5, 2, 0.3),
        ("fewer rows than numbers", 3, 6, 1, 0.3),
        ("far from the origin", 6, 4, 2, 20),
    ):
        turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
        yield Case(label, {"x": rng.normal(size=(n, d)) * 2.0 ** -np.arange(d) @ turn + middle, "k": k})


def restored_naive(x, k):
    """As the chapter does it, by eigenvectors."""
    mean, axes = pca(x, k)
    return mean + (x - mean) @ axes.T @ axes


@PCA.write(clouds, restored_naive)
def restored(x, k):
    """What comes back of each row from the best k numbers. x: (n, d). Returns (n, d)."""
    mean = x.mean(axis=0)  # (d,)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    axes = vt[:k]  # (k, d)
    code = (x - mean) @ axes.T  # (n, k)
    return mean + code @ axes


@restored.mistake("not centred")
def _(x, k):
    """The directions are those of the rows as they are. If all lie far from 0, which direction comes first?"""
    axes = np.linalg.svd(x, full_matrices=False)[2][:k]
    return x @ axes.T @ axes


@restored.mistake("mean forgotten")
def _(x, k):
    """What comes back lies about 0. What was taken away before?"""
    return restored_naive(x, k) - x.mean(axis=0)


@restored.mistake("not centred, directions")
def _(x, k):
    """The mean is taken away and added again, but the directions are those of the rows as they are. If all lie far from
    0, which direction comes first?"""
    mean, axes = x.mean(axis=0), np.linalg.svd(x, full_matrices=False)[2][:k]
    return mean + (x - mean) @ axes.T @ axes


@restored.mistake("one mean")
def _(x, k):
    """There is one mean, of all numbers. How many numbers has the mean picture?"""
    axes = np.linalg.svd(x - x.mean(), full_matrices=False)[2][:k]
    return x.mean() + (x - x.mean()) @ axes.T @ axes


@restored.mistake("whitened")
def _(x, k):
    """What comes back is as wide in every direction. Where do you divide by s, or leave it out?"""
    u, _, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return x.mean(axis=0) + u[:, :k] @ vt[:k]


@restored.mistake("standardized")
def _(x, k):
    """You divide by the deviations before you look for directions. In which units does the task measure how far rows
    vary?"""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    axes = np.linalg.svd((x - mean) / deviation, full_matrices=False)[2][:k]
    return mean + (x - mean) / deviation @ axes.T @ axes * deviation


@restored.mistake("mean twice")
def _(x, k):
    """The mean is added twice. What is in the rows already when they come back?"""
    return restored_naive(x, k) + x.mean(axis=0)


@restored.mistake("smallest")
def _(x, k):
    """You keep the directions in which the rows vary least. In which order does svd give them? And eigh?"""
    mean = x.mean(axis=0)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2][-k:]
    return mean + (x - mean) @ axes.T @ axes


@restored.mistake("neighbours")
def _(x, k):
    """You take the mean of each row's own numbers away. Of what is the mean picture a mean?"""
    mean = x.mean(axis=1, keepdims=True)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2][:k]
    return mean + (x - mean) @ axes.T @ axes


@PCA.write(clouds, lambda x, k: np.mean((x - restored_naive(x, k)) ** 2))
def lost(x, k):
    """The squared error that is left with k numbers, its mean over all n · d numbers: a number, from s alone."""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / x.size


@lost.mistake("kept")
def _(x, k):
    """Those are the squares of the directions that were kept. Which ones are missing?"""
    return (np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[:k] ** 2).sum() / x.size


@lost.mistake("squares")
def _(x, k):
    """Lengths are added up, not their squares. What kind of error is it?"""
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[k:].sum() / x.size


@lost.mistake("not centred")
def _(x, k):
    """Those are the lengths for rows as they are. How far they are from 0 is no loss: what was taken away before?"""
    return (np.linalg.svd(x, compute_uv=False)[k:] ** 2).sum() / x.size


@lost.mistake("factor, mean")
def _(x, k):
    """You take the mean over the directions that are left. Over how many numbers is the mean of the squared error?"""
    return (np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[k:] ** 2).mean()


@lost.mistake("factor, share")
def _(x, k):
    """That is the share that is lost, of all that the rows vary. What is asked for is an error: over what is its
    mean?"""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / (s**2).sum()


@lost.mistake("factor, share kept")
def _(x, k):
    """That is the share that is kept, of all that the rows vary. What is asked for is the error that is left."""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[:k] ** 2).sum() / (s**2).sum()


@lost.mistake("factor, n minus 1")
def _(x, k):
    """You divide by n − 1, as for variances. Over which numbers does the task take the mean?"""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / (len(x) - 1) / x.shape[1]


@lost.mistake("factor, n minus 1 and a row")
def _(x, k):
    """You divide by n − 1, as for variances. Over which numbers does the task take the mean?"""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / (len(x) - 1)


@lost.mistake("squares, mean of lengths")
def _(x, k):
    """That is a mean of lengths, not of squares. What kind of error is it, and over how many numbers?"""
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[k:].mean()


@lost.mistake("one mean")
def _(x, k):
    """There is one mean, of all numbers. How many numbers has the mean picture?"""
    return (np.linalg.svd(x - x.mean(), compute_uv=False)[k:] ** 2).sum() / x.size


@lost.mistake("one direction")
def _(x, k):
    """That is what lies along one direction. How many were not kept?"""
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[k] ** 2 / x.size


@lost.mistake("squares, of the sum")
def _(x, k):
    """The lengths are added up first, and their sum is squared. Which squares add up, for directions at right
    angles?"""
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[k:].sum() ** 2 / x.size
