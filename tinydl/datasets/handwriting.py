"""Digits that look written by hand, drawn by NumPy: the embedded stand-in for MNIST.

A digit is a few strokes through a handful of points, and every writer puts the points a little elsewhere. So:
move the points at random, lay a smooth curve through them, slant and stretch it, and let a pen run along it.
All digits of a kind are drawn at once, as matrix products.
"""

from __future__ import annotations

import numpy as np

SIDE = 28
INKED = 20  # as in MNIST, a digit fits into 20×20 pixels and its centre of mass is the picture's centre
DOTS = 80  # dots of ink a digit
CHUNK = 2_000  # digits drawn at once: bounds the memory

# How people write the ten digits: for each its shapes, for each shape its strokes, for each stroke its points
# "xy" on a 10×10 sheet (a is 10, y points down). A point given twice in a row makes a corner.
SHAPES = (
    (("50 21 05 29 5a 89 a5 81 50",), ("61 30 04 18 4a 99 a4 70 31",), ("40 02 07 3a 7a a6 92 60 31",)),
    (("50 54 5a",), ("23 50 50 54 5a",), ("61 56 4a",), ("23 50 50 5a", "2a 5a 8a")),
    (("12 30 71 83 66 0a 0a 5a 9a",), ("12 40 81 74 39 0a 18 48 7a aa",), ("02 40 82 65 19 19 49 99",)),
    (("11 40 82 64 45 45 86 98 5a 09",), ("10 80 80 44 44 86 98 5a 19",), ("11 50 72 44 54 86 79 4a 0a",)),
    (("20 15 15 55 95", "80 75 7a"), ("60 07 07 57 a7", "74 7a"), ("70 06 06 96", "70 70 65 5a"),
     ("10 05 46 85 80 80 8a",)),
    (("80 20 20 14 14 64 97 5a 09",), ("20 15 15 64 97 5a 19", "20 60 90"), ("90 30 30 25 25 75 88 4a 08",)),
    (("80 42 07 3a 8a 97 65 16",), ("60 23 08 4a 78 66 36 17",), ("50 23 08 3a 8a 96 55 07",)),
    (("01 50 90 90 65 4a",), ("02 01 90 90 55 3a", "25 55 85"), ("11 91 91 57 5a",),
     ("02 30 60 90 90 64 4a",)),
    (("82 50 12 44 87 6a 3a 17 54 92 82",), ("50 22 55 82 50", "55 18 5a 98 55"),
     ("91 40 12 35 78 5a 18 54 91",)),
    (("82 50 12 35 74 82 82 87 7a",), ("92 50 13 45 83 91 91 78 4a 19",), ("71 30 03 35 73 71 71 6a",)),
)  # fmt: skip


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws one picture of each label.

    Args:
        labels: integers 0 to 9 of shape (n,).
        rng: where all the variation comes from.

    Returns:
        uint8 of shape (n, 28, 28), white on black.
    """
    pictures = np.empty((len(labels), SIDE, SIDE), np.uint8)
    for digit, shapes in enumerate(SHAPES):
        where = np.flatnonzero(labels == digit)
        shape_of = rng.integers(len(shapes), size=len(where))
        for number, strokes in enumerate(shapes):
            chosen = where[shape_of == number]
            for start in range(0, len(chosen), CHUNK):
                part = chosen[start : start + CHUNK]
                points, weights = _write(strokes, len(part), rng)
                pictures[part] = _ink(points, weights, rng)
    return pictures


def _write(strokes: tuple[str, ...], n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The pen's way over the paper, n times: dots in pixels (n, dots, 2), and how much of the way each stands
    for."""
    tracks = [
        np.array([[int(digit, 16) for digit in point] for point in stroke.split()]) for stroke in strokes
    ]
    control = np.concatenate(tracks) / 10 - 0.5  # (k, 2), in -0.5 ... 0.5

    # Points that coincide move together, so that corners stay corners and strokes that meet still meet.
    unique, same = np.unique(control, axis=0, return_inverse=True)
    wobble = 0.06 * rng.standard_normal((n, len(unique), 2))
    control = control + wobble[:, same.ravel()]  # (n, k, 2)

    lengths = [np.linalg.norm(np.diff(track, axis=0), axis=1).sum() for track in tracks]
    dots = [max(4, round(DOTS * length / sum(lengths))) for length in lengths]
    ways, steps, first = [], [], 0
    for track, count in zip(tracks, dots, strict=True):
        way = _curve(len(track), count) @ control[:, first : first + len(track)]  # (n, count, 2)
        first += len(track)
        step = np.linalg.norm(np.diff(way, axis=1), axis=2)  # (n, count - 1)
        ways.append(way)
        steps.append((np.pad(step, ((0, 0), (0, 1)), "edge") + np.pad(step, ((0, 0), (1, 0)), "edge")) / 2)
    way, weights = np.concatenate(ways, axis=1), np.concatenate(steps, axis=1)  # (n, dots, 2), (n, dots)

    # The hand: turned, slanted, narrow or wide.
    turn, slant = 0.15 * rng.standard_normal(n), 0.18 + 0.30 * rng.standard_normal(n)
    width = np.exp(0.20 * rng.standard_normal(n)) * 0.85
    hand = np.empty((n, 2, 2))  # a row vector (x, y) times this
    hand[:, 0] = np.stack([width * np.cos(turn), width * np.sin(turn)], axis=1)
    hand[:, 1] = np.stack([-np.sin(turn) - slant, np.cos(turn)], axis=1)
    way = way @ hand

    # MNIST's rule: the longer side fits the box, and the centre of mass is the centre of the picture.
    extent = (way.max(axis=1) - way.min(axis=1)).max(axis=1)  # (n,)
    size = (INKED - 2 - 1.5 * rng.random(n)) / extent
    way, weights = way * size[:, None, None], weights * size[:, None]
    centre = (way * weights[..., None]).sum(axis=1, keepdims=True) / weights.sum(axis=1)[:, None, None]
    off = 0.35 * rng.standard_normal((n, 1, 2))
    return way - centre + (SIDE - 1) / 2 + off, weights


def _curve(points: int, count: int) -> np.ndarray:
    """The matrix that lays a Catmull-Rom spline of `count` dots through `points` points: (count, points).

    Source: Catmull and Rom, "A class of local interpolating splines", 1974.
    """
    along = np.linspace(0, points - 1, count)
    knot = np.minimum(along.astype(int), points - 2)
    t = along - knot
    basis = (
        np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    )
    matrix = np.zeros((count, points))
    for offset, factor in enumerate(basis):  # the ends serve as their own outer neighbours
        np.add.at(matrix, (np.arange(count), np.clip(knot + offset - 1, 0, points - 1)), factor)
    return matrix


def _ink(points: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lets the pen run: every dot leaves a round Gaussian spot. points: (n, dots, 2) -> (n, 28, 28), uint8.

    exp(-(dx² + dy²) / 2s²) = exp(-dx² / 2s²) · exp(-dy² / 2s²): so the sum over all dots is one matrix
    product.
    """
    n, dots, _ = points.shape
    spot = np.clip(0.88 + 0.2 * rng.standard_normal((n, 1, 1)), 0.55, 1.4)  # the pen's radius in pixels
    grid = np.arange(SIDE)
    far = (points[..., None] - grid) / spot[..., None]  # (n, dots, 2, 28), from the middle of the spot
    spread = np.exp(-(far**2) / 2).astype(np.float32)

    # The pen is pressed now more, now less.
    phase, waves = rng.uniform(0, 2 * np.pi, (n, 1)), rng.uniform(2, 9, (n, 1))
    pressure = 1 + 0.18 * np.sin(phase + waves * np.linspace(0, 1, dots))
    flow = pressure * weights / (np.sqrt(2 * np.pi) * spot[..., 0])  # a long straight stroke: 1 at its middle

    across, down = spread[:, :, 0], spread[:, :, 1] * flow[..., None].astype(np.float32)  # (n, dots, 28)
    ink = np.swapaxes(down, 1, 2) @ across  # (n, 28, 28), row by column
    sharp = rng.uniform(1.6, 2.8, (n, 1, 1)) * spot  # a broad pen's edge is as sharp as a fine one's
    ink = np.clip(sharp * (ink - 0.5) + 0.75, 0, 1) * (ink > 0.02)
    return (255 * ink).astype(np.uint8)
