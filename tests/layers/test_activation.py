"""Activation layers: their arguments reach the activation, and wrong ones are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinydl import backend, layers

X = np.array([[-3.0, -0.5, 0.5, 1.5, 7.0]], dtype="float32")


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (layers.ReLU(), [0, 0, 0.5, 1.5, 7]),
        (layers.ReLU(6.0), [0, 0, 0.5, 1.5, 6]),
        (layers.ReLU(negative_slope=0.5), [-1.5, -0.25, 0.5, 1.5, 7]),
        (layers.ReLU(threshold=1.0), [0, 0, 0, 1.5, 7]),
        (layers.ReLU(6.0, 0.5, 1.0), [-2, -0.75, -0.25, 1.5, 6]),
        (layers.LeakyReLU(), [-0.9, -0.15, 0.5, 1.5, 7]),
        (layers.LeakyReLU(0.0), [0, 0, 0.5, 1.5, 7]),
        (layers.ELU(2.0), [2 * np.expm1(-3), 2 * np.expm1(-0.5), 0.5, 1.5, 7]),
        (layers.Activation("relu"), [0, 0, 0.5, 1.5, 7]),
        (layers.Activation(lambda x: 2 * x), [-6, -1, 1, 3, 14]),
        (layers.Activation(None), X[0]),
        (layers.Softmax(), np.exp(X[0]) / np.exp(X[0]).sum()),
    ],
    ids=lambda value: value.name if isinstance(value, layers.Layer) else "",
)
def test_values(layer: Any, wanted: Any) -> None:
    y = layer(X)
    assert y.dtype == np.float32 and layer.compute_output_shape((None, 5)) == (None, 5)
    np.testing.assert_allclose(y.numpy()[0], np.asarray(wanted), rtol=1e-6)


def test_softmax_along_another_axis() -> None:
    y = layers.Softmax(axis=1)(np.random.default_rng(0).normal(size=(2, 3, 4)))
    np.testing.assert_allclose(y.numpy().sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "layer", [layers.Softmax(), layers.Activation("sigmoid"), layers.Dense(2, "softmax")]
)
def test_probabilities_remember_their_logits(layer: Any) -> None:
    layer.to(backend.current_device())  # the next device gets the same layer
    assert layer(X).logits.shape == layer(X).shape


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.ReLU(max_value=-1.0), "max_value: expected a number from 0 up, got -1.0"),
        (lambda: layers.ReLU(negative_slope=-1.0), "negative_slope: expected"),
        (lambda: layers.ReLU(threshold=-1.0), "threshold: expected"),
        (lambda: layers.LeakyReLU(None), "negative_slope: expected a number from 0 up, got None"),
        (lambda: layers.Activation("sofmax"), "did you mean 'softmax'"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
