"""The two sides of a comparison. Most of what it asks for, tinydl and Keras say alike: here is what they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import tinydl
from chapters.compare.pair import Pair, Task, made_by
from tinydl import activations, backend, layers, no_grad, ops
from tinydl.lookup import snake_case

FORGETFUL = {activations.sigmoid: ops.sigmoid, activations.softmax: ops.softmax}  # the same without logits


class Tinydl:
    """tinydl's side, and what Keras's begins with.

    Args:
        forgets: whether probabilities forget the logits that they were made from, and are clipped at 1e-7 before their
            logarithm is taken: as in Keras on PyTorch and JAX, to be compared with those.
        rounds: whether the slope of a leaky ReLU is rounded to float32: as in Keras on TensorFlow.
    """

    title = "tinydl"
    module = "model"  # where a chapter has its networks
    library: ModuleType = tinydl

    def __init__(self, forgets: bool = False, rounds: bool = False):
        self.forgets, self.rounds = forgets, rounds

    @contextmanager
    def precision(self, dtype: str) -> Iterator[None]:
        """What is made in a `with` block has this precision, float32 or float64."""
        before = backend.floatx()
        backend.set_floatx(dtype)
        try:
            yield
        finally:
            backend.set_floatx(before)

    def build(self, pair: Pair, task: Task) -> Any:
        """The network."""
        model = pair.build(self.module, task)
        for _, layer in leaves(model):
            if self.forgets and getattr(layer, "activation", None) in FORGETFUL:
                layer.activation = FORGETFUL[layer.activation]
            if self.rounds and isinstance(layer, layers.LeakyReLU):
                layer.negative_slope = float(np.float32(layer.negative_slope))
        return model

    def lend_draws(self, pair: Pair, task: Task, model: Any) -> None:
        """Have a model of tinydl's draw the random numbers that this side's next model will."""

    def compile(self, pair: Pair, model: Any, rates: Sequence[float] = ()) -> None:
        """Have it learn as the recipe says, or by SGD of these learning rates, one for each of its optimizers."""
        loss = made_by(self.library, pair.loss)
        pair.compile(model, self.library, loss, [self.library.optimizers.SGD(rate) for rate in rates])

    def answer(self, layer: Any, x: Any) -> np.ndarray:
        """What a layer, or a model, makes of x when it is not in training."""
        with no_grad():
            return self.numpy(layer(x, training=False))

    def learn(self, model: Any, x: np.ndarray, y: np.ndarray | None) -> dict[str, float]:
        """One step of training; the losses, by name, as they were before it."""
        return model.train_on_batch(x, y, return_dict=True)

    def apply(self, optimizer: Any, gradients: Sequence[np.ndarray], weights: Sequence[Any]) -> None:
        """One step of an optimizer by itself."""
        optimizer.apply(gradients, weights)

    def numpy(self, tensor: Any) -> np.ndarray:
        """A tensor of this side as an array."""
        return tensor.numpy()

    def state(self, optimizer: Any) -> dict[str, np.ndarray]:
        """What an optimizer keeps, under tinydl's names."""
        return optimizer.get_state()

    def go_on_from(self, optimizer: Any, state: dict[str, np.ndarray]) -> None:
        """Have an optimizer keep this instead."""
        optimizer.set_state({name: state.get(name, own) for name, own in optimizer.get_state().items()})

    def save(self, model: Any, path: Path) -> None:
        """Write its weights into a file of Keras's, .weights.h5 or .keras."""
        model.save_weights(path)

    def load(self, model: Any, path: Path) -> None:
        """Read its weights from such a file."""
        model.load_weights(path)


def twins(pair: Pair, task: Task, ours: Tinydl, theirs: Tinydl) -> tuple[Any, Any]:
    """A model of each side, which will draw the same random numbers."""
    here, there = ours.build(pair, task), theirs.build(pair, task)
    theirs.lend_draws(pair, task, here)
    return here, there


def leaves(model: Any, path: str = "") -> list[tuple[str, Any]]:
    """The layers of a model, and of the models in it, with names as in a fresh process: conv2d, conv2d_1 ..."""
    found: list[tuple[str, Any]] = []
    for layer in model.layers:
        name = _counted(path + _unnumbered(layer), [each for each, _ in found])
        if hasattr(layer, "layers"):
            found += leaves(layer, f"{name}/")
        elif type(layer).__name__ != "InputLayer":
            found.append((name, layer))
    return found


def _unnumbered(layer: Any) -> str:
    """Its name, without the number of an automatic one."""
    kind = snake_case(type(layer).__name__)
    return kind if re.fullmatch(rf"{kind}(_\d+)?", layer.name) else layer.name


def _counted(name: str, taken: list[str]) -> str:
    count = sum(re.fullmatch(rf"{re.escape(name)}(_\d+)?", each) is not None for each in taken)
    return f"{name}_{count}" if count else name
