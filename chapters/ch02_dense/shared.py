"""What the experiments share: networks that start alike, and how many pictures they name right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydl
from chapters import course
from tinydl import Sequential

BATCH = 128


def trained(
    run: course.Run,
    network: Callable[[], Sequential],
    x: np.ndarray,
    y: np.ndarray,
    name: str,
    optimizer: Any = "adam",
    loss: str = "categorical_crossentropy",
    metrics: Sequence[str] = ("accuracy",),
    **how: Any,
) -> tuple[Sequential, dict[str, list[float]]]:
    """A network as the run's seed makes it, trained without a word unless `how` says otherwise; its history.

    Two networks of one shape begin with the same weights and see the same batches.
    """
    tinydl.set_random_seed(run.options.seed)
    model = network()
    model.compile(optimizer, loss, list(metrics))
    history = run.fit(model, x, y, name=name, **{"verbose": 0, **how})
    return model, history.history


def accuracy(model: Sequential, x: np.ndarray, labels: np.ndarray) -> float:
    """The share of pictures whose most probable class is the true one."""
    guesses = model.predict(x, batch_size=500, verbose=0).argmax(axis=1)
    return float((guesses == labels).mean())
