"""Exercise of chapter 8: a distance between clouds of points."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

FRECHET = Exercise(
    "gan",
    "frechet",
    "how far two clouds of points are apart",
    """
    Chapter 8, "Two figures for quality". Of two clouds of points, with means m and covariances C, each taken for a
    Gaussian:

        |m₁ - m₂|² + trace( C₁ + C₂ - 2 (C₁^½ C₂ C₁^½)^½ )

    C^½ is the symmetric root: the symmetric matrix R with R R = C that has no eigenvalue below 0. A covariance is a
    stretching along axes that stand at right angles, and np.linalg.eigh finds them: it answers with the variances along
    the axes, (d,), and with the axes, the columns of a matrix (d, d), so that

        C = axes · diagonal(variances) · axesᵀ

    Write the root first, then the distance.
    """,
    hints=(
        "R has the same axes as C, and R R stretches along each of them twice. By how much does R stretch along an "
        "axis whose variance is v?",
        "Put it together in the same way as C above, with other numbers on the diagonal. A cloud that is flat has "
        "variances of 0, which a computer may find to be -1e-17: what does a square root say to that?",
        "The distance is written down term by term; `root` is called twice, once for C₁ and once for a product that is "
        "symmetric, too. np.trace adds up a diagonal.",
    ),
    try_it="""
    print(root(np.array([[5.0, 4.0], [4.0, 5.0]])).round(6))  # [[2. 1.] [1. 2.]], try its square
    print(frechet(np.zeros(2), np.eye(2), np.array([3.0, 4.0]), np.eye(2)))  # 25.0 for 5 steps away
    """,
)


def _covariance(rng: np.random.Generator, d: int, points: int) -> np.ndarray:
    drawn = rng.normal(size=(points, d)) @ rng.normal(size=(d, d))
    return drawn.T @ drawn / points


def covariances(rng: np.random.Generator):
    """One number, straight axes, turned ones, and a cloud that is flat."""
    yield Case("one number", {"covariance": np.array([[2.25]])})
    yield Case("straight axes", {"covariance": np.diag([4.0, 0.25])})
    yield Case("turned axes", {"covariance": _covariance(rng, 3, 20)})
    yield Case("a flat cloud", {"covariance": _covariance(rng, 4, 2)})


def root_naive(covariance):
    """The root by singular values, axis by axis."""
    axes, variances, _ = np.linalg.svd(covariance)
    return sum(np.sqrt(v) * np.outer(axis, axis) for v, axis in zip(variances, axes.T))


@FRECHET.write(covariances, root_naive)
def root(covariance):
    """The symmetric root of a covariance.

    covariance: (d, d), symmetric, with no eigenvalue below 0 but for rounding.
    Returns (d, d).
    """
    variances, axes = np.linalg.eigh(covariance)
    deviations = np.sqrt(np.maximum(variances, 0))
    return axes @ np.diag(deviations) @ axes.T


@root.mistake("each number")
def _(covariance):
    """The root of each number of the matrix was taken. Multiply yours with itself, as matrices: does C come out?"""
    return np.sqrt(np.abs(covariance))


@root.mistake("each number, as it is")
def _(covariance):
    """The root of each number of the matrix was taken, and some of them are below 0. When R is multiplied with itself,
    as matrices are, what does each number of C come from?"""
    with np.errstate(all="ignore"):
        return np.sqrt(covariance)


@root.mistake("axes")
def _(covariance):
    """The numbers along the axes are right, but the axes got lost: yours is a diagonal matrix. Do the numbers stretch
    the axes, which are columns?"""
    return np.diag(np.sqrt(np.maximum(np.linalg.eigh(covariance)[0], 0)))


@root.mistake("transposed")
def _(covariance):
    """The axes stand the other way round. In what eigh answers, is an axis a row or a column?"""
    variances, axes = np.linalg.eigh(covariance)
    return axes.T @ np.diag(np.sqrt(np.maximum(variances, 0))) @ axes


@root.mistake("transposed, missing")
def _(covariance):
    """The same matrix of axes stands on both sides. In C = axes · diagonal · axesᵀ, what does the right one do?"""
    variances, axes = np.linalg.eigh(covariance)
    return axes @ np.diag(np.sqrt(np.maximum(variances, 0))) @ axes


@root.mistake("triangle")
def _(covariance):
    """Yours is a triangle, and its product with its own transpose is C. But R R = C is asked for, with a symmetric R:
    is a triangle symmetric?"""
    variances, axes = np.linalg.eigh(covariance)
    upper = np.linalg.qr((axes * np.sqrt(np.maximum(variances, 0))).T, mode="r")
    return (upper * np.where(np.diag(upper) < 0, -1, 1)[:, None]).T


@root.mistake("one side")
def _(covariance):
    """Your R with its own transpose is C, but R R is not: yours is not symmetric. What is missing to its right?"""
    variances, axes = np.linalg.eigh(covariance)
    return axes * np.sqrt(np.maximum(variances, 0))


@root.mistake("no root")
def _(covariance):
    """That is C again. By how much does C stretch along an axis, and by how much should its root?"""
    return covariance + 0


def pairs_of_clouds(rng: np.random.Generator):
    """Clouds in other places, of other shapes, and the same cloud twice."""
    names = ("mean_a", "cov_a", "mean_b", "cov_b")
    some = lambda d: (rng.normal(size=d), _covariance(rng, d, 20))  # noqa: E731
    yield Case("one number", dict(zip(names, (*some(1), *some(1)))))
    yield Case("turned axes", dict(zip(names, (*some(2), *some(2)))))
    yield Case("three numbers", dict(zip(names, (*some(3), *some(3)))))
    yield Case("a flat cloud", dict(zip(names, (*some(3), rng.normal(size=3), _covariance(rng, 3, 1)))))
    yield Case("the same cloud twice", dict(zip(names, 2 * some(2))))


def frechet_naive(mean_a, cov_a, mean_b, cov_b):
    """The trace of the last root is the sum of the singular values of both roots' product."""
    total = sum((a - b) ** 2 for a, b in zip(mean_a, mean_b))
    total += sum(cov_a[i, i] + cov_b[i, i] for i in range(len(mean_a)))
    return total - 2 * np.linalg.svd(root_naive(cov_a) @ root_naive(cov_b), compute_uv=False).sum()


@FRECHET.write(pairs_of_clouds, frechet_naive)
def frechet(mean_a, cov_a, mean_b, cov_b):
    """The Fréchet distance (strictly, its square) of two Gaussians.

    mean_a, mean_b: (d,). cov_a, cov_b: (d, d).
    Returns one number.
    """
    half = root(cov_a)
    both = root(half @ cov_b @ half)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * both)


@frechet.mistake("distance")
def _(mean_a, cov_a, mean_b, cov_b):
    """The first term is the distance of the means. What does the formula want of it?"""
    shapes = frechet.solution(mean_a, cov_a, mean_a, cov_b)
    return np.linalg.norm(mean_a - mean_b) + shapes


@frechet.mistake("rooted")
def _(mean_a, cov_a, mean_b, cov_b):
    """You took a root of the whole, which makes a distance of it. Does the formula have that root?"""
    return np.sqrt(np.maximum(frechet.solution(mean_a, cov_a, mean_b, cov_b), 0))


@frechet.mistake("two roots")
def _(mean_a, cov_a, mean_b, cov_b):
    """C₁^½ C₂^½ was taken for the last root. That is right for clouds with the same axes; and for others?"""
    both = root_naive(cov_a) @ root_naive(cov_b)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * both)


@frechet.mistake("not symmetric")
def _(mean_a, cov_a, mean_b, cov_b):
    """You asked for the root of C₁ C₂. That product is not symmetric, and eigh reads one half of a matrix only. Which
    product has the formula, and is that one symmetric?"""
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root.solution(cov_a @ cov_b))


@frechet.mistake("factor of 2")
def _(mean_a, cov_a, mean_b, cov_b):
    """What does yours say of a cloud and itself? There has to be something that cancels both covariances."""
    half = root_naive(cov_a)
    both = root_naive(half @ cov_b @ half)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - both)


@frechet.mistake("means only")
def _(mean_a, cov_a, mean_b, cov_b):
    """Only the places were compared. A generator that draws one bird over and over: what finds it out?"""
    return ((mean_a - mean_b) ** 2).sum()


@frechet.mistake("diagonal")
def _(mean_a, cov_a, mean_b, cov_b):
    """Only the variances were compared, number by number. What of two clouds that are turned another way?"""
    deviations = np.sqrt(np.diag(cov_a)) - np.sqrt(np.diag(cov_b))
    return ((mean_a - mean_b) ** 2).sum() + (deviations**2).sum()


@frechet.mistake("factor")
def _(mean_a, cov_a, mean_b, cov_b):
    """You took the mean of the squares. The square of a distance is their sum, or their mean?"""
    return ((mean_a - mean_b) ** 2).mean() + frechet.solution(mean_a, cov_a, mean_a, cov_b)


@frechet.mistake("sum twice")
def _(mean_a, cov_a, mean_b, cov_b):
    """All numbers of the matrix were added up. Which of them does a trace take?"""
    half = root_naive(cov_a)
    return ((mean_a - mean_b) ** 2).sum() + (cov_a + cov_b - 2 * root_naive(half @ cov_b @ half)).sum()


@frechet.mistake("elementwise")
def _(mean_a, cov_a, mean_b, cov_b):
    """The matrices under the last root were multiplied number by number. Which product does the formula mean?"""
    half = root_naive(cov_a)
    both = root.solution(half * cov_b * half)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * both)
