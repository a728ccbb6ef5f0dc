"""Dense, Embedding, shapes and scale, noise in training: against NumPy, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, layers, ops, set_random_seed

SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


def drawn(shape: tuple, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@given(SHAPES, st.integers(1, 5), st.booleans())
def test_dense(shape: tuple, units: int, use_bias: bool) -> None:
    x = drawn(shape)
    layer = layers.Dense(units, "tanh", use_bias, bias_initializer="random_normal")
    y = layer(x)
    wanted = np.zeros((*shape[:-1], units))
    for place in np.ndindex(*wanted.shape):
        wanted[place] = sum(x[*place[:-1], i] * layer.kernel.numpy()[i, place[-1]] for i in range(shape[-1]))
        wanted[place] = np.tanh(wanted[place] + (layer.bias.numpy()[place[-1]] if use_bias else 0))
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-5, atol=1e-6)
    assert y.dtype == np.float32 and layer.output_shape == (None, *y.shape[1:])
    assert len(layer.weights) == 1 + use_bias


@given(SHAPES)
def test_embedding(shape: tuple) -> None:
    numbers = np.random.default_rng(0).integers(0, 6, shape)
    layer = layers.Embedding(6, 3)
    y = layer(numbers)
    assert y.shape == (*shape, 3) == (shape[0], *layer.output_shape[1:])
    y.sum().backward()
    times = np.bincount(numbers.ravel(), minlength=6)  # a row that was looked up twice hears twice
    table, gradient = layer.embeddings, layer.embeddings.grad
    assert gradient is not None and (gradient.numpy() == times[:, None]).all()
    for place in np.ndindex(*shape):
        assert (y.numpy()[place] == table.numpy()[numbers[place]]).all()


def test_embedding_takes_numbers_written_as_floats() -> None:
    layer = layers.Embedding(6, 3)
    assert (layer(np.array([[1.0, 5.0]])).numpy() == layer(np.array([[1, 5]])).numpy()).all()
    assert layer(np.zeros((0, 2), int)).shape == (0, 2, 3)


@pytest.mark.parametrize("number", [-1, 6])
def test_embedding_outside_of_the_table(number: int) -> None:
    with pytest.raises(IndexError, match=f"embedding.*: {number} is not in the table: expected 0 to 5"):
        layers.Embedding(6, 3)(np.array([[0, number]]))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple))
def test_flatten(shape: tuple) -> None:
    x = drawn(shape)
    y = layers.Flatten()(x)
    assert y.ndim == 2 and (y.numpy().ravel() == x.ravel()).all()
    assert layers.Flatten().compute_output_shape(shape) == y.shape


def test_flatten_with_unknown_lengths() -> None:
    assert layers.Flatten().compute_output_shape((None, None, 3)) == (None, None)


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ((3, 4), (2, 3, 4)),
        ((-1, 2), (2, 6, 2)),
        ((12,), (2, 12)),
        ((-1,), (2, 12)),
        ((1, 12, -1), (2, 1, 12, 1)),
    ],
)
def test_reshape(target: tuple, shape: tuple) -> None:
    x = drawn((2, 12))
    layer = layers.Reshape(target)
    y = layer(x)
    assert y.shape == shape and (y.numpy().ravel() == x.ravel()).all()
    assert layer.output_shape == (None, *shape[1:])
    assert layer.compute_output_shape((None, None, 3))[1:] == tuple(None if n == -1 else n for n in target)


def test_rescaling() -> None:
    x = np.array([[0, 51, 255]], dtype="uint8")
    np.testing.assert_allclose(layers.Rescaling(1 / 255)(x).numpy(), [[0, 0.2, 1]], rtol=1e-6)
    y = layers.Rescaling([1.0, 2.0, 3.0], offset=np.array([0.0, 0.0, 1.0]))(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.numpy(), [[0, 102, 766]])


# ---- noise in training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_drops_at_its_rate_and_makes_up_for_it(rate: float) -> None:
    x = np.full((500, 400), 3.0, dtype="float32")
    y = layers.Dropout(rate)(x, training=True).numpy()
    assert set(np.unique(y)) == {0, np.float32(3 * np.float32(1 / (1 - rate)))} or len(np.unique(y)) == 2
    np.testing.assert_allclose(y.max(), 3 / (1 - rate), rtol=1e-6)
    dropped = (y == 0).mean()
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / x.size)
    assert abs(y.mean() - 3) < 0.05


def test_dropout_outside_of_training_and_at_its_limits() -> None:
    x = drawn((3, 4))
    assert (layers.Dropout(0.5)(x).numpy() == x).all()
    assert (layers.Dropout(0)(x, training=True).numpy() == x).all()
    assert (layers.Dropout(1.0)(x, training=True).numpy() == 0).all()


def test_a_rate_may_be_a_numpy_number() -> None:
    y = layers.Dropout(np.float32(0.5))(drawn((3, 4)), training=True)
    assert y.dtype == np.float32


def test_dropout_of_whole_channels() -> None:
    y = layers.Dropout(0.5, noise_shape=(None, 1, 1, None))(np.ones((8, 5, 5, 8)), training=True).numpy()
    sums = y.sum(axis=(1, 2))
    assert set(np.unique(sums)) == {0, 50}


def test_the_gradient_of_dropout_is_its_mask() -> None:
    layer, dense = layers.Dropout(0.5), layers.Dense(50, use_bias=False, kernel_initializer="ones")
    y = layer(dense(np.ones((40, 1))), training=True)
    y.sum().backward()
    assert dense.kernel.grad is not None
    np.testing.assert_allclose(dense.kernel.grad.numpy()[0], y.numpy().sum(axis=0))


def test_gaussian_noise() -> None:
    x = np.full((500, 400), 3.0, dtype="float32")
    y = layers.GaussianNoise(0.5)(x, training=True).numpy() - 3
    assert abs(y.mean()) < 0.01 and abs(y.std() - 0.5) < 0.01
    assert abs((y**4).mean() / (y**2).mean() ** 2 - 3) < 0.1  # the kurtosis of a normal distribution
    assert (layers.GaussianNoise(0.5)(x).numpy() == x).all()


@pytest.mark.parametrize("kind", [layers.Dropout, layers.GaussianNoise])
def test_seeds(kind: Any) -> None:
    x = drawn((5, 6))
    set_random_seed(1)
    a, b = kind(0.5), kind(0.5)
    first, second = a(x, training=True).numpy(), b(x, training=True).numpy()
    assert (first != second).any()
    set_random_seed(1)
    assert (kind(0.5)(x, training=True).numpy() == first).all()
    own, same = kind(0.5, seed=3), kind(0.5, seed=3)
    steps = [own(x, training=True).numpy() for _ in range(2)]
    assert (steps[0] != steps[1]).any()  # new noise at every step
    assert all((same(x, training=True).numpy() == step).all() for step in steps)


def test_the_same_noise_in_both_precisions() -> None:
    x = np.ones((4, 5))
    masks = [layers.Dropout(0.5, seed=1, dtype=dtype)(x, training=True) for dtype in ("float32", "float64")]
    assert [mask.dtype for mask in masks] == ["float32", "float64"]
    assert (masks[0].numpy() == masks[1].numpy()).all()


# ---- Input -------------------------------------------------------------------------------------------------


def test_input() -> None:
    assert layers.Input((28, 28, 1)).shape == (None, 28, 28, 1)
    assert layers.Input((None, 3), batch_size=8).shape == (8, None, 3)
    assert layers.Input(batch_shape=(8, 3), dtype="uint8").dtype == np.uint8
    assert layers.Input(()).shape == (None,)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.Input(28), r"expected either shape, such as \(28, 28, 1\), or batch_shape, got 28"),
        (lambda: layers.Input(), "got None and None"),
        (lambda: layers.Input((3,), batch_shape=(1, 3)), r"got \(3,\) and \(1, 3\)"),
        (lambda: layers.Input((0,)), "whole number from 1 up, got 0"),
        (lambda: layers.Dense(0), "dense.*: units: expected a whole number from 1 up, got 0"),
        (lambda: layers.Dense(-2), "got -2"),
        (lambda: layers.Dense(2.5), "got 2.5"),
        (lambda: layers.Dense(3, activation="rleu"), "did you mean 'relu'"),
        (lambda: layers.Dense(3, kernel_initializer="glorot"), "unknown initializer 'glorot'"),
        (lambda: layers.Embedding(0, 3), "input_dim: expected"),
        (lambda: layers.Embedding(3, None), "output_dim: expected"),
        (lambda: layers.Reshape((-1, -1)), "at most one -1"),
        (lambda: layers.Reshape(4), "target_shape"),
        (lambda: layers.Reshape((0,)), "whole number from 1 up, got 0"),
        (lambda: layers.Reshape((5, -1))(np.ones((2, 12))), r"\(2, 12\) does not fit target_shape \(5, -1\)"),
        (lambda: layers.Reshape((5,)).compute_output_shape((None, 12)), r"does not fit target_shape \(5,\)"),
        (lambda: layers.Dropout(1.5), "dropout.*: rate: expected a number from 0 to 1, got 1.5"),
        (lambda: layers.Dropout(None), "got None"),
        (lambda: layers.GaussianNoise(-0.5), "stddev: expected a number from 0 to 1, got -0.5"),
    ],
)
def test_bad_arguments(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_rescaling_may_be_changed() -> None:
    layer = layers.Rescaling(2.0, 1.0)
    assert layer([[1.0]]).numpy().tolist() == [[3.0]]
    layer.scale, layer.offset = np.array([1.0, 2.0]), [0.0, 3.0]
    for _ in range(2):
        assert layer([[1.0, 1.0]]).numpy().tolist() == [[1.0, 5.0]] and layer([[1.0]]).dtype == "float32"


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(
    "layer, shape",
    [(layers.Dense, (3, 4)), (layers.Conv2D, (1, 3, 3, 1)), (layers.Conv2DTranspose, (1, 3, 3, 1))],
)
def test_relu_is_written_over_nothing_that_anybody_sees(layer: Any, shape: tuple, use_bias: bool) -> None:
    """relu writes over what the layer has just made: what went in stays, and gradients are those of plain relu."""
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    options = {"kernel_size": 1} if len(shape) == 4 else {}
    quick = layer(2, **options, use_bias=use_bias, activation="relu")
    plain = layer(2, **options, use_bias=use_bias, activation=lambda y: ops.relu(y))
    quick.build((None, *shape[1:]))
    plain.build((None, *shape[1:]))
    plain.set_weights(quick.get_weights())
    found = []
    for each in (quick, plain):
        given = Tensor(x, requires_grad=True)
        y = each(given)
        np.testing.assert_array_equal(given.numpy(), x)
        found.append([y.numpy(), *(g.numpy() for g in grad((y * y).sum(), [given, *each.trainable_weights]))])
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(quick(x).numpy(), plain(x).numpy())
