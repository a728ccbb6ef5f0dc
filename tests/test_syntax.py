"""The ops behind Python's signs, against NumPy forward and against differences, both orders, backward."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, gradcheck, syntax


def leaf(array: Any) -> Tensor:
    return Tensor(np.array(array, dtype="float64"), requires_grad=True)


def same(ours: Any, theirs: Any) -> None:
    ours = ours.numpy() if isinstance(ours, Tensor) else ours
    assert ours.shape == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def gradient(function: Callable, *inputs: Any) -> list:
    """The gradients of the sum of a function's outputs, as lists."""
    leaves = [leaf(x) for x in inputs]
    function(*leaves).sum().backward()
    return [x.grad.numpy().tolist() for x in leaves]


# ---- arithmetic --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["add", "sub", "mul", "truediv", "pow", "matmul"])
@pytest.mark.parametrize("other", ["tensor", "array", "leaf"])
def test_signs_from_either_side(sign: str, other: str, rng: np.random.Generator) -> None:
    a, b = rng.uniform(0.5, 2.0, (2, 3, 3))
    function = getattr(operator, sign)
    partner = {"tensor": Tensor, "array": np.asarray, "leaf": leaf}[other](b)
    same(function(leaf(a), partner), function(a, b))
    same(function(partner, leaf(a)), function(b, a))
    assert gradcheck.check(lambda x: function(x, b), a)
    assert gradcheck.check(lambda x: function(b, x), a)


@pytest.mark.parametrize("sign", ["add", "sub", "mul", "truediv", "pow"])
def test_numbers_from_either_side(sign: str, rng: np.random.Generator) -> None:
    a = rng.uniform(0.5, 2.0, (2, 3))
    function = getattr(operator, sign)
    for number in (3, 2.5, np.float64(1.5)):
        same(function(leaf(a), number), function(a, number))
        same(function(number, leaf(a)), function(number, a))
        assert gradcheck.check(lambda x, n=number: function(x, n) + function(n, x), a)


def test_one_sign_and_the_absolute_value() -> None:
    x = leaf([-2.0, 0.0, 3.0])
    same(-x, [2.0, 0.0, -3.0])
    same(abs(x), [2.0, 0.0, 3.0])
    assert gradient(abs, [-2.0, 0.0, 3.0]) == [[-1.0, 0.0, 1.0]]
    assert gradcheck.check(lambda x: abs(x) * -x, [np.array([-2.0, 0.5, 3.0])])


def test_logarithm(rng: np.random.Generator) -> None:
    x = rng.uniform(0.2, 3.0, (3, 4))
    same(syntax.log(leaf(x)), np.log(x))
    assert gradcheck.check(syntax.log, x, order=3)


def test_powers_at_the_edge() -> None:
    for exponent, expected in [
        (0, [0.0, 0.0, 0.0]),
        (1, [1.0, 1.0, 1.0]),
        (2, [-4.0, 0.0, 6.0]),
        (3, [12.0, 0.0, 27.0]),
    ]:
        assert gradient(lambda x, n=exponent: x**n, [-2.0, 0.0, 3.0]) == [expected]
        by_tensor = leaf(float(exponent))
        x = leaf([-2.0, 0.0, 3.0])
        (g,) = grad((x**by_tensor).sum(), [x])  # nobody asks about the exponent: no logarithm of -2
        assert g.numpy().tolist() == expected
    assert gradient(lambda n: 0.0**n, [1.0, 2.0, 0.0]) == [[0.0, 0.0, 0.0]]
    same(leaf(0.0) ** 0, 1.0)
    assert gradcheck.check(lambda x: x**-2, [np.array([-2.0, 1.5])], order=3)
    assert gradcheck.check(lambda x: x**3, [np.array([-2.0, 0.0, 1.5])], order=3)
    assert gradcheck.check(lambda x, n: x**n, [np.array([0.5, 1.5]), np.array([[2.0], [0.3]])], order=3)


def test_second_order_of_a_power_at_zero() -> None:
    """x**0 is 1, x**1 is x: their second gradients are 0 at x = 0 too, not 0 times infinity."""
    for exponent, second in [(0, 0.0), (1, 0.0), (2, 2.0), (3, 0.0)]:
        x = leaf(0.0)
        (g,) = grad(x**exponent, [x], create_graph=True)
        assert (grad(g, [x])[0].item() if g.requires_grad else 0.0) == second


def test_where_picks_a_side(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(3, 4)), rng.normal(size=4)
    same(syntax.where(a > 0, leaf(a), leaf(b)), np.where(a > 0, a, b))
    assert gradcheck.check(lambda a, b: syntax.where(a > 0, a * b, b), [a, b])
    assert gradient(lambda a, b: syntax.where(Tensor([True, False]), a, b), [1.0, 2.0], 5.0) == [
        [1.0, 0.0],
        1.0,
    ]


def test_where_keeps_what_is_not_chosen_out() -> None:
    """The other side may hold anything: its gradient is exactly 0."""
    assert gradient(lambda a: syntax.where(np.array([True, False]), a, 0.0), [1.0, np.inf]) == [[1.0, 0.0]]


def test_where_takes_lists_and_switches() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    assert syntax.where([True, False], a, b).numpy().tolist() == [1.0, 4.0]
    assert syntax.where(True, a, b).numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("sign", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_comparisons(sign: str) -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
    function = getattr(operator, sign)
    for left, right in [(leaf(a), b), (a, leaf(b)), (Tensor(a), Tensor(b)), (leaf(a), 2.0), (2.0, leaf(b))]:
        result = function(left, right)
        assert isinstance(result, Tensor) and result.dtype == bool and not result.requires_grad
        expected = function(*(side.numpy() if isinstance(side, Tensor) else side for side in (left, right)))
        assert result.numpy().tolist() == expected.tolist()


# ---- matmul ------------------------------------------------------------------------------------------------

MATRICES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (1, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((2, 1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (2, 1, 3, 4)),
    ((2, 1, 2, 3), (3,)),
    ((3,), (2, 1, 3, 4)),
    ((1, 1), (1, 1)),
    ((0, 3), (3, 2)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), MATRICES)
def test_matmul_of_every_rank(a_shape: tuple, b_shape: tuple, rng: np.random.Generator) -> None:
    a, b = rng.normal(size=a_shape), rng.normal(size=b_shape)
    same(leaf(a) @ leaf(b), a @ b)
    assert gradcheck.check(syntax.matmul, [a, b])


@pytest.mark.parametrize(("a_shape", "b_shape"), MATRICES)
def test_matmul_agrees_with_torch(a_shape: tuple, b_shape: tuple, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    a, b = rng.normal(size=a_shape), rng.normal(size=b_shape)
    x, w = leaf(a), leaf(b)
    tx, tw = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    y, ty = x @ w, tx @ tw
    gy = rng.normal(size=y.shape)
    y.backward(gy)
    ty.backward(torch.tensor(gy))
    np.testing.assert_allclose(x.grad.numpy(), tx.grad.numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(w.grad.numpy(), tw.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_matrices_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="matmul"):
        leaf(np.ones((2, 3))) @ leaf(np.ones((2, 3)))


# ---- shape -------------------------------------------------------------------------------------------------


def test_shapes(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 4))
    for function in [
        lambda x: x.reshape(6, 4),
        lambda x: x.reshape((4, -1)),
        lambda x: x.reshape(-1),
        lambda x: x.transpose(),
        lambda x: x.transpose(1, 2, 0),
        lambda x: x.transpose((-1, 0, 1)),
        lambda x: x.T,
        lambda x: x.swapaxes(0, -1),
    ]:
        same(function(leaf(x)), function(x))
        assert gradcheck.check(lambda x, f=function: f(x) * f(x), x)
    same(syntax.broadcast_to(leaf(x[:, :1]), (5, 2, 3, 4)), np.broadcast_to(x[:, :1], (5, 2, 3, 4)))
    assert gradcheck.check(lambda x: syntax.broadcast_to(x, (5, 2, 3, 4)) ** 2, x[:, :1])


# ---- indexing ----------------------------------------------------------------------------------------------

ROWS, COLUMNS = np.array([[0, 2], [2, 2]]), np.array([1, 0])
INDICES: dict[str, Any] = {
    "number": 1,
    "last": -1,
    "numbers": (1, -1),
    "all numbers": (1, 2, 0),
    "slice": slice(1, None),
    "backward": (slice(None, None, -1), slice(3, 0, -2)),
    "nothing": slice(2, 2),
    "new axis": (None, slice(None), None),
    "ellipsis": (..., 0),
    "both": (0, ..., None, slice(1, 3)),
    "rows twice": np.array([0, 0, 2]),
    "list": [2, 0, 0],
    "negative rows": np.array([-1, 2, 0]),
    "table of rows": ROWS,
    "pairs": (ROWS, COLUMNS),
    "pairs apart": (COLUMNS, slice(None), COLUMNS),
    "row and pairs": (1, COLUMNS),
    "slice and rows": (slice(0, 2), ROWS),
    "mask": np.arange(24).reshape(3, 4, 2) % 3 == 0,
    "mask of rows": np.array([True, False, True]),
    "list of booleans": [True, False, True],
    "mask and number": (np.array([True, False, True]), 1),
    "mask and rows": (np.array([True, False, True]), COLUMNS),
    "masks": (slice(None), np.array([True, True, False, True])),
    "empty list": np.array([], dtype=int),
    "0-d integer": np.array(1),
    "NumPy integer": np.int64(2),
}


@pytest.mark.parametrize("name", INDICES)
def test_indexing_in_all_forms(name: str, rng: np.random.Generator) -> None:
    index = INDICES[name]
    x = rng.normal(size=(3, 4, 2))
    same(leaf(x)[index], x[index])
    assert gradcheck.check(lambda x: x[index] ** 2, x)
    gy = rng.normal(size=x[index].shape)
    expected = np.zeros_like(x)
    np.add.at(expected, index, gy)
    t = leaf(x)
    t[index].backward(gy)
    same(t.grad, expected)
    same(syntax.put(gy, index, x.shape), expected)


def test_tensors_as_indices(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    same(leaf(x)[Tensor(np.array([0, 0, 2]))], x[[0, 0, 2]])
    same(leaf(x)[Tensor(np.array([0, 2])), 1:], x[[0, 2], 1:])
    t = leaf(x)
    same(t[t > 0], x[x > 0])
    t[t > 0].sum().backward()
    same(t.grad, (x > 0) * 1.0)


@pytest.mark.cpu
def test_indices_out_of_bounds() -> None:
    x = leaf(np.ones((3, 4)))
    for index in (3, [0, 7], (0, 0, 0)):
        with pytest.raises(IndexError):
            x[index]
    with pytest.raises(TypeError, match="does not support item assignment"):
        x[0] = 1.0  # type: ignore[index]


# ---- reductions --------------------------------------------------------------------------------------------


@st.composite
def reductions(draw: st.DrawFn) -> tuple[np.ndarray, Any, bool]:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    axes = draw(st.lists(st.integers(0, len(shape) - 1), unique=True, max_size=len(shape)))
    signed = tuple(axis - len(shape) if draw(st.booleans()) else axis for axis in axes)
    axis = None if not signed else signed[0] if len(signed) == 1 and draw(st.booleans()) else signed
    x = np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape)
    return x, axis, draw(st.booleans())


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var"])
@given(case=reductions())
def test_reductions(name: str, case: tuple) -> None:
    x, axis, keepdims = case
    same(getattr(leaf(x), name)(axis=axis, keepdims=keepdims), getattr(x, name)(axis=axis, keepdims=keepdims))
    assert gradcheck.check(lambda x: getattr(x, name)(axis, keepdims) ** 2, x)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_equal_winners_share(axis: Any, keepdims: bool) -> None:
    thirds = [[1 / 3, 1 / 3], [0.0, 1 / 3]]
    shares = {None: thirds, (0, 1): thirds, 0: [[1.0, 0.5], [0.0, 0.5]], -1: [[0.5, 0.5], [0.0, 1.0]]}
    x = np.array([[2.0, 2.0], [1.0, 2.0]])
    for name, t in [("max", leaf(x)), ("min", leaf(-x))]:
        getattr(t, name)(axis=axis, keepdims=keepdims).sum().backward()
        same(t.grad, shares[axis])


def test_an_axis_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="axis 2"):
        leaf(np.ones((2, 3))).sum(axis=2)


def test_masks_are_joined_and_asked(rng: np.random.Generator) -> None:
    a = rng.normal(size=(4, 5))
    x = leaf(a)
    low, high = a > -0.5, a < 0.5
    for ours, theirs in [
        ((x > -0.5) & (x < 0.5), low & high),
        (low | (x < 0.5), low | high),
        (~(x > -0.5), ~low),
        ((x > -0.5).all(axis=1), low.all(axis=1)),
        ((x > -0.5).any(axis=[0, 1]), low.any()),
        (x[(x > -0.5) & high], a[low & high]),
    ]:
        assert np.array_equal(ours.numpy(), theirs)
    assert (x == a).all() and not (x != a).any()


def test_argmax(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    assert leaf(x).argmax().item() == x.argmax()
    assert leaf(x).argmax(axis=1).numpy().tolist() == x.argmax(axis=1).tolist()
