"""Functions of one number at a time: y[i] depends on x[i] alone, so a gradient rule is gy times the slope.

The arithmetic signs are such functions too; they stand in syntax.py.
"""

from __future__ import annotations

import numpy as np

from tinydl import kernels
from tinydl.backend import Array, array_module
from tinydl.op import op

# ------------------------------------------------------------------------------------------- smooth functions


@op
def exp(x: Array) -> Array:
    """e to the power of x, elementwise.

    Example:
        >>> exp(np.array([0.0, 1.0]))
        array([1.        , 2.71828183])
    """
    return array_module(x).exp(x)


exp.gradient("x")(lambda gy, y: gy * y)


@op
def log1p(x: Array) -> Array:
    """log(1 + x), elementwise; exact where x is so small that 1 + x would round it away.

    Example:
        >>> log1p(np.array([0.0, 1e-20]))
        array([0.e+00, 1.e-20])
    """
    return array_module(x).log1p(x)


log1p.gradient("x")(lambda gy, x: gy / (1 + x))


@op
def sqrt(x: Array) -> Array:
    """The square root, elementwise. Its slope at 0 is infinite.

    Example:
        >>> sqrt(np.array([4.0, 9.0]))
        array([2., 3.])
    """
    return array_module(x).sqrt(x)


sqrt.gradient("x")(lambda gy, y: gy / (2 * y))


@op
def square(x: Array) -> Array:
    """x * x, elementwise.

    Example:
        >>> square(np.array([2.0, -3.0]))
        array([4., 9.])
    """
    return x * x


square.gradient("x")(lambda gy, x: gy * (2 * x))


@op
def sin(x: Array) -> Array:
    """The sine, elementwise; x in radians.

    Example:
        >>> sin(np.array([0.0, np.pi / 2]))
        array([0., 1.])
    """
    return array_module(x).sin(x)


@op
def cos(x: Array) -> Array:
    """The cosine, elementwise; x in radians.

    Example:
        >>> cos(np.array([0.0, np.pi]))
        array([ 1., -1.])
    """
    return array_module(x).cos(x)


sin.gradient("x")(lambda gy, x: gy * cos(x))
cos.gradient("x")(lambda gy, x: -gy * sin(x))


@op
def erf(x: Array) -> Array:
    """The error function, elementwise: how much of a normal distribution lies within x * sqrt(2) of its mean.

    Example:
        >>> erf(np.array([0.0, 1.0])).round(4)
        array([0.    , 0.8427])
    """
    return kernels.erf(x)


erf.gradient("x")(lambda gy, x: gy * (2 / np.pi**0.5 * exp(-x * x)))


# --------------------------------------------------------------------------------------- functions with kinks
# At a kink there is no slope, and a rule has to choose one: here as TensorFlow does.


@op
def maximum(a: Array, b: Array) -> Array:
    """The larger of a and b, elementwise, broadcast. Where they are equal, a gets the gradient.

    Example:
        >>> maximum(np.array([1.0, 5.0]), 3)
        array([3., 5.])
    """
    return array_module(a, b).maximum(a, b)


maximum.gradient("a")(lambda gy, a, b: gy * (a >= b))
maximum.gradient("b")(lambda gy, a, b: gy * (a < b))


@op
def minimum(a: Array, b: Array) -> Array:
    """The smaller of a and b, elementwise, broadcast. Where they are equal, a gets the gradient.

    Example:
        >>> minimum(np.array([1.0, 5.0]), 3)
        array([1., 3.])
    """
    return array_module(a, b).minimum(a, b)


minimum.gradient("a")(lambda gy, a, b: gy * (a <= b))
minimum.gradient("b")(lambda gy, a, b: gy * (a > b))


@op
def clip(x: Array, x_min: float, x_max: float) -> Array:
    """x brought into the interval from `x_min` to `x_max`, elementwise; the slope in it, ends included, is 1.

    Example:
        >>> clip(np.array([-1.0, 0.5, 2.0]), 0, 1)
        array([0. , 0.5, 1. ])
    """
    return x.clip(x_min, x_max)


clip.gradient("x")(lambda gy, x, x_min, x_max: gy * ((x >= x_min) * (x <= x_max)))


# -------------------------------------------------------------------------------------------------- questions


@op(differentiable=False)
def isfinite(x: Array) -> Array:
    """Whether x is a number, neither infinite nor nan, elementwise.

    Example:
        >>> isfinite(np.array([1.0, np.inf, np.nan]))
        array([ True, False, False])
    """
    return array_module(x).isfinite(x)
