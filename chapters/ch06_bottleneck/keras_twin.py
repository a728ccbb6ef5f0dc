"""The same network in Keras, trained by the same recipe: the numbers to stand beside.

    python -m chapters.ch06_bottleneck.keras_twin --data photos10

needs Keras (pip install 'tinydl[keras]') and prints what its run came to.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.layers import Conv2D, Dense, Flatten, Input


def bottleneck(input_shape: tuple[int, int, int] = (64, 64, 3), classes: int = 10) -> Any:
    """`chapters.ch06_bottleneck.model.bottleneck`, in Keras."""
    return keras.Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(2, name="plane"),
            Dense(classes, activation="softmax", name="classes"),
        ]
    )
