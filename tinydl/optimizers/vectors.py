"""All weights as one vector: what makes a step of an optimizer one launch on a GPU, however many weights there are.

Every launch has its price, however few the numbers that it changes. So weights, gradients and what is kept for them lie
in vectors, one behind the other, and the formula goes over these. The weights themselves become views of theirs.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from tinydl.backend import Array, array_module
from tinydl.kernels import fused, gather
from tinydl.recording import each_time
from tinydl.tensor import Tensor

if TYPE_CHECKING:
    from tinydl.optimizers.base import Optimizer


class Vectors:
    """The weights of an optimizer on a GPU, in one vector for each dtype, and for those that do not decay."""

    def __init__(self, optimizer: Optimizer):
        groups: dict[Any, list[Tensor]] = {}
        for w in optimizer._index:
            groups.setdefault((w.dtype, w in optimizer._undecayed), []).append(w)
        self.vectors = [_Vector(optimizer, weights) for weights in groups.values()]
        self.constants: Any = None
        self.kernel: Any = None

    def apply(self, optimizer: Optimizer, grads: dict[Tensor, Array]) -> None:
        """One step for the weights that have a gradient."""
        each_time(lambda: self._advance(optimizer))
        self._look_for_changes(optimizer)
        for vector in self.vectors:
            given = [grads[w] for w in vector.weights if w in grads]
            if len(given) == len(vector.weights):
                vector.gather(given)
                self._run(vector.whole, vector.numbers)
            else:  # a loss that does not depend on all of them
                for w in [w for w in vector.weights if w in grads]:
                    self._run([w.data, grads[w], *optimizer.slots_of(w)], vector.numbers)

    def _advance(self, optimizer: Optimizer) -> None:
        """Tell the device what changes from step to step: a launch, not a transfer."""
        for vector in self.vectors:
            vector.numbers[0].fill(optimizer.step_size())
            if optimizer.weight_decay:
                vector.numbers[1].fill(optimizer.decay_rate(vector.weights[0]))
        optimizer.iterations += 1

    def _look_for_changes(self, optimizer: Optimizer) -> None:
        """Make the kernel, anew if somebody has changed beta_1, say. (The learning rate is no part of the formula.)"""
        settings = vars(optimizer).items()
        constants = {
            n: v for n, v in settings if n[0] != "_" and n != "iterations" and isinstance(v, (int, float))
        }
        if constants == self.constants:
            return
        self.constants, knows = (
            constants,
            weakref.ref(optimizer),
        )  # no cycle: a GPU's memory waits for no collector

        def formula(w: Array, g: Array, step: Array, decay: Array, *slots: Array) -> None:
            optimizer = knows()
            assert optimizer is not None
            if optimizer.weight_decay:
                w -= w * decay
            optimizer.update(w, g, step, *slots)

        self.kernel = fused(formula)

    def _run(self, arrays: list[Array], numbers: Array) -> None:
        w, g, *slots = arrays
        self.kernel(w, g, numbers[0], numbers[1], *slots)


class _Vector:
    """Some weights of one dtype, one behind the other, and with them their gradients and their slots."""

    def __init__(self, optimizer: Optimizer, weights: list[Tensor]):
        self.weights = weights
        first = weights[0].data
        xp = array_module(first)
        self.numbers = xp.zeros(2, dtype=first.dtype)  # the step size and the decay rate
        self.views: list[Array] = []
        kept = [[optimizer._state[slot][optimizer._index[w]] for w in weights] for slot in optimizer._state]
        size = sum(w.size for w in weights)
        self.gradient = xp.zeros(size, dtype=first.dtype)
        self.slots = [self._joined(arrays, size) for arrays in kept]
        for slot, (_, views) in zip(optimizer._state, self.slots):
            for w, view in zip(weights, views):
                optimizer._state[slot][optimizer._index[w]] = view
        self._settle()

    def _settle(self) -> None:
        """Give the weights their places in a vector."""
        vector, self.views = self._joined([w.data for w in self.weights], self.gradient.size)
        for w, view in zip(self.weights, self.views):
            w.data = view
        self.whole = [vector, self.gradient, *[slot for slot, _ in self.slots]]

    @staticmethod
    def _joined(arrays: list[Array], size: int) -> tuple[Array, list[Array]]:
        """A copy of these arrays in one vector, and the arrays as views of it."""
        vector = array_module(arrays[0]).empty(size, dtype=arrays[0].dtype)
        gather(arrays, vector)
        views, start = [], 0
        for array in arrays:
            views.append(vector[start : start + array.size].reshape(array.shape))
            start += array.size
        return vector, views

    def gather(self, grads: list[Array]) -> None:
        """Lay the gradients one behind the other, and the weights too, should they have been put elsewhere."""
        if any(w.data is not view for w, view in zip(self.weights, self.views)):
            self._settle()
        gather(grads, self.gradient)
