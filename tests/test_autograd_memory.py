"""What the graph holds and lets go of: whose memory a gradient is, what is freed when, how long a graph may be."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tinydl import Tensor, grad, syntax
from tinydl.autograd import Node


def leaf(*values: Any, dtype: str = "float64") -> Tensor:
    return Tensor(np.array(values if len(values) != 1 else values[0], dtype), requires_grad=True)


def locked(array: Any) -> np.ndarray:
    """An array that nobody may write into."""
    array = np.array(array, dtype="float64")
    array.flags.writeable = False
    return array


def numbers(x: Any) -> Any:
    assert isinstance(x, Tensor)
    return x.numpy().tolist()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# ---- whose memory ------------------------------------------------------------------------------------------


def test_nothing_that_was_given_is_written() -> None:
    given, index, upstream = (
        locked([[1.0, -2.0], [3.0, 4.0]]),
        np.array([0, 0]),
        locked([[1.0, 2.0], [3.0, 4.0]]),
    )
    index.flags.writeable = False
    w = leaf([[0.5, 1.0], [2.0, -1.0]])
    w.data.flags.writeable = False
    y = (w @ given + given)[index] * given + w * w / given + w.max(axis=0) + abs(w) ** 2
    for _ in range(3):
        y.backward(upstream, retain_graph=True)
    (g,) = grad(y, [w], grad_outputs=upstream, create_graph=True)
    g.sum().backward()


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a + b + a,
        lambda a, b: (a.reshape(2, 1) + b.reshape(2, 1)).T.reshape(2),
        lambda a, b: a - (-b),
        lambda a, b: syntax.broadcast_to(a, (2,)) + b[:],
    ],
)
@pytest.mark.parametrize("again", [False, True])
def test_gradients_of_leaves_own_their_memory(function: Callable, again: bool) -> None:
    """A sum hands one and the same array to both inputs: each leaf needs its own."""
    a, b, upstream = leaf(1.0, 2.0), leaf(3.0, 4.0), np.ones(2)
    for _ in range(1 + again):
        function(a, b).backward(upstream)
    assert a.grad is not None and b.grad is not None
    for one, other in [(a.grad, b.grad), (a.grad, upstream), (b.grad, upstream), (a.grad, a), (b.grad, b)]:
        assert not np.shares_memory(
            np.asarray(one.data if isinstance(one, Tensor) else one), getattr(other, "data", other)
        )
    a.grad.data[...] = 100.0
    expected = 1.0 + again
    assert numbers(b.grad) == [expected, expected] and upstream.tolist() == [1.0, 1.0]


def test_a_gradient_that_is_a_whole_view_is_copied() -> None:
    """sum() and mean() hand back one number seen through strides of 0: a leaf could not add to that."""
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    x.sum().backward()
    assert x.grad is not None
    x.grad.data[0, 0] = 7.0
    assert numbers(x.grad) == [[7.0, 1.0], [1.0, 1.0]]


def test_an_output_saved_by_a_rule_is_not_handed_out_as_a_gradient() -> None:
    """The rule of x * y gives gy * y; with gy = 1 and numbers this is no copy of a saved array, and stays so."""
    x = leaf(2.0)
    y = leaf(3.0)
    (x * y).backward(retain_graph=True)
    assert x.grad is not None
    x.grad.data[...] = 100.0
    assert y.item() == 3.0


# ---- what is freed -----------------------------------------------------------------------------------------


def test_a_freed_graph_is_not_walked_again() -> None:
    x = leaf(1.0, 2.0)
    h = x * x
    y = h.sum()
    y.backward()
    before = numbers(x.grad)
    for attempt in (y.backward, h.sum().backward, lambda: grad(y, [x]), lambda: grad(h.sum() * x.sum(), [x])):
        with pytest.raises(RuntimeError, match=r"let go of what (sum|multiply) had saved.*retain_graph=True"):
            attempt()
        assert numbers(x.grad) == before


def test_a_kept_graph_is_walked_again() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    assert grad(y, [x], retain_graph=True)[0].item() == 6.0
    y.backward()
    assert x.grad is not None and x.grad.item() == 12.0


def test_backward_frees_what_was_saved_as_it_goes() -> None:
    x = leaf(np.ones(4))
    big = x * 2
    y = (big * big).sum()
    kept = weakref.ref(big.data)
    del big
    assert kept() is not None
    y.backward()
    assert kept() is None


def test_a_loss_that_is_dropped_takes_its_graph_with_it(no_collector: None) -> None:
    x = leaf(np.ones(4))
    big = x * 2
    loss = (big * big).sum()
    kept = weakref.ref(big.data)
    del big
    assert kept() is not None
    del loss
    assert kept() is None


def train_step(x: Tensor, w: Tensor) -> None:
    y = ((x @ w) ** 2).mean(axis=0)
    (y.max() + y[0] * y[[0, 1]].sum()).backward()


def second_order_step(x: Tensor, w: Tensor) -> None:
    y = ((x @ w) ** 3).mean(axis=0)
    (g,) = grad(y.sum(), [w], create_graph=True)
    (gg,) = grad((g * g).sum(), [w], create_graph=True)
    (gg * gg).sum().backward()


def forward_step(x: Tensor, w: Tensor) -> None:
    ((x @ w) ** 3).mean(axis=0)


def living_nodes() -> int:
    return [type(each) for each in gc.get_objects()].count(Node)


@pytest.mark.parametrize("step", [forward_step, train_step, second_order_step])
def test_no_cycles_and_no_growth(step: Callable, no_collector: None) -> None:
    x, w = Tensor(np.ones((50, 40))), leaf(np.ones((40, 30)))
    for _ in range(3):
        step(x, w)
    gc.collect()  # what the first step leaves once and for all: its plans
    nodes = living_nodes()
    tracemalloc.start()
    try:
        step(x, w)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            step(x, w)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    # One array of w's shape is 9,600 bytes; a few thousand are tuples that Python keeps for the next use.
    assert grown < 12_000, f"{grown} bytes more after 20 steps"
    assert living_nodes() == nodes
    assert gc.collect() == 0, "something waits for the collector"


def test_an_error_in_backward_leaves_nothing_half_done() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the tensor \(2,\)"):
        (x * x).backward(np.ones(3))
    assert x.grad is None


# ---- long graphs -------------------------------------------------------------------------------------------


def test_a_long_chain() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad is not None and x.grad.item() == 1.0


def test_a_long_chain_of_second_order() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(5_000):
        y = y * 1.0001
    (g,) = grad(y * y, [x], create_graph=True)
    (gg,) = grad(g, [x])
    assert gg.item() == pytest.approx(2 * 1.0001**10_000)


def test_a_long_graph_can_be_dropped() -> None:
    """Each node holds the one before it: the interpreter must not sink into them one by one."""
    x = leaf(1.0)
    y = x
    for _ in range(300_000):
        y = y + x
    first = weakref.ref(y.data)
    del y
    assert first() is None
