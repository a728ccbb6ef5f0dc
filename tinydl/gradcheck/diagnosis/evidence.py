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


NOTHING = (np.zeros(0), np.zeros(0))  # what a guess gives for a look that is too small to tell


class Look:
    """A trial, ready to be compared: both sides in float64."""

    def __init__(self, trial: Trial, tolerance: float):
        self.names, self.label = trial.names, trial.label
        given = np.asarray(trial.yours)
        if given.dtype.kind not in "buif":
            raise TypeError(f"expected an array of numbers, got one of {given.dtype}")
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
    def largest(self) -> float:
        """The largest finite number expected, beside which errors are large or small."""
        return float(np.abs(self.expected[np.isfinite(self.expected)]).max(initial=0.0))

    @property
    def what(self) -> str:
        """What the function is to give, in a word."""
        return "gradient" if "gy" in self.names else "result"

    def arrays(self, but: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
        """The floating-point arrays that the call was about."""
        arrays = {name: value for name, value in self.names.items() if isinstance(value, np.ndarray)}
        return {name: a for name, a in arrays.items() if a.ndim and a.dtype.kind == "f" and name not in but}


Looks = Sequence[Look]
Pair = tuple[np.ndarray, np.ndarray]  # that should be alike
Ask = Callable[[dict[str, Any]], Any]  # names -> what a function gives for them: the right one, or yours


class Guess:
    """An explanation to be tried.

    `of`, called with a look and with `arguments`, says what yours should then be, or gives two arrays that should then
    be alike. `scaled`: it may be right but for a factor. `alone`: it may be right without one. `usual`: it is usual for
    this function, and explains a 0 of yours by its own.
    """

    def __init__(
        self,
        key: str,
        sentence: str,
        of: Callable[..., Any],
        *arguments: Any,
        scaled: bool = True,
        alone: bool = True,
        usual: bool = False,
    ):
        self.key, self.sentence, self.scaled, self.alone, self.usual = key, sentence, scaled, alone, usual
        self._of, self._arguments = of, arguments

    def of(self, look: Look) -> Any:
        """What the guess makes of a look: an array for yours, or a pair that should be alike."""
        return self._of(look, *self._arguments)


class Question:
    """What would be right if a name had another value.

    `change(value, *arguments)` gives the value; `also` changes further names. A dict for `name` says which name takes
    the value of which.
    """

    def __init__(
        self,
        key: str,
        sentence: str,
        name: str | dict[str, str],
        change: Callable[..., Any] | None = None,
        *arguments: Any,
        also: dict[str, Callable[[Any], Any]] | None = None,
    ):
        self.key, self.sentence = key, sentence
        self._name, self._change, self._arguments, self._also = name, change, arguments, also or {}

    def names(self, old: dict[str, Any]) -> dict[str, Any]:
        """The names, changed."""
        if isinstance(self._name, dict):
            return {**old, **{name: old[other] for name, other in self._name.items()}}
        changed = {**old, **{name: change(old[name]) for name, change in self._also.items()}}
        if self._change is not None:
            changed[self._name] = self._change(old[self._name], *self._arguments)
        return changed


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
        return math.nan if finite.all() else 1.0
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


@dataclass(frozen=True)
class Fit:
    """How yours differs from a guess, in every look: by a factor, nan where both are 0."""

    factors: tuple[float, ...]
    # Anything is a multiple of one number, or of a constant array: then a factor has to be one that has a name.
    is_weak: bool

    @property
    def is_exact(self) -> bool:
        """Whether there is no factor."""
        return all(c == 1.0 or math.isnan(c) for c in self.factors)


def fit(looks: Sequence[Look], guess: Guess) -> Fit | None:
    """How a guess fits all looks; None if it does not explain one of them.

    Wrong and small ones are asked first, since most guesses fail there.
    """
    found: dict[int, float] = {}
    weak = True
    for i in sorted(range(len(looks)), key=lambda i: (not looks[i].wrong, looks[i].expected.size)):
        try:
            made = guess.of(looks[i])
            pair = made if isinstance(made, tuple) else (looks[i].yours, made)
            a, b = (np.asarray(each, dtype=np.float64) for each in pair)
        except Exception:  # a rule that cannot answer to this, such as one for square arrays
            return None
        c = proportion(a, b, looks[i].tolerance)
        if c is None:
            return None
        found[i] = c
        finite = b[np.isfinite(b)]
        weak = weak and bool(finite.size < 3 or np.ptp(finite) <= ZERO)
    if not guess.usual and all(math.isnan(found[i]) for i, look in enumerate(looks) if look.wrong):
        return None  # of what is wrong it says nothing
    return Fit(tuple(found[i] for i in range(len(looks))), weak)


def distinct(values: np.ndarray) -> int:
    """How many different numbers there are, 0 aside."""
    rounded = {float(f"{value:.6e}") for value in values.ravel()[:200].tolist()}
    return sum(abs(value) > ZERO for value in rounded)
