"""What is behind an exception, as NumPy and Python really word it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from chapters.exercises.crashes import behind

A = np.ones((4, 3))


def forever() -> None:
    forever()


def put() -> None:
    np.zeros(3)[:] = np.ones(4)


@pytest.mark.parametrize(
    ("crash", "key", "words"),
    [
        (lambda: A + A.sum(axis=1), "broadcast", "(4,3) and (4,)"),
        (lambda: np.einsum("ij,jk->ik", A, A), "broadcast", "one has to be 1"),
        (lambda: A @ A, "transposed", "3 and 4"),
        (lambda: A.dot(A), "transposed", "(4,3)"),
        (lambda: A.reshape(5, 2), "shape", "12 numbers do not fill (5,2)"),
        (put, "shape", "(4,), and the place for it has (3,)"),
        (lambda: 0 < A < 6, "comparison", "each element"),
        (lambda: math.exp(A), "one number", "math.exp"),
        (lambda: A > 0 & A < 6, "brackets", "bind more tightly"),
        (
            lambda: A[4],
            "shifted",
            "There are 4 places along axis 0, numbered from 0, and you ask for number 4",
        ),
        (lambda: np.linalg.cholesky(np.zeros((2, 2))), "triangle", "L Lᵀ"),
        (lambda: math.exp(1000), "not finite", "too large"),
        (forever, "recursion", "loop"),
    ],
)
def test_what_an_exception_means(crash: Callable[[], object], key: str, words: str) -> None:
    with pytest.raises(Exception) as caught:
        crash()
    diagnosis = behind(f"{caught.typename}: {caught.value}")
    assert diagnosis and diagnosis.key == key and words in diagnosis.sentence


def test_other_exceptions_speak_for_themselves() -> None:
    assert behind("KeyError: 'x'") is None
    assert behind("ZeroDivisionError: division by zero") is None
