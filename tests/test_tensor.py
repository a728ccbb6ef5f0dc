"""`Tensor` as an array among arrays: how it is made, shown, read, compared, and what it refuses."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from tinydl import Tensor, backend


def leaf(array: Any) -> Tensor:
    return Tensor(np.array(array, dtype="float64"), requires_grad=True)


# ---- making one --------------------------------------------------------------------------------------------


def test_numbers_and_lists_take_the_default_precision() -> None:
    for data in (2.5, [1.0, 2.0], [[1.0], [2.0]]):
        assert Tensor(data).dtype == np.float32
    backend.set_floatx("float64")
    assert Tensor([1.0, 2.0]).dtype == np.float64


def test_arrays_keep_their_dtype() -> None:
    for dtype in ("float16", "float32", "float64", "int32", "uint8", "bool"):
        assert Tensor(np.zeros(2, dtype)).dtype == dtype
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor(np.float64(1.0)).dtype == np.float64
    assert Tensor([1, 2], dtype="float32").dtype == np.float32
    assert Tensor(np.zeros(2), dtype="float32").dtype == np.float32


@pytest.mark.cpu
def test_an_array_is_shared_unless_it_is_to_be_trained() -> None:
    array = np.ones(3)
    assert Tensor(array).data is array
    trained = Tensor(array, requires_grad=True)
    assert not np.shares_memory(trained.numpy(), array)


def test_a_tensor_of_a_tensor_is_outside_of_its_graph() -> None:
    x = leaf([1.0, 2.0])
    assert not Tensor(x * 2).requires_grad
    assert Tensor(x * 2, requires_grad=True).is_leaf


@pytest.mark.parametrize("data", [[1, 2], np.array([True]), np.arange(3)])
def test_only_floating_point_numbers_have_gradients(data: Any) -> None:
    with pytest.raises(TypeError, match=r"requires_grad needs floating-point numbers, got (int64|bool)"):
        Tensor(data, requires_grad=True)
    assert Tensor(data, requires_grad=True, dtype="float32").requires_grad


# ---- an array among arrays ---------------------------------------------------------------------------------


def test_what_it_says_of_itself() -> None:
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float64)
    assert x.T.shape == (3, 2)
    assert x.is_leaf and not x.requires_grad and x.grad is None


def test_reading_it() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert type(x.numpy()) is np.ndarray and x.numpy().tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert np.asarray(x).tolist() == x.numpy().tolist()
    assert np.asarray(x, dtype="float32").dtype == np.float32
    assert np.array(x).tolist() == x.numpy().tolist() and not np.shares_memory(np.array(x), x.numpy())
    assert x[0, 1].item() == 2.0 and type(x[0, 1].item()) is float
    assert float(x[1, 1]) == 4.0 and int(x[1, 0]) == 3 and bool(x[0, 0]) and not bool(x[0, 0] > 1)
    assert [row.numpy().tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert sum(row.sum() for row in x).item() == 10.0


def test_what_is_no_single_number() -> None:
    x = leaf([1.0, 2.0])
    for attempt in (lambda: bool(x), x.item):
        with pytest.raises(ValueError):
            attempt()
    for attempt in (lambda: float(x), lambda: len(Tensor(1.0)), lambda: list(Tensor(1.0))):
        with pytest.raises(TypeError):
            attempt()


@pytest.mark.cpu
def test_how_it_is_shown() -> None:
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.], dtype=float32)"
    assert repr(leaf([1.0, 2.0])) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(leaf([1.0, 2.0]) * 2) == "Tensor([2., 4.], op=multiply)"
    assert repr(leaf(1.0)) == "Tensor(1., requires_grad=True)"
    assert f"{leaf(2 / 3):.3f}" == "0.667" and f"{Tensor([1, 2])}" == "Tensor([1, 2])"
    assert repr(Tensor([[1, 2], [3, 4]])) == "Tensor([[1, 2],\n        [3, 4]])"
    assert repr(Tensor(np.zeros(0))).startswith("Tensor([]")


def test_equal_numbers_are_not_the_same_tensor() -> None:
    a, b = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    assert (a == b).numpy().all()
    names = {a: "a", b: "b"}
    assert names[a] == "a" and names[b] == "b" and len({a, b, a}) == 2


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_arrays_on_the_left_leave_the_work_to_it(dtype: str) -> None:
    array, x = np.ones(3, dtype), Tensor(np.full(3, 2.0, dtype))
    for result in (array + x, array - x, array * x, array / x, array**x, array @ x, array < x, array == x):
        assert type(result) is Tensor
    assert type(np.float32(2.0) * x) is Tensor
    with pytest.raises(TypeError):
        np.exp(x)  # an op, ops.exp, is what keeps the graph


def test_methods_are_those_of_arrays(rng: np.random.Generator) -> None:
    a = rng.normal(size=(2, 3, 4))
    x = Tensor(a)
    for ours, theirs in [
        (x.sum(axis=1), a.sum(axis=1)),
        (x.mean(axis=(0, 2), keepdims=True), a.mean(axis=(0, 2), keepdims=True)),
        (x.max(axis=-1), a.max(axis=-1)),
        (x.min(), a.min()),
        (x.var(axis=0), a.var(axis=0)),
        (x.argmax(axis=2), a.argmax(axis=2)),
        (x.reshape(4, -1), a.reshape(4, -1)),
        (x.reshape([6, 4]), a.reshape(6, 4)),
        (x.transpose(2, 0, 1), a.transpose(2, 0, 1)),
        (x.transpose(), a.T),
        (x.T, a.T),
        (x.swapaxes(1, 2), a.swapaxes(1, 2)),
        (x.astype("float32"), a.astype("float32")),
    ]:
        assert type(ours) is Tensor and ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-12)


def test_writing_with_a_sign_makes_a_new_tensor() -> None:
    x = leaf([1.0, 2.0])
    before = x
    x += 1.0
    assert x is not before and before.numpy().tolist() == [1.0, 2.0] and x.requires_grad


# ---- its gradient ------------------------------------------------------------------------------------------


def test_the_gradient_can_be_set_and_forgotten() -> None:
    x = leaf([1.0, 2.0])
    given = np.array([3.0, 4.0])
    x.grad = given
    assert x.grad is not None and x.grad.numpy().tolist() == [3.0, 4.0]
    assert not np.shares_memory(x.grad.numpy(), given)
    x.grad = Tensor([5.0, 6.0])  # float32, cast
    assert x.grad is not None and x.grad.dtype == np.float64
    x.sum().backward()
    assert x.grad.numpy().tolist() == [6.0, 7.0]
    x.zero_grad()
    assert x.grad is None


def test_a_gradient_that_does_not_belong() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"grad: expected shape \(2,\), got \(3,\)"):
        x.grad = np.ones(3)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).grad = np.ones(1)
    assert x.grad is None


def test_a_gradient_is_no_part_of_a_graph() -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    assert x.grad is not None and not x.grad.requires_grad and not x.detach().requires_grad


def test_the_example_of_a_copy() -> None:
    """A copied tensor is a leaf or a result of its own; the numbers are the same."""
    x = leaf([1.0, 2.0])
    twin = copy.deepcopy(x)
    (twin * twin).sum().backward()
    assert x.grad is None and twin.grad is not None and not np.shares_memory(twin.numpy(), x.numpy())
