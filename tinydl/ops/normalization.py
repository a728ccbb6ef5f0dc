"""Normalization: numbers brought to mean 0 and variance 1 before the next layer; and dropout.

Two ops do it: `_moments` takes mean and variance of x, `_normalize` shifts and scales x by them. A gradient reaches
x three ways: straight through `_normalize`, and through the mean and the variance, which depend on x as well. Batch and
layer normalization differ in whom they average over: for each channel the whole batch, or for each sample its features.

Statistics have x's rank, with length 1 along the axes averaged over: so they broadcast against x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinydl import kernels
from tinydl.backend import Array
from tinydl.kernels import one_kernel
from tinydl.op import op
from tinydl.syntax import broadcast_to

# -------------------------------------------------------------------------------------- batch normalization


def batch_norm(
    x: Array, gamma: Array | None = None, beta: Array | None = None, axis: int = -1, epsilon: float = 1e-3
) -> tuple[Array, Array, Array]:
    """Each channel normalized over the batch and all positions, as in training (Ioffe & Szegedy 2015).

    Args:
        x: any shape with a batch; (n, h, w, c) for pictures.
        gamma: (c,), the standard deviation that each channel gets; 1 if None.
        beta: (c,), the mean that each channel gets; 0 if None.
        axis: the axis of the channels.
        epsilon: added to the variance, so that a channel that never varies is not divided by 0.

    Returns:
        (y, mean, variance): y of x's shape, and the batch's statistics, (c,), for a layer's moving averages.

    Raises:
        ValueError: gamma or beta has not one number for each channel.

    Example:
        >>> y, mean, variance = batch_norm(np.array([[1.0, 5.0], [3.0, 5.0]]), epsilon=0.0625)
        >>> mean, variance
        (array([2., 5.]), array([1., 0.]))
        >>> y.round(2)
        array([[-0.97,  0.  ],
               [ 0.97,  0.  ]])
    """
    shape = _lengths(x.shape, axis)
    gamma = _shaped(gamma, shape, "batch_norm: gamma")
    beta = _shaped(beta, shape, "batch_norm: beta")
    mean, variance = _moments(x, shape)
    y = _normalize(x, mean, variance, gamma, beta, epsilon)
    return y, mean.reshape(-1), variance.reshape(-1)


def batch_norm_inference(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Array:
    """`batch_norm` with statistics that are given, (c,), rather than taken from the batch: as after training.

    Raises:
        ValueError: mean, variance, gamma or beta has not one number for each channel.

    Example:
        >>> batch_norm_inference(np.array([[3.0]]), np.array([1.0]), np.array([4.0]), epsilon=0.0)
        array([[1.]])
    """
    shape = _lengths(x.shape, axis)
    mean = _shaped(mean, shape, "batch_norm_inference: mean")
    variance = _shaped(variance, shape, "batch_norm_inference: variance")
    gamma = _shaped(gamma, shape, "batch_norm_inference: gamma")
    beta = _shaped(beta, shape, "batch_norm_inference: beta")
    return _normalize(x, mean, variance, gamma, beta, epsilon)


# -------------------------------------------------------------------------------------- layer normalization


def layer_norm(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
) -> Array:
    """Each sample normalized over its features, in training and after (Ba, Kiros & Hinton 2016).

    Args:
        x: any shape.
        gamma: scales each feature afterwards, with the lengths of `axis` for its shape; 1 if None.
        beta: shifts it, of the same shape; 0 if None.
        axis: the axis of the features, or several.
        epsilon: added to the variance.

    Raises:
        ValueError: gamma or beta has not one number for each feature.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), epsilon=0.0)
        array([[-1.,  1.],
               [-1.,  1.]])
    """
    features = _lengths(x.shape, axis)
    samples = tuple([1 if kept == n else n for n, kept in zip(x.shape, features)])
    y = _normalize(x, *_moments(x, samples), None, None, epsilon)
    if gamma is not None:
        y = y * _shaped(gamma, features, "layer_norm: gamma")
    return y if beta is None else y + _shaped(beta, features, "layer_norm: beta")


def _lengths(shape: tuple[int, ...], axis: int | Sequence[int]) -> tuple[int, ...]:
    """The shape with 1 for all axes but these."""
    keep = [each % len(shape) for each in ([axis] if isinstance(axis, int) else axis)]
    return tuple([n if i in keep else 1 for i, n in enumerate(shape)])


def _shaped(vector: Array | None, shape: tuple[int, ...], what: str) -> Array | None:
    """A number for each channel or feature, reshaped to broadcast against x."""
    if vector is None:
        return None
    if vector.size != np.prod(shape):
        raise ValueError(
            f"{what} has shape {vector.shape}, expected {tuple(n for n in shape if n != 1) or (1,)}"
        )
    return vector.reshape(shape)


# ----------------------------------------------------------------------------------- the two ops they rest on


@op
def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """x summed over the axes where `shape` has a 1: the way back from broadcasting.

    Example:
        >>> sum_to(np.ones((5, 4, 4, 3)), (1, 1, 1, 3))
        array([[[[80., 80., 80.]]]])
    """
    return kernels.sum_to(x, shape)


sum_to.gradient("x")(lambda gy, x_shape: broadcast_to(gy, x_shape))


@op
def _moments(x: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Mean and variance over the axes where `shape` has a 1."""
    count = x.size // int(np.prod(shape))
    mean = sum_to(x, shape) / count
    away = x - mean
    away *= away
    return mean, sum_to(away, shape) / count


@_moments.gradient("x")
def _(gy: tuple, x: Array, y: tuple) -> Array:
    (g_mean, g_variance), (mean, _) = gy, y
    count = x.size // mean.size
    if g_variance is None:
        return broadcast_to(g_mean / count, x.shape)
    g = (x - mean) * (g_variance * (2 / count))  # d variance / d x = 2 (x - mean) / count
    return g if g_mean is None else g + g_mean / count


@op
@one_kernel
def _normalize(
    x: Array, mean: Array, variance: Array, gamma: Array | None, beta: Array | None, epsilon: float
) -> Array:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, where these four have one shape."""
    y = x - mean
    y *= _slope(variance, gamma, epsilon)
    if beta is not None:
        y += beta
    return y


def _slope(variance: Array, gamma: Array | None, epsilon: float) -> Array:
    """dy / dx while the statistics stand still."""
    slope = (variance + epsilon) ** -0.5
    return slope if gamma is None else slope * gamma


@_normalize.gradient("x")
@one_kernel
def _(gy: Array, variance: Array, gamma: Array | None, epsilon: float) -> Array:
    return gy * _slope(variance, gamma, epsilon)


@_normalize.gradient("mean", "variance", "gamma", "beta")
def _(gy: Array, x: Array, mean: Array, variance: Array, gamma: Array | None, epsilon: float) -> tuple:
    slope = _slope(variance, gamma, epsilon)
    g_sum = sum_to(gy, mean.shape)
    g_away = sum_to(gy * (x - mean), mean.shape)
    g_variance = -0.5 * slope / (variance + epsilon) * g_away
    return -slope * g_sum, g_variance, _slope(variance, None, epsilon) * g_away, g_sum


# ---------------------------------------------------------------------------------------------------- dropout


def dropout(x: Array, keep: Array) -> Array:
    """x * keep: some numbers set to 0, so that no layer may rely on any one of them (Srivastava et al. 2014).

    Args:
        x: any shape.
        keep: of x's shape: 0 with probability rate, 1 / (1 - rate) otherwise, so that the mean stays as it was. It
            is drawn outside, and so the same for every gradient: (uniform >= rate) / (1 - rate).

    Example:
        >>> dropout(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 2.0]))
        array([2., 0., 6.])
    """
    return x * keep


# --------------------------------------------------------------------------------------- as the formulas read


def batch_norm_naive(x: Array, gamma: Array, beta: Array, epsilon: float = 1e-3) -> Array:
    """`batch_norm` of (..., c), channel by channel; y alone.

    Example:
        >>> batch_norm_naive(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), epsilon=0.0).ravel()
        array([-1.,  1.])
    """
    y = np.empty_like(x)
    for c in range(x.shape[-1]):
        values = x[..., c]
        mean = values.mean()
        variance = ((values - mean) ** 2).mean()
        y[..., c] = gamma[c] * (values - mean) / np.sqrt(variance + epsilon) + beta[c]
    return y


def layer_norm_naive(x: Array, gamma: Array, beta: Array, epsilon: float = 1e-3) -> Array:
    """`layer_norm` of (..., features), sample by sample.

    Example:
        >>> layer_norm_naive(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), epsilon=0.0)
        array([[-1.,  1.]])
    """
    y = np.empty_like(x)
    for sample in np.ndindex(x.shape[:-1]):
        values = x[sample]
        mean = values.mean()
        variance = ((values - mean) ** 2).mean()
        y[sample] = gamma * (values - mean) / np.sqrt(variance + epsilon) + beta
    return y
