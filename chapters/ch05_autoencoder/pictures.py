"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinydl.plot.drawing import BLUE, GREY, ORANGE, RED, draw_tiles, new_figure
from tinydl.plot.plane import AXES, draw_classes

STAR: dict[str, Any] = {
    "marker": "*",
    "linestyle": "none",
    "color": ORANGE,
    "markeredgecolor": "black",
    "markersize": 13,
}


def curves(sets: Mapping[str, tuple[Sequence[float], float, float]]) -> Figure:
    """The loss of each data set over the epochs, on the test set, and the lowest that there is.

    Args:
        sets: by name, the loss after each epoch, the test loss, and the floor.
    """
    figure = new_figure(5.6 * len(sets), 3.8, "Cross-entropy and its floor")
    panels = np.atleast_1d(figure.subplots(1, len(sets)))
    for axes, (name, (losses, test, floor)) in zip(panels, sets.items()):
        epochs = np.arange(1, len(losses) + 1)
        axes.plot(epochs, losses, color=BLUE, marker=".", label="training")
        axes.plot(epochs[-1], test, **STAR, label=f"test: {test:.4f}")
        axes.axhline(floor, color=GREY, linestyle="--", label=f"a perfect copy: {floor:.4f}")
        axes.set(xlabel="epoch", ylabel="loss (nats a pixel)", title=name)
        axes.set_ylim(floor - 0.06 * (max(losses) - floor))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend(frameon=False)
        _plain(axes)
    return figure


def slopes() -> Figure:
    """Cross-entropy and squared error of one white pixel over its logit, and their slopes."""
    z = np.linspace(-8, 8, 400)
    p = 1 / (1 + np.exp(-z))
    figure = new_figure(11, 3.8, "A white pixel (t = 1), and what the network paints there")
    left, right = figure.subplots(1, 2)
    prices = -np.log(p), (p - 1) ** 2  # of the two losses, for t = 1
    pulls = p - 1, 2 * (p - 1) * p * (1 - p)
    for axes, (cross_entropy, squared) in ((left, prices), (right, pulls)):
        axes.plot(z, cross_entropy, color=BLUE, label="cross-entropy")
        axes.plot(z, squared, color=RED, linestyle="--", label="squared error")
        axes.axhline(0, color="black", linewidth=0.6)
        axes.set_xlabel("logit z (black on the left, white on the right)")
        _plain(axes)
    left.set(ylabel="loss", title="the price")
    right.set(ylabel="slope ∂loss/∂z", title="how hard it pulls")
    left.legend(frameon=False)
    return figure


def components(sets: Mapping[str, tuple[np.ndarray, float, int]]) -> Figure:
    """PCA's squared error over the number of components, and the autoencoder's with a few numbers.

    Args:
        sets: by name, PCA's error with 1, 2, ... components, the autoencoder's error, and its numbers.
    """
    figure = new_figure(5.6 * len(sets), 3.8, "How many numbers does PCA need?")
    panels = np.atleast_1d(figure.subplots(1, len(sets)))
    for axes, (name, (errors, own, code)) in zip(panels, sets.items()):
        axes.plot(range(1, len(errors) + 1), errors, color=GREY, label="PCA")
        axes.plot(code, errors[code - 1], "o", color=GREY)
        axes.annotate(f"{errors[code - 1]:.4f}", (code, errors[code - 1]), (6, 6), textcoords="offset points")
        axes.plot(code, own, **STAR, label=f"autoencoder: {own:.4f}")
        enough = int((errors > own).sum()) + 1
        if code < enough <= len(errors):
            axes.plot([code, enough], [own, own], color=ORANGE, linestyle=":")
            axes.plot(enough, errors[enough - 1], "o", color=ORANGE)
            axes.annotate(f"{enough} components", (enough, own), (4, 8), textcoords="offset points")
        axes.set(xlabel="numbers a picture", ylabel="squared error a pixel", title=name, ylim=(0, None))
        axes.legend(frameon=False)
        _plain(axes)
    return figure


def rows_of_pictures(rows: Sequence[tuple[str, np.ndarray]], title: str) -> Figure:
    """Named rows of pictures, the name on the left: each (n, h, w), from 0 to 1."""
    columns = len(rows[0][1])
    figure = new_figure(0.85 * columns + 1.6, 0.93 * len(rows) + 0.4, title)
    axes = figure.subplots()
    pictures = np.concatenate([pictures for _, pictures in rows])
    draw_tiles(axes, pictures, columns, cmap="gray", vmin=0, vmax=1)
    for i, (name, _) in enumerate(rows):
        axes.text(-0.2, i * 1.08 + 0.5, name, ha="right", va="center", fontsize=10)
    return figure


def each_number(pictures: np.ndarray, steps: np.ndarray) -> Figure:
    """What one number of the code does, each in its column: (numbers, steps, h, w), from 0 to 1."""
    numbers = len(pictures)
    title = "Each of the numbers alone: below its value, and above it"
    figure = new_figure(13, 0.61 * len(steps) + 0.7, title)
    axes = figure.subplots()
    tiles = pictures.swapaxes(0, 1).reshape(-1, *pictures.shape[2:])  # (steps * numbers, h, w)
    draw_tiles(axes, tiles, numbers, cmap="gray", vmin=0, vmax=1)
    names = [f"{step:+.0f} σ".replace("-", "−") if step else "as it is" for step in steps]
    for i, name in enumerate(names):
        axes.text(-0.2, i * 1.08 + 0.5, name, ha="right", va="center", fontsize=9)
    for i in range(numbers):
        axes.text(i * 1.08 + 0.5, len(steps) * 1.08 + 0.1, str(i), ha="center", va="top", fontsize=9)
    axes.set_ylim(len(steps) * 1.08 + 0.5, -0.08)
    return figure


def plane(
    points: np.ndarray, labels: np.ndarray, names: Sequence[str], colour: np.ndarray, title: str
) -> Figure:
    """The same points (n, 2) twice: by class, and each in the mean colour of its picture (n, 3), from 0 to 1."""
    figure = new_figure(13, 5.2, title)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    draw_classes(left, points, labels, names, size=32)
    left.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, markerscale=1.4)
    right.scatter(points[:, 0], points[:, 1], s=48, color=colour, edgecolors="#444444", linewidths=0.4)
    left.set(**AXES, title="by class")
    right.set(xlabel=AXES["xlabel"], title="each in its picture's mean colour")
    return figure


def _plain(axes: Axes) -> None:
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
