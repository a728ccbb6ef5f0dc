"""The gradient of every layer, first and second order, with respect to its input and its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.parity.cases import CASES, Case, given
from tinydl import Tensor, backend, gradcheck, layers


def distinct() -> Iterator[Case]:
    """One input shape for each layer and its arguments: the parity tests look at the others."""
    seen = set()
    for case in CASES:
        key = (case.layer, str(case.options), case.training)
        if key not in seen:
            seen.add(key)
            yield case


@pytest.mark.parametrize("case", list(distinct()), ids=lambda case: case.name)
def test_gradients(case: Case) -> None:
    backend.set_floatx("float64")
    x, weights, _ = given(case)
    layer = case.build(layers)
    layer.build((None, *x.shape[1:]))
    learning = [weight.node is not None for weight in layer.weights]
    layer.set_weights(weights)

    def function(x: Any, *moved: Tensor) -> Any:
        moved_weights = iter(moved)
        for weight, learns in zip(layer.weights, learning):
            if learns:  # a weight is an array and its place in the graph: put both in
                given_weight = next(moved_weights)
                weight.data, weight.node = given_weight.data, given_weight.node
        y = layer(x, training=case.training)
        return y * y  # so that the second order of a linear layer is not 0

    wanted = [weight for weight, learns in zip(weights, learning) if learns]
    if not wanted and x.dtype.kind != "f":
        pytest.skip("nothing to differentiate")
    report = gradcheck.check(function, [x, *wanted], eps=1e-4, max_elements=40)
    assert report.findings[1].checked, str(report)


def test_a_wrong_layer_is_noticed() -> None:
    class Detached(layers.Dense):
        def call(self, x: Any) -> Any:
            return x @ self.kernel + (x * 0.1).detach()

    backend.set_floatx("float64")
    layer = Detached(3)
    with pytest.raises(gradcheck.GradientError):
        gradcheck.check(layer, [np.ones((2, 3))])
