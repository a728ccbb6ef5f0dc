"""Training steps replayed: `fit(..., replay=True)`.

A step is run as it is until it has settled, then recorded (recording.py), and from then on replayed for every batch of
the same shape. What a step leaves behind has to stay in one place for that: weights, moving averages and metrics are
put back into the arrays in which they were when the step was recorded. And what Python decides in a step is decided
once: so whenever an epoch begins, and settings are other than they were, the step is recorded anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tinydl import backend
from tinydl.backend import Array
from tinydl.layers.base import Layer
from tinydl.optimizers import Optimizer
from tinydl.recording import NotRecorded, Recording
from tinydl.tensor import Tensor

if TYPE_CHECKING:
    from tinydl.training import Trainer

WARM_UP = 2  # steps before the recording: weights, optimizers and metrics are made in the first ones


class Replay:
    """A model's `train_step` that is recorded and replayed; to be called as it is.

    Batches of another shape than the first (the last one of an epoch, perhaps) are run as they are. So is everything,
    with a warning, if the step cannot be recorded or there is no GPU.
    """

    def __init__(self, model: Trainer):
        if model.device == "cpu":
            warnings.warn("replay: steps can be replayed on a GPU only; they run one by one", stacklevel=4)
        self.model = model
        self.kinds: list | None = None  # shapes and dtypes of the first batch: such batches are replayed
        self.steps = 0  # with such batches
        self.refused = model.device == "cpu"  # whether steps run one by one for good
        self.recording: Recording | None = None
        self.inputs: list[Array | None] = []  # what the recording reads: a batch is copied into it
        self.states: list[
            tuple[Any, str, Array]
        ] = []  # what it writes: whose, which attribute, and its place
        self.settings: Any = None  # what it was decided by
        self.generator: Any = None  # what it draws from

    def __call__(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """One step."""
        batch = (x, y, sample_weight)
        self.kinds = self.kinds or _kinds(batch)
        if self.refused or _kinds(batch) != self.kinds:
            return self.model.train_step(*batch)
        self.steps += 1
        if self.steps <= WARM_UP:
            return self.model.train_step(*batch)
        # A checkpoint may have put another random generator in the place of the one that was recorded.
        if self.recording is None or backend.generator_in_use() is not self.generator:
            return self._record(batch)
        self._settle()
        for own, given in zip(self.inputs, batch):
            if own is not None:
                own[...] = given
        self.recording.replay()
        self.model.compiled_metrics.fresh = (
            not self.model.metrics
        )  # they have seen a batch, though Python has not
        return self.recording.recorded

    def look(self) -> None:
        """Record anew if a layer was frozen, an optimizer changed, the model compiled again, since the recording."""
        if self.recording is not None and _settings(self.model) != self.settings:
            self.recording, self.steps = (
                None,
                0,
            )  # and warm up anew: there may be another optimizer, or other metrics

    def _record(self, batch: tuple) -> dict[str, Any]:
        self.recording = None  # its memory goes first; and it is not to be used if this one fails
        self.inputs = [None if a is None else a.copy() for a in batch]
        self.settings, self.generator = _settings(self.model), backend.generator_in_use()
        self.states = list(_states(self.model))
        results: list[dict[str, Any]] = []
        counters: list[tuple[Any, str, Any]] = []  # as they are before the call that is only recorded

        def step() -> dict[str, Any]:
            if results:
                counters[:] = _counters(self.model)
            logs = self.model.train_step(*self.inputs)
            self._settle()
            results.append(logs)
            for who, name, before in counters:
                if getattr(who, name) != before:
                    raise NotRecorded(f"{type(who).__name__}.{name} changes on the host")
            for name, value in logs.items():
                if not isinstance(value, Tensor) and not backend.on_gpu(value):
                    raise NotRecorded(f"{name!r} is logged as a number of the host")
            return logs

        try:
            self.recording = Recording(step)
        except NotRecorded as error:
            self.refused = True
            for who, name, before in [*counters, *self.states]:  # what was being recorded has not happened
                setattr(who, name, before)
            warnings.warn(
                f"replay: this step cannot be recorded, so steps run one by one ({error})", stacklevel=2
            )
        return results[0]

    def _settle(self) -> None:
        """Put what a step or somebody else has replaced back into its place."""
        for who, name, place in self.states:
            value = getattr(who, name)
            if value is not place:
                place[...] = value
                setattr(who, name, place)


def _kinds(arrays: Any) -> list:
    return [None if a is None else (a.shape, a.dtype) for a in arrays]


def _states(model: Trainer) -> Iterator[tuple[Any, str, Array]]:
    """The arrays that a step may replace: whose, under which name."""
    for tensor in model.weights:
        yield tensor, "data", tensor.data
    for metric in model.metrics:
        for name, value in vars(metric).items():
            if isinstance(value, float):  # a sum that was reset, and has no place yet
                value = backend.array_module(model.weights[0].data).full((), value, dtype="float64")
                setattr(metric, name, value)
            if backend.on_gpu(value):
                yield metric, name, value


# What changes by itself, or reaches a recorded step all the same.
_PASSING = {"iterations", "epoch", "first_epoch", "stop_training", "interrupted", "fresh"}


def _numbers(owner: Any) -> list[tuple[Any, str, Any]]:
    """The numbers, words and switches that an object keeps: whose, name, value."""
    kept = vars(owner).items()
    return [
        (owner, name, value)
        for name, value in kept
        if name[0] != "_" and name not in _PASSING and isinstance(value, (int, float, str, type(None)))
    ]


def _parts(model: Layer) -> Iterator[Any]:
    """A model, the layers in it, and its optimizers."""
    yield model
    yield from (value for value in vars(model).values() if isinstance(value, Optimizer))
    for layer in model.sublayers():
        yield from _parts(layer)


def _settings(model: Trainer) -> Any:
    """All that Python decides a step by: numbers, words, who learns, by which loss and optimizer."""
    found = [(id(who), name, value) for part in _parts(model) for who, name, value in _numbers(part)]
    return found, [id(w) for w in model.trainable_weights], id(model.optimizer), id(model.loss)


def _counters(model: Trainer) -> list[tuple[Any, str, Any]]:
    """Numbers that a step might change on the host, where a replay would not: whose, name, value."""
    return [each for owner in (*_parts(model), *model.metrics) for each in _numbers(owner)]
