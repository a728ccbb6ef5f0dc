"""What a device array does by sign (+, @, <, +=) and by the methods that it shares with NumPy's arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array import NUMBERS, ndarray
from .machine import counts, elementwise, launch, product, reshaped
from .names import CLASSES, accept

OPERATORS: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
    "floordiv": np.floor_divide, "mod": np.remainder, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
COMPARISONS: dict[str, Any] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal,
}  # fmt: skip
REDUCTIONS = set(
    "all any argmax argmin amax amin count_nonzero cumprod cumsum max mean median min nanmax nanmean nanmin nansum prod"
    " ptp std sum var".split()
)
UNARY: dict[str, Any] = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _defers(other: Any) -> bool:
    """Whether a class wants an operation for itself; CuPy finds it out in the same way."""
    if hasattr(other, "__array_ufunc__"):
        return other.__array_ufunc__ is None
    return getattr(other, "__array_priority__", 0) > ndarray.__array_priority__


def _binary(run: Any, f: Any, swapped: bool = False, in_place: bool = False) -> Callable[..., Any]:
    def operate(self: ndarray, other: Any) -> Any:
        if type(other) is not ndarray and not isinstance(other, NUMBERS):
            if _defers(other):
                return NotImplemented
            raise TypeError(f"Unsupported type {type(other)}")
        return run(f, (other, self) if swapped else (self, other), {"out": self} if in_place else None)

    return operate


def _unary(f: Any) -> Callable[..., Any]:
    return lambda self: elementwise(f, (self,))


def reduce(f: Any, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
    """A sum or the like along axes, which have to be there: NumPy forgives axis 0 and -1 of what has no axes."""
    a, kwargs = args[0], kwargs or {}
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    if type(a) is ndarray and a.ndim == 0 and axis not in (None, ()):
        raise np.exceptions.AxisError(axis if isinstance(axis, int) else axis[0], 0)
    if f.__name__ == "mean":
        counts.launches += 1  # a sum, and the division
    return launch(f, args, kwargs)


def _method(name: str, parameters: str) -> Callable[..., Any]:
    function = getattr(np.ndarray, name)
    gives_view = name in ("ravel", "squeeze", "swapaxes", "diagonal")
    run = reduce if name in REDUCTIONS else elementwise if name == "clip" else launch

    def call(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            accept(f"ndarray.{name}", parameters, kwargs)
            kwargs = {key: value for key, value in kwargs.items() if value is not None}
        if gives_view:
            return reshaped(function, self, *args, **kwargs)
        return run(function, (self, *args), kwargs)

    call.__name__ = name
    return call


for _name, _f in OPERATORS.items():
    setattr(ndarray, f"__{_name}__", _binary(elementwise, _f))
    setattr(ndarray, f"__r{_name}__", _binary(elementwise, _f, swapped=True))
    setattr(ndarray, f"__i{_name}__", _binary(elementwise, _f, in_place=True))
for _name, _f in COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _binary(elementwise, _f))
for _name, _f in UNARY.items():
    setattr(ndarray, f"__{_name}__", _unary(_f))
setattr(ndarray, "__matmul__", _binary(product, np.matmul))  # noqa: B010, as the others
setattr(ndarray, "__rmatmul__", _binary(product, np.matmul, swapped=True))  # noqa: B010
for _name, _parameters in CLASSES["cupy.ndarray"]["functions"].items():
    if not _name.startswith("_") and not hasattr(ndarray, _name) and hasattr(np.ndarray, _name):
        setattr(ndarray, _name, _method(_name, _parameters))
