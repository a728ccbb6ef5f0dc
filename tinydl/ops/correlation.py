"""im2col: how windows that slide become a matrix product, in blocks that the processor's caches can hold.

    rows of cols                  x   kernel                =   pixels of the result
    (n*out_h*out_w, kh*kw*cin)        (kh*kw*cin, cout)         (n*out_h*out_w, cout)

What is left of a convolution is copying pixels and multiplying matrices, and BLAS does the second nearly as fast as the
machine can. So all that is done here for speed is done to the copying: it stays in the caches, it comes in long runs,
and there is less of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tinydl.backend import Array, array_module
from tinydl.ops.windows import Axis, padded
from tinydl.threads import in_shares

# The rows of im2col repeat each pixel kh*kw times: for a batch they would fill the memory, and go through it three
# times. A block of them that stays in the processor's caches is laid out and multiplied at once: a few pictures, or a
# few lines of a large one. The threads share the blocks. (Smaller ones would be nearer to the processor, but between
# two products a thread needs Python's lock, and the more often it asks, the more often the other has it.)
BLOCK_BYTES = 3 << 20
# Blocks whose products are added up go to the threads in so many groups, whatever the number of threads: the order of
# the sums, and with it their last digits, shall not depend on it.
GROUPS = 16


def im2col(x: Array, rows: Axis, columns: Axis) -> Array:
    """Every window of the padded pictures as one row.

    Args:
        x: (n, h, w, c), padded already.
        rows, columns: where the windows stand, from `windows.axes`.

    Returns:
        (n * out_h * out_w, kh * kw * c): in a row the elements stand as in a kernel, so that a row times
        `kernel.reshape(kh * kw * c, cout)` is a pixel of the result.

    Example:
        >>> import numpy as np
        >>> from tinydl.ops.windows import axes
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


def by_blocks(x: Array, rows: Axis, columns: Axis, work: Callable[[Iterator], Any]) -> list:
    """`im2col` of pictures in blocks, padded on the way: what `work` makes of each group of blocks.

    A group is an iterator of (place, cols): `result[place]` are the pixels, all of some pictures or some lines of one,
    whose windows are the rows of cols. All blocks of a group are laid out in the same memory, one after the other:
    fresh memory for each would cost more than filling it.
    """
    n, _, _, c = x.shape
    row = rows.window * columns.window * c
    line = max(1, columns.out * row * x.dtype.itemsize)  # bytes of a line of the result
    lines = min(max(1, BLOCK_BYTES // line), rows.out)
    pictures = max(1, BLOCK_BYTES // (line * rows.out))
    places = [
        (slice(i, min(i + pictures, n)), slice(j, min(j + lines, rows.out)))
        for i in range(0, n, pictures)
        for j in range(0, rows.out, lines)
    ]
    # A row of cols holds runs of kw * c numbers that lie side by side in x. With few channels those are short runs to
    # copy: then cols is laid out the other way round, where they are out_w long, and BLAS takes the transpose as it is.
    other_way = columns.window * c <= 16
    xp = array_module(x)

    def blocks(group: slice) -> Iterator[tuple[tuple[slice, slice], Array]]:
        space = xp.empty(min(pictures, n) * lines * columns.out * row, dtype=x.dtype)
        for place in places[group]:
            part = rows.part(place[1])
            block = _windows(
                padded(x[place[0]], part, columns), part, columns
            )  # (n, lines, out_w, kh, kw, c)
            if other_way:
                block = block.transpose(3, 4, 5, 0, 1, 2)
            cols = space[: block.size].reshape(block.shape)
            xp.copyto(cols, block)
            yield place, cols.reshape(row, -1).T if other_way else cols.reshape(-1, row)

    return in_shares(lambda group: work(blocks(group)), len(places), shares=GROUPS)


def correlate(x: Array, kernel: Array, rows: Axis, columns: Axis, y: Array, bias: Array | None) -> None:
    """x (n, h, w, cin) with kernel (kh, kw, cin, cout), and bias (cout,), into y (n, out_h, out_w, cout)."""
    line = columns.out * kernel.shape[3]  # numbers in a line of the result
    row_of_biases = (
        None if bias is None else array_module(x).tile(bias, columns.out)
    )  # (line,), a long run to add
    kernel, columns = _side_by_side(kernel, columns)
    matrix = kernel.reshape(-1, kernel.shape[3])  # (kh*kw*cin, cout)

    def multiply(blocks: Iterator) -> None:
        for place, cols in blocks:
            product = (cols @ matrix).reshape(-1, line)  # (n*lines, out_w*cout)
            if row_of_biases is not None:
                product += row_of_biases  # now, while it is in the cache
            y[place] = product.reshape(y[place].shape)

    by_blocks(x, rows, columns, multiply)


def _side_by_side(kernel: Array, columns: Axis) -> tuple[Array, Axis]:
    """The same convolution in fewer, wider windows: the kernel stands in each several times, a pixel farther on.

    Neighbouring windows share most of their pixels, so one row of im2col for two, a pixel wider, halves the copying.
    And BLAS multiplies sixteen columns at a time, full or not: it takes two kernels of 20 as three, one as two. Both
    are worth it until there are too many zeros to multiply: for 20 kernels of 5x5 two side by side save a sixth, for
    three of 7x7 eight save two thirds, for 64 one is best.
    """
    kh, kw, cin, cout = kernel.shape

    def cost(
        m: int,
    ) -> float:  # of a pixel: of its share of a row, copied (2/3) and multiplied (1 for 16 columns)
        return (kw + m - 1) / m * (2 / 3 + -(-m * cout // 16))

    several = min((m for m in (1, 2, 4, 8) if columns.out % m == 0), key=cost)
    if several == 1 or columns.stride * columns.dilation > 1:
        return kernel, columns
    wide = array_module(kernel).zeros((kh, kw + several - 1, cin, several, cout), dtype=kernel.dtype)
    for i in range(several):
        wide[:, i : i + kw, :, i] = kernel
    columns = columns._replace(window=kw + several - 1, stride=several, out=columns.out // several)
    return wide.reshape(kh, kw + several - 1, cin, several * cout), columns
