"""Where arrays live: which library holds them, on which device, in which precision, and where random numbers come from.

Every other room reaches its array library through this one, so the same code runs on NumPy and, on a GPU, on CuPy:
an op asks `array_module(x)` and calls what it gets. This is the only file that may import cupy.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

Array = Any  # a numpy.ndarray, or a cupy.ndarray on a GPU

_cupy: Any = None  # imported by the first set_device("gpu"), never before
_device = "cpu"  # that of `set_device`
several_gpus = False  # whether more than one has been named: a plain variable, since every op looks at it
_floatx = "float32"
_generators: dict[str, Any] = {}  # one random generator for each device in use
_seed: int | None = None


class _Now(threading.local):
    """What this thread is in the middle of."""

    device: str | None = None  # that of the `device` block at work
    tracing = False  # CuPy looks at a function, to make one kernel of it: see kernels.py
    recording: Any = None  # what a step launches is being recorded: see recording.py


now = _Now()


def array_module(*arrays: Any) -> ModuleType:
    """The library that holds these arrays: numpy, or cupy if one of them lives on a GPU."""
    if _cupy is not None and (now.tracing or any(isinstance(a, _cupy.ndarray) for a in arrays)):
        return _cupy
    return np


def is_array(value: Any) -> bool:
    """Whether `value` is an array of a library in use."""
    return isinstance(value, np.ndarray) or on_gpu(value)


def on_gpu(value: Any) -> bool:
    """Whether `value` is an array that lives on a GPU."""
    return _cupy is not None and isinstance(value, _cupy.ndarray)


def as_array(value: Any, dtype: Any = None) -> Array:
    """`value` as an array; numbers and lists of floats take the precision of `floatx()`.

    An array on a GPU stays there; everything else goes to the current device. Arrays keep their dtype unless `dtype`
    says otherwise, and are not copied when nothing has to change.
    """
    if on_gpu(value):
        return value if dtype is None else value.astype(dtype, copy=False)
    if dtype is None and not hasattr(value, "dtype"):
        value = np.asarray(value)
        if value.dtype == np.float64:  # what Python's own floats become; a NumPy array keeps its float64
            dtype = _floatx
    return np.asarray(value, dtype=dtype) if current_device() == "cpu" else _sent(value, dtype)


def to_numpy(array: Array) -> np.ndarray:
    """The same numbers as a NumPy array; no copy if they are in one already."""
    return _cupy.asnumpy(array) if on_gpu(array) else np.asarray(array)


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
        >>> a = tinydl.backend.random_generator().random()
        >>> tinydl.set_random_seed(0)
        >>> bool(a == tinydl.backend.random_generator().random())
        True
    """
    global _seed
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed: expected a whole number from 0 up, got {seed!r}")
    _seed = int(seed)
    _generators.clear()


def random_generator() -> Any:
    """The random generator of the current device: what is drawn in every step, like dropout, comes from it."""
    here = current_device()
    if here not in _generators:
        _generators[here] = new_generator(_seed)
    return _generators[here]


def generator_in_use() -> Any:
    """The current device's random generator if it has been asked for; None otherwise."""
    return _generators.get(current_device())


def new_generator(seed: int | None) -> Any:
    """A random generator of one's own on the current device."""
    return (np if current_device() == "cpu" else _cupy).random.default_rng(seed)


def host_generator() -> np.random.Generator:
    """NumPy's generator: for what is drawn once, so that a seed gives the same weights and order on every device."""
    if "cpu" not in _generators:
        _generators["cpu"] = np.random.default_rng(_seed)
    return _generators["cpu"]


def random_state() -> dict[str, Any]:
    """All that random numbers need to go on from here, as plain numbers and words.

    The state of a GPU's generator cannot be read. So it starts afresh here, from a seed that is part of the state.
    """
    state: dict[str, Any] = {}
    for name in [name for name in _generators if name != "cpu"]:
        state[name] = int(host_generator().integers(1 << 32))
        with device(name):
            _generators[name] = new_generator(state[name])
    return {**host_generator().bit_generator.state, "devices": state}


def generators_at(state: dict[str, Any]) -> dict[str, Any]:
    """Random generators that go on from what `random_state` gave, for `set_generators`.

    Raises:
        ValueError, TypeError, KeyError: it is no such state.
    """
    host = np.random.default_rng()
    host.bit_generator.state = state  # raises if it does not fit
    made: dict[str, Any] = {"cpu": host}
    for name, seed in state.get("devices", {}).items():
        if name in _opened.values():
            with device(name):
                made[name] = new_generator(int(seed))
    return made


def set_generators(made: dict[str, Any]) -> None:
    """Draw from these generators from now on; devices that are not among them start at the seed."""
    _generators.clear()
    _generators.update(made)


# ------------------------------------------------------------------------------------------------- devices


def current_device() -> str:
    """The name of the device on which new arrays are made: "cpu", "gpu:0", "gpu:1" ..."""
    return now.device or _device


def several_devices() -> bool:
    """Whether there is more than the CPU to ask about: whether a GPU has been named."""
    return _cupy is not None


def device_of(array: Array) -> str:
    """The name of the device on which an array lives."""
    return f"gpu:{array.device.id}" if on_gpu(array) else "cpu"


def to_device(array: Array, name: str) -> Array:
    """The same numbers on another device; the array itself if it lives there already."""
    name = opened(name)
    if device_of(array) == name:
        return array
    if name == "cpu":
        return _cupy.asnumpy(array)
    with _cupy.cuda.Device(_number(name)):
        return _sent(array)


def _sent(value: Any, dtype: Any = None) -> Array:
    """What is somewhere else as an array on the current GPU."""
    # A recording would send what now stands in that memory, whatever it will be then.
    if now.recording is not None:
        raise RuntimeError(
            "numbers are sent to the GPU inside of the step: make them before it, or on the GPU"
        )
    return _cupy.asarray(value, dtype=dtype)


def assign(array: Array, values: Any) -> None:
    """Write numbers, wherever they are, into an array: array[...] = values."""
    with array.device if on_gpu(array) else contextlib.nullcontext():
        array[...] = to_device(as_array(values, array.dtype), device_of(array))


def set_device(name: str) -> None:
    """Make new arrays on this device from now on: "cpu", "gpu" (which is "gpu:0"), "gpu:1" ...

    What has been made before, a model, say, stays where it is: see `Layer.to`.

    Raises:
        ValueError: the name is none of these.
        RuntimeError: a GPU was asked for, and CuPy, a driver or that GPU is missing; the message says what to do.

    Example:
        >>> import tinydl
        >>> tinydl.set_device("cpu")
    """
    global _device
    _device, now.device = opened(name), None
    _use(_device)


@contextlib.contextmanager
def device(name: str) -> Iterator[None]:
    """Make new arrays on this device inside a with block, in this thread. Raises what `set_device` does.

    Example:
        >>> import tinydl
        >>> with tinydl.device("cpu"):
        ...     t = tinydl.Tensor([1.0, 2.0])
    """
    name = opened(name)
    before, at_work = now.device, gpu_at_work()
    now.device = name
    _use(name)
    try:
        yield
    finally:
        now.device = before
        _use(at_work or current_device())


def gpu_at_work() -> str | None:
    """The GPU on which CuPy works in this thread: the current device, or the last GPU that was; None without CuPy."""
    return None if _cupy is None else f"gpu:{_cupy.cuda.Device().id}"


def _use(name: str) -> None:
    if name != "cpu":
        _cupy.cuda.Device(_number(name)).use()


_opened = {"cpu": "cpu"}  # the names that have been looked at, and what they mean


def opened(name: str) -> str:
    """The device's full name ("gpu" is "gpu:0"), once it is known to be there. Raises what `set_device` does."""
    global _cupy, several_gpus
    if name in _opened:
        return _opened[name]
    if not isinstance(name, str) or not re.fullmatch(r"cpu|gpu(:\d+)?", name):
        raise ValueError(f"device: expected 'cpu', 'gpu' or 'gpu:N', got {name!r}")
    try:
        library = importlib.import_module("cupy")
    except ImportError as error:
        raise RuntimeError(
            "a GPU needs CuPy: pip install 'cupy-cuda12x[ctk]', or cupy-cuda13x if nvidia-smi shows CUDA 13"
        ) from error
    version = f"{library.cuda.runtime.runtimeGetVersion() // 1000}"
    try:
        count = library.cuda.runtime.getDeviceCount()
    except library.cuda.runtime.CUDARuntimeError as error:
        hint = (
            f"the driver is missing, or too old for CUDA {version}, which this CuPy is made for: "
            "see what nvidia-smi says, then update the driver or install the CuPy of an older CUDA"
            if "Driver" in str(error)
            else "no NVIDIA GPU was found: nvidia-smi should list one (in Colab: Runtime, Change runtime type)"
        )
        raise RuntimeError(f"{name}: {hint} ({error})") from error
    if _number(name) >= count:
        there = ", ".join(f"gpu:{i}" for i in range(count)) or "none"
        raise RuntimeError(f"{name}: there is no such GPU here; there are: {there}")
    _cupy = library
    _opened[name] = f"gpu:{_number(name)}"
    several_gpus = len(set(_opened.values())) > 2
    return _opened[name]


def _number(name: str) -> int:
    return int(name.partition(":")[2] or 0)


def library(name: str = "cupy") -> Any:
    """CuPy, or a part of it, for the few rooms that need more of it than arrays."""
    return importlib.import_module(name)


def memory_in_use() -> str:
    """What the current device's memory is taken by, in words; empty on a CPU."""
    here = current_device()
    if here == "cpu":
        return ""
    free, total = _cupy.cuda.Device().mem_info
    ours = _cupy.get_default_memory_pool().used_bytes()
    name = _cupy.cuda.runtime.getDeviceProperties(_number(here))["name"].decode()
    gigabytes = [f"{size / 1e9:.2f}" for size in (ours, total - free, total)]
    return "{}, {}: arrays take {} GB, {} of {} GB are in use".format(here, name, *gigabytes)
