"""The same two networks in Keras, trained by the same recipes: the numbers to stand beside.

    python -m chapters.ch04_cnn.keras_twin --net lenet --epochs 12

needs Keras (pip install 'tinydl[keras]') and prints what its run came to.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import keras
from keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D


def lenet(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> Any:
    """`chapters.ch04_cnn.model.lenet`, in Keras."""
    return keras.Sequential(
        [
            Input(input_shape),
            Conv2D(20, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(50, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(500, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


def small_cnn(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> Any:
    """`chapters.ch04_cnn.model.small_cnn`, in Keras."""
    return keras.Sequential(
        [
            Input(input_shape),
            Conv2D(16, 3, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


NETS = {"lenet": lenet, "small": small_cnn}


def main() -> None:
    """Train one of them on MNIST and print the last epoch and the test."""
    # Here, so that who wants the networks alone gets Keras without tinydl beside it.
    from chapters import course
    from chapters.ch04_cnn.train import RECIPES, prepared

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--net", choices=list(NETS), default="lenet")
    flags.add_argument("--data", choices=list(course.SETS), default="mnist")
    flags.add_argument("--epochs", type=int)
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    keras.utils.set_random_seed(options.seed)
    images = course.load_images(options.data)
    recipe = RECIPES[options.net]
    x_train, x_test = (prepared(x, recipe).astype("float32") for x in (images.x_train, images.x_test))
    y_train, y_test = (keras.utils.to_categorical(y) for y in (images.y_train, images.y_test))
    model = NETS[options.net](x_train.shape[1:], y_train.shape[1])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    began = time.monotonic()
    epochs = options.epochs or recipe.full_epochs
    history = model.fit(x_train, y_train, epochs=epochs, verbose=2, **recipe.fit)
    seconds = time.monotonic() - began
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    last = {name: round(float(values[-1]), 4) for name, values in history.history.items()}
    print(f"Keras {keras.__version__}, {options.net} on {images.name}, seed {options.seed}, {seconds:.0f} s")
    print(f"last epoch: {last}")
    print(f"test loss {loss:.4f}, test accuracy {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
