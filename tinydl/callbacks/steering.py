"""Callbacks that steer: they stop a fit that gains nothing more, and set the learning rate as it goes."""

from __future__ import annotations

import inspect
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydl.callbacks.base import Callback, Logs

FALLS = r"loss|error|divergence|crossentropy|mse|mae|mape|msle|rmse|kld|bce"  # the smaller the better
RISES = r"acc|auc|precision|recall|f1|f_score|fbeta|r2|iou|similarity"


class Monitor:
    """Whether a logged number has got better.

    Args:
        monitor: its name: "loss", "val_loss", "accuracy" ...
        mode: "min", "max", or "auto": by the name.
        min_delta: how much better it has to be.

    Raises:
        ValueError: an unknown mode, or a name that does not tell whether it should fall or rise.

    Example:
        >>> Monitor("val_accuracy").improves(0.9, best=0.8)
        True
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode: expected 'auto', 'min' or 'max', got {mode!r}")
        if mode == "auto":
            mode = "min" if re.search(FALLS, monitor) else "max" if re.search(RISES, monitor) else ""
            if not mode:
                raise ValueError(
                    f"monitor={monitor!r} does not tell whether it should fall or rise: pass mode"
                )
        self.name = monitor
        self.sign = 1 if mode == "max" else -1
        self.min_delta = abs(min_delta)

    def read(self, logs: Logs | None, who: Callback) -> float | None:
        """The number in the logs; None, with a warning, if it is not there."""
        if logs and self.name in logs:
            return logs[self.name]
        there = ", ".join(logs or {})
        warnings.warn(
            f"{type(who).__name__} looks for {self.name!r}, which is not logged: {there}", stacklevel=4
        )
        return None

    def improves(self, current: float, best: float | None) -> bool:
        """Whether `current` is better than `best`, or the first there is."""
        return best is None or self.sign * (current - best) > self.min_delta


class EarlyStopping(Callback):
    """Stops a fit when a number has not got better for a while.

    Args:
        monitor: the number's name.
        min_delta: what counts as better.
        patience: how many epochs without gain are borne.
        verbose: 1 says so when it stops.
        mode: "min", "max" or "auto".
        baseline: patience begins anew only if the number is better than this, too.
        restore_best_weights: put the weights of the best epoch back at the end.
        start_from_epoch: look away before this epoch, from 0.

    Example:
        >>> stop = EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        self.monitor = Monitor(monitor, mode, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._begin()

    def _begin(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.monitor.read(logs, self)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.monitor.improves(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.monitor.improves(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class TerminateOnNaN(Callback):
    """Stops a fit as soon as the loss is not a finite number. It looks after every step, which costs a little.

    A model that logs no "loss" is stopped by any number whose name ends so, "d_loss" or "g_loss"; Keras lets it go on.

    Example:
        >>> from tinydl import Sequential, layers
        >>> model = Sequential([layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> watcher = TerminateOnNaN()
        >>> watcher.set_model(model)
        >>> watcher.on_train_batch_end(7, {"loss": float("nan")})
        Batch 7: the loss is nan, terminating training
        >>> model.stop_training
        True
    """

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        names = list(logs)
        for name in ["loss"] if "loss" in names else [name for name in names if name.endswith("loss")]:
            if not math.isfinite(value := logs[name]):
                print(f"Batch {batch}: the {name} is {value}, terminating training")
                self.model.stop_training = True


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch, and logs it.

    Args:
        schedule: a function of (epoch, learning rate so far), or of the epoch alone, from 0, that gives the new one.
        verbose: 1 says so each time.

    Example:
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        self.schedule = schedule
        self.verbose = verbose
        self.takes_rate = len(inspect.signature(schedule).parameters) > 1

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        optimizer.learning_rate = self.schedule(epoch, *[optimizer.learning_rate] * self.takes_rate)
        if self.verbose:
            print(
                f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {optimizer.learning_rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class ReduceLROnPlateau(Callback):
    """Makes the learning rate smaller when a number has not got better for a while, and logs it.

    Args:
        monitor: the number's name.
        factor: the new learning rate is the old one times this, below 1.
        patience: how many epochs without gain are borne.
        verbose: 1 says so when it happens.
        mode: "min", "max" or "auto".
        min_delta: what counts as better.
        cooldown: how many epochs to wait after that before counting again.
        min_lr: never below this.

    Raises:
        ValueError: the factor is not below 1.

    Example:
        >>> reduce = ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        if not 0 < factor < 1:
            raise ValueError(f"factor: expected a number between 0 and 1, got {factor!r}")
        self.monitor = Monitor(monitor, mode, min_delta)
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._begin()

    def _begin(self) -> None:
        self.best: float | None = None
        self.wait = 0
        self.cooling = 0  # epochs left of the cooldown

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        rate = optimizer.learning_rate
        if logs is not None:
            logs["learning_rate"] = rate
        current = self.monitor.read(logs, self)
        if current is None:
            return
        if self.cooling:
            self.cooling -= 1
            self.wait = 0
        if self.monitor.improves(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.cooling:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooling, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"Epoch {epoch + 1}: reducing learning rate to {optimizer.learning_rate}.")
