"""The modules: cupy and its rooms, each name a wrapper of NumPy's function of that name, if CuPy has it."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from . import cuda, draws, fusion, operators, streams  # noqa: F401, operators completes ndarray
from . import machine as m
from .array import ndarray, scatter, send
from .machine import counts, elementwise, here, in_c_order, launch, new, product, reshaped
from .names import MODULES, VERSION, accept

# Questions that CuPy answers on the host, from shapes and dtypes alone.
HOST = set(
    "broadcast_shapes can_cast isfortran isscalar iscomplexobj isrealobj issubdtype may_share_memory min_scalar_type"
    " ndim promote_types result_type shape size common_type base_repr binary_repr".split()
)
# A view where the memory allows it.
VIEWS = set(
    "atleast_1d atleast_2d atleast_3d broadcast_to diagonal expand_dims flip fliplr flipud moveaxis ravel"
    " reshape rollaxis rot90 squeeze swapaxes transpose permute_dims matrix_transpose as_strided".split()
)
WRITES = set(
    "copyto fill_diagonal place put put_along_axis putmask".split()
)  # they change their first argument
# How many there are is known on the GPU only, so that the CPU has to fetch it.
WAITS = set(
    "nonzero flatnonzero argwhere unique unique_all unique_counts unique_inverse unique_values extract compress"
    " trim_zeros delete insert bincount histogram setdiff1d intersect1d union1d array_equiv".split()
)
PRODUCTS = set(
    "dot matmul tensordot einsum inner outer vdot kron vecdot matvec vecmat multi_dot matrix_power".split()
)
JOINS = set("concatenate concat stack vstack hstack dstack column_stack block".split())
PLAIN_LINALG = PRODUCTS | {"norm", "diagonal", "matrix_norm", "vector_norm", "matrix_transpose", "trace"}
MAKERS = set("empty zeros ones full arange linspace eye identity tri logspace indices diag_indices".split())


def array(obj: Any, dtype: Any = None, copy: Any = True, order: Any = "K", ndmin: int = 0) -> ndarray:
    """cupy.array: what is not on the device yet travels there."""
    if isinstance(obj, ndarray):
        if obj._memory.device != here.device:
            obj = obj.copy()
        same = dtype is None or np.dtype(dtype) == obj.dtype
        result = obj if same and not copy else obj.astype(dtype or obj.dtype)
        return result if ndmin <= result.ndim else result.reshape((1,) * (ndmin - result.ndim) + result.shape)
    if isinstance(obj, (list, tuple)) and any(isinstance(part, ndarray) for part in obj):
        joined = join("stack", np.stack)(list(obj))
        return joined if dtype is None else joined.astype(dtype, copy=False)
    host = np.array(obj, dtype=dtype, order=order, ndmin=ndmin)
    if host.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {host.dtype}")
    return send("cupy.array", host)


def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None, blocking: bool = False
) -> ndarray:
    """cupy.asarray: no copy of what is there already."""
    return array(a, dtype, copy=bool(copy), order=order)


def asnumpy(
    a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True
) -> np.ndarray:
    """cupy.asnumpy: what is on the device is fetched, anything else goes to NumPy as it is."""
    if isinstance(a, ndarray):
        return a.get(stream=stream, order=order, out=out, blocking=blocking)
    return np.asarray(a, order=order)  # type: ignore[call-overload]


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    """The array itself where it lies in C order already; what has no axes gets one, as with NumPy."""
    if not isinstance(a, ndarray):
        raise TypeError(f"Argument 'a' has incorrect type (expected cupy.ndarray, got {type(a).__name__})")
    return launch(np.ascontiguousarray, (a, dtype))


def empty(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """Memory as it is: nothing runs. The stand-in puts garbage there, so that nobody counts on zeros."""
    host = np.empty(shape, dtype, order)  # type: ignore[call-overload]
    host.fill(m.garbage(host.dtype))
    return new(host)


def empty_like(
    prototype: Any, dtype: Any = None, order: str = "K", subok: Any = None, shape: Any = None
) -> ndarray:
    """Memory for an array like another one."""
    host = np.empty_like(prototype._standin, dtype, order, shape=shape)  # type: ignore[call-overload]
    host.fill(m.garbage(host.dtype))
    return new(host)


def join(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    """concatenate and its like: one copy for each array, or one kernel that reads a table of addresses.

    CuPy chooses the table for more than 8 arrays of one dtype that are small on the average, and sends it over.
    """
    parameters = MODULES["cupy"]["functions"].get(name, "?")
    f = in_c_order(f)

    def call(tup: Any, *args: Any, **kwargs: Any) -> Any:
        accept(f"cupy.{name}", parameters, kwargs)
        arrays = list(tup)
        if any(type(a) is not ndarray for a in arrays):
            kinds = {type(a) for a in arrays if type(a) is not ndarray}
            raise TypeError(f"Only cupy arrays can be concatenated, got {kinds}")
        if len(arrays) > 8 and len({a.dtype for a in arrays}) == 1:
            if sum(a.nbytes for a in arrays) < 2 * 2**20 * len(arrays):
                regular = all(a.flags.c_contiguous and a.shape == arrays[0].shape for a in arrays)
                counts.add(f"cupy.{name} of {len(arrays)} arrays", to_device=1 if regular else 3)
                return launch(f, (arrays, *args), kwargs)
        result = launch(f, (arrays, *args), kwargs)
        counts.launches += len(arrays) - 1
        return result

    return call


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """cupy.where: a choice between two, or with one argument the places, which have to be waited for."""
    if (x is None) != (y is None):
        raise ValueError("Must provide both 'x' and 'y' or neither.")
    if here.fusing:
        return fusion.elementwise(np.where, (condition, x, y))
    if x is None:
        return condition.nonzero()
    if type(condition) is not ndarray:
        if isinstance(condition, np.ndarray):  # its astype works, and then the kernel refuses it
            raise TypeError(f"Unsupported type {type(condition)}")
        raise AttributeError(f"{type(condition).__name__!r} object has no attribute 'astype'")
    return elementwise(np.where, (condition, x, y))


def split(f: Callable[..., Any]) -> Callable[..., Any]:
    """split and its like: views."""

    def call(ary: ndarray, *args: Any, **kwargs: Any) -> list[ndarray]:
        return [m.view(part, ary) for part in f(ary._standin, *args, **kwargs)]

    return call


def wrapper(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module of CuPy: NumPy's, with CuPy's parameters, as a kernel."""
    parameters = MODULES[module]["functions"][name]
    most = math.inf if re.search(r"\*\w|\?", parameters) else len(parameters.replace("*", "").split())
    home = {"cupy.linalg": np.linalg, "cupy.lib.stride_tricks": np.lib.stride_tricks}.get(module, np)
    f = getattr(home, name, None)
    if f is None:
        raise NotImplementedError(f"{module}.{name}: CuPy has it, and the stand-in does not do it yet")
    run: Callable[..., Any] = launch
    if name in PRODUCTS:
        run = product
    elif name in operators.REDUCTIONS:
        run = operators.reduce
    elif name == "clip":
        run = elementwise
    elif name == "take_along_axis":
        f = take_along_axis
    elif name in WAITS or (module == "cupy.linalg" and name not in PLAIN_LINALG):

        def run(f: Any, args: tuple, kwargs: Any) -> Any:
            counts.add(f"{module}.{name}", to_host=1, synchronisations=1)
            return launch(f, args, kwargs)

    elif name in WRITES:

        def run(f: Any, args: tuple, kwargs: Any) -> Any:
            return launch(f, args, kwargs, writes=(args[0],))

    elif name in VIEWS:

        def run(f: Any, args: tuple, kwargs: Any) -> Any:
            return reshaped(f, *args, **kwargs)

    elif name in HOST:

        def run(f: Any, args: tuple, kwargs: Any) -> Any:
            return f(*[m.unwrap(a, []) for a in args], **kwargs)

    devices_only = module == "cupy" and name not in HOST | MAKERS

    def call(*args: Any, **kwargs: Any) -> Any:
        if here.fusing:
            return fusion.function(name, f, args, kwargs)
        if kwargs:
            accept(f"{module}.{name}", parameters, kwargs)
        if len(args) > most:
            raise TypeError(f"{name}() takes at most {most} positional arguments but {len(args)} were given")
        if devices_only and args and isinstance(args[0], (np.ndarray, np.generic, int, float)):
            raise TypeError(f"Unsupported type {type(args[0])}")
        return run(f, args, kwargs)

    call.__name__ = name
    return call


class ufunc:  # noqa: N801, the name is CuPy's
    """An elementwise function: arrays and numbers in, `out` and `dtype` as keywords, no `where`."""

    def __init__(self, name: str, f: Callable[..., Any], nin: int, nout: int) -> None:
        self.name, self.nin, self.nout, self.nargs, self._f = name, nin, nout, nin + nout, f

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if here.fusing:
            return fusion.elementwise(self._f, args, kwargs, self.nin)
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        if len(args) > self.nin:
            out = args[self.nin :]
            args, kwargs = args[: self.nin], {**kwargs, "out": out[0] if len(out) == 1 else out}
        if kwargs:
            if not kwargs.keys() <= {"out", "dtype", "casting"}:
                raise TypeError(f"Wrong arguments {kwargs}")
            kwargs = {key: value for key, value in kwargs.items() if value is not None}
        for a in args:
            if type(a) is not ndarray and not isinstance(a, (int, float, complex, np.generic)):
                raise TypeError(f"Unsupported type {type(a)}")
        return elementwise(self._f, args, kwargs)

    def at(self, a: ndarray, indices: Any, b: Any) -> None:
        """Unbuffered work in place; CuPy has it for sums, differences and the larger or smaller of two."""
        if self.name not in ("add", "subtract", "maximum", "minimum"):
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        scatter(self._f, a, indices, b)

    def __repr__(self) -> str:
        return f"<ufunc {self.name!r}>"


def erf(x: Any, out: Any = None) -> Any:
    """The error function, with the precision of its argument."""
    x = np.asarray(x)
    values = np.vectorize(math.erf, otypes=[x.dtype if x.dtype.kind == "f" else float])(x)
    if out is None:
        return values
    out[...] = values
    return out


def pad(array: ndarray, pad_width: Any, mode: str = "constant", **kwargs: Any) -> ndarray:
    """cupy.pad: zeros and a copy into them; any other border is a launch for each side that gets something."""
    sides = int(np.count_nonzero(np.broadcast_to(pad_width, (array.ndim, 2))))
    counts.launches += 1 if mode == "constant" and not np.any(kwargs.get("constant_values", 0)) else sides
    return launch(np.pad, (array, pad_width, mode), kwargs)


def take_along_axis(a: np.ndarray, indices: np.ndarray, axis: int = -1) -> np.ndarray:
    """NumPy's, with indices that begin again beyond the end."""
    return np.take_along_axis(a, indices % (a.size if axis is None else a.shape[axis]), axis)


def get_array_module(*args: Any) -> ModuleType:
    """cupy if one of the arguments is on a device, else numpy."""
    return sys.modules["cupy"] if any(isinstance(a, ndarray) for a in args) else np


def _own_like(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, *args: Any, **kwargs: Any) -> Any:
        if type(a) is not ndarray:
            raise TypeError(f"Unsupported type {type(a)}")
        return launch(f, (a, *args), kwargs)

    return call


BY_HAND: dict[str, dict[str, Any]] = {
    "cupy": {
        "array": lambda obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False: array(
            obj, dtype, copy, order, ndmin
        ),
        "asarray": asarray, "asanyarray": asarray, "asnumpy": asnumpy, "where": where, "empty": empty,
        "ascontiguousarray": ascontiguousarray, "empty_like": empty_like, "ndarray": ndarray, "ufunc": ufunc,
        "copy": lambda a, order="K": fusion.copy(a) if here.fusing else a.copy(order),
        "pad": pad,
        "take": lambda a, indices, axis=None, out=None: a.take(indices, axis, out),
        "repeat": lambda a, repeats, axis=None: a.repeat(repeats, axis),
        "fuse": fusion.fuse, "ElementwiseKernel": fusion.ElementwiseKernel,
        "get_array_module": get_array_module, "is_available": lambda: m.machine.devices > 0,
        "get_default_memory_pool": lambda: m.machine.pool,
        **{name: join(name, getattr(np, name)) for name in JOINS if hasattr(np, name)},
        **{name: split(getattr(np, name)) for name in ("split", "array_split", "hsplit", "vsplit", "dsplit")},
        **{name: _own_like(getattr(np, name)) for name in ("zeros_like", "ones_like", "full_like")},
        "disable_experimental_feature_warning": False,
    },
    "cupy.cuda": {
        "runtime": cuda.runtime, "get_device_id": lambda: here.device,
        "is_available": lambda: m.machine.devices > 0,
        **{name: getattr(cuda, name) for name in (
            "Device", "MemoryPool", "get_allocator", "set_allocator", "using_allocator", "alloc_pinned_memory",
        )},
        **{name: getattr(streams, name) for name in (
            "Event", "Graph", "Stream", "get_current_stream", "get_elapsed_time",
        )},
    },
    "cupy.random": {"default_rng": draws.default_rng, "Generator": draws.Generator},
    "cupyx": {
        "empty_pinned": cuda.empty_pinned,
        "rsqrt": ufunc("rsqrt", lambda x, **k: np.divide(1, np.sqrt(x), **k), 1, 1),
        "scatter_add": lambda a, slices, value: scatter(np.add, a, slices, value),
        "scatter_max": lambda a, slices, value: scatter(np.maximum, a, slices, value),
        "scatter_min": lambda a, slices, value: scatter(np.minimum, a, slices, value),
    },
    "cupyx.scipy.special": {"erf": ufunc("erf", erf, 1, 1)},
}  # fmt: skip


def find(module: str, name: str) -> Any:
    """The attribute `name` of a module of CuPy."""
    if name in BY_HAND.get(module, {}):
        return BY_HAND[module][name]
    has = MODULES[module]
    if name in has.get("ufuncs", {}):
        nin, nout = map(int, has["ufuncs"][name].split())
        f = getattr(np, name, None)
        if f is not None:
            return ufunc(name, f, nin, nout)
    elif name in has.get("functions", {}):
        return (
            draws.legacy(name, has["functions"][name]) if module == "cupy.random" else wrapper(module, name)
        )
    elif name in has.get("values", ()) or name in has.get("classes", ()):
        if hasattr(np, name):
            return getattr(np, name)
    else:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise NotImplementedError(f"{module}.{name}: CuPy has it, and the stand-in does not do it yet")


def make_modules() -> dict[str, ModuleType]:
    """Fresh modules for sys.modules."""
    modules: dict[str, ModuleType] = {}
    packages = (
        "cupyx.scipy",
        "cupy.lib",
        "cupy.cuda.memory",
    )  # not in the list of names: what stands in them is
    for name in sorted([*MODULES, *packages]):
        if name == "cupy.cuda.runtime":
            continue
        module = modules[name] = ModuleType(name)
        module.__path__ = []
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(modules[parent], last, module)
        if name in MODULES:

            def attribute(key: str, module: ModuleType = module, name: str = name) -> Any:
                value = find(name, key)
                setattr(module, key, value)  # found once, the next time it is simply there
                return value

            setattr(module, "__getattr__", attribute)  # noqa: B010
    modules["cupy"].__version__ = VERSION  # type: ignore[attr-defined]
    modules["cupy.cuda.memory"].OutOfMemoryError = m.OutOfMemoryError  # type: ignore[attr-defined]
    modules["cupy.cuda.memory"].MemoryPool = cuda.MemoryPool  # type: ignore[attr-defined]
    return modules
