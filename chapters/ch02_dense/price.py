"""What an answer costs, and how hard it pulls: cross-entropy and its gradient, beside the squared error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinydl
from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import dense_only
from chapters.ch02_dense.shared import BATCH
from chapters.course import one_hot, scaled
from tinydl import Sequential, Tensor, activations, grad, losses, ops


def draw(run: course.Run) -> None:
    """Softmax as bars, and the two prices as curves."""
    scores = np.array([1.0, 0.0, 3.0, -1.0])
    cases = {"four scores": scores, "all of them 5 more": scores + 5, "all of them doubled": 2 * scores}
    run.picture("softmax", pictures.softmax({name: (z, ops.softmax(z)) for name, z in cases.items()}))
    run.picture("price", pictures.price())


# ------------------------------------------------------------------------------------- the gradient by hand


def scores(model: Sequential, x: np.ndarray) -> np.ndarray:
    """What the last layer has before its softmax: x (n, h, w, channels) -> (n, classes)."""
    h: Any = x
    for layer in model.layers[:-1]:
        h = layer(h)  # (n, 128) in the end
    kernel, bias = model.layers[-1].weights
    return (h @ kernel + bias).numpy()


def by_engine(
    z: np.ndarray, t: np.ndarray, loss: Callable, softmax: Callable = activations.softmax
) -> np.ndarray:
    """What a loss asks of the scores, ∂loss/∂z, as the engine finds it. z, t: (n, classes) -> (n, classes)."""
    scores = Tensor(z, requires_grad=True)
    return grad(loss(t, softmax(scores)), [scores])[0].numpy()


def by_hand(z: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The same for cross-entropy, as the lesson derives it: (p - t) / n."""
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)  # (n, classes)
    return (p - t) / len(z)


def by_differences(z: np.ndarray, t: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The same from the definition: move each score a little up and a little down, and see what the loss does."""

    def cost(z: np.ndarray) -> float:
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return float(-np.log((p * t).sum(axis=1)).mean())

    gz = np.empty_like(z)
    for n, k in np.ndindex(*z.shape):  # every picture, every class
        moved = np.zeros_like(z)
        moved[n, k] = step
        gz[n, k] = (cost(z + moved) - cost(z - moved)) / (2 * step)
    return gz


def check_gradient(run: course.Run, images: course.Images) -> None:
    """By hand, by the engine and by differences, in float64."""
    model = dense_only(images.x_train.shape[1:], len(images.class_names))
    z = scores(model, scaled(images.x_train[:16])).astype(float)
    t = one_hot(images.y_train[:16], z.shape[1]).astype(float)
    hand = by_hand(z, t)
    others = {
        "by the engine": by_engine(z, t, losses.CategoricalCrossentropy()),
        "by differences": by_differences(z, t),
    }
    apart = {name: float(np.abs(hand - other).max() / np.abs(hand).max()) for name, other in others.items()}
    told = ", ".join(f"{name} {far:.0e} apart" for name, far in apart.items())
    print(f"\nThe gradient of the scores, (p - t) / n: {told}")
    run.note(score_gradient_apart=apart)


def pulls(run: course.Run, images: course.Images) -> None:
    """How hard a newborn network is pulled that sees pixels from 0 to 255, and is surely wrong."""
    tinydl.set_random_seed(run.options.seed)  # the network that the recipe begins with
    model = dense_only(images.x_train.shape[1:], len(images.class_names))
    z, t = scores(model, images.x_train[:BATCH]), one_hot(images.y_train[:BATCH], len(images.class_names))
    wrong = (ops.softmax(z) * t).sum(axis=1) < 0.01  # the truth has less than 1 %
    print(
        f"Pixels from 0 to 255: {wrong.sum()} of {len(z)} give the truth less than 1 %. The pull at their scores:"
    )
    found = {}
    for words, loss, softmax in (
        ("cross-entropy", losses.CategoricalCrossentropy(), activations.softmax),
        # ops.softmax does not remember its scores, so the loss clips p at 1e-7, and what is below has no slope
        ("cross-entropy of p alone", losses.CategoricalCrossentropy(), ops.softmax),
        ("squared error", losses.MeanSquaredError(), activations.softmax),
    ):
        gz = by_engine(z, t, loss, softmax)
        found[words] = float(np.abs(gz[wrong]).sum() * len(z) / max(wrong.sum(), 1))
        print(f"  {words:<26}{found[words]:.4f}")
    run.note(surely_wrong=int(wrong.sum()), pulls=found)
