"""The formulas: SGD, RMSprop, Adam and AdamW, each as one `update` of a weight by its gradient."""

from __future__ import annotations

import math
from typing import Any

from tinydl.backend import Array, array_module
from tinydl.checks import number
from tinydl.lookup import lookup
from tinydl.optimizers.base import Optimizer
from tinydl.schedules import LearningRateSchedule


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if you like.

    Without: w -= learning_rate · g. With momentum (Polyak 1964), a ball that rolls:
    m = momentum · m - learning_rate · g, then w += m.
    With `nesterov` (Sutskever et al. 2013) it looks one roll ahead: w += momentum · m - learning_rate · g.
    Options: those of `Optimizer`.

    Example:
        >>> from tinydl import Tensor
        >>> w = Tensor([1.0], requires_grad=True)
        >>> SGD(learning_rate=0.5).apply([Tensor([1.0])], [w])
        >>> w.data
        array([0.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ):
        super().__init__(learning_rate, **options)
        self.momentum = number(momentum, "momentum", most=1)
        self.nesterov = nesterov
        self.slots = ("momentum",) if momentum else ()

    def update(self, w: Array, g: Array, learning_rate: float, *slots: Array) -> None:
        """w -= learning_rate · g, or as the momentum rolls."""
        step = learning_rate * g
        if not slots:
            w -= step
            return
        (m,) = slots
        m *= self.momentum
        m -= step
        w += self.momentum * m - step if self.nesterov else m


class RMSprop(Optimizer):
    """Each weight at its own pace: the gradient divided by its root mean square of late.

    v = rho · v + (1 - rho) · g², then w -= learning_rate · g / sqrt(v + epsilon) (Tieleman and Hinton 2012).
    `centered` subtracts the squared mean of the gradients from v, which makes it their variance (Graves 2013);
    `momentum` lets the steps roll on. Options: those of `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Any,
    ):
        super().__init__(learning_rate, **options)
        self.rho = number(rho, "rho", most=1)
        self.momentum = number(momentum, "momentum", most=1)
        self.epsilon = epsilon
        self.centered = centered
        self.slots = ("velocity", *["momentum"] * bool(momentum), *["average_gradient"] * centered)

    def update(self, w: Array, g: Array, learning_rate: float, *slots: Array) -> None:
        """w -= learning_rate · g / sqrt(v + epsilon)."""
        v, *rest = slots
        v *= self.rho
        v += (1 - self.rho) * (g * g)
        variance = v
        if self.centered:
            mean = rest[-1]
            mean *= self.rho
            mean += (1 - self.rho) * g
            variance = v - mean * mean
        step = learning_rate * g / array_module(w).sqrt(variance + self.epsilon)
        if self.momentum:
            m = rest[0]
            m *= self.momentum
            m += step
            step = m
        w -= step


class Adam(Optimizer):
    """Momentum and RMSprop in one (Kingma and Ba 2014).

    m and v are running means of g and g², both from zero, so too small at first; the t-th step corrects that:
    w -= learning_rate · sqrt(1 - beta_2ᵗ) / (1 - beta_1ᵗ) · m / (sqrt(v) + epsilon).
    `amsgrad` never lets the divisor shrink: it takes the largest v so far (Reddi et al. 2018).
    Options: those of `Optimizer`.

    Example:
        >>> from tinydl import Tensor
        >>> w = Tensor([1.0], requires_grad=True)
        >>> Adam(learning_rate=0.1).apply([Tensor([8.0])], [w])
        >>> w.data
        array([0.90000004], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ):
        super().__init__(learning_rate, **options)
        self.beta_1 = number(beta_1, "beta_1", most=1)
        self.beta_2 = number(beta_2, "beta_2", most=1)
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self.slots = ("momentum", "velocity", *["velocity_hat"] * amsgrad)

    def step_size(self) -> float:
        """The learning rate, corrected for m and v that are too small yet."""
        t = self.iterations + 1
        return self.learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)

    def update(self, w: Array, g: Array, learning_rate: float, *slots: Array) -> None:
        """w -= alpha · m / (sqrt(v) + epsilon), where alpha is the corrected learning rate."""
        xp = array_module(w)
        m, v, *largest = slots
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        if largest:
            v = xp.maximum(largest[0], v, out=largest[0])
        w -= learning_rate * m / (xp.sqrt(v) + self.epsilon)


class AdamW(Adam):
    """Adam, with weight decay decoupled from the gradient (Loshchilov and Hutter 2017).

    w -= learning_rate · weight_decay · w, then a step of Adam. Options: those of `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ):
        if weight_decay is None:
            raise ValueError("weight_decay: expected a number, got None; without one use Adam")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options
        )


_BY_NAME = {cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, AdamW)}


def get(identifier: Any) -> Optimizer:
    """The optimizer of this name ("sgd", "rmsprop", "adam", "adamw"; capitals do not matter) with its defaults.

    Raises:
        ValueError: no optimizer has this name, or the identifier is no optimizer.

    Example:
        >>> get("adam").learning_rate
        0.001
    """
    if isinstance(identifier, str):
        identifier = _BY_NAME.get(identifier.lower()) or lookup(identifier, _BY_NAME, "optimizer")
    found: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(found, Optimizer):
        raise ValueError(f"optimizer: expected a name or an Optimizer, got {identifier!r}")
    return found
