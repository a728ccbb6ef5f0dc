"""A verdict, as a reader sees it in the terminal, as a picture, and as plain data."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from chapters.exercises.heat import heat_map, plane_name, telling
from chapters.exercises.judge import Difference, Verdict
from chapters.exercises.workspace import number
from tinydl.files import aside
from tinydl.gradcheck import figure, worst
from tinydl.gradcheck.difference import SMALL, distances, scale

PRINTED = 10  # lines of the reader's own prints that are shown
NO_WORD = (
    "None of the usual mistakes explains it. Print in your function what went in, and each step; what it prints is "
    "shown here. Work the worst element out by hand beside it: where do the two part?"
)


def console() -> Console:
    """Where all is printed: as wide as the terminal, or 100 characters where there is none."""
    screen = Console(highlight=False)
    if isinstance(sys.stdout, io.TextIOWrapper) and not has_unicode(screen):
        sys.stdout.reconfigure(errors="replace")  # a sum sign in a task is not worth an error
    if not screen.is_terminal:
        screen.width = 100
    return screen


def has_unicode(screen: Console) -> bool:
    """Whether it can show more than ASCII."""
    return screen.encoding.lower().startswith("utf")


def report(verdict: Verdict, path: Path, unicode: bool = True) -> RenderableType:
    """What was found: what is right, and why something is not.

    Args:
        verdict: what `judge` says.
        path: the reader's file.
        unicode: False for a terminal that has no other characters than ASCII.
    """
    tick, cross, arrow = ("✓", "✗", "→") if unicode else ("+", "x", ">")
    head = Text(f"{number(verdict.exercise)} {verdict.exercise.name}", style="bold")
    head.append(f"  {verdict.exercise.title}", style="not bold")
    pieces: list[RenderableType] = [head, Text(str(path), style="dim"), Text()]
    pieces += [Text(f"{tick} {line}", style="green") for line in verdict.passed]
    if verdict.state == "unwritten":
        pieces += _unwritten(verdict, arrow)
    elif verdict.state != "solved":
        pieces += [Text(f"{cross} {clean(verdict.message)}", style="bold red"), *_why(verdict, path)]
    if verdict.difference:
        pieces += [Text(), _where(verdict, verdict.difference, unicode)]
    if verdict.printed.strip():
        pieces += [Text(), *_printed(verdict.printed)]
    return Group(*pieces)


def line(verdict: Verdict, unicode: bool = True) -> Text:
    """A verdict in a line."""
    marks = {"solved": ("✓" if unicode else "+", "green"), "unwritten": (" ", "dim")}
    mark, style = marks.get(verdict.state, ("✗" if unicode else "x", "red"))
    words = {"solved": "", "unwritten": "not written yet"}.get(verdict.state, clean(verdict.message))
    words += f" [{verdict.diagnosis.key}]" if verdict.diagnosis else ""
    return Text(f"{mark} {number(verdict.exercise)} {verdict.exercise.name:<22} {words}".rstrip(), style)


def as_data(verdict: Verdict, path: Path) -> dict[str, Any]:
    """The same as plain data, for JSON. Numbers that are not finite are words there."""
    fault, off, diagnosis = verdict.fault, verdict.difference, verdict.diagnosis
    return {
        "exercise": verdict.exercise.name,
        "chapter": verdict.exercise.chapter.name,
        "file": str(path),
        "state": verdict.state,
        "part": verdict.part,
        "message": verdict.message,
        "passed": list(verdict.passed),
        "fault": fault and {"kind": fault.kind, "line": fault.line, "code": fault.code},
        "diagnosis": diagnosis and {"key": diagnosis.key, "sentence": diagnosis.sentence},
        "difference": off and _difference(off),
        "printed": verdict.printed,
        "seconds": round(verdict.seconds, 3),
    }


def picture(verdict: Verdict, path: Path, out: Path, last: RenderableType = "") -> bool:
    """Write a picture of a check: .svg, what stands in the terminal; else the arrays as heat maps.

    Args:
        verdict: what `judge` says.
        path: the reader's file.
        out: the picture's file.
        last: what stands below the report in the terminal.

    Returns:
        Whether there was something to draw.

    Raises:
        OSError: the place cannot be written to.
    """
    if out.suffix.lower() == ".svg":
        screen = Console(record=True, width=100, highlight=False, file=io.StringIO(), force_terminal=True)
        screen.print(report(verdict, path), last)
        text = screen.export_svg(title=f"python -m chapters check {verdict.exercise.name}")
        with aside(out) as part:
            part.write_text(text, encoding="utf-8")
        return True
    off = verdict.difference
    if off is None or not np.size(off.yours):
        return False
    from tinydl import plot  # matplotlib takes its time

    yours, expected, plane = np.asarray(off.yours), off.expected, ""
    if yours.shape == expected.shape:  # of more than two axes, what the map in the terminal shows
        index = telling(distances(yours, expected))
        yours, expected, plane = yours[index], expected[index], plane_name(index)
    plot.save(figure(yours, expected, f"{verdict.exercise.name}: {off.what}{plane} ({off.label})"), out)
    return True


def clean(text: str) -> str:
    """Words of a reader's file, without what a terminal would take for a command."""
    return "".join(each if each.isprintable() or each in "\n\t" else "?" for each in text)


def _unwritten(verdict: Verdict, arrow: str) -> list[RenderableType]:
    """What there is to do: the task, or the next function of it."""
    line = Text(f"{arrow} {verdict.part} is still to be written.", style="bold yellow")
    if verdict.passed:
        return [line]
    first, *rest = verdict.exercise.task.split("\n\n")
    text = " ".join(first.split())
    if rest and text[-1] not in ".?!":  # it goes on with a formula, which stands below as it is written
        text += f"\n\n{rest[0]}"
    return [line, Text(), Text(text), Text("\nThe whole task stands in the file.", style="dim")]


def _why(verdict: Verdict, path: Path) -> list[RenderableType]:
    """What is known of the cause: a line of the file, or the mistake that was made."""
    fault, diagnosis = verdict.fault, verdict.diagnosis
    pieces: list[RenderableType] = []
    if fault and fault.line:
        place = Text(f"\n  {path}:{fault.line}\n", style="dim")
        pieces.append(place.append(f"  {fault.line} | {clean(fault.code.strip())}", style="not dim"))
    sentence = diagnosis.sentence if diagnosis else NO_WORD * bool(verdict.difference)
    if not sentence or sentence == verdict.message:
        return pieces
    return [
        *pieces,
        Text(),
        Panel(Text(clean(sentence)), border_style="yellow", box=box.ROUNDED, padding=(0, 1)),
    ]


def _where(verdict: Verdict, off: Difference, unicode: bool) -> RenderableType:
    """The worst elements, and beside them a map of the errors."""
    yours, expected = np.asarray(off.yours), off.expected
    if yours.shape != expected.shape:
        return _beside("shape", yours.shape, expected.shape)
    if yours.dtype != expected.dtype and np.allclose(yours, expected, rtol=1e-3, atol=SMALL):
        return _beside("dtype", yours.dtype, expected.dtype)
    (tolerance,) = [part.tolerance for part in verdict.exercise.parts if part.name == verdict.part]
    right = tolerance * scale(expected)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("worst, at", "yours", "expected"):
        table.add_column(heading, justify="left" if heading == "worst, at" else "right")
    for each in worst(yours, expected, right=right):  # + 0.0: no -0
        table.add_row(
            Text(str([*each.index]) if each.index else ""),
            f"{each.yours + 0.0:.6g}",
            f"{each.expected + 0.0:.6g}",
        )
    if expected.size == 1:
        return table
    grid = Table.grid(padding=(0, 4))
    grid.add_row(table, heat_map(yours, expected, right, unicode))
    return grid


def _beside(what: str, yours: Any, expected: Any) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text(f"your {what}", style="dim"), Text(str(yours)))
    table.add_row(Text("expected", style="dim"), Text(str(expected)))
    return table


def _printed(text: str) -> list[RenderableType]:
    lines = clean(text.rstrip()).splitlines()
    shown = Text("\n".join(line[:200] for line in lines[:PRINTED]))
    if len(lines) > PRINTED:
        shown.append(f"\n... and {len(lines) - PRINTED} lines more", style="dim")
    title = "your file prints, or NumPy warns"
    return [Panel(shown, title=title, title_align="left", border_style="dim", box=box.ROUNDED)]


def _difference(off: Difference) -> dict[str, Any]:
    yours = np.asarray(off.yours)
    elements = worst(yours, off.expected) if yours.shape == off.expected.shape else []
    return {
        "what": off.what,
        "label": off.label,
        "error": _plain(off.error),
        "shape": list(yours.shape),
        "dtype": str(yours.dtype),
        "expected_shape": list(off.expected.shape),
        "worst": [
            {"index": list(each.index), "yours": _plain(each.yours), "expected": _plain(each.expected)}
            for each in elements
        ],
    }


def _plain(value: float) -> float | str:
    return value if np.isfinite(value) else str(value)
