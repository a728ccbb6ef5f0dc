"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`.

Pictures come as the networks have them, (n, h, w, channels) from -1 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tinydl.plot.drawing import BLACK, BLUE, GREY, RED, draw_tiles, new_figure

GREYS = {"cmap": "gray", "vmin": 0, "vmax": 1}  # of pictures with one channel; colours are not touched by it


def shown(x: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w, channels) from -1 to 1 as matplotlib draws them: from 0 to 1, grey ones (n, h, w)."""
    bright = np.clip((x + 1) / 2, 0, 1)
    return bright[..., 0] if x.shape[-1] == 1 else bright


def frame(x: np.ndarray, done: float, columns: int = 6) -> np.ndarray:
    """One picture of the film, (height, width, 3) from 0 to 1: tiles, and a bar that says how far the training is.

    It is pixels and no Figure, so that nothing is scaled but whole pixels doubled: twenty of them are light enough.
    """
    tiles = shown(x).reshape(*x.shape[:3], -1) * np.ones(3)  # (n, h, w, 3)
    tiles = tiles.repeat(2, axis=1).repeat(2, axis=2)
    tiles = np.pad(tiles, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=1)
    n, h, w, _ = tiles.shape
    rows = tiles.reshape(n // columns, columns, h, w, 3).transpose(0, 2, 1, 3, 4)  # (rows, h, columns, w, 3)
    wall = rows.reshape(n // columns * h, columns * w, 3)
    bar = np.ones((8, columns * w, 3))
    bar[3:6, 1 : 1 + round(done * (columns * w - 2))] = 0
    return np.concatenate([wall, bar])


def strip(moments: Mapping[int, np.ndarray], title: str) -> Figure:
    """What became of some points: a row each, a column for each of the `moments`, which are steps."""
    pictures = np.stack(list(moments.values()), axis=1)  # (points, moments, h, w, channels)
    rows, columns = pictures.shape[:2]
    figure = new_figure(max(4.5, 0.95 * columns), 0.95 * rows + 0.8, title)
    axes = figure.subplots()
    draw_tiles(axes, shown(pictures.reshape(-1, *pictures.shape[2:])), columns, gap=0.06, **GREYS)
    for i, step in enumerate(moments):
        axes.text(i * 1.06 + 0.5, -0.1, f"{step:,}", ha="center", va="bottom", fontsize=9)
    axes.set_ylim(axes.get_ylim()[0], -0.4)
    return figure


def beside(real: np.ndarray, generated: np.ndarray, title: str, columns: int = 8) -> Figure:
    """Real pictures on the left; on the right generated ones, under their title."""
    figure = new_figure(11, 11 / 2 * len(real) / columns**2 + 0.5)
    for axes, x, words in zip(figure.subplots(1, 2), (real, generated), ("real", title)):
        draw_tiles(axes, shown(x), columns, gap=0.04, **GREYS)
        axes.set_title(words, fontsize=12)
    return figure


def nearest_ones(generated: np.ndarray, real: np.ndarray, title: str) -> Figure:
    """Generated pictures (n, ...) in a row, and under each one that real picture which is nearest to it (n, ...)."""
    columns = len(generated)
    figure = new_figure(0.95 * columns, 2.7, title)
    axes = figure.subplots()
    draw_tiles(axes, shown(np.concatenate([generated, real])), columns, gap=0.06, **GREYS)
    for row, words in enumerate(("generated", "nearest real")):
        axes.text(-0.12, row * 1.06 + 0.5, words, ha="right", va="center", fontsize=9, rotation=90)
    return figure


def between(x: np.ndarray, title: str) -> Figure:
    """From one point to another in small steps: (rows, columns, h, w, channels), a row for each pair."""
    rows, columns = x.shape[:2]
    figure = new_figure(0.8 * columns, 0.8 * rows + 0.5, title)
    draw_tiles(figure.subplots(), shown(x.reshape(-1, *x.shape[2:])), columns, gap=0.04, **GREYS)
    return figure


# -------------------------------------------------------------------------------------------------- curves


def adversaries(history: Mapping[str, Sequence[float]], steps: int) -> Figure:
    """Both losses, and what share of real and of generated pictures the discriminator told right, over the steps.

    Args:
        history: means over epochs: d_loss, g_loss, real_accuracy, generated_accuracy.
        steps: that an epoch has.
    """
    figure = new_figure(11, 3.8)
    left, right = figure.subplots(1, 2)
    at = steps * np.arange(1, len(history["d_loss"]) + 1)
    for axes, names in ((left, ("d_loss", "g_loss")), (right, ("real_accuracy", "generated_accuracy"))):
        for name, look in zip(names, ({"color": BLUE}, {"color": RED, "linestyle": "--"})):
            axes.plot(at, history[name], marker=".", label=LABELS[name], **look)
    left.axhline(np.log(2), color=BLACK, linewidth=0.8, linestyle=":", label="of tossing a coin, log 2")
    left.set(title="the losses", ylabel="binary crossentropy (nats)")
    right.axhline(0.5, color=BLACK, linewidth=0.8, linestyle=":", label="tossing a coin")
    right.set(title="what the discriminator tells right", ylabel="of the pictures (%)", ylim=(0, 1.03))
    right.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    for axes in (left, right):
        _over_steps(axes)
    return figure


LABELS = {
    "d_loss": "of the discriminator",
    "g_loss": "of the generator",
    "real_accuracy": "real ones called real",
    "generated_accuracy": "generated ones called generated",
}


def quality(
    frechet: Mapping[int, float], floor: float, diversity: Mapping[int, float], diversity_real: float
) -> Figure:
    """Two figures of the pictures' quality over the steps, and what real pictures would get."""
    figure = new_figure(11, 3.8)
    left, right = figure.subplots(1, 2)
    left.plot(list(frechet), list(frechet.values()), color=BLUE, marker=".", label="generated")
    left.axhline(floor, color=BLACK, linewidth=0.9, linestyle=":", label="real against real: the floor")
    if 0 in frechet:
        left.axhline(frechet[0], color=GREY, linewidth=0.9, linestyle="--", label="the untrained generator")
    left.set(
        title="Fréchet distance to real pictures: low is good", ylabel="distance (no unit)", yscale="log"
    )
    right.plot(list(diversity), list(diversity.values()), color=BLUE, marker=".", label="generated")
    right.axhline(diversity_real, color=BLACK, linewidth=0.9, linestyle=":", label="real pictures")
    right.set(title="diversity", ylabel="mean distance of two pictures\n(root mean square of a pixel)")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        _over_steps(axes)
    return figure


def circles(paths: Mapping[str, np.ndarray]) -> Figure:
    """Two players with one number each, x and y: the ways (steps, 2) they take, by what they follow."""
    figure = new_figure(5.6, 5.2, "x wants x·y small, y wants it large")
    axes = figure.subplots()
    for (words, path), colour in zip(paths.items(), (BLUE, RED)):
        axes.plot(*path.T, "-", color=colour, linewidth=1.2, marker=".", markersize=4, label=words)
        axes.plot(*path[0], "o", color=colour, markersize=8)
    axes.plot(0, 0, "x", color=BLACK, markersize=9)
    axes.set(xlabel="x (no unit)", ylabel="y (no unit)", aspect="equal")
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _over_steps(axes: Axes) -> None:
    axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=9, framealpha=0.9, edgecolor="none")
