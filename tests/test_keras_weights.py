"""Weights in Keras's files. The layouts are built by hand here; with Keras itself: parity/test_keras_weights.py."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chapters.ch07_vae.model import VAE
from chapters.ch08_gan.model import GAN, discriminator, generator
from tests.networks import everything
from tinydl import Model, Sequential, backend, callbacks, keras_weights, layers
from tinydl.keras_config import describe

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


# ----------------------------------------------------------------------------------------------------- bad input


def without(*parts: str) -> dict[str, np.ndarray]:
    return {path: a for path, a in values(LAYOUT).items() if not any(part in path for part in parts)}


def with_(**more: Any) -> dict[str, Any]:
    return {**values(LAYOUT), **{path.replace("__", "/"): array for path, array in more.items()}}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "lacks a layer": (
        without("conv2d_1"),
        r"first layer that differs is layers/conv2d_1 \(conv2d_\d+\) with kernel \(3, 3, 2, 3\) in the model, "
        r"layers/sequential/layers/dense with \(12, 4\), \(4,\) in the file",
    ),
    "lacks the last": (
        without("dense"),
        r"dense \(dense\w*\) with kernel .* in the model, no other in the file",
    ),
    "has one in between": (
        {**without("conv2d_1", "dense"), "layers/dense/vars/0": np.ones((5, 2), "f4"), **values(LAYOUT)},
        r"is layers/conv2d_1 .* in the model, layers/dense with \(5, 2\) in the file",
    ),
    "has one more": (
        with_(layers__dense__vars__0=np.ones((4, 2), "f4")),
        r"is no other in the model, layers/dense with \(4, 2\) in the file",
    ),
    "has a layer for the model itself": (
        with_(vars__0=np.ones(3, "f4")),
        r"in the model, the model itself with \(3,\) in the file|no other in the model, the model itself with \(3,\)",
    ),
    "another shape": (
        {**values(LAYOUT), "layers/conv2d_1/vars/0": np.ones((3, 3, 2, 4), "f4")},
        r"layers/conv2d_1 \(\w+\) with kernel \(3, 3, 2, 3\) in the model, layers/conv2d_1 with \(3, 3, 2, 4\) in the",
    ),
    "a weight too few": (
        without("normalization/vars/3"),
        r"gamma \(2,\), beta \(2,\), moving_mean \(2,\), moving_variance \(2,\) in the model, "
        r"layers/batch_normalization with \(2,\), \(2,\), \(2,\) in the file",
    ),
    "a weight too many": (
        with_(layers__conv2d_1__vars__1=np.ones(3, "f4")),
        r"conv2d_1 with \(3, 3, 2, 3\), \(3,\) in",
    ),
    "whole numbers": (
        {**values(LAYOUT), "layers/conv2d/vars/1": np.ones(2, "int32")},
        "layers/conv2d: expected floating-point numbers, found int32",
    ),
    "no shape": (
        {**values(LAYOUT), "layers/conv2d/vars/1": h5py.Empty("f4")},
        r"layers/conv2d with \(3, 3, 1, 2\), \(\) in the file",
    ),
    "old weights": ({"model_weights/conv2d/kernel:0": np.ones((3, 3, 1, 2))}, "laid out as in Keras 2"),
    "nothing": ({}, "is layers/conv2d .* in the model, no other in the file"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("what", WRONG)
def test_a_file_of_other_layers_is_refused(what: str, ending: str, tmp_path: Path) -> None:
    arrays, message = WRONG[what]
    refused(network(), write(tmp_path / f"w{ending}", arrays), message)


def refused(model: Any, path: Path, message: str) -> None:
    """A ValueError of one line, which names the file, and nothing has changed."""
    before = model.get_weights()
    with pytest.raises(ValueError, match=message) as caught:
        model.load_weights(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    assert_equal(model.get_weights(), before)


def test_the_weights_of_keras_2_say_so(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["conv2d"]
        file["conv2d/conv2d/kernel:0"] = np.ones((3, 3, 1, 2))
    refused(
        network(), tmp_path / "w.h5", "laid out as in Keras 2: load it with Keras, and model.save_weights"
    )


@pytest.mark.parametrize("ending", [*ENDINGS, ".h5", ".hdf5"])
def test_a_file_that_is_missing_or_something_else(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"w{ending}"
    with pytest.raises(FileNotFoundError):
        network().load_weights(path)
    for content in (b"", b"something else", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"):
        path.write_bytes(content)
        refused(network(), path, "not a whole Keras file, or none at all: ")


def test_an_error_of_several_lines_becomes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("a long story\n  of HDF5")

    path = write(tmp_path / "w.weights.h5", {})
    monkeypatch.setattr("h5py.File", fail)
    refused(network(), path, "or none at all: a long story of HDF5")


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    network().save_weights(tmp_path / "w.npz")
    os.replace(tmp_path / "w.npz", tmp_path / "w.keras")
    refused(
        network(), tmp_path / "w.keras", r"no .keras file: it has no model.weights.h5, but weights/conv2d"
    )
    with zipfile.ZipFile(tmp_path / "w.keras", "w"):
        pass
    refused(network(), tmp_path / "w.keras", "but nothing")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_cut_off(ending: str, tmp_path: Path) -> None:
    model, path = network(), tmp_path / f"w{ending}"
    model.save_weights(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, len(whole) // 23):
        path.write_bytes(whole[:length])
        refused(model, path, "not a whole Keras file")


def test_a_changed_byte_in_a_keras_file_is_noticed(tmp_path: Path) -> None:
    model, path = network(), tmp_path / "w.keras"
    model.save_weights(path)
    whole = path.read_bytes()
    start = whole.index(b"\x89HDF")
    for place in range(start, start + 20_000, 997):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused(model, path, "not a whole Keras file, or none at all: Bad CRC-32")


def test_no_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret.h5", values(LAYOUT))
    for link in (h5py.ExternalLink("secret.h5", "/layers/conv2d"), h5py.SoftLink("/elsewhere")):
        path = write(tmp_path / "w.weights.h5", {**without("conv2d/"), "elsewhere/vars/0": np.ones(3, "f4")})
        with h5py.File(path, "a") as file:
            file["layers/conv2d"] = link
        refused(network(), path, r"is layers/conv2d \(")


def test_no_array_is_fetched_from_another_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(8))
    write(tmp_path / "secret.h5", {"x": np.ones(2, "f4")})
    path = write(tmp_path / "w.weights.h5", without("conv2d/vars/1"))
    with h5py.File(path, "a") as file:
        file.create_dataset("layers/conv2d/vars/1", (2,), "f4", external=[(tmp_path / "secret", 0, 8)])
    refused(network(), path, "layers/conv2d: its numbers are in another file, which is not opened")
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "x", (2,))
    with h5py.File(path, "a") as file:
        del file["layers/conv2d/vars/1"]
        file.create_virtual_dataset("layers/conv2d/vars/1", layout)
    refused(network(), path, "layers/conv2d: its numbers are in another file")


def test_nothing_as_large_as_it_says_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "w.weights.h5", without("conv2d/vars/1"))
    with h5py.File(path, "a") as file:
        file.create_dataset("layers/conv2d/vars/1", (10**15,), "f4", chunks=(1024,))
    refused(network(), path, r"conv2d with \(3, 3, 1, 2\), \(1000000000000000,\)")


@pytest.mark.parametrize("path", ["w.h5", "w.hdf5", "weights.h5"])
def test_keras_wants_its_ending(path: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="files of weights end in .weights.h5"):
        network().save_weights(tmp_path / path)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_without_its_weights_yet(ending: str, tmp_path: Path) -> None:
    model = Sequential([layers.Dense(3, name="first")])
    with pytest.raises(ValueError, match="no weights yet in first: call it, or its build"):
        model.save_weights(tmp_path / f"w{ending}")
    with pytest.raises(ValueError, match="no weights yet in first"):
        model.load_weights(write(tmp_path / f"w{ending}", values(LAYOUT)))


@pytest.mark.parametrize("ending", ENDINGS)
def test_without_h5py_it_says_what_to_install(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    for do in (network().save_weights, network().load_weights):
        with pytest.raises(ImportError, match=r"pip install 'tinydl\[h5\]'"):
            do(tmp_path / f"w{ending}")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_crash_while_writing_leaves_the_file_of_before(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"w{ending}"
    network().save_weights(path)
    before = path.read_bytes()

    def crash(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="no space"):
        network().save_weights(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


# --------------------------------------------------------------------------------------------------- the config


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
    def mine(x: Any) -> Any:
        return x

    told = describe(layers.Dense(2, activation=mine, kernel_initializer=lambda shape, dtype: np.ones(shape)))
    named = {"module": None, "class_name": "function", "config": "mine", "registered_name": "mine"}
    assert told["config"]["activation"] == named
    assert told["config"]["kernel_initializer"]["config"] == "<lambda>"
    assert describe(Late()) == {
        "module": None,
        "class_name": "Late",
        "config": {},
        "registered_name": "Late",
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
