"""Right answers to other questions: what the reference says where one of the names is changed.

If yours is right for a kernel turned by 180°, a kernel was not turned; if it is right for an upstream gradient of ones,
the upstream gradient was forgotten. Each function asks questions about a look.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations, permutations, product
from operator import itemgetter

import numpy as np

from tinydl.gradcheck.diagnosis import options, terms
from tinydl.gradcheck.diagnosis.axes import named, reread, subsets, written_wrong
from tinydl.gradcheck.diagnosis.evidence import Ask, Guess, Look, Question
from tinydl.gradcheck.diagnosis.numbers import KERNELS, batch_size

PATIENCE = 0.5  # seconds; a slow reference is not asked everything, since somebody is waiting
OVERWRITTEN = "Is something written over in a loop where it should be added, or does a loop end too early?"
RESHAPED = "reshape moves nothing: which axes have to be neighbours before it?"


def guesses(look: Look, reference: Ask) -> Iterator[Guess]:
    """All of them, the likely ones first."""

    def answer(at: Look, question: Question) -> np.ndarray:
        found = np.asarray(reference(question.names(at.names)), dtype=np.float64)
        piece = tuple(map(slice, at.yours.shape))  # strides of 1 give more than was asked for
        return found[piece] if question.key == "strides" and found.ndim == at.yours.ndim else found

    def asked(questions: Iterator[Question]) -> Iterator[Guess]:
        return (Guess(question.key, question.sentence, answer, question) for question in questions)

    def all_of_them() -> Iterator[Guess]:
        is_gradient = "gy" in look.names
        if is_gradient:
            yield from asked(upstream(look))
            yield from terms.guesses(look, reference)
        yield from asked(kernels(look))
        yield from asked(options.questions(look))
        yield from asked(alone(look))
        yield from asked(points(look))
        yield from asked(values(look))
        if not is_gradient:
            yield from asked(members(look))

    began = time.monotonic()
    for guess in all_of_them():
        if time.monotonic() - began > PATIENCE:
            return
        yield guess


def _long(shape: tuple[int, ...]) -> list[int]:
    """The axes that have more than one place."""
    return [axis for axis, size in enumerate(shape) if size > 1]


# ---- the upstream gradient -----------------------------------------------------------------------------------


def upstream(look: Look) -> Iterator[Question]:
    """Another gy: ones, its square, one sample of it, its axes in another order."""
    shape = np.shape(look.names["gy"])
    right = "Your gradient is right"
    ask = "where does gy, what arrives from above, come in?"
    yield Question("upstream", f"{right} where all of gy is 1: {ask}", "gy", np.ones_like)
    yield Question(
        "upstream", f"{right} for gy · gy: how often does the chain rule multiply with it?", "gy", np.square
    )
    yield Question("upstream", f"{right} for the signs of gy: {ask}", "gy", np.sign)
    for word in ("mean", "sum"):
        said = (
            f"{right} where every number of gy is the {word} of all. Has each output a gradient of its own?"
        )
        yield Question("upstream", said, "gy", lambda gy, word: np.full_like(gy, getattr(gy, word)()), word)
    for axes in subsets(_long(shape)):
        for word in ("last", "first"):
            place = f"gy's {word} place along {named(axes)}"
            said = f"Your gradient holds the {word} of several terms only: that of {place}. "
            yield Question("sum missing", said + OVERWRITTEN, "gy", keep, axes, word)
    for order in list(permutations(range(len(shape))))[1:] if 2 <= len(shape) <= 4 else ():
        key = "channels" if len(shape) == 4 and order[3] != 3 else "transposed"
        said = f"{right} for a gy whose axes come in the order {order}: which axis of gy is which?"
        yield Question(key, said, "gy", reread, order)
        yield Question(key, said, "gy", written_wrong, order)
    for axes in subsets(_long(shape)):
        said = f"{right} for a gy that is read backwards along {named(axes)}. Which index runs the wrong way?"
        yield Question("flipped", said, "gy", np.flip, axes)
    for axis, step in product(range(len(shape)), (-1, 1)):
        said = f"{right} for a gy that is shifted by one along {named((axis,))}. Which output belongs to which index?"
        yield Question("shifted", said, "gy", _shift, axis, step)


def keep(a: np.ndarray, axes: tuple[int, ...], which: str) -> np.ndarray:
    """The array with zeros everywhere but at the first, or the last, place along axes."""
    one = slice(0, 1) if which == "first" else slice(-1, None)
    place = tuple(one if axis in axes else slice(None) for axis in range(a.ndim))
    kept = np.zeros_like(a)
    kept[place] = a[place]
    return kept


def _shift(a: np.ndarray, axis: int, step: int) -> np.ndarray:
    rolled = np.moveaxis(np.roll(a, step, axis), axis, 0).copy()
    rolled[0 if step > 0 else -1] = 0
    return np.moveaxis(rolled, 0, axis)


# ---- arrays --------------------------------------------------------------------------------------------------


def kernels(look: Look) -> Iterator[Question]:
    """A kernel turned by 180°, or its channels exchanged; a picture read backwards."""
    for name, array in look.arrays(but=("gy", "y")).items():
        right = f"Yours is right for {name}"
        if array.ndim == 1 and name in KERNELS:
            yield Question("flipped", f"{right} read backwards. Which way does its index run?", name, np.flip)
        if array.ndim not in (2, 4):
            continue
        plane = (0, 1) if name in KERNELS or array.ndim == 2 else (1, 2)
        said = f"{right} turned by 180°. Which way does its index run, and which way that of the picture?"
        yield Question("flipped", said, name, np.flip, plane)
        for axis in plane:
            yield Question("flipped", f"{right} read backwards along {named((axis,))}.", name, np.flip, axis)
        both = "rows and columns" if array.ndim == 2 else "height and width"
        said = f"{right} with {both} exchanged. Which is which?"
        yield Question("transposed", said, name, np.swapaxes, *plane)
        if array.ndim == 4:
            said = f"{right} with its last two axes exchanged. Which channels come in, which go out?"
            yield Question("channels", said, name, np.swapaxes, 2, 3)
            said = f"{right} with its channels in the order backwards. Which comes first?"
            yield Question("channels", said, name, np.flip, 3)
            for order in (
                list(permutations(range(4)))[1:] if name in KERNELS or "gy" not in look.names else ()
            ):
                said = f"{right} with its numbers read in another order. {RESHAPED}"
                yield Question("channels", said, name, reread, order)
                yield Question("channels", said, name, written_wrong, order)


def alone(look: Look) -> Iterator[Question]:
    """One sample of the batch, as if it came by itself."""
    n = batch_size(look.names)
    arrays = {
        name: value for name, value in look.names.items() if isinstance(value, np.ndarray) and value.ndim
    }
    batched = [name for name, array in arrays.items() if len(array) == n and name not in KERNELS]
    if n > 1 and batched:
        for word, piece in (("first", slice(0, 1)), ("last", slice(-1, None))):
            said = f"Yours is right for the {word} sample by itself. And the others? {OVERWRITTEN}"
            yield Question(
                "sum missing", said, batched[0], also={name: itemgetter(piece) for name in batched}
            )


def points(look: Look) -> Iterator[Question]:
    """Names that stand for each other: the output for the input, one input for another."""
    arrays = look.arrays(but=("gy",))
    y = arrays.pop("y", None)
    for name, array in arrays.items():
        if y is not None and y.shape == array.shape:
            said = f"Your gradient is right with what came out in the place of {name}. Which of the two is asked for?"
            yield Question("wrong point", said, {name: "y"})
    for one, other in combinations(arrays, 2):
        if arrays[one].shape == arrays[other].shape:
            said = f"Yours is right if {one} and {other} change places. Which is which?"
            yield Question("order", said, {one: other, other: one})
            for this, instead in ((one, other), (other, one)):
                said = f"Yours is right where {instead} stands for {this}. Where is each of them asked for?"
                yield Question("wrong point", said, {this: instead})


def values(look: Look) -> Iterator[Question]:
    """An array that was not asked, or that was taken for its double, its root, its whole numbers."""
    for name in look.arrays(but=("gy", "y")):
        right = "Yours is right for"
        if "log" in name:
            for factor, word in ((2.0, "twice"), (0.5, "half")):
                said = (
                    f"{right} {word} the {name}. exp of it: is that the variance, or the standard deviation? Which of "
                    "the two is asked for?"
                )
                yield Question("log_var", said, name, np.multiply, factor)
        for value, word in ((0.0, "all zeros"), (1.0, "all ones")):
            said = f"{right} {name} of {word}. Where does {name} come in?"
            yield Question("left out", said, name, np.full_like, value)
        yield Question("sign", f"{right} −{name}. Which sign does {name} have there?", name, np.negative)
        if np.abs(look.names[name]).max(initial=0.0) > 2:
            said = (
                f"{right} {name} without what stands behind the decimal point. Where do numbers become whole?"
            )
            yield Question("dtype", said, name, np.trunc)


def members(look: Look) -> Iterator[Question]:
    """Forward: of a sum over an axis of an input, one member only."""
    for name, array in look.arrays().items():
        for axes in subsets(_long(array.shape)):
            for word in ("last", "first"):
                place = f"{name}'s {word} place along {named(axes)}"
                said = f"Yours holds the {word} of several terms only: that of {place}. "
                yield Question("sum missing", said + OVERWRITTEN, name, keep, axes, word)
