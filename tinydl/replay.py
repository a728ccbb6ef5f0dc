"""Training steps replayed: `fit(..., replay=True)`.

A step is run as it is until it has settled, then recorded (recording.py), and from then on replayed for every batch of
the same shape. What a step leaves behind has to stay in one place for that: weights, moving averages and metrics are
put back into the arrays in which they were when the step was recorded.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tinydl import backend
from tinydl.backend import Array
from tinydl.recording import NotRecorded, Recording

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
        self.steps = 0  # of the first batch's shape
        self.kinds: list | None = None
        self.recording: Recording | None = None
        self.inputs: list[Array | None] = []
        self.states: list[tuple[Any, str, Array]] = []  # (who, attribute, the array that it stays in)
        self.generator: Any = None  # what is recorded draws from this one
        self.tried = model.device == "cpu"

    def __call__(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """One step."""
        batch = (x, y, sample_weight)
        self.kinds = self.kinds or _kinds(batch)
        if self.tried and self.recording is None or _kinds(batch) != self.kinds:
            return self.model.train_step(*batch)
        self.steps += 1
        if self.steps <= WARM_UP:
            return self.model.train_step(*batch)
        # A checkpoint may have put another random generator in the place of the one that was recorded.
        if self.recording is None or backend.generator_in_use() is not self.generator:
            self.tried = True
            return self._record(batch)
        self._settle()
        for own, given in zip(self.inputs, batch):
            if own is not None:
                own[...] = given
        self.recording.replay()
        # The metrics have seen a batch, without a word of Python.
        self.model.compiled_metrics.fresh = not self.model.metrics
        return self.recording.recorded

    def _record(self, batch: tuple) -> dict[str, Any]:
        self.inputs = [None if a is None else a.copy() for a in batch]
        self.generator = backend.generator_in_use()
        results: list[dict[str, Any]] = []
        kept: list[dict[str, Any]] = []  # what the metrics keep

        def step() -> dict[str, Any]:
            kept[:] = [dict(vars(metric)) for metric in self.model.metrics]
            logs = self.model.train_step(*self.inputs)
            if not results:  # the call for real: from here on everything has its place
                self.states = list(_states(self.model))
            elif any(_differ(before, vars(metric)) for before, metric in zip(kept, self.model.metrics)):
                raise NotRecorded("a metric counts on the host")
            self._settle()
            results.append(logs)
            return logs

        try:
            self.recording = Recording(step)
        except NotRecorded as error:
            for metric, before in zip(self.model.metrics, kept):  # what was being recorded has not happened
                vars(metric).update(before)
            for who, name, place in self.states:
                setattr(who, name, place)
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
    """The arrays that a step may replace: who has them, under which name."""
    for tensor in model.weights:
        yield tensor, "data", tensor.data
    for metric in model.metrics:
        for name, value in vars(metric).items():
            if backend.on_gpu(value):
                yield metric, name, value


def _differ(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a number that Python keeps has changed: a replay would not change it."""
    return any(isinstance(v, (int, float)) and after[name] != v for name, v in before.items())
