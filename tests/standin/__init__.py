"""A stand-in for CuPy, to run device code where there is no GPU, and stricter than a GPU would be.

    from tests.standin import install

    with install(devices=1) as cupy:      # cupy and cupyx are in sys.modules, for whoever imports them
        x = cupy.asarray(np.ones(3))      # a transfer: cupy.counts.to_device == 1
        with cupy.counts.forbidden():
            x.sum()                       # stays on the device
            float(x.sum())                # HiddenTraffic: here it would leave it

Arrays live in `array`, GPUs and memory in `cuda`, streams and graphs in `streams`, fused functions in `fusion`;
`machine` runs and counts everything; `names.json`, written by `make_names.py` from a real
CuPy, says which names exist at all.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from . import machine as _machine
from .cuda import MemoryPool, Runtime
from .library import make_modules
from .machine import HiddenTraffic

__all__ = ["HiddenTraffic", "install"]


@contextlib.contextmanager
def install(
    devices: int = 1,
    memory: int = 80 * 2**30,
    driver: str = "new",
    kernels: dict[str, Callable[..., Any]] | None = None,
) -> Iterator[Any]:
    """Put the stand-in into sys.modules as cupy and cupyx, and take it out again.

    Args:
        devices: how many GPUs there are; 0 for a computer with CuPy and without a GPU.
        memory: bytes of each; who asks for more gets CuPy's OutOfMemoryError.
        driver: "old" for a driver that cannot run this version of CUDA.
        kernels: what the ElementwiseKernels do, by name: functions of NumPy arrays that write their last ones.

    Yields:
        The module cupy, with `counts` and `forbidden` beside CuPy's own names.
    """
    before = {
        name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("cupy", "cupyx")
    }
    machine = _machine.Machine(devices, memory, driver)
    machine.pool, machine.kernels = MemoryPool(), dict(kernels or {})
    previous = _machine.use(machine)
    modules = make_modules()
    modules["cupy.cuda.runtime"] = Runtime  # type: ignore[assignment]
    cupy: ModuleType = modules["cupy"]
    cupy.counts, cupy.forbidden = _machine.counts, _machine.counts.forbidden  # type: ignore[attr-defined]
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        yield cupy
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("cupy", "cupyx")]:
            del sys.modules[name]
        sys.modules.update(before)
        _machine.use(previous)
