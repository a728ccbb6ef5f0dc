"""What `python -m chapters compare bottleneck` sets beside Keras."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from chapters.ch06_bottleneck.train import BATCH, RATE
from chapters.compare.pair import Pair, classify_by_number


def adam(library: ModuleType) -> Any:
    """For tinydl or for Keras: the recipe's."""
    return library.optimizers.Adam(RATE)


PAIRS = {
    "bottleneck": Pair(
        "ch06_bottleneck",
        "bottleneck",
        classify_by_number,
        "sparse_categorical_crossentropy",
        adam,
        batch_size=BATCH,
        epochs=15,
    ),
}
