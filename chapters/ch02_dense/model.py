"""The networks of the chapter: dense layers alone, and what the experiments set beside them.

`dense_only` is the network of the lesson. Its shapes are for 28x28 pictures.
"""

from __future__ import annotations

from tinydl import Sequential, ops
from tinydl.initializers import Initializer
from tinydl.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D, Reshape

Shape = tuple[int, int, int]  # of a picture: height, width, channels


def dense_only(input_shape: Shape = (28, 28, 1), classes: int = 10) -> Sequential:
    """The small network of chapter 4 without its convolutions: 118,282 numbers to learn."""
    return Sequential(
        [
            Input(input_shape),
            Flatten(),  # (784,)
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


def forgetful(input_shape: Shape = (28, 28, 1), classes: int = 10) -> Sequential:
    """The same, but all that its loss can see are probabilities: `ops.softmax` does not remember the scores."""
    return Sequential(
        [
            Input(input_shape),
            Flatten(),  # (784,)
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation=ops.softmax),
        ]
    )


def one_number(input_shape: Shape = (28, 28, 1)) -> Sequential:
    """The same, asked for the digit itself: one number comes out, and may be 7.9."""
    return Sequential(
        [
            Input(input_shape),
            Flatten(),  # (784,)
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(1),
        ]
    )


def deep(
    initializer: str | Initializer,
    activation: str = "relu",
    depth: int = 20,
    input_shape: Shape = (28, 28, 1),
    classes: int = 10,
) -> Sequential:
    """`depth` dense layers of 128 in a row, which show what their first weights were like."""
    row = [Dense(128, activation=activation, kernel_initializer=initializer) for _ in range(depth)]
    last = Dense(classes, activation="softmax", kernel_initializer=initializer)
    return Sequential([Input(input_shape), Flatten(), *row, last])


# ------------------------------------------------------------------- pictures in, pictures out, of any size


def dense_picture(side: int) -> Sequential:
    """A dense layer from a picture of side x side pixels to one as large: side to the fourth power weights."""
    return Sequential(
        [
            Input((side, side, 1)),
            Flatten(),  # (side * side,)
            Dense(side * side),
            Reshape((side, side, 1)),
        ]
    )


def convolved_picture(side: int) -> Sequential:
    """A convolution from a picture to one as large: ten numbers to learn, whatever the side."""
    return Sequential([Input((side, side, 1)), Conv2D(1, 3, padding="same")])


def any_size_cnn(input_shape: Shape = (28, 28, 1), classes: int = 10) -> Sequential:
    """The small network of chapter 4 with a mean over the picture for `Flatten`: as many weights at any size."""
    return Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, padding="same", activation="relu"),  # (28, 28, 16)
            MaxPooling2D(2),  # (14, 14, 16)
            Conv2D(32, 3, padding="same", activation="relu"),  # (14, 14, 32)
            MaxPooling2D(2),  # (7, 7, 32)
            GlobalAveragePooling2D(),  # (32,)
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )
