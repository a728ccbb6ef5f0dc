"""What can have been done to a right result: turned, shifted, summed once more, left with a rim.

Each function makes guesses about a look; `diagnosis.py` tries them. They know nothing but the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product

import numpy as np

from tinydl.gradcheck.evidence import Guess, Look
from tinydl.gradcheck.numbers import KERNELS


def guesses(look: Look) -> Iterator[Guess]:
    """All of them, the likely ones first. The look says how many axes there are."""
    for make in (
        axes_left,
        summed_again,
        permuted,
        flipped,
        rim,
        diagonal,
        shifted,
        other_order,
        step_from,
        without_a_term,
        without_a_factor,
        another_function,
    ):
        yield from make(look)


# ---- shapes --------------------------------------------------------------------------------------------------


def _subsets(axes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for count in range(1, len(axes) + 1):
        yield from combinations(axes, count)


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
    broadcast = _is_elementwise(look)
    for axes in _subsets(range(len(shape))):
        if math.prod(shape[a] for a in axes) == 1:
            continue
        kept = tuple(1 if a in axes else size for a, size in enumerate(shape))
        without = tuple(size for a, size in enumerate(shape) if a not in axes)
        if wanted not in (kept, without):
            continue
        if broadcast:
            text = (
                f"Yours has the shape {shape}, where {wanted} went in: that array was stretched by broadcasting, each of "
                "its numbers used several times. What becomes of their gradients?"
            )
        else:
            which = "axis" if len(axes) == 1 else "axes"
            text = (
                f"Yours has the shape {shape}; summed over {which} {', '.join(map(str, axes))} it would be right. Over "
                "what is one number used again and again?"
            )
        yield Guess(
            "broadcast" if broadcast else "sum missing",
            text,
            lambda at, axes=axes: (at.yours.sum(axis=axes).reshape(at.expected.shape), at.expected),
        )
    text = (
        f"Yours has the shape {shape}, and holds what is right, {wanted}, several times over. "
        "Which axis is there too many?"
    )
    yield Guess(
        "broadcast" if broadcast else "sum missing",
        text,
        lambda at: (at.yours, np.broadcast_to(at.expected, at.yours.shape)),
    )


def summed_again(look: Look) -> Iterator[Guess]:
    """A right result, summed over an axis too many, and perhaps spread again."""
    text = "Yours is the right {what}, summed over {axes}. Which sum is there too many?"

    def summed(at: Look, axes: tuple[int, ...]) -> np.ndarray:
        total = at.expected.sum(axis=axes, keepdims=True)
        if at.yours.shape == at.expected.shape:
            return np.broadcast_to(total, at.expected.shape)
        return total if at.yours.shape == total.shape else total.squeeze(axes)

    for axes in _subsets(range(look.expected.ndim)):
        if math.prod(look.expected.shape[a] for a in axes) > 1:
            words = f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"
            said = text.format(what=look.what, axes=words)
            yield Guess("sum twice", said, lambda at, axes=axes: summed(at, axes))


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
        yield Guess(key, text, lambda at, order=order: at.expected.transpose(order))
    scrambled = (
        "Yours holds the right numbers at other places, as if reshape had been told another order of the axes. "
        "reshape moves nothing: which axes have to be neighbours before it?"
    )
    for order in list(permutations(range(ndim)))[1:]:
        key = "channels" if _moves_channels(look, order) else "transposed"
        yield Guess(key, scrambled, lambda at, order=order: _reread(at.expected, order), scaled=False)
        yield Guess(key, scrambled, lambda at, order=order: _written_wrong(at.expected, order), scaled=False)


def _moves_channels(look: Look, order: tuple[int, ...]) -> bool:
    """Whether axes are exchanged that hold channels, and not all turned about."""
    ndim = len(order)
    channels = {2, 3} if set(look.names) & KERNELS else {3}
    return ndim == 4 and order != (3, 2, 1, 0) and any(order[axis] != axis for axis in channels)


def _reread(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Transposed, and forced into the old shape."""
    return a.transpose(order).reshape(a.shape)


def _written_wrong(a: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Reshaped as if the axes came in another order, and then put in order."""
    return a.reshape([a.shape[axis] for axis in order]).transpose(np.argsort(order))


def flipped(look: Look) -> Iterator[Guess]:
    """Turned about."""
    for axes in _subsets(range(look.expected.ndim)):
        words = f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"
        text = f"Yours is the right {look.what} with {words} read backwards. Which index has to run the other way?"
        yield Guess("flipped", text, lambda at, axes=axes: np.flip(at.expected, axes))


def rim(look: Look) -> Iterator[Guess]:
    """Larger by a rim that holds the right array, or smaller by one that is cut off."""
    if look.yours.ndim != look.expected.ndim:
        return
    more = [a - b for a, b in zip(look.yours.shape, look.expected.shape)]
    if any(more) and min(more) >= 0:
        text = (
            f"Yours has the shape {look.yours.shape}; the right {look.what}, {look.expected.shape}, lies inside it. "
            "Does the padding belong to it?"
        )
        yield from (
            Guess("padding", text, lambda at, at_most=share: _inside(at, at_most)) for share in (0.5, 0, 1)
        )
    if any(more) and max(more) <= 0:
        text = (
            f"Yours has the shape {look.yours.shape}, a piece of the right {look.what}, {look.expected.shape}. "
            "What was cut off?"
        )
        yield from (
            Guess("padding", text, lambda at, share=share: _outside(at, share)) for share in (0.5, 0, 1)
        )


def _inside(at: Look, share: float) -> tuple[np.ndarray, np.ndarray]:
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
    ndim = look.expected.ndim
    for span in [(axis,) for axis in range(ndim)] + [(axis, axis + 1) for axis in range(ndim - 1)]:
        for steps in product(*[(-2, -1, 0, 1, 2)] * len(span)):
            if all(steps):
                far = " and ".join(f"{abs(step)} along axis {axis}" for step, axis in zip(steps, span))
                text = f"Yours is the right {look.what}, shifted by {far}. At which index does the first one belong?"
                yield Guess(
                    "shifted",
                    text,
                    lambda at, span=span, steps=steps: _overlap(at, span, steps),
                    scaled=False,
                )


def _overlap(at: Look, span: tuple[int, ...], steps: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """What yours and the shifted array have in common; None if that is too little to tell."""
    a, b = at.yours, at.expected
    if a.shape != b.shape:
        return None
    for axis, step in zip(span, steps):
        n = a.shape[axis] - abs(step)
        if n < 1:
            return None
        a = np.take(a, np.arange(n) + max(step, 0), axis)
        b = np.take(b, np.arange(n) + max(-step, 0), axis)
    return (a, b) if 2 * a.size >= at.yours.size and a.size >= 3 else None


def other_order(look: Look) -> Iterator[Guess]:
    """The right columns, or rows, in another order."""
    last = look.expected.ndim - 1
    for axis in dict.fromkeys((last, 0)) if last > 0 else ():
        words = "last axis" if axis else "first axis"
        text = f"What stands along the {words} of yours is right, but comes in another order. In which one do they count?"
        yield Guess(
            "channels" if axis else "order", text, lambda at, axis=axis: _matched(at, axis), scaled=False
        )
    if look.expected.ndim >= 2:
        text = (
            "Yours holds the right numbers, each at another place. Which axes are taken for which, and what does each "
            "reshape read first?"
        )
        key = "channels" if look.expected.ndim >= 3 else "transposed"
        yield Guess(
            key, text, lambda at: (np.sort(at.yours, axis=None), np.sort(at.expected, axis=None)), False
        )
    if look.yours.shape != look.expected.shape and look.yours.size == look.expected.size:
        text = f"The numbers are right, but their shape is {look.yours.shape}, where {look.expected.shape} is asked for."
        yield Guess("shape", text, lambda at: (at.yours.ravel(), at.expected.ravel()))


def _matched(at: Look, axis: int) -> np.ndarray | None:
    """The expected slices in the order in which yours has them."""
    if at.yours.shape != at.expected.shape:
        return None
    a, b = (np.moveaxis(each, axis, 0).reshape(each.shape[axis], -1) for each in (at.yours, at.expected))
    off = np.abs(a[:, None] - b[None]).max(axis=-1)  # (slices, slices)
    order = off.argmin(axis=1)
    return np.take(at.expected, order, axis) if len(set(order.tolist())) == len(order) else None


# ---- numbers -------------------------------------------------------------------------------------------------


def _like_the_result(look: Look) -> list[str]:
    """Names of arrays that can be added to the result, or multiplied with it."""
    found = []
    for name, array in look.arrays().items():
        try:
            fits = np.broadcast_shapes(array.shape, look.expected.shape) == look.expected.shape
        except ValueError:
            continue
        if fits and array.size > 1:
            found.append(name)
    return found


def step_from(look: Look) -> Iterator[Guess]:
    """The way from an input to the result is right but for a factor: a sign, a rate, a batch size."""
    for name, array in look.arrays().items():
        if array.shape == look.expected.shape:
            yield Guess(
                "factor",
                f"Look at how far the result is from {name}.",
                lambda at, name=name: (at.yours - at.names[name], at.expected - at.names[name]),
                alone=False,
            )


def without_a_term(look: Look) -> Iterator[Guess]:
    """An array was not added."""
    for name in _like_the_result(look):
        text = f"What yours and the right {look.what} differ by is {name} itself. Where does it come in, and how often?"
        yield Guess(
            "left out", text, lambda at, name=name: (at.yours - at.expected, _spread(at, name)), alone=True
        )


def without_a_factor(look: Look) -> Iterator[Guess]:
    """An array was not multiplied with, or once too often, or divided by."""
    for name in _like_the_result(look):
        key = "upstream" if name == "gy" else "factor"
        text = f"Element for element, yours is the right {look.what} {{}} {name}. Where does {name} come in, and how often?"
        yield Guess(
            key, text.format("divided by"), lambda at, name=name: (at.yours * _spread(at, name), at.expected)
        )
        yield Guess(key, text.format("times"), lambda at, name=name: at.expected * _spread(at, name))


def _spread(at: Look, name: str) -> np.ndarray:
    return np.broadcast_to(at.names[name], at.expected.shape)


FUNCTIONS: tuple[tuple[str, str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("sign lost", "Yours has the right sizes, but no signs. Where do they get lost?", np.abs),
    ("square", "Yours is the square of the right {what}. Is a root missing?", np.square),
    (
        "square",
        "Yours is the root of the right {what}. Is there a root too many, or a square missing?",
        np.sqrt,
    ),
    ("upside down", "Yours is 1 over the right {what}. What is divided by what?", np.reciprocal),
    ("logarithm", "Yours is exp of the right {what}. Is a logarithm asked for?", np.exp),
    ("logarithm", "Yours is the logarithm of the right {what}. Is the thing itself asked for?", np.log),
    (
        "one minus",
        "Yours is 1 minus the right {what}. Which of the two shares is asked for?",
        lambda a: 1 - a,
    ),
)


def another_function(look: Look) -> Iterator[Guess]:
    """Something was done to every number."""
    for key, sentence, function in FUNCTIONS:
        text = sentence.format(what=look.what)
        yield Guess(key, text, lambda at, function=function: function(at.expected), scaled=False)
