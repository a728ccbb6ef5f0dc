"""Where a step's time goes: `python -m benchmarks profile`, op by op, beside the bare products.

Every op and every gradient rule is timed by itself, what it calls taken out. What no row names is the engine and fit.
"""

from __future__ import annotations

import functools
import statistics
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import floor, in_tinydl, report
from benchmarks.cases import CASES, Case
from tinydl.op import OPS
from tinydl.optimizers import Optimizer

ROWS = 12  # shown of the table; all are in the JSON


class Stopwatch:
    """Seconds that functions spend themselves, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._within = [0.0]  # what the calls inside each call under way have taken

    def time(self, name: str, function: Callable) -> Callable:
        """The same function, timed."""

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            self._within.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                took = time.perf_counter() - began
                self.seconds[name] += took - self._within.pop()
                self._within[-1] += took

        return timed

    def everywhere(self) -> None:
        """In every op, every gradient rule, and the optimizer: for the rest of the process."""
        for name, call in OPS.items():
            body = call.op  # type: ignore[attr-defined]
            body.function = self.time(name, body.function)
            rules = {rule: self.time(f"{name}: back", rule) for rule, _ in body.rules.values()}
            body.rules = {given: (rules[rule], inputs) for given, (rule, inputs) in body.rules.items()}
            body.plans.clear()  # they hold the rules as they were
        Optimizer.apply = self.time("optimizer", Optimizer.apply)  # type: ignore[method-assign]


def measure(case: Case, phase: str, watch: Stopwatch, rounds: int) -> dict[str, float]:
    """Milliseconds of each op in a step, the whole step, and the bare products: medians over the rounds."""
    steps, products = in_tinydl.prepare(case, phase), floor.prepare(case, phase)
    found: dict[str, list[float]] = defaultdict(list)
    steps(1)
    for _ in range(rounds):
        steps(1)  # to get going
        watch.seconds.clear()
        found["the whole step"].append(steps(1)["seconds"])
        for name, seconds in watch.seconds.items():
            found[name].append(seconds)
        found["bare products"].append(products(1)["seconds"])
    return {name: 1000 * statistics.median(values) for name, values in found.items()}


def main(options: Namespace, cases: list[str]) -> None:
    """Profile the cases that were chosen, and print a table for each."""
    watch = Stopwatch()
    watch.everywhere()
    console, found = Console(), {}
    for name in cases:
        case = CASES[name]
        if case.network in ("chain", "convolution"):
            continue  # one op each: there is nothing to tell apart
        for phase in options.phase:
            took = measure(case, phase, watch, options.rounds)
            found[f"{name} {phase}"] = took
            whole, products = took.pop("the whole step"), took.pop("bare products")
            shown = Table(title=f"{case.title}, {phase}: {whole:.1f} ms; bare products {products:.1f} ms")
            shown.add_column("op")
            shown.add_column("ms", justify="right")
            shown.add_column("of the step", justify="right")
            rows = sorted(took.items(), key=lambda row: -row[1])
            rest = whole - sum(took.values())
            for row, ms in [*rows[:ROWS], ("engine and fit", rest)]:
                shown.add_row(row, f"{ms:.2f}", f"{100 * ms / whole:.0f} %")
            console.print(shown)
            took |= {"the whole step": whole, "bare products": products}
    report.write_json(options.json, report.circumstances(options.threads) | {"profiles_ms": found})
    print(f"All numbers: {options.json}")
