"""What the code is for: a classifier on twenty numbers, walks between two pictures, a turn at each number."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

import tinydl
from chapters import course
from chapters.ch05_autoencoder.model import classifier
from tinydl import Sequential, ops


def codes(model: Sequential, x: np.ndarray) -> np.ndarray:
    """The codes (n, 20) of pictures (n, d)."""
    return model.get_layer("encoder").predict(x, batch_size=500, verbose=0)


def decoded(model: Sequential, code: np.ndarray) -> np.ndarray:
    """The pictures (n, d), pixels from 0 to 1, of codes (n, 20)."""
    return ops.sigmoid(model.get_layer("decoder").predict(code, batch_size=500, verbose=0))


# ---------------------------------------------------------------------------------------------- classifiers


def classify(
    inputs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    images: course.Images,
    labelled: int,
    epochs: int,
    seed: int,
) -> dict[str, dict[str, float]]:
    """The same classifier on several kinds of input, trained alike on `labelled` pictures.

    Few labels are drawn five times, as which ones they are makes a difference: the accuracy is the mean.

    Args:
        inputs: by kind, rows to train on and rows to test on, (n, d) each.
        images: whose labels.
        labelled: how many pictures come with their label.
        epochs: how often to go through them.
        seed: of the weights.

    Returns:
        By kind: test accuracy, parameters, and the seconds an epoch took.
    """
    found = {}
    draws = min(5, len(images.x_train) // labelled)
    for kind, (x, x_test) in inputs.items():
        accuracies, began = [], time.monotonic()
        for draw in range(draws):
            tinydl.set_random_seed(seed)
            model = classifier(x.shape[1], len(images.class_names))
            model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
            part = slice(draw * labelled, (draw + 1) * labelled)
            batch_size = 128 if labelled > 10_000 else 32
            model.fit(x[part], images.y_train[part], batch_size=batch_size, epochs=epochs, verbose=0)
            # Ctrl-C ends the run, not this fit alone: half of one would give a wrong number.
            if model.interrupted:
                raise KeyboardInterrupt
            accuracies.append(model.evaluate(x_test, images.y_test, batch_size=500, verbose=0)[1])
        seconds = (time.monotonic() - began) / draws / epochs
        accuracy = float(np.mean(accuracies))
        found[kind] = {"accuracy": accuracy, "parameters": model.count_params(), "seconds": seconds}
    return found


def standardised(x: np.ndarray, x_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both moved and scaled alike, so that each number of x has mean 0 and variance 1."""
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-7
    first, second = ((each - mean) / deviation for each in (x, x_test))
    return first.astype(np.float32), second.astype(np.float32)


# --------------------------------------------------------------------------------------------------- walks


def walk(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """From one row of numbers to another on the straight line, both ends included: (steps, d)."""
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]  # (steps, 1)
    return (1 - share) * start + share * end


def far_from_pictures(x: np.ndarray, queries: np.ndarray) -> float:
    """How far queries (m, d) are from the nearest of the pictures x (n, d): squared error per pixel, mean over m."""
    cross = x @ queries.T  # (n, m)
    squares = (x**2).sum(axis=1)[:, None] - 2 * cross + (queries**2).sum(axis=1)  # (n, m)
    return float(squares.min(axis=0).mean() / x.shape[1])


def halfway(model: Sequential, x: np.ndarray, x_test: np.ndarray, y_test: np.ndarray, seed: int) -> dict:
    """Pictures halfway between two of different classes, in pixels and in the code: how far from real ones?

    Returns:
        `far_from_pictures` of the test pictures themselves, of what comes back of them, and of both kinds of halves.
    """
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, len(x_test), (2, 400))
    apart = y_test[one] != y_test[other]
    one, other = one[apart], other[apart]
    a, b = codes(model, x_test[one]), codes(model, x_test[other])
    return {
        "pictures": far_from_pictures(x, x_test[one]),
        "restored": far_from_pictures(x, decoded(model, a)),
        "half_in_code": far_from_pictures(x, decoded(model, (a + b) / 2)),
        "half_in_pixels": far_from_pictures(x, (x_test[one] + x_test[other]) / 2),
    }


def each_number(model: Sequential, code: np.ndarray, deviation: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """One code (20,), with one number at a time moved by so many standard deviations: (20, steps, d) pictures."""
    moved = np.tile(code, (len(code), len(steps), 1))  # (20, steps, 20)
    for i in range(len(code)):
        moved[i, :, i] += steps * deviation[i]
    pictures = decoded(model, moved.reshape(-1, len(code)))  # (20 * steps, d)
    return pictures.reshape(len(code), len(steps), -1)
