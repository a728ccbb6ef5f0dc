"""Right answers to other questions: what the reference says where one of the names is changed.

If yours is right for a kernel turned by 180°, a kernel was not turned; if it is right for an upstream gradient of ones,
the upstream gradient was forgotten. Each function makes guesses about a look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations, product
from typing import Any

import numpy as np

from tinydl.gradcheck.evidence import Guess, Look
from tinydl.gradcheck.numbers import IMAGES, KERNELS

Reference = Callable[[dict[str, Any]], Any]
Change = Callable[[dict[str, Any]], dict[str, Any]]

MOST_TERMS = 600  # gradients of so many outputs are taken apart; more would take too long


def guesses(look: Look, reference: Reference) -> Iterator[Guess]:
    """All of them, the likely ones first."""

    def asked(key: str, sentence: str, change: Change, scaled: bool = True) -> Guess:
        def of(at: Look) -> np.ndarray:
            return np.asarray(reference({**at.names, **change(at.names)}), dtype=np.float64)

        return Guess(key, sentence.format(what=look.what), of, scaled=scaled)

    if "gy" in look.names:
        for change in upstream(look):
            yield asked(*change)
        yield from terms(look, reference)
    for changes in (kernels, options, points, arrays):
        for change in changes(look):
            yield asked(*change)
    if "gy" in look.names:
        yield from formulas(look)
        return
    for change in members(look):
        yield asked(*change)


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, count + 1):
        yield from combinations(range(count), size)


# ---- the upstream gradient -----------------------------------------------------------------------------------


def _gy(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda names: {"gy": change(np.asarray(names["gy"], dtype=np.float64))}


def upstream(look: Look) -> Iterator[tuple[str, str, Change]]:
    """Another gy: ones, its square, one sample of it, its axes in another order."""
    shape = np.shape(look.names["gy"])
    ones = "Your gradient is right where all of gy is 1: where does gy, what arrives from above, come in?"
    yield "upstream", ones, _gy(np.ones_like)
    twice = "Your gradient is right for gy · gy: gy comes in twice. How often does the chain rule multiply with it?"
    yield "upstream", twice, _gy(np.square)
    mean = "Your gradient is right where all of gy is its mean. Does each output have a gradient of its own?"
    yield "upstream", mean, _gy(lambda gy: np.full_like(gy, gy.mean()))
    yield "upstream", mean.replace("mean", "sum"), _gy(lambda gy: np.full_like(gy, gy.sum()))
    for axes in _subsets(len(shape)):
        if np.prod([shape[axis] for axis in axes]) > 1:
            for first, word in ((False, "last"), (True, "first")):
                only = (
                    f"Only the {word} of several terms has come into your gradient (gy at the {word} place along "
                    f"{_axes(axes)}). Is something written over in the loop, where it should be added?"
                )
                yield "sum missing", only, _gy(lambda gy, axes=axes, first=first: keep(gy, axes, first))
    for order in list(permutations(range(len(shape))))[1:] if 2 <= len(shape) <= 4 else ():
        key = "channels" if len(shape) == 4 and order[3] != 3 else "transposed"
        turned = f"Your gradient is right for a gy whose axes come in the order {order}: which axis of gy is which?"
        yield key, turned, _gy(lambda gy, order=order: gy.transpose(order).reshape(gy.shape))
        yield (
            key,
            turned,
            _gy(
                lambda gy, order=order: gy.reshape([gy.shape[a] for a in order]).transpose(np.argsort(order))
            ),
        )
    for axes in _subsets(len(shape)):
        yield (
            "flipped",
            f"Your gradient is right for a gy that is read backwards along {_axes(axes)}. Which index runs the wrong way?",
            _gy(lambda gy, axes=axes: np.flip(gy, axes)),
        )
    for axis, step in product(range(len(shape)), (-1, 1)):
        yield (
            "shifted",
            f"Your gradient is right for a gy that is shifted by one along axis {axis}. Which output belongs to which "
            "index?",
            _gy(lambda gy, axis=axis, step=step: _shift(gy, axis, step)),
        )


def keep(a: np.ndarray, axes: tuple[int, ...], first: bool) -> np.ndarray:
    """The array with zeros everywhere but at the first, or the last, place along axes."""
    place = tuple(
        (slice(0, 1) if first else slice(-1, None)) if i in axes else slice(None) for i in range(a.ndim)
    )
    kept = np.zeros_like(a)
    kept[place] = a[place]
    return kept


def _shift(a: np.ndarray, axis: int, step: int) -> np.ndarray:
    shifted = np.roll(a, step, axis)
    place = [slice(None)] * a.ndim
    place[axis] = slice(0, 1) if step > 0 else slice(-1, None)
    shifted[tuple(place)] = 0
    return shifted


def _axes(axes: tuple[int, ...]) -> str:
    return f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))} of it"


# ---- a gradient taken apart ----------------------------------------------------------------------------------


def terms(look: Look, reference: Reference) -> Iterator[Guess]:
    """Each number of a gradient is a sum over the outputs. These ask what became of its terms."""
    if not 1 < np.size(look.names["gy"]) <= MOST_TERMS:
        return
    known: dict[int, np.ndarray] = {}

    def apart(at: Look) -> np.ndarray:
        """What each output contributes: gy.shape + expected.shape."""
        if id(at) not in known:
            gy = np.asarray(at.names["gy"], dtype=np.float64)
            if gy.size > MOST_TERMS:
                raise ValueError("too many")
            rows = []
            for place in np.ndindex(gy.shape):
                one = np.zeros_like(gy)
                one[place] = gy[place]
                rows.append(np.asarray(reference({**at.names, "gy": one}), dtype=np.float64))
            found = np.array(rows).reshape(gy.shape + at.expected.shape)
            found[np.abs(found) < 1e-7 * np.abs(found).max()] = 0  # the rounding of differences
            known[id(at)] = found
        return known[id(at)]

    def own(at: Look) -> np.ndarray:
        """Of each input, what the output at its own place contributes."""
        parts = apart(at)
        if np.shape(at.names["gy"]) != at.expected.shape:
            raise ValueError("outputs are not inputs")
        size = at.expected.size
        return np.diagonal(parts.reshape(size, size)).reshape(at.expected.shape)

    yield Guess(
        "cross terms",
        "Each input was taken to move the output at its own place only. Which others does it move?",
        own,
    )
    yield Guess(
        "cross terms",
        "What an input does to the outputs at other places is right, but what it does to the one at its own place is not "
        "there.",
        lambda at: at.expected - own(at),
    )
    for trailing in range(np.ndim(look.names["gy"])):
        for last in (True, False):
            yield Guess(
                "sum missing",
                f"Each number of your gradient holds the {'last' if last else 'first'} of its terms only. An input that "
                "is used several times gets something from each of its uses: is something written over there?",
                lambda at, trailing=trailing, last=last: _one_term(apart(at), at, trailing, last),
            )
        yield Guess(
            "factor",
            "Each number of your gradient is divided by how many terms it has. Is a mean taken where a sum is asked for?",
            lambda at, trailing=trailing: _mean_term(apart(at), at, trailing),
        )
    yield Guess(
        "transposed",
        "Your gradient says how far each output moves if the inputs move by gy. It is the other way round: gy belongs to "
        "the outputs. Which axis of the derivative is summed over?",
        lambda at: _forward(at, reference),
    )


def _parts(parts: np.ndarray, at: Look, trailing: int) -> np.ndarray:
    """The terms in the order of a loop, those of the last axes of gy summed: (terms, inputs)."""
    leading = np.ndim(at.names["gy"]) - trailing
    axes = tuple(range(leading, leading + trailing))
    summed = parts.sum(axis=axes) if axes else parts
    return summed.reshape(-1, at.expected.size)


def _one_term(parts: np.ndarray, at: Look, trailing: int, last: bool) -> np.ndarray:
    table = _parts(parts, at, trailing)
    table = table[::-1] if last else table
    first = (table != 0).argmax(axis=0)  # 0 where all are
    return table[first, np.arange(table.shape[1])].reshape(at.expected.shape)


def _mean_term(parts: np.ndarray, at: Look, trailing: int) -> np.ndarray:
    table = _parts(parts, at, trailing)
    return (table.sum(axis=0) / np.maximum((table != 0).sum(axis=0), 1)).reshape(at.expected.shape)


def _forward(at: Look, reference: Reference) -> np.ndarray:
    """gy sent forward: the derivative's rows and columns exchanged."""
    gy = np.asarray(at.names["gy"], dtype=np.float64)
    if gy.shape != at.expected.shape:
        raise ValueError("outputs are not inputs")
    slopes = []
    for place in np.ndindex(gy.shape):
        one = np.zeros_like(gy)
        one[place] = 1.0
        slopes.append(float(np.vdot(np.asarray(reference({**at.names, "gy": one})), gy)))
    return np.array(slopes).reshape(gy.shape)


# ---- arrays --------------------------------------------------------------------------------------------------


def _one(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda names: {name: change(names[name])}


def kernels(look: Look) -> Iterator[tuple[str, str, Change]]:
    """A kernel turned by 180°, or its channels exchanged; a picture read backwards."""
    for name, array in look.arrays(but=("gy", "y")).items():
        axes = (0, 1) if name in KERNELS or array.ndim == 2 else (1, 2)
        if array.ndim < 2 or (array.ndim == 3 and name not in KERNELS):
            continue
        flipped = f"Yours is right for {name} turned by 180°. Which way does its index run against that of the picture?"
        yield "flipped", flipped, _one(name, lambda a, axes=axes: np.flip(a, axes))
        if array.ndim == 4:
            yield (
                "transposed",
                f"Yours is right for {name} with height and width exchanged. Which axis is which?",
                _one(name, lambda a, axes=axes: a.swapaxes(*axes)),
            )
            yield (
                "channels",
                f"Yours is right for {name} with its last two axes exchanged. Which channels come in, which go out?",
                _one(name, lambda a: a.swapaxes(2, 3)),
            )
            yield (
                "channels",
                f"Yours is right for {name} with its last two axes read in another order. Which channels come in, which "
                "go out?",
                _one(name, lambda a: a.swapaxes(2, 3).reshape(a.shape)),
            )
            yield (
                "channels",
                f"Yours is right for {name} with its channels in the order backwards.",
                _one(name, lambda a: a[..., ::-1]),
            )
            for order in list(permutations(range(4)))[1:]:
                yield (
                    "channels",
                    f"Yours is right for {name} with its numbers read in another order. reshape moves nothing: which "
                    "axes have to be neighbours before it?",
                    _one(name, lambda a, order=order: a.transpose(order).reshape(a.shape)),
                )
        if array.ndim == 2:
            yield (
                "transposed",
                f"Yours is right for {name} transposed. Which axis of it meets which?",
                _one(name, lambda a: a.T),
            )
            for axis in (0, 1):
                yield (
                    "flipped",
                    f"Yours is right for {name} read backwards along axis {axis}.",
                    _one(name, lambda a, axis=axis: np.flip(a, axis)),
                )


def points(look: Look) -> Iterator[tuple[str, str, Change]]:
    """Names that stand for each other: the output for the input, one input for another."""
    arrays = {name: a for name, a in look.arrays(but=("gy",)).items()}
    y = arrays.pop("y", None)
    for name, array in arrays.items():
        if y is not None and y.shape == array.shape:
            yield (
                "wrong point",
                f"Your gradient is right where {name} is what came out of the function. At which point is the derivative "
                "to be taken?",
                lambda names, name=name: {name: names["y"]},
            )
    for one, other in combinations(arrays, 2):
        if arrays[one].shape == arrays[other].shape:
            yield (
                "order",
                f"Yours is right if {one} and {other} change places. Which is which?",
                lambda names, one=one, other=other: {one: names[other], other: names[one]},
            )
            for this, instead in ((one, other), (other, one)):
                yield (
                    "wrong point",
                    f"Yours is right where {this} is replaced by {instead}. Where is each of them asked for?",
                    lambda names, this=this, instead=instead: {this: names[instead]},
                )


def arrays(look: Look) -> Iterator[tuple[str, str, Change]]:
    """An array that was not asked, or that was taken for its double, its root, its whole numbers."""
    for name in look.arrays(but=("gy", "y")):
        if "log" in name:
            for factor, word in ((2, "twice"), (0.5, "half")):
                yield (
                    "log_var",
                    f"Yours is right for {word} the {name}. Is it the variance that is asked for, or the standard "
                    f"deviation: what is exp({name}) of the two?",
                    _one(name, lambda a, factor=factor: factor * a),
                )
        for value, word in ((0.0, "all zeros"), (1.0, "all ones")):
            yield (
                "left out",
                f"Yours is right for a {name} of {word}. Where does {name} come in?",
                _one(name, lambda a, value=value: np.full_like(a, value)),
            )
        yield (
            "sign",
            f"Yours is right for −{name}. Which sign does {name} have there?",
            _one(name, np.negative),
        )
        yield (
            "dtype",
            f"Yours is right for {name} without what stands behind the decimal point. Where do numbers become whole?",
            _one(name, np.trunc),
        )


def members(look: Look) -> Iterator[tuple[str, str, Change]]:
    """Forward: of a sum over an axis of an input, one member only."""
    for name, array in look.arrays().items():
        for axes in _subsets(array.ndim):
            if np.prod([array.shape[axis] for axis in axes]) > 1:
                for first, word in ((False, "last"), (True, "first")):
                    yield (
                        "sum missing",
                        f"Only the {word} of several terms has come into yours ({name} at the {word} place along "
                        f"{_axes(axes)}). Is something written over in the loop, where it should be added?",
                        _one(name, lambda a, axes=axes, first=first: keep(a, axes, first)),
                    )
        if array.ndim == 4 and name not in KERNELS | IMAGES:
            for order in list(permutations(range(4)))[1:]:
                yield (
                    "channels",
                    f"Yours is right for {name} with its numbers read in another order. reshape moves nothing: which "
                    "axes have to be neighbours before it?",
                    _one(name, lambda a, order=order: a.transpose(order).reshape(a.shape)),
                )


# ---- options -------------------------------------------------------------------------------------------------

STEPS = {"t", "step", "steps", "iteration", "iterations"}


def options(look: Look) -> Iterator[tuple[str, str, Change]]:
    """Numbers and words that say how: strides, padding, a rate, epsilon."""
    for name, value in look.names.items():
        if name in ("gy", "y") or isinstance(value, np.ndarray) and value.ndim:
            continue
        if "stride" in name:
            text = f"Yours is right for {name} of 1. Where does a window begin, and where the next one?"
            one = (1, 1) if isinstance(value, (tuple, list)) else 1
            yield "strides", text, lambda names, name=name, one=one: {name: one}
            if "gy" in look.names:
                for cut in range(1, 8):
                    yield (
                        "strides",
                        text,
                        lambda names, name=name, one=one, cut=cut: {name: one, **_cropped(names, cut)},
                    )
        elif isinstance(value, (bool, np.bool_)):
            yield (
                "constants" if "train" in name else "only some",
                f"Yours is right where {name} is {not value}. What does {name} change?",
                _one(name, lambda flag: not flag),
            )
        elif value in ("same", "valid") if isinstance(value, str) else False:
            other = {"same": "valid", "valid": "same"}[value]
            yield (
                "padding",
                f"Yours is right for {name} = {other!r}. What stands around the picture?",
                lambda names, name=name: {name: {"same": "valid", "valid": "same"}[names[name]]},
            )
        elif isinstance(value, (int, float, np.number)) or isinstance(value, np.ndarray) and not value.ndim:
            yield from _number(name, value)


def _cropped(names: dict[str, Any], cut: int) -> dict[str, Any]:
    """The picture without its last rows and columns."""
    for name, value in names.items():
        if isinstance(value, np.ndarray) and name not in KERNELS | {"gy", "y"} and value.ndim in (2, 4):
            inside = slice(None, -cut)
            return {name: value[inside, inside] if value.ndim == 2 else value[:, inside, inside]}
    raise ValueError("no picture")


def _number(name: str, value: Any) -> Iterator[tuple[str, str, Change]]:
    key = "left out"
    if "pad" in name:
        key = "padding"
    elif "eps" in name:
        key = "epsilon"
    elif name in STEPS:
        key = "bias correction"
        early = "Yours is right for a very late step. What does the bias correction do at the first steps?"
        yield key, early, _one(name, lambda t: 10**6)
    for other in (0, 1) if name not in STEPS else ():
        said = f"Yours is right for {name} = {other}. Where does {name} come in?"
        yield key, said, lambda names, name=name, other=other: {name: type(names[name])(other)}
    if isinstance(value, (int, np.integer)):
        shifted = "bias correction" if name in STEPS else "shifted" if key == "left out" else key
        for by in (-1, 1):
            said = f"Yours is right for {name} {'−' if by < 0 else '+'} 1. From where is counted?"
            yield shifted, said, _one(name, lambda n, by=by: n + by)
        return
    for said, change in (
        (
            f"Yours is right for 1 − {name}. Which part takes {name}, and which takes the rest?",
            lambda a: 1 - a,
        ),
        (f"Yours is right for −{name}. Which sign belongs there?", lambda a: -a),
        (f"Yours is right for the square of {name}. Does it stand under the root, or beside it?", np.square),
        (f"Yours is right for the root of {name}. Does it stand under the root, or beside it?", np.sqrt),
        (f"Yours is right for twice the {name}. How often is it counted?", lambda a: 2 * a),
        (f"Yours is right for half the {name}. How often is it counted?", lambda a: a / 2),
    ):
        yield key if key != "left out" else "factor", said, _one(name, change)


# ---- formulas ------------------------------------------------------------------------------------------------

SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a (1 − a)": lambda a: a * (1 - a),
    "1 − a²": lambda a: 1 - a**2,
    "the sigmoid's slope": lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2,
    "the slope of tanh": lambda a: 1 - np.tanh(a) ** 2,
    "a": lambda a: a,
    "2a": lambda a: 2 * a,
    "3a²": lambda a: 3 * a**2,
    "1/a": lambda a: 1 / a,
    "−1/a²": lambda a: -1 / a**2,
    "1/(2√a)": lambda a: 0.5 / np.sqrt(a),
    "exp(a)": np.exp,
    "cos a": np.cos,
    "a > 0": lambda a: (a > 0).astype(float),
}


def formulas(look: Look) -> Iterator[Guess]:
    """Known slopes of elementwise functions, taken at any array there is: right ones at the wrong point."""
    for name, array in look.arrays(but=("gy",)).items():
        if array.shape == look.expected.shape == np.shape(look.names["gy"]):
            for slope in SLOPES.values():
                yield Guess(
                    "wrong point",
                    f"Your slope is taken at {name}. Does its formula ask for what went in, or for what came out?",
                    lambda at, name=name, slope=slope: at.names["gy"] * slope(at.names[name]),
                    scaled=False,
                )
    if look.expected.shape == np.shape(look.names["gy"]):
        yield Guess(
            "left out",
            "Yours is gy, handed on as it came. How steep is the function itself?",
            lambda at: at.names["gy"],
        )
