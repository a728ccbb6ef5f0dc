"""What the experiments share: pixels from 0 to 1, one-hot rows, and networks that start alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydl
from chapters import course
from tinydl import Sequential

BATCH = 128


def scaled(x: np.ndarray) -> np.ndarray:
    """Bytes as float32 from 0 to 1."""
    return x.astype(np.float32) / 255


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Classes (n,) as rows (n, classes): 1 for the true class, 0 for the others."""
    return np.eye(classes, dtype=np.float32)[labels]


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
