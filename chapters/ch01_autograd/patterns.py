"""Two kinds of points in a plane, drawn by NumPy from a seed: what the chapter's network learns to tell apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chapters import course
from tinydl.lookup import lookup

Side = np.ndarray  # (n,), 0 or 1: which of the two kinds
BLUR = 0.12  # how far points stray


def moons(side: Side, rng: np.random.Generator) -> np.ndarray:
    """Two half circles, each reaching into the other."""
    angle = np.pi * rng.random(len(side)) + np.pi * side
    return _around(angle, 1.0) + np.stack([side - 0.5, 0.5 * side - 0.25], axis=1)


def circles(side: Side, rng: np.random.Generator) -> np.ndarray:
    """A ring, and a smaller one inside."""
    return _around(2 * np.pi * rng.random(len(side)), np.where(side, 0.5, 1.2))


def spiral(side: Side, rng: np.random.Generator) -> np.ndarray:
    """Two arms that wind around each other, one turn and a quarter."""
    along = np.sqrt(rng.random(len(side)))  # the square root: as many points to a length, outside and inside
    return _around(2.5 * np.pi * along + np.pi * side, 0.2 + 1.3 * along)


def corners(side: Side, rng: np.random.Generator) -> np.ndarray:
    """Opposite corners of a square belong together ("exclusive or"): no straight line separates them."""
    x, flip = rng.uniform(0.3, 1.4, (2, len(side))), rng.choice([-1.0, 1.0], len(side))
    return np.stack([flip * x[0], flip * x[1] * np.where(side, 1.0, -1.0)], axis=1)


PATTERNS: dict[str, Callable[[Side, np.random.Generator], np.ndarray]] = {
    "moons": moons,
    "circles": circles,
    "spiral": spiral,
    "corners": corners,
}


def draw(name: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 2) and their targets (count, 1), -1 or 1, both float32.

    Raises:
        Refused: there is no pattern of this name.
    """
    try:
        pattern = lookup(name, PATTERNS, "pattern")
    except ValueError as error:
        raise course.Refused(f"--data: {error}") from None
    rng = np.random.default_rng(seed)
    side = rng.permutation(count) % 2  # (count,), as many of one kind as of the other
    points = pattern(side, rng) + rng.normal(0, 0.4 * BLUR if pattern is spiral else BLUR, (count, 2))
    return points.astype(np.float32), np.where(side, 1.0, -1.0).astype(np.float32)[:, None]


def _around(angle: np.ndarray, radius: np.ndarray | float) -> np.ndarray:
    """Points (n, 2) at these angles, in radians, and this far from the middle."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.reshape(radius, (-1, 1))
