"""What watches a fit: a callback is told what happens, and may note it down, show it, save the model or stop it.

`fit` calls the hooks in order: `on_train_begin`; for each epoch `on_epoch_begin`, for each batch `on_train_batch_begin`
and `on_train_batch_end`, for the validation `on_test_begin` ... `on_test_end`, then `on_epoch_end`; and last
`on_train_end`: that one always, also after an error or Ctrl-C, so that whatever was opened gets closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinydl.training import Trainer

Logs = Mapping[str, float]  # the means so far; during an epoch a number is fetched when it is looked at


class Callback:
    """Base class: override the hooks that you need.

    Attributes:
        model: the model that is being trained; `self.model.stop_training = True` ends the fit after this batch.
        params: {"epochs": ..., "steps": ..., "verbose": ...}; steps are batches an epoch.

    Example:
        >>> class Applause(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch}: bravo")
        >>> Applause().on_epoch_end(0, {"loss": 0.5})
        epoch 0: bravo
    """

    model: Trainer
    params: dict[str, Any]

    def set_model(self, model: Trainer) -> None:
        """Called first, with the model that is about to run."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called first, with what is known about the run."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch of `fit`."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, however it came to be the last."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; `logs` is a dictionary, and what is added to it gets into the history."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step; the first of an epoch is 0."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step; `logs` has the means over the epoch so far."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, also the one after each epoch."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before `predict`."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After `predict`."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of `predict`."""


class CallbackList:
    """Several callbacks, told one after the other: `watchers("on_epoch_end", epoch, logs)`.

    Args:
        given: the caller's: None, one, or several.
        own: those of the loop, told after them.
        model: what they watch.
        params: what they may know of the loop.
    """

    def __init__(
        self,
        given: Callback | Iterable[Callback] | None,
        own: Iterable[Callback],
        model: Trainer,
        params: dict[str, Any],
    ):
        self.callbacks = [*([given] if isinstance(given, Callback) else given or []), *own]
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise ValueError(f"callbacks: expected instances of Callback, got {callback!r}")
            callback.set_params(params)
            callback.set_model(model)

    def __call__(self, hook: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)


class History(Callback):
    """What every `fit` returns.

    Attributes:
        history: the value of everything logged, epoch by epoch; names of validation begin with `val_`.
        epoch: the numbers of the epochs, from 0.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.on_epoch_end(1, {"loss": 0.25})
        >>> history.history, history.epoch
        ({'loss': [0.5, 0.25]}, [0, 1])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def set_model(self, model: Trainer) -> None:
        """Nothing: the model keeps its history, and a history that kept its model would be a cycle."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        hooks: functions by the names of the hooks, `on_epoch_end=lambda epoch, logs: ...`.

    Raises:
        ValueError: there is no hook of that name.

    Example:
        >>> losses = []
        >>> note = LambdaCallback(on_epoch_end=lambda epoch, logs: losses.append(logs["loss"]))
        >>> note.on_epoch_end(0, {"loss": 0.5})
        >>> losses
        [0.5]
    """

    def __init__(self, **hooks: Callable | None) -> None:
        for name, function in hooks.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                known = ", ".join(name for name in vars(Callback) if name.startswith("on_"))
                raise ValueError(f"LambdaCallback: no hook {name!r}; there are: {known}")
            if function is not None:
                setattr(self, name, function)
