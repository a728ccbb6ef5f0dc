"""Optimizers beside Keras's, step for step with every option; and the schedules of their learning rates."""

from __future__ import annotations

import inspect

import pytest

from tests.parity.training_cases import (
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    OptimizerCase,
    ScheduleCase,
    compare_with_keras,
    compare_with_stored,
    stored,
)
from tinydl import optimizers, schedules

GOLDENS = stored("optimizers")
RATES = stored("schedules")


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("case", OPTIMIZERS, ids=lambda case: case.name)
def test_fifty_steps_as_keras_was(case: OptimizerCase, dtype: str) -> None:
    """Every weight after each of 50 steps, against stored numbers."""
    compare_with_stored(case, GOLDENS, dtype)


@pytest.mark.parametrize("case", OPTIMIZERS, ids=lambda case: case.name)
def test_steps_as_keras_is(case: OptimizerCase) -> None:
    """Against the Keras that is installed; ten steps, since Keras takes its time."""
    pytest.importorskip("keras")
    compare_with_keras(case, "float64", grads=case.given()["grads"][:10])


@pytest.mark.parametrize("case", SCHEDULES, ids=lambda case: case.name)
def test_schedule_as_keras_was(case: ScheduleCase) -> None:
    """The learning rates of 40 steps, against stored numbers."""
    compare_with_stored(case, RATES, "float32")


@pytest.mark.parametrize("case", SCHEDULES, ids=lambda case: case.name)
def test_schedule_as_keras_is(case: ScheduleCase) -> None:
    """Against the Keras that is installed."""
    pytest.importorskip("keras")
    compare_with_keras(case, "float32")


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW"])
def test_defaults_are_keras(name: str) -> None:
    """Every parameter of ours stands where Keras has it, with its default."""
    keras = pytest.importorskip("keras")
    theirs = inspect.signature(getattr(keras.optimizers, name)).parameters
    ours = inspect.signature(getattr(optimizers, name)).parameters
    named = [p for p in ours.values() if p.kind is not p.VAR_KEYWORD]
    assert [p.name for p in named] == list(theirs)[: len(named)]
    assert [p.default for p in named] == [theirs[p.name].default for p in named]


@pytest.mark.parametrize("name", sorted({case.schedule for case in SCHEDULES}))
def test_defaults_of_schedules_are_keras(name: str) -> None:
    """The same for schedules."""
    keras = pytest.importorskip("keras")
    theirs = inspect.signature(getattr(keras.optimizers.schedules, name)).parameters
    ours = inspect.signature(getattr(schedules, name)).parameters
    assert {p.name: p.default for p in ours.values()}.items() <= {
        p.name: p.default for p in theirs.values()
    }.items()
