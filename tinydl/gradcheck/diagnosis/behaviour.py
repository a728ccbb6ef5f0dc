"""What is seen of a result without any formula: not finite, too coarse, another one when asked again.

Each function looks at all trials and answers with a Diagnosis, or None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import SINGLE, ZERO, Ask, Diagnosis, Look, Looks, proportion
from tinydl.gradcheck.difference import distances

# ---- all of it -----------------------------------------------------------------------------------------------


def zeros(looks: Looks) -> Diagnosis | None:
    """Nothing came, where something should."""
    largest = max(float(np.abs(look.yours).max(initial=0.0)) for look in looks)
    if not largest <= ZERO:  # rounding may be left where all cancels
        return None
    return Diagnosis(
        "zero",
        f"Your {looks[0].what} is 0 everywhere. Was it filled, or only made? Does anything of what was worked out get "
        "into it?",
    )


def not_finite(looks: Looks, only: bool = True) -> Diagnosis | None:
    """Numbers that are none; `only`: and all that are numbers are right."""
    wrong = [look for look in looks if look.wrong]
    at = next(filter(is_lost, wrong), None)
    alone = all(map(_lost_alone, wrong))
    if at is None or (only and not alone):
        return None
    what = "NaN (not a number)" if np.isnan(at.yours).any() else "infinite"
    where = f" with {at.label}" if at.label else ""
    sizes = [float(np.abs(a).max(initial=0.0)) for a in at.arrays().values()]
    most = max(sizes, default=0.0)
    why = (
        f" The inputs go up to {most:.4g}: what is exp of such a number, and what exp of minus such a number?"
        if most > 80
        else " Where could something be divided by 0, or a root or a logarithm be taken of 0 or less?"
    )
    return Diagnosis(
        "not finite",
        f"Your {at.what} is {what} in places{where}, where it should be finite"
        f"{'' if alone else ', and what is finite is not right'}.{why}",
    )


def constant(looks: Looks) -> Diagnosis | None:
    """One number everywhere, whatever came in."""
    numbers = np.concatenate([look.yours.ravel() for look in looks])
    others = np.concatenate([look.expected.ravel() for look in looks])
    if not numbers.size or not np.ptp(numbers) <= ZERO or np.ptp(others) <= ZERO:
        return None
    return Diagnosis(
        "left out",
        f"Your {looks[0].what} is {numbers[0]:.6g} everywhere. Which of the inputs should it change with?",
    )


def is_lost(look: Look) -> bool:
    """Whether something is not finite that should be."""
    if look.yours.shape == look.expected.shape:
        return bool((np.isfinite(look.expected) & ~np.isfinite(look.yours)).any())
    return not np.isfinite(look.yours).all()


def _lost_alone(look: Look) -> bool:
    """Whether what is finite is right, and the rest is lost."""
    if not is_lost(look) or look.yours.shape != look.expected.shape:
        return is_lost(look)
    limit = look.tolerance * look.largest
    return bool((distances(look.yours, look.expected)[np.isfinite(look.yours)] <= limit).all())


def coarse(looks: Looks) -> Diagnosis | None:
    """Right but for a dtype that is too coarse: whole numbers, or float32."""
    wrong = [look for look in looks if look.wrong] or [look for look in looks if look.dtype != np.float64]
    for look in wrong:
        if look.yours.shape != look.expected.shape or not _is_coarse(look):
            return None
    if not wrong:
        return None
    at = wrong[0]
    if (at.yours == np.trunc(at.yours)).all() and at.wrong:
        return Diagnosis("dtype", _whole(at))
    return Diagnosis(
        "dtype",
        f"Your {at.what} is right to seven digits only: float32 came out where float64 went in. Where does the dtype "
        "change?",
    )


def _is_coarse(look: Look) -> bool:
    """Whether yours is what is expected, in fewer digits."""
    off = distances(look.yours, look.expected)
    if look.yours.size > 1 and (look.yours == np.trunc(look.yours)).all():
        return bool(
            (look.yours == np.trunc(look.expected)).all() or (look.yours == np.round(look.expected)).all()
        )
    single = look.yours.astype(np.float32) == look.yours
    return bool(single.all() and off.max(initial=0.0) <= 100 * SINGLE * look.largest)


def whole(looks: Looks) -> Diagnosis | None:
    """Whole numbers, where the right ones are not."""
    wrong = [look for look in looks if look.wrong]
    if any(look.dtype.kind not in "iu" or (look.expected == np.trunc(look.expected)).all() for look in wrong):
        return None
    return Diagnosis("dtype", _whole(wrong[0]))


def _whole(at: Look) -> str:
    return (
        f"Your {at.what} holds whole numbers only ({at.dtype}): what stands behind the decimal point is lost. Which "
        "dtype does the array have that you write into?"
    )


def nearly(looks: Looks) -> Diagnosis | None:
    """Hardly wrong at all: epsilon stands somewhere else, or a difference stands for a slope."""
    for look in looks:
        if look.yours.shape != look.expected.shape:
            return None
        if distances(look.yours, look.expected).max(initial=0.0) > 1e-3 * look.largest:
            return None
    said = f"Your {looks[0].what} is nearly right, to about three digits or more."
    for name in looks[0].names:
        if "eps" in name:
            return Diagnosis(
                "epsilon", f"{said} {name} is as small as that: where does it stand in the formula?"
            )
    return Diagnosis("nearly", f"{said} Is something rounded, or a difference taken for a slope?")


# ---- asked again ---------------------------------------------------------------------------------------------


def changing(looks: Looks, again: Ask) -> Diagnosis | None:
    """Another answer to the same question."""
    wrong = [look for look in looks if look.wrong]
    at = max(wrong, key=lambda look: look.expected.size)  # where chance has most room
    other = _asked(again, at.names)
    if other is None or np.array_equal(other, at.yours, equal_nan=True):
        return None
    return Diagnosis(
        "random",
        "Asked the same again, your function answers otherwise. What does it remember, or draw at random?",
    )


def _asked(again: Ask, names: dict[str, Any]) -> np.ndarray | None:
    """What the function gives for names, None if that is no array."""
    try:
        answer = again(names)
        return None if answer is None else np.asarray(answer, dtype=np.float64)
    except Exception:  # whatever a reader's function may raise
        return None


def unweighed(looks: Looks, again: Ask) -> Diagnosis | None:
    """A gradient that is not twice as large where gy is."""
    at = next((look for look in looks if look.wrong and "gy" in look.names), None)
    if at is None or at.dtype.kind in "iu" or not np.isfinite(at.yours).all():
        return None
    answer = _asked(again, {**at.names, "gy": 2 * at.names["gy"]})
    if answer is None or answer.shape != at.yours.shape or not np.isfinite(answer).all():
        return None
    if np.abs(answer - 2 * at.yours).max(initial=0.0) <= at.tolerance * np.abs(answer).max(initial=ZERO):
        return None
    return Diagnosis(
        "upstream",
        "With twice the gy a gradient is twice as large, and yours is not. Is there a term that gy does not reach, or "
        "one that it reaches twice?",
    )


def neighbours(looks: Looks, again: Ask, reference: Ask) -> Diagnosis | None:
    """What comes out for the first sample changes with the others of its batch."""
    batches = [look for look in looks if look.wrong and look.expected.ndim and len(look.expected) > 1]
    if any(look.yours.shape != look.expected.shape for look in batches):
        return None  # what stands first may belong to another
    changed = [_with_others(look) for look in batches]
    for look, names in zip(batches, changed):
        right = _asked(reference, names)
        if right is None or not _same_first(right, look.expected, look.tolerance):
            return None  # this function may depend on them
    if not batches:
        return None
    answer, at = _asked(again, changed[0]), batches[0]
    if answer is None or _same_first(answer, at.yours, at.tolerance):
        return None
    return Diagnosis(
        "neighbours",
        f"Your {at.what} for the first sample changes if only the others of the batch do; the right one does not. Over "
        "which axis is something summed, or the largest looked for?",
    )


def _with_others(look: Look) -> dict[str, Any]:
    """The first sample among larger ones: with signs as they were, so that what was a probability stays positive."""
    names = dict(look.names)
    for name, array in look.arrays().items():
        if len(array) == len(look.expected):
            names[name] = array.copy()
            names[name][1:] *= 1.5
    return names


def _same_first(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    c = proportion(np.asarray(a[0], dtype=np.float64), b[0], tolerance)
    return c is not None and (c == 1.0 or np.isnan(c))
