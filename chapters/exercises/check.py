"""`python -m chapters check`: from the flags to the exit status."""

from __future__ import annotations

import argparse
import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group
from rich.progress import Progress
from rich.text import Text

from chapters import course
from chapters.exercises import grade, sandbox, show, workspace
from chapters.exercises.checker import Checker
from chapters.exercises.form import every, of_chapter
from chapters.exercises.judge import Verdict
from chapters.exercises.workspace import command


def main(argv: Sequence[str] | None = None) -> int:
    """Check an exercise. `argv`: NAME and flags.

    Returns:
        The exit status: 0 if it is solved, with --all if all are; 1 if not; 2 if the check itself failed.

    Raises:
        Refused: a name or flag that is not known, or no folder of exercises.
        OSError: a picture or report cannot be written.
    """
    options = _flags().parse_intermixed_args(argv)
    _together(options)
    folder = workspace.find(options.dir)
    checker = Checker(folder, options.seed, options.seconds, options.memory)
    if options.all:
        return _all(checker, options)
    exercise = workspace.named(options.name) if options.name else workspace.next_unsolved(folder)
    if exercise is None:
        words = f"All exercises are solved. To check one again, name it: {command('check NAME', folder)}"
        print("null" if options.json else words)
        return 0
    if options.watch:
        from chapters.exercises.watch import watch

        return watch(checker, exercise, options.poll)
    path = checker.path(exercise)
    if not path.is_file():
        raise course.Refused(f"{path} is not there; to get its stub: {command('exercises init', folder)}")
    verdict, said = checker.check(exercise)
    below = _below(verdict, said, folder)
    if options.json:
        print(json.dumps(show.as_data(verdict, path), indent=2))
    else:
        screen = show.console()
        screen.print(show.report(verdict, path, show.has_unicode(screen)))
        screen.print(below, soft_wrap=True)  # not wrapped in the middle: commands and paths are copied
    if options.picture:
        if show.picture(verdict, path, options.picture, below):
            print(f"A picture of it: {options.picture}")
        else:
            print("No picture: there are no two arrays to draw.")
    return 0 if verdict.state == "solved" else 1


def _flags() -> course.Parser:
    flags = course.Parser("python -m chapters check", "Check an exercise, and say what is wrong with it.")
    flags.add_argument(
        "name",
        nargs="?",
        help="of the exercise (without it, the next one that is not solved); with --all of a chapter",
    )
    flags.add_argument("--watch", action="store_true", help="check again at each save")
    flags.add_argument("--poll", action="store_true", help="with --watch: look at the file twice a second")
    flags.add_argument(
        "--picture", type=_picture, metavar="FILE", help=".png: the arrays as heat maps; .svg: the terminal"
    )
    flags.add_argument(
        "--all", action="store_true", help="check all, or all of a chapter, and note nothing: for teachers"
    )
    flags.add_argument("--junit", type=Path, metavar="FILE", help="with --all: a report for other programs")
    flags.add_argument("--json", action="store_true", help="print plain data for other programs")
    flags.add_argument("--seed", type=course.whole_number(0), default=0, metavar="N", help="of what is drawn")
    flags.add_argument(
        "--seconds", type=_seconds, default=sandbox.SECONDS, metavar="S", help="a file may take (%(default)s)"
    )
    flags.add_argument(
        "--memory",
        type=course.whole_number(1),
        default=sandbox.MEGABYTES,
        metavar="MB",
        help="a file may take (%(default)s)",
    )
    flags.add_argument(
        "--dir", type=Path, metavar="DIR", help=f"the folder of your exercises ({workspace.DEFAULT}/)"
    )
    return flags


def _seconds(text: str) -> float:
    """A reader of flags that takes a time."""
    try:
        if 0 < (seconds := float(text)) < 1e6:
            return seconds
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")


def _picture(text: str) -> Path:
    """A reader of flags that takes a picture's file."""
    if Path(text).suffix.lower() in (".png", ".svg"):
        return Path(text)
    raise argparse.ArgumentTypeError(f"expected a file name that ends in .png or .svg, got {text!r}")


def _together(options: Namespace) -> None:
    """Refuse flags that make no sense together."""
    for one, others in (("watch", ("all", "json", "picture")), ("all", ("picture",)), ("json", ("picture",))):
        for other in others:
            if getattr(options, one) and getattr(options, other):
                raise course.Refused(f"--{one} and --{other} do not go together: leave one out")
    for one, other in (("poll", "watch"), ("junit", "all")):
        if getattr(options, one) and not getattr(options, other):
            raise course.Refused(f"--{one} goes with --{other}")


def _below(verdict: Verdict, said: Text, folder: Path) -> Group:
    """What to do next."""
    name = verdict.exercise.name
    lines = [Text(), said] if said else [Text()]
    if verdict.state == "solved":
        following = workspace.next_unsolved(folder, after=verdict.exercise)
        if following:
            file = workspace.file_of(folder, following)
            lines.append(Text(f"Next: {following.name}, {following.title}.\n  {file}"))
        other = command(f"exercises solution {name}", folder)
        lines.append(Text(f"Another way to write it:  {other}", "dim"))
    else:
        lines.append(Text(f"A hint:  {command(f'exercises hint {name}', folder)}", "dim"))
    return Group(*lines)


def _all(checker: Checker, options: Namespace) -> int:
    """Check all exercises, a line for each as soon as it is known. Nothing is noted: the folder may be a student's."""
    exercises = of_chapter(course.find(options.name)) if options.name else every()
    screen = show.console()
    verdicts = []
    hidden = options.json or not screen.is_terminal
    with Progress(console=screen, transient=True, disable=hidden) as progress:
        bar = progress.add_task("checking", total=len(exercises))
        for verdict in grade.grade(
            checker.folder,
            exercises=exercises,
            seed=checker.seed,
            seconds=checker.seconds,
            megabytes=checker.megabytes,
        ):
            verdicts.append(verdict)
            progress.advance(bar)
            if not options.json:
                screen.print(show.line(verdict, show.has_unicode(screen)), no_wrap=True, overflow="ellipsis")
    if options.junit:
        grade.junit(verdicts, options.junit)
    if options.json:
        print(grade.as_json(verdicts, checker.folder))
    else:
        solved = sum(each.state == "solved" for each in verdicts)
        where = f" The report: {options.junit}" if options.junit else ""
        print(f"\n{solved} of {len(verdicts)} solved.{where}")
    return grade.status(verdicts)
