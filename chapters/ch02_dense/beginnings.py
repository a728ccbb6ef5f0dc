"""How weights begin: what becomes of a signal, and of its gradient, on the way through twenty layers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import tinydl
from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import deep
from chapters.ch02_dense.shared import BATCH, accuracy, trained
from chapters.course import one_hot, scaled
from tinydl import Sequential, grad, losses
from tinydl.initializers import GlorotUniform, HeNormal, RandomNormal, Zeros

BEGINNINGS = {
    "all zero": Zeros(),
    "too small (0.01)": RandomNormal(stddev=0.01),
    "too large (0.5)": RandomNormal(stddev=0.5),
    "Glorot": GlorotUniform(),
    "He": HeNormal(),
}


def spread(model: Sequential, x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    """How far the numbers of each layer spread: standard deviations of its activations, and of their gradients.

    Args:
        model: `deep`.
        x: pictures (n, h, w, channels).
        y: one-hot rows (n, classes).

    Returns:
        Two lists, a number for each dense layer but the last.
    """
    h: Any = x
    activations = []
    for layer in model.layers:
        h = layer(h)
        activations.append(h)
    hidden = activations[1:-1]  # without Flatten and the probabilities; (n, 128) each
    gradients = grad(losses.CategoricalCrossentropy()(y, h), hidden)
    forth, back = (
        [float(each.numpy().astype(float).std()) for each in found] for found in (hidden, gradients)
    )
    return forth, back


def newborn(run: course.Run, images: course.Images) -> None:
    """The spread in networks that have learnt nothing yet, with relu and with tanh."""
    shape, classes = images.x_train.shape[1:], len(images.class_names)
    x, y = scaled(images.x_train[:500]), one_hot(images.y_train[:500], classes)
    spreads = {}
    for activation in ("relu", "tanh"):
        print(f"\nSpread in 20 layers of {activation}, forward from the first to the last, and back:")
        for name, initializer in BEGINNINGS.items():
            tinydl.set_random_seed(run.options.seed)
            model = deep(initializer, activation, input_shape=shape, classes=classes)
            forth, back = spreads[activation, name] = spread(model, x, y)
            print(f"  {name:<17} {forth[0]:.0e} -> {forth[-1]:.0e}    {back[-1]:.0e} -> {back[0]:.0e}")
    run.note(spread={f"{name}, {activation}": each for (activation, name), each in spreads.items()})
    run.picture("spread", pictures.spread(spreads))


def grown(run: course.Run, images: course.Images) -> None:
    """What training makes of those with relu."""
    shape, classes = images.x_train.shape[1:], len(images.class_names)
    x, y, x_test = scaled(images.x_train), one_hot(images.y_train, classes), scaled(images.x_test)
    pieces = 2 if run.options.quick else 12
    how = {"batch_size": BATCH, "epochs": pieces, "steps_per_epoch": max(1, len(x) // BATCH // pieces)}
    print("\nTrained from there, one pass, relu:")
    curves, right = {}, {}
    for name, initializer in BEGINNINGS.items():
        model, history = trained(
            run,
            partial(deep, initializer, input_shape=shape, classes=classes),
            x,
            y,
            f"deep_{len(curves)}",
            **how,
        )
        curves[name] = history.get("loss", [])
        right[name] = accuracy(model, x_test, images.y_test)
        print(f"  {name:<17}{100 * right[name]:6.2f} % right")
    run.note(beginnings=right)
    run.picture("beginnings", pictures.beginnings(curves, how["steps_per_epoch"]))
