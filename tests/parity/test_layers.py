"""Every layer gives Keras's numbers: always against stored ones, and against Keras itself where it is installed."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from tests.parity.cases import CASES, Case, differences, golden, ours, theirs
from tinydl import activations, initializers, layers

TOLERANCE = 1e-5  # of the array's largest value

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


def largest(found: dict[str, float]) -> str:
    return str(sorted(found.items(), key=lambda item: -item[1])[:3])


def test_every_layer_is_compared() -> None:
    assert {case.layer for case in CASES} == set(layers.__all__) - {"Input", "Layer"}


@every_case
def test_layer_gives_the_stored_numbers(case: Case) -> None:
    x, weights, gy, wanted = golden(case)
    found = differences(ours(case, x, weights, gy), wanted)
    assert max(found.values()) < TOLERANCE, largest(found)


@every_case
def test_layer_gives_the_numbers_of_keras(case: Case, keras: Any) -> None:
    x, weights, gy, _ = golden(case)
    found = differences(ours(case, x, weights, gy), theirs(case, x, weights, gy))
    assert max(found.values()) < TOLERANCE, largest(found)


@every_case
def test_layer_knows_its_output_shape_and_weights_as_keras(case: Case, keras: Any) -> None:
    mine, other = case.build(layers), case.build(keras.layers)
    shapes = [(None, *case.shape[1:]), case.shape]
    for layer in (mine, other):
        layer.build(shapes[0])
    for shape in shapes:
        assert mine.compute_output_shape(shape) == tuple(other.compute_output_shape(shape))
    assert mine.output_shape == mine.compute_output_shape(shapes[0])
    for which in ("weights", "trainable_weights", "non_trainable_weights"):
        assert [w.shape for w in getattr(mine, which)] == [w.shape for w in getattr(other, which)]
    names = [path.rpartition("/")[2] for path, _ in mine.named_weights()]
    assert names == [w.name for w in other.weights]
    assert mine.count_params() == other.count_params()


def test_a_wrong_number_is_noticed() -> None:
    x, weights, gy, wanted = golden(CASES[0])
    found = ours(CASES[0], x, weights, gy)
    found["gradient of kernel"] = found["gradient of kernel"] * np.float32(1.0001)
    assert differences(found, wanted)["gradient of kernel"] > TOLERANCE


# ------------------------------------------------------------------------------------------------- signatures


def assert_same_signature(mine: Any, other: Any) -> None:
    """Every parameter of ours is there, with the same default, and where ours is positional at the same place."""
    ours_, theirs_ = inspect.signature(mine).parameters, inspect.signature(other).parameters
    order = [name for name in ours_ if name in theirs_]
    assert order == sorted(order, key=list(theirs_).index)
    for place, (name, parameter) in enumerate(ours_.items()):
        if parameter.kind is parameter.VAR_KEYWORD or name in ("name", "trainable", "dtype"):
            continue  # what every layer takes
        assert name in theirs_, f"{name} is not there"
        assert parameter.default == theirs_[name].default, (
            f"{name}: {parameter.default}, {theirs_[name].default}"
        )
        if parameter.kind is not parameter.KEYWORD_ONLY:
            assert list(theirs_)[place] == name, f"{name} is not parameter {place}"


@pytest.mark.parametrize("name", sorted(set(layers.__all__) - {"Layer"}))
def test_layers_take_what_keras_takes(name: str, keras: Any) -> None:
    assert_same_signature(getattr(layers, name), getattr(keras.layers, name))


@pytest.mark.parametrize("name", sorted(initializers._NAMES))
def test_initializers_take_what_keras_takes(name: str, keras: Any) -> None:
    other = getattr(keras.initializers, name, None) or type(keras.initializers.get(name))
    assert_same_signature(type(initializers.get(name)), other)


@pytest.mark.parametrize("name", sorted(activations._FUNCTIONS))
def test_activations_take_what_keras_takes(name: str, keras: Any) -> None:
    assert_same_signature(activations.get(name), keras.activations.get(name))


def test_layers_are_named_as_in_keras(keras: Any) -> None:
    for case in {case.layer: case for case in CASES}.values():
        mine, other = case.build(layers).name, case.build(keras.layers).name
        assert mine.rstrip("_0123456789") == other.rstrip("_0123456789")
        first, second = (int(case.build(layers).name.rpartition("_")[2]) for _ in range(2))
        assert second == first + 1


# ------------------------------------------------------------------------------------------------ composition


def nested(library: Any) -> Any:
    """A layer that has weights of its own, layers as attributes and in a list, and a frozen one."""

    class Nested(library.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.several = [library.Dense(4), library.Dense(3, trainable=False)]
            self.norm = library.BatchNormalization()

        def build(self, input_shape: Any) -> None:
            self.still = self.add_weight(shape=(3,), initializer="ones", name="still", trainable=False)
            self.moving = self.add_weight(shape=(3,), initializer="ones", name="moving")

        def call(self, x: Any) -> Any:
            for layer in self.several:
                x = layer(x)
            return self.norm(x) * self.moving + self.still

    return Nested()


def test_nested_layers_order_their_weights_as_keras(keras: Any) -> None:
    mine, other = nested(layers), nested(keras.layers)
    x = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    mine(x), other(x)
    for trainable in (None, False, True):
        if trainable is not None:
            mine.trainable = other.trainable = trainable
        for which in ("weights", "trainable_weights", "non_trainable_weights"):
            names = {id(w): path for path, w in mine.named_weights()}
            found = [names[id(w)].rpartition("/")[2] for w in getattr(mine, which)]
            assert found == [w.name for w in getattr(other, which)], (trainable, which)


def test_training_reaches_nested_layers_as_in_keras(keras: Any) -> None:
    mine, other = nested(layers), nested(keras.layers)
    x = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    mine(x), other(x)
    mine.set_weights(other.get_weights())
    for training in (False, True, False):
        found, wanted = mine(x, training=training).numpy(), np.array(other(x, training=training))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
        for a, b in zip(mine.get_weights(), other.get_weights()):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_dropout_and_noise_have_the_moments_of_keras(keras: Any) -> None:
    x = np.full((400, 400), 2.0, dtype="float32")
    for build in (
        lambda library: library.Dropout(0.3),
        lambda library: library.Dropout(0.3, noise_shape=(None, 1)),
        lambda library: library.GaussianNoise(0.2),
    ):
        mine = build(layers)(x, training=True).numpy()
        other = np.array(build(keras.layers)(x, training=True))
        assert mine.dtype == other.dtype
        assert abs(mine.mean() - other.mean()) < 0.25 and abs(mine.std() - other.std()) < 0.1
        assert abs(mine.std(axis=1).mean() - other.std(axis=1).mean()) < 0.05
