"""What makes an op: arguments, rules and what they are given, broadcasting, dtypes, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, gradcheck, syntax
from tinydl.op import OPS, op


@pytest.fixture(autouse=True)
def own_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ops made here stay out of the list of the package's own."""
    monkeypatch.setattr("tinydl.op.OPS", {})


def leaf(array: Any, dtype: Any = "float64") -> Tensor:
    return Tensor(np.array(array, dtype=dtype), requires_grad=True)


def frozen(array: Any) -> Tensor:
    return Tensor(np.array(array, dtype="float64"))


def counted_product() -> tuple[Callable, list[str]]:
    """a * b * scale, with a list of the rules that have run."""
    ran = []

    @op
    def counted(a: Any, b: Any, scale: float = 1.0) -> Any:
        """a times b, times a number."""
        return a * b * scale

    @counted.gradient("a")
    def _(gy: Any, b: Any, scale: float) -> Any:
        ran.append("a")
        return gy * b * scale

    @counted.gradient("b")
    def _(gy: Any, a: Any, scale: float) -> Any:
        ran.append("b")
        return gy * a * scale

    return counted, ran


# ---- answers in kind ---------------------------------------------------------------------------------------


def test_arrays_in_arrays_out() -> None:
    counted, _ = counted_product()
    y = counted(np.array([1.0, 2.0]), 3.0)
    assert type(y) is np.ndarray and y.tolist() == [3.0, 6.0]
    assert type(counted(frozen([1.0]), 2.0)) is Tensor
    assert type(counted(2.0, frozen([1.0]), scale=3.0)) is Tensor
    assert counted.__name__ == "counted" and counted.__doc__ == "a times b, times a number."


def test_a_number_comes_back_as_an_array() -> None:
    y = frozen([1.0, 2.0]).sum()
    assert type(y.numpy()) is np.ndarray and y.shape == ()


def test_arguments_by_place_by_name_and_by_default() -> None:
    counted, _ = counted_product()
    for y in (
        counted(2.0, 3.0),
        counted(a=2.0, b=3.0),
        counted(2.0, b=3.0, scale=1.0),
        counted(2.0, 3.0, 1.0),
    ):
        assert y == 6.0
    x = leaf(2.0)
    counted(b=x, a=3.0, scale=2.0).backward()
    assert x.grad is not None and x.grad.item() == 6.0


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((1.0,), {}, "missing a required argument: 'b'"),
        ((1.0, 2.0, 3.0, 4.0), {}, "too many positional arguments"),
        ((1.0, 2.0), {"a": 3.0}, "multiple values for argument 'a'"),
        ((1.0, 2.0), {"sacle": 3.0}, "unexpected keyword argument 'sacle'"),
    ],
)
def test_wrong_arguments_are_named(args: tuple, options: dict, message: str) -> None:
    counted, _ = counted_product()
    with pytest.raises(TypeError, match=message):
        counted(*args, **options)


def test_every_op_is_listed_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    listed: dict[str, Callable] = {}
    monkeypatch.setattr("tinydl.op.OPS", listed)
    counted, _ = counted_product()
    assert listed == {"counted": counted}
    assert "matmul" in OPS and OPS["matmul"] is syntax.matmul


# ---- rules -------------------------------------------------------------------------------------------------


def test_rules_run_only_for_inputs_that_want_a_gradient() -> None:
    counted, ran = counted_product()
    x = leaf([1.0, 2.0])
    counted(x, frozen([3.0, 4.0])).sum().backward()
    assert ran == ["a"]
    counted(np.array([3.0, 4.0]), x).sum().backward()
    assert ran == ["a", "b"]
    counted(frozen(1.0), frozen(2.0))
    counted(x, x).sum().backward()
    assert ran == ["a", "b", "a", "b"]


def test_rules_run_only_on_the_way_to_what_is_asked() -> None:
    counted, ran = counted_product()
    x, w, side = leaf(2.0), leaf(3.0), leaf(5.0)
    y = counted(counted(x, w), counted(side, side))
    assert grad(y, [w])[0].item() == 50.0
    assert ran == ["a", "b"]  # the outer op for its first input, the inner one for w


def test_only_what_a_rule_names_is_kept() -> None:
    counted, _ = counted_product()
    a, b = leaf([1.0, 2.0]), frozen([3.0, 4.0])
    saved = counted(a, b).node.saved
    assert [s is b.data for s in saved] == [True, False]  # b and the scale, not a, not y
    assert saved[1] == 1.0
    assert (a + b).node.saved == []
    assert a.sum().node.saved == [(2,), None, False]
    assert syntax.multiply(a, 2.0).node.saved == [2.0]


def test_rules_may_ask_for_shape_dtype_output_and_options() -> None:
    seen = {}

    @op
    def curious(x: Any, w: Any, power: int = 2) -> Any:
        return x**power + w

    @curious.gradient("x")
    def _(gy: Any, y: Any, x: Any, x_shape: tuple, w_shape: tuple, w_dtype: Any, power: int) -> Any:
        seen.update(y=y, x_shape=x_shape, w_shape=w_shape, w_dtype=w_dtype, power=power)
        return gy * power * x ** (power - 1)

    x = leaf([[1.0, 2.0]])
    curious(x, np.ones(2), power=3).sum().backward()
    assert seen["x_shape"] == (1, 2) and seen["w_shape"] == (2,) and seen["power"] == 3
    assert seen["w_dtype"] == np.float64 and seen["y"].tolist() == [[2.0, 9.0]]
    with pytest.raises(TypeError, match="curious has no gradient rule for 'w'.*detach"):
        curious(1.0, x)


def test_a_rule_names_only_what_there_is() -> None:
    @op
    def plain(x: Any) -> Any:
        return x

    with pytest.raises(TypeError, match="a gradient rule of plain names 'z', which plain does not have"):
        plain.gradient("z")(lambda gy: gy)
    with pytest.raises(TypeError, match="names 'kernel'"):
        plain.gradient("x")(lambda gy, kernel: gy)
    with pytest.raises(TypeError, match="a gradient rule of plain takes gy first"):
        plain.gradient("x")(lambda x, gy: gy)


def test_a_rule_shared_by_several_inputs_runs_once() -> None:
    ran = []

    @op
    def both(a: Any, b: Any, c: Any) -> Any:
        return a * b + c

    @both.gradient("a", "b", "c")
    def _(gy: Any, a: Any, b: Any) -> Any:
        ran.append(True)
        return gy * b, gy * a, gy

    inputs = [leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf(5.0)]
    both(*inputs).sum().backward()
    assert ran == [True]
    assert [x.grad.numpy().tolist() for x in inputs] == [[3.0, 4.0], [1.0, 2.0], 2.0]
    assert gradcheck.check(both, [np.ones((2, 3)), np.full(3, 2.0), np.ones((2, 1))])


def test_a_shared_rule_may_give_one_array_twice() -> None:
    @op
    def same(a: Any, b: Any) -> Any:
        return 2 * a + 2 * b

    @same.gradient("a", "b")
    def _(gy: Any) -> Any:
        g = 2 * gy
        return g, g

    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    same(a, b).sum().backward()
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())


def test_one_rule_may_serve_two_inputs_in_turn() -> None:
    @op
    def same(a: Any, b: Any) -> Any:
        return 2 * a + 2 * b

    same.gradient("b")(same.gradient("a")(lambda gy: 2 * gy))
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    for _ in range(2):
        same(a, b).sum().backward()
    assert a.grad.numpy().tolist() == b.grad.numpy().tolist() == [4.0, 4.0]
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())


def test_a_rule_may_give_what_was_saved() -> None:
    @op
    def kept(x: Any, g: Any) -> Any:
        return x * g

    kept.gradient("x")(lambda gy, g: g)
    x, g = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    kept(x, g).sum().backward()
    assert x.grad.numpy().tolist() == [3.0, 4.0] and not np.shares_memory(x.grad.numpy(), g)


@pytest.mark.parametrize(
    ("rule", "shape"),
    [
        (lambda gy: gy[:1], r"\(1, 3\)"),
        (lambda gy: gy.T, r"\(3, 2\)"),
        (lambda gy: gy.sum(axis=0), r"\(3,\)"),
    ],
)
def test_a_gradient_of_the_wrong_shape_names_the_op(rule: Callable, shape: str) -> None:
    @op
    def misshapen(x: Any) -> Any:
        return x + 0.0

    misshapen.gradient("x")(rule)
    with pytest.raises(
        ValueError, match=rf"rule of misshapen gave shape {shape} for an input of shape \(2, 3\)"
    ):
        misshapen(leaf(np.ones((2, 3)))).sum().backward()


def test_a_gradient_of_the_wrong_dtype_names_the_op() -> None:
    @op
    def widened(x: Any) -> Any:
        return x + 0.0

    widened.gradient("x")(lambda gy: gy.astype("float64"))
    with pytest.raises(TypeError, match="rule of widened gave float64 for an input of float32"):
        widened(leaf(np.ones(3), "float32")).sum().backward()


def test_a_choice_has_no_gradient() -> None:
    x = leaf([1.0, 3.0, 2.0])
    assert not syntax.argmax(x).requires_grad and syntax.argmax(x).item() == 1
    assert not (x > 2.0).requires_grad and not syntax.sign(x).requires_grad


# ---- broadcasting ------------------------------------------------------------------------------------------


@st.composite
def broadcastable(draw: st.DrawFn) -> tuple[tuple, tuple, tuple]:
    """Two shapes that go together, and what they make."""
    whole = draw(st.lists(st.integers(1, 3), max_size=4))

    def part() -> tuple:
        shape = [n if draw(st.booleans()) else 1 for n in whole]
        return tuple(shape[draw(st.integers(0, len(shape))) :])

    a, b = part(), part()
    return a, b, np.broadcast_shapes(a, b)


@given(shapes=broadcastable(), name=st.sampled_from(["add", "subtract", "multiply", "divide", "power"]))
def test_gradients_are_summed_back_over_broadcast_axes(shapes: tuple, name: str) -> None:
    a_shape, b_shape, whole = shapes
    rng = np.random.default_rng(len(whole))
    a, b = rng.uniform(0.5, 2.0, a_shape), rng.uniform(0.5, 2.0, b_shape)
    function = getattr(syntax, name)
    assert function(a, b).shape == whole
    gy = rng.normal(size=whole)
    ta, tb = leaf(a), leaf(b)
    function(ta, tb).backward(gy)
    wide_a, wide_b = leaf(np.broadcast_to(a, whole)), leaf(np.broadcast_to(b, whole))
    function(wide_a, wide_b).backward(gy)
    for narrow, wide in [(ta, wide_a), (tb, wide_b)]:
        assert narrow.grad.shape == narrow.shape and narrow.grad.data.base is None
        expected = np.zeros(narrow.shape)
        for index in np.ndindex(whole):  # each element of the result reads one element of each input
            at = index[len(whole) - narrow.ndim :]
            expected[tuple(i if n > 1 else 0 for i, n in zip(at, narrow.shape))] += wide.grad.numpy()[index]
        np.testing.assert_allclose(narrow.grad.numpy(), expected, rtol=1e-12, atol=1e-12)
    assert gradcheck.check(function, [a, b])


# ---- dtypes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_stay(dtype: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]], dtype)
    results = [
        x + 1,
        2.5 * x,
        1 / x,
        x**2,
        x**0.5,
        2.0**x,
        x @ x,
        x.mean(),
        x.sum(axis=0),
        x.var(),
        x.max(),
        x[0, 0],
        x * x[0, 0],
        abs(-x),
        syntax.where(x > 2, x, 0.0),
        x * x.sum() / 3,
    ]
    for y in results:
        assert y.dtype == dtype, y
        (g,) = grad(y, [x], grad_outputs=np.ones(y.shape), create_graph=True)  # float64 ones are cast
        assert g.dtype == dtype
        x.grad = None
        (g * x).sum().backward()
        assert x.grad.dtype == dtype


def test_silent_promotion_is_an_error_that_names_both() -> None:
    x = leaf([1.0, 2.0], "float32")
    wide = np.array([1.0, 2.0])
    message = r"multiply: an input .* is float32, but the result would be float64 \(a float32, b float64\)"
    for attempt in (lambda: x * wide, lambda: x * Tensor(wide)):
        with pytest.raises(TypeError, match=message):
            attempt()
    with pytest.raises(TypeError, match="float64"):
        wide * x
    with pytest.raises(TypeError, match="astype or float"):
        x * np.sqrt(2)  # a NumPy scalar is a float64 array of no axes
    assert (x * float(np.sqrt(2))).dtype == np.float32
    assert (x.astype("float64") * wide).dtype == np.float64
    assert (x.detach() * wide).dtype == np.float64  # who wants no gradient may promote, as in NumPy


def test_astype_carries_the_gradient_back() -> None:
    x = leaf([1.0, 2.0], "float32")
    (x.astype("float64") * np.array([3.0, 4.0])).sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.numpy().tolist() == [3.0, 4.0]
