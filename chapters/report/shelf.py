"""What lies in an output folder: the runs and the comparisons of each chapter."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chapters import course
from chapters.course import record as records
from chapters.report import beside


@dataclass(frozen=True, eq=False)
class Ran:
    """A run, as run.json tells of it.

    Attributes:
        chapter: whose.
        folder: where it was.
        record: what was written down.
        last: whether it was the last one there: its curves and pictures have not been written over.
    """

    chapter: course.Chapter
    folder: Path
    record: dict[str, Any]
    last: bool

    @property
    def state(self) -> str:
        """Finished, stopped, failed or running; runs before the last are remembered only if they were finished."""
        return str(self.record.get("state", "unknown")) if self.last else "finished"

    @property
    def figure(self) -> str | None:
        """What it came to, in words."""
        return course.main_figure(self.chapter, self.record)

    @property
    def data(self) -> str:
        """What it learnt from."""
        return str(self.record.get("data", "data unknown"))

    @property
    def scale(self) -> list[str]:
        """Whether it was quick or full: figures of the two are not alike."""
        return [flag for flag in ("--quick", "--full") if flag in self.record.get("argv", [])]

    @property
    def where(self) -> str:
        """Its folder, as it is written."""
        return written(self.folder)

    @property
    def began(self) -> datetime | None:
        """When, as it was written down: by the clock of that place."""
        try:
            return datetime.fromisoformat(self.record.get("began", ""))
        except ValueError:
            return None

    @property
    def order(self) -> float:
        """Seconds since 1970: the larger the later. A run without a time comes before all others."""
        try:
            return self.began.timestamp() if self.began else 0.0
        except (OSError, OverflowError, ValueError):  # a year that the machine's clock does not know
            return 0.0

    @property
    def command(self) -> str:
        """The command line that asked for it."""
        return f"python -m chapters run {self.chapter.name} {self.flags}".rstrip()

    @property
    def flags(self) -> str:
        """What stood in it after the chapter's name."""
        return shlex.join(map(str, self.record.get("argv", [])))


@dataclass
class Shelf:
    """All there is of a chapter: its runs, the latest first, and the latest comparison."""

    chapter: course.Chapter
    runs: list[Ran] = field(default_factory=list)
    compared: beside.Compared | None = None

    @property
    def best(self) -> dict[str, Ran]:
        """Of the runs that were finished, on each data: the best. What came of other data is another task."""
        found = {}
        for data in dict.fromkeys(run.data for run in self.runs):
            finished = [run for run in self.runs if run.data == data and run.state == "finished"]
            best = records.best(self.chapter, [run.record for run in finished])
            if best is not None:
                found[data] = next(run for run in finished if run.record is best)
        return found

    def titles(self, run: Ran) -> list[str]:
        """Whether a run is the latest, and the best."""
        latest = ["latest"] if run is self.runs[0] else []
        return latest + [f"best on {data}" for data, best in self.best.items() if best is run]


def written(path: Path) -> str:
    """A path as a text that can be printed, whatever bytes its name is made of."""
    return path.as_posix().encode(errors="replace").decode()


def collect(below: Path) -> tuple[list[Shelf], list[str]]:
    """A shelf for each chapter of the course, and what could not be read in `below`, a line for each."""
    shelves = {name: Shelf(chapter) for name, chapter in course.CHAPTERS.items()}
    unread: list[str] = []

    def closed(error: OSError) -> None:
        unread.append(f"{written(Path(error.filename))}: {error.strerror}")

    for folder in records.folders_with(records.FILE, below, closed):
        record = course.read_record(folder)
        shelf = shelves.get((record or {}).get("chapter", ""))
        if record is None or shelf is None:
            what = "is damaged" if record is None else "is of no chapter that is known here"
            unread.append(f"{written(folder / records.FILE)}: {what}")
            continue
        shelf.runs += [Ran(shelf.chapter, folder, each, False) for each in record.get("before", [])]
        shelf.runs.append(Ran(shelf.chapter, folder, record, True))
    for shelf in shelves.values():
        # Those of a folder are in order of time already, and stay so where their clocks say nothing.
        shelf.runs = sorted(shelf.runs[::-1], key=lambda run: run.order, reverse=True)
        shelf.compared = beside.stored(shelf.chapter)
    for folder in records.folders_with("compare.json", below):
        found = beside.read(folder)
        shelf = shelves.get(found.chapter if found else "")
        if found is None or shelf is None:
            unread.append(
                f"{written(folder / 'compare.json')}: is damaged, or of no chapter that is known here"
            )
        elif shelf.compared is None or shelf.compared.where is None or shelf.compared.date <= found.date:
            shelf.compared = found  # one that was made here counts before the stored one
    return list(shelves.values()), unread
