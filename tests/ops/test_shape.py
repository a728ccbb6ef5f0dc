"""Shape ops against NumPy's own, einsum against its definition in loops, on drawn shapes; and bad input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinydl import Tensor, gradcheck, ops

SHAPES = hnp.array_shapes(max_dims=4, max_side=3)
WIDTH = st.integers(0, 2)
PAIR = st.tuples(WIDTH, WIDTH)


def numbers(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def assert_same(function: Callable, reference: Callable, *inputs: np.ndarray) -> None:
    """Equal values, on arrays and on Tensors, in float32 as well, with the right gradients."""
    expected = reference(*inputs)
    np.testing.assert_array_equal(function(*inputs), expected)
    y = function(*[Tensor(x.astype("float32"), requires_grad=True) for x in inputs])
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y.numpy(), expected.astype("float32"))
    gradcheck.check(lambda *ts: function(*ts) * function(*ts), list(inputs))


# ---- joining and cutting -----------------------------------------------------------------------------------


@settings(max_examples=10)
@given(shape=SHAPES, data=st.data(), more=st.integers(1, 3))
def test_concatenate_stack_split(shape: tuple[int, ...], data: st.DataObject, more: int) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    longer = list(shape)
    longer[axis] += more
    a, b = numbers(shape), numbers(tuple(longer))
    assert_same(
        lambda a, b: ops.concatenate([a, b], axis=axis), lambda a, b: np.concatenate([a, b], axis), a, b
    )
    assert_same(lambda a: ops.stack([a, a], axis=axis), lambda a: np.stack([a, a], axis), a)
    cut = shape[axis]
    assert_same(lambda b: ops.split(b, [cut], axis)[1], lambda b: np.split(b, [cut], axis)[1], b)


def test_arrays_one_by_one_or_in_a_list() -> None:
    a, b = numbers((2, 3)), numbers((1, 3))
    np.testing.assert_array_equal(ops.concatenate(a, b), ops.concatenate([a, b]))


def test_only_one_of_several_wants_a_gradient() -> None:
    a, b = numbers((2,)), Tensor(numbers((3,)), requires_grad=True)
    ops.concatenate([a, b, a]).backward(np.arange(7.0))
    assert b.grad is not None and b.grad.numpy().tolist() == [2, 3, 4]


def test_split_into_parts() -> None:
    assert [p.tolist() for p in ops.split(np.arange(6), 3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(ValueError, match="length 6 cannot be cut into 4 equal"):
        ops.split(np.arange(6), 4)


@given(shape=SHAPES, data=st.data())
def test_pad(shape: tuple[int, ...], data: st.DataObject) -> None:
    pad_width = data.draw(st.one_of(WIDTH, PAIR, st.lists(PAIR, min_size=len(shape), max_size=len(shape))))
    assert_same(lambda x: ops.pad(x, pad_width), lambda x: np.pad(x, pad_width), numbers(shape))
    assert_same(
        lambda x: ops.pad(x, pad_width, constant_values=-1.5),
        lambda x: np.pad(x, pad_width, constant_values=-1.5),
        numbers(shape),
    )


@pytest.mark.parametrize("pad_width", [-1, 1.5, (1, 2, 3), [(1, 1)] * 3, [(1, -1), (0, 0)]])
def test_pad_says_what_it_expects(pad_width: object) -> None:
    with pytest.raises(ValueError, match="pad: expected pad_width"):
        ops.pad(np.ones((2, 2)), pad_width)


# ---- the rest of the shapes --------------------------------------------------------------------------------


@settings(max_examples=10)
@given(shape=SHAPES, data=st.data(), repeats=st.integers(0, 3))
def test_repeat_flip_expand_squeeze(shape: tuple[int, ...], data: st.DataObject, repeats: int) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    x = numbers(shape)
    np.testing.assert_array_equal(ops.repeat(x, repeats, axis), np.repeat(x, repeats, axis))
    assert_same(lambda x: ops.repeat(x, 2, axis), lambda x: np.repeat(x, 2, axis), x)
    assert_same(lambda x: ops.flip(x, axis), lambda x: np.flip(x, axis), x)
    assert_same(lambda x: ops.squeeze(x), np.squeeze, x)
    place = -1 if axis is None else axis
    assert_same(lambda x: ops.expand_dims(x, place), lambda x: np.expand_dims(x, place), x)
    assert_same(lambda x: ops.squeeze(ops.expand_dims(x, place), place), lambda x: x, x)


@given(shape=SHAPES, data=st.data())
def test_take(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    length = int(np.prod(shape)) if axis is None else shape[axis]
    shapes = hnp.array_shapes(min_dims=0, max_dims=2, max_side=3)
    indices = data.draw(hnp.arrays(int, shapes, elements=st.integers(-length, length - 1)))
    assert_same(lambda x: ops.take(x, indices, axis), lambda x: np.take(x, indices, axis), numbers(shape))


@pytest.mark.cpu
def test_take_of_a_row_that_is_not_there() -> None:
    with pytest.raises(IndexError, match="3 is out of bounds"):
        ops.take(np.ones((3, 2)), np.array([3]), axis=0)


def test_one_hot() -> None:
    assert ops.one_hot(np.array([[2, 0]]), 3).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert ops.one_hot(np.array([1.0]), 2).tolist() == [[0, 1]]
    assert ops.one_hot(np.uint8([1]), 3).dtype == "float32"
    assert ops.one_hot(np.array([1]), 3, dtype="float64").dtype == "float64"
    assert ops.one_hot(np.array([], int), 3).shape == (0, 3)


@pytest.mark.cpu
@pytest.mark.parametrize("labels", [np.array([0, 3]), np.array([[-1]]), np.array([0.5]), np.array([np.nan])])
def test_one_hot_of_a_class_there_is_not(labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="one_hot: expected whole numbers from 0 to 2, got (3|-1|0.5|nan)$"):
        ops.one_hot(labels, 3)


# ---- einsum ------------------------------------------------------------------------------------------------

EINSUMS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    (" i j , k j -> k i ", [(2, 3), (4, 3)]),
    ("ba,a", [(2, 3), (3,)]),
    ("i,j->ji", [(2,), (3,)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ij->ji", [(2, 3)]),
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iji->j", [(2, 3, 2)]),
    ("iij,jk->ki", [(2, 2, 3), (3, 2)]),
    ("ij,kl->il", [(2, 3), (4, 2)]),
    ("i,i,i->i", [(3,), (3,), (3,)]),
    ("ab,bc,cd->ad", [(2, 3), (3, 2), (2, 4)]),
    ("ij,ij->ij", [(1, 3), (2, 3)]),
    ("...ij,...jk->...ik", [(3, 1, 2, 3), (2, 3, 2)]),
    ("i...,i...->...", [(2, 3, 2), (2, 2)]),
    ("b...i,i...j", [(2, 3, 4), (4, 3, 2)]),
    ("...", [(2, 3)]),
    ("...i->i...", [(2, 2, 3)]),
    (",i->i", [(), (3,)]),
    ("nhwc,nhwd->ncd", [(2, 2, 2, 3), (2, 2, 2, 3)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS)
def test_einsum(subscripts: str, shapes: list[tuple[int, ...]]) -> None:
    rng = np.random.default_rng(0)
    operands = [rng.normal(size=shape) for shape in shapes]
    expected = ops.einsum_naive(subscripts, *operands)
    np.testing.assert_allclose(ops.einsum(subscripts, *operands), expected, rtol=1e-12)
    np.testing.assert_allclose(np.einsum(subscripts, *operands), expected, rtol=1e-12)
    gradcheck.check(lambda *xs: ops.einsum(subscripts, *xs), operands)
    gradcheck.check(lambda *xs: ops.einsum(subscripts, *xs) ** 2, operands, order=1)


LETTERS = st.text("abc", max_size=3)


@given(terms=st.lists(LETTERS, min_size=1, max_size=3), data=st.data(), seed=st.integers(0, 99))
def test_einsum_of_drawn_subscripts(terms: list[str], data: st.DataObject, seed: int) -> None:
    letters = sorted(set("".join(terms)))
    result = "".join(data.draw(st.permutations(letters)))[: data.draw(st.integers(0, len(letters)))]
    subscripts = ",".join(terms) + "->" + result
    rng = np.random.default_rng(seed)
    operands = [rng.normal(size=[{"a": 2, "b": 3, "c": 1}[letter] for letter in term]) for term in terms]
    np.testing.assert_allclose(
        ops.einsum(subscripts, *operands), ops.einsum_naive(subscripts, *operands), atol=1e-12
    )
    gradcheck.check(lambda *xs: ops.einsum(subscripts, *xs), operands)


def test_einsum_keeps_float32_and_needs_only_one_gradient() -> None:
    a, b = numbers((2, 3)).astype("float32"), Tensor(numbers((3, 4)).astype("float32"), requires_grad=True)
    y = ops.einsum("ij,jk->ik", a, b)
    y.backward(np.ones((2, 4)))
    assert b.grad is not None and y.dtype == b.grad.dtype == "float32"
    np.testing.assert_allclose(b.grad.numpy(), np.repeat(a.sum(0)[:, None], 4, axis=1), rtol=1e-6)
