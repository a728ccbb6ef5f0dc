"""Resizing pictures: each new pixel looks where it would lie in the old picture, and takes what it finds there.

Pixels are squares, and colours belong to their centres: new pixel i of `new` has its centre at (i + 1/2) * old / new,
measured in old pixels. `nearest` takes the pixel that this point lies in, `bilinear` mixes the two nearest centres.
Rows and columns are independent, and both ways of looking are weighted sums: so resizing is two matrix products, one
that mixes rows and one that mixes columns, and its gradient is the same with the matrices transposed.
"""

from __future__ import annotations

import functools

import numpy as np

from tinydl import backend
from tinydl.backend import Array
from tinydl.kernels import product
from tinydl.lookup import lookup
from tinydl.op import op


def _pixel_at(i: int, old: int, new: int) -> int:
    """The old pixel in which the centre of new pixel i lies; on an edge, float32 decides, as in TensorFlow."""
    return min(int(np.float32(i + 0.5) * np.float32(old / new)), old - 1)


def _nearest(old: int, new: int) -> np.ndarray:
    """What each new pixel takes of each old one: (new, old), a single 1 in each row."""
    weights = np.zeros((new, old))
    for i in range(new):
        weights[i, _pixel_at(i, old, new)] = 1
    return weights


def _bilinear(old: int, new: int) -> np.ndarray:
    """What each new pixel takes of each old one: (new, old), two numbers in each row that sum to 1."""
    weights = np.zeros((new, old))
    i = np.arange(new)
    place = (i + 0.5) * old / new - 0.5  # 0 is the centre of the first old pixel
    before = np.floor(place).astype(int)
    share = place - before  # of the pixel after it
    np.add.at(weights, (i, before.clip(0, old - 1)), 1 - share)
    np.add.at(weights, (i, (before + 1).clip(0, old - 1)), share)  # at the border both are the same pixel
    return weights


INTERPOLATIONS = {"nearest": _nearest, "bilinear": _bilinear}


def resize(x: Array, size: tuple[int, int], interpolation: str = "bilinear") -> Array:
    """Pictures in another size.

    Args:
        x: (n, h, w, c), or one picture (h, w, c). Whole numbers become `floatx()`.
        size: the new (height, width).
        interpolation: "nearest" or "bilinear".

    Returns:
        (n, height, width, c), or (height, width, c).

    Raises:
        ValueError: x is no picture, `size` is not two positive numbers, or the interpolation is unknown.

    Example:
        >>> x = np.array([[0.0, 1.0]]).reshape(1, 1, 2, 1)
        >>> resize(x, (1, 4)).ravel()
        array([0.  , 0.25, 0.75, 1.  ])
        >>> resize(x, (1, 4), "nearest").ravel()
        array([0., 0., 1., 1.])
    """
    if x.ndim == 3:
        return resize(x.reshape(1, *x.shape), size, interpolation)[0]
    if x.ndim != 4:
        raise ValueError(f"resize: expected pictures (n, h, w, c) or one (h, w, c), got shape {x.shape}")
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"resize: expected a size (height, width) of at least (1, 1), got {size}")
    lookup(interpolation, INTERPOLATIONS, "interpolation")
    if x.dtype.kind != "f":
        x = x.astype(backend.floatx())
    there = backend.device_of(x) if backend.is_array(x) else x.device
    rows, columns = (
        _weights(interpolation, old, new, x.dtype, there) for old, new in zip(x.shape[1:3], (height, width))
    )
    return _resample(x, rows, columns)


@functools.lru_cache(maxsize=64)
def _weights(interpolation: str, old: int, new: int, dtype: np.dtype, device: str) -> Array:
    """The matrix, kept: a step that resizes shall not send it to the device anew."""
    return backend.to_device(INTERPOLATIONS[interpolation](old, new).astype(dtype), device)


@op
def _resample(x: Array, rows: Array, columns: Array) -> Array:
    """(n, h, w, c) -> (n, height, width, c) with weights rows (height, h) and columns (width, w)."""
    n, h, w, c = x.shape
    x = product(rows, x.reshape(n, h, w * c))  # (n, height, w*c)
    x = product(columns, x.reshape(-1, w, c))  # (n*height, width, c)
    return x.reshape(n, len(rows), len(columns), c)


_resample.gradient("x")(lambda gy, rows, columns: _resample(gy, rows.T, columns.T))


def resize_naive(x: Array, size: tuple[int, int], interpolation: str = "bilinear") -> Array:
    """`resize` of (n, h, w, c), pixel by pixel.

    Example:
        >>> resize_naive(np.array([[0.0, 1.0]]).reshape(1, 1, 2, 1), (1, 4)).ravel()
        array([0.  , 0.25, 0.75, 1.  ])
    """
    n, h, w, c = x.shape
    y = np.zeros((n, *size, c), dtype=x.dtype)
    for i, j in np.ndindex(*size):
        if interpolation == "nearest":
            y[:, i, j] = x[:, _pixel_at(i, h, size[0]), _pixel_at(j, w, size[1])]
            continue
        row, column = (i + 0.5) * h / size[0], (j + 0.5) * w / size[1]  # the centre, in old pixels
        for a in range(h):  # every old pixel weighs in that is less than 1 away, the nearer the more
            for b in range(w):
                above = max(0, 1 - abs(min(max(row, 0.5), h - 0.5) - (a + 0.5)))
                beside = max(0, 1 - abs(min(max(column, 0.5), w - 0.5) - (b + 0.5)))
                y[:, i, j] += above * beside * x[:, a, b]
    return y
