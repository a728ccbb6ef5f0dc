"""The ops that have a syntax in Python: `add` is `+`, `getitem` is `[]`, `sum` is a method; and the few they rest on.

Each stands beside its gradient rules. tensor.py gives them their signs, `tinydl.ops` offers them by name.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinydl import backend, threads
from tinydl.backend import array_module
from tinydl.op import op

# ----------------------------------------------------------------------------------------------- arithmetic
# The engine sums a gradient back over the axes along which its input was broadcast: no rule here needs to.


@op
def add(a: Any, b: Any) -> Any:
    """a + b, elementwise, broadcast."""
    return a + b


add.gradient("a")(lambda gy: gy)
add.gradient("b")(lambda gy: gy)


@op
def subtract(a: Any, b: Any) -> Any:
    """a - b, elementwise, broadcast."""
    return a - b


subtract.gradient("a")(lambda gy: gy)
subtract.gradient("b")(lambda gy: -gy)


@op
def multiply(a: Any, b: Any) -> Any:
    """a * b, elementwise, broadcast."""
    return a * b


multiply.gradient("a")(lambda gy, b: gy * b)
multiply.gradient("b")(lambda gy, a: gy * a)


@op
def divide(a: Any, b: Any) -> Any:
    """a / b, elementwise, broadcast."""
    return a / b


divide.gradient("a")(lambda gy, b: gy / b)
divide.gradient("b")(lambda gy, b, y: -gy * y / b)


@op
def power(a: Any, b: Any) -> Any:
    """a to the power of b, elementwise, broadcast."""
    return a**b


@power.gradient("a")
def _(gy: Any, a: Any, b: Any) -> Any:
    if isinstance(b, (int, float)):
        return gy * b * a ** (b - 1) if b != 0 else gy * 0
    return gy * b * a ** where(b == 0, 1.0, b - 1)  # not 0 * a**-1, which is nan at a = 0


@power.gradient("b")
def _(gy: Any, a: Any, y: Any) -> Any:
    log_a = log(where(a == 0, 1.0, a))  # 0**b is flat: log(1) = 0 says so
    return gy * y * (float(log_a) if isinstance(a, (int, float)) else log_a)


@op
def negative(x: Any) -> Any:
    """-x, elementwise."""
    return -x


negative.gradient("x")(lambda gy: -gy)


@op
def absolute(x: Any) -> Any:
    """The absolute value, elementwise; its slope at 0 is 0."""
    return abs(x)


absolute.gradient("x")(lambda gy, x: gy * sign(x))


@op
def log(x: Any) -> Any:
    """The natural logarithm, elementwise."""
    return array_module(x).log(x)


log.gradient("x")(lambda gy, x: gy / x)


@op
def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, b elsewhere; the three are broadcast together."""
    xp = array_module(condition, a, b)
    return xp.where(condition if hasattr(condition, "dtype") else xp.asarray(condition), a, b)


where.gradient("a")(lambda gy, condition: gy * condition)
where.gradient("b")(lambda gy, condition: gy * (condition == 0))


# ---------------------------------------------------------------------------------------------- comparisons
# Choices: no gradient flows through them.


@op(differentiable=False)
def equal(a: Any, b: Any) -> Any:
    """Whether a equals b, elementwise."""
    return a == b


@op(differentiable=False)
def not_equal(a: Any, b: Any) -> Any:
    """Whether a differs from b, elementwise."""
    return a != b


@op(differentiable=False)
def less(a: Any, b: Any) -> Any:
    """Whether a is less than b, elementwise."""
    return a < b


@op(differentiable=False)
def less_equal(a: Any, b: Any) -> Any:
    """Whether a is at most b, elementwise."""
    return a <= b


@op(differentiable=False)
def greater(a: Any, b: Any) -> Any:
    """Whether a is greater than b, elementwise."""
    return a > b


@op(differentiable=False)
def greater_equal(a: Any, b: Any) -> Any:
    """Whether a is at least b, elementwise."""
    return a >= b


@op(differentiable=False)
def bitwise_and(a: Any, b: Any) -> Any:
    """Whether both hold, elementwise: `(x > 0) & (x < 1)`."""
    return a & b


@op(differentiable=False)
def bitwise_or(a: Any, b: Any) -> Any:
    """Whether one of them holds, or both, elementwise: `(x < 0) | (x > 1)`."""
    return a | b


@op(differentiable=False)
def bitwise_not(x: Any) -> Any:
    """Whether it does not hold, elementwise: `~(x > 0)`."""
    return ~x


@op(differentiable=False)
def all_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether it holds everywhere along an axis, several, or all."""
    return x.all(axis=axis, keepdims=keepdims)


@op(differentiable=False)
def any_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether it holds anywhere along an axis, several, or all."""
    return x.any(axis=axis, keepdims=keepdims)


@op(differentiable=False)
def sign(x: Any) -> Any:
    """-1, 0 or 1, elementwise."""
    return array_module(x).sign(x)


@op(differentiable=False)
def argmax(x: Any, axis: int | None = None) -> Any:
    """Where the largest element stands, along an axis or in the flat array; the first one if several are equal."""
    return x.argmax(axis=axis)


# -------------------------------------------------------------------------------------------------- matmul


@op
def matmul(a: Any, b: Any) -> Any:
    """The matrix product over the last two axes; axes before them are a batch, and are broadcast.

    Example:
        >>> matmul(np.ones((5, 2, 3)), np.ones((3, 4))).shape
        (5, 2, 4)
    """
    return threads.matmul(a, b)


@matmul.gradient("a")
def _(gy: Any, b: Any, a_shape: tuple) -> Any:
    if b.ndim == 1:
        return (gy.reshape(*gy.shape, 1) if len(a_shape) > 1 else gy) * b  # (..., m, 1) * (k,)
    if len(a_shape) == 1:
        return matmul(gy.reshape(*gy.shape[:-1], 1, gy.shape[-1]), b.swapaxes(-1, -2))  # (..., 1, k)
    return matmul(gy, b.swapaxes(-1, -2))


@matmul.gradient("b")
def _(gy: Any, a: Any, b_shape: tuple) -> Any:
    if a.ndim == 1:
        if len(b_shape) == 1:
            return gy * a
        return a.reshape(-1, 1) * gy.reshape(*gy.shape[:-1], 1, gy.shape[-1])  # (k, 1) * (..., 1, n)
    if len(b_shape) == 1:
        return a * gy.reshape(*gy.shape, 1)  # (..., m, k), summed back to (k,)
    if len(b_shape) == 2:  # one matrix for the whole batch: one product sums over the batch as well
        return matmul(a.reshape(-1, a.shape[-1]).swapaxes(0, 1), gy.reshape(-1, gy.shape[-1]))
    return matmul(a.swapaxes(-1, -2), gy)


# --------------------------------------------------------------------------------------------------- shape


@op
def reshape(x: Any, shape: Any) -> Any:
    """The same elements in another shape; one length may be -1, which is worked out."""
    return x.reshape(shape)


reshape.gradient("x")(lambda gy, x_shape: gy.reshape(x_shape))


@op
def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order; reversed if none is given."""
    return x.transpose(axes)


@transpose.gradient("x")
def _(gy: Any, axes: Any) -> Any:
    return gy.transpose(None if axes is None else [int(i) for i in np.argsort([a % gy.ndim for a in axes])])


@op
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    return x.swapaxes(axis1, axis2)


swapaxes.gradient("x")(lambda gy, axis1, axis2: gy.swapaxes(axis1, axis2))


@op
def broadcast_to(x: Any, shape: tuple) -> Any:
    """x repeated to this shape, without copying."""
    return array_module(x).broadcast_to(x, shape)


broadcast_to.gradient("x")(lambda gy: gy)


@op(keeps_dtype=False)
def astype(x: Any, dtype: Any) -> Any:
    """The same numbers in another dtype."""
    return x.astype(dtype)


astype.gradient("x")(lambda gy, x_dtype: gy.astype(x_dtype))


@op(keeps_device=False)
def to(x: Any, device: str, home: str) -> Any:
    """The same numbers on another device than `home`, where x lives."""
    return backend.to_device(x, device)


to.gradient("x")(lambda gy, device, home: to(gy, home, device))


@op
def getitem(x: Any, index: Any) -> Any:
    """x[index]: numbers, slices, None, ..., integer and boolean arrays, as NumPy has them."""
    return x[index]


getitem.gradient("x")(lambda gy, index, x_shape: put(gy, index, x_shape))


@op
def put(values: Any, index: Any, shape: tuple) -> Any:
    """Zeros of this shape with the values added at index: what `getitem` took, put back in its place.

    Example:
        >>> put(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 2]), (4,))
        array([1., 0., 5., 0.])
    """
    xp = array_module(values)
    out = xp.zeros(shape, dtype=values.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, list) or (backend.is_array(part) and part.dtype != bool) for part in parts):
        xp.add.at(out, index, values)  # an integer array may name an element twice
    else:
        out[index] = values
    return out


put.gradient("values")(lambda gy, index: gy[index])


# ---------------------------------------------------------------------------------------------- reductions
# axis: None for all, one or several; keepdims keeps a reduced axis with length 1.


def restore(reduced: Any, shape: tuple, axis: Any, keepdims: bool) -> Any:
    """A reduction's result, repeated along the reduced axes to the shape it was reduced from."""
    if not keepdims:
        axes = range(len(shape)) if axis is None else [a % len(shape) for a in np.atleast_1d(axis)]
        reduced = reduced.reshape([1 if i in axes else n for i, n in enumerate(shape)])
    return broadcast_to(reduced, shape)


@op
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """The sum along an axis, several, or all."""
    return x.sum(axis=axis, keepdims=keepdims)


@sum.gradient("x")
def _(gy: Any, x_shape: tuple, axis: Any, keepdims: bool) -> Any:
    return restore(gy, x_shape, axis, keepdims)


@op
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean along an axis, several, or all."""
    return x.mean(axis=axis, keepdims=keepdims)


@mean.gradient("x")
def _(gy: Any, x_shape: tuple, axis: Any, keepdims: bool) -> Any:
    return restore(gy, x_shape, axis, keepdims) * (prod(gy.shape) / prod(x_shape))


@op
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """The largest element along an axis, several, or all. Equal winners share the gradient."""
    return x.max(axis=axis, keepdims=keepdims)


@op
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """The smallest element along an axis, several, or all. Equal winners share the gradient."""
    return x.min(axis=axis, keepdims=keepdims)


def _to_the_winners(gy: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    won = (x == restore(y, x.shape, axis, keepdims)).astype(gy.dtype)
    return restore(gy, x.shape, axis, keepdims) * won / won.sum(axis=axis, keepdims=True)


max.gradient("x")(_to_the_winners)
min.gradient("x")(_to_the_winners)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance along an axis, several, or all: the mean squared distance from the mean (of all n, as Keras)."""
    away = x - mean(x, axis, True)
    return mean(away * away, axis, keepdims)
