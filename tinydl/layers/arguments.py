"""What layers think of the arguments they are given, and how they come by a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tinydl.lookup import lookup, snake_case
from tinydl.ops.windows import PADDINGS, axis

Pair = tuple[int, int]  # for height and width

_names: Counter[str] = Counter()  # how many layers have been named so

_HINTS = {
    "data_format": "images are channels-last here, (n, h, w, c): leave data_format out",
    "input_shape": "put Input(shape=...) first in the Sequential instead",
    "input_dim": "put Input(shape=...) first in the Sequential instead",
}


def automatic_name(kind: str) -> str:
    """The next name for a layer of this class: "dense", "dense_1", ...; "conv2d" for Conv2D."""
    name = snake_case(kind)
    count = _names[name]
    _names[name] += 1
    return f"{name}_{count}" if count else name


def padding_name(value: Any, layer: str) -> str:
    """The padding, "valid" or "same", in whatever case it was written.

    Raises:
        ValueError: neither of them.
    """
    name = value.lower() if isinstance(value, str) else value
    lookup(name, PADDINGS, f"padding of {layer}")
    return name


def places(
    sizes: Sequence[int | None], windows: Pair, strides: Pair, padding: str, dilation: Pair, layer: str
) -> tuple[int | None, ...]:
    """How many places a window has along height and along width; None where the size is not known.

    Raises:
        ValueError: the picture is smaller than the window.
    """
    try:
        settings = zip(sizes, windows, strides, dilation)
        return tuple(
            size and axis(size, window, step, padding, far).out for size, window, step, far in settings
        )
    except ValueError as error:
        raise ValueError(f"{layer}: {error}") from None


def not_taken(kind: str, names: Iterable[str]) -> str:
    """The message about arguments that no layer takes."""
    said = (
        f"{kind} does not take {name!r}" + (f": {_HINTS[name]}" if name in _HINTS else "") for name in names
    )
    return "; ".join(said)
