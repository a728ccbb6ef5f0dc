"""What CuPy has, read from names.json: the stand-in gives out these names and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_NAMES = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
VERSION: str = _NAMES["version"]
MODULES: dict[str, dict[str, Any]] = _NAMES["modules"]
CLASSES: dict[str, dict[str, Any]] = _NAMES["classes"]
_allowed: dict[str, frozenset[str] | None] = {}


def accept(function: str, parameters: str, kwargs: dict[str, Any]) -> None:
    """Raise TypeError for a keyword that CuPy's function does not have."""
    if parameters not in _allowed:
        names = parameters.split()
        _allowed[parameters] = None if {"?", "**"} & set(names) else frozenset(names)
    allowed = _allowed[parameters]
    if allowed is not None and not kwargs.keys() <= allowed:
        unknown = next(k for k in kwargs if k not in allowed)
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown!r}")
