"""The graph: what a gradient reaches, what it costs in memory, and what is said when it cannot be had."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from tinydl import Tensor, grad, gradcheck, no_grad, syntax
from tinydl.autograd import mode


def leaf(*values: Any, dtype: str = "float64") -> Tensor:
    return Tensor(np.array(values if len(values) != 1 else values[0], dtype), requires_grad=True)


def numbers(x: Any) -> Any:
    assert isinstance(x, Tensor)
    return x.numpy().tolist()


# ---- first order -------------------------------------------------------------------------------------------


def test_a_tensor_used_many_times_collects_from_all_uses() -> None:
    x = leaf(3.0)
    for y, slope in [
        (x + x, 2),
        (x * x, 6),
        (x * x * x, 27),
        (x - x, 0),
        ((x * x) * (x + x), 54),  # a diamond
        (x + x * x + x * x * x, 1 + 6 + 27),
        (syntax.where(True, x, x), 1),
    ]:
        x.grad = None
        y.backward()
        assert x.grad is not None and x.grad.item() == slope


def test_a_result_used_many_times_is_visited_once() -> None:
    """Thirty doublings: a walk along every path would take a billion steps."""
    x = leaf(1.0)
    y = x
    for _ in range(30):
        y = y + y
    y.backward()
    assert x.grad is not None and x.grad.item() == 2.0**30


def test_leaf_gradients_add_up_until_they_are_forgotten() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    assert numbers(x.grad) == [5.0, 7.0]
    x.zero_grad()
    assert x.grad is None
    (x * 3).sum().backward()
    assert numbers(x.grad) == [3.0, 3.0]


def test_only_leaves_keep_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    y = x * x
    y.sum().backward()
    assert y.grad is None and y.requires_grad and not y.is_leaf


def test_backward_from_several_numbers_takes_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    (x * x).backward(np.array([1.0, 10.0]))
    assert numbers(x.grad) == [2.0, 40.0]
    x.grad = None
    (x * x).backward(Tensor([1.0, 10.0], dtype="float64"))
    assert numbers(x.grad) == [2.0, 40.0]
    x.grad = None
    (x * x).backward([1.0, 10.0])
    assert numbers(x.grad) == [2.0, 40.0]


def test_a_gradient_of_another_dtype() -> None:
    """Bare numbers are cast; a Tensor may have a graph of its own, so that is left to the caller."""
    x = leaf(1.0, 2.0)
    (x + x).backward(np.ones(2, "float32"))
    assert x.grad is not None and x.grad.dtype == np.float64
    for attempt in ((x + x).backward, lambda g: grad(x + x, [x], g)):
        with pytest.raises(TypeError, match="the gradient is float32, the tensor float64: use astype"):
            attempt(Tensor([1.0, 1.0]))


def test_a_leaf_is_its_own_root() -> None:
    x = leaf(2.0)
    x.backward()
    assert x.grad is not None and x.grad.item() == 1.0
    (g,) = grad(x, [x])
    assert g.item() == 1.0


# ---- grad --------------------------------------------------------------------------------------------------


def test_grad_returns_and_leaves_nothing_behind() -> None:
    x, w = leaf(2.0), leaf(5.0)
    y = x * x * w
    gx, gw = grad(y, [x, w])
    assert (gx.item(), gw.item()) == (20.0, 4.0)
    assert x.grad is None and w.grad is None and not gx.requires_grad


def test_grad_reaches_results_on_the_way() -> None:
    x = leaf(2.0)
    h = x * x
    y = h * h + x
    gh, gx = grad(y, [h, x])
    assert (gh.item(), gx.item()) == (8.0, 33.0)


def test_grad_takes_one_tensor_or_several() -> None:
    x = leaf(2.0)
    assert grad(x * x, x)[0].item() == 4.0
    assert [g.item() for g in grad(x * x, (x, x))] == [4.0, 4.0]


def test_grad_of_what_is_unused() -> None:
    x, unused = leaf(2.0), leaf(1.0, 1.0)
    y = x * x
    with pytest.raises(RuntimeError, match=r"y does not depend on xs\[1\], of shape \(2,\)"):
        grad(y, [x, unused], retain_graph=True)
    gx, nothing = grad(y, [x, unused], allow_unused=True)
    assert gx.item() == 4.0 and nothing is None


def test_orders_of_a_power() -> None:
    x = leaf(1.5)
    y = x**5
    for factor, power in [(5, 4), (20, 3), (60, 2), (120, 1), (120, 0)]:
        (y,) = grad(y, [x], create_graph=True)
        assert y.item() == pytest.approx(factor * 1.5**power)


def test_gradient_of_a_gradient_penalty() -> None:
    """As in training a critic: the square of an input gradient, differentiated with respect to the weights."""
    rng = np.random.default_rng(0)

    def penalty(x: Tensor, w: Tensor, v: Tensor) -> Tensor:
        hidden = x @ w
        (g,) = grad(((hidden * hidden * hidden) @ v).sum(), [x], create_graph=True)
        return ((g * g).sum(axis=1) ** 0.5 - 1.0) ** 2

    assert gradcheck.check(penalty, [rng.normal(size=shape) for shape in [(3, 4), (4, 5), (5, 1)]])


def test_gradients_through_grad_outputs() -> None:
    """The gradient is linear in the upstream gradient, and that is a tensor with a gradient of its own."""
    x, v = leaf(1.0, 2.0), leaf(1.0, 1.0)
    (g,) = grad(x * x * x, [x], grad_outputs=v, create_graph=True)
    (gv,) = grad(g.sum(), [v])
    assert numbers(gv) == [3.0, 12.0]


HIGHER = {
    "products": lambda x, w: (x @ w) * (x @ w) / (1 + x.sum() ** 2),
    "choice": lambda x, w: x[1:] ** 3 @ w + x.max(axis=0) @ w,
    "variance": lambda x, w: (x @ w).var(axis=0) ** 2,
    "many uses": lambda x, w: x * x * x * w.sum() + (x + x) * w.T[0, 0],
}


@pytest.mark.parametrize("name", HIGHER)
def test_three_orders_agree_with_torch(name: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    a, b = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    results = []
    for make, differentiate in [
        (leaf, grad),
        (lambda z: torch.tensor(z, requires_grad=True), torch.autograd.grad),
    ]:
        x, w = make(a), make(b)
        if make is leaf:
            y = HIGHER[name](x, w)
        else:
            y = TORCH.get(name, HIGHER[name])(x, w)
        found = []
        for order in range(3):
            gs = differentiate((y * y).sum() if order == 0 else (y**2).sum(), [x, w], create_graph=True)
            found += [np.asarray(g.detach().numpy()) for g in gs]
            y = gs[0]
        results.append(found)
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


TORCH = {  # where torch says it otherwise
    "choice": lambda x, w: x[1:] ** 3 @ w + x.max(dim=0).values @ w,
    "variance": lambda x, w: (x @ w).var(dim=0, correction=0) ** 2,
}


# ---- who wants a gradient ----------------------------------------------------------------------------------


def test_results_want_a_gradient_if_an_input_does() -> None:
    x, frozen = leaf(1.0), Tensor(2.0, dtype="float64")
    assert (x * frozen).requires_grad
    assert not (frozen * frozen).requires_grad
    assert not (x > frozen).requires_grad
    assert not x.detach().requires_grad


def test_what_wants_no_gradient_cannot_be_differentiated() -> None:
    x, frozen = leaf(1.0), Tensor([1.0])
    for attempt in (frozen.backward, lambda: grad(frozen, [x]), (x > 0).backward):
        with pytest.raises(RuntimeError, match="does not depend on anything with requires_grad=True"):
            attempt()
    with pytest.raises(RuntimeError, match=r"xs\[1\], of shape \(1,\), does not require a gradient"):
        grad(x * x, [x, frozen])


def test_several_numbers_have_no_gradient_of_their_own() -> None:
    x = leaf(1.0, 2.0)
    for attempt in ((x * x).backward, lambda: grad(x * x, [x])):
        with pytest.raises(ValueError, match=r"shape \(2,\); only a single number.*sum\(\) or mean\(\)"):
            attempt()
    (x * x)[:1].backward()  # one number, whatever its shape
    with pytest.raises(ValueError, match=r"grad: the gradient has shape \(\), the tensor \(2,\)"):
        grad(x * x, [x], grad_outputs=1.0)


def test_detach_cuts() -> None:
    x = leaf(3.0)
    y = x.detach() * x
    y.backward()
    assert x.grad is not None and x.grad.item() == 3.0
    assert x.detach().data is x.data


def test_no_grad_forgets() -> None:
    x = leaf(3.0)
    with no_grad():
        y = x * x
        with no_grad():
            pass
        assert not (x * x).requires_grad
    assert not y.requires_grad and (x * x).requires_grad


def test_no_grad_as_a_decorator_and_around_an_error() -> None:
    x = leaf(3.0)

    @no_grad()
    def evaluate(fail: bool) -> Tensor:
        if fail:
            raise KeyError("on purpose")
        return x * x

    for _ in range(2):
        assert not evaluate(False).requires_grad
        with pytest.raises(KeyError):
            evaluate(True)
        assert mode.recording and (x * x).requires_grad


def test_no_grad_holds_for_its_own_thread() -> None:
    x = leaf(3.0)
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * x).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_grad_of_a_graph_under_no_grad() -> None:
    """create_graph says what is wanted, whatever is said around it."""
    x = leaf(3.0)
    y = x * x * x
    with no_grad():
        (g,) = grad(y, [x], create_graph=True)
    assert grad(g, [x])[0].item() == 18.0


def test_weights_are_written_between_steps() -> None:
    """Optimizers write into `.data`: what the next forward pass sees, and what a gradient is taken at."""
    w = leaf(1.0)
    for _ in range(3):
        (w * w).backward()
        assert w.grad is not None
        w.data -= 0.25 * w.grad.data
        w.zero_grad()
    assert w.item() == 0.125
