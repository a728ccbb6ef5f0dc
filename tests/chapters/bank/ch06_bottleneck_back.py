"""Readers' answers to the exercises of chapter 6: the redrawn plane, the centre of each kind."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def _centres(points, labels):  # as the file has it
    return np.stack([points[labels == k].mean(axis=0) for k in range(labels.max() + 1)])


def _differences(gy, points, labels):
    slopes = np.zeros(points.shape)
    for i in np.ndindex(points.shape):
        up, down = points.astype(float), points.astype(float)
        up[i] += 1e-4
        down[i] -= 1e-4
        slopes[i] = (gy * (_centres(up, labels) - _centres(down, labels))).sum() / 2e-4
    return slopes


# redrawn


@wrong("redrawn", "changed_answers", "all")
def _():
    return 20


@wrong("redrawn", "changed_answers", "all change", "some")
def _():
    return 18  # those near a border keep theirs


@right("redrawn", "changed_answers")
def _():
    rng = np.random.default_rng(0)
    z, w, b = rng.normal(size=(20, 2)), rng.normal(size=(2, 10)), rng.normal(size=10)
    before, after = z @ w + b, (10 * z) @ (w / 10) + b
    return int((~np.isclose(before, after)).any(axis=1).sum())


@right("redrawn", "changed_answers")
def _():
    return 0.0


@wrong("redrawn", "pull_on_points", "points")
def _():
    return 10


@wrong("redrawn", "pull_on_points", "unchanged")
def _():
    return 1  # the same loss, the same gradient


@wrong("redrawn", "pull_on_points", "factor", "square")
def _():
    return 0.01


@right("redrawn", "pull_on_points")
def _():
    return np.float64(1) / 10


@right("redrawn", "pull_on_points")
def _():
    w, error = np.array([[0.3, -0.2], [0.4, 0.9]]), np.array([0.7, -0.7])
    return np.linalg.norm(w / 10 @ error) / np.linalg.norm(w @ error)


@wrong("redrawn", "pull_on_arrows", "arrows")
def _():
    return 1 / 10


@wrong("redrawn", "pull_on_arrows", "unchanged")
def _():
    return 1


@wrong("redrawn", "pull_on_arrows", "factor", "square")
def _():
    return 100


@right("redrawn", "pull_on_arrows")
def _():
    return 10


@right("redrawn", "pull_on_arrows")
def _():
    z, error = np.array([[0.3, -0.2], [0.4, 0.9]]), np.array([[0.7, -0.7], [0.1, -0.1]])
    return ((10 * z).T @ error)[0, 0] / (z.T @ error)[0, 0]


@wrong("redrawn", "a_third_number", "bias")
def _():
    return 64 + 10


@wrong("redrawn", "a_third_number", "one way", "one side")
def _():
    return 64 + 1  # of the dense layer that makes the numbers


@wrong("redrawn", "a_third_number", "one way", "one side")
def _():
    return 10


@wrong("redrawn", "a_third_number", "total")
def _():
    return (64 * 3 + 3) + (3 * 10 + 10)


@wrong("redrawn", "a_third_number", "bias twice", "bias")
def _():
    return 64 + 1 + 10 + 10


@right("redrawn", "a_third_number")
def _():
    def weights(numbers):
        return (64 + 1) * numbers + (numbers + 1) * 10

    return weights(3) - weights(2)


@right("redrawn", "a_third_number")
def _():
    return 65.0 + 10.0


# centres


@wrong("centres", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(12, 2)), np.repeat(np.arange(3), 4)
    gy = rng.normal(size=(3, 2))
    return bool(np.allclose(rule(gy, points, labels), _differences(gy, points, labels), atol=1e-6))


@wrong("centres", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(6, 2)), np.array([0, 0, 0, 1, 1, 2])  # kind after kind
    gy = rng.normal(size=(3, 2))
    return bool(np.allclose(rule(gy, points, labels), _differences(gy, points, labels), atol=1e-6))


@wrong("centres", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(6, 2)), np.array([0, 2, 0, 1, 1, 0])
    gy = np.ones((3, 2))
    return bool(np.allclose(rule(gy, points, labels), _differences(gy, points, labels), atol=1e-6))


@wrong("centres", "is_right", "lets through")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(6, 2)), np.array([0, 2, 0, 1, 1, 0])
    gy = rng.normal(size=(3, 2))
    return bool(np.isclose(rule(gy, points, labels).sum(), _differences(gy, points, labels).sum()))


@wrong("centres", "is_right", "lets through")
def _(rule):
    points, labels = np.random.default_rng(0).normal(size=(5, 2)), np.array([1, 0, 0, 1, 1])
    gy = np.array([[1.0, 0.0], [0.0, 0.0]])
    return bool(np.allclose(rule(gy, points, labels), _differences(gy, points, labels), atol=0.2))


@wrong("centres", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(6, 2)), np.array([0, 2, 0, 1, 1, 0])
    gy = rng.normal(size=(3, 2))
    return bool((rule(gy, points, labels) == _differences(gy, points, labels)).all())


@wrong("centres", "is_right", "refuses right")
def _(rule):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(6, 2)), np.array([0, 2, 0, 1, 1, 0])
    gy = rng.normal(size=(3, 2))
    up, slopes = points.copy(), np.zeros((6, 2))
    for i in range(6):
        for j in range(2):
            up[i, j] += 1e-4  # and never back
            slopes[i, j] = (gy * (_centres(up, labels) - _centres(points, labels))).sum() / 1e-4
    return bool(np.allclose(rule(gy, points, labels), slopes, atol=1e-5))


@right("centres", "is_right")
def _(rule):
    rng = np.random.default_rng(0)
    for n, k, d in ((3, 2, 2), (9, 4, 2), (7, 2, 5), (4, 4, 3), (5, 1, 2)):
        for _ in range(3):
            labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, n - k)]))
            points, gy = rng.normal(size=(n, d)), rng.normal(size=(k, d))
            got = rule(gy.copy(), points.copy(), labels.copy())
            if np.shape(got) != points.shape or not np.allclose(
                got, _differences(gy, points, labels), atol=1e-6
            ):
                return False
    return True


@right("centres", "is_right")
def _(rule):
    rng = np.random.default_rng(4)
    labels = np.array([2, 0, 1, 0, 2, 2, 0, 2])
    points, gy = rng.normal(size=(8, 3)), rng.normal(size=(3, 3))
    got = np.asarray(rule(gy, points, labels))
    for i in range(8):
        for j in range(3):
            step = np.zeros((8, 3))
            step[i, j] = 1e-4
            slope = ((_centres(points + step, labels) - _centres(points - step, labels)) * gy).sum() / 2e-4
            if abs(got[i, j] - slope) > 1e-6:
                return False
    return True


@wrong("centres", "centres_gradient", "only some", "even kinds")
def _(gy, points, labels):
    many = len(points) / len(gy)
    return gy[labels] / many


@wrong("centres", "centres_gradient", "factor", "sums")
def _(gy, points, labels):
    return gy[labels]


@wrong("centres", "centres_gradient", "factor", "all points")
def _(gy, points, labels):
    return gy[labels] / len(points)


@wrong("centres", "centres_gradient", "only some", "in order")
def _(gy, points, labels):
    counts = np.bincount(labels)
    return np.repeat(gy / counts[:, None], counts, axis=0)  # all of kind 0, then all of kind 1, ...


@wrong("centres", "centres_gradient", "broadcast")
def _(gy, points, labels):
    counts = np.bincount(labels)
    return (gy / counts)[labels]


@wrong("centres", "centres_gradient", "broadcast")
def _(gy, points, labels):
    counts = np.bincount(labels)[labels]  # (n,)
    return gy[labels] / counts


@wrong("centres", "centres_gradient", "sum missing")
def _(gy, points, labels):
    gx = np.zeros(points.shape)
    for k in range(len(gy)):
        i = np.argmax(labels == k)
        gx[i] = gy[k] / np.sum(labels == k)
    return gx


@wrong("centres", "centres_gradient", "sum twice", "neighbours", "upstream")
def _(gy, points, labels):
    gx = np.zeros(points.shape)
    for k in range(len(gy)):
        gx[labels == k] += gy.mean(axis=0) / (labels == k).sum()
    return gx


@wrong("centres", "centres_gradient", "dtype")
def _(gy, points, labels):
    gx = np.zeros(points.shape, dtype=labels.dtype)
    for i, k in enumerate(labels):
        gx[i] = gy[k] / np.count_nonzero(labels == k)
    return gx


@wrong("centres", "centres_gradient", "shifted")
def _(gy, points, labels):
    gx = np.zeros(points.shape)
    for k in range(labels.max()):
        gx[labels == k] = gy[k] / (labels == k).sum()
    return gx


@right("centres", "centres_gradient")
def _(gy, points, labels):
    of_kind = np.eye(len(gy))[labels]  # (n, k)
    return (of_kind / of_kind.sum(axis=0)) @ gy


@right("centres", "centres_gradient")
def _(gy, points, labels):
    gx = np.zeros(points.shape)
    for k, g in enumerate(gy):
        mine = labels == k
        gx[mine] = g / np.count_nonzero(mine)
    return gx


@right("centres", "centres_gradient")
def _(gy, points, labels):
    return np.array([gy[k] / sum(1 for other in labels if other == k) for k in labels])


@wrong("centres", "centres_gradient", "even kinds")
def _(gy, points, labels):
    return gy[labels] / (labels == 0).sum()


@wrong("centres", "centres_gradient", "shape")
def _(gy, points, labels):
    counts = np.array([(labels == kind).sum() for kind in range(len(gy))])
    return gy / counts[:, None]
