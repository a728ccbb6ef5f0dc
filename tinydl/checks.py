"""What numbers an argument may be, and what is said of those that it may not."""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import Any


def whole_number(value: Any, what: str, least: int = 0) -> int:
    """The value as an int.

    Raises:
        ValueError: it is not a whole number from `least` up.

    Example:
        >>> whole_number(-3, "epochs")
        Traceback (most recent call last):
        ValueError: epochs: expected a whole number from 0 up, got -3
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise ValueError(f"{what}: expected a whole number from {least} up, got {value!r}")
    return int(value)


def positive_integer(value: Any, what: str) -> int:
    """The value as an int.

    Raises:
        ValueError: it is not a whole number from 1 up.

    Example:
        >>> positive_integer(2.5, "batch_size")
        Traceback (most recent call last):
        ValueError: batch_size: expected a whole number from 1 up, got 2.5
    """
    return whole_number(value, what, least=1)


def number(value: Any, what: str, most: float = inf) -> float:
    """The value as a float, from 0 up to `most`.

    Raises:
        ValueError: it is not.

    Example:
        >>> number(2, "momentum", most=1)
        Traceback (most recent call last):
        ValueError: momentum: expected a number from 0 to 1, got 2
    """
    if isinstance(value, Real) and 0 <= float(value) <= most:
        return float(value)
    upward = "up" if most == inf else f"to {most}"
    raise ValueError(f"{what}: expected a number from 0 {upward}, got {value!r}")
