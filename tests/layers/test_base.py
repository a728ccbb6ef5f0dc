"""What every layer can do: build once, keep weights in order, freeze, pass `training` on, refuse what does not fit."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from tinydl import Tensor, backend, layers, no_grad
from tinydl.layers import Layer


class Recorder(Layer):
    """Keeps what `training` was in its last call."""

    def call(self, x: Any, training: bool = False) -> Any:
        self.heard = training
        return x


class Block(Layer):
    """Weights of its own, layers as attributes, in a list and in a dictionary."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.first = layers.Dense(4, name="first")
        self.several = [layers.Dense(3, name="a"), [layers.Dense(3, name="b")]]
        self.named = {"norm": layers.BatchNormalization(name="norm")}
        self.again = self.first

    def build(self, input_shape: Any) -> None:
        self.still = self.add_weight((3,), "zeros", trainable=False, name="still")
        self.scale = self.add_weight((3,), "ones", name="scale")

    def call(self, x: Any) -> Any:
        x = self.first(x)
        x = self.several[1][0](self.several[0](x))
        return self.named["norm"](x) * self.scale + self.still


def names(block: Layer, weights: list[Tensor]) -> list[str]:
    path = {id(weight): path for path, weight in block.named_weights()}
    return [path[id(weight)].removeprefix(block.name + "/") for weight in weights]


def built_block() -> Block:
    block = Block()
    block(np.ones((2, 4)))
    return block


# ---- weights -----------------------------------------------------------------------------------------------

NORM = ["norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance"]
DENSE = [f"{layer}/{weight}" for layer in ("first", "a", "b") for weight in ("kernel", "bias")]


def test_weights_stand_in_the_order_of_keras() -> None:
    block = built_block()
    assert names(block, block.weights) == ["scale", "still", *DENSE, *NORM]
    assert names(block, block.trainable_weights) == ["scale", *DENSE, *NORM[:2]]
    assert names(block, block.non_trainable_weights) == ["still", *NORM[2:]]
    assert block.count_params() == 3 + 3 + (16 + 4) + (12 + 3) + (9 + 3) + 4 * 3


def test_a_frozen_layer_has_no_part_in_the_graph() -> None:
    block = built_block()
    block.first.trainable = False
    assert names(block, block.trainable_weights) == ["scale", *DENSE[2:], *NORM[:2]]
    assert not block(np.ones((2, 4))).is_leaf
    block.trainable = False
    assert not block.trainable_weights and len(block.non_trainable_weights) == len(block.weights)
    assert not any(layer.trainable for layer in (block.first, block.several[1][0], block.named["norm"]))
    assert not block(np.ones((2, 4))).requires_grad
    block.trainable = True
    assert names(block, block.trainable_weights) == ["scale", *DENSE, *NORM[:2]]
    block(np.ones((2, 4)), training=True).sum().backward()
    assert all(weight.grad is not None for weight in block.trainable_weights)
    assert all(weight.node is None for weight in block.non_trainable_weights)


def test_freezing_before_building() -> None:
    layer = layers.Dense(3, trainable=False)
    layer(np.ones((2, 4)))
    assert not layer.trainable_weights and layer.kernel.node is None
    layer.trainable = True
    assert len(layer.trainable_weights) == 2 and layer.kernel.node is not None


def test_thawing_keeps_gradients_of_what_was_not_frozen() -> None:
    layer = layers.Dense(3)
    layer(np.ones((2, 4))).sum().backward()
    layer.trainable = True
    assert layer.kernel.grad is not None


def test_get_and_set_weights() -> None:
    block, other = built_block(), built_block()
    saved = block.get_weights()
    tensors = other.weights
    other.set_weights(saved)
    assert all((a == b).all() for a, b in zip(other.get_weights(), saved))
    assert all(a is b for a, b in zip(other.weights, tensors))  # an optimizer that knows them still does
    saved[0][...] = 7.0  # copies, both ways: nothing reaches the layers
    assert (block.get_weights()[0] == 1.0).all() and (other.get_weights()[0] == 1.0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights[:-1], "has 12 weights, got 11"),
        (
            lambda weights: [*weights[:-1], np.zeros((2, 2))],
            r"moving_variance has shape \(3,\), got \(2, 2\)",
        ),
    ],
)
def test_weights_that_do_not_fit_change_nothing(change: Any, message: str) -> None:
    block = built_block()
    before = block.get_weights()
    with pytest.raises(ValueError, match=message):
        block.set_weights(change([weight + 1 for weight in before]))
    assert all((a == b).all() for a, b in zip(block.get_weights(), before))


def test_weights_of_an_unbuilt_layer() -> None:
    layer = layers.Dense(3)
    assert layer.weights == [] and layer.output_shape is None
    with pytest.raises(ValueError, match="not built yet"):
        layer.count_params()


def test_a_weight_from_a_function_is_not_shared() -> None:
    mine = np.ones((4, 3), dtype="float32")
    layer = layers.Dense(3, kernel_initializer=lambda shape, dtype: mine)
    layer(np.ones((2, 4)))
    layer.kernel.data += 1
    assert (mine == 1).all()


def test_an_initializer_that_gives_the_wrong_shape() -> None:
    layer = layers.Dense(3, kernel_initializer=lambda shape, dtype: np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"'kernel' has shape \(4, 3\), its initializer gave \(3, 4\)"):
        layer(np.ones((2, 4)))
    assert not layer.built and not layer.weights


def test_two_weights_of_one_name() -> None:
    layer = Layer()
    layer.add_weight((), "zeros", name="w")
    with pytest.raises(ValueError, match="a weight 'w' already"):
        layer.add_weight((), "zeros", name="w")


# ---- building ----------------------------------------------------------------------------------------------


def test_building_happens_once() -> None:
    layer = layers.Dense(3)
    layer.build((None, 4))
    kernel = layer.kernel
    layer.build((None, 4))
    layer(np.ones((2, 4)))
    assert layer.kernel is kernel and layer.input_shape == (None, 4) and layer.output_shape == (None, 3)


def test_a_build_that_fails_can_be_tried_again() -> None:
    class Fragile(layers.Dense):
        ready = False

        def build(self, input_shape: Any) -> None:
            super().build(input_shape)
            if not self.ready:
                raise RuntimeError("not yet")

    layer = Fragile(3)
    with pytest.raises(RuntimeError, match="not yet"):
        layer(np.ones((2, 4)))
    assert not layer.built and not layer.weights
    layer.ready = True
    assert layer(np.ones((2, 5))).shape == (2, 3)


def test_names_count_up() -> None:
    first, second = layers.Conv2DTranspose(1, 1).name, layers.Conv2DTranspose(1, 1).name
    assert first.startswith("conv2d_transpose") and first != second
    assert layers.LeakyReLU().name.startswith("leaky_re_lu")
    assert layers.Dense(1, name="mine").name == "mine"
    assert "mine, not built" in repr(layers.Dense(1, name="mine"))


def test_a_layer_without_compute_output_shape_is_tried_out() -> None:
    block = Block()
    assert block.compute_output_shape((None, 5)) == (None, 3)
    with pytest.raises(NotImplementedError, match="has no compute_output_shape"):
        block.compute_output_shape((None, None, 5))


def test_several_inputs() -> None:
    class Add(Layer):
        def build(self, input_shape: Any) -> None:
            self.shapes = input_shape

        def call(self, x: Any) -> Any:
            return x[0] + x[1]

    layer = Add()
    assert layer([np.ones((2, 3)), Tensor(np.ones((2, 3)))]).dtype == np.float32
    assert layer.shapes == [(None, 3), (None, 3)]
    assert Add().compute_output_shape([(None, 3), (None, 3)]) == (None, 3)
    with pytest.raises(ValueError, match="dense.*: expected one input, got 2"):
        layers.Dense(3)([np.ones((2, 3)), np.ones((2, 3))])


# ---- calling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_training_is_passed_on(training: bool) -> None:
    class Outer(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.told = Recorder(), Recorder()

        def call(self, x: Any) -> Any:  # does not take it, and need not
            return self.told(self.inner(x), training=not training)

    outer, alone = Outer(), Recorder()
    outer(np.ones(3), training=training)
    assert outer.inner.heard is training and outer.told.heard is not training
    alone(np.ones(3))
    assert alone.heard is False


def test_training_ends_with_a_call_that_fails() -> None:
    class Fails(Layer):
        def call(self, x: Any) -> Any:
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose") as caught:
        Fails(name="clumsy")(np.ones((2, 3)), training=True)
    assert "in layer clumsy" in caught.value.__notes__[0]
    after = Recorder()
    after(np.ones(3))
    assert after.heard is False


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "bool"])
@pytest.mark.parametrize("layer_dtype", ["float32", "float64"])
def test_numbers_take_the_dtype_of_the_layer(dtype: str, layer_dtype: str) -> None:
    layer = layers.Dense(3, dtype=layer_dtype)
    assert layer(np.ones((2, 4), dtype)).dtype == layer.kernel.dtype == layer_dtype


def test_a_gradient_passes_a_change_of_dtype() -> None:
    x = Tensor(np.ones((2, 4)), requires_grad=True)
    layers.Dense(3)(x).sum().backward()
    assert x.grad is not None and x.grad.dtype == np.float64


def test_floatx_is_the_dtype_of_new_layers() -> None:
    backend.set_floatx("float64")
    assert layers.Dense(3).dtype == np.float64


def test_nothing_is_written_into_the_input() -> None:
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    before = x.copy()
    for layer in (layers.Conv2D(2, 3), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.5)):
        layer(x, training=True)
    assert (x == before).all()


def test_no_grad_leaves_no_graph() -> None:
    with no_grad():
        assert not layers.Dense(3)(np.ones((2, 4))).requires_grad


def test_no_cycle_keeps_a_layer_alive() -> None:
    gc.disable()
    try:
        block = built_block()
        y = block(np.ones((2, 4)), training=True)
        y.sum().backward()
        gone = weakref.ref(block)
        del block, y
        assert gone() is None
    finally:
        gc.enable()


# ---- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: layers.Conv2D(1, 1, data_format="channels_first"), TypeError, "channels-last here"),
        (lambda: layers.Dense(1, input_shape=(3,)), TypeError, r"put Input\(shape=...\) first"),
        (lambda: layers.Dense(1, colour="red"), TypeError, "Dense does not take 'colour'"),
        (lambda: layers.Dense(1, name="a/b"), ValueError, "a name without '/', got 'a/b'"),
        (lambda: layers.Dense(1, dtype="int32"), ValueError, "'float32' or 'float64', got 'int32'"),
        (lambda: layers.Dense(1, dtype="float16"), ValueError, "'float32' or 'float64', got 'float16'"),
        (lambda: Layer()(np.ones(3)), NotImplementedError, "Layer has no method call"),
        (lambda: layers.Dense(3)(np.ones(3)), ValueError, r"2 axes or more, \(batch, ..., features\), got"),
        (lambda: layers.Dense(3).build((None, None)), ValueError, "to know axis -1 of the input"),
    ],
)
def test_bad_arguments(wrong: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong()


def test_an_input_of_another_length_than_built_for() -> None:
    layer = layers.Dense(3, name="mine")
    layer.build((None, 4))
    for wrong in (lambda: layer(np.ones((2, 5))), lambda: layer.compute_output_shape((None, 5))):
        with pytest.raises(
            ValueError, match=r"mine: built for inputs with length 4 along axis -1, got shape"
        ):
            wrong()


def test_a_layer_that_forgot_its_base() -> None:
    class Forgetful(Layer):
        def __init__(self) -> None:
            pass

    with pytest.raises(RuntimeError, match=r"Forgetful: call super\(\).__init__\(\) first"):
        Forgetful()(np.ones(3))


def test_weights_that_are_no_numbers_change_nothing() -> None:
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError):
        layer.set_weights([np.ones((3, 2)), np.array(["a", "b"])])
    for kept, weight in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(kept, weight)
