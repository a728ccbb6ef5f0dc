"""The reader's file, run in a process of its own: nothing it does can hang or break the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 10.0  # how long a file may take for all its calls
MEGABYTES = 2048  # how much memory


@dataclass(frozen=True)
class Call:
    """One call of a function of the reader's file."""

    function: str
    arguments: tuple[
        Any, ...
    ]  # arrays, numbers, strings, tuples, lists, dicts, None, or functions of the package


@dataclass(frozen=True)
class Fault:
    """Why there is no answer: one line for the reader, and where in the file."""

    # unwritten, missing (no such file or function), syntax, import, error (an exception), time, memory, crash
    kind: str
    message: str
    line: int | None = None  # in the reader's file
    code: str = ""  # that line


@dataclass(frozen=True)
class Reply:
    """What came of a call."""

    value: Any = None  # arrays with their own dtype, numbers, strings, tuples, lists, dicts, None
    fault: Fault | None = None
    overwritten: tuple[int, ...] = ()  # the arguments that the call wrote into, by position


@dataclass(frozen=True)
class Outcome:
    """What came of a file: a fault of the whole, or a reply to each call."""

    replies: tuple[Reply, ...] = ()
    fault: Fault | None = None
    printed: str = ""  # what the file printed, cut off when it is long
    seconds: float = 0.0


def run(
    path: Path, calls: Sequence[Call], *, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Outcome:
    """Load a file in a process of its own and call its functions."""
    raise NotImplementedError


def answer(functions: dict[str, Any], calls: Sequence[Call], path: Path) -> tuple[Reply, ...]:
    """Call functions in this process. The other process does so, too."""
    raise NotImplementedError
