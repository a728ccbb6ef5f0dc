"""`python -m chapters` lists the course, `run NAME` runs a chapter, `compare NAME` sets it beside Keras.

`report` makes a page of all runs. `exercises` gives readers something to write, and `check` says what is wrong with it.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chapters import course


def main(argv: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status: 0, 1 if it says no, 2 for what cannot be done, 130 after Ctrl-C."""
    parser = course.Parser(
        "python -m chapters", "The course, chapter by chapter. Without arguments: the list."
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=list(COMMANDS),
        help="run a chapter, set it beside Keras, make a page of all runs, or go through the exercises",
    )
    parser.add_argument("name", nargs="?", help=f"which: {', '.join(course.CHAPTERS)}; run all: all of them")
    parser.add_argument("flags", nargs=argparse.REMAINDER, help="the chapter's own: run NAME --help")
    try:
        options = parser.parse_args(argv)
        if options.command is None:
            list_chapters()
            return 0
        # `compare` has a help of its own; `run` has one for each chapter.
        if options.command == "run" and options.name is None and options.flags in (["-h"], ["--help"]):
            parser.print_help()
            return 0
        return COMMANDS[options.command](options.name, options.flags)
    except (course.Refused, OSError) as error:  # OSError: a disk that is full, a folder taken away
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def run(name: str | None, flags: list[str]) -> int:
    """Run a chapter, or all of them."""
    if name == "all":
        return run_all(flags)
    chapter = course.find(name)
    return importlib.import_module(f"chapters.{chapter.package}.train").main(flags)


def run_all(argv: list[str]) -> int:
    """Run the chapters one after the other, each as `run NAME` would; one that cannot be run does not stop the rest."""
    parser = course.Parser("python -m chapters run all", "The whole course, each chapter on data of its own.")
    course.add_common(parser)
    parser.add_argument("--resume", action="store_true", help="go on where this was stopped")
    parser.add_argument(
        "--out", type=Path, default=course.RUNS, metavar="DIR", help="a folder in it for each"
    )
    options = parser.parse_args(argv)
    shared = [each for each in _without(argv, "--out") if each != "--resume"]
    begun = _begun(options.out) if options.resume else []
    came: list[tuple[course.Chapter, str, float]] = []
    for chapter in course.CHAPTERS.values():
        out: Path = options.out / chapter.name
        again = ["--resume"] if chapter.name in begun and any((out / "backup").rglob("*.npz")) else []
        print(f"\nChapter {chapter.number}: {chapter.title}", flush=True)
        began = time.monotonic()
        try:
            status = run(chapter.name, [*shared, "--out", str(out), *again])
        except course.Refused as error:
            print(f"error: {error}", file=sys.stderr)
            status = 2
        if status == 130:
            command = shlex.join(["run", "all", *[each for each in argv if each != "--resume"], "--resume"])
            print(f"Or with all that is left:  python -m chapters {command}")
            return 130
        came.append((chapter, "done" if status == 0 else "could not be run", time.monotonic() - began))
    table = _table("chapter", "name", "", "took", "")
    for chapter, state, seconds in came:
        record = course.read_record(options.out / chapter.name)
        figure = course.main_figure(chapter, record) if state == "done" else None
        table.add_row(str(chapter.number), chapter.name, state, f"{seconds:.0f} s", figure or "")
    print()
    _print(table)
    where = ["--out", str(options.out)] if options.out != course.RUNS else []
    print(f"\nAll of it on one page:  python -m chapters {shlex.join(['report', *where])}")
    return 0 if all(state == "done" for _, state, _ in came) else 2


def _begun(folder: Path) -> list[str]:
    """The chapters up to the one that was stopped. What lies in the folders of later ones is of an older run."""
    names = list(course.CHAPTERS)
    states = [(course.read_record(folder / name) or {}).get("state", "") for name in names]
    last = next((i for i, state in enumerate(states) if state not in ("", "finished")), len(names))
    return [name for name, state in zip(names[: last + 1], states) if state]


def _in(module: str) -> Callable[[str | None, list[str]], int]:
    """A command that has a room of its own, which is loaded when somebody asks for it."""

    def command(name: str | None, flags: list[str]) -> int:
        return importlib.import_module(f"chapters.{module}").main([*([name] if name else []), *flags])

    return command


COMMANDS = {
    "run": run,
    "compare": _in("compare.command"),
    "report": _in("report.command"),
    "exercises": _in("exercises.command"),
    "check": _in("exercises.check"),
}


def list_chapters() -> None:
    """Print what there is to run, what was run here and came out at best, and how long it takes."""
    table = _table("chapter", "name", "what it does", "run here, best so far", "takes")
    for chapter in course.CHAPTERS.values():
        last = course.last_run(chapter) or {}
        states = {
            "finished": "done",
            "stopped": "stopped, --resume goes on",
            "running": "begun",
            "failed": "failed",
        }
        here = [states.get(last.get("state", ""), ""), escape(course.best_figure(chapter) or "")]
        # The time of a default run that came to its end says more than ours.
        timed = last.get("argv") == [] and last.get("state") == "finished" and "seconds" in last
        takes = f"{last['seconds']:.0f} s here" if timed else chapter.takes
        table.add_row(
            str(chapter.number), chapter.name, chapter.title, ": ".join(filter(None, here)) or "–", takes
        )
    _print(table)
    print("\nRun one:  python -m chapters run NAME    (its flags: python -m chapters run NAME --help)")
    print("All of them, in a minute or two, to see that they work:  python -m chapters run all --quick")
    print("One beside its twin in Keras:  python -m chapters compare NAME")
    print("All that came out, on one page:  python -m chapters report")
    print("Exercises, and a check that says what is wrong:  python -m chapters exercises init")


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _print(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _without(argv: list[str], flag: str) -> list[str]:
    """A command line without a flag and its value."""
    kept, skip = [], False
    for each in argv:
        if not skip and each != flag and not each.startswith(f"{flag}="):
            kept.append(each)
        skip = each == flag
    return kept


if __name__ == "__main__":
    sys.exit(main())
