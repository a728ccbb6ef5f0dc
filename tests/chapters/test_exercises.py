"""Every exercise: its stub is unwritten, its solution passes, and its usual mistakes are mistakes, each its own."""

from __future__ import annotations

import ast
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from chapters import course
from chapters.exercises import form, stubs
from chapters.exercises.form import Exercise
from chapters.exercises.judge import Verdict, judge
from chapters.exercises.sandbox import Outcome, answer

EXERCISES = form.every()
HERE = Path(__file__)


def of(exercise: Exercise) -> str:
    return f"{exercise.chapter.number}-{exercise.name}"


def check(exercise: Exercise, text: str, seed: int = 0) -> Verdict:
    """What the check says to a file of this text."""
    functions: dict = {}
    exec(compile(text, "file.py", "exec"), functions)
    return judge(exercise, lambda calls: Outcome(answer(functions, calls, Path("file.py"))), seed=seed)


each = pytest.mark.parametrize("exercise", EXERCISES, ids=of)


def test_there_are_forty_or_so_with_names_of_their_own() -> None:
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names) >= 38
    assert all(re.fullmatch(r"[a-z][a-z_]*", name) for name in names)
    for chapter in course.CHAPTERS.values():
        assert 3 <= len(form.of_chapter(chapter)) <= 8, chapter.name
    kinds = {part.kind for exercise in EXERCISES for part in exercise.parts}
    assert kinds == {"write", "gradient", "predict", "catch"}


@each
def test_the_stub_is_unwritten(exercise: Exercise) -> None:
    verdict = check(exercise, stubs.stub(exercise))
    assert verdict.state == "unwritten" and "not written yet" in verdict.message, verdict


@each
def test_the_stub_with_some_functions_written_says_which_is_next(exercise: Exercise) -> None:
    text = stubs.stub(exercise)
    for part in exercise.parts[:-1]:
        solution = stubs._source(part.solution)
        text = text.replace('\n\nif __name__ == "__main__"', f'\n\n{solution}\n\n\nif __name__ == "__main__"')
    if exercise.parts[-1].begins_as:
        return  # it has a body from the start, a wrong one; see below
    verdict = check(exercise, text)
    assert (verdict.state, verdict.part) == ("unwritten", exercise.parts[-1].name), verdict


@each
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_solution_passes(exercise: Exercise, seed: int) -> None:
    verdict = check(exercise, stubs.solution(exercise), seed)
    assert verdict.state == "solved", verdict


@each
def test_what_the_file_prints_by_itself_is_what_its_comments_say(exercise: Exercise) -> None:
    text = stubs.solution(exercise)
    assert exercise.try_it, "a file runs alone"
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(text, "file.py", "exec"), {"__name__": "__main__"})
    told = " ".join(re.findall(r"  # (.*)$", exercise.try_it, re.MULTILINE))
    words = [word for word in re.split(r"[\s\[\](),]+", printed.getvalue()) if word]
    assert words, "the file tells something when it runs"
    missing = [word for word in words if word not in re.split(r"[\s\[\](),]+", told)]
    assert not missing, f"{printed.getvalue()!r} beside {told!r}"


@each
def test_mistakes_are_mistakes_and_differ(exercise: Exercise) -> None:
    for part in exercise.parts:
        text = stubs.solution(exercise)
        told = {}
        for key, mistake in part.mistakes.items():
            assert len(mistake.sentence) > 20, "a mistake's docstring says what is wrong"
            functions: dict = {}
            exec(compile(text, "file.py", "exec"), functions)
            functions[part.name] = _as_the_reader(part, mistake.rule)
            verdict = judge(exercise, lambda calls, f=functions: Outcome(answer(f, calls, HERE)))
            assert verdict.state == "wrong" and verdict.part == part.name, (key, verdict)
            told[key] = verdict.diagnosis
            assert told[key] and told[key].key == mistake.key, (key, told[key])


def test_a_mistake_has_a_key_of_its_own() -> None:
    def double(x: float) -> float:
        return 2 * x

    part = form.Part(double, lambda rng: [], double)
    part.mistake("factor, once")(lambda x: x)
    with pytest.raises(ValueError, match="two mistakes"):
        part.mistake("factor, once")(lambda x: x)
    assert [*part.mistakes] == ["factor, once"] and part.mistakes["factor, once"].key == "factor"


def _as_the_reader(part: form.Part, rule):
    """A wrong rule as a function of the part's parameters. Whatever else it names is in the case."""
    cases = list(part.namespaces(0))

    def function(*arguments):
        for _, names in cases:
            mine = [names[name] for name in part.names]
            if all(np.shape(a) == np.shape(b) and np.array_equal(a, b) for a, b in zip(mine, arguments)):
                return form._call(rule, names)
        raise AssertionError("asked about something else")

    return function


@each
def test_hints_and_task_are_for_readers(exercise: Exercise) -> None:
    assert len(exercise.hints) == 3 and all(len(hint) > 20 for hint in exercise.hints)
    text = stubs.stub(exercise)
    assert all(len(line) <= 120 for line in text.splitlines())
    assert re.search(rf"[Cc]hapter {exercise.chapter.number}\b", text), "a task names the lesson"
    for part in exercise.parts:
        assert ast.get_docstring(ast.parse(stubs._source(part.solution)).body[0]), part.name
    imported = [
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    ]
    assert {name.split(".")[0] for name in imported} <= {"numpy", "tinydl", "math"}


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if any(p.begins_as for p in e.parts)], ids=of)
def test_the_bug_in_the_stub_is_found(exercise: Exercise) -> None:
    (bug,) = (part for part in exercise.parts if part.begins_as)
    text = stubs.stub(exercise)
    for part in exercise.parts:
        if part is not bug:
            text += f"\n\n{stubs._source(part.solution)}\n"
    verdict = check(exercise, text)
    assert verdict.state == "wrong" and verdict.part == bug.name
    assert verdict.diagnosis and verdict.diagnosis.key == bug.begins_as
