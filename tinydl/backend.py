"""Where arrays live: which library holds them, which precision they have, where random numbers come from, and which
threads work on them.

Every other room reaches its array library through this one, so the same code can run on NumPy and on CuPy:
an op asks `array_module(x)` and calls what it gets. This is the only file that may import cupy.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Array = Any  # a numpy.ndarray, or a cupy.ndarray on a GPU

_cupy: ModuleType | None = None  # imported by the first device("gpu"), never before
_device = "cpu"
_floatx = "float32"
_generators: dict[str, Any] = {}  # one random generator for each device in use
_seed: int | None = None


def array_module(*arrays: Any) -> ModuleType:
    """The library that holds these arrays: numpy, or cupy if one of them lives on a GPU."""
    if _cupy is not None and any(isinstance(a, _cupy.ndarray) for a in arrays):
        return _cupy
    return np


def is_array(value: Any) -> bool:
    """Whether `value` is an array of a library in use."""
    return isinstance(value, np.ndarray) or (_cupy is not None and isinstance(value, _cupy.ndarray))


def as_array(value: Any, dtype: Any = None) -> Array:
    """`value` as an array on the current device; numbers and lists of floats take the precision of `floatx()`.

    Arrays keep their dtype unless `dtype` says otherwise, and are not copied when nothing has to change.
    """
    if dtype is None and not hasattr(value, "dtype"):
        value = np.asarray(value)
        if value.dtype == np.float64:  # what Python's own floats become; a NumPy array keeps its float64
            dtype = _floatx
    module = _cupy if _cupy is not None and _device != "cpu" else np
    return module.asarray(value, dtype=dtype)


def to_numpy(array: Array) -> np.ndarray:
    """The same numbers as a NumPy array; no copy if they are in one already."""
    if _cupy is not None and isinstance(array, _cupy.ndarray):
        return _cupy.asnumpy(array)
    return np.asarray(array)


def erf(x: Array) -> Array:
    """The error function, elementwise. NumPy has none, so the standard library's serves: exact, one call a number."""
    if array_module(x) is not np:
        return importlib.import_module("cupyx.scipy.special").erf(x)
    import math

    return np.vectorize(math.erf, otypes=[x.dtype])(x)


# --------------------------------------------------------------------------------------------- precision


def floatx() -> str:
    """The precision that new weights, and data made from plain numbers, get: "float32" or "float64"."""
    return _floatx


def set_floatx(name: str) -> None:
    """Choose the precision of what is made from now on.

    Raises:
        ValueError: `name` is neither "float32" nor "float64".
    """
    global _floatx
    if name not in ("float32", "float64"):
        raise ValueError(f"set_floatx: expected 'float32' or 'float64', got {name!r}")
    _floatx = name


# ----------------------------------------------------------------------------------------- random numbers


def set_random_seed(seed: int) -> None:
    """Start every random generator of tinydl afresh, so that the same script gives the same numbers.

    Example:
        >>> import tinydl
        >>> tinydl.set_random_seed(0)
        >>> a = tinydl.backend.random_generator().normal()
        >>> tinydl.set_random_seed(0)
        >>> bool(a == tinydl.backend.random_generator().normal())
        True
    """
    global _seed
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed: expected a whole number from 0 up, got {seed!r}")
    _seed = int(seed)
    _generators.clear()


def random_generator() -> Any:
    """The random generator of the current device: weights, dropout and shuffling all draw from it."""
    if _device not in _generators:
        module = np if _device == "cpu" else _cupy
        assert module is not None
        _generators[_device] = module.random.default_rng(_seed)
    return _generators[_device]


# ----------------------------------------------------------------------------------------- worker threads
# NumPy lets go of Python's lock while it copies and multiplies, so ordinary threads can share a batch. They do it
# better than BLAS's own: each keeps its part of the work in its own cache from im2col to product, they meet once an op
# instead of once a product, and where other programs want the cores too, nobody spins while waiting for the others.

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
        _one_thread_for_blas()
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


def _one_thread_for_blas() -> None:
    """From now on BLAS leaves the dividing to us: two that both do it get in each other's way."""
    folders = (Path(np.__file__).parents[1] / "numpy.libs", Path(np.__file__).parent / ".dylibs")
    names = ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads")
    for path in (path for folder in folders for path in folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))  # the one that NumPy has loaded already
        for name in names:
            if hasattr(library, name):
                getattr(library, name)(1)


def _forget_pool() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool without its threads
    os.register_at_fork(after_in_child=_forget_pool)


def _keep_memory() -> None:
    """Have glibc keep the memory that arrays give back, up to a gigabyte, for the arrays of the next step.

    It would hand large blocks back to the system at once, and every page of the next array would be mapped anew at its
    first touch: a fifth of a training step's time. Elsewhere the system's own ways have to do.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            trim, mmap = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD in malloc.h
            library.mallopt(trim, 1 << 30)
            library.mallopt(mmap, 1 << 30) or library.mallopt(mmap, 1 << 25)  # older ones take no more


_keep_memory()


# ------------------------------------------------------------------------------------------------- device


def current_device() -> str:
    """The name of the device on which new arrays are made: "cpu", "gpu" or "gpu:1"."""
    return _device


def set_device(name: str) -> None:
    """Make new arrays on this device from now on: "cpu", "gpu" or "gpu:N".

    Raises:
        ValueError: the name is none of these.
        RuntimeError: a GPU was asked for and CuPy is not installed.
    """
    global _device, _cupy
    if not re.fullmatch(r"cpu|gpu(:\d+)?", name):
        raise ValueError(f"set_device: expected 'cpu', 'gpu' or 'gpu:N', got {name!r}")
    if name != "cpu":
        try:
            _cupy = importlib.import_module("cupy")
        except ImportError as error:
            raise RuntimeError(
                "a GPU needs CuPy: pip install 'tinydl[cuda12]' or 'tinydl[cuda13]', as your driver is"
            ) from error
        _cupy.cuda.Device(int(name.partition(":")[2] or 0)).use()
    _device = name


@contextlib.contextmanager
def device(name: str) -> Iterator[None]:
    """Make new arrays on this device inside a with block.

    Example:
        >>> import tinydl
        >>> with tinydl.device("cpu"):
        ...     t = tinydl.Tensor([1.0, 2.0])
    """
    before = _device
    set_device(name)
    try:
        yield
    finally:
        set_device(before)
