"""Schedules: their shape as a whole; Keras's numbers are in parity/."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import schedules

DECAYS = {
    "exponential": schedules.ExponentialDecay(0.5, 10, 0.9),
    "inverse": schedules.InverseTimeDecay(0.5, 10, 0.9),
    "staircase": schedules.ExponentialDecay(0.5, 10, 0.9, staircase=True),
    "polynomial": schedules.PolynomialDecay(0.5, 100, power=2.0),
    "pieces": schedules.PiecewiseConstantDecay([5, 50], [0.5, 0.2, 0.1]),
    "cosine": schedules.CosineDecay(0.5, 100),
}


@pytest.mark.parametrize("name", DECAYS)
@given(step=st.integers(0, 10**6), later=st.integers(0, 10**6))
def test_a_decay_never_rises(name: str, step: int, later: int) -> None:
    """It begins where it was told to, and goes down, to 0 at the least."""
    rate = DECAYS[name]
    assert rate(0) == 0.5
    assert rate(step) >= rate(step + later) >= 0


def test_warmup_climbs_then_falls() -> None:
    """In a straight line to the target, and from there as without a warm-up."""
    warm = schedules.CosineDecay(0.1, 50, warmup_target=0.5, warmup_steps=4)
    assert [warm(step) for step in range(5)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    plain = schedules.CosineDecay(0.5, 50)
    assert [warm(step + 4) for step in range(80)] == [plain(step) for step in range(80)]


def test_cycles_begin_again() -> None:
    """Each descent is longer than the one before, and ends at the end learning rate."""
    rate = schedules.PolynomialDecay(1.0, 10, end_learning_rate=0.0, cycle=True)
    assert [rate(step) for step in (0, 10, 11, 20, 21, 30)] == pytest.approx([1, 0, 0.45, 0, 0.3, 0])


def test_bad_input() -> None:
    """Each error names its argument."""
    for steps in (0, -1):
        with pytest.raises(ValueError, match=f"decay_steps: expected a number above 0, got {steps}"):
            schedules.ExponentialDecay(0.1, steps, 0.5)
    with pytest.raises(
        ValueError, match=re.escape("one more than boundaries, got 2 values for 2 boundaries")
    ):
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match=re.escape("boundaries: expected growing step numbers, got [2, 1]")):
        schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3])
    with pytest.raises(NotImplementedError, match=re.escape("LearningRateSchedule has no __call__(step)")):
        schedules.LearningRateSchedule()(0)
