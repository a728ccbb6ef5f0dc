"""Initializers: the moments and limits that the formulas promise, seeds, dtypes, names, bad arguments."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import initializers
from tinydl.backend import random_generator, set_floatx, set_random_seed

# What truncation at two standard deviations leaves, from the normal density: 1 - 2 * 2 phi(2) / (2 Phi(2) - 1).
LEFT = sqrt(1 - 4 * 0.05399096651318806 / 0.9544997361036416)

SHAPES = [(400, 300), (5, 5, 40, 60), (60000,)]
FANS = [(400, 300), (1000, 1500), (60000, 60000)]

# name, (scale, mode) of the variance, and whether the distribution is uniform
SCALED = [
    ("glorot_uniform", 1, "avg", "uniform"),
    ("glorot_normal", 1, "avg", "truncated"),
    ("he_uniform", 2, "in", "uniform"),
    ("he_normal", 2, "in", "truncated"),
    ("lecun_uniform", 1, "in", "uniform"),
    ("lecun_normal", 1, "in", "truncated"),
]


def assert_moments(drawn: np.ndarray, mean: float, stddev: float) -> None:
    """Within five standard errors; the fourth moment of none of these exceeds that of the normal."""
    error = stddev / sqrt(drawn.size)
    assert abs(drawn.mean(dtype="float64") - mean) < 5 * error
    assert abs(drawn.std(dtype="float64") - stddev) < 5 * error


@pytest.mark.parametrize(("shape", "fans"), list(zip(SHAPES, FANS)))
@pytest.mark.parametrize(("name", "scale", "mode", "kind"), SCALED)
def test_variance_is_scale_over_fan(
    name: str, scale: float, mode: str, kind: str, shape: tuple, fans: tuple
) -> None:
    stddev = sqrt(scale / {"in": fans[0], "avg": (fans[0] + fans[1]) / 2}[mode])
    drawn = initializers.get(name)(shape)
    assert drawn.shape == shape and drawn.dtype == np.float32
    assert_moments(drawn, 0, stddev)
    limit = sqrt(3) * stddev if kind == "uniform" else 2 * stddev / LEFT
    assert 0.999 * limit < abs(drawn).max() <= limit * 1.000001


@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform", "normal"])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
def test_variance_scaling(mode: str, distribution: str) -> None:
    fan = {"fan_in": 200, "fan_out": 600, "fan_avg": 400}[mode]
    drawn = initializers.VarianceScaling(3.0, mode, distribution)((200, 600))
    assert_moments(drawn, 0, sqrt(3 / fan))
    far = abs(drawn) > 2.001 * sqrt(3 / fan) / LEFT
    assert far.any() == (distribution == "untruncated_normal")


def test_distributions() -> None:
    shape = (200, 500)
    assert_moments(initializers.RandomNormal(1.0, 0.5)(shape), 1.0, 0.5)
    truncated = initializers.TruncatedNormal(1.0, 0.5)(shape)
    assert_moments(truncated, 1.0, 0.5 * LEFT)
    assert abs(truncated - 1).max() <= 1.000001
    uniform = initializers.RandomUniform(1.0, 3.0)(shape)
    assert_moments(uniform, 2.0, 2 / sqrt(12))
    assert 1 <= uniform.min() < 1.001 and 2.999 < uniform.max() <= 3


@pytest.mark.parametrize(("name", "value"), [("zeros", 0), ("ones", 1), ("zero", 0), ("one", 1)])
def test_constants(name: str, value: float) -> None:
    assert (initializers.get(name)((2, 3)) == np.full((2, 3), value)).all()
    assert initializers.Constant(2.5)(()).item() == 2.5


@given(st.lists(st.integers(1, 6), min_size=2, max_size=4))
def test_orthogonal(shape: list[int]) -> None:
    q = initializers.Orthogonal(gain=2.0)(tuple(shape), dtype="float64").reshape(-1, shape[-1]) / 2
    small = q.T @ q if len(q) >= shape[-1] else q @ q.T
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-12)


def test_orthogonal_is_spread_evenly() -> None:
    """All rotations and reflections are equally likely: no sign prefers one side."""
    drawn = np.stack([initializers.Orthogonal()((2, 2)) for _ in range(500)])
    assert abs(drawn.mean(axis=0)).max() < 0.15


@given(st.lists(st.integers(1, 9), max_size=5))
def test_fans(shape: list[int]) -> None:
    fan_in, fan_out = initializers.compute_fans(tuple(shape))
    if len(shape) < 2:
        assert fan_in == fan_out == prod(shape)
    else:
        assert fan_in == prod(shape) // shape[-1] and fan_out * shape[-2] == prod(shape)


@pytest.mark.parametrize("name", sorted(initializers._NAMES))
def test_seeds_and_dtypes(name: str) -> None:
    kind = initializers._NAMES[name]
    random = issubclass(kind, initializers.RandomInitializer)
    set_random_seed(3)
    first, second = kind()((4, 3)), kind()((4, 3))
    set_random_seed(3)
    assert (kind()((4, 3)) == first).all()
    assert (first == second).all() != random
    if random:
        seeded = kind(seed=1)
        assert (seeded((4, 3)) == seeded((4, 3))).all() and (seeded((4, 3)) != kind(seed=2)((4, 3))).any()
        before = random_generator().bit_generator.state
        seeded((4, 3))
        assert random_generator().bit_generator.state == before
    assert kind()((4, 3), dtype="float64").dtype == np.float64
    set_floatx("float64")
    assert kind()((4, 3)).dtype == np.float64


def test_get() -> None:
    made = initializers.HeNormal(seed=1)
    assert initializers.get(made) is made
    assert isinstance(initializers.get(initializers.HeNormal), initializers.HeNormal)
    assert initializers.glorot_uniform is initializers.GlorotUniform
    assert initializers.get(np.ones) is np.ones


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: initializers.get("glorot_unifrom"), "did you mean 'glorot_uniform'"),
        (lambda: initializers.get(3), "expected a name or a function"),
        (lambda: initializers.VarianceScaling(0.0), "scale above 0, got 0.0"),
        (lambda: initializers.VarianceScaling(mode="fan_inn"), "did you mean 'fan_in'"),
        (lambda: initializers.VarianceScaling(distribution="unifrom"), "did you mean 'uniform'"),
        (lambda: initializers.Orthogonal()((3,)), r"two axes or more, got \(3,\)"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
