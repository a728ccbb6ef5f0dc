"""The plane that is drawn, and points in it: a grid, a walk, and where they lie among the latent numbers."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from chapters.ch07_vae.model import VAE
from chapters.neighbours import pca

# Of the normal distribution, a twentieth lies below the first and above the last, and an equal share between
# any two neighbours.
QUANTILES = np.array([NormalDist().inv_cdf(share) for share in np.linspace(0.05, 0.95, 15)])


@dataclass(frozen=True)
class Plane:
    """Two directions through the origin of the latent space: rows (2, latent_dim) of length 1, at a right angle.

    The standard normal distribution looks the same along every direction, so that its quantiles are what they were.
    """

    axes: np.ndarray

    def places(self, z: np.ndarray) -> np.ndarray:
        """Where points of the latent space (n, latent_dim) lie in the plane: (n, 2)."""
        return z @ self.axes.T

    def points(self, places: np.ndarray) -> np.ndarray:
        """The points of the latent space (n, latent_dim) that lie in the plane, at these places (n, 2)."""
        return (places @ self.axes).astype(np.float32)

    def covariances(self, log_var: np.ndarray) -> np.ndarray:
        """Of clouds (n, latent_dim), as the plane sees them: (n, 2, 2)."""
        return (self.axes * np.exp(log_var)[:, None, :]) @ self.axes.T

    @property
    def words(self) -> str:
        """What is drawn, where it is not simply the two numbers: a second line for a title."""
        latent_dim = self.axes.shape[1]
        if latent_dim == 1:
            return "\n(one latent number, to the right; upwards nothing changes)"
        return "" if latent_dim == 2 else f"\n(of {latent_dim} latent numbers, the two main directions: PCA)"


def plane_of(means: np.ndarray) -> Plane:
    """The plane of the two numbers of each cloud (n, 2); of more numbers, the one in which the clouds vary most."""
    latent_dim = means.shape[1]
    return Plane(np.eye(2, latent_dim) if latent_dim <= 2 else pca(means, 2)[1])


def grid(model: VAE, plane: Plane, side: int = len(QUANTILES)) -> np.ndarray:
    """What lies where the normal distribution's quantiles cross: pictures (side, side, h, w, channels).

    The first number grows to the right, the second upwards.
    """
    steps = QUANTILES[np.linspace(0, len(QUANTILES) - 1, side).round().astype(int)]
    places = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1).reshape(-1, 2)  # (side², 2)
    pictures = decoded(model, plane.points(places))
    return pictures.reshape(side, side, *pictures.shape[1:])


def eight(steps: int) -> np.ndarray:
    """A way through the plane that ends where it began: an eight that lies on its side, (steps, 2)."""
    t = 2 * np.pi * np.arange(steps) / steps
    return np.stack([1.6 * np.sin(t), 1.2 * np.sin(2 * t)], axis=1)


def decoded(model: VAE, points: np.ndarray) -> np.ndarray:
    """The pictures (n, h, w, channels) of points (n, latent_dim)."""
    return model.decoder.predict(points, batch_size=200, verbose=0)
