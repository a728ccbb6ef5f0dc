"""How values travel between two processes: as JSON, arrays as their bytes. Nothing is pickled."""

from __future__ import annotations

import base64
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

LIMIT = 64 * 2**20  # bytes; no exercise asks for more


def pack(value: Any, *, functions: bool = False) -> Any:
    """A value as JSON can hold it.

    Args:
        value: arrays, Tensors (which arrive as arrays), numbers, strings, tuples, lists, dicts or None.
        functions: whether there may be functions, which travel by their names.

    Raises:
        TypeError: something cannot travel; the message completes "softmax gave …".
        ValueError: it is too large.
    """
    if isinstance(value, np.generic):
        return {"number": _bytes_of(value)}
    if isinstance(value, int) and value.bit_length() > 1000:  # it could not be compared with a float any more
        raise ValueError("a whole number of over 300 digits, far more than was asked for")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [pack(each, functions=functions) for each in value]
    if isinstance(value, tuple):
        return {"tuple": pack(list(value), functions=functions)}
    if isinstance(value, dict):
        return {"dict": [pack(list(pair), functions=functions) for pair in value.items()]}
    if _is_tensor(value):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        return {"array": _bytes_of(value)}
    if functions and callable(value):
        return {"function": _name_of(value)}
    if callable(value):
        raise TypeError("a function, not what it gives: are its parentheses missing?")
    raise TypeError(f"a value of type {type(value).__name__}, where an array or a number is expected")


def unpack(packed: Any, *, functions: bool = False) -> Any:
    """What was packed.

    Only where `functions` says so is a name looked up: what comes back from a reader's file must import nothing here.
    """
    if isinstance(packed, list):
        return [unpack(each, functions=functions) for each in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, inside),) = packed.items()
    if kind == "tuple":
        return tuple(unpack(inside, functions=functions))
    if kind == "dict":
        return dict(unpack(inside, functions=functions))
    if kind == "array":
        return _from_bytes(*inside)
    if kind == "number":
        return _from_bytes(*inside)[()]
    if kind == "function" and functions:
        return find(inside)
    raise ValueError(f"nothing of the kind {kind!r} is expected")


def find(name: str) -> Callable:
    """The function called "module:where", `where` walking attributes. Where it comes to a dict, the rest is a key."""
    module, _, where = name.partition(":")
    found: Any = importlib.import_module(module)
    while where:
        if isinstance(found, dict):
            found, where = found[where], ""
        else:
            step, _, where = where.partition(".")
            found = getattr(found, step)
    return getattr(found, "rule", found)  # a Mistake stands for its rule


def _name_of(function: Any) -> str:
    name = f"{getattr(function, '__module__', None)}:{getattr(function, '__qualname__', None)}"
    try:
        found = find(name)
    except (ImportError, AttributeError, KeyError, ValueError):
        found = None
    if found is not function:
        raise TypeError(f"a function that cannot be found as {name}")
    return name


def _is_tensor(value: Any) -> bool:
    """Whether it is tinydl's, which is not imported for this: where nobody did, there is no Tensor."""
    tensor = sys.modules.get("tinydl.tensor")
    return tensor is not None and isinstance(value, tensor.Tensor)


def _bytes_of(array: np.ndarray | np.generic) -> list:
    if array.dtype.kind not in "biufU":
        kind = "complex numbers" if array.dtype.kind == "c" else f"an array of dtype {array.dtype}"
        raise TypeError(f"{kind}, where real numbers are expected")
    if array.nbytes > LIMIT:
        raise ValueError(f"an array of {array.nbytes / 2**20:.0f} MB, far more than was asked for")
    return [array.dtype.str, array.shape, base64.b64encode(array.tobytes()).decode("ascii")]


def _from_bytes(dtype: str, shape: list[int], text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()
