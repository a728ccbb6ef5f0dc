"""Pictures in colour down to two numbers each: points in a plane, where nobody said which class they are of."""

from __future__ import annotations

import numpy as np

from chapters import course
from chapters.ch05_autoencoder.model import plane_autoencoder
from tinydl import Sequential
from tinydl.losses import BinaryCrossentropy

BATCH = 32


def fit_plane(
    run: course.Run, x: np.ndarray, epochs: int, name: str = "plane", verbose: int = 0
) -> tuple[Sequential, np.ndarray]:
    """Train a `plane_autoencoder` to give these pictures back, and lay them out in its plane.

    Args:
        run: the run it is a part of; its seed has been set.
        x: pictures (n, h, w, channels), uint8.
        epochs: how often to go through them.
        name: of the fit, for `run.fit`.
        verbose: as `fit` takes it.

    Returns:
        The model, and the pictures' points (n, 2), float32.
    """
    pictures = x.astype(np.float32) / 255
    model = plane_autoencoder(x.shape[1:])
    model.compile("adam", BinaryCrossentropy(from_logits=True))
    run.fit(model, pictures, pictures, epochs=epochs, name=name, batch_size=BATCH, verbose=verbose)
    return model, plane(model, x)


def plane(model: Sequential, x: np.ndarray) -> np.ndarray:
    """The points (n, 2) of pictures (n, h, w, channels), uint8."""
    return model.get_layer("encoder").predict(x.astype(np.float32) / 255, batch_size=500, verbose=0)
