"""Ops that take a list of inputs, and ops that give several outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinydl import Tensor, grad, gradcheck
from tinydl.op import op


@pytest.fixture(autouse=True)
def own_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ops made here stay out of the list of the package's own."""
    monkeypatch.setattr("tinydl.op.OPS", {})


def leaf(array: Any, dtype: Any = "float64") -> Tensor:
    return Tensor(np.array(array, dtype=dtype), requires_grad=True)


def frozen(array: Any) -> Tensor:
    return Tensor(np.array(array, dtype="float64"))


def weighted_sum() -> Callable:
    """A list op with a rule that knows the position: the sum of the arrays times 1, 2, 3 ..., to a power."""

    @op
    def weighted(*arrays: Any, power: int = 1) -> Any:
        return sum((i + 1) * array**power for i, array in enumerate(arrays))

    @weighted.gradient("arrays")
    def _(gy: Any, arrays: tuple, arrays_shape: tuple, power: int, position: int) -> Any:
        assert arrays_shape == tuple(array.shape for array in arrays)
        return gy * (position + 1) * power * arrays[position] ** (power - 1)

    return weighted


def test_a_list_of_inputs_one_by_one_or_as_one() -> None:
    weighted = weighted_sum()
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for y in (weighted(a, b), weighted([a, b]), weighted((a, b))):
        assert y.tolist() == [7.0, 10.0]
    assert weighted(a, b, power=2).tolist() == [19.0, 36.0]


def test_options_may_follow_one_list_of_inputs() -> None:
    weighted, a, b = weighted_sum(), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    expected = weighted(a, b, power=3)
    assert np.array_equal(weighted([a, b], 3), expected)
    assert np.array_equal(weighted((leaf(a), b), 3).numpy(), expected)
    with pytest.raises(TypeError):
        weighted([a, b], 3, 4)


def test_lists_of_numbers_are_arrays_where_arrays_are_expected() -> None:
    @op
    def total(x: Any, axis: Any = None) -> Any:
        return x.sum(axis=axis)

    total.gradient("x")(lambda gy, x_shape: gy * np.ones(x_shape, gy.dtype))
    assert total([[1.0, 2.0], [3.0, 4.0]], axis=[0, 1]) == 10 and total([1.0]).dtype == np.float32
    assert weighted_sum()([[1.0], [2.0]]).dtype == np.float32
    t = Tensor([1.0, 2.0], requires_grad=True)
    assert (t + [1.0, 2.0]).numpy().tolist() == ([1.0, 2.0] + t).numpy().tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match="total: expected an array, got a list of Tensors"):
        total([t, t])  # an array of them would have lost the gradients


def test_positions_in_a_list_of_inputs() -> None:
    weighted = weighted_sum()
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    weighted([a, frozen([1.0, 1.0]), b]).sum().backward()
    assert a.grad.numpy().tolist() == [1.0, 1.0] and b.grad.numpy().tolist() == [3.0, 3.0]
    a.grad = None
    weighted(a, a, power=3).sum().backward()  # the same tensor twice: 3 a**2 + 2 * 3 a**2
    assert a.grad.numpy().tolist() == [9.0, 36.0]
    rng = np.random.default_rng(0)
    assert gradcheck.check(
        lambda x, w: weighted(x, w, x, power=3), [rng.normal(size=3), rng.normal(size=3)], order=3
    )


def two_faced() -> Callable:
    """An op with two outputs: the squares, and the sum."""

    @op
    def halves(x: Any) -> Any:
        return x * x, x.sum()

    @halves.gradient("x")
    def _(gy: Any, y: Any, x: Any) -> Any:
        squares, total = gy
        assert len(y) == 2
        g = x * 0 if squares is None else 2 * squares * x
        return g if total is None else g + total

    return halves


def test_several_outputs() -> None:
    halves = two_faced()
    x = leaf([1.0, 2.0, 3.0])
    squares, total = halves(x)
    assert isinstance(squares, Tensor) and total.item() == 6.0
    for y, expected in [
        (lambda s, t: s.sum(), [2.0, 4.0, 6.0]),
        (lambda s, t: t, [1.0, 1.0, 1.0]),
        (lambda s, t: (s * t).sum(), [26.0, 38.0, 50.0]),  # 2 x sum(x) + sum(x * x)
        (lambda s, t: t * t + s[0] + s[0] + t, [17.0, 13.0, 13.0]),
    ]:
        x.grad = None
        y(*halves(x)).backward()
        assert x.grad.numpy().tolist() == expected
    assert [type(a) for a in halves(np.ones(3))] == [np.ndarray, np.float64]
    assert not halves(frozen([1.0]))[0].requires_grad
    assert gradcheck.check(halves, np.array([0.3, -1.2, 2.0]), order=3)


def test_an_output_used_by_the_caller_and_by_its_own_rule() -> None:
    """The gradient of a gradient reaches the output on two ways: they add up."""

    @op
    def growth(x: Any) -> Any:
        y = 2.0**x
        return y, y.sum()

    @growth.gradient("x")
    def _(gy: Any, y: Any) -> Any:
        each, total = gy
        slope = float(np.log(2.0)) * y[0]
        return slope * (0.0 if each is None else each) + slope * (0.0 if total is None else total)

    def function(x: Tensor) -> Tensor:
        y, total = growth(x)
        (g,) = grad((y * y).sum() * total, [x], create_graph=True)
        return g * y * total

    assert gradcheck.check(function, np.array([0.3, -1.2, 0.5]))


def test_several_outputs_are_freed_and_asked_for_like_one() -> None:
    halves = two_faced()
    x = leaf([1.0, 2.0])
    squares, total = halves(x)
    (squares.sum() + total).backward()
    with pytest.raises(RuntimeError, match="let go of what halves had saved"):
        (squares * 2).sum().backward()
    squares, total = halves(x)
    g_squares, g_total = grad((squares * total).sum(), [squares, total])
    assert g_squares.numpy().tolist() == [3.0, 3.0] and g_total.item() == 5.0


def test_one_output_can_go_back_while_another_is_kept() -> None:
    halves = two_faced()
    x = leaf([1.0, 2.0])
    squares, total = halves(x)
    total.backward(retain_graph=True)
    squares.sum().backward()
    assert x.grad.numpy().tolist() == [3.0, 5.0]
