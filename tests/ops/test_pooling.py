"""Pooling against its loops on drawn shapes; ties, padding, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, ops
from tinydl.ops.pooling import average_pool2d_naive, max_pool2d_naive

POOLS = [(ops.max_pool2d, max_pool2d_naive), (ops.average_pool2d, average_pool2d_naive)]
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@pytest.mark.parametrize("pool, naive", POOLS)
@given(
    window=PAIRS,
    strides=PAIRS,
    padding=st.sampled_from(["valid", "same"]),
    more=PAIRS,
    seed=st.integers(0, 99),
)
def test_pools_are_the_loops(pool, naive, window, strides, padding, more, seed) -> None:
    shape = (2, window[0] + more[0] - 1, window[1] + more[1] - 1, 2)
    x = np.random.default_rng(seed).normal(size=shape)
    np.testing.assert_allclose(pool(x, window, strides, padding), naive(x, window, strides, padding))


def test_strides_are_the_window_if_not_given() -> None:
    x = np.random.default_rng(0).normal(size=(1, 7, 7, 1))
    np.testing.assert_array_equal(ops.max_pool2d(x, 3), max_pool2d_naive(x, 3, 3))


def test_padding_never_wins_and_is_not_counted() -> None:
    x = np.full((1, 3, 3, 1), -5.0)
    assert (ops.max_pool2d(x, 2, padding="same") == -5).all()
    assert (ops.average_pool2d(x, 2, padding="same") == -5).all()


def test_of_equal_elements_the_first_gets_the_gradient() -> None:
    x = Tensor(np.zeros((1, 2, 4, 1)), requires_grad=True)
    (gx,) = grad(ops.max_pool2d(x, 2), [x], grad_outputs=np.array([[[[3.0], [7.0]]]]))
    np.testing.assert_array_equal(gx.numpy()[0, :, :, 0], [[3, 0, 7, 0], [0, 0, 0, 0]])


def test_overlapping_windows_add_up() -> None:
    x = np.zeros((1, 3, 3, 1))
    x[0, 1, 1] = 1.0
    t = Tensor(x, requires_grad=True)
    (gx,) = grad(ops.max_pool2d(t, 2, 1).sum(), [t])
    np.testing.assert_array_equal(gx.numpy()[0, :, :, 0], [[0, 0, 0], [0, 4, 0], [0, 0, 0]])


def test_whole_numbers_can_be_pooled() -> None:
    x = np.arange(-8, 8).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(ops.max_pool2d(x, 2, padding="same").ravel(), [-3, -1, 5, 7])


def test_float32_stays_float32() -> None:
    x = Tensor(np.ones((1, 4, 4, 1), np.float32), requires_grad=True)
    for pool in (ops.max_pool2d, ops.average_pool2d):
        y = pool(x, 2)
        assert y.dtype == grad(y.sum(), [x])[0].dtype == np.float32


@pytest.mark.parametrize("pool", [ops.max_pool2d, ops.average_pool2d])
@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.ones((4, 4)), 2), "expected \\(n, h, w, channels\\)"),
        ((np.ones((1, 4, 4, 1)), 5), "a window of 5 does not fit"),
        ((np.ones((1, 4, 4, 1)), 2, 2, "valid?"), "did you mean 'valid'"),
        ((np.ones((1, 4, 4, 1)), 0), "expected a whole number from 1 up"),
        ((np.ones((1, 4, 4, 1)), 2, 0), "strides: expected a whole number from 1 up"),
    ],
)
def test_bad_input(pool, arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        pool(*arguments)


def test_many_pictures_are_pooled_in_shares() -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(5, 128, 128, 4)), requires_grad=True)
    windows = x.numpy().reshape(5, 64, 2, 64, 2, 4)
    y = ops.max_pool2d(x, 2)
    np.testing.assert_array_equal(y.numpy(), windows.max(axis=(2, 4)))
    (gx,) = grad(y, [x], grad_outputs=np.ones(y.shape))
    np.testing.assert_array_equal(
        gx.numpy(), x.numpy() == np.repeat(np.repeat(y.numpy(), 2, axis=1), 2, axis=2)
    )


def test_the_only_element_of_a_window_wins_whatever_it_is() -> None:
    x = Tensor(np.array([np.nan, 2.0]).reshape(1, 1, 2, 1), requires_grad=True)
    (gx,) = grad(ops.max_pool2d(x, 1), [x], grad_outputs=np.array([3.0, 5.0]).reshape(1, 1, 2, 1))
    assert gx.numpy().ravel().tolist() == [3.0, 5.0]
