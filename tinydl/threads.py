"""Who does the work: threads that share a batch, with BLAS and memory set to suit them.

NumPy lets go of Python's lock while it copies and multiplies, so ordinary threads can share a batch. They do it better
than BLAS's own: each keeps its part of the work in its own cache from im2col to product, they meet once an op instead
of once a product, and where other programs want the cores too, nobody spins while waiting for the others.
"""

from __future__ import annotations

import concurrent.futures
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydl.backend import Array, array_module

_CORES = os.cpu_count() or 1  # asked once: the answer takes longer than a small op
_pool: concurrent.futures.ThreadPoolExecutor | None = None


def threads() -> int:
    """How many threads share the work: `$TINYDL_THREADS` or `$OMP_NUM_THREADS`, else one for each core."""
    given = os.environ.get("TINYDL_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return int(given) if given.isdecimal() and int(given) > 0 else _CORES


def in_shares(work: Callable[[slice], Any], count: int, size: int | None = None) -> list:
    """Divide `count` jobs among the threads: `work(slice)` for each share, a run of neighbours. Results in order.

    `size`: how many numbers the work goes through, if it is so simple that a few are not worth a thread.
    """
    global _pool
    shares = min(threads(), count) if size is None or size > 1 << 18 else 1
    if shares < 2:
        return [work(slice(0, count))]
    if _pool is None:
        _pool = concurrent.futures.ThreadPoolExecutor(threads(), "tinydl")
    cuts = [count * i // shares for i in range(shares + 1)]
    others = [_pool.submit(work, slice(*cut)) for cut in zip(cuts[1:], cuts[2:])]
    return [work(slice(0, cuts[1])), *(other.result() for other in others)]


def matmul(a: Array, b: Array) -> Array:
    """a @ b; if it is large, the rows of the result are divided among the threads."""
    if array_module(a, b) is not np or a.ndim != 2 or b.ndim != 2 or a.size * b.shape[1] < 1 << 22:
        return a @ b
    out = np.empty((len(a), b.shape[1]), dtype=np.result_type(a, b))
    in_shares(lambda rows: np.matmul(a[rows], b, out=out[rows]), len(a))
    return out


def _forget_pool() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool without its threads
    os.register_at_fork(after_in_child=_forget_pool)


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
