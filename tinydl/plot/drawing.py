"""What the pictures share: colours, checks of what comes in, tiles, and how a figure is written to a file.

Colours tell things apart for colour-blind readers too: the palette is from Okabe and Ito (2008), "Color
Universal Design". What a colour says, a mark or a word says as well.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from tinydl.backend import to_numpy
from tinydl.files import aside

BLUE, RED, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PINK, YELLOW, BLACK, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#999999"
# Ten classes are common, and these are eight colours and grey. The tenth is from Paul Tol's schemes.
WINE = "#882255"
PALETTE = (BLUE, ORANGE, GREEN, RED, SKY, PINK, YELLOW, BLACK, GREY, WINE)


class Picture(Figure):
    """A Figure that a notebook shows even where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        data = io.BytesIO()
        self.savefig(data, format="png", dpi=100)
        return data.getvalue()


def new_figure(width: float, height: float, title: str | None = None) -> Figure:
    """An empty figure, in inches, that finds room for its titles, labels and colour bars by itself."""
    figure = Picture(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Writes a figure to a file, whole or not at all; makes the folder where there is none.

    Args:
        figure: what a function of `tinydl.plot` returned.
        path: the ending says the format: .png, .svg, .pdf, .jpg ...

    Returns:
        The path.

    Raises:
        ValueError: matplotlib knows no such ending.
        OSError: the place cannot be written to.

    Example:
        >>> import tempfile
        >>> save(Figure(), Path(tempfile.mkdtemp()) / "pictures" / "empty.png").name
        'empty.png'
    """
    path = Path(path)
    kind, kinds = path.suffix[1:].lower(), figure.canvas.get_supported_filetypes()
    if kind not in kinds:
        raise ValueError(f"path: expected a file name that ends in {', '.join(kinds)}; got {str(path)!r}")
    with aside(path) as part:
        figure.savefig(part, format=kind, dpi=150)
    return path


# -------------------------------------------------------------------------------------- what comes in


def numbers(values: ArrayLike, name: str, expected: str, *ranks: int) -> np.ndarray:
    """values as an array of finite real numbers, of one of the ranks; else an error that says `expected`."""
    array = to_numpy(values)
    if array.dtype.kind not in "buif" or array.ndim not in ranks or array.size == 0:
        raise ValueError(f"{name}: expected {expected}, got shape {array.shape} of {array.dtype}")
    bad = array.size - int(np.isfinite(array).sum())
    if bad:
        raise ValueError(f"{name}: expected finite numbers, but {bad} of {array.size} are NaN or infinite")
    return array


def pixels(images: ArrayLike, name: str = "images") -> np.ndarray:
    """Images as grey (n, h, w) or colour (n, h, w, 3), float, black 0 to white 1.

    uint8 counts to 255. Other numbers range from 0 to 1, or wider where the images themselves reach further:
    from -1 to 1 for what comes out of tanh.
    """
    expected = "grey (n, h, w) or (n, h, w, 1), or RGB (n, h, w, 3), n > 0 (a single image: image[None])"
    array = numbers(images, name, expected, 3, 4)
    if array.ndim == 4 and array.shape[-1] not in (1, 3):
        raise ValueError(f"{name}: expected {expected}, got shape {array.shape}")
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    low, high = (0, 255) if array.dtype == np.uint8 else (min(0, array.min()), max(1, array.max()))
    return (array.astype(np.float64) - low) / (high - low)


def class_labels(
    labels: ArrayLike, name: str, count: int | None = None, classes: int | None = None
) -> np.ndarray:
    """Labels as integers (n,); `count` and `classes`, where given, are how many there must be of each."""
    array = to_numpy(labels)
    if array.ndim == 2 and array.shape[1] == 1:  # the shape of CIFAR-10's labels in Keras
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: expected integer labels of shape (n,), got shape {array.shape} of {array.dtype}; "
            "one-hot rows and probabilities become labels by np.argmax(..., axis=-1)"
        )
    if count is not None and len(array) != count:
        raise ValueError(f"{name}: expected {count} labels, one for each, got {len(array)}")
    if array.size and (array.min() < 0 or (classes is not None and array.max() >= classes)):
        allowed = "from 0 up" if classes is None else f"from 0 to {classes - 1}"
        raise ValueError(f"{name}: expected labels {allowed}, got {array.min()} to {array.max()}")
    return array


def names_of(class_names: Sequence[str] | None, *labels: np.ndarray) -> list[str]:
    """The name of each class; where there are none, its number."""
    if class_names is not None:
        return [brief(str(name)) for name in class_names]
    return [str(label) for label in range(1 + int(np.concatenate(labels).max(initial=0)))]


def brief(name: str, most: int = 24) -> str:
    """A name that has room in a picture: of a longer one its beginning and its end."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[1 - most + most // 2 :]}"


# -------------------------------------------------------------------------------------------- drawing


def colour_scale(values: np.ndarray, signed: bool = False) -> dict[str, Any]:
    """Colours for imshow: dark (0) to bright; or, where values have signs, blue, white (0) and red."""
    largest = float(np.abs(values).max()) or 1.0
    if signed or (values < 0).any():
        return {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    return {"cmap": "viridis", "vmin": 0.0, "vmax": largest}


def draw_tiles(
    axes: Axes,
    pictures: np.ndarray,
    columns: int,
    captions: Sequence[str] = (),
    room: float = 0.0,
    wrong: Sequence[bool] = (),
    gap: float = 0.08,
    **options: Any,
) -> Any:
    """Pictures (n, h, w) or (n, h, w, 3) in rows, each 1 wide; returns the last image, for a colour bar.

    Captions stand beneath, in a strip of height `room`; the `wrong` ones are framed. One Axes carries all of
    them: a hundred Axes would take matplotlib seconds.
    """
    tall = pictures.shape[1] / pictures.shape[2]
    for i, picture in enumerate(pictures):
        x, y = (i % columns) * (1 + gap), (i // columns) * (tall + gap + room)
        marked = bool(wrong) and wrong[i]
        frame: dict[str, Any] = (
            {"edgecolor": RED, "linewidth": 2.5} if marked else {"edgecolor": "#BBBBBB", "linewidth": 0.5}
        )
        image = axes.imshow(picture, extent=(x, x + 1, y + tall, y), interpolation="nearest", **options)
        axes.add_patch(Rectangle((x, y), 1, tall, fill=False, **frame))
        if captions:
            look: dict[str, Any] = {"color": RED, "weight": "bold"} if marked else {"color": BLACK}
            axes.text(x + 0.5, y + tall + 0.04, captions[i], ha="center", va="top", fontsize=9, **look)
    rows = -(-len(pictures) // columns)
    axes.set(xlim=(-gap, columns * (1 + gap)), ylim=(rows * (tall + gap + room), -gap), aspect="equal")
    axes.axis("off")
    return image


def write_cells(axes: Axes, image: Any, texts: Iterable[tuple[int, int, str]], size: float) -> None:
    """Writes each (row, column, text) into its cell: black on bright colours, white on dark ones."""
    colours = image.to_rgba(image.get_array())[..., :3]  # (h, w, 3)
    light = colours**2.2 @ (0.2126, 0.7152, 0.0722)  # (h, w)
    bright = light > 0.18  # where WCAG 2 finds black clearer than white
    for row, column, text in texts:
        ink = "black" if bright[row, column] else "white"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=ink)
