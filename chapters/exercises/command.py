"""`python -m chapters exercises`: the reader's folder, progress, hints and solutions."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.syntax import Syntax
from rich.text import Text

from chapters import course
from chapters.exercises import overview, progress, show, workspace
from chapters.exercises.checker import Checker, hints
from chapters.exercises.form import Exercise, every
from chapters.exercises.stubs import solution
from chapters.exercises.workspace import command


def main(argv: Sequence[str] | None = None) -> int:
    """`argv`: what is wanted, of which exercise, and flags. Returns the exit status, 0.

    Raises:
        Refused: a name that is not known, a folder that is not there, a solution that is not earned yet.
        OSError: the folder cannot be written to.
    """
    flags = course.Parser(
        "python -m chapters exercises", "Exercises: gradients to write, and a check that says what is wrong."
    )
    what = "make the folder; show how far you are; the next of three hints; the solution; the stub again"
    flags.add_argument("action", nargs="?", choices=list(ACTIONS), default="list", help=what)
    flags.add_argument("name", nargs="?", help="of an exercise; of a folder, for init")
    flags.add_argument(
        "--dir", type=Path, metavar="DIR", help=f"the folder of your exercises ({workspace.DEFAULT}/)"
    )
    flags.add_argument("--give-up", action="store_true", help="show a solution that was not found")
    options = flags.parse_intermixed_args(argv)
    ACTIONS[options.action](options)
    return 0


def init(options: Namespace) -> None:
    """Put the stubs that are missing into the reader's folder."""
    if options.name and options.dir:
        raise course.Refused("init takes one folder: DIR or --dir DIR")
    folder = Path(options.name) if options.name else options.dir or workspace.usual()
    new, old = workspace.init(folder)
    if not old:
        print(f"{folder}: {new} exercises, in the order of the chapters.")
    elif new:
        print(f"{folder}: {old} were there already, {new} new.")
    else:
        print(f"{folder}: all {old} were there already, and are as they were.")
    exercise = workspace.next_unsolved(folder)
    if exercise:
        print(f"\nOpen this in your editor:\n  {workspace.file_of(folder, exercise)}")
        print(f"and let this run beside it:\n  {command('check --watch', folder)}")


def list_all(options: Namespace) -> None:
    """Print how far the reader is."""
    if options.name:
        raise course.Refused(f"list takes no name; to look at {options.name}: python -m chapters check NAME")
    folder = workspace.find(options.dir)
    screen = show.console()
    screen.print(overview.table(folder, show.has_unicode(screen)))
    print()
    missing = [each for each in every() if not workspace.file_of(folder, each).exists()]
    if missing:
        count = f"{len(missing)} exercises have" if len(missing) > 1 else f"{missing[0].name} has"
        print(f"{count} no file in {folder} yet:  {command('exercises init', folder)}")
    exercise = workspace.next_unsolved(folder)
    if exercise:
        print(f"The next is {exercise.name}:  {command('check --watch', folder)}")


def hint(options: Namespace) -> None:
    """Give the next hint."""
    folder, exercise = _which(options)
    checker = Checker(folder)
    asked = checker.note(exercise).hints
    head = Text(f"{workspace.number(exercise)} {exercise.name}", style="bold")
    show.console().print(head, hints(checker, exercise), sep="\n")
    if asked >= len(exercise.hints):
        solve = command(f"exercises solution {exercise.name} --give-up", folder)
        print(f"There are no more. The solution:  {solve}")


def show_solution(options: Namespace) -> None:
    """Print the solution to a reader who has one, or gives up."""
    if not options.name:
        raise course.Refused(
            "solution: of which exercise? Name it: python -m chapters exercises solution NAME"
        )
    folder, exercise = _which(options)
    if not Checker(folder).note(exercise).solved:
        if not options.give_up:
            raise course.Refused(
                f"{exercise.name} is not solved yet. A hint: {command(f'exercises hint {exercise.name}', folder)}; "
                "to see the solution all the same, add --give-up"
            )
        progress.change(folder, exercise.name, seen=True)
    text = solution(exercise)
    if sys.stdout.isatty():
        show.console().print(Syntax(text, "python", theme="ansi_dark", word_wrap=True))
    else:
        print(text, end="")


def reset(options: Namespace) -> None:
    """Put the stub back."""
    if not options.name:
        raise course.Refused("reset: which exercise? Name it: python -m chapters exercises reset NAME")
    folder, exercise = _which(options)
    print(workspace.reset_and_tell(folder, exercise))


def _which(options: Namespace) -> tuple[Path, Exercise]:
    """The folder, and the exercise that is named; else the next one that is not solved."""
    folder = workspace.find(options.dir)
    exercise = workspace.named(options.name) if options.name else workspace.next_unsolved(folder)
    if exercise is None:
        raise course.Refused("all exercises are solved; name one")
    return folder, exercise


ACTIONS = {"init": init, "list": list_all, "hint": hint, "solution": show_solution, "reset": reset}
