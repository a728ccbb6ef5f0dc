"""im2col: how windows that slide become a matrix product, in blocks that the processor's caches can hold.

    rows of cols                  x   kernel                =   pixels of the result
    (n*out_h*out_w, kh*kw*cin)        (kh*kw*cin, cout)         (n*out_h*out_w, cout)

What is left of a convolution is copying pixels and multiplying matrices, and BLAS does the second nearly as fast as the
machine can. So all that is done here for speed is done to the copying: it stays in the caches, it comes in long runs,
and there is less of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add, iadd

import numpy as np

from tinydl.backend import Array, array_module, on_gpu
from tinydl.kernels import one_kernel, product
from tinydl.ops.windows import Axis, padded
from tinydl.threads import in_shares

# The rows of im2col repeat each pixel kh*kw times: for a batch they would fill the memory, and go through it three
# times. A block of them that stays in the processor's caches is laid out and multiplied at once: a few pictures, or a
# few lines of a large one. The threads share the blocks. (Smaller ones would be nearer to the processor, but between
# two products a thread needs Python's lock, and the more often it asks, the more often the other has it.)
BLOCK_BYTES = 3 << 20
# A GPU wants all of it in one block; this is what im2col may take of its memory at a time.
GPU_BLOCK_BYTES = 512 << 20
# The blocks go to the threads in so many groups at most, and blocks and groups are the same whatever the number of
# threads: where products are added up, the order of the sums, and with it their last digits, shall not depend on it.
GROUPS = 16
SUMS_BYTES = 32 << 20  # what the sums of all groups may take


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


Place = tuple[slice, slice]  # of a block in the result: all lines of some pictures, or some lines of one


def places(x: Array, rows: Axis, columns: Axis) -> list[Place]:
    """The blocks: `result[place]` are the pixels whose windows are laid out together."""
    row = rows.window * columns.window * x.shape[3]
    line = max(1, columns.out * row * x.dtype.itemsize)  # bytes of im2col for a line of the result
    # Four blocks or more, if there is enough to do: so that there is some for two threads, and for four.
    size = min(BLOCK_BYTES, max(len(x) * rows.out * line, BLOCK_BYTES) // 4)
    size = GPU_BLOCK_BYTES if on_gpu(x) else size
    lines = min(max(1, size // line), rows.out)
    pictures = max(1, size // (line * rows.out))
    return [
        (slice(i, min(i + pictures, len(x))), slice(j, min(j + lines, rows.out)))
        for i in range(0, len(x), pictures)
        for j in range(0, rows.out, lines)
    ]


def workspace(x: Array) -> Callable[[Axis, Axis, Place], Array]:
    """A function that lays out one block after the other, each padded on the way, in the same memory.

    Fresh memory for each would cost more than filling it. Every thread takes a workspace of its own.
    """
    xp = array_module(x)
    space = xp.empty(0, dtype=x.dtype)

    def lay_out(rows: Axis, columns: Axis, place: Place) -> Array:
        """im2col for this block: (n*lines*out_w, kh*kw*c)."""
        nonlocal space
        pictures, lines = place
        rows = rows.part(lines)
        block = _windows(padded(x[pictures], rows, columns), rows, columns)  # (n, lines, out_w, kh, kw, c)
        row = rows.window * columns.window * x.shape[3]
        # A row of cols holds runs of kw * c numbers that lie side by side in x. With few channels these are short runs
        # to copy: then cols is laid out the other way round, in runs of out_w, and BLAS takes the transpose as it is.
        other_way = columns.window * x.shape[3] <= 16
        if other_way:
            block = block.transpose(3, 4, 5, 0, 1, 2)
        if space.size < block.size:
            space = xp.empty(block.size, dtype=x.dtype)
        cols = space[: block.size].reshape(block.shape)
        xp.copyto(cols, block)
        return cols.reshape(row, -1).T if other_way else cols.reshape(-1, row)

    return lay_out


def correlate(x: Array, turns: list[tuple[Array, Axis, Axis, Array]], bias: Array | None) -> None:
    """Every kernel over all its windows of x (n, h, w, cin), and bias (cout,) added.

    Args:
        turns: for each kernel (kh, kw, cin, cout) where its windows stand, and the array (n, out_h, out_w, cout) that
            the result goes into. A convolution has one; a transposed one with strides has several.
    """
    jobs = []
    for kernel, rows, columns, y in turns:
        wide = columns if on_gpu(x) else _side_by_side(columns, kernel.shape[3])
        matrix = _widened(kernel, columns.out // wide.out).astype(y.dtype, copy=False)  # (kh*kw*cin, cout)
        jobs += [(matrix, rows, wide, y, place) for place in places(x, rows, wide)]

    def multiply(some: slice) -> None:
        lay_out = workspace(x)
        for matrix, rows, columns, y, place in jobs[some]:
            pixels = product(lay_out(rows, columns, place), matrix)  # (n*lines*out_w, cout)
            _put_down(y[place], pixels, bias)

    in_shares(multiply, len(jobs), x, shares=GROUPS)


def _put_down(y: Array, pixels: Array, bias: Array | None) -> None:
    """Pixels, as the product gives them, into their place y (n, lines, out_w, cout), and bias (cout,) added."""
    if on_gpu(y):
        _write(y, pixels.reshape(y.shape), bias)
        return
    if bias is not None:
        # Now, while they are in the cache; and line by line, since that is a long run to add.
        line = np.tile(bias, y.shape[2])  # (out_w*cout,)
        lines = pixels.reshape(-1, line.size)
        lines += line
    y[...] = pixels.reshape(y.shape)


@one_kernel
def _write(y: Array, pixels: Array, bias: Array | None) -> None:
    y[...] = pixels if bias is None else pixels + bias


def correlate_kernel(x: Array, seen: Array, rows: Axis, columns: Axis) -> Array:
    """All windows of x (n, h, w, cin), each times what stands in its place in `seen` (n, out_h, out_w, cout), added up.

    Returns:
        (kh, kw, cin, cout).
    """
    xp = array_module(x)
    kw, cout = columns.window, seen.shape[3]
    wide = columns if on_gpu(x) else _side_by_side(columns, cout)
    several = columns.out // wide.out
    shape = (rows.window * wide.window * x.shape[3], several * cout)
    blocks = places(x, rows, wide)

    def weigh(some: slice) -> Array:  # the rows are made anew rather than kept from the way forward
        lay_out, total = workspace(x), None
        for place in blocks[some]:
            cols, pixels = lay_out(rows, wide, place), seen[place].reshape(-1, several * cout)
            # BLAS copies an operand least if it need not transpose it.
            part = product(cols.T, pixels) if cols.flags.f_contiguous else product(pixels.T, cols).T
            total = part if total is None else iadd(total, part)
        return xp.zeros(shape, dtype=xp.result_type(x, seen)) if total is None else total

    size = max(1, shape[0] * shape[1] * x.dtype.itemsize)
    totals = in_shares(weigh, len(blocks), x, shares=max(1, min(GROUPS, SUMS_BYTES // size)))
    total = reduce(add, totals).reshape(rows.window, wide.window, x.shape[3], several, cout)
    return reduce(add, [total[:, i : i + kw, :, i] for i in range(several)])


def _side_by_side(columns: Axis, cout: int) -> Axis:
    """Fewer, wider windows for the same convolution: the kernel stands in each several times, a pixel farther on.

    Neighbouring windows share most of their pixels, so one row of im2col for two, a pixel wider, halves the copying.
    And BLAS multiplies sixteen columns at a time, full or not: it takes two kernels of 20 as three, one as two. Both
    are worth it until there are too many zeros to multiply: for 20 kernels of 5x5 two side by side save a sixth, for
    three of 7x7 four save two thirds, for 64 one is best. (Not on a GPU, where each part is a launch more.)
    """
    if columns.stride * columns.dilation > 1:
        return columns
    kw = columns.window

    def cost(m: int) -> float:  # of a pixel's share of a row: copied (2/3) and multiplied (1 for 16 columns)
        return (kw + m - 1) / m * (2 / 3 + -(-m * cout // 16))

    several = min((m for m in (1, 2, 4, 8) if columns.out % m == 0), key=cost)
    return columns._replace(window=kw + several - 1, stride=several, out=columns.out // several)


def _widened(kernel: Array, several: int) -> Array:
    """The matrix of a kernel (kh, kw, cin, cout) `several` times side by side: (kh*kw'*cin, several*cout)."""
    kh, kw, cin, cout = kernel.shape
    if several == 1:
        return kernel.reshape(-1, cout)
    wide = array_module(kernel).zeros((kh, kw + several - 1, cin, several, cout), dtype=kernel.dtype)
    for i in range(several):
        wide[:, i : i + kw, :, i] = kernel
    return wide.reshape(-1, several * cout)
