"""Layers on pictures: convolution, pooling, larger pictures. Against loops; shapes foretold; what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import layers, ops

NUMBERS = st.integers(1, 3)
PAIRS = st.tuples(NUMBERS, NUMBERS)
PICTURES = st.tuples(st.integers(1, 2), st.integers(7, 9), st.integers(7, 9), NUMBERS)
PADDINGS = st.sampled_from(["valid", "same"])


def drawn(shape: tuple) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def foretold(layer: Any, x: np.ndarray, y: Any) -> None:
    """The output shape is known beforehand, also where lengths are not."""
    n, h, w, c = x.shape
    assert layer.compute_output_shape(x.shape) == y.shape
    assert layer.output_shape == (None, *y.shape[1:])
    unknown = layer.compute_output_shape((None, None, w, c))
    if len(y.shape) == 4 and not getattr(layer, "keepdims", False):
        assert unknown == (None, None, *y.shape[2:])


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


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), PAIRS)
def test_upsampling(shape: tuple, size: tuple) -> None:
    x = drawn(shape)
    layer = layers.UpSampling2D(size, dtype="float64")
    y = layer(x)
    for n, i, j, c in np.ndindex(*y.shape):
        assert y.numpy()[n, i, j, c] == x[n, i // size[0], j // size[1], c]
    foretold(layer, x, y)
    smooth = layers.UpSampling2D(size, interpolation="bilinear", dtype="float64")
    np.testing.assert_allclose(smooth(x).numpy(), ops.resize_naive(x, y.shape[1:3], "bilinear"), atol=1e-12)
    foretold(smooth, x, y)


@given(PICTURES, st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
def test_zero_padding(shape: tuple, padding: tuple) -> None:
    x = drawn(shape)
    layer = layers.ZeroPadding2D(padding, dtype="float64")
    y = layer(x)
    (top, bottom), (left, right) = padding
    inside = y.numpy()[:, top : top + shape[1], left : left + shape[2]]
    assert (inside == x).all() and np.isclose(abs(y.numpy()).sum(), abs(x).sum())
    assert y.shape == (shape[0], top + shape[1] + bottom, left + shape[2] + right, shape[3])
    foretold(layer, x, y)


def test_ways_to_say_a_padding() -> None:
    assert layers.ZeroPadding2D(2).padding == ((2, 2), (2, 2))
    assert layers.ZeroPadding2D((1, 2)).padding == ((1, 1), (2, 2))
    assert layers.ZeroPadding2D([1, (2, 0)]).padding == ((1, 1), (2, 0))


ON_PICTURES = [
    layers.Conv2D(2, 3, name="named"),
    layers.Conv2DTranspose(2, 3, name="named"),
    layers.MaxPooling2D(name="named"),
    layers.AveragePooling2D(2, name="named"),
    layers.GlobalAveragePooling2D(name="named"),
    layers.GlobalMaxPooling2D(name="named"),
    layers.UpSampling2D(name="named"),
    layers.ZeroPadding2D(name="named"),
]


@pytest.mark.parametrize("layer", ON_PICTURES, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (1, 1, 28, 28, 1)])
def test_pictures_have_four_axes(layer: Any, shape: tuple) -> None:
    for wrong in (lambda: layer(np.ones(shape)), lambda: layer.compute_output_shape(shape)):
        with pytest.raises(
            ValueError, match=r"named: expected .* 4 axes, \(batch, height, width, channels\), got"
        ):
            wrong()


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
def test_bad_arguments_of_convolution(kind: Any, arguments: tuple, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(*arguments, **options)


def test_a_picture_with_other_channels_than_built_for() -> None:
    layer = layers.Conv2D(2, 3, name="mine")
    layer.build((None, 8, 8, 3))
    with pytest.raises(
        ValueError, match=r"mine: built for inputs with length 3 along axis -1, .* \(None, 8, 8, 4\)"
    ):
        layer(np.ones((1, 8, 8, 4)))


@pytest.mark.parametrize("layer", [layers.Conv2D(2, 5, name="mine"), layers.MaxPooling2D(5, name="mine")])
def test_a_picture_smaller_than_the_window(layer: Any) -> None:
    for wrong in (lambda: layer(np.ones((1, 4, 8, 1))), lambda: layer.compute_output_shape((None, 4, 8, 1))):
        with pytest.raises(ValueError, match="mine: a window of 5 does not fit into a picture of 4"):
            wrong()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.MaxPooling2D(0), "max_pooling2d.*: pool_size: expected .* got 0"),
        (lambda: layers.MaxPooling2D(2, strides=0), "strides: expected .* got 0"),
        (lambda: layers.AveragePooling2D(2, padding="valdi"), "did you mean 'valid'"),
        (lambda: layers.UpSampling2D(0), "size: expected .* got 0"),
        (lambda: layers.UpSampling2D(2, interpolation="bilinaer"), "did you mean 'bilinear'"),
        (lambda: layers.ZeroPadding2D(-1), "all from 0 up, got -1"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), r"got \(1, 2, 3\)"),
        (lambda: layers.ZeroPadding2D(((1, 2, 3), 1)), "expected padding as"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
