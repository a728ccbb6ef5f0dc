"""How the convolution became fast, step by step: `python -m benchmarks story`.

The second convolution of LeNet, forward and both gradients, for a batch: in loops, as one matrix product of the whole
batch, in blocks, with kernels side by side, on all threads. One process, round by round in turn, medians.
"""

from __future__ import annotations

import os
import statistics
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks import report
from tinydl import ops
from tinydl.ops import convolution, correlation
from tinydl.ops.convolution import conv2d_kernel, conv2d_kernel_naive, conv2d_naive, conv2d_transpose_naive
from tinydl.ops.windows import axes, elements, padded
from tinydl.plot import save
from tinydl.plot.drawing import BLUE, GREY, new_figure

BATCH, SIDE, CIN, WINDOW, COUT = 128, 14, 20, 5, 50


def loops(x: np.ndarray, kernel: np.ndarray, gy: np.ndarray) -> float:
    """The naive forms, on one picture and one filter; seconds for all, by multiplication."""
    x, gy, one = x[:1], gy[:1, :, :, :1], kernel[:, :, :, :1]
    began = time.perf_counter()
    conv2d_naive(x, one, padding="same")
    conv2d_transpose_naive(gy, one, padding="same")
    conv2d_kernel_naive(x, gy, (WINDOW, WINDOW), padding="same")
    return (time.perf_counter() - began) * BATCH * COUT


def whole_batch(x: np.ndarray, kernel: np.ndarray, gy: np.ndarray) -> tuple[np.ndarray, ...]:
    """As textbooks have it: im2col of the whole batch, three products, and the way back element by element."""
    rows, columns = axes(x.shape, WINDOW, 1, "same")
    matrix, flat = kernel.reshape(-1, COUT), gy.reshape(-1, COUT)
    cols = ops.im2col(padded(x, rows, columns), rows, columns)  # (n*out_h*out_w, kh*kw*cin): 50 MB
    y = (cols @ matrix).reshape(gy.shape)
    gk = (cols.T @ flat).reshape(kernel.shape)
    gcols = (flat @ matrix.T).reshape(*gy.shape[:3], -1, CIN)  # (n, out_h, out_w, kh*kw, cin): 50 MB more
    gx = np.zeros((BATCH, SIDE + WINDOW - 1, SIDE + WINDOW - 1, CIN), dtype=x.dtype)
    for k, place in elements(rows, columns):
        gx[place] += gcols[:, :, :, k]
    return y, gx[:, rows.before : rows.before + SIDE, columns.before : columns.before + SIDE], gk


def as_it_is(x: np.ndarray, kernel: np.ndarray, gy: np.ndarray) -> tuple[np.ndarray, ...]:
    """What tinydl does."""
    y = ops.conv2d(x, kernel, padding="same")
    gx = convolution.conv2d_transpose(gy, kernel, padding="same", output_shape=(SIDE, SIDE))
    return y, gx, conv2d_kernel(x, gy, (WINDOW, WINDOW), padding="same")


def _with(threads: int, side_by_side: bool) -> Callable:
    """`as_it_is` with some of it switched off."""

    def run(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        abreast = correlation._side_by_side if side_by_side else lambda columns, cout: columns
        with (
            mock.patch.dict(os.environ, {"TINYDL_THREADS": str(threads)}),
            mock.patch.object(correlation, "_side_by_side", abreast),
        ):
            return as_it_is(*arrays)

    return run


def measure(threads: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, a number for each round."""
    rng = np.random.default_rng(0)
    shapes = (BATCH, SIDE, SIDE, CIN), (WINDOW, WINDOW, CIN, COUT), (BATCH, SIDE, SIDE, COUT)
    arrays = [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
    ways = {
        "im2col of the whole batch": whole_batch,
        "in blocks": _with(1, False),
        "kernels side by side": _with(1, True),
        f"{threads} threads": _with(threads, True),
    }
    expected = whole_batch(*arrays)
    for way in ways.values():  # warm up, and see that all agree
        for a, b in zip(way(*arrays), expected):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-2)
    seconds: dict[str, list[float]] = {"loops in Python": [loops(*arrays)]}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way(*arrays)
            seconds.setdefault(name, []).append(time.perf_counter() - began)
    return seconds


def picture(medians: dict[str, float], around: dict[str, Any]) -> Figure:
    """A bar for each way; that of the loops would leave the page."""
    figure = new_figure(8, 2.8, f"One convolution of LeNet, forward and backward, {BATCH} pictures")
    axes_ = figure.subplots()
    (loops_, slow), *others = ((name, 1000 * seconds) for name, seconds in medians.items())
    names, times = [name for name, _ in others], [ms for _, ms in others]
    end = 1.15 * max(times)
    axes_.barh([loops_, *names], [end, *times], color=[GREY] + [BLUE] * len(names))
    axes_.annotate(
        f"{slow / 1000:,.0f} s: a bar {slow / times[0]:,.0f} times as long as the next  ▶",
        (end, 0),
        (-6, 0),
        textcoords="offset points",
        va="center",
        ha="right",
    )
    for i, ms in enumerate(times, 1):
        axes_.annotate(f"{ms:.0f} ms", (ms, i), (4, 0), textcoords="offset points", va="center")
    axes_.invert_yaxis()
    axes_.set_xlim(0, end)
    axes_.set_xlabel(f"milliseconds, float32, NumPy {around['versions']['numpy']}")
    return figure


def main(options: Namespace) -> None:
    """Measure, print, draw."""
    seconds = measure(options.threads, 5 if options.quick else 25)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    shown = Table(
        title=f"A convolution {WINDOW}×{WINDOW}, {CIN} → {COUT}, forward and backward, {BATCH} pictures {SIDE}×{SIDE}"
    )
    shown.add_column("way")
    shown.add_column("median, ms", justify="right")
    shown.add_column("times as fast", justify="right")
    before = None
    for name, median in medians.items():
        shown.add_row(name, f"{1000 * median:,.1f}", f"{before / median:,.2f}" if before else "")
        before = median
    Console().print(shown)
    print("The loops were timed on one picture and one filter, and multiplied.")
    around = report.circumstances(options.threads)
    report.write_json(options.json, around | {"seconds": seconds})
    path = options.json.with_suffix(".png")
    save(picture(medians, around), path)
    print(f"All numbers: {options.json}; picture: {path}")
