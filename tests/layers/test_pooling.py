"""Pooling layers against loops; shapes foretold; what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.pictures import PADDINGS, PAIRS, PICTURES, drawn, foretold, refuses_all_but_pictures
from tinydl import layers, ops


@given(PICTURES, PAIRS, st.none() | PAIRS, PADDINGS)
def test_pooling(shape: tuple, size: tuple, strides: tuple | None, padding: str) -> None:
    x = drawn(shape)
    for kind, naive in [
        (layers.MaxPooling2D, ops.max_pool2d_naive),
        (layers.AveragePooling2D, ops.average_pool2d_naive),
    ]:
        layer = kind(size, strides, padding, dtype="float64")
        y = layer(x)
        np.testing.assert_allclose(y.numpy(), naive(x, size, strides, padding), atol=1e-12)
        foretold(layer, x, y)


@given(PICTURES, st.booleans())
def test_global_pooling(shape: tuple, keepdims: bool) -> None:
    x = drawn(shape)
    for kind, choose in [(layers.GlobalAveragePooling2D, np.mean), (layers.GlobalMaxPooling2D, np.max)]:
        layer = kind(keepdims=keepdims, dtype="float64")
        y = layer(x)
        wanted = np.array([[choose(picture[:, :, c]) for c in range(shape[3])] for picture in x])
        np.testing.assert_allclose(y.numpy().reshape(wanted.shape), wanted, atol=1e-12)
        foretold(layer, x, y)


@pytest.mark.parametrize(
    "layer",
    [
        layers.MaxPooling2D(),
        layers.AveragePooling2D(2),
        layers.GlobalAveragePooling2D(),
        layers.GlobalMaxPooling2D(),
    ],
)
def test_only_pictures(layer: Any) -> None:
    refuses_all_but_pictures(layer)


@pytest.mark.parametrize("kind", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_a_picture_smaller_than_the_window(kind: Any) -> None:
    layer = kind(5, name="mine")
    for wrong in (lambda: layer(np.ones((1, 4, 8, 1))), lambda: layer.compute_output_shape((None, 4, 8, 1))):
        with pytest.raises(ValueError, match="mine: a window of 5 does not fit into a picture of 4"):
            wrong()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.MaxPooling2D(0), "max_pooling2d.*: pool_size: expected .* got 0"),
        (lambda: layers.MaxPooling2D(2, strides=0), "strides: expected .* got 0"),
        (lambda: layers.AveragePooling2D(2, padding="valdi"), "did you mean 'valid'"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
