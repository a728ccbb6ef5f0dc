"""Is an exercise solved, and if not, what is wrong? References come from the package, never from the workspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chapters.exercises.form import Exercise
from chapters.exercises.sandbox import Call, Fault, Outcome
from tinydl.gradcheck import Diagnosis


@dataclass(frozen=True)
class Difference:
    """Where an answer differs: one array of one case, the one that is furthest off."""

    what: str  # "the gradient of x", "the result"
    label: str  # the case's
    yours: Any  # an array of the shape of `expected`, or whatever came instead
    expected: np.ndarray
    error: float  # largest difference, beside the largest number expected; inf where the shapes differ


@dataclass(frozen=True)
class Verdict:
    """What came of a check."""

    exercise: Exercise
    state: str  # "solved", "unwritten", "wrong", "fault"
    part: str = ""  # the first function that is not right
    message: str = ""  # one line that says what is the matter
    fault: Fault | None = None
    difference: Difference | None = None
    diagnosis: Diagnosis | None = None
    passed: tuple[str, ...] = ()  # what was looked at and is right: "softmax on 3 cases"
    printed: str = ""
    seconds: float = 0.0


def judge(exercise: Exercise, run: Callable[[Sequence[Call]], Outcome], *, seed: int = 0) -> Verdict:
    """Check an exercise.

    Args:
        exercise: which.
        run: calls the reader's functions, `sandbox.run` of a file.
        seed: of what is drawn.
    """
    raise NotImplementedError
