"""The page: an overview, then chapter by chapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from chapters import course
from chapters.report.chapter import came_to, section, verdict
from chapters.report.markup import Html, element, join
from chapters.report.shelf import Shelf, written

STYLE = Path(__file__).with_name("style.css")
# Nothing may be loaded, and nothing may run: what the page needs is in it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(shelves: Sequence[Shelf], unread: Sequence[str], below: Path, now: datetime) -> str:
    """The whole page.

    Args:
        shelves: of all chapters.
        unread: what could not be read, a line for each.
        below: the output folder, in which the page will lie.
        now: for the line that says when it was made; nothing else depends on it.
    """
    shown = [shelf for shelf in shelves if shelf.runs]
    without = [shelf.chapter for shelf in shelves if not shelf.runs]
    title = f"tinydl: all runs in {written(below)}"
    count = sum(len(shelf.runs) for shelf in shown)
    body = join(
        element(
            "header",
            element("h1", title),
            element(
                "p",
                f"{count} run{'s' * (count != 1)} of {len(shown)} of {len(shelves)} chapters. Made on "
                f"{now:%Y-%m-%d at %H:%M} by ",
                element("code", "python -m chapters report"),
                ". A tap on a picture shows it in its own size.",
            ),
        ),
        element(
            "nav",
            element("h2", "Overview"),
            element("ol", *[_card(shelf) for shelf in shown], class_="cards"),
            _without(without),
            aria_label="chapters",
        ),
        element("main", *[section(shelf, below) for shelf in shown]),
        _unread(unread),
    )
    return "<!doctype html>\n" + element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=POLICY),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", title),
            element("style", Html(STYLE.read_text(encoding="utf-8"))),
        ),
        element("body", body),
        lang="en",
    )


def _card(shelf: Shelf) -> Html:
    """A chapter in a few lines."""
    runs = dict.fromkeys([shelf.runs[0], *shelf.best.values()])
    lines = []
    for run in runs:
        titles = dict.fromkeys(
            title.split()[0] for title in shelf.titles(run)
        )  # "best on MNIST": the data are told
        lines.append((", ".join(titles), ", ".join([came_to(run), run.data, *run.scale])))
    if shelf.compared:
        lines.append(("Keras", verdict(shelf.compared)))
    return element(
        "li",
        element("a", f"{shelf.chapter.number} · {shelf.chapter.name}", href=f"#{shelf.chapter.name}"),
        element("dl", *[part for name, said in lines for part in (element("dt", name), element("dd", said))]),
    )


def _without(chapters: Sequence[course.Chapter]) -> Html:
    """Chapters that have not been run here, and how to."""
    lines = [
        element(
            "li",
            f"{chapter.number} · {chapter.name} ({chapter.takes}): ",
            element("code", f"python -m chapters run {chapter.name}"),
        )
        for chapter in chapters
    ]
    return join(element("h3", "Not run here yet"), element("ul", *lines)) if lines else Html("")


def _unread(lines: Sequence[str]) -> Html:
    """What was found and could not be shown."""
    listed = element("ul", *[element("li", line) for line in lines])
    return element("footer", element("h2", "Left out"), listed) if lines else Html("")
