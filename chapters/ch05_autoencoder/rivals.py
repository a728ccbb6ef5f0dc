"""What the autoencoder is measured against: the lowest loss there is, PCA, no bends, and another loss."""

from __future__ import annotations

import numpy as np

import tinydl
from chapters import course
from chapters.ch05_autoencoder.model import BATCH, autoencoder, linear_autoencoder
from tinydl import Sequential, ops
from tinydl.layers import Activation
from tinydl.losses import BinaryCrossentropy


def floor(x: np.ndarray) -> float:
    """The binary cross-entropy of pictures with themselves: above 0, because grey pixels are neither 0 nor 1."""
    t = np.clip(x.astype(np.float64), 1e-12, 1 - 1e-12)
    return float(-(t * np.log(t) + (1 - t) * np.log(1 - t)).mean())


def squared_error(x: np.ndarray, restored: np.ndarray) -> float:
    """Per pixel, mean over all of them."""
    return float(((x.astype(np.float64) - restored) ** 2).mean())


def pca_errors(x: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """The squared error per pixel of rows x (n, d) that is left by PCA with 1, 2, ... components: (components,).

    The axes are orthonormal. So each component takes its own square off the squared length of a row.
    """
    centred = x - mean  # (n, d)
    taken = ((centred @ axes.T) ** 2).mean(axis=0)  # (components,)
    return ((centred**2).sum(axis=1).mean() - np.cumsum(taken)) / x.shape[1]


def fit_linear(run: course.Run, x: np.ndarray, epochs: int) -> Sequential:
    """An autoencoder without a bend, trained for the squared error of rows x (n, d)."""
    tinydl.set_random_seed(run.options.seed)
    model = linear_autoencoder(x.shape[1])
    model.compile("adam", "mse")
    run.fit(model, x, x, name="linear", batch_size=BATCH, epochs=epochs, verbose=0)
    return model


def shared_directions(model: Sequential, axes: np.ndarray) -> float:
    """How much of what a linear autoencoder can draw PCA can draw too: 1 the very same, 0 nothing in common.

    The mean squared cosine of the angles between the two spaces (Björck and Golub 1973).
    """
    kernel = model.get_layer("decoder").get_weights()[0]  # (code, d)
    basis, _ = np.linalg.qr(kernel.T.astype(np.float64))  # (d, code), orthonormal
    return float(((axes @ basis) ** 2).sum() / len(kernel))


def fit_squared(run: course.Run, x: np.ndarray, epochs: int) -> Sequential:
    """The chapter's own autoencoder, trained for the squared error of the pixels instead of their cross-entropy."""
    tinydl.set_random_seed(run.options.seed)
    model = autoencoder(x.shape[1])
    trained = Sequential([model, Activation("sigmoid")])
    trained.compile("adam", "mse")
    run.fit(trained, x, x, name="squared", batch_size=BATCH, epochs=epochs, verbose=0)
    return model


def scores(model: Sequential, x: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Cross-entropy and squared error of pictures x (n, d) that come back as logits, and what came back (n, d)."""
    logits = model.predict(x, batch_size=500, verbose=0)
    restored = ops.sigmoid(logits)
    loss = BinaryCrossentropy(from_logits=True)(x, logits)
    return float(loss), squared_error(x, restored), restored
