"""Callbacks: in which order they are told, what they write, when they stop a fit, and what the terminal shows."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tinydl import Sequential, callbacks, layers
from tinydl.callbacks import progress
from tinydl.callbacks.steering import Monitor

Data = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def data(rng: np.random.Generator) -> Data:
    x = rng.normal(size=(24, 3)).astype("float32")
    return x, x[:, :1]


def linear(optimizer: Any = "sgd") -> Sequential:
    model = Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(optimizer, "mse", ["mae"])
    return model


class Played(callbacks.Callback):
    """Puts numbers of ours into the logs, for what comes after it to look at."""

    def __init__(self, values: list[float], name: str = "val_loss"):
        self.values, self.name = values, name

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs[self.name] = self.values[epoch]


class TestHooks:
    def test_are_called_in_order(self, data: Data) -> None:
        told: list[str] = []

        class Note(callbacks.Callback):
            pass

        for hook in (name for name in vars(callbacks.Callback) if name.startswith("on_")):
            setattr(Note, hook, lambda self, *given, hook=hook: told.append(hook.removeprefix("on_")))
        model = linear()
        model.fit(*data, batch_size=8, epochs=2, validation_split=0.5, callbacks=[Note()], verbose=0)
        batch = ["train_batch_begin", "train_batch_end"]
        test = ["test_batch_begin", "test_batch_end"]
        epoch = ["epoch_begin", *batch * 2, "test_begin", *test * 2, "test_end", "epoch_end"]
        assert told == ["train_begin", *epoch * 2, "train_end"]
        told.clear()
        model.evaluate(*data, callbacks=[Note()])
        model.predict(data[0], callbacks=[Note()])
        predict = ["predict_begin", "predict_batch_begin", "predict_batch_end", "predict_end"]
        assert told == ["test_begin", *test, "test_end", *predict]

    def test_batch_logs_are_the_means_so_far(self, data: Data) -> None:
        means: list[float] = []
        note = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: means.append(logs["loss"]))
        history = linear().fit(*data, batch_size=8, callbacks=[note], verbose=0)
        assert len(means) == 3 and means[-1] == history.history["loss"][0]

    def test_what_is_added_to_the_logs_gets_into_the_history(self, data: Data) -> None:
        history = linear().fit(*data, epochs=2, callbacks=[Played([3.0, 4.0], "mine")], verbose=0)
        assert history.history["mine"] == [3.0, 4.0]

    def test_a_misspelt_hook_is_named(self) -> None:
        with pytest.raises(ValueError, match="no hook 'on_epoch_ends'; there are: on_train_begin"):
            callbacks.LambdaCallback(on_epoch_ends=print)


class TestMonitor:
    @pytest.mark.parametrize(
        ("name", "falls"),
        [("loss", 1), ("val_mae", 1), ("mean_squared_error", 1), ("val_accuracy", 0), ("acc", 0), ("auc", 0)],
    )
    def test_knows_the_way_by_the_name(self, name: str, falls: int) -> None:
        assert Monitor(name).improves(1.0, best=2.0) == bool(falls)
        assert Monitor(name, "max").improves(2.0, best=1.0)

    def test_says_what_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="'kl_weight' does not tell"):
            Monitor("kl_weight")
        with pytest.raises(ValueError, match="mode: expected"):
            Monitor("loss", "least")

    def test_nan_is_no_improvement(self) -> None:
        assert not Monitor("loss").improves(float("nan"), best=1.0)


class TestEarlyStopping:
    def stopped_after(self, data: Data, values: list[float], **options: Any) -> int:
        stop = callbacks.EarlyStopping(**options)
        history = linear().fit(*data, epochs=len(values), callbacks=[Played(values), stop], verbose=0)
        return len(history.epoch)

    def test_bears_so_many_epochs_without_gain(self, data: Data) -> None:
        values = [5.0, 4.0, 4.5, 3.9, 4.0, 4.0, 3.0, 2.0]
        assert self.stopped_after(data, values, patience=2) == 6
        assert self.stopped_after(data, values, patience=2, min_delta=0.5) == 4
        assert self.stopped_after(data, values, patience=3) == 8
        assert self.stopped_after(data, values, patience=0) == 3
        assert self.stopped_after(data, values, patience=2, start_from_epoch=3) == 6
        assert self.stopped_after(data, values, patience=2, baseline=1.0) == 3
        assert self.stopped_after(data, values, patience=2, mode="max") == 3

    def test_puts_the_best_weights_back(self, data: Data, capsys: pytest.CaptureFixture[str]) -> None:
        weights = []
        model = linear()
        note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
        stop = callbacks.EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
        model.fit(*data, epochs=9, callbacks=[note, Played([3.0, 1.0, 2.0, 2.0, 9.0]), stop], verbose=0)
        assert len(weights) == 4
        for found, best in zip(model.get_weights(), weights[1], strict=True):
            np.testing.assert_array_equal(found, best)
        assert "Epoch 4: early stopping" in capsys.readouterr().out

    def test_warns_if_there_is_nothing_to_look_at(self, data: Data) -> None:
        with pytest.warns(
            UserWarning, match="EarlyStopping looks for 'val_loss', which is not logged: loss, mae"
        ):
            linear().fit(*data, callbacks=[callbacks.EarlyStopping()], verbose=0)


def test_terminate_on_nan(data: Data, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data
    model = linear()
    model.set_weights([np.full((3, 1), np.nan), np.zeros(1)])
    with pytest.warns(RuntimeWarning, match="the loss is nan since epoch 1, step 1"):
        model.fit(x, y, batch_size=4, epochs=3, callbacks=[callbacks.TerminateOnNaN()], verbose=0)
    assert model.optimizer.iterations == 1
    assert "Batch 0: the loss is nan" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("logs", "stopped_by"),
    [
        ({"d_loss": 1.0, "g_loss": 2.0, "accuracy": np.nan}, []),
        ({"d_loss": 1.0, "g_loss": np.inf, "accuracy": 0.5}, ["g_loss is inf"]),
        ({"d_loss": np.nan, "g_loss": np.nan}, ["d_loss is nan", "g_loss is nan"]),
        ({"loss": 1.0, "kl_loss": np.nan}, []),  # as in Keras, where there is a "loss"
        ({}, []),
        (None, []),
    ],
)
def test_terminate_on_nan_where_no_loss_is_logged(
    logs: Any, stopped_by: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    watcher, model = callbacks.TerminateOnNaN(), linear()
    watcher.set_model(model)
    watcher.on_train_batch_end(3, logs)
    assert model.stop_training == bool(stopped_by)
    told = [f"Batch 3: the {each}, terminating training" for each in stopped_by]
    assert capsys.readouterr().out.splitlines() == told


class TestLearningRate:
    def test_follows_a_function_of_epoch_and_rate(self, data: Data) -> None:
        for schedule in (lambda epoch, rate: 0.1 / 2**epoch, lambda epoch: 0.1 / 2**epoch):
            scheduler = callbacks.LearningRateScheduler(schedule)
            history = linear().fit(*data, epochs=3, callbacks=[scheduler], verbose=0)
            assert history.history["learning_rate"] == [0.1, 0.05, 0.025]

    def test_refuses_what_is_no_rate(self, data: Data) -> None:
        with pytest.raises(ValueError, match="learning_rate: expected a number"):
            linear().fit(*data, callbacks=[callbacks.LearningRateScheduler(lambda epoch: None)], verbose=0)  # type: ignore[arg-type, return-value]

    def test_falls_on_a_plateau(self, data: Data) -> None:
        reduce = callbacks.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.004)
        values = [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
        history = linear().fit(*data, epochs=10, callbacks=[Played(values), reduce], verbose=0)
        expected = [0.01] * 4 + [0.005] * 2 + [0.004] * 4
        assert history.history["learning_rate"] == pytest.approx(expected)
        with pytest.raises(ValueError, match="factor: expected"):
            callbacks.ReduceLROnPlateau(factor=1.0)


class TestCSVLogger:
    def test_writes_a_row_an_epoch(self, tmp_path: Path, data: Data) -> None:
        path = tmp_path / "new" / "log.csv"
        model = linear()
        for append in (False, True):
            logger = callbacks.CSVLogger(path, separator=";", append=append)
            last = model.fit(*data, epochs=2, validation_split=0.5, callbacks=[logger], verbose=0)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
        assert rows[0] == ["epoch", "loss", "mae", "val_loss", "val_mae"]
        assert [row[0] for row in rows[1:]] == ["0", "1", "0", "1"]
        assert float(rows[-1][1]) == last.history["loss"][-1]
        assert b"\r\r" not in path.read_bytes()

    def test_leaves_gaps_where_nothing_was_measured(self, tmp_path: Path, data: Data) -> None:
        path = tmp_path / "log.csv"
        options: dict[str, Any] = {"validation_data": data, "validation_freq": 2, "epochs": 2, "verbose": 0}
        linear().fit(*data, callbacks=[callbacks.CSVLogger(path)], **options)
        first, second = path.read_text(encoding="utf-8").splitlines()[1:]
        assert first.endswith("NA,NA") and "NA" not in second

    def test_is_whole_and_closed_after_an_error(self, tmp_path: Path, data: Data) -> None:
        def fail(epoch: int, logs: Any) -> None:
            if epoch == 1:
                raise RuntimeError

        logger = callbacks.CSVLogger(tmp_path / "log.csv")
        with pytest.raises(RuntimeError):
            stop = callbacks.LambdaCallback(on_epoch_begin=fail)
            linear().fit(*data, epochs=2, callbacks=[logger, stop], verbose=0)
        assert logger.file is None
        assert len((tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()) == 2


class TestModelCheckpoint:
    def test_fills_in_the_names(self, tmp_path: Path, data: Data) -> None:
        save = callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}-{val_loss:.2f}.npz")
        model = linear()
        model.fit(*data, epochs=2, callbacks=[Played([0.5, 0.25]), save], verbose=0)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["01-0.50.npz", "02-0.25.npz"]
        weights = model.get_weights()
        linear().load_weights(tmp_path / "01-0.50.npz")
        model.load_weights(tmp_path / "02-0.25.npz")
        np.testing.assert_array_equal(model.get_weights()[0], weights[0])

    def test_keeps_the_best(self, tmp_path: Path, data: Data, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "best.npz"
        save = callbacks.ModelCheckpoint(path, save_best_only=True, verbose=1)
        linear().fit(*data, epochs=4, callbacks=[Played([3.0, 1.0, 2.0, 0.5]), save], verbose=0)
        saved = re.findall(r"Epoch (\d): saving", capsys.readouterr().out)
        assert saved == ["1", "2", "4"] and save.best == 0.5

    def test_every_so_many_batches(self, tmp_path: Path, data: Data) -> None:
        save = callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.npz", save_freq=2)
        linear().fit(*data, batch_size=8, epochs=2, callbacks=[save], verbose=0)
        assert sorted(p.stem for p in tmp_path.iterdir()) == ["1-2", "2-1", "2-3"]

    def test_says_what_is_wrong(self, tmp_path: Path, data: Data) -> None:
        with pytest.raises(ValueError, match="save_freq: expected"):
            callbacks.ModelCheckpoint("x", save_freq="batch")
        callbacks.ModelCheckpoint("x", save_weights_only=True)
        with pytest.raises(ValueError, match="save_weights_only"):
            callbacks.ModelCheckpoint("x", save_weights_only=False)
        with pytest.raises(ValueError, match="names 'val_loss', which is not logged: epoch, loss, mae"):
            save = callbacks.ModelCheckpoint(tmp_path / "{val_loss}.npz")
            linear().fit(*data, callbacks=[save], verbose=0)


class TestTensorBoard:
    def test_writes_training_and_validation_apart(self, tmp_path: Path, data: Data) -> None:
        pytest.importorskip("tensorboardX")
        board = callbacks.TensorBoard(tmp_path, update_freq="batch")
        linear().fit(*data, epochs=2, validation_split=0.5, callbacks=[board], verbose=0)
        content = {
            folder: next((tmp_path / folder).iterdir()).read_bytes() for folder in ("train", "validation")
        }
        assert sorted(p.name for p in tmp_path.iterdir()) == ["train", "validation"]
        assert all(
            content["train"].count(tag) for tag in (b"epoch_loss", b"epoch_learning_rate", b"batch_mae")
        )
        assert content["validation"].count(b"epoch_loss") == 2
        assert b"val_" not in content["validation"] and not board.writers

    def test_writes_every_so_many_batches(self, tmp_path: Path, data: Data) -> None:
        pytest.importorskip("tensorboardX")
        model = linear()
        board = callbacks.TensorBoard(tmp_path, update_freq=2)
        model.fit(*data, batch_size=8, epochs=3, callbacks=[board], verbose=0)
        content = next((tmp_path / "train").iterdir()).read_bytes()
        assert content.count(b"batch_loss") == model.optimizer.iterations // 2 > 3

    def test_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "tensorboardX", None)
        with pytest.raises(ImportError, match=r"pip install 'tinydl\[tensorboard\]'"):
            callbacks.TensorBoard()

    def test_refuses_other_frequencies(self) -> None:
        for wrong in ("sometimes", 0, -1):
            with pytest.raises(ValueError, match="update_freq: expected"):
                callbacks.TensorBoard(update_freq=wrong)


class TestProgressBar:
    LINE = r"3/3 - 0s - \d+ms/step - loss: \d\.\d{4} - mae: \d\.\d{4}"

    def test_without_a_terminal_it_is_a_line_an_epoch(
        self, data: Data, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for verbose in ("auto", 1, 2):
            linear().fit(*data, batch_size=8, epochs=2, verbose=verbose)
            first, second = capsys.readouterr().out.splitlines()
            assert re.fullmatch(f"Epoch 1/2: {self.LINE}", first)
            assert re.fullmatch(f"Epoch 2/2: {self.LINE}", second)

    def test_evaluate_and_predict_are_silent_there(
        self, data: Data, capsys: pytest.CaptureFixture[str]
    ) -> None:
        model = linear()
        model.evaluate(*data)
        model.predict(data[0])
        model.fit(*data, verbose=0)
        assert capsys.readouterr().out == ""
        model.evaluate(*data, batch_size=8, verbose=2)
        model.predict(data[0], verbose=2)
        shown = capsys.readouterr().out.splitlines()
        assert re.fullmatch(f"Evaluation: {self.LINE}", shown[0])
        assert re.fullmatch(r"Prediction: 1/1 - 0s - \d+ms/step", shown[1])

    @pytest.fixture
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A terminal 120 columns wide, for rich to believe in."""
        monkeypatch.setattr(
            "rich.console.Console", lambda: Console(force_terminal=True, width=120, color_system=None)
        )

    @pytest.mark.usefixtures("terminal")
    def test_in_a_terminal_it_is_a_bar(self, data: Data, capsys: pytest.CaptureFixture[str]) -> None:
        linear().fit(*data, batch_size=8, epochs=2, validation_split=0.5)
        shown = capsys.readouterr().out
        assert re.search(r"Epoch 1/2  0/2 {22}", shown)  # no colours: what is left to do is blank
        assert re.search(r"1/2 (━{10}|={10}) {10} |2/2 (━{20}|={20}) ", shown)
        assert re.search(r"2/2 .{20} 0s left - loss: \d\.\d{4} - mae: \d\.\d{4}", shown)
        assert re.search(r"Epoch 2/2  2/2 .{20} 0s \d+ms/step - loss: .* - val_mae: \d\.\d{4}", shown)

    @pytest.mark.usefixtures("terminal")
    @pytest.mark.parametrize("what", ["fit", "evaluate", "predict"])
    def test_whatever_happens_the_terminal_is_given_back(
        self, what: str, data: Data, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*given: Any) -> None:
            raise RuntimeError

        hooks = {"fit": "train", "evaluate": "test", "predict": "predict"}
        breaking = callbacks.LambdaCallback(**{f"on_{hooks[what]}_batch_end": fail})
        given = data[:1] if what == "predict" else data
        with pytest.raises(RuntimeError):
            getattr(linear(), what)(*given, callbacks=[breaking])
        shown = capsys.readouterr().out
        hidden, back = "\x1b[?25l", "\x1b[?25h"  # the cursor
        assert shown.count(hidden) == shown.count(back) == 1

    def test_it_looks_a_few_times_a_second_at_most(self, data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rich.console.Console", lambda: Console(force_terminal=True, width=120))
        looks = []
        monkeypatch.setattr(progress, "format_logs", lambda logs: looks.append(1) or "")
        linear().fit(*data, batch_size=1, epochs=1)
        assert len(looks) <= 3  # of 24 steps: after the last, and at the end

    def test_clock(self) -> None:
        clock = importlib.import_module("tinydl.callbacks.progress")._clock
        assert [clock(0.4), clock(59.4), clock(59.6), clock(3725)] == ["0s", "59s", "1:00", "62:05"]
