"""Every differentiable op with inputs to check its gradient on: the tests run this table, a benchmark prints it.

An entry is the op's name in `tinydl.op.OPS` and a list of (function of Tensors, shapes of its inputs). Inputs are
drawn from a normal distribution; where an op wants others, the function makes them so (`exp` for positive ones).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinydl import backend, gradcheck, ops, syntax
from tinydl.ops import pooling
from tinydl.ops.activation import relu_

Case = tuple[Callable, list[tuple]]

INDEX = np.array([[0, 2], [2, 1]])  # takes row 2 twice
MASK = np.array([[True, False, True], [False, True, True]])
CHOICE = np.array([2, 0, 1, 1])
TARGET = np.random.default_rng(1).dirichlet(np.ones(3), 4)  # (4, 3), rows that sum to 1
WINNER = np.random.default_rng(2).integers(0, 4, (2, 2, 3, 2))


def elementwise(function: Callable) -> list[Case]:
    return [(function, [(3, 4)]), (function, [()])]


def broadcast(function: Callable) -> list[Case]:
    shapes = [[(3, 4), (3, 4)], [(3, 4), (4,)], [(3, 1), (1, 4)], [(), (2, 3)], [(2, 1, 3), (4, 1)]]
    return [(function, pair) for pair in shapes]


def reduction(function: Callable) -> list[Case]:
    axes: list[Any] = [None, 0, -1, (0, 2)]
    return [
        (lambda x, a=axis, k=keepdims: function(x, axis=a, keepdims=k), [(2, 3, 4)])
        for axis, keepdims in itertools.product(axes, [False, True])
    ]


def convolutions(function: Callable, shapes: Callable) -> list[Case]:
    found = []
    for padding, stride, dilation in itertools.product(["valid", "same"], [1, 2, (1, 3)], [1, 2]):
        found.append(
            (
                lambda *arrays, s=stride, p=padding, d=dilation: function(*arrays, s, p, d),
                shapes(stride, padding, dilation),
            )
        )
    return found


def _seen(stride: Any, padding: str, dilation: int) -> tuple[int, ...]:
    """The shape of what a 3x2 kernel makes of pictures (2, 7, 6, 2)."""
    return ops.conv2d(np.zeros((2, 7, 6, 2)), np.zeros((3, 2, 2, 3)), stride, padding, dilation).shape


def windows(function: Callable) -> list[Case]:
    settings = [(2, 2, "valid"), (2, 2, "same"), (3, 1, "same"), (3, 2, "valid"), ((2, 3), (3, 1), "same")]
    return [(lambda x, s=s: function(x, *s), [(2, 5, 6, 2)]) for s in settings]


def norm_shapes(axis: int) -> list[tuple]:
    shape = (3, 2, 2, 4)
    return [shape, (shape[axis],), (shape[axis],)]


GRADIENTS: dict[str, list[Case]] = {
    "add": broadcast(ops.add),
    "subtract": broadcast(ops.subtract),
    "multiply": broadcast(ops.multiply),
    "divide": broadcast(lambda a, b: a / (b * b + 1)),
    "power": [
        *broadcast(lambda a, b: ops.exp(a) ** b),
        *elementwise(lambda x: x**3),
        *elementwise(lambda x: 2.0**x),
    ],
    "negative": elementwise(ops.negative),
    "absolute": elementwise(ops.absolute),
    "log": elementwise(lambda x: ops.log(x * x + 1)),
    "where": broadcast(lambda a, b: ops.where(np.array([True]), a, b) * ops.where(np.array([False]), a, b)),
    "exp": elementwise(ops.exp),
    "log1p": elementwise(lambda x: ops.log1p(x * x)),
    "sqrt": elementwise(lambda x: ops.sqrt(x * x + 1)),
    "square": elementwise(ops.square),
    "sin": elementwise(ops.sin),
    "cos": elementwise(ops.cos),
    "erf": elementwise(ops.erf),
    "maximum": broadcast(ops.maximum),
    "minimum": broadcast(ops.minimum),
    "clip": elementwise(lambda x: ops.clip(x, -0.5, 0.7) * x),
    "matmul": [
        (ops.matmul, [a, b])
        for a, b in [
            [(3, 4), (4, 2)],
            [(4,), (4,)],
            [(4,), (4, 2)],
            [(3, 4), (4,)],
            [(2, 3, 4), (4, 2)],
            [(2, 3, 4), (2, 4, 2)],
            [(5, 1, 3, 4), (2, 4, 2)],
            [(2, 3, 4), (4,)],
            [(4,), (2, 4, 3)],
        ]
    ],
    "einsum": [
        (lambda a, b: ops.einsum("bij,bjk->bik", a, b), [(2, 3, 4), (2, 4, 2)]),
        (lambda a, b: ops.einsum("nhwc,nhwd->cd", a, b), [(2, 3, 3, 2), (2, 3, 3, 2)]),
        (lambda a: ops.einsum("ij->i", a), [(3, 4)]),
        (lambda a, b: ops.einsum("iij,jk", a, b), [(2, 2, 3), (3, 2)]),
        (lambda a, b: ops.einsum("b...i,i...j", a, b), [(2, 3, 4), (4, 3, 2)]),
    ],
    "reshape": [(lambda x: x.reshape(4, 3) * x.reshape(-1, 3), [(3, 4)])],
    "transpose": [(lambda x: x.T * x.T, [(3, 4)]), (lambda x: x.transpose(1, 2, 0) ** 2, [(2, 3, 4)])],
    "swapaxes": [(lambda x: x.swapaxes(0, -1) ** 2, [(2, 3, 4)])],
    "broadcast_to": [(lambda x: ops.broadcast_to(x, (2, 3, 4)) ** 2, [(3, 1)])],
    "astype": [(lambda x: x.astype("float64") ** 2, [(3, 4)])],
    "to": [(lambda x: syntax.to(x, "cpu", x.device).to(backend.current_device()) ** 2, [(3, 4)])],
    "getitem": [
        (lambda x: x[1] * x[0, ..., None].sum(), [(2, 3)]),
        (lambda x: x[::2, 1:] ** 2, [(4, 3)]),
        (lambda x: x[INDEX] ** 2, [(3, 2)]),
        (lambda x: x[MASK] ** 2, [(2, 3)]),
    ],
    "put": [
        (lambda v: ops.put(v, INDEX, (3, 2)) ** 2, [(2, 2, 2)]),
        (lambda v: ops.put(v, MASK, (2, 3)) ** 2, [(4,)]),
    ],
    "sum": reduction(ops.sum),
    "mean": reduction(ops.mean),
    "max": reduction(ops.max),
    "min": reduction(ops.min),
    "var": reduction(ops.var),
    "concatenate": [(lambda a, b: ops.concatenate([a, b, a], axis=1) ** 2, [(2, 3), (2, 2)])],
    "stack": [(lambda a, b: ops.stack([a, b, a], axis=-1) ** 2, [(2, 3), (2, 3)])],
    "split": [(lambda x: ops.split(x, 2, axis=1)[1] ** 2, [(3, 4)])],
    "pad": [(lambda x: ops.pad(x, ((1, 0), (2, 1))) ** 2, [(2, 3)])],
    "expand_dims": [(lambda x: ops.expand_dims(x, 1) ** 2, [(3, 4)])],
    "squeeze": [(lambda x: ops.squeeze(x, 1) ** 2, [(3, 1, 4)])],
    "repeat": [(lambda x: ops.repeat(x, 3, axis=1) ** 2, [(2, 3)])],
    "flip": [(lambda x: ops.flip(x, 1) * x, [(2, 3)])],
    "take": [(lambda x: ops.take(x, INDEX, axis=0) ** 2, [(3, 2)])],
    "relu": elementwise(lambda x: ops.relu(x) * x),
    "relu_": elementwise(lambda x: relu_(2 * x) * x),
    "leaky_relu": elementwise(lambda x: ops.leaky_relu(x) * x),
    "elu": elementwise(ops.elu),
    "selu": elementwise(ops.selu),
    "gelu": [*elementwise(ops.gelu), *elementwise(lambda x: ops.gelu(x, approximate=False))],
    "silu": elementwise(ops.silu),
    "sigmoid": elementwise(ops.sigmoid),
    "tanh": elementwise(ops.tanh),
    "softplus": elementwise(ops.softplus),
    "softmax": [(ops.softmax, [(3, 4)]), (lambda x: ops.softmax(x, axis=0), [(3, 4)])],
    "log_softmax": [(ops.log_softmax, [(3, 4)]), (lambda x: ops.log_softmax(x, axis=0), [(3, 4)])],
    "logsumexp": [(ops.logsumexp, [(3, 4)]), (lambda x: ops.logsumexp(x, axis=0), [(3, 4)])],
    "categorical_crossentropy": [
        (lambda x: ops.categorical_crossentropy(TARGET, x, from_logits=True), [(4, 3)]),
        (lambda x: ops.categorical_crossentropy(TARGET, ops.softmax(x)), [(4, 3)]),
    ],
    "sparse_categorical_crossentropy": [
        (lambda x: ops.sparse_categorical_crossentropy(CHOICE, x, from_logits=True), [(4, 3)]),
        (lambda x: ops.sparse_categorical_crossentropy(CHOICE, ops.softmax(x)), [(4, 3)]),
    ],
    "binary_crossentropy": [
        (lambda x: ops.binary_crossentropy(TARGET, x, from_logits=True), [(4, 3)]),
        (lambda x: ops.binary_crossentropy(TARGET, ops.sigmoid(x)), [(4, 3)]),
    ],
    "softmax_crossentropy": [
        (lambda t, x: ops.categorical_crossentropy(t, x, True), [(4, 3), (4, 3)]),
        (lambda t, x: ops.categorical_crossentropy(t, x, True, axis=1), [(2, 3, 2), (2, 3, 2)]),
    ],
    "sigmoid_crossentropy": [(lambda t, x: ops.binary_crossentropy(t, x, True), [(4, 3), (4, 3)])],
    "conv2d": convolutions(
        lambda x, k, b, s, p, d: ops.conv2d(x, k, s, p, d, b),
        lambda s, p, d: [(2, 7, 6, 2), (3, 2, 2, 3), (3,)],
    ),
    "conv2d_transpose": convolutions(
        lambda x, k, b, s, p, d: ops.conv2d_transpose(x, k, s, p, d, None, b),
        lambda s, p, d: [(2, 3, 4, 2), (3, 2, 3, 2), (3,)],
    ),
    "conv2d_kernel": convolutions(
        lambda x, seen, s, p, d: ops.conv2d_kernel(x, seen, (3, 2), s, p, d),
        lambda s, p, d: [(2, 7, 6, 2), _seen(s, p, d)],
    ),
    "max_pool2d": windows(lambda x, *s: ops.max_pool2d(x, *s) ** 2),
    "average_pool2d": windows(lambda x, *s: ops.average_pool2d(x, *s) ** 2),
    "global_pools": [(lambda x: ops.global_max_pool2d(x) * ops.global_average_pool2d(x), [(2, 3, 3, 2)])],
    "collect": [(lambda x: pooling.collect(x, WINNER, 2, 2, "valid") ** 2, [(2, 4, 6, 2)])],
    "spread": [(lambda v: pooling.spread(v, WINNER, (2, 4, 6, 2), 2, 2, "valid") ** 2, [(2, 2, 3, 2)])],
    "batch_norm": [
        (lambda x, g, b, a=axis: ops.batch_norm(x, g, b, axis=a), norm_shapes(axis)) for axis in (-1, 1)
    ],
    "layer_norm": [
        (ops.layer_norm, [(3, 5), (5,), (5,)]),
        (lambda x, g, b: ops.layer_norm(x, g, b, axis=(1, 2)), [(3, 2, 2, 2), (2, 2), (2, 2)]),
    ],
    "moments": [(lambda x, i=i: ops.batch_norm(x)[i], [(3, 2, 2, 2)]) for i in (1, 2)],
    "normalize": [
        (
            lambda x, m, v, g, b: ops.batch_norm_inference(x, m, v * v, g, b),
            [(3, 2, 2, 2), (2,), (2,), (2,), (2,)],
        ),
        (lambda x, m, v: ops.batch_norm_inference(x, m, v * v), [(3, 2), (2,), (2,)]),
    ],
    "sum_to": [
        (lambda x, s=shape: ops.sum_to(x, s) ** 2, [(3, 2, 2, 4)]) for shape in [(1, 1, 1, 4), (3, 1, 2, 1)]
    ],
    "dropout": [(lambda x: ops.dropout(x, 2.0 * MASK) ** 2, [(2, 3)])],
    "resample": [(lambda x: ops.resize(x, (5, 2)) ** 2, [(3, 4, 2)])],
    "resize": [
        (lambda x, i=i, to=to: ops.resize(x, to, interpolation=i) ** 2, [(2, 3, 4, 2)])
        for i, to in itertools.product(["nearest", "bilinear"], [(6, 8), (5, 3)])
    ],
}


def reports(name: str) -> Iterator[gradcheck.Report]:
    """Check every case of an op, first and second order."""
    for number, (function, shapes) in enumerate(GRADIENTS[name]):
        rng = np.random.default_rng([number, len(name)])
        yield gradcheck.check(function, [rng.normal(size=shape) for shape in shapes], raise_error=False)
