"""Why ten numbers and not one: what a network answers that is torn between two classes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import dense_only, one_number
from chapters.ch02_dense.shared import BATCH, accuracy, trained
from chapters.course import one_hot, scaled
from tinydl import Sequential
from tinydl.optimizers import Adam
from tinydl.schedules import CosineDecay

HALVES = 1000  # blends to ask about


def blends(
    x: np.ndarray, labels: np.ndarray, pair: tuple[int, int], n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are half the one class and half the other, and a coin that says which of the two they are called.

    Args:
        x: pictures (n, h, w, channels).
        labels: their classes (n,).
        pair: the two classes.
        n: how many to make, even.
        rng: draws.

    Returns:
        The mean of two pictures each (n, h, w, channels), in their dtype; and labels (n,), of each class as many.
    """
    one, other = (rng.choice(np.flatnonzero(labels == k), n) for k in pair)
    return (x[one] / 2 + x[other] / 2).astype(x.dtype), rng.permutation(np.repeat(pair, n // 2))


def both_ways(
    run: course.Run, images: course.Images, name: str, epochs: int
) -> tuple[Sequential, Sequential, dict[str, float]]:
    """Two networks that learn the same pictures: as probabilities of the classes, and as the class's number.

    The learning rate ends at 0, so that the number settles. Returns also the share of the test set that each has right.
    """
    classes, shape = len(images.class_names), images.x_train.shape[1:]
    x, x_test = scaled(images.x_train), scaled(images.x_test)
    steps = epochs * -(-len(x) // BATCH)
    how: dict[str, Any] = {"batch_size": BATCH, "epochs": epochs}
    rates = [Adam(CosineDecay(1e-3, steps)) for _ in range(2)]
    y = one_hot(images.y_train, classes)
    ten, _ = trained(run, partial(dense_only, shape, classes), x, y, f"{name}_ten", rates[0], **how)
    y = images.y_train[:, None].astype(np.float32)  # (n, 1)
    how |= {"loss": "mean_squared_error", "metrics": ()}
    one, _ = trained(run, partial(one_number, shape), x, y, f"{name}_one", rates[1], **how)
    rounded = numbers(one, x_test).round()
    right = {
        "probabilities": accuracy(ten, x_test, images.y_test),
        "number": float((rounded == images.y_test).mean()),
    }
    told = f"probabilities {100 * right['probabilities']:.1f} %, the rounded number {100 * right['number']:.1f} %"
    print(f"  right about pictures that are one thing: {told}")
    return ten, one, right


def numbers(model: Sequential, x: np.ndarray) -> np.ndarray:
    """The single number that each picture gets, (n,)."""
    return model.predict(x, batch_size=500, verbose=0)[:, 0]


def compare(run: course.Run, images: course.Images) -> None:
    """All classes, then the last three: who is torn between 7 and 9, and is asked for one number, says 8."""
    names, quick = images.class_names, run.options.quick
    print(f"\nProbabilities, or one number? All {len(names)} classes:")
    _, _, right = both_ways(run, images, "all", 2 if quick else 3)
    run.note(as_number=right)
    c = len(names) - 1
    a, b = c - 2, c - 1
    if a < 0 or any(not (y == k).any() for y in (images.y_train, images.y_test) for k in (a, b, c)):
        print("Nobody can be torn here: that takes pictures of three classes.")
        return
    print(
        f"The classes {names[a]}, {names[b]} and {names[c]}; and half a {names[a]}, half a {names[c]}, by a coin:"
    )
    keep, keep_test = images.y_train >= a, images.y_test >= a
    three = replace(
        images,
        x_train=images.x_train[keep],
        y_train=images.y_train[keep],
        x_test=images.x_test[keep_test],
        y_test=images.y_test[keep_test],
    )
    rng = np.random.default_rng(run.options.seed)
    half, coin = blends(
        three.x_train, three.y_train, (a, c), 2 * (np.isin(three.y_train, (a, c)).sum() // 2), rng
    )
    half_test, _ = blends(three.x_test, three.y_test, (a, c), HALVES, rng)
    mixed = replace(
        three,
        x_train=np.concatenate([three.x_train, half]),
        y_train=np.concatenate([three.y_train, coin]),
    )
    ten, one, right = both_ways(run, mixed, "torn", 20 if quick else 15)
    answers = numbers(one, scaled(half_test))  # (HALVES,)
    probabilities = ten.predict(scaled(half_test), batch_size=500, verbose=0).mean(axis=0)  # (classes,)
    middle = float((answers.round() == b).mean())
    told = ", ".join(f"{names[k]} {100 * probabilities[k]:.1f} %" for k in (a, b, c))
    print(f"  half and half, {HALVES:,} that no network has seen: probabilities {told} in the mean;")
    print(
        f"    one number {answers.mean():.2f} ± {answers.std():.2f}, {names[b]} is nearest for {100 * middle:.0f} %"
    )
    found = {"mean": answers.mean(), "std": answers.std(), "middle": middle, "probabilities": probabilities}
    run.note(torn={**found, "right": right})
    # Two pictures (h, w, channels).
    example = [three.x_test[np.flatnonzero(three.y_test == k)[0]] for k in (a, c)]
    clean = numbers(one, scaled(three.x_test))
    apart = {k: clean[three.y_test == k] for k in (a, b, c)}
    run.picture("torn", pictures.torn(example, names, apart, answers, probabilities))
