"""The differences, in float64, each with a place and a name.

Everything is compared alone, so that one fault is not seen everywhere: each layer gets the same input on both sides,
whatever the layers before it made; each step of the optimizer begins with the same weights and the same state. Only
gradients come through the whole network, from the loss back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from chapters.compare.pair import Pair, Task
from chapters.compare.sides import Tinydl, leaves, twins

# What passes. An update is measured in learning rates, since Keras rounds some of its numbers to float32 (the powers
# of Adam's betas, for one); the others in the largest value of their array.
TOLERANCE = {"forward": 1e-9, "whole": 1e-9, "gradient": 1e-9, "update": 1e-4, "average": 1e-9}
SAMPLES = 64  # in float64 no step takes more of them: more would prove no more
# A gradient that should be zero (of a bias before a batch normalization, say) is all rounding: it is measured in this
# share of the largest gradient of the network.
FLOOR = 1e-6
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
RATE, STEP = 2.0**20, 2.0**-7  # of the SGD that tells gradients: see `_gradients`


@dataclass(frozen=True)
class Difference:
    """How far tinydl and Keras are apart in one place.

    Attributes:
        part: "forward", of a layer; "whole", of the network and the loss; "gradient"; "update"; or "average", of what
            training changes without a gradient.
        layer: where; "network" and "loss" are places too.
        kind: the layer's class.
        value: the largest difference, in the unit of `TOLERANCE`; infinite where shapes differ.
        weight: of the layer, for all but forward.
        step: of the optimizer, from 1, for updates and averages.
        shape: of the output, or of the weight.
        note: what else there is to say.
    """

    part: str
    layer: str
    kind: str
    value: float
    weight: str = ""
    step: int = 0
    shape: tuple[int, ...] = ()
    note: str = ""

    @property
    def share(self) -> float:
        """Of the tolerance: above 1 is beyond it."""
        return self.value / TOLERANCE[self.part]

    @property
    def where(self) -> str:
        """Its place in words."""
        step = f", step {self.step}" if self.step else ""
        return f"{self.layer}/{self.weight}{step}" if self.weight else self.layer


def apart(ours: np.ndarray, theirs: np.ndarray, unit: float | None = None) -> float:
    """The largest difference, in this unit, or in the largest value of theirs."""
    if np.shape(ours) != np.shape(theirs):
        return np.inf
    unit = unit or float(np.abs(theirs).max(initial=0)) or 1.0
    far = float(np.abs(np.subtract(ours, theirs)).max(initial=0)) / unit
    return np.inf if np.isnan(far) else far


def differences(
    pair: Pair,
    task: Task,
    ours: Tinydl,
    theirs: Tinydl,
    steps: int,
    tell: Callable[[str], None] = lambda news: None,
    samples: int = SAMPLES,
) -> list[Difference]:
    """All of them: of layers, of gradients, of this many steps of the optimizer. In the order of the network.

    No step takes more than this many samples.

    If the two are no twins at all, what can be compared no more is left out, and the layer to blame is infinitely far.
    """
    size = min(pair.samples_a_step(len(task.x)), samples)
    starts = [step % (len(task.x) // size) * size for step in range(steps)]
    batches = [task.batch(slice(start, start + size), "float64") for start in starts]
    with ours.precision("float64"), theirs.precision("float64"):
        here, there = twins(pair, task, ours, theirs)
        tell("layer by layer")
        if strangers := _other_kind(here, there):
            return strangers
        _same_weights(here, there)
        found = _forward(pair, here, there, ours, theirs, batches[0][0])
        if any(np.isinf(each.value) for each in found):
            return found
        tell("gradients")
        found += _gradients(pair, here, there, ours, theirs, batches[0])
        tell(f"{steps} step{'s' * (steps > 1)} of the optimizer, each from equal weights and equal state")
        return found + list(_updates(pair, here, there, ours, theirs, batches))


# -------------------------------------------------------------------------------------------------- layers


def _other_kind(here: Any, there: Any) -> list[Difference]:
    """The first layer that is of another class than its twin, if there is one."""
    for left, right in zip_longest(leaves(here), leaves(there), fillvalue=("", None)):
        ours, theirs = (type(layer).__name__ if layer else "nothing" for _, layer in (left, right))
        if ours != theirs:
            return [Difference("forward", left[0] or right[0], ours, np.inf, note=f"there: {theirs}")]
    return []


def _same_weights(here: Any, there: Any) -> None:
    """Give both models one set of weights, as far as their shapes are the same.

    The weights are those that tinydl drew. To biases and the like a little is added: zeros would hide one that is
    forgotten, or in the wrong place.
    """
    rng = np.random.default_rng(0)
    for (_, ours), (_, theirs) in zip(leaves(here), leaves(there)):
        drawn = [w + 0.1 * rng.random(w.shape) if w.ndim == 1 else w for w in ours.get_weights()]
        if _shapes(theirs) == _shapes(ours):
            ours.set_weights(drawn)
            theirs.set_weights(drawn)


def _shapes(layer: Any) -> list[tuple]:
    return [weight.shape for weight in layer.get_weights()]


def _forward(
    pair: Pair, here: Any, there: Any, ours: Tinydl, theirs: Tinydl, x: np.ndarray
) -> list[Difference]:
    """What each layer makes of the same input, then what the whole network makes of it."""
    seen: dict[str, tuple] = {}
    with _watched(here, seen):
        answers = {name: ours.answer(*given) for name, given in pair.networks(here, x).items()}
    found = []
    for (name, left), (_, right) in zip(leaves(here), leaves(there)):
        given, y = seen[name]
        value, note = np.inf, f"weights there: {_shapes(right)}"
        if _shapes(left) == _shapes(right):
            other = theirs.answer(right, given)
            value = apart(y, other)
            note = "" if y.shape == other.shape else f"output there: {other.shape[1:]}"
        found.append(Difference("forward", name, type(left).__name__, value, shape=y.shape[1:], note=note))
    if not any(np.isinf(each.value) for each in found):
        for name, (network, given) in pair.networks(there, x).items():
            y = answers[name]
            value = apart(y, theirs.answer(network, given))
            found.append(Difference("whole", name, type(network).__name__, value, shape=y.shape[1:]))
    return found


@contextmanager
def _watched(model: Any, seen: dict[str, tuple]) -> Iterator[None]:
    """Keeps in `seen` what goes into each layer and what comes out."""

    def watch(name: str, layer: Any) -> None:
        call = layer.call

        def watched(x: Any, **options: Any) -> Any:
            y = call(x, **options)
            seen[name] = x.numpy(), y.numpy()
            return y

        layer.call = watched

    for name, layer in leaves(model):
        watch(name, layer)
    try:
        yield
    finally:
        for _, layer in leaves(model):
            del layer.call


# ---------------------------------------------------------------------------------------- gradients, updates


def _weights(model: Any) -> list[tuple[dict[str, Any], bool]]:
    """Each weight's place, as `Difference` takes it, and whether it learns: in the order of `get_weights`."""
    learning = {id(tensor) for tensor in model.trainable_weights}
    places = {
        id(tensor): {"layer": name, "kind": type(layer).__name__, "weight": path.rpartition("/")[2]}
        for name, layer in leaves(model)
        for path, tensor in layer.named_weights()
    }
    return [({**places[id(w)], "shape": w.shape}, id(w) in learning) for w in model.weights]


def _gradients(
    pair: Pair, here: Any, there: Any, ours: Tinydl, theirs: Tinydl, batch: tuple
) -> list[Difference]:
    """The losses, and the gradient of each weight, told by what a step of plain SGD does to it.

    w becomes w - rate · gradient. The rate is so large that w hardly counts in that, and neither does its rounding;
    and it is a power of two, so that dividing by it rounds nothing. Of several optimizers one at a time has that rate.
    Those before it take an ordinary step, as it may see what they have done; those after it, none.
    """
    sides, totals, losses = ((ours, here), (theirs, there)), [], []
    position = {id(w): k for k, w in enumerate(here.weights)}
    for side, model in sides:
        before = model.get_weights()
        total = [np.zeros_like(w) for w in before]
        for i, name in enumerate(pair.optimizers):
            side.compile(pair, model, [STEP] * i + [RATE] + [0.0] * (len(pair.optimizers) - i - 1))
            told = side.learn(model, *batch)
            after = model.get_weights()
            for k in [position[id(w)] for w in here.weights_by_optimizer()[name]]:
                total[k] = (before[k] - after[k]) / RATE
            model.set_weights(before)
        totals.append(total)
        losses.append(told)
    mine, keras_own = losses
    found = [
        Difference("whole", name, "loss", apart(np.array(mine[name]), np.array(value)))
        for name, value in keras_own.items()
    ]
    largest = [float(np.abs(each).max(initial=0)) for each in totals[1]]
    for (place, learns), mine, other, unit in zip(_weights(here), *totals, largest):
        if learns:
            far = apart(mine, other, max(unit, FLOOR * max(largest)))
            found.append(Difference("gradient", value=far, **place))
    return found


def _updates(
    pair: Pair, here: Any, there: Any, ours: Tinydl, theirs: Tinydl, batches: list[tuple]
) -> Iterator[Difference]:
    """What each step makes of the weights. After it, Keras's weights and optimizer's state are copied here."""
    for side, model in ((ours, here), (theirs, there)):
        side.compile(pair, model)
    optimizers = [(getattr(here, name), getattr(there, name)) for name in pair.optimizers]
    rate = min(float(optimizer.learning_rate) for optimizer, _ in optimizers)
    for step, batch in enumerate(batches, 1):
        ours.learn(here, *batch)
        theirs.learn(there, *batch)
        for (place, learns), mine, other in zip(_weights(here), here.get_weights(), there.get_weights()):
            part, unit = ("update", rate) if learns else ("average", None)
            yield Difference(part, value=apart(mine, other, unit), step=step, **place)
        here.set_weights(there.get_weights())
        for left, right in optimizers:
            ours.go_on_from(left, theirs.state(right))
    if any(getattr(each, clip) is not None for both in optimizers for each in both for clip in CLIPS):
        yield from _clipped_updates(here, there, ours, theirs, len(batches) + 1)


def _clipped_updates(here: Any, there: Any, ours: Tinydl, theirs: Tinydl, step: int) -> Iterator[Difference]:
    """One step more, by gradients that are drawn, and large: those of a few steps are too small to be clipped."""
    rng = np.random.default_rng(0)
    places = {
        id(w): (place, twin) for w, (place, _), twin in zip(here.weights, _weights(here), there.weights)
    }
    for name, weights in here.weights_by_optimizer().items():
        gradients = [rng.normal(0, 10, w.shape) for w in weights]
        left, right = getattr(here, name), getattr(there, name)
        rate = float(left.learning_rate)
        ours.apply(left, gradients, weights)
        theirs.apply(right, gradients, [places[id(w)][1] for w in weights])
        for w in weights:
            place, twin = places[id(w)]
            far = apart(ours.numpy(w), theirs.numpy(twin), rate)
            yield Difference(
                "update", value=far, step=step, note="by a large gradient, to be clipped", **place
            )
