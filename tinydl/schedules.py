"""Learning rates that change as training goes on: each schedule says the rate of step 0, 1, 2, ...

    optimizer = SGD(schedules.CosineDecay(0.1, decay_steps=1000))

A step is one update of the weights, that is one batch; `optimizer.iterations` counts them. Names, defaults
and numbers are those of `keras.optimizers.schedules`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


class LearningRateSchedule:
    """Base of all schedules: a subclass says in `__call__(step)` what the learning rate of that step is.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.5**step
        >>> Halving()(3)
        0.125
    """

    def __call__(self, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step)")


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{name}: expected a number above 0, got {value!r}")
    return value


class _Decay(LearningRateSchedule):
    """What the next two have in common: how often the learning rate has decayed by a step."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase

    def _times(self, step: int) -> float:
        times = step / self.decay_steps
        return math.floor(times) if self.staircase else times


class ExponentialDecay(_Decay):
    """Multiplied by `decay_rate` every `decay_steps` steps: smoothly, or all at once with `staircase`.

    Example:
        >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
        0.025
    """

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate * self.decay_rate ** self._times(step)


class InverseTimeDecay(_Decay):
    """Divided by `1 + decay_rate * step / decay_steps`: the `decay` that optimizers of older Keras had.

    Example:
        >>> InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.5)(2)
        0.05
    """

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate / (1 + self.decay_rate * self._times(step))


class PolynomialDecay(LearningRateSchedule):
    """From the initial to the end learning rate in `decay_steps`: in a straight line, or as another `power`.

    With `cycle` the rate jumps up again whenever it reaches the end, each descent longer than the one before.

    Example:
        >>> PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)(5)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle

    def __call__(self, step: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        left = 1 - min(step, steps) / steps
        return (
            self.initial_learning_rate - self.end_learning_rate
        ) * left**self.power + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and including step `boundaries[i]`, the last value ever after.

    Example:
        >>> rate = PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
        >>> rate(100), rate(101), rate(201)
        (0.1, 0.01, 0.001)
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float]):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"values: expected one more than boundaries, got {len(values)} values for {len(boundaries)} boundaries"
            )
        if any(a >= b for a, b in zip(boundaries, boundaries[1:])):
            raise ValueError(f"boundaries: expected growing step numbers, got {list(boundaries)}")
        self.boundaries = list(boundaries)
        self.values = list(values)

    def __call__(self, step: int) -> float:
        return next(
            (value for end, value in zip(self.boundaries, self.values) if step <= end), self.values[-1]
        )


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave, from the initial learning rate down to `alpha` times it (Loshchilov and Hutter 2016).

    With a `warmup_target` the rate first climbs from the initial one to the target in a straight line of
    `warmup_steps`, and falls from there.

    Example:
        >>> rate = CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)
        >>> rate(5), rate(10), rate(110)
        (0.05, 0.1, 0.0)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return start + (self.warmup_target - start) * step / self.warmup_steps
            start, step = self.warmup_target, step - self.warmup_steps
        wave = 0.5 * (1 + math.cos(math.pi * min(step / self.decay_steps, 1)))  # from 1 down to 0
        return start * ((1 - self.alpha) * wave + self.alpha)
