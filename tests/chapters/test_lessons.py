"""Every lesson: its code runs, its pictures are there and light, and what it points at exists."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "chapters").glob("ch*/README.md"))


def of(path: Path) -> str:
    return path.parent.name


@pytest.mark.parametrize("lesson", LESSONS, ids=of)
def test_code_in_the_lesson_runs(lesson: Path) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```$", lesson.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert blocks, "a lesson shows code"
    code = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, of(lesson), str(lesson), 0)
    told: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST
    doctest.DocTestRunner(optionflags=flags).run(code, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("lesson", LESSONS, ids=of)
def test_what_the_lesson_points_at_exists(lesson: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", lesson.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    missing = [target for target in local if not (lesson.parent / target).exists()]
    assert local and not missing, f"points at what is not there: {missing}"


@pytest.mark.parametrize("lesson", LESSONS, ids=of)
def test_pictures_are_shown_and_light(lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    pictures = list((lesson.parent / "images").glob("*"))
    unused = [path.name for path in pictures if f"(images/{path.name})" not in text]
    assert pictures and not unused, f"no lesson shows {unused}"
    most = {".gif": 400_000}  # a film; any other picture 150,000
    heavy = [path.name for path in pictures if path.stat().st_size > most.get(path.suffix, 150_000)]
    assert not heavy and sum(path.stat().st_size for path in pictures) < 1_000_000, heavy
