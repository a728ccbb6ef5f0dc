"""cupy.ndarray: an array whose numbers come out only where CuPy lets them out, and every time it is counted."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from . import machine as m
from .machine import counts, here, in_c_order, launch, new, product, reshaped, view

NUMBERS = (int, float, complex, np.generic)  # bool is an int
BASIC = (int, slice, type(None), type(Ellipsis), np.integer)  # indices that make a view
ATOMIC: dict[Any, str] = {  # what ufunc.at can work on
    np.add: "int32 int64 float16 float32 float64 uint32 uint64",
    np.subtract: "int32 uint32",
    np.maximum: "int32 int64 float32 float64 uint32 uint64",
    np.minimum: "int32 int64 float32 float64 uint32 uint64",
}
HARMLESS = {np.shape, np.ndim, np.size}


class Flags:
    """What `ndarray.flags` tells."""

    def __init__(self, array: ndarray) -> None:
        flags = array._standin.flags
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata, self.fnc = array.base is None, flags.fnc

    def __getitem__(self, name: str) -> bool:
        return getattr(self, name.lower())


class MemoryPointer:
    """What `ndarray.data` is: where the numbers are."""

    def __init__(self, ptr: int, memory: m.Memory) -> None:
        self.ptr, self.mem = ptr, memory
        self.device_id = memory.device

    @property
    def device(self) -> Any:
        """The GPU of this memory."""
        from .cuda import Device

        return Device(self.device_id)


class ndarray:  # noqa: N801, the name is CuPy's
    """An array on a pretended GPU. Its NumPy array is private to this package."""

    __module__ = "cupy"
    __slots__ = ("_standin", "_memory", "base", "__weakref__")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"
    ) -> None:
        if memptr is not None or strides is not None:
            raise NotImplementedError("the stand-in makes arrays of fresh memory only")
        self._standin: Any = np.empty(shape, dtype=dtype, order=order)  # type: ignore[call-overload]
        self._memory = m.Memory(self._standin)
        self.base: Any = None

    # ------------------------------------------------------------------------------ what is known on the host

    shape = property(lambda self: self._standin.shape, lambda self, shape: self._reshape_in_place(shape))
    dtype = property(lambda self: self._standin.dtype)
    ndim = property(lambda self: self._standin.ndim)
    size = property(lambda self: self._standin.size)
    itemsize = property(lambda self: self._standin.itemsize)
    nbytes = property(lambda self: self._standin.nbytes)
    strides = property(lambda self: self._standin.strides)
    flags = property(Flags)
    data = property(lambda self: MemoryPointer(self._standin.ctypes.data, self._memory))
    device = property(lambda self: self.data.device)
    T = property(lambda self: view(self._standin.T, self))
    mT = property(lambda self: view(self._standin.mT, self))
    real = property(lambda self: self if self.dtype.kind != "c" else view(self._standin.real, self))

    def _reshape_in_place(self, shape: Any) -> None:
        self._standin = self._standin.reshape(shape, copy=False)

    def __len__(self) -> int:
        return len(self._standin)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[i] for i in range(len(self)))

    # --------------------------------------------------------------------------- nothing converts by itself

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """A NumPy number beside a device array is a number; every other use of NumPy's ufuncs is refused.

        CuPy would hand np.exp(a) to cupy.exp. The stand-in does not: code that says np means the host.
        """
        scalar = any(isinstance(x, np.generic) for x in inputs)
        if method != "__call__" or not scalar or len(inputs) != 2 or kwargs:
            raise TypeError(f"np.{ufunc.__name__} on a device array: Unsupported type {ndarray}")
        return launch(ufunc, inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Only questions about the shape are answered; CuPy would dispatch more, see `__array_ufunc__`."""
        if func not in HARMLESS:
            raise TypeError(f"np.{func.__name__} on a device array: Unsupported type {ndarray}")
        return func(args[0]._standin, *args[1:], **kwargs)

    # --------------------------------------------------------------------------------- to the host and back

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        """A NumPy array of the same numbers: a transfer, for which the CPU waits unless `blocking=False`."""
        queue = here.stream if stream is None else stream._queue
        counts.add("ndarray.get", to_host=1, synchronisations=int(blocking))
        queue.check(self._memory.written)
        self._memory.read = queue.next()
        if blocking:
            queue.finished = queue.issued
        if out is None:
            return self._standin.copy(order=order)
        if not isinstance(out, np.ndarray):
            raise TypeError("Only numpy.ndarray can be obtained from cupy.ndarray")
        if out.dtype != self.dtype:
            raise TypeError(f"{out.dtype} array cannot be obtained from {self.dtype} array")
        if out.shape != self.shape:
            raise ValueError(f"Shape mismatch. Expected shape: {self.shape}, actual shape: {out.shape}")
        out[...] = self._standin
        return out

    def set(self, arr: Any, stream: Any = None) -> None:
        """Copy a NumPy array in. From pinned memory the CPU need not wait; from any other it does."""
        from .cuda import is_pinned

        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if self.dtype != arr.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if self.shape != arr.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        flags = self._standin.flags
        if not (flags.c_contiguous or flags.f_contiguous):
            raise RuntimeError("Cannot set to non-contiguous array")
        arr = np.asarray(arr, order="C" if flags.c_contiguous else "F")
        queue = here.stream if stream is None else stream._queue
        waits = not is_pinned(arr)
        counts.add("ndarray.set", to_device=1, synchronisations=int(waits))
        memory = self._memory
        queue.check(memory.written)
        queue.check(memory.read)
        memory.written = queue.next()
        if waits:
            queue.finished = queue.issued
        self._standin[...] = arr

    def item(self) -> Any:
        """The one number, fetched."""
        return self.get().item()

    def tolist(self) -> Any:
        """Lists of Python numbers, fetched."""
        return self.get().tolist()

    def tobytes(self, order: str = "C") -> bytes:
        """The bytes, fetched."""
        return self.get().tobytes(order)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            )
        return bool(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __complex__(self) -> complex:
        return complex(self.get())

    def __repr__(self) -> str:
        return repr(self.get())

    def __str__(self) -> str:
        return str(self.get())

    def __format__(self, format_spec: str) -> str:
        return format(self.get(), format_spec)

    def __reduce__(self) -> Any:
        from .library import array

        return array, (self.get(),)

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.copy()

    # --------------------------------------------------------------------------------------------- indices

    def __getitem__(self, slices: Any) -> ndarray:
        key = slices if type(slices) is tuple else (slices,)
        if all(isinstance(k, BASIC) and not isinstance(k, bool) for k in key):
            if not any(k is Ellipsis for k in key):
                key += (Ellipsis,)  # so that a single number stays an array
            return view(self._standin[key], self)
        return launch(_get, (self, _indices("ndarray.__getitem__", key)))

    def __setitem__(self, slices: Any, value: Any) -> None:
        """Write a device array or a number; NumPy arrays are refused, except where CuPy sends them over.

        That is beside an index by arrays: there a plain number, too, becomes an array, by a launch of its own.
        """
        key = slices if type(slices) is tuple else (slices,)
        if all(isinstance(k, BASIC) and not isinstance(k, bool) for k in key):
            if isinstance(value, np.ndarray):
                raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
            if not isinstance(value, (ndarray, *NUMBERS)):
                raise TypeError(f"Unsupported type {type(value)}")
            if not (isinstance(value, ndarray) and _same(value, self[key])):
                number = not isinstance(value, ndarray)
                launch(operator.setitem, (self, key, value), writes=(self,), checked=number)
            return
        if not isinstance(value, ndarray):
            value = send("ndarray.__setitem__", value, self.dtype)
        key = _indices("ndarray.__setitem__", key)
        launch(_set, (self, key, value), writes=(self,))

    # ------------------------------------------------------------------------------- shapes, dtypes, copies

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> ndarray:
        """A view if the memory allows it, else a copy."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return reshaped(np.reshape, self, tuple(wanted), order=order, copy=copy)

    def transpose(self, *axes: Any) -> ndarray:
        """A view with the axes in another order."""
        return view(self._standin.transpose(*axes), self)

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        """The same memory, perhaps read as another dtype."""
        return view(self._standin.view() if dtype is None else self._standin.view(dtype), self)

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> ndarray:
        """A copy in another dtype; the array itself if nothing changes and `copy=False`."""
        if not copy and self.dtype == np.dtype(dtype):
            return self
        return launch(np.ndarray.astype, (self, dtype, order, casting or "unsafe"))

    def copy(self, order: str = "C") -> ndarray:
        """A copy on the current GPU, whichever this array is on."""
        if self._memory.device != here.device:
            here.stream.check(self._memory.written)
            counts.launches += 1
            return new(self._standin.copy(order), here.stream.next())
        return launch(np.ndarray.copy, (self, order))

    def fill(self, value: Any) -> None:
        """Set every element to a number."""
        self[...] = value

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Sort in place."""
        launch(np.ndarray.sort, (self, axis), writes=(self,))

    def ptp(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
        """The range of the values."""
        return launch(np.ptp, (self, axis), {"out": out, "keepdims": keepdims})

    def nonzero(self) -> tuple[ndarray, ...]:
        """Where the elements are not 0. How many there are has to be fetched."""
        counts.add("ndarray.nonzero", to_host=1, synchronisations=1)
        return launch(np.ndarray.nonzero, (self,))

    def dot(self, b: Any, out: Any = None) -> ndarray:
        """The product of vectors and matrices."""
        return product(np.dot, (self, b), None if out is None else {"out": out})

    def take(self, indices: Any, axis: Any = None, out: Any = None) -> ndarray:
        """Elements by whole numbers, which begin again beyond the end; those on the host travel to the device."""
        if not isinstance(indices, (int, np.integer)):
            indices = _indices("ndarray.take", (indices,))[0]
        kwargs = {"mode": "wrap"} if out is None else {"mode": "wrap", "out": out}
        return launch(np.ndarray.take, (self, indices, axis), kwargs)

    def repeat(self, repeats: Any, axis: Any = None) -> ndarray:
        """Elements several times."""
        return launch(in_c_order(np.ndarray.repeat), (self, repeats, axis))

    def scatter_add(self, slices: Any, value: Any) -> None:
        """Add to elements that may be named more than once."""
        scatter(np.add, self, slices, value)

    def scatter_max(self, slices: Any, value: Any) -> None:
        """Keep the larger values."""
        scatter(np.maximum, self, slices, value)

    def scatter_min(self, slices: Any, value: Any) -> None:
        """Keep the smaller values."""
        scatter(np.minimum, self, slices, value)


def _same(a: ndarray, b: ndarray) -> bool:
    """Whether both are the same elements: x[i] += y ends with x[i] = x[i], for which CuPy runs nothing."""
    return a._memory is b._memory and (a.data.ptr, a.shape, a.strides) == (b.data.ptr, b.shape, b.strides)


def send(what: str, value: Any, dtype: Any = None) -> ndarray:
    """Host values as a device array: a transfer, but for a number, which is an argument of a launch."""
    if np.ndim(value) == 0:
        return launch(np.full, ((), np.asarray(value)[()], dtype))
    host = np.array(value, dtype=dtype)
    if host.size:
        counts.add(what, to_device=1)
    return new(host, here.stream.next())


def _indices(what: str, key: tuple) -> tuple:
    """The parts of an index, those that are lists or NumPy arrays sent to the device; a mask is waited for."""
    parts = []
    for k in key:
        if isinstance(k, (list, tuple, range, np.ndarray, bool, np.bool_)):
            k = send(what, k, np.intp if isinstance(k, (list, tuple)) and len(k) == 0 else None)
        if type(k) is ndarray and k.dtype.kind == "b":
            counts.add(f"{what} with a mask", to_host=1, synchronisations=1)
        parts.append(k)
    return tuple(parts)


def wrapped(key: tuple, shape: tuple[int, ...]) -> tuple:
    """An index of a NumPy array as a GPU reads it: numbers in arrays begin again beyond the end, unchecked."""
    kinds = [k.dtype.kind if isinstance(k, np.ndarray) else "" for k in key]
    takes = [0 if k is None or k is Ellipsis else 1 for k in key]  # axes; a mask takes as many as it has
    takes = [k.ndim if kind == "b" else n for k, kind, n in zip(key, kinds, takes)]
    parts, axis = [], 0
    for k, kind, taken in zip(key, kinds, takes):
        if kind in ("i", "u") and axis < len(shape) and shape[axis]:
            k = np.asarray(k.astype(np.intp) % shape[axis])
        parts.append(k)
        axis += len(shape) - sum(takes) if k is Ellipsis else taken
    return tuple(parts)


def _get(a: np.ndarray, key: tuple) -> Any:
    return np.array(a[wrapped(key, a.shape)], order="C")


def _set(a: np.ndarray, key: tuple, value: np.ndarray) -> None:
    a[wrapped(key, a.shape)] = value


@functools.cache
def _at(ufunc: Any) -> Any:
    return lambda a, key, value: ufunc.at(a, wrapped(key, a.shape), value)


def scatter(ufunc: Any, a: ndarray, slices: Any, value: Any) -> None:
    """ufunc.at, as CuPy's scatter functions do it, for the dtypes that the GPU's atomic functions have."""
    if str(a.dtype) not in (known := ATOMIC[ufunc]).split():
        raise TypeError(f"cupy.{ufunc.__name__}.at only supports {', '.join(known.split())} as data type")
    key = _indices("scatter", slices if type(slices) is tuple else (slices,))
    if type(value) is not ndarray and any(type(k) is ndarray for k in key):
        value = send("scatter", value, a.dtype)
    launch(_at(ufunc), (a, key, value), writes=(a,))


m.ndarray = ndarray
