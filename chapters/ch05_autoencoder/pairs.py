"""What `python -m chapters compare autoencoder` sets beside Keras."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from chapters import course
from chapters.compare.pair import Pair, Task


def rows(images: course.Images) -> Task:
    """Pictures as rows of pixels, from 0 to 1, which are to be given back: (n, 784) on MNIST."""
    x = course.scaled(images.x_train.reshape(len(images.x_train), -1))
    return Task(x, x, (x.shape[1],))


def cropped(images: course.Images) -> Task:
    """Pictures as they are, from 0 to 1, height and width multiples of eight: the plane halves both three times."""
    _, height, width, _ = images.x_train.shape
    x = course.scaled(images.x_train[:, : height // 8 * 8, : width // 8 * 8])
    return Task(x, x, (x.shape[1:],))


def loss(library: ModuleType) -> Any:
    """For tinydl or for Keras: cross-entropy of each pixel, from logits."""
    return library.losses.BinaryCrossentropy(from_logits=True)


PAIRS = {
    "autoencoder": Pair("ch05_autoencoder", "autoencoder", rows, loss, batch_size=512, epochs=3),
    "plane": Pair(
        "ch05_autoencoder", "plane_autoencoder", cropped, loss, batch_size=32, epochs=8, data="cakes"
    ),
}
