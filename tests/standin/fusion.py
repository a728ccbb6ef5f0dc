"""cupy.fuse and cupy.ElementwiseKernel: many elementwise steps in one launch.

CuPy calls a fused function once for each combination of dtypes and dimensions, with proxies that only note what is
done to them, and keeps the kernel. So does the stand-in, proxies with the same few methods included: what the
function took from outside (a learning rate, say) stays what it was at the first call. CuPy can also fuse a sum or
a maximum; the stand-in fuses elementwise steps only, which cost one launch for certain.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import machine as m
from .array import NUMBERS, ndarray
from .machine import here, launch
from .names import CLASSES
from .operators import COMPARISONS, OPERATORS

FUNCTIONS = {"around", "clip", "imag", "real", "round"}  # besides the ufuncs, where and copy


class Trace:
    """The steps of a function: each a NumPy function, the slots or numbers it reads, and the slot it fills."""

    def __init__(self) -> None:
        self.steps: list[tuple[Callable[..., Any], list[tuple[int | None, Any]], int, bool, np.dtype]] = []
        self.samples: list[Any] = []  # a small array, or a number, for each slot
        self.written: set[int] = set()

    def proxy(self, sample: Any) -> Scalar:
        """The proxy of a new slot."""
        self.samples.append(sample)
        kind = Array if isinstance(sample, np.ndarray) else Scalar
        return kind(self, len(self.samples) - 1)

    def step(self, f: Callable[..., Any], args: tuple, out: Any = None) -> Scalar:
        """Note a step."""
        inputs: list[tuple[int | None, Any]] = []
        for a in args:
            if isinstance(a, Scalar):
                inputs.append((a._slot, None))
            elif isinstance(a, NUMBERS):
                inputs.append((None, a))
            else:
                raise TypeError(f"Unsupported type {type(a)}")
        values = [value if slot is None else self.samples[slot] for slot, value in inputs]
        result, dtype = _run(f, values), _dtype(f, values)
        if out is None:
            proxy = self.proxy(result.astype(dtype) if isinstance(result, np.ndarray) else result)
            self.steps.append((f, inputs, proxy._slot, False, dtype))
            return proxy
        if not isinstance(out, Array):
            raise TypeError("return arrays must be of ArrayType")
        if not np.can_cast(dtype, out.dtype, "same_kind"):
            raise TypeError(f"output 0: cannot cast {dtype} to {out.dtype} in same_kind casting mode")
        self.written.add(out._slot)
        self.steps.append((f, inputs, out._slot, True, dtype))
        return out

    def run(self, *args: Any) -> list[Any]:
        """All steps on NumPy arrays and numbers; the values of all slots."""
        slots = [*args, *[None] * (len(self.samples) - len(args))]
        for f, inputs, target, in_place, dtype in self.steps:
            values = [value if slot is None else slots[slot] for slot, value in inputs]
            result = _run(f, values)
            if in_place:
                slots[target][...] = result
            else:
                slots[target] = result.astype(dtype) if isinstance(result, np.ndarray) else result
        return slots


def _run(f: Callable[..., Any], values: list[Any]) -> Any:
    """A step: an array if there is an array among the values; of Python numbers a Python number."""
    result = f(*values)
    if any(isinstance(v, np.ndarray) for v in values):
        return np.asarray(result)
    weak = isinstance(f, np.ufunc) and not any(isinstance(v, np.generic) for v in values)
    return result.item() if weak else result


def _dtype(f: Callable[..., Any], values: list[Any]) -> np.dtype:
    """What CuPy makes of a step: a Python number counts as the smallest of its kind, so int8 * 0.5 is float16."""
    only_bool = not any(isinstance(v, (np.ndarray, np.generic)) and v.dtype != bool for v in values)

    def smallest(v: Any) -> Any:
        if type(v) is float:
            return np.float16(1)
        return np.int8(1) if type(v) is int and only_bool else v

    return np.asarray(f(*map(smallest, values))).dtype


class Scalar:
    """The proxy of a number: CuPy's _FusionVarScalar."""

    __slots__ = ("_trace", "_slot")
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None

    def __init__(self, trace: Trace, slot: int) -> None:
        self._trace, self._slot = trace, slot

    @property
    def dtype(self) -> np.dtype:
        """The dtype; of a Python number that of NumPy's."""
        return np.asarray(self._trace.samples[self._slot]).dtype

    @property
    def ndim(self) -> int:
        """-1: a number is no array of 0 dimensions."""
        return -1

    def copy(self) -> Scalar:
        """The same values under a new name."""
        return self._trace.step(np.copy, (self,))

    def astype(
        self, dtype: Any, order: Any = None, casting: Any = None, subok: Any = None, copy: bool = True
    ) -> Scalar:
        """The values in another dtype."""
        if order is not None or casting is not None or subok is not None:
            raise TypeError("order, casting and subok are not supported yet")
        dtype = np.dtype(dtype)
        if not copy and self.dtype == dtype:
            return self
        return self._trace.step(lambda x: np.asarray(x).astype(dtype)[()], (self,))

    def __bool__(self) -> bool:
        raise TypeError("Cannot convert to Python scalar in cupy.fuse")

    def __setitem__(self, slices: Any, value: Any) -> None:
        if not (slices is Ellipsis or slices == slice(None)):
            raise ValueError("The fusion supports `[...]` or `[:]`.")
        self._trace.step(np.array, (value,), out=self)


class Array(Scalar):
    """The proxy of an array: CuPy's _FusionVarArray, which can also be changed in place."""

    __slots__ = ()

    @property
    def ndim(self) -> int:
        """The number of dimensions; the shape is not known while a function is being fused."""
        return self._trace.samples[self._slot].ndim


def _operator(f: np.ufunc, kind: str) -> Callable[..., Any]:
    def operate(self: Scalar, other: Any) -> Scalar:
        args = (other, self) if kind == "r" else (self, other)
        return self._trace.step(f, args, out=self if kind == "i" else None)

    return operate


for _class, _known in (
    (Scalar, "cupy._core.fusion._FusionVarScalar"),
    (Array, "cupy._core.fusion._FusionVarArray"),
):
    _names = CLASSES[_known]["functions"]
    for _name, _ufunc in OPERATORS.items():
        for _kind in ("", "r", "i"):
            if f"__{_kind}{_name}__" in _names or _name == "or":  # `or`: only CuPy's newer proxies have it
                setattr(_class, f"__{_kind}{_name}__", _operator(_ufunc, _kind))
for _name, _ufunc in COMPARISONS.items():
    setattr(Scalar, f"__{_name}__", _operator(_ufunc, ""))
for _name, _f in {"neg": np.negative, "invert": np.invert}.items():
    setattr(Scalar, f"__{_name}__", lambda self, f=_f: self._trace.step(f, (self,)))


# ------------------------------------------------------------ what cupy's functions do while a function is fused


def elementwise(
    f: Callable[..., Any], args: tuple, kwargs: dict[str, Any] | None = None, nin: int = 9
) -> Scalar:
    """A ufunc of cupy called on proxies."""
    kwargs = dict(kwargs or {})
    args, outs = args[:nin], list(args[nin:])
    out = kwargs.pop("out", None)
    if out is not None:
        outs.append(out)
    if kwargs:
        raise TypeError(f"Wrong arguments {kwargs}")
    proxies = [a for a in args if isinstance(a, Scalar)]
    if not proxies:
        raise TypeError(f"Unsupported type {type(args[0])}: only arguments of the function can be fused")
    return proxies[0]._trace.step(f, args, out=outs[0] if outs else None)


def copy(a: Any) -> Scalar:
    """cupy.copy of a proxy."""
    return elementwise(np.copy, (a,))


def function(name: str, f: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Scalar:
    """Another function of cupy called while fusing: few can be."""
    if name not in FUNCTIONS:
        raise TypeError(f"cupy.{name} cannot be fused: it is not elementwise")
    return elementwise(f, args, kwargs)


class Fusion:
    """A function whose elementwise steps run as one kernel."""

    def __init__(self, func: Callable[..., Any], name: str | None = None) -> None:
        self.func, self.name = func, name or func.__name__
        self._memo: dict[tuple, tuple[Trace, Any]] = {}

    def __repr__(self) -> str:
        return f"<Fusion {self.name!r}>"

    def clear_cache(self) -> None:
        """Forget what was traced."""
        self._memo.clear()

    def __call__(self, *args: Any) -> Any:
        if here.fusing or not any(type(a) is ndarray for a in args):
            return self.func(*args)
        for a in args:
            if type(a) is not ndarray and a is not None and not isinstance(a, NUMBERS):
                raise TypeError(f"Invalid argument type for {self.name!r}: {type(a)}")
        if not self.name.isidentifier():
            raise ValueError(f'Invalid kernel name: "{self.name}"')
        key = tuple((a.dtype, a.ndim) if type(a) is ndarray else type(a) for a in args)
        if key not in self._memo:
            self._memo[key] = self._trace(args)
        trace, returned = self._memo[key]
        given = tuple(a for a in args if a is not None)

        def kernel(*plain: Any) -> Any:
            slots = trace.run(*plain)
            shape = np.broadcast_shapes(*[a.shape for a in plain if isinstance(a, np.ndarray)])
            outs = [np.array(np.broadcast_to(slots[i], shape), order="C") for i in returned or ()]
            return None if returned is None else tuple(outs) if isinstance(returned, tuple) else outs[0]

        return launch(kernel, given, writes=tuple(a for i, a in enumerate(given) if i in trace.written))

    def _trace(self, args: tuple) -> tuple[Trace, Any]:
        """Call the function with proxies; its steps, and the slots it returns (a tuple, a list of one, None)."""
        trace, proxies = Trace(), []
        for a in args:
            sample = np.ones((1,) * a.ndim, a.dtype) if type(a) is ndarray else a
            proxies.append(None if a is None else trace.proxy(sample))
        here.fusing = True
        try:
            result = self.func(*proxies)
        finally:
            here.fusing = False
        if result is None:
            return trace, None
        if not all(isinstance(part, Scalar) for part in (result if isinstance(result, tuple) else (result,))):
            words = "must be `None`, ndarray or a tuple of ndarays."
            raise ValueError(f"The return value of fused functions {words}")
        return trace, tuple(p._slot for p in result) if isinstance(result, tuple) else [result._slot]


def fuse(*args: Any, **kwargs: Any) -> Any:
    """cupy.fuse, as a decorator with or without kernel_name."""

    def wrapper(f: Callable[..., Any], kernel_name: str | None = None) -> Any:
        return functools.update_wrapper(Fusion(f, kernel_name), f)

    if len(args) == 1 and not kwargs and callable(args[0]):
        return wrapper(args[0])
    return lambda f: wrapper(f, *args, **kwargs)


# ------------------------------------------------------------------------------------------- kernels in CUDA


class ElementwiseKernel:
    """A kernel written in CUDA, which nothing here can run: `install(kernels={name: function})` says what it does.

    The function gets the inputs as NumPy arrays and numbers, then the arrays to write to. As in CuPy the outputs
    may be given by the caller; else they are made, with the broadcast shape and the dtype their letter stands for.
    """

    def __init__(
        self, in_params: str, out_params: str, operation: str, name: str = "kernel", **options: Any
    ) -> None:
        self.name, self._ins, self._outs = name, _parameters(in_params), _parameters(out_params)

    def __call__(self, *args: Any, size: int | None = None, stream: Any = None, block_size: int = 128) -> Any:
        if self.name not in m.machine.kernels:
            raise AssertionError(f"install(kernels={{{self.name!r}: ...}}) must say what this kernel does")
        if len(args) not in (len(self._ins), len(self._ins) + len(self._outs)):
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        ins, outs = args[: len(self._ins)], list(args[len(self._ins) :])
        letters: dict[str, np.dtype] = {}
        for (kind, name, _), a in zip([*self._ins, *self._outs], args):
            if type(a) is not ndarray and not isinstance(a, NUMBERS):
                raise TypeError(f"Unsupported type {type(a)}")
            wanted = letters.get(kind) if len(kind) == 1 else np.dtype(kind)
            if type(a) is ndarray:
                if wanted is not None and a.dtype != wanted:
                    raise TypeError(f"Type is mismatched. {name} {a.dtype.name} {wanted.name}")
                if len(kind) == 1:
                    letters[kind] = a.dtype
        if not outs:
            shapes = [a.shape for (_, _, raw), a in zip(self._ins, ins) if type(a) is ndarray and not raw]
            if not shapes and size is None:
                raise ValueError("Loop size is undecided.")
            shape = np.broadcast_shapes(*shapes) if shapes else (size,)
            for kind, _, _ in self._outs:
                dtype = letters[kind] if len(kind) == 1 else np.dtype(kind)
                outs.append(m.new(np.empty(shape, dtype)))
        f = m.machine.kernels[self.name]

        def kernel(*plain: Any) -> None:
            f(*plain)

        launch(kernel, (*ins, *outs), writes=tuple(outs))
        return outs[0] if len(outs) == 1 else tuple(outs)


def _parameters(text: str) -> list[tuple[str, str, bool]]:
    """(type, name, raw) of each parameter in "raw T x, float32 y"."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        words = part.split()
        found.append((words[-2], words[-1], "raw" in words[:-2]))
    return found
