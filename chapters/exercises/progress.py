"""progress.txt: what is solved, a line for each exercise, to be read and edited by hand.

    softmax   solved 2026-11-22 10:03, 1 hint
    relu      2 hints, solution seen

Only the line of the exercise that changed is written anew. All others stay as they are, also those that say nothing to
this course: they may be of an older or a newer one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chapters import course
from tinydl.files import aside

FILE = "progress.txt"
HEAD = """\
# What you have done, a line for each exercise; you may edit it. What to type, from the folder of the course:
#   python -m chapters check --watch      checks the next exercise, and again at each save
#   python -m chapters exercises hint     a hint for it
#   python -m chapters exercises          the list of all
"""


@dataclass(frozen=True)
class Note:
    """What is known of one exercise."""

    solved: bool = False
    when: str = ""  # it was solved
    hints: int = 0  # how many were asked for
    seen: bool = False  # the solution was looked at before
    other: tuple[str, ...] = ()  # what else the line says

    def __str__(self) -> str:
        solved = f"solved {self.when}".strip() if self.solved else ""
        hints = f"{self.hints} hint{'s' * (self.hints > 1)}" if self.hints else ""
        return ", ".join(filter(None, [solved, hints, "solution seen" * self.seen, *self.other]))


def read(folder: Path) -> dict[str, Note]:
    """The notes by exercise. What is damaged reads as if it were not there."""
    notes: dict[str, Note] = {}
    for line in _lines(folder):
        if name := _name(line):
            notes.setdefault(name, _note(line))
    return notes


def change(folder: Path, name: str, **changes: Any) -> None:
    """Change the note of one exercise. The file is read again before: somebody may have edited it.

    Raises:
        OSError: it cannot be written. What was there before still is.
    """
    before = read(folder).get(name, Note())
    note = replace(before, **changes)
    if note == before:
        return
    lines = _lines(folder) or HEAD.splitlines()
    place = next((i for i, line in enumerate(lines) if _name(line) == name), len(lines))
    lines[place : place + 1] = [f"{name:<20} {note}"] if str(note) else []
    write(folder, lines)


def solved(folder: Path, name: str, is_solved: bool) -> None:
    """Note whether an exercise is solved now. The first time that it was stays, as long as it is."""
    if read(folder).get(name, Note()).solved != is_solved:
        change(folder, name, solved=is_solved, when=f"{datetime.now():%Y-%m-%d %H:%M}" if is_solved else "")


def write(folder: Path, lines: list[str]) -> None:
    """Write the whole file."""
    with aside(folder / FILE) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")


def _lines(folder: Path) -> list[str]:
    path = folder / FILE
    try:
        # -sig: some editors put a mark before the first character. surrogateescape: what is no UTF-8 is kept, too.
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        return text.removesuffix("\n").split("\n") if text else []
    except FileNotFoundError:
        return []
    except OSError as error:
        raise course.Refused(
            f"{path}: cannot be read ({error.strerror}); move it away, and a new one is begun"
        ) from None


def _name(line: str) -> str:
    words = line.replace(":", " ").split()
    return words[0] if words and not words[0].startswith("#") else ""


def _note(line: str) -> Note:
    found: dict[str, Any] = {}
    other = []
    words = line.replace(":", " ", 1) if line.split()[0].endswith(":") else line
    for phrase in " ".join(words.split()[1:]).split(","):
        phrase = phrase.strip()
        if phrase == "solved" or phrase.startswith("solved "):
            found |= {"solved": True, "when": phrase[7:]}
        elif hints := re.fullmatch("([0-9]{1,4}) hints?", phrase):
            found["hints"] = int(hints[1])
        elif phrase == "solution seen":
            found["seen"] = True
        elif phrase:
            other.append(phrase)
    return Note(**found, other=tuple(other))
