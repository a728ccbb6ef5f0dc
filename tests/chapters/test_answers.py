"""Answers, taken apart and compared."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chapters.exercises.answers import alike, flat, kind_of


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (3, 3.0, True),
        (3.0000001, 3, True),
        (3.01, 3, False),
        (1e-10, 0, True),
        (math.inf, math.inf, True),
        (-math.inf, math.inf, False),
        (2.0, math.inf, False),
        (math.inf, 2.0, False),
        (math.nan, 2.0, False),
        ("same", "same", True),
        ("same", 1, False),
        (None, 0, False),
    ],
)
def test_numbers_and_words_are_compared(a: object, b: object, same: bool) -> None:
    assert alike(a, b, 1e-6) is same


def test_answers_are_taken_apart_whatever_they_are_packed_in() -> None:
    assert flat((1, [2, np.array([3, 4])], {"five": np.float64(5)})) == [1, 2, 3, 4, 5]
    assert flat("word") == ["word"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.ones((2, 3)), "one array of shape (2, 3)"),
        ((1, 2), "2 of them"),
        ([1], "one, packed in a list"),
        ("a", "'a'"),
    ],
)
def test_what_came_is_said_in_words(value: object, words: str) -> None:
    assert kind_of(value) == words
