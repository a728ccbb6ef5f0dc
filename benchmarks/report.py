"""What is shown of a race: a table a case, all numbers as JSON, and a picture."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from rich.table import Table

from benchmarks.cases import CASES, LIBRARIES, PHASES, Case
from benchmarks.race import Result
from tinydl import __version__
from tinydl.files import aside
from tinydl.plot.drawing import BLACK, BLUE, GREY, ORANGE, RED, new_figure

# For each library a colour, and a mark for those who cannot tell the colours apart.
LOOKS = {
    "tinydl": (BLACK, "o", ""),
    "torch": (RED, "s", ""),
    "keras": (ORANGE, "^", "//"),
    "dezero": (BLUE, "D", "xx"),
    "floor": (GREY, "_", ".."),
}
PACKAGES = ("numpy", "torch", "keras", "tensorflow", "tensorflow-cpu", "dezero")


def library(contestant: str) -> str:
    """torch:channels-last -> torch"""
    return contestant.partition(":")[0]


def called(contestant: str) -> str:
    """What stands in tables: torch:channels-last -> PyTorch (channels last)."""
    name, _, layout = contestant.partition(":")
    return LIBRARIES[name][0] + (f" ({layout.replace('-', ' ')})" if layout else "")


# ---------------------------------------------------------------------------------------------------- numbers


def ratio(result: Result, first: Result) -> float:
    """How many times longer than the first it takes: round by round, for what disturbs a round disturbs both."""
    return statistics.median(a / b for a, b in zip(result.seconds, first.seconds))


def faster_layouts(results: Sequence[Result]) -> list[Result]:
    """Those that have finished, each library once: of two layouts in memory the faster."""
    best: dict[str, Result] = {}
    for result in results:
        if result.seconds and not result.error:
            rival = best.setdefault(library(result.contestant), result)
            if statistics.median(result.seconds) < statistics.median(rival.seconds):
                best[library(result.contestant)] = result
    return list(best.values())


def summary(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For each library that has finished: median, minimum, ratio to the first, peak memory."""
    finished = faster_layouts(results)
    return [
        {
            "contestant": result.contestant,
            "median_ms": 1000 * statistics.median(result.seconds),
            "minimum_ms": 1000 * min(result.seconds),
            "ratio": ratio(result, finished[0]),
            "peak_mb": result.megabytes,
        }
        for result in finished
    ]


# ------------------------------------------------------------------------------------------------------ table


def table(case: Case, phase: str, results: Sequence[Result]) -> Table:
    """A case and phase as a table."""
    rows = summary(results)
    what = "forward and backward" if case.network in ("convolution", "chain") else "training step"
    shown = Table(
        title=f"{case.title}: {what if phase == 'train' else PHASES[phase]}",
        title_justify="left",
        title_style="bold",
    )
    beside = LIBRARIES[library(rows[0]["contestant"])][0] if rows else ""
    shown.add_column("library", no_wrap=True)
    for heading in ("median, ms", "minimum, ms", f"× {beside}", "peak, MB"):
        shown.add_column(heading, justify="right")
    for row in rows:
        is_floor = library(row["contestant"]) == "floor"
        memory = "" if is_floor or row["peak_mb"] is None else f"{row['peak_mb']:.0f}"
        numbers = (f"{row['median_ms']:.2f}", f"{row['minimum_ms']:.2f}", f"{row['ratio']:.2f}", memory)
        shown.add_row(called(row["contestant"]), *numbers, style="dim" if is_floor else None)
    return shown


def remarks(case: Case, results: Sequence[Result]) -> list[str]:
    """What is to be said beneath a table: who gave up, how fit spends its time."""
    said = [f"{called(r.contestant)} gave up: {r.error}" for r in results if r.error]
    if case.network == "lenet":
        said += [
            f"fit spends {100 * r.share:.1f} % of its time in train_step."
            for r in results
            if r.share is not None
        ]
    return said


# ------------------------------------------------------------------------------------------------------- JSON


def circumstances(threads: int) -> dict[str, Any]:
    """When and where: what one has to know to compare with another run."""
    versions = {"tinydl": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": platform.platform(),
        "versions": versions,
    }


def processor() -> str:
    """Its name, as far as the system knows it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


Finished = dict[tuple[str, str], list[Result]]  # by case and phase


def as_json(around: Mapping[str, Any], finished: Finished) -> dict[str, Any]:
    """Every number of a race, in a form that `from_json` reads back."""
    races = [
        {"case": case, "phase": phase, "results": [asdict(result) for result in results]}
        for (case, phase), results in finished.items()
    ]
    return {**around, "races": races}


def from_json(told: Mapping[str, Any]) -> Finished:
    """The races in what `as_json` made."""
    return {
        (each["case"], each["phase"]): [Result(**result) for result in each["results"]]
        for each in told["races"]
    }


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write numbers into a file, whole or not at all."""
    write_file(path, json.dumps(content, indent=1))


def write_file(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- picture


def picture(finished: Finished, around: Mapping[str, Any]) -> Figure:
    """Bars for each case: to the left of the line who is faster than the first (tinydl), to the right who is slower."""
    phases = [phase for phase in PHASES if any(each == phase for _, each in finished)]
    tall = max(sum(each == phase for _, each in finished) for phase in phases)
    firsts = [rows[0] for rows in map(summary, finished.values()) if rows]
    beside = LIBRARIES[library(firsts[0]["contestant"])][0]  # tinydl, unless it was left out
    figure = new_figure(6.2 * len(phases), 1.6 + 0.95 * tall, f"Time beside {beside}'s")
    for axes, phase in zip(figure.subplots(1, len(phases), squeeze=False)[0], phases):
        draw_ratios(axes, {case: results for (case, each), results in finished.items() if each == phase})
        axes.set(title=PHASES[phase], xlabel=f"← faster     time / {beside}'s time     slower →")
    handles: dict[Any, Any] = {}  # a library that is missing in one panel may be in the other
    for axes in figure.axes:
        handles |= {label: handle for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=5, frameon=False)
    versions = around["versions"]
    who = ", ".join(f"{name} {versions[name]}" for name in ("torch", "keras", "dezero") if name in versions)
    axes.annotate(
        f"{around['processor']}, {around['threads']} threads, {around['date'][:10]}; {who}",
        (1, 0),
        (0, -38),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7,
        color="#555555",
    )
    return figure


def plain_numbers(axis: Axis) -> None:
    """1, 2, 5, 10 ... along a logarithmic axis, written out."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def draw_ratios(axes: Axes, races: Mapping[str, Sequence[Result]]) -> None:
    """The bars of a phase, a group for each case, from top to bottom."""
    height = 0.8 / (len(LOOKS) - 1)
    labelled = set()
    for place, results in enumerate(races.values()):
        rows = summary(results)[1:]
        for i, row in enumerate(rows):
            name = library(row["contestant"])
            colour, _, hatch = LOOKS[name]
            y = place + height * (i - (len(rows) - 1) / 2)
            axes.barh(
                y,
                row["ratio"] - 1,
                height * 0.92,
                left=1,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=None if name in labelled else LIBRARIES[name][0],
            )
            labelled.add(name)
            left = row["ratio"] < 1
            axes.annotate(
                f"{row['ratio']:.2f}",
                (row["ratio"], y),
                (-3 if left else 3, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
                fontsize=8,
            )
    titles = [CASES[name].title if name in CASES else name for name in races]
    axes.set_yticks(range(len(races)), titles)
    axes.axvline(1, color=BLACK, linewidth=1.2)
    axes.set(xscale="log", ylim=(len(races) - 0.5, -0.5))
    axes.margins(x=0.14)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.5), max(high, 2))
    plain_numbers(axes.xaxis)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
