"""How exact tinydl is: every op's gradient beside finite differences, and every layer beside Keras."""

from __future__ import annotations

import importlib.util

from rich.console import Console
from rich.table import Table

from tests.gradient_cases import GRADIENTS, reports
from tests.parity.cases import largest_differences


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right")
    return table


def gradients() -> Table:
    """The largest error of every op's gradient, both orders, relative to the largest value of its array."""
    table = _table(
        "Gradients beside finite differences, float64", "op", "cases", "first order", "second order"
    )
    largest = [0.0, 0.0]
    for name in sorted(GRADIENTS):
        found = list(reports(name))
        errors = [max(report.findings[order].error for report in found) for order in (0, 1)]
        largest = [max(pair) for pair in zip(largest, errors)]
        table.add_row(name, str(len(found)), *(f"{error:.1e}" for error in errors))
    table.add_row("largest", "", *(f"{error:.1e}" for error in largest), style="bold")
    return table


def layers() -> Table:
    """The largest difference between every layer and Keras's, over outputs and gradients."""
    live = importlib.util.find_spec("keras") is not None
    beside = "Keras" if live else "the stored answers of Keras"
    table = _table(f"Layers beside {beside}, float32", "layer", "cases", "largest difference")
    largest = 0.0
    for layer, count, difference, _ in largest_differences(live):
        largest = max(largest, difference)
        table.add_row(layer, str(count), f"{difference:.1e}")
    table.add_row("largest", "", f"{largest:.1e}", style="bold")
    return table


def main() -> None:
    """Print both tables."""
    console = Console()
    console.print(gradients())
    console.print(layers())
    console.print("Errors and differences are relative to the largest value of the array they are in.")
