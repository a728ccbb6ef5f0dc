"""The pictures of this lesson alone: what lies in the plane. Its curves are drawn in curves.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from matplotlib.patheffects import withStroke

from chapters.ch07_vae.plane import QUANTILES
from tinydl.plot.drawing import PALETTE, RED, brief, new_figure, pixels
from tinydl.plot.plane import AXES, draw_classes


@dataclass(frozen=True)
class Map:
    """What is known of places in the plane (n, 2): their classes, and what those are called."""

    places: np.ndarray
    labels: np.ndarray
    names: Sequence[str]

    def few(self, n: int) -> Map:
        """The first n."""
        return Map(self.places[:n], self.labels[:n], self.names)


# ------------------------------------------------------------------------------------- grids of what is decoded


def manifold(pictures: np.ndarray, title: str) -> Figure:
    """Pictures (side, side, h, w, channels) at the places that they were decoded from."""
    figure = new_figure(6.4, 6.6, title)
    axes = figure.subplots()
    draw_grid(axes, pictures)
    steps = range(0, len(QUANTILES), 2)
    axes.set_xticks([k + 0.5 for k in steps], [f"{QUANTILES[k]:.2f}" for k in steps])
    axes.set_yticks([k + 0.5 for k in steps], [f"{QUANTILES[k]:.2f}" for k in steps])
    axes.set(**AXES)
    return figure


def manifolds(grids: Sequence[tuple[str, np.ndarray]], title: str) -> Figure:
    """Several such grids, each with its title, side by side."""
    figure = new_figure(5.2 * len(grids), 5.6, title)
    for axes, (name, pictures) in zip(figure.subplots(1, len(grids)), grids):
        draw_grid(axes, pictures)
        axes.set_title(name, fontsize=11)
        axes.set(xticks=[], yticks=[], **AXES)
    return figure


def draw_grid(axes: Axes, pictures: np.ndarray) -> None:
    """One picture of many (rows, columns, h, w, channels), edge to edge, each 1 wide."""
    rows, columns, height, width, channels = pictures.shape
    together = pictures.swapaxes(1, 2).reshape(1, rows * height, columns * width, channels)
    tall = rows * height / width
    axes.imshow(
        pixels(together)[0], cmap="gray", vmin=0, vmax=1, extent=(0, columns, 0, tall), aspect="equal"
    )


# ----------------------------------------------------------------------------------------------------- clouds


def clouds(middles: Map, covariances: np.ndarray, samples: np.ndarray, words: str) -> Figure:
    """The clouds of some pictures, one by one; and a point of each cloud of all, in a heap.

    Args:
        middles: of the clouds that are drawn.
        covariances: of those clouds, (n, 2, 2).
        samples: a point of each of all clouds, (m, 2).
        words: which plane it is.
    """
    figure = new_figure(11.6, 5.4, f"Clouds{words}")
    left, right = figure.subplots(1, 2)
    for (x, y), covariance, k in zip(middles.places, covariances, middles.labels):
        squares, directions = np.linalg.eigh(covariance)
        width, height = 2 * np.sqrt(np.maximum(squares, 0))  # from -1 to 1 standard deviation
        angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
        colour = PALETTE[k % len(PALETTE)]
        left.add_patch(
            Ellipse((x, y), width, height, angle=angle, facecolor=colour, alpha=0.5, edgecolor="black")
        )
    left.set_title(f"{len(covariances)} pictures: one standard deviation around the mean", fontsize=11)
    stds = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))  # (n, 2)
    reach = max(3.2, 1.05 * float((np.abs(middles.places) + stds).max()))
    heap, edges, _ = np.histogram2d(*samples.T, bins=60, range=[[-reach, reach]] * 2)
    right.pcolormesh(edges, edges, np.sqrt(heap.T), cmap="Blues")  # the root, so that thin places are seen
    for radius in (1, 2, 3):
        right.add_patch(Circle((0, 0), radius, fill=False, edgecolor=RED, linestyle="--", linewidth=1))
        right.text(0, radius, f" {radius}", color=RED, va="bottom", fontsize=9)
    right.set_title(f"a point of each of {len(samples):,} clouds (dashed: 1, 2, 3)", fontsize=11)
    for axes in (left, right):
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", **AXES)
    return figure


# ------------------------------------------------------------------------------------------------- several β


def planes(rows: Sequence[tuple[str, Map, np.ndarray]], title: str) -> Figure:
    """For each network: a title, where the clouds of test pictures lie, and what lies at the normal's quantiles."""
    figure = new_figure(2.4 * len(rows), 5.2, title)
    panels = figure.subplots(2, len(rows), squeeze=False)
    for (name, places, pictures), (above, below) in zip(rows, panels.T):
        draw_classes(above, places.places, places.labels, places.names, size=6)
        above.set_title(name, fontsize=11)
        above.tick_params(labelsize=8)
        draw_grid(below, pictures)
        below.set(xticks=[], yticks=[])
    panels[0, 0].set_ylabel("second latent number")
    panels[0, 0].set_xlabel("first latent number")
    panels[1, 0].set_ylabel("decoded, from -1.64 to 1.64")
    return figure


# ------------------------------------------------------------------------------------------------- the walk


def walk(background: Map, way: np.ndarray, pictures: np.ndarray, words: str) -> Iterator[Figure]:
    """One figure, again and again: on the left where we are, on the right what is decoded there.

    Args:
        background: where test pictures lie.
        way: the places, (steps, 2).
        pictures: what is decoded there, (steps, h, w, channels).
        words: which plane it is.
    """
    figure = new_figure(5.6, 3.0, words.strip())
    left, right = figure.subplots(1, 2)
    for k, name in enumerate(background.names):
        own = background.places[background.labels == k]
        left.plot(*own.T, ".", color="#AAAAAA", markersize=2.5, antialiased=False)
        if len(own):
            x, y = np.median(own, axis=0)
            text = left.text(
                x, y, brief(name, 12), ha="center", va="center", fontsize=8, weight="bold", clip_on=True
            )
            text.set_path_effects([withStroke(linewidth=2, foreground="white")])
    left.plot(*np.concatenate([way, way[:1]]).T, color="black", linewidth=0.8)
    (here,) = left.plot(*way[0], "o", color="white", markeredgecolor="black", markeredgewidth=2, markersize=8)
    reach = 1.1 * float(np.abs(way).max() + np.abs(background.places).mean())
    left.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    left.set_title("we are here", fontsize=10)
    left.tick_params(labelsize=7)
    shown = np.round(15 * pixels(pictures)) / 15  # a film is to be light: sixteen greys
    image = right.imshow(shown[0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    right.set_title("and this is what is here", fontsize=10)
    right.axis("off")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # it has found its places, and would move a little with each frame
    for place, picture in zip(way, shown):
        here.set_data([place[0]], [place[1]])
        image.set_data(picture)
        yield figure
