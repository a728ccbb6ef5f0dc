"""What an epoch is measured by: means over the batches so far, and the metrics that `compile` was given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinydl import metrics
from tinydl.backend import array_module, as_array
from tinydl.tensor import Tensor


class CompiledMetrics:
    """The metrics of a model by name, made once the shapes of targets and predictions are known.

    Args:
        plain: names, `Metric`s or functions; they look at predictions alone.
        weighted: the same; they are given the sample weights too.

    Raises:
        ValueError: a name is unknown.
    """

    def __init__(self, plain: Sequence[Any], weighted: Sequence[Any]):
        for identifier in (*plain, *weighted):
            metrics.resolve(identifier, (None, 1), (None, 1))  # a wrong name is found now, not in a batch
        self.plain = list(plain)
        self.weighted = list(weighted)
        self.named: dict[str, metrics.Metric] = {}
        self.unweighted: set[str] = set()
        self.fresh = True  # whether no batch has been seen since the last reset

    def update(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        """Let every metric see a batch."""
        if not self.named:
            self._make(y.shape, y_pred.shape)
        self.fresh = False
        for name, metric in self.named.items():
            metric.update_state(y, y_pred, None if name in self.unweighted else sample_weight)

    def reset(self) -> None:
        """Forget what has been seen."""
        self.fresh = True
        for metric in self.named.values():
            metric.reset_state()

    def _make(self, y_shape: tuple, pred_shape: tuple) -> None:
        for identifiers, prefix in ((self.plain, ""), (self.weighted, "weighted_")):
            for identifier in identifiers:
                metric = metrics.resolve(identifier, y_shape, pred_shape)
                name = metric.name if metric.name not in self.named else prefix + metric.name
                count = sum(other.rpartition("_")[0] == name or other == name for other in self.named)
                name = f"{name}_{count}" if name in self.named else name
                self.named[name] = metric
                if not prefix:
                    self.unweighted.add(name)


class RunningMeans(Mapping[str, float]):
    """Means over the batches so far, by name, each batch counting for its size; then the compiled metrics.

    Sums stay arrays on the device. One becomes a number when somebody looks at it, because that waits for the device.

    Example:
        >>> means = RunningMeans(CompiledMetrics([], []))
        >>> means.add({"loss": 1.0}, size=3)
        >>> means.add({"loss": 5.0}, size=1)
        >>> dict(means)
        {'loss': 2.0}
    """

    def __init__(self, compiled: CompiledMetrics):
        self.compiled = compiled
        self.sums: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}
        self.steps = 0
        self.finite_steps: Any = 0  # before a loss went astray; a sum that was NaN once stays NaN

    def add(self, values: Mapping[str, Any], size: int) -> None:
        """Add what a step over a batch of `size` samples returned."""
        for name, value in values.items():
            # (a number of Python's stays one: there is no need to send it anywhere)
            value = value.data if isinstance(value, Tensor) else value
            number = value if isinstance(value, (int, float)) else as_array(value, "float64")
            self.sums[name] = self.sums.get(name, 0.0) + number * size
            self.sizes[name] = self.sizes.get(name, 0) + size
        first, *others = self._losses().values() or [0.0]
        total = sum(others, first)  # finite as long as all of them are: one look for all
        self.finite_steps = self.finite_steps + array_module(total).isfinite(total)
        self.steps += 1

    def astray(self) -> list[str]:
        """The names of the losses that are not finite any more."""
        if int(self.finite_steps) == self.steps:
            return []
        return [name for name in self._losses() if not math.isfinite(self[name])]

    def first_bad_step(self) -> int:
        """The step, from 1, with which that began."""
        return int(self.finite_steps) + 1

    def _losses(self) -> dict[str, Any]:
        """The sums of "loss", "d_loss" and the like; other numbers, a ratio of noise, say, may well be infinite."""
        return {name: total for name, total in self.sums.items() if name.endswith("loss")}

    def __getitem__(self, name: str) -> float:
        if name in self.sums:
            return float(self.sums[name] / self.sizes[name])
        return float(self._metrics()[name].result())

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self.sums, *self._metrics()])

    def __len__(self) -> int:
        return len(dict.fromkeys([*self.sums, *self._metrics()]))

    def _metrics(self) -> dict[str, metrics.Metric]:
        return {} if self.compiled.fresh else self.compiled.named
