"""Where an answer is off, as a small map of squares in the terminal: the darker, the further off."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from tinydl.gradcheck import error_map
from tinydl.gradcheck.difference import distances

ROWS, COLUMNS = 12, 24  # squares at most; a square is two characters wide
SQUARES, ASCII = ("··", "░░", "▒▒", "▓▓", "██"), (". ", "::", "++", "%%", "##")
COLOURS = ("dim", "#fee08b", "#fdae61", "#f46d43", "#d73027")


def heat_map(yours: np.ndarray, expected: np.ndarray, right: float, unicode: bool = True) -> Text:
    """A map of the error with a title and a legend.

    Args:
        yours: an array.
        expected: one of the same shape.
        right: the error that counts as none.
        unicode: False for a terminal that has no other characters than ASCII.
    """
    off = distances(yours, expected)
    index = telling(off)
    yours, expected, off = yours[index], expected[index], off[index]
    # (rows, columns) of 0 to 4
    degrees = np.ceil(4 * error_map(yours, expected, ROWS, COLUMNS, right)).astype(int)
    squares = SQUARES if unicode else ASCII
    text = Text().append(f"error{plane_name(index)}, {_size(off.shape)}\n", "dim")
    for row in degrees:
        for degree in row:
            text.append(squares[degree], COLOURS[degree])
        text.append("\n")
    words = [] if np.isfinite(off).all() else ["not a number"]
    if (largest := off[np.isfinite(off)].max(initial=0.0)) > right:
        words.append(f"off by {largest:.2g}")
    text.append(f"{squares[0]} right   ", "dim").append(squares[4], COLOURS[4])
    return text.append(f" {' or '.join(words)}", "dim")


def telling(error: np.ndarray) -> tuple[int | slice, ...]:
    """The index of a plane through the worst element: of pictures (n, h, w, c) height and width.

    In general it is the two neighbouring axes with most elements. An array of one or two axes is shown as a whole.
    """
    if error.ndim < 3:
        return (slice(None),) * error.ndim
    sizes = [a * b for a, b in zip(error.shape, error.shape[1:])]
    first = 1 if sizes[1] == max(sizes) else int(np.argmax(sizes))  # the first axis may count the samples
    worst = np.unravel_index(int(error.argmax()), error.shape)
    return tuple(slice(None) if axis in (first, first + 1) else int(k) for axis, k in enumerate(worst))


def plane_name(index: tuple[int | slice, ...]) -> str:
    """A plane of an array as NumPy writes it, "[0, :, :, 2]"; "" for the whole."""
    cut = any(isinstance(k, int) for k in index)
    return f"[{', '.join(':' if isinstance(k, slice) else str(k) for k in index)}]" if cut else ""


def _size(shape: tuple[int, ...]) -> str:
    """ "4 rows, 3 columns"; and that squares stand for several numbers, where there is no room for all."""
    rows, columns = shape if len(shape) == 2 else (1, *shape)
    each = " (a square: the worst of several)" if rows > ROWS or columns > COLUMNS else ""
    words = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((rows, "row"), (columns, "column"))]
    return ", ".join(words) + each
