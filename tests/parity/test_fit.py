"""`fit` beside Keras's: same weights, same batches, both in float64; then the same losses, metrics and histories."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinydl
from tests.parity.precision import both_in

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """In float32 one flipped near-tie of a pooling moves a gradient by a percent."""
    with both_in("float64"):
        yield


# Keras rounds the betas to float32 on their way to their powers: numbers that it rounds to themselves.
ADAM = {"beta_1": float(np.float32(0.9)), "beta_2": float(np.float32(0.999))}


def twins(build: Callable[[Any, Any], Any], optimizer: str = "sgd", **compiled: Any) -> tuple[Any, Any]:
    """One network of tinydl and one of Keras, compiled alike, with the weights that Keras drew."""
    keras.utils.set_random_seed(0)
    ours = build(tinydl.Sequential, tinydl.layers)
    theirs = build(keras.Sequential, keras.layers)
    ours.set_weights(theirs.get_weights())
    for model, library in ((ours, tinydl), (theirs, keras)):
        chosen = library.optimizers.Adam(**ADAM) if optimizer == "adam" else optimizer
        model.compile(chosen, **compiled)
    return ours, theirs


def both_fit(models: tuple[Any, Any], *data: Any, **options: Any) -> tuple[Any, Any]:
    """The histories of the two; callbacks are given as {name: arguments}."""
    named = options.pop("callbacks", {})
    histories = []
    for model, library in zip(models, (tinydl, keras)):
        callbacks = [getattr(library.callbacks, name)(**each) for name, each in named.items()]
        histories.append(model.fit(*data, **options, callbacks=callbacks, verbose=0))
    return histories[0], histories[1]


def assert_equal_histories(ours: Any, theirs: Any, rtol: float = 1e-7) -> None:
    assert ours.epoch == theirs.epoch
    assert set(ours.history) == set(theirs.history)
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=rtol, err_msg=name)


def lenet(sequential: Any, layers: Any) -> Any:
    return sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(20, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(50, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(500, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def small(units: int, activation: str | None) -> Callable[[Any, Any], Any]:
    def build(sequential: Any, layers: Any) -> Any:
        hidden = layers.Dense(8, activation="tanh")
        return sequential([layers.Input((5,)), hidden, layers.Dense(units, activation=activation)])

    return build


def test_the_losses_of_fifty_lenet_steps() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (400, 28, 28, 1)) / 255
    y = np.eye(10)[rng.integers(0, 10, 400)]
    losses = []
    models = twins(lenet, optimizer="adam", loss="categorical_crossentropy")
    for model, library in zip(models, (tinydl, keras)):
        means: list[float] = []  # of the losses so far
        note = library.callbacks.LambdaCallback(
            on_train_batch_end=lambda _, logs, to=means: to.append(logs["loss"])
        )
        model.fit(x, y, batch_size=8, shuffle=False, callbacks=[note], verbose=0)
        losses.append(np.diff(np.array(means) * np.arange(1, 51), prepend=0))
    ours, theirs = losses
    assert ours.shape == (50,) and np.ptp(theirs) > 0.1  # something was learnt meanwhile
    np.testing.assert_allclose(ours, theirs, rtol=1e-7)
    for mine, keras_own in zip(models[0].get_weights(), models[1].get_weights()):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-6)


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(50, 5) and (50, 1)."""
    x = rng.normal(size=(50, 5))
    return x, np.sin(x.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_history_with_a_split(data: Any, optimizer: str) -> None:
    models = twins(small(1, None), optimizer=optimizer, loss="mse", metrics=["mae"])
    options = {"batch_size": 8, "epochs": 3, "validation_split": 0.25, "shuffle": False}
    ours, theirs = both_fit(models, *data, **options)
    assert_equal_histories(ours, theirs)
    np.testing.assert_allclose(models[0].predict(data[0]), models[1].predict(data[0], verbose=0), rtol=1e-6)


def test_sample_weights_and_weighted_metrics(data: Any, rng: np.random.Generator) -> None:
    weight = rng.uniform(0, 3, 50)
    compiled = {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae", "mse"]}
    models = twins(small(1, None), **compiled)
    options = {"batch_size": 16, "epochs": 2, "shuffle": False, "sample_weight": weight}
    ours, theirs = both_fit(models, *data, **options, validation_split=0.3)
    assert_equal_histories(ours, theirs)
    given = {"sample_weight": weight, "verbose": 0, "batch_size": 13}
    named = [model.evaluate(*data, **given, return_dict=True) for model in models]
    assert set(named[0]) == set(named[1]) == {"loss", "mae", "weighted_mae", "mse"}
    for name, value in named[1].items():
        np.testing.assert_allclose(named[0][name], value, rtol=1e-7)


def test_evaluate_gives_a_list_in_order(data: Any) -> None:
    models = twins(small(1, None), loss="mse", metrics=["mae"], weighted_metrics=["mse"])
    given = {"sample_weight": np.arange(50.0), "verbose": 0, "batch_size": 13}
    np.testing.assert_allclose(*[model.evaluate(*data, **given) for model in models], rtol=1e-7)


@pytest.mark.parametrize("one_hot", [False, True])
def test_class_weights(data: Any, rng: np.random.Generator, one_hot: bool) -> None:
    labels = rng.integers(0, 3, 50)
    y = np.eye(3)[labels] if one_hot else labels
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    models = twins(small(3, "softmax"), optimizer="adam", loss=loss, metrics=["accuracy", "acc"])
    options = {"class_weight": {0: 0.5, 2: 4.0}, "epochs": 2, "shuffle": False, "validation_split": 0.2}
    ours, theirs = both_fit(models, data[0], y, **options)
    assert_equal_histories(ours, theirs)


def test_binary_accuracy_is_told_by_the_shapes(data: Any) -> None:
    x, y = data
    models = twins(small(1, "sigmoid"), optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    ours, theirs = both_fit(models, x, (y > 0)[:, 0].astype("float64"), epochs=2, shuffle=False)
    assert_equal_histories(ours, theirs)


def test_validation_data_its_weights_and_frequency(data: Any, rng: np.random.Generator) -> None:
    models = twins(small(1, None), loss="mse", metrics=["mae"])
    held_out = (rng.normal(size=(20, 5)), rng.normal(size=(20, 1)), rng.uniform(0, 2, 20))
    options = {"validation_data": held_out, "validation_freq": 2, "epochs": 5, "initial_epoch": 1}
    ours, theirs = both_fit(
        models, *data, **options, shuffle=False, validation_batch_size=7, validation_steps=2
    )
    assert_equal_histories(ours, theirs)
    assert len(ours.history["val_loss"]) == 2


def test_steps_alone_set_the_batch_size(data: Any) -> None:
    models = twins(small(1, None), loss="mse")
    ours, theirs = both_fit(models, *data, steps_per_epoch=4, epochs=3, shuffle=False)
    assert_equal_histories(ours, theirs)


def test_single_batches(data: Any, rng: np.random.Generator) -> None:
    weight = rng.uniform(0, 2, 50)
    models = twins(small(1, None), optimizer="adam", loss="mse", metrics=["mae"])
    for _ in range(3):
        np.testing.assert_allclose(*[model.train_on_batch(*data, weight) for model in models], rtol=1e-7)
    np.testing.assert_allclose(*[model.test_on_batch(*data) for model in models], rtol=1e-7)
    np.testing.assert_allclose(*[model.predict_on_batch(data[0]) for model in models], rtol=1e-6)


STEERED: dict[str, dict[str, Any]] = {
    "EarlyStopping": {"patience": 2, "min_delta": 0.1, "baseline": 0.5, "restore_best_weights": True},
    "ReduceLROnPlateau": {"patience": 2, "factor": 0.5, "cooldown": 1, "min_delta": 0.05, "min_lr": 0.002},
    "LearningRateScheduler": {"schedule": lambda epoch, rate: rate * 0.8},
}


@pytest.mark.parametrize("name", STEERED)
def test_callbacks_that_steer(data: Any, name: str) -> None:
    models = twins(small(1, None), loss="mse")
    options = {"validation_split": 0.4, "epochs": 12, "shuffle": False, "callbacks": {name: STEERED[name]}}
    ours, theirs = both_fit(models, *data, **options)
    assert_equal_histories(ours, theirs)
    for mine, keras_own in zip(models[0].get_weights(), models[1].get_weights()):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-7)
    if name == "EarlyStopping":
        assert len(ours.epoch) < 12
    else:
        assert len(set(ours.history["learning_rate"])) > 1
