"""How well do points tell classes apart? Nearest neighbours vote; and PCA, the plainest way to few numbers."""

from __future__ import annotations

import numpy as np


def knn_accuracy(
    points: np.ndarray,
    labels: np.ndarray,
    k: int = 5,
    queries: np.ndarray | None = None,
    query_labels: np.ndarray | None = None,
) -> float:
    """The share of points whose k nearest neighbours vote for their own class; on a tie, the nearer ones decide.

    Args:
        points: (n, d).
        labels: their classes, integers from 0 (n,).
        k: how many neighbours vote; fewer where a class has not so many others, or it could never win.
        queries: other points to ask about (m, d). Without them each point is asked about, and does not vote itself.
        query_labels: their classes (m,).

    Returns:
        From 0 to 1; guessing gets about 1 / classes.

    Example:
        >>> points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
        >>> knn_accuracy(points, np.array([0, 0, 0, 1, 1, 1]))
        1.0
        >>> knn_accuracy(points, np.array([0, 1, 0, 1, 0, 1]), k=1)
        0.0
    """
    truth = labels if queries is None else query_labels
    assert truth is not None
    smallest = int(np.unique_counts(labels).counts.min()) - (queries is None)
    k = max(1, min(k, smallest))
    near = nearest(points, k, queries)  # (m, k)
    # A vote counts a little less the farther away it is, far too little to overrule another vote.
    weight = 1 - np.arange(k) / (10 * k * k)  # (k,)
    votes = np.zeros((len(near), int(max(labels.max(), truth.max())) + 1))
    np.add.at(votes, (np.arange(len(near))[:, None], labels[near]), weight)
    return float((votes.argmax(axis=1) == truth).mean())


def nearest(points: np.ndarray, k: int, queries: np.ndarray | None = None) -> np.ndarray:
    """Which k of points (n, d) are nearest to each of the queries (m, d), the nearest first: (m, k).

    Without queries each point is asked about, and is no neighbour of itself. If there are fewer than k, all of them.
    """
    # ||a - b||² = ||a||² - 2ab + ||b||², without the first, which is the same for all neighbours of a
    centre = points.mean(axis=0)
    asked = points if queries is None else queries
    a, b = (np.asarray(each - centre, dtype=np.float64) for each in (asked, points))
    distances = (b * b).sum(axis=1) - 2 * a @ b.T  # (m, n)
    if queries is None:
        np.fill_diagonal(distances, np.inf)
        k = min(k, len(points) - 1)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def pca(x: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal component analysis: the directions in which rows vary most (Pearson 1901).

    `code = (x - mean) @ axes.T` are the best `components` numbers that a linear map can keep of a row, and
    `mean + code @ axes` is what can be said of it from them.

    Args:
        x: (n, d).
        components: how many, at most d.

    Returns:
        `(mean, axes)`: (d,) and (components, d), orthonormal rows, the most important first.

    Example:
        >>> mean, axes = pca(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), 1)
        >>> mean.tolist(), np.abs(axes).round(3).tolist()
        ([1.0, 1.0], [[0.707, 0.707]])
    """
    mean = x.mean(axis=0, dtype=np.float64)
    centred = x - mean
    _, vectors = np.linalg.eigh(centred.T @ centred)  # (d, d): columns, the least important first
    return mean, vectors[:, ::-1][:, :components].T
