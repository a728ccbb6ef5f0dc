"""Elementwise ops: values, what happens at kinks, and that nothing changes its precision."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinydl import Tensor, grad, ops

UNARY = [ops.exp, ops.log1p, ops.sqrt, ops.square, ops.sin, ops.cos, ops.erf, ops.abs, ops.log, ops.sign]
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def slopes(function: Callable, *values: list[float]) -> list[list[float]]:
    """The gradient of the sum of function(*values), for each of them."""
    xs = [Tensor(np.array(each), requires_grad=True) for each in values]
    return [g.numpy().tolist() for g in grad(function(*xs).sum(), xs)]


@pytest.mark.parametrize("function", UNARY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(shape=SHAPES)
def test_shape_and_dtype_stay(function: Callable, dtype: str, shape: tuple[int, ...]) -> None:
    x = np.full(shape, 0.5, dtype)
    t = Tensor(x, requires_grad=True)
    y = function(t)
    assert (y.shape, y.dtype) == (shape, dtype)
    assert np.asarray(function(x)).dtype == dtype, "a bare array too"
    if y.requires_grad:
        (g,) = grad(y, [t], grad_outputs=np.ones(shape, dtype))
        assert (g.shape, g.dtype) == (shape, dtype)


@pytest.mark.parametrize("function", [ops.exp, ops.log1p, ops.sqrt, ops.sin, ops.cos, ops.erf])
@given(value=st.floats(0.01, 20))
def test_values_are_those_of_the_standard_library(function: Callable, value: float) -> None:
    assert float(function(np.array(value))) == pytest.approx(
        getattr(math, function.__name__)(value), rel=1e-12
    )


@given(a=SHAPES, seed=st.integers(0, 99))
def test_maximum_minimum_and_clip_against_a_loop(a: tuple[int, ...], seed: int) -> None:
    x, y = np.random.default_rng(seed).normal(size=(2, *a))
    pairs = list(zip(x.flat, y.flat))
    np.testing.assert_array_equal(ops.maximum(x, y).ravel(), [u if u > v else v for u, v in pairs])
    np.testing.assert_array_equal(ops.minimum(x, y).ravel(), [u if u < v else v for u, v in pairs])
    np.testing.assert_array_equal(ops.clip(x, -0.5, 0.5).ravel(), [max(-0.5, min(0.5, u)) for u in x.flat])


def test_at_a_tie_the_first_gets_the_gradient() -> None:
    assert slopes(ops.maximum, [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == [[0, 1, 1], [1, 0, 0]]
    assert slopes(ops.minimum, [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == [[1, 1, 0], [0, 0, 1]]


def test_clip_lets_the_gradient_through_at_both_ends() -> None:
    assert slopes(lambda x: ops.clip(x, 0, 1), [-0.1, 0.0, 0.5, 1.0, 1.1]) == [[0, 1, 1, 1, 0]]


def test_maximum_takes_a_number() -> None:
    x = Tensor(np.array([-1, 2], "float32"), requires_grad=True)
    assert ops.maximum(x, 0).dtype == "float32"
    assert ops.maximum(0, x).numpy().tolist() == [0, 2]


def test_isfinite_is_a_choice() -> None:
    x = Tensor(np.array([1.0, np.inf, np.nan]), requires_grad=True)
    assert ops.isfinite(x).numpy().tolist() == [True, False, False]
    assert not ops.isfinite(x).requires_grad
