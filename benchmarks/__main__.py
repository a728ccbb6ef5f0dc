"""`python -m benchmarks`: speed and memory beside Keras and PyTorch; `exact`: how exact gradients and layers are."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import exact
from benchmarks.race import race, summary

NEEDS = {"tinydl": "tinydl", "keras": "tensorflow", "torch": "torch"}


def speed(options: argparse.Namespace) -> None:
    """Race LeNet's training step and print a table."""
    there = [name for name in options.only or NEEDS if importlib.util.find_spec(NEEDS[name])]
    missing = [name for name in options.only or NEEDS if name not in there]
    if missing:
        print(f"Not installed, left out: {', '.join(missing)} (pip install 'tinydl[bench]')", file=sys.stderr)
    if not there:
        sys.exit("Nobody is left to race.")
    contestants = race(
        there, 3 if options.quick else options.rounds, 5 if options.quick else 20, options.threads
    )
    table = Table(
        title=f"LeNet, a training step of 128 pictures, float32, {options.threads} threads",
        title_justify="left",
    )
    for heading in ("library", "median, ms", "minimum, ms", f"beside {there[0]}", "peak memory, MB"):
        table.add_column(heading, justify="left" if heading == "library" else "right")
    for contestant in contestants:
        row = summary(contestant, contestants[0])
        table.add_row(
            row["library"],
            f"{row['median_ms']:.1f}",
            f"{row['minimum_ms']:.1f}",
            f"{row['ratio']:.2f}",
            f"{row['peak_mb']:.0f}",
        )
    Console().print(table)
    print(
        "Each in its own process, round by round in turn. Peak memory is what the process grew by since before its\n"
        "first step: with the pictures of a round, 8 MB, and whatever the library has compiled."
    )
    if kernels := os.environ.get("OPENBLAS_CORETYPE"):
        print(f"OPENBLAS_CORETYPE={kernels} is set here, and held for nobody: see benchmarks/race.py.")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["speed", "exact"], default="speed")
    parser.add_argument("--only", nargs="+", choices=list(NEEDS), help="race only these")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, default=9, help="how often each takes its turn (default 9)")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="for each (default: all cores)"
    )
    options = parser.parse_args()
    if options.what == "exact":
        exact.main()
    else:
        speed(options)


if __name__ == "__main__":
    main()
