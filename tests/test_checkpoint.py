"""Weights and checkpoints: what is written comes back to the last bit, and a file that will not do changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydl import (
    Model,
    Sequential,
    Tensor,
    backend,
    checkpoint,
    grad,
    layers,
    optimizers,
    schedules,
    set_random_seed,
)
from tinydl.callbacks import BackupAndRestore, Callback


def network(width: int = 6, optimizer: Any = "adam") -> Sequential:
    model = Sequential(
        [
            layers.Input((4,)),
            layers.Dense(width, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    return model


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(50, 4)).astype("float32"), rng.integers(0, 3, 50)


def everything(model: Model) -> list[Any]:
    """All that training consists of, to be compared."""
    state = {name: value.tolist() for name, value in model.optimizer.get_state().items()}
    weights = [w.tolist() for w in model.get_weights()]
    return [weights, state, backend.random_generator().bit_generator.state]


class TestWeights:
    def test_come_back_into_another_model_of_the_kind(self, tmp_path: Path) -> None:
        model, other = network(), network()  # with other names: dense_2 for dense
        model.save_weights(tmp_path / "new folder" / "weights.npz")
        other.load_weights(str(tmp_path / "new folder" / "weights.npz"))
        for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert os.listdir(tmp_path / "new folder") == ["weights.npz"]  # nothing is left of writing it aside

    def test_keys_are_the_paths_of_the_weights(self, tmp_path: Path) -> None:
        model = network()
        model.save_weights(tmp_path / "w.npz")
        with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
            paths = [path.removeprefix(f"{model.name}/") for path, _ in model.named_weights()]
            assert archive.files == [f"weights/{path}" for path in paths]

    def test_are_cast_to_the_precision_of_the_model(self, tmp_path: Path) -> None:
        model = network()
        model.save_weights(tmp_path / "w.npz")
        backend.set_floatx("float64")
        other = network()
        other.load_weights(tmp_path / "w.npz")
        assert {w.dtype for w in other.get_weights()} == {np.dtype("float64")}

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda: network(width=7), r"dense\w*/kernel has shape \(4, 7\), found \(4, 6\)"),
            (
                lambda: Sequential([layers.Input((4,)), layers.Dense(6), layers.Dense(3)]),
                r"expected the weight dense\w*/kernel, found batch_normalization\w*/gamma",
            ),
            (
                lambda: Sequential([layers.Input((4,)), *network().layers, layers.Dense(2)]),
                r"has 10 weights, found 8; lacking: dense\w*/kernel, dense\w*/bias",
            ),
            (lambda: Sequential(network().layers[:1]), "has 2 weights, found 8; beyond: batch_norm"),
            (lambda: Sequential([layers.Dense(3)]), "no weights yet"),
        ],
    )
    def test_of_another_model_change_nothing(
        self, tmp_path: Path, build: Callable[[], Sequential], message: str
    ) -> None:
        network().save_weights(tmp_path / "w.npz")
        model = build()
        before = model.get_weights()
        with pytest.raises(ValueError, match=message):
            model.load_weights(tmp_path / "w.npz")
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize(("owner", "name"), [(np, "savez"), (os, "replace")])
    def test_a_write_that_fails_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
    ) -> None:
        path = tmp_path / "w.npz"
        network().save_weights(path)
        before = path.read_bytes()

        def full(*given: Any, **arrays: Any) -> None:
            if owner is np:
                given[0].write(b"half")
            raise OSError("no space left on device")

        monkeypatch.setattr(owner, name, full)
        with pytest.raises(OSError, match="no space left"):
            network().save_weights(path)
        assert path.read_bytes() == before and os.listdir(tmp_path) == ["w.npz"]


class TestFiles:
    def test_a_missing_file_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
            network().load_weights(tmp_path / "nothing.npz")

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
    def test_a_truncated_file_changes_nothing(self, tmp_path: Path, share: float, data: Any) -> None:
        path = tmp_path / "c.npz"
        model = network()
        model.fit(*data, verbose=0)
        checkpoint.save(path, model, 1, {"loss": [1.0]})
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])
        before = everything(model)
        for read in (checkpoint.load_weights, checkpoint.restore):
            with pytest.raises(ValueError, match=r"c\.npz: not a whole \.npz file"):
                read(path, model)
        assert everything(model) == before

    def test_a_flipped_bit_is_found(self, tmp_path: Path) -> None:
        path = tmp_path / "w.npz"
        network().save_weights(path)
        content = bytearray(path.read_bytes())
        content[300] ^= 1  # among the numbers of the first kernel
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a whole .npz file"):
            network().load_weights(path)

    @pytest.mark.parametrize("content", ["a text", "an array", "an object"])
    def test_foreign_files_are_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "foreign"
        if content == "a text":
            path.write_text("weights: 3\n", encoding="utf-8")
        else:
            with path.open("wb") as file:
                np.save(file, np.zeros(3) if content == "an array" else np.array({}, dtype=object))
        with pytest.raises(ValueError, match="foreign: not a whole .npz file"):
            network().load_weights(path)


class TestCheckpoint:
    def test_brings_everything_back(self, tmp_path: Path, data: Any) -> None:
        model = network()
        model.fit(*data, epochs=2, verbose=0)
        history = {"loss": [0.1, float("nan")], "accuracy": [1 / 3, 0.5]}
        checkpoint.save(tmp_path / "c.npz", model, 2, history)
        saved = everything(model)
        other = network()
        other.fit(*data, verbose=0)
        assert everything(other) != saved
        epoch, found = checkpoint.restore(tmp_path / "c.npz", other)
        assert everything(other) == saved
        assert epoch == 2 and repr(found) == repr(history)

    def test_weights_alone_are_no_checkpoint(self, tmp_path: Path) -> None:
        network().save_weights(tmp_path / "w.npz")
        with pytest.raises(ValueError, match="no checkpoint of a training: it lacks epoch, history, random"):
            checkpoint.restore(tmp_path / "w.npz", network())

    def test_of_another_optimizer_changes_nothing(self, tmp_path: Path, data: Any) -> None:
        model = network()
        model.fit(*data, verbose=0)
        checkpoint.save(tmp_path / "c.npz", model, 1, {})
        other = network(optimizer="sgd")
        other.fit(*data, verbose=0)
        before = everything(other)
        with pytest.raises(ValueError, match=r"c\.npz: optimizer: state: not .*of this SGD"):
            checkpoint.restore(tmp_path / "c.npz", other)
        assert everything(other) == before

    def test_of_other_random_numbers_changes_nothing(self, tmp_path: Path, data: Any) -> None:
        model = network()
        model.fit(*data, verbose=0)
        checkpoint.save(tmp_path / "c.npz", model, 1, {})
        arrays = checkpoint.read(tmp_path / "c.npz")
        checkpoint.write(tmp_path / "c.npz", arrays | {"random": np.array('{"bit_generator": "Dice"}')})
        model.fit(*data, verbose=0)
        before = everything(model)
        with pytest.raises(ValueError, match="a damaged checkpoint"):
            checkpoint.restore(tmp_path / "c.npz", model)
        assert everything(model) == before


class Rivals(Model):
    """Two networks, each with an optimizer of its own, as the course's GAN has them: one adds noise, one judges."""

    def __init__(self) -> None:
        super().__init__()
        self.draws = Sequential([layers.Input((4,)), layers.Dense(4)])
        self.judges = Sequential(
            [layers.Input((4,)), layers.Dropout(0.3), layers.Dense(1, activation="sigmoid")]
        )
        self.build((None, 4))

    def compile(self, optimizer: Any = None, second: Any = None) -> None:  # type: ignore[override]
        rate = schedules.ExponentialDecay(0.01, 3, 0.9)
        super().compile(optimizer or optimizers.RMSprop(rate), "binary_crossentropy")
        self.second = second or optimizers.Adam(0.02)

    def weights_by_optimizer(self) -> dict[str, list[Tensor]]:
        return {"optimizer": self.judges.trainable_weights, "second": self.draws.trainable_weights}

    def call(self, x: Any) -> Any:
        return self.draws(x)

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        noise = backend.random_generator().standard_normal(x.shape, dtype=self.dtype)
        logs = {}
        for name, target in (("optimizer", 1.0), ("second", 0.0)):
            weights = self.weights_by_optimizer()[name]
            judged = self.judges(self.draws(x + noise), training=True)
            loss = self.loss(np.full((len(x), 1), target, dtype=self.dtype), judged)
            getattr(self, name).apply(grad(loss, weights), weights)
            logs[f"{name}_loss"] = loss
        return logs


def rivals(*compiled: Any) -> Rivals:
    model = Rivals()
    model.compile(*compiled)
    return model


def all_of(model: Rivals) -> list[Any]:
    """What `everything` is for one optimizer."""
    second = {name: value.tolist() for name, value in model.second.get_state().items()}
    return [*everything(model), second]


class TestSeveralOptimizers:
    def test_all_come_back(self, tmp_path: Path, data: Any) -> None:
        model = rivals()
        model.fit(data[0], epochs=2, verbose=0)
        checkpoint.save(tmp_path / "c.npz", model, 2, {})
        other = rivals()
        checkpoint.restore(tmp_path / "c.npz", other)
        assert all_of(other) == all_of(model)
        assert [optimizer.iterations for optimizer in (other.optimizer, other.second)] == [4, 4]

    @pytest.mark.parametrize("crash", [1, 3])
    def test_go_on_to_the_same_bits(self, tmp_path: Path, data: Any, crash: int) -> None:
        def train(seed: int, *callbacks: Callback) -> Rivals:
            set_random_seed(seed)
            model = rivals()
            options: dict[str, Any] = {"batch_size": 8, "steps_per_epoch": 4, "shuffle": False, "verbose": 0}
            model.fit(data[0], epochs=5, callbacks=list(callbacks), **options)
            return model

        whole = train(1)
        uninterrupted = all_of(whole)
        with pytest.raises(RuntimeError, match="the power has gone"):
            train(1, BackupAndRestore(tmp_path), Crash(crash))
        resumed = train(2, BackupAndRestore(tmp_path))
        assert all_of(resumed) == uninterrupted
        assert resumed.history is not None and whole.history is not None
        assert resumed.history.history == whole.history.history

    @pytest.mark.parametrize("compiled", [(None, "sgd"), ("sgd", None)])
    def test_of_other_kinds_change_nothing(self, tmp_path: Path, data: Any, compiled: Any) -> None:
        model = rivals()
        model.fit(data[0], verbose=0)
        checkpoint.save(tmp_path / "c.npz", model, 1, {})
        other = rivals(*(each and optimizers.SGD() for each in compiled))
        other.fit(data[0], verbose=0)
        before = all_of(other)
        name = "optimizer" if compiled[0] else "second"
        with pytest.raises(ValueError, match=rf"c\.npz: {name}: state: not .*of this SGD"):
            checkpoint.restore(tmp_path / "c.npz", other)
        assert all_of(other) == before

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("iterations", np.array("many"), "second: state: iterations: expected numbers, got <U4"),
            (
                "iterations",
                np.array(-1),
                "second: state: iterations: expected a whole number from 0 up, got -1",
            ),
            ("iterations", np.array(np.inf), "second: state: iterations: expected a whole number"),
            ("learning_rate", np.array(np.nan), "second: learning_rate: expected a number from 0 up"),
            ("momentum/1", np.full(4, "heavy"), "second: state: momentum/1: expected numbers, got <U5"),
            ("momentum/1", np.zeros(5), r"second: state: .* momentum/1 should be \(4,\) and is \(5,\)"),
            (None, None, "nothing of rivals\\w*'s second in it"),
        ],
    )
    def test_a_second_that_will_not_do_leaves_the_first_alone(
        self, tmp_path: Path, data: Any, key: str | None, value: Any, message: str
    ) -> None:
        model = rivals()
        model.fit(data[0], verbose=0)
        checkpoint.save(tmp_path / "c.npz", model, 1, {})
        arrays = checkpoint.read(tmp_path / "c.npz")
        if key is None:
            arrays = {name: array for name, array in arrays.items() if not name.startswith("second/")}
        else:
            assert f"second/{key}" in arrays
            arrays[f"second/{key}"] = value
        checkpoint.write(tmp_path / "c.npz", arrays)
        model.fit(data[0], verbose=0)
        before = all_of(model)
        with pytest.raises(ValueError, match=message):
            checkpoint.restore(tmp_path / "c.npz", model)
        assert all_of(model) == before

    def test_a_model_says_which_weights_are_whose(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Any
    ) -> None:
        monkeypatch.delattr(Rivals, "weights_by_optimizer")
        model, told = rivals(), r"several optimizers \(optimizer, second\): override weights_by"
        with pytest.raises(NotImplementedError, match=told):
            checkpoint.save(tmp_path / "c.npz", model, 0, {})
        before = all_of(model)
        with pytest.raises(
            NotImplementedError, match=told
        ):  # before the first step, not after the first epoch
            model.fit(data[0], verbose=0, callbacks=BackupAndRestore(tmp_path))
        assert all_of(model) == before

    def test_of_frozen_weights_there_is_no_optimizer_to_keep(self, tmp_path: Path, data: Any) -> None:
        model = network()
        model.trainable = False
        with pytest.warns(UserWarning, match="no trainable weights"):
            model.fit(*data, epochs=2, verbose=0, callbacks=BackupAndRestore(tmp_path, False))
        assert checkpoint.restore(tmp_path / "latest.npz", model)[0] == 2


class Crash(Callback):
    """Ends the program in the midst of an epoch, or does as if."""

    def __init__(self, epoch: int):
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.model.epoch == self.epoch and batch == 2:
            raise RuntimeError("the power has gone")


class TestResuming:
    """A training that was interrupted and resumed is, bit for bit, the training that was not."""

    @pytest.mark.parametrize(
        "options",
        [
            {"batch_size": 8},
            {"batch_size": 8, "validation_split": 0.2},
            {"batch_size": 8, "steps_per_epoch": 4},  # epochs end in the midst of a pass through the data
            {"batch_size": 8, "steps_per_epoch": 4, "shuffle": False},
        ],
    )
    @pytest.mark.parametrize("crash", [1, 3])
    def test_gives_the_same_numbers(self, tmp_path: Path, data: Any, options: Any, crash: int) -> None:
        def train(seed: int, *callbacks: Callback) -> Sequential:
            set_random_seed(seed)
            rate = schedules.ExponentialDecay(0.01, 3, 0.9)
            model = network(optimizer=optimizers.RMSprop(rate, momentum=0.5))
            model.fit(*data, epochs=5, verbose=0, callbacks=list(callbacks), **options)
            return model

        whole = train(1)
        uninterrupted = everything(whole)
        with pytest.raises(RuntimeError, match="the power has gone"):
            train(1, BackupAndRestore(tmp_path), Crash(crash))
        resumed = train(2, BackupAndRestore(tmp_path))
        assert everything(resumed) == uninterrupted
        assert resumed.history is not None and whole.history is not None
        assert resumed.history.history == whole.history.history
        assert resumed.history.epoch == whole.history.epoch == [0, 1, 2, 3, 4]
        assert os.listdir(tmp_path) == []  # it is done with

    def test_in_other_data_is_refused(self, tmp_path: Path, data: Any) -> None:
        x, y = data
        options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "steps_per_epoch": 4, "verbose": 0}
        with pytest.raises(RuntimeError):
            network().fit(x, y, callbacks=[BackupAndRestore(tmp_path), Crash(2)], **options)
        with pytest.raises(ValueError, match="training on 50 samples, now there are 40"):
            network().fit(x[:40], y[:40], callbacks=[BackupAndRestore(tmp_path)], **options)

    @pytest.mark.parametrize("steps", [None, 4])  # with 4, a fit ends in the midst of a pass
    def test_goes_on_after_the_end_if_the_file_is_kept(
        self, tmp_path: Path, data: Any, steps: int | None
    ) -> None:
        options: dict[str, Any] = {"batch_size": 8, "steps_per_epoch": steps, "verbose": 0}
        numbers = []
        for epochs in ([4], [2, 4]):
            set_random_seed(1)
            model = network()
            for end in epochs:
                backup = BackupAndRestore(tmp_path / str(len(epochs)), delete_checkpoint=False)
                model.fit(*data, epochs=end, callbacks=[backup], **options)
            assert model.history is not None
            numbers.append(model.history.history)
        assert numbers[0] == numbers[1] and len(numbers[0]["loss"]) == 4


class Breaking(Sequential):
    """Its loss is not finite in the epochs of `bad`, counted from 0."""

    bad: tuple[int, ...] = ()

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        return loss + np.float32("nan" if self.epoch in self.bad else 0)  # a gradient flows all the same


def breaking(*bad: int) -> Breaking:
    model = Breaking([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    model.bad = bad
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


class TestAstray:
    """Of a training that has gone astray the last good state stays, and that is said once."""

    def test_a_training_that_diverges(
        self, tmp_path: Path, data: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        x, path = data[0], tmp_path / "latest.npz"
        model = Sequential([layers.Input((4,)), layers.Dense(1, use_bias=False)])
        model.compile(optimizers.SGD(1e3), "mse")
        with (
            np.errstate(all="ignore"),
            pytest.warns(RuntimeWarning, match="the loss is (nan|inf) since epoch"),
        ):
            model.fit(x, x[:, :1], epochs=20, batch_size=25, verbose=0, callbacks=BackupAndRestore(tmp_path))
        assert model.history is not None and not np.isfinite(model.get_weights()[0]).all()
        (line,) = capsys.readouterr().out.splitlines()
        found = re.fullmatch(
            r"Epoch (\d+) is not saved, for what is not finite there: (.*)\. "
            r"The last good state, of epoch (\d+), stays in (.*)\.",
            line,
        )
        assert found and found[2] in ("loss", "weights", "loss, weights") and found[4] == str(path)
        good = int(np.isfinite(model.history.history["loss"]).sum())
        assert int(found[1]) - 1 == int(found[3]) and 2 < int(found[3]) <= good
        epoch, history = checkpoint.restore(path, model)
        assert epoch == int(found[3]) == len(history["loss"]) and np.isfinite(history["loss"]).all()
        assert np.isfinite(model.get_weights()[0]).all()

    @pytest.mark.parametrize(("epochs", "saved"), [(4, 2), (5, 5)])
    def test_bad_epochs_are_left_out_and_a_good_one_after_them_is_saved(
        self, tmp_path: Path, data: Any, capsys: pytest.CaptureFixture[str], epochs: int, saved: int
    ) -> None:
        model, backup = breaking(2, 3), BackupAndRestore(tmp_path, delete_checkpoint=False)
        with pytest.warns(RuntimeWarning, match="the loss is nan since epoch 3, step 1"):
            model.fit(*data, epochs=epochs, verbose=0, callbacks=backup)
        assert capsys.readouterr().out == (
            "Epoch 3 is not saved, for what is not finite there: loss. "
            f"The last good state, of epoch 2, stays in {tmp_path / 'latest.npz'}.\n"
        )
        assert checkpoint.restore(tmp_path / "latest.npz", model)[0] == saved

    def test_weights_that_the_last_step_spoilt(self, tmp_path: Path, data: Any) -> None:
        class Spoilt(Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                if epoch == 1:
                    self.model.weights[1].data[2] = np.inf

        model = breaking()
        model.fit(*data, epochs=2, verbose=0, callbacks=[BackupAndRestore(tmp_path), Spoilt()])
        assert checkpoint.restore(tmp_path / "latest.npz", model)[0] == 1

    def test_from_the_first_epoch_on(
        self, tmp_path: Path, data: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.warns(RuntimeWarning):
            breaking(0, 1).fit(*data, epochs=2, verbose=0, callbacks=BackupAndRestore(tmp_path))
        assert "not finite there: loss. There is no good state yet." in capsys.readouterr().out
        assert os.listdir(tmp_path) == []

    def test_of_two_losses_each_is_told_by_its_name(
        self, tmp_path: Path, data: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Judge(Callback):
            """Spoils what the second loss is made of, in the midst of the third epoch."""

            model: Rivals

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                if self.model.epoch == 2 and batch == 1:
                    self.model.draws.weights[0].data[...] = np.nan

        model = rivals()
        with pytest.warns(RuntimeWarning) as told:
            model.fit(
                data[0], batch_size=10, epochs=5, verbose=0, callbacks=[BackupAndRestore(tmp_path), Judge()]
            )
        assert [str(each.message).split(":")[0] for each in told] == [
            "the optimizer_loss is nan and the second_loss is nan since epoch 3, step 3"
        ]
        assert "not finite there: optimizer_loss, second_loss, weights. The last" in capsys.readouterr().out
        again = rivals()
        assert checkpoint.restore(tmp_path / "latest.npz", again)[0] == 2
        assert all(np.isfinite(weight).all() for weight in again.get_weights())
