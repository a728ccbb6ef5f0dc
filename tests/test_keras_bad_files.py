"""Files that will not do for Keras's weights: each is refused in one line, and nothing changes."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydl import Sequential, layers

h5py = pytest.importorskip("h5py")

from tests.keras_files import ENDINGS, LAYOUT, assert_equal, network, values, write  # noqa: E402


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
        r"is no other in the model, the model itself with \(3,\) in the file",
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
