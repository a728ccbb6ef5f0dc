"""The process of a contestant: one library, one case, one phase. `race.py` starts it and talks to it over pipes.

    python -m benchmarks.contestant torch:channels-last lenet train

It says when it is ready; then every line it reads is a number of steps to do, and it answers what one step took.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import sys
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.steps import Steps

PROCESS = Path("/proc/self")


def megabytes(field: str) -> float | None:
    """VmRSS (now) or VmHWM (the peak) of this process; None where the system does not tell."""
    status = PROCESS / "status"
    if not status.exists():
        return None
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def begin_anew() -> float | None:
    """What the process holds now, with nothing in reserve and its peak forgotten.

    Loading a library and drawing the data may take more memory than a step, and what they gave back may still be kept
    for later: a step that helped itself there would seem to need nothing.
    """
    gc.collect()
    if PROCESS.exists():  # Linux
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # glibc: back to the system
        with contextlib.suppress(OSError):
            (PROCESS / "clear_refs").write_text("5", encoding="utf-8")  # VmHWM is the peak from here on
    return megabytes("VmRSS")


def prepare(contestant: str, case: Case, phase: str) -> Steps:
    """Load the library, make network and data, and return what does the steps."""
    library, _, layout = contestant.partition(":")
    name = "benchmarks.floor" if library == "floor" else f"benchmarks.in_{library}"
    return importlib.import_module(name).prepare(case, phase, layout)


def serve(contestant: str, case: Case, phase: str) -> None:
    """Answer until nobody asks."""
    steps = prepare(contestant, case, phase)
    before = begin_anew()  # library, network and data are there, nothing has been computed
    print("{}", flush=True)  # ready
    for line in sys.stdin:
        count = int(line)
        told = steps(count)
        told["seconds"] /= count
        if before is not None:
            told["megabytes"] = (megabytes("VmHWM") or 0) - before
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    who, what, how = sys.argv[1:]
    serve(who, CASES[what] if what in CASES else Case(**json.loads(what)), how)
