"""The checker is checked: it lets right rules pass and rejects wrong ones, naming the element."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, backend, grad, gradcheck, syntax
from tinydl.backend import array_module
from tinydl.gradcheck.check import DIRECTIONS
from tinydl.op import op


@pytest.fixture(autouse=True)
def own_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ops made here stay out of the list of the package's own."""
    monkeypatch.setattr("tinydl.op.OPS", {})


def product(rule_a: Callable, rule_b: Callable | None = None) -> Callable:
    """a @ b as an op of our own, with the rules to be tried."""

    def planted(a: Any, b: Any) -> Any:
        return a @ b

    call = op(planted)
    call.gradient("a")(rule_a)
    call.gradient("b")(rule_b or (lambda gy, a: a.swapaxes(-1, -2) @ gy))
    return call


def elementwise(function: Callable, rule: Callable) -> Callable:
    """An op of one input x with a rule to be tried."""

    def planted(x: Any) -> Any:
        return function(x)

    call = op(planted)
    call.gradient("x")(rule)
    return call


def complaint(function: Callable, inputs: Any, **options: Any) -> str:
    """What the checker says of a wrong gradient; it must say something."""
    with pytest.raises(gradcheck.GradientError) as caught:
        gradcheck.check(function, inputs, **options)
    assert not caught.value.report
    assert caught.value.report.error > 1e-6
    return str(caught.value)


# ---- right ones --------------------------------------------------------------------------------------------

SMOOTH = {
    "product": (lambda x, w: x @ w, [(3, 4), (4, 2)]),
    "batch of products": (lambda x, w: x @ w, [(2, 3, 4), (4, 2)]),
    "broadcast": (lambda x, w: x * w + w, [(3, 4), (4,)]),
    "quotient": (lambda x, w: x / (w * w + 1), [(3, 4), (3, 1)]),
    "variance": (lambda x: x.var(axis=0), [(5, 3)]),
    "several outputs": (lambda x, w: (x @ w, (x * x).sum(axis=1), w), [(3, 4), (4, 2)]),
    "choice": (lambda x: x[[0, 0, 2], 1:] * x[0, 0], [(3, 4)]),
    "unused": (lambda x, w: x * x, [(3,), (2,)]),
    "linear": (lambda x: x.sum(axis=0) * 2 + 1, [(3, 2)]),
    "number": (lambda x: x * x * x, [()]),
    "empty": (lambda x: x * x, [(0, 3)]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_right_rules_pass(name: str, rng: np.random.Generator) -> None:
    function, shapes = SMOOTH[name]
    report = gradcheck.check(function, [rng.normal(size=shape) for shape in shapes], order=3)
    assert report and report.ok
    assert report.error < 1e-7
    assert [finding.order for finding in report.findings] == [1, 2, 3]
    assert all(finding.left_out == 0 for finding in report.findings)


def test_big_inputs_are_moved_in_random_directions(rng: np.random.Generator) -> None:
    small, big = rng.normal(size=(4, 3)), rng.normal(size=(300, 4))
    report = gradcheck.check(lambda x, w: (x @ w) ** 2, [big, small])
    assert report.findings[0].checked == DIRECTIONS + small.size
    assert report.error < 1e-6


@pytest.mark.parametrize(
    "function",
    [
        lambda x: syntax.where(x > 0, x, 0.0),
        lambda x: syntax.where(x > 0, x * x, x),
        lambda x: abs(x) * x[::-1],
        lambda x: x.max() * x,
    ],
    ids=["relu", "bent", "abs", "max"],
)
def test_kinks_are_left_out_and_counted(function: Callable) -> None:
    at_a_kink = np.array([0.0, 1.5, -1.5, 3e-6, -4e-6, 2.0, 2.0 + 1e-6])
    report = gradcheck.check(function, [at_a_kink])
    assert 0 < sum(finding.left_out for finding in report.findings) < 2 * at_a_kink.size
    assert "too near a kink" in str(report)
    away = gradcheck.check(function, [np.array([0.3, 1.5, -1.5, 1e-3, -2e-3, 2.0, 3.0])])
    assert [finding.left_out for finding in away.findings] == [0, 0]


@given(distance=st.floats(-2.0, 2.0), scale=st.floats(0.01, 100.0))
def test_no_distance_from_a_kink_looks_like_a_wrong_rule(distance: float, scale: float) -> None:
    x = np.array([distance * 1e-5, 0.7, -0.4])
    assert gradcheck.check(lambda x: syntax.where(x > 0, scale * x, -x * x), [x])


def test_a_gradient_that_is_zero_passes(rng: np.random.Generator) -> None:
    """Nothing but rounding on both sides: the largest value of the array is no measure then."""

    def shares(x: Tensor) -> Tensor:
        e = 2.718281828**x
        return (e / e.sum(axis=1, keepdims=True)).sum(axis=1)

    assert gradcheck.check(shares, [rng.normal(size=(3, 5))])


def test_inputs_of_every_kind(rng: np.random.Generator) -> None:
    x, index = rng.normal(size=(4, 3)).astype("float32"), np.array([0, 0, 3])
    x.flags.writeable = index.flags.writeable = False
    before = x.copy()

    def function(x: Tensor, index: np.ndarray, t: Tensor, number: Tensor, axis: int) -> Tensor:
        assert x.dtype == t.dtype == number.dtype == np.float64
        assert index.dtype == np.int64 and axis == 1
        return (x[index] * t * number).sum(axis)

    assert gradcheck.check(function, [x, index, Tensor([1.0, 2.0, 3.0]), 0.5, 1])
    assert gradcheck.check(lambda x: x * x, x)  # one input needs no list
    np.testing.assert_array_equal(x, before)


def test_outputs_that_are_not_floating_point_are_passed_over() -> None:
    assert gradcheck.check(lambda x: (x > 0, x * x, x.argmax()), [np.ones(3)])


def test_the_same_seed_gives_the_same_report(rng: np.random.Generator) -> None:
    x = rng.normal(size=200)
    reports = [str(gradcheck.check(lambda x: x**3, x, seed=seed)) for seed in (1, 1, 2)]
    assert reports[0] == reports[1] != reports[2]


# ---- wrong ones --------------------------------------------------------------------------------------------

# Each would pass a sloppier check: of one order, with ones upstream, or on square or single-row inputs.
WRONG_PRODUCTS = {
    "factor": lambda gy, b: 2 * gy @ b.swapaxes(0, 1),
    "slightly off": lambda gy, b: 1.00001 * (gy @ b.swapaxes(0, 1)),
    "sign": lambda gy, b: -gy @ b.swapaxes(0, 1),
    "transposed result": lambda gy, b: (gy @ b.swapaxes(0, 1)).swapaxes(0, 1),
    "transposed factor": lambda gy, b: gy @ b,
    "wrong input": lambda gy, a: gy @ a.swapaxes(0, 1),
    "upstream ignored": lambda gy, b: (gy * 0 + 1) @ b.swapaxes(0, 1),
    "upstream averaged": lambda gy, b: (gy * 0 + gy.mean()) @ b.swapaxes(0, 1),
    "zero": lambda gy, b: gy @ b.swapaxes(0, 1) * 0,
    "not a number": lambda gy, b: gy @ b.swapaxes(0, 1) * float("nan"),
}


@pytest.mark.parametrize("size", [3, 11], ids=["each element", "directions"])
@pytest.mark.parametrize("mistake", WRONG_PRODUCTS)
def test_wrong_rules_are_rejected(mistake: str, size: int, rng: np.random.Generator) -> None:
    inputs = [rng.normal(size=(size, size)), rng.normal(size=(size, size))]
    text = complaint(product(WRONG_PRODUCTS[mistake]), inputs)
    assert re.search(r"input 0 at \[\d+, \d+\]: the rule says", text), text


def test_a_missing_batch_sum_is_rejected(rng: np.random.Generator) -> None:
    wrong = product(lambda gy, b: gy @ b.swapaxes(0, 1), lambda gy, a: a[:1].swapaxes(0, 1) @ gy[:1])
    assert "input 1 at [" in complaint(wrong, [rng.normal(size=(5, 3)), rng.normal(size=(3, 2))])


@pytest.mark.parametrize("size", [(4, 5), (20, 30)], ids=["each element", "directions"])
def test_one_wrong_element_is_named_with_both_values(size: tuple, rng: np.random.Generator) -> None:
    spoilt = np.ones(size)
    spoilt[2, 3] = 1.5
    text = complaint(elementwise(lambda x: x * x, lambda gy, x: gy * 2 * x * spoilt), rng.normal(size=size))
    found = re.search(r"input 0 at \[2, 3\]: the rule says (\S+), the difference (\S+)", text)
    assert found, text
    assert float(found[1]) == pytest.approx(1.5 * float(found[2]), rel=1e-6)


def test_the_second_order_finds_a_saved_constant(rng: np.random.Generator) -> None:
    """The first gradient is right; but it was made from numbers that have forgotten where they came from."""

    def rule(gy: Any, x: Any) -> Any:
        return gy * 3 * np.square(getattr(x, "data", x) if isinstance(x, Tensor) else x)

    cube = elementwise(lambda x: x * x * x, rule)
    x = rng.normal(size=(2, 3))
    assert gradcheck.check(cube, x, order=1)
    text = complaint(cube, x)
    assert "order 2" in text and "the rule says 0," in text and "detached" in text


def test_the_second_order_finds_a_constant_of_the_batch(rng: np.random.Generator) -> None:
    """Centring with the mean treated as a constant in the rule of its square: right once, wrong twice."""
    wrong = elementwise(
        lambda x: x**3,
        lambda gy, x: gy * 3 * x * Tensor.detach(x) if isinstance(x, Tensor) else gy * 3 * x * x,
    )
    text = complaint(wrong, rng.normal(size=4))
    assert "order 2" in text and "1/2 of the right one in every element" in text


def test_rules_that_differ_between_arrays_and_tensors_are_rejected(rng: np.random.Generator) -> None:
    wrong = elementwise(lambda x: 2 * x, lambda gy: gy * (3 if isinstance(gy, Tensor) else 2))
    assert "on Tensors than on arrays" in complaint(wrong, rng.normal(size=3))


def writes_gy(gy: Any, x: Any) -> Any:
    gy *= 2 * x
    return gy


def writes_x(gy: Any, x: Any) -> Any:
    x *= 2
    return gy * x


def writes_y(gy: Any, y: Any) -> Any:
    if not isinstance(y, Tensor):
        np.multiply(y, 2.0, out=y)
    return gy * y


@pytest.mark.parametrize("rule", [writes_gy, writes_x])
def test_writing_into_what_was_given_is_rejected(rule: Callable, rng: np.random.Generator) -> None:
    text = complaint(elementwise(lambda x: x * x, rule), rng.normal(size=3))
    assert "writes into an array that it was given" in text


def test_writing_into_the_output_is_rejected(rng: np.random.Generator) -> None:
    """The first pass over such a graph is right, and it spoils the second."""
    exponential = elementwise(np.exp, writes_y)
    assert "input 0 at [" in complaint(exponential, rng.normal(size=3))


def test_writing_is_found_behind_another_op(rng: np.random.Generator) -> None:
    """The gradient that reaches both is one array: whoever writes into it spoils the other."""
    bad = elementwise(lambda x: x * x, writes_gy)
    assert "writes into" in complaint(lambda x: bad(x) + x * x, rng.normal(size=3))


def test_a_wrong_rule_does_not_pass_for_a_kink() -> None:
    """Most lie at a kink; the one that does not gives it away; so does a slope that neither side has."""
    leaky = elementwise(lambda x: np.where(x > 0, x, 0.1 * x), lambda gy, x: gy * ((x > 0) + (x <= 0) * 0.2))
    text = complaint(leaky, np.array([0.0, 1e-6, -1e-6, -0.5]))
    assert "input 0 at [3]: the rule says" in text
    wild = elementwise(lambda x: np.where(x > 0, x, 0.0), lambda gy, x: gy * ((x > 0) + (x == 0) * 5.0))
    assert "input 0 at [0]: the rule says" in complaint(wild, np.array([0.0, 1.0, -1.0]))


def test_nothing_left_to_compare_is_no_success() -> None:
    assert "nothing could be compared" in complaint(lambda x: syntax.where(x > 0, x, 0.0), np.zeros(3))


def test_what_is_computed_outside_of_the_ops_is_found(rng: np.random.Generator) -> None:
    text = complaint(lambda x: Tensor(np.sin(x.numpy())), rng.normal(size=3))
    assert "is something detached" in text


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (lambda gy, b: -0.5 * gy @ b.swapaxes(0, 1), "−1/2 of the right one in every element"),
        (WRONG_PRODUCTS["transposed result"], "the right result, transposed"),
        (WRONG_PRODUCTS["zero"], "by the rule everything is 0"),
    ],
)
def test_usual_mistakes_are_named(rule: Callable, hint: str, rng: np.random.Generator) -> None:
    assert hint in complaint(product(rule), [rng.normal(size=(3, 3)), rng.normal(size=(3, 3))])


def test_the_report_can_be_had_without_an_error(rng: np.random.Generator) -> None:
    wrong = elementwise(lambda x: x * x, lambda gy, x: gy * x)
    report = gradcheck.check(wrong, rng.normal(size=3), raise_error=False)
    assert not report and not report.ok
    assert report.error == pytest.approx(0.5)
    assert len(report.findings) == 1  # the second order of a wrong first one says nothing
    assert str(report).startswith(
        "gradient WRONG (tolerance 1e-06)\norder 1: largest error 5.0e-01, 3 checked"
    )


def test_ones_upstream_would_not_do(rng: np.random.Generator) -> None:
    """A softmax whose rule lacks half of the formula gives the sum of its outputs the right gradient, 0."""

    def shares(x: Any) -> Any:
        e = array_module(x).exp(x)
        return e / e.sum(axis=-1, keepdims=True)

    softmax = elementwise(shares, lambda gy, y: y * (gy - gy.mean(axis=-1, keepdims=True)))
    x = Tensor(rng.normal(size=(2, 3)), requires_grad=True)
    np.testing.assert_allclose(grad(softmax(x).sum(), [x])[0].numpy(), 0.0, atol=1e-12)
    assert "input 0 at [" in complaint(softmax, x)


# ---- what cannot be checked --------------------------------------------------------------------------------


def test_what_cannot_be_checked_is_said(rng: np.random.Generator) -> None:
    x = np.ones(3)
    with pytest.raises(ValueError, match="no input is floating-point"):
        gradcheck.check(lambda i: i, [np.arange(3)])
    with pytest.raises(ValueError, match="order is 1 or more, got 0"):
        gradcheck.check(lambda x: x, x, order=0)
    with pytest.raises(TypeError, match="no output is floating-point"):
        gradcheck.check(lambda x: x > 0, x)
    with pytest.raises(TypeError, match="gave a ndarray, expected a Tensor"):
        gradcheck.check(lambda x: x.numpy(), x)
    with pytest.raises(TypeError, match="output 0 is float32, too coarse"):
        gradcheck.check(lambda x: (x * 2).astype("float32"), x)
    with pytest.raises(ValueError, match="output 1 differs between two calls"):
        gradcheck.check(lambda x: (x, x * backend.random_generator().normal()), x)
    with pytest.raises(ValueError, match="output 0 is not finite"):
        gradcheck.check(lambda x: x * np.array([1.0, np.nan, 1.0]), x)


def test_a_rule_of_the_wrong_shape_is_named() -> None:
    wrong = elementwise(lambda x: x * x, lambda gy, x: (gy * x)[:1])
    with pytest.raises(ValueError, match=r"a gradient rule of planted gave shape \(1,\)"):
        gradcheck.check(wrong, np.ones(3))


def test_steps_out_of_the_domain_are_left_out() -> None:
    report = gradcheck.check(lambda x: x**0.5, [np.array([1e-6, 1.0, 2.0])])
    assert report.findings[0].left_out == 1
