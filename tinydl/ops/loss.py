"""Cross-entropies: what a probability said of the truth costs, one number a sample. Names and numbers are Keras's.

A true class that was given probability p costs -log(p): 0.1 costs 2.3, 0.9 costs 0.1. From probabilities p has to be
kept away from 0; from logits (the numbers before softmax or sigmoid) nothing needs keeping, and the gradient is as
simple as can be: what was said minus what is true.
"""

from __future__ import annotations

import numpy as np

from tinydl.backend import Array, array_module
from tinydl.kernels import one_kernel
from tinydl.op import op
from tinydl.ops.activation import log_softmax, sigmoid, softmax
from tinydl.ops.elementwise import clip
from tinydl.ops.shape import expand_dims, one_hot
from tinydl.syntax import log

EPSILON = 1e-7  # Keras's: probabilities are kept this far from 0 and from 1


def _matched(name: str, target: Array, output: Array) -> Array:
    """The target in the output's dtype, if it has the output's shape."""
    if target.shape != output.shape:
        raise ValueError(
            f"{name}: target has shape {target.shape}, output {output.shape}: they must be the same"
        )
    return target if target.dtype == output.dtype else target.astype(output.dtype)


# ----------------------------------------------------------------------------------- one of several classes


def categorical_crossentropy(
    target: Array, output: Array, from_logits: bool = False, axis: int = -1
) -> Array:
    """-sum(target * log(output)) over the classes.

    Args:
        target: the true probability of each class, usually one-hot; any shape.
        output: the predicted ones, of the same shape. They are divided by their sum along `axis`.
        from_logits: whether `output` is what a softmax makes probabilities of, rather than probabilities.
        axis: the axis of the classes.

    Returns:
        The loss of each sample: the shape without `axis`.

    Raises:
        ValueError: the shapes differ, or are ().

    Example:
        >>> categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.1, 0.9]])).round(3)
        array([0.105])
        >>> categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[1000.0, 0.0]]), from_logits=True)
        array([1000.])
    """
    target = _matched("categorical_crossentropy", target, output)
    if output.ndim == 0:
        raise ValueError("categorical_crossentropy: expected an axis of classes, got single numbers")
    if from_logits:
        return _softmax_crossentropy(target, output, axis)
    output = output / output.sum(axis=axis, keepdims=True)
    return -(target * log(clip(output, EPSILON, 1 - EPSILON))).sum(axis=axis)


@op
def _softmax_crossentropy(target: Array, output: Array, axis: int) -> Array:
    """Softmax and cross-entropy in one: (..., classes) -> (...)."""
    return -(target * log_softmax(output, axis)).sum(axis=axis)


@_softmax_crossentropy.gradient("output")
def _(gy: Array, target: Array, output: Array, axis: int) -> Array:
    total = target.sum(axis=axis, keepdims=True)  # 1, if the target is a distribution
    return _too_much(expand_dims(gy, axis), softmax(output, axis), total, target)


@one_kernel
def _too_much(gy: Array, said: Array, total: Array, target: Array) -> Array:
    return gy * (said * total - target)


@_softmax_crossentropy.gradient("target")
def _(gy: Array, output: Array, axis: int) -> Array:
    return -expand_dims(gy, axis) * log_softmax(output, axis)


def sparse_categorical_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Array:
    """`categorical_crossentropy` for targets that are class numbers: -log(output[target]).

    Args:
        target: whole numbers from 0 to classes - 1, shape (...) or (..., 1).
        output: predicted probabilities (kept from 0, then divided by their sum) or logits, shape (..., classes).
        from_logits: which of the two.

    Returns:
        The loss of each sample, shape (...).

    Raises:
        ValueError: the shapes do not fit, or a target names no class.

    Example:
        >>> sparse_categorical_crossentropy(np.array([1]), np.array([[0.1, 0.9]])).round(3)
        array([0.105])
    """
    if target.ndim == output.ndim and target.shape[-1:] == (1,):
        target = target.reshape(target.shape[:-1])
    if target.shape != output.shape[:-1] or output.ndim == 0:
        raise ValueError(
            f"sparse_categorical_crossentropy: target has shape {target.shape}, output {output.shape}: "
            "expected a class number for each row of output"
        )
    target = one_hot(target, output.shape[-1], dtype=output.dtype)
    if not from_logits:
        output = log(clip(output, EPSILON, 1 - EPSILON))
    return _softmax_crossentropy(target, output, -1)


# ------------------------------------------------------------------------------------------------ yes or no


def binary_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Array:
    """-(target * log(output) + (1 - target) * log(1 - output)), elementwise.

    Args:
        target: the true probability, usually 0 or 1; any shape.
        output: the predicted one, of the same shape.
        from_logits: whether `output` is what a sigmoid makes a probability of, rather than a probability.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_crossentropy(np.array([1.0, 0.0]), np.array([0.9, 0.9])).round(3)
        array([0.105, 2.303])
        >>> binary_crossentropy(np.array([1.0, 0.0]), np.array([1000.0, 1000.0]), from_logits=True)
        array([   0., 1000.])
    """
    target = _matched("binary_crossentropy", target, output)
    if from_logits:
        return _sigmoid_crossentropy(target, output)
    output = clip(output, EPSILON, 1 - EPSILON)
    return -(target * log(output) + (1 - target) * log(1 - output))


@op
@one_kernel
def _sigmoid_crossentropy(target: Array, output: Array) -> Array:
    """Sigmoid and cross-entropy in one, elementwise: log(1 + exp(output)) - target * output, without overflow."""
    xp = array_module(output)
    return xp.maximum(output, 0) - target * output + xp.log1p(xp.exp(-xp.abs(output)))


_sigmoid_crossentropy.gradient("output")(
    one_kernel(lambda gy, target, output: gy * (sigmoid(output) - target))
)
_sigmoid_crossentropy.gradient("target")(lambda gy, output: -gy * output)


# ------------------------------------------------------------------------------------ as the formulas read


def categorical_crossentropy_naive(target: Array, output: Array) -> Array:
    """`categorical_crossentropy` from probabilities that sum to 1, in loops: (n, classes) -> (n,).

    Example:
        >>> categorical_crossentropy_naive(np.array([[0.0, 1.0]]), np.array([[0.1, 0.9]])).round(3)
        array([0.105])
    """
    losses = np.zeros(len(output), dtype=output.dtype)
    for i, (truth, said) in enumerate(zip(target, output)):
        for t, p in zip(truth, said):
            losses[i] -= t * np.log(p)
    return losses


def sparse_categorical_crossentropy_naive(target: Array, output: Array) -> Array:
    """`sparse_categorical_crossentropy` from probabilities that sum to 1, in a loop: (n,), (n, classes) -> (n,).

    Example:
        >>> sparse_categorical_crossentropy_naive(np.array([1]), np.array([[0.1, 0.9]])).round(3)
        array([0.105])
    """
    return np.array([-np.log(said[truth]) for truth, said in zip(target, output)])


def binary_crossentropy_naive(target: Array, output: Array) -> Array:
    """`binary_crossentropy` from probabilities, in a loop.

    Example:
        >>> binary_crossentropy_naive(np.array([1.0]), np.array([0.9])).round(3)
        array([0.105])
    """
    pairs = zip(target.flat, output.flat)
    return np.array([-(t * np.log(p) + (1 - t) * np.log(1 - p)) for t, p in pairs]).reshape(output.shape)
