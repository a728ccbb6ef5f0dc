"""The variational autoencoder: a picture becomes not a point of the plane but a cloud, and any point a picture.

model = VAE()
model.compile("rmsprop")
model.fit(x, batch_size=16)  # pixels from 0 to 1, (n, 28, 28, 1); no targets
model.predict(x)  # the reconstructions, (n, 28, 28, 1)
model.decoder.predict(points)  # pictures of points in the plane, (n, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinydl import Model, Sequential, Tensor, losses, ops
from tinydl.backend import Array, random_generator
from tinydl.checks import positive_integer
from tinydl.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape


class VAE(Model):
    """A convolutional VAE (after Kingma and Welling 2013, "Auto-encoding variational Bayes", arXiv:1312.6114).

    Args:
        input_shape: (height, width, channels) of the pictures; height and width are even.
        latent_dim: how many numbers a picture becomes.
        kl_weight: how much being unlike the normal distribution costs; 0 for nothing.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        input_shape: Sequence[int] = (28, 28, 1),
        latent_dim: int = 2,
        kl_weight: float = 5e-4,
        **options: Any,
    ):
        super().__init__(**options)
        if len(input_shape) != 3 or any(size < 2 or size % 2 for size in input_shape[:2]):
            raise ValueError(
                f"input_shape: expected (height, width, channels), height and width even, got {input_shape}"
            )
        self.latent_dim = positive_integer(latent_dim, "latent_dim")
        self.kl_weight = kl_weight
        height, width, channels = input_shape
        self.encoder = Sequential(
            [
                Input((height, width, channels)),
                Conv2D(32, 3, padding="same", activation="relu"),  # (28, 28, 32)
                Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (14, 14, 64)
                Conv2D(64, 3, padding="same", activation="relu"),  # (14, 14, 64)
                Conv2D(64, 3, padding="same", activation="relu"),  # (14, 14, 64)
                Flatten(),  # (12544,)
                Dense(32, activation="relu"),  # (32,)
            ],
            name="encoder",
        )
        # Two numbers say where the cloud is, two how wide: the logarithm of a variance may be any number.
        self.z_mean = Dense(latent_dim, name="z_mean")  # (2,)
        self.z_log_var = Dense(latent_dim, name="z_log_var")  # (2,)
        self.decoder = Sequential(
            [
                Input((latent_dim,)),
                Dense(height // 2 * (width // 2) * 64, activation="relu"),  # (12544,)
                Reshape((height // 2, width // 2, 64)),  # (14, 14, 64)
                Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),  # (28, 28, 32)
                Conv2D(channels, 3, padding="same", activation="sigmoid"),  # (28, 28, 1)
            ],
            name="decoder",
        )
        self.build((None, height, width, channels))

    def call(self, x: Any, training: bool = False) -> Tensor:
        """Reconstructions of x: in training from points of the clouds, otherwise from the middle of each."""
        mean, log_var = self.encode(x)
        return self.decoder(sample(mean, log_var, self.noise(len(x))) if training else mean)

    def encode(self, x: Any) -> tuple[Tensor, Tensor]:
        """The cloud of each picture: the means and the logarithms of the variances, (n, latent_dim) each."""
        features = self.encoder(x)  # (n, 32)
        return self.z_mean(features), self.z_log_var(features)

    def noise(self, n: int) -> Array:
        """What `sample` takes for epsilon, (n, latent_dim): new numbers with each call."""
        return random_generator().standard_normal((n, self.latent_dim), dtype=self.dtype)

    def measure(self, x: Any, epsilon: Any) -> dict[str, Tensor]:
        """The loss and its two parts, for this noise; 0 stands for the middle of each cloud.

        The reconstruction is to be like x, and each cloud like the normal distribution. Both parts are means: summed up
        over 784 pixels and two numbers, the KL divergence counts 0.39 times, not once as in the evidence lower bound.
        """
        mean, log_var = self.encode(x)  # (n, latent_dim) each
        y = self.decoder(sample(mean, log_var, epsilon))  # (n, 28, 28, 1)
        reconstruction = ops.mean(losses.binary_crossentropy(x, y))
        kl = -self.kl_weight * ops.mean(1 + log_var - mean * mean - ops.exp(log_var))
        return {"loss": reconstruction + kl, "reconstruction_loss": reconstruction, "kl_loss": kl}

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Tensor]:
        """Learn from a batch of pictures."""
        measured = self.measure(x, self.noise(len(x)))
        self.minimize(measured["loss"])
        return measured

    def test_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Tensor]:
        """Measure a batch, without noise: the same numbers each time."""
        return self.measure(x, 0.0)


def sample(mean: Any, log_var: Any, epsilon: Any) -> Any:
    """A point of each cloud. The noise comes from outside, so that the gradient passes to mean and log_var.

    The standard deviation is the root of the variance: exp(log_var / 2), not exp(log_var).
    """
    return mean + ops.exp(0.5 * log_var) * epsilon
