"""The everyday layers: dense, embedding, changes of shape and scale, and noise in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from tinydl import activations, backend, initializers, ops
from tinydl.backend import Array
from tinydl.checks import number, positive_integer
from tinydl.layers.arguments import automatic_name
from tinydl.layers.base import Layer, SameShape, Shape


class Input:
    """The shape of what comes in: as the first entry of a Sequential it lets the model be built at once.

    Args:
        shape: of one example, without the batch axis.
        batch_size: the length of the batch axis, if it is always the same.
        dtype: of the numbers; `floatx()` if not given.
        batch_shape: the shape with its batch axis, in place of `shape`.
        name: "input_layer" and so on if not given.

    Example:
        >>> from tinydl import layers
        >>> layers.Input(shape=(28, 28, 1)).shape
        (None, 28, 28, 1)
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        *,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
    ):
        given = batch_shape if shape is None else shape
        if (shape is None) == (batch_shape is None) or not isinstance(given, (tuple, list)):
            raise ValueError(
                f"Input: expected either shape, such as (28, 28, 1), or batch_shape, got {shape!r} and {batch_shape!r}"
            )
        for length in given:
            if length is not None:
                positive_integer(length, f"Input: each length in shape {tuple(given)}")
        self.shape: Shape = tuple(given) if shape is None else (batch_size, *given)
        self.dtype = np.dtype(dtype or backend.floatx())
        self.name = name or automatic_name("InputLayer")


class Dense(Layer):
    """Every output is connected to every input: `activation(x @ kernel + bias)`.

    Args:
        units: how many outputs.
        activation: a name or a function; none if not given.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: how they begin.

    Input shape:
        (n, ..., d).

    Output shape:
        (n, ..., units). Weights: kernel (d, units), bias (units,).

    Example:
        >>> from tinydl import layers
        >>> layer = layers.Dense(10, activation="relu")
        >>> layer(np.ones((2, 784))).shape
        (2, 10)
        >>> layer.count_params()
        7850
    """

    least_rank = 2
    axes_meant = "(batch, ..., features)"

    def __init__(
        self,
        units: int,
        activation: str | Callable | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Callable = "glorot_uniform",
        bias_initializer: str | Callable = "zeros",
        **options: Any,
    ):
        super().__init__(**options)
        self.units = positive_integer(units, f"{self.name}: units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def build(self, input_shape: Shape) -> None:
        features = self.fix_axis(input_shape, -1)
        self.kernel = self.add_weight((features, self.units), self.kernel_initializer, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.units,), self.bias_initializer, name="bias")

    def call(self, x: Any) -> Any:
        y = x @ self.kernel  # (n, ..., units)
        if self.use_bias:
            y = y + self.bias
        return activations.over(self.activation, y)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        return (*input_shape[:-1], self.units)


class Embedding(Layer):
    """A table of vectors, looked up by number: words, classes or users to points in space.

    Args:
        input_dim: how many rows the table has: the numbers go from 0 to `input_dim - 1`.
        output_dim: how long each vector is.
        embeddings_initializer: how the table begins.

    Input shape:
        (n, ...), whole numbers.

    Output shape:
        (n, ..., output_dim). Weights: embeddings (input_dim, output_dim).

    Raises:
        IndexError: a number outside of the table.

    Example:
        >>> from tinydl import layers
        >>> layers.Embedding(1000, 64)(np.array([[4, 20, 7]])).shape
        (1, 3, 64)
    """

    autocast = False

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: str | Callable = "uniform",
        **options: Any,
    ):
        super().__init__(**options)
        self.input_dim = positive_integer(input_dim, f"{self.name}: input_dim")
        self.output_dim = positive_integer(output_dim, f"{self.name}: output_dim")
        self.embeddings_initializer = initializers.get(embeddings_initializer)

    def build(self, input_shape: Shape) -> None:
        shape = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight(shape, self.embeddings_initializer, name="embeddings")

    def call(self, x: Any) -> Any:
        numbers = x.data.astype("int64")
        if numbers.size and not (0 <= numbers.min() and numbers.max() < self.input_dim):
            wrong = numbers[(numbers < 0) | (numbers >= self.input_dim)].ravel()[0]
            raise IndexError(f"{self.name}: {wrong} is not in the table: expected 0 to {self.input_dim - 1}")
        return self.embeddings[numbers]  # (n, ..., output_dim)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)


# -------------------------------------------------------------------------------------------- shape and scale


class Flatten(Layer):
    """All axes but the batch laid out as one.

    Input shape:
        (n, ...).

    Output shape:
        (n, product of the others); (n, 1) for (n,).

    Example:
        >>> from tinydl import layers
        >>> layers.Flatten()(np.ones((2, 7, 7, 50))).shape
        (2, 2450)
    """

    least_rank = 1

    def call(self, x: Any) -> Any:
        return x.reshape(x.shape[0], prod(x.shape[1:]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        return input_shape[0], None if None in input_shape[1:] else prod(input_shape[1:])


class Reshape(Layer):
    """The same elements of each example in another shape.

    Args:
        target_shape: of one example, without the batch axis; one length may be -1, which is worked out.

    Input shape:
        (n, ...).

    Output shape:
        (n, *target_shape).

    Example:
        >>> from tinydl import layers
        >>> layers.Reshape((14, 14, -1))(np.ones((2, 12544))).shape
        (2, 14, 14, 64)
    """

    least_rank = 1

    def __init__(self, target_shape: Sequence[int], **options: Any):
        super().__init__(**options)
        if not isinstance(target_shape, (tuple, list)) or list(target_shape).count(-1) > 1:
            raise ValueError(f"{self.name}: expected target_shape with at most one -1, got {target_shape!r}")
        self.target_shape = tuple(target_shape)
        for length in self.target_shape:
            if length != -1:
                positive_integer(length, f"{self.name}: each length in target_shape {self.target_shape}")

    def call(self, x: Any) -> Any:
        return x.reshape(x.shape[0], *self.compute_output_shape(x.shape)[1:])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        if None in input_shape[1:]:
            return input_shape[0], *(None if length == -1 else length for length in self.target_shape)
        size, known = prod(input_shape[1:]), prod(length for length in self.target_shape if length != -1)
        shape = tuple(size // known if length == -1 else length for length in self.target_shape)
        if prod(shape) != size:
            raise ValueError(f"{self.name}: {input_shape} does not fit target_shape {self.target_shape}")
        return input_shape[0], *shape


class Rescaling(SameShape):
    """`x * scale + offset`: pixels of 0 to 255 become 0 to 1 with `Rescaling(1 / 255)`.

    Args:
        scale: a number, or an array that is broadcast.
        offset: likewise.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.Rescaling(2 / 255, offset=-1)(np.array([0, 255], "uint8"))
        Tensor([-1.,  1.], dtype=float32)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Any):
        super().__init__(**options)
        self.scale, self.offset = scale, offset
        self._sent: dict[tuple, tuple] = {}  # (value, the same on a device): sent once, not in every step

    def call(self, x: Any) -> Any:
        return x * self._on(x.device, self.scale) + self._on(x.device, self.offset)

    def _on(self, device: str, value: Any) -> Any:
        if isinstance(value, (int, float)):
            return value
        if device == "cpu":
            return np.asarray(value, self.dtype)
        if (device, id(value)) not in self._sent:
            self._sent[device, id(value)] = value, backend.to_device(np.asarray(value, self.dtype), device)
        return self._sent[device, id(value)][1]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_sent": {}}  # a copy's values are other objects


# ------------------------------------------------------------------------------------------ noise in training


class _Random(SameShape):
    """A layer with random numbers: from tinydl's own generator, or with a seed from one of its own."""

    def __init__(self, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.seed = seed
        self._own_generators: dict[str, Any] = {}  # by device

    def draw(self, method: str, shape: Shape) -> Array:
        return getattr(self._generator(), method)(shape, dtype="float32")

    def _generator(self) -> Any:
        if self.seed is None:
            return backend.random_generator()
        here = backend.current_device()
        if here not in self._own_generators:
            self._own_generators[here] = backend.new_generator(self.seed)
        return self._own_generators[here]


class Dropout(_Random):
    """In training each element is dropped with probability `rate`, and the others grow to make up for it.

    So no unit can rely on another one being there (Srivastava et al. 2014). Outside of training nothing
    happens.

    Args:
        rate: from 0 to 1.
        noise_shape: of the mask, broadcast to the input; None is the input's own length. `(None, 1, 1, None)`
            drops whole channels.
        seed: for masks of the layer's own, the same in every run.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> sorted(set(layers.Dropout(0.75)(np.ones(100), training=True).numpy().tolist()))
        [0.0, 4.0]
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **options: Any,
    ):
        super().__init__(seed, **options)
        self.rate = number(rate, f"{self.name}: rate", most=1)
        self.noise_shape = noise_shape

    def call(self, x: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return x
        shape = x.shape
        if self.noise_shape is not None:
            shape = tuple(n if k is None else k for n, k in zip(shape, self.noise_shape, strict=True))
        keep = (self.draw("random", shape) >= self.rate).astype(x.dtype)
        return ops.dropout(x, keep / (1 - self.rate) if self.rate < 1 else keep)


class GaussianNoise(_Random):
    """In training, normally distributed noise is added. Outside of training nothing happens.

    Args:
        stddev: the standard deviation of the noise, from 0 to 1.
        seed: for noise of the layer's own, the same in every run.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.GaussianNoise(0.1)(np.ones(3))
        Tensor([1., 1., 1.], dtype=float32)
    """

    def __init__(self, stddev: float, seed: int | None = None, **options: Any):
        super().__init__(seed, **options)
        self.stddev = number(stddev, f"{self.name}: stddev", most=1)

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x
        return x + (self.stddev * self.draw("standard_normal", x.shape)).astype(x.dtype)
