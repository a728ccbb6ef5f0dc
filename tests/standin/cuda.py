"""cupy.cuda without its streams: GPUs, pools of memory, pinned memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import machine as m
from .machine import CUDARuntimeError, counts, here

# ------------------------------------------------------------------------------------------------ runtime


class Runtime:
    """cupy.cuda.runtime, as far as a program asks it for what there is."""

    CUDARuntimeError = CUDARuntimeError
    streamCaptureModeGlobal, streamCaptureModeThreadLocal, streamCaptureModeRelaxed = range(3)

    @staticmethod
    def getDeviceCount() -> int:  # noqa: N802
        """How many GPUs there are; an error, not 0, where there is none."""
        if m.machine.driver == "old":
            raise CUDARuntimeError("cudaErrorInsufficientDriver")
        if m.machine.devices == 0:
            raise CUDARuntimeError("cudaErrorNoDevice")
        return m.machine.devices

    @staticmethod
    def runtimeGetVersion() -> int:  # noqa: N802
        """CUDA 12.9."""
        return 12090

    @staticmethod
    def driverGetVersion() -> int:  # noqa: N802
        """The CUDA version that the driver can run: 0 without one."""
        return {"old": 11040}.get(m.machine.driver, 12090) if m.machine.devices else 0

    @classmethod
    def getDeviceProperties(cls, device: int) -> dict[str, Any]:  # noqa: N802
        """A few of the properties; the name is bytes, as CUDA gives it."""
        cls._exists(device)
        return {"name": b"Stand-in GPU", "totalGlobalMem": m.machine.memory, "major": 9, "minor": 0}

    @staticmethod
    def getDevice() -> int:  # noqa: N802
        """The current GPU."""
        return here.device

    @classmethod
    def setDevice(cls, device: int) -> None:  # noqa: N802
        """Make a GPU the current one of this thread."""
        cls._exists(device)
        here.device = device

    @staticmethod
    def deviceSynchronize() -> None:  # noqa: N802
        """Wait for everything on the current GPU."""
        counts.add("deviceSynchronize", synchronisations=1)
        for queue in list(m.queues):
            queue.finished = queue.issued

    @classmethod
    def memGetInfo(cls) -> tuple[int, int]:  # noqa: N802
        """Free and total bytes of the current GPU."""
        return Device().mem_info

    @classmethod
    def _exists(cls, device: int) -> None:
        if not 0 <= device < cls.getDeviceCount():
            raise CUDARuntimeError("cudaErrorInvalidDevice")


runtime = Runtime()


class Device:
    """A GPU by its number; without one, the current."""

    def __init__(self, device: Any = None) -> None:
        runtime.getDeviceCount()
        self.id = here.device if device is None else int(device)

    def use(self) -> Device:
        """Make this the current GPU."""
        runtime.setDevice(self.id)
        return self

    def __enter__(self) -> Device:
        here.device_stack.append(here.device)
        return self.use()

    def __exit__(self, *error: Any) -> None:
        runtime.setDevice(here.device_stack.pop())

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        runtime._exists(self.id)
        return m.machine.memory - m.machine.in_use[self.id], m.machine.memory

    @property
    def compute_capability(self) -> str:
        """As of an H100."""
        return "90"

    def synchronize(self) -> None:
        """Wait for everything on this GPU."""
        with self:
            runtime.deviceSynchronize()


# ------------------------------------------------------------------------------------------------- memory


class MemoryPool:
    """A pool that arrays take their memory from while it is the current allocator."""

    def __init__(self, allocator: Any = None) -> None:
        self._used = self._held = self._limit = 0

    def _take(self, memory: m.Memory) -> None:
        """Note an allocation."""
        if self._limit and self._used + memory.size > self._limit:
            size, memory.size, memory.pool = memory.size, 0, None
            raise m.OutOfMemoryError(size, self._used, self._limit)
        self._used += memory.size
        self._held = max(self._held, self._used)

    def _give_back(self, memory: m.Memory) -> None:
        """Note that an allocation is free again; the pool holds it for the next."""
        self._used -= memory.size

    def malloc(self, size: int) -> Any:
        """A piece of memory."""
        from .array import MemoryPointer

        memory = m.Memory(np.empty(size, np.uint8))
        return MemoryPointer(memory.block.ctypes.data, memory)

    def used_bytes(self) -> int:
        """Bytes in arrays."""
        return self._used

    def total_bytes(self) -> int:
        """Bytes in arrays and held for later ones."""
        return self._held

    def free_bytes(self) -> int:
        """Bytes held for later arrays."""
        return self._held - self._used

    def free_all_blocks(self, stream: Any = None) -> None:
        """Hand back what is held for later."""
        self._held = self._used

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        """The most this pool may use, in bytes or as a share of the GPU's memory; 0 for no limit."""
        self._limit = int(fraction * m.machine.memory) if fraction is not None else size or 0

    def get_limit(self) -> int:
        """The most this pool may use, 0 for no limit."""
        return self._limit


def get_allocator() -> Any:
    """The current allocator."""
    return (here.pool or m.machine.pool).malloc


def set_allocator(allocator: Any = None) -> None:
    """Take the memory of later arrays from a pool, given by its method malloc."""
    here.pool = m.machine.pool if allocator is None else allocator.__self__


@contextlib.contextmanager
def using_allocator(allocator: Any = None) -> Iterator[None]:
    """Take memory from a pool inside a with block, in this thread."""
    before = here.pool
    set_allocator(allocator)
    try:
        yield
    finally:
        here.pool = before


class PinnedMemoryPointer(bytearray):
    """Host memory that a GPU can read by itself. np.frombuffer makes an array of it."""

    def size(self) -> int:
        """How many bytes."""
        return len(self)


def alloc_pinned_memory(size: int) -> PinnedMemoryPointer:
    """Pinned memory of at least so many bytes: CuPy hands out multiples of 512."""
    return PinnedMemoryPointer(-(-size // 512) * 512)


def empty_pinned(shape: Any, dtype: Any = float, order: str = "C") -> np.ndarray:
    """cupyx.empty_pinned: a NumPy array in pinned memory."""
    count = int(np.prod(shape))
    memory = alloc_pinned_memory(max(count * np.dtype(dtype).itemsize, 1))
    return np.frombuffer(memory, dtype, count).reshape(shape, order=order)  # type: ignore[call-overload]


def is_pinned(array: np.ndarray) -> bool:
    """Whether an array's numbers lie in pinned memory."""
    owner = m.root(array)
    return isinstance(owner.obj if isinstance(owner, memoryview) else owner, PinnedMemoryPointer)
