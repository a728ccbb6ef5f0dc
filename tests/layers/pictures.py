"""Pictures to try layers on, and what holds for all layers on pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tinydl import layers

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


def refuses_all_but_pictures(layer: layers.Layer) -> None:
    """An input with more or fewer axes is an error that names the layer and what it expects."""
    for shape in [(28, 28), (28, 28, 1), (1, 1, 28, 28, 1)]:
        for wrong in (lambda x=shape: layer(np.ones(x)), lambda x=shape: layer.compute_output_shape(x)):
            with pytest.raises(ValueError) as caught:
                wrong()
            assert (
                f"{layer.name}: expected an input with 4 axes, (batch, height, width, channels), got"
                in str(caught.value)
            )
