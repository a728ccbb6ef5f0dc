"""The evidence lower bound: how probable a VAE says pictures are, at least, in nats.

log p(x)  >=  -(reconstruction + KL divergence)

of a picture x, where the reconstruction is the binary cross-entropy, summed over all pixels, at a point of the
picture's cloud, and the divergence is the cloud's from the standard normal distribution (Kingma and Welling 2013,
"Auto-encoding variational Bayes", arXiv:1312.6114). Both are sums, and count alike; in the recipe's loss they do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chapters.ch07_vae.model import VAE, sample
from tinydl import no_grad, ops

BATCH = 500


def terms(model: Any, x: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What each picture costs: `(reconstruction, divergence)`, in nats, (n,) and (n,).

    The noise depends on the seed alone, so that every network that is asked gets the same. `keras_twin.VAE` can be
    asked too.

    Args:
        model: a VAE: pictures to clouds by `encode`, points to pictures by `decoder`.
        x: pictures (n, h, w, channels), from 0 to 1.
        seed: of the noise: one point is drawn from each cloud.

    Example:
        >>> reconstruction, divergence = terms(VAE(), np.zeros((3, 28, 28, 1), np.float32))
        >>> reconstruction.shape, divergence.shape
        ((3,), (3,))
    """
    mean, log_var = clouds(model, x)  # (n, latent_dim) each
    points = sample(mean, log_var, noise(*mean.shape, seed))  # (n, latent_dim)
    reconstruction = np.empty(len(x))
    for i in range(0, len(x), BATCH):
        part = slice(i, i + BATCH)
        y = model.decoder.predict(points[part], batch_size=BATCH, verbose=0)
        reconstruction[part] = cross_entropy(x[part], y)
    return reconstruction, kl_divergence(mean, log_var)


def clouds(model: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The clouds of pictures (n, h, w, channels): means and logarithms of variances, (n, latent_dim) each."""
    found = []
    with no_grad():
        for i in range(0, len(x), BATCH):
            found.append([each.numpy() for each in model.encode(x[i : i + BATCH])])
    mean, log_var = zip(*found)
    return np.concatenate(mean), np.concatenate(log_var)


def noise(n: int, latent_dim: int, seed: int = 0) -> np.ndarray:
    """Numbers from the normal distribution (n, latent_dim), from a generator that nothing else draws from."""
    return np.random.default_rng(seed).standard_normal((n, latent_dim), dtype=np.float32)


def cross_entropy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of pictures x and what came back of them, y (n, h, w, channels): summed over the pixels, in nats, (n,)."""
    return ops.binary_crossentropy(x, y).sum(axis=(1, 2, 3), dtype=np.float64)


def kl_divergence(mean: np.ndarray, log_var: np.ndarray) -> np.ndarray:
    """Of normal distributions, clouds (n, latent_dim), from the standard normal one, in nats, (n,)."""
    return -0.5 * (1 + log_var - mean**2 - np.exp(log_var)).sum(axis=1, dtype=np.float64)


def beta(model: VAE) -> float:
    """How much the divergence counts in the recipe's loss, where a nat of reconstruction counts 1.

    The loss is a mean over d pixels and a mean over k latent numbers. Times d, the first is the sum over the pixels;
    the second, kl_weight / k times a sum that is twice the divergence, becomes 2 d kl_weight / k times the divergence.
    """
    pixels = int(np.prod(model.encoder.input_shape[1:]))
    return 2 * pixels * model.kl_weight / model.latent_dim
