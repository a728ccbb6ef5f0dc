"""A model described as Keras does it: the `config.json` of a .keras file, by which `load_model` makes it anew.

While layers are made nothing is noted down for it. A layer keeps its arguments under their own names, and those are
Keras's: so they are looked up here.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tinydl import activations
from tinydl.initializers import Initializer
from tinydl.layers.base import Layer


def describe(thing: Any) -> Any:
    """A layer, or an argument of one, as JSON can write it and `keras.saving.deserialize_keras_object` reads it.

    A class or function that is not tinydl's own is only named: Keras looks for it in its `custom_objects`.

    Example:
        >>> from tinydl import layers
        >>> told = describe(layers.Dense(3, activation="relu", name="first"))
        >>> told["module"], told["class_name"], told["config"]["units"], told["config"]["activation"]
        ('keras.layers', 'Dense', 3, 'relu')
    """
    if isinstance(thing, Layer):
        return _layer(thing)
    if isinstance(thing, Initializer):
        return _object(thing, "keras.initializers", _arguments(thing))
    if callable(thing):
        name = getattr(thing, "__name__", type(thing).__name__)
        custom = {"module": None, "class_name": "function", "config": name, "registered_name": name}
        return activations.name_of(thing) or custom
    if isinstance(thing, (list, tuple)):
        return [describe(each) for each in thing]
    if isinstance(thing, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": thing.tolist(), "dtype": thing.dtype.name}}
    return thing.item() if isinstance(thing, np.generic) else thing


def _layer(layer: Layer) -> dict[str, Any]:
    config = _arguments(layer)
    config |= {"name": layer.name, "trainable": layer.trainable, "dtype": layer.dtype.name}
    if type(layer).__name__ != "Sequential":
        return _object(layer, "keras.layers", config)
    goes_in = {"batch_shape": describe(layer.input_shape), "dtype": layer.dtype.name}
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": goes_in, "registered_name": None}
    return _object(layer, "keras", {**config, "layers": [first, *config["layers"]]})


def _arguments(thing: Any) -> dict[str, Any]:
    """What it was made with, by the names of the parameters of its class."""
    names = [name for name in inspect.signature(type(thing)).parameters if hasattr(thing, name)]
    return {name: describe(getattr(thing, name)) for name in names}


def _object(thing: Any, module: str, config: dict[str, Any]) -> dict[str, Any]:
    name = type(thing).__name__
    if not type(thing).__module__.startswith("tinydl."):
        return {"module": None, "class_name": name, "config": {}, "registered_name": name}
    return {"module": module, "class_name": name, "config": config, "registered_name": None}
