"""Files as Keras lays them out, made and read by hand, for the tests of tinydl/keras_weights.py."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydl import Sequential, layers

h5py = pytest.importorskip("h5py")

ENDINGS = [".weights.h5", ".keras"]


def network(*more: layers.Layer) -> Sequential:
    """Two layers of a kind, one that does not learn all its weights, one without weights, and a model in the model."""
    return Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(2, 3),
            layers.BatchNormalization(),
            layers.Conv2D(3, 3, use_bias=False),
            layers.Flatten(),
            Sequential([layers.Input((12,)), layers.Dropout(0.5), layers.Dense(4)]),
            *more,
        ]
    )


# Where Keras 3 puts the weights of `network()`, and their shapes.
LAYOUT = {
    "layers/conv2d/vars/0": (3, 3, 1, 2),
    "layers/conv2d/vars/1": (2,),
    "layers/batch_normalization/vars/0": (2,),
    "layers/batch_normalization/vars/1": (2,),
    "layers/batch_normalization/vars/2": (2,),
    "layers/batch_normalization/vars/3": (2,),
    "layers/conv2d_1/vars/0": (3, 3, 2, 3),
    "layers/sequential/layers/dense/vars/0": (12, 4),
    "layers/sequential/layers/dense/vars/1": (4,),
}


def values(layout: dict[str, tuple[int, ...]], dtype: str = "float32") -> dict[str, np.ndarray]:
    """Something else at every place."""
    rng = np.random.default_rng(1)
    return {path: rng.normal(size=shape).astype(dtype) for path, shape in layout.items()}


def write(path: Path, arrays: dict[str, Any]) -> Path:
    """A file with these arrays, as Keras would write it; in a zip, with nothing but that, for .keras."""
    inside = path.with_name(path.name + ".inside") if path.suffix == ".keras" else path
    with h5py.File(inside, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    if path.suffix == ".keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inside, "model.weights.h5")
    return path


def read(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file by their full paths."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return read(Path(archive.extract("model.weights.h5", path.with_suffix(".folder"))))
    found: dict[str, np.ndarray] = {}
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda name, thing: found.update({name: thing[()]} if isinstance(thing, h5py.Dataset) else {})
        )
    return found


def assert_equal(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def shake(model: Any) -> None:
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
