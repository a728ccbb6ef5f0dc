"""The plane of two latent numbers: points by class, pictures at their places, and films of how it comes about."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike
from PIL import Image

from tinydl.files import aside
from tinydl.plot.drawing import GREY, PALETTE, brief, class_labels, names_of, new_figure, numbers, pixels

MARKERS = "os^DvPX<>*"
AXES: dict[str, Any] = {"xlabel": "first latent number (no unit)", "ylabel": "second latent number (no unit)"}


def latent_scatter(
    points: ArrayLike,
    labels: ArrayLike,
    class_names: Sequence[str] | None = None,
    title: str | None = "Latent plane",
    reach: float | None = None,
) -> Figure:
    """Points in the plane of two latent numbers: a colour and a mark a class, its name at the class's median.

    Args:
        points: (n, 2).
        labels: classes, integers (n,).
        class_names: the name of each class.
        title: stands above.
        reach: both axes run from -reach to reach, so that several planes can be compared; as far as the points go
            if not given.

    Raises:
        ValueError: points are not (n, 2), or labels do not fit.

    Example:
        >>> figure = latent_scatter(np.eye(2), [0, 1], ["tart", "roll"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['tart', 'roll']
    """
    plane = _plane(points)
    kinds = class_labels(labels, "labels", len(plane), None if class_names is None else len(class_names))
    figure = new_figure(7.2, 5.8, title)
    axes = figure.subplots()
    names = names_of(class_names, kinds)
    draw_classes(axes, plane, kinds, names)
    write_names(axes, plane, kinds, names)
    axes.set(**AXES)
    if reach is not None:
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, markerscale=1.6)
    return figure


def draw_classes(
    axes: Axes, plane: np.ndarray, labels: np.ndarray, names: Sequence[str], size: float = 20
) -> None:
    """Draws points (n, 2), a colour and a mark of `size` a class; the names are for a legend."""
    for k in np.unique(labels):
        own = plane[labels == k]
        look: dict[str, Any] = {"s": size, "alpha": 0.75, "edgecolors": "#444444", "linewidths": 0.3}
        look |= {"color": PALETTE[k % len(PALETTE)], "marker": MARKERS[k % len(MARKERS)]}
        axes.scatter(own[:, 0], own[:, 1], label=brief(names[k]), **look)


def write_names(
    axes: Axes, plane: np.ndarray, labels: np.ndarray, names: Sequence[str], size: float = 11
) -> None:
    """Writes each class's name at the median of its points (n, 2); after all points, so that no name is covered."""
    for k in np.unique(labels):
        x, y = np.median(plane[labels == k], axis=0)
        text = axes.text(x, y, brief(names[k]), ha="center", va="center", fontsize=size, weight="bold")
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])


# ------------------------------------------------------------------------------------ pictures at their places


def thumbnails(
    points: ArrayLike,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    title: str | None = "What lies where",
    side: float = 0.06,
) -> Figure:
    """Pictures at their places in the plane of two latent numbers, none of them covering another.

    Each in turn is put where it belongs, exactly, if there is room; else a dot stands there.

    Args:
        points: (n, 2).
        images: grey or colour, (n, h, w), (n, h, w, 1) or (n, h, w, 3).
        labels: classes, integers (n,); frames and dots then have the class's colour.
        title: stands above.
        side: how long the longer side of a picture is, as a share of the plane shown.

    Raises:
        ValueError: points are not (n, 2), images or labels do not fit them, or side is not between 0 and 1.

    Example:
        >>> figure = thumbnails([[0.0, 0.0], [0.01, 0.0], [5.0, 5.0]], np.zeros((3, 8, 8)))
        >>> len(figure.axes[0].images)  # the second would cover the first
        2
    """
    plane, pictures = _plane(points), pixels(images)
    if len(pictures) != len(plane):
        raise ValueError(f"images: expected {len(plane)}, one for each point, got {len(pictures)}")
    if not 0 < side < 1:
        raise ValueError(f"side: expected a share of the plane between 0 and 1, got {side!r}")
    colours = [GREY] * len(plane)
    if labels is not None:
        colours = [PALETTE[k % len(PALETTE)] for k in class_labels(labels, "labels", len(plane))]
    middle, extent = (plane.max(axis=0) + plane.min(axis=0)) / 2, np.ptp(plane, axis=0).max() or 1.0
    reach = extent / 2 / (1 - side)  # half of what is shown: room for half a picture at the rim
    height, width = np.array(pictures.shape[1:3]) / max(pictures.shape[1:3]) * side * 2 * reach
    placed = free_places(plane, width, height)

    figure = new_figure(8.0, 8.2, title)
    axes = figure.subplots()
    x, y = plane[~placed].T
    axes.scatter(x, y, s=6, c=[colours[i] for i in np.flatnonzero(~placed)])
    for i in np.flatnonzero(placed):
        x, y = plane[i] - (width / 2, height / 2)
        box = (x, x + width, y, y + height)
        axes.imshow(pictures[i], cmap="gray", vmin=0, vmax=1, extent=box, zorder=2)
        frame = Rectangle((x, y), width, height, fill=False, edgecolor=colours[i], linewidth=1.2, zorder=3)
        axes.add_patch(frame)
    (left, low), (right, high) = middle - reach, middle + reach
    axes.set(xlim=(left, right), ylim=(low, high), aspect="equal", **AXES)
    return figure


def free_places(plane: np.ndarray, width: float, height: float) -> np.ndarray:
    """Which of the points (n, 2), each in turn, have room around them for a picture that covers none before: (n,)."""
    placed = np.zeros(len(plane), bool)
    for i, point in enumerate(plane):
        apart = np.abs(plane[placed] - point) >= (width, height)  # (placed so far, 2)
        placed[i] = apart.any(axis=1).all()
    return placed


# ----------------------------------------------------------------------------------------------------- films


def save_animation(
    frames: Iterable[Figure | ArrayLike],
    path: str | os.PathLike[str],
    seconds: float | Sequence[float] = 0.2,
    dpi: int = 80,
    colours: int = 64,
) -> Path:
    """Writes frames as an animated GIF that begins again at its end, whole or not at all; makes the folder.

    Args:
        frames: figures, or pictures of one size: grey (h, w), or colour (h, w, 3), as `image_grid` takes them.
        path: a name that ends in .gif.
        seconds: how long each is shown; or a list, one for each frame.
        dpi: how many pixels an inch of a figure gets.
        colours: how many there may be in all, 2 to 256; fewer make a smaller file.

    Returns:
        The path.

    Raises:
        ValueError: there are no frames, they are not of one size, or an argument makes no sense.
        OSError: the place cannot be written to.

    Example:
        >>> import tempfile
        >>> flicker = [np.zeros((8, 8)), np.ones((8, 8))]
        >>> save_animation(flicker, Path(tempfile.mkdtemp()) / "flicker.gif", seconds=0.5).name
        'flicker.gif'
    """
    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise ValueError(f"path: expected a file name that ends in .gif; got {str(path)!r}")
    if not 2 <= colours <= 256:
        raise ValueError(f"colours: expected 2 to 256, got {colours!r}")
    shots = [_shot(frame, i, dpi) for i, frame in enumerate(frames)]
    sizes = sorted({shot.size for shot in shots})
    if len(sizes) != 1:
        found = " and ".join(f"{h}x{w}" for w, h in sizes) or "none"
        raise ValueError(f"frames: expected one or more, all of one size; got {found}")
    times = [float(seconds)] * len(shots) if isinstance(seconds, (int, float)) else [*map(float, seconds)]
    if len(times) != len(shots) or not all(0 < each < math.inf for each in times):
        raise ValueError(
            f"seconds: expected a positive number, or {len(shots)}, one for each frame; got {seconds!r}"
        )
    palette = _common_palette(shots, colours)
    first, *others = [shot.quantize(palette=palette, dither=Image.Dither.NONE) for shot in shots]
    milliseconds = [round(1000 * each) for each in times]
    with aside(path) as part:
        first.save(
            part, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0, optimize=False
        )
    return path


def _shot(frame: Figure | ArrayLike, i: int, dpi: int) -> Image.Image:
    """A frame as a picture in red, green and blue."""
    if isinstance(frame, Figure):
        data = io.BytesIO()
        frame.savefig(data, format="png", dpi=dpi)
        return Image.open(data).convert("RGB")
    picture = pixels(np.asarray(frame)[None], f"frames[{i}]")[0]  # (h, w) or (h, w, 3)
    return Image.fromarray(np.round(255 * picture).astype(np.uint8)).convert("RGB")


def _common_palette(shots: Sequence[Image.Image], colours: int) -> Image.Image:
    """The colours that serve all frames best, so that none flickers: those of a few of them in one picture."""
    few = shots[:: -max(1, len(shots) // 8)]  # the last one, and backwards from there
    width, height = few[0].size
    together = Image.new("RGB", (width, height * len(few)))
    for i, shot in enumerate(few):
        together.paste(shot, (0, i * height))
    # Not the usual median cut, which counts pixels: to it, all small marks on white paper are grey.
    return together.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _plane(points: ArrayLike) -> np.ndarray:
    expected = "(n, 2), two latent numbers for each image"
    plane = numbers(points, "points", expected, 2)
    if plane.shape[1] != 2:
        raise ValueError(f"points: expected {expected}, got shape {plane.shape}")
    return plane
