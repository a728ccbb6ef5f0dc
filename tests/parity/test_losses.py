"""Losses and their gradients beside Keras's: many shapes, weights, reductions, smoothing, logits and saturation."""

from __future__ import annotations

import inspect

import pytest

from tests.parity.training_cases import (
    LOSSES,
    PRECISIONS,
    LossCase,
    compare_with_keras,
    compare_with_stored,
    stored,
)
from tinydl import losses

GOLDENS = stored("losses")


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_as_keras_was(case: LossCase, dtype: str) -> None:
    """Against stored numbers."""
    compare_with_stored(case, GOLDENS, dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_as_keras_is(case: LossCase, dtype: str) -> None:
    """Against the Keras that is installed."""
    pytest.importorskip("keras")
    compare_with_keras(case, dtype)


@pytest.mark.parametrize("name", sorted({case.loss for case in LOSSES}))
def test_defaults_and_names_are_keras(name: str) -> None:
    """Every parameter of ours has Keras's default, and the loss its name."""
    keras = pytest.importorskip("keras")
    ours, theirs = getattr(losses, name), getattr(keras.losses, name)
    parameters = inspect.signature(theirs).parameters
    for parameter in inspect.signature(ours).parameters.values():
        assert parameter.default == parameters[parameter.name].default, parameter.name
    assert ours().name == theirs().name


def test_names_mean_what_they_mean_in_keras() -> None:
    """Functions, classes and short names."""
    keras = pytest.importorskip("keras")
    for name in losses._BY_NAME:
        theirs = keras.losses.get(name)
        expected = theirs.__name__ if inspect.isfunction(theirs) else theirs.fn.__name__
        assert losses.get(name).fn.__name__ == expected
