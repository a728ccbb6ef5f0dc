"""Larger pictures against loops; shapes foretold; what the layers refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.pictures import NUMBERS, PAIRS, PICTURES, drawn, foretold, refuses_all_but_pictures
from tinydl import layers, ops


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


@pytest.mark.parametrize("layer", [layers.UpSampling2D(), layers.ZeroPadding2D()])
def test_only_pictures(layer: Any) -> None:
    refuses_all_but_pictures(layer)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
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
