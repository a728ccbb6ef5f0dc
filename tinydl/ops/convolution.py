"""Convolution: three ops that are each other's gradients, all of them a matrix product.

Lay every window of the picture out as one row (`im2col`), and convolution is a matrix product: rows times kernels.

    y  = conv2d(x, kernel)                 what every kernel sees in every window of x
    gx = conv2d_transpose(gy, kernel)      what each window says, painted back into the picture
    gk = conv2d_kernel(x, gy)              what each kernel saw, weighted by what is said of it

Each is linear in both of its inputs, and the gradient of any one is given by the other two: that closes the circle,
so gradients of every order exist. Pictures are (n, h, w, c), kernels (kh, kw, cin, cout), as Keras has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinydl.backend import Array, array_module
from tinydl.op import op
from tinydl.ops.windows import Axis, Size, axes, axis, full_size, padded, pair
from tinydl.threads import in_shares

# The rows of im2col repeat each pixel kh*kw times: for a batch they would fill the memory, and go through it three
# times. A block of pictures whose rows stay in the processor's second cache is laid out and multiplied at once, and
# the threads share the blocks.
BLOCK_BYTES = 1 << 20


def im2col(x: Array, rows: Axis, columns: Axis) -> Array:
    """Every window of the padded pictures as one row.

    Args:
        x: (n, h, w, c), padded already.
        rows, columns: where the windows stand, from `windows.axes`.

    Returns:
        (n * out_h * out_w, kh * kw * c): in a row the elements stand as in a kernel, so that a row times
        `kernel.reshape(kh * kw * c, cout)` is a pixel of the result.

    Example:
        >>> x = np.arange(9).reshape(1, 3, 3, 1)
        >>> im2col(x, *axes(x.shape, window=2, strides=1, padding="valid"))
        array([[0, 1, 3, 4],
               [1, 2, 4, 5],
               [3, 4, 6, 7],
               [4, 5, 7, 8]])
    """
    return _windows(x, rows, columns).reshape(-1, rows.window * columns.window * x.shape[3])


def _windows(x: Array, rows: Axis, columns: Axis) -> Array:
    """The windows as a view that repeats pixels without copying them: (n, out_h, out_w, kh, kw, c)."""
    n, h, w, c = x.strides
    return array_module(x).lib.stride_tricks.as_strided(
        x,
        shape=(x.shape[0], rows.out, columns.out, rows.window, columns.window, x.shape[3]),
        strides=(n, h * rows.stride, w * columns.stride, h * rows.dilation, w * columns.dilation, c),
    )


def _by_blocks(x: Array, rows: Axis, columns: Axis, work: Callable[[Iterator], Any]) -> list:
    """`im2col` of padded pictures in blocks, divided among the threads: what `work` makes of each share.

    A share is an iterator of (which pictures, their rows). All rows of a share are laid out in the same memory, one
    block after the other: fresh memory for each would cost more than filling it.
    """
    row = rows.window * columns.window * x.shape[3]
    step = max(1, BLOCK_BYTES // max(1, rows.out * columns.out * row * x.dtype.itemsize))
    windows = _windows(x, rows, columns)
    starts = range(0, x.shape[0], step)
    xp = array_module(x)
    # A row of cols holds kw * c pixels that lie side by side. With few channels those are short runs to copy: then cols
    # is laid out the other way round, where the runs are rows of the result, and BLAS takes the transpose as it is.
    other_way = columns.window * x.shape[3] < columns.out

    def blocks(share: slice) -> Iterator[tuple[slice, Array]]:
        space = xp.empty(min(step, x.shape[0]) * rows.out * columns.out * row, dtype=x.dtype)
        for i in starts[share]:
            block = windows[i : i + step]  # (n, out_h, out_w, kh, kw, c)
            if other_way:
                block = block.transpose(3, 4, 5, 0, 1, 2)
            cols = space[: block.size].reshape(block.shape)
            xp.copyto(cols, block)
            yield slice(i, i + step), cols.reshape(row, -1).T if other_way else cols.reshape(-1, row)

    return in_shares(lambda share: work(blocks(share)), len(starts))


def _correlate(x: Array, kernel: Array, rows: Axis, columns: Axis) -> Array:
    """x (n, h, w, cin) with kernel (kh, kw, cin, cout) -> (n, out_h, out_w, cout)."""
    cout = kernel.shape[3]
    matrix = kernel.reshape(-1, cout)  # (kh*kw*cin, cout)
    xp = array_module(x)
    y = xp.empty((x.shape[0], rows.out, columns.out, cout), dtype=xp.result_type(x, kernel))

    def multiply(blocks: Iterator) -> None:
        for block, cols in blocks:
            xp.matmul(cols, matrix, out=y[block].reshape(-1, cout))

    _by_blocks(padded(x, rows, columns), rows, columns, multiply)
    return y


# --------------------------------------------------------------------------------------------- convolution


def _check(x: Array, kernel: Array, channels: int, name: str) -> None:
    if x.ndim != 4:
        raise ValueError(f"{name}: x has shape {x.shape}, expected (n, h, w, channels)")
    if kernel.ndim != 4:
        raise ValueError(f"{name}: kernel has shape {kernel.shape}, expected (kh, kw, cin, cout)")
    if x.shape[3] != kernel.shape[channels]:
        raise ValueError(
            f"{name}: x has {x.shape[3]} channels, the kernel {kernel.shape} takes {kernel.shape[channels]}"
        )


@op
def conv2d(
    x: Array, kernel: Array, strides: Size = 1, padding: str = "valid", dilation_rate: Size = 1
) -> Array:
    """Two-dimensional convolution (as in all of deep learning, a correlation: the kernel is not flipped).

    Args:
        x: pictures (n, h, w, cin).
        kernel: (kh, kw, cin, cout).
        strides: how far the window moves, a number or (vertically, horizontally).
        padding: "valid" (the window stays inside) or "same" (zeros around: with stride 1 the size stays the same).
        dilation_rate: the distance between the elements of the window.

    Returns:
        (n, out_h, out_w, cout).

    Raises:
        ValueError: ranks or channels that do not fit, an unknown padding, a window larger than the picture.

    Example:
        >>> conv2d(np.ones((1, 28, 28, 1)), np.ones((5, 5, 1, 20))).shape
        (1, 24, 24, 20)
        >>> conv2d(np.ones((1, 28, 28, 1)), np.ones((5, 5, 1, 20)), padding="same").shape
        (1, 28, 28, 20)
    """
    _check(x, kernel, 2, "conv2d")
    return _correlate(x, kernel, *axes(x.shape, kernel.shape[:2], strides, padding, dilation_rate))


def conv2d_naive(
    x: Array, kernel: Array, strides: Size = 1, padding: str = "valid", dilation_rate: Size = 1
) -> Array:
    """`conv2d` in loops, as it is defined: each pixel of the result is a sum over one window."""
    rows, columns = axes(x.shape, kernel.shape[:2], strides, padding, dilation_rate)
    x = padded(x, rows, columns)
    kh, kw, cin, cout = kernel.shape
    y = np.zeros((x.shape[0], rows.out, columns.out, cout), dtype=x.dtype)
    for n, i, j, o in np.ndindex(*y.shape):
        for a, b, c in np.ndindex(kh, kw, cin):
            row = i * rows.stride + a * rows.dilation
            column = j * columns.stride + b * columns.dilation
            y[n, i, j, o] += x[n, row, column, c] * kernel[a, b, c, o]
    return y


@conv2d.gradient("x")
def _(gy: Array, kernel: Array, x_shape: tuple, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d_transpose(gy, kernel, strides, padding, dilation_rate, x_shape[1:3])


@conv2d.gradient("kernel")
def _(gy: Array, x: Array, kernel_shape: tuple, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d_kernel(x, gy, kernel_shape[:2], strides, padding, dilation_rate)


# -------------------------------------------------------------------------------------- transposed convolution


@op
def conv2d_transpose(
    x: Array,
    kernel: Array,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
    output_shape: tuple[int, int] | None = None,
) -> Array:
    """Transposed convolution: the way back through a convolution, and the gradient of `conv2d` with respect to x.

    Every pixel of x paints the kernel, times itself, into the result, strides apart; what overlaps adds up. Seen
    from the result, each pixel gathers from a window of x: so this is a convolution too, of x spread out (strides
    - 1 zeros between its pixels), with the kernel turned by 180 degrees and its channels exchanged.

    Args:
        x: pictures (n, h, w, cin).
        kernel: (kh, kw, cout, cin): the kernel of the convolution that leads from the result to x.
        strides, padding, dilation_rate: those of that convolution.
        output_shape: (height, width) of the result, where several lead to the same x; as Keras chooses if not given:
            h * strides for "same", and for "valid" as much more as the kernel reaches beyond the strides.

    Returns:
        (n, height, width, cout).

    Raises:
        ValueError: ranks, channels or `output_shape` that do not fit, an unknown padding.

    Example:
        >>> conv2d_transpose(np.ones((1, 14, 14, 8)), np.ones((3, 3, 4, 8)), strides=2, padding="same").shape
        (1, 28, 28, 4)
    """
    _check(x, kernel, 3, "conv2d_transpose")
    strides, dilation = pair(strides, "strides"), pair(dilation_rate, "dilation_rate")
    sizes = output_shape or [
        full_size(n, k, s, padding, d) for n, k, s, d in zip(x.shape[1:3], kernel.shape, strides, dilation)
    ]
    rows, columns = axes((0, *sizes), kernel.shape[:2], strides, padding, dilation)
    if (rows.out, columns.out) != x.shape[1:3]:
        raise ValueError(
            f"conv2d_transpose: a convolution of {tuple(sizes)} gives {(rows.out, columns.out)}, x is {x.shape[1:3]}"
        )
    spread = _spread(x, rows.stride, columns.stride)  # (n, (h-1)*stride + 1, ..., cin)
    turned = kernel[::-1, ::-1].swapaxes(2, 3)  # (kh, kw, cin, cout)
    return _correlate(spread, turned, _back(rows), _back(columns))


def _spread(x: Array, sh: int, sw: int) -> Array:
    """Zeros put between the pixels: (n, h, w, c) -> (n, (h-1)*sh + 1, (w-1)*sw + 1, c)."""
    if sh == sw == 1:
        return x
    n, h, w, c = x.shape
    out = array_module(x).zeros((n, (h - 1) * sh + 1, (w - 1) * sw + 1, c), dtype=x.dtype)
    out[:, ::sh, ::sw] = x
    return out


def _back(a: Axis) -> Axis:
    """The window of the way back: over the spread places of `a`, so that it ends on the picture `a` came from."""
    reach = (a.window - 1) * a.dilation
    size = (a.out - 1) * a.stride + 1
    before = reach - a.before
    return Axis(size, a.window, 1, a.dilation, before, a.size + reach - size - before, a.size)


def conv2d_transpose_naive(
    x: Array,
    kernel: Array,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
    output_shape: tuple[int, int] | None = None,
) -> Array:
    """`conv2d_transpose` in loops, as it is imagined: every pixel of x paints the kernel into the result."""
    (sh, sw), (dh, dw) = pair(strides, "strides"), pair(dilation_rate, "dilation_rate")
    kh, kw, cout, _ = kernel.shape
    height, width = output_shape or (
        full_size(x.shape[1], kh, sh, padding, dh),
        full_size(x.shape[2], kw, sw, padding, dw),
    )
    top, left = axis(height, kh, sh, padding, dh).before, axis(width, kw, sw, padding, dw).before
    y = np.zeros((x.shape[0], height, width, cout), dtype=x.dtype)
    for n, i, j, c in np.ndindex(*x.shape):
        for a, b in np.ndindex(kh, kw):
            row, column = i * sh + a * dh - top, j * sw + b * dw - left
            if 0 <= row < height and 0 <= column < width:  # what falls on the padding is cut off
                y[n, row, column] += x[n, i, j, c] * kernel[a, b, :, c]
    return y


@conv2d_transpose.gradient("x")
def _(gy: Array, kernel: Array, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d(gy, kernel, strides, padding, dilation_rate)


@conv2d_transpose.gradient("kernel")
def _(gy: Array, x: Array, kernel_shape: tuple, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d_kernel(gy, x, kernel_shape[:2], strides, padding, dilation_rate)


# ---------------------------------------------------------------------------------- the gradient of the kernel


@op
def conv2d_kernel(
    x: Array,
    seen: Array,
    kernel_size: Size,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
) -> Array:
    """The gradient of `conv2d` with respect to its kernel: each window of x, weighted by what is said of
    it, summed.

    A kernel stands in every window of every picture, so its gradient is a sum over all of them.

    Args:
        x: pictures (n, h, w, cin).
        seen: the gradient of the result, (n, out_h, out_w, cout).
        kernel_size: (kh, kw).
        strides, padding, dilation_rate: those of the convolution.

    Returns:
        (kh, kw, cin, cout).

    Example:
        >>> conv2d_kernel(np.ones((2, 5, 5, 3)), np.ones((2, 3, 3, 4)), (3, 3))[0, 0, 0, 0]  # 2 pictures of 3*3 windows
        np.float64(18.0)
    """
    rows, columns = axes(x.shape, kernel_size, strides, padding, dilation_rate)
    cin, cout = x.shape[3], seen.shape[3]
    xp = array_module(x)
    total = xp.zeros((rows.window * columns.window * cin, cout), dtype=xp.result_type(x, seen))

    def weigh(blocks: Iterator) -> Array:  # the rows are made anew rather than kept from the way forward
        return sum(cols.T @ seen[block].reshape(-1, cout) for block, cols in blocks)

    total = sum(_by_blocks(padded(x, rows, columns), rows, columns, weigh), start=total)
    return total.reshape(rows.window, columns.window, cin, cout)


def conv2d_kernel_naive(
    x: Array,
    seen: Array,
    kernel_size: Size,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
) -> Array:
    """`conv2d_kernel` in loops: element (a, b) of the kernel met these pixels, and this is what was said of it."""
    rows, columns = axes(x.shape, kernel_size, strides, padding, dilation_rate)
    x = padded(x, rows, columns)
    total = np.zeros((rows.window, columns.window, x.shape[3], seen.shape[3]), dtype=x.dtype)
    for n, i, j in np.ndindex(*seen.shape[:3]):
        for a, b in np.ndindex(rows.window, columns.window):
            row = i * rows.stride + a * rows.dilation
            column = j * columns.stride + b * columns.dilation
            total[a, b] += np.outer(x[n, row, column], seen[n, i, j])  # (cin,), (cout,) -> (cin, cout)
    return total


@conv2d_kernel.gradient("x")
def _(gy: Array, seen: Array, x_shape: tuple, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d_transpose(seen, gy, strides, padding, dilation_rate, x_shape[1:3])


@conv2d_kernel.gradient("seen")
def _(gy: Array, x: Array, strides: Size, padding: str, dilation_rate: Size) -> Array:
    return conv2d(x, gy, strides, padding, dilation_rate)
