"""May distances in the plane be read? What the network itself thinks of them, and what another seed makes of them."""

from __future__ import annotations

import numpy as np

from chapters.ch06_bottleneck.model import bottleneck
from tinydl import Sequential, ops


def redrawn(model: Sequential, matrix: np.ndarray) -> Sequential:
    """The same classifier on another plane: a point z of the old one lies at z @ matrix (2, 2) in this.

    The last layer has scores z @ w + b, and z @ w = (z @ matrix) @ (inverse @ w): nobody can tell from the answers.
    """
    *others, kernel, bias, w, b = model.get_weights()  # (64, 2), (2,), (2, classes), (classes,)
    new = bottleneck(model.input_shape[1:], len(b))
    new.set_weights([*others, kernel @ matrix, bias @ matrix, np.linalg.inv(matrix) @ w, b])
    return new


def answers(model: Sequential, z: np.ndarray) -> np.ndarray:
    """The probabilities (n, classes) at points of the plane (n, 2)."""
    w, b = model.get_layer("classes").get_weights()
    return ops.softmax(z @ w + b)


def sensitivity(model: Sequential, z: np.ndarray) -> np.ndarray:
    """How fast the answer changes at points of the plane (n, 2): the slope of the winner's probability, (n,).

    Of softmax, dp_k / dz = p_k (w_k - sum over j of p_j w_j).
    """
    w, _ = model.get_layer("classes").get_weights()
    p = answers(model, z)  # (n, classes)
    best = p.argmax(axis=1)
    slope = w.T[best] - p @ w.T  # (n, 2)
    return p.max(axis=1) * np.linalg.norm(slope, axis=1)


def pull(model: Sequential, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Where the loss would have points (n, 2) go: -dL/dz = sum over k of (t_k - p_k) w_k, (n, 2)."""
    w, _ = model.get_layer("classes").get_weights()
    p = answers(model, z)
    t = np.eye(p.shape[1], dtype=p.dtype)[labels]
    return (t - p) @ w.T


# ------------------------------------------------------------------------------------------- what is measured


def centres(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of each class: (n, d) -> (classes, d)."""
    return np.stack([points[labels == k].mean(axis=0) for k in np.unique(labels)])


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between directions in the plane, in degrees: (n, 2) and (n, 2) -> (n,), from 0 to 180."""
    turn = np.degrees(np.arctan2(a[:, 1], a[:, 0]) - np.arctan2(b[:, 1], b[:, 0]))
    return np.abs((turn + 180) % 360 - 180)


def gaps(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far apart the centres of two classes lie, for each pair: (classes · (classes - 1) / 2,)."""
    middle = centres(points, labels)
    a, b = np.triu_indices(len(middle), k=1)
    return np.linalg.norm(middle[a] - middle[b], axis=1)


def spreads(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far the pictures of a class lie from its centre, root of the mean square: (classes,)."""
    middle = centres(points, labels)
    return np.array(
        [
            np.sqrt(((points[labels == k] - m) ** 2).sum(axis=1).mean())
            for k, m in zip(np.unique(labels), middle)
        ]
    )


def mixed_up(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How often two classes are taken for one another, for each pair: the mean probability of the wrong one."""
    table = centres(probabilities, labels)  # (classes, classes): the mean answer for each true class
    a, b = np.triu_indices(len(table), k=1)
    return (table[a, b] + table[b, a]) / 2


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Whether two lists have the same order: 1 just the same, 0 no connection, -1 the opposite (Spearman 1904)."""
    ranks = [np.argsort(np.argsort(each)) for each in (a, b)]
    return float(np.corrcoef(*ranks)[0, 1])
