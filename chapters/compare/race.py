"""Both let loose in float32, from one set of weights, on the same batches: their losses, and how long a step takes.

Rounding puts them apart: the last digit of a sum depends on its order. Each goes its own way from there, and how far
apart they are after an epoch says nothing about who is right. That they learn alike is what the picture shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from chapters.compare.pair import Pair, Task
from chapters.compare.sides import Tinydl, leaves, twins

TURN = 10  # steps before it is the other's turn: what slows the machine down for a while slows both down


@dataclass
class Lap:
    """How one of the two did: `losses`, by name, a number a step; `seconds`, of all steps but the first of a turn."""

    losses: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    @property
    def typical(self) -> float:
        """Seconds of a step, the median."""
        return median(self.seconds)


def race(
    pair: Pair,
    task: Task,
    ours: Tinydl,
    theirs: Tinydl,
    epochs: int,
    seed: int,
    tell: Callable[[int, int], None] = lambda done, of: None,
    most: int | None = None,
) -> tuple[Lap, Lap]:
    """Train both for so many epochs, in whole batches, in an order drawn anew for each epoch.

    Args:
        pair: which two.
        task: what they learn.
        ours, theirs: tinydl's side and Keras's.
        epochs: how often they go through it.
        seed: of the order.
        tell: what is told how many steps are done, and of how many.
        most: steps, if it is not to be all.
    """
    rng, size = np.random.default_rng(seed), pair.samples_a_step(len(task.x))
    starts = range(0, len(task.x) - size + 1, size)
    orders = [rng.permutation(len(task.x)) for _ in range(epochs)]
    rows = [order[start : start + size] for order in orders for start in starts][
        :most
    ]  # (size,) each: a batch
    laps = Lap(), Lap()
    with ours.precision("float32"), theirs.precision("float32"):
        models = twins(pair, task, ours, theirs)
        for (_, left), (_, right) in zip(*map(leaves, models)):
            right.set_weights(left.get_weights())
        for side, model in zip((ours, theirs), models):
            side.compile(pair, model)
        for start in range(0, len(rows), TURN):
            turn = [task.batch(each, "float32") for each in rows[start : start + TURN]]
            for side, model, lap in zip((ours, theirs), models, laps):
                for i, batch in enumerate(turn):
                    began = time.perf_counter()
                    told = side.learn(model, *batch)
                    # The first finds the caches full of the other's things; the very first compiles.
                    lap.seconds += [time.perf_counter() - began] * (i > 0)
                    for name, value in told.items():
                        if name.endswith("loss"):
                            lap.losses.setdefault(name, []).append(value)
            tell(min(start + TURN, len(rows)), len(rows))
    return laps
