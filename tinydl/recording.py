"""A step recorded once and replayed: what makes small networks fast on a GPU.

Every launch of a kernel takes Python and CuPy some ten microseconds to say, and a small network's kernels may be done
sooner than that. A CUDA graph is a list of launches that the GPU has been told before, and that one launch starts
all together: the same kernels, on the same memory, with the same numbers for arguments.

CuPy lets no matrix product into a graph. So a recording is a list of graphs with products between them: they are
launched one by one, and all the small things around them in between. And it remembers `actions`, what has to be done on
the host each time, such as telling the GPU the learning rate of the step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.backend import Array


class NotRecorded(Exception):
    """Something in the step cannot be recorded."""


class Recording:
    """What a function launches on the current GPU, to be launched again.

    Args:
        function: does the same with the same arrays each time that it is called; it neither asks the GPU for a number
            nor sends it one. It is called once for real, which fills a pool of memory of the recording's own, and once
            for the recording, when nothing is computed.

    Raises:
        NotRecorded: the function does something that cannot be recorded. It has been called for real then.
    """

    def __init__(self, function: Callable[[], Any]):
        cupy = self.cupy = backend.library()
        self.actions: list[Callable[[], None]] = []  # on the host, before each replay
        self.parts: list[Callable[[], Any]] = []  # on the GPU: graphs and products
        # Memory that nobody else is given: the graphs write into it whenever they are replayed.
        self.pool = cupy.cuda.MemoryPool()
        self.stream = cupy.cuda.Stream(non_blocking=True)  # CUDA records no default stream
        cupy.get_default_memory_pool().free_all_blocks()  # the steps before have filled it; here it is of no use
        with self._aside():
            function()
        with self._aside():
            try:
                self._record(function)
            except Exception as error:
                raise NotRecorded(f"{type(error).__name__}: {error}") from error

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """Work on our own stream, after all that has been queued and before all that will be."""
        everyone = self.cupy.cuda.get_current_stream()
        self.stream.wait_event(everyone.record())
        try:
            with self.cupy.cuda.using_allocator(self.pool.malloc), self.stream:
                yield
        finally:
            everyone.wait_event(self.stream.record())

    def _record(self, function: Callable[[], Any]) -> None:
        backend.now.recording = self
        self.stream.begin_capture()
        try:
            self.recorded = function()
        except BaseException:
            # What CUDA has to say of a capture that was broken off: the first error is the one to know.
            with contextlib.suppress(Exception):
                self.stream.end_capture()
            raise
        finally:
            backend.now.recording = None
        self.parts.append(self.stream.end_capture().launch)

    def product(self, a: Array, b: Array) -> Array:
        """a @ b, as a part between two graphs."""
        if a.ndim < 2:  # a vector is a matrix of one row, or of one column
            return self.product(a[None], b)[..., 0, :] if b.ndim > 1 else self.product(a[None], b)[0]
        if b.ndim < 2:
            return self.product(a, b[:, None])[..., 0]
        shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
        y = self.cupy.empty(shape, dtype=self.cupy.result_type(a, b))
        self.parts.append(self.stream.end_capture().launch)
        self.parts.append(partial(self.cupy.matmul, a, b, out=y))
        self.stream.begin_capture()
        return y

    def replay(self) -> None:
        """Launch it all again, on the current stream."""
        for action in self.actions:
            action()
        for part in self.parts:
            part()


def each_time(action: Callable[[], None]) -> None:
    """Do something on the host that belongs to a step: now, or, in a recording, each time that it is replayed."""
    if backend.now.recording is None:
        action()
    else:
        backend.now.recording.actions.append(action)
