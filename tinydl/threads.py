"""Who does the work: threads that share a batch, with BLAS and memory set to suit them.

NumPy lets go of Python's lock while it copies and multiplies, so ordinary threads can share a batch. They do it better
than BLAS's own: each keeps its part of the work in its own cache from im2col to product, they meet once an op instead
of once a product, and where other programs want the cores too, nobody spins while waiting for the others.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import itertools
import operator
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydl import backend, kernels
from tinydl.backend import Array

# To go through fewer numbers than this once or twice is not worth waking a thread, which takes up to 0.1 ms.
FEW = 1 << 18
# So many numbers at once, 1 MB in float32, for what is made of them on the way to be in the cache still when it is
# needed. Fewer are no faster: between two calls of NumPy a thread needs Python's lock, and would find it taken.
PIECE = 1 << 18

_CORES = os.cpu_count() or 1  # asked once: the answer takes longer than a small op


def threads() -> int:
    """How many threads share the work: `$TINYDL_THREADS` or `$OMP_NUM_THREADS`, else one for each core."""
    given = os.environ.get("TINYDL_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return int(given) if given.isdecimal() and int(given) > 0 else _CORES


def in_shares(work: Callable[[slice], Any], count: int, over: Array, shares: int | None = None) -> list:
    """Divide `count` jobs into shares, runs of neighbours: `work(slice)` for each; what it returns, in order.

    Each thread takes the next share when it is done with one, so that a core that others use too does less. What is on
    a GPU is one share: it divides the work itself.

    Args:
        work: what is to be done.
        count: how many jobs.
        over: the array that they go through. Few numbers are not worth a thread, many are divided into more shares.
        shares: how many, if it is not the size of `over` that says so.
    """
    helpers = threads() - 1 if shares is not None or over.size > FEW else 0
    if backend.on_gpu(over):
        helpers, shares = 0, 1
    elif shares is None:  # a share may be larger than an elementwise piece: it leaves less behind on the way
        shares = max(over.size // (4 * PIECE), helpers + 1)
    cuts = min(shares, count) or 1
    runs = [slice(count * i // cuts, count * (i + 1) // cuts) for i in range(cuts)]
    helpers = min(helpers, cuts - 1)
    if helpers < 1:
        return [work(run) for run in runs]
    turns = itertools.count()
    done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()

    def take_turns() -> None:
        while (turn := next(turns)) < cuts:
            result = error = None
            try:
                result = work(runs[turn])
            except BaseException as raised:  # goes to the caller, once all shares are done
                error = raised
            done.put((turn, result, error))

    _start_helpers(helpers)
    for _ in range(helpers):
        # In a copy of the caller's context: NumPy keeps there what np.errstate says of overflow and division by zero.
        _tasks.put(functools.partial(contextvars.copy_context().run, take_turns))
    take_turns()
    finished = sorted((done.get() for _ in range(cuts)), key=operator.itemgetter(0))
    for _, _, error in finished:
        if error is not None:
            raise error
    return [result for _, result, _ in finished]


# A queue and threads that wait at it: a pool of concurrent.futures takes twice as long to wake one and to hear from it.
_tasks: queue.SimpleQueue = queue.SimpleQueue()
_helpers: list[threading.Thread] = []


def _start_helpers(count: int) -> None:
    while len(_helpers) < count:
        helper = threading.Thread(target=_help, name=f"tinydl-{len(_helpers) + 1}", daemon=True)
        helper.start()
        _helpers.append(helper)


def _help() -> None:
    while True:
        _tasks.get()()


def elementwise(function: Callable) -> Callable:
    """Let a function of one number at a time go through large arrays in pieces, divided among the threads.

    Its first argument has the shape and dtype of its result, and so have arrays after it; Python's numbers and options
    are handed on as they are. Whatever is not so, or small, or lies apart in memory, or is a Tensor, the function gets
    whole. The result is the same to the bit. On a GPU it becomes one kernel.
    """
    whole = kernels.one_kernel(function)

    @functools.wraps(function)
    def call(x: Any, *others: Any) -> Any:
        if backend.on_gpu(x) and x.dtype.kind == "f":  # of whole numbers such a kernel makes half precision
            return whole(x, *others)
        if not (isinstance(x, np.ndarray) and x.size > FEW and x.dtype.kind == "f" and x.flags.c_contiguous):
            return function(x, *others)
        for other in others:
            if isinstance(other, (np.ndarray, np.generic)):
                if not (other.shape == x.shape and other.dtype == x.dtype and other.flags.c_contiguous):
                    return function(x, *others)
        given = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in (x, *others)]
        out = np.empty_like(given[0])

        def work(piece: slice) -> None:
            out[piece] = function(*[a[piece] if isinstance(a, np.ndarray) else a for a in given])

        in_shares(work, x.size, x, shares=-(-x.size // PIECE))
        return out.reshape(x.shape)

    return call


def matmul(a: Array, b: Array) -> Array:
    """a @ b; if it is large, the rows or the columns of the result are divided among the threads.

    The longer side is divided: BLAS copies the other operand for each thread anew. Here the number of threads may move
    the last digits: which of its kernels BLAS takes for the edge of a matrix depends on the size.
    """
    if backend.on_gpu(a) and backend.on_gpu(b):
        if 0 in (a.ndim, b.ndim) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
            raise ValueError(f"matmul: a has shape {a.shape}, b {b.shape}: their inner lengths differ")
        return kernels.product(a, b)
    if a.ndim != 2 or b.ndim != 2 or a.size * b.shape[1] < 1 << 23:
        return a @ b
    out = np.empty((len(a), b.shape[1]), dtype=np.result_type(a, b))
    if len(a) >= b.shape[1]:
        in_shares(lambda rows: np.dot(a[rows], b, out=out[rows]), len(a), a, shares=threads())
    else:  # np.dot would want an `out` that lies in one piece
        in_shares(lambda some: np.matmul(a, b[:, some], out=out[:, some]), b.shape[1], b, shares=threads())
    return out


def _forget_helpers() -> None:
    global _tasks
    _tasks = queue.SimpleQueue()
    _helpers.clear()


# A forked process inherits what the threads left behind, but not the threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)


# ------------------------------------------------------------------------------------------- BLAS and memory
# Done once, at the first import: what came later would change the last bits of a product in the middle of a run.


def _one_thread_for_blas() -> None:
    """BLAS leaves the dividing to us: two that both do it get in each other's way."""
    folders = (Path(np.__file__).parents[1] / "numpy.libs", Path(np.__file__).parent / ".dylibs")
    names = ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads")
    for path in (path for folder in folders for path in folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))  # the one that NumPy has loaded already
        for name in names:
            if hasattr(library, name):
                getattr(library, name)(1)


def _keep_memory() -> None:
    """glibc keeps the memory that arrays give back, up to a gigabyte, for the arrays of the next step.

    It would hand large blocks back to the system at once, and every page of the next array would be mapped anew at its
    first touch: a tenth of a training step's time. Elsewhere the system's own ways have to do.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            trim, mmap = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD in malloc.h
            library.mallopt(trim, 1 << 30)
            library.mallopt(mmap, 1 << 30) or library.mallopt(mmap, 1 << 25)  # older ones take no more


_one_thread_for_blas()
_keep_memory()
