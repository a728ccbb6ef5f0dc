"""The layers beside Keras's, one table for all of it: what is compared, how, and how large the differences are.

    python -m tests.parity        the largest difference of each layer, from Keras itself if it is installed

A case is a layer, its arguments and the shape of its input. Whoever computes it, tinydl or Keras, gets the same
input, weights and upstream gradient, and answers with arrays by name: the output, the gradients with respect to the
input and to each weight, and what the weights that do not learn have become.

Inputs are evenly spaced numbers in a random order: no two are alike, so no window of a max pooling has two winners, and
none is near a kink at a whole number. There a difference would say nothing about the layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinydl import Tensor, grad, layers

GOLDENS = Path(__file__).parent / "goldens"
Arrays = dict[str, np.ndarray]


class Case(NamedTuple):
    """A layer, its arguments, the shape of its input with the batch, and whether it is called for training."""

    layer: str
    shape: tuple[int, ...]
    options: dict[str, Any] = {}
    training: bool = False

    @property
    def name(self) -> str:
        """What it is called in messages and files."""
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.layer}({options}) of {self.shape}" + ", training" * self.training

    def build(self, library: Any) -> Any:
        """The layer, of `tinydl.layers` or of `keras.layers`."""
        return getattr(library, self.layer)(**self.options)


def _cases() -> Iterator[Case]:
    picture, odd = (2, 8, 6, 3), (2, 7, 5, 3)
    yield from (
        Case("Dense", (4, 6), {"units": 5}),
        Case("Dense", (4, 6), {"units": 5, "activation": "tanh", "use_bias": False}),
        Case("Dense", (2, 3, 6), {"units": 4, "activation": "softmax"}),
        Case("Dense", (2, 3, 2, 6), {"units": 1, "activation": "sigmoid"}),
        Case("Embedding", (3, 4), {"input_dim": 7, "output_dim": 5}),
        Case("Embedding", (6,), {"input_dim": 3, "output_dim": 2}),
        Case("Flatten", picture),
        Case("Flatten", (5,)),
        Case("Reshape", (2, 12), {"target_shape": (2, 3, 2)}),
        Case("Reshape", (2, 12), {"target_shape": (-1, 4)}),
        Case("Rescaling", picture, {"scale": 1 / 255, "offset": -0.5}),
        Case("Dropout", (4, 6), {"rate": 0.5}),
        Case("GaussianNoise", (4, 6), {"stddev": 0.5}),
    )
    for options in [
        {"filters": 4, "kernel_size": 3},
        {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "tanh"},
        {"filters": 2, "kernel_size": (2, 4), "padding": "same"},
        {"filters": 2, "kernel_size": 5, "strides": 2, "padding": "same", "use_bias": False},
        {"filters": 2, "kernel_size": 4, "strides": (3, 2), "padding": "same"},
        {"filters": 3, "kernel_size": (3, 2), "strides": (1, 2)},
        {"filters": 2, "kernel_size": 1, "strides": 2},
        {"filters": 2, "kernel_size": 3, "dilation_rate": 2},
        {"filters": 2, "kernel_size": (2, 3), "dilation_rate": (3, 2), "padding": "same"},
    ]:
        yield from (Case("Conv2D", shape, options) for shape in (picture, odd))
    for options in [
        {"filters": 4, "kernel_size": 3},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "tanh"},
        {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False},
        {"filters": 2, "kernel_size": (2, 5), "strides": (3, 2)},
        {"filters": 2, "kernel_size": 2, "strides": 3},
        {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"},
        {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"},
        {"filters": 2, "kernel_size": (3, 2), "dilation_rate": (1, 2)},
    ]:
        yield from (Case("Conv2DTranspose", shape, options) for shape in [(2, 4, 3, 3), (1, 3, 5, 2)])
    for layer in ("MaxPooling2D", "AveragePooling2D"):
        for options in [
            {"pool_size": 2},
            {"pool_size": 2, "padding": "same"},
            {"pool_size": 3, "strides": 2, "padding": "same"},
            {"pool_size": (2, 3), "strides": (1, 2)},
            {"pool_size": 3, "strides": 1, "padding": "same"},
        ]:
            yield from (Case(layer, shape, options) for shape in (picture, odd))
    for layer in ("GlobalAveragePooling2D", "GlobalMaxPooling2D"):
        yield from (Case(layer, odd, {"keepdims": keepdims}) for keepdims in (False, True))
    for training in (False, True):
        yield from (
            Case("BatchNormalization", (6, 4), training=training),
            Case("BatchNormalization", picture, {"momentum": 0.9, "epsilon": 1e-5}, training),
            Case("BatchNormalization", picture, {"axis": 1}, training),
            Case("BatchNormalization", odd, {"center": False}, training),
            Case("BatchNormalization", odd, {"scale": False}, training),
            Case("BatchNormalization", odd, {"trainable": False}, training),
        )
    yield from (
        Case("LayerNormalization", (6, 8)),
        Case("LayerNormalization", picture, {"epsilon": 1e-5}),
        Case("LayerNormalization", picture, {"axis": (1, 2, 3)}),
        Case("LayerNormalization", odd, {"axis": 1}),
        Case("LayerNormalization", (6, 8), {"center": False}),
        Case("LayerNormalization", (6, 8), {"scale": False}),
    )
    for name in (
        *("relu", "elu", "selu", "silu", "gelu", "sigmoid", "tanh", "softplus", "softmax", "log_softmax"),
        *("exponential", "leaky_relu", "linear", "swish"),
    ):
        yield Case("Activation", (4, 6), {"activation": name})
    yield from (
        Case("ReLU", (4, 6)),
        Case("ReLU", (4, 6), {"max_value": 2.0}),
        Case("ReLU", (4, 6), {"negative_slope": 0.25}),
        Case("ReLU", (4, 6), {"threshold": 1.0}),
        Case("ReLU", (4, 6), {"max_value": 2.0, "negative_slope": 0.25, "threshold": 1.0}),
        Case("LeakyReLU", (4, 6)),
        Case("LeakyReLU", (4, 6), {"negative_slope": 0.01}),
        Case("ELU", (4, 6)),
        Case("ELU", (4, 6), {"alpha": 0.5}),
        Case("Softmax", (4, 6)),
        Case("Softmax", (2, 3, 4), {"axis": 1}),
        Case("UpSampling2D", odd, {"size": (2, 3)}),
        Case("UpSampling2D", odd, {"size": 2, "interpolation": "bilinear"}),
        Case("UpSampling2D", odd, {"size": (1, 3), "interpolation": "bilinear"}),
        Case("ZeroPadding2D", odd),
        Case("ZeroPadding2D", odd, {"padding": (2, 1)}),
        Case("ZeroPadding2D", odd, {"padding": ((1, 0), (2, 3))}),
    )


CASES = list(_cases())


# ------------------------------------------------------------------------------------- the same for both sides


def given(case: Case) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """What goes in: the input, the weights, and the gradient with respect to the output; float32."""
    rng = np.random.default_rng(len(case.name))
    layer = case.build(layers)
    layer.build((None, *case.shape[1:]))
    if case.layer == "Embedding":
        x = rng.integers(0, case.options["input_dim"], case.shape)
    else:
        count = int(np.prod(case.shape))
        x = ((rng.permutation(count) + 0.5) / count * 6 - 3).reshape(case.shape).astype("float32")
    weights = []
    for path, weight in layer.named_weights():
        positive = path.endswith("moving_variance")
        weights.append(rng.uniform(0.5 if positive else -1.0, 1.5, weight.shape).astype("float32"))
    y_shape = (case.shape[0], *layer.compute_output_shape((None, *case.shape[1:]))[1:])
    return x, weights, rng.normal(size=y_shape).astype("float32")


def ours(case: Case, x: np.ndarray, weights: list[np.ndarray], gy: np.ndarray) -> Arrays:
    """What tinydl makes of it."""
    layer = case.build(layers)
    layer.build((None, *x.shape[1:]))
    layer.set_weights(weights)
    x_tensor = Tensor(x, requires_grad=x.dtype.kind == "f")
    y = layer(x_tensor, training=case.training)
    wanted = [x_tensor, *layer.trainable_weights] if x_tensor.requires_grad else layer.trainable_weights
    names = ["x"] * x_tensor.requires_grad + [
        path.rpartition("/")[2] for path, w in layer.named_weights() if w.node
    ]
    return _answer(y, grad(y, wanted, gy), names, [w.numpy() for w in layer.non_trainable_weights])


def theirs(case: Case, x: np.ndarray, weights: list[np.ndarray], gy: np.ndarray) -> Arrays:
    """What Keras makes of it."""
    import keras
    import tensorflow as tf

    layer = case.build(keras.layers)
    layer.build((None, *x.shape[1:]))
    layer.set_weights(weights)
    x_tensor = tf.convert_to_tensor(x)
    learning = layer.trainable_weights
    with tf.GradientTape() as tape:
        if x.dtype.kind == "f":
            tape.watch(x_tensor)
        y = layer(x_tensor, training=case.training)
    wanted = [x_tensor] * (x.dtype.kind == "f") + [w.value for w in learning]
    slices = tape.gradient(y, wanted, gy)  # those of an embedding are; the others stay what they are
    gradients = [tf.convert_to_tensor(g) for g in slices]
    names = ["x"] * (x.dtype.kind == "f") + [w.name for w in learning]
    return _answer(y, gradients, names, [w.numpy() for w in layer.non_trainable_weights])


def _answer(y: Any, gradients: list, names: list[str], state: list[np.ndarray]) -> Arrays:
    found = {"y": np.array(y)}
    found |= {f"gradient of {name}": np.array(g) for name, g in zip(names, gradients, strict=True)}
    return found | {f"state {i}": value for i, value in enumerate(state)}


def differences(found: Arrays, wanted: Arrays) -> dict[str, float]:
    """By name, the largest difference between two answers, relative to the largest value of the array.

    Raises:
        AssertionError: they do not have the same names, shapes and dtypes.
    """
    assert list(found) == list(wanted), f"{list(found)} is not {list(wanted)}"
    result = {}
    for name, array in wanted.items():
        assert found[name].shape == array.shape, f"{name}: {found[name].shape} is not {array.shape}"
        assert found[name].dtype == array.dtype == np.float32, f"{name}: {found[name].dtype}, {array.dtype}"
        difference = float(abs(found[name].astype("float64") - array).max(initial=0))
        result[name] = difference / (float(abs(array).max(initial=0)) or 1.0)
    return result


# ------------------------------------------------------------------------------------------------- the goldens


def golden(case: Case) -> tuple[np.ndarray, list[np.ndarray], np.ndarray, Arrays]:
    """What went in when the goldens were made, and what Keras answered."""
    with np.load(GOLDENS / f"{case.layer}.npz", allow_pickle=False) as file:
        mine = {
            name.partition(" | ")[2]: file[name]
            for name in file.files
            if name.partition(" | ")[0] == case.name
        }
    assert mine, f"no golden of {case.name}: run python -m tests.parity.make_goldens"
    x, gy = mine.pop("x"), mine.pop("gy")
    weights = [mine.pop(f"weight {i}") for i in range(sum(name.startswith("weight ") for name in mine))]
    return x, weights, gy, mine


def largest_differences(live: bool) -> Iterator[tuple[str, int, float, str]]:
    """For each layer its name, how many cases, the largest difference from Keras, and where that was.

    Args:
        live: compare with Keras itself rather than with the goldens.
    """
    for layer in sorted({case.layer for case in CASES}):
        cases = [case for case in CASES if case.layer == layer]
        worst = (-1.0, "")
        for case in cases:
            x, weights, gy, wanted = golden(case)
            if live:
                wanted = theirs(case, x, weights, gy)
            for name, difference in differences(ours(case, x, weights, gy), wanted).items():
                worst = max(worst, (difference, f"{name}, {case.name}"))
        yield layer, len(cases), *worst
