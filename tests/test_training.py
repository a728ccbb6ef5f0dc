"""compile, fit, evaluate, predict: what goes in, what comes out, and how a fit ends."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from typing import Any

import numpy as np
import pytest

from tinydl import Model, Sequential, Tensor, layers, losses, metrics, ops, optimizers, set_random_seed
from tinydl.callbacks import Callback, LambdaCallback

Data = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def data(rng: np.random.Generator) -> Data:
    """(40, 3) and the (40, 1) that a linear model can learn from it."""
    x = rng.normal(size=(40, 3)).astype("float32")
    return x, x @ np.array([[1.0], [-2.0], [0.5]], "float32")


def linear(**compiled: Any) -> Sequential:
    model = Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(np.array_equal(v, w) for v, w in zip(a, b, strict=True))


class TestSteps:
    def test_one_step_of_sgd_by_hand(self, data: Data) -> None:
        x, y = data
        model = linear(optimizer=optimizers.SGD(0.1), metrics=["mae"])
        w, b = model.get_weights()
        error = x @ w + b - y  # (n, 1)
        loss, mae = model.train_on_batch(x, y)
        assert loss == pytest.approx((error**2).mean(), rel=1e-5)
        assert mae == pytest.approx(np.abs(error).mean(), rel=1e-5)
        new_w, new_b = model.get_weights()
        np.testing.assert_allclose(new_w, w - 0.1 * 2 * x.T @ error / len(x), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(new_b, b - 0.1 * 2 * error.mean(0), rtol=1e-4, atol=1e-6)

    def test_the_logged_loss_counts_a_small_batch_for_what_it_is(self, data: Data) -> None:
        x, y = data
        model = linear(optimizer=optimizers.SGD(0.0))  # nothing moves
        history = model.fit(x, y, batch_size=15, verbose=0).history
        assert history["loss"][0] == pytest.approx(((model.predict(x) - y) ** 2).mean(), rel=1e-5)
        assert model.evaluate(x, y, batch_size=7) == pytest.approx(history["loss"][0], rel=1e-5)

    def test_a_step_of_ones_own(self, data: Data) -> None:
        class Compressor(Model):
            """Learns x itself, without targets."""

            def __init__(self) -> None:
                super().__init__()
                self.narrow, self.wide = layers.Dense(2), layers.Dense(3)

            def call(self, x: Any) -> Tensor:
                return self.wide(self.narrow(x))

            def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
                error = ops.mean(ops.square(self(x, training=True) - x))
                self.minimize(error)
                return {"error": error, "twice": 2 * error, "rows": len(x)}

        model = Compressor()
        model.compile(optimizers.Adam(0.02))
        history = model.fit(data[0], epochs=20, verbose=0).history
        assert list(history) == ["error", "twice", "rows"]
        assert history["error"][-1] < 0.5 * history["error"][0]
        np.testing.assert_allclose(history["twice"], 2 * np.array(history["error"]), rtol=1e-6)
        assert history["rows"][0] == pytest.approx((32 * 32 + 8 * 8) / 40)

    def test_no_targets_and_no_loss_are_explained(self, data: Data) -> None:
        with pytest.raises(ValueError, match="needs targets y; to learn x itself, fit"):
            linear().fit(data[0], verbose=0)
        with pytest.raises(ValueError, match="no loss; pass one to compile"):
            linear(loss=None).fit(*data, verbose=0)

    def test_dropout_drops_in_training_alone(self) -> None:
        model = Sequential([layers.Input((1000,)), layers.Dropout(0.5)])
        x = np.ones((1, 1000), "float32")
        np.testing.assert_array_equal(model.predict(x), x)
        assert (model(x, training=True).numpy() == 0).any()

    def test_pixels_are_cast_batch_by_batch(self, rng: np.random.Generator) -> None:
        x, y = rng.integers(0, 256, (20, 4, 4, 1), dtype="uint8"), rng.integers(0, 2, 20)
        seen = []

        class Looking(Sequential):
            def call(self, x: Tensor) -> Tensor:
                seen.append(x.dtype)
                return super().call(x)

        model = Looking([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
        model.fit(x, y, verbose=0)
        assert set(map(str, seen)) == {"uint8"}
        assert model.predict(x).dtype == np.float32

    def test_a_frozen_model_says_that_it_learns_nothing(self, data: Data) -> None:
        model = linear()
        model.trainable = False
        before = model.get_weights()
        with pytest.warns(UserWarning, match="no trainable weights"):
            model.fit(*data, verbose=0)
        assert same(before, model.get_weights())


class TestCompile:
    def test_takes_names_objects_and_functions(self, data: Data) -> None:
        def furthest(y_true: Any, y_pred: Any) -> Any:
            return ops.max(ops.abs(y_true - y_pred), axis=-1)

        named = linear(metrics=["mae"])
        made = linear(
            loss=losses.MeanSquaredError(), metrics=[metrics.MeanAbsoluteError(name="mae"), furthest]
        )
        made.set_weights(named.get_weights())
        one, other = named.evaluate(*data, return_dict=True), made.evaluate(*data, return_dict=True)
        assert list(other) == ["loss", "mae", "furthest"]
        assert one["mae"] == other["mae"] and one["loss"] == other["loss"]

    def test_only_weighted_metrics_see_the_weights(self, data: Data) -> None:
        x, y = data
        weight = np.arange(40) / 20
        model = linear(metrics=["mae"], weighted_metrics=["mae"])
        error = np.abs(model.predict(x) - y)[:, 0]  # (n,)
        found = model.evaluate(x, y, sample_weight=weight, batch_size=16, return_dict=True)
        assert found["mae"] == pytest.approx(error.mean(), rel=1e-5)
        assert found["weighted_mae"] == pytest.approx((error * weight).sum() / weight.sum(), rel=1e-5)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"optimizer": "adm"}, "optimizer 'adm': did you mean 'adam'"),
            ({"loss": "msee"}, "loss 'msee': did you mean 'mse'"),
            ({"metrics": ["acuracy"]}, "metric 'acuracy': did you mean 'accuracy'"),
            ({"metrics": "mae"}, "metrics: expected a list, got 'mae'"),
        ],
    )
    def test_names_that_nobody_has_change_nothing(self, wrong: Any, message: str) -> None:
        model = linear()
        before = model.optimizer, model.loss, model.compiled_metrics
        with pytest.raises(ValueError, match=message):
            model.compile(**{"optimizer": "sgd", "loss": "mse", **wrong})
        assert before == (model.optimizer, model.loss, model.compiled_metrics)

    @pytest.mark.parametrize("what", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
    def test_comes_first(self, what: str, data: Data) -> None:
        with pytest.raises(RuntimeError, match=f"{what}: call compile"):
            getattr(Sequential([layers.Dense(1)]), what)(*data)


class TestFit:
    def test_history_has_a_number_an_epoch(self, data: Data) -> None:
        model = linear(metrics=["mae"])
        history = model.fit(*data, epochs=7, initial_epoch=4, validation_split=0.25, verbose=0)
        assert history is model.history and history.epoch == [4, 5, 6]
        assert list(history.history) == ["loss", "mae", "val_loss", "val_mae"]
        assert all(len(v) == 3 and all(type(n) is float for n in v) for v in history.history.values())
        assert model.fit(*data, epochs=0, verbose=0).history == {}

    def test_the_same_seed_gives_the_same_numbers(self, data: Data) -> None:
        runs = []
        for seed in (1, 1, 2):
            set_random_seed(seed)
            runs.append(linear().fit(*data, epochs=2, batch_size=8, verbose=0).history["loss"])
        assert runs[0] == runs[1] != runs[2]

    def test_stops_when_a_callback_says_so(self, data: Data) -> None:
        class Enough(Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                self.model.stop_training = batch == 1

        model = linear()
        history = model.fit(*data, epochs=5, batch_size=8, callbacks=[Enough()], verbose=0)
        assert history.epoch == [0] and model.optimizer.iterations == 2 and not model.interrupted

    def test_validation_learns_nothing(self, data: Data) -> None:
        set_random_seed(3)
        alone = linear()
        alone.fit(*data, epochs=3, verbose=0)
        set_random_seed(3)
        watched = linear()
        watched.fit(*data, epochs=3, validation_data=data, verbose=0)
        assert same(alone.get_weights(), watched.get_weights())

    def test_every_validation_begins_with_the_first_batch(self, data: Data) -> None:
        x, y = data
        model = linear(optimizer=optimizers.SGD(0.0))  # nothing moves
        options = {"validation_data": data, "validation_steps": 2, "validation_batch_size": 8, "epochs": 3}
        history = model.fit(x, y, **options, verbose=0).history
        assert history["val_loss"] == [model.evaluate(x[:16], y[:16], batch_size=8)] * 3

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"batch_size": 0}, "batch_size: expected"),
            ({"steps_per_epoch": -1}, "steps: expected"),
            ({"validation_split": 1.0}, "validation_split: expected"),
            ({"verbose": 3}, "verbose: expected"),
            ({"epochs": 1.5}, "epochs: expected a whole number from 0 up, got 1.5"),
            ({"initial_epoch": -1}, "initial_epoch: expected"),
            ({"class_weight": [1.0, 2.0]}, r"class_weight: expected \{class: weight\}, got \[1.0, 2.0\]"),
            ({"callbacks": ["early"]}, "callbacks: expected instances of Callback, got 'early'"),
            ({"validation_split": 0.5, "validation_freq": 0}, "validation_freq: expected"),
            ({"y": np.full((40, 1), np.nan)}, r"y: expected finite numbers, got nan at y\[0, 0\]"),
            ({"y": np.zeros((39, 1))}, "x has 40 rows .* y 39"),
        ],
    )
    def test_says_what_is_wrong(self, data: Data, wrong: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            linear().fit(**{"x": data[0], "y": data[1], "verbose": 0, **wrong})

    def test_a_label_that_is_no_class_changes_nothing(self, data: Data) -> None:
        model = Sequential([layers.Input((3,)), layers.Dense(4, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        x, before = data[0], model.get_weights()
        right = np.arange(40) % 4
        wrong = np.where(np.arange(40) == 37, 4, right)  # in the last batch
        with pytest.raises(ValueError, match=r"^y\[37\] is 4: with 4 classes"):
            model.fit(x, wrong, batch_size=8, shuffle=False, verbose=0)
        with pytest.raises(ValueError, match=r"^validation y\[37, 0\] is 4: with 4 classes"):
            model.fit(x, right, validation_data=(x, wrong[:, None]), verbose=0)
        assert same(before, model.get_weights())

    def test_one_callback_needs_no_list(self, data: Data) -> None:
        seen: list[int] = []
        watch = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
        linear().fit(*data, epochs=2, verbose=0, callbacks=watch)
        assert seen == [0, 1]

    def test_a_loss_that_breaks_down_is_reported_once_with_its_place(self, data: Data) -> None:
        class Breaking(Sequential):
            def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
                loss = super().compute_loss(x, y, y_pred, sample_weight)
                return loss * (np.float32("nan") if self.epoch == 1 and self.optimizer.iterations > 6 else 1)

        model = Breaking([layers.Dense(1)])
        model.compile("sgd", "mse")
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            history = model.fit(*data, epochs=4, batch_size=8, verbose=0)  # five steps an epoch
        (only,) = told
        assert "the loss is nan since epoch 2, step 3" in str(only.message)
        assert only.filename == __file__
        assert np.isfinite(history.history["loss"][0]) and np.isnan(history.history["loss"][1:]).all()

    @pytest.mark.parametrize(("bad", "told"), [("a", "the a_loss is inf"), ("b", "the b_loss is inf")])
    def test_of_several_losses_the_one_that_breaks_down_is_named(
        self, data: Data, bad: str, told: str
    ) -> None:
        class Two(Sequential):
            def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
                loss = super().train_step(x, y, sample_weight)["loss"]
                late = self.optimizer.iterations > 7
                return {
                    f"{name}_loss": loss * np.float32("inf" if late and name == bad else 1) for name in "ab"
                }

        model = Two([layers.Dense(1)])
        model.compile("sgd", "mse")
        with pytest.warns(RuntimeWarning, match=f"^{told} since epoch 2, step 3: try"):
            model.fit(*data, epochs=3, batch_size=8, verbose=0)  # five steps an epoch
        assert model.astray == [f"{bad}_loss"]

    @pytest.mark.filterwarnings("error")
    def test_what_is_no_loss_may_be_infinite(self, data: Data) -> None:
        class Measuring(Sequential):
            def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
                return {**super().train_step(x, y, sample_weight), "signal_to_noise": np.float32("inf")}

        model = Measuring([layers.Dense(1)])
        model.compile("sgd", "mse")
        assert model.fit(*data, verbose=0).history["signal_to_noise"] == [np.inf]
        assert model.astray == []

    def test_numbers_are_fetched_only_when_somebody_looks(self, data: Data) -> None:
        class Number(np.ndarray):
            looked = 0

            def __float__(self) -> float:
                Number.looked += 1
                return float(np.asarray(self))

        class Counting(Sequential):
            def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
                return {"loss": np.zeros((), "float64").view(Number)}

        model = Counting([layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(*data, batch_size=1, epochs=2, verbose=0)
        assert Number.looked <= 2


class Press(Callback):
    """Presses Ctrl-C after these batches of the second epoch."""

    def __init__(self, *batches: int):
        self.batches = batches
        self.ended = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.model.epoch == 1 and batch in self.batches:
            os.kill(os.getpid(), signal.SIGINT)

    def on_train_end(self, logs: Any = None) -> None:
        self.ended += 1


@pytest.mark.skipif(os.name == "nt", reason="os.kill ends the process there")
class TestInterruption:
    def test_the_history_so_far_is_returned(self, data: Data, capsys: pytest.CaptureFixture[str]) -> None:
        model, press = linear(), Press(2)
        history = model.fit(*data, epochs=3, batch_size=8, callbacks=[press], verbose=0)
        assert history is model.history and history.epoch == [0] and len(history.history["loss"]) == 1
        assert model.optimizer.iterations == 5 + 3  # the step at work was finished, and no other begun
        assert model.interrupted and press.ended == 1
        assert capsys.readouterr().out == "Interrupted in epoch 2 of 3; the history so far is kept.\n"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert len(model.fit(*data, epochs=2, verbose=0).epoch) == 2 and not model.interrupted

    def test_the_second_gets_out(self, data: Data) -> None:
        class Impatient(Press):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                super().on_train_batch_end(batch, logs)
                super().on_train_batch_end(batch, logs)

        model, press = linear(), Impatient(2)
        with pytest.raises(KeyboardInterrupt):
            model.fit(*data, epochs=3, batch_size=8, callbacks=[press], verbose=0)
        assert model.history is not None and model.history.epoch == [0]
        assert press.ended == 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_one_during_the_validation_ends_it(self, data: Data) -> None:
        seen = []

        def press(batch: int, logs: Any) -> None:
            seen.append(batch)
            os.kill(os.getpid(), signal.SIGINT)

        note = LambdaCallback(on_test_batch_end=press)
        history = linear().fit(
            *data, epochs=3, batch_size=2, validation_data=data, callbacks=[note], verbose=0
        )
        assert seen == [0] and history.epoch == []

    def test_a_callback_may_raise_it(self, data: Data) -> None:
        def leave(epoch: int, logs: Any) -> None:
            raise KeyboardInterrupt

        model = linear()
        history = model.fit(*data, epochs=3, callbacks=[LambdaCallback(on_epoch_begin=leave)], verbose=0)
        assert history.epoch == [] and model.interrupted

    def test_other_threads_and_other_handlers_are_left_alone(self, data: Data) -> None:
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(linear().fit(*data, verbose=0)))
        thread.start()
        thread.join()
        assert len(results) == 1
        came: list[int] = []
        before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
        try:
            assert linear().fit(*data, epochs=3, batch_size=8, callbacks=[Press(2)], verbose=0).epoch == [
                0,
                1,
                2,
            ]
        finally:
            signal.signal(signal.SIGINT, before)
        assert came == [signal.SIGINT]

    def test_an_error_ends_the_callbacks_too(self, data: Data) -> None:
        def fail(epoch: int, logs: Any) -> None:
            raise RuntimeError("no more")

        model, press = linear(), Press()
        with pytest.raises(RuntimeError, match="no more"):
            model.fit(*data, callbacks=[press, LambdaCallback(on_epoch_end=fail)], verbose=0)
        assert press.ended == 1 and model.interrupted


class TestEvaluateAndPredict:
    def test_evaluate_gives_a_number_a_list_or_names(self, data: Data) -> None:
        assert isinstance(linear().evaluate(*data), float)
        model = linear(metrics=["mae"])
        loss, mae = model.evaluate(*data)
        assert model.evaluate(*data, return_dict=True) == {"loss": loss, "mae": mae}
        assert model.test_on_batch(*data) == pytest.approx([loss, mae])

    def test_steps_look_at_so_many_batches(self, data: Data) -> None:
        x, y = data
        model = linear()
        assert model.evaluate(x, y, batch_size=8, steps=2) == pytest.approx(model.evaluate(x[:16], y[:16]))
        assert model.predict(x, batch_size=8, steps=2).shape == (16, 1)

    @pytest.mark.parametrize("batch_size", [1, 7, 40, 100])
    def test_predict_does_not_depend_on_the_batches(self, data: Data, batch_size: int) -> None:
        model = linear()
        whole = model(data[0]).numpy()
        answer = model.predict(data[0], batch_size=batch_size)
        assert isinstance(answer, np.ndarray)
        np.testing.assert_allclose(answer, whole, rtol=1e-5, atol=1e-6)

    def test_predict_needs_no_compile(self, data: Data) -> None:
        assert Sequential([layers.Dense(2)]).predict(data[0]).shape == (40, 2)
