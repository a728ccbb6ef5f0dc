"""What the tests of the stand-in share: the stand-in itself, put in and taken out around each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.standin import install


@pytest.fixture
def cupy() -> Iterator[Any]:
    """One GPU, and a kernel by the name of axpy."""
    with install(devices=1, kernels={"axpy": lambda a, x, y, out: np.add(a * x, y, out=out)}) as module:
        yield module


@pytest.fixture
def numbers(cupy: Any) -> Callable[..., Any]:
    """Makes a device array 0, 1, 2, ... of a shape, with the counts begun afresh."""

    def make(*shape: int) -> Any:
        a = cupy.asarray(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
        cupy.counts.reset()
        return a

    return make
