"""The reader's file, run in a process of its own: nothing it does can hang or break the check."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chapters.exercises import travel
from chapters.exercises.calling import Call, Fault, Reply, answer, fault_at

__all__ = ["MEGABYTES", "SECONDS", "Call", "Fault", "Outcome", "Reply", "answer", "run"]

SECONDS = 10.0  # how long a file may take for all its calls
MEGABYTES = 2048  # how much memory, the 100 that Python and NumPy take themselves included
PRINTED = 20_000  # characters of what is printed
START = 10.0  # seconds for the process to begin and to end, on a machine that has much to do


@dataclass(frozen=True)
class Outcome:
    """What came of a file: a fault of the whole, or a reply to each call.

    Where the process came to its end in the middle of a call, that is the reply to this call and to all after it.
    """

    replies: tuple[Reply, ...] = ()
    fault: Fault | None = None
    printed: str = ""  # what the file printed, cut off when it is long
    seconds: float = 0.0


def run(
    path: Path, calls: Sequence[Call], *, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Outcome:
    """Load a file in a process of its own and call its functions.

    When time is over the process ends itself, and if it does not, it is ended, with all that it started; on Linux and
    macOS all but what left its session on purpose. The limit on memory is the system's: it holds on Linux; macOS
    takes it without keeping it, and Windows has none, so that there the limit on time has to do.

    Args:
        path: the file, whatever its name. What lies in its folder takes no module's place.
        calls: what to call, one after the other; of functions of the package only the names travel.
        seconds: for loading the file and all calls.
        megabytes: what the process may hold.
    """
    path = Path(path).absolute()
    order = {
        "path": str(path),
        "seconds": seconds,
        "megabytes": megabytes,
        "calls": [(call.function, travel.pack(call.arguments, functions=True)) for call in calls],
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "chapters.exercises.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=path.parent if path.parent.is_dir() else None,
        env=_environment(path.parent),
        start_new_session=True,
    )
    try:
        sent, read_sent = _read(process.stdout, 2 * travel.LIMIT)
        printed, read_printed = _read(process.stderr, 4 * PRINTED)
        with contextlib.suppress(OSError), process.stdin as stdin:  # it may have failed to begin
            stdin.write(json.dumps(order).encode("ascii"))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds + START)
    finally:
        status = process.poll()
        _end(process)
    for reader in (read_sent, read_printed):
        reader.join(1)  # what left its session may hold a pipe open
    said = bytes(printed).decode("utf-8", "replace")
    fault, replies = _understood(bytes(sent), status, path, calls, seconds)
    return Outcome(
        replies,
        fault,
        said if len(said) <= PRINTED else f"{said[:PRINTED]}\n… and so on",
        time.monotonic() - began,
    )


def _environment(folder: Path) -> dict[str, str]:
    """One thread, no windows, and the modules that this process has; nothing from the reader's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    threads = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS VECLIB_MAXIMUM_THREADS TINYDL_THREADS"
    root = Path(__file__).parents[2]
    places = [str(Path(each).absolute()) for each in (root, *sys.path) if each]
    places = [each for each in places if Path(each).resolve() != folder.resolve()]
    return (
        kept
        | dict.fromkeys(threads.split(), "1")
        | {
            "MPLBACKEND": "agg",
            "PYTHONPATH": os.pathsep.join(places),
            "PYTHONSAFEPATH": "1",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",  # what was printed before a crash is there
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    )


def _read(pipe: IO[bytes], limit: int) -> tuple[bytearray, threading.Thread]:
    """Read a pipe to its end by a thread, and keep the beginning: who prints without end fills nothing."""
    kept = bytearray()

    def read() -> None:
        with pipe:
            while chunk := os.read(pipe.fileno(), 1 << 16):
                kept.extend(chunk[: limit - len(kept)])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return kept, reader


def _end(process: subprocess.Popen) -> None:
    """End a process and what it started, if any of it is still there."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the second of a dead one
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _understood(
    sent: bytes, status: int | None, path: Path, calls: Sequence[Call], seconds: float
) -> tuple[Fault | None, tuple[Reply, ...]]:
    """What the process sent, up to where it ended. Whatever comes from it is looked at with suspicion."""
    *lines, rest = sent.split(b"\n", len(calls) + 1)
    replies: list[Reply] = []
    try:
        for line in lines:
            message = json.loads(line)
            fault = Fault(**message["fault"]) if message.get("fault") else None
            value = travel.unpack(message.get("value"))
            replies.append(Reply(value, fault, tuple(message.get("overwritten", ()))))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError):
        rest = b"\n".join(lines[len(replies) :]) + b"\n" + rest
    loaded, *replies = replies or [Reply(fault=_ending(rest, status, path, path.name, seconds))]
    if loaded.fault is None and len(replies) < len(calls):
        fault = _ending(rest, status, path, calls[len(replies)].function, seconds)
        replies += [Reply(fault=fault)] * (len(calls) - len(replies))
    return loaded.fault, tuple(replies)


def _ending(rest: bytes, status: int | None, path: Path, name: str, seconds: float) -> Fault:
    """Why a process came to its end while `name` was running, as it wrote down or the system says."""
    written = rest.decode("ascii", "replace")
    # A traceback names the innermost call first, of each thread; the one that everything began with comes last.
    spelled = re.escape(str(path).encode("ascii", "backslashreplace").decode("ascii"))
    threads = reversed(written.split("most recent call first"))
    lines = [found[1] for each in threads if (found := re.search(rf'File "{spelled}", line (\d+)', each))]
    line = int(lines[0]) if lines else None
    if status is None or "Timeout (" in written:
        message = f"{name} is not done after {seconds:g} s: is there a loop that does not end?"
        return fault_at(path, line, "time", message)
    if status == -getattr(signal, "SIGKILL", 0):
        message = f"{name} was ended by the system, most likely because memory ran out"
        return fault_at(path, line, "memory", message)
    how = f"exit status {status}" if status >= 0 else signal.strsignal(-status) or f"signal {-status}"
    return fault_at(path, line, "crash", f"{name} ended the whole program ({how}); nothing came after that")
