"""A chapter's part of the page: its latest and its best run, all others, and Keras beside it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from chapters.compare.measure import TOLERANCE
from chapters.compare.report import number as difference
from chapters.report.beside import Compared
from chapters.report.curves import trainings
from chapters.report.markup import Html, element, join
from chapters.report.pictures import packed, pictures_of
from chapters.report.shelf import Ran, Shelf, written
from chapters.report.values import figures, table, words

LISTED = 20  # runs in the table of all
OPENED = 4  # the curves of more trainings are to be opened
STATES = {
    "stopped": "stopped before its end: the same command with --resume goes on",
    "running": "begun: it is running still, or was ended from outside",
}


def section(shelf: Shelf, below: Path) -> Html:
    """All of a chapter. `below` is the folder that the page lies in."""
    chapter = shelf.chapter
    folders = [run for run in shelf.runs if run.last]
    return element(
        "section",
        element("h2", f"{chapter.number} · {chapter.name}: {chapter.title}"),
        *[_written_over(run, shelf.titles(run)) for run in shelf.best.values() if not run.last],
        _all_runs(shelf) if len(shelf.runs) > 1 else "",
        *[_folder(run, shelf.titles(run), run is folders[0], below) for run in folders],
        _beside(shelf.compared, below) if shelf.compared else "",
        element("p", element("a", "back to the overview", href="#")),
        id=chapter.name,
    )


def came_to(run: Ran) -> str:
    """Its main figure; without one, what became of it."""
    return run.figure or f"{run.state}, without a main figure"


def verdict(compared: Compared) -> str:
    """A comparison in a line."""
    paces = [network.pace for network in compared.networks if network.pace]
    low, high = (f"{end(paces):.1f}" for end in (min, max)) if paces else ("", "")
    pace = f", a step takes {low if low == high else f'{low} to {high}'} times as long" if paces else ""
    return f"{'all' if compared.within else 'not all'} within tolerance{pace}"


# ----------------------------------------------------------------------------------------------------- runs


def _written_over(run: Ran, titles: list[str]) -> Html:
    """The best run, of which the figures alone are left."""
    told = f"{came_to(run)}, {_when(run)}, in {run.where}"
    return element(
        "p", f"{_sentence(', '.join(titles))}: {told}. A later run has written over its pictures and curves."
    )


def _all_runs(shelf: Shelf) -> Html:
    """A row for each, the latest first; of many the last ones, and the best."""
    best = list(shelf.best.values())
    rows = [
        [
            _when(run),
            came_to(run),
            ", ".join(shelf.titles(run)),
            run.data,
            _took(run),
            element("code", run.flags),
            run.where,
        ]
        for i, run in enumerate(shelf.runs)
        if i < LISTED or run in best
    ]
    left = len(shelf.runs) - len(rows)
    caption = "The latest first" + f"; {left} earlier ones are not listed" * (left > 0)
    listed = table(["began", "came to", "", "data", "took", "flags", "folder"], rows, caption)
    return element("details", element("summary", f"All {len(shelf.runs)} runs"), listed)


def _folder(run: Ran, titles: list[str], opened: bool, below: Path) -> Html:
    """All that a folder holds of its last run."""
    versions = run.record.get("versions", {})
    on = [str(value) if key == "device" else f"{key} {value}" for key, value in versions.items()]
    facts = f"learnt from {run.data}; {_when(run)}, {_took(run)}; {', '.join(on)}"
    badges = [part for title in titles for part in (" ", element("span", title, class_="badge"))]
    return element(
        "details",
        element("summary", element("h3", came_to(run)), *badges, " ", run.where),
        element("pre", element("code", run.command), tabindex="0"),
        element("p", _sentence(f"{STATES.get(run.state, run.state)}; {facts}.")),
        _pictures(run, below),
        _curves(run),
        join(element("h4", "Figures"), figures(run.record["figures"])) if run.record.get("figures") else "",
        open=opened,
    )


def _curves(run: Ran) -> Html:
    count, drawn = trainings(run.record.get("history", {}))
    if count <= OPENED:
        return join(element("h4", "Curves"), drawn) if count else Html("")
    return element("details", element("summary", element("h4", f"Curves of {count} trainings")), drawn)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _when(run: Ran) -> str:
    return f"{run.began:%Y-%m-%d %H:%M}" if run.began else "at an unknown time"


def _took(run: Ran) -> str:
    seconds = run.record.get("seconds", -1.0)
    if not 0 <= seconds < 1e9:
        return "time unknown"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


# ------------------------------------------------------------------------------------------------- pictures


def _pictures(run: Ran, below: Path) -> Html:
    try:
        paths = pictures_of(run.folder)
    except OSError as error:
        return element("p", f"Its pictures cannot be read: {error.strerror}.")
    shown = [_picture(path, below, " (older than this run)" * _older(path, run)) for path in paths]
    return join(element("h4", "Pictures"), element("div", *shown, class_="pictures")) if shown else Html("")


def _older(path: Path, run: Ran) -> bool:
    """Whether a picture was there before: a run leaves those of the last one until it makes them anew."""
    try:
        return path.stat().st_mtime < run.order - 1  # began is in whole seconds
    except OSError:
        return False


def _picture(path: Path, below: Path, note: str = "") -> Html:
    """A picture that a tap enlarges, in a frame that scrolls; or a link to it, and why."""
    name = words(path.stem) + note
    try:
        data, width, height = packed(path)
    except ValueError as error:
        inside = path.is_relative_to(below)
        # As bytes: a name need not be a text.
        link = quote(os.fsencode(path.relative_to(below).as_posix())) if inside else path.as_uri()
        return element("p", element("a", path.name, href=link), f" {error}.")
    image = element("img", src=data, alt=name, width=width, height=height, loading="lazy", decoding="async")
    # A box to tick needs no script: while it is ticked, the picture has its own size.
    box = element("input", type="checkbox", aria_label=f"enlarge {name}")
    return element("figure", element("label", box, image), element("figcaption", name))


# ---------------------------------------------------------------------------------------------------- Keras


def _beside(compared: Compared, below: Path) -> Html:
    where = f"in {written(compared.where)}" if compared.where else "it came with the chapter"
    parts = [element("p", f"Compared on {compared.date} ({where}): {compared.versions}.")]
    for network in compared.networks:
        rows = [
            [
                each.part,
                difference(each.value) + " !" * (each.share > 1),
                f"{TOLERANCE[each.part]:.0e}",
                each.where,
            ]
            for each in network.largest
        ]
        caption = f"In float64: the same weights, the same {network.batch} samples"
        parts += [
            element("h4", f"{network.name} on {network.data}"),
            table(["", "largest difference", "passes up to", "where"], rows, caption),
            *[element("p", line) for line in network.lines],
        ]
    if compared.picture:
        parts.append(element("div", _picture(compared.picture, below), class_="pictures"))
    summary = element("summary", element("h3", "Keras beside ours"), " ", verdict(compared))
    return element("details", summary, *parts)
