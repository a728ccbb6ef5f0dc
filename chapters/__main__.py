"""`python -m chapters` lists the course; `python -m chapters run NAME` runs a chapter."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from chapters import course


def main(argv: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status: 0, 2 for what cannot be done, 130 after Ctrl-C."""
    parser = course.Parser(
        "python -m chapters", "The course, chapter by chapter. Without arguments: the list."
    )
    parser.add_argument("command", nargs="?", choices=["run"], help="run a chapter")
    parser.add_argument("name", nargs="?", help=f"which: {', '.join(course.CHAPTERS)}")
    parser.add_argument("flags", nargs=argparse.REMAINDER, help="the chapter's own: run NAME --help")
    try:
        options = parser.parse_args(argv)
        if options.command is None:
            list_chapters()
            return 0
        if options.name is None and options.flags in (["-h"], ["--help"]):
            parser.print_help()
            return 0
        chapter = course.find(options.name)
        return importlib.import_module(f"chapters.{chapter.package}.train").main(options.flags)
    except (course.Refused, OSError) as error:  # OSError: a disk that is full, a folder taken away
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def list_chapters() -> None:
    """Print what there is to run, and how long each took here, or takes."""
    table = Table(box=None, header_style="bold")
    for heading in ("chapter", "name", "what it does", "takes"):
        table.add_column(heading)
    for chapter in course.CHAPTERS.values():
        table.add_row(
            str(chapter.number), chapter.name, chapter.title, course.last_time(chapter) or chapter.takes
        )
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    print("\nRun one:  python -m chapters run NAME    (its flags: python -m chapters run NAME --help)")


if __name__ == "__main__":
    sys.exit(main())
