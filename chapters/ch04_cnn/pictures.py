"""The pictures of this lesson alone; those that every chapter can use are in `tinydl.plot`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tinydl.plot.drawing import BLUE, GREY, ORANGE, RED, colour_scale, draw_tiles, new_figure, write_cells


def journey(steps: Sequence[np.ndarray], class_names: Sequence[str], title: str) -> Figure:
    """What becomes of a picture on its way through a network, left to right.

    Args:
        steps: the picture (h, w, 1), then what each layer made of it: (h, w, channels), or (units,) once it is
            flat; the last one are the probabilities.
        class_names: whose.
        title: stands above.
    """
    figure = new_figure(14, 4.6, title)
    panels = figure.subplots(1, len(steps), width_ratios=[2, *[3] * (len(steps) - 2), 2])
    for axes, step in zip(panels[:-1], steps):
        if step.ndim == 1:  # (units,): shown as a wall of numbers, 20 wide
            step = np.pad(step, (0, -len(step) % 20)).reshape(-1, 20, 1)
            label = f"{steps[-2].size} numbers"
        else:
            height, width, channels = step.shape
            label = f"{height}×{width}" if channels == 1 else f"{channels} pictures\n{height}×{width}"
        tiles = step.transpose(2, 0, 1)  # (channels, h, w)
        columns = {1: 1, 20: 4}.get(len(tiles), 5)
        draw_tiles(axes, tiles, columns, **({"cmap": "gray"} if step is steps[0] else colour_scale(step)))
        axes.set_title(label, fontsize=10)
    axes, probabilities = panels[-1], steps[-1]
    best = int(probabilities.argmax())
    colours = [RED if i == best else GREY for i in range(len(probabilities))]
    axes.barh(range(len(probabilities)), probabilities, color=colours)
    axes.set_yticks(range(len(probabilities)), class_names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="probability")
    axes.set_title(f"{len(probabilities)} numbers", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def padding(image: np.ndarray, valid: np.ndarray, same: np.ndarray) -> Figure:
    """A picture (h, w), and what one filter makes of it without and with a border of zeros, in one scale."""
    figure = new_figure(11, 4.6, "A 5×5 filter slides over 28×28 pixels")
    panels = figure.subplots(1, 3, sharey=True)
    edge = (image.shape[0] - valid.shape[0]) // 2  # how far the filter's middle stays away from the rim
    shown = [
        (image, 0, f"the picture: {image.shape[0]}×{image.shape[1]}"),
        (valid, edge, f'"valid", the filter stays inside: {valid.shape[0]}×{valid.shape[1]}'),
        (same, 0, f'"same", zeros all around: {same.shape[0]}×{same.shape[1]}'),
    ]
    for axes, (picture, at, title) in zip(panels, shown):
        scale = (
            {"cmap": "gray"}
            if picture is image
            else colour_scale(np.concatenate([valid.ravel(), same.ravel()]))
        )
        axes.imshow(picture, extent=(at, at + picture.shape[1], at + picture.shape[0], at), **scale)
        axes.set(xlim=(-3, 31), ylim=(31, -3), xlabel="column (pixels)")
        axes.set_title(title, fontsize=11)
        axes.spines[:].set_color("#CCCCCC")
    for axes, corner in ((panels[0], (0, 0)), (panels[2], (-edge, -edge))):  # where the filter first stands
        axes.add_patch(Rectangle(corner, 5, 5, fill=False, edgecolor=RED, linewidth=2))
        axes.plot(corner[0] + 2.5, corner[1] + 2.5, ".", color=RED)
    panels[2].add_patch(Rectangle((-edge, -edge), 32, 32, fill=False, edgecolor=GREY, linestyle="--"))
    panels[0].set_ylabel("row (pixels)")
    return figure


def one_step(before: np.ndarray, step: np.ndarray, after: np.ndarray, epochs: str) -> Figure:
    """Filters (kh, kw, 1, count) at first, what a single step added to them, and what training made of them."""
    figure = new_figure(13, 3.6, "Twenty filters of 5×5")
    panels = figure.subplots(1, 3)
    titles = ("at first: random", "what one step added", f"after {epochs}")
    both = colour_scale(np.stack([before, after]), signed=True)
    for axes, kernel, title in zip(panels, (before, step, after), titles):
        scale = colour_scale(kernel, signed=True) if kernel is step else both
        tiles = kernel[:, :, 0].transpose(2, 0, 1)  # (count, kh, kw)
        image = draw_tiles(axes, tiles, 5, gap=0.15, **scale)
        axes.set_title(title, fontsize=11)
        figure.colorbar(image, ax=axes, label="weight (no unit)", fraction=0.04, pad=0.02)
    return figure


def wishes(images: np.ndarray, contributions: np.ndarray, weight: str) -> Figure:
    """Pictures (n, h, w), and under each what every position of the filter asks of one weight (n, h, w)."""
    figure = new_figure(13, 4.2, f"What each position asks of {weight}: 784 wishes a picture, added up")
    upper, lower = figure.subplots(2, 1)
    sums = [f"sum {each.sum():+.6f}" for each in contributions]
    draw_tiles(upper, images, len(images), room=0.2, cmap="gray")
    scale = colour_scale(contributions, signed=True)
    image = draw_tiles(lower, contributions, len(images), sums, room=0.2, **scale)
    figure.colorbar(
        image, ax=[upper, lower], label="∂loss/∂weight, share of a position", fraction=0.03, pad=0.01
    )
    return figure


def pooling(before: np.ndarray, after: np.ndarray) -> Figure:
    """A piece of a feature map (2h, 2w) and the largest of every 2×2 in it (h, w)."""
    figure = new_figure(9, 4.6, "Max pooling: of every four numbers the largest stays")
    panels = figure.subplots(1, 2)
    for axes, values, window in zip(panels, (before, after), (2, 1)):
        heat = axes.imshow(values, **colour_scale(before))
        write_cells(axes, heat, [(i, j, f"{values[i, j]:.1f}") for i, j in np.ndindex(*values.shape)], 9)
        for i, j in np.ndindex(*after.shape):
            corner = (window * j - 0.5, window * i - 0.5)
            axes.add_patch(Rectangle(corner, window, window, fill=False, edgecolor="white", linewidth=2))
        axes.set_title(f"{values.shape[0]}×{values.shape[1]}", fontsize=11)
        axes.axis("off")
    return figure


def cross_entropy(image: np.ndarray, logits: np.ndarray, probabilities: np.ndarray, truth: int) -> Figure:
    """A picture the network is torn about: its scores, their softmax, and what the answer costs."""
    figure = new_figure(13, 3.6)
    panels = figure.subplots(1, 4, width_ratios=(1, 1.2, 1.2, 1.3))
    draw_tiles(panels[0], image[None], 1, cmap="gray")
    panels[0].set_title(f"a {truth}, hard to read", fontsize=11)
    _bars(panels[1], logits, truth, "ten scores (logits)")
    _bars(panels[2], probabilities, truth, "softmax: positive, sum 1")
    p = np.linspace(0.01, 1, 200)
    axes = panels[3]
    axes.plot(p, -np.log(p), color=BLUE)
    for value in (0.9, 0.5, 0.1):
        axes.plot(value, -np.log(value), "o", color=RED)
        axes.annotate(
            f"{value}: {-np.log(value):.2f}", (value, -np.log(value)), (5, 6), textcoords="offset points"
        )
    axes.set(xlabel="probability of the true digit", ylabel="cost (nats)", xlim=(0, 1.1), ylim=(0, 4.7))
    axes.set_title("cross-entropy: −log p", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _bars(axes: Axes, values: np.ndarray, truth: int, title: str) -> None:
    axes.bar(range(len(values)), values, color=[ORANGE if i == truth else GREY for i in range(len(values))])
    axes.set_xticks(range(len(values)))
    axes.set(xlabel="digit (orange: the true one)", ylabel="score" if values.min() < 0 else "probability")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
