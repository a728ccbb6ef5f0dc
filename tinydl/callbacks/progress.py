"""How far it is: a bar in a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tinydl.callbacks.base import Callback, Logs

if TYPE_CHECKING:  # rich itself is loaded when the first fit shows something: `import tinydl` shall be quick
    from rich.live import Live
    from rich.text import Text


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
        >>> import numpy as np
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
        self.bar: Live | None = None
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
        from rich.console import Console
        from rich.live import Live

        self.close()
        self.title = title
        self.steps = self.params["steps"]
        self.done = 0
        self.began = self.shown = time.perf_counter()
        self.console = Console()
        self.mode = self.verbose
        if self.mode == "auto" or (self.mode == 1 and not self.console.is_terminal):
            line = 2 if self.fitting or self.verbose == 1 else 0
            self.mode = 1 if self.console.is_terminal else line
        if self.mode == 1:
            self.bar = Live(self._line(None), console=self.console, auto_refresh=False)
            self.bar.start(refresh=True)

    def _show(self, done: int, logs: Logs | None) -> None:
        self.done = done
        now = time.perf_counter()
        if self.bar is not None and (now - self.shown > self.INTERVAL or done == self.steps):
            self.shown = now
            self.bar.update(self._line(logs), refresh=True)

    def _line(self, logs: Logs | None, finished: bool = False) -> Text:
        """Epoch 3/12  48/75 ━━━━━━━━━━━━━━━━━━━━ 12s left - loss: 0.1234"""
        from rich.text import Text

        seconds = time.perf_counter() - self.began
        filled = 20 * self.done // max(self.steps, 1)
        dash = "━" if self.console.encoding.startswith("utf") else "="
        coloured = self.console.color_system is not None and not self.console.no_color
        rest = dash if coloured else " "  # without colours, a full bar must not look like an empty one
        if finished:
            clock = f"{_clock(seconds)} {1000 * seconds / max(self.done, 1):.0f}ms/step"
        elif self.done:
            clock = f"{_clock(seconds / self.done * (self.steps - self.done))} left"
        else:
            clock = ""
        return Text.assemble(
            f"{self.title}  {self.done:>{len(str(self.steps))}}/{self.steps} ",
            (dash * filled, "green"),
            (rest * (20 - filled), "bright_black"),
            f" {clock}" + (f" - {format_logs(logs)}" if logs else ""),
        )

    def _finish(self, logs: Logs | None) -> None:
        if self.bar is not None:
            self.bar.update(self._line(logs, finished=True))
            self.close()
        elif self.mode == 2:
            seconds = time.perf_counter() - self.began
            pace = f"{self.done}/{self.steps} - {_clock(seconds)} - {1000 * seconds / max(self.done, 1):.0f}ms/step"
            print(f"{self.title}: {pace}" + (f" - {format_logs(logs)}" if logs else ""), flush=True)

    def close(self) -> None:
        """Leave the bar as it stands and give the terminal back, whatever happened."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes else f"{rest}s"
