"""Metrics beside Keras's, over batches of different sizes, with weights of every shape."""

from __future__ import annotations

import inspect

import pytest

from tests.parity.training_cases import (
    METRICS,
    PRECISIONS,
    MetricCase,
    compare_with_keras,
    compare_with_stored,
    stored,
)
from tinydl import metrics

GOLDENS = stored("metrics")


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("case", METRICS, ids=lambda case: case.name)
def test_as_keras_was(case: MetricCase, dtype: str) -> None:
    """Against stored numbers."""
    compare_with_stored(case, GOLDENS, dtype)


@pytest.mark.parametrize("case", METRICS, ids=lambda case: case.name)
def test_as_keras_is(case: MetricCase) -> None:
    """Against the Keras that is installed."""
    pytest.importorskip("keras")
    compare_with_keras(case, "float32")


@pytest.mark.parametrize("name", sorted({case.metric for case in METRICS} | {"Mean"}))
def test_defaults_are_keras(name: str) -> None:
    """Every parameter of ours has Keras's default, names included."""
    keras = pytest.importorskip("keras")
    theirs = inspect.signature(getattr(keras.metrics, name)).parameters
    for parameter in inspect.signature(getattr(metrics, name)).parameters.values():
        assert parameter.default == theirs[parameter.name].default, parameter.name


def test_names_mean_what_they_mean_in_keras() -> None:
    """Classes, snake_case and short names."""
    keras = pytest.importorskip("keras")
    for name in metrics._BY_NAME:
        assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__


@pytest.mark.parametrize("y_shape", [(8,), (8, 1), (8, 4), (8, 4, 1), (8, 4, 5)])
@pytest.mark.parametrize("pred_shape", [(8, 1), (8, 4), (8, 4, 5), (8, 4, 1)])
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_chosen_as_keras_chooses(
    name: str, y_shape: tuple[int, ...], pred_shape: tuple[int, ...]
) -> None:
    """The kind of accuracy, by the shapes, and its name."""
    keras = pytest.importorskip("keras")
    from keras.src.trainers.compile_utils import get_metric

    zeros = keras.ops.zeros
    theirs = get_metric(name, zeros(y_shape), zeros(pred_shape))
    ours = metrics.resolve(name, y_shape, pred_shape)
    assert (type(ours).__name__, ours.name) == (type(theirs).__name__, theirs.name)
