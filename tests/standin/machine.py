"""The machine that is pretended: its GPUs, what is counted, and the one function through which every kernel goes.

A device array is a NumPy array in a wrapper that gives it to nobody. All work on it passes `launch`, which looks
after what CUDA looks after: on which GPU the numbers lie, whether two streams are in each other's way, and whether
the work is only being recorded.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

ERRORS = {  # cudaGetErrorName and cudaGetErrorString, as CuPy joins them
    "cudaErrorInsufficientDriver": "CUDA driver version is insufficient for CUDA runtime version",
    "cudaErrorNoDevice": "no CUDA-capable device is detected",
    "cudaErrorInvalidDevice": "invalid device ordinal",
    "cudaErrorIllegalState": "the operation cannot be performed in the present state",
    "cudaErrorStreamCaptureUnsupported": "operation not permitted when stream is capturing",
    "cudaErrorStreamCaptureInvalidated": "operation failed due to a previous error during capture",
    "cudaErrorStreamCaptureImplicit": "operation would make the legacy stream depend on a capturing blocking stream",
}


class CUDARuntimeError(RuntimeError):
    """CuPy's error for what the CUDA runtime refuses: the error's name and its meaning."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: {ERRORS[name]}")


class OutOfMemoryError(MemoryError):
    """CuPy's words when the device's memory, or the limit of a pool, is used up."""

    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        most = f", limit set to: {limit:,} bytes" if limit else ""
        so_far = f"(allocated so far: {total:,} bytes{most})"
        super().__init__(f"Out of memory allocating {size:,} bytes {so_far}.")


class HiddenTraffic(AssertionError):
    """A transfer or a synchronisation where a test forbids it."""


class Counts:
    """What the device was asked for since `reset()`.

    Attributes:
        to_device, to_host: copies between the machine's memory and a GPU's.
        synchronisations: how often the CPU had to wait for a GPU.
        launches: kernels, products and copies on a device.
        peak: the most bytes that were in use at one time, over all GPUs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forbidden = 0
        self.reset()

    def reset(self) -> None:
        """Count from 0 again."""
        self.to_device = self.to_host = self.synchronisations = self.launches = 0
        self.peak = machine.used()

    @property
    def transfers(self) -> int:
        """Copies in either direction."""
        return self.to_device + self.to_host

    def add(self, what: str, to_device: int = 0, to_host: int = 0, synchronisations: int = 0) -> None:
        """Count traffic, or refuse it: where it is forbidden, and while the stream is capturing.

        A transfer is refused by CuPy, before CUDA hears of it; what CUDA has to refuse ends the capture.
        """
        if self._forbidden:
            raise HiddenTraffic(f"{what}: a transfer or synchronisation where none may be")
        if here.stream.capture is not None:
            if to_device or to_host:
                way = "D2H" if to_host else "H2D"
                raise RuntimeError(f"the current stream is capturing, so {way} transfers are disallowed")
            here.stream.refuse()
        with self._lock:  # batches may be copied by a thread of their own
            self.to_device += to_device
            self.to_host += to_host
            self.synchronisations += synchronisations

    @contextlib.contextmanager
    def forbidden(self) -> Iterator[None]:
        """Any transfer or synchronisation, of any thread, raises `HiddenTraffic` at once."""
        self._forbidden += 1
        try:
            yield
        finally:
            self._forbidden -= 1

    def __repr__(self) -> str:
        names = ("to_device", "to_host", "synchronisations", "launches")
        return f"Counts({', '.join(f'{name}={getattr(self, name)}' for name in names)})"


class Machine:
    """The GPUs that `install` asked for."""

    def __init__(self, devices: int = 0, memory: int = 80 * 2**30, driver: str = "new") -> None:
        self.devices = devices
        self.memory, self.driver = memory, driver  # bytes of each GPU
        self.in_use = [0] * max(devices, 1)  # bytes, by GPU
        self.pool: Any = None  # where arrays get their memory unless a thread says otherwise
        self.kernels: dict[str, Any] = {}
        self.blocking_captures = 0  # ordinary streams that are capturing: the legacy stream may not run then

    def used(self) -> int:
        """Bytes in use on all GPUs."""
        return sum(self.in_use)


machine = Machine()  # replaced by `install`
counts = Counts()


def use(other: Machine) -> Machine:
    """Pretend another machine from now on, with every count at 0; gives the one before."""
    global machine
    before, machine = machine, other
    here.start()
    counts.reset()
    return before


class Memory:
    """An allocation: the array that owns the bytes, where they lie, and who touched them last."""

    __slots__ = ("block", "device", "size", "pool", "machine", "written", "read", "__weakref__")

    def __init__(self, block: np.ndarray) -> None:
        self.block, self.device, self.machine = block, here.device, machine
        self.written: tuple[Any, int] | None = None  # (stream, number of the work on it)
        self.read: tuple[Any, int] | None = None
        self.size = size = -(-block.nbytes // 512) * 512  # CuPy's pool hands out multiples of 512 bytes
        self.pool = here.pool or machine.pool
        in_use = machine.in_use
        if in_use[self.device] + size > machine.memory:
            total, self.size, self.pool = in_use[self.device], 0, None
            raise OutOfMemoryError(size, total)
        if self.pool is not None:
            self.pool._take(self)
        in_use[self.device] += size
        if len(in_use) == 1 and in_use[0] > counts.peak:
            counts.peak = in_use[0]
        elif len(in_use) > 1:
            counts.peak = max(counts.peak, machine.used())

    def __del__(self) -> None:
        self.machine.in_use[self.device] -= self.size
        if self.pool is not None:
            self.pool._give_back(self)


queues: weakref.WeakSet[Queue] = weakref.WeakSet()  # all there are


class Queue:
    """What orders work on a stream: its own numbers, and how far it has waited for other streams."""

    def __init__(self, device: int, non_blocking: bool, null: bool = False) -> None:
        self.device, self.non_blocking, self.null = device, non_blocking, null
        self.issued = 0  # the number of its latest work
        self.finished = 0  # up to here the CPU has seen it done
        self.waited: dict[Queue, int] = {}
        self.capture: Any = None
        queues.add(self)

    def refuse(self) -> NoReturn:
        """Raise for what CUDA does not do while it captures; the capture is lost."""
        self.capture.broken = True
        raise CUDARuntimeError("cudaErrorStreamCaptureUnsupported")

    def next(self) -> tuple[Queue, int]:
        """The mark of a new piece of work."""
        self.issued += 1
        return self, self.issued

    def check(self, mark: tuple[Queue, int] | None) -> None:
        """Raise if work on this stream could run before `mark` is done."""
        if mark is None or mark[0] is self:
            return
        other, number = mark
        implicit = (self.null and not other.non_blocking) or (other.null and not self.non_blocking)
        if implicit or number <= other.finished or number <= self.waited.get(other, 0):
            return
        raise RuntimeError(
            "race: this memory is in use on another stream, and this stream did not wait for its event"
        )


NULLS = [Queue(i, False, null=True) for i in range(8)]  # the default stream of each GPU, one for all threads


class Here(threading.local):
    """What is current in a thread: the GPU, its stream, the pool, a function that is being fused."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As in a fresh thread."""
        self.device = 0
        self.streams: list[Any] = list(NULLS)  # the current one of each GPU
        self.pool: Any = None
        self.fusing = False
        self.device_stack: list[int] = []

    @property
    def stream(self) -> Any:
        """The current stream of the current GPU."""
        return self.streams[self.device]


here = Here()


def same_device(array: Any) -> None:
    """Refuse an array of a GPU that is not the current one, as CuPy does where GPUs cannot reach each other."""
    if array._memory.device != here.device:
        raise ValueError(
            f"The device where the array resides ({array._memory.device}) is different from the current device"
            f" ({here.device}). Peer access is unavailable between these devices."
        )


def unwrap(value: Any, arrays: list[Any]) -> Any:
    """What a kernel gets for an argument; device arrays are also put into `arrays`. NumPy arrays are refused."""
    kind = type(value)
    if kind is ndarray:
        arrays.append(value)
        return value._standin
    if kind is tuple:
        return tuple([unwrap(v, arrays) for v in value])
    if kind is list:
        return [unwrap(v, arrays) for v in value]
    if kind is np.ndarray:
        raise TypeError(f"Unsupported type {kind}")
    return value


def root(array: Any) -> Any:
    """The object that owns an array's memory; between it and a strided view stands a helper of NumPy's."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def wrap(result: Any, arrays: list[Any], mark: Any = None) -> Any:
    """A device array for each array of a result: a view where it shows an argument's memory, else of its own."""
    if isinstance(result, (tuple, list)):
        parts = [wrap(part, arrays, mark) for part in result]
        return tuple(parts) if isinstance(result, tuple) else parts
    if not isinstance(result, np.ndarray):
        result = np.asarray(result)  # NumPy makes a number of what has no axes; CuPy leaves it on the device
    owner = root(result)
    for a in arrays:
        if a._standin is result:
            return a
        if a._memory.block is owner:
            return view(result, a)
    return new(result if owner is result else result.copy(), mark)


def new(host: np.ndarray, mark: Any = None) -> Any:
    """A device array that owns `host`'s numbers from now on."""
    a = ndarray.__new__(ndarray)
    a._standin = host
    a._memory = memory = Memory(host)
    memory.written = mark
    a.base = None
    return a


def view(host: np.ndarray, of: Any) -> Any:
    """A device array that shows memory of the array `of`."""
    a = ndarray.__new__(ndarray)
    a._standin = host
    a._memory = of._memory
    a.base = of if of.base is None else of.base
    return a


def launch(
    f: Any, args: tuple, kwargs: dict[str, Any] | None = None, writes: tuple = (), checked: bool = True
) -> Any:
    """Run `f` on the numbers of device arrays, as one kernel of the current stream.

    Args:
        f: a function of NumPy arrays.
        args, kwargs: its arguments, with device arrays in place of NumPy's. `out` may be among the keywords.
        writes: the device arrays that `f` changes.
        checked: whether arrays of another GPU are refused. Where they are not, the caller has to look.
    """
    arrays: list[Any] = []
    plain = [unwrap(a, arrays) for a in args]
    named = {k: unwrap(v, arrays) for k, v in kwargs.items()} if kwargs else {}
    if checked:
        for a in (*arrays, *writes):
            same_device(a)
    stream = here.stream
    if stream.null and machine.blocking_captures:
        raise CUDARuntimeError("cudaErrorStreamCaptureImplicit")
    mark = stream.next()
    out = kwargs.get("out") if kwargs else None
    if out is not None:
        writes += out if type(out) is tuple else (out,)
    if stream.capture is not None:
        stream.capture.touch([*arrays, *writes])
    for a in writes:
        begin_write(a, stream, mark)
    for a in arrays:
        memory = a._memory
        if memory.written is not None and memory.written[0] is not stream:
            stream.check(memory.written)
        memory.read = mark
    with np.errstate(all="ignore"):  # a GPU warns of nothing
        result = f(*plain, **named)
    made: list[Any] = []
    answer = out
    if out is None and result is not None:
        answer = wrap(result, arrays, mark)
        parts = answer if type(answer) in (tuple, list) else (answer,)
        made = [a._standin if a._memory.written is mark else None for a in parts]
    if not writes and not any(a is not None for a in made):
        return answer  # views: nothing ran
    counts.launches += 1
    if stream.capture is not None:
        stream.capture.record(f, plain, named, made, answer)
    return answer


def reshaped(f: Callable[..., Any], a: Any, *args: Any, **kwargs: Any) -> Any:
    """Run `f`, which gives another shape to an array: a view if it can be one, else a copy by a kernel."""
    if type(a) is ndarray:
        host = f(a._standin, *args, **kwargs)
        if root(host) is a._memory.block:
            return view(host, a)
    return launch(f, (a, *args), kwargs)


@functools.cache
def in_c_order(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` with a result in C order, however its arguments lie."""

    def run(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        several = type(result) is tuple
        return tuple([np.asarray(a, order="C") for a in result]) if several else np.asarray(result, order="C")

    return run


def elementwise(f: Callable[..., Any], args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
    """Run a ufunc: the result lies in C order, and inputs that share memory with `out` are copied before."""
    out = kwargs.get("out") if kwargs else None
    if out is None:
        return launch(in_c_order(f), args, kwargs)
    answer = launch(f, args, kwargs)
    for target in out if type(out) is tuple else (out,):
        others = [a for a in args if type(a) is ndarray and a is not target]
        counts.launches += sum(np.may_share_memory(a._standin, target._standin) for a in others)
    return answer


def product(f: Callable[..., Any], args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
    """A call of cuBLAS, which CuPy does not put into a graph; two vectors need none, they are summed."""
    if here.stream.capture is not None:
        if f is np.einsum or any(np.ndim(a) > 2 for a in args) or np.size(f(*unwrap(args, []))) != 1:
            raise NotImplementedError("calling cuBLAS API during stream capture is currently unsupported")
    return launch(f, args, kwargs, checked=False)


def garbage(dtype: np.dtype) -> Any:
    """What stands for memory that nobody has written: NaN, -1 (an index that can be used, and a wrong one), True."""
    if dtype.kind in "fc":
        return np.nan
    return np.array(-1).astype(dtype)


def begin_write(a: Any, stream: Any, mark: Any) -> None:
    """Note that a piece of work changes `a`."""
    memory = a._memory
    stream.check(memory.written)
    stream.check(memory.read)
    memory.written = mark
    if stream.capture is not None:
        stream.capture.keep(memory)


ndarray: Any = None  # the class, put here by array.py: it needs this file and this file makes arrays
