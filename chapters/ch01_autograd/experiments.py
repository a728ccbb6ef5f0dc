"""The experiments of the lesson with networks: scalars beside tensors, what a gradient costs, the second order.

All of them calculate on the CPU, in float64: how `train.py` calls them is how the lesson's numbers were made.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chapters.ch01_autograd.differences import apart, loss_of, of_weights
from chapters.ch01_autograd.model import network, newest_first, scalar_loss, values
from tinydl import Sequential, Tensor, grad, no_grad, ops

BATCH = 20
RATE = 0.1


# ------------------------------------------------------------------------------------------ is it right?


def network_errors(points: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """How far the gradients of a new network are from central differences: tinydl's, and those by `Value`."""
    model = network(dtype="float64")
    loss_of(model, points, targets).backward()
    with_values = scalar_gradients(model, points, targets)
    with no_grad():
        differences = of_weights(
            lambda: loss_of(model, points, targets).item(), [weight.data for weight in model.weights]
        )
    with_tensors = [weight.grad.numpy() for weight in model.weights]
    return apart(with_tensors, differences), apart(with_values, differences)


def scalar_gradients(model: Sequential, points: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    """The gradients of a model's weights, found by `Value`."""
    weights = [values(array) for array in model.get_weights()]
    scalar_loss(weights, points, targets).backward()
    return [as_array(weight, "grad") for weight in weights]


def as_array(weights: Any, what: str) -> np.ndarray:
    """One attribute of every Value in nested lists."""
    if isinstance(weights, list):
        return np.array([as_array(each, what) for each in weights])
    return getattr(weights, what)


# ---------------------------------------------------------------------------------- scalars beside tensors


@dataclass
class SideBySide:
    """One network trained twice from the same weights on the same batches."""

    losses: np.ndarray  # (steps, 2): with scalars, with tensors
    nodes: tuple[int, int]  # in the graph of one loss
    gradients: float  # how far those of the first step are from each other
    weights: float  # and the weights after the last


def side_by_side(points: np.ndarray, targets: np.ndarray, steps: int) -> SideBySide:
    """Train the network with scalars, and with tensors, by plain gradient descent."""
    model = network(dtype="float64")
    weights = [values(array) for array in model.get_weights()]
    first = points[:BATCH], targets[:BATCH]
    loss, scalars = loss_of(model, *first), scalar_loss(weights, *first)
    nodes = (len(newest_first(scalars)), count_nodes(loss))
    gradients = apart(scalar_gradients(model, *first), [g.numpy() for g in grad(loss, model.weights)])

    losses = np.zeros((steps, 2))
    for step in range(steps):
        chosen = np.arange(step * BATCH, (step + 1) * BATCH) % len(points)
        x, t = points[chosen], targets[chosen]
        losses[step] = step_of_scalars(weights, x, t), step_of_tensors(model, x, t)
    after = apart([as_array(weight, "data") for weight in weights], model.get_weights())
    return SideBySide(losses, nodes, gradients, after)


def step_of_scalars(weights: list, points: np.ndarray, targets: np.ndarray) -> float:
    """One step of gradient descent, number by number. Returns the loss before it."""
    loss = scalar_loss(weights, points, targets)
    loss.backward()
    for weight in every(weights):
        weight.data -= RATE * weight.grad
        weight.grad = 0.0
    return loss.data


def step_of_tensors(model: Sequential, points: np.ndarray, targets: np.ndarray) -> float:
    """The same step, array by array."""
    loss = loss_of(model, points, targets)
    loss.backward()
    for weight in model.weights:
        weight.data -= RATE * weight.grad.data
        weight.zero_grad()
    return loss.item()


def every(weights: Any) -> list:
    """Nested lists, flat."""
    return [one for each in weights for one in every(each)] if isinstance(weights, list) else [weights]


def one_layer(points: np.ndarray, targets: np.ndarray) -> Tensor:
    """The loss of a single layer of one neuron, op by op."""
    kernel, bias = Tensor(np.ones((2, 1)), requires_grad=True), Tensor(np.zeros(1), requires_grad=True)
    answers = ops.tanh(points @ kernel + bias)  # (n, 1): the bias, (1,), is added to every row
    return ops.square(answers - targets).mean()


def count_nodes(loss: Tensor) -> int:
    """How many nodes there are behind a Tensor."""
    seen, waiting = {loss.node}, [loss.node]
    while waiting:
        fresh = set(waiting.pop().parents) - seen
        seen |= fresh
        waiting += fresh
    return len(seen)


def speed(points: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """How many seconds a step on these points takes with scalars, and with tensors."""
    model = network(dtype="float64")
    weights = [values(array) for array in model.get_weights()]
    scalars, tensors = medians(
        [
            lambda: step_of_scalars(weights, points, targets),
            lambda: step_of_tensors(model, points, targets),
        ],
        times=max(7, 200 // len(points)),
    )
    return scalars, tensors


# ---------------------------------------------------------------------------------- what a gradient costs


@dataclass
class Cost:
    """What the gradient of one network costs, in times what its loss costs."""

    weights: int
    backward: float  # forward and backward, with tinydl
    differences: float | None  # two losses for each weight; None where nobody would wait for them


def cost(width: int, points: np.ndarray, targets: np.ndarray, most: int) -> Cost:
    """The cost for a network of two layers of this width; differences are measured up to so many weights."""
    model = network(width, dtype="float64")
    forward = no_grad()(lambda: loss_of(model, points, targets).item())
    forward_and_backward = lambda: loss_of(model, points, targets).backward()  # noqa: E731
    one, both = medians([forward, forward_and_backward], 40)
    found = Cost(model.count_params(), both / one, None)
    if found.weights <= most:
        began = time.process_time()
        of_weights(forward, [weight.data for weight in model.weights])
        found.differences = (time.process_time() - began) / one
    return found


def medians(works: Sequence[Callable[[], Any]], times: int) -> list[float]:
    """How long each takes: seconds of this process, whatever else the machine does, and taking turns."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, taken in zip(works, seconds):
            began = time.process_time()
            work()
            taken.append(time.process_time() - began)
    return [statistics.median(taken) for taken in seconds]


# ------------------------------------------------------------------------------------------ the second order


def derivatives(function: Callable[[Tensor], Tensor], x: np.ndarray, orders: int) -> list[np.ndarray]:
    """A function of one number at places (n,), then its first derivative there, its second, ..."""
    place = Tensor(x, requires_grad=True)
    y = function(place)
    found = [y.numpy()]
    for _ in range(orders):
        # Each place has an output of its own, so the gradient of their sum holds the slope at each.
        (y,) = grad(y.sum(), [place], create_graph=True)
        found.append(y.numpy())
    return found


def search(second: bool, steps: int) -> list[float]:
    """How far from log 2, the lowest place of exp(x) - 2x, each step of a search from x = 2 comes.

    With the slope alone it takes small steps downhill; with the second derivative, Newton's, to where the slope would
    be 0 if it went on changing as it does.
    """
    x, apart = 2.0, []
    for _ in range(steps):
        apart.append(abs(x - float(np.log(2))))
        place = Tensor(np.float64(x), requires_grad=True)
        (slope,) = grad(ops.exp(place) - 2 * place, [place], create_graph=second)
        x -= slope.item() / grad(slope, [place])[0].item() if second else RATE * slope.item()
    return apart


# ------------------------------------------------------------------------------------------ downhill


def descend(points: np.ndarray, targets: np.ndarray, start: Sequence[float], steps: int) -> np.ndarray:
    """The way that gradient descent takes with one neuron of two weights, tanh(x w1 + y w2): (steps + 1, 2)."""
    w = Tensor(np.array(start, dtype=np.float64).reshape(2, 1), requires_grad=True)
    way = [w.numpy().ravel().copy()]
    for _ in range(steps):
        loss = ops.square(ops.tanh(points @ w) - targets).mean()
        loss.backward()
        w.data -= 0.5 * w.grad.data
        w.zero_grad()
        way.append(w.numpy().ravel().copy())
    return np.array(way)


def surface(points: np.ndarray, targets: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """The loss of that neuron for each pair of weights: (len(w2), len(w1))."""
    pairs = np.stack(np.meshgrid(w1, w2), axis=-1)  # (len(w2), len(w1), 2)
    answers = np.tanh(pairs @ points.T)  # (len(w2), len(w1), n)
    return ((answers - targets[:, 0]) ** 2).mean(axis=-1)
