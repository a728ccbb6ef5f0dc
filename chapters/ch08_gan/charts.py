"""The pictures of the experiments: many trainings beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from chapters.ch08_gan.pictures import GREYS, shown
from tinydl.plot.drawing import BLACK, BLUE, ORANGE, SKY, draw_tiles, new_figure

if TYPE_CHECKING:
    from chapters.ch08_gan.experiments import Trained

MARKS = "os^Dvp*"


def rates(swept: Mapping[str, Sequence[Trained]], steps: int, diversity_real: float) -> Figure:
    """By the discriminator's rate: what is drawn at last, and both figures over the steps; a line for each seed."""
    figure = new_figure(11, 7.6)
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    above.suptitle(
        "What the generator draws of eight points, by the discriminator's learning rate (first seed)",
        fontsize=12,
    )
    for axes, (name, trainings) in zip(above.subplots(1, len(swept), squeeze=False)[0], swept.items()):
        draw_tiles(axes, shown(trainings[0].pictures), columns=2, gap=0.04, **GREYS)
        axes.set_title(name, fontsize=11)
    left, right = below.subplots(1, 2)
    colours = colormaps["viridis"](np.linspace(0, 0.92, len(swept)))
    for (name, trainings), colour, mark in zip(swept.items(), colours, MARKS):
        for i, training in enumerate(trainings[:2]):
            at = steps * np.arange(1, len(training.distance) + 1)
            look = {"color": colour, "marker": mark, "markersize": 5, "linestyle": "--" if i else "-"}
            left.plot(at, training.diversity, label=None if i else name, **look)
            right.plot(at, training.distance, **look)
    left.axhline(diversity_real, color=BLACK, linewidth=0.9, linestyle=":", label="real pictures")
    left.set(ylabel="mean distance of two pictures\n(root mean square of a pixel)", title="diversity")
    left.set_ylim(bottom=0)
    right.set(
        ylabel="distance above the floor (no unit)", title="Fréchet distance: low is good", yscale="log"
    )
    for axes in (left, right):
        axes.set_xlabel("step")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    below.legend(loc="outside right center", frameon=False, fontsize=9, title="rate")
    return figure


def tricks(rows: Mapping[str, Sequence[Trained]], diversity_real: float) -> Figure:
    """A row for each training, the recipe's first: eight pictures, and both figures, a dot for each seed."""
    figure = new_figure(12.5, 0.68 * len(rows) + 1.3)
    tiles, left, right = figure.subplots(1, 3, width_ratios=(1.6, 1, 1), sharey=True)
    wall = [[np.pad(each, 1, constant_values=1) for each in _grey(row[0].pictures)] for row in rows.values()]
    tiles.imshow(np.block(wall), extent=(0, 8, len(rows), 0), aspect="auto", **GREYS)
    tiles.set_yticks(np.arange(len(rows)) + 0.5, list(rows), fontsize=11)
    tiles.tick_params(axis="y", length=0)
    tiles.set_xticks([])
    tiles.spines[:].set_visible(False)
    tiles.set_title("pictures of eight points, one seed", fontsize=11)
    for axes, which in ((left, 0), (right, 1)):
        values = [[training.late[which] for training in trainings] for trainings in rows.values()]
        axes.axvspan(min(values[0]), max(values[0]), color=SKY, alpha=0.25, linewidth=0)
        for k, each in enumerate(values):
            look = {"color": BLUE if k else ORANGE, "markersize": 7, "markeredgecolor": BLACK}
            axes.plot(each, [k + 0.5] * len(each), "o" if k else "D", linestyle="none", **look)
        for k in range(1, len(rows)):
            axes.axhline(k, color="#DDDDDD", linewidth=0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
    left.set_xlabel("distance above the floor (no unit)")
    left.set_title("Fréchet distance: left is good", fontsize=11)
    right.axvline(diversity_real, color=BLACK, linewidth=0.9, linestyle=":")
    right.set_xlabel("root mean square of a pixel")
    right.set_title("diversity (dotted: of real pictures)", fontsize=11)
    for axes in (left, right):
        axes.set_xlim(left=0)
    return figure


def _grey(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w) from 0 to 1; of colours their mean."""
    bright = shown(pictures)
    return bright if bright.ndim == 3 else bright.mean(axis=-1)
