"""Weights to and from Keras's own files: .weights.h5, and .keras, which is a zip with one of those in it.

How Keras lays them out, and tinydl too: every layer has a group in the HDF5 file, at the path that leads to it from the
model, attribute by attribute. In it, under `vars`, are the layer's own weights, those that learn first:

    layers/conv2d/vars/0            the layers of a Sequential, or of any list, go by their class ...
    layers/conv2d_1/vars/0          ... and are counted; the names that they were given do not matter
    encoder/layers/dense/vars/0     model.encoder is a Sequential

So a Sequential finds the one of the same layers in Keras by itself, and a `Model` its twin, provided that attributes
which hold layers are called the same in both, and hold them in the same order. What else is in a file, such as Keras's
optimizer, stays there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZipFile

import numpy as np

from tinydl.backend import assign, to_numpy
from tinydl.files import aside
from tinydl.keras_config import describe
from tinydl.layers.base import Layer
from tinydl.lookup import snake_case
from tinydl.tensor import Tensor

ENDINGS = (".h5", ".hdf5", ".keras")  # of the files that are meant for this room
WEIGHTS = "model.weights.h5"  # what the zip calls the file with the weights


def save(path: str | Path, model: Layer) -> None:
    """Write the weights of a model for Keras: `keras_model.load_weights(path)` reads them, to the last bit.

    A .keras file also says what the model is made of: `keras.models.load_model(path)` makes a `Sequential` of tinydl's
    layers anew. In place of your own classes and functions it takes Keras's from `custom_objects`, without arguments.
    Optimizer and loss are not saved.

    Args:
        path: a name that ends in .weights.h5 or .keras, as Keras demands.
        model: built.

    Raises:
        ImportError: h5py is missing.
        ValueError: another ending, or there are no weights yet.
    """
    path = Path(path)
    if not path.name.endswith((".weights.h5", ".keras")):
        raise ValueError(f"{path}: Keras's files of weights end in .weights.h5, and whole models in .keras")
    weights = _to_h5(_places(model))
    with aside(path) as part:
        part.write_bytes(_zipped(weights, model) if path.suffix == ".keras" else weights)


def load(path: str | Path, model: Layer) -> None:
    """Read the weights of a model from a file that Keras 3 or tinydl wrote.

    Only arrays are read: what a .keras file says about its model is not looked at, and no link to another file is
    followed. A .keras file carries a checksum; in a .weights.h5 file a number that has changed cannot be told from
    one that was meant.

    Raises:
        ImportError: h5py is missing.
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, no file of Keras 3, or holds other layers than the model has: the first that differs
            is named. Nothing has changed then.
    """
    path, h5py = Path(path), _h5py()
    own = {place.path: place for place in _places(model) if place.weights}
    tensors = [tensor for place in own.values() for tensor in place.weights.values()]
    with path.open("rb") as raw, _telling_of(path):
        with h5py.File(_unzipped(raw) if path.suffix == ".keras" else raw, "r") as file:
            found = _arrays(file)
            _compare(own, found)
            arrays = [array for here in own for array in found[here]]
            values = [np.asarray(array[()], tensor.dtype) for array, tensor in zip(arrays, tensors)]
    for tensor, value in zip(tensors, values, strict=True):
        assign(tensor.data, value)


# ------------------------------------------------------------------------------------------- where layers stand


class _Place(NamedTuple):
    path: str  # "layers/dense_1"; "" is the model
    layer: Layer
    weights: dict[str, Tensor]  # the layer's own, by their names


_EVERY_LAYER_HAS = frozenset(dir(Layer(name="any")))


def _places(model: Layer) -> list[_Place]:
    """The model and all layers in it, in the order in which Keras comes by.

    Raises:
        ValueError: a layer has no weights yet.
    """
    places = []
    for path, layer in _walk("", model, {}):
        if not (layer.built or layer.sublayers() or type(layer).build is Layer.build):
            raise ValueError(
                f"{model.name}: no weights yet in {layer.name}: call it, or its build(input_shape), first"
            )
        inner = {tensor for each in layer.sublayers() for tensor in each.weights}
        named = [(name.partition("/")[2], tensor) for name, tensor in layer.named_weights()]
        places.append(_Place(path, layer, {name: tensor for name, tensor in named if tensor not in inner}))
    return places


def _walk(path: str, thing: Any, seen: dict[int, Any]) -> Iterator[tuple[str, Layer]]:
    """Layers with their paths: `thing` itself, what it has as attributes, and what is in lists and dictionaries.

    Attributes go by the alphabet, private ones last (properties too: `layers` is one). A layer that can be reached in
    two ways is written where it is met first.
    """
    if id(thing) in seen or not isinstance(thing, (Layer, list, tuple, dict)):
        return
    seen[id(thing)] = thing  # kept, so that nobody else gets its id
    if isinstance(thing, Layer):
        yield path, thing
        names = [name for name in dir(thing) if name not in _EVERY_LAYER_HAS]
        inside = [(name, _attribute(thing, name)) for name in sorted(names, key=_private_last)]
        if hasattr(thing, "pop"):  # a Sequential: there the list goes before all attributes
            inside.insert(0, ("layers", _attribute(thing, "layers")))
    else:
        members = list(thing.values()) if isinstance(thing, dict) else list(thing)
        inside = _counted([each for each in members if isinstance(each, (Layer, list, tuple, dict))])
    for name, value in inside:
        yield from _walk(f"{path}/{name}".lstrip("/"), value, seen)


def _private_last(name: str) -> tuple[bool, str]:
    return name.startswith("_"), name


def _attribute(layer: Layer, name: str) -> Any:
    try:
        return getattr(layer, name)
    except Exception:  # a property that is not ready: Keras goes past it too
        return None


def _counted(things: list[Any]) -> list[tuple[str, Any]]:
    """What the members of a list are called: dense, dense_1, conv2d, dense_2; lists in lists are containers."""
    kinds = [snake_case(type(each).__name__) if isinstance(each, Layer) else "container" for each in things]
    before = [kinds[:i].count(kind) for i, kind in enumerate(kinds)]
    names = [f"{kind}_{count}" if count else kind for kind, count in zip(kinds, before)]
    return list(zip(names, things))


# --------------------------------------------------------------------------------------------------- HDF5 files


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise ImportError("Keras's files need h5py: pip install 'tinydl[h5]'") from error
    return h5py


def _to_h5(places: list[_Place]) -> bytes:
    buffer = BytesIO()
    with _h5py().File(buffer, "w") as file:
        for path, layer, weights in places:
            group = file.create_group(f"{path}/vars".lstrip("/"))
            group.attrs["name"] = layer.name
            for i, tensor in enumerate(weights.values()):
                group[str(i)] = to_numpy(tensor.data)
    return buffer.getvalue()


def _zipped(weights: bytes, model: Layer) -> bytes:
    saved = {"keras_version": "3.0.0", "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"), "by": "tinydl"}
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps(saved))
        archive.writestr("config.json", json.dumps(describe(model), default=repr))
        archive.writestr(WEIGHTS, weights)
    return buffer.getvalue()


def _unzipped(raw: BinaryIO) -> BinaryIO:
    with ZipFile(raw) as archive:
        names = archive.namelist()
        if WEIGHTS not in names:
            raise _Unfit(
                f"a zip, but no .keras file: it has no {WEIGHTS}, but {_list(names[:5]) or 'nothing'}"
            )
        return BytesIO(archive.read(WEIGHTS))  # all of it, so that the checksum is compared


class _Unfit(ValueError):
    """What is wrong with a file, as far as it can be said."""


@contextmanager
def _telling_of(path: Path) -> Iterator[None]:
    """Say which file it is that does not fit. What else goes wrong while a file is read is damage."""
    try:
        yield
    except _Unfit as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # h5py and zipfile have many kinds of them, and some have several lines
        why = " ".join(str(error).split())
        raise ValueError(f"{path}: not a whole Keras file, or none at all: {why}") from error


def _arrays(file: Any) -> dict[str, list[Any]]:
    """The arrays in a file, not read yet, by the path of their layer, in the order in which they were written."""
    h5py = _h5py()
    if "layer_names" in file.attrs or "model_weights" in file:
        raise _Unfit(
            "it is laid out as in Keras 2: load it with Keras, and model.save_weights('x.weights.h5') there"
        )
    groups: dict[str, dict[str, Any]] = {}

    def visit(name: str, thing: Any) -> None:
        path, _, variable = f"/{name}".rpartition("/vars/")
        if isinstance(thing, h5py.Dataset) and variable.isdigit():
            path = path.lstrip("/").replace("_layer_checkpoint_dependencies", "layers")  # Keras 2.13's name
            groups.setdefault(path, {})[variable] = thing

    file.visititems(visit)  # which follows no links that lead out of the file
    ordered = {path: [group[i] for i in sorted(group, key=int)] for path, group in groups.items()}
    return dict(sorted(ordered.items(), key=lambda item: h5py.h5o.get_info(item[1][0].id).addr))


# ----------------------------------------------------------------------------------------------- do they match?


def _compare(own: dict[str, _Place], found: dict[str, list[Any]]) -> None:
    """Refuse a file whose layers are not the model's, or whose arrays are no weights; say where that begins."""
    layers = [path for path, arrays in found.items() if path in own or _is_of_a_layer(arrays)]
    for here, there in zip_longest(own, layers):
        if here in found and (there is None or there in own):
            there = here  # both have both
        mine = [tensor.shape for tensor in own[here].weights.values()] if here is not None else None
        if mine != (None if there is None else _shapes(found[there])) or here != there:
            raise _Unfit(
                "not of this model: the first layer that differs is "
                f"{'no other' if here is None else _told(own[here])} in the model, "
                f"{'no other' if there is None else _named(there, _shapes(found[there]))} in the file"
            )
    for path in own:
        for array in found[path]:
            if array.dtype.kind != "f":
                kind = array.attrs.get("dtype", array.dtype.name)  # bfloat16 is in the attribute only
                raise _Unfit(f"{path}: expected floating-point numbers, found {kind}")
            if array.external or array.is_virtual:
                raise _Unfit(f"{path}: its numbers are in another file, which is not opened")


def _is_of_a_layer(arrays: list[Any]) -> bool:
    """Optimizers and random generators begin with a whole number, metrics with a single one."""
    return arrays[0].dtype.kind == "f" and arrays[0].shape != ()


def _told(place: _Place) -> str:
    weights = [f"{name} {tensor.shape}" for name, tensor in place.weights.items()]
    return _named(f"{place.path} ({place.layer.name})".strip(), weights)


def _named(path: str, weights: list[Any]) -> str:
    return f"{path or 'the model itself'} with {_list(weights)}"


def _shapes(arrays: list[Any]) -> list[tuple[int, ...]]:
    return [array.shape or () for array in arrays]  # None if there is nothing in it


def _list(things: list[Any]) -> str:
    return ", ".join(map(str, things))
