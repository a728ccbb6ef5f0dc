"""How time and memory grow: with the batch, with the picture, with the threads.

Every point is a race of its own, in fresh processes: a peak of memory can be taken once only.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from rich.console import Console
from rich.status import Status
from rich.table import Table

from benchmarks import report
from benchmarks.cases import CASES, LIBRARIES, Case
from benchmarks.race import Result, race
from tinydl.plot import save
from tinydl.plot.drawing import new_figure

RACING = ("tinydl", "torch", "keras")
LENET = CASES["lenet"]


@dataclass(frozen=True)
class Series:
    """One thing that grows while all else stays.

    Attributes:
        name, title: in JSON, and above its column.
        label: of its axis.
        values: where it is measured.
        point: what is raced at such a value, and with how many threads if not with all.
    """

    name: str
    title: str
    label: str
    values: list[int]
    point: Callable[[int], tuple[Case, int | None]]


def lenet(batch: int) -> Case:
    """LeNet with another batch."""
    return Case(f"lenet-{batch}", f"LeNet, {batch:,}", "lenet", batch, LENET.shape)


def convolution(side: int) -> Case:
    """The convolution alone, of a smaller picture."""
    return Case(f"convolution-{side}", f"convolution, {side}×{side}", "convolution", 1, (side, side, 16))


def series(threads: int, quick: bool) -> list[Series]:
    """What grows: the batch from 1 to 4,096, the picture from 28 to 1,024, the threads from 1 to all."""
    batches = [1, 32, 512] if quick else [1, 4, 16, 64, 256, 1024, 4096]
    sides = [28, 128, 512] if quick else [28, 64, 128, 256, 512, 1024]
    counts = sorted({2**i for i in range(threads.bit_length())} | {threads})
    return [
        Series("batch", "LeNet's training step", "batch, pictures", batches, lambda n: (lenet(n), None)),
        Series(
            "side",
            "3×3 convolution 16→32, forward and backward",
            "picture, pixels a side",
            sides,
            lambda n: (convolution(n), None),
        ),
        Series("threads", "LeNet's training step, 128 pictures", "threads", counts, lambda n: (LENET, n)),
    ]


Points = dict[int, list[Result]]  # where -> what each came to


def main(options: argparse.Namespace, libraries: list[str]) -> None:
    """Measure, and show: a table for each series, JSON, a picture."""
    # PyTorch in one layout, for one line: the race shows what the other one does.
    names = [each.replace("torch", "torch:channels-last") for each in libraries if each in RACING]
    if not names:
        raise SystemExit(f"growth: only {', '.join(RACING)} take part.")
    console = Console()
    around = report.circumstances(options.threads)
    measured: list[tuple[Series, Points]] = []
    try:
        with console.status("") as status:
            for each in series(options.threads, options.quick):
                measured.append((each, {}))
                for value in each.values:
                    case, threads = each.point(value)
                    measured[-1][1][value] = race(
                        case,
                        "train",
                        names,
                        1 if options.quick else 3,
                        threads or options.threads,
                        0.05 if options.quick else 0.15,
                        partial(_show, status, f"{each.title}, {each.label}: {value:,}"),
                    )
                    report.write_json(options.json, as_json(around, measured))
                console.print(table(each, measured[-1][1]))
                for remark in remarks(measured[-1][1]):
                    console.print(remark, highlight=False)
    except KeyboardInterrupt:
        console.print("Interrupted: what is measured so far is kept.")
    measured = [(each, points) for each, points in measured if points]
    if not measured:
        raise SystemExit("Nothing was measured.")
    path = options.json.with_suffix(".png")
    save(picture(measured, around), path)
    print(f"All numbers: {options.json}; picture: {path}")


def _show(status: Status, where: str, news: str) -> None:
    status.update(f"{where}, {news}")


def as_json(around: dict[str, Any], measured: Sequence[tuple[Series, Points]]) -> dict[str, Any]:
    """Every number."""
    told = [
        {"series": each.name, "at": value, "results": [asdict(result) for result in results]}
        for each, points in measured
        for value, results in points.items()
    ]
    return {**around, "points": told}


def remarks(points: Points) -> list[str]:
    """Who gave up where."""
    return [
        f"{report.called(result.contestant)} gave up at {value:,}: {result.error}"
        for value, results in points.items()
        for result in results
        if result.error
    ]


def table(each: Series, points: Points) -> Table:
    """A row for each value, time and memory of each library."""
    shown = Table(title=each.title, title_justify="left", title_style="bold")
    shown.add_column(each.label, justify="right")
    first = next(iter(points.values()))
    for what in ("ms", "MB"):
        for result in first:
            shown.add_column(f"{report.called(report.library(result.contestant))}\n{what}", justify="right")
    for value, results in points.items():
        times = [f"{1000 * time_of(r):.2f}" if r.seconds else "" for r in results]
        memory = ["" if r.megabytes is None else f"{r.megabytes:.0f}" for r in results]
        shown.add_row(f"{value:,}", *times, *memory)
    return shown


def time_of(result: Result) -> float:
    """The median of the rounds, in seconds."""
    return statistics.median(result.seconds)


def picture(measured: Sequence[tuple[Series, Points]], around: dict[str, Any]) -> Figure:
    """A column for each series: time above, memory below, both axes logarithmic."""
    figure = new_figure(4.6 * len(measured), 7.4, "How time and memory grow")
    grid = figure.subplots(2, len(measured), squeeze=False)
    for (each, points), (above, below) in zip(measured, grid.T):
        draw(above, points, lambda r: 1000 * time_of(r))
        draw(below, points, lambda r: max(r.megabytes, 1) if r.megabytes is not None else None)
        above.set_title(each.title, fontsize=10)
        above.set_ylabel("time of a step, ms")
        below.set_ylabel("memory at the peak, MB")
        for axes in (above, below):
            if each.name == "threads":  # a few points, near each other: evenly, and from zero
                axes.set(xscale="linear", yscale="linear", ylim=(0, None))
            else:
                report.plain_numbers(axes.yaxis)
            axes.set_xlabel(each.label)
            axes.set_xticks(list(points), [f"{value:,}" for value in points])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.grid(color="#DDDDDD", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.text(
        0.995,
        0.005,
        f"{around['processor']}, {around['threads']} threads, {around['date'][:10]}",
        ha="right",
        fontsize=7,
        color="#555555",
    )
    return figure


def draw(axes: Axes, points: Points, number: Callable[[Result], float | None]) -> None:
    """A line for each library."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for value, results in points.items():
        for result in results:
            if result.seconds and (height := number(result)) is not None:
                lines.setdefault(report.library(result.contestant), []).append((value, height))
    for name, line in lines.items():
        colour, marker, _ = report.LOOKS[name]
        axes.plot(*zip(*line), color=colour, marker=marker, markersize=5, label=LIBRARIES[name][0])
    axes.set(xscale="log", yscale="log")
