"""Painting with signed distances: what the cakes of `patisserie.py` are drawn with.

A shape is a signed distance: a number a pixel that says how far it is from the shape's edge, negative inside.
So `np.maximum` of two shapes is their overlap, `np.minimum` is both, and the edge is smooth at any size:
where the distance is less than a pixel, the paint covers that pixel in part.
Source of the shapes: Inigo Quilez, https://iquilezles.org/articles/distfunctions2d/.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Colour = Sequence[float] | np.ndarray  # red, green, blue in 0 ... 1; or a picture of such, (h, w, 3)

CREAM, WHITE, BLACK = (0.99, 0.95, 0.86), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
GOLD, CRUST, BISCUIT = (0.90, 0.70, 0.38), (0.78, 0.52, 0.24), (0.66, 0.42, 0.20)
BROWN, DARK = (0.38, 0.21, 0.11), (0.22, 0.11, 0.06)
RED, BLUE, GREEN, ORANGE = (0.80, 0.10, 0.14), (0.22, 0.22, 0.50), (0.55, 0.72, 0.22), (0.96, 0.60, 0.12)
PASTELS = (
    (0.98, 0.70, 0.78),
    (0.66, 0.84, 0.92),
    (0.75, 0.90, 0.72),
    (0.98, 0.90, 0.62),
    (0.82, 0.74, 0.93),
    CREAM,
)
TABLES = (
    (0.62, 0.44, 0.30),
    (0.86, 0.83, 0.78),
    (0.35, 0.40, 0.44),
    (0.72, 0.80, 0.82),
    (0.85, 0.62, 0.60),
    BISCUIT,
)


class Canvas:
    """A square picture, and the paint, the ruler and the dice for one cake.

    `x` and `y` are each pixel's place, (size, size), x to the right and y down, in the cake's own frame: the
    cake fills about -1 ... 1 of it, wherever and however large the picture shows it.
    """

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.rng = rng
        across = (np.arange(size) + 0.5) / size * 2 - 1
        self.column, self.row = np.meshgrid(across, across)  # of the picture, -1 ... 1
        turn, zoom = 0.10 * rng.standard_normal(), rng.uniform(1.1, 1.6)
        x, y = self.column - rng.uniform(-0.16, 0.16), self.row - rng.uniform(-0.16, 0.16)
        self.x = zoom * (np.cos(turn) * x + np.sin(turn) * y)
        self.y = zoom * (np.cos(turn) * y - np.sin(turn) * x)
        self.pixel = zoom * 2 / size
        self.rgb = np.zeros((size, size, 3))

    def paint(self, distance: np.ndarray, colour: Colour, opacity: float | np.ndarray = 1.0) -> None:
        """Covers the inside of a shape with a colour."""
        cover = np.clip(0.5 - distance / self.pixel, 0, 1) * opacity  # (size, size)
        self.rgb += cover[..., None] * (np.asarray(colour) - self.rgb)

    def glow(self, distance: np.ndarray, colour: Colour, opacity: float, reach: float) -> None:
        """Paint that fades out over `reach` beyond the edge: shadows and highlights."""
        self.paint(np.full_like(distance, -1.0), colour, opacity * np.clip(1 - distance / reach, 0, 1) ** 2)

    def tone(self, colour: Colour, by: float = 0.05) -> np.ndarray:
        """A colour that is a little other each time, lighter or darker and warmer or colder."""
        return np.clip(np.asarray(colour) * self.rng.normal(1, by) * self.rng.normal(1, by / 2, 3), 0, 1)

    def pick(self, colours: Sequence[Colour], by: float = 0.05) -> np.ndarray:
        """One of several colours, and that a little other each time."""
        return self.tone(colours[int(self.rng.integers(len(colours)))], by)

    def rounded(self, colour: Colour, width: float, depth: float = 0.35) -> np.ndarray:
        """A colour that darkens to the left and right, as a cylinder of that width does: (size, size, 3)."""
        shade = 1 - depth * np.clip(np.abs(self.x) / width, 0, 1) ** 3
        return np.asarray(colour) * shade[..., None]

    def ellipse(self, cx: float, cy: float, a: float, b: float) -> np.ndarray:
        """An ellipse of half-axes a and b; away from its edge the distance is only nearly right."""
        return (np.hypot((self.x - cx) / a, (self.y - cy) / b) - 1) * min(a, b)

    def box(self, cx: float, cy: float, a: float, b: float, corner: float = 0.0) -> np.ndarray:
        """A rectangle of half-widths a and b with round corners."""
        dx, dy = np.abs(self.x - cx) - a + corner, np.abs(self.y - cy) - b + corner
        return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - corner

    def polygon(self, *corners: tuple[float, float]) -> np.ndarray:
        """A convex polygon, its corners clockwise on the picture: the overlap of half-planes."""
        distance = np.full_like(self.x, -np.inf)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
            length = np.hypot(x1 - x0, y1 - y0)
            side = ((y1 - y0) * (self.x - x0) - (x1 - x0) * (self.y - y0)) / length
            distance = np.maximum(distance, side)
        return distance

    def cylinder(
        self, top: float, bottom: float, radius: float, tilt: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """A round cake seen from a little above: its whole outline, and its lid."""
        lid = self.ellipse(0, top, radius, radius * tilt)
        wall = self.box(0, (top + bottom) / 2, radius, (bottom - top) / 2)
        return np.minimum(np.minimum(lid, wall), self.ellipse(0, bottom, radius, radius * tilt)), lid

    def rim(self, height: float, radius: float, tilt: float) -> np.ndarray:
        """How far each pixel lies below the front edge of a cylinder's lid; negative above it."""
        return self.y - height - radius * tilt * np.sqrt(np.clip(1 - (self.x / radius) ** 2, 0, 1))

    def waves(self, along: np.ndarray, height: float, slow: float = 5.0) -> np.ndarray:
        """An irregular edge, about -height ... height."""
        first, second = self.rng.uniform(0, 7, 2)
        return height * (0.6 * np.sin(slow * along + first) + 0.4 * np.sin(2.3 * slow * along + second))

    def scatter(self, n: int, a: float, b: float, cy: float = 0.0) -> np.ndarray:
        """n places spread over an ellipse: (n, 2)."""
        angle, radius = self.rng.uniform(0, 2 * np.pi, n), np.sqrt(self.rng.random(n))
        return np.stack([a * radius * np.cos(angle), cy + b * radius * np.sin(angle)], axis=1)

    def berry(self, cx: float, cy: float, radius: float, colour: Colour) -> None:
        """A shiny ball."""
        ball = self.ellipse(cx, cy, radius, radius)
        self.glow(ball, BLACK, 0.3, 0.5 * radius)
        self.paint(ball, self.tone(colour, 0.04))
        self.glow(
            self.ellipse(cx - 0.3 * radius, cy - 0.35 * radius, 0.2 * radius, 0.2 * radius),
            WHITE,
            0.7,
            radius,
        )

    def sprinkle(self, places: np.ndarray, length: float, inside: np.ndarray) -> None:
        """Short coloured sticks, each at an angle of its own, where `inside` is negative."""
        for (cx, cy), angle in zip(places, self.rng.uniform(0, np.pi, len(places)), strict=True):
            dx, dy = self.x - cx, self.y - cy
            along = np.clip(dx * np.cos(angle) + dy * np.sin(angle), -length, length)
            stick = np.hypot(dx - along * np.cos(angle), dy - along * np.sin(angle)) - 0.028
            self.paint(np.maximum(stick, inside), self.pick((*PASTELS, RED, BLUE, GREEN, ORANGE)))
