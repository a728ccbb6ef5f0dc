"""The recipe's tricks, each of which can be left out: the same two networks, the same step, one thing different.

model = TricksGAN(without("dropout"), width=8, shape=(28, 28, 1))
model.compile()
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chapters.ch08_gan.model import GAN, rmsprop
from tinydl import Sequential
from tinydl.backend import Array, random_generator
from tinydl.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Input,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Reshape,
)

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Tricks:
    """How the recipe does it, unless said otherwise."""

    last: str = "tanh"  # the generator's last activation
    black: float = -1.0  # the darkest pixel; the brightest is 1
    points: str = "normal"  # how points of the latent space are distributed
    pooling: bool = False  # whether the discriminator halves pictures by pooling, and not by strides of 2
    kernel: int = 4  # of the generator's transposed convolution, whose strides are 2
    activation: type = LeakyReLU  # in both networks
    dropout: float = 0.4
    noise: float = 0.05  # on the labels, at most
    clip: float | None = 1.0  # no gradient is larger


RECIPE = Tricks()
INSTEAD: dict[str, tuple[str, dict[str, Any]]] = {
    "tanh": ("sigmoid, pixels 0 to 1", {"last": "sigmoid", "black": 0.0}),
    "pixels from -1": ("tanh, pixels 0 to 1", {"black": 0.0}),
    "normal points": ("uniform points, -1 to 1", {"points": "uniform"}),
    "strides": ("max pooling", {"pooling": True}),
    "kernel of 4": ("kernel of 3, stride 2", {"kernel": 3}),
    "LeakyReLU": ("ReLU", {"activation": ReLU}),
    "dropout": ("no dropout", {"dropout": 0.0}),
    "noise on labels": ("no noise on labels", {"noise": 0.0}),
    "clipping": ("no clipping", {"clip": None}),
}  # by trick: what there is instead, in words and in `Tricks`


def without(trick: str) -> Tricks:
    """The recipe but for one trick."""
    return replace(RECIPE, **INSTEAD[trick][1])


def generator(tricks: Tricks, width: int, shape: Shape) -> Sequential:
    """`model.generator`, with these tricks."""
    height, across, channels = shape
    act = tricks.activation
    return Sequential(
        [
            Input((32,)),
            Dense(height // 2 * (across // 2) * (width // 2)),
            act(),
            Reshape((height // 2, across // 2, width // 2)),
            Conv2D(width, 5, padding="same"),
            act(),
            Conv2DTranspose(width, tricks.kernel, strides=2, padding="same"),
            act(),
            Conv2D(width, 5, padding="same"),
            act(),
            Conv2D(width, 5, padding="same"),
            act(),
            Conv2D(channels, 7, padding="same", activation=tricks.last),
        ],
        name="generator",
    )


def discriminator(tricks: Tricks, width: int, shape: Shape) -> Sequential:
    """`model.discriminator`, with these tricks. Pooling leaves pictures as large as strides do, and as many weights.

    Its sides have to be multiples of 8: of 28 pixels the last strides would leave four unseen, at the right and below,
    and there the generator could paint whatever it liked.
    """
    network = Sequential([Input(shape), Conv2D(width, 3), tricks.activation()], name="discriminator")
    for _ in range(3):
        network.add(Conv2D(width, 4, strides=1 if tricks.pooling else 2))
        network.add(tricks.activation())
        if tricks.pooling:
            network.add(MaxPooling2D(2, padding="same"))
    for layer in (Flatten(), Dropout(tricks.dropout), Dense(1, activation="sigmoid")):
        network.add(layer)
    return network


class TricksGAN(GAN):
    """`model.GAN`, with these tricks.

    Args:
        tricks: `RECIPE`, or what `without` gives.
        width: of both networks.
        shape: of a picture.
    """

    def __init__(self, tricks: Tricks, width: int, shape: Shape):
        super().__init__(generator(tricks, width, shape), discriminator(tricks, width, shape))
        self.tricks, self.noise = tricks, tricks.noise

    def compile(self, rate: float = 1.0) -> None:  # type: ignore[override]
        """rate: how many times the recipe's the discriminator's learning rate is."""
        super().compile(*(rmsprop(each, self.tricks.clip) for each in (rate * 8e-4, 4e-4)))

    def points(self, n: int, seed: int | None = None) -> Array:
        """(n, latent_dim), normally distributed or uniformly from -1 to 1; with a seed always the same ones."""
        rng = random_generator() if seed is None else np.random.default_rng(seed)
        size = (n, self.input_shape[1])
        if self.tricks.points == "normal":
            return rng.standard_normal(size, dtype=self.dtype)
        return 2 * rng.random(size, dtype=self.dtype) - 1

    def like_real(self, x: np.ndarray) -> np.ndarray:
        """Real pictures, from -1 to 1, with the pixels that this generator is to draw."""
        return self.tricks.black + (1 - self.tricks.black) * (x + 1) / 2

    def drawn(self, points: np.ndarray) -> np.ndarray:
        """What it draws of points (n, latent_dim), as one sees it: pixels from -1 to 1, none darker than black."""
        pictures = self.predict(points, batch_size=250, verbose=0)
        return np.maximum(2 * (pictures - self.tricks.black) / (1 - self.tricks.black) - 1, -1)
