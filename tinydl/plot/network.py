"""Pictures from inside a network: the filters of a convolution, and what they make of an image."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tinydl.plot.drawing import colour_scale, draw_tiles, new_figure, numbers, pixels


def filters(
    kernel: ArrayLike, after: ArrayLike | None = None, most: int = 16, title: str | None = None
) -> Figure:
    """The filters of a convolution: blue is negative, white zero, red positive, one scale for all.

    Filters over one channel stand in a grid. Over several, a row is a filter, and a column an input channel.

    Args:
        kernel: (kh, kw, cin, cout).
        after: the same kernel after training; then the two stand side by side.
        most: of filters over several channels, how many filters and channels are drawn.
        title: stands above.

    Raises:
        ValueError: a kernel has the wrong rank, or the two differ in shape.

    Example:
        >>> figure = filters(np.zeros((5, 5, 1, 20)), after=np.ones((5, 5, 1, 20)))
        >>> [axes.get_title() for axes in figure.axes[:2]]
        ['before training', 'after training']
    """
    kernels = [numbers(kernel, "kernel", "(kh, kw, cin, cout)", 4)]
    if after is not None:
        kernels.append(numbers(after, "after", "(kh, kw, cin, cout)", 4))
        if kernels[1].shape != kernels[0].shape:
            raise ValueError(f"after: expected the kernel's shape {kernels[0].shape}, got {kernels[1].shape}")
    height, width, cin, cout = kernels[0].shape
    single = cin == 1
    down, across = (cout, 1) if single else (min(cout, most), min(cin, most))
    columns = int(np.ceil(np.sqrt(cout))) if single else across
    rows = -(-down * across // columns)
    cell, gap, room = (0.8, 0.12, 0.25) if single else (0.36, 0.25, 0.0)
    note = f"{cout} filters of {height}×{width} over {cin} channel{'s' * (not single)}"
    shown = f" (the first {down} filters, {across} channels)" if down * across < cin * cout else ""
    size = (columns * cell * (1 + gap) + 0.5, rows * cell * (height / width + gap + room) + 1.0)
    figure = new_figure(max(4.5, len(kernels) * size[0] + 1), size[1], (title or note) + shown)
    panels = np.atleast_1d(figure.subplots(1, len(kernels)))
    scale = colour_scale(np.stack(kernels), signed=True)
    for axes, weights, when in zip(panels, kernels, ("before training", "after training")):
        tiles = weights[:, :, :across, :down].transpose(3, 2, 0, 1)  # (down, across, kh, kw)
        tiles = tiles.reshape(-1, height, width)  # (down * across, kh, kw)
        captions = [str(i) for i in range(down)] if single else []
        image = draw_tiles(axes, tiles, columns, captions, room, gap=gap, **scale)
        axes.set_title(when if after is not None else "", fontsize=11)
        if not single:  # axis labels, as the axes themselves are off
            beside = {"transform": axes.transAxes, "fontsize": 10}
            axes.text(0.5, 0, "input channel →", ha="center", va="top", **beside)
            axes.text(0, 0.5, "← filter", ha="right", va="center", rotation=90, **beside)
    figure.colorbar(image, ax=panels, label="weight (no unit)", fraction=0.05, pad=0.02)
    return figure


def feature_maps(maps: ArrayLike, image: ArrayLike | None = None, title: str | None = None) -> Figure:
    """What each filter makes of one image: the channels of a layer's output as pictures, one scale for all.

    Args:
        maps: (h, w, channels), or (1, h, w, channels) as the layer gives it.
        image: the picture that went in, drawn first: (h, w), (h, w, 1) or (h, w, 3).
        title: stands above.

    Raises:
        ValueError: an argument has the wrong rank.

    Example:
        >>> figure = feature_maps(np.ones((14, 14, 20)), image=np.zeros((28, 28, 1)))
        >>> len(figure.axes[1].images)
        20
    """
    array = numbers(maps, "maps", "(h, w, channels), the maps of one image", 3, 4)
    if array.ndim == 4:
        if len(array) != 1:
            raise ValueError(f"maps: expected those of one image, got {len(array)}; pick one: maps[i]")
        array = array[0]
    height, width, channels = array.shape
    columns = int(np.ceil(np.sqrt(1.6 * channels)))  # a little wider than high
    rows = -(-channels // columns)
    cell = max(0.5, min(1.0, 9 / columns))  # inches
    room = 0.17 / cell
    size = (columns * cell * 1.08 + 1.2, rows * cell * (height / width + 0.08 + room) + 0.6)
    note = f"{channels} feature maps of {height}×{width}"
    figure = new_figure(size[0] + 2.4 * (image is not None), size[1], title or note)
    if image is None:
        axes = figure.subplots()
    else:
        before, axes = figure.subplots(1, 2, width_ratios=(2.2, size[0]))
        draw_tiles(before, pixels(np.asarray(image)[None], "image"), 1, cmap="gray", vmin=0, vmax=1)
        before.set_title("input", fontsize=11)
    tiles = array.transpose(2, 0, 1)  # (channels, h, w)
    captions = [str(i) for i in range(channels)]
    drawn = draw_tiles(axes, tiles, columns, captions, room, **colour_scale(array))
    figure.colorbar(drawn, ax=axes, label="activation (no unit)", fraction=0.05, pad=0.02)
    return figure
