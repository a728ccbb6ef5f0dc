"""Pooling: a window moves over each channel, and its largest element, or the mean of them, stands for all.

A pooling op runs over the elements of its window, not over its places: element (i, j) in all places at once is one
slice of the picture, so a 2x2 window takes four array operations whatever the picture's size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinydl import syntax
from tinydl.backend import Array, array_module
from tinydl.kernels import one_kernel
from tinydl.op import op
from tinydl.ops.windows import Size, axes, elements, padded
from tinydl.threads import in_shares


def _check(x: Array, name: str) -> None:
    if x.ndim != 4:
        raise ValueError(f"{name}: x has shape {x.shape}, expected (n, h, w, channels)")


# ----------------------------------------------------------------------------------------------------- max


def max_pool2d(x: Array, pool_size: Size, strides: Size | None = None, padding: str = "valid") -> Array:
    """The largest element of every window; the gradient goes to it alone (to the first, if several are equal).

    Args:
        x: pictures (n, h, w, c).
        pool_size: the window, a number or (height, width).
        strides: how far it moves; its own size if not given.
        padding: "valid" or "same"; what is padded never wins.

    Returns:
        (n, out_h, out_w, c).

    Raises:
        ValueError: not a batch of pictures, an unknown padding, a window larger than the picture.

    Example:
        >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]])
    """
    return _max_pool2d(x, pool_size, pool_size if strides is None else strides, padding)


@op
def _max_pool2d(x: Array, pool_size: Size, strides: Size, padding: str) -> Array:
    _check(x, "max_pool2d")
    rows, columns = axes(x.shape, pool_size, strides, padding)
    xp = array_module(x)
    y = xp.empty((x.shape[0], rows.out, columns.out, x.shape[3]), dtype=x.dtype)

    def some(pictures: slice) -> None:
        part = padded(x[pictures], rows, columns, _lowest(x.dtype))
        # First the largest of each column of the window, then of these. A row of pixels is a long run of numbers, so
        # most of the work is done where NumPy is fastest.
        largest = part[:, rows.at(0)]
        for i in range(1, rows.window):
            largest = xp.maximum(largest, part[:, rows.at(i)])
        here = y[pictures]  # one object: CuPy would copy another view of the same memory first
        here[...] = largest[:, :, columns.at(0)]
        for j in range(1, columns.window):
            xp.maximum(here, largest[:, :, columns.at(j)], out=here)

    in_shares(some, len(x), x)
    return y


def _lowest(dtype: np.dtype) -> float:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


@_max_pool2d.gradient("x")
def _(gy: Array, x: Array, y: Array, x_shape: tuple, pool_size: Size, strides: Size, padding: str) -> Array:
    return spread(gy, winners(x, y, pool_size, strides, padding), x_shape, pool_size, strides, padding)


@op(differentiable=False)
def winners(x: Array, y: Array, pool_size: Size, strides: Size, padding: str) -> Array:
    """Which element of its window is the maximum y: its number in reading order, the first if several are equal."""
    rows, columns = axes(x.shape, pool_size, strides, padding)
    xp = array_module(x)
    winner = xp.empty(y.shape, dtype=np.uint8 if rows.window * columns.window <= 256 else np.int64)

    def some(pictures: slice) -> None:
        part = padded(x[pictures], rows, columns, _lowest(x.dtype))
        _find(winner[pictures], y[pictures], *[part[place] for _, place in elements(rows, columns)])

    in_shares(some, len(x), x)
    return winner


@one_kernel
def _find(winner: Array, y: Array, first: Array, *others: Array) -> None:
    """Which of these elements is y: how many lost before it. (5 times faster than `where`.)"""
    lost = first != y  # have all elements so far lost?
    winner[...] = lost if others else False  # the only one wins, even if it is nan, which is unlike itself
    for element in others[:-1]:
        lost &= element != y
        winner += lost


def max_pool2d_naive(x: Array, pool_size: Size, strides: Size | None = None, padding: str = "valid") -> Array:
    """`max_pool2d` in loops, as it is defined."""
    return _pool_naive(x, pool_size, strides, padding, np.max)


def _pool_naive(x: Array, pool_size: Size, strides: Size | None, padding: str, choose: Callable) -> Array:
    rows, columns = axes(x.shape, pool_size, pool_size if strides is None else strides, padding)
    y = np.zeros((x.shape[0], rows.out, columns.out, x.shape[3]), dtype=x.dtype)
    for n, i, j, c in np.ndindex(*y.shape):
        top, left = i * rows.stride - rows.before, j * columns.stride - columns.before
        window = x[n, max(top, 0) : top + rows.window, max(left, 0) : left + columns.window, c]
        y[n, i, j, c] = choose(window)  # only what lies inside the picture
    return y


# ------------------------------------------------------------------------------------------------- average


def average_pool2d(x: Array, pool_size: Size, strides: Size | None = None, padding: str = "valid") -> Array:
    """The mean of every window: of those of its elements that lie inside the picture.

    Args, Returns and Raises are those of `max_pool2d`.

    Example:
        >>> average_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]])
    """
    strides = pool_size if strides is None else strides
    _check(x, "average_pool2d")
    total = collect(x, None, pool_size, strides, padding)
    return total / _count(x, pool_size, strides, padding)


@op(differentiable=False)
def _count(x: Array, pool_size: Size, strides: Size, padding: str) -> Array:
    """How many elements of each window lie inside the picture: (1, out_h, out_w, 1)."""
    ones = array_module(x).ones((1, *x.shape[1:3], 1), dtype=x.dtype)
    return collect(ones, None, pool_size, strides, padding)


def average_pool2d_naive(
    x: Array, pool_size: Size, strides: Size | None = None, padding: str = "valid"
) -> Array:
    """`average_pool2d` in loops, as it is defined."""
    return _pool_naive(x, pool_size, strides, padding, np.mean)


# ----------------------------------------------------------------------------- from pictures to windows and back
# A pair that closes under differentiation: the gradient of each is the other. Both are linear; who won is given.


@op
def collect(x: Array, winner: Array | None, pool_size: Size, strides: Size, padding: str) -> Array:
    """From every window its winner's element (`winner`: their numbers), or the sum of all elements (None)."""
    rows, columns = axes(x.shape, pool_size, strides, padding)
    y = array_module(x).empty((x.shape[0], rows.out, columns.out, x.shape[3]), dtype=x.dtype)

    def some(pictures: slice) -> None:
        part = padded(x[pictures], rows, columns)
        chosen = None if winner is None else winner[pictures]
        _add_up(y[pictures], chosen, *[part[place] for _, place in elements(rows, columns)])

    in_shares(some, len(x), x)
    return y


@one_kernel
def _add_up(y: Array, winner: Array | None, *elements: Array) -> None:
    """The winner of these elements, or their sum."""
    for k, element in enumerate(elements):
        here = element if winner is None else element * (winner == k)
        if k == 0:
            y[...] = here
        else:
            y += here


@collect.gradient("x")
def _(gy: Array, winner: Array | None, x_shape: tuple, pool_size: Size, strides: Size, padding: str) -> Array:
    return spread(gy, winner, x_shape, pool_size, strides, padding)


@op
def spread(
    values: Array, winner: Array | None, shape: tuple, pool_size: Size, strides: Size, padding: str
) -> Array:
    """The way back from `collect`: each window's value added to its winner, or to all its elements, in a picture."""
    rows, columns = axes(shape, pool_size, strides, padding)
    n, h, w, c = shape
    xp = array_module(values)
    height, width = rows.before + h + rows.after, columns.before + w + columns.after
    out = xp.empty((n, height, width, c), dtype=values.dtype)
    apart = rows.stride >= rows.window and columns.stride >= columns.window  # then no place is met twice

    def some(pictures: slice) -> None:
        out[pictures] = 0
        chosen = None if winner is None else winner[pictures]
        places = [out[pictures][place] for _, place in elements(rows, columns)]
        if apart:
            _hand_out(values[pictures], chosen, *places)
        else:
            for k, place in enumerate(places):
                place += values[pictures] if chosen is None else values[pictures] * (chosen == k)

    in_shares(some, n, out)
    return out[:, rows.before : rows.before + h, columns.before : columns.before + w]


@one_kernel
def _hand_out(values: Array, winner: Array | None, *places: Array) -> None:
    """The values to the winner among these places and 0 to the others, or to all of them."""
    for k, place in enumerate(places):
        place[...] = values if winner is None else values * (winner == k)


@spread.gradient("values")
def _(gy: Array, winner: Array | None, pool_size: Size, strides: Size, padding: str) -> Array:
    return collect(gy, winner, pool_size, strides, padding)


# -------------------------------------------------------------------------------------------------- global


def global_average_pool2d(x: Array, keepdims: bool = False) -> Array:
    """The mean of each channel: (n, h, w, c) -> (n, c), or (n, 1, 1, c) with keepdims.

    Example:
        >>> global_average_pool2d(np.array([1.0, 2.0, 6.0]).reshape(1, 1, 3, 1))
        array([[3.]])
    """
    return syntax.mean(x, axis=(1, 2), keepdims=keepdims)


def global_max_pool2d(x: Array, keepdims: bool = False) -> Array:
    """The largest element of each channel: (n, h, w, c) -> (n, c), or (n, 1, 1, c) with keepdims.

    Example:
        >>> global_max_pool2d(np.array([1.0, 2.0, 6.0]).reshape(1, 1, 3, 1))
        array([[6.]])
    """
    return syntax.max(x, axis=(1, 2), keepdims=keepdims)
