"""Data on their way to a GPU: the next batch is copied while the GPU computes with this one.

A GPU reads the host's memory by itself, and beside its work, if two things are so: the copy has a stream of its own (a
queue of work for the GPU), and it comes from pinned memory, which the system leaves in its place. So a batch is laid in
pinned memory and its copy queued; then Python goes on and queues the step before it, and nobody waits for anybody.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.backend import Array, as_array

Arrays = tuple[Any, ...]  # of a batch: x, y, sample_weight, some of them None


def ahead(batches: Iterable[Arrays]) -> Iterator[Arrays]:
    """The batches, on the current device; on a GPU each one's copy begins before the one before it is used.

    Example:
        >>> for (x,) in ahead([(np.zeros(2),), (np.ones(2),)]):
        ...     print(x)
        [0. 0.]
        [1. 1.]
    """
    if backend.current_device() == "cpu":
        for batch in batches:
            yield tuple([None if a is None else as_array(a) for a in batch])
        return
    copies = _Copies.of(backend.current_device())
    coming: Any = None
    try:
        for batch in batches:
            arrived, coming = coming, copies.begin(batch)
            if arrived is not None:
                yield copies.finish(arrived)
        if coming is not None:
            arrived, coming = coming, None
            yield copies.finish(arrived)
    finally:
        if coming is not None:  # nobody wants it any more: but its memory is not free before the copy is over
            copies.finish(coming)


class _Copies:
    """A device's stream for copies, and the pinned memory that they come from."""

    @staticmethod
    @functools.cache
    def of(device: str) -> _Copies:
        """Those to this device, which is the current one: for good, since a copy may still be at work."""
        return _Copies()

    def __init__(self) -> None:
        self.cupy = backend.library()
        self.stream = self.cupy.cuda.Stream(non_blocking=True)
        self.pinned: list[tuple[np.ndarray, Any]] = []  # bytes, and the event after which they are free again
        self.lock = threading.Lock()  # several threads may have data on their way

    def begin(self, batch: Arrays) -> tuple[Arrays, Any]:
        """Queue the copy of a batch; returns its arrays on the GPU and the event that tells when they are there."""
        # Memory that Python has given back may still be read by work in the queue: a copy into it comes after that.
        self.stream.wait_event(self.cupy.cuda.get_current_stream().record())
        used: list[np.ndarray] = []
        try:
            arrays = tuple([self._copy(a, used) for a in batch])
        except BaseException:  # memory is full, say: but the copies that have begun are at work
            self.finish(((), self._mark(used)))
            raise
        return arrays, self._mark(used)

    def _mark(self, used: list[np.ndarray]) -> Any:
        """The event after which this pinned memory is free again."""
        event = self.stream.record()
        self.pinned += [(memory, event) for memory in used]
        return event

    def finish(self, begun: tuple[Arrays, Any]) -> Arrays:
        """The arrays, for work that is queued from now on."""
        arrays, event = begun
        self.cupy.cuda.get_current_stream().wait_event(event)
        return arrays

    def _copy(self, array: Any, used: list[np.ndarray]) -> Array | None:
        if not isinstance(array, np.ndarray):  # None, or on a GPU already
            return array
        memory = self._pinned(array.nbytes)
        used.append(memory)
        there = memory[: array.nbytes].view(array.dtype).reshape(array.shape)
        np.copyto(there, array)
        copy = self.cupy.empty(array.shape, dtype=array.dtype)
        copy.set(there, stream=self.stream)
        return copy

    def _pinned(self, size: int) -> np.ndarray:
        """So many bytes of pinned memory: some whose copy is over, or new; asking an event costs no waiting."""
        with self.lock:
            for i, (memory, event) in enumerate(self.pinned):
                if memory.size >= size and event.done:
                    del self.pinned[i]
                    return memory
        return np.frombuffer(self.cupy.cuda.alloc_pinned_memory(max(size, 1)), np.uint8, max(size, 1))
