"""Batches: which samples come when, and what is said about data that will not do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor
from tinydl.data_adapter import Batches, check_finite, class_weights, split_validation, training_data


def taken(batches: Batches) -> list[list[int]]:
    return [x.tolist() for x, _, _ in batches.epoch()]


@given(st.integers(1, 40), st.integers(1, 50), st.booleans())
def test_an_epoch_sees_every_sample_once(n: int, batch_size: int, shuffle: bool) -> None:
    batches = Batches(np.arange(n), 10 * np.arange(n), np.arange(n) / 2, batch_size, shuffle=shuffle)
    for _ in range(2):
        seen = []
        for x, y, weight in batches.epoch():
            assert 1 <= len(x) <= batch_size
            np.testing.assert_array_equal(y, 10 * x)
            np.testing.assert_array_equal(weight, x / 2)
            seen += x.tolist()
        assert sorted(seen) == list(range(n))
        assert shuffle or seen == sorted(seen)


@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 9), st.booleans())
def test_with_steps_the_stream_goes_on_over_the_epochs(n: int, size: int, steps: int, shuffle: bool) -> None:
    batches = Batches(np.arange(n), batch_size=size, steps=steps, shuffle=shuffle)
    stream = [taken(batches) for _ in range(4)]
    assert all(len(epoch) == steps for epoch in stream)
    seen = [i for epoch in stream for batch in epoch for i in batch]
    for start in range(0, len(seen) - n + 1, n):  # pass by pass
        assert sorted(seen[start : start + n]) == list(range(n))


def test_steps_alone_set_the_batch_size() -> None:
    batches = Batches(np.arange(10), steps=4)
    assert batches.batch_size == 3
    assert taken(batches) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


def test_each_pass_is_shuffled_anew() -> None:
    batches = Batches(np.arange(100), batch_size=100, shuffle=True)
    assert taken(batches) != taken(batches)


def test_bytes_stay_bytes_and_nothing_is_copied_before_its_turn() -> None:
    x = np.zeros((10, 4), "uint8")
    batches = Batches(x, batch_size=5)
    assert batches.arrays[0] is x
    first, _, _ = next(batches.epoch())
    assert first.dtype == np.uint8 and np.shares_memory(first, x)


def test_lists_and_tensors_are_data_too() -> None:
    batches = Batches([[0.5, 1.0], [2.0, 3.0]], Tensor([1.0, 2.0]))
    x, y, _ = next(batches.epoch())
    assert x.dtype == np.float32 and x.shape == (2, 2) and y.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((4, 2)), np.zeros(3)), r"x has 4 rows \(shape \(4, 2\)\), y 3 \(shape \(3,\)\)"),
        ((np.zeros((4, 2)), None, np.zeros(5)), "x has 4 rows .* sample_weight 5"),
        ((np.zeros((0, 2)), np.zeros(0)), r"at least one sample, got shape \(0, 2\)"),
        ((None,), "x: expected an array, got None"),
        ((np.array("abc"),), "x: expected an array of numbers"),
        (([[1.0], [1.0, 2.0]],), "x: expected an array of numbers"),
        ((np.zeros(4), None, None, 0), "batch_size: expected a whole number from 1 up, got 0"),
        ((np.zeros(4), None, None, 2.5), "batch_size: .* got 2.5"),
        ((np.zeros(4), None, None, None, 0), "steps: expected a whole number from 1 up, got 0"),
    ],
)
def test_says_what_is_wrong(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Batches(*arguments)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named(bad: float) -> None:
    x = np.zeros((5, 3, 2), "float32")
    x[3, 1, 0] = bad
    x[4] = bad
    with pytest.raises(ValueError, match=rf"got {bad} at images\[3, 1, 0\]"):
        check_finite(x, "images")


def test_a_sum_that_overflows_is_no_infinity() -> None:
    check_finite(np.full((4, 4), 3e38, "float32"), "x")
    check_finite(np.full((4, 4), 255, "uint8"), "x")


@pytest.mark.parametrize("name", ["x", "y", "sample_weight", "validation x", "validation y"])
def test_all_that_fit_is_given_is_looked_through(name: str) -> None:
    given = {each: np.ones(4) for each in ("x", "y", "sample_weight", "validation x", "validation y")}
    given[name][2] = np.nan
    held_out = (given["validation x"], given["validation y"])
    with pytest.raises(ValueError, match=rf"{name}: expected finite numbers, got nan at {name}\[2\]"):
        training_data(given["x"], given["y"], given["sample_weight"], None, 0.0, held_out)


def test_the_last_part_is_held_out() -> None:
    arrays = (np.arange(10), np.arange(10) * 2, None)
    (x, y, weight), held_out = split_validation(arrays, 0.25)
    assert (
        x.tolist() == list(range(7))
        and y is not None
        and y.tolist() == list(range(0, 14, 2))
        and weight is None
    )
    assert held_out is not None and held_out[0].tolist() == [7, 8, 9] and held_out[2] is None


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, 0.95])
def test_a_split_leaves_something_on_both_sides(share: float) -> None:
    with pytest.raises(ValueError, match="validation_split"):
        split_validation((np.arange(10), None, None), share)


def test_class_weights_by_number_or_one_hot() -> None:
    labels = np.array([0, 2, 1, 2])
    for y in (labels, labels[:, None], np.eye(3)[labels], labels.astype("float32")):
        assert class_weights(y, {0: 0.5, 2: 3.0}).tolist() == [0.5, 3.0, 1.0, 3.0]
    with pytest.raises(ValueError, match="exclude each other"):
        training_data(np.zeros(4), labels, np.ones(4), {0: 1.0}, 0.0, None)
    with pytest.raises(ValueError, match="no targets"):
        training_data(np.zeros(4), None, None, {0: 1.0}, 0.0, None)


@pytest.mark.parametrize("data", [np.zeros((2, 3)), (), (1, 2, 3, 4)])
def test_validation_data_come_in_a_tuple(data: Any) -> None:
    with pytest.raises(ValueError, match="validation_data: expected"):
        training_data(np.zeros(4), None, None, None, 0.0, data)
