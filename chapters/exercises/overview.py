"""All exercises, and how far the reader is."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from chapters import course
from chapters.exercises import progress, workspace
from chapters.exercises.form import of_chapter


def table(folder: Path, unicode: bool = True, only: course.Chapter | None = None) -> Table:
    """A line for each exercise, under its chapter. With `only`, of one chapter; the rest are a line each."""
    tick, arrow = ("✓", "→") if unicode else ("+", ">")
    notes = progress.read(folder)
    following = workspace.next_unsolved(folder)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for _ in range(2):
        grid.add_column()
    for chapter in course.CHAPTERS.values():
        exercises = of_chapter(chapter)
        known = [notes.get(each.name, progress.Note()) for each in exercises]
        count = f"{sum(note.solved for note in known)} of {len(exercises)}"
        grid.add_row(
            Text(f"Chapter {chapter.number}", "bold"), Text(chapter.title, "bold"), Text(count, "bold")
        )
        if only not in (None, chapter):
            continue
        for exercise, note in zip(exercises, known):
            mark = tick if note.solved else arrow if exercise is following else " "
            style = "green" if note.solved else "yellow" if exercise is following else ""
            name = Text(f"{mark} {workspace.number(exercise)} {exercise.name}", style)
            grid.add_row(name, Text(exercise.title), Text(str(note), "dim"))
    return grid
