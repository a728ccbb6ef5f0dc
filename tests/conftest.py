"""What every test may count on: no window opens, the same numbers each time, and defaults put back."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"  # before the first import of matplotlib

from tinydl import backend  # noqa: E402

# Derandomized: a test that passed passes again. No deadline: the first call of an op pays for what it caches.
settings.register_profile("tinydl", deadline=None, derandomize=True, database=None, max_examples=25)
settings.load_profile("tinydl")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave scripts beside the tests alone: --doctest-modules would import them, and some need Keras."""
    return True if collection_path.suffix == ".py" and not collection_path.name.startswith("test_") else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `gpu` where there is no CuPy."""
    if item.get_closest_marker("gpu"):
        pytest.importorskip("cupy")


@pytest.fixture(autouse=True)
def fresh_state() -> None:
    """Every test begins at seed 0 and in float32, whatever the one before it did."""
    backend.set_random_seed(0)
    backend.set_floatx("float32")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of the test's own. In a hypothesis test draw a seed instead: a fixture is made once."""
    return np.random.default_rng(0)
