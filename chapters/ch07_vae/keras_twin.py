"""The same VAE in Keras on TensorFlow, its weights in the same order: the numbers to stand beside.

It needs Keras (pip install 'tinydl[keras]'); `compile` and `fit` are said as in tinydl, and compiled.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape


class VAE(keras.Model):
    """`chapters.ch07_vae.model.VAE`, in Keras."""

    def __init__(self, input_shape: tuple[int, int, int] = (28, 28, 1), latent_dim: int = 2):
        super().__init__()
        height, width, channels = input_shape
        self.latent_dim = latent_dim
        self.encoder = keras.Sequential(
            [
                Input((height, width, channels)),
                Conv2D(32, 3, padding="same", activation="relu"),
                Conv2D(64, 3, strides=2, padding="same", activation="relu"),
                Conv2D(64, 3, padding="same", activation="relu"),
                Conv2D(64, 3, padding="same", activation="relu"),
                Flatten(),
                Dense(32, activation="relu"),
            ],
            name="encoder",
        )
        self.z_mean = Dense(latent_dim, name="z_mean")
        self.z_log_var = Dense(latent_dim, name="z_log_var")
        self.decoder = keras.Sequential(
            [
                Input((latent_dim,)),
                Dense(height // 2 * (width // 2) * 64, activation="relu"),
                Reshape((height // 2, width // 2, 64)),
                Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
                Conv2D(channels, 3, padding="same", activation="sigmoid"),
            ],
            name="decoder",
        )
        self.means = {name: keras.metrics.Mean(name) for name in ("loss", "reconstruction_loss", "kl_loss")}
        self.seeds = keras.random.SeedGenerator()
        self(ops.zeros((1, *input_shape)))

    def call(self, x: Any, training: bool = False) -> Any:
        mean, log_var = self.encode(x)
        return self.decoder(sample(mean, log_var, self.noise(ops.shape(x)[0])) if training else mean)

    def encode(self, x: Any) -> tuple[Any, Any]:
        features = self.encoder(x)
        return self.z_mean(features), self.z_log_var(features)

    def noise(self, n: Any) -> Any:
        return keras.random.normal((n, self.latent_dim), seed=self.seeds)

    def measure(self, x: Any, epsilon: Any) -> dict[str, Any]:
        mean, log_var = self.encode(x)
        y = self.decoder(sample(mean, log_var, epsilon))
        reconstruction = ops.mean(keras.losses.binary_crossentropy(x, y))
        kl = -5e-4 * ops.mean(1 + log_var - mean * mean - ops.exp(log_var))
        return {"loss": reconstruction + kl, "reconstruction_loss": reconstruction, "kl_loss": kl}

    def train_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            measured = self.measure(x, self.noise(ops.shape(x)[0]))
        gradients = tape.gradient(measured["loss"], self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return self.logged(measured)

    def test_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.logged(self.measure(x, 0.0))

    def logged(self, measured: dict[str, Any]) -> dict[str, Any]:
        """Means over the epoch so far."""
        for name, mean in self.means.items():
            mean.update_state(measured[name])
        return {name: mean.result() for name, mean in self.means.items()}

    @property
    def metrics(self) -> list[Any]:
        """What Keras is to reset when an epoch begins."""
        return list(self.means.values())


def sample(mean: Any, log_var: Any, epsilon: Any) -> Any:
    """`chapters.ch07_vae.model.sample`, in Keras."""
    return mean + ops.exp(0.5 * log_var) * epsilon
