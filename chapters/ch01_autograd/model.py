"""An engine for gradients in sixty lines, one number at a time; and a small network, in its numbers and in layers.

Type `Value` in yourself: it is all there is to backpropagation. tinydl/autograd.py does the same with arrays.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydl import Sequential
from tinydl.layers import Dense, Input

NUMBERS = itertools.count()


class Value:
    """A number that remembers what it was made of, and how fast it moves when one of those moves."""

    def __init__(self, data: float, parents: tuple = (), slopes: tuple = (), name: str = ""):
        self.data = float(data)
        self.parents = parents  # the Values it was made of ...
        self.slopes = slopes  # ... and how fast it moves with each of them
        self.name = name
        self.grad = 0.0  # how fast the end of the computation moves with this one
        self.number = next(NUMBERS)

    def __repr__(self) -> str:
        return f"Value({self.data:g}, grad={self.grad:g})"

    def __add__(self, other: Any) -> Value:
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0), "+")

    def __sub__(self, other: Any) -> Value:
        other = as_value(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0), "−")

    def __mul__(self, other: Any) -> Value:
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data), "×")

    def __truediv__(self, other: Any) -> Value:
        other = as_value(other)
        y = self.data / other.data
        return Value(y, (self, other), (1 / other.data, -y / other.data), "÷")

    def __pow__(self, n: float) -> Value:
        slope = n * self.data ** (n - 1) if n else 0.0
        return Value(self.data**n, (self,), (slope,), f"power {n:g}")

    def exp(self) -> Value:
        y = math.exp(self.data)
        return Value(y, (self,), (y,), "exp")

    def tanh(self) -> Value:
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,), "tanh")

    def relu(self) -> Value:
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),), "relu")

    __radd__, __rmul__ = __add__, __mul__  # 2 + x and 2 * x

    def __rsub__(self, other: Any) -> Value:
        return as_value(other) - self

    def __rtruediv__(self, other: Any) -> Value:
        return as_value(other) / self

    def __neg__(self) -> Value:
        return self * -1.0

    def backward(self) -> None:
        """Add to the `grad` of every Value this one was made of how fast this one moves with it."""
        order = newest_first(self)
        for value in order:
            if value.parents:  # a result starts afresh; what was given, like a weight, goes on adding
                value.grad = 0.0
        self.grad = 1.0
        for value in order:
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += value.grad * slope


def newest_first(last: Value) -> list[Value]:
    """All that a Value was made of, and itself: each before everything that it was made of."""
    seen, waiting = {last}, [last]
    while waiting:
        for parent in waiting.pop().parents:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return sorted(seen, key=lambda value: value.number, reverse=True)


def as_value(number: Any) -> Value:
    """A plain number as a Value that was given."""
    return number if isinstance(number, Value) else Value(number)


# -------------------------------------------------------------------------------------------- the network


def network(hidden: int = 8, dtype: str | None = None) -> Sequential:
    """From a point of the plane to a number between -1 and 1, in tinydl's layers: 105 weights."""
    return Sequential(
        [
            Input((2,)),
            Dense(hidden, activation="tanh", dtype=dtype),  # (8,)
            Dense(hidden, activation="tanh", dtype=dtype),  # (8,)
            Dense(1, activation="tanh", dtype=dtype),  # (1,)
        ],
        dtype=dtype,
    )


def dense(inputs: Sequence[Any], kernel: Sequence[Sequence[Value]], bias: Sequence[Value]) -> list[Value]:
    """One dense layer in Values, neuron by neuron: tanh(bias + x1 w1 + x2 w2 + ...)."""
    outputs = []
    for j, total in enumerate(bias):
        for i, x in enumerate(inputs):
            total = total + x * kernel[i][j]
        outputs.append(total.tanh())
    return outputs


def scalar_loss(weights: Sequence[Any], points: np.ndarray, targets: np.ndarray) -> Value:
    """The mean squared error of the same network in Values.

    Args:
        weights: kernel and bias of each layer in turn, as `values` makes them of `network().get_weights()`.
        points: (n, 2).
        targets: (n, 1), -1 or 1.
    """
    total = Value(0.0)
    for signals, (target,) in zip(points.tolist(), targets.tolist()):
        for kernel, bias in zip(weights[::2], weights[1::2]):
            signals = dense(signals, kernel, bias)  # 2 numbers become 8 Values, then 8, then 1
        total = total + (signals[0] - target) ** 2
    return total / len(points)


def values(array: np.ndarray) -> Any:
    """An array as nested lists of Values."""
    return [values(each) for each in array] if array.ndim else Value(array)
