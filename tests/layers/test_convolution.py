"""Convolution layers against loops; shapes foretold; what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.pictures import PADDINGS, PAIRS, PICTURES, drawn, foretold, refuses_all_but_pictures
from tinydl import layers, ops


@given(PICTURES, PAIRS, PAIRS, PADDINGS, st.booleans(), st.booleans())
def test_convolutions(
    shape: tuple, size: tuple, step: tuple, padding: str, dilated: bool, use_bias: bool
) -> None:
    x = drawn(shape)
    steps = {"dilation_rate": step} if dilated else {"strides": step}
    for kind, naive in [
        (layers.Conv2D, ops.conv2d_naive),
        (layers.Conv2DTranspose, ops.conv2d_transpose_naive),
    ]:
        layer = kind(
            2, size, padding=padding, use_bias=use_bias, bias_initializer="ones", dtype="float64", **steps
        )
        y = layer(x)
        wanted = naive(x, layer.kernel.numpy(), padding=padding, **steps) + use_bias
        np.testing.assert_allclose(y.numpy(), wanted, atol=1e-12)
        foretold(layer, x, y)


def test_one_number_stands_for_both_and_paddings_for_their_case() -> None:
    layer = layers.Conv2D(2, 3, 2, "SAME", activation="relu")
    assert (layer.kernel_size, layer.strides, layer.padding) == ((3, 3), (2, 2), "same")
    assert (layer(drawn((1, 5, 5, 1))).numpy() >= 0).all()


@pytest.mark.parametrize("layer", [layers.Conv2D(2, 3), layers.Conv2DTranspose(2, 3)])
def test_only_pictures(layer: Any) -> None:
    refuses_all_but_pictures(layer)


@pytest.mark.parametrize("kind", [layers.Conv2D, layers.Conv2DTranspose])
@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 3), {}, "filters: expected a whole number from 1 up, got 0"),
        ((2.5, 3), {}, "filters: expected a whole number from 1 up, got 2.5"),
        ((2, 0), {}, "kernel_size: expected .* got 0"),
        ((2, (1, 2, 3)), {}, r"kernel_size: expected .* got \(1, 2, 3\)"),
        ((2, 3), {"strides": 0}, "strides: expected .* got 0"),
        ((2, 3), {"strides": -1}, "strides: expected .* got -1"),
        ((2, 3), {"dilation_rate": 0}, "dilation_rate: expected .* got 0"),
        ((2, 3), {"padding": "sane"}, "unknown padding of conv2d.*'sane': did you mean 'same'"),
        ((2, 3), {"padding": 1}, "unknown padding of conv2d.* 1: .*same, valid"),
        ((2, 3), {"strides": 2, "dilation_rate": 2}, "one has to be 1"),
        ((2, 3), {"activation": "rleu"}, "did you mean 'relu'"),
    ],
)
def test_bad_arguments(kind: Any, arguments: tuple, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(*arguments, **options)


def test_a_picture_with_other_channels_than_built_for() -> None:
    layer = layers.Conv2D(2, 3, name="mine")
    layer.build((None, 8, 8, 3))
    with pytest.raises(
        ValueError, match=r"mine: built for inputs with length 3 along axis -1, .* \(None, 8, 8, 4\)"
    ):
        layer(np.ones((1, 8, 8, 4)))


def test_a_picture_smaller_than_the_window() -> None:
    layer = layers.Conv2D(2, 5, name="mine")
    for wrong in (lambda: layer(np.ones((1, 4, 8, 1))), lambda: layer.compute_output_shape((None, 4, 8, 1))):
        with pytest.raises(ValueError, match="mine: a window of 5 does not fit into a picture of 4"):
            wrong()
