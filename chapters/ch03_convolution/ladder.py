"""One convolution, done in one way after the other, from loops to all cores: what each step gains.

It is LeNet's second one on a batch of 128: pictures (128, 14, 14, 20), fifty filters of 5×5×20, a border of zeros.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from tinydl import current_device, ops
from tinydl.backend import as_array, to_numpy
from tinydl.ops.windows import axes, padded
from tinydl.threads import threads

BATCH, SIDE, CIN, WINDOW, COUT = 128, 14, 20, 5, 50
SIZE = f"{COUT} filters of {WINDOW}×{WINDOW}×{CIN} over {BATCH} pictures of {SIDE}×{SIDE}×{CIN}"
LOOPS, SHIPPED = "loops in Python", "all threads"


def one_of_each(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Seven loops, as convolution is defined; of all pictures and filters only the first."""
    return ops.conv2d_naive(x[:1], kernel[..., :1], padding="same")


def window_by_window(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Three loops: every window times all filters at once."""
    bordered = padded(x, *axes(x.shape, WINDOW, 1, "same"))  # (n, 18, 18, cin)
    matrix = kernel.reshape(-1, COUT)  # (kh*kw*cin, cout)
    y = np.empty((*x.shape[:3], COUT), dtype=x.dtype)
    for n, i, j in np.ndindex(x.shape[:3]):
        y[n, i, j] = bordered[n, i : i + WINDOW, j : j + WINDOW].reshape(-1) @ matrix  # (500,) @ (500, 50)
    return y


def one_product(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """No loop: all windows are laid out as rows, and there is one product of two matrices."""
    rows, columns = axes(x.shape, WINDOW, 1, "same")
    cols = ops.im2col(padded(x, rows, columns), rows, columns)  # (n*14*14, kh*kw*cin): 50 MB
    return (cols @ kernel.reshape(-1, COUT)).reshape(*x.shape[:3], COUT)


def as_shipped(x: Any, kernel: Any) -> Any:
    """`ops.conv2d`: the rows are laid out in blocks that fit into the processor's caches, and threads share them."""
    return ops.conv2d(x, kernel, padding="same")


def on_one_thread(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The same, without threads."""
    with mock.patch.dict(os.environ, {"TINYDL_THREADS": "1"}):
        return as_shipped(x, kernel)


def measure(rounds: int) -> tuple[dict[str, float], float]:
    """Each way's time and how far apart what they give is.

    Args:
        rounds: how often each is timed, one after the other in turn.

    Returns:
        Medians in seconds, and the largest difference between two ways beside the largest number of the result.
        The loops were timed on one picture and one filter, and multiplied.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, SIDE, SIDE, CIN), dtype=np.float32)
    kernel = rng.standard_normal((WINDOW, WINDOW, CIN, COUT), dtype=np.float32)
    ways: dict[str, Callable] = {
        LOOPS: one_of_each,
        "a product a window": window_by_window,
        "one product": one_product,
        "in blocks": on_one_thread,
        SHIPPED: as_shipped,
    }
    expected = one_product(x, kernel)
    apart = 0.0
    for way in ways.values():  # a first time, which does not count
        y = way(x, kernel)
        apart = max(apart, float(np.abs(y - expected[: len(y), ..., : y.shape[3]]).max()))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name, way in ways.items():
            if name == LOOPS and turn > 2:
                continue
            began = time.perf_counter()
            way(x, kernel)
            seconds[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    medians[LOOPS] *= BATCH * COUT
    if current_device() != "cpu":
        medians["on the GPU"] = on_gpu(as_array(x), as_array(kernel), rounds)
    return medians, apart / float(np.abs(expected).max())


def on_gpu(x: Any, kernel: Any, rounds: int) -> float:
    """Seconds for arrays that live on a GPU, by the round: it is done when a number of the last result is here."""
    to_numpy(as_shipped(x, kernel)[0, 0, 0])
    began = time.perf_counter()
    for _ in range(rounds):
        y = as_shipped(x, kernel)
    to_numpy(y[0, 0, 0])
    return (time.perf_counter() - began) / rounds


def circumstances() -> str:
    """What the times depend on besides the code."""
    count = threads()
    return f"float32, {count} thread{'s' * (count > 1)}, NumPy {np.__version__}"
