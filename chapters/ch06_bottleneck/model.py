"""The network of the chapter: a picture goes through two numbers, and from those two it must be told what it shows."""

from __future__ import annotations

from tinydl import Sequential
from tinydl.layers import Conv2D, Dense, Flatten, Input

SIDE = 64  # pictures are (64, 64, 3)


def bottleneck(input_shape: tuple[int, int, int] = (SIDE, SIDE, 3), classes: int = 10) -> Sequential:
    """Pictures, pixels from 0 to 1, to the probabilities of their classes, by way of a plane.

    As far as the plane it is the encoder of chapter 5's convolutional autoencoder, layer by layer: what comes after
    it alone is new. The last two layers have names, to be asked for by `get_layer`.
    """
    return Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, strides=2, padding="same", activation="relu"),  # (32, 32, 16)
            Conv2D(32, 3, strides=2, padding="same", activation="relu"),  # (16, 16, 32)
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (8, 8, 64)
            Flatten(),  # (4096,)
            Dense(64, activation="relu"),
            Dense(2, name="plane"),  # where a picture lies: two numbers, no activation
            Dense(classes, activation="softmax", name="classes"),
        ]
    )
