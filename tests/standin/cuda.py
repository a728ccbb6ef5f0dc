"""cupy.cuda: GPUs, streams and events, graphs, pools of memory."""

from __future__ import annotations

import contextlib
import itertools
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import machine as m
from .machine import CUDARuntimeError, counts, here

_ids = itertools.count(1)

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
        for queue in list(_queues):
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


# --------------------------------------------------------------------------------------- streams and events

_queues: weakref.WeakSet[m.Queue] = weakref.WeakSet(m.NULLS)


class Event:
    """A mark in a stream, to wait for."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self._mark: tuple[m.Queue, int] | None = None
        self._waited: dict[m.Queue, int] = {}
        self._time = 0

    def record(self, stream: Any = None) -> None:
        """Put the mark behind what the stream has got so far."""
        queue = here.stream if stream is None else stream._queue
        self._mark, self._waited, self._time = (queue, queue.issued), dict(queue.waited), next(_ids)

    @property
    def done(self) -> bool:
        """Whether the CPU knows that the stream has come this far."""
        return self._mark is None or self._mark[1] <= self._mark[0].finished

    def synchronize(self) -> None:
        """Wait until the stream has come this far."""
        counts.add("Event.synchronize", synchronisations=1)
        if self._mark is not None:
            queue, number = self._mark
            queue.finished = max(queue.finished, number)


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Milliseconds between two events; here the number of events recorded between them."""
    return float(end_event._time - start_event._time)


class Stream:
    """An order in which a GPU works; streams run side by side unless they wait for each other's events."""

    null: Stream

    def __init__(
        self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: Any = None
    ) -> None:
        runtime.getDeviceCount()
        self._queue = m.NULLS[here.device] if null else m.Queue(here.device, non_blocking)
        self._previous: list[tuple[int, m.Queue]] = []
        _queues.add(self._queue)

    @staticmethod
    def _of(queue: m.Queue) -> Stream:
        stream = Stream.__new__(Stream)
        stream._queue, stream._previous = queue, []
        return stream

    ptr = property(lambda self: 0 if self._queue.null else id(self._queue))
    device_id = property(lambda self: self._queue.device)
    is_non_blocking = property(lambda self: self._queue.non_blocking)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Stream) and self._queue is other._queue

    def __hash__(self) -> int:
        return id(self._queue)

    def use(self) -> Stream:
        """Make this the current stream of this thread."""
        here.streams[here.device] = self._queue
        return self

    def __enter__(self) -> Stream:
        self._previous.append((here.device, here.stream))
        return self.use()

    def __exit__(self, *error: Any) -> None:
        device, queue = self._previous.pop()
        here.streams[device] = queue

    @property
    def done(self) -> bool:
        """Whether the CPU knows that nothing is left to do."""
        return self._queue.finished == self._queue.issued

    def synchronize(self) -> None:
        """Wait for everything on this stream."""
        if self._queue.capture is not None:
            self._queue.capture.broken = True
            raise CUDARuntimeError("cudaErrorStreamCaptureUnsupported")
        counts.add("Stream.synchronize", synchronisations=1)
        self._queue.finished = self._queue.issued

    def record(self, event: Event | None = None) -> Event:
        """Record an event, a new one if none is given."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let later work of this stream wait for an event of another; the CPU does not wait."""
        if event._mark is not None:
            for queue, number in [*event._waited.items(), event._mark]:
                self._queue.waited[queue] = max(self._queue.waited.get(queue, 0), number)

    # ------------------------------------------------------------------------------------------- capture

    def begin_capture(self, mode: Any = None) -> None:
        """Record what is launched on this stream from now on instead of running it."""
        queue = self._queue
        if queue.null:
            raise CUDARuntimeError("cudaErrorStreamCaptureUnsupported")
        if queue.capture is not None:
            raise CUDARuntimeError("cudaErrorIllegalState")
        queue.capture = Capture()
        m.machine.blocking_captures += not queue.non_blocking

    def end_capture(self) -> Graph:
        """The graph of what was recorded."""
        queue, capture = self._queue, self._queue.capture
        if capture is None:
            raise CUDARuntimeError("cudaErrorIllegalState")
        queue.capture = None
        m.machine.blocking_captures -= not queue.non_blocking
        capture.undo()
        if capture.broken:
            raise CUDARuntimeError("cudaErrorStreamCaptureInvalidated")
        return Graph(capture)

    def is_capturing(self) -> bool:
        """Whether launches are being recorded."""
        return self._queue.capture is not None


Stream.null = Stream._of(m.NULLS[0])


def get_current_stream(device_id: int = -1) -> Stream:
    """The current stream of a GPU, by default of the current one."""
    runtime.getDeviceCount()
    return Stream._of(here.streams[here.device if device_id < 0 else device_id])


class Capture:
    """What a stream records.

    The work is done all the same, since only so the shapes and dtypes are known, and undone at the end: memory
    that was there before gets its numbers back, and results get garbage. Nobody can look in between, for reading
    means a transfer, and that is an error while capturing.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, Any, Any, list[Any]]] = []
        self.before: dict[m.Memory, np.ndarray] = {}
        self.made: set[m.Memory] = set()
        self.states: dict[int, tuple[Any, Any]] = {}
        self.broken = False

    def record(self, f: Any, args: Any, kwargs: Any, made: list[Any], answer: Any) -> None:
        """Remember a launch, and the arrays that take its results (None for a view)."""
        self.nodes.append((f, args, kwargs, made))
        parts = answer if isinstance(answer, (tuple, list)) else (answer,)
        self.made.update(a._memory for a, target in zip(parts, made) if target is not None)

    def keep(self, memory: m.Memory) -> None:
        """Remember the numbers of memory that is about to change."""
        if memory not in self.made and memory not in self.before:
            self.before[memory] = memory.block.copy()

    def keep_state(self, bit_generator: Any) -> None:
        """Remember where a random generator stood."""
        self.states.setdefault(id(bit_generator), (bit_generator, bit_generator.state))

    def undo(self) -> None:
        """Leave everything as if nothing had run."""
        for memory, numbers in self.before.items():
            memory.block[...] = numbers
        for memory in self.made:
            memory.block[...] = garbage(memory.block.dtype)
        for bit_generator, state in self.states.values():
            bit_generator.state = state


def garbage(dtype: np.dtype) -> Any:
    """What memory holds that nobody has written: NaN, or the largest whole number."""
    if dtype.kind in "fc":
        return np.nan
    return True if dtype.kind == "b" else np.iinfo(dtype).max


class Graph:
    """Recorded launches, to be repeated on the same memory in one go."""

    def __init__(self, capture: Capture) -> None:
        self._nodes = capture.nodes
        self._memory = [*capture.before, *capture.made]

    def upload(self, stream: Stream | None = None) -> None:
        """Prepare the GPU for the first launch."""

    def launch(self, stream: Stream | None = None) -> None:
        """Run everything once more: one launch, whatever is in it."""
        queue = here.stream if stream is None else stream._queue
        mark = queue.next()
        for memory in self._memory:
            queue.check(memory.written)
            queue.check(memory.read)
            memory.written = mark
        counts.launches += 1
        with np.errstate(all="ignore"):
            for f, args, kwargs, results in self._nodes:
                made = f(*args, **kwargs)
                for target, numbers in zip(results, made if isinstance(made, (tuple, list)) else (made,)):
                    if target is not None:
                        target[...] = numbers


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
    """Pinned memory of so many bytes."""
    return PinnedMemoryPointer(size)


def empty_pinned(shape: Any, dtype: Any = float, order: str = "C") -> np.ndarray:
    """cupyx.empty_pinned: a NumPy array in pinned memory."""
    count = int(np.prod(shape))
    memory = alloc_pinned_memory(max(count * np.dtype(dtype).itemsize, 1))
    return np.frombuffer(memory, dtype, count).reshape(shape, order=order)  # type: ignore[call-overload]


def is_pinned(array: np.ndarray) -> bool:
    """Whether an array's numbers lie in pinned memory."""
    owner = m.root(array)
    return isinstance(owner.obj if isinstance(owner, memoryview) else owner, PinnedMemoryPointer)
