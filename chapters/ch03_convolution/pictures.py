"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tinydl.plot.drawing import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    colour_scale,
    draw_tiles,
    new_figure,
    write_cells,
)


def by_hand(picture: np.ndarray, results: dict[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """A picture (h, w, 3), and for each filter its numbers (kh, kw) above what it makes of the picture."""
    figure = new_figure(10, 3.5, "A filter is nine numbers")
    columns = figure.subplots(2, 1 + len(results), height_ratios=(1, 1.7)).T
    show(columns[0, 1], picture, "the picture")
    columns[0, 0].axis("off")
    for (above, below), (name, (kernel, result)) in zip(columns[1:], results.items()):
        numbers(above, kernel, 9)
        show(below, result, name)
    return figure


def show(axes: Axes, picture: np.ndarray, title: str) -> None:
    """A picture (h, w, 3) from 0 to 1, what reaches farther cut off; or signed numbers (h, w): blue, white, red."""
    if picture.ndim == 3:
        axes.imshow(picture.clip(0, 1), interpolation="nearest")
    else:
        axes.imshow(picture, interpolation="nearest", **colour_scale(picture, signed=True))
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def numbers(axes: Axes, values: np.ndarray, size: float = 11) -> None:
    """A few numbers (h, w), each in its cell, coloured by its sign."""
    heat = axes.imshow(values, **colour_scale(0.6 * values / np.abs(values).max(), signed=True))
    heat.set_clim(-1.6 * np.abs(values).max(), 1.6 * np.abs(values).max())
    write_cells(axes, heat, [(i, j, short(values[i, j])) for i, j in np.ndindex(values.shape)], size)
    axes.axis("off")


def short(value: float) -> str:
    """A number as one would write it by hand: 2, −1, 1/9."""
    text = str(Fraction(float(value)).limit_denominator(20))
    return text.replace("-", "−")


# ---------------------------------------------------------------------------------------- windows that slide


def borders(picture: np.ndarray, valid: np.ndarray, same: np.ndarray) -> Figure:
    """A picture (h, w), and its blur without and with a border of zeros, one scale for all."""
    figure = new_figure(11, 4.4, "A blur of 5×5 slides over 28×28 pixels")
    panels = figure.subplots(1, 3, sharey=True)
    edge = (len(picture) - len(valid)) // 2  # how far the filter's middle stays away from the rim
    titles = ("the picture", '"valid": the filter stays inside', '"same": zeros all around')
    for axes, values, at, title in zip(panels, (picture, valid, same), (0, edge, 0), titles):
        h, w = values.shape
        axes.imshow(values, extent=(at, at + w, at + h, at), cmap="gray", vmin=0, vmax=1)
        axes.set(xlim=(-3, 31), ylim=(31, -3), xlabel="column (pixels)", facecolor="#D8E6F0")
        axes.set_title(f"{title}: {h}×{w}", fontsize=11)
    for axes, corner in ((panels[0], 0), (panels[2], -edge)):  # where the filter first stands
        axes.add_patch(Rectangle((corner, corner), 5, 5, fill=False, edgecolor=RED, linewidth=2))
        axes.plot(corner + 2.5, corner + 2.5, ".", color=RED)
    panels[2].add_patch(Rectangle((-edge, -edge), 32, 32, fill=False, edgecolor=BLACK, linestyle="--"))
    panels[0].set_ylabel("row (pixels)")
    return figure


def smaller(edges: np.ndarray, ways: dict[str, np.ndarray]) -> Figure:
    """A map of edges (h, w) and what is left of it in several ways, each (h/2, w/2): to scale, in one colour scale."""
    figure = new_figure(9, 3.8, "Three ways to a quarter of the numbers, drawn to scale")
    axes, left = figure.subplots(), 0
    for values, title in zip((edges, *ways.values()), ("where edges are", *ways)):
        height, width = values.shape
        place = (left, left + width, height, 0)
        image = axes.imshow(values, extent=place, interpolation="nearest", **colour_scale(edges))
        note = f"{title}\n{height}×{width}"
        axes.text(left + width / 2, height + 2, note, ha="center", va="top", fontsize=11)
        left += width + edges.shape[1] // 12
    axes.set(xlim=(0, left), ylim=(1.15 * len(edges), 0))
    axes.axis("off")
    label = "strength of the edge (no unit)"
    figure.colorbar(image, ax=axes, label=label, fraction=0.02, pad=0.01, shrink=0.85)
    return figure


def depth(planes: np.ndarray, kernel: np.ndarray, parts: np.ndarray) -> Figure:
    """One filter over three channels: planes (h, w, 3), slices (kh, kw, 3), each slice's answer (h, w, 3), the sum."""
    figure = new_figure(8.5, 5.2, "One filter over three channels: three slices, one sum")
    grid = figure.add_gridspec(3, 4, width_ratios=(1, 0.6, 1, 1.5))
    scale = colour_scale(np.concatenate([parts.ravel(), parts.sum(axis=2).ravel()]), signed=True)
    for c, (name, colour) in enumerate((("red", (1, 0, 0)), ("green", (0, 1, 0)), ("blue", (0, 0, 1)))):
        left, slice_, right = (figure.add_subplot(grid[c, i]) for i in range(3))
        show(left, planes[:, :, c, None] * np.array(colour), f"channel {c}: {name}")
        numbers(slice_, kernel[:, :, c], 9)
        slice_.set_title(f"slice {c}", fontsize=11)
        right.imshow(parts[:, :, c], **scale)
        right.set(xticks=[], yticks=[])
        right.set_title(f"answer {c}", fontsize=11)
    total = figure.add_subplot(grid[:, 3])
    image = total.imshow(parts.sum(axis=2), **scale)
    total.set(xticks=[], yticks=[])
    total.set_title("the sum: one picture", fontsize=11)
    figure.colorbar(image, ax=total, label="yellow (+) or blue (−), no unit", fraction=0.05, pad=0.03)
    return figure


# ------------------------------------------------------------------------------------------- im2col and time

HUES = (BLUE, ORANGE, GREEN, PINK)  # one for each column of the small picture, paler from row to row


def im2col(x: np.ndarray, kernel: np.ndarray, cols: np.ndarray, y: np.ndarray) -> Figure:
    """A small picture (4, 4) under a filter (3, 3), all of its windows as rows (4, 9), and the result (2, 2)."""
    figure = new_figure(11, 6.6, "Four windows become four rows, and a convolution becomes a product")
    upper, lower = figure.subplots(2, 1, height_ratios=(1, 1.36))
    shades = [[pale(HUES[j], i / 5) for j in range(4)] for i in range(4)]
    places = [(i, j) for i in range(2) for j in range(2)]
    for at, (i, j) in enumerate(places):  # the picture four times, the window farther each time
        left = 5.6 * at
        cells(upper, x, left, 0, shades)
        frame = Rectangle((left + j, i), 3, 3, fill=False, edgecolor=BLACK, linewidth=3)
        upper.add_patch(frame)
        upper.text(left + 2, 4.5, f"window {at + 1}", ha="center", fontsize=11)
    upper.set(xlim=(-0.5, 21.5), ylim=(5, -0.3))
    rows = [[shades[i + a][j + b] for a in range(3) for b in range(3)] for i, j in places]
    cells(lower, cols, 0, 0, rows)
    for at in range(4):
        lower.text(-0.2, at + 0.5, f"{at + 1}", ha="right", va="center", fontsize=11)
    lower.text(4.5, 4.6, "one row a window: (4, 9)", ha="center", fontsize=11)
    lower.text(9.8, 2, "×", ha="center", va="center", fontsize=18)
    white = [["white"] * 2] * 9
    cells(lower, kernel.reshape(9, 1), 11, -1, white, height=2 / 3)
    lower.text(11.5, 5.6, "the filter: (9, 1)", ha="center", fontsize=11)
    lower.text(13.8, 2, "=", ha="center", va="center", fontsize=18)
    cells(lower, y.reshape(4, 1), 15.2, 0, white)
    lower.text(15.7, 4.6, "(4, 1)", ha="center", fontsize=11)
    lower.text(17.6, 2, "→", ha="center", va="center", fontsize=18)
    cells(lower, y, 19, 1, white)
    lower.text(20, 4.6, "(2, 2)", ha="center", fontsize=11)
    lower.set(xlim=(-0.5, 21.5), ylim=(6, -1.2))
    for axes in (upper, lower):
        axes.set_aspect("equal")
        axes.axis("off")
    return figure


def pale(colour: str, share: float) -> tuple[float, ...]:
    """A colour with a share of white in it."""
    return tuple(share + (1 - share) * part for part in np.array(to_rgb(colour)) * 0.6 + 0.4)


def cells(
    axes: Axes,
    values: np.ndarray,
    left: float,
    top: float,
    colours: Sequence[Sequence],
    height: float = 1,
) -> None:
    """Numbers (h, w) in boxes of 1 by `height`, each of its colour."""
    for i, j in np.ndindex(values.shape):
        x, y = left + j, top + i * height
        axes.add_patch(Rectangle((x, y), 1, height, facecolor=colours[i][j], edgecolor=GREY, linewidth=0.8))
        axes.text(x + 0.5, y + height / 2, short(values[i, j]), ha="center", va="center", fontsize=11)


def ladder(seconds: dict[str, float], title: str, circumstances: str) -> Figure:
    """How long each way takes, on a scale where each mark is ten times the one before."""
    figure = new_figure(10, 0.5 * len(seconds) + 1.4, title)
    axes = figure.subplots()
    names, times = list(seconds), list(seconds.values())
    axes.barh(names, times, color=[GREY, *[BLUE] * (len(names) - 1)])
    for i, time in enumerate(times):
        gain = times[i - 1] / time
        text = f"   {gain:,.{0 if gain > 20 else 1}f} times as fast as the one above" if i else ""
        axes.annotate(duration(time) + text, (time, i), (5, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 5, max(times) * 8)
    axes.xaxis.set_major_formatter(lambda time, _: duration(time).replace(".0 ", " "))
    axes.invert_yaxis()
    axes.set_xlabel(f"time, each mark ten times the one before ({circumstances})")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def duration(seconds: float) -> str:
    """A time in two or three digits."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:,.{0 if seconds >= 10 else 1}f} s"


# ------------------------------------------------------------------------------------------------ the way back


def painting(gy: np.ndarray, kernel: np.ndarray, matrix: np.ndarray) -> Figure:
    """How four gradients (2, 2) paint a filter (3, 3) into a picture (4, 4), one by one; and the convolution's matrix.

    matrix: (4, 16), that of the convolution.
    """
    figure = new_figure(
        13, 6, "The way back: each answer paints the filter, times its own gradient, into the picture"
    )
    grid = figure.add_gridspec(2, 6, height_ratios=(1.25, 1), width_ratios=(0.6, 0.8, 1, 1, 1, 1))
    first, second = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    numbers(first, gy)
    first.set_title("gradients of\nfour answers", fontsize=11)
    numbers(second, kernel)
    second.set_title("the filter", fontsize=11)
    total = np.zeros((4, 4))
    scale = np.abs(matrix.T @ gy.ravel()).max()
    for at, (i, j) in enumerate(np.ndindex(2, 2)):
        total[i : i + 3, j : j + 3] += gy[i, j] * kernel
        axes = figure.add_subplot(grid[0, 2 + at])
        heat = axes.imshow(total, cmap="RdBu_r", vmin=-1.6 * scale, vmax=1.6 * scale)
        write_cells(axes, heat, [(*place, short(total[place])) for place in np.ndindex(4, 4)], 10)
        axes.add_patch(
            Rectangle((j - 0.5, i - 0.5), 3, 3, fill=False, edgecolor=BLACK, linewidth=2.5, clip_on=False)
        )
        axes.set_title(
            f"after answer {at + 1}" if at < 3 else "all four: the gradient\nof the picture", fontsize=11
        )
        axes.axis("off")
    below = figure.add_subplot(grid[1, :])
    numbers(below, matrix)
    below.set_title(
        "the same convolution as a matrix: four rows, one an answer; sixteen columns, one a pixel; empty is 0",
        fontsize=11,
    )
    for text in list(below.texts):
        if text.get_text() == "0":
            text.remove()
    for edge in np.arange(-0.5, 4):
        below.axhline(edge, color=GREY, linewidth=0.6)
    for edge in np.arange(-0.5, 16):
        below.axvline(edge, color=GREY, linewidth=2 if (edge + 0.5) % 4 == 0 else 0.5)
    return figure


def checkerboard(counts: dict[int, np.ndarray], pictures: dict[int, np.ndarray], stride: int) -> Figure:
    """For each size of filter how often every pixel is painted on (h, w), above a picture made that way (h, w, 3)."""
    figure = new_figure(9, 6, f"Transposed convolution with strides of {stride}, from few pixels to many")
    columns = figure.subplots(2, len(counts)).T
    largest = max(int(count.max()) for count in counts.values())
    for (above, below), (size, count), picture in zip(columns, counts.items(), pictures.values()):
        heat = above.imshow(count, cmap="viridis", vmin=0, vmax=largest)
        write_cells(above, heat, [(*place, f"{count[place]:.0f}") for place in np.ndindex(count.shape)], 8)
        even = "even" if size % stride == 0 else "uneven"
        above.set_title(f"filter {size}×{size}: {even} inside", fontsize=11)
        show(below, picture, "")
    columns[0, 0].set_ylabel("how often each pixel\nis painted on")
    columns[0, 1].set_ylabel(f"a picture, {stride} times as large")
    for axes in columns[:, 0]:
        axes.set(xticks=[], yticks=[])
    return figure


# ------------------------------------------------------------------------------------------ filters that learn


def learnt(marks: Sequence[int], found: Sequence[np.ndarray], costs: dict[str, Sequence[float]]) -> Figure:
    """A filter (5, 5) on its way, after so many steps; and how the loss fell, on each kind of picture."""
    figure = new_figure(13, 5.8, "A filter finds Sobel's numbers")
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    scale = {"cmap": "RdBu_r", "vmin": -3.2, "vmax": 3.2}
    for axes, step, kernel in zip(upper.subplots(1, len(marks)), marks, found):
        heat = axes.imshow(kernel, **scale)
        texts = [(*place, f"{kernel[place]:.1f}".replace("-", "−")) for place in np.ndindex(kernel.shape)]
        texts = [(i, j, "0" if text in ("0.0", "−0.0") else text) for i, j, text in texts]
        write_cells(axes, heat, texts, 9)
        axes.set_title(f"after {step} steps" if step else "at first: random", fontsize=11)
        axes.axis("off")
    axes = lower.subplots()
    for (name, values), colour, line in zip(costs.items(), (BLUE, RED), ("-", "--")):
        axes.plot(values, line, color=colour, label=name)
    axes.set_yscale("log")
    axes.set(xlabel="steps of Adam", ylabel="mean squared error")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def three_states(tiles: dict[str, np.ndarray], title: str, label: str, signed: bool) -> Figure:
    """Twenty small pictures (20, h, w) in each of three states, in one scale."""
    figure = new_figure(11, 4.0, title)
    panels = figure.subplots(1, len(tiles))
    scale = colour_scale(np.concatenate([each.ravel() for each in tiles.values()]), signed)
    for axes, (state, pictures) in zip(panels, tiles.items()):
        captions = [str(i) for i in range(len(pictures))]
        image = draw_tiles(axes, pictures, 5, captions, room=0.25, gap=0.12, **scale)
        axes.set_title(state, fontsize=11)
    figure.colorbar(image, ax=panels, label=label, fraction=0.03, pad=0.01)
    return figure
