"""What a reader's function gave, taken apart and compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinydl.gradcheck.difference import SMALL


def slots(value: Any, several: bool) -> list[np.ndarray]:
    return [np.asarray(each) for each in (value if several else [value])]


def slot(value: Any, k: int, several: bool) -> Any:
    return value[k] if several else value


def is_numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(is_numeric, value))
    try:
        return np.asarray(value).dtype.kind in "fiub"
    except ValueError:  # rows of different lengths
        return False


def plain(value: Any) -> Any:
    """An answer of one number, truth value or list, as Python's own."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def flat(value: Any) -> list:
    """All numbers and words of an answer, in order, whatever they are packed in."""
    value = plain(value)
    if isinstance(value, dict):
        value = list(value.values())
    return [each for item in value for each in flat(item)] if isinstance(value, (list, tuple)) else [value]


def alike(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two numbers or words are the same; numbers, but for a share of the second."""
    if not (isinstance(a, (int, float)) and isinstance(b, (int, float))):
        return a == b
    return math.isclose(a, b, rel_tol=0.0, abs_tol=tolerance * max(abs(b), SMALL))  # inf is like inf alone


def things(values: list) -> str:
    return f"{len(values)} value{'s' * (len(values) != 1)}"


def kind_of(value: Any) -> str:
    """What came, in words."""
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"{len(value)} of them" if len(value) != 1 else "one, packed in a list"
    return f"{value!r}"
