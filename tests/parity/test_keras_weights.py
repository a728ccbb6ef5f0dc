"""Weights through Keras's own files, both ways and to the last bit: what one side saves the other one loads."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chapters.ch02_dense import model as dense
from chapters.ch03_convolution import model as convolution
from chapters.ch04_cnn import model as cnn
from chapters.ch05_autoencoder import model as autoencoder
from chapters.ch06_bottleneck import model as bottleneck
from chapters.ch07_vae import model as vae
from chapters.ch08_gan import model as gan
from tests.parity.cases import CASES, Case, golden
from tests.parity.precision import both_in
from tinydl import Model, Sequential, activations, initializers, layers
from tinydl.keras_config import describe

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")
pytest.importorskip("h5py")

from chapters.ch02_dense import keras_twin as dense_twin  # noqa: E402
from chapters.ch03_convolution import keras_twin as convolution_twin  # noqa: E402
from chapters.ch04_cnn import keras_twin as cnn_twin  # noqa: E402
from chapters.ch05_autoencoder import keras_twin as autoencoder_twin  # noqa: E402
from chapters.ch06_bottleneck import keras_twin as bottleneck_twin  # noqa: E402
from chapters.ch07_vae import keras_twin as vae_twin  # noqa: E402
from chapters.ch08_gan import keras_twin as gan_twin  # noqa: E402

ENDINGS = [".weights.h5", ".keras"]


def shake(model: Any, seed: int) -> list[np.ndarray]:
    """New numbers for all weights, the biases too: zeros would hide one in the wrong place."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model.get_weights()


def assert_equal(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def keras_saves(theirs: Any, path: Path) -> None:
    """Keras writes a .keras file by another method."""
    (theirs.save if path.suffix == ".keras" else theirs.save_weights)(path)


def assert_both_ways(ours: Any, theirs: Any, folder: Path, endings: list[str] = ENDINGS) -> None:
    """Ours to theirs and theirs to ours, through both kinds of files."""
    for ending in endings:
        path = folder / f"ours{ending}"
        wanted = shake(ours, 1)
        shake(theirs, 2)
        ours.save_weights(path)
        theirs.load_weights(path)
        assert_equal(theirs.get_weights(), wanted)

        path = folder / f"theirs{ending}"
        wanted = shake(theirs, 3)
        keras_saves(theirs, path)
        ours.load_weights(path)
        assert_equal(ours.get_weights(), wanted)


# ------------------------------------------------------------------------------------------------- every layer


def both(case: Case) -> tuple[Any, Any]:
    """A model of this layer alone, of tinydl and of Keras."""
    shape = case.shape[1:]
    ours = Sequential([layers.Input(shape), case.build(layers)])
    return ours, keras.Sequential([keras.layers.Input(shape), case.build(keras.layers)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_weights_of_every_layer_go_both_ways(case: Case, tmp_path: Path) -> None:
    assert_both_ways(*both(case), tmp_path)


def test_weights_of_every_layer_go_both_ways_in_float64(tmp_path: Path) -> None:
    with both_in("float64"):
        for case in {case.layer: case for case in CASES}.values():
            ours, theirs = both(case)
            assert {w.dtype.name for w in ours.get_weights()} <= {"float64"}
            assert_both_ways(ours, theirs, tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_keras_makes_every_layer_anew(case: Case, tmp_path: Path) -> None:
    ours, theirs = both(case)
    shake(ours, 1)
    ours.save_weights(tmp_path / "ours.keras")
    made = keras.models.load_model(tmp_path / "ours.keras")
    assert_equal(made.get_weights(), ours.get_weights())
    assert type(made.layers[0]) is type(theirs.layers[0])
    assert settings(made.layers[0]) == settings(theirs.layers[0])
    assert made.layers[0].name == ours.layers[0].name and made.name == ours.name
    assert made.input_shape == theirs.input_shape
    x, *_ = golden(case)
    np.testing.assert_allclose(made(x), ours(x).numpy(), rtol=1e-4, atol=1e-5)


def settings(layer: Any) -> dict[str, Any]:
    return {name: value for name, value in layer.get_config().items() if name != "name"}


@pytest.mark.parametrize("name", sorted(initializers._NAMES))
def test_keras_makes_every_initializer_anew(name: str) -> None:
    mine = initializers.get(name)
    made = keras.saving.deserialize_keras_object(describe(mine))
    wanted = getattr(keras.initializers, type(mine).__name__)()
    assert type(made) is type(wanted) and made.get_config() == wanted.get_config()


@pytest.mark.parametrize("name", sorted(activations._FUNCTIONS))
def test_keras_finds_every_activation(name: str) -> None:
    assert keras.activations.get(describe(activations.get(name))) is keras.activations.get(name)


def test_arguments_of_a_layer_are_all_told() -> None:
    """So that none is forgotten because the layer keeps it under another name."""
    for case in CASES:
        layer = case.build(layers)
        named = set(inspect.signature(type(layer)).parameters) - {"options", "unknown"}
        assert named <= set(describe(layer)["config"]), case.name


# ------------------------------------------------------------------------------------------------- the chapters

NETWORKS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "dense only": lambda: (dense.dense_only(), dense_twin.dense_only()),
    "one filter": lambda: (convolution.one_filter((8, 8, 3)), convolution_twin.one_filter((8, 8, 3))),
    "lenet": lambda: (cnn.lenet(), cnn_twin.lenet()),
    "small CNN": lambda: (cnn.small_cnn(), cnn_twin.small_cnn()),
    "autoencoder": lambda: (autoencoder.autoencoder(), autoencoder_twin.autoencoder()),
    "plane": lambda: (autoencoder.plane_autoencoder(), autoencoder_twin.plane_autoencoder()),
    "bottleneck": lambda: (bottleneck.bottleneck(), bottleneck_twin.bottleneck()),
    "VAE": lambda: (vae.VAE((8, 8, 1)), vae_twin.VAE((8, 8, 1))),
    "generator": lambda: (gan.generator(4), gan_twin.generator(4)),
    "discriminator": lambda: (gan.discriminator(4), gan_twin.discriminator(4)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_the_chapters_go_both_ways(name: str, dtype: str, tmp_path: Path) -> None:
    with both_in(dtype):
        ours, theirs = NETWORKS[name]()
        assert_both_ways(ours, theirs, tmp_path)
        assert ours.get_weights()[0].dtype == dtype


def test_the_gan_goes_both_ways(tmp_path: Path) -> None:
    def made(module: Any) -> Any:
        return module.GAN(module.generator(4, latent_dim=3), module.discriminator(4))

    ours, theirs = made(gan), made(gan_twin)
    assert_both_ways(ours, theirs, tmp_path, [".weights.h5"])
    # As .keras Keras cannot save it: its arguments are models. But it reads it.
    ours.save_weights(tmp_path / "ours.keras")
    shake(theirs, 5)
    theirs.load_weights(tmp_path / "ours.keras")
    assert_equal(theirs.get_weights(), ours.get_weights())


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"VAE"}))
def test_keras_makes_the_networks_of_the_chapters_anew(name: str, tmp_path: Path) -> None:
    ours, _ = NETWORKS[name]()
    ours.save_weights(tmp_path / "ours.keras")
    made = keras.models.load_model(tmp_path / "ours.keras")
    assert_equal(made.get_weights(), ours.get_weights())
    x = np.random.default_rng(0).random((2, *ours.input_shape[1:]), dtype="float32")
    np.testing.assert_allclose(made(x), ours(x).numpy(), rtol=1e-4, atol=1e-5)


def test_keras_makes_a_model_of_ones_own_anew_if_it_is_told_its_class(tmp_path: Path) -> None:
    ours = vae.VAE()
    ours.save_weights(tmp_path / "ours.keras")
    made = keras.models.load_model(tmp_path / "ours.keras", custom_objects={"VAE": vae_twin.VAE})
    assert_equal(made.get_weights(), ours.get_weights())
    with pytest.raises(TypeError, match="VAE"):
        keras.models.load_model(tmp_path / "ours.keras")


def test_keras_takes_a_function_of_ones_own(tmp_path: Path) -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    ours = Sequential([layers.Input((3,)), layers.Dense(2, activation=twice)])
    ours.save_weights(tmp_path / "ours.keras")
    made = keras.models.load_model(tmp_path / "ours.keras", custom_objects={"twice": twice})
    x = np.ones((1, 3), "float32")
    np.testing.assert_allclose(made(x), ours(x).numpy(), rtol=1e-5)


# ------------------------------------------------------------------------------------- models of other layouts


def attributes(layer: Any, base: Any) -> Any:
    """Layers before and after "layers" in the alphabet, in lists and dictionaries, twice, and weights of its own."""

    class Attributes(base):
        def __init__(self) -> None:
            super().__init__()
            self.z = layer.Dense(1)
            self.blocks = [layer.Dense(2), [layer.Dense(3), layer.ReLU()], layer.Dense(4)]
            self.also = {"b": layer.Dense(5), "a": layer.Dense(6)}
            self.norm = layer.BatchNormalization(trainable=False)
            self.again = self.z
            self._hidden = layer.LayerNormalization()

        @property
        def first(self) -> Any:
            return self.blocks[0]

        def call(self, x: Any) -> Any:
            return x

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

        def build(self, input_shape: Any) -> None:
            self.still = self.add_weight((8,), "zeros", name="still", trainable=False)
            self.moving = self.add_weight((9,), "zeros", name="moving")
            for each in (self.z, *self.also.values(), self.norm, self._hidden, self.blocks[0]):
                each.build(input_shape)
            for each in (*self.blocks[1], self.blocks[2]):
                each.build(input_shape)

    model = Attributes()
    model.build((None, 7))
    model.built = True
    return model


def test_attributes_go_both_ways(tmp_path: Path) -> None:
    ours, theirs = attributes(layers, Model), attributes(keras.layers, keras.Model)
    by_shape = [sorted(map(str, (w.shape for w in model.get_weights()))) for model in (ours, theirs)]
    assert by_shape[0] == by_shape[1]  # the order of the weights is another matter
    for i, (save, load) in enumerate([(ours, theirs), (theirs, ours)]):
        wanted = {(w.shape, w.sum()) for w in shake(save, i)}
        save.save_weights(tmp_path / f"{i}.weights.h5")
        load.load_weights(tmp_path / f"{i}.weights.h5")
        assert {(w.shape, w.sum()) for w in load.get_weights()} == wanted
        for name in ("z", "norm", "_hidden"):
            assert_equal(getattr(load, name).get_weights(), getattr(save, name).get_weights())
        for a, b in zip(load.also.values(), save.also.values()):
            assert_equal(a.get_weights(), b.get_weights())


def test_layers_in_a_layer_go_both_ways(tmp_path: Path) -> None:
    ours, theirs = (attributes(library, library.Layer) for library in (layers, keras.layers))
    ours = Sequential([layers.Input((7,)), layers.Dense(7), ours])
    theirs = keras.Sequential([keras.layers.Dense(7), theirs])
    theirs.build((None, 7))
    for i, (save, load) in enumerate([(ours, theirs), (theirs, ours)]):
        wanted = {(w.shape, w.sum()) for w in shake(save, i)}
        save.save_weights(tmp_path / f"{i}.weights.h5")
        load.load_weights(tmp_path / f"{i}.weights.h5")
        assert {(w.shape, w.sum()) for w in load.get_weights()} == wanted


def test_a_sequential_of_ones_own_goes_both_ways(tmp_path: Path) -> None:
    def made(layer: Any, base: Any) -> Any:
        class Encoder(base):
            def __init__(self) -> None:
                super().__init__()
                self.first = layer.Dense(3)
                for each in (layer.Input((4,)), self.first, layer.Dense(2)):
                    self.add(each)

        return Encoder()

    assert_both_ways(
        made(layers, Sequential), made(keras.layers, keras.Sequential), tmp_path, [".weights.h5"]
    )


def test_a_functional_model_of_keras_is_a_sequential_here(tmp_path: Path) -> None:
    x = keras.layers.Input((4,))
    theirs = keras.Model(x, keras.layers.Dense(2)(keras.layers.Dense(3, activation="relu")(x)))
    ours = Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    assert_both_ways(ours, theirs, tmp_path)


def test_what_keras_saves_of_a_training_is_left_alone(tmp_path: Path) -> None:
    theirs = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(3)]
    )
    theirs.compile("adam", "mse", metrics=["mae"])
    theirs.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
    ours = Sequential([layers.Input((4,)), layers.Dropout(0.5), layers.Dense(3)])
    for ending in ENDINGS:
        keras_saves(theirs, tmp_path / f"w{ending}")
        shake(ours, 1)
        ours.load_weights(tmp_path / f"w{ending}")
        assert_equal(ours.get_weights(), theirs.get_weights())


# ----------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_first_layer_that_differs_is_named(ending: str, tmp_path: Path) -> None:
    k = keras.layers
    theirs = keras.Sequential(
        [k.Input((8, 8, 1)), k.Conv2D(2, 3), k.Conv2D(2, 3), k.Flatten(), k.Dense(3), k.Dense(2)]
    )
    keras_saves(theirs, tmp_path / f"w{ending}")
    t = layers
    for others, message in [
        ([t.Conv2D(2, 3), t.Flatten(), t.Dense(3), t.Dense(2)], r"is layers/dense .*, layers/conv2d_1 with"),
        (
            [t.Conv2D(2, 3), t.Conv2D(4, 3), t.Flatten(), t.Dense(3)],
            r"conv2d_1 .* \(3, 3, 2, 4\).* \(3, 3, 2, 2\)",
        ),
        (
            [t.Conv2D(2, 3), t.Conv2D(2, 3), t.Flatten(), t.Dense(3)],
            r"no other in the model, layers/dense_1 with",
        ),
        ([t.Flatten(), t.Dense(3), t.Dense(2)], r"is layers/dense .* in the model, layers/conv2d with"),
    ]:
        ours = Sequential([t.Input((8, 8, 1)), *others])
        before = ours.get_weights()
        with pytest.raises(ValueError, match=message):
            ours.load_weights(tmp_path / f"w{ending}")
        assert_equal(ours.get_weights(), before)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_whole_models_in_the_old_format_say_so(tmp_path: Path) -> None:
    theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
    theirs.save(tmp_path / "old.h5")
    with pytest.raises(ValueError, match="laid out as in Keras 2"):
        Sequential([layers.Input((4,)), layers.Dense(3)]).load_weights(tmp_path / "old.h5")


def test_reading_a_file_of_keras_needs_no_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
    theirs.save(tmp_path / "w.keras")
    wanted = theirs.get_weights()
    monkeypatch.setitem(sys.modules, "keras", None)
    ours = Sequential([layers.Input((4,)), layers.Dense(3)])
    ours.load_weights(tmp_path / "w.keras")
    assert_equal(ours.get_weights(), wanted)
