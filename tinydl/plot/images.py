"""Pictures of pictures: a grid of images, the worst mistakes, images beside what was made of them, one image as a
table of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from tinydl.plot.drawing import (
    GREEN,
    class_labels,
    colour_scale,
    draw_tiles,
    names_of,
    new_figure,
    numbers,
    pixels,
    write_cells,
)


def image_grid(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    columns: int = 10,
    title: str | None = None,
    predicted: ArrayLike | None = None,
) -> Figure:
    """Images in rows, each with its class beneath; a wrong prediction gets a cross, both names and a frame.

    Args:
        images: grey (n, h, w) or (n, h, w, 1), or RGB (n, h, w, 3); uint8 or floats.
        labels: true classes, integers (n,).
        class_names: the name of each class; without them, its number is shown.
        columns: images in a row.
        title: stands above.
        predicted: predicted classes, integers (n,); asks for labels too.

    Raises:
        ValueError: an argument has the wrong shape, kind or range.

    Example:
        >>> figure = image_grid(np.zeros((3, 8, 8)), [0, 1, 1], ["cat", "dog"], predicted=[0, 1, 0])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['cat', 'dog', '✗ cat\\nis dog']
    """
    grid = pixels(images)
    if columns < 1:
        raise ValueError(f"columns: expected 1 or more, got {columns}")
    if labels is None:
        if predicted is not None:
            raise ValueError("labels: expected the true classes beside the predicted ones, got None")
        return _tiled(grid, columns, title)
    classes = None if class_names is None else len(class_names)
    true = class_labels(labels, "labels", len(grid), classes)
    guess = true if predicted is None else class_labels(predicted, "predicted", len(grid), classes)
    names = names_of(class_names, true, guess)
    captions = [names[t] if t == p else f"✗ {names[p]}\nis {names[t]}" for t, p in zip(true, guess)]
    return _tiled(grid, columns, title, captions, list(true != guess))


def worst_mistakes(
    images: ArrayLike,
    y_true: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str] | None = None,
    count: int = 20,
    columns: int = 5,
) -> Figure:
    """The images that a classifier gets wrong most confidently: what it said, what is true, how likely each.

    Args:
        images: as for `image_grid`.
        y_true: true classes, integers (n,).
        probabilities: what softmax gave, (n, classes).
        class_names: the name of each class.
        count: how many images at most.
        columns: images in a row.

    Raises:
        ValueError: an argument has the wrong shape, kind or range; logits came for probabilities.

    Example:
        >>> figure = worst_mistakes(np.zeros((2, 8, 8)), [0, 1], [[0.9, 0.1], [0.7, 0.3]])
        >>> figure.axes[0].texts[0].get_text()
        '✗ 0: 70.0 %\\nis 1: 30.0 %'
    """
    grid = pixels(images)
    shares = numbers(probabilities, "probabilities", "(n, classes), a row of probabilities for each image", 2)
    if len(shares) != len(grid):
        raise ValueError(f"probabilities: expected {len(grid)} rows, one for each image, got {len(shares)}")
    if shares.min() < 0 or np.abs(shares.sum(axis=1) - 1).max() > 0.01:
        raise ValueError("probabilities: expected rows that sum to 1; logits go through softmax first")
    if count < 1 or columns < 1:
        raise ValueError(f"count, columns: expected 1 or more of each, got {count} and {columns}")
    if class_names is not None and len(class_names) != shares.shape[1]:
        raise ValueError(f"class_names: expected one for each of {shares.shape[1]}, got {len(class_names)}")
    true = class_labels(y_true, "y_true", len(grid), shares.shape[1])
    names = names_of(class_names, np.arange(shares.shape[1]))
    guess, confidence = shares.argmax(axis=1), shares.max(axis=1)  # (n,), (n,)
    wrong = np.flatnonzero(guess != true)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    if not len(worst):
        figure = new_figure(5, 1.2, "Worst mistakes")
        axes = figure.subplots()
        axes.axis("off")
        none = f"none: all {len(grid):,} images are right"
        axes.text(0.5, 0.5, none, ha="center", va="center", color=GREEN)
        return figure
    percent = 100 * shares
    captions = [
        f"✗ {names[p]}: {percent[i, p]:.1f} %\nis {names[t]}: {percent[i, t]:.1f} %"
        for i, p, t in zip(worst, guess[worst], true[worst])
    ]
    title = f"Worst mistakes: {len(worst):,} of {len(wrong):,} in {len(grid):,} images"
    return _tiled(grid[worst], columns, title, captions, [True] * len(worst))


def reconstructions(
    images: ArrayLike, restored: ArrayLike, columns: int = 10, title: str | None = "Reconstructions"
) -> Figure:
    """Rows of images, and below them, in the same order, what came back of them.

    Args:
        images: grey (n, h, w) or (n, h, w, 1), or RGB (n, h, w, 3); uint8 or floats.
        restored: as many of the same size, each the reconstruction of one; of logits, the sigmoid.
        columns: images in a row; fifty images in rows of ten make five rows above five.
        title: stands above.

    Raises:
        ValueError: an argument has the wrong shape, kind or range, or the two do not fit.

    Example:
        >>> figure = reconstructions(np.zeros((6, 8, 8)), np.ones((6, 8, 8)), columns=3)
        >>> [axes.get_title(loc="left") for axes in figure.axes]
        ['images', 'their reconstructions']
    """
    both = pixels(images), pixels(restored, "restored")
    if both[0].shape != both[1].shape:
        shapes = f"{both[0].shape} and {both[1].shape}"
        raise ValueError(f"images, restored: expected as many, of one size, got {shapes}")
    if columns < 1:
        raise ValueError(f"columns: expected 1 or more, got {columns}")
    columns = min(columns, len(both[0]))
    rows, tall = -(-len(both[0]) // columns), both[0].shape[1] / both[0].shape[2]
    cell = min(1.5, 8 / columns)  # inches
    figure = new_figure(columns * cell * 1.08, 2 * (rows * cell * (tall + 0.08) + 0.3) + 0.4, title)
    for axes, tiles, name in zip(figure.subplots(2, 1), both, ("images", "their reconstructions")):
        draw_tiles(axes, tiles, columns, cmap="gray", vmin=0, vmax=1)
        axes.set_title(name, loc="left", fontsize=11)
    return figure


def heat_map(image: ArrayLike, values: bool = True, title: str | None = None) -> Figure:
    """One image as a table of numbers: each pixel's colour, and its value in it where there is room.

    Args:
        image: (h, w) or (h, w, 1). With negative values in it, colours diverge from 0.
        values: whether to write the numbers.
        title: stands above.

    Raises:
        ValueError: image is not a single grey one.

    Example:
        >>> [text.get_text() for text in heat_map([[0, 255], [128, 7]]).axes[0].texts]
        ['0', '255', '128', '7']
    """
    grid = numbers(image, "image", "one grey image (h, w) or (h, w, 1)", 2, 3)
    if grid.ndim == 3:
        if grid.shape[2] != 1:
            raise ValueError(f"image: expected one grey image (h, w) or (h, w, 1), got shape {grid.shape}")
        grid = grid[..., 0]
    height, width = grid.shape
    cell = min(0.6, 9.5 / max(height, width))  # inches
    figure = new_figure(max(4.0, width * cell + 1.6), max(2.0, height * cell + 0.9))
    axes = figure.subplots()
    heat = axes.imshow(grid, **colour_scale(grid))
    figure.colorbar(heat, ax=axes, label="pixel value", fraction=0.05, pad=0.02)
    axes.set(xlabel="column (pixels)", ylabel="row (pixels)", title=title or "")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    largest = float(np.abs(grid).max()) or 1.0
    whole = bool((grid == np.round(grid)).all())
    digits = 0 if whole else max(0, 1 - int(np.floor(np.log10(largest))))  # of the largest, two
    texts = [(row, column, f"{grid[row, column]:.{digits}f}") for row, column in np.ndindex(height, width)]
    longest = max(len(text) for _, _, text in texts)
    size = min(11.0, 0.85 * cell * 72 / (0.64 * longest))  # in points; a digit is 0.64 of that wide
    if values and size >= 4.5 and cell >= 0.2:
        write_cells(axes, heat, texts, size)
    return figure


def _tiled(
    grid: np.ndarray,
    columns: int,
    title: str | None,
    captions: Sequence[str] = (),
    wrong: Sequence[bool] = (),
) -> Figure:
    """A figure of images (n, h, w) or (n, h, w, 3), large enough in inches for its captions."""
    columns = min(columns, len(grid))
    rows = -(-len(grid) // columns)
    lines = [line for caption in captions for line in caption.split("\n")]
    letters = max(map(len, lines), default=0)
    cell = max(min(1.5, 10 / columns), 0.085 * letters)  # inches; a letter of 9 points takes 0.085
    room = 0.17 / cell * max((caption.count("\n") + 1 for caption in captions), default=0)
    height = rows * cell * (grid.shape[1] / grid.shape[2] + 0.08 + room)
    figure = new_figure(columns * cell * 1.08, height + 0.4 * bool(title), title)
    draw_tiles(figure.subplots(), grid, columns, captions, room, wrong, cmap="gray", vmin=0, vmax=1)
    return figure
