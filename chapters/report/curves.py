"""Trainings as drawings. They are SVG: a kilobyte or two each, sharp at any size, and light or dark as the page is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from matplotlib.ticker import MaxNLocator

from chapters.report.markup import Html, element, join
from chapters.report.values import number, words

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 320, 150, 52, 10, 26, 10
MOST = 60  # trainings
POINTS = 400  # of a curve; of a longer one, every so many epochs


def trainings(history: dict[str, Any]) -> tuple[int, Html]:
    """How many trainings there were, and for each a heading, and a drawing of each loss and metric.

    Of a training of a single epoch, a line.
    """
    parts: list[Html] = []
    count = 0
    for name, logs in history.items():
        curves = {key: list(map(_float, curve)) for key, curve in _lists(logs) if curve}
        if not curves:
            continue
        count += 1
        if count > MOST:
            continue
        epochs = max(map(len, curves.values()))
        parts.append(element("h5", f"{words(name)}, {epochs} epoch{'s' * (epochs > 1)}"))
        if epochs == 1:
            ends = [
                f"{words(key.replace('val_', 'validation '))} {number(curve[0])}"
                for key, curve in curves.items()
            ]
            parts.append(element("p", ", ".join(ends)))
        else:
            metrics = dict.fromkeys(key.removeprefix("val_") for key in curves)
            drawn = [_figure(metric, curves.get(metric), curves.get(f"val_{metric}")) for metric in metrics]
            parts.append(element("div", *drawn, class_="curves"))
    if count > MOST:
        parts.append(element("p", f"… {count} in all"))
    return count, join(*parts)


def _lists(logs: Any) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(logs, dict):
        yield from ((key, curve) for key, curve in logs.items() if isinstance(curve, list))


def _float(value: Any) -> float:
    """A number; what is none, and what no drawing could show, is not a number."""
    known = isinstance(value, (int, float)) and abs(value) < 1e300
    return float(value) if known else math.nan


def _figure(metric: str, training: list[float] | None, validation: list[float] | None) -> Html:
    ends = [number(training[-1])] if training else []
    ends += [f"validation (dashed) {number(validation[-1])}"] if validation else []
    says = f"{words(metric)}, in the end: {', '.join(ends)}"
    curves = [(curve, style) for curve, style in ((training, "line"), (validation, "line val")) if curve]
    return element("figure", _drawing(curves, says), element("figcaption", says))


def _drawing(curves: list[tuple[list[float], str]], says: str) -> Html:
    values = [value for curve, _ in curves for value in curve if not math.isnan(value)] or [0.0]
    epochs = max(len(curve) for curve, _ in curves)
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1)

    def x(epoch: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(1, epochs - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = []
    for tick, label in _ticks(low, high):
        at = f"{y(tick):.1f}"
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=at, y2=at, class_="grid"))
        parts.append(element("text", label, x=LEFT - 6, y=at, dy="0.35em", text_anchor="end"))
    for epoch in (1, epochs):
        label, anchor = ("epoch 1", "start") if epoch == 1 else (str(epoch), "end")
        parts.append(element("text", label, x=f"{x(epoch):.1f}", y=HEIGHT - 8, text_anchor=anchor))
    for curve, style in curves:
        path, gap = "", True
        drawn = range(0, len(curve), -(-len(curve) // POINTS))
        for epoch in sorted({*drawn, len(curve) - 1}):
            value = curve[epoch]
            if not math.isnan(value):
                point = f"{x(epoch + 1):.1f} {y(value):.1f}"
                path += f"M{point}h0" if gap else f"L{point}"  # h0: alone between two gaps, it is a dot
            gap = math.isnan(value)
        parts.append(element("path", d=path, class_=style))
    return element("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=says)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round numbers from low to high, with as many digits as tell them apart."""
    ticks = [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    labels = [[f"{tick:.{digits}g}" for tick in ticks] for digits in range(3, 17)]
    return list(zip(ticks, next((each for each in labels if len(set(each)) == len(ticks)), labels[-1])))
