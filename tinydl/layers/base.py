"""What a layer is: some weights, a way to make them once the input's shape is known, and a way to use them.

    class Scale(Layer):
        def build(self, input_shape):  # (None, ..., d): the batch axis has no length yet
            self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

        def call(self, x):
            return x * self.scale  # (n, ..., d)

The first call builds the layer. Layers that a layer keeps as attributes, or in lists and dictionaries, are
part of it: their weights are its weights. Nothing is registered for that: whoever asks for them, looks.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinydl import backend, initializers
from tinydl.autograd import Variable, leaf, no_grad
from tinydl.layers.arguments import automatic_name, not_taken
from tinydl.layers.placement import Placed
from tinydl.tensor import Tensor

Shape = tuple  # of lengths; None where a length is not known, as that of the batch


class _Weight(NamedTuple):
    tensor: Tensor
    learns: bool  # whether training changes it; moving averages do not learn


class _Calls(threading.local):
    training = False  # whether the call that we are inside of is one of training


_calls = _Calls()


def _once(build: Callable) -> Callable:
    """A `build` that does its work the first time only, and notes what it built for."""

    @functools.wraps(build)
    def build_once(self: Layer, input_shape: Any) -> None:
        if self.built:
            return
        before = dict(self._weights), dict(self._lengths)
        try:
            build(self, input_shape)
        except BaseException:
            (self._weights, self._lengths), self.built = before, False  # as if it had not been tried
            raise
        self.built, self.input_shape = True, input_shape

    return build_once


class Layer(Placed):
    """The base of all layers. A layer of one's own defines `call`, and `build` if it has weights.

    `call(self, x)` gets Tensors. It may take `training` as well: whether this is a step of training, where
    dropout drops and batch normalization looks at the batch. Inside a call every layer hears it from the one
    around it.

    Args:
        name: what messages and files call it; a name made from the class, such as "dense_1", if not given.
        trainable: whether training changes the weights.
        dtype: "float32" or "float64", of the weights and of what is calculated; `floatx()` if not given.

    Example:
        >>> from tinydl import layers
        >>> class Scale(layers.Layer):
        ...     def build(self, input_shape):
        ...         self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        ...     def call(self, x):
        ...         return x * self.scale
        >>> layer = Scale()
        >>> layer([[1.0, 2.0]]).numpy()
        array([[1., 2.]], dtype=float32)
        >>> [name for name, weight in layer.named_weights()]
        ['scale/scale']
    """

    autocast = True  # whether numbers that come in are made numbers of the layer's dtype
    input_rank: int | None = None  # how many axes the input has, with that of the batch; None: any number
    least_rank = 0
    axes_meant = ""  # what to call them in a message: "(batch, height, width, channels)"

    _takes_training = False  # whether `call` has a parameter for it: looked up once for each class

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **unknown: Any):
        kind = type(self).__name__
        if unknown:
            raise TypeError(not_taken(kind, unknown))
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"{kind}: expected a name without '/', got {name!r}")
        self.name = name or automatic_name(kind)
        self.dtype = np.dtype(dtype or backend.floatx())
        if self.dtype.name not in ("float32", "float64"):
            raise ValueError(f"{self.name}: expected dtype 'float32' or 'float64', got {dtype!r}")
        self.built = False
        self.input_shape: Any = None  # what it was built for
        self._weights: dict[str, _Weight] = {}
        self._trainable = bool(trainable)
        self._lengths: dict[int, int] = {}  # of axes of the input, which the weights have settled

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "build" in vars(cls):
            cls.build = _once(cls.build)  # type: ignore[method-assign]
        if "call" in vars(cls):
            cls._takes_training = "training" in inspect.signature(cls.call).parameters

    # --------------------------------------------------------------------------------------- for subclasses

    @_once
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape, `(None, ...)`; the first call does it by itself."""

    def call(self, x: Any) -> Any:
        """What the layer does. It may take `training` as a second parameter."""
        raise NotImplementedError(f"{self.name}: {type(self).__name__} has no method call")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that comes out when this shape goes in, None where a length is not known.

        tinydl's own layers calculate it. A layer that does not say is tried out, on zeros.
        """
        shapes = input_shape if _is_several(input_shape) else [input_shape]
        if any(None in shape[1:] for shape in shapes):
            raise NotImplementedError(f"{self.name}: {type(self).__name__} has no compute_output_shape")
        zeros = [Tensor(np.zeros((2, *shape[1:]), self.dtype)) for shape in shapes]
        with no_grad():
            y = self(zeros if _is_several(input_shape) else zeros[0], training=False)
        return _shape_of(y)

    def add_weight(
        self,
        shape: Sequence[int],
        initializer: str | Callable = "glorot_uniform",
        *,
        trainable: bool = True,
        name: str | None = None,
    ) -> Tensor:
        """Make a weight of this layer, and keep it under its name.

        Args:
            shape: its shape.
            initializer: a name, an `initializers.Initializer` or a function of `(shape, dtype)`.
            trainable: False for what training does not change, such as moving averages.
            name: unlike the names of the layer's other weights.
        """
        name = name or f"weight_{len(self._weights)}"
        if name in self._weights:
            raise ValueError(f"{self.name}: there is a weight {name!r} already")
        shape = tuple(shape)
        value = initializers.get(initializer)(shape, dtype=self.dtype)
        value = backend.as_array(value.data if isinstance(value, Variable) else value, self.dtype)
        if value.shape != shape:
            raise ValueError(f"{self.name}: {name!r} has shape {shape}, its initializer gave {value.shape}")
        weight = Tensor(value.copy())  # not shared with whoever made it: optimizers write into it
        if trainable and self._trainable:
            weight.node = leaf(weight.data)
        self._weights[name] = _Weight(weight, trainable)
        return weight

    # ---------------------------------------------------------------------------------------------- calling

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Build the layer if this is the first call, check the input, and do what the layer does.

        Args:
            x: array or Tensor with the batch first, or a list of several. Numbers become the layer's dtype.
            training: if not given, as in the layer whose call this is in; False outside of any.

        Raises:
            ValueError: the input has the wrong shape for this layer.
        """
        if "_weights" not in vars(self):
            raise RuntimeError(f"{type(self).__name__}: call super().__init__() first in its __init__")
        x = self._receive(x)
        shape = _shape_of(x)
        if not self.built:
            self.build(shape)
        self.check_input(shape)
        outside = _calls.training
        _calls.training = outside if training is None else bool(training)
        try:
            options = {"training": _calls.training} if self._takes_training else {}
            return self.call(x, **options)
        except Exception as error:
            error.add_note(f"in layer {self.name} ({type(self).__name__}), whose input has shape {shape}")
            raise
        finally:
            _calls.training = outside

    def _receive(self, x: Any) -> Any:
        """Tensors of the layer's dtype, of whatever was given; in a list if several were."""
        is_list = isinstance(x, (list, tuple)) and len(x) > 0
        if is_list and all(isinstance(each, Variable) or backend.is_array(each) for each in x):
            return [self._receive(each) for each in x]
        x = x if isinstance(x, Tensor) else Tensor(x)
        return x.astype(self.dtype) if self.autocast and x.dtype != self.dtype else x

    def fix_axis(self, input_shape: Shape, axis: int) -> int:
        """The length of this axis, for which `build` makes weights: all inputs must have it from now on.

        Raises:
            ValueError: the axis is not there, or its length is not known yet.
        """
        self.check_input(input_shape)
        if not -len(input_shape) <= axis < len(input_shape):
            raise ValueError(f"{self.name}: there is no axis {axis} in an input of shape {input_shape}")
        length = input_shape[axis]
        if length is None:
            raise ValueError(
                f"{self.name}: expected to know axis {axis} of the input, got shape {input_shape}"
            )
        self._lengths[axis] = length
        return length

    def check_input(self, shape: Any) -> None:
        """Compare a shape, `(None, ...)`, with what the layer takes.

        Raises:
            ValueError: it does not fit.
        """
        if self.input_rank is None and not self.least_rank and not self._lengths:
            return
        wanted = f"{self.input_rank} axes" if self.input_rank else f"{self.least_rank} axes or more"
        if _is_several(shape):
            raise ValueError(f"{self.name}: expected one input, got {len(shape)}, of shapes {shape}")
        if len(shape) != (self.input_rank or len(shape)) or len(shape) < self.least_rank:
            meant = f", {self.axes_meant}" if self.axes_meant else ""
            raise ValueError(f"{self.name}: expected an input with {wanted}{meant}, got shape {shape}")
        for axis, length in self._lengths.items():
            if shape[axis] is not None and shape[axis] != length:
                raise ValueError(
                    f"{self.name}: built for inputs with length {length} along axis {axis}, got shape {shape}"
                )

    # ---------------------------------------------------------------------------------------------- weights

    def sublayers(self) -> list[Layer]:
        """The layers that this one has as attributes, or in lists or dictionaries, in order of assignment."""
        found = dict.fromkeys(each for value in vars(self).values() for each in _layers_in(value))
        return list(found)

    def _own_weights(self) -> list[tuple[str, _Weight]]:
        """This layer's own: what learns, then what does not."""
        return sorted(self._weights.items(), key=lambda item: not item[1].learns)

    def named_weights(self) -> list[tuple[str, Tensor]]:
        """Every weight with its path, such as "conv2d/kernel", in Keras's order.

        A layer's own come first, those that learn before those that do not; then those of the layers in it.
        """
        named = [(f"{self.name}/{name}", weight.tensor) for name, weight in self._own_weights()]
        for layer in self.sublayers():
            named += [(f"{self.name}/{path}", tensor) for path, tensor in layer.named_weights()]
        first: dict[Tensor, str] = {}  # a layer that is used in two places counts once
        for path, tensor in named:
            first.setdefault(tensor, path)
        return [(path, tensor) for tensor, path in first.items()]

    @property
    def weights(self) -> list[Tensor]:
        """All weights, in Keras's order."""
        return [tensor for _, tensor in self.named_weights()]

    @property
    def trainable_weights(self) -> list[Tensor]:
        """The weights that training changes: none if the layer is frozen."""
        if not self.trainable:
            return []
        own = [weight.tensor for _, weight in self._own_weights() if weight.learns]
        others = [tensor for layer in self.sublayers() for tensor in layer.trainable_weights]
        return list(dict.fromkeys(own + others))

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """The weights that training leaves alone: all of them if the layer is frozen."""
        learning = set(self.trainable_weights)
        return [tensor for tensor in self.weights if tensor not in learning]

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights. Setting it sets it for every layer inside as well.

        The weights of a frozen layer are cut off from the graph, so that no time goes into their gradients.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for tensor, learns in self._weights.values():
            if not value:
                tensor.node = None
            elif learns and tensor.node is None:
                tensor.node = leaf(tensor.data)
        for layer in self.sublayers():
            layer.trainable = value

    def count_params(self) -> int:
        """How many numbers the weights hold.

        Raises:
            ValueError: the layer has not been built: nobody knows yet.
        """
        if not self.built:
            raise ValueError(f"{self.name}: not built yet: call it, or build(input_shape), first")
        return sum(tensor.size for tensor in self.weights)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in Keras's order."""
        return [backend.to_numpy(tensor.data).copy() for tensor in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give every weight its value, in the order of `get_weights`. Nothing changes unless all of them fit.

        Raises:
            ValueError: their number or a shape is not that of this layer's weights; both are named.
        """
        named = self.named_weights()
        if len(weights) != len(named):
            raise ValueError(f"set_weights: {self.name} has {len(named)} weights, got {len(weights)}")
        given = [w.data if isinstance(w, Variable) else w for w in weights]
        values = [
            value if backend.on_gpu(value) else np.asarray(value, tensor.dtype)
            for (_, tensor), value in zip(named, given)
        ]
        for (path, tensor), value in zip(named, values):
            if value.shape != tensor.shape:
                raise ValueError(f"set_weights: {path} has shape {tensor.shape}, got {value.shape}")
        for (_, tensor), value in zip(named, values):
            backend.assign(tensor.data, value)

    @property
    def output_shape(self) -> Any:
        """The shape of the output for the shape that the layer was built for; None before."""
        return self.compute_output_shape(self.input_shape) if self.built else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{'' if self.built else ', not built'}>"


def _layers_in(value: Any) -> Iterator[Layer]:
    if isinstance(value, Layer):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _layers_in(each)


def _is_several(shape: Any) -> bool:
    return len(shape) > 0 and isinstance(shape[0], (tuple, list))


def _shape_of(x: Any) -> Any:
    """(None, ...): the batch may have another length next time. A list of shapes for several inputs."""
    if isinstance(x, (list, tuple)):
        return [_shape_of(each) for each in x]
    return (None, *x.shape[1:]) if x.ndim else ()


class SameShape(Layer):
    """A layer whose output has the shape of its input."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that came in."""
        return input_shape
