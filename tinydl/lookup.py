"""Names and things: how "relu", "adam" and "same" are found, and how a class names its objects."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any


def lookup(name: str, table: Mapping[str, Any], what: str) -> Any:
    """The entry of `table` called `name`.

    Raises:
        ValueError: there is none; the message names `what` was looked for, the nearest name, and all of them.

    Example:
        >>> lookup("rleu", {"relu": 1, "tanh": 2}, "activation")
        Traceback (most recent call last):
        ValueError: unknown activation 'rleu': did you mean 'relu'? There are: relu, tanh
    """
    if isinstance(name, str) and name in table:
        return table[name]
    raise ValueError(unknown(name, table, what))


def unknown(name: Any, known: Iterable[str], what: str) -> str:
    """The message about a name that nobody has: with the nearest that somebody has, and all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}: {hint}There are: {', '.join(known)}"


def snake_case(kind: str) -> str:
    """The name that objects of a class have if they are given none.

    Example:
        >>> snake_case("MaxPooling2D"), snake_case("Conv2DTranspose"), snake_case("KLDivergence")
        ('max_pooling2d', 'conv2d_transpose', 'kl_divergence')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
