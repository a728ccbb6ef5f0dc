"""How far it is: a bar in a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tinydl.callbacks.base import Callback, Logs


def format_logs(logs: Logs | None) -> str:
    """loss: 0.1234 - accuracy: 0.9876"""
    numbers = ((name, float(value)) for name, value in (logs or {}).items())
    return " - ".join(
        f"{name}: {v:.4f}" if abs(v) > 1e-3 or v == 0 else f"{name}: {v:.4e}" for name, v in numbers
    )


class ProgressBar(Callback):
    """Shows how far the epoch is, the means so far, and the time left; `fit` brings its own unless verbose=0.

    Args:
        verbose: 1 a bar, 2 a line an epoch, 0 nothing; "auto" is 1 in a terminal, and elsewhere 2 for `fit` and
            0 for `evaluate` and `predict`. A bar needs a terminal: without one, 1 is 2.

    Example:
        >>> from tinydl import Sequential, layers
        >>> model = Sequential([layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile(loss="mse")
        >>> history = model.fit(np.ones((4, 1)), np.zeros(4), verbose=2)
        Epoch 1/1: 1/1 - ... - loss: 0.0000
    """

    INTERVAL = 0.2  # seconds between two looks at the numbers: each look waits for the device

    def __init__(self, verbose: int | str = "auto") -> None:
        if verbose not in (0, 1, 2, "auto"):
            raise ValueError(f"verbose: expected 0, 1, 2 or 'auto', got {verbose!r}")
        self.verbose = verbose
        self.bar: Progress | None = None
        self.fitting = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.fitting = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.close()
        self.fitting = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._show(batch + 1, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self.fitting:  # the validation of a fit is silent
            self._start("Evaluation")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self.fitting:
            self._show(batch + 1, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self.fitting:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._start("Prediction")

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._show(batch + 1, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(None)

    def _start(self, title: str) -> None:
        self.close()
        self.title = title
        self.done = 0
        self.began = self.shown = time.perf_counter()
        console = Console()
        self.mode = self.verbose
        if self.mode == "auto" or (self.mode == 1 and not console.is_terminal):
            self.mode = 1 if console.is_terminal else 2 if self.fitting or self.verbose == 1 else 0
        if self.mode == 1:
            left = TimeRemainingColumn(compact=True, elapsed_when_finished=True)
            logs = TextColumn("{task.fields[logs]}")
            self.bar = Progress(
                TextColumn(title),
                MofNCompleteColumn(),
                BarColumn(20),
                left,
                logs,
                console=console,
                auto_refresh=False,
            )
            self.task = self.bar.add_task(title, total=self.params["steps"], logs="")
            self.bar.start()

    def _show(self, done: int, logs: Logs | None) -> None:
        self.done = done
        now = time.perf_counter()
        if self.bar is not None and now - self.shown > self.INTERVAL:
            self.shown = now
            self.bar.update(self.task, completed=done, logs=format_logs(logs), refresh=True)

    def _finish(self, logs: Logs | None) -> None:
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done, logs=format_logs(logs), refresh=True)
            self.close()
        elif self.mode == 2:
            seconds = time.perf_counter() - self.began
            parts = [
                f"{self.title}: {self.done}/{self.params['steps']}",
                f"{seconds:.1f}s",
                f"{1000 * seconds / max(self.done, 1):.0f}ms/step",
            ]
            print(" - ".join(parts + [format_logs(logs)] * bool(logs)), flush=True)

    def close(self) -> None:
        """Take the bar off the terminal, whatever happened."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
