"""The graph: what a computation leaves behind, and how a gradient walks it backward.

Every op that touches a Tensor worth a gradient leaves a `Node`: the plan of its gradient rules, the nodes its inputs
came from, and the few arrays that those rules will ask for (op.py). A gradient then flows from the newest node to the
oldest: each node turns the gradient of its output, `gy`, into gradients of its inputs.

A Node never points at a Tensor, only at older Nodes: there are no cycles, and a graph that nobody holds is gone at
once. Nodes are numbered as they are made, so newest first is an order in which every node is reached only after all
the nodes that used its output: when its turn comes, its gradient is complete.
"""

from __future__ import annotations

import contextlib
import itertools
import operator
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinydl.backend import Array, array_module

_numbers = itertools.count()


class _Mode(threading.local):
    recording = True


mode = _Mode()


@contextlib.contextmanager
def _recording(on: bool) -> Iterator[None]:
    before, mode.recording = mode.recording, on
    try:
        yield
    finally:
        mode.recording = before


def no_grad() -> contextlib.AbstractContextManager:
    """Do not remember what is computed: a with block, or a decorator, for evaluation and for updating weights.

    Example:
        >>> from tinydl import Tensor, no_grad
        >>> w = Tensor(2.0, requires_grad=True)
        >>> with no_grad():
        ...     (w * w).requires_grad
        False
    """
    return _recording(False)


class Node:
    """One step of a computation. `parents` are the nodes of the inputs that want a gradient; None once freed."""

    __slots__ = ("number", "plan", "parents", "saved", "shape", "dtype", "grad")

    def __init__(self, plan: Any, parents: tuple | None, saved: Any, shape: Any, dtype: Any):
        self.number = next(_numbers)
        self.plan = plan  # None for a leaf
        self.parents = parents
        self.saved = saved
        self.shape = shape
        self.dtype = dtype
        self.grad: Array = None  # only on leaves

    @property
    def name(self) -> str:
        """The op's name, or "leaf"."""
        return "leaf" if self.plan is None else self.plan.name


class Variable:
    """An array and its place in the graph: the bare pair that ops work with. `Tensor` is this with a syntax."""

    __slots__ = ("data", "node")
    data: Array
    node: Node | None  # None: nobody wants its gradient

    @classmethod
    def of(cls, data: Array, node: Node | None = None) -> Any:
        """One made of an array as it is, without asking what kind of data it was given."""
        self = cls.__new__(cls)
        self.data = data
        self.node = node
        return self


def leaf(data: Array) -> Node:
    """The node of a tensor that was given, not computed: where gradients come to rest."""
    return Node(None, (), None, data.shape, data.dtype)


def as_ndarray(value: Any) -> Array:
    """Reductions to a single number give NumPy scalars; Tensors and gradients hold arrays."""
    return np.asarray(value) if isinstance(value, np.generic) else value


# ----------------------------------------------------------------------------------------------- backward


def _history(node: Node) -> list[Node]:
    """All nodes that led to this one, newest first."""
    seen = {node}
    stack = [node]
    while stack:
        node = stack.pop()
        if node.parents is None:
            raise RuntimeError(
                f"backward() has been here and let go of what {node.name} had saved: "
                "compute the result again, or pass retain_graph=True the first time"
            )
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=operator.attrgetter("number"), reverse=True)


def _flow(root: Node, gy: Any, targets: set | None, kind: Any, retain: bool) -> dict[Node, Any]:
    """Let a gradient flow from the root: to the leaves, or only to the targets, whose gradients it returns.

    The first gradient to arrive at a node is borrowed as it is, the second makes a sum in memory of our own, later
    ones are added in place. With a `kind` of Tensor the rules run on Tensors, and nothing is added in place.
    """
    order = _history(root)
    useful = None
    if targets is not None:
        useful = set(targets)
        for node in reversed(order):  # oldest first: a node is useful if it leads to a useful one
            if node.parents and not useful.isdisjoint(node.parents):
                useful.add(node)
    totals = {root: gy}
    ours: set[Node] = set()  # the nodes whose total may be written
    found = {}
    for node in order:
        gy = totals.pop(node, None)
        if targets is not None and node in targets:
            found[node] = gy
        if gy is not None and node.plan is None and targets is None:
            _deposit(node, gy, node in ours)
        elif gy is not None and node.plan is not None:
            for parent, g, alone in node.plan.pull(node, gy, kind, useful):
                total = totals.get(parent)
                if total is None:
                    totals[parent] = g
                    if parent.plan is None and kind is None and alone and _is_fresh(g, gy, node.saved):
                        ours.add(parent)
                elif isinstance(g, tuple):
                    totals[parent] = tuple(
                        [b if a is None else a if b is None else a + b for a, b in zip(total, g)]
                    )
                elif parent in ours:
                    totals[parent] = operator.iadd(total, g)
                else:
                    totals[parent] = total + g
                    if kind is None:
                        ours.add(parent)
        if node.plan is not None and not retain:
            node.parents = node.saved = None
    return found


def _is_fresh(g: Array, gy: Array, saved: list) -> bool:
    """Whether a rule made this array itself, so that a leaf may keep it: no view, and nothing it was given."""
    return getattr(g, "base", g) is None and g is not gy and all(g is not s for s in saved)


def _deposit(node: Node, g: Array, ours: bool) -> None:
    """Add to the gradient of a leaf, which owns its memory."""
    if node.grad is None:
        node.grad = as_ndarray(g) if ours else as_ndarray(g).copy()
    else:
        node.grad += g


def _seed(y: Variable, gradient: Any, what: str) -> Array:
    """The gradient to begin with: given, or 1 for a single number."""
    if y.node is None:
        raise RuntimeError(f"{what}: this tensor does not depend on anything with requires_grad=True")
    if gradient is None:
        if y.data.size != 1:
            raise ValueError(
                f"{what}: the tensor has shape {y.data.shape}; only a single number has a gradient of its own. "
                "Reduce it with sum() or mean(), or pass the gradient with respect to it"
            )
        return array_module(y.data).ones_like(y.data)
    shape = np.shape(gradient.data if isinstance(gradient, Variable) else gradient)
    if shape != y.data.shape:
        raise ValueError(f"{what}: the gradient has shape {shape}, the tensor {y.data.shape}")
    if isinstance(gradient, Variable):
        if gradient.data.dtype != y.data.dtype:
            raise TypeError(
                f"{what}: the gradient is {gradient.data.dtype}, the tensor {y.data.dtype}: use astype"
            )
        return gradient
    return array_module(y.data).asarray(gradient, dtype=y.data.dtype)


def backward(y: Variable, gradient: Any = None, retain_graph: bool = False) -> None:
    """Add dy/dx to the `.grad` of every leaf x that y was computed from. See `Tensor.backward`."""
    gy = _seed(y, gradient, "backward")
    assert y.node is not None
    _flow(y.node, gy.data if isinstance(gy, Variable) else gy, None, None, retain_graph)


def grad(
    y: Variable,
    xs: Variable | Sequence[Variable],
    grad_outputs: Any = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    allow_unused: bool = False,
) -> list:
    """The gradients of y with respect to the xs, returned instead of added to `.grad`.

    Only the rules on the way from the xs to y are run.

    Args:
        y: a single number, or any shape with `grad_outputs`.
        xs: a tensor or several, leaves or results on the way.
        grad_outputs: the gradient with respect to y, of y's shape; 1 if not given.
        create_graph: make the gradients part of a graph of their own, so that they have gradients in turn.
        retain_graph: keep the graph for another pass; as `create_graph` if not given.
        allow_unused: give None for an x that y does not depend on, instead of an error.

    Returns:
        list of Tensors, each of its x's shape and dtype.

    Raises:
        RuntimeError: y depends on nothing with requires_grad, not on one of the xs, or its graph is freed.
        ValueError: y is not a single number and has no `grad_outputs`, or that has another shape.
        TypeError: `grad_outputs` is a Tensor of another dtype than y.

    Example:
        >>> from tinydl import Tensor, grad
        >>> x = Tensor(2.0, requires_grad=True)
        >>> (first,) = grad(x**3, [x], create_graph=True)
        >>> (second,) = grad(first, [x])
        >>> first.item(), second.item()
        (12.0, 12.0)
    """
    xs = [xs] if isinstance(xs, Variable) else list(xs)
    gy = _seed(y, grad_outputs, "grad")
    kind = type(y)
    for i, x in enumerate(xs):
        if x.node is None:
            raise RuntimeError(f"grad: xs[{i}], of shape {x.data.shape}, does not require a gradient")
    assert y.node is not None
    targets = {x.node for x in xs}
    retain = create_graph if retain_graph is None else retain_graph
    if create_graph:
        with _recording(True):
            gy = gy if isinstance(gy, Variable) else kind.of(gy)
            found = _flow(y.node, gy, targets, kind, retain)
    else:
        found = _flow(y.node, gy.data if isinstance(gy, Variable) else gy, targets, None, retain)
    results = []
    for i, x in enumerate(xs):
        g = found.get(x.node)  # type: ignore[arg-type]
        if g is None and not allow_unused:
            raise RuntimeError(
                f"grad: y does not depend on xs[{i}], of shape {x.data.shape} (allow_unused=True gives None)"
            )
        results.append(g if g is None or isinstance(g, Variable) else kind.of(as_ndarray(g)))
    return results
