"""Four ways down: SGD, momentum, RMSprop and Adam from one start, in a valley that can be drawn and on pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import dense_only
from chapters.ch02_dense.shared import BATCH, accuracy, trained
from chapters.course import one_hot, scaled
from tinydl import Tensor, grad
from tinydl.optimizers import SGD, Adam, Optimizer, RMSprop

WAYS: dict[str, Callable[[float], Optimizer]] = {
    "SGD": SGD,
    "momentum": lambda rate: SGD(rate, momentum=0.9),
    "RMSprop": RMSprop,
    "Adam": Adam,
}

# ------------------------------------------------------------------------------------------------ a valley

START = np.array([-7.0, 2.0])  # along the valley, across it
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)
STEPS = 150


def axes(degrees: float) -> np.ndarray:
    """The directions along the valley and across it, as columns (2, 2), when it is turned."""
    turn = np.deg2rad(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def height(w: Tensor, degrees: float) -> Tensor:
    """A long valley, a hundred times as steep across as along: u² / 100 + v². w: (..., 2) -> (...)."""
    uv = w @ axes(degrees)  # (..., 2)
    return (uv * uv * np.array([0.01, 1.0])).sum(axis=-1)


def walk(optimizer: Optimizer, degrees: float, steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
    """Where an optimizer comes by, (steps + 1, 2), and how high that is, (steps + 1,)."""
    w = Tensor(axes(degrees) @ START, requires_grad=True)
    places = [w.numpy().copy()]
    for _ in range(steps):
        optimizer.apply(grad(height(w, degrees), [w]), [w])
        places.append(w.numpy().copy())
    path = np.stack(places)
    return path, height(Tensor(path), degrees).numpy()


def arrival(heights: np.ndarray) -> int:
    """The step after which a walk stays below a hundredth of the height that it began at; STEPS + 1 if none does."""
    above = np.flatnonzero(~(heights < 0.01 * heights[0]))  # NaN is not below
    return int(above[-1]) + 1


def valley(run: course.Run) -> None:
    """Each with the rate of `RATES` that is best in the straight valley; then the same where it lies slanted."""
    print(f"\nSteps to a hundredth of the height in a narrow valley, of {STEPS}:")
    walks, steps, rates = {}, {}, {}
    for name, make in WAYS.items():
        rate = rates[name] = min(RATES, key=lambda rate: arrival(walk(make(rate), 0)[1]))
        for degrees in (0, 45):
            walks[name, degrees], heights = walk(make(rate), degrees)
            steps[f"{name}, {degrees}°"] = arrival(heights)
        straight, slanted = (steps[f"{name}, {degrees}°"] for degrees in (0, 45))
        print(f"  {name:<9} rate {rate:<5} straight {straight:>4}   slanted by 45° {slanted:>4}")
    run.note(valley_steps=steps)
    heights = lambda places, degrees: height(Tensor(places), degrees).numpy()  # noqa: E731
    run.picture("valley", pictures.valley(walks, steps, rates, heights))


# ---------------------------------------------------------------------------------------------- on pictures

PIECES = 12  # of the pass through the training set, a mean of the loss for each
LADDERS = {  # learning rates, with Keras's default among them
    "SGD": (0.01, 0.03, 0.1, 0.3, 1.0),
    "momentum": (0.003, 0.01, 0.03, 0.1, 0.3),
    "RMSprop": (0.0001, 0.0003, 0.001, 0.003, 0.01),
    "Adam": (0.0001, 0.0003, 0.001, 0.003, 0.01),
}


def race(run: course.Run, images: course.Images) -> None:
    """One pass through the training set from the same weights, every optimizer at five learning rates."""
    shape, classes = images.x_train.shape[1:], len(images.class_names)
    x, y, x_test = scaled(images.x_train), one_hot(images.y_train, classes), scaled(images.x_test)
    batches = -(-len(x) // BATCH)
    pieces = min(PIECES, batches)
    how = {"batch_size": BATCH, "epochs": pieces, "steps_per_epoch": batches // pieces}
    print("\nOne pass from the same weights, share of the test set that is right, by learning rate:")
    curves: dict[str, dict[float, Sequence[float]]] = {}
    right: dict[str, dict[float, float]] = {}
    for name, make in WAYS.items():
        curves[name], right[name] = {}, {}
        for rate in LADDERS[name][1::2] if run.options.quick else LADDERS[name]:
            model, history = trained(
                run, partial(dense_only, shape, classes), x, y, f"race_{name}_{rate}", make(rate), **how
            )
            curves[name][rate] = history.get("loss", [])
            right[name][rate] = accuracy(model, x_test, images.y_test)
        print(
            f"  {name:<9} "
            + "   ".join(f"{rate}: {100 * share:5.2f} %" for rate, share in right[name].items())
        )
    run.note(race=right)
    run.picture("race", pictures.race(curves, right, how["steps_per_epoch"]))
