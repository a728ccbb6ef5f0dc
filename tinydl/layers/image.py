"""Pictures made larger, without weights: pixels repeated or blended, and zeros around the edge."""

from __future__ import annotations

from typing import Any

from tinydl import ops
from tinydl.layers.base import Layer, Shape
from tinydl.lookup import lookup
from tinydl.ops.image import INTERPOLATIONS
from tinydl.ops.windows import Size, pair


class _Larger(Layer):
    input_rank = 4
    axes_meant = "(batch, height, width, channels)"

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        n, *sizes, channels = input_shape
        return (n, *(None if size is None else self._out(size, i) for i, size in enumerate(sizes)), channels)

    def _out(self, size: int, i: int) -> int:
        raise NotImplementedError


class UpSampling2D(_Larger):
    """A picture made a whole number of times larger.

    Args:
        size: how many times, in height and width; one number for both.
        interpolation: "nearest" repeats each pixel, "bilinear" blends between neighbours.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, h * size[0], w * size[1], c).

    Raises:
        ValueError: an argument out of range, or an input that is no batch of pictures.

    Example:
        >>> from tinydl import layers
        >>> layers.UpSampling2D(2)([[[[1.0], [2.0]]]]).numpy()[0, :, :, 0]
        array([[1., 1., 2., 2.],
               [1., 1., 2., 2.]], dtype=float32)
    """

    def __init__(self, size: Size = (2, 2), *, interpolation: str = "nearest", **options: Any):
        super().__init__(**options)
        self.size = pair(size, f"{self.name}: size")
        lookup(interpolation, INTERPOLATIONS, f"interpolation of {self.name}")
        self.interpolation = interpolation

    def call(self, x: Any) -> Any:
        if self.interpolation == "nearest":
            return ops.repeat(ops.repeat(x, self.size[0], axis=1), self.size[1], axis=2)
        return ops.resize(x, self.compute_output_shape(x.shape)[1:3], self.interpolation)

    def _out(self, size: int, i: int) -> int:
        return size * self.size[i]


class ZeroPadding2D(_Larger):
    """Zeros around a picture.

    Args:
        padding: how many: one number all around; (height, width); or ((top, bottom), (left, right)).

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, top + h + bottom, left + w + right, c).

    Raises:
        ValueError: an argument out of range, or an input that is no batch of pictures.

    Example:
        >>> from tinydl import layers
        >>> layers.ZeroPadding2D(((0, 1), (2, 0)))([[[[1.0]]]]).numpy()[0, :, :, 0]
        array([[0., 0., 1.],
               [0., 0., 0.]], dtype=float32)
    """

    def __init__(self, padding: int | tuple = (1, 1), **options: Any):
        super().__init__(**options)
        sides = [_sides(each) for each in ((padding, padding) if isinstance(padding, int) else padding)]
        if len(sides) != 2 or any(len(each) != 2 or min(each) < 0 for each in sides):
            raise ValueError(
                f"{self.name}: expected padding as a number, (height, width) or ((top, bottom), (left, right)), "
                f"all from 0 up, got {padding!r}"
            )
        self.padding = tuple(sides)

    def call(self, x: Any) -> Any:
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)))

    def _out(self, size: int, i: int) -> int:
        return size + sum(self.padding[i])


def _sides(value: int | tuple[int, int]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)
