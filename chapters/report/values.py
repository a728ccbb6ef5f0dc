"""The figures of a run as tables, however they are nested."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from chapters.report.markup import Html, element, join

MOST = 200  # figures
ROWS = 20  # of a table of one, and numbers in a row; of more than these it says how many
SHORT = 5  # a list like a single figure
LETTERS = 300  # of a text
DEPTH = 4  # of tables inside tables


def number(value: float) -> str:
    """A number with four digits that count."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 1e15 else "very large"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def figures(values: Mapping[str, Any]) -> Html:
    """A table of the plain ones, and below it each of the others, to be opened."""
    shown = dict(list(values.items())[:MOST])
    plain = {key: value for key, value in shown.items() if _plain(value)}
    nested = {key: value for key, value in shown.items() if key not in plain}
    return join(
        table([], [[words(key), _cell(value)] for key, value in plain.items()]) if plain else "",
        *[
            element("details", element("summary", f"{words(key)} ({len(value)})"), _inside(value, DEPTH))
            for key, value in nested.items()
        ],
        element("p", f"… {len(values)} in all") if len(values) > MOST else "",
    )


def table(headings: Sequence[object], rows: Sequence[Sequence[object]], caption: str | None = None) -> Html:
    """A table that scrolls inside itself. The first cell of a row names it; without headings there are none."""
    head = [element("th", heading, scope="col") if heading else element("td") for heading in headings]
    body = [
        element("tr", element("th", row[0], scope="row"), *[element("td", cell) for cell in row[1:]])
        for row in rows
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption) if caption else "",
            element("thead", element("tr", *head)) if headings else "",
            element("tbody", *body),
        ),
        class_="scroll",
        tabindex="0",  # so that a keyboard can scroll it
        role="group",
        aria_label=caption or "table",
    )


def words(key: object) -> str:
    """A name as it is read: test_accuracy, test accuracy."""
    return _short(str(key).replace("_", " "), 80)


def _plain(value: object) -> bool:
    """Whether it has room in a line: no dictionary, and no long list."""
    short = isinstance(value, list) and len(value) <= SHORT and not any(map(_nested, value))
    return short or not _nested(value)


def _nested(value: object) -> bool:
    return isinstance(value, (dict, list)) and len(value) > 0


def _short(text: str, letters: int = LETTERS) -> str:
    return text if len(text) <= letters else f"{text[:letters]} …"


def _cell(value: object) -> str:
    """A value in one cell."""
    if isinstance(value, (int, float)):
        return number(value)
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, list) and not any(map(_nested, value)):
        more = f" … ({len(value)} in all)" if len(value) > ROWS else ""
        return ", ".join(_cell(each) for each in value[:ROWS]) + more
    return _short(str(value))


def _inside(value: Any, depth: int) -> Html:
    """What a list or dictionary holds."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value, 1))
    if not any(_nested(each) for _, each in items):
        if isinstance(value, list):
            return element("p", _cell(value))
        return _rows([], [[words(key), _cell(each)] for key, each in items])
    held = [each for _, each in items]
    if all(isinstance(each, dict) and all(map(_plain, each.values())) for each in held):
        columns = list(dict.fromkeys(column for each in held for column in each))
        if len(columns) <= ROWS:
            rows = [
                [words(key), *[_cell(each[column]) if column in each else "" for column in columns]]
                for key, each in items
            ]
            return _rows(["", *map(words, columns)], rows)
    if all(isinstance(each, list) and not any(map(_nested, each)) for each in held):
        return _rows([], [[words(key), _cell(each)] for key, each in items])
    if depth == 0:
        return element("p", f"… {len(value)} more inside")
    return join(
        *[
            element(
                "div",
                element("p", words(key)),
                _inside(each, depth - 1) if _nested(each) else _cell(each),
                class_="in",
            )
            for key, each in items[:ROWS]
        ],
        element("p", f"… {len(items)} in all") if len(items) > ROWS else "",
    )


def _rows(headings: list[str], rows: list[list[str]]) -> Html:
    more = element("p", f"… {len(rows)} in all") if len(rows) > ROWS else ""
    return join(table(headings, rows[:ROWS]), more)
