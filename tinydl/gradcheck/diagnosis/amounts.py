"""By how much a result is wrong: an input that is missing, one amount for each column, a function too many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import ZERO, Guess, Look, Pair


def guesses(look: Look) -> Iterator[Guess]:
    """All of them, the likely ones first."""
    for make in (step_from, without_a_term, off_by_one_amount, without_a_factor, another_function):
        yield from make(look)


def _like_the_result(look: Look) -> list[str]:
    """Names of arrays that can be added to the result, or multiplied with it."""
    found = []
    for name, array in look.arrays().items():
        try:
            fits = np.broadcast_shapes(array.shape, look.expected.shape) == look.expected.shape
        except ValueError:
            continue
        if fits and array.size > 1:
            found.append(name)
    return found


def step_from(look: Look) -> Iterator[Guess]:
    """The way from an input to the result is right but for a factor: a sign, a rate, a batch size."""
    for name, array in look.arrays(but=("gy", "y")).items():
        if array.shape == look.expected.shape:
            yield Guess(
                "factor",
                f"The step from {name} to the result has another length, or another sign. What is it multiplied by?",
                lambda at, name: (at.yours - at.names[name], at.expected - at.names[name]),
                name,
                alone=False,
            )


def without_a_term(look: Look) -> Iterator[Guess]:
    """An array was not added."""
    for name in _like_the_result(look):
        text = f"What yours and the right {look.what} differ by is {name} itself. Where does it come in, and how often?"
        yield Guess("left out", text, lambda at, name: (at.yours - at.expected, _spread(at, name)), name)


def off_by_one_amount(look: Look) -> Iterator[Guess]:
    """The same number is missing everywhere."""
    said = "Yours is off by the same amount in every element. Which term is not there, or counted too often?"
    yield Guess("left out", said, lambda at: (at.yours - at.expected, np.ones(at.expected.shape)))


def without_a_factor(look: Look) -> Iterator[Guess]:
    """An array was not multiplied with, or once too often, or divided by."""
    if look.yours.size < 2 or np.ptp(look.yours) <= ZERO:
        return  # a constant: it holds nothing of the result
    for name in _like_the_result(look):
        key = "upstream" if name == "gy" else "factor"
        text = (
            f"Element for element, yours is the right {look.what} {{}} {name}. How often does {name} come in?"
        )
        yield Guess(
            key, text.format("divided by"), lambda at, name: (at.yours * _spread(at, name), at.expected), name
        )
        yield Guess(key, text.format("times"), lambda at, name: at.expected * _spread(at, name), name)


def _spread(at: Look, name: str) -> np.ndarray:
    return np.broadcast_to(at.names[name], at.expected.shape)


def by_the_slice(look: Look) -> Iterator[Guess]:
    """In each column, or row, another multiple of what is right; or off by the same amount."""
    axes = range(look.expected.ndim)
    for word, kept in (("column", axes[-1:]), ("row", axes[:1])):
        over = tuple(axis for axis in axes if axis not in kept)
        if not over or math.prod(look.expected.shape[axis] for axis in over) < 3:
            continue
        text = f"Each {word} of yours is another multiple of the right one. What belongs to a {word}, and is missing?"
        yield Guess("factor", text, _multiple, over, scaled=False)
        text = f"Each {word} of yours is off by one amount. What is to be added to a {word}, or taken away from it?"
        yield Guess("left out", text, _off_by_one_amount, over, scaled=False)


def _multiple(at: Look, over: tuple[int, ...]) -> np.ndarray:
    a, b = at.yours, at.expected
    return b * (a * b).sum(axis=over, keepdims=True) / (b * b).sum(axis=over, keepdims=True)


def _off_by_one_amount(at: Look, over: tuple[int, ...]) -> Pair:
    off = at.yours - at.expected
    mean = off.mean(axis=over, keepdims=True)
    return off, np.broadcast_to(mean, off.shape)


FUNCTIONS: tuple[tuple[str, str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("sign lost", "Yours has the right sizes, but no signs. Where do they get lost?", np.abs),
    ("square", "Yours is the square of the right {what}. Is a root missing?", np.square),
    (
        "square",
        "Yours is the root of the right {what}. Is there a root too many, or a square missing?",
        np.sqrt,
    ),
    ("upside down", "Yours is 1 over the right {what}. What is divided by what?", np.reciprocal),
    ("logarithm", "Yours is exp of the right {what}. Is a logarithm asked for?", np.exp),
    ("logarithm", "Yours is the logarithm of the right {what}. Is the thing itself asked for?", np.log),
    (
        "one minus",
        "Yours is 1 minus the right {what}. Which of the two shares is asked for?",
        lambda a: 1 - a,
    ),
)


def another_function(look: Look) -> Iterator[Guess]:
    """Something was done to every number."""
    for key, sentence, function in FUNCTIONS:
        text = sentence.format(what=look.what)
        yield Guess(key, text, lambda at, function: function(at.expected), function, scaled=False)
