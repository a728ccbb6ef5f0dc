"""What a comparison leaves: words on the screen, a picture of the losses, and a file that holds all of it.

A comparison is kept as plain dictionaries, so that one that was stored is shown by the same lines as a fresh one.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chapters.compare.causes import usual_causes
from chapters.compare.files import EXACT, ONE_WAY
from chapters.compare.keras_side import BACKENDS
from chapters.compare.measure import TOLERANCE, Difference
from tinydl.files import aside
from tinydl.plot.drawing import BLUE, ORANGE, new_figure

COLUMNS = 5  # for steps of the optimizer; of more than these the largest difference is told
WIDE = 1000  # so far apart, losses are drawn on a logarithmic scale
NAMED = 5  # differences beyond tolerance that are explained, at most

UNITS = "Differences are shares of the largest value of their array; those of updates, of the learning rate."


def all_within(comparison: dict[str, Any]) -> bool:
    """Whether nothing is beyond tolerance, and weights came back from Keras's files as they were."""
    networks = comparison["networks"].values()
    near = all(found.share <= 1 for network in networks for found in differences_of(network))
    return near and all(
        said in (EXACT, ONE_WAY) for network in networks for said in network["files"].values()
    )


def differences_of(network: dict[str, Any]) -> list[Difference]:
    """All that were found between a network and its twin."""
    return [Difference(**{**each, "shape": tuple(each["shape"])}) for each in network["differences"]]


# ----------------------------------------------------------------------------------------------------- words


def show(comparison: dict[str, Any]) -> None:
    """Print it: what differs most, then everything."""
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    versions, backend = comparison["versions"], comparison["backend"]
    theirs = f"Keras {versions['keras']} on {BACKENDS[backend]} {versions[backend]}"
    ours = f"tinydl {versions['tinydl']} on NumPy {versions['numpy']}"
    console.print(f"\n[bold]{comparison['chapter']}:[/bold] {ours} beside {theirs}")
    console.print(f"{comparison['logits']} {UNITS}")
    for name, network in comparison["networks"].items():
        data, size = escape(network["data"]), network["batch"]
        console.print(f"\n[bold]{name}[/bold], {data}, in float64: the same weights, the same {size} samples")
        found = differences_of(network)
        console.print(_largest(found))
        for line in _explained(found):
            console.print(line)
        console.print(_everything(found))
        for line in left_loose(network, comparison):
            console.print(line)
    everything = "Everything" if all_within(comparison) else "Not everything"
    console.print(f"\n[bold]{everything} is within tolerance.[/bold]")


def number(value: float) -> str:
    """A difference as it is written."""
    return "0" if value == 0 else f"{value:.1e}"


def _largest(found: list[Difference]) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("largest difference", "", "passes up to", "", "where"):
        table.add_column(heading, overflow="fold")
    for most in largest(found):
        mark = "ok" if most.share <= 1 else "BEYOND"
        table.add_row(most.part, number(most.value), f"{TOLERANCE[most.part]:.0e}", mark, most.where)
    return table


def largest(found: list[Difference]) -> list[Difference]:
    """The largest difference of each part; of those that are infinite, the first."""
    parts = [[each for each in found if each.part == part] for part in TOLERANCE]
    return [max(of_part, key=lambda each: each.value) for of_part in parts if of_part]


def _explained(found: list[Difference]) -> list[str]:
    """The layers beyond tolerance, and what to look at: first what layers do by themselves, the largest first."""
    beyond = []
    for part in TOLERANCE:
        of_part = [each for each in found if each.part == part and each.share > 1]
        # A gradient that is wrong spoils all before it, so it is the last one, nearest to the loss, that is to blame.
        beyond += of_part[::-1] if part == "gradient" else sorted(of_part, key=lambda each: -each.value)
    lines = []
    for each in beyond[:NAMED]:
        note = f" ({escape(each.note)})" if each.note else ""
        lines.append(
            f"[bold red]beyond tolerance:[/bold red] {each.where}, {each.kind}, {each.part}: "
            f"{number(each.value)}{note}\n    usual causes: {usual_causes(each)}"
        )
    if len(beyond) > NAMED:
        lines.append(f"... and {len(beyond) - NAMED} more; the first is the one to mend first.")
    return lines


def _everything(found: list[Difference]) -> Table:
    """A row for each layer and each of its weights, in the order of the network."""
    steps = max((each.step for each in found), default=0)
    columns = [f"step {step}" for step in range(1, steps + 1)] if steps <= COLUMNS else [f"{steps} steps"]
    table = Table(header_style="bold")
    table.add_column("layer, weight", overflow="fold")
    table.add_column("shape")
    for heading in ("forward", "gradient", *columns):
        table.add_column(heading, justify="right")
    for layer in dict.fromkeys(each.layer for each in found if not each.weight):
        of_layer = [each for each in found if each.layer == layer]
        for weight in dict.fromkeys(each.weight for each in of_layer):  # the first is "": the layer itself
            row = [each for each in of_layer if each.weight == weight]
            forward = [each for each in row if not weight]
            gradient = [each for each in row if each.part == "gradient"]
            moves = [each for each in row if each.step]
            each_step = [[move] for move in moves] if steps <= COLUMNS else [moves]
            cells = [_worst(cell) for cell in (forward, gradient, *each_step)]
            shape = "×".join(map(str, row[0].shape))
            table.add_row(f"    {weight}" if weight else layer, shape, *cells)
    return table


def _worst(cell: list[Difference]) -> str:
    """The largest difference, marked if it is beyond tolerance; nothing if there is none."""
    if not cell:
        return ""
    most = max(cell, key=lambda each: each.value)
    return number(most.value) + " !" * (most.share > 1)


def left_loose(network: dict[str, Any], comparison: dict[str, Any]) -> list[str]:
    """The losses in float32, the time of a step, and the weights' way through files."""
    lines = []
    for name, (ours, theirs) in network["losses"].items():
        tail = max(1, len(ours) // 10)
        ends = f"{np.mean(ours[-tail:]):.4f} here, {np.mean(theirs[-tail:]):.4f} in Keras"
        of = f"the last {tail} of {len(ours)} steps" if tail > 1 else f"the last of {len(ours)} steps"
        lines.append(f"Each on its own in float32, {name} (mean of {of}): {ends}.")
    if network["seconds"]:
        ours, theirs = network["seconds"]
        size, cores = network["samples_a_step"], comparison["cores"]
        lines.append(
            f"A step of {size}, median: {1e3 * ours:.1f} ms here, {1e3 * theirs:.1f} ms in Keras, "
            f"{ours / theirs:.2f} times as long ({cores} CPU core{'s' * (cores > 1)})."
        )
    lines += [
        f"Weights by {ending}, there and back, exact: {said}." for ending, said in network["files"].items()
    ]
    return lines


# --------------------------------------------------------------------------------------------------- picture


def curves(comparison: dict[str, Any]) -> Figure | None:
    """The losses of both over the steps, and how far apart they are: a column for each network. None without any."""
    lost = [
        (name, loss, *pair)
        for name, network in comparison["networks"].items()
        for loss, pair in network["losses"].items()
    ]
    if not lost:
        return None
    backend = BACKENDS[comparison["backend"]]
    title = "On their own in float32: the same weights, the same batches; losses of each batch"
    figure = new_figure(max(5.5, 4.3 * len(lost)), 4.4, title)
    panels = figure.subplots(2, len(lost), sharex="col", height_ratios=(2, 1), squeeze=False)
    panels[1, 0].set_ylabel("difference (nats)")
    labelled = ""
    for (upper, lower), (name, loss, ours, theirs) in zip(panels.T, lost):
        steps = np.arange(1, len(ours) + 1)
        dot = "o" if len(steps) == 1 else None  # a line needs two
        upper.plot(steps, ours, marker=dot, color=BLUE, linewidth=2.2, label="tinydl")
        upper.plot(steps, theirs, "--", marker=dot, color=ORANGE, linewidth=1.2, label=f"Keras on {backend}")
        upper.set_title(f"{name} on {comparison['networks'][name]['data']}", fontsize=11)
        upper.legend(frameon=False, fontsize=9)
        far = np.abs(np.subtract(ours, theirs))
        lower.semilogy(steps, np.where(far > 0, far, np.nan), ".", color=BLUE, markersize=2.5)
        lower.set(xlabel="step", ylim=(1e-8, max(1.0, 2 * far.max())))
        lower.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if loss != labelled:
            upper.set_ylabel(f"{loss} (nats)")
            labelled = loss
        if max(ours) > WIDE * min(ours) > 0:
            upper.set_yscale("log")
        for axes in (upper, lower):
            axes.grid(color="#DDDDDD", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
    return figure


# ------------------------------------------------------------------------------------------------------ file


def write(comparison: dict[str, Any], path: Path) -> None:
    """Keep it, whole or not at all."""
    text = json.dumps(comparison, indent=1)
    for innermost in (r"\[[^\[\]{}]*\]", r"{[^{}]*}"):  # lists of numbers, then differences: a line each
        text = re.sub(innermost, lambda found: " ".join(found[0].split()), text)
    with aside(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any] | None:
    """One that was kept; None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def kept(found: list[Difference]) -> list[dict[str, Any]]:
    """Differences as `write` takes them."""
    return [asdict(each) for each in found]
