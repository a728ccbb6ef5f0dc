"""Activations as layers of their own: for `Sequential`, and where one of them has an argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinydl import activations, ops
from tinydl.checks import number
from tinydl.layers.base import SameShape


class Activation(SameShape):
    """Any activation, by name or as a function.

    Args:
        activation: "relu", "softmax", ..., or a function of x.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.Activation("relu")([-1.0, 2.0])
        Tensor([0., 2.], dtype=float32)
    """

    def __init__(self, activation: str | Callable | None, **options: Any):
        super().__init__(**options)
        self.activation = activations.get(activation)

    def call(self, x: Any) -> Any:
        return self.activation(x)


class ReLU(SameShape):
    """x where it is above the threshold, 0 below; or a slope below, and an upper limit.

    Args:
        max_value: the upper limit; none if not given.
        negative_slope: of `x - threshold` below the threshold.
        threshold: where it bends.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.ReLU(max_value=6.0)([-1.0, 2.0, 9.0])
        Tensor([0., 2., 6.], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.max_value = None if max_value is None else number(max_value, f"{self.name}: max_value")
        self.negative_slope = number(negative_slope, f"{self.name}: negative_slope")
        self.threshold = number(threshold, f"{self.name}: threshold")

    def call(self, x: Any) -> Any:
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(SameShape):
    """x where it is positive, `negative_slope * x` where it is negative: a gradient passes on either side.

    Args:
        negative_slope: from 0 up.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.LeakyReLU()([-10.0, 2.0])
        Tensor([-3., 2.], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **options: Any):
        super().__init__(**options)
        self.negative_slope = number(negative_slope, f"{self.name}: negative_slope")

    def call(self, x: Any) -> Any:
        return ops.leaky_relu(x, self.negative_slope)


class ELU(SameShape):
    """x where it is positive, `alpha * (exp(x) - 1)` where it is negative (Clevert et al. 2015).

    Args:
        alpha: minus the limit far to the left.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.ELU()([-100.0, 2.0])
        Tensor([-1., 2.], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **options: Any):
        super().__init__(**options)
        self.alpha = alpha

    def call(self, x: Any) -> Any:
        return ops.elu(x, self.alpha)


class Softmax(SameShape):
    """Numbers to probabilities that add up to 1 along an axis.

    Args:
        axis: that axis.

    Input shape:
        Any.

    Output shape:
        The same.

    Example:
        >>> from tinydl import layers
        >>> layers.Softmax()([[0.0, 0.0]])
        Tensor([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **options: Any):
        super().__init__(**options)
        self.axis = axis

    def call(self, x: Any) -> Any:
        return activations.softmax(x, self.axis)
