"""Normalization layers: they own the scale, the shift and the moving averages; ops/normalization.py does the maths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinydl import initializers, ops
from tinydl.backend import Array
from tinydl.checks import number
from tinydl.layers.base import SameShape, Shape
from tinydl.tensor import Tensor


class BatchNormalization(SameShape):
    """Each channel brought to mean 0 and variance 1, then scaled and shifted by learnt numbers.

    In training mean and variance are those of the batch, and moving averages follow them:
    `moving = momentum * moving + (1 - momentum) * batch`. Outside of training, and in a frozen layer, the moving
    averages take their place, so that an answer does not depend on who else is in the batch (Ioffe and Szegedy
    2015). With the default momentum they need a few hundred steps to get there.

    Args:
        axis: the axis of the channels.
        momentum: how much of the moving averages stays at each step.
        epsilon: added to the variance.
        center, scale: whether there is a shift, `beta`, and a scale, `gamma`.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how they begin.

    Input shape:
        Any with a batch; (n, h, w, c) for pictures.

    Output shape:
        The same. Weights: gamma, beta (learnt), moving_mean, moving_variance (not learnt), all (c,).

    Example:
        >>> import numpy as np
        >>> from tinydl import layers
        >>> layer = layers.BatchNormalization()
        >>> y = layer(np.array([[1.0], [3.0]]), training=True)
        >>> y.numpy().round(2).ravel(), layer.moving_mean
        (array([-1.,  1.], dtype=float32), Tensor([0.02], dtype=float32))
    """

    least_rank = 2

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Callable = "zeros",
        gamma_initializer: str | Callable = "ones",
        moving_mean_initializer: str | Callable = "zeros",
        moving_variance_initializer: str | Callable = "ones",
        **options: Any,
    ):
        super().__init__(**options)
        if not isinstance(axis, int):
            raise ValueError(f"{self.name}: expected axis as a whole number, got {axis!r}")
        self.axis = axis
        self.momentum = number(momentum, f"{self.name}: momentum", most=1)
        self.epsilon = number(epsilon, f"{self.name}: epsilon")
        self.center, self.scale = center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Shape) -> None:
        shape = (self.fix_axis(input_shape, self.axis),)
        self.gamma = self.add_weight(shape, self.gamma_initializer, name="gamma") if self.scale else None
        self.beta = self.add_weight(shape, self.beta_initializer, name="beta") if self.center else None
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )

    def call(self, x: Any, training: bool = False) -> Any:
        if not (training and self.trainable):
            return ops.batch_norm_inference(
                x, self.moving_mean, self.moving_variance, self.gamma, self.beta, self.axis, self.epsilon
            )
        y, mean, variance = ops.batch_norm(x, self.gamma, self.beta, self.axis, self.epsilon)
        self._follow(self.moving_mean, mean.data)
        self._follow(self.moving_variance, variance.data)
        return y

    def _follow(self, moving: Tensor, batch: Array) -> None:
        # A new array, not written in place: a graph that has seen the old one may still want its gradient.
        moving.data = moving.data * self.momentum + batch * (1 - self.momentum)


class LayerNormalization(SameShape):
    """Each example brought to mean 0 and variance 1 over its features, then scaled and shifted by learnt numbers.

    It does not look at the batch, so it is the same in training and after (Ba et al. 2016).

    Args:
        axis: the axis of the features, or several.
        epsilon: added to the variance.
        center, scale: whether there is a shift, `beta`, and a scale, `gamma`.
        beta_initializer, gamma_initializer: how they begin.

    Input shape:
        Any with a batch.

    Output shape:
        The same. Weights: gamma, beta, with the lengths of `axis` for their shape.

    Example:
        >>> from tinydl import layers
        >>> layers.LayerNormalization()([[1.0, 3.0], [10.0, 30.0]]).numpy().round(2)
        array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)
    """

    least_rank = 1

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Callable = "zeros",
        gamma_initializer: str | Callable = "ones",
        **options: Any,
    ):
        super().__init__(**options)
        self.axis: int | list[int] = axis if isinstance(axis, int) else sorted(axis)
        self.epsilon = number(epsilon, f"{self.name}: epsilon")
        self.center, self.scale = center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)

    def build(self, input_shape: Shape) -> None:
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        shape = tuple(self.fix_axis(input_shape, axis) for axis in axes)
        self.gamma = self.add_weight(shape, self.gamma_initializer, name="gamma") if self.scale else None
        self.beta = self.add_weight(shape, self.beta_initializer, name="beta") if self.center else None

    def call(self, x: Any) -> Any:
        return ops.layer_norm(x, self.gamma, self.beta, self.axis, self.epsilon)
