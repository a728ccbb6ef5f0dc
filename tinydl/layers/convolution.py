"""Convolution with weights: filters that slide over pictures, and the way back to larger ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinydl import activations, initializers, ops
from tinydl.checks import positive_integer
from tinydl.layers.arguments import padding_name, places
from tinydl.layers.base import Layer, Shape
from tinydl.ops.windows import Size, full_size, pair


class _Convolution(Layer):
    """What the two have in common: their arguments, and the bias and activation at the end."""

    input_rank = 4
    axes_meant = "(batch, height, width, channels)"

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        *,
        dilation_rate: Size = (1, 1),
        activation: str | Callable | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Callable = "glorot_uniform",
        bias_initializer: str | Callable = "zeros",
        **options: Any,
    ):
        super().__init__(**options)
        self.filters = positive_integer(filters, f"{self.name}: filters")
        self.kernel_size = pair(kernel_size, f"{self.name}: kernel_size")
        self.strides = pair(strides, f"{self.name}: strides")
        self.padding = padding_name(padding, self.name)
        self.dilation_rate = pair(dilation_rate, f"{self.name}: dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{self.name}: strides {self.strides} and dilation_rate {self.dilation_rate}: one has to be 1"
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def build(self, input_shape: Shape) -> None:
        shape = self._kernel_shape(self.fix_axis(input_shape, -1))
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), self.bias_initializer, name="bias")

    def call(self, x: Any) -> Any:
        bias = self.bias if self.use_bias else None
        return activations.over(self.activation, self._convolve(x, bias))  # (n, out_h, out_w, filters)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        return (input_shape[0], *self._sizes(input_shape), self.filters)

    def check_input(self, shape: Any) -> None:
        super().check_input(shape)
        self._sizes(shape)  # a picture may be too small

    def _kernel_shape(self, channels: int) -> Shape:
        raise NotImplementedError

    def _convolve(self, x: Any, bias: Any) -> Any:
        raise NotImplementedError

    def _sizes(self, input_shape: Shape) -> tuple:
        """Height and width of what comes out."""
        raise NotImplementedError


class Conv2D(_Convolution):
    """Filters slide over a picture; each makes a picture of its own, of how well it fits where.

    Args:
        filters: how many, and how many channels come out.
        kernel_size: height and width of a filter; one number for both.
        strides: how far it moves, downward and to the right.
        padding: "valid" stays inside the picture; "same" puts zeros around it, so that with stride 1 the size
            stays.
        dilation_rate: the distance between the elements of a filter.
        activation: a name or a function; none if not given.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: how they begin.

    Input shape:
        (n, h, w, cin).

    Output shape:
        (n, out_h, out_w, filters). Weights: kernel (kh, kw, cin, filters), bias (filters,).

    Raises:
        ValueError: an argument out of range, an input that is no batch of pictures or smaller than the
            kernel.

    Example:
        >>> from tinydl import layers
        >>> layer = layers.Conv2D(20, 5, padding="same", activation="relu")
        >>> layer.build((None, 28, 28, 1))
        >>> layer.kernel.shape, layer.output_shape
        ((5, 5, 1, 20), (None, 28, 28, 20))
    """

    def _kernel_shape(self, channels: int) -> Shape:
        return (*self.kernel_size, channels, self.filters)

    def _convolve(self, x: Any, bias: Any) -> Any:
        return ops.conv2d(x, self.kernel, self.strides, self.padding, self.dilation_rate, bias)

    def _sizes(self, input_shape: Shape) -> tuple:
        how = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return places(input_shape[1:3], *how, self.name)


class Conv2DTranspose(_Convolution):
    """The way back: every pixel paints a filter into a larger picture, `strides` apart.

    Args:
        filters: how many channels come out.
        kernel_size: height and width of a filter; a multiple of the strides paints evenly.
        strides: how many times larger the picture becomes.
        padding: "same" gives exactly `strides` times the size; "valid" keeps what is painted beyond the edge
            as well.
        dilation_rate: the distance between the elements of a filter.
        activation: a name or a function; none if not given.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: how they begin.

    Input shape:
        (n, h, w, cin).

    Output shape:
        (n, out_h, out_w, filters). Weights: kernel (kh, kw, filters, cin), bias (filters,).

    Raises:
        ValueError: an argument out of range, or an input that is no batch of pictures.

    Example:
        >>> from tinydl import layers
        >>> layer = layers.Conv2DTranspose(32, 3, strides=2, padding="same")
        >>> layer.build((None, 14, 14, 64))
        >>> layer.kernel.shape, layer.output_shape
        ((3, 3, 32, 64), (None, 28, 28, 32))
    """

    def _kernel_shape(self, channels: int) -> Shape:
        return (*self.kernel_size, self.filters, channels)

    def _convolve(self, x: Any, bias: Any) -> Any:
        how = (self.strides, self.padding, self.dilation_rate)
        return ops.conv2d_transpose(x, self.kernel, *how, bias=bias)

    def _sizes(self, input_shape: Shape) -> tuple:
        settings = zip(input_shape[1:3], self.kernel_size, self.strides, self.dilation_rate)
        return tuple(
            size and full_size(size, window, step, self.padding, far) for size, window, step, far in settings
        )
