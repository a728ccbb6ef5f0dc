"""The networks in Keras on TensorFlow: the chapters' twins, compiled, through `fit` and `predict`."""

from __future__ import annotations

import os
import time
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from benchmarks.cases import FILTERS, KERNEL, Case  # noqa: E402
from benchmarks.steps import Steps, repeated  # noqa: E402
from chapters.ch04_cnn.keras_twin import lenet, small_cnn  # noqa: E402
from chapters.ch05_autoencoder.keras_twin import autoencoder  # noqa: E402
from chapters.ch07_vae.keras_twin import VAE  # noqa: E402
from chapters.ch08_gan.keras_twin import GAN, discriminator, generator  # noqa: E402


def compiled(network: str) -> Any:
    """A network as its recipe trains it. On a processor Keras makes a TensorFlow graph of it, and leaves XLA alone."""
    match network:
        case "lenet" | "small_cnn":
            model = lenet() if network == "lenet" else small_cnn()
            model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
        case "autoencoder":
            model = autoencoder()
            model.compile("adam", loss=keras.losses.BinaryCrossentropy(from_logits=True))
        case "vae":
            model = VAE()
            model.compile("rmsprop")
        case "dcgan":
            model = GAN(generator(64), discriminator(32))
            model.compile()
        case _:
            raise ValueError(f"no network {network!r}")
    return model


class Clock(keras.callbacks.Callback):
    """Takes the time from the first batch to the last.

    `fit` and `predict` take some 50 ms to begin and to end, which nobody notices in an epoch of hundreds of steps, but
    would in a short round. Here the clock starts later than in tinydl, where shuffling counts: the doubt is Keras's.
    """

    began = ended = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.began = self.began if batch else time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.ended = time.perf_counter()

    on_predict_batch_begin = on_train_batch_begin
    on_predict_batch_end = on_train_batch_end

    @property
    def seconds(self) -> float:
        """What the last epoch took, or the last predict."""
        return self.ended - self.began


def prepare(case: Case, phase: str, layout: str = "") -> Steps:
    """The steps of a case."""
    if case.network == "convolution":
        return convolution(case, phase)
    model, clock = compiled(case.network), Clock()
    x, y = case.data(phase)
    y = x if case.network == "autoencoder" else y

    def train(count: int) -> dict[str, float]:
        some = slice(0, count * case.batch)
        model.fit(x[some], y if y is None else y[some], batch_size=case.batch, verbose=0, callbacks=[clock])
        return {"seconds": clock.seconds}

    def infer(count: int) -> dict[str, float]:
        model.predict(x[: count * case.batch], batch_size=case.batch, verbose=0, callbacks=[clock])
        return {"seconds": clock.seconds}

    return train if phase == "train" else infer


def convolution(case: Case, phase: str) -> Steps:
    """A convolution alone, in a graph: forward, and in training the gradients of pictures and kernel."""
    array, _ = case.data(phase)
    rng = np.random.default_rng(1)
    x = tf.constant(array[: case.batch])
    kernel = tf.constant(rng.standard_normal((KERNEL, KERNEL, case.shape[-1], FILTERS), dtype=np.float32))
    gy = tf.ones((*x.shape[:3], FILTERS))

    @tf.function
    def forward(x: Any, kernel: Any) -> Any:
        return keras.ops.conv(x, kernel, padding="same")

    @tf.function
    def both(x: Any, kernel: Any, gy: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = keras.ops.conv(x, kernel, padding="same")
        return y, *tape.gradient(y, [x, kernel], gy)  # y too: a graph drops what nobody asks for

    return repeated(lambda: both(x, kernel, gy) if phase == "train" else forward(x, kernel))
