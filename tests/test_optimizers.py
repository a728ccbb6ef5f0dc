"""Optimizers: what they owe besides the formulas, whose every step is compared with Keras in parity/."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, optimizers, schedules

ALL = {
    "sgd": optimizers.SGD,
    "momentum": lambda **options: optimizers.SGD(momentum=0.9, **options),
    "nesterov": lambda **options: optimizers.SGD(momentum=0.9, nesterov=True, **options),
    "rmsprop": optimizers.RMSprop,
    "centered": lambda **options: optimizers.RMSprop(centered=True, momentum=0.5, **options),
    "adam": optimizers.Adam,
    "amsgrad": lambda **options: optimizers.Adam(amsgrad=True, **options),
    "adamw": optimizers.AdamW,
}
each = pytest.mark.parametrize("name", ALL)


def weights_of(*shapes: tuple[int, ...], dtype: str = "float32") -> list[Tensor]:
    """Weights to train, all ones."""
    return [Tensor(np.ones(shape), requires_grad=True, dtype=dtype) for shape in shapes]


@pytest.mark.cpu
@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_place_and_in_its_dtype(name: str, dtype: str) -> None:
    """The memory of a weight stays; gradients of any dtype do not change that of weights and slots, nor are changed."""
    (w,) = weights_of((3, 2), dtype=dtype)
    memory, optimizer = w.data, ALL[name]()
    for g in (np.full((3, 2), 2.0), Tensor(np.full((3, 2), 2.0, "float32"))):
        optimizer.apply([g], [w])
        assert (np.asarray(g) == 2).all()
    assert w.data is memory and memory.dtype == dtype and (memory < 1).all()
    slots = [array for key, array in optimizer.get_state().items() if "/" in key]
    assert all(array.dtype == dtype for array in slots)


@each
def test_finds_the_bottom(name: str) -> None:
    """Of a bowl that is steep one way and flat the other, by the gradients of the engine."""
    (w,) = weights_of((2,), dtype="float64")
    optimizer = ALL[name](learning_rate=0.02)
    for _ in range(1000):
        w.zero_grad()
        (w * w * np.array([10.0, 0.5])).sum().backward()
        optimizer.apply_gradients(zip([w.grad], [w]))
    assert np.abs(w.numpy()).max() < 0.05


@each
def test_a_state_goes_on_exactly(name: str) -> None:
    """Saved after 3 steps and set into a fresh optimizer, steps 4 to 6 are the same."""
    rng = np.random.default_rng(0)
    steps = [[rng.normal(size=(3, 2)), rng.normal(size=2)] for _ in range(6)]
    straight, first, second = (weights_of((3, 2), (2,)) for _ in range(3))
    whole, before, after = (ALL[name](learning_rate=rate) for rate in (0.05, 0.05, 0.9))
    for grads in steps:
        whole.apply(grads, straight)
    for grads in steps[:3]:
        before.apply(grads, first)
    for w, saved in zip(second, first):
        w.data[...] = saved.data
    after.build(second)
    after.set_state(before.get_state())
    assert (after.iterations, after.learning_rate) == (3, 0.05)
    before.apply(steps[5], first)  # what was given out is a copy
    for grads in steps[3:]:
        after.apply(grads, second)
    for a, b in zip(straight, second):
        assert (a.numpy() == b.numpy()).all()


@given(seed=st.integers(0, 2**32 - 1), limit=st.floats(0.1, 10))
def test_clipping(seed: int, limit: float) -> None:
    """With SGD at rate 1 the step is the clipped gradient: its norm is at most the limit, its direction kept."""
    rng = np.random.default_rng(seed)
    grads = [rng.normal(size=(3, 2)), 5 * rng.normal(size=2)]

    def steps(**clip: float) -> list[np.ndarray]:
        weights = weights_of((3, 2), (2,), dtype="float64")
        optimizers.SGD(learning_rate=1.0, **clip).apply(grads, weights)
        return [1 - w.numpy() for w in weights]

    for step, g in zip(steps(clipnorm=limit), grads):
        np.testing.assert_allclose(step, g * min(1, limit / np.linalg.norm(g)), atol=1e-12)
    for step, g in zip(steps(clipvalue=limit), grads):
        np.testing.assert_allclose(step, np.clip(g, -limit, limit), atol=1e-12)
    norm = math.hypot(*(np.linalg.norm(g) for g in grads))
    for step, g in zip(steps(global_clipnorm=limit), grads):
        np.testing.assert_allclose(step, g * min(1, limit / norm), atol=1e-12)


def test_a_gradient_of_zero_is_not_clipped_to_nan() -> None:
    """Neither by its own norm nor by that of all."""
    for clip in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}):
        (w,) = weights_of((2,))
        optimizers.Adam(**clip).apply([np.zeros(2)], [w])
        assert w.numpy().tolist() == [1, 1]


def test_weight_decay_and_who_is_excluded() -> None:
    """A weight without gradient shrinks by rate times decay, unless it was excluded."""
    kernel, bias = weights_of((2,), (2,))
    optimizer = optimizers.AdamW(learning_rate=0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay([bias])
    optimizer.apply([np.zeros(2), np.zeros(2)], [kernel, bias])
    assert kernel.numpy().tolist() == [0.75, 0.75] and bias.numpy().tolist() == [1, 1]
    with pytest.raises(ValueError, match="call it before the first step"):
        optimizer.exclude_from_weight_decay([kernel])


def test_learning_rates() -> None:
    """A number or a schedule, either may be assigned at any time; iterations count from 0."""
    (w,) = weights_of((1,), dtype="float64")
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [0.5, 0.25]))
    rates = []
    for _ in range(2):
        rates.append(optimizer.learning_rate)
        optimizer.apply([np.ones(1)], [w])
    assert rates == [0.5, 0.25] and w.numpy().tolist() == [0.25] and optimizer.iterations == 2
    assert "learning_rate" not in optimizer.get_state()
    optimizer.learning_rate = np.float32(0.125)
    optimizer.apply([np.ones(1)], [w])
    assert w.numpy().tolist() == [0.125] and optimizer.get_state()["learning_rate"] == 0.125


def test_none_leaves_a_weight_alone() -> None:
    """With a warning; and some of the weights may be left out later on."""
    a, b = weights_of((2,), (3,))
    optimizer = optimizers.Adam()
    with pytest.warns(UserWarning, match=re.escape("no gradient for weights[1] (3,)")):
        optimizer.apply([np.ones(2), None], [a, b])
    assert (a.numpy() < 1).all() and (b.numpy() == 1).all()
    optimizer.apply([np.ones(3)], [b])
    assert (b.numpy() < 1).all() and optimizer.iterations == 2
    optimizer.apply([], [])
    assert optimizer.iterations == 2


# ---- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [-1, math.nan, math.inf, "fast", None, True, [0.1, 0.2]])
def test_bad_learning_rates(rate: object) -> None:
    """When made, and when assigned: the old one stays."""
    message = "learning_rate: expected a number from 0 up or a LearningRateSchedule, got "
    with pytest.raises(ValueError, match=message):
        optimizers.Adam(rate)  # type: ignore[arg-type]
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match=message):
        optimizer.learning_rate = rate  # type: ignore[assignment]
    assert optimizer.learning_rate == 0.001


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.SGD(momentum=1.5), "momentum: expected a number from 0 to 1, got 1.5"),
        (lambda: optimizers.RMSprop(rho=-0.1), "rho: expected a number from 0 to 1"),
        (lambda: optimizers.Adam(beta_2=2), "beta_2: expected a number from 0 to 1"),
        (lambda: optimizers.AdamW(weight_decay=None), "weight_decay: expected a number, got None"),
        (lambda: optimizers.Adam(clipnorm=0), "clipnorm: expected a number above 0, or None, got 0"),
        (
            lambda: optimizers.Adam(clipvalue=1, clipnorm=2),
            "only one of clipnorm, clipvalue and global_clipnorm",
        ),
        (lambda: optimizers.get("adm"), "unknown optimizer 'adm': did you mean 'adam'"),
        (lambda: optimizers.get(3), "expected a name or an Optimizer, got 3"),
    ],
)
def test_bad_options(make: object, message: str) -> None:
    """Each error names its argument."""
    with pytest.raises(ValueError, match=re.escape(message)):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("grads", "weights", "message"),
    [
        ([np.ones(2)], [0, 1], "grads: expected one for each of 2 weights, got 1"),
        ([np.ones(2), np.ones((3, 1))], [0, 1], "grads[1]: expected the weight's shape (3,), got (3, 1)"),
        ([np.ones(2), np.ones(3)], [0, 2], "weights[1], of shape (3,), is not among the 2 weights"),
        ([None, None], [0, 1], "grads: all are None"),
    ],
)
def test_a_bad_step_changes_nothing(grads: list, weights: list[int], message: str) -> None:
    """No weight, no slot, no count."""
    known = weights_of((2,), (3,), (3,))
    optimizer = optimizers.Adam()
    optimizer.apply([np.ones(2), np.ones(3)], known[:2])
    before = [w.numpy().copy() for w in known], optimizer.get_state()
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer.apply(grads, [known[i] for i in weights])
    np.testing.assert_equal(([w.numpy() for w in known], optimizer.get_state()), before)


def test_only_weights_are_written() -> None:
    """Not a caller's array that a tensor shares, nor a result, nor an array."""
    array = np.ones(2)
    result = Tensor(array, requires_grad=True) * 2
    for wrong in (Tensor(array), result, array):
        with pytest.raises(
            ValueError, match=re.escape("weights[0]: expected a Tensor made with requires_grad=True")
        ):
            optimizers.SGD().apply([np.ones(2)], [wrong])  # type: ignore[list-item]
    assert (array == 1).all()


def test_a_bad_state_changes_nothing() -> None:
    """Of another optimizer, of other weights, or before the weights are known."""
    (w,) = weights_of((2,))
    adam, sgd = optimizers.Adam(), optimizers.SGD()
    with pytest.raises(RuntimeError, match=re.escape("build(weights) comes first")):
        adam.set_state({})
    adam.build([w])
    sgd.build([w])
    before = adam.get_state()
    with pytest.raises(ValueError, match=re.escape("momentum/0 should be (2,) and is None")):
        adam.set_state(sgd.get_state())
    with pytest.raises(
        ValueError, match=re.escape("not that of this Adam: velocity/0 should be (2,) and is (3,)")
    ):
        adam.set_state(before | {"iterations": np.array(7), "velocity/0": np.ones(3)})
    with pytest.raises(ValueError, match="learning_rate: expected a number from 0 up"):
        adam.set_state(before | {"iterations": np.array(7), "learning_rate": np.array(-1.0)})
    np.testing.assert_equal(adam.get_state(), before)


def test_get() -> None:
    """Names in any case, classes and objects."""
    own = optimizers.SGD()
    assert optimizers.get(own) is own
    for name, cls in (
        ("adam", optimizers.Adam),
        ("AdamW", optimizers.AdamW),
        ("RMSprop", optimizers.RMSprop),
    ):
        assert type(optimizers.get(name)) is cls and type(optimizers.get(cls)) is cls
