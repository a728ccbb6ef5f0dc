"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter

from chapters.ch06_bottleneck.distances import answers, sensitivity
from tinydl import Sequential
from tinydl.plot.drawing import BLACK, BLUE, PALETTE, brief, new_figure
from tinydl.plot.plane import draw_classes, write_names

AXES = {"xlabel": "first number (no unit)", "ylabel": "second number (no unit)"}


@dataclass(frozen=True)
class Plane:
    """What is drawn of a plane: points (n, 2), their classes, what those are called, and a title."""

    points: np.ndarray
    labels: np.ndarray
    names: Sequence[str]
    title: str


def frame(plane: Plane, reach: float) -> Figure:
    """One picture of the film: so small that fifty of them are light."""
    figure = new_figure(5.4, 4.0)
    axes = figure.subplots()
    draw_classes(axes, plane.points, plane.labels, plane.names, size=12)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", **AXES)
    axes.set_title(plane.title, fontsize=11, loc="left", family="monospace")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=8, handletextpad=0.1)
    return figure


def side_by_side(planes: Sequence[Plane], title: str, legend: bool = False) -> Figure:
    """Several planes in a row, each in a scale of its own; names among the points, or, where those mix, in a legend."""
    figure = new_figure(5.6 * len(planes) + 1.6 * legend, 5.4, title)
    for axes, plane in zip(figure.subplots(1, len(planes)), planes):
        draw_classes(axes, plane.points, plane.labels, plane.names, size=12)
        if not legend:
            write_names(axes, plane.points, plane.labels, plane.names, size=9)
        axes.set(**AXES)
        axes.set_title(plane.title, fontsize=11)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, markerscale=1.6)
    return figure


def wedges(model: Sequential, plane: Plane, reach: float) -> Figure:
    """Who wins where, with the direction of each class; and where a step changes the answer."""
    figure = new_figure(12.6, 5.6)
    left, right = figure.subplots(1, 2)
    side = np.linspace(-reach, reach, 401)
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype(np.float32)  # (401², 2)
    winner = answers(model, z).argmax(axis=1).reshape(401, 401)
    colours = np.array([to_rgb(PALETTE[k % len(PALETTE)]) for k in range(len(plane.names))])  # (classes, 3)
    left.imshow(0.65 + 0.35 * colours[winner], origin="lower", extent=(-reach, reach, -reach, reach))
    weights, _ = model.get_layer("classes").get_weights()  # (2, classes)
    for colour, tip in zip(colours, 0.6 * reach * (weights / np.linalg.norm(weights, axis=0).max()).T):
        look = {"arrowstyle": "simple,head_width=0.7,head_length=0.8,tail_width=0.2", "linewidth": 0.6}
        left.annotate("", tip, (0, 0), arrowprops={**look, "facecolor": colour, "edgecolor": BLACK})
    draw_classes(left, plane.points, plane.labels, plane.names, size=10)
    _names_at_the_rim(left, plane, reach)
    left.set_title("which class wins; arrows: the classes' weights", fontsize=11)
    change = np.log10(np.maximum(sensitivity(model, z), 1e-9)).reshape(401, 401)
    bands = right.contourf(side, side, change, levels=range(-6, 1), cmap="viridis", extend="both")
    figure.colorbar(bands, ax=right, label="change of the answer for a step of 1 (log10)", fraction=0.045)
    right.plot(*plane.points.T, ".", color="white", markersize=2)
    right.set_title("how much a small step changes the answer", fontsize=11)
    for axes in (left, right):
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", **AXES)
    return figure


def _names_at_the_rim(axes: Axes, plane: Plane, reach: float) -> None:
    """Each class's name in its direction, by turns farther out and nearer, so that neighbours have room."""
    middle = np.stack([np.median(plane.points[plane.labels == k], axis=0) for k in range(len(plane.names))])
    angles = np.arctan2(middle[:, 1], middle[:, 0])
    for turn, k in enumerate(np.argsort(angles)):
        x, y = (0.92 if turn % 2 else 0.74) * reach * np.array([np.cos(angles[k]), np.sin(angles[k])])
        x = np.clip(x, -0.78 * reach, 0.78 * reach)  # a name is wide
        text = axes.text(x, y, brief(plane.names[k]), ha="center", va="center", fontsize=9, weight="bold")
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])


def pulls(moments: Sequence[tuple[Plane, np.ndarray]], title: str) -> Figure:
    """Planes at several moments, and the way that each point is pulled, -dL/dz (n, 2), as an arrow."""
    figure = new_figure(5.6 * len(moments), 5.4, title)
    panels = figure.subplots(1, len(moments), squeeze=False)[0]
    for axes, (plane, pull) in zip(panels, moments):
        colours = [PALETTE[k % len(PALETTE)] for k in plane.labels]
        axes.quiver(*plane.points.T, *pull.T, color=colours, width=0.003)
        _around(axes, plane.points)
        axes.set(**AXES)
        axes.set_title(plane.title, fontsize=11)
    return figure


def gaps_compared(
    gaps: np.ndarray, rivals: Mapping[str, np.ndarray], correlations: Mapping[str, float]
) -> Figure:
    """A point for each pair of classes: how far apart in the plane, and what that might mean.

    Args:
        gaps: between the classes of each pair (pairs,).
        rivals: by their words, four other numbers for each pair (pairs,).
        correlations: of each with the gaps, by the same words.
    """
    figure = new_figure(9.4, 7.6, "Each point is a pair of classes")
    for axes, (words, values) in zip(figure.subplots(2, 2).flat, rivals.items()):
        axes.plot(gaps, values, "o", color=BLUE, markersize=5, alpha=0.7, markeredgewidth=0)
        axes.set(xlabel="how far apart in the plane (no unit)", ylabel=words)
        axes.set_title(f"rank correlation {correlations[words]:+.2f}", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def curves(accuracy: Sequence[float], held_out: Sequence[float], chance: float, title: str) -> Figure:
    """The share of pictures told right over the epochs: those that are learnt, and those held out."""
    figure = new_figure(7, 3.8, title)
    axes = figure.subplots()
    epochs = np.arange(1, len(accuracy) + 1)
    axes.plot(epochs, accuracy, color=BLUE, label="the pictures it learns")
    axes.plot(epochs, held_out, "--", color=PALETTE[3], label="pictures held out")
    axes.axhline(chance, color=BLACK, linewidth=0.8, linestyle=":", label="guessing")
    axes.set(xlabel="epoch", ylabel="told right (%)", ylim=(0, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="center right", bbox_to_anchor=(1, 0.75))
    return figure


def _around(axes: Axes, points: np.ndarray) -> None:
    """Room for all of the points and a little more."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.15 * (high - low).max() + 1e-9
    axes.set(xlim=(low[0] - room, high[0] + room), ylim=(low[1] - room, high[1] + room))
