"""What a factor is: the batch size, the number of pixels, a rate, or one over it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

KERNELS = {"kernel", "kernels", "w", "weight", "weights", "filter", "filters"}
IMAGES = {"image", "picture", "photo"}
CLOSE = 2e-6  # relative; finite differences are good to 1e-9, the reader's float32 is not


def named_numbers(names: dict[str, Any]) -> dict[str, float]:
    """The numbers that a call is about, each by what it is, those first that a factor most often is.

    Example:
        >>> named_numbers({"x": np.ones((4, 3)), "size": 5})
        {'the batch size': 4.0, 'the number of columns of x': 3.0, 'the number of elements of x': 12.0, 'size': 5.0}
    """
    found: dict[str, float] = {}
    arrays = {name: value for name, value in names.items() if isinstance(value, np.ndarray) and value.ndim}
    n = batch_size(names)
    if n:
        found["the batch size"] = n
    for name, array in arrays.items():
        for text, number in _of_array(name, array, n):
            found.setdefault(text, number)
    for name, value in names.items():
        if name in arrays or isinstance(value, (str, bool)):
            continue
        try:
            several = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            continue
        if several.ndim == 0:
            found[name] = float(several)
            if 0 < several < 1:
                found[f"1 − {name}"] = 1 - float(several)
        elif several.ndim == 1 and several.size:
            found |= {f"{name}[{i}]": float(each) for i, each in enumerate(several)}
            found[f"the product of {name}"] = float(several.prod())
    return {text: float(number) for text, number in found.items() if number and math.isfinite(number)}


def batch_size(names: dict[str, Any]) -> int:
    """The length that the first axes of arrays share, 0 if they share none."""
    arrays = {name: value for name, value in names.items() if isinstance(value, np.ndarray) and value.ndim}
    several = [a for name, a in arrays.items() if name not in KERNELS | IMAGES and a.ndim >= 2]
    if not several:
        lengths = {len(a) for a in arrays.values()}
        shared = len(lengths) == 1 and len(arrays) > 1 and not set(arrays) & (KERNELS | IMAGES)
        return lengths.pop() if shared else 0
    n = several[0].shape[0]
    planes = KERNELS - {"w", "weight", "weights"}
    kernels = [a for name, a in arrays.items() if name in planes and a.ndim == 2]
    others = [*several[1:], *kernels]  # beside a kernel of one channel, rows are those of one picture
    return n if not others or any(a.shape[0] == n for a in others) else 0


def _of_array(name: str, array: np.ndarray, n: int) -> Iterator[tuple[str, float]]:
    shape = array.shape
    axes: tuple[str, ...] = ()
    if array.ndim == 4:
        if name in KERNELS:
            axes = ("the height of", "the width of", "the input channels of", "the output channels of")
            yield f"the number of pixels that {name} covers (height · width)", shape[0] * shape[1]
        else:
            axes = ("the number of pictures of", "the height of", "the width of", "the number of channels of")
            yield f"the number of pixels of a picture of {name} (height · width)", shape[1] * shape[2]
            yield f"the number of pixels of all pictures of {name}", shape[0] * shape[1] * shape[2]
    elif array.ndim == 3:
        axes = ("the length of the first axis of", "the height of", "the width of")
        yield f"the number of pixels of one of {name} (height · width)", shape[1] * shape[2]
    elif array.ndim == 2:
        axes = ("the number of rows of", "the number of columns of")
    elif array.ndim == 1:
        axes = ("the number of elements of",)
    for axis, words in enumerate(axes):
        if axis or array.ndim == 1 or shape[0] != n:
            yield f"{words} {name}", shape[axis]
    if array.ndim != 1:
        yield f"the number of elements of {name}", array.size


def name_factor(cs: Sequence[float], trials: Sequence[dict[str, Any]], simple: bool = False) -> str | None:
    """What the factors of all trials are, in words; None if they are no number that the trials have.

    Args:
        cs: one factor of each trial; nan where there is nothing to compare. Words are for the first that is not 1.
        trials: the names of each.
        simple: only what is plain: a power of one number, its double or half, either sign.
    """
    known = [(c, names) for c, names in zip(cs, trials) if not math.isnan(c)]
    tables = [named_numbers(names) for _, names in known]
    shared = [text for text in tables[0] if all(text in table for table in tables)]
    texts = [text for text in shared if any(abs(table[text]) != 1 for table in tables)]  # 1 explains nothing
    wanted = [c for c, _ in known]
    for level in _levels(texts, simple):
        hits = [
            expression
            for expression in level
            if all(_close(c, _value(expression, table)) for c, table in zip(wanted, tables))
        ]
        if hits:
            shown = next((k for k, c in enumerate(wanted) if not is_one(c)), 0)  # the first that is wrong
            alike = [(1.0, {text: 1}) for text in texts if text == "the batch size"]
            alike = [
                each for each in alike if all(_close(_value(each, t), abs(c)) for c, t in zip(wanted, tables))
            ]
            return _words(hits if hits[0][1] else alike, tables[shown])
    return None


# An expression is a number times named numbers, each to a power: (2, {"the batch size": -1}).
Expression = tuple[float, dict[str, int]]


def _levels(texts: list[str], simple: bool) -> Iterator[list[Expression]]:
    """Expressions, the simplest first; those of one list are equally simple."""
    yield [(-1.0, {})]
    yield [(c, {}) for c in (2.0, 0.5, -2.0, -0.5)]
    for c in (1.0, -1.0, 2.0, 0.5, -2.0, -0.5):
        yield [(c, {text: power}) for power in (-1, 1) for text in texts]
    for c in (1.0, -1.0, 2.0, 0.5):
        yield [(c, {text: power}) for power in (-2, 2) for text in texts]
    if not simple:
        pairs = list(combinations(texts, 2))
        for c in (1.0, -1.0, 2.0, 0.5):
            for powers in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
                yield [(c, dict(zip(pair, powers))) for pair in pairs]


def _value(expression: Expression, table: dict[str, float]) -> float:
    c, powers = expression
    return c * math.prod(table[text] ** power for text, power in powers.items())


def is_one(c: float) -> bool:
    """Whether a factor is none."""
    return _close(c, 1.0)


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * abs(b)


def _words(hits: list[Expression], table: dict[str, float]) -> str:
    """ "4 is the batch size", "25 is the number of pixels that kernel covers"; of numbers without a name, nothing."""
    told: dict[tuple[str, ...], str] = {}
    for _, powers in hits:
        parts = [
            f"{plain(table[text] ** abs(n))} is {text}{', squared' * (abs(n) == 2)}"
            for text, n in powers.items()
        ]
        kinds = tuple(map(_kind, powers))
        # The elements of a row are its columns, of which was told.
        if not told or kinds != ("the number of elements",):
            told.setdefault(kinds, " and ".join(parts))
    two = [] if all(abs(c) == 1 for c, _ in hits) else ["there is a 2 besides"]
    return ", and ".join([*told.values()][:2] + two)


def _kind(text: str) -> str:
    """What is said of a number, without the array's name: columns of x and of y are told once."""
    return "the number of elements" if text == "the batch size" else text.rpartition(" of ")[0] or text


def plain(c: float) -> str:
    """A number as one writes it: 4, 1/4, 0.731.

    Example:
        >>> plain(4.0), plain(1 / 128), plain(-0.5), plain(0.73123)
        ('4', '1/128', '−1/2', '0.73123')
    """
    if _close(c, round(c)):
        return str(round(c)).replace("-", "−")
    whole = Fraction(c).limit_denominator(10_000)
    if whole and _close(c, float(whole)) and abs(whole.numerator) == 1:
        return f"{whole.numerator}/{whole.denominator}".replace("-", "−")
    return f"{c:.6g}".replace("-", "−")
