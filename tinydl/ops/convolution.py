"""Convolution: three ops that are each other's gradients, all of them a matrix product.

Lay every window of the picture out as one row (`im2col`), and convolution is a matrix product: rows times kernels.

    y  = conv2d(x, kernel)                 what every kernel sees in every window of x
    gx = conv2d_transpose(gy, kernel)      what each window says, painted back into the picture
    gk = conv2d_kernel(x, gy)              what each kernel saw, weighted by what is said of it

Each is linear in both of its inputs, and the gradient of any one is given by the other two: that closes the circle,
so gradients of every order exist. Pictures are (n, h, w, c), kernels (kh, kw, cin, cout), as Keras has them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinydl.backend import Array, array_module
from tinydl.op import op
from tinydl.ops.correlation import correlate, correlate_kernel
from tinydl.ops.windows import Axis, Size, axes, axis, full_size, padded, pair

# --------------------------------------------------------------------------------------------- convolution


def _check(x: Array, kernel: Array, bias: Array | None, name: str, cin: int = 2, cout: int = 3) -> None:
    if x.ndim != 4:
        raise ValueError(f"{name}: x has shape {x.shape}, expected (n, h, w, channels)")
    if kernel.ndim != 4:
        raise ValueError(f"{name}: kernel has shape {kernel.shape}, expected (kh, kw, cin, cout)")
    if x.shape[3] != kernel.shape[cin]:
        raise ValueError(
            f"{name}: x has {x.shape[3]} channels, the kernel {kernel.shape} takes {kernel.shape[cin]}"
        )
    if bias is not None and bias.shape != (kernel.shape[cout],):
        raise ValueError(f"{name}: bias has shape {bias.shape}, expected ({kernel.shape[cout]},)")


def _empty(x: Array, kernel: Array, bias: Array | None, shape: tuple) -> Array:
    """Room for a result (n, *shape), in the dtype that NumPy gives these three together."""
    xp = array_module(x)
    return xp.empty((len(x), *shape), dtype=xp.result_type(*[a for a in (x, kernel, bias) if a is not None]))


@op
def conv2d(
    x: Array,
    kernel: Array,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
    bias: Array | None = None,
) -> Array:
    """Two-dimensional convolution (as in all of deep learning, a correlation: the kernel is not flipped).

    Args:
        x: pictures (n, h, w, cin).
        kernel: (kh, kw, cin, cout).
        strides: how far the window moves, a number or (vertically, horizontally).
        padding: "valid" (the window stays inside) or "same" (zeros around: with stride 1 the size stays the same).
        dilation_rate: the distance between the elements of the window.
        bias: (cout,), added to every pixel of the result.

    Returns:
        (n, out_h, out_w, cout).

    Raises:
        ValueError: ranks, channels or a bias that do not fit, an unknown padding, a window larger than the picture.

    Example:
        >>> conv2d(np.ones((1, 28, 28, 1)), np.ones((5, 5, 1, 20))).shape
        (1, 24, 24, 20)
        >>> conv2d(np.ones((1, 28, 28, 1)), np.ones((5, 5, 1, 20)), padding="same").shape
        (1, 28, 28, 20)
    """
    _check(x, kernel, bias, "conv2d")
    rows, columns = axes(x.shape, kernel.shape[:2], strides, padding, dilation_rate)
    y = _empty(x, kernel, bias, (rows.out, columns.out, kernel.shape[3]))
    correlate(x, [(kernel, rows, columns, y)], bias)
    return y


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


conv2d.gradient("bias")(lambda gy: gy)  # the engine sums it over all pixels, as after any broadcast


# -------------------------------------------------------------------------------------- transposed convolution


@op
def conv2d_transpose(
    x: Array,
    kernel: Array,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
    output_shape: tuple[int, int] | None = None,
    bias: Array | None = None,
) -> Array:
    """Transposed convolution: the way back through a convolution, and the gradient of `conv2d` with respect to x.

    Every pixel of x paints the kernel, times itself, into the result, strides apart; what overlaps adds up. Seen
    from the result, each pixel gathers from a window of x: so this is a convolution too, with the kernel turned by
    180 degrees and its channels exchanged. With strides the pixels of the result take turns: every second one, say,
    is painted by every second element of the kernel. Then there is a small convolution for each turn.

    Args:
        x: pictures (n, h, w, cin).
        kernel: (kh, kw, cout, cin): the kernel of the convolution that leads from the result to x.
        strides, padding, dilation_rate: those of that convolution.
        output_shape: (height, width) of the result, where several lead to the same x; as Keras chooses if not given:
            h * strides for "same", and for "valid" as much more as the kernel reaches beyond the strides.
        bias: (cout,), added to every pixel of the result.

    Returns:
        (n, height, width, cout).

    Raises:
        ValueError: ranks, channels, a bias or `output_shape` that do not fit, an unknown padding.

    Example:
        >>> conv2d_transpose(np.ones((1, 14, 14, 8)), np.ones((3, 3, 4, 8)), strides=2, padding="same").shape
        (1, 28, 28, 4)
    """
    _check(x, kernel, bias, "conv2d_transpose", cin=3, cout=2)
    strides, dilation = pair(strides, "strides"), pair(dilation_rate, "dilation_rate")
    sizes = output_shape or [
        full_size(n, k, s, padding, d) for n, k, s, d in zip(x.shape[1:3], kernel.shape, strides, dilation)
    ]
    rows, columns = axes((0, *sizes), kernel.shape[:2], strides, padding, dilation)
    if (rows.out, columns.out) != x.shape[1:3]:
        raise ValueError(
            f"conv2d_transpose: a convolution of {tuple(sizes)} gives {(rows.out, columns.out)}, x is {x.shape[1:3]}"
        )
    y = _empty(x, kernel, bias, (*sizes, kernel.shape[2]))
    turns = []
    for lines, down, i in _turns(rows):
        for pixels, right, j in _turns(columns):
            turned = kernel[i, j].swapaxes(2, 3)  # (kh, kw, cin, cout)
            turns.append((turned, down, right, y[:, lines, pixels]))
    if len(turns) < rows.stride * columns.stride:
        y[...] = 0 if bias is None else bias  # a window smaller than the strides leaves gaps
    correlate(x, turns, bias)
    return y


def _turns(a: Axis) -> Iterator[tuple[slice, Axis, slice]]:
    """The way back along an axis, turn by turn: which places of the picture; where the window that paints them stands
    in x; and which elements of the kernel it has, the last one first.

    Element k of window i paints place p if i * stride + k * dilation = p + before: which elements paint p depends on
    p % stride alone, and k paints it from pixel i = (p + before - k * dilation) / stride.
    """
    for p in range(min(a.stride, a.size)):
        ks = [k for k in reversed(range(a.window)) if (p + a.before - k * a.dilation) % a.stride == 0]
        if ks:
            places = slice(p, a.size, a.stride)
            pixels = [(p + a.before - k * a.dilation) // a.stride for k in ks]
            apart = pixels[1] - pixels[0] if len(ks) > 1 else 1
            window = Axis(a.out, len(ks), 1, apart, -pixels[0], 0, 0)
            elements = slice(ks[0], ks[-1] - 1 if ks[-1] else None, ks[1] - ks[0] if len(ks) > 1 else -1)
            yield places, window.part(slice(0, len(range(a.size)[places]))), elements


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


conv2d_transpose.gradient("bias")(lambda gy: gy)


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
    return correlate_kernel(x, seen, *axes(x.shape, kernel_size, strides, padding, dilation_rate))


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
