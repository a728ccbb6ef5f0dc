"""What is shown of a race on a GPU: a table a case, the same as Markdown, and all numbers as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from benchmarks.cases import Case
from benchmarks.race import Result
from benchmarks.report import ratio

TITLES = {
    "tinydl": "tinydl",
    "replay": "tinydl, replayed",
    "torch": "PyTorch",
    "compiled": "PyTorch, compiled",
    "graph": "PyTorch, CUDA graph",
    "floor": "bare products",
}
HEADINGS = ("", "median, ms", "minimum, ms", "× PyTorch", "peak, MB", "what went wrong")
GOAL = 1e-4  # how far gradients may be from the CPU's, as a share of the largest one
NOTE = (
    "A step of training in float32, TF32 off, the batch already on the device; medians of rounds in which each takes\n"
    "its turn. × is the median of the rounds' ratios to PyTorch, op by op. Peak is what arrays took at one time, with\n"
    "weights, batch and what the optimizer keeps. Bare products: the step's matrix products alone, by cuBLAS."
)


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """A line for each contestant, in the columns of HEADINGS; whoever gave up has one too."""
    first = next((each for each in results if each.contestant == "torch" and each.seconds), None)
    shown = []
    for each in results:
        numbers = ["", "", ""]
        if each.seconds:
            numbers[0] = f"{1000 * statistics.median(each.seconds):.3f}"
            numbers[1] = f"{1000 * min(each.seconds):.3f}"
            numbers[2] = f"{ratio(each, first):.2f}" if first else ""
        memory = "" if each.megabytes is None else f"{each.megabytes:,.0f}"
        shown.append((TITLES[each.contestant], *numbers, memory, each.error or ""))
    return shown


def table(case: Case, results: Sequence[Result]) -> Table:
    """A case as a table."""
    lines = rows(results)
    columns = HEADINGS if any(line[-1] for line in lines) else HEADINGS[:-1]
    shown = Table(title=f"{case.title}: training step", title_justify="left", title_style="bold")
    for i, heading in enumerate(columns):
        shown.add_column(heading, justify="right" if 0 < i < 5 else "left", no_wrap=i < 5)
    for line in lines:
        shown.add_row(*map(escape, line[: len(columns)]), style="dim" if line[0] == TITLES["floor"] else None)
    return shown


Gradients = Mapping[str, Mapping[str, float] | str]  # by network: the errors, or why there are none


def gradient_lines(gradients: Gradients) -> list[str]:
    """What is to be said of the gradients of each network."""
    return [
        f"{title}: {found}"
        if isinstance(found, str)
        else f"{title}: {found['float32']:.1e} in float32{'' if found['float32'] <= GOAL else ' (!)'}, "
        f"{found['float64']:.1e} in float64; the CPU's own float32 is {found['rounding']:.1e} from its float64"
        for title, found in gradients.items()
    ]


def as_json(
    around: Mapping[str, Any],
    suite: str | None,
    gradients: Gradients,
    finished: Mapping[str, Sequence[Result]],
) -> dict[str, Any]:
    """Every number, and what the table says of them."""
    races = [
        {
            "case": name,
            "results": [
                asdict(each) | dict(zip(("median_ms", "minimum_ms", "ratio_to_torch"), line[1:4]))
                for each, line in zip(results, rows(results))
            ],
        }
        for name, results in finished.items()
    ]
    return {**around, "suite": suite, "gradients": dict(gradients), "races": races}


def markdown(
    around: Mapping[str, Any],
    suite: str | None,
    gradients: Gradients,
    finished: Mapping[Case, Sequence[Result]],
) -> str:
    """All of it, to be read."""
    facts = [f"{name} {version}" for name, version in around["versions"].items()]
    text = [
        f"# {around['card']}",
        "",
        f"{around['date'][:10]}; {around['processor']}; {', '.join(facts)}.",
        "",
    ]
    if suite is not None:
        text += [f"`pytest -m gpu tests`: {suite}", ""]
    if gradients:
        text += [
            f"Gradients beside the CPU's: the largest error, as a share of the largest gradient in its weight array "
            f"(to be {GOAL:.0e} at most):",
            "",
            *[f"- {line}" for line in gradient_lines(gradients)],
            "",
        ]
    for case, results in finished.items():
        lines = [tuple(cell.replace("|", "\\|") for cell in line) for line in rows(results)]
        text += [
            f"## {case.title}: training step",
            "",
            _line(HEADINGS),
            "| --- | ---: | ---: | ---: | ---: | --- |",
        ]
        text += [*map(_line, lines), ""]
    return "\n".join([*text, NOTE, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
