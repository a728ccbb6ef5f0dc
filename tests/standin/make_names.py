"""Write names.json: what CuPy has, so that the stand-in has no more. Needs CuPy, but no GPU.

    python -m tests.standin.make_names      # with the CuPy that is to be imitated; 14.2.0 for the stored list

A function is stored with the names of its parameters in order, or with "?" where none can be read; keywords after
a "*", and "**" if it takes any. Of Cython's methods the signature stands in the first line of the docstring.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

NAMES = Path(__file__).with_name("names.json")
MODULES = (
    "cupy",
    "cupy.cuda",
    "cupy.cuda.runtime",
    "cupy.lib.stride_tricks",
    "cupy.linalg",
    "cupy.random",
    "cupyx",
    "cupyx.scipy.special",
)
CLASSES = (
    "cupy.ndarray",
    "cupy.ufunc",
    "cupy.cuda.Device",
    "cupy.cuda.Event",
    "cupy.cuda.Graph",
    "cupy.cuda.MemoryPool",
    "cupy.cuda.Stream",
    "cupy.random.Generator",
    "cupy._core.fusion._FusionVarArray",
    "cupy._core.fusion._FusionVarScalar",
)


def parameters(function: Any) -> str:
    """The names of a function's parameters, "?" if nobody says them.

    Example:
        >>> parameters(lambda a, axis=None, *, keepdims=False, **more: a)
        'a axis * keepdims **'
    """
    call = function if inspect.isroutine(function) or inspect.isclass(function) else type(function).__call__
    try:
        found = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        line = re.match(r"[\w.]*\((.*?)\)(?: ->.*)?$", (function.__doc__ or "").partition("\n")[0])
        if line is None:
            return "?"
        bare = [part.partition("=")[0].split()[-1] for part in line[1].split(",") if part.strip()]
        return " ".join("**" if name.startswith("**") else name for name in bare if name != "self")
    names: list[str] = []
    star = False  # whether what follows can be given by keyword only
    for p in found:
        if p.kind is p.KEYWORD_ONLY and not star:
            names.append("*")
        star = star or p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        names.append(
            f"*{p.name}" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else p.name
        )
    return " ".join(name for name in names if name != "self")


def describe(owner: Any, private: bool = False) -> dict[str, Any]:
    """The public names of a module or class by kind: ufuncs, functions, classes, values."""
    from cupy import ufunc

    found: dict[str, Any] = {"ufuncs": {}, "functions": {}, "classes": [], "values": []}
    for name in sorted(dir(owner)):
        special = name.startswith("__") and name.endswith("__") and not hasattr(type, name)
        if name.startswith("_") and not (private and special and not name.startswith("__pyx")):
            continue
        value = getattr(owner, name)
        if (
            inspect.ismodule(value) or type(value).__name__ == "_Feature"
        ):  # from __future__ import annotations
            continue
        if isinstance(value, ufunc):
            found["ufuncs"][name] = f"{value.nin} {value.nout}"
        elif inspect.isclass(value):
            found["classes"].append(name)
        elif callable(value):
            found["functions"][name] = parameters(value)
        else:
            found["values"].append(name)
    return {kind: names for kind, names in found.items() if names}


def wrap(value: Any, indent: int = 0) -> str:
    """JSON with as many names on a line as there is room for."""
    if not isinstance(value, (dict, list)):
        return json.dumps(value)
    pad = " " * (indent + 1)
    begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {wrap(inner, indent + 1)}" for key, inner in value.items()]
    else:
        parts = [json.dumps(inner) for inner in value]
    lines: list[str] = []
    for part in parts:
        if lines and "\n" not in lines[-1] + part and len(lines[-1]) + len(part) < 108:
            lines[-1] += f", {part}"
        else:
            lines.append(pad + part)
    return begin + "\n" + ",\n".join(lines) + "\n" + " " * indent + end


def collect() -> dict[str, Any]:
    """Everything names.json says, from the CuPy that is installed."""
    import cupy

    found: dict[str, Any] = {"version": cupy.__version__, "modules": {}, "classes": {}}
    for name in MODULES:
        found["modules"][name] = describe(importlib.import_module(name))
    for name in CLASSES:
        module, _, attribute = name.rpartition(".")
        found["classes"][name] = describe(getattr(importlib.import_module(module), attribute), private=True)
    return found


if __name__ == "__main__":
    NAMES.write_text(wrap(collect()) + "\n", encoding="utf-8")
