"""Models: layers that hold layers, and can be trained. `Sequential` is layers in a row, `Model` what you make of it.

How they learn stands in training.py, how their weights are kept in checkpoint.py, for Keras in keras_weights.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tinydl import checkpoint, keras_weights
from tinydl.autograd import Variable, no_grad
from tinydl.layers.base import Layer, Shape
from tinydl.layers.core import Input
from tinydl.layers.placement import at_home
from tinydl.tensor import Tensor
from tinydl.training import Trainer


class Model(Trainer):
    """A model of one's own: make the layers in `__init__`, say in `call` what becomes of an input.

    One that learns in another way overrides `train_step(x, y, sample_weight)`: compute a loss, give it to
    `self.minimize`, return what is to be logged.

    Example:
        >>> from tinydl import layers
        >>> class Residual(Model):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.dense = layers.Dense(4, activation="relu")
        ...     def call(self, x):
        ...         return x + self.dense(x)
        >>> model = Residual()
        >>> model(np.ones((3, 4), dtype="float32")).shape
        (3, 4)
        >>> len(model.weights)
        2
    """

    @property
    def layers(self) -> list[Layer]:
        """The layers in it, in the order they were assigned."""
        return self.sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer of it, by name or by its place.

        Raises:
            ValueError: there is none.
        """
        if index is not None and index < len(self.layers):
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        have = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"{self.name}: no layer {name if index is None else index!r}; there are: {have}")

    def _receive(self, x: Any) -> Any:
        """Floats as the model's dtype; whole numbers stay what they are, for the layers to make floats of or not."""
        if isinstance(x, (list, tuple)):
            return super()._receive(x)
        x = x if isinstance(x, Variable) else Tensor(x)
        return super()._receive(x) if x.dtype.kind == "f" else x

    @at_home
    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """What the model makes of a batch, as a Tensor. The first call makes the weights."""
        if self.built or type(self).build is not Model.build:
            return super().__call__(x, training)
        self.built = True  # its layers build themselves when the data come by: no need to try it out on zeros
        try:
            y = super().__call__(x, training)
        except BaseException:
            self.built = False
            raise
        several = isinstance(x, (list, tuple))
        self.input_shape = [(None, *np.shape(e)[1:]) for e in x] if several else (None, *np.shape(x)[1:])
        return y

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape, `(None, ...)`, or a list of them, by trying it out on zeros."""
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        zeros = [np.zeros((1, *shape[1:]), self.dtype) for shape in shapes]
        with no_grad():
            self(zeros if isinstance(input_shape, list) else zeros[0])

    def save_weights(self, path: str | Path) -> None:
        """Write the weights into a file; the ending of its name says what kind of file.

        .weights.h5 and .keras are Keras's (see `keras_weights.save`), all others .npz (see `checkpoint.save_weights`).

        Example:
            >>> import tempfile
            >>> from tinydl import Sequential, layers
            >>> a, b = (Sequential([layers.Input((4,)), layers.Dense(3)]) for _ in range(2))
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     a.save_weights(Path(folder) / "dense.npz")
            ...     b.load_weights(Path(folder) / "dense.npz")
            >>> bool((a.get_weights()[0] == b.get_weights()[0]).all())
            True
        """
        if str(path).endswith(keras_weights.ENDINGS):
            keras_weights.save(path, self)
        else:
            checkpoint.save_weights(path, self)

    def load_weights(self, path: str | Path) -> None:
        """Read the weights from a file of `save_weights`, or of Keras's: `keras_model.save_weights("x.weights.h5")`.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or holds other weights than the model has. Nothing has changed then.
        """
        if str(path).endswith(keras_weights.ENDINGS):
            keras_weights.load(path, self)
        else:
            checkpoint.load_weights(path, self)

    def summary(self) -> None:
        """Print a table of the layers: what shape comes out of each, and how many parameters it has.

        Example:
            >>> from tinydl import Sequential, layers
            >>> Sequential([layers.Input((4,)), layers.Dense(3)], name="tiny").summary()
            Model: "tiny"
            ...
             Total params: 15 (60.00 B)
             Trainable params: 15 (60.00 B)
             Non-trainable params: 0 (0.00 B)
        """
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        console = Console()
        console.print(f'[bold]Model: "{escape(self.name)}"[/bold]', highlight=False)
        table = Table("Layer (type)", "Output Shape", show_lines=True)
        table.add_column("Param #", justify="right")
        for layer in self.layers:
            count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
            table.add_row(
                f"{escape(layer.name)} ([cyan]{type(layer).__name__}[/cyan])", _output_shape(layer), count
            )
        console.print(table)
        for what, weights in (
            ("Total", self.weights),
            ("Trainable", self.trainable_weights),
            ("Non-trainable", self.non_trainable_weights),
        ):
            total, size = sum(w.size for w in weights), sum(w.data.nbytes for w in weights)
            console.print(f"[bold] {what} params:[/bold] {total:,} ({_bytes(size)})", highlight=False)


def _output_shape(layer: Layer) -> str:
    try:
        return str(layer.output_shape) if layer.built else "?"
    except NotImplementedError:
        return "?"


def _bytes(size: float) -> str:
    units = ["B", "KB", "MB", "GB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.2f} {units[0]}"


class Sequential(Model):
    """Layers in a row: each takes what the one before it gives.

    With an `Input` first the weights are made at once, otherwise by the first batch, or by `build`.

    Args:
        layers: the layers, perhaps with an `Input` before them.
        name: "sequential" and so on if not given.

    Raises:
        ValueError: something that is no layer, two layers of one name, or shapes that do not follow.

    Example:
        >>> from tinydl import layers
        >>> model = Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(10)])
        >>> [weight.shape for weight in model.weights]
        [(784, 10), (10,)]
    """

    def __init__(
        self, layers: Iterable[Layer | Input] | None = None, name: str | None = None, **options: Any
    ):
        super().__init__(name=name, **options)
        self._layers: list[Layer] = []
        self._first: Shape | None = None  # the shape that goes in, once it is known ...
        self._last: Shape | None = None  # ... and the one that comes out
        for layer in layers or []:
            self.add(layer)

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order, without the `Input`."""
        return list(self._layers)

    def add(self, layer: Layer | Input) -> None:
        """Put a layer at the end."""
        if isinstance(layer, Input):
            if self._layers or self._first is not None:
                raise ValueError(f"{self.name}: an Input comes first, before all layers, and once")
            self._first = self._last = layer.shape
            return
        if not isinstance(layer, Layer):
            raise ValueError(f"{self.name}: expected a layer, got {layer!r}")
        if layer.name in (other.name for other in self._layers):
            raise ValueError(
                f"{self.name}: there is a layer {layer.name!r} already; names are to be different"
            )
        if self._last is not None:
            self._last = _follow(layer, self._last)
            self.built, self.input_shape = True, self._first
        self._layers.append(layer)

    def pop(self) -> Layer:
        """Take the last layer off.

        Raises:
            IndexError: there is none.
        """
        layer = self._layers.pop()
        if self._first is not None:
            self._last = self.compute_output_shape(self._first)
        return layer

    def build(self, input_shape: Shape) -> None:
        """Make the weights of all layers, for inputs of this shape, `(None, ...)`."""
        if not self._layers:
            raise ValueError(f"{self.name}: it has no layers; add some")
        shape = tuple(input_shape)
        for layer in self._layers:
            shape = _follow(layer, shape)
        self._first, self._last = tuple(input_shape), shape

    def call(self, x: Any) -> Any:
        """One layer after the other."""
        for layer in self._layers:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape that comes out of the last layer."""
        for layer in self._layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape


def _follow(layer: Layer, shape: Shape) -> Shape:
    """Build a layer for what comes before it, and say what comes out."""
    layer.check_input(shape)
    if not layer.built:
        layer.build(shape)
        layer.built, layer.input_shape = True, shape
    return layer.compute_output_shape(shape)
