"""Activations: values from their formulas, slopes at the corner, and no overflow however large the input."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinydl import Tensor, gradcheck, ops

SHAPES = hnp.array_shapes(max_dims=3, max_side=4)
ALL = [
    ops.relu,
    ops.leaky_relu,
    ops.elu,
    ops.selu,
    ops.gelu,
    ops.silu,
    ops.sigmoid,
    ops.tanh,
    ops.softplus,
    ops.softmax,
    ops.log_softmax,
]

FORMULAS: dict[Callable, Callable[[float], float]] = {
    ops.relu: lambda x: max(x, 0.0),
    ops.leaky_relu: lambda x: x if x > 0 else 0.2 * x,
    ops.elu: lambda x: x if x > 0 else math.exp(x) - 1,
    ops.selu: lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    ops.silu: lambda x: x / (1 + math.exp(-x)),
    ops.sigmoid: lambda x: 1 / (1 + math.exp(-x)),
    ops.tanh: math.tanh,
    ops.softplus: lambda x: math.log(1 + math.exp(x)),
    ops.gelu: lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


@pytest.mark.parametrize("function", FORMULAS)
@given(value=st.floats(-20, 20))
def test_values(function: Callable, value: float) -> None:
    expected = FORMULAS[function](value)
    assert function(np.array([value]))[0] == pytest.approx(expected, rel=1e-7, abs=1e-12)


@given(value=st.floats(-20, 20))
def test_gelu_without_the_approximation(value: float) -> None:
    expected = value * 0.5 * math.erfc(-value / math.sqrt(2))
    assert ops.gelu(np.array(value), approximate=False) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_inputs_stay_finite_and_keep_their_dtype(function: Callable, dtype: str) -> None:
    """Warnings are errors here: nothing overflows, not even on the way."""
    x = Tensor(np.array([-1000, -100, 0, 100, 1000], dtype), requires_grad=True)
    y = function(x)
    y.backward(np.arange(5, dtype=dtype))
    assert x.grad is not None
    assert y.dtype == x.grad.dtype == dtype
    assert np.isfinite(y.numpy()).all() and np.isfinite(x.grad.numpy()).all()


def test_sigmoid_at_the_far_ends() -> None:
    x = np.array([-np.inf, -1000, 0, 1000, np.inf])
    assert ops.sigmoid(x).tolist() == [0, 0, 0.5, 1, 1]
    assert ops.sigmoid(np.float32([-50]))[0] == pytest.approx(math.exp(-50), rel=1e-6), (
        "small, not rounded to 0"
    )


@pytest.mark.parametrize(
    ("function", "slope"),
    [(ops.relu, 0), (ops.leaky_relu, 0.2), (ops.elu, 1), (ops.selu, 1.0507009873554805)],
)
def test_slope_in_the_corner(function: Callable, slope: float) -> None:
    x = Tensor(np.zeros(1), requires_grad=True)
    function(x).backward()
    assert x.grad is not None and x.grad.item() == pytest.approx(slope)


@pytest.mark.parametrize("function", [ops.relu, ops.leaky_relu, ops.elu, ops.selu, ops.sigmoid, ops.tanh])
def test_even_infinity_has_a_slope(function: Callable) -> None:
    x = Tensor(np.array([-np.inf, np.inf]), requires_grad=True)
    function(x).backward(np.ones(2))
    assert x.grad is not None and np.isfinite(x.grad.numpy()).all()


def test_slopes_can_be_chosen() -> None:
    assert ops.leaky_relu(np.array([-1.0]), negative_slope=0.3) == pytest.approx(-0.3)
    assert ops.leaky_relu(np.array([-1.0, 3.0]), negative_slope=2.0).tolist() == [-2.0, 3.0]
    assert ops.elu(np.array([-1000.0]), alpha=3.0) == pytest.approx(-3)
    x = np.array([-1.5, 0.5, 2.0])
    assert gradcheck.check(lambda t: ops.elu(t, 3.0) * ops.leaky_relu(t, 0.3), [x]).ok


# ---- softmax and its log -----------------------------------------------------------------------------------


@given(shape=SHAPES, seed=st.integers(0, 99))
def test_softmax_and_logsumexp_against_their_loops(shape: tuple[int, ...], seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=shape) * 5
    np.testing.assert_allclose(ops.softmax(x), ops.softmax_naive(x), rtol=1e-12)
    np.testing.assert_allclose(ops.log_softmax(x), np.log(ops.softmax_naive(x)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ops.logsumexp(x, axis=-1), ops.logsumexp_naive(x), rtol=1e-12)
    np.testing.assert_allclose(ops.sigmoid(x), ops.sigmoid_naive(x), rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_any_axis(axis: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    last = np.moveaxis(x, axis, -1)
    np.testing.assert_allclose(np.moveaxis(ops.softmax(x, axis), axis, -1), ops.softmax_naive(last))
    np.testing.assert_allclose(ops.logsumexp(x, axis), ops.logsumexp_naive(last))


@pytest.mark.parametrize(("axis", "shape"), [(None, ()), (0, (3, 4)), ((0, 2), (3,)), ((-1, 0), (3,))])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_over_several_axes(axis: object, shape: tuple[int, ...], keepdims: bool) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    y = ops.logsumexp(x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(y, np.log(np.exp(x).sum(axis=axis, keepdims=keepdims)))
    assert keepdims or np.shape(y) == shape
    assert gradcheck.check(lambda t: ops.logsumexp(t, axis=axis, keepdims=keepdims), [x]).ok


def test_logits_of_a_thousand() -> None:
    x = np.array([[1000.0, 1000.0], [-1000.0, 1000.0]])
    np.testing.assert_allclose(ops.softmax(x), [[0.5, 0.5], [0, 1]])
    np.testing.assert_allclose(ops.log_softmax(x), [[-math.log(2)] * 2, [-2000, 0]])
    np.testing.assert_allclose(ops.logsumexp(x, axis=1), [1000 + math.log(2), 1000])


def test_logsumexp_of_nothing_but_minus_infinity() -> None:
    x = Tensor(np.array([[-np.inf, -np.inf], [0, -np.inf]]), requires_grad=True)
    y = ops.logsumexp(x, axis=1)
    y.backward(np.ones(2))
    assert y.numpy().tolist() == [-np.inf, 0]
    assert x.grad is not None and x.grad.numpy().tolist() == [[0, 0], [1, 0]]


def test_numbers_and_whole_numbers_are_taken_too() -> None:
    assert ops.sigmoid(0.0) == 0.5 and ops.leaky_relu(-1.0, 0.5) == -0.5
    assert ops.sigmoid(np.array([0, 0])).dtype == ops.leaky_relu(np.uint8([1, 2]), 0.5).dtype == "float64"
