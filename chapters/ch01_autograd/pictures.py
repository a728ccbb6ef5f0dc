"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from chapters.ch01_autograd.experiments import Cost
from chapters.ch01_autograd.model import Value, newest_first
from chapters.ch01_autograd.orders import Turns
from tinydl.plot.drawing import BLUE, GREEN, ORANGE, RED, new_figure
from tinydl.plot.graphs import draw_edge, layout

WIDE, HIGH = 1.25, 0.84  # of a box, in inches
STEP, ROW = 2.25, 1.15  # from column to column, and from row to row
PALE_BLUE, PALE_ORANGE, INK = "#DDEFFA", "#FCE9C0", "#A33E00"
SMALL = {"va": "center", "fontsize": 9, "color": "#555555"}
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}


def boundary(
    points: np.ndarray, targets: np.ndarray, answers: Mapping[int, np.ndarray], reach: float
) -> Figure:
    """What a network says of every place of the plane, and the points that it learns from.

    Args:
        points: (n, 2).
        targets: (n, 1), -1 or 1.
        answers: after each number of epochs, (rows, columns) between -1 and 1, from the lower left corner.
        reach: how far the plane goes to each side.
    """
    columns = 4 if len(answers) <= 8 else 5
    rows = -(-len(answers) // columns)
    figure = new_figure(
        2.6 * columns + 0.8, 2.85 * rows + 0.4, "What the network answers, everywhere in the plane"
    )
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(answers) :]:
        axes.axis("off")
    levels = np.linspace(-1, 1, 11)
    for axes, (epoch, answer) in zip(panels.flat, answers.items()):
        side = np.linspace(-reach, reach, len(answer))
        image = axes.contourf(side, side, answer, levels, cmap="RdBu_r", vmin=-1.7, vmax=1.7)
        axes.contour(side, side, answer, [0.0], colors="black", linewidths=1.5)
        for sign, marker, colour in ((-1, "o", "#003A5D"), (1, "^", "#7A2B00")):
            x, y = points[targets[:, 0] == sign].T
            axes.plot(x, y, marker, color=colour, markersize=3, markeredgewidth=0)
        times = f"after {epoch} epoch{'s' * (epoch > 1)}"
        axes.set_title(times if epoch else "before the first step", fontsize=10)
        axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    for axes in panels[:-1].flat:
        axes.tick_params(bottom=False)
    for axes in panels[-1]:
        axes.set_xlabel("x (no unit)")
    for axes in panels[:, 0]:
        axes.set_ylabel("y (no unit)")
    figure.colorbar(image, ax=panels, label="answer (no unit)", fraction=0.03, pad=0.01, ticks=[-1, 0, 1])
    return figure


def differences(steps: np.ndarray, errors: Mapping[tuple[str, str], np.ndarray]) -> Figure:
    """Left, chords of the sine that close in on its slope; right, how wrong differences are by their step.

    Args:
        steps: (n,), small to large.
        errors: by kind of difference and dtype, (n,).
    """
    figure = new_figure(11, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    x, at = np.linspace(-0.4, 2.4, 200), 0.75
    left.plot(x, np.sin(x), color="black", label="sin x")
    for h, colour in ((1.5, ORANGE), (0.8, GREEN), (0.1, BLUE)):
        slope = (np.sin(at + h) - np.sin(at)) / h
        left.plot(x, np.sin(at) + slope * (x - at), color=colour, label=f"step {h}: slope {slope:.3f}")
        left.plot([at, at + h], np.sin([at, at + h]), "o", color=colour, markersize=5)
    left.plot(
        x, np.sin(at) + np.cos(at) * (x - at), "--", color=RED, label=f"the derivative: {np.cos(at):.3f}"
    )
    left.set(
        xlabel="x (radians)", ylabel="sin x", ylim=(-0.4, 1.9), title="A smaller step, a better slope ..."
    )
    left.legend(loc="upper left", fontsize=9)

    looks = {"forward": (BLUE, "o"), "central": (RED, "^")}
    for (kind, dtype), error in errors.items():
        colour, marker = looks[kind]
        style, face = (":", "white") if dtype == "float32" else ("-", colour)
        right.plot(steps, error, style, color=colour, label=f"{kind}, {dtype}")
        right.plot(steps[::2], error[::2], marker, color=colour, markersize=4, markerfacecolor=face)
    for dtype in ("float64", "float32"):
        for power, root in ((2, "√ε"), (3, "∛ε")):
            best = float(np.finfo(dtype).eps) ** (1 / power)
            right.axvline(best, color="#BBBBBB", linewidth=1, zorder=0)
            words = f"{root}\n{dtype[-2:]} bit"
            right.text(best, 3e-13, words, ha="center", fontsize=7.5, color="#555555", bbox=WHITE)
    notes = (
        (3e-12, 2e-4, "rounding: ε / h"),
        (1e-13, 2.0, "32 bits: x + h is x"),
        (5e-8, 2e-6, "∝ h"),
        (4e-3, 2e-7, "∝ h²"),
    )
    for x, y, words in notes:
        right.text(x, y, words, fontsize=9, ha="left")
    right.set(xscale="log", yscale="log", ylim=(1e-13, 30), xlabel="step h (radians)")
    right.set(ylabel="error, relative to the slope", title="... until rounding takes over")
    right.legend(loc="lower left", fontsize=9)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def second_order(
    x: np.ndarray, orders: Sequence[np.ndarray], searches: Mapping[str, Sequence[float]]
) -> Figure:
    """Left, the sine and its derivatives; right, how near two searches come to the lowest place of a function.

    Args:
        x: (n,).
        orders: the sine at x, its first derivative, its second, ..., (n,) each.
        searches: by name, how far from the goal each step is.
    """
    figure = new_figure(11, 4.0)
    left, right = figure.subplots(1, 2)
    names = ("sin x", "first: cos x", "second: −sin x", "third: −cos x")
    for values, name, colour, style in zip(
        orders, names, ("black", BLUE, RED, GREEN), ("-", "--", "-.", ":")
    ):
        left.plot(x, values, style, color=colour, label=name, linewidth=2)
    left.set(xlabel="x (radians)", ylabel="value, or derivative", ylim=(-1.15, 1.75))
    left.set_title("Backward through backward through backward")
    left.legend(ncols=2, loc="upper center", fontsize=9)
    for (name, apart), colour, marker in zip(searches.items(), (BLUE, RED), "o^"):
        apart = [each for each in apart if each > 0]  # 0 has no place on a logarithmic axis
        right.plot(apart, color=colour, marker=marker, markersize=5, label=name)
    right.set(yscale="log", xlabel="steps", ylabel="distance from log 2", ylim=(1e-10, 4))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_title("The lowest place of exp(x) − 2x, from x = 2")
    right.legend(loc="lower right", fontsize=9)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def cost(seconds: Mapping[int, tuple[float, float]], costs: Sequence[Cost]) -> Figure:
    """Left, a step with scalars and with tensors by the number of points; right, a gradient by the number of weights.

    Args:
        seconds: by the number of points, what a step takes with scalars and with tensors.
        costs: what gradients cost, in losses.
    """
    figure = new_figure(11, 4.0)
    left, right = figure.subplots(1, 2)
    counts = list(seconds)
    unit = seconds[counts[0]][1]
    for which, (name, colour, marker) in enumerate((("scalars", RED, "^"), ("tensors", BLUE, "o"))):
        left.plot(
            counts, [both[which] / unit for both in seconds.values()], color=colour, marker=marker, label=name
        )
    ratio = seconds[counts[-1]][0] / seconds[counts[-1]][1]
    left.set(xscale="log", yscale="log", xlabel="points in a step", xticks=counts, xticklabels=counts)
    left.set_ylabel(f"time, in steps of tensors with {counts[0]} point")
    left.set_title(f"With {counts[-1]} points a step of tensors is {ratio:.0f} times as fast")

    measured = [each for each in costs if each.differences is not None]
    weights, known = [each.weights for each in costs], [each.weights for each in measured]
    right.plot(weights, [2 * each for each in weights], ":", color=RED, label="differences, worked out")
    right.plot(known, [each.differences for each in measured], "^", color=RED, label="differences, measured")
    right.plot(weights, [each.backward for each in costs], "-o", color=BLUE, label="backward, measured")
    right.set(xscale="log", yscale="log", xlabel="weights of the network", ylim=(1, None))
    right.set(ylabel="time of a gradient, in losses", title="Two losses a weight, or one way back")
    for axes in (left, right):
        axes.legend(fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def descent(
    w1: np.ndarray, w2: np.ndarray, loss: np.ndarray, ways: Sequence[np.ndarray], name: str
) -> Figure:
    """The loss of a neuron by its two weights, and the ways down from several starts.

    Args:
        w1, w2: (columns,), (rows,).
        loss: (rows, columns).
        ways: (steps + 1, 2) each.
        name: of what is learnt from.
    """
    figure = new_figure(7, 5.4, f"The loss of tanh(w₁ x + w₂ y) on {name}, and ways down")
    axes = figure.subplots()
    filled = axes.contourf(w1, w2, loss, 24, cmap="viridis")
    for way, marker in zip(ways, "o^s"):
        axes.plot(*way.T, color="white", marker=marker, markersize=3.5, linewidth=1)
        axes.plot(*way[0], marker, color=ORANGE, markersize=9, markeredgecolor="white")
    figure.colorbar(filled, ax=axes, label="mean squared error (no unit)")
    axes.set(xlabel="w₁ (no unit)", ylabel="w₂ (no unit)", xlim=(w1[0], w1[-1]), ylim=(w2[0], w2[-1]))
    axes.set_title("orange: a start; white: its steps against the gradient", fontsize=10)
    return figure


def graph(last: Value, title: str) -> Figure:
    """The graph behind a Value: what each number is, and how fast the end moves with it; a slope on each arrow."""
    places = Places(last)
    figure = new_figure(*places.size(), title)
    places.draw(figure.subplots())
    return figure


def orders(ways: Mapping[str, tuple[Value, Turns, Value]]) -> Figure:
    """One graph, and what becomes of its gradients if they are passed on in different orders.

    Args:
        ways: under a title each, the end of the graph, the turns that were taken, and a Value to look at, whose
            gradient is wrong unless its way is the last.
    """
    width, height = Places(next(iter(ways.values()))[0]).size()
    figure = new_figure(width, (height + 0.2) * len(ways))
    for i, (axes, (title, (last, turns, x))) in enumerate(zip(figure.subplots(len(ways), 1), ways.items())):
        right = i == len(ways) - 1
        Places(last).draw(axes, turns, {} if right else {x: "✗ wrong"})
        axes.set_title(
            f"{title}: {'right' if right else 'wrong'}", fontsize=12, color=GREEN if right else RED
        )
    return figure


class Places:
    """Where the Values stand that one was made of, itself at the right end."""

    def __init__(self, last: Value):
        self.values = newest_first(last)
        places, self.edges = layout(self.values)
        self.at = {key: (column * STEP, row * ROW) for key, (column, row) in places.items()}
        xs, ys = zip(*self.at.values())
        tall = max(self.at[value][1] for value in self.values) + HIGH / 2, min(ys) - HIGH / 2 - 0.3
        self.right, (self.bottom, self.top) = max(xs) + WIDE / 2, tall
        self.bottom = max(self.bottom, max(ys)) + 0.1

    def size(self) -> tuple[float, float]:
        """What the picture needs, in inches."""
        return self.right + WIDE / 2 + 0.2, self.bottom - self.top + 0.3

    def draw(
        self, axes: Axes, turns: Turns = (), remarks: Mapping[Value, str] = MappingProxyType({})
    ) -> None:
        """Boxes and arrows; beside a box its turn, if there are turns, and what there is to remark."""
        # (edge, slope) by where the edge ends; edges come in the order of parents
        arrivals = defaultdict(list)
        for edge in self.edges:
            value = edge[-1]
            arrivals[value].append((edge, value.slopes[len(arrivals[value])]))
        for arriving in arrivals.values():
            arriving.sort(key=lambda pair: self.at[pair[0][-2]][1])
            for i, (edge, slope) in enumerate(arriving):
                aside = 0.3 * (i - (len(arriving) - 1) / 2)
                draw_edge(axes, [self.at[key] for key in edge], WIDE, aside)
                x, y = self.at[edge[-1]]
                words = f"slope {slope:.4g}".replace("-", "−")
                axes.text(x - WIDE / 2 - 0.13, y + aside, words, **SMALL, ha="right", bbox=WHITE)
        for value in self.values:
            x, y = self.at[value]
            face = PALE_ORANGE if value is self.values[0] else "white" if value.parents else PALE_BLUE
            look = {"edgecolor": RED, "linewidth": 2.5} if value in remarks else {"edgecolor": BLUE}
            style = "round,pad=0,rounding_size=0.1"
            corner = (x - WIDE / 2, y - HIGH / 2)
            axes.add_patch(FancyBboxPatch(corner, WIDE, HIGH, boxstyle=style, facecolor=face, **look))
            gradient = f"gradient {value.grad:.4g}".replace("-", "−")
            axes.text(x, y - 0.24, value.name, ha="center", va="center", fontsize=11, weight="bold")
            axes.text(x, y, f"is {value.data:.4g}", ha="center", va="center", fontsize=10)
            axes.text(x, y + 0.24, gradient, ha="center", va="center", fontsize=10, color=INK, weight="bold")
            if value in remarks:
                axes.text(x, y + HIGH / 2 + 0.16, remarks[value], ha="center", va="center", color=RED)
        for number, (value, passed) in enumerate(turns, 1):
            x, y = self.at[value]
            words = f"turn {number}" + f": passes on {passed:.4g}" * bool(value.parents)
            axes.text(x, y - HIGH / 2 - 0.15, words, **SMALL, ha="center")
        axes.set(xlim=(-WIDE / 2 - 0.1, self.right + 0.1), ylim=(self.bottom, self.top), aspect="equal")
        axes.axis("off")
