"""The page on exercises: its code runs, what it points at exists, and its plan has all exercises, in order."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from chapters import course
from chapters.exercises import form

PAGE = Path(form.__file__).parent / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_its_code_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    code = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "page", str(PAGE), 0)
    told: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST
    doctest.DocTestRunner(optionflags=flags).run(code, out=told.append)
    assert not told, "".join(told)


def test_what_it_points_at_exists() -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", TEXT)
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", TEXT, re.M)
    }
    missing = [
        each
        for each in targets
        if "://" not in each
        and (each[1:] not in headings if each.startswith("#") else not (PAGE.parent / each).exists())
    ]
    assert targets and not missing


def test_the_plan_has_every_exercise_in_order() -> None:
    rows = re.findall(r"^\| \d \| (\d) (\w+) \| (`.*?) \|", TEXT, re.MULTILINE)
    plan = {name: re.findall("`(.*?)`", cell) for _, name, cell in rows}
    assert plan == {
        chapter.name: [each.name for each in form.of_chapter(chapter)] for chapter in course.CHAPTERS.values()
    }
