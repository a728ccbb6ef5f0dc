"""What a dense layer costs as the picture grows, and a convolution: measured where it fits, computed beyond."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import any_size_cnn, convolved_picture, dense_picture
from chapters.ch04_cnn.model import small_cnn
from tinydl import Sequential, grad

SIDES = (28, 56, 100, 128, 256, 512, 1024)
FITS = 1e9  # bytes: what is larger is computed; a step takes weights, their gradients, and room to work in


@dataclass(frozen=True)
class Kind:
    """A network that can be made for pictures of any side."""

    name: str
    make: Callable[[int], Sequential]
    weights: Callable[[int], int]  # how many, by the side


KINDS = (
    Kind("dense layer, picture to picture", dense_picture, lambda side: side**4 + side**2),
    Kind("convolution, picture to picture", convolved_picture, lambda side: 10),
    Kind(
        "small CNN, with Flatten",
        lambda side: small_cnn((side, side, 1)),
        lambda side: (side // 4) ** 2 * 32 * 128 + 22_730,
    ),
    Kind("small CNN, mean for Flatten", lambda side: any_size_cnn((side, side, 1)), lambda side: 26_826),
)


@dataclass(frozen=True)
class Cost:
    """Of one step, forward and backward, with one picture."""

    side: int
    weights: int
    bytes: float  # weights, gradients and what lies between, at the moment when it is most
    seconds: float
    measured: bool


def measure(make: Callable[[int], Sequential], side: int) -> Cost:
    """Build the network, take some steps, and look at the clock; one more, and look at the memory."""
    model = make(side)
    x = np.random.default_rng(0).random((1, side, side, 1), dtype=np.float32)

    def step() -> None:
        y = model(x)
        grad((y * y).mean(), model.trainable_weights)

    step()
    took = []
    while len(took) < 5 or (sum(took) < 0.1 and len(took) < 50):
        began = time.perf_counter()
        step()
        took.append(time.perf_counter() - began)
    tracemalloc.start()  # NumPy tells it of every array
    try:
        step()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    held = sum(weight.data.nbytes for weight in model.weights)
    return Cost(side, model.count_params(), held + peak, float(np.median(took)), measured=True)


def computed(kind: Kind, side: int, last: Cost) -> Cost:
    """What does not fit: memory and time grow from the last that did as the weights do."""
    weights = kind.weights(side)
    factor = weights / last.weights
    return Cost(side, weights, factor * last.bytes, factor * last.seconds, measured=False)


def grow(kind: Kind, sides: Sequence[int]) -> list[Cost]:
    """The costs of a network, side by side."""
    costs: list[Cost] = []
    for side in sides:
        # Two arrays as large as the weights: themselves, and their gradients.
        fits = 2 * 4 * kind.weights(side) <= FITS
        costs.append(measure(kind.make, side) if fits else computed(kind, side, costs[-1]))
    return costs


def table(run: course.Run) -> None:
    """Print, note and draw it."""
    sides = SIDES[:2] if run.options.quick else SIDES
    print("\nOne step, forward and backward, with one picture (~ is computed):")
    found = {}
    for kind in KINDS:
        found[kind.name] = costs = grow(kind, sides)
        print(f"  {kind.name}")
        for cost in costs:
            about = " " if cost.measured else "~"
            weights = f"{cost.weights:>21,} weights"
            print(
                f"    {cost.side:>4} px{weights} {about}{size(cost.bytes):>9} {about}{duration(cost.seconds):>9}"
            )
    run.note(growth={name: [vars(cost) for cost in costs] for name, costs in found.items()})
    run.picture("growth", pictures.growth(found))


def size(n: float) -> str:
    """A number of bytes, as one says it: powers of 1,000."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while n >= 1000 and len(units) > 1:
        n, units = n / 1000, units[1:]
    return f"{n:.3g} {units[0]}" if n < 1000 else f"{n:,.0f} {units[0]}"


def duration(seconds: float) -> str:
    """Seconds, as one says them."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
