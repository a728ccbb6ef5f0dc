"""Activations: the bend after each layer that makes a network more than one matrix. Names as in Keras.

No input, however large, gives inf or nan where the result is a number. Where an array takes one formula for some
elements and another for the rest, it is the sum of both, each cut off at 0 or multiplied by a mask: a processor does
that many times faster than it chooses element by element, as `where` would have it do.
"""

from __future__ import annotations

import numpy as np

from tinydl.backend import Array, array_module
from tinydl.kernels import one_kernel
from tinydl.op import op
from tinydl.ops.elementwise import erf, exp, isfinite, minimum
from tinydl.syntax import restore, where
from tinydl.threads import elementwise, in_shares

# --------------------------------------------------------------------------------------- hinges: relu and kin


@op
def relu(x: Array) -> Array:
    """The positive part of x, elementwise; its slope at 0 is 0.

    Example:
        >>> relu(np.array([-2.0, 3.0]))
        array([0., 3.])
    """
    return array_module(x).maximum(x, 0)


@op
def relu_(x: Array) -> Array:
    """`relu` written over x, for an x that nobody else looks at, nor a gradient rule: half the memory, half the way.

    Example:
        >>> x = np.array([-2.0, 3.0])
        >>> relu_(x) is x, x
        (True, array([0., 3.]))
    """
    xp = array_module(x)
    rows = xp.atleast_1d(x)

    def work(some: slice) -> None:
        part = rows[some]  # one object: CuPy would copy another view of the same memory first
        xp.maximum(part, 0, out=part)

    in_shares(work, len(rows), x)
    return x


@relu.gradient("x")
@relu_.gradient("x")
@elementwise
def _(gy: Array, y: Array) -> Array:
    return gy * (y > 0)


@op
@elementwise
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """x where it is positive, `negative_slope` * x elsewhere.

    Example:
        >>> leaky_relu(np.array([-2.0, 3.0]))
        array([-0.4,  3. ])
    """
    xp = array_module(x)
    if 0 < negative_slope <= 1:
        return xp.maximum(x, negative_slope * x)  # the same in half the steps
    return xp.maximum(x, 0) + negative_slope * xp.minimum(x, 0)


@leaky_relu.gradient("x")
@elementwise
def _(gy: Array, x: Array, negative_slope: float) -> Array:
    return gy * (x > 0) + negative_slope * gy * (x <= 0)


@op
@elementwise
def elu(x: Array, alpha: float = 1.0) -> Array:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere: levels out at -alpha (Clevert et al. 2015).

    Example:
        >>> elu(np.array([-1000.0, 3.0]))
        array([-1.,  3.])
    """
    xp = array_module(x)
    return xp.maximum(x, 0) + alpha * xp.expm1(xp.minimum(x, 0))


@elu.gradient("x")
@elementwise
def _(gy: Array, x: Array, y: Array, alpha: float) -> Array:
    slope = minimum(y, 0) + alpha  # where x <= 0: y is alpha * (exp(x) - 1), its slope alpha * exp(x)
    return gy * (x > 0) + gy * slope * (x <= 0)


# The two numbers for which mean 0 and variance 1 are where many layers of selu settle.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@op
@elementwise
def selu(x: Array) -> Array:
    """`elu` scaled so that activations keep mean 0 and variance 1 by themselves (Klambauer et al. 2017).

    Example:
        >>> selu(np.array([-1000.0, 1.0])).round(4)
        array([-1.7581,  1.0507])
    """
    return SELU_SCALE * elu(x, SELU_ALPHA)


@selu.gradient("x")
@elementwise
def _(gy: Array, x: Array, y: Array) -> Array:
    return SELU_SCALE * gy * (x >= 0) + gy * (minimum(y, 0) + SELU_SCALE * SELU_ALPHA) * (x < 0)


# --------------------------------------------------------------------------------------------------- S curves


@op
@elementwise
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), elementwise: from 0 to 1, and 1/2 at 0.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore"):  # exp may come out infinite: then 1 / inf is 0, as it should be
        return 1 / (1 + array_module(x).exp(-x))


sigmoid.gradient("x")(elementwise(lambda gy, y: gy * (y * (1 - y))))


@op
def tanh(x: Array) -> Array:
    """The hyperbolic tangent, elementwise: from -1 to 1, and x itself near 0.

    Example:
        >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
        array([-1.,  0.,  1.])
    """
    return array_module(x).tanh(x)


tanh.gradient("x")(lambda gy, y: gy * (1 - y * y))


# ---------------------------------------------------------------------------------------------- smooth hinges


@op
@elementwise
def softplus(x: Array) -> Array:
    """log(1 + exp(x)), elementwise: a `relu` without the corner, whose slope is `sigmoid`.

    Example:
        >>> softplus(np.array([-1000.0, 0.0, 10.0])).round(4)
        array([ 0.    ,  0.6931, 10.    ])
    """
    xp = array_module(x)
    # log(1 + exp(x)), exp(x) taken out where it is large
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


softplus.gradient("x")(elementwise(lambda gy, x: gy * sigmoid(x)))


def silu(x: Array) -> Array:
    """x * sigmoid(x), elementwise, also called swish (Elfwing et al. 2017).

    Example:
        >>> silu(np.array([-1000.0, 0.0, 1.0])).round(4)
        array([-0.    ,  0.    ,  0.7311])
    """
    return x * sigmoid(x)


def gelu(x: Array, approximate: bool = True) -> Array:
    """x times the probability that a standard normal number is below x (Hendrycks & Gimpel 2016).

    Args:
        x: any shape.
        approximate: with the paper's tanh formula, within 0.0005, or exactly, through `erf`.

    Example:
        >>> gelu(np.array([-1000.0, 0.0, 1.0]), approximate=False).round(4)
        array([-0.    ,  0.    ,  0.8413])
    """
    if approximate:
        return 0.5 * x * (1 + tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + erf(x / 2**0.5))


# ---------------------------------------------------------------------------------------- softmax and its log


@op
def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) / sum(exp(x)): numbers along an axis as probabilities, the largest most probable.

    Subtracting the largest first changes nothing (its exp cancels), and then no exp exceeds 1.

    Example:
        >>> softmax(np.array([1000.0, 1000.0, -1000.0]))
        array([0.5, 0.5, 0. ])
    """
    y = _exp_below(x, x.max(axis=axis, keepdims=True))
    y /= y.sum(axis=axis, keepdims=True)
    return y


@one_kernel
def _exp_below(x: Array, top: Array) -> Array:
    return array_module(x).exp(x - top)


@softmax.gradient("x")
def _(gy: Array, y: Array, axis: int) -> Array:
    return y * (gy - (gy * y).sum(axis=axis, keepdims=True))


@op
def log_softmax(x: Array, axis: int = -1) -> Array:
    """The logarithm of `softmax`, exact even where softmax itself rounds to 0.

    Example:
        >>> log_softmax(np.array([1000.0, 0.0]))
        array([    0., -1000.])
    """
    top = x.max(axis=axis, keepdims=True)
    return _log_of_share(x, top, _exp_below(x, top).sum(axis=axis, keepdims=True))


@one_kernel
def _log_of_share(x: Array, top: Array, whole: Array) -> Array:
    return x - top - array_module(x).log(whole)


@log_softmax.gradient("x")
def _(gy: Array, y: Array, axis: int) -> Array:
    return gy - exp(y) * gy.sum(axis=axis, keepdims=True)


@op
def logsumexp(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """log(sum(exp(x))) along an axis, several, or all: a smooth maximum. Nothing but -inf gives -inf.

    Example:
        >>> float(logsumexp(np.array([1000.0, 1000.0])))
        1000.6931471805599
    """
    xp = array_module(x)
    top = x.max(axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)  # inf - inf would be nan
    with np.errstate(divide="ignore"):  # log(0) = -inf is what we want
        y = xp.log(xp.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(axis)


@logsumexp.gradient("x")
def _(gy: Array, x: Array, y: Array, axis: int | tuple[int, ...] | None, keepdims: bool) -> Array:
    y = restore(where(isfinite(y), y, 0), x.shape, axis, keepdims)
    return restore(gy, x.shape, axis, keepdims) * exp(x - y)


# --------------------------------------------------------------------------------------- as the formulas read


def sigmoid_naive(x: Array) -> Array:
    """`sigmoid` as its formula reads, one number after the other; exp(-x) overflows for x below -709.

    Example:
        >>> sigmoid_naive(np.array([0.0]))
        array([0.5])
    """
    return np.array([1 / (1 + np.exp(-value)) for value in x.flat]).reshape(x.shape)


def softmax_naive(x: Array) -> Array:
    """`softmax` along the last axis as its formula reads, row by row; exp(x) overflows for x above 709.

    Example:
        >>> softmax_naive(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """
    y = np.empty_like(x)
    for row in np.ndindex(x.shape[:-1]):
        total = 0.0
        for value in x[row]:
            total += np.exp(value)
        for i, value in enumerate(x[row]):
            y[(*row, i)] = np.exp(value) / total
    return y


def logsumexp_naive(x: Array) -> Array:
    """`logsumexp` along the last axis as its formula reads.

    Example:
        >>> logsumexp_naive(np.array([[0.0, 0.0]])).round(4)
        array([0.6931])
    """
    y = np.empty(x.shape[:-1], dtype=x.dtype)
    for row in np.ndindex(y.shape):
        y[row] = np.log(sum(np.exp(value) for value in x[row]))
    return y
