"""The same two adversaries in Keras on TensorFlow, their weights in the same order: the numbers to stand beside.

They need Keras (pip install 'tinydl[keras]'); `compile` and `fit` are said as in tinydl, and compiled.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops
from keras.layers import Conv2D, Conv2DTranspose, Dense, Dropout, Flatten, Input, LeakyReLU, Reshape
from keras.optimizers.schedules import InverseTimeDecay


def generator(width: int = 256, latent_dim: int = 32) -> Any:
    """`chapters.ch08_gan.model.generator`, in Keras."""
    return keras.Sequential(
        [
            Input((latent_dim,)),
            Dense(16 * 16 * (width // 2)),
            LeakyReLU(),
            Reshape((16, 16, width // 2)),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2DTranspose(width, 4, strides=2, padding="same"),
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2D(3, 7, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def discriminator(width: int = 128) -> Any:
    """`chapters.ch08_gan.model.discriminator`, in Keras."""
    return keras.Sequential(
        [
            Input((32, 32, 3)),
            Conv2D(width, 3),
            LeakyReLU(),
            Conv2D(width, 4, strides=2),
            LeakyReLU(),
            Conv2D(width, 4, strides=2),
            LeakyReLU(),
            Conv2D(width, 4, strides=2),
            LeakyReLU(),
            Flatten(),
            Dropout(0.4),
            Dense(1, activation="sigmoid"),
        ],
        name="discriminator",
    )


class GAN(keras.Model):
    """`chapters.ch08_gan.model.GAN`, in Keras."""

    def __init__(self, generator: Any, discriminator: Any):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.means = {name: keras.metrics.Mean(name) for name in ("d_loss", "g_loss")}
        self.seeds = keras.random.SeedGenerator()
        self.built = True  # both are, from their Input on

    def compile(self, d_optimizer: Any = None, g_optimizer: Any = None, **options: Any) -> None:
        super().compile(d_optimizer or rmsprop(8e-4), loss=keras.losses.BinaryCrossentropy(), **options)
        self.g_optimizer = keras.optimizers.get(g_optimizer or rmsprop(4e-4))

    def call(self, points: Any) -> Any:
        return self.generator(points)

    def points(self, n: Any) -> Any:
        return keras.random.normal((n, self.generator.input_shape[1]), seed=self.seeds)

    def labels(self, n: Any) -> Any:
        sure = ops.concatenate([ops.ones((n, 1)), ops.zeros((n, 1))])
        return sure + 0.05 * keras.random.uniform((2 * n, 1), seed=self.seeds)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        n = ops.shape(x)[0]

        generated = self.generator(self.points(n), training=True)
        pictures = ops.concatenate([generated, x])
        labels = self.labels(n)
        with tf.GradientTape() as tape:
            d_loss = self.loss(labels, self.discriminator(pictures, training=True))
        weights = self.discriminator.trainable_weights
        self.optimizer.apply(tape.gradient(d_loss, weights), weights)

        points = self.points(n)
        with tf.GradientTape() as tape:
            generated = self.generator(points, training=True)
            g_loss = self.loss(ops.zeros((n, 1)), self.discriminator(generated, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)

        self.means["d_loss"].update_state(d_loss)
        self.means["g_loss"].update_state(g_loss)
        return {name: mean.result() for name, mean in self.means.items()}

    @property
    def metrics(self) -> list[Any]:
        """What Keras is to reset when an epoch begins."""
        return list(self.means.values())


def rmsprop(learning_rate: float) -> Any:
    """`chapters.ch08_gan.model.rmsprop`, in Keras."""
    schedule = InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=1e-8)
    return keras.optimizers.RMSprop(schedule, clipvalue=1.0)
