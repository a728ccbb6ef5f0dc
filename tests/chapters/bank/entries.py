"""Answers as readers write them, wrong ones and right ones, and what the check says to each.

Each is the body of one function of an exercise; the exercise's other functions are as in the solution.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chapters import course
from chapters.exercises import form
from chapters.exercises.judge import Verdict, judge
from chapters.exercises.sandbox import Outcome, answer


@dataclass(frozen=True)
class Entry:
    """One answer."""

    exercise: str
    part: str
    keys: tuple[str, ...]  # the diagnoses that are right; none for a right answer
    function: Callable
    chapter: str

    @property
    def is_right(self) -> bool:
        return not self.keys

    def verdict(self) -> Verdict:
        """What the check says, with the reader's function run in this process."""
        exercise = next(each for each in form.every() if each.name == self.exercise)
        functions = {part.name: part.solution for part in exercise.parts}
        assert self.part in functions, f"{self.exercise} has no part {self.part}"
        functions[self.part] = self.function
        here = Path(self.function.__code__.co_filename)
        return judge(exercise, lambda calls: Outcome(answer(functions, calls, here)))


ENTRIES: list[Entry] = []


def wrong(exercise: str, part: str, *keys: str) -> Callable[[Callable], Callable]:
    """A wrong answer, and how it should be named."""
    assert keys, "a wrong answer has a diagnosis that would be right"
    return _entry(exercise, part, keys)


def right(exercise: str, part: str) -> Callable[[Callable], Callable]:
    """A right answer, written in another way than the solution."""
    return _entry(exercise, part, ())


def _entry(exercise: str, part: str, keys: tuple[str, ...]) -> Callable[[Callable], Callable]:
    def remember(function: Callable) -> Callable:
        module = function.__module__.rsplit(".", 1)[-1]  # a chapter's answers may take several files
        (chapter,) = (each.name for each in course.CHAPTERS.values() if module.startswith(each.package))
        ENTRIES.append(Entry(exercise, part, keys, function, chapter))
        return function

    return remember


def entries() -> list[Entry]:
    """The whole bank, in the order of the course."""
    if not ENTRIES:
        for chapter in course.CHAPTERS.values():
            importlib.import_module(f"tests.chapters.bank.{chapter.package}")
    return ENTRIES
