"""Activations by name: the right functions, the logits that softmax and sigmoid leave, unknown names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, activations, gradcheck, ops

FORMULAS: dict[str, Callable[[float], float]] = {
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "exponential": math.exp,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "leaky_relu": lambda x: max(x, 0.2 * x),
    "linear": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "selu": lambda x: 1.05070098 * (x if x > 0 else 1.67326324 * (math.exp(x) - 1)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "swish": lambda x: x / (1 + math.exp(-x)),
    "tanh": math.tanh,
}
X = np.array([-3.0, -0.7, -0.01, 0.02, 0.8, 4.0])


def test_the_table_has_no_other_names() -> None:
    assert set(activations._FUNCTIONS) == {*FORMULAS, "softmax", "log_softmax"}


@pytest.mark.parametrize("name", FORMULAS)
def test_elementwise_activations(name: str) -> None:
    np.testing.assert_allclose(activations.get(name)(X), [FORMULAS[name](x) for x in X], rtol=1e-7)


def test_softmax_and_log_softmax() -> None:
    wanted = np.exp(X) / np.exp(X).sum()
    np.testing.assert_allclose(activations.get("softmax")(X), wanted, rtol=1e-12)
    np.testing.assert_allclose(activations.get("log_softmax")(X), np.log(wanted), rtol=1e-12)
    both = np.stack([X, 2 * X])
    np.testing.assert_allclose(activations.softmax(both, axis=0).sum(axis=0), 1, rtol=1e-12)


@given(
    st.floats(-4, 4),
    st.sampled_from([0.0, 0.25]),
    st.sampled_from([None, 2.0, 6.0]),
    st.sampled_from([0.0, 1.0]),
)
def test_relu_with_everything(x: float, slope: float, top: float | None, threshold: float) -> None:
    wanted = slope * (x - threshold) if x <= threshold else x if top is None else min(x, top)
    np.testing.assert_allclose(activations.relu(np.array([x]), slope, top, threshold), [wanted], atol=1e-12)
    assert activations.relu(np.array([threshold]), slope, top, threshold) == 0  # there it is still below


@pytest.mark.parametrize("options", [(0.25, 2.0, 1.0), (0.0, 6.0, 0.0), (0.25, None, 0.0), (0.0, None, 1.0)])
def test_gradient_of_relu_with_everything(options: tuple) -> None:
    assert gradcheck.check(lambda x: activations.relu(x, *options) * x, [X])


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_probabilities_remember_their_logits(name: str) -> None:
    x = Tensor(X)
    assert activations.get(name)(x).logits is x
    assert isinstance(activations.get(name)(X), np.ndarray)  # an array has nowhere to keep them
    assert not hasattr(getattr(ops, name)(x), "logits")
    assert not hasattr(activations.get(name)(x) * 1.0, "logits")


def test_get() -> None:
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("rleu", "unknown activation 'rleu': did you mean 'relu'"), (3, "a name or a function, got 3")],
)
def test_unknown_activations(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        activations.get(wrong)
