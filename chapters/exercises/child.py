"""What the other process runs: it loads the reader's file, calls its functions, and sends the replies.

Calls come by standard input. Replies go where standard output went, line by line, each as soon as it is known; before
the file is loaded, another standard output takes its place, so that what a reader prints is nobody's reply. Anything
in one process can be got at from within, so this holds against accidents, not against somebody bent on cheating.
"""

from __future__ import annotations

import contextlib
import dataclasses
import faulthandler
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from chapters.exercises import travel
from chapters.exercises.calling import Call, Fault, Reply, answers, load


def main() -> None:
    """Do what was ordered, and end whatever the file began."""
    order = json.loads(sys.stdin.buffer.read())
    path = Path(order["path"])
    calls = [Call(name, travel.unpack(given, functions=True)) for name, given in order["calls"]]
    replies = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)  # what is printed goes one way with the warnings
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path.append(str(path.parent))  # last: what lies there can be imported, but takes nobody's place

    # After a crash, or when time is over, C writes down where Python was, whatever Python itself is busy with.
    faulthandler.enable(replies)
    faulthandler.dump_traceback_later(order["seconds"], exit=True, file=replies)
    _limit_memory(order["megabytes"] * 2**20)
    functions = load(path)
    if isinstance(functions, Fault):
        _send({"fault": dataclasses.asdict(functions)}, replies)
    else:
        _send({"fault": None}, replies)
        left = travel.LIMIT
        for reply in answers(functions, calls, path):
            left -= _send(_packed(reply, left), replies)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it may have been closed
            stream.flush()
    os._exit(0)  # without waiting for threads that the file began


def _packed(reply: Reply, left: int) -> dict[str, Any]:
    if reply.fault is None:
        packed = {"value": travel.pack(reply.value), "overwritten": reply.overwritten}
        if len(json.dumps(packed)) < left:
            return packed
        reply = Reply(fault=Fault("error", "the results are far larger than was asked for"))
    return {"fault": dataclasses.asdict(reply.fault)}


def _send(message: dict[str, Any], replies: TextIO) -> int:
    line = json.dumps(message)
    print(line, file=replies, flush=True)
    return len(line)


def _limit_memory(count: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    with contextlib.suppress(ValueError, OSError):  # a stricter limit is in force, or macOS will not have one
        resource.setrlimit(resource.RLIMIT_AS, (count, count))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core file in the reader's folder


if __name__ == "__main__":
    main()
