"""Where a sliding window stands: what convolution and pooling share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tinydl.backend import Array, array_module
from tinydl.lookup import lookup

Size = int | tuple[int, int]  # for height and width alike, or one for each


class Axis(NamedTuple):
    """How a window moves along one axis of a picture."""

    size: int  # of the picture
    window: int  # how many elements the window takes
    stride: int
    dilation: int
    before: int  # padding
    after: int
    out: int  # how many places the window stands in

    def at(self, k: int) -> slice:
        """Element k of the window, in all the places where it stands, as a slice of the padded picture."""
        start = k * self.dilation
        return slice(start, start + (self.out - 1) * self.stride + 1, self.stride)

    def part(self, places: slice) -> Axis:
        """The same for some of its places: what they do not reach of the picture is negative padding, cut off."""
        first = places.start * self.stride - self.before  # of the picture's pixels that they see
        last = (places.stop - 1) * self.stride + (self.window - 1) * self.dilation - self.before
        return self._replace(before=-first, after=last + 1 - self.size, out=places.stop - places.start)


def pair(value: Size, what: str) -> tuple[int, int]:
    """A number for height and width alike, or one for each.

    Raises:
        ValueError: not one or two whole numbers from 1 up.
    """
    two = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(two) != 2 or any(not hasattr(v, "__index__") or v < 1 for v in two):
        raise ValueError(f"{what}: expected a whole number from 1 up, or a pair of them, got {value!r}")
    return int(two[0]), int(two[1])


def _valid(size: int, reach: int, stride: int) -> tuple[int, int]:
    return 0, (size - reach) // stride + 1  # the window stays inside the picture


def _same(size: int, reach: int, stride: int) -> tuple[int, int]:
    out = -(-size // stride)  # as many places as strides
    return max((out - 1) * stride + reach - size, 0), out


PADDINGS = {"valid": _valid, "same": _same}


def axis(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> Axis:
    """The places of a window along one axis. "same" pads as Keras does: an odd element goes to the end.

    Raises:
        ValueError: an unknown padding, or a window that does not fit in.
    """
    reach = (window - 1) * dilation + 1
    pad, out = lookup(padding, PADDINGS, "padding")(size, reach, stride)
    if out < 1:
        raise ValueError(
            f"a window of {reach} does not fit into a picture of {size}: use padding='same' or a smaller one"
        )
    return Axis(size, window, stride, dilation, pad // 2, pad - pad // 2, out)


def full_size(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> int:
    """The way back of `axis`: the picture whose window stands in `size` places, as Keras chooses among those."""
    reach = (window - 1) * dilation + 1
    return size * stride + (max(reach - stride, 0) if padding == "valid" else 0)


def axes(shape: tuple, window: Size, strides: Size, padding: str, dilation: Size = 1) -> tuple[Axis, Axis]:
    """The places of a window on a picture of shape (n, h, w, c): one `Axis` for height, one for width."""
    (kh, kw), (sh, sw), (dh, dw) = (
        pair(window, "window"),
        pair(strides, "strides"),
        pair(dilation, "dilation_rate"),
    )
    return axis(shape[1], kh, sh, padding, dh), axis(shape[2], kw, sw, padding, dw)


def padded(x: Array, rows: Axis, columns: Axis, value: float = 0.0) -> Array:
    """x (n, h, w, c) with the padding around it, where that is negative cut off; a view of x where none is added."""
    inside, outside, shape = [slice(None)], [slice(None)], [len(x)]
    for size, before, after in ((a.size, a.before, a.after) for a in (rows, columns)):
        inside.append(slice(max(-before, 0), max(size + min(after, 0), 0)))
        outside.append(slice(max(before, 0), max(before + size + min(after, 0), 0)))
        shape.append(before + size + after)
    seen = x[tuple(inside)]
    if seen.shape[:3] == tuple(shape):
        return seen
    # On a GPU zeros are no kernel, only memory that is cleared.
    out = array_module(x).zeros((*shape, x.shape[3]), dtype=x.dtype)
    if value:
        out[...] = value
    out[tuple(outside)] = seen
    return out


def elements(rows: Axis, columns: Axis) -> Iterator[tuple[int, tuple[slice, slice, slice]]]:
    """The elements of the window, in reading order: the number of each, and where it stands in a padded picture."""
    for i in range(rows.window):
        for j in range(columns.window):
            yield i * columns.window + j, (slice(None), rows.at(i), columns.at(j))
