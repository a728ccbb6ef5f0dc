"""Callbacks that write down what was logged: a table, and TensorBoard's curves."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Any, TextIO

from tinydl.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Writes a table, a row an epoch; whole after every epoch, so that it can be looked at meanwhile.

    Args:
        filename: where to.
        separator: between the columns.
        append: go on at the end of a file that is there.

    Example:
        >>> logger = CSVLogger("training.csv", separator=";")
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False):
        self.path = Path(filename)
        self.separator = separator
        self.append = append
        self.file: TextIO | None = None
        self.columns: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a" if self.append else "w", encoding="utf-8", newline="")
        self.headed = self.file.tell() > 0
        self.columns = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        assert self.file is not None
        logs = logs or {}
        writer = csv.writer(self.file, delimiter=self.separator)
        if not self.columns:
            self.columns = sorted(logs)
            if not any(name.startswith("val_") for name in logs):  # a validation may come in a later epoch
                self.columns += [f"val_{name}" for name in self.columns]
            if not self.headed:
                writer.writerow(["epoch", *self.columns])
        writer.writerow([epoch, *(logs.get(name, "NA") for name in self.columns)])
        self.file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


class TensorBoard(Callback):
    """Writes curves for TensorBoard: `tensorboard --logdir logs` shows them. Needs the extra `tinydl[tensorboard]`.

    Args:
        log_dir: the folder; training goes into `train`, validation into `validation` in it, as in Keras.
        update_freq: "epoch", "batch", or every so many batches: how often training is written.

    Raises:
        ImportError: tensorboardX is not installed.
        ValueError: no such update_freq.
    """

    def __init__(self, log_dir: str | Path = "logs", update_freq: str | int = "epoch"):
        every = {"epoch": 0, "batch": 1}.get(update_freq) if isinstance(update_freq, str) else update_freq
        if not isinstance(every, int) or (every < 1 and update_freq != "epoch"):
            raise ValueError(
                f"update_freq: expected 'epoch', 'batch' or a number from 1 up, got {update_freq!r}"
            )
        try:
            self._make = importlib.import_module("tensorboardX").SummaryWriter
        except ImportError as error:
            raise ImportError("TensorBoard needs tensorboardX: pip install 'tinydl[tensorboard]'") from error
        self.log_dir = Path(log_dir)
        self.every = every  # batches; 0: only at the end of an epoch
        self.writers: dict[str, Any] = {}
        self.step = 0  # batches since the fit began

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.step = 0

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.step += 1
        if self.every and self.step % self.every == 0:
            for name, value in (logs or {}).items():
                self._write("train", f"batch_{name}", value, self.step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for name, value in {"learning_rate": self.model.optimizer.learning_rate, **(logs or {})}.items():
            folder = "validation" if name.startswith("val_") else "train"
            self._write(folder, f"epoch_{name.removeprefix('val_')}", value, epoch)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        for writer in self.writers.values():
            writer.close()
        self.writers = {}

    def _write(self, folder: str, tag: str, value: float, step: int) -> None:
        if folder not in self.writers:
            self.writers[folder] = self._make(logdir=str(self.log_dir / folder))
        self.writers[folder].add_scalar(tag, value, step)
