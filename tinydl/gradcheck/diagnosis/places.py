"""Where, and when, a result is wrong: at ties, along a rim, in one of the cases, by its shape.

Each function looks at all trials and answers with a Diagnosis, or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import ZERO, Diagnosis, Look, Looks
from tinydl.gradcheck.difference import distances

ALL_BUT = "everywhere but "

# ---- in some places ------------------------------------------------------------------------------------------


def ties(looks: Looks) -> Diagnosis | None:
    """Wrong only where an input is 0, or as large as another."""
    seen_right = False
    for look in looks:
        if look.yours.shape != look.expected.shape:
            return None
        wrong, tied = _wrong_places(look), np.zeros(look.expected.shape, dtype=bool)
        for array in look.arrays(but=("gy", "y")).values():
            is_mask = np.isin(array, (0, 1)).all()  # which is no input with ties
            if array.shape == wrong.shape and not is_mask:
                tied |= _at_a_kink(array)
        if (wrong & ~tied).any():
            return None
        seen_right |= bool((~wrong & ~tied).any())
    if not seen_right:
        return None
    return Diagnosis(
        "ties",
        "Yours is wrong only where an input is exactly 0, or exactly as large as another. What should happen at the "
        "kink, or in a tie: who gets the gradient?",
    )


def _at_a_kink(array: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    return (array == 0) | (counts[inverse].reshape(array.shape) > 1)


def _wrong_places(look: Look) -> np.ndarray:
    """Which elements are wrong; both arrays have one shape."""
    limit = look.tolerance * max(look.largest, ZERO)
    return distances(look.yours, look.expected) > limit


def places(looks: Looks) -> Diagnosis | None:
    """What all wrong elements have in common."""
    wrong = [look for look in looks if look.wrong]
    if any(look.yours.shape != look.expected.shape for look in wrong):
        return None
    off = [_wrong_places(look) for look in wrong]
    regions = [_regions(look) for look in wrong]
    sizes: dict[str, float] = {}  # of those that hold all that is wrong, and are mostly wrong
    for words in regions[0]:
        if all(words in each for each in regions):
            pairs = [(places, each[words][1]) for places, each in zip(off, regions)]
            inside = all(not (a & ~region).any() and 2 * a.sum() >= region.sum() for a, region in pairs)
            if inside and sum(int((~region).sum()) for _, region in pairs) >= 2:
                sizes[words] = sum(float(region.mean()) for _, region in pairs)
    if not sizes:
        return None
    words = min(sizes, key=lambda each: sizes[each])
    where = words.removeprefix(ALL_BUT)
    there, elsewhere = ("wrong", "right") if where == words else ("right", "wrong")
    said = f"Your {looks[0].what} is {there} {where}, and {elsewhere} elsewhere. What is different there?"
    return Diagnosis(regions[0][words][0], said)


def _regions(look: Look) -> dict[str, tuple[str, np.ndarray]]:
    """Parts of an array, by what they are called: the key of a diagnosis, and where they are."""
    shape = look.expected.shape
    found: dict[str, tuple[str, np.ndarray]] = {}
    plane = {2: (0, 1), 3: (1, 2), 4: (1, 2)}.get(len(shape), ())
    for axis, place, region in _slabs(shape):
        picture = len(shape) > 2 and axis in plane
        key = "padding" if picture else "channels" if (len(shape), axis) == (4, 3) else "only some"
        found[f"at the {place} place along axis {axis}"] = (key, region)
    if len(shape) == 2:
        found["on the diagonal"] = ("diagonal", np.eye(*shape, dtype=bool))
        found["off the diagonal"] = ("diagonal", ~np.eye(*shape, dtype=bool))
    if plane and min(shape[axis] for axis in plane) >= 3:
        found["at the rim"] = ("padding", _rim(shape, plane))
    for place in ("first", "last") if plane else ():
        ends = [region for axis, where, region in _slabs(shape) if axis in plane and where == place]
        found[f"in the {place} row and column"] = ("shifted", ends[0] | ends[1])
    for name, array in look.arrays(but=("gy", "y")).items():
        if array.shape == shape:
            found[f"where {name} is negative"] = ("only some", array < 0)
            found[f"where {name} is positive"] = ("only some", array > 0)
            found[f"where {name} is not positive"] = ("only some", array <= 0)
            found[f"where {name} is larger than 1 or smaller than −1"] = ("only some", np.abs(array) > 1)
    for axis, place, region in _slabs(shape):
        found[f"{ALL_BUT}at the {place} place along axis {axis}"] = ("only some", ~region)
    return {words: (key, region) for words, (key, region) in found.items() if region.any()}


def _slabs(shape: tuple[int, ...]) -> Iterator[tuple[int, str, np.ndarray]]:
    """The first and the last place along each axis."""
    for axis, size in enumerate(shape):
        for place, word in ((0, "first"), (size - 1, "last")):
            along = [-1 if a == axis else 1 for a in range(len(shape))]
            yield axis, word, np.broadcast_to((np.arange(size) == place).reshape(along), shape)


def _rim(shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    region = np.ones(shape, dtype=bool)
    region[tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(len(shape)))] = False
    return region


# ---- in some cases -------------------------------------------------------------------------------------------

# What the label of a case says, by the key of a diagnosis; and what an option is where it does nothing.
LABELS = {
    "strides": ("stride",),
    "ties": ("tie", "kink", "equal"),
    "padding": ("padding", "padded", "rim"),
    "channels": ("channels",),
}
IDLE: dict[str, tuple[str, Any]] = {"strides": ("stride", 1), "padding": ("pad", 0)}


def by_options(looks: Looks) -> Diagnosis | None:
    """Wrong wherever strides are more than 1, or something is padded, and right elsewhere."""
    for key, (word, idle) in IDLE.items():
        for name in looks[0].names:
            if word not in name:
                continue
            values = [look.names.get(name, idle) for look in looks]
            busy = [
                value != "valid" if isinstance(value, str) else bool(np.any(np.asarray(value) != idle))
                for value in values
            ]
            if busy == [look.wrong for look in looks] and not all(busy):
                return Diagnosis(
                    key,
                    f"It is right where {name} does nothing, and wrong for {name} = {values[busy.index(True)]!r}. "
                    "Where does it come in?",
                )
    return None


def some_cases(looks: Looks) -> Diagnosis | None:
    """Right in some of the labelled cases."""
    wrong, right = ([look.label for look in looks if look.wrong is state] for state in (True, False))
    if not wrong or not right or not all(wrong + right):
        return None
    key = next(
        (
            key
            for key, words in LABELS.items()
            if _mention(words, wrong) == {True}
            and _mention(words, right) == {False}
            or _mention(words, wrong) == {False}
            and _mention(words, right) == {True}
        ),
        "only some",
    )
    return Diagnosis(
        key, f"It is right with {_listed(right)} – and wrong with {_listed(wrong)}. What is different there?"
    )


def _mention(words: Sequence[str], labels: Sequence[str]) -> set[bool]:
    return {any(word in label for word in words) for label in labels}


def _listed(words: Sequence[str]) -> str:
    words = list(dict.fromkeys(words))
    if any(" and " in each or "," in each for each in words):
        return "; ".join(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shape(looks: Looks) -> Diagnosis | None:
    """No better word for a wrong shape."""
    at = next((look for look in looks if look.yours.shape != look.expected.shape), None)
    if at is None:
        return None
    return Diagnosis(
        "shape",
        f"Your {at.what} has the shape {at.yours.shape}, expected is {at.expected.shape}. Write the shape beside each "
        "line: where does it become another?",
    )
