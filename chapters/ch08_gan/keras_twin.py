"""The same two adversaries in Keras, their weights in the same order: the numbers to stand beside.

    python -m chapters.ch08_gan.keras_twin --epochs 4

needs Keras (pip install 'tinydl[keras]') on TensorFlow, trains the narrow ones and prints their losses. (PyTorch's
cross-entropy takes no label above 1, and on JAX a step may have no state.)
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Input,
    LeakyReLU,
    Reshape,
    ZeroPadding2D,
)
from keras.optimizers.schedules import InverseTimeDecay


def generator(width: int = 256, latent_dim: int = 32, shape: tuple[int, int, int] = (32, 32, 3)) -> Any:
    """`chapters.ch08_gan.model.generator`, in Keras."""
    height, across, channels = shape
    return keras.Sequential(
        [
            Input((latent_dim,)),
            Dense(height // 2 * (across // 2) * (width // 2)),
            LeakyReLU(),
            Reshape((height // 2, across // 2, width // 2)),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2DTranspose(width, 4, strides=2, padding="same"),
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),
            LeakyReLU(),
            Conv2D(channels, 7, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def discriminator(width: int = 128, shape: tuple[int, int, int] = (32, 32, 3)) -> Any:
    """`chapters.ch08_gan.model.discriminator`, in Keras."""
    spare = [-side % 8 for side in shape[:2]]
    rim = [ZeroPadding2D([(each // 2, each - each // 2) for each in spare])] if any(spare) else []
    return keras.Sequential(
        [
            Input(shape),
            *rim,
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
        told = ("d_loss", "g_loss", "real_accuracy", "generated_accuracy")
        self.means = {name: keras.metrics.Mean(name) for name in told}
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
        return sure + 0.05 * self.uniform(2 * n)

    def uniform(self, n: Any) -> Any:
        return keras.random.uniform((n, 1), seed=self.seeds)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        n = ops.shape(x)[0]

        generated = self.generator(self.points(n), training=True)
        pictures = ops.concatenate([generated, x])
        labels = self.labels(n)
        with tf.GradientTape() as tape:
            suspicion = self.discriminator(pictures, training=True)
            d_loss = self.loss(labels, suspicion)
        suspected = ops.cast(suspicion > 0.5, "float32")
        weights = self.discriminator.trainable_weights
        self.optimizer.apply(tape.gradient(d_loss, weights), weights)

        points = self.points(n)
        with tf.GradientTape() as tape:
            generated = self.generator(points, training=True)
            g_loss = self.loss(ops.zeros((n, 1)), self.discriminator(generated, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)

        told = (d_loss, g_loss, 1 - suspected[n:], suspected[:n])
        for mean, value in zip(self.means.values(), told):
            mean.update_state(value)
        return {name: mean.result() for name, mean in self.means.items()}

    @property
    def metrics(self) -> list[Any]:
        """What Keras is to reset when an epoch begins."""
        return list(self.means.values())


def rmsprop(learning_rate: float) -> Any:
    """`chapters.ch08_gan.model.rmsprop`, in Keras."""
    schedule = InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=1e-8)
    return keras.optimizers.RMSprop(schedule, clipvalue=1.0)


def main() -> None:
    """Train the narrow ones, and print their losses."""
    # Here, so that who wants the networks alone gets Keras without tinydl beside it.
    from chapters.ch08_gan.data import BATCH, real_pictures
    from chapters.ch08_gan.model import WIDTHS
    from chapters.ch08_gan.train import STEPS

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", default="birds", help="as in run")
    flags.add_argument("--epochs", type=int, default=8, help=f"of {STEPS} steps")
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    keras.utils.set_random_seed(options.seed)
    real = real_pictures(options.data)
    shape = real.x.shape[1:]
    first, second = WIDTHS[shape[-1]]
    model = GAN(generator(first, shape=shape), discriminator(second, shape))
    model.compile()
    print(f"Keras {keras.__version__} on {real.name}, seed {options.seed}")
    began = time.monotonic()
    for epoch in range(options.epochs):
        start = epoch * STEPS * BATCH
        x = np.take(
            real.x, range(start, start + STEPS * BATCH), axis=0, mode="wrap"
        )  # in the order of the files
        told = model.fit(x, batch_size=BATCH, shuffle=False, verbose=0).history
        losses = ", ".join(f"{name} {value:.4f}" for name, (value,) in told.items())
        print(f"step {(epoch + 1) * STEPS}: {losses}, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
