"""Activations by name, for layers: `Dense(10, activation="relu")`. The maths is in ops/activation.py.

Two of them leave a note. Where a softmax or sigmoid rounds to exactly 0 or 1, a cross-entropy of its
probabilities has no gradient left, however wrong they are. So the Tensor that they return remembers the
logits it was made from, and the losses begin with those where they find them. (Keras on TensorFlow does the
same.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinydl import ops
from tinydl.lookup import lookup
from tinydl.ops.activation import relu_
from tinydl.tensor import Tensor


def linear(x: Any) -> Any:
    """x itself.

    Example:
        >>> linear(3.0)
        3.0
    """
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """x where it is above the threshold, a slope below, cut off at the top: `ops.relu` and more.

    Example:
        >>> relu(Tensor([-2.0, 2.0, 9.0]), negative_slope=0.5, max_value=6.0)
        Tensor([-1., 2., 6.], dtype=float32)
    """
    if max_value is None and threshold == 0:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    y = ops.where(x > threshold, x, 0.0)
    if max_value is not None:
        y = ops.minimum(y, max_value)
    return y - negative_slope * ops.relu(threshold - x) if negative_slope else y


def over(activation: Callable, x: Any) -> Any:
    """activation(x), for a layer that has just made x and shows it to nobody: then relu may be written over it.

    Example:
        >>> over(relu, 2 * Tensor([-1.0, 1.0]))
        Tensor([0., 2.], dtype=float32)
    """
    return relu_(x) if activation is relu else activation(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """`ops.gelu`, exact unless told otherwise.

    Example:
        >>> gelu(0.0 * Tensor([1.0]))
        Tensor([0.], dtype=float32)
    """
    return ops.gelu(x, approximate)


def sigmoid(x: Any) -> Any:
    """`ops.sigmoid`, and the result knows its logits.

    Example:
        >>> sigmoid(Tensor([0.0])).logits
        Tensor([0.], dtype=float32)
    """
    return _with_logits(ops.sigmoid(x), x)


def softmax(x: Any, axis: int = -1) -> Any:
    """`ops.softmax`, and the result knows its logits.

    Example:
        >>> softmax(Tensor([0.0, 0.0])).logits
        Tensor([0., 0.], dtype=float32)
    """
    return _with_logits(ops.softmax(x, axis=axis), x)


def _with_logits(y: Any, x: Any) -> Any:
    if isinstance(y, Tensor) and isinstance(x, Tensor):
        y.logits = x
    return y


_FUNCTIONS: dict[str, Callable] = {
    "elu": ops.elu,
    "exponential": ops.exp,
    "gelu": gelu,
    "leaky_relu": ops.leaky_relu,
    "linear": linear,
    "log_softmax": ops.log_softmax,
    "relu": relu,
    "selu": ops.selu,
    "sigmoid": sigmoid,
    "silu": ops.silu,
    "softmax": softmax,
    "softplus": ops.softplus,
    "swish": ops.silu,
    "tanh": ops.tanh,
}


def get(identifier: str | Callable | None) -> Callable:
    """The activation that is meant: by name, or itself; None is linear.

    Raises:
        ValueError: no activation has this name; the message tells the nearest.

    Example:
        >>> get("softmax") is softmax and get(None) is linear
        True
        >>> get("rleu")
        Traceback (most recent call last):
        ValueError: unknown activation 'rleu': did you mean 'relu'? There are: ...
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return lookup(identifier, _FUNCTIONS, "activation")
    if callable(identifier):
        return identifier
    raise ValueError(f"activation: expected a name or a function, got {identifier!r}")


def name_of(activation: Callable) -> str | None:
    """The name by which `get` finds this activation; None for a function that is not of this file.

    Example:
        >>> name_of(get("relu")), name_of(len)
        ('relu', None)
    """
    return next((name for name, function in _FUNCTIONS.items() if function is activation), None)
