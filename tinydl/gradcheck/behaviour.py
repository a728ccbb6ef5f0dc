"""What a wrong result looks like where no formula explains it: what is not finite, too coarse, wrong in one corner only.

Each function looks at all trials and answers with a Diagnosis, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tinydl.gradcheck.difference import distances
from tinydl.gradcheck.evidence import SINGLE, Diagnosis, Look, proportion

Looks = Sequence[Look]
Ask = Callable[[dict[str, Any]], Any]


# ---- all of it -----------------------------------------------------------------------------------------------


def zeros(looks: Looks) -> Diagnosis | None:
    """Nothing came, where something should."""
    if any(look.yours.any() for look in looks):
        return None
    return Diagnosis(
        "zero",
        f"Your {looks[0].what} is 0 everywhere. Was it filled, or only made? Does anything of what was worked out get "
        "into it?",
    )


def not_finite(looks: Looks) -> Diagnosis | None:
    """Numbers that are none."""
    lost = [look for look in looks if (np.isfinite(look.expected) & ~_finite_where(look)).any()]
    if not lost:
        return None
    at = lost[0]
    what = "NaN (not a number)" if np.isnan(at.yours).any() else "infinite"
    where = f" with {at.label}" if at.label else ""
    sizes = [float(np.abs(a).max(initial=0.0)) for a in at.arrays().values()]
    most = max(sizes, default=0.0)
    why = (
        f" The inputs go up to {most:.4g}: what is exp of such a number?"
        if most > 80
        else " Where could something be divided by 0, or the logarithm of 0 be taken?"
    )
    return Diagnosis(
        "not finite", f"Your {at.what} is {what} in places{where}, where it should be finite.{why}"
    )


def _finite_where(look: Look) -> np.ndarray:
    if look.yours.shape == look.expected.shape:
        return np.isfinite(look.yours)
    return np.full(look.expected.shape, bool(np.isfinite(look.yours).all()))


def coarse(looks: Looks) -> Diagnosis | None:
    """Right but for a dtype that is too coarse: whole numbers, or float32."""
    wrong = [look for look in looks if look.wrong] or [look for look in looks if look.dtype != np.float64]
    for look in wrong:
        if look.yours.shape != look.expected.shape or not _is_coarse(look):
            return None
    if not wrong:
        return None
    at = wrong[0]
    if at.dtype.kind in "iub":
        return Diagnosis(
            "dtype",
            f"Your {at.what} is an array of {at.dtype}: what stands behind the decimal point is lost. Which dtype does "
            "the array have that you write into?",
        )
    if (at.yours == np.trunc(at.yours)).all():
        return Diagnosis(
            "dtype",
            f"Your {at.what} holds whole numbers only: what stands behind the decimal point is lost. Where do numbers "
            "become integers?",
        )
    return Diagnosis(
        "dtype",
        f"Your {at.what} is right to seven digits only: float32 came out where float64 went in. Where does the dtype "
        "change?",
    )


def _is_coarse(look: Look) -> bool:
    """Whether yours is what is expected, in fewer digits."""
    single = look.yours.astype(np.float32) == look.yours
    near = distances(look.yours, look.expected).max(initial=0.0) <= 100 * SINGLE * np.abs(look.expected).max(
        initial=0
    )
    if near and (single | ~np.isfinite(look.yours)).all():
        return True
    whole = look.yours == np.trunc(look.yours)
    off = np.abs(look.yours - look.expected)
    if look.dtype.kind in "iub":
        return bool((look.expected != np.trunc(look.expected)).any())
    return bool(whole.all() and (off < 1).all() and look.yours.size > 2)


def nearly(looks: Looks) -> Diagnosis | None:
    """Hardly wrong at all: epsilon stands somewhere else, or is left out."""
    for look in looks:
        if look.yours.shape != look.expected.shape:
            return None
        if distances(look.yours, look.expected).max(initial=0.0) > 1e-3 * np.abs(look.expected).max(
            initial=0.0
        ):
            return None
    name = next((name for look in looks for name in look.names if "eps" in name), None)
    if name is None:
        return None
    return Diagnosis(
        "epsilon",
        f"Your {looks[0].what} is nearly right, to about three digits. {name} is as small as that: where does it stand "
        "in the formula?",
    )


# ---- asked again ---------------------------------------------------------------------------------------------


def changing(looks: Looks, again: Ask) -> Diagnosis | None:
    """Another answer to the same question."""
    at = min((look for look in looks if look.wrong), key=lambda look: look.expected.size)
    other = np.asarray(again(dict(at.names)), dtype=np.float64)
    if proportion(other, at.yours, at.tolerance) == 1.0 or not (other.any() or at.yours.any()):
        return None
    return Diagnosis(
        "random",
        "Asked the same again, your function answers otherwise. What does it remember, or draw at random?",
    )


def neighbours(looks: Looks, again: Ask, reference: Ask) -> Diagnosis | None:
    """What comes out for the first sample changes with the others of its batch."""
    for look in sorted(looks, key=lambda look: (not look.wrong, look.expected.size)):
        n = look.expected.shape[0] if look.expected.ndim else 0
        if n < 2 or look.yours.shape != look.expected.shape:
            continue
        others = {name: a for name, a in look.arrays().items() if a.ndim and len(a) == n}
        changed = {**look.names, **{name: _with_others(a) for name, a in others.items()}}
        if not others or not _same_first(np.asarray(reference(changed)), look.expected, look.tolerance):
            continue
        if _same_first(np.asarray(again(changed), dtype=np.float64), look.yours, look.tolerance):
            return None
        return Diagnosis(
            "neighbours",
            f"What you give for the first sample changes when only the others of its batch do; the right {look.what} "
            "stays. Over which axis is something summed, or the largest looked for?",
        )
    return None


def _with_others(a: np.ndarray) -> np.ndarray:
    """The first sample as it was, among larger ones: of their sign, so that what was a probability stays positive."""
    changed = a.copy()
    changed[1:] *= 1.5
    return changed


def _same_first(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    c = proportion(np.asarray(a[0], dtype=np.float64), b[0], tolerance)
    return c is not None and (c == 1.0 or np.isnan(c))


# ---- in some places ------------------------------------------------------------------------------------------


def ties(looks: Looks) -> Diagnosis | None:
    """Wrong only where an input is 0, or as large as another."""
    seen_right = False
    for look in looks:
        if look.yours.shape != look.expected.shape:
            return None
        wrong = _wrong_places(look)
        tied = np.zeros(wrong.shape, dtype=bool)
        for array in look.arrays(but=("gy", "y")).values():
            if array.shape == wrong.shape:
                tied |= _at_a_kink(array)
        if (wrong & ~tied).any():
            return None
        seen_right |= bool((~wrong & ~tied).any())
    if not seen_right:
        return None
    return Diagnosis(
        "ties",
        "Yours is wrong only where an input is exactly 0, or exactly as large as another. What should happen at the kink, "
        "or in a tie: who gets the gradient?",
    )


def _at_a_kink(array: np.ndarray) -> np.ndarray:
    values, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    return (array == 0) | (counts[inverse].reshape(array.shape) > 1)


def _wrong_places(look: Look) -> np.ndarray:
    limit = look.tolerance * max(float(np.abs(look.expected).max(initial=0.0)), 1e-8)
    return distances(look.yours, look.expected) > limit


REGIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the input is negative": lambda a: a < 0,
    "the input is positive": lambda a: a > 0,
    "the input is larger than 1 or smaller than −1": lambda a: np.abs(a) > 1,
}


def places(looks: Looks) -> Diagnosis | None:
    """What all wrong elements have in common."""
    wrong = [look for look in looks if look.wrong]
    if any(look.yours.shape != look.expected.shape for look in wrong):
        return None
    for key, words, inside in _regions(wrong):
        shares = [(_wrong_places(look), inside(look)) for look in wrong]
        if any(region is None or not region.any() or region.all() for _, region in shares):
            continue
        told = all((off & ~region).sum() == 0 and off.sum() >= 0.5 * region.sum() for off, region in shares)
        if told and sum(int((~region).sum()) for _, region in shares) >= 2:
            return Diagnosis(key, f"Your {looks[0].what} is right but for {words}. What is different there?")
    return None


def _regions(looks: Looks) -> Iterator[tuple[str, str, Callable[[Look], np.ndarray | None]]]:
    ndim = looks[0].expected.ndim
    spatial = {4: (1, 2), 3: (1, 2), 2: (0, 1)}.get(ndim, ())
    if ndim > 2:
        yield "padding", "its rim", lambda look: _rim(look.expected.shape, spatial)
    for axis in range(ndim):
        for place, word in ((0, "first"), (-1, "last")):
            picture = ndim > 2 and axis in spatial
            yield (
                "padding" if picture else "channels" if ndim == 4 and axis == 3 else "only some",
                f"the {word} place along axis {axis}",
                lambda look, axis=axis, place=place: _slab(look.expected.shape, axis, place),
            )
    if ndim == 2:
        yield (
            "diagonal",
            "its diagonal",
            lambda look: np.eye(*look.expected.shape, dtype=bool) if look.expected.ndim == 2 else None,
        )
        yield "padding", "its rim", lambda look: _rim(look.expected.shape, spatial)
    for name in looks[0].arrays(but=("gy", "y")):
        for words, where in REGIONS.items():
            said = words.replace("the input", name)
            yield (
                "only some",
                f"the places where {said}",
                lambda look, name=name, where=where: _of(look, name, where),
            )


def _of(look: Look, name: str, where: Callable[[np.ndarray], np.ndarray]) -> np.ndarray | None:
    array = look.names.get(name)
    fits = isinstance(array, np.ndarray) and array.shape == look.expected.shape
    return where(array) if fits and array is not None else None


def _slab(shape: tuple[int, ...], axis: int, place: int) -> np.ndarray | None:
    if axis >= len(shape) or shape[axis] < 2:
        return None
    region = np.zeros(shape, dtype=bool)
    region[(slice(None),) * axis + (place,)] = True
    return region


def _rim(shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray | None:
    if len(shape) <= max(axes) or min(shape[axis] for axis in axes) < 3:
        return None
    region = np.ones(shape, dtype=bool)
    region[tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(len(shape)))] = False
    return region


# ---- in some cases -------------------------------------------------------------------------------------------

LABELS = {
    "strides": ("stride",),
    "ties": ("tie", "kink", "equal"),
    "padding": ("padding", "padded", "rim"),
    "channels": ("channel",),
}


def some_cases(looks: Looks) -> Diagnosis | None:
    """Right in some of the labelled cases."""
    wrong, right = ([look for look in looks if look.wrong is state] for state in (True, False))
    if not wrong or not right or not all(look.label for look in looks):
        return None
    what = listed([look.label for look in wrong])
    key = next(
        (
            key
            for key, words in LABELS.items()
            if all(any(word in look.label for word in words) for look in wrong)
            and not any(any(word in look.label for word in words) for look in right)
        ),
        "only some",
    )
    said = f"It is right with {listed([look.label for look in right])}, and wrong with {what}. What is different there?"
    return Diagnosis(key, said)


def by_options(looks: Looks) -> Diagnosis | None:
    """Wrong wherever strides are more than 1, or something is padded, and right elsewhere."""
    for key, word, plain in (("strides", "stride", 1), ("padding", "pad", 0)):
        for name in looks[0].names:
            if word not in name:
                continue
            busy = [not _is_plain(look.names.get(name), plain) for look in looks]
            if busy == [look.wrong for look in looks] and not all(busy):
                value = next(look.names[name] for look in looks if look.wrong)
                return Diagnosis(
                    key,
                    f"It is right where {name} does nothing, and wrong for {name} = {value!r}. Where does {name} come in?",
                )
    return None


def _is_plain(value: Any, plain: int) -> bool:
    return value == "valid" if isinstance(value, str) else bool(np.all(np.asarray(value) == plain))


def other_shape(looks: Looks) -> Diagnosis | None:
    """No better word for a wrong shape."""
    at = next((look for look in looks if look.yours.shape != look.expected.shape), None)
    if at is None:
        return None
    return Diagnosis(
        "shape",
        f"Your {at.what} has the shape {at.yours.shape}, expected is {at.expected.shape}. Write the shape beside each "
        "line: where does it become another?",
    )


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
