"""Callbacks that save: the weights as they get better, and everything that an interrupted fit needs to go on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinydl import checkpoint
from tinydl.callbacks.base import Callback, Logs
from tinydl.callbacks.steering import Monitor
from tinydl.checks import positive_integer

if TYPE_CHECKING:
    from tinydl.models import Model


class ModelCheckpoint(Callback):
    """Saves the weights of the model after every epoch, or when they are the best so far.

    Args:
        filepath: where to, .npz or Keras's .weights.h5; may hold names that are filled in,
            `"{epoch:02d}-{val_loss:.2f}.npz"`, epochs from 1.
        monitor: the number that says which weights are best.
        verbose: 1 says so when it saves.
        save_best_only: save only if the number is better than ever before.
        save_weights_only: as in Keras, whose other choice there is not here; `BackupAndRestore` keeps everything.
        mode: "min", "max" or "auto": which way is better.
        save_freq: "epoch", or a number of batches.

    Raises:
        ValueError: no such mode or save_freq; save_weights_only=False; the filepath names what is not logged.

    Example:
        >>> best = ModelCheckpoint("best.npz", monitor="val_accuracy", save_best_only=True)
    """

    model: Model

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = True,
        mode: str = "auto",
        save_freq: str | int = "epoch",
    ):
        if not save_weights_only:
            raise ValueError(
                "save_weights_only: only weights are saved here; BackupAndRestore keeps everything"
            )
        self.filepath = str(filepath)
        self.verbose = verbose
        self.monitor = Monitor(monitor, mode) if save_best_only else None
        self.every = None if save_freq == "epoch" else positive_integer(save_freq, "save_freq")
        self.best: float | None = None
        self.epoch = 0
        self.seen = 0  # batches since the last saving

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.seen += 1
        if self.every is not None and self.seen >= self.every:
            self.seen = 0
            self._save(logs or {}, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.every is None:
            self._save(logs or {})

    def _save(self, logs: Logs, **more: int) -> None:
        if self.monitor is not None:
            current = self.monitor.read(logs, self)
            if current is not None:
                if not self.monitor.improves(current, self.best):
                    return
                self.best = current
        names = {"epoch": self.epoch + 1, **more, **logs}
        try:
            path = self.filepath.format(**names)
        except KeyError as error:
            known = ", ".join(names)
            raise ValueError(
                f"filepath {self.filepath!r} names {error}, which is not logged: {known}"
            ) from error
        self.model.save_weights(path)
        if self.verbose:
            print(f"Epoch {self.epoch + 1}: saving model to {path}")


class BackupAndRestore(Callback):
    """Lets an interrupted fit go on where it was, as if nothing had been: run the same program again.

    Before each epoch everything is written into one file: weights, optimizer, random numbers, order of the data,
    history. A fit that finds such a file goes on from there, and its history begins with what was logged before.
    At the end of a fit that was not interrupted the file is deleted.

    A training that has gone astray, whose losses or weights are not finite any more, is not saved: the file keeps the
    last good state, also at the end, and a line says so once.

    Args:
        backup_dir: the folder of that file.
        delete_checkpoint: False to keep the file, written once more at the end: a later fit with more epochs then
            goes on from there.

    Raises:
        ValueError: in `fit`: the file that is there is damaged, or of another model.

    Example:
        >>> backup = BackupAndRestore("backup")
    """

    def __init__(self, backup_dir: str | Path, delete_checkpoint: bool = True):
        self.path = Path(backup_dir) / "latest.npz"
        self.delete_checkpoint = delete_checkpoint

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.model.weights_by_optimizer()  # a model that cannot be saved is told so now, not after an epoch
        self.told = False  # that the training has gone astray
        self.good = "There is no good state yet"
        if not self.path.exists():
            return
        finished, history = checkpoint.restore(self.path, self.model)
        self._note(finished)
        assert self.model.history is not None
        epochs = max(map(len, history.values()), default=0)
        self.model.history.history = history
        self.model.history.epoch = list(range(finished - epochs, finished))
        self.model.first_epoch = finished

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch > self.model.first_epoch and self._is_sound(epoch):
            self._save(epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        assert self.model.history is not None
        finished = max(self.model.history.epoch, default=-1) + 1
        if self.model.interrupted or not self._is_sound(finished):
            return
        if self.delete_checkpoint:
            self.path.unlink(missing_ok=True)
        elif finished:
            self._save(finished)

    def _save(self, finished: int) -> None:
        assert self.model.history is not None
        checkpoint.save(self.path, self.model, finished, self.model.history.history)
        self._note(finished)

    def _note(self, finished: int) -> None:
        self.good = f"The last good state, of epoch {finished}, stays in {self.path}"

    def _is_sound(self, finished: int) -> bool:
        """Whether losses and weights are finite. If they are not, that is said, once."""
        broken = self.model.astray + ["weights"] * any(
            not np.isfinite(weight).all() for weight in self.model.get_weights()
        )
        if broken and not self.told:
            self.told = True
            print(
                f"Epoch {finished} is not saved, for what is not finite there: {', '.join(broken)}. {self.good}.",
                flush=True,
            )
        return not broken
