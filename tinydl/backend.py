"""Where arrays live: which library holds them, which precision they have, and where random numbers come from.

Every other room reaches its array library through this one, so the same code can run on NumPy and on CuPy:
an op asks `array_module(x)` and calls what it gets. This is the only file that may import cupy.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterator
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


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """x summed over the axes where `shape`, of x's rank, has a 1: the way back from broadcasting."""
    axes = tuple([i for i, n in enumerate(shape) if n == 1])
    if x.ndim < 3 or x.size == 0 or axes != tuple(range(x.ndim - 1)):
        return x.sum(axis=axes, keepdims=True)
    # A sum for each channel. As a matrix product it is many times faster than .sum(); and picture by picture it
    # keeps the digits of float32 that go lost where a million numbers are added up one after the other.
    pictures = x.reshape(len(x), -1, shape[-1])  # (n, h*w, c)
    sums = array_module(x).ones((1, pictures.shape[1]), dtype=x.dtype) @ pictures  # (n, 1, c)
    return sums.sum(axis=0).reshape(shape)


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
