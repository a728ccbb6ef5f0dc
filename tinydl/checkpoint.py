"""What survives a crash: weights in a file, and everything else that a training needs to go on as if nothing had been.

Files are NumPy archives (.npz), never pickles, so that opening one runs nobody's code. They are written aside and
renamed when they are whole: a crash while writing leaves the file of before. Reading checks everything first; a file
that does not fit changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np

from tinydl.backend import assign, generators_at, random_state, set_generators, to_numpy
from tinydl.files import aside
from tinydl.tensor import Tensor

if TYPE_CHECKING:
    from tinydl.optimizers import Optimizer
    from tinydl.training import Trainer

# ------------------------------------------------------------------------------------------------ weights


def save_weights(path: str | Path, model: Trainer) -> None:
    """Write the weights of a model, each under its path in the model: "weights/conv2d/kernel"."""
    write(path, _weights(model))


def load_weights(path: str | Path, model: Trainer) -> None:
    """Read the weights of a model from a file of `save_weights` or `save`.

    Layers that were named automatically may have other numbers there (dense_3 is the dense_1 of another session):
    the kind of layer, the order and the shapes have to be those of the model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds other weights than the model has. Nothing has changed then.
    """
    for tensor, value in _matched(path, read(path), model):
        assign(tensor.data, value)


def _weights(model: Trainer) -> dict[str, np.ndarray]:
    """All weights by key, in the model's order."""
    named = model.named_weights()
    if not named:
        raise ValueError(f"{model.name}: no weights yet; call it, or its build(input_shape), first")
    arrays = {}
    for path, tensor in named:
        key = "weights/" + path.removeprefix(f"{model.name}/")
        if key in arrays:
            raise ValueError(
                f"{model.name}: two weights are called {path}: give the layers names of their own"
            )
        arrays[key] = to_numpy(tensor.data)
    return arrays


def _matched(path: str | Path, arrays: Mapping[str, np.ndarray], model: Trainer) -> list[tuple[Tensor, Any]]:
    """Each weight of the model with its value from the file, once all of them are known to fit."""
    own = _weights(model)
    found = {key: array for key, array in arrays.items() if key.startswith("weights/")}
    for key, here in zip(found, own):
        if _kind(key) != _kind(here):
            raise ValueError(
                f"{path}: expected the weight {_name(here)}, found {_name(key)}: another model's file"
            )
        if found[key].shape != own[here].shape:
            raise ValueError(f"{path}: {_name(here)} has shape {own[here].shape}, found {found[key].shape}")
        if found[key].dtype.kind != "f":
            raise ValueError(
                f"{path}: {_name(here)}: expected floating-point numbers, found {found[key].dtype}"
            )
    if len(found) != len(own):
        what, longer = ("beyond", found) if len(found) > len(own) else ("lacking", own)
        names = ", ".join(map(_name, list(longer)[min(len(found), len(own)) :]))
        raise ValueError(f"{path}: {model.name} has {len(own)} weights, found {len(found)}; {what}: {names}")
    return list(zip(model.weights, found.values()))


def _name(key: str) -> str:
    return key.removeprefix("weights/")


def _kind(key: str) -> str:
    """A key without the numbers of automatic names: conv2d_1/kernel -> conv2d/kernel."""
    return re.sub(r"_\d+(?=/)", "", key)


# --------------------------------------------------------------------------------------------- checkpoints


def save(path: str | Path, model: Trainer, epoch: int, history: Mapping[str, list[float]]) -> None:
    """Write all that a training consists of: weights, optimizers, random numbers, order of the data, history.

    Args:
        path: the file.
        model: compiled and built.
        epoch: how many epochs are finished.
        history: what has been logged, a list by name.
    """
    arrays = _weights(model)
    for name, optimizer in _optimizers(model).items():
        arrays.update({f"{name}/{key}": value for key, value in optimizer.get_state().items()})
    if model.batches is not None and model.batches.position < model.batches.size:  # in the midst of a pass
        arrays["data/position"] = np.array(model.batches.position)
        arrays["data/order"] = np.array([] if model.batches.order is None else model.batches.order)
    arrays["epoch"] = np.array(epoch)
    arrays["history"] = np.array(json.dumps({name: list(values) for name, values in history.items()}))
    arrays["random"] = np.array(json.dumps(random_state()))
    write(path, arrays)


def restore(path: str | Path, model: Trainer) -> tuple[int, dict[str, list[float]]]:
    """Put a model, its optimizers and the random numbers back to where `save` found them.

    Training then goes on as if it had never stopped, to the last bit.

    Returns:
        How many epochs are finished, and the history up to there.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, no checkpoint, or of another model or optimizer. Nothing has changed then.
    """
    arrays = read(path)
    missing = {"epoch", "history", "random"} - arrays.keys()
    if missing:
        raise ValueError(f"{path}: no checkpoint of a training: it lacks {', '.join(sorted(missing))}")
    weights, states = _matched(path, arrays, model), _states(path, arrays, model)
    try:
        epoch = int(arrays["epoch"])
        history = {name: list(values) for name, values in json.loads(str(arrays["history"])).items()}
        generators = generators_at(json.loads(str(arrays["random"])))
        position, order = int(arrays.get("data/position", 0)), arrays.get("data/order")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: a damaged checkpoint: {error}") from error
    size = None if model.batches is None else model.batches.size
    if order is not None and size is not None and len(order) not in (0, size):
        raise ValueError(f"{path}: it was training on {len(order)} samples, now there are {size}")
    # From here on nothing can fail.
    for tensor, value in weights:
        assign(tensor.data, value)
    for optimizer, state in states:
        optimizer.set_state(state)
    set_generators(generators)
    if model.batches is not None and order is not None:
        model.batches.position = position
        model.batches.order = order if len(order) else None
    return epoch, history


def _optimizers(model: Trainer) -> dict[str, Optimizer]:
    """The optimizers of a model by name, each knowing its weights; without those that have none, all being frozen."""
    found = {}
    for name, weights in model.weights_by_optimizer().items():
        if weights:
            found[name] = optimizer = getattr(model, name)
            if optimizer.iterations == 0:  # it may not know its weights yet; if it does, nothing is lost
                optimizer.build(weights)
    return found


def _states(
    path: str | Path, arrays: Mapping[str, np.ndarray], model: Trainer
) -> list[tuple[Optimizer, dict[str, np.ndarray]]]:
    """Each optimizer of the model with its state from the file, once all of them are known to fit."""
    states = []
    for name, optimizer in _optimizers(model).items():
        prefix = f"{name}/"
        state = {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
        if not state:
            raise ValueError(
                f"{path}: nothing of {model.name}'s {name} in it: another model's file, or an older one"
            )
        try:
            optimizer.check_state(state)
        except ValueError as error:
            raise ValueError(f"{path}: {name}: {error}") from error
        states.append((optimizer, state))
    return states


# --------------------------------------------------------------------------------------------------- files


def write(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an archive, whole or not at all."""
    with aside(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of an archive, all of them read and their checksums compared.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no archive, or not a whole one.
    """
    try:
        with Path(path).open("rb") as file:
            if not is_zipfile(file):  # NumPy would take it for a pickle, and advise to open it as one
                raise ValueError("it is no zip archive, as those are")
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            return {key: archive[key] for key in archive.files}
    except OSError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy each have their own for a damaged file
        raise ValueError(f"{path}: not a whole .npz file, or none at all: {error}") from error
