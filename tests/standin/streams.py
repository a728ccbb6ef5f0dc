"""Streams, events and graphs: in which order a GPU works, and work that is recorded to be repeated."""

from __future__ import annotations

import itertools
import weakref
from typing import Any

import numpy as np

from . import machine as m
from .cuda import runtime
from .machine import CUDARuntimeError, counts, here

_times = itertools.count(1)


class Event:
    """A mark in a stream, to wait for."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self._mark: tuple[m.Queue, int] | None = None
        self._waited: dict[m.Queue, int] = {}
        self._time = self._asked = 0

    def record(self, stream: Any = None) -> None:
        """Put the mark behind what the stream has got so far."""
        queue = here.stream if stream is None else stream._queue
        self._mark, self._waited = (queue, queue.issued), dict(queue.waited)
        self._time, self._asked = next(_times), 0

    @property
    def done(self) -> bool:
        """Whether the stream has come this far. Work takes its time: the first who asks is told no, the next yes."""
        if self._mark is None:
            return True
        queue, number = self._mark
        if queue.capture is not None:
            return False
        if number > queue.finished:
            self._asked += 1
            if self._asked > 1:
                queue.finished = number
        return number <= queue.finished

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
        self._set(m.NULLS[here.device] if null else m.Queue(here.device, non_blocking))

    def _set(self, queue: m.Queue) -> None:
        self._queue, self._previous = queue, list[tuple[int, m.Queue]]()
        self.ptr, self.device_id = 0 if queue.null else id(queue), queue.device

    @staticmethod
    def _of(queue: m.Queue) -> Stream:
        stream = Stream.__new__(Stream)
        stream._set(queue)
        return stream

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
        """Whether the CPU knows that nothing is left to do. A capture is lost by the question, silently."""
        if self._queue.capture is not None:
            self._queue.capture.broken = True
            return False
        return self._queue.finished == self._queue.issued

    def synchronize(self) -> None:
        """Wait for everything on this stream."""
        if self._queue.capture is not None:
            self._queue.refuse()
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
            raise RuntimeError("cannot capture on the default (legacy) stream")
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
        self.used: dict[m.Memory, tuple[Any, Any]] = {}  # all there is to do with, those two among them
        self.states: dict[int, tuple[Any, Any]] = {}
        self.broken = False

    def touch(self, arrays: list[Any]) -> None:
        """Remember the memory of these arrays, and what other streams know of it."""
        for a in arrays:
            self.used.setdefault(a._memory, (a._memory.written, a._memory.read))

    def record(self, f: Any, args: Any, kwargs: Any, made: list[Any], answer: Any) -> None:
        """Remember a launch, and the arrays that take its results (None for a view)."""
        self.nodes.append((f, args, kwargs, made))
        parts = answer if isinstance(answer, (tuple, list)) else (answer,)
        for a, target in zip(parts, made):
            if target is not None:
                self.made.add(a._memory)
                self.used[a._memory] = (None, None)

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
            memory.block[...] = m.garbage(memory.block.dtype)
        for memory, (written, read) in self.used.items():
            memory.written, memory.read = written, read
        for bit_generator, state in self.states.values():
            bit_generator.state = state


class Graph:
    """Recorded launches, to be repeated on the same memory in one go.

    As CUDA's it holds no memory: who records keeps the arrays, or a pool that nobody else takes from.
    """

    def __init__(self, capture: Capture) -> None:
        self._nodes = capture.nodes
        changed = capture.made | set(capture.before)
        self._memory = [
            (weakref.ref(memory), memory in changed, memory.pool is m.machine.pool) for memory in capture.used
        ]

    def upload(self, stream: Stream | None = None) -> None:
        """Prepare the GPU for the first launch."""

    def launch(self, stream: Stream | None = None) -> None:
        """Run everything once more: one launch, whatever is in it."""
        queue = here.stream if stream is None else stream._queue
        mark = queue.next()
        for reference, changed, shared in self._memory:
            memory = reference()
            if memory is None and shared:
                raise RuntimeError(
                    "a graph uses memory that has gone back to the pool from which all others take"
                )
            if memory is None:
                continue
            queue.check(memory.written)
            if changed:
                queue.check(memory.read)
                memory.written = mark
            memory.read = mark
        counts.launches += 1
        with np.errstate(all="ignore"):
            for f, args, kwargs, results in self._nodes:
                made = f(*args, **kwargs)
                for target, numbers in zip(results, made if isinstance(made, (tuple, list)) else (made,)):
                    if target is not None:
                        target[...] = numbers
