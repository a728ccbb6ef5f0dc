"""Calling the functions of a reader's file; whatever goes wrong becomes a line for somebody who is learning."""

from __future__ import annotations

import copy
import difflib
import inspect
import json
import linecache
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chapters.exercises import travel

# Where memory runs out, this much is let go of, so that there is some left to say so.
_spare = bytearray(4 * 2**20)


@dataclass(frozen=True)
class Call:
    """One call of a function of the reader's file."""

    function: str
    # Arrays, numbers, strings, tuples, lists, dicts, None, functions of the package.
    arguments: tuple[Any, ...]


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

    value: Any = None  # arrays and numbers with their own dtype, strings, tuples, lists, dicts, None
    fault: Fault | None = None
    overwritten: tuple[int, ...] = ()  # the arguments that the call wrote into, by position


def load(path: Path) -> dict[str, Any] | Fault:
    """Run a file as a module of its own, not as the main program: what it has by then, by name.

    The name of the file need not be one that can be imported, and nothing is written beside it.
    """
    try:
        code = compile(path.read_bytes().decode("utf-8-sig"), str(path), "exec", dont_inherit=True)
    except FileNotFoundError:
        return Fault("missing", f"there is no file {path}: `python -m chapters exercises init` makes it anew")
    except OSError as error:
        return Fault("missing", f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Fault("syntax", f"{path.name} is not UTF-8 text: let your editor save it as UTF-8", line)
    except SyntaxError as error:
        return fault_at(path, error.lineno, "syntax", f"{type(error).__name__}: {error.msg}")
    except (ValueError, MemoryError, RecursionError) as error:  # zero bytes; parentheses in their thousands
        return Fault("syntax", f"Python cannot read {path.name}: {_text(error) or type(error).__name__}")
    module = types.ModuleType("exercise")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look there
    try:
        exec(code, vars(module))
    except (Exception, SystemExit) as error:
        fault = fault_of(error, path, path.name)
        vars(module).clear()  # where memory ran out, this is where it went
        return Fault("import", fault.message, fault.line, fault.code) if fault.kind == "error" else fault
    return vars(module)


def answer(functions: dict[str, Any], calls: Sequence[Call], path: Path) -> tuple[Reply, ...]:
    """Call functions in this process.

    Args:
        functions: by name, as `load` finds them.
        calls: what to call. Each gets copies of its arguments, so that none can spoil the next.
        path: the file that the functions stand in, to tell where in it something went wrong.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neither printed nor, as some tests have it, made an error of
        return tuple(answers(functions, calls, path))


def answers(functions: dict[str, Any], calls: Sequence[Call], path: Path) -> Iterator[Reply]:
    """The replies of `answer`, one after the other."""
    for call in calls:
        function = functions.get(call.function)
        if not callable(function):
            yield Reply(fault=_missing(call.function, functions, path))
        elif fault := _wrong_parameters(function, call, path):
            yield Reply(fault=fault)
        else:
            yield _answer(function, call, path)


def _answer(function: Any, call: Call, path: Path) -> Reply:
    arguments = copy.deepcopy(call.arguments)
    before = [json.dumps(travel.pack(each, functions=True)) for each in arguments]
    try:
        value = function(*arguments)
    except (Exception, SystemExit) as error:
        return Reply(fault=fault_of(error, path, call.function))
    try:
        # A copy, whatever the reader's file does later; a Tensor becomes an array.
        value = travel.unpack(travel.pack(value))
        after = [json.dumps(travel.pack(each, functions=True)) for each in arguments]
    except (TypeError, ValueError, RecursionError, MemoryError) as error:
        message = f"{call.function} gave {_text(error) or 'something without an end'}"
        return Reply(fault=fault_at(path, _begins(function), "error", message))
    return Reply(value, overwritten=tuple(i for i, each in enumerate(before) if each != after[i]))


def fault_of(error: BaseException, path: Path, name: str) -> Fault:
    """What an exception means. `name` is what was running: a function, or the file."""
    if isinstance(error, MemoryError):
        _spare.clear()
    frames = list(traceback.walk_tb(error.__traceback__))
    lines = [line for frame, line in frames if frame.f_code.co_filename == str(path)]
    line = lines[-1] if lines else None
    own = bool(frames) and frames[-1][0].f_code.co_filename == str(path)
    text = _text(error)
    if isinstance(error, NotImplementedError) and own:
        return fault_at(path, line, "unwritten", text or f"{name} is not written yet")
    if isinstance(error, MemoryError):
        return fault_at(path, line, "memory", f"{name} needs more memory than it may have. {text}".strip())
    if isinstance(error, SystemExit):
        message = f"{name} ends the program (exit): a check cannot go on after that, take it out"
        return fault_at(path, line, "crash", message)
    if isinstance(error, RecursionError):
        return fault_at(
            path, line, "error", f"RecursionError: {name} calls itself more often than Python allows"
        )
    return fault_at(path, line, "error", f"{type(error).__name__}: {text}" if text else type(error).__name__)


def fault_at(path: Path, line: int | None, kind: str, message: str) -> Fault:
    """A fault with the text of its line, as it stands there now."""
    linecache.checkcache(str(path))
    return Fault(kind, message, line, linecache.getline(str(path), line).strip() if line else "")


def _missing(name: str, functions: dict[str, Any], path: Path) -> Fault:
    if name in functions:
        what = type(functions[name]).__name__
        return Fault(
            "missing", f"{name} in {path.name} is of type {what}, not a function: was its name used twice?"
        )
    others = [each for each, value in functions.items() if isinstance(value, types.FunctionType)]
    near = difflib.get_close_matches(name, others, n=1, cutoff=0.5)
    line = _begins(functions[near[0]]) if near else None
    hint = f"is {near[0]} meant to be it?" if near else "was it renamed or taken out?"
    return fault_at(path, line, "missing", f"there is no function {name} in {path.name}: {hint}")


def _wrong_parameters(function: Any, call: Call, path: Path) -> Fault | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # something of C, which will speak for itself
        return None
    try:
        signature.bind(*call.arguments)
    except TypeError:
        count = len(call.arguments)
        given = f"{count} argument{'s' * (count != 1)}"
        message = f"{call.function} is called with {given}, but stands there as {call.function}{signature}"
        return fault_at(path, _begins(function), "error", message)
    return None


def _begins(function: Any) -> int | None:
    code = getattr(function, "__code__", None)
    return code.co_firstlineno if code else None


def _text(error: BaseException) -> str:
    """What an exception says, on one line, in characters that can be written."""
    try:
        return " ".join(str(error).split())[:300].encode("utf-8", "replace").decode("utf-8")
    except Exception:  # an exception of the reader's own
        return ""
