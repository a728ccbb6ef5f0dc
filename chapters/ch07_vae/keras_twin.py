"""The same VAE in Keras, its weights in the same order: the numbers to stand beside.

    python -m chapters.ch07_vae.keras_twin --full

needs Keras (pip install 'tinydl[keras]') on TensorFlow, trains it by the recipe and prints its evidence lower bound.
Weights at first, batches, and noise are those of `python -m chapters run vae --full`: only the library is another.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape


class VAE(keras.Model):
    """`chapters.ch07_vae.model.VAE`, in Keras."""

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (28, 28, 1),
        latent_dim: int = 2,
        kl_weight: float = 5e-4,
    ):
        super().__init__()
        height, width, channels = input_shape
        self.latent_dim = latent_dim
        self.kl_weight = kl_weight
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
        self.parts = [keras.metrics.Mean(name) for name in ("reconstruction_loss", "kl_loss")]
        self.seeds = keras.random.SeedGenerator()
        self(ops.zeros((1, *input_shape)))

    def call(self, x: Any, training: bool = False) -> Any:
        mean, log_var = self.encode(x)
        self.add_loss(-self.kl_weight * ops.mean(1 + log_var - mean * mean - ops.exp(log_var)))
        return self.decoder(sample(mean, log_var, self.noise(ops.shape(x)[0])) if training else mean)

    def encode(self, x: Any) -> tuple[Any, Any]:
        features = self.encoder(x)
        return self.z_mean(features), self.z_log_var(features)

    def noise(self, n: Any) -> Any:
        return keras.random.normal((n, self.latent_dim), seed=self.seeds)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:
        parts = [ops.mean(keras.losses.binary_crossentropy(x, y_pred)), *self.losses]
        for mean, part in zip(self.parts, parts):
            mean.update_state(part)
        return ops.sum(parts)

    @property
    def metrics(self) -> list[Any]:
        """What Keras tells beside the loss, and is to reset when an epoch begins."""
        return [*super().metrics, *self.parts]


def sample(mean: Any, log_var: Any, epsilon: Any) -> Any:
    """`chapters.ch07_vae.model.sample`, in Keras."""
    return mean + ops.exp(0.5 * log_var) * epsilon


def main() -> None:
    """Train it as tinydl's is trained, and print what it came to."""
    # Here, so that who wants the network alone gets Keras without tinydl beside it.
    import tensorflow as tf

    import tinydl
    from chapters import course
    from chapters.ch07_vae import model as ours
    from chapters.ch07_vae.elbo import beta, terms
    from chapters.ch07_vae.train import BATCH
    from tinydl.data_adapter import Batches

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", choices=["mnist", "fashion_mnist", "synthetic"], default="mnist")
    flags.add_argument("--epochs", type=int, default=1)
    flags.add_argument("--full", action="store_true", help="ten epochs")
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--save", type=Path, metavar="FILE", help="keep its weights: FILE.weights.h5")
    options = flags.parse_args()
    epochs = 10 if options.full else options.epochs
    images = course.load_images(options.data)
    x = course.scaled(images.x_train)  # (n, 28, 28, 1)

    tinydl.set_random_seed(options.seed)
    other, model = ours.VAE(x.shape[1:]), VAE(x.shape[1:])
    model.set_weights(other.get_weights())
    model.compile("rmsprop")
    # Whenever Keras's step needs noise, tinydl draws it: after the epoch's order, batch by batch, as in its own `fit`.
    model.noise = lambda n: tf.ensure_shape(tf.numpy_function(other.noise, [n], tf.float32), (None, 2))
    batches = Batches(x, batch_size=BATCH, shuffle=True)
    began = time.monotonic()
    for epoch in range(epochs):
        losses = [model.train_on_batch(batch, return_dict=True)["loss"] for batch, _, _ in batches.epoch()]
        seconds = time.monotonic() - began
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.5f}, {seconds:.0f} s", flush=True)
        if options.save:
            model.save_weights(options.save)

    x_test = course.scaled(images.x_test)
    reconstruction, divergence = (each.mean() for each in terms(model, x_test))
    loss = (reconstruction + beta(other) * divergence) / np.prod(x.shape[1:])
    print(f"Keras {keras.__version__} on {images.name}, seed {options.seed}, epochs: {epochs}")
    print(
        f"Test ELBO {-reconstruction - divergence:.2f} nats a picture: {reconstruction:.2f} + {divergence:.2f}"
    )
    print(f"The recipe's loss on the test set: {loss:.5f}")


if __name__ == "__main__":
    main()
