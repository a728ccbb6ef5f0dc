"""A fair race on a machine that others use too: every contestant in a process of its own, one round each in turn.

What slows the machine down for a while then slows everybody, so ratios hold where times do not. Parent and contestants
talk over pipes: the parent says how many steps, the contestant answers with what one took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.cases import Case

ROOT = Path(__file__).resolve().parents[1]
THREADS = (
    "TINYDL_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
SLOW, SLOW_ROUNDS = 2.0, 3  # whose step takes so many seconds is asked so often only
PAUSE = 0.05  # s: the worker threads of the one before go on spinning for a while


@dataclass
class Result:
    """What a contestant came to in a case.

    Attributes:
        contestant: a library, with ":channels-first" or ":channels-last" if it raced in both.
        seconds: of one step, a number a round.
        steps: how many steps a round had.
        megabytes: what its process grew by at most while it took its first steps; None if the system does not tell.
        share: of the time of `fit`, what was spent in `train_step`; tinydl alone tells.
        error: why it gave up; None if it did not.
    """

    contestant: str
    seconds: list[float] = field(default_factory=list)
    steps: int = 0
    megabytes: float | None = None
    share: float | None = None
    error: str | None = None


class GaveUp(RuntimeError):
    """A contestant's process has ended; says with what last words."""


class Contestant:
    """A process that has one library loaded. It answers `ask`."""

    def __init__(self, name: str, case: Case, phase: str, threads: int):
        self.result = Result(name)
        self.slow = False
        # Which kernels suit the processor everybody finds out alone: nobody is held to those that a variable names.
        free = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        self.errors = tempfile.TemporaryFile()  # a pipe that nobody empties would hold it up
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contestant", name, json.dumps(asdict(case)), phase],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            encoding="utf-8",
            env=free | dict.fromkeys(THREADS, str(threads)),
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )

    def answer(self) -> dict:
        """The next thing it says that is meant for us."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            if line.startswith("{"):  # anything else is its library talking
                return json.loads(line)
        raise GaveUp(self.last_words())

    def ask(self, steps: int) -> dict:
        """Have it do so many steps; {"seconds": for one, "megabytes": its growth at most, so far}."""
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{steps}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone, and `answer` says so
        return self.answer()

    def warm_up(self, seconds: float, most: int) -> None:
        """Compile what is compiled at the first call, look at the memory, and find out how many steps fill a round."""
        self.ask(1)
        told = self.ask(1)
        self.slow = told["seconds"] > SLOW
        if not self.slow:
            told = self.ask(min(3, most))
        # Now, as long as everybody has done the same: some copy all data at once, and a round may have many batches.
        self.result.megabytes = told.get("megabytes")
        self.result.steps = 1
        while not self.slow:  # the more steps, the warmer it is, and the truer is what one takes
            before, self.result.steps = self.result.steps, max(1, min(most, round(seconds / told["seconds"])))
            if self.result.steps <= before:
                break
            told = self.ask(self.result.steps)

    def run(self) -> None:
        """A round; one that is slow rests after the first few."""
        if self.slow and len(self.result.seconds) >= SLOW_ROUNDS:
            return
        if not self.slow:
            # Whoever has rested needs a step to get going: threads sleep, the caches are full of other things.
            self.ask(1)
        told = self.ask(self.result.steps)
        self.result.seconds.append(told["seconds"])
        self.result.share = told.get("share")

    def last_words(self) -> str:
        """The last line it wrote to stderr, or how it ended."""
        status = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else f"ended with status {status}"

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def race(
    case: Case,
    phase: str,
    names: list[str],
    rounds: int,
    threads: int,
    seconds: float = 0.3,
    tell: Callable[[str], None] = lambda news: None,
) -> list[Result]:
    """Let them run in turn, A B C A B C ..., each for about so many seconds a round.

    Args:
        case, phase: what is raced.
        names: the contestants; see `cases.contestants`.
        rounds: how often each takes its turn.
        threads: for each of them.
        tell: hears what is going on.

    Returns:
        A result for each, in their order; `error` says who gave up and why.
    """
    racing: list[Contestant] = []

    def all_do(what: str, work: Callable[[Contestant], object]) -> None:
        """Those who are still in it, one after the other; whoever gives up is out."""
        for each in racing:
            if each.result.error is None:
                tell(f"{what}: {each.result.contestant}")
                time.sleep(PAUSE)
                try:
                    work(each)
                except GaveUp as end:
                    each.result.error = str(end)

    try:
        for name in names:
            racing.append(Contestant(name, case, phase, threads))
        all_do("loading", Contestant.answer)  # all at once: nobody takes the time yet
        all_do("warming up", lambda each: each.warm_up(seconds, case.most_steps(phase)))
        for i in range(rounds):
            all_do(f"round {i + 1} of {rounds}", Contestant.run)
    finally:
        for each in racing:
            each.close()
    return [each.result for each in racing]
