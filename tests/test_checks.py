"""Numbers that an argument may be, and what is said of the others."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from tinydl.checks import number, positive_integer, whole_number


@pytest.mark.parametrize("value", [1, 7, np.int64(7), np.uint8(255)])
def test_whole_numbers(value: object) -> None:
    found = positive_integer(value, "units")
    assert found == value and type(found) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, math.nan, True, "3", None, (3,), np.float32(2)])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"units: expected a whole number from 1 up, got {value!r}")
    ):
        positive_integer(value, "units")
    assert whole_number(0, "epochs") == 0
    with pytest.raises(ValueError, match="epochs: expected a whole number from 0 up, got -1"):
        whole_number(-1, "epochs")


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_numbers_up_to_a_limit(value: object) -> None:
    found = number(value, "rate", most=1)
    assert found == value and type(found) is float
    assert number(1e9, "rate") == 1e9


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", None, [0.5], 1j])
def test_what_is_no_number_up_to_the_limit(value: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"rate: expected a number from 0 to 1, got {value!r}")):
        number(value, "rate", most=1)
    with pytest.raises(ValueError, match="rate: expected a number from 0 up, got -1"):
        number(-1, "rate")
