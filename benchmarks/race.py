"""A fair race on a machine that others use too: every contestant in a process of its own, one round each in turn.

What slows the machine down for a while then slows everybody, so ratios hold where times do not. Parent and
contestants talk over pipes: the parent says how many steps, the contestant answers with what one took.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

STATUS = Path("/proc/self/status")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


class Contestant:
    """A process that has one library loaded and warm."""

    def __init__(self, name: str, threads: int):
        self.name = name
        self.seconds: list[float] = []
        self.megabytes: float | None = None
        limits = dict.fromkeys(THREADS, str(threads))
        # Which kernels suit the processor everybody finds out alone: nobody is held to those that a variable names.
        free = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.race", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=free | limits,
        )

    def ask(self, steps: int) -> dict:
        """Have it do so many steps; {"seconds": for one, "megabytes": its peak memory beyond what it began with}."""
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(f"{steps}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone: there is nothing to read either
        while line := self.process.stdout.readline():
            if line.startswith("{"):  # anything else is its library talking
                return json.loads(line)
        raise RuntimeError(
            f"{self.name} gave up: try `python -m benchmarks.race {self.name}` and type 1 to see why"
        )

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def race(names: Iterable[str], rounds: int, steps: int, threads: int) -> list[Contestant]:
    """Let them do `steps` steps each in turn, `rounds` times over, after one round to warm up."""
    contestants: list[Contestant] = []
    try:
        for name in names:
            contestants.append(Contestant(name, threads))
            contestants[-1].ask(steps)  # whatever is compiled at the first call is compiled now
        for _ in range(rounds):
            for contestant in contestants:
                answer = contestant.ask(steps)
                contestant.seconds.append(answer["seconds"])
                contestant.megabytes = answer["megabytes"]
    finally:
        for contestant in contestants:
            contestant.close()
    return contestants


def summary(contestant: Contestant, first: Contestant) -> dict:
    """Median and minimum of a step in milliseconds, the median beside the first contestant's, peak memory."""
    ratios = [a / b for a, b in zip(contestant.seconds, first.seconds)]
    return {
        "library": contestant.name,
        "median_ms": 1000 * statistics.median(contestant.seconds),
        "minimum_ms": 1000 * min(contestant.seconds),
        "ratio": statistics.median(ratios),  # round by round: what disturbs a round disturbs both
        "peak_mb": contestant.megabytes,
    }


# ------------------------------------------------------------------------------------------ the other process


def _memory(field: str) -> float:
    """VmRSS (now) or VmHWM (the peak) of this process in MB; nan where the system does not tell."""
    if not STATUS.exists():
        return float("nan")
    (line,) = (line for line in STATUS.read_text(encoding="utf-8").splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def _serve(name: str) -> None:
    from benchmarks.contestants import CONTESTANTS

    steps = CONTESTANTS[name]()
    before = _memory("VmRSS")  # library and model are there, nothing has been computed
    for line in sys.stdin:
        count = int(line)
        began = time.perf_counter()
        steps(count)
        seconds = (time.perf_counter() - began) / count
        print(json.dumps({"seconds": seconds, "megabytes": _memory("VmHWM") - before}), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
