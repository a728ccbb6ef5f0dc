"""A check of one exercise in the reader's folder: judged, noted in progress.txt, and what to do then."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from chapters.exercises import progress, sandbox, workspace
from chapters.exercises.form import Exercise, every
from chapters.exercises.judge import Verdict, judge


@dataclass(frozen=True)
class Checker:
    """How exercises of a folder are checked."""

    folder: Path
    seed: int = 0
    seconds: float = sandbox.SECONDS
    megabytes: int = sandbox.MEGABYTES

    def path(self, exercise: Exercise) -> Path:
        """The reader's file."""
        return workspace.file_of(self.folder, exercise)

    def note(self, exercise: Exercise) -> progress.Note:
        """What progress.txt says."""
        return progress.read(self.folder).get(exercise.name, progress.Note())

    def check(self, exercise: Exercise) -> tuple[Verdict, Text]:
        """Check an exercise, and note in progress.txt whether it is solved.

        Returns:
            The verdict; and what else there is to say: that it is solved, or was, and how far the reader is.
        """
        run = functools.partial(
            sandbox.run, self.path(exercise), seconds=self.seconds, megabytes=self.megabytes
        )
        verdict = judge(exercise, run, seed=self.seed)
        before = self.note(exercise)
        said = Text()
        try:
            progress.solved(self.folder, exercise.name, verdict.state == "solved")
        except OSError as error:  # the folder is read-only: the verdict is worth telling all the same
            said.append(f"not noted: {error}\n", style="red")
        if verdict.state == "solved":
            said.append(f"{exercise.name} is solved.", style="bold green")
            said.append(f" {self.count()}")
        elif before.solved:
            when = f" on {before.when}" if before.when else ""
            said.append(f"It was solved{when}, and is not any more.", style="yellow")
        return verdict, said

    def count(self) -> str:
        """ "12 of 41 are." """
        notes = progress.read(self.folder)
        exercises = every()
        done = sum(each.name in notes and notes[each.name].solved for each in exercises)
        return "All are." if done == len(exercises) else f"{done} of {len(exercises)} are."


def hints(checker: Checker, exercise: Exercise) -> Text:
    """The hints that were asked for, and one more, which is noted. No hint is given twice as if it were new."""
    count = min(checker.note(exercise).hints + 1, len(exercise.hints))
    progress.change(checker.folder, exercise.name, hints=count)
    lines = []
    for i, hint in enumerate(exercise.hints[:count], start=1):
        line = Text(f"Hint {i} of {len(exercise.hints)}  ", style="bold yellow")
        lines.append(line.append(hint, style="not bold default" if i == count else "not bold default dim"))
    return Text("\n").join(lines)
