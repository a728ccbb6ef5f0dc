"""Where arrays live, their precision, and random numbers that come again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinydl import backend, kernels


def test_arrays_stay_what_they_are() -> None:
    array = np.ones(3)
    assert backend.as_array(array) is array
    assert backend.to_numpy(array) is array
    assert backend.as_array(array, "float32").dtype == np.float32
    assert backend.array_module(array, 1.0, None) is np
    assert backend.is_array(array) and not backend.is_array(1.0) and not backend.is_array([1.0])


def test_plain_numbers_take_the_precision_chosen() -> None:
    for name in ("float64", "float32"):
        backend.set_floatx(name)
        assert backend.floatx() == name
        assert backend.as_array([1.0, 2.0]).dtype == name
        assert backend.as_array(1.0).dtype == name
    assert backend.as_array([1, 2]).dtype == np.int64
    assert backend.as_array(True).dtype == bool
    assert backend.as_array(np.ones(2)).dtype == np.float64


@pytest.mark.parametrize("name", ["float16", "int32", "double", None])
def test_precisions_that_there_are_not(name: str) -> None:
    with pytest.raises(ValueError, match="expected 'float32' or 'float64', got"):
        backend.set_floatx(name)
    assert backend.floatx() == "float32"


def test_the_error_function() -> None:
    x = np.array([-3.0, -0.5, 0.0, 0.1, 2.0])
    np.testing.assert_array_equal(kernels.erf(x), [math.erf(v) for v in x])
    assert kernels.erf(x.astype("float32")).dtype == np.float32
    assert kernels.erf(np.zeros((0, 2))).shape == (0, 2)


# ---- random numbers ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers() -> None:
    drawn = []
    for seed in (7, 7, 8):
        backend.set_random_seed(seed)
        drawn.append(backend.random_generator().normal(size=5).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    assert backend.random_generator() is backend.random_generator()


def test_numpy_s_own_state_is_left_alone() -> None:
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    backend.set_random_seed(0)
    backend.random_generator().normal(size=10)
    assert np.random.random() == expected


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None])
def test_seeds_that_are_none(seed: object) -> None:
    with pytest.raises(ValueError, match="set_random_seed: expected a whole number from 0 up, got"):
        backend.set_random_seed(seed)  # type: ignore[arg-type]


# ---- devices -----------------------------------------------------------------------------------------------


def test_the_cpu_is_where_it_begins() -> None:
    assert backend.current_device() == "cpu"
    with backend.device("cpu"):
        assert backend.current_device() == "cpu"
