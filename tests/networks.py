"""The networks of the course, small, compiled and with data to learn from: what has to run on every device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinydl
from chapters.ch01_autograd.model import network
from chapters.ch01_autograd.patterns import draw
from chapters.ch02_dense.model import dense_only
from chapters.ch03_convolution.model import one_filter
from chapters.ch04_cnn.model import lenet, small_cnn
from chapters.ch05_autoencoder.model import autoencoder, plane_autoencoder
from chapters.ch06_bottleneck.model import bottleneck
from chapters.ch07_vae.model import VAE
from chapters.ch08_gan.model import GAN, discriminator, generator
from tinydl import Sequential, layers

BATCH = 4


def data() -> tuple[np.ndarray, np.ndarray]:
    """Three batches and a half of small pictures (14, 28, 28, 1) of noise, and one-hot labels."""
    rng = np.random.default_rng(0)
    x = rng.random((7 * BATCH // 2, 28, 28, 1), dtype=np.float32)
    return x, np.eye(10, dtype=np.float32)[rng.integers(0, 10, len(x))]


def _classifier(make: Callable, scale: int = 1) -> tuple[Any, Any, Any]:
    x, y = data()
    model = make()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model, (x if scale == 1 else (scale * x).astype("uint8")), y


def _points() -> tuple[Any, Any, Any]:
    model = network()
    model.compile("sgd", "mean_squared_error")
    return model, *draw("moons", 7 * BATCH // 2, 0)


def _autoencoder() -> tuple[Any, Any, Any]:
    x = data()[0].reshape(-1, 784)
    model = autoencoder()
    model.compile("adam", tinydl.losses.BinaryCrossentropy(from_logits=True))
    return model, x, x


def _plane_autoencoder() -> tuple[Any, Any, Any]:
    x = np.random.default_rng(0).random((7 * BATCH // 2, 16, 16, 3), dtype=np.float32)
    model = plane_autoencoder(x.shape[1:])
    model.compile("adam", tinydl.losses.BinaryCrossentropy(from_logits=True))
    return model, x, x


def _vae() -> tuple[Any, Any, Any]:
    model = VAE((12, 12, 1))
    model.compile("rmsprop")
    return model, data()[0][:, :12, :12], None


def _gan() -> tuple[Any, Any, Any]:
    model = GAN(generator(8, 4), discriminator(8))
    model.compile()
    return model, np.random.default_rng(0).random((7 * BATCH // 2, 32, 32, 3), dtype=np.float32), None


def _one_filter() -> tuple[Any, Any, Any]:
    x = data()[0]
    model = one_filter(x.shape[1:])
    model.compile("adam", "mean_squared_error")
    return model, x, x[:, ::-1].copy()


def everything() -> Sequential:
    """Layers that the course's networks do without."""
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(2.0, -1.0),
            layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False),  # (14, 14, 4)
            layers.BatchNormalization(),
            layers.ELU(),
            layers.UpSampling2D(2, interpolation="bilinear"),  # (28, 28, 4)
            layers.AveragePooling2D(2, 2),  # (14, 14, 4)
            layers.GaussianNoise(0.1),
            layers.UpSampling2D(2),  # (28, 28, 4)
            layers.ZeroPadding2D(1),  # (30, 30, 4)
            layers.MaxPooling2D(3, 2, padding="same"),  # (15, 15, 4)
            layers.Conv2DTranspose(3, 3, activation="gelu"),  # (17, 17, 3)
            layers.LayerNormalization(),
            layers.Dropout(0.2),
            layers.GlobalAveragePooling2D(),  # (3,)
            layers.Dense(10, activation="softmax"),
        ]
    )


NETWORKS: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "points": _points,
    "dense_only": lambda: _classifier(dense_only, 255),
    "one_filter": _one_filter,
    "lenet": lambda: _classifier(lenet),
    "small_cnn": lambda: _classifier(small_cnn, 255),
    "everything": lambda: _classifier(everything),
    "autoencoder": _autoencoder,
    "plane_autoencoder": _plane_autoencoder,
    "bottleneck": lambda: _classifier(lambda: bottleneck((28, 28, 1))),
    "vae": _vae,
    "gan": _gan,
}
# What these learn does not depend on the device's random numbers.
WITHOUT_NOISE = [
    "points",
    "dense_only",
    "one_filter",
    "lenet",
    "small_cnn",
    "autoencoder",
    "plane_autoencoder",
    "bottleneck",
]


def fresh(name: str) -> tuple[Any, Any, Any]:
    """A network as seed 0 makes it, and its x and y."""
    tinydl.set_random_seed(0)
    return NETWORKS[name]()
