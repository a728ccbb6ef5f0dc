"""Batch and layer normalization: formulas in loops, moving averages, freezing, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, layers

SHAPES = st.lists(st.integers(2, 4), min_size=2, max_size=4).map(tuple)


def drawn(shape: tuple, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(2.0, 3.0, size=shape)


def random_weights(layer: Any, shape: tuple) -> Any:
    """The layer with weights that are no zeros and ones."""
    layer.build((None, *shape[1:]))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(0.5, 2, weight.shape) for weight in layer.weights])
    return layer


def normalized(values: np.ndarray, mean: float, variance: float, gamma: float, beta: float) -> np.ndarray:
    return gamma * (values - mean) / np.sqrt(variance + 1e-3) + beta


@given(SHAPES, st.integers(1, 3), st.booleans(), st.booleans(), st.booleans())
def test_batch_normalization(shape: tuple, axis: int, center: bool, scale: bool, training: bool) -> None:
    axis = min(axis, len(shape) - 1)
    x = drawn(shape)
    layer = layers.BatchNormalization(axis, 0.9, center=center, scale=scale, dtype="float64")
    random_weights(layer, shape)
    moving = layer.moving_mean.numpy().copy(), layer.moving_variance.numpy().copy()
    y = np.moveaxis(layer(x, training=training).numpy(), axis, -1)
    x = np.moveaxis(x, axis, -1)
    for c in range(shape[axis]):
        mean, variance = x[..., c].mean(), x[..., c].var()
        after = moving[0][c], moving[1][c]
        if training:
            after = 0.9 * after[0] + 0.1 * mean, 0.9 * after[1] + 0.1 * variance  # of all n, not n - 1
        else:
            mean, variance = after
        gamma = layer.gamma.numpy()[c] if scale else 1.0
        beta = layer.beta.numpy()[c] if center else 0.0
        np.testing.assert_allclose(y[..., c], normalized(x[..., c], mean, variance, gamma, beta), rtol=1e-10)
        np.testing.assert_allclose(layer.moving_mean.numpy()[c], after[0], rtol=1e-12)
        np.testing.assert_allclose(layer.moving_variance.numpy()[c], after[1], rtol=1e-12)
    assert len(layer.trainable_weights) == center + scale and len(layer.non_trainable_weights) == 2


def test_moving_averages_reach_the_statistics_of_the_data() -> None:
    x = drawn((64, 3))
    layer = layers.BatchNormalization(momentum=0.9)
    for _ in range(200):
        layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), x.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance.numpy(), x.var(axis=0), rtol=1e-4)
    np.testing.assert_allclose(layer(x).numpy(), layer(x, training=True).numpy(), atol=1e-3)
    assert layer.moving_mean.dtype == np.float32


def test_frozen_batch_normalization_is_as_outside_of_training() -> None:
    x = drawn((8, 3))
    layer = random_weights(layers.BatchNormalization(), x.shape)
    wanted, before = layer(x).numpy(), layer.get_weights()
    layer.trainable = False
    assert (layer(x, training=True).numpy() == wanted).all()
    assert all((a == b).all() for a, b in zip(layer.get_weights(), before))


def test_a_gradient_of_before_the_moving_averages_moved() -> None:
    """backward() through a call outside of training, after another call in training has moved the averages."""
    x = Tensor(drawn((8, 3)), requires_grad=True)
    layer = random_weights(layers.BatchNormalization(dtype="float64"), x.shape)
    scale = layer.gamma.numpy() / np.sqrt(layer.moving_variance.numpy() + 1e-3)
    y = layer(x)
    layer(x.detach(), training=True)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(scale, x.shape), rtol=1e-12)


def test_a_batch_that_does_not_vary() -> None:
    y = layers.BatchNormalization()(np.full((4, 3), 5.0), training=True)
    assert (y.numpy() == 0).all()


@given(SHAPES, st.booleans(), st.booleans(), st.booleans())
def test_layer_normalization(shape: tuple, center: bool, scale: bool, several: bool) -> None:
    x = drawn(shape)
    axis = list(range(1, len(shape))) if several else -1
    layer = layers.LayerNormalization(axis, center=center, scale=scale, dtype="float64")
    random_weights(layer, shape)
    features = shape[1:] if several else shape[-1:]
    gamma = layer.gamma.numpy() if scale else np.ones(features)
    beta = layer.beta.numpy() if center else np.zeros(features)
    assert gamma.shape == beta.shape == features
    y = layer(x).numpy()
    for sample in np.ndindex(*shape[: len(shape) - len(features)]):
        wanted = normalized(x[sample], x[sample].mean(), x[sample].var(), gamma, beta)
        np.testing.assert_allclose(y[sample], wanted, rtol=1e-9, atol=1e-12)
    assert (layer(x, training=True).numpy() == y).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: layers.BatchNormalization(axis=2)(np.ones((2, 3))),
            r"there is no axis 2 in an input of shape",
        ),
        (lambda: layers.BatchNormalization(axis=[1]), r"expected axis as a whole number, got \[1\]"),
        (lambda: layers.BatchNormalization(momentum=2), "momentum: expected a number from 0 to 1, got 2"),
        (lambda: layers.BatchNormalization(epsilon=-1), "epsilon: expected a number from 0 up, got -1"),
        (lambda: layers.BatchNormalization()(np.ones(3)), "2 axes or more"),
        (lambda: layers.BatchNormalization().build((None, None)), "expected to know axis -1"),
        (lambda: layers.LayerNormalization(axis=3)(np.ones((2, 3))), "there is no axis 3"),
        (lambda: layers.LayerNormalization(epsilon="small"), "epsilon: expected"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_an_input_with_other_channels() -> None:
    layer = layers.BatchNormalization(axis=1, name="mine")
    layer.build((None, 3, 5))
    assert layer(np.ones((2, 3, 7))).shape == (2, 3, 7)
    with pytest.raises(ValueError, match="mine: built for inputs with length 3 along axis 1"):
        layer(np.ones((2, 4, 5)))
