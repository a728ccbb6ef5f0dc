"""Cross-entropies: against their definition, from probabilities and from logits alike, at the ends, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, gradcheck, ops

SIZES = st.integers(1, 5)


@given(n=SIZES, classes=st.integers(2, 5), seed=st.integers(0, 99))
def test_against_the_loops(n: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    target, p = rng.dirichlet(np.ones(classes), size=(2, n)).clip(1e-6)
    p /= p.sum(axis=1, keepdims=True)
    labels = rng.integers(classes, size=n)
    categorical = ops.categorical_crossentropy_naive(target, p)
    sparse = ops.sparse_categorical_crossentropy_naive(labels, p)
    binary = ops.binary_crossentropy_naive(target, p)
    close = {"rtol": 1e-6}  # probabilities come as near to 1 as the 1e-7 that the ops keep from it
    np.testing.assert_allclose(ops.categorical_crossentropy(target, p), categorical, **close)
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy(labels, p), sparse, **close)
    np.testing.assert_allclose(ops.binary_crossentropy(target, p), binary, **close)
    logits = np.log(p) + rng.normal(size=(n, 1))  # softmax does not see a shift
    np.testing.assert_allclose(ops.categorical_crossentropy(target, logits, True), categorical)
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy(labels, logits, True), sparse)
    logits = np.log(p) - np.log(1 - p)  # what sigmoid makes p of
    np.testing.assert_allclose(ops.binary_crossentropy(target, logits, True), binary)


def test_probabilities_are_divided_by_their_sum() -> None:
    target, p = np.array([[0.0, 1.0]]), np.array([[0.1, 0.3]])
    assert ops.categorical_crossentropy(target, p) == pytest.approx(-math.log(0.75))
    assert ops.sparse_categorical_crossentropy(np.array([1]), p) == pytest.approx(-math.log(0.75))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certain_and_wrong_is_dear_but_finite(dtype: str) -> None:
    target, p = np.array([[0, 1]], dtype), Tensor(np.array([[1, 0]], dtype), requires_grad=True)
    for loss in (
        ops.categorical_crossentropy(target, p),
        ops.sparse_categorical_crossentropy(np.array([1]), p),
    ):
        assert loss.dtype == dtype
        assert loss.item() == pytest.approx(-math.log(1e-7), rel=1e-3)
        assert np.isfinite(grad(loss, [p])[0].numpy()).all()
    assert ops.binary_crossentropy(target, p).numpy() == pytest.approx(
        np.full((1, 2), -math.log(1e-7)), rel=2e-2
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_a_thousand(dtype: str) -> None:
    logits = Tensor(np.array([[1000, -1000]], dtype), requires_grad=True)
    loss = ops.categorical_crossentropy(np.array([[0, 1]], dtype), logits, from_logits=True)
    assert (loss.item(), loss.dtype) == (2000, dtype)
    assert grad(loss, [logits])[0].numpy().tolist() == [[1, -1]]
    loss = ops.binary_crossentropy(np.array([[0, 1]], dtype), logits, from_logits=True)
    assert loss.numpy().tolist() == [[1000, 1000]]
    assert grad(loss.sum(), [logits])[0].numpy().tolist() == [[1, -1]]


def test_gradient_from_logits_is_softmax_minus_target() -> None:
    target, logits = np.eye(3), Tensor(np.random.default_rng(0).normal(size=(3, 3)), requires_grad=True)
    (g,) = grad(ops.categorical_crossentropy(target, logits, True).sum(), [logits])
    np.testing.assert_allclose(g.numpy(), ops.softmax_naive(logits.numpy()) - target)


def test_gradients_of_targets_too() -> None:
    rng = np.random.default_rng(0)
    target, p = rng.uniform(0.1, 0.9, size=(2, 3, 4))
    for from_logits in (False, True):
        gradcheck.check(lambda t, p, f=from_logits: ops.categorical_crossentropy(t, p, f), [target, p])
        gradcheck.check(lambda t, p, f=from_logits: ops.binary_crossentropy(t, p, f), [target, p])
    gradcheck.check(lambda t, p: ops.categorical_crossentropy(t, p, axis=0), [target, p])


def test_classes_on_any_axis() -> None:
    rng = np.random.default_rng(0)
    target, p = rng.dirichlet(np.ones(3), size=(2, 2, 4)).swapaxes(-1, -2)  # (2, 3, 4)
    for from_logits in (False, True):
        y = ops.categorical_crossentropy(target, p, from_logits, axis=1)
        last = ops.categorical_crossentropy(target.swapaxes(1, 2), p.swapaxes(1, 2), from_logits)
        np.testing.assert_allclose(y, last)


def test_targets_of_other_kinds() -> None:
    p = Tensor(np.float32([[0.2, 0.8]]), requires_grad=True)
    for kind in ("uint8", "bool", "float64"):
        assert ops.binary_crossentropy(np.array([[0, 1]], kind), p).dtype == "float32"
        assert ops.categorical_crossentropy(np.array([[0, 1]], kind), p).dtype == "float32"
    for labels in (np.uint8([1]), np.array([[1]]), np.array([1.0]), Tensor([1])):
        assert ops.sparse_categorical_crossentropy(labels, p).item() == pytest.approx(-math.log(0.8))


def test_many_axes_of_samples() -> None:
    logits = np.random.default_rng(0).normal(size=(2, 3, 4))
    labels = np.random.default_rng(1).integers(4, size=(2, 3))
    y = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    expected = ops.sparse_categorical_crossentropy_naive(
        labels.ravel(), ops.softmax_naive(logits).reshape(6, 4)
    )
    np.testing.assert_allclose(y.ravel(), expected)
    assert y.shape == (2, 3)


def test_bad_input_is_named() -> None:
    p = np.full((4, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"binary_crossentropy: target has shape \(4,\), output \(4, 3\)"):
        ops.binary_crossentropy(np.zeros(4), p)
    with pytest.raises(ValueError, match=r"categorical_crossentropy: target has shape \(4, 2\)"):
        ops.categorical_crossentropy(np.zeros((4, 2)), p)
    with pytest.raises(ValueError, match="expected an axis of classes"):
        ops.categorical_crossentropy(np.array(1.0), np.array(1.0))
    with pytest.raises(ValueError, match="a class number for each row"):
        ops.sparse_categorical_crossentropy(np.zeros(3, int), p)


@pytest.mark.cpu
def test_labels_that_name_no_class() -> None:
    p = np.full((4, 3), 1 / 3)
    for labels in ([0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2, 0.5], [0, 1, 2, np.nan]):
        with pytest.raises(ValueError, match="from 0 to 2"):
            ops.sparse_categorical_crossentropy(np.array(labels), p)
