"""Batch and layer normalization against their loops, their statistics, float32 at scale; dropout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinydl import Tensor, grad, gradcheck, ops

SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, max_side=4)


@given(shape=SHAPES, data=st.data(), seed=st.integers(0, 99))
def test_batch_norm_against_the_loop(shape: tuple[int, ...], data: st.DataObject, seed: int) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(seed)
    x, (gamma, beta) = rng.normal(size=shape), rng.normal(size=(2, shape[axis]))
    y, mean, variance = ops.batch_norm(x, gamma, beta, axis=axis)
    last = np.moveaxis(x, axis, -1)
    np.testing.assert_allclose(np.moveaxis(y, axis, -1), ops.batch_norm_naive(last, gamma, beta), atol=1e-12)
    others = tuple(range(last.ndim - 1))
    np.testing.assert_allclose(mean, last.mean(axis=others), atol=1e-12)
    np.testing.assert_allclose(variance, last.var(axis=others), atol=1e-12)
    np.testing.assert_allclose(
        ops.batch_norm_inference(x, mean, variance, gamma, beta, axis=axis), y, atol=1e-12
    )


@given(shape=SHAPES, seed=st.integers(0, 99))
def test_layer_norm_against_the_loop(shape: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, (gamma, beta) = rng.normal(size=shape), rng.normal(size=(2, shape[-1]))
    np.testing.assert_allclose(
        ops.layer_norm(x, gamma, beta), ops.layer_norm_naive(x, gamma, beta), atol=1e-12
    )
    np.testing.assert_allclose(
        ops.layer_norm(x), ops.layer_norm_naive(x, np.ones(1), np.zeros(1)), atol=1e-12
    )
    everything = ops.layer_norm(x, x, x, axis=range(len(shape)))  # one sample, every number a feature
    flat = ops.layer_norm_naive(x.reshape(1, -1), x.ravel(), x.ravel())
    np.testing.assert_allclose(everything, flat.reshape(shape), atol=1e-12)


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("affine", ["gamma", "beta", "both", "none"])
def test_gradients_with_and_without_gamma_and_beta(axis: int, affine: str) -> None:
    rng = np.random.default_rng(0)
    x, (gamma, beta) = rng.normal(size=(3, 4, 2, 4)), rng.normal(size=(2, 4))
    use = [gamma if affine in ("gamma", "both") else None, beta if affine in ("beta", "both") else None]
    given = [each for each in use if each is not None]

    def in_place(*vectors: Tensor) -> list:
        left = iter(vectors)
        return [None if each is None else next(left) for each in use]

    gradcheck.check(lambda x, *v: ops.batch_norm(x, *in_place(*v), axis=axis), [x, *given])
    gradcheck.check(lambda x, *v: ops.layer_norm(x, *in_place(*v), axis=axis), [x, *given])


def test_gradients_of_the_statistics_alone_and_together() -> None:
    x = np.random.default_rng(0).normal(size=(3, 2, 2))
    gradcheck.check(lambda x: ops.batch_norm(x)[1], [x])
    gradcheck.check(lambda x: ops.batch_norm(x)[2], [x])
    gradcheck.check(
        lambda x: ops.batch_norm(x)[1] * ops.batch_norm(x)[2] * ops.batch_norm(x)[0], [x], order=3
    )


def test_what_is_not_wanted_is_not_computed() -> None:
    """With fixed statistics only x asks for a gradient: the rule of the other four does not run."""
    x = Tensor(np.random.default_rng(0).normal(size=(5, 3)), requires_grad=True)
    y = ops.batch_norm_inference(x, np.zeros(3), np.ones(3), epsilon=0.0)
    np.testing.assert_allclose(grad(y.sum(), [x])[0].numpy(), np.ones((5, 3)))


def test_normalized_numbers_do_not_feel_shift_or_scale() -> None:
    x = np.random.default_rng(0).normal(size=(8, 3, 3, 2))
    y = ops.batch_norm(x, epsilon=0.0)[0]
    np.testing.assert_allclose(ops.batch_norm(7 * x + 100, epsilon=0.0)[0], y, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 1)


def test_a_channel_that_never_varies() -> None:
    x = Tensor(np.full((4, 2), 5.0), requires_grad=True)
    y, mean, variance = ops.batch_norm(x)
    y.backward(np.ones((4, 2)))
    assert (y.numpy() == 0).all() and (mean.numpy() == 5).all() and (variance.numpy() == 0).all()
    assert x.grad is not None and np.isfinite(x.grad.numpy()).all()


def test_float32_keeps_its_digits_over_a_million_numbers() -> None:
    x = np.random.default_rng(0).normal(3, 2, size=(64, 128, 128, 2)).astype("float32")
    _, mean, variance = ops.batch_norm(x)
    assert mean.dtype == variance.dtype == "float32"
    exact = x.astype("float64")
    np.testing.assert_allclose(mean, exact.mean(axis=(0, 1, 2)), rtol=2e-6)
    np.testing.assert_allclose(variance, exact.var(axis=(0, 1, 2)), rtol=2e-6)


def test_float32_stays_float32() -> None:
    x, gamma, beta = (Tensor(np.ones(s, "float32"), requires_grad=True) for s in [(4, 3), (3,), (3,)])
    for y in (ops.batch_norm(x, gamma, beta)[0], ops.layer_norm(x, gamma, beta)):
        y.backward(np.ones((4, 3)))
        assert {each.dtype for each in (y, x.grad, gamma.grad, beta.grad)} == {np.dtype("float32")}


@given(shape=SHAPES, data=st.data())
def test_sum_to_undoes_broadcasting(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    to = tuple(n if data.draw(st.booleans()) else 1 for n in shape)
    axes = tuple(i for i, n in enumerate(to) if n == 1)
    np.testing.assert_allclose(ops.sum_to(x, to), x.sum(axis=axes, keepdims=True), atol=1e-12)


def test_vectors_of_the_wrong_length_are_named() -> None:
    x = np.zeros((2, 3, 4))
    with pytest.raises(ValueError, match=r"batch_norm: gamma has shape \(3,\), expected \(4,\)"):
        ops.batch_norm(x, np.ones(3))
    with pytest.raises(ValueError, match=r"batch_norm_inference: variance has shape \(4,\), expected \(3,\)"):
        ops.batch_norm_inference(x, np.ones(3), np.ones(4), axis=1)
    with pytest.raises(ValueError, match=r"layer_norm: beta has shape \(4,\), expected \(3, 4\)"):
        ops.layer_norm(x, beta=np.ones(4), axis=(1, 2))


def test_dropout_is_a_product() -> None:
    x, keep = Tensor(np.float32([1, 2, 3]), requires_grad=True), np.float32([2, 0, 2])
    y = ops.dropout(x, keep)
    y.backward(np.ones(3))
    assert y.numpy().tolist() == [2, 0, 6] and y.dtype == "float32"
    assert x.grad is not None and x.grad.numpy().tolist() == [2, 0, 2]
