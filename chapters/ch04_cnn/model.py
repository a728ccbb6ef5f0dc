"""The two networks of the chapter, layer by layer, with the shape that each layer gives for 28x28 pictures."""

from __future__ import annotations

from tinydl import Sequential
from tinydl.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D


def lenet(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> Sequential:
    """LeNet as it is taught today (after LeCun et al. 1998, "Gradient-based learning applied to document recognition").

    Takes pixels from 0 to 1.
    """
    return Sequential(
        [
            Input(input_shape),
            Conv2D(20, 5, padding="same", activation="relu"),  # (28, 28, 20)
            MaxPooling2D(2),  # (14, 14, 20)
            Conv2D(50, 5, padding="same", activation="relu"),  # (14, 14, 50)
            MaxPooling2D(2),  # (7, 7, 50)
            Flatten(),  # (2450,)
            Dense(500, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


def small_cnn(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> Sequential:
    """A small network that takes pixels as they come, from 0 to 255, six thousand pictures at a time."""
    return Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, padding="same", activation="relu"),  # (28, 28, 16)
            MaxPooling2D(2),  # (14, 14, 16)
            Conv2D(32, 3, padding="same", activation="relu"),  # (14, 14, 32)
            MaxPooling2D(2),  # (7, 7, 32)
            Flatten(),  # (1568,)
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )
