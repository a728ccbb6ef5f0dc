"""What a .keras file says about its model. Keras reads it in parity/test_keras_weights.py."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydl import Model, layers
from tinydl.keras_config import describe

pytest.importorskip("h5py")

from tests.keras_files import network  # noqa: E402


def test_a_keras_file_says_what_the_model_is_made_of(tmp_path: Path) -> None:
    network(layers.Dense(2, activation="softmax", name="last")).save_weights(tmp_path / "w.keras")
    with zipfile.ZipFile(tmp_path / "w.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        told = json.loads(archive.read("config.json"))
        assert json.loads(archive.read("metadata.json"))["keras_version"].startswith("3.")
    assert (told["module"], told["class_name"], told["registered_name"]) == ("keras", "Sequential", None)
    first, *_, nested, last = told["config"]["layers"]
    assert first["class_name"] == "InputLayer" and first["config"]["batch_shape"] == [None, 6, 6, 1]
    assert nested["config"]["layers"][0]["config"]["batch_shape"] == [None, 12]
    assert last["module"] == "keras.layers" and last["class_name"] == "Dense"
    expected = {"name": "last", "units": 2, "activation": "softmax", "use_bias": True, "dtype": "float32"}
    assert expected.items() <= last["config"].items()
    assert last["config"]["kernel_initializer"]["class_name"] == "GlorotUniform"


def test_of_what_is_ones_own_only_the_name_is_told() -> None:
    class Mine(Model):
        pass

    def mine(x: Any) -> Any:
        return x

    told = describe(layers.Dense(2, activation=mine, kernel_initializer=lambda shape, dtype: np.ones(shape)))
    named = {"module": None, "class_name": "function", "config": "mine", "registered_name": "mine"}
    assert told["config"]["activation"] == named
    assert told["config"]["kernel_initializer"]["config"] == "<lambda>"
    assert describe(Mine()) == {
        "module": None,
        "class_name": "Mine",
        "config": {},
        "registered_name": "Mine",
    }


def test_arrays_and_numpy_numbers_are_told_as_json() -> None:
    told = describe(layers.Rescaling(np.array([1.0, 2.0]), np.float32(0.5)))["config"]
    assert told["scale"] == {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float64"}}
    assert json.dumps(told["offset"]) == "0.5"


def test_nothing_in_the_config_of_a_file_is_looked_at(tmp_path: Path) -> None:
    model, path = network(), tmp_path / "w.keras"
    model.save_weights(path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "neither JSON nor a model")
        archive.writestr("model.weights.h5", weights)
    model.load_weights(path)
