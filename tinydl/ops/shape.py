"""Ops that move numbers about: join, cut, pad, flip, repeat, look up; and `einsum`, which names axes.

No number changes on the way (but for einsum), so each rule moves the gradient back to where it came from.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np

from tinydl import backend, kernels
from tinydl.backend import Array, array_module
from tinydl.op import op
from tinydl.syntax import broadcast_to, put


def _from(start: int, stop: int, axis: int) -> tuple:
    """The index that takes start..stop along an axis."""
    return (*[slice(None)] * axis, slice(start, stop))


# -------------------------------------------------------------------------------------------------- join, cut


@op
def concatenate(*arrays: Array, axis: int = 0) -> Array:
    """Arrays one after another along an axis; their other lengths must agree.

    Example:
        >>> concatenate([np.ones((2, 3)), np.ones((4, 3))]).shape
        (6, 3)
    """
    return kernels.concatenate(arrays, axis)


@concatenate.gradient("arrays")
def _(gy: Array, arrays_shape: tuple, axis: int, position: int) -> Array:
    axis = axis % gy.ndim
    lengths = [shape[axis] for shape in arrays_shape]
    start = sum(lengths[:position])
    return gy[_from(start, start + lengths[position], axis)]


@op
def stack(*arrays: Array, axis: int = 0) -> Array:
    """Arrays of one shape, side by side along a new axis.

    Example:
        >>> stack([np.ones(3), np.zeros(3)], axis=1).shape
        (3, 2)
    """
    xp = array_module(*arrays)
    return kernels.concatenate([xp.expand_dims(a, axis) for a in arrays], axis)


@stack.gradient("arrays")
def _(gy: Array, axis: int, position: int) -> Array:
    return gy[(*[slice(None)] * (axis % gy.ndim), position)]


def split(x: Array, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """x cut along an axis: into equal parts, or before each of the given indices.

    Raises:
        ValueError: the parts cannot be equal.

    Example:
        >>> [part.tolist() for part in split(np.array([1, 2, 3, 4]), 2)]
        [[1, 2], [3, 4]]
        >>> [part.tolist() for part in split(np.array([1, 2, 3, 4]), [1])]
        [[1], [2, 3, 4]]
    """
    axis, length = axis % x.ndim, x.shape[axis]
    if isinstance(indices_or_sections, int):
        parts = indices_or_sections
        if parts < 1 or length % parts:
            raise ValueError(f"split: an axis of length {length} cannot be cut into {parts} equal parts")
        cuts = [length // parts * i for i in range(1, parts)]
    else:
        cuts = list(indices_or_sections)
    return [x[_from(start, stop, axis)] for start, stop in zip([0, *cuts], [*cuts, length])]


@op
def pad(x: Array, pad_width: int | Sequence, constant_values: float = 0) -> Array:
    """x with a constant around it.

    Args:
        x: any shape.
        pad_width: how much, as in NumPy: a number, a pair (before, after) for every axis, or a pair for each.
        constant_values: the constant.

    Raises:
        ValueError: `pad_width` does not fit x, or is negative.

    Example:
        >>> pad(np.array([[1, 2]]), [(1, 0), (2, 2)])
        array([[0, 0, 0, 0, 0, 0],
               [0, 0, 1, 2, 0, 0]])
    """
    widths = _widths(pad_width, x.ndim)
    padded = [int(before) + n + int(after) for n, (before, after) in zip(x.shape, widths)]
    out = array_module(x).full(padded, constant_values, dtype=x.dtype)
    out[_inside(widths, x.shape)] = x
    return out


@pad.gradient("x")
def _(gy: Array, pad_width: int | Sequence, x_shape: tuple) -> Array:
    return gy[_inside(_widths(pad_width, len(x_shape)), x_shape)]


def _widths(pad_width: int | Sequence, ndim: int) -> np.ndarray:
    """NumPy's ways of saying a padding, as one: (ndim, 2)."""
    widths = np.asarray(pad_width)
    fits = widths.shape in ((), (1,), (2,), (1, 2), (ndim, 2))
    if not fits or widths.dtype.kind not in "iu" or (widths < 0).any():
        raise ValueError(
            f"pad: expected pad_width as a number, a pair, or {ndim} pairs (before, after), none negative; "
            f"got {pad_width!r}"
        )
    return np.broadcast_to(widths, (ndim, 2))


def _inside(widths: np.ndarray, shape: tuple) -> tuple:
    """The index of x within the padded x."""
    return tuple(slice(int(before), int(before) + n) for n, (before, _) in zip(shape, widths))


# ---------------------------------------------------------------------------------------------------- reshape


@op
def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    """x with a new axis of length 1, or several, at these places of the result.

    Example:
        >>> expand_dims(np.ones((2, 3)), -1).shape
        (2, 3, 1)
    """
    return array_module(x).expand_dims(x, axis)


@op
def squeeze(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """x without this axis of length 1, or several; without any such axis if none is named.

    Example:
        >>> squeeze(np.ones((1, 2, 3, 1))).shape
        (2, 3)
    """
    return x.squeeze(axis)


expand_dims.gradient("x")(lambda gy, x_shape: gy.reshape(x_shape))
squeeze.gradient("x")(lambda gy, x_shape: gy.reshape(x_shape))


# -------------------------------------------------------------------------------- repeat, turn round, look up


@op
def repeat(x: Array, repeats: int, axis: int | None = None) -> Array:
    """Each element `repeats` times in a row, along an axis or in the flat array.

    Example:
        >>> repeat(np.array([1, 2]), 3)
        array([1, 1, 1, 2, 2, 2])
    """
    return x.repeat(repeats, axis=axis)


@repeat.gradient("x")
def _(gy: Array, repeats: int, axis: int | None, x_shape: tuple) -> Array:
    if axis is None:
        return gy.reshape(*x_shape, repeats).sum(axis=-1)
    axis = axis % len(x_shape)
    return gy.reshape(*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :]).sum(axis=axis + 1)


@op
def flip(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """The elements in reverse order along an axis, several, or all.

    Example:
        >>> flip(np.array([1, 2, 3]))
        array([3, 2, 1])
    """
    return array_module(x).flip(x, axis)


flip.gradient("x")(lambda gy, axis: flip(gy, axis))


@op
def take(x: Array, indices: Array, axis: int | None = None) -> Array:
    """The elements, rows, ... of x that the indices name, along an axis or from the flat array.

    Args:
        x: any shape.
        indices: integers of any shape; negative ones count from the end.
        axis: its length in x is replaced by the shape of `indices` in the result.

    Raises:
        IndexError: an index is out of bounds. (On a GPU, where looking would halt everything, it wraps around.)

    Example:
        >>> take(np.array([10, 20, 30]), np.array([2, 0, 2]))
        array([30, 10, 30])
    """
    return array_module(x).take(x, indices, axis=axis)


@take.gradient("x")
def _(gy: Array, indices: Array, axis: int | None, x_shape: tuple) -> Array:
    indices = backend.as_array(indices) if isinstance(indices, (int, list, tuple)) else indices
    if axis is None:
        return put(gy, indices, (int(np.prod(x_shape)),)).reshape(x_shape)
    return put(gy, (*[slice(None)] * (axis % len(x_shape)), indices), x_shape)


@op(differentiable=False)
def one_hot(labels: Array, num_classes: int, dtype: str | None = None) -> Array:
    """Class numbers as rows that hold a single 1.

    Args:
        labels: whole numbers from 0 to num_classes - 1, any shape.
        num_classes: the length of the new last axis.
        dtype: of the result; `floatx()` if not given.

    Raises:
        ValueError: a label names no class. On a GPU, where looking would halt everything, its row is all 0.

    Example:
        >>> one_hot(np.array([1, 0]), 3)
        array([[0., 1., 0.],
               [1., 0., 0.]], dtype=float32)
    """
    labels = backend.as_array(labels)
    hot = labels[..., None] == array_module(labels).arange(num_classes)
    if not backend.on_gpu(labels):
        found = hot.any(axis=-1)
        if not found.all():
            wrong = labels[~found][0]
            raise ValueError(f"one_hot: expected whole numbers from 0 to {num_classes - 1}, got {wrong}")
    return hot.astype(dtype or backend.floatx())


# ----------------------------------------------------------------------------------------------------- einsum


@op
def einsum(subscripts: str, *operands: Array) -> Array:
    """Sums of products, said with a letter for each axis (Einstein's summation convention).

    "ij,jk->ik" is the matrix product: out[i, k] = sum over j of a[i, j] * b[j, k]. A letter that the result
    lacks is summed over; a letter twice in one term walks the diagonal; "..." stands for axes that are
    broadcast. Without an arrow the result has the letters that occur once, in alphabetical order.

    Example:
        >>> a = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> einsum("ij,jk->ik", a, a)  # a @ a
        array([[ 7., 10.],
               [15., 22.]])
        >>> einsum("ii", a)  # its trace
        np.float64(5.0)
    """
    return array_module(*operands).einsum(subscripts, *operands, optimize=True)


@einsum.gradient("operands")
def _(gy: Array, subscripts: str, operands: tuple, operands_shape: tuple, position: int) -> Array:
    """Swap: what was the result becomes an operand, and this operand the result."""
    terms, result = _spell_out(subscripts, operands_shape)
    term, shape = terms.pop(position), operands_shape[position]
    others = [*operands[:position], *operands[position + 1 :]]
    length = dict(zip(term, shape))

    letters = list(length)  # each once
    found = [letter for letter in letters if letter in result or any(letter in other for other in terms)]
    g = einsum(",".join([result, *terms]) + "->" + "".join(found), gy, *others)
    if len(found) < len(letters):  # the others were only summed over here: every element got the same
        found_lengths = dict(zip(found, g.shape))
        g = g.reshape([found_lengths.get(letter, 1) for letter in letters])
        g = broadcast_to(g, tuple(found_lengths.get(letter, length[letter]) for letter in letters))
    if len(letters) < len(term):  # a letter twice: only the diagonal took part
        # the diagonal: the same counter at both places of the letter
        xp = array_module(g) if backend.is_array(g) else array_module(g.data)
        grid = [
            xp.arange(length[letter]).reshape([-1 if letter == other else 1 for other in letters])
            for letter in letters
        ]
        g = put(g, tuple(grid[letters.index(letter)] for letter in term), shape)
    return g


def _spell_out(subscripts: str, shapes: tuple) -> tuple[list[str], str]:
    """The letters of each operand and of the result, the arrow's right side and every "..." written out."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        once = sorted(letter for letter in set(left) - set(".,") if left.count(letter) == 1)
        result = "..." * ("..." in left) + "".join(once)
    spare = [letter for letter in string.ascii_letters if letter not in left]
    hidden = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes)]
    dots = "".join(spare[: max(n for n in (*hidden, 0))])
    terms = [term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, hidden)]
    return terms, result.replace("...", dots)


def einsum_naive(subscripts: str, *operands: Array) -> Array:
    """`einsum` as its definition reads: for every value of every letter, one product, added at its place.

    Example:
        >>> float(einsum_naive("i,i->", np.array([1.0, 2.0]), np.array([3.0, 4.0])))
        11.0
    """
    terms, result = _spell_out(subscripts, tuple(np.shape(a) for a in operands))
    length: dict[str, int] = {}
    for term, a in zip(terms, operands):
        for letter, n in zip(term, a.shape):
            length[letter] = max(n, length.get(letter, 1))
    out = np.zeros([length[letter] for letter in result], dtype=np.result_type(*operands))
    for values in np.ndindex(*length.values()):
        at = dict(zip(length, values))
        product = 1.0
        for term, a in zip(terms, operands):
            product = product * a[tuple(0 if n == 1 else at[letter] for letter, n in zip(term, a.shape))]
        out[tuple(at[letter] for letter in result)] += product
    return out
