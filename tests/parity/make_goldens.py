"""Run Keras 3 over every case and keep its answers beside the tests: python -m tests.parity.make_goldens."""

from __future__ import annotations

import os

import numpy as np

from tests.parity.cases import CASES, GOLDENS, given, theirs


def main() -> None:
    """Write one compressed npz file for each layer: what went in, and what came out."""
    GOLDENS.mkdir(exist_ok=True)
    for layer in sorted({case.layer for case in CASES}):
        arrays = {}
        for case in (case for case in CASES if case.layer == layer):
            x, weights, gy = given(case)
            arrays[f"{case.name} | x"] = x
            arrays[f"{case.name} | gy"] = gy
            arrays |= {f"{case.name} | weight {i}": weight for i, weight in enumerate(weights)}
            arrays |= {f"{case.name} | {name}": array for name, array in theirs(case, x, weights, gy).items()}
        aside = GOLDENS / f"{layer}.tmp.npz"
        np.savez_compressed(aside, **arrays)
        os.replace(aside, GOLDENS / f"{layer}.npz")


if __name__ == "__main__":
    main()
