"""Wrong answers are caught and named, right ones pass, however they are written."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path

import pytest

from chapters.exercises import form
from chapters.exercises.judge import Verdict
from tests.chapters.bank.entries import Entry, entries

README = Path(__file__).resolve().parents[2] / "README.md"


def of(entry: Entry) -> str:
    return f"{entry.part}-{'-'.join(entry.keys) or 'right'}-{entry.function.__code__.co_firstlineno}"


@functools.cache
def verdict_on(entry: Entry) -> Verdict:
    return entry.verdict()


@pytest.mark.parametrize("entry", entries(), ids=of)
def test_right_and_wrong_are_told_apart(entry: Entry) -> None:
    verdict = verdict_on(entry)
    assert (verdict.state == "solved") == entry.is_right, verdict


def test_nine_in_ten_are_named_rightly() -> None:
    wrong = [entry for entry in entries() if not entry.is_right]
    missed = [
        of(entry) for entry in wrong if getattr(verdict_on(entry).diagnosis, "key", "") not in entry.keys
    ]
    assert len(missed) <= 0.1 * len(wrong), missed


def test_every_gradient_has_five_wrong_answers() -> None:
    counted = Counter((entry.exercise, entry.part) for entry in entries() if not entry.is_right)
    gradients = [
        (each.name, part.name) for each in form.every() for part in each.parts if part.kind == "gradient"
    ]
    assert not [gradient for gradient in gradients if counted[gradient] < 5]
    assert sum(counted.values()) > 150


def test_the_readme_counts_what_is_here() -> None:
    told = re.search(
        r"(\d+)\s+wrong\s+answers,.*?(\d+)\s+right\s+ones", README.read_text(encoding="utf-8"), re.DOTALL
    )
    right = sum(entry.is_right for entry in entries())
    assert told and (int(told[1]), int(told[2])) == (len(entries()) - right, right)
