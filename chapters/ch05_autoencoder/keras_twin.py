"""The same autoencoder in Keras, its weights in the same order: the numbers to stand beside.

It needs Keras (pip install 'tinydl[keras]') and is trained by the same recipe.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.layers import Dense, Input


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
