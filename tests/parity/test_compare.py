"""`python -m chapters compare` with Keras itself: twins are found to be twins, and planted faults are found."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")

from chapters.ch04_cnn import keras_twin  # noqa: E402
from chapters.compare import command  # noqa: E402
from chapters.compare.keras_side import Keras  # noqa: E402
from chapters.compare.measure import TOLERANCE, Difference, differences  # noqa: E402
from chapters.compare.pair import Pair, Task  # noqa: E402
from chapters.compare.sides import Tinydl  # noqa: E402
from chapters.course import images  # noqa: E402
from tinydl import datasets, layers  # noqa: E402


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=600, n_test=10)
    known = images.SETS["synthetic"]
    monkeypatch.setitem(images.SETS, "synthetic", dataclasses.replace(known, load=few))


def compare(name: str, out: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    status = command.main([name, "--quick", "--data", "synthetic", "--out", str(out), *flags])
    return status, json.loads((out / "compare.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["cnn", "dense", "autoencoder", "bottleneck"])
def test_the_chapters_networks_are_keras_networks(name: str, tmp_path: Path) -> None:
    status, told = compare(name, tmp_path, "--steps", "2")
    for network in told["networks"].values():
        parts = {each["part"]: [] for each in network["differences"]}
        for each in network["differences"]:
            parts[each["part"]].append(each["value"])
        assert {part: max(values) <= TOLERANCE[part] for part, values in parts.items()} == dict.fromkeys(
            parts, True
        )
        assert max(parts["forward"] + parts["gradient"]) > 0, "Keras, not tinydl twice"
        assert network["files"] == {".weights.h5": "yes", ".keras": "yes"}
        ours, theirs = network["losses"]["loss"]
        np.testing.assert_allclose(ours, theirs, rtol=0.02)
    assert status == 0
    assert keras.config.floatx() == "float32"


def test_a_layer_of_the_twin_that_is_wrong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = keras_twin.small_cnn

    def wrong(*arguments: Any) -> Any:
        model = right(*arguments)
        model.layers[2].padding = "valid"  # the second convolution
        return model

    monkeypatch.setattr(keras_twin, "small_cnn", wrong)
    status, told = compare("cnn", tmp_path)
    assert status == 1 and not told["networks"]["small"]["losses"]
    said = capsys.readouterr().out
    assert "beyond tolerance: conv2d_1, Conv2D, forward: inf (output there: (12, 12, 32))" in said
    assert 'usual causes: padding ("same"' in said


class Normed(Pair):
    """A network with a batch normalization, here and in Keras."""

    def build(self, module: str, task: Task) -> Any:
        if module == "model":
            return layers_in_a_row(layers)
        return layers_in_a_row(keras.layers, **self.optimizer)  # type: ignore[arg-type]

    def compile(self, model: Any, library: Any, loss: Any, optimizers: Any = ()) -> None:
        model.compile(*optimizers or ["rmsprop"], loss=loss)


def layers_in_a_row(library: Any, **norm: Any) -> Any:
    import tinydl

    sequential = tinydl.Sequential if library is layers else keras.Sequential
    row = [library.Dense(6), library.BatchNormalization(**norm), library.LeakyReLU(0.25), library.Dense(1)]
    return sequential([library.Input((4,)), *row])


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ({}, None),
        ({"epsilon": 1e-5}, ("forward", "batch_normalization")),
        ({"momentum": 0.9}, ("average", "batch_normalization/moving_mean, step 1")),
    ],
)
def test_batch_normalization(
    norm: dict[str, float], expected: tuple[str, str] | None, rng: np.random.Generator
) -> None:
    task = Task(rng.normal(size=(32, 4)), rng.normal(size=(32, 1)))
    pair = Normed("nowhere", "none", Task, "mse", norm, batch_size=16)  # type: ignore[arg-type]
    found: list[Difference] = differences(pair, task, Tinydl(), Keras(keras.config.backend()), steps=2)
    assert sum(each.part == "average" for each in found) == 4
    beyond = [each for each in found if each.share > 1]
    first = (beyond[0].part, beyond[0].where) if beyond else None
    assert first == expected, beyond


def test_an_optimizer_of_the_twin_that_is_wrong_is_seen(rng: np.random.Generator) -> None:
    class Hasty(Normed):
        def compile(self, model: Any, library: Any, loss: Any, optimizers: Any = ()) -> None:
            slow = library.optimizers.RMSprop(epsilon=1e-7 if library is not keras else 1e-3)
            model.compile(*optimizers or [slow], loss=loss)

    task = Task(rng.normal(size=(32, 4)), rng.normal(size=(32, 1)))
    pair = Hasty("nowhere", "none", Task, "mse", {}, batch_size=16)  # type: ignore[arg-type]
    found = differences(pair, task, Tinydl(), Keras(keras.config.backend()), steps=2)
    beyond = [each for each in found if each.share > 1]
    assert (
        beyond and {each.part for each in beyond} == {"update"} and {each.step for each in beyond} == {1, 2}
    )


def test_what_is_done_about_logits() -> None:
    """On TensorFlow they are recovered; elsewhere a certain error costs -log(1e-7) at most."""
    assert Keras(keras.config.backend()).recovers_logits() == (keras.config.backend() == "tensorflow")
