"""Pictures in colour down to two numbers each: points in a plane, where nobody said which class they are of."""

from __future__ import annotations

import numpy as np

import tinydl
from chapters import course
from chapters.ch05_autoencoder.model import plane_autoencoder
from chapters.neighbours import nearest
from tinydl import Sequential, ops
from tinydl.losses import BinaryCrossentropy

BATCH = 32


def fit_plane(
    run: course.Run, x: np.ndarray, epochs: int, name: str = "plane", code: int = 2, verbose: int = 0
) -> tuple[Sequential, np.ndarray]:
    """Train a `plane_autoencoder` to give these pictures back, and lay them out in its plane.

    Args:
        run: the run it is a part of.
        x: pictures (n, h, w, channels), uint8.
        epochs: how often to go through them.
        name: of the fit, for `run.fit`.
        code: how many numbers instead of two.
        verbose: as `fit` takes it.

    Returns:
        The model, and the pictures' points (n, code), float32.
    """
    tinydl.set_random_seed(run.options.seed)
    pictures = course.scaled(x)
    model = plane_autoencoder(x.shape[1:], code)
    model.compile("adam", BinaryCrossentropy(from_logits=True))
    run.fit(model, pictures, pictures, name=name, batch_size=BATCH, epochs=epochs, verbose=verbose)
    return model, plane(model, x)


def plane(model: Sequential, x: np.ndarray) -> np.ndarray:
    """The points (n, code) of pictures (n, h, w, channels), uint8."""
    return model.get_layer("encoder").predict(course.scaled(x), batch_size=100, verbose=0)


def restored(model: Sequential, x: np.ndarray) -> np.ndarray:
    """What comes back of pictures (n, h, w, channels), uint8: the same shape, from 0 to 1."""
    return ops.sigmoid(model.predict(course.scaled(x), batch_size=100, verbose=0))


def told_by_neighbours(points: np.ndarray, values: np.ndarray, k: int = 5) -> float:
    """How well the k nearest points tell a point's values: the share of their variance, 1 all, 0 no better than
    the mean of everybody.

    Args:
        points: (n, d).
        values: (n, m), a colour for instance.
        k: how many neighbours; their mean is the guess.
    """
    guess = values[nearest(points, k)].mean(axis=1)  # (n, m)
    return float(1 - ((values - guess) ** 2).sum() / ((values - values.mean(axis=0)) ** 2).sum())
