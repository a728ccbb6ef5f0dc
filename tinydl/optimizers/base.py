"""What all optimizers share: the learning rate, clipping, weight decay, and the numbers kept for each weight."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.autograd import Variable
from tinydl.backend import Array, array_module
from tinydl.checks import whole_number
from tinydl.optimizers.vectors import Vectors
from tinydl.schedules import LearningRateSchedule
from tinydl.tensor import Tensor
from tinydl.threads import in_shares


class Optimizer:
    """Base of all optimizers: subclass it, name your `slots` and write `update`.

    Args:
        learning_rate: a number, or a `LearningRateSchedule` that gives one for each step.
        weight_decay: how much of `learning_rate * w` each weight w loses first (Loshchilov and Hutter 2017).
        clipnorm: the largest norm that the gradient of one weight array may have; a longer one is scaled down.
        clipvalue: the largest absolute value that an element of a gradient may have.
        global_clipnorm: the largest norm that all gradients together may have (Pascanu et al. 2013).

    Raises:
        ValueError: a learning rate or clip that is no such number; more than one kind of clipping.

    Example:
        >>> class SignSGD(Optimizer):
        ...     def update(self, w, g, learning_rate):
        ...         w -= learning_rate * array_module(w).sign(g)
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> SignSGD(learning_rate=0.5).apply([np.array([3.0, -3.0])], [w])
        >>> w.data
        array([0.5, 2.5], dtype=float32)
    """

    slots: tuple[str, ...] = ()  # the names of the arrays to keep for each weight, zeros at first

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ):
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {name: value for name, value in clips.items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"only one of clipnorm, clipvalue and global_clipnorm can be set, got {given}")
        for name, value in given.items():
            if not value > 0:
                raise ValueError(f"{name}: expected a number above 0, or None, got {value!r}")
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.iterations = 0  # how many times `apply` has run
        self._index: dict[Tensor, int] = {}  # the weights it was built for; empty before
        self._state: dict[str, list[Array]] = {}  # slot -> an array for each weight
        self._undecayed: set[Tensor] = set()
        self._home = "cpu"  # the device on which the state is
        self._vectors: Vectors | None = None  # on a GPU

    def __getstate__(self) -> dict[str, Any]:
        """What a copy of it consists of: its vectors are the memory of other weights."""
        return {**vars(self), "_vectors": None}

    def update(self, w: Array, g: Array, learning_rate: float, *slots: Array) -> None:
        """Change `w` and the slots in place: one formula, elementwise, to be written by subclasses.

        All are arrays of one shape and dtype: a weight, its gradient, what is kept for it; or the same rows of each.
        On a GPU the formula becomes one kernel for all weights: so it may use operators and the functions of
        `array_module(w)`, and what else changes from step to step comes with the learning rate, from `step_size`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update(w, g, learning_rate, *slots)")

    def step_size(self) -> float:
        """What `update` gets as its learning rate in the coming step, as a formula may correct it."""
        return self.learning_rate

    @property
    def learning_rate(self) -> float:
        """The learning rate of the coming step; assign a number or a schedule to change it."""
        rate = self._learning_rate
        return rate(self.iterations) if isinstance(rate, LearningRateSchedule) else rate

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        self._learning_rate = value if isinstance(value, LearningRateSchedule) else _rate(value)

    # ---------------------------------------------------------------------------------------------- a step

    def build(self, weights: Sequence[Tensor]) -> None:
        """Make the slots for these weights; the first `apply` does it by itself."""
        for i, w in enumerate(weights):
            if not (isinstance(w, Variable) and w.node is not None and w.node.plan is None):
                raise ValueError(
                    f"weights[{i}]: expected a Tensor made with requires_grad=True, whose memory is its own: "
                    "an optimizer writes into it"
                )
        self._index = {w: i for i, w in enumerate(weights)}
        self._state = {
            slot: [array_module(w.data).zeros_like(w.data) for w in weights] for slot in self.slots
        }
        self._home, self._vectors = backend.device_of(weights[0].data), None

    def apply(self, grads: Sequence[Any], weights: Sequence[Tensor]) -> None:
        """One step: change each weight, in place, by its gradient.

        Args:
            grads: an array or Tensor for each weight, of its shape. With None a weight stays as it is, and a
                warning says so.
            weights: Tensors with requires_grad=True; those of `build` or of the first call, or some of them.

        Raises:
            ValueError: gradients and weights differ in number or shape, a weight is not one of the first
                call's, or there is no gradient at all. No weight has changed then.
        """
        if len(grads) != len(weights):
            raise ValueError(f"grads: expected one for each of {len(weights)} weights, got {len(grads)}")
        if not weights:
            return
        if not self._index:
            self.build(weights)
        pairs = self._pairs(grads, weights)
        self._follow(backend.device_of(weights[0].data))
        clipped = [g.astype(w.dtype, copy=False) for g, w in zip(self._clipped(list(pairs.values())), pairs)]
        if self._home != "cpu":
            self._vectors = self._vectors or Vectors(self)
            self._vectors.apply(self, dict(zip(pairs, clipped)))
            return
        step, decay = self.step_size(), self.decay_rate()
        for w, g in zip(pairs, clipped):
            if decay and w not in self._undecayed:
                w.data -= w.data * decay
            in_shares(
                partial(self._update_rows, [w.data, g, *self.slots_of(w)], step), len(w) if w.ndim else 1, g
            )
        self.iterations += 1

    def _update_rows(self, arrays: list[Array], step: float, rows: slice) -> None:
        w, g, *slots = [array[rows] if array.ndim else array for array in arrays]
        self.update(w, g, step, *slots)

    def slots_of(self, w: Tensor) -> list[Array]:
        """What is kept for a weight."""
        return [arrays[self._index[w]] for arrays in self._state.values()]

    def decay_rate(self, w: Tensor | None = None) -> float:
        """What share of itself a weight loses in the coming step."""
        return 0.0 if w in self._undecayed else (self.weight_decay or 0.0) * self.learning_rate

    def _follow(self, device: str) -> None:
        """Move the state to where the weights are now."""
        if device != self._home:
            self._state = {
                slot: [backend.to_device(array, device) for array in arrays]
                for slot, arrays in self._state.items()
            }
            self._home, self._vectors = device, None

    def apply_gradients(self, grads_and_weights: Iterable[tuple[Any, Tensor]]) -> None:
        """`apply` for pairs, `zip(grads, weights)`: Keras has both."""
        pairs = list(grads_and_weights)
        self.apply([g for g, _ in pairs], [w for _, w in pairs])

    def _pairs(self, grads: Sequence[Any], weights: Sequence[Tensor]) -> dict[Tensor, Array]:
        """Each weight that has a gradient, with it; checked."""
        pairs = {}
        for i, (g, w) in enumerate(zip(grads, weights)):
            if w not in self._index:
                raise ValueError(
                    f"weights[{i}], of shape {w.shape}, is not among the {len(self._index)} weights that this "
                    "optimizer was built for: make a new optimizer for other weights"
                )
            if g is not None:
                g = g.data if isinstance(g, Variable) else backend.as_array(g)
                if g.shape != w.shape:
                    raise ValueError(f"grads[{i}]: expected the weight's shape {w.shape}, got {g.shape}")
                pairs[w] = g
        if not pairs:
            raise ValueError("grads: all are None: the loss depends on none of these weights")
        if len(pairs) < len(weights):
            missing = ", ".join(f"weights[{i}] {w.shape}" for i, w in enumerate(weights) if w not in pairs)
            warnings.warn(f"no gradient for {missing}: the loss does not depend on them", stacklevel=3)
        return pairs

    def _clipped(self, grads: list[Array]) -> list[Array]:
        if self.clipnorm is not None:
            return [g * _shrink(_norm([g]), self.clipnorm) for g in grads]
        if self.global_clipnorm is not None:
            norm = _norm(grads)
            scale = _shrink(norm, self.global_clipnorm) + 0 * norm  # nan if the norm is infinite, as in Keras
            return [g * scale for g in grads]
        if self.clipvalue is not None:
            return [g.clip(-self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def exclude_from_weight_decay(self, var_list: Sequence[Tensor]) -> None:
        """Let these weights (biases, say) keep their size; to be said before the first step, as in Keras."""
        if self._index:
            raise ValueError("exclude_from_weight_decay: call it before the first step")
        self._undecayed = set(var_list)

    # --------------------------------------------------------------------------------------------- its state

    def get_state(self) -> dict[str, np.ndarray]:
        """All that a later run needs to go on exactly from here: copies, by name.

        Example:
            >>> from tinydl.optimizers import Adam
            >>> w = Tensor([1.0], requires_grad=True)
            >>> adam = Adam()
            >>> adam.build([w])
            >>> sorted(adam.get_state())
            ['iterations', 'learning_rate', 'momentum/0', 'velocity/0']
        """
        state = {"iterations": np.array(self.iterations)}
        if not isinstance(self._learning_rate, LearningRateSchedule):
            state["learning_rate"] = np.array(self._learning_rate)
        for slot, arrays in self._state.items():
            state.update({f"{slot}/{i}": backend.to_numpy(array).copy() for i, array in enumerate(arrays)})
        return state

    def set_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state that `get_state` gave; `build` comes first.

        Raises:
            RuntimeError: the optimizer does not know its weights yet.
            ValueError: names, shapes or numbers that are not this optimizer's. Nothing has changed then.
        """
        self.check_state(state)
        self.iterations = int(state["iterations"])
        if "learning_rate" in state:
            self.learning_rate = float(state["learning_rate"])
        for slot, arrays in self._state.items():
            for i, array in enumerate(arrays):
                backend.assign(array, state[f"{slot}/{i}"])

    def check_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Raise what `set_state` would raise, and change nothing."""
        if not self._index:
            raise RuntimeError("set_state: build(weights) comes first, so that there is a state to set")
        own = {name: array.shape for name, array in self.get_state().items()}
        given = {name: np.shape(array) for name, array in state.items()}
        if own != given:
            odd = sorted(name for name in own | given if own.get(name) != given.get(name))
            shapes = ", ".join(f"{name} should be {own.get(name)} and is {given.get(name)}" for name in odd)
            raise ValueError(f"state: not that of this {type(self).__name__}: {shapes}")
        for name, array in state.items():
            if np.asarray(array).dtype.kind not in "fiu":
                raise ValueError(f"state: {name}: expected numbers, got {np.asarray(array).dtype}")
        whole_number(np.asarray(state["iterations"]).item(), "state: iterations")
        if "learning_rate" in state:
            _rate(float(state["learning_rate"]))


def _rate(value: Any) -> float:
    """A learning rate that is a number, checked."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    raise ValueError(f"learning_rate: expected a number from 0 up or a LearningRateSchedule, got {value!r}")


def _norm(grads: list[Array]) -> Any:
    """The length of these arrays, taken as one long vector."""
    return sum((g * g).sum() for g in grads) ** 0.5


def _shrink(norm: Any, most: float) -> Any:
    """The factor that brings this norm down to `most`; 1 if it is below."""
    return most / array_module(norm).maximum(norm, most)
