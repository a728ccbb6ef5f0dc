"""The flags of the command line: they mean the same in every chapter."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from chapters.course.contents import RUNS, Chapter, Refused
from chapters.course.images import SETS

LATEST = Path("the latest")  # what --resume means without a file


class Parser(argparse.ArgumentParser):
    """A command line whose errors are one line."""

    def __init__(self, prog: str, description: str):
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise Refused(f"{message} (all there is: {self.prog} --help)")


def chapter_flags(chapter: Chapter) -> Parser:
    """The flags that every chapter has; a chapter may add its own."""
    flags = Parser(f"python -m chapters run {chapter.name}", chapter.title.capitalize() + ".")
    add_data(flags, chapter)
    flags.add_argument("--epochs", type=whole_number(1), metavar="N", help="how often to go through the data")
    add_common(flags)
    flags.add_argument(
        "--resume",
        nargs="?",
        type=Path,
        const=LATEST,
        metavar="FILE",
        help="go on where the last run was stopped, or from the checkpoint FILE",
    )
    flags.add_argument(
        "--out", type=Path, default=RUNS / chapter.name, metavar="DIR", help="where to leave what comes out"
    )
    return flags


def add_data(flags: Parser, chapter: Chapter) -> None:
    """Give a command line the flag --data."""
    known = chapter.takes_data or f"{', '.join(SETS)}, or a folder with a folder of pictures a class"
    flags.add_argument(
        "--data", default=chapter.data, metavar="NAME", help=f"{known} (without it: {chapter.data})"
    )


def add_common(flags: Parser) -> None:
    """Give a command line the flags that do not depend on the chapter."""
    flags.add_argument("--quick", action="store_true", help="a few seconds, to see that it works")
    flags.add_argument("--full", action="store_true", help="the recipe to the letter")
    flags.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="of all that is random")
    flags.add_argument("--device", default="cpu", help="cpu, gpu, or gpu:N")


def whole_number(least: int) -> Any:
    """A reader of flags that takes whole numbers from `least` up."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} up, got {text!r}")
        return int(text)

    return read
