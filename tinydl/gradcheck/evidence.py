"""What a diagnosis rests on: the calls that were looked at, and guesses that must explain all of them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

ZERO = 1e-8  # what is smaller may be the rounding of finite differences
SINGLE = 3e-5  # what is left of 1e-6 where somebody calculates in float32


@dataclass(frozen=True)
class Trial:
    """One call of the function that is looked at."""

    names: dict[str, Any]  # all that a rule may name: inputs, options, for a gradient also gy and y
    yours: Any  # what the function gave: an array or number (whatever its dtype)
    expected: np.ndarray
    label: str = ""  # completes "right with …, wrong with …"


@dataclass(frozen=True)
class Mistake:
    """A mistake that is usual for one function: a wrong rule, which takes what it names."""

    key: str
    sentence: str
    rule: Callable


@dataclass(frozen=True)
class Diagnosis:
    """What was found: a word to count it by, and a sentence for the reader."""

    key: str
    sentence: str


class Look:
    """A trial, ready to be compared: both sides in float64."""

    def __init__(self, trial: Trial, tolerance: float):
        self.names, self.label = trial.names, trial.label
        given = np.asarray(trial.yours)
        self.dtype = given.dtype
        self.yours, self.expected = given.astype(np.float64), np.asarray(trial.expected, dtype=np.float64)
        single = given.ndim and given.dtype.kind == "f" and given.dtype.itemsize < 8
        self.tolerance = max(tolerance, SINGLE) if single else tolerance
        self.wrong = not self.is_right(self.yours)

    def is_right(self, values: np.ndarray) -> bool:
        """Whether an array is what was expected."""
        c = proportion(values, self.expected, self.tolerance)
        return c is not None and (math.isnan(c) or c == 1.0)

    @property
    def what(self) -> str:
        """What the function is to give, in a word."""
        return "gradient" if "gy" in self.names else "result"

    def arrays(self, but: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
        """The floating-point arrays that the call was about."""
        arrays = {name: value for name, value in self.names.items() if isinstance(value, np.ndarray)}
        return {name: a for name, a in arrays.items() if a.ndim and a.dtype.kind == "f" and name not in but}


@dataclass(frozen=True)
class Guess:
    """An explanation to be tried: what yours should then be, or two arrays that should then be alike."""

    key: str
    sentence: str
    of: Callable[[Look], Any]
    scaled: bool = True  # whether it may be right but for a factor
    alone: bool = True  # whether it may be right without one


def proportion(a: np.ndarray, b: np.ndarray, tolerance: float) -> float | None:
    """The c of a = c·b: 1.0 if they are the same, nan if both are 0, None if there is none but 0."""
    if a.shape != b.shape:
        return None
    finite = np.isfinite(b)
    if not finite.all():  # what is not finite has to be the same
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return None
        a, b = a[finite], b[finite]
    if not np.isfinite(a).all():
        return None
    a, b = a.ravel(), b.ravel()
    large, larger = (float(np.abs(each).max(initial=0.0)) for each in (a, b))
    if max(large, larger) <= ZERO:
        return math.nan
    if np.abs(a - b).max() <= tolerance * max(large, larger):
        return 1.0
    if min(large, larger) <= ZERO:
        return None
    c = float(a @ b / (b @ b))
    return c if c and np.abs(a - c * b).max() <= tolerance * large else None


@contextmanager
def quiet() -> Iterator[None]:
    """Wrong rules may divide by 0 or overflow; what comes of it is looked at."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def factors(looks: Sequence[Look], guess: Guess) -> list[float] | None:
    """Of each look, by what yours differs from a guess; None if it explains nothing.

    It has to hold in every look. Wrong and small ones are asked first, since most guesses fail there.
    """
    found: dict[int, float] = {}
    for i in sorted(range(len(looks)), key=lambda i: (not looks[i].wrong, looks[i].expected.size)):
        try:
            made = guess.of(looks[i])
        except Exception:  # a rule that cannot answer to this, such as one for square arrays
            return None
        if made is None:
            return None
        a, b = made if isinstance(made, tuple) else (looks[i].yours, made)
        try:
            a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        except (TypeError, ValueError):
            return None
        c = proportion(a, b, looks[i].tolerance)
        if c is None or (math.isnan(c) and looks[i].wrong and not isinstance(made, tuple)):
            return None
        if not _is_evidence(b, c):
            return None
        found[i] = c
    told = [c for c in found.values() if not math.isnan(c)]
    return [found[i] for i in range(len(looks))] if told else None


def _is_evidence(b: np.ndarray, c: float) -> bool:
    """A free factor explains any single number, and any constant array: then it must be one that has a name."""
    return True if math.isnan(c) or c == 1.0 else bool(np.abs(b).max() > ZERO)


def distinct(values: np.ndarray) -> int:
    """How many different numbers there are, 0 aside."""
    rounded = np.array([float(f"{value:.6e}") for value in values.ravel()[:200]])
    return len(set(rounded[np.abs(rounded) > ZERO].tolist()))
