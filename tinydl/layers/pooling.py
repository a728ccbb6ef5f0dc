"""Pooling: pictures made smaller, by windows whose largest element or mean stands for all of them."""

from __future__ import annotations

from typing import Any

from tinydl import ops
from tinydl.layers.arguments import padding_name, places
from tinydl.layers.base import Layer, Shape
from tinydl.ops.windows import Size, pair


class _Pooling(Layer):
    input_rank = 4
    axes_meant = "(batch, height, width, channels)"

    def __init__(self, pool_size: Size, strides: Size | None = None, padding: str = "valid", **options: Any):
        super().__init__(**options)
        self.pool_size = pair(pool_size, f"{self.name}: pool_size")
        self.strides = self.pool_size if strides is None else pair(strides, f"{self.name}: strides")
        self.padding = padding_name(padding, self.name)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        return (input_shape[0], *self._sizes(input_shape), input_shape[3])

    def check_input(self, shape: Any) -> None:
        super().check_input(shape)
        self._sizes(shape)  # a picture may be too small

    def _sizes(self, input_shape: Shape) -> tuple:
        return places(input_shape[1:3], self.pool_size, self.strides, self.padding, (1, 1), self.name)


class MaxPooling2D(_Pooling):
    """The largest element of every window: whether something was seen there, no matter where exactly.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: how far it moves; its own size if not given.
        padding: "valid" or "same"; what is padded never wins.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, out_h, out_w, c).

    Raises:
        ValueError: an argument out of range, an input that is no batch of pictures or smaller than the
            window.

    Example:
        >>> from tinydl import layers
        >>> layers.MaxPooling2D().compute_output_shape((None, 28, 28, 20))
        (None, 14, 14, 20)
    """

    def __init__(
        self, pool_size: Size = (2, 2), strides: Size | None = None, padding: str = "valid", **options: Any
    ):
        super().__init__(pool_size, strides, padding, **options)

    def call(self, x: Any) -> Any:
        return ops.max_pool2d(x, self.pool_size, self.strides, self.padding)


class AveragePooling2D(_Pooling):
    """The mean of every window: of its elements that lie inside the picture.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: how far it moves; its own size if not given.
        padding: "valid" or "same".

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, out_h, out_w, c).

    Raises:
        ValueError: an argument out of range, an input that is no batch of pictures or smaller than the
            window.

    Example:
        >>> from tinydl import layers
        >>> layers.AveragePooling2D(3, strides=2, padding="same").compute_output_shape((None, 28, 28, 20))
        (None, 14, 14, 20)
    """

    def call(self, x: Any) -> Any:
        return ops.average_pool2d(x, self.pool_size, self.strides, self.padding)


class _GlobalPooling(Layer):
    input_rank = 4
    axes_meant = "(batch, height, width, channels)"

    def __init__(self, *, keepdims: bool = False, **options: Any):
        super().__init__(**options)
        self.keepdims = keepdims

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        n, _, _, channels = input_shape
        return (n, 1, 1, channels) if self.keepdims else (n, channels)


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel: where something was seen does not matter, only how much of it.

    Args:
        keepdims: keep height and width, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with keepdims.

    Example:
        >>> from tinydl import layers
        >>> layers.GlobalAveragePooling2D().compute_output_shape((None, 7, 7, 64))
        (None, 64)
    """

    def call(self, x: Any) -> Any:
        return ops.global_average_pool2d(x, self.keepdims)


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest element of each channel: whether something was seen at all.

    Args:
        keepdims: keep height and width, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with keepdims.

    Example:
        >>> from tinydl import layers
        >>> layers.GlobalMaxPooling2D(keepdims=True).compute_output_shape((None, 7, 7, 64))
        (None, 1, 1, 64)
    """

    def call(self, x: Any) -> Any:
        return ops.global_max_pool2d(x, self.keepdims)
