"""What can have been done to a right result: turned, shifted, summed once more, left with a rim.

Each function makes guesses about a look; `search.py` tries them. They know nothing but the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from tinydl.gradcheck.diagnosis.axes import named, reread, subsets, written_wrong
from tinydl.gradcheck.diagnosis.evidence import NOTHING, Guess, Look, Pair, distinct
from tinydl.gradcheck.diagnosis.numbers import KERNELS


def guesses(look: Look) -> Iterator[Guess]:
    """All of them, the likely ones first. The look says how many axes there are."""
    for make in (
        axes_left,
        another_shape,
        summed_again,
        permuted,
        flipped,
        rim,
        diagonal,
        shifted,
        other_order,
    ):
        yield from make(look)


def _is_elementwise(look: Look) -> bool:
    """Whether all inputs are broadcast to the shape that came."""
    arrays = look.arrays(but=("gy", "y"))
    if {"bias", "beta", "gamma"} & set(arrays) or len(arrays) < 2:
        return False
    try:
        return np.broadcast_shapes(*(a.shape for a in arrays.values())) == look.yours.shape
    except ValueError:
        return False


def axes_left(look: Look) -> Iterator[Guess]:
    """Summed, yours is right: a sum is missing, or broadcasting was not undone."""
    shape, wanted = look.yours.shape, look.expected.shape
    if math.prod(shape) <= math.prod(wanted):
        return
    if _is_elementwise(look):
        key = "broadcast"
        text = (
            f"Yours has the shape {shape}, where {wanted} went in: that array was stretched by broadcasting, each of "
            "its numbers used several times. What becomes of their gradients?"
        )
    else:
        key = "sum missing"
        text = (
            f"Yours has the shape {shape}, and with a sum it would be right: {wanted} is asked for. Over what is one "
            "number used again and again?"
        )
    yield Guess(key, text, lambda at: (_unbroadcast(at.yours, at.expected.shape), at.expected))
    for axes in subsets(range(len(shape))):
        if math.prod(shape[axis] for axis in axes) > 1:
            yield Guess(key, text, _summed_down, axes)
    said = f"Yours has the shape {shape}, and holds what is right, {wanted}, several times. Which axis is too many?"
    yield Guess(key, said, lambda at: (at.yours, np.broadcast_to(at.expected, at.yours.shape)))


def _unbroadcast(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Summed over all axes that broadcasting from a shape would have stretched."""
    a = a.sum(axis=tuple(range(a.ndim - len(shape))))
    return a.sum(axis=tuple(axis for axis, size in enumerate(shape) if size == 1), keepdims=True)


def _summed_down(at: Look, axes: tuple[int, ...]) -> Pair:
    if at.yours.shape == at.expected.shape:
        return at.yours, at.expected
    return at.yours.sum(axis=axes).reshape(at.expected.shape), at.expected


def summed_again(look: Look) -> Iterator[Guess]:
    """A right result, summed over an axis too many, and perhaps spread again."""
    said = f"Yours is the right {look.what}, summed over all of it. Which of it belongs to which element?"
    yield Guess("sum twice", said, _sum)
    for axes in subsets(range(look.expected.ndim)):
        if math.prod(look.expected.shape[axis] for axis in axes) > 1:
            said = f"Yours is the right {look.what}, summed over {named(axes)}. Which sum is there too many?"
            yield Guess("sum twice", said, _sum, axes)


def _sum(at: Look, axes: tuple[int, ...] | None = None) -> np.ndarray:
    total = at.expected.sum(axis=axes, keepdims=True)
    if at.yours.shape == at.expected.shape:
        return np.broadcast_to(total, at.expected.shape)
    return total if at.yours.shape == total.shape else total.squeeze(axes)


def another_shape(look: Look) -> Iterator[Guess]:
    """The right numbers, in another shape."""
    if look.yours.shape == look.expected.shape:
        return
    text = f"The numbers are right, but the shape is {look.yours.shape} where {look.expected.shape} is asked for."
    yield Guess("shape", text, lambda at: (at.yours.ravel(), at.expected.ravel()))
    if look.yours.size < look.expected.size:
        text += " How often does each of them stand there?"
        yield Guess("shape", text, lambda at: (np.broadcast_to(at.yours, at.expected.shape), at.expected))


def permuted(look: Look) -> Iterator[Guess]:
    """Axes in another order, or a reshape that reads them in another order."""
    ndim = look.expected.ndim
    if not 2 <= ndim <= 4:
        return
    for order in list(permutations(range(ndim)))[1:]:
        key = "channels" if _moves_channels(look, order) else "transposed"
        text = (
            f"Yours is the right {look.what} with its axes in another order, as after transpose{order}: which axis is "
            "which?"
            if ndim > 2
            else f"Yours is the right {look.what}, transposed: which axis is which?"
        )
        yield Guess(key, text, lambda at, order: at.expected.transpose(order), order)
    scrambled = (
        "Yours holds the right numbers at other places, as if reshape had been told another order of the axes. "
        "reshape moves nothing: which axes have to be neighbours before it?"
    )
    for order in list(permutations(range(ndim)))[1:]:
        key = "channels" if _moves_channels(look, order) else "transposed"
        yield Guess(key, scrambled, lambda at, order: reread(at.expected, order), order, scaled=False)
        yield Guess(key, scrambled, lambda at, order: written_wrong(at.expected, order), order, scaled=False)


def _moves_channels(look: Look, order: tuple[int, ...]) -> bool:
    """Whether axes are exchanged that hold channels, and not all turned about."""
    ndim = len(order)
    channels = {2, 3} if set(look.names) & KERNELS else {3}
    return ndim == 4 and order != (3, 2, 1, 0) and any(order[axis] != axis for axis in channels)


def flipped(look: Look) -> Iterator[Guess]:
    """Turned about."""
    for axes in subsets(range(look.expected.ndim)):
        words = f"with {named(axes)} read backwards"
        text = f"Yours is the right {look.what} {words}. Which index has to run the other way?"
        yield Guess("flipped", text, lambda at, axes: np.flip(at.expected, axes), axes)


def rim(look: Look) -> Iterator[Guess]:
    """Larger by a rim that holds the right array, or smaller by one that is cut off."""
    if look.yours.ndim != look.expected.ndim or look.expected.ndim < 2:
        return
    more = [a - b for a, b in zip(look.yours.shape, look.expected.shape)]
    if any(more) and min(more) >= 0:
        text = (
            f"Yours has the shape {look.yours.shape}; the right {look.what}, {look.expected.shape}, lies inside it. "
            "Does the padding belong to it?"
        )
        yield from (Guess("padding", text, _inside, share) for share in (0.5, 0, 1))
    if any(more) and max(more) <= 0:
        text = (
            f"Yours has the shape {look.yours.shape}, a piece of the right {look.what}, {look.expected.shape}. "
            "What was cut off?"
        )
        key = "padding" if any("pad" in name for name in look.names) else "shape"
        yield from (Guess(key, text, _outside, share) for share in (0.5, 0, 1))


def _inside(at: Look, share: float) -> Pair:
    return _cut(at.yours, at.expected.shape, share), at.expected


def _outside(at: Look, share: float) -> np.ndarray:
    return _cut(at.expected, at.yours.shape, share)


def _cut(a: np.ndarray, shape: tuple[int, ...], share: float) -> np.ndarray:
    """A piece of a; `share` of what is cut off stands before it."""
    starts = [int((size - small) * share) for size, small in zip(a.shape, shape)]
    return a[tuple(slice(start, start + small) for start, small in zip(starts, shape))]


def diagonal(look: Look) -> Iterator[Guess]:
    """Of a matrix, its diagonal alone."""
    if look.expected.ndim == 2:
        text = f"Only the diagonal of your {look.what} is there. Does each output depend on one input alone?"
        yield Guess("diagonal", text, lambda at: np.diag(np.diag(at.expected)))
        yield Guess("diagonal", text, lambda at: np.diag(at.expected))


def shifted(look: Look) -> Iterator[Guess]:
    """Moved by a place or two along one axis or two neighbouring ones."""
    ndim, shape = look.expected.ndim, look.expected.shape
    for span in [(axis,) for axis in range(ndim)] + [(axis, axis + 1) for axis in range(ndim - 1)]:
        if min(shape[axis] for axis in span) < 3:
            continue  # of two places, anything is a shift
        for steps in product(*[(-2, -1, 0, 1, 2)] * len(span)):
            if all(steps):
                far = " and ".join(f"{abs(step)} along axis {axis}" for step, axis in zip(steps, span))
                text = f"Yours is the right {look.what}, shifted by {far}. At which index does the first one belong?"
                yield Guess(
                    "shifted",
                    text,
                    _overlap,
                    span,
                    steps,
                    scaled=False,
                )


def _overlap(at: Look, span: tuple[int, ...], steps: tuple[int, ...]) -> Pair | None:
    """What yours and the shifted array have in common."""
    a, b = at.yours, at.expected
    if a.shape != b.shape:
        return None
    for axis, step in zip(span, steps):
        if np.allclose(at.yours.take(0, axis), at.expected.take(0, axis)):
            return None  # the first one is where it belongs
        n = max(a.shape[axis] - abs(step), 0)
        a = np.take(a, np.arange(n) + max(step, 0), axis)
        b = np.take(b, np.arange(n) + max(-step, 0), axis)
    return (a, b) if 2 * a.size >= at.yours.size and distinct(b) >= 3 else NOTHING


def other_order(look: Look) -> Iterator[Guess]:
    """The right columns, or rows, in another order."""
    last = look.expected.ndim - 1
    for axis in dict.fromkeys((last, 0)) if last > 0 else ():
        words = "last axis" if axis else "first axis"
        text = f"What stands along the {words} of yours is right, but in another order. In which one do they count?"
        yield Guess("channels" if axis else "order", text, _matched, axis, scaled=False)
    if look.expected.ndim >= 2 and look.expected.all() and look.yours.shape == look.expected.shape:
        text = (
            "Yours holds the right numbers, each at another place. Which axes are taken for which, and what does each "
            "reshape read first?"
        )
        key = "channels" if look.expected.ndim >= 3 else "transposed"
        yield Guess(key, text, _sorted, scaled=False)


def _sorted(at: Look) -> Pair | None:
    """The numbers of both, wherever they stand; an axis that got lost is another matter."""
    same = at.yours.shape == at.expected.shape
    return (np.sort(at.yours, None), np.sort(at.expected, None)) if same else None


def _matched(at: Look, axis: int) -> np.ndarray | None:
    """The expected slices in the order in which yours has them."""
    if at.yours.shape != at.expected.shape:
        return None
    a, b = (np.moveaxis(each, axis, 0).reshape(each.shape[axis], -1) for each in (at.yours, at.expected))
    off = np.abs(a[:, None] - b[None]).max(axis=-1)  # (slices, slices)
    order = off.argmin(axis=1)
    return np.take(at.expected, order, axis) if len(set(order.tolist())) == len(order) else None
