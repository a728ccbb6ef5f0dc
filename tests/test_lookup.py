"""Names to things, and what is said of names that nobody has."""

from __future__ import annotations

import re

import pytest

from tinydl.lookup import lookup, unknown

TABLE = {"relu": 1, "leaky_relu": 2, "tanh": 3, "none": None}


def test_a_name_that_is_there() -> None:
    assert lookup("tanh", TABLE, "activation") == 3
    assert lookup("none", TABLE, "activation") is None


@pytest.mark.parametrize(
    ("name", "near"),
    [("rleu", "relu"), ("ReLU", "relu"), ("leakyrelu", "leaky_relu"), ("tahn", "tanh"), ("Tanh ", "tanh")],
)
def test_a_name_nearly_right(name: str, near: str) -> None:
    message = f"unknown activation {name!r}: did you mean {near!r}? There are: leaky_relu, none, relu, tanh"
    with pytest.raises(ValueError, match=re.escape(message)):
        lookup(name, TABLE, "activation")


@pytest.mark.parametrize("name", ["convolution", "", 3, object])
def test_a_name_like_no_other(name: object) -> None:
    message = f"unknown activation {name!r}: There are: leaky_relu, none, relu, tanh"
    with pytest.raises(ValueError, match=re.escape(message)):
        lookup(name, TABLE, "activation")  # type: ignore[arg-type]


def test_names_in_a_list_do_as_well() -> None:
    assert unknown("vaild", ["same", "valid"], "padding") == (
        "unknown padding 'vaild': did you mean 'valid'? There are: same, valid"
    )
