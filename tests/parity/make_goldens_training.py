"""Ask Keras 3 for losses, optimizers, schedules and metrics: python -m tests.parity.make_goldens_training."""

from __future__ import annotations

import os

import keras
import numpy as np

from tests.parity.training_cases import GOLDENS, PRECISIONS, TABLES


def main() -> None:
    """Write one compressed npz file for each table: what went in, and what came out in each precision."""
    GOLDENS.mkdir(exist_ok=True)
    for table, cases in TABLES.items():
        arrays: dict[str, np.ndarray] = {}
        for case in cases:
            given = case.given()
            if table != "optimizers":
                arrays |= {f"{case.name} | {name}": array for name, array in given.items()}
            else:  # the same for all of them
                arrays |= given
            for dtype in PRECISIONS:
                keras.backend.set_floatx(dtype)
                answer = case.theirs(given, dtype)
                arrays |= {f"{case.name} | {dtype} {name}": array for name, array in answer.items()}
        aside = GOLDENS / f"{table}.tmp.npz"
        np.savez_compressed(aside, **arrays)
        os.replace(aside, GOLDENS / f"{table}.npz")


if __name__ == "__main__":
    main()
