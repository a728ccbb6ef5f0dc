"""Autoencoders: an encoder down to a few numbers, a decoder back up, and the two in a row.

`autoencoder` is the dense one of the recipe. Pictures are rows of pixels from 0 to 1, (n, 784); what comes back are
logits, whose sigmoid is the picture:

    model = autoencoder()
    model.compile("adam", loss=BinaryCrossentropy(from_logits=True))
    model.fit(x, x, batch_size=512, epochs=20)
    code = model.get_layer("encoder").predict(x)  # (n, 20)

`plane_autoencoder` is made of convolutions, for pictures in colour (n, 64, 64, 3), and goes down to two numbers.
"""

from __future__ import annotations

import numpy as np

from tinydl import Sequential
from tinydl.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape

BATCH, FULL_EPOCHS = 512, 20  # of the recipe, for the dense one


def rows(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w, channels) of bytes as rows of pixels from 0 to 1: (n, h * w * channels), float32."""
    return pictures.reshape(len(pictures), -1).astype(np.float32) / 255


def autoencoder(pixels: int = 784, code: int = 20) -> Sequential:
    """Down to `code` numbers and back (after Hinton and Salakhutdinov 2006)."""
    return Sequential(
        [
            Input((pixels,)),
            encoder(pixels, code),  # (20,)
            decoder(pixels, code),  # (784,)
        ]
    )


def encoder(pixels: int = 784, code: int = 20) -> Sequential:
    """A picture to its code."""
    return Sequential(
        [
            Input((pixels,)),
            Dense(256, activation="relu"),  # (256,)
            Dense(128, activation="relu"),  # (128,)
            Dense(code),  # (20,)
        ],
        name="encoder",
    )


def decoder(pixels: int = 784, code: int = 20) -> Sequential:
    """A code to the logits of a picture."""
    return Sequential(
        [
            Input((code,)),
            Dense(128, activation="relu"),  # (128,)
            Dense(256, activation="relu"),  # (256,)
            Dense(pixels),  # (784,)
        ],
        name="decoder",
    )


def linear_autoencoder(pixels: int = 784, code: int = 20) -> Sequential:
    """One layer down and one back, nothing bent in between: what it can learn is PCA. Gives pixels, not logits."""
    return Sequential([Input((pixels,)), Dense(code, name="encoder"), Dense(pixels, name="decoder")])


def classifier(numbers: int, classes: int = 10) -> Sequential:
    """Rows of so many numbers, be they pixels or codes, to the probabilities of their classes."""
    return Sequential(
        [
            Input((numbers,)),
            Dense(64, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


def plane_autoencoder(input_shape: tuple[int, int, int] = (64, 64, 3), code: int = 2) -> Sequential:
    """Down to a point in the plane and back, by convolutions; logits come out, as above."""
    height, width, channels = input_shape
    if height % 8 or width % 8:
        raise ValueError(f"input_shape: expected a height and width that 8 divides, got {height}x{width}")
    small = (height // 8, width // 8, 64)  # of the pictures at the far end of the convolutions
    return Sequential(
        [
            Input(input_shape),
            plane_encoder(input_shape, code),  # (2,)
            plane_decoder(small, channels, code),  # (64, 64, 3)
        ]
    )


def plane_encoder(input_shape: tuple[int, int, int] = (64, 64, 3), code: int = 2) -> Sequential:
    """A picture to its point: three times half as high and wide, and twice as deep."""
    return Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, strides=2, padding="same", activation="relu"),  # (32, 32, 16)
            Conv2D(32, 3, strides=2, padding="same", activation="relu"),  # (16, 16, 32)
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (8, 8, 64)
            Flatten(),  # (4096,)
            Dense(64, activation="relu"),
            Dense(code),  # (2,)
        ],
        name="encoder",
    )


def plane_decoder(small: tuple[int, int, int] = (8, 8, 64), channels: int = 3, code: int = 2) -> Sequential:
    """A point to the logits of a picture: the encoder backwards. 4x4 kernels: strides of 2 divide them evenly."""
    height, width, depth = small
    return Sequential(
        [
            Input((code,)),
            Dense(64, activation="relu"),
            Dense(height * width * depth, activation="relu"),  # (4096,)
            Reshape(small),  # (8, 8, 64)
            Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu"),  # (16, 16, 32)
            Conv2DTranspose(16, 4, strides=2, padding="same", activation="relu"),  # (32, 32, 16)
            Conv2DTranspose(channels, 4, strides=2, padding="same"),  # (64, 64, 3)
        ],
        name="decoder",
    )
