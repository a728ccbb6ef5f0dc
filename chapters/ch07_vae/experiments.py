"""What differs from the recipe in one thing: the wrong standard deviation, and other weights of the divergence."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydl
from chapters.ch07_vae.elbo import beta, terms
from chapters.ch07_vae.model import VAE, sample
from tinydl import Tensor, callbacks, losses, ops


class WrongVAE(VAE):
    """A VAE whose clouds are as wide as exp(log_var) says, while the divergence takes exp(log_var) for the variance.

    So it is written in a well-known book. Here `encode` says what the clouds are: if the standard deviation is
    exp(head), then the logarithm of the variance is 2 * head.
    """

    def encode(self, x: Any) -> tuple[Tensor, Tensor]:
        """The clouds that points are drawn from: means and logarithms of variances, (n, latent_dim) each."""
        mean, head = super().encode(x)
        return mean, 2 * head

    def measure(self, x: Any, epsilon: Any) -> dict[str, Tensor]:
        """As in `VAE`, but for one line."""
        mean, log_var = self.encode(x)
        y = self.decoder(sample(mean, log_var, epsilon))
        reconstruction = ops.mean(losses.binary_crossentropy(x, y))
        log_var = 0.5 * log_var  # what the head says, as though it were the logarithm of the variance
        kl = -self.kl_weight * ops.mean(1 + log_var - mean * mean - ops.exp(log_var))
        return {"loss": reconstruction + kl, "reconstruction_loss": reconstruction, "kl_loss": kl}


def kl_weight(b: float, model: VAE) -> float:
    """The weight that lets the divergence count b times in a loss like this model's: 1 is the evidence lower bound."""
    return b / beta(model) * model.kl_weight


class Watch(callbacks.Callback):
    """After each epoch, puts the two terms of these pictures (n, h, w, channels) into the history, in nats."""

    model: VAE

    def __init__(self, x: np.ndarray):
        self.x = x

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        reconstruction, divergence = terms(self.model, self.x)
        logs.update(test_reconstruction=float(reconstruction.mean()), test_kl=float(divergence.mean()))


def first_losses(kind: type[VAE], x: np.ndarray, latent_dim: int, batch: int, seed: int) -> list[float]:
    """The losses of the first steps, once through pictures (n, h, w, channels) in their order."""
    tinydl.set_random_seed(seed)
    model = kind(x.shape[1:], latent_dim)
    model.compile("rmsprop")
    parts = range(0, len(x), batch)
    return [model.train_on_batch(x[i : i + batch], return_dict=True)["loss"] for i in parts]
