"""The same autoencoders in Keras, their weights in the same order: the numbers to stand beside.

They need Keras (pip install 'tinydl[keras]') and are trained by the same recipes.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape


def autoencoder(pixels: int = 784, code: int = 20) -> Any:
    """`chapters.ch05_autoencoder.model.autoencoder`, in Keras."""
    return keras.Sequential(
        [
            Input((pixels,)),
            encoder(pixels, code),
            decoder(pixels, code),
        ]
    )


def encoder(pixels: int = 784, code: int = 20) -> Any:
    """`chapters.ch05_autoencoder.model.encoder`, in Keras."""
    return keras.Sequential(
        [
            Input((pixels,)),
            Dense(256, activation="relu"),
            Dense(128, activation="relu"),
            Dense(code),
        ],
        name="encoder",
    )


def decoder(pixels: int = 784, code: int = 20) -> Any:
    """`chapters.ch05_autoencoder.model.decoder`, in Keras."""
    return keras.Sequential(
        [
            Input((code,)),
            Dense(128, activation="relu"),
            Dense(256, activation="relu"),
            Dense(pixels),
        ],
        name="decoder",
    )


def plane_autoencoder(input_shape: tuple[int, int, int] = (64, 64, 3), code: int = 2) -> Any:
    """`chapters.ch05_autoencoder.model.plane_autoencoder`, in Keras."""
    height, width, channels = input_shape
    return keras.Sequential(
        [
            Input(input_shape),
            plane_encoder(input_shape, code),
            plane_decoder((height // 8, width // 8, 64), channels, code),
        ]
    )


def plane_encoder(input_shape: tuple[int, int, int] = (64, 64, 3), code: int = 2) -> Any:
    """`chapters.ch05_autoencoder.model.plane_encoder`, in Keras."""
    return keras.Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(code),
        ],
        name="encoder",
    )


def plane_decoder(small: tuple[int, int, int] = (8, 8, 64), channels: int = 3, code: int = 2) -> Any:
    """`chapters.ch05_autoencoder.model.plane_decoder`, in Keras."""
    height, width, depth = small
    return keras.Sequential(
        [
            Input((code,)),
            Dense(64, activation="relu"),
            Dense(height * width * depth, activation="relu"),
            Reshape(small),
            Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu"),
            Conv2DTranspose(16, 4, strides=2, padding="same", activation="relu"),
            Conv2DTranspose(channels, 4, strides=2, padding="same"),
        ],
        name="decoder",
    )
