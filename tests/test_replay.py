"""Steps recorded and replayed are the steps themselves; and what cannot be recorded is said, and done one by one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinydl
from tests.devices import running_on
from tests.networks import BATCH, NETWORKS, fresh
from tinydl import Model, Sequential, Tensor, backend, callbacks, grad, layers, optimizers, schedules
from tinydl.recording import Recording
from tinydl.replay import WARM_UP, Replay


def fitted(name: str, replay: bool, **options: Any) -> tuple[list[np.ndarray], dict]:
    model, x, y = fresh(name)
    given = {"batch_size": BATCH, "epochs": 3, "verbose": 0, **options}
    history = model.fit(x, y, replay=replay, **given).history
    return model.get_weights(), history


def assert_same(a: tuple[list, dict], b: tuple[list, dict]) -> None:
    assert a[1] == b[1]
    for one, other in zip(a[0], b[0]):
        np.testing.assert_array_equal(one, other)


def dense(optimizer: Any = "sgd", *more: Any) -> Sequential:
    tinydl.set_random_seed(0)
    model = Sequential([layers.Input((3,)), layers.Dense(4, activation="tanh"), *more, layers.Dense(1)])
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


def points(n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(n, 3)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


# ---- the same ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_learns_the_same(there: Any, name: str) -> None:
    """With an odd batch at the end of each epoch, metrics, moving averages and noise."""
    assert_same(fitted(name, True), fitted(name, False))


@pytest.mark.parametrize(("size", "recorded"), [(8, True), (6, True), (3, False)])
def test_the_shape_of_the_first_batch_is_recorded(
    there: Any, monkeypatch: pytest.MonkeyPatch, size: int, recorded: bool
) -> None:
    """Not that of the third, which is the odd one here."""
    made = []
    record = Replay._record
    monkeypatch.setattr(
        Replay, "_record", lambda self, batch: made.append(len(batch[0])) or record(self, batch)
    )
    x, y = points(2 * size + 1)
    dense().fit(x, y, batch_size=size, epochs=2 if recorded else 1, verbose=0, replay=True)
    assert made == ([size] if recorded else [])


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 2, 0.5), momentum=0.9),
        lambda: optimizers.Adam(0.01, weight_decay=0.1, clipnorm=0.1),
        lambda: optimizers.RMSprop(0.01, centered=True, global_clipnorm=0.1),
    ],
)
def test_what_an_optimizer_does_on_the_host_is_done_each_time(there: Any, optimizer: Callable) -> None:
    found = []
    for replay in (True, False):
        model = dense(optimizer())
        history = model.fit(*points(), batch_size=4, epochs=3, verbose=0, replay=replay).history
        found.append((model.get_weights(), history))
        assert model.optimizer.iterations == 12
    assert_same(*found)


def test_what_is_changed_from_outside_is_seen(there: Any) -> None:
    """Weights that are set, a learning rate that falls, a layer's average: a replay starts from there."""
    found = []
    for replay in (True, False):
        model = dense("sgd", layers.BatchNormalization())

        def change(epoch: int, logs: Any, model: Any = model) -> None:
            model.optimizer.learning_rate = 0.01 / (epoch + 1)
            model.set_weights([w + 0.1 for w in model.get_weights()])
            model.layers[1].moving_mean.data = model.layers[1].moving_mean.data * 2

        watch = callbacks.LambdaCallback(on_epoch_end=change)
        history = model.fit(
            *points(),
            batch_size=4,
            epochs=4,
            verbose=0,
            replay=replay,
            callbacks=[watch],
            validation_split=0.5,
        ).history
        found.append((model.get_weights(), history))
    assert_same(*found)


def freeze(model: Any) -> None:
    model.layers[0].trainable = False


def other_optimizer(model: Any) -> None:
    model.compile("adam", loss="mae", metrics=["mae"])


@pytest.mark.parametrize(
    "change",
    [
        freeze,
        other_optimizer,
        lambda model: setattr(model.optimizer, "clipnorm", 0.01),
        lambda model: setattr(model.optimizer, "momentum", 0.5),
        lambda model: setattr(model.layers[1], "rate", 0.0),
    ],
)
def test_what_python_decides_is_decided_anew_each_epoch(there: Any, change: Callable) -> None:
    found = []
    for replay in (True, False):
        model = dense(optimizers.SGD(0.1, momentum=0.9), layers.Dropout(0.5))
        changes = {1: change}
        watch = callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, model=model, changes=changes: changes.get(epoch, id)(model)
        )
        fit = {"batch_size": 4, "epochs": 4, "verbose": 0, "callbacks": [watch]}
        history = model.fit(*points(), replay=replay, **fit).history
        found.append((model.get_weights(), history))
    assert_same(*found)


def test_a_recording_that_fails_later_is_not_used_again(there: Any) -> None:
    """A checkpoint has asked for another one: with other random numbers."""
    found = []
    for replay in (True, False):
        spoiled: list = []
        tinydl.set_random_seed(0)
        model = Odd(lambda model, x, loss, spoiled=spoiled: float(loss) if spoiled else None)
        model.compile("adam", loss="mse")
        watch = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs, model=model, s=spoiled: s.append(1))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            history = model.fit(
                *points(), batch_size=4, epochs=3, verbose=0, replay=replay, callbacks=[watch, Reseed()]
            ).history
        found.append((model.get_weights(), history))
        assert len(said) == replay
    assert_same(*found)


class Reseed(callbacks.Callback):
    """What a checkpoint does to random numbers; and before that somebody has drawn some."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        backend.random_generator()
        backend.random_state()


def test_sample_weights_are_part_of_a_batch(there: Any) -> None:
    weights = np.linspace(0, 1, 16, dtype="float32")
    found = []
    for replay in (True, False):
        model = dense()
        fit = {"batch_size": 4, "epochs": 2, "verbose": 0, "sample_weight": weights}
        found.append((model.fit(*points(), replay=replay, **fit).history, model.get_weights()))
    assert found[0][0] == found[1][0]


def test_a_replayed_step_is_told_in_few_launches(there: Any) -> None:
    if not hasattr(there, "counts"):
        pytest.skip("a GPU does not count its launches")
    model, x, y = fresh("lenet")
    step, batch = Replay(model), (backend.as_array(x[:BATCH]), backend.as_array(y[:BATCH]))
    counts = []
    for _ in range(WARM_UP + 3):
        there.counts.reset()
        step(*batch)
        counts.append(there.counts.launches)
    assert counts[-1] == counts[-2] < counts[1] / 3
    there.counts.reset()
    with there.forbidden():
        step(*batch)


def test_memory_of_a_recording_is_given_to_nobody_else(there: Any) -> None:
    model = dense()
    step, batch = Replay(model), tuple(backend.as_array(a) for a in points(4))
    results = []
    for _ in range(WARM_UP + 4):
        results.append(float(step(*batch)["loss"]))
        junk = [backend.as_array(np.full((64, 64), np.nan, "float32")) * 1 for _ in range(20)]
        del junk
    other = dense()
    expected = [float(other.train_step(*batch)["loss"]) for _ in results]
    assert results == expected


# ---- what cannot be ----------------------------------------------------------------------------------------


class Odd(Model):
    """A model whose step does something besides."""

    def __init__(self, besides: Callable):
        super().__init__()
        self.normal = (
            layers.BatchNormalization()
        )  # whose averages are not to be those of what was never computed
        self.dense = layers.Dense(1)
        self.besides = besides
        self.logged: dict = {}

    def call(self, x: Any) -> Any:
        return self.dense(self.normal(x))

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        loss = self.compute_loss(x, y, self(x, training=True))
        self.besides(self, x, loss)
        self.minimize(loss)
        return {"loss": loss, **self.logged}


def count(model: Any, x: Any, loss: Any) -> None:
    model.counter = getattr(model, "counter", 0) + 1


@pytest.mark.parametrize(
    ("besides", "reason"),
    [
        (count, "Odd.counter changes on the host"),
        (lambda model, x, loss: model.logged.update(lr=0.5), "'lr' is logged as a number of the host"),
        (lambda model, x, loss: float(loss), "transfers are disallowed"),
        (lambda model, x, loss: Tensor([1.0, 2.0]) + 1, "numbers are sent to the GPU inside of the step"),
        (lambda model, x, loss: x[x > 0], "transfers are disallowed"),
        (lambda model, x, loss: x.T @ x, "cuBLAS"),
    ],
)
def test_a_step_that_cannot_be_recorded_runs_as_it_is(there: Any, besides: Callable, reason: str) -> None:
    found = []
    for replay in (True, False):
        tinydl.set_random_seed(0)
        model = Odd(besides)
        model.compile("adam", loss="mse")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            history = model.fit(*points(), batch_size=4, epochs=2, verbose=0, replay=replay).history
        found.append((model.get_weights(), history))
        assert len(said) == replay
        if replay:
            assert "this step cannot be recorded, so steps run one by one" in str(said[0].message)
            assert reason in str(said[0].message)
    assert_same(*found)


def test_a_metric_that_counts_on_the_host_is_found(there: Any) -> None:
    class Batches(tinydl.metrics.Metric):
        def reset_state(self) -> None:
            self.count = 0

        def update_state(self, *args: Any, **options: Any) -> None:
            self.count += 1

        def result(self) -> float:
            return float(self.count)

    model = dense()
    model.compile("sgd", loss="mse", metrics=[Batches()])
    with pytest.warns(UserWarning, match="Batches.count changes on the host"):
        history = model.fit(*points(), batch_size=4, epochs=2, verbose=0, replay=True).history
    assert history["batches"] == [4.0, 4.0]


def test_an_error_in_a_step_is_the_steps_own(there: Any) -> None:
    calls = []

    def besides(model: Any, x: Any, loss: Any) -> None:
        calls.append(1)
        if len(calls) == WARM_UP + 1:
            raise KeyError("in the third step")

    model = Odd(besides)
    model.compile("sgd", loss="mse")
    with pytest.raises(KeyError, match="third"):
        model.fit(*points(), batch_size=4, verbose=0, replay=True)
    assert backend.now.recording is None
    model.fit(*points(), batch_size=4, verbose=0, replay=True)


def test_there_is_nothing_to_replay_on_a_cpu() -> None:
    with running_on("cpu"), pytest.warns(UserWarning, match="on a GPU only"):
        dense().fit(*points(), batch_size=4, verbose=0, replay=True)


# ---- recordings --------------------------------------------------------------------------------------------


def test_a_recording_does_it_again_with_what_is_there_then(there: Any) -> None:
    a, b = (backend.as_array(np.random.default_rng(i).normal(size=(3, 3))) for i in (0, 1))
    out = backend.as_array(np.zeros((3, 3)))

    def work() -> None:
        t = Tensor(a, requires_grad=False)
        out[...] = (t @ Tensor(b) + 1).data * 2 + (Tensor(b) @ t).data

    recording = Recording(work)
    for value in (1.0, 2.0):
        a[...] = value
        recording.replay()
        ones = np.full((3, 3), value)
        expected = (ones @ backend.to_numpy(b) + 1) * 2 + backend.to_numpy(b) @ ones
        np.testing.assert_allclose(backend.to_numpy(out), expected)


def test_products_of_every_kind_are_recorded(there: Any) -> None:
    rng = np.random.default_rng(0)
    for left, right in [
        ((4,), (4,)),
        ((3, 4), (4,)),
        ((4,), (2, 4, 3)),
        ((3, 4), (4, 2)),
        ((2, 3, 4), (4, 2)),
        ((5, 1, 3, 4), (2, 4, 2)),
        ((2, 3, 4), (2, 4, 2)),
    ]:
        a, b = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in (left, right))
        shape = np.matmul(np.zeros(left), np.zeros(right)).shape
        gy, outs = Tensor(rng.normal(size=shape)), [Tensor(np.zeros(s)) for s in (shape, left, right)]

        def work(a: Any = a, b: Any = b, gy: Any = gy, outs: Any = outs) -> None:
            y = a @ b
            for out, value in zip(outs, (y, *grad(y, [a, b], grad_outputs=gy))):
                out.data[...] = value.data

        recording = Recording(work)
        a.data[...] = 2 * a.data
        recording.replay()
        found = [out.numpy().copy() for out in outs]
        work()
        for one, out in zip(found, outs):
            np.testing.assert_allclose(one, out.numpy())
