"""What is wrong with a result: the usual mistakes, tried one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


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


def diagnose(
    trials: Sequence[Trial],
    *,
    reference: Callable[[dict[str, Any]], Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    again: Callable[[dict[str, Any]], Any] | None = None,
    tolerance: float = 1e-6,
) -> Diagnosis | None:
    """The mistake that explains all trials, if it is one of the usual ones."""
    return None
