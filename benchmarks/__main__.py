"""The command line: `python -m benchmarks [race | gpu | growth | profile | story | exact]`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from benchmarks import exact, gpu, growth, profile, report, story
from benchmarks.cases import CASES, LIBRARIES, PHASES, Case, contestants
from benchmarks.race import race
from tinydl.lookup import unknown
from tinydl.plot import save

FOLDER = Path("runs/benchmarks")
NOTE = (
    "Each library in its own process, round by round in turn; × is the median of the rounds' ratios. Peak is what\n"
    "a process grew by in its first steps, with whatever it compiled. Bare products: see benchmarks/floor.py."
)


def chosen(
    names: list[str] | None,
    all_cases: Mapping[str, Case] = CASES,
    libraries: Mapping[str, Any] = LIBRARIES,
) -> tuple[list[str], list[str]]:
    """The cases and libraries that `--only` asks for; all of a kind of which it names none.

    A case answers to its name and to its network's: "vae" is "vae-16" and "vae-128".

    Raises:
        ValueError: a name is of neither kind; the message lists all.
    """
    cases = {name: [name] for name in all_cases}
    for name in all_cases:
        short = name.partition("-")[0]
        if short != name:
            cases.setdefault(short, []).append(name)
    for name in names or []:
        if name not in cases and name not in libraries:
            raise ValueError(f"--only: {unknown(name, [*cases, *libraries], 'case or library')}")
    wanted = {case for name in names or [] for case in cases.get(name, [])}
    return (
        [name for name in all_cases if name in wanted] or list(all_cases),
        [name for name in libraries if name in (names or [])] or list(libraries),
    )


def installed(libraries: list[str]) -> list[str]:
    """Those that are there; a line says which are not."""
    there = [name for name in libraries if importlib.util.find_spec(LIBRARIES[name][1])]
    if missing := [LIBRARIES[name][0] for name in libraries if name not in there]:
        print(f"Not installed, left out: {', '.join(missing)} (pip install 'tinydl[bench]')", file=sys.stderr)
    if not there:
        sys.exit("Nobody is left to race.")
    return there


def _show(status: Status, where: str, news: str) -> None:
    status.update(f"{where}: {news}")


def run_race(options: argparse.Namespace, cases: list[str], libraries: list[str]) -> None:
    """Race case by case; what is finished is on the screen and on disk, whatever comes then."""
    console = Console()
    around = report.circumstances(options.threads) | {"rounds": options.rounds}
    finished: report.Finished = {}
    plan = [(name, phase) for name in cases for phase in options.phase]
    try:
        with console.status("") as status:
            for i, (name, phase) in enumerate(plan):
                case = CASES[name]
                where = f"{case.title}, {PHASES[phase]} ({i + 1} of {len(plan)})"
                names = contestants(case, libraries)
                if not names:
                    console.print(f"{case.title}: none of these libraries takes part.")
                    continue
                results = race(
                    case,
                    phase,
                    names,
                    options.rounds,
                    options.threads,
                    0.1 if options.quick else 0.3,
                    partial(_show, status, where),
                )
                finished[name, phase] = results
                console.print(report.table(case, phase, results))
                for remark in report.remarks(case, results):
                    console.print(remark, highlight=False)
                report.write_json(options.json, report.as_json(around, finished))
    except KeyboardInterrupt:
        console.print(f"Interrupted: {len(finished)} of {len(plan)} races are finished.")
    if not any(report.faster_layouts(results) for results in finished.values()):
        sys.exit("No race was finished.")
    print(NOTE)
    path = options.json.with_suffix(".png")
    save(report.picture(finished, around), path)
    print(f"All numbers: {options.json}; picture: {path}")


def parser() -> argparse.ArgumentParser:
    """What may be said."""
    flags = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    flags.add_argument(
        "what",
        nargs="?",
        choices=["race", "gpu", "growth", "profile", "story", "exact"],
        default="race",
        help="race: speed and memory beside the other libraries (the default); gpu: the tests, gradients, speed "
        "and memory on a GPU, beside PyTorch; growth: how they grow with batch, picture and threads; profile: where a "
        "step's time goes; story: how the convolution became fast; exact: how exact gradients and layers are",
    )
    flags.add_argument(
        "--only", nargs="+", metavar="NAME", help="race only these cases, or libraries, or both"
    )
    flags.add_argument("--phase", choices=list(PHASES), help="only training steps, or only inference passes")
    flags.add_argument("--quick", action="store_true", help="three rounds, and shorter ones")
    flags.add_argument("--rounds", type=int, help="how often each takes its turn (default 9)")
    flags.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="for each (default: all cores)"
    )
    flags.add_argument("--json", type=Path, metavar="PATH", help=f"where the numbers go (default: {FOLDER}/)")
    flags.add_argument("--skip-suite", action="store_true", help="gpu: without the tests")
    return flags


def main(argv: list[str] | None = None) -> None:
    """Do what the command line says."""
    flags = parser()
    options = flags.parse_args(argv)
    if options.what == "exact":
        exact.main()
        return
    options.rounds = options.rounds or (3 if options.quick else 9)
    if options.rounds < 1 or options.threads < 1:
        flags.error("--rounds and --threads: expected 1 or more")
    options.phase = [options.phase] if options.phase else list(PHASES)
    on_gpu = options.what == "gpu"
    try:
        cases, libraries = chosen(options.only, *((gpu.CASES, gpu.CONTESTANTS) if on_gpu else ()))
    except ValueError as error:
        flags.error(str(error))
    if on_gpu:
        gpu.main(options, cases, libraries)
        return
    options.json = options.json or FOLDER / f"{options.what}.json"
    dropped = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("OPENBLAS_")]
    if dropped:
        print(
            f"Set here, and held for nobody (see benchmarks/race.py): {', '.join(dropped)}", file=sys.stderr
        )
    if options.what in ("story", "profile"):
        if dropped:  # NumPy has read them already: once more, without
            free = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
            given = sys.argv[1:] if argv is None else argv
            sys.exit(subprocess.call([sys.executable, "-m", "benchmarks", *given], env=free))
        if options.what == "story":
            story.main(options)
        else:
            profile.main(options, cases)
        return
    if options.what == "growth":
        growth.main(options, installed(libraries))
    else:
        run_race(options, cases, installed(libraries))


if __name__ == "__main__":
    main()
