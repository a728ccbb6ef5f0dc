"""Weights in Keras's files. The layouts are built by hand here; with Keras itself: parity/test_keras_weights.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chapters.ch07_vae.model import VAE
from chapters.ch08_gan.model import GAN, discriminator, generator
from tests.networks import everything
from tinydl import Model, Sequential, backend, callbacks, keras_weights, layers

h5py = pytest.importorskip("h5py")

from tests.keras_files import ENDINGS, LAYOUT, assert_equal, network, read, shake, values, write  # noqa: E402


class Attributes(Model):
    """Layers as attributes before and after "layers" in the alphabet, in lists, in a dictionary, and twice."""

    def __init__(self) -> None:
        super().__init__()
        self.z = layers.Dense(1, name="whatever")  # 'z' comes after 'layers', which holds it as well
        self.blocks = [layers.Dense(2), [layers.Dense(3), layers.ReLU()], "no layer", layers.Dense(4)]
        self.also = {"b": layers.Dense(5), "a": layers.Dense(6)}
        self._hidden = self.again = self.z

    def build(self, input_shape: Any) -> None:
        self.still = self.add_weight((8,), "zeros", name="still", trainable=False)
        self.moving = self.add_weight((9,), "zeros", name="moving")
        for layer in [*self.sublayers()]:
            layer.build(input_shape)


ATTRIBUTES = {
    "vars/0": (9,),
    "vars/1": (8,),
    "again/vars/0": (7, 1),
    "again/vars/1": (1,),
    "also/dense/vars/0": (7, 5),
    "also/dense/vars/1": (5,),
    "also/dense_1/vars/0": (7, 6),
    "also/dense_1/vars/1": (6,),
    "blocks/dense/vars/0": (7, 2),
    "blocks/dense/vars/1": (2,),
    "blocks/container/dense/vars/0": (7, 3),
    "blocks/container/dense/vars/1": (3,),
    "blocks/dense_1/vars/0": (7, 4),
    "blocks/dense_1/vars/1": (4,),
}


class Late(Model):
    """Its layers come after "layers" in the alphabet."""

    def __init__(self) -> None:
        super().__init__()
        self.z_mean, self.z_log_var, self.network = (layers.Dense(n) for n in (1, 2, 3))
        self.encoder = layers.Dense(4)
        for layer in self.layers:
            layer.build((None, 7))


LATE = {  # the encoder is dense_3 in the list, and stands elsewhere already
    "encoder/vars/0": (7, 4),
    "encoder/vars/1": (4,),
    "layers/dense/vars/0": (7, 1),
    "layers/dense/vars/1": (1,),
    "layers/dense_1/vars/0": (7, 2),
    "layers/dense_1/vars/1": (2,),
    "layers/dense_2/vars/0": (7, 3),
    "layers/dense_2/vars/1": (3,),
}


def attributes() -> Attributes:
    model = Attributes()
    model.build((None, 7))
    return model


MODELS: dict[str, tuple[Callable[[], Any], dict[str, tuple[int, ...]]]] = {
    "sequential": (network, LAYOUT),
    "attributes": (attributes, ATTRIBUTES),
    "late": (Late, LATE),
}


# ------------------------------------------------------------------------------------------------------ layout


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", MODELS)
def test_weights_are_read_from_where_keras_puts_them(kind: str, ending: str, tmp_path: Path) -> None:
    build, layout = MODELS[kind]
    model, arrays = build(), values(layout)
    model.load_weights(write(tmp_path / f"w{ending}", arrays))
    places = {place.path: place.weights for place in keras_weights._places(model)}
    for path, array in arrays.items():
        folder, _, number = f"/{path}".rpartition("/vars/")
        tensor = list(places[folder.lstrip("/")].values())[int(number)]
        np.testing.assert_array_equal(tensor.numpy(), array)
    assert sum(map(len, places.values())) == len(arrays) == len(model.weights)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", MODELS)
def test_weights_are_written_to_where_keras_puts_them(kind: str, ending: str, tmp_path: Path) -> None:
    build, layout = MODELS[kind]
    model = build()
    shake(model)
    model.save_weights(tmp_path / "new folder" / f"w{ending}")
    found = read(tmp_path / "new folder" / f"w{ending}")
    assert {path: array.shape for path, array in found.items()} == layout
    other = build()
    other.load_weights(write(tmp_path / f"by hand{ending}", found))
    assert_equal(other.get_weights(), model.get_weights())


def test_every_layer_leaves_its_name_in_the_file(tmp_path: Path) -> None:
    model = network()
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5") as file:
        names = [file[f"layers/{path}/vars"].attrs["name"] for path in ("conv2d", "conv2d_1", "flatten")]
        assert names == [model.layers[i].name for i in (0, 2, 3)]
        assert file["vars"].attrs["name"] == model.name


def test_what_is_no_layer_is_left_alone(tmp_path: Path) -> None:
    more = {
        "optimizer/vars/0": np.int64(3),
        "optimizer/vars/1": np.float32(0.1),
        "optimizer/vars/2": np.ones((3, 3, 1, 2), "float32"),
        "layers/sequential/layers/dropout/seed_generator/vars/0": np.ones(2, "uint32"),
        "metrics/mean/vars/0": np.float32(0.5),
    }
    model, arrays = network(), values(LAYOUT)
    model.load_weights(write(tmp_path / "w.weights.h5", {**more, **arrays}))
    np.testing.assert_array_equal(model.get_weights()[0], arrays["layers/conv2d/vars/0"])


def test_files_of_keras_2_13_are_read(tmp_path: Path) -> None:
    model, arrays = network(), values(LAYOUT)
    old = {path.replace("layers", "_layer_checkpoint_dependencies"): array for path, array in arrays.items()}
    model.load_weights(write(tmp_path / "w.keras", old))
    np.testing.assert_array_equal(model.get_weights()[-1], list(arrays.values())[-1])


def test_ten_layers_of_a_kind_do_not_change_places(tmp_path: Path) -> None:
    model = Sequential([layers.Input((2,)), *(layers.Dense(2) for _ in range(12))])
    shake(model)
    model.save_weights(tmp_path / "w.weights.h5")
    found = read(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(found["layers/dense_11/vars/0"], model.layers[11].get_weights()[0])


def test_a_property_that_is_not_ready_is_passed_by(tmp_path: Path) -> None:
    class Impatient(Late):
        @property
        def answer(self) -> layers.Layer:
            raise RuntimeError("not yet")

    model = Impatient()
    model.save_weights(tmp_path / "w.weights.h5")
    assert {path: array.shape for path, array in read(tmp_path / "w.weights.h5").items()} == LATE


# ------------------------------------------------------------------------------------------------- there and back


def gan() -> GAN:
    return GAN(generator(4, latent_dim=3), discriminator(4))


ROUND_TRIPS = {"everything": everything, "vae": lambda: VAE((8, 8, 1)), "gan": gan, "attributes": attributes}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ROUND_TRIPS)
def test_weights_come_back_to_the_last_bit(kind: str, dtype: str, ending: str, tmp_path: Path) -> None:
    backend.set_floatx(dtype)
    model, other = ROUND_TRIPS[kind](), ROUND_TRIPS[kind]()
    shake(model)
    first = model.weights[0].data.reshape(-1)
    first[0] = np.nan
    model.save_weights(str(tmp_path / f"w{ending}"))
    other.load_weights(str(tmp_path / f"w{ending}"))
    assert_equal(other.get_weights(), model.get_weights())
    assert other.get_weights()[0].dtype == dtype
    assert os.listdir(tmp_path) == [f"w{ending}"]  # nothing is left of writing it aside


def test_precision_becomes_that_of_the_model(tmp_path: Path) -> None:
    model, arrays = network(), values(LAYOUT, "float64")
    model.load_weights(write(tmp_path / "w.weights.h5", arrays))
    assert {w.dtype for w in model.get_weights()} == {np.dtype("float32")}
    np.testing.assert_array_equal(
        model.get_weights()[0], arrays["layers/conv2d/vars/0"].astype("float32"), strict=True
    )


def test_a_model_without_weights_has_a_file_too(tmp_path: Path) -> None:
    model = Sequential([layers.Input((4,)), layers.Dropout(0.5), layers.ReLU()])
    for ending in ENDINGS:
        model.save_weights(tmp_path / f"w{ending}")
        model.load_weights(tmp_path / f"w{ending}")


def test_other_endings_are_numpys(tmp_path: Path) -> None:
    network().save_weights(tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
        assert len(archive.files) == len(LAYOUT)


def test_model_checkpoint_writes_the_file_that_its_name_promises(tmp_path: Path) -> None:
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    keep = callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[keep])
    np.testing.assert_array_equal(
        read(tmp_path / "2.weights.h5")["layers/dense/vars/0"], model.get_weights()[0]
    )


def test_weights_go_to_a_device_and_come_from_there(there: Any, tmp_path: Path) -> None:
    model = network()
    shake(model)
    model.save_weights(tmp_path / "w.weights.h5")
    with backend.device("cpu"):
        other = network()
        other.load_weights(tmp_path / "w.weights.h5")
        assert_equal(other.get_weights(), model.get_weights())
        shake(other)
        other.save_weights(tmp_path / "w.keras")
    model.load_weights(tmp_path / "w.keras")
    assert_equal(model.get_weights(), other.get_weights())
    assert model.device != "cpu"
