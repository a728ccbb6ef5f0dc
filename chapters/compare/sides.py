"""The two sides of a comparison. Most of what it asks for, tinydl and Keras say alike: here is what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import tinydl
from chapters.compare.pair import Pair, Task, made_by
from tinydl import backend, losses, no_grad


class Tinydl:
    """tinydl's side, and what Keras's begins with.

    Args:
        forgets: whether probabilities forget the logits that they were made from, and are clipped at 1e-7 before their
            logarithm is taken: as in Keras on PyTorch and JAX, to be compared with those.
    """

    title = "tinydl"
    module = "model"  # where a chapter has its networks
    library: ModuleType = tinydl

    def __init__(self, forgets: bool = False):
        self.forgets = forgets

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
        return pair.build(self.module, task)

    def compile(self, pair: Pair, model: Any, rates: Sequence[float] = ()) -> None:
        """Have it learn as the recipe says, or by SGD of these learning rates, one for each of its optimizers."""
        loss = made_by(self.library, pair.loss)
        if self.forgets and loss is not None:
            loss = Forgetful(losses.get(loss))
        pair.compile(model, self.library, loss, [self.library.optimizers.SGD(rate) for rate in rates])

    def answer(self, layer: Any, x: Any) -> np.ndarray:
        """What a layer, or a model, makes of x when it is not in training."""
        with no_grad():
            return layer(x, training=False).numpy()

    def learn(self, model: Any, x: np.ndarray, y: np.ndarray | None) -> dict[str, float]:
        """One step of training; the losses, by name, as they were before it."""
        return model.train_on_batch(x, y, return_dict=True)

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


class Forgetful(losses.Loss):
    """A loss that sees probabilities only, whatever they were made from."""

    def __init__(self, loss: losses.Loss):
        super().__init__(loss.name, loss.reduction)
        self.loss = loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values of the other loss."""
        y_pred.logits = None
        return self.loss.call(y_true, y_pred)
