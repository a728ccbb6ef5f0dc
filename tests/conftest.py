"""What every test may count on: no window opens, the same numbers each time, and defaults put back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"  # before the first import of matplotlib
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell's background jobs; here Ctrl-C is tested
    signal.signal(signal.SIGINT, signal.default_int_handler)
HERE = Path(__file__).parent

from tests.devices import running_on, send_arrays  # noqa: E402
from tinydl import backend  # noqa: E402

# What runs on every device there is, the tests of these folders and files.
ON_EVERY_DEVICE = (
    "ops layers test_tensor test_syntax test_op test_op_lists test_autograd test_activations test_initializers "
    "test_losses test_metrics test_optimizers test_models test_training"
).split()

# Derandomized: a test that passed passes again. No deadline: the first call of an op pays for what it caches.
settings.register_profile("tinydl", deadline=None, derandomize=True, database=None, max_examples=25)
settings.load_profile("tinydl")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave scripts beside the tests alone: --doctest-modules would import them, and some need Keras."""
    helps = collection_path.suffix == ".py" and not collection_path.name.startswith(("test_", "conftest"))
    return True if helps else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every device, if it stands where that is done; on a GPU where `-m gpu` asks for it."""
    devices: list[Any] = ["standin"]
    if "gpu" in metafunc.config.option.markexpr:
        devices.append(pytest.param("gpu", marks=pytest.mark.gpu))
    path = Path(metafunc.module.__file__ or "").with_suffix("")
    if "there" in metafunc.fixturenames:
        metafunc.parametrize("there", devices, indirect=True)
    elif path.is_relative_to(HERE) and path.relative_to(HERE).parts[0] in ON_EVERY_DEVICE:
        only = metafunc.definition.get_closest_marker("cpu")
        metafunc.parametrize("device", ["cpu", *([] if only else devices)], indirect=True)


@pytest.fixture(autouse=True)
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The device that a test of `ON_EVERY_DEVICE` runs on: "cpu", "standin" or "gpu"."""
    name = getattr(request, "param", "cpu")
    with running_on(name):
        if name != "cpu":
            send_arrays(monkeypatch)
        yield name


def pytest_sessionstart(session: pytest.Session) -> None:
    """`-m gpu` needs a GPU: if there is none, say what is missing, once."""
    if session.config.option.markexpr == "gpu":
        try:
            backend.opened("gpu")
        except RuntimeError as error:
            pytest.exit(str(error), returncode=1)


@pytest.fixture(autouse=True)
def fresh_state() -> None:
    """Every test begins at seed 0 and in float32, whatever the one before it did."""
    backend.set_random_seed(0)
    backend.set_floatx("float32")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of the test's own. In a hypothesis test draw a seed instead: a fixture is made once."""
    return np.random.default_rng(0)


@pytest.fixture
def there(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A GPU, pretended or real, as the current device, for a test that leaves nothing on the way to it to others."""
    with running_on(request.param) as cupy:
        yield cupy
