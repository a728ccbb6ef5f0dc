"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from tinydl.plot.drawing import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    colour_scale,
    draw_tiles,
    new_figure,
    pixels,
)

COLOURS = (BLUE, RED, GREEN, ORANGE, PINK, SKY, BLACK)
MARKERS = "os^Dv*P"
DASHES = ("-", "--", "-.", ":", "-", "--", "-.")


def plain(axes: Axes, **texts: Any) -> None:
    """Labels, a faint grid, and no box."""
    title = texts.pop("title", None)
    axes.set(**texts)
    if title:
        axes.set_title(title, fontsize=11)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


# ------------------------------------------------------------------------------------------- what it costs


def softmax(cases: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Scores above, what softmax makes of them below: a column for each case, (scores, probabilities)."""
    figure = new_figure(10, 5, "Softmax: exp makes each positive, a division makes the sum 1")
    upper, lower = figure.subplots(2, len(cases), sharey="row")
    for above, below, (name, (scores, probabilities)) in zip(upper, lower, cases.items()):
        for axes, values, colour in ((above, scores, GREY), (below, probabilities, BLUE)):
            bars = axes.bar(range(len(values)), values, color=colour)
            labels = [f"{value:.3g}" if axes is above else f"{value:.2f}" for value in values]
            axes.bar_label(bars, labels, padding=2, fontsize=9)
            axes.axhline(0, color="black", linewidth=0.6)
            axes.set_xticks(range(len(values)), [f"class {k}" for k in range(len(values))])
            axes.margins(y=0.15)
            axes.spines[["top", "right"]].set_visible(False)
        above.set_title(name, fontsize=11)
    upper[0].set_ylabel("score (any number)")
    lower[0].set(ylabel="probability", ylim=(0, 1.1))
    return figure


def price() -> Figure:
    """Cross-entropy and the squared error over the probability of the true class; and how hard each pulls."""
    figure = new_figure(11, 4.2)
    left, right = figure.subplots(1, 2)
    p = np.linspace(0.003, 1, 400)
    curves = {
        "cross-entropy, −log p": (BLUE, "-", -np.log(p), 1 - p),
        "squared error, (1 − p)²": (ORANGE, "--", (1 - p) ** 2, 2 * p * (1 - p) ** 2),
    }
    for name, (colour, dash, cost, pull) in curves.items():
        left.plot(p, cost, dash, color=colour, label=name)
        right.plot(p, pull, dash, color=colour, label=name)
    for value, place in ((0.9, (-38, 16)), (0.5, (6, 6)), (0.1, (8, 4))):
        left.plot(value, -np.log(value), "o", color=RED)
        text = f"p = {value}: {-np.log(value):.2f}"
        left.annotate(text, (value, -np.log(value)), place, textcoords="offset points", ha="left")
    plain(left, xlabel="probability p of the true class", ylabel="cost", xlim=(0, 1), ylim=(0, 5))
    left.set_title("What an answer costs", fontsize=11)
    plain(right, xlabel="probability p of the true class", ylabel="|∂cost/∂score of the true class|")
    right.set(xlim=(0, 1), ylim=(0, 1.05))
    right.set_title("How hard it pulls at the score (two classes)", fontsize=11)
    right.annotate(
        "surely wrong:\nno pull at all",
        (0.01, 0.01),
        (0.14, 0.06),
        arrowprops={"arrowstyle": "->"},
        fontsize=9,
    )
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=9, loc="upper right")
    return figure


def recipe(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Training accuracy over the epochs, a line for each way of training: {words: (epochs,)}."""
    figure = new_figure(9, 4.6)
    axes = figure.subplots()
    for (name, curve), colour, marker, dash in zip(curves.items(), COLOURS, MARKERS, DASHES):
        axes.plot(
            range(1, len(curve) + 1), curve, dash, color=colour, marker=marker, markersize=4, label=name
        )
    plain(axes, xlabel="epoch (of ten steps)", ylabel="training pictures right (%)", ylim=(0, 1))
    axes.set_title("One recipe, one thing changed at a time", fontsize=11)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def weights(before: np.ndarray, after: np.ndarray, title: str) -> Figure:
    """What some units look for: their weights (h, w, units) at first, what training added, and what they are then."""
    figure = new_figure(11, 3.7, title)
    axes = figure.subplots()
    tiles = np.concatenate(
        [each.transpose(2, 0, 1) for each in (before, after - before, after)]
    )  # (3 * units, h, w)
    columns = before.shape[2]
    image = draw_tiles(axes, tiles, columns, gap=0.06, **colour_scale(tiles, signed=True))
    tall = tiles.shape[1] / tiles.shape[2] + 0.06
    for row, text in enumerate(("at first", "what training\nadded", "together")):
        axes.text(-0.1, (row + 0.5) * tall, text, ha="right", va="center", fontsize=10)
    figure.colorbar(image, ax=axes, label="weight (no unit)", fraction=0.03, pad=0.02)
    return figure


# ---------------------------------------------------------------------------------------- torn, and shuffled


def torn(
    pair: Sequence[np.ndarray],
    names: Sequence[str],
    clean: Mapping[int, np.ndarray],
    answers: np.ndarray,
    probabilities: np.ndarray,
) -> Figure:
    """What is half the one class and half the other, and how two networks answer.

    Args:
        pair: a picture of each of the two (h, w, channels), bytes or from 0 to 1.
        names: of all classes.
        clean: the single number that pictures of one class get: {class: (n,)}, three classes in a row.
        answers: the single number that blends get (n,).
        probabilities: the mean of what they get from softmax (classes,).
    """
    low, _, high = clean
    a, c = names[low], names[high]
    figure = new_figure(13, 4.2)
    panels = figure.subplots(1, 3, width_ratios=(0.5, 1.6, 1.2))
    shown = pixels(np.stack([pair[0], pair[1], pair[0] / 2 + pair[1] / 2]))  # bytes must not overflow
    draw_tiles(
        panels[0], shown, 1, [a, c, f"half {a}, half {c}"], room=0.2, gap=0.02, cmap="gray", vmin=0, vmax=1
    )
    panels[0].set_title("What is it?", fontsize=11)

    axes = panels[1]
    bins = np.linspace(low - 1, high + 1, 61)
    for (k, own), colour, dash in zip(clean.items(), (SKY, GREEN, PINK), ("-", "--", "-.")):
        look: dict[str, Any] = {"histtype": "step", "linewidth": 1.6, "linestyle": dash, "color": colour}
        axes.hist(own, bins, weights=np.full(len(own), 1 / len(own)), label=f"a {names[k]}", **look)
    axes.hist(
        answers,
        bins,
        weights=np.full(len(answers), 1 / len(answers)),
        color=RED,
        alpha=0.55,
        label="half and half",
    )
    plain(axes, xlabel="the number that it answers", ylabel="share of the pictures")
    axes.set_title(f"Asked for one number: {answers.mean():.1f} ± {answers.std():.1f}", fontsize=11)
    axes.set_xticks(range(low - 1, high + 2))
    axes.legend(frameon=False, fontsize=9)

    axes = panels[2]
    bars = axes.bar(
        range(len(probabilities)),
        probabilities,
        color=[RED if k in (low, high) else GREY for k in range(len(probabilities))],
    )
    labels = [f"{100 * p:.0f} %" if k in clean else "" for k, p in enumerate(probabilities)]
    axes.bar_label(bars, labels, fontsize=9)
    axes.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 2 else 0)
    plain(axes, xlabel="class", ylabel="probability (mean)", ylim=(0, 1))
    axes.set_title(f"Asked for probabilities: {a} or {c}", fontsize=11)
    return figure


def order(images: np.ndarray, mixed: np.ndarray, right: Mapping[str, float]) -> Figure:
    """Pictures, the same with their pixels in another order, both (n, h, w, channels); and who minds."""
    figure = new_figure(11, 3.6)
    tiles, axes = figure.subplots(1, 2, width_ratios=(1.3, 1))
    both = pixels(np.concatenate([images, mixed]))
    draw_tiles(tiles, both, len(images), cmap="gray", vmin=0, vmax=1)
    tiles.set_title("as they are, and with their pixels in another order", fontsize=11)
    places = range(len(right))
    bars = axes.barh(places, list(right.values()), color=[BLUE, SKY, RED, ORANGE][: len(right)])
    axes.bar_label(bars, [f"{100 * share:.1f} %" for share in right.values()], padding=3, fontsize=9)
    axes.set_yticks(places, list(right))
    axes.invert_yaxis()
    plain(axes, xlabel="test pictures right (%)", xlim=(0.0, 1.15))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    axes.set_title("who minds", fontsize=11)
    return figure


# ---------------------------------------------------------------------------------------------- the ways down


def valley(
    walks: Mapping[tuple[str, int], np.ndarray],
    steps: Mapping[str, int],
    rates: Mapping[str, float],
    height: Callable[[np.ndarray, int], np.ndarray],
) -> Figure:
    """The path of each optimizer through a valley: a row for each slant of it, a column for each optimizer.

    Args:
        walks: {(optimizer, degrees): places (steps + 1, 2)}.
        steps: after how many it had arrived, {"optimizer, degrees°": ...}.
        rates: the learning rate of each optimizer.
        height: of places (..., 2) in a valley so slanted.
    """
    names = list(dict.fromkeys(name for name, _ in walks))
    slants = list(dict.fromkeys(degrees for _, degrees in walks))
    figure = new_figure(
        3.2 * len(names),
        3 * len(slants),
        "Four ways down a valley that is a hundred times as steep across as along",
    )
    panels = figure.subplots(len(slants), len(names), sharex=True, sharey=True)
    grid = np.stack(np.meshgrid(np.linspace(-9, 5, 120), np.linspace(-8, 5, 110)), axis=-1)  # (110, 120, 2)
    for row, degrees in zip(panels, slants):
        for axes, name, colour in zip(row, names, COLOURS):
            axes.contour(
                grid[..., 0],
                grid[..., 1],
                height(grid, degrees),
                0.5 * 3.0 ** np.arange(-3, 5),
                colors="#BBBBBB",
                linewidths=0.7,
            )
            path, arrived = walks[name, degrees], steps[f"{name}, {degrees}°"]
            path = path[: arrived + 1]
            axes.plot(path[:, 0], path[:, 1], ".-", color=colour, linewidth=1, markersize=4)
            axes.plot(*path[0], "o", color=BLACK, markersize=6)
            axes.plot(0, 0, "*", color=RED, markersize=13, markeredgecolor="white")
            axes.set_title(f"{name}, rate {rates[name]}: {arrived} steps", fontsize=11)
            axes.set(xlim=(-9, 5), ylim=(-8, 5), xticks=(-8, -4, 0, 4), yticks=(-8, -4, 0, 4), aspect="equal")
            axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel("weight 1")
    for axes, degrees in zip(panels[:, 0], slants):
        axes.set_ylabel(("along the axes" if not degrees else f"slanted by {degrees}°") + "\nweight 2")
    return figure


def race(
    curves: Mapping[str, Mapping[float, Sequence[float]]],
    right: Mapping[str, Mapping[float, float]],
    piece: int,
) -> Figure:
    """The loss over one pass, each optimizer at its best rate; and what every rate comes to.

    Args:
        curves: {optimizer: {rate: mean losses of pieces of `piece` steps}}.
        right: {optimizer: {rate: share of the test set}}.
    """
    figure = new_figure(11, 4.2)
    panels = figure.subplots(1, 2)
    for name, colour, marker, dash in zip(curves, COLOURS, MARKERS, DASHES):
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5}
        best = max(right[name], key=lambda rate: right[name][rate])
        curve = curves[name][best]
        steps = piece * (np.arange(len(curve)) + 0.5)  # the middle of each piece
        panels[0].plot(steps, curve, dash, label=f"{name}, rate {best}", **look)
        panels[1].plot(list(right[name]), list(right[name].values()), dash, label=name, **look)
    plain(
        panels[0],
        xlabel="step",
        ylabel="loss (nats)",
        title="From the same weights, each at its best rate",
    )
    plain(
        panels[1],
        xlabel="learning rate",
        ylabel="test pictures right (%)",
        xscale="log",
        title="After one pass, by learning rate",
    )
    panels[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    for axes in panels:
        axes.legend(frameon=False, fontsize=9)
    return figure


# ---------------------------------------------------------------------------------------------- beginnings


def spread(spreads: Mapping[tuple[str, str], tuple[list[float], list[float]]]) -> Figure:
    """Standard deviations layer by layer, of activations and gradients: {(activation, beginning): (forth, back)}."""
    activations = list(dict.fromkeys(activation for activation, _ in spreads))
    names = list(dict.fromkeys(name for _, name in spreads))
    figure = new_figure(
        11, 3.4 * len(activations) + 0.4, "Twenty newborn layers: how far their numbers spread"
    )
    panels = figure.subplots(len(activations), 2, sharex=True, squeeze=False)
    for row, activation in zip(panels, activations):
        for axes, way, what in zip(row, (0, 1), ("activations, forward", "gradients, backward")):
            for name, colour, marker, dash in zip(names, COLOURS, MARKERS, DASHES):
                values = np.array(spreads[activation, name][way])
                values[values == 0] = np.nan  # there is no zero on this scale
                axes.plot(range(1, len(values) + 1), values, dash, color=colour, marker=marker, markersize=4)
            plain(axes, yscale="log", title=f"{activation}: {what}", ylabel="standard deviation")
            axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in panels[-1]:
        axes.set_xlabel("layer")
    zero = {name for name in names if all(max(spreads[a, name][0]) == 0 for a in activations)}
    lines = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            linestyle=dash,
            label=name + (": 0, everywhere" if name in zero else ""),
        )
        for name, colour, marker, dash in zip(names, COLOURS, MARKERS, DASHES)
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(names), frameon=False)
    return figure


def beginnings(curves: Mapping[str, Sequence[float]], piece: int) -> Figure:
    """The loss of one pass from each beginning, in pieces of so many steps; what is off the page is told in words."""
    figure = new_figure(8.5, 4, "Twenty layers of relu, trained from five beginnings")
    axes = figure.subplots()
    top = 2.6  # a little above the price of an even guess among ten, log 10
    for (name, curve), colour, marker, dash in zip(curves.items(), COLOURS, MARKERS, DASHES):
        steps = piece * (np.arange(len(curve)) + 0.5)
        off = curve and min(curve) > top
        far = ", off the page:\n" + " to ".join(_power(curve[i]) for i in (0, -1)) if off else ""
        axes.plot(steps, curve, dash, color=colour, marker=marker, markersize=4, label=name + far)
    plain(axes, xlabel="step", ylabel="loss (nats)", ylim=(0, top))
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _power(value: float) -> str:
    """The nearest power of ten, as mathematicians write it."""
    return f"$10^{{{np.log10(value):.0f}}}$"


# -------------------------------------------------------------------------------------------------- growth


def growth(found: Mapping[str, Sequence[Any]]) -> Figure:
    """Weights, memory and time by the side of the picture: {network: costs}, measured solid, computed dashed."""
    figure = new_figure(13, 4.8, "One step with one picture, forward and backward")
    panels = figure.subplots(1, 3)
    for (name, costs), colour, marker in zip(found.items(), COLOURS, MARKERS):
        sides = [cost.side for cost in costs]
        known = sum(cost.measured for cost in costs)
        for axes, values in zip(panels, zip(*[(cost.weights, cost.bytes, cost.seconds) for cost in costs])):
            axes.plot(
                sides[:known], values[:known], "-", color=colour, marker=marker, markersize=5, label=name
            )
            beyond = slice(max(known - 1, 0), None)
            axes.plot(sides[beyond], values[beyond], ":", color=colour)
            axes.plot(
                sides[known:], values[known:], marker, color=colour, markersize=5, markerfacecolor="white"
            )
    for axes, what in zip(panels, ("weights", "memory (bytes)", "time (seconds)")):
        plain(axes, xscale="log", yscale="log", xlabel="side of the picture (pixels)", ylabel=what)
        axes.set_xticks([28, 56, 100, 256, 512, 1024], ["28", "56", "100", "256", "512", "1024"])
        axes.minorticks_off()
    for value, text in ((24e9, "24 GB"), (1e12, "1 TB")):
        panels[1].axhline(value, color=GREY, linewidth=0.8)
        panels[1].annotate(text, (28, value), (0, 3), textcoords="offset points", fontsize=8, color="#555555")
    lines, names = panels[0].get_legend_handles_labels()
    lines.append(
        Line2D([], [], color=BLACK, linestyle=":", marker="o", markerfacecolor="white", label="computed")
    )
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    return figure
