"""The same network in Keras, trained by the same recipe: the numbers to stand beside.

    python -m chapters.ch06_bottleneck.keras_twin --data photos10

needs Keras (pip install 'tinydl[keras]') and prints what its run came to.
"""

from __future__ import annotations

import argparse
import time
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


def main() -> None:
    """Train it, and print how many pictures it names right."""
    # Here, so that who wants the network alone gets Keras without tinydl beside it.
    from chapters.ch06_bottleneck.train import BATCH, EPOCHS, GOAL, RATE, the_pictures

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", default="cakes", help="cakes, or a folder with a folder of pictures a class")
    flags.add_argument("--epochs", type=int, default=EPOCHS)
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    keras.utils.set_random_seed(options.seed)
    images = the_pictures(options.data)
    x, x_test = (each.astype("float32") / 255 for each in (images.x_train, images.x_test))
    model = bottleneck(x.shape[1:], len(images.class_names))
    model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    began = time.monotonic()
    history = model.fit(x, images.y_train, batch_size=BATCH, epochs=options.epochs, verbose=0).history
    seconds = time.monotonic() - began
    accuracy = model.evaluate(x, images.y_train, verbose=0)[1]
    held_out = model.evaluate(x_test, images.y_test, verbose=0)[1]
    reached = next((epoch for epoch, each in enumerate(history["accuracy"], 1) if each >= GOAL), None)
    print(f"Keras {keras.__version__}, {images.name}, seed {options.seed}, {seconds:.0f} s")
    print(
        f"after {options.epochs} epochs {accuracy:.1%} of the pictures learnt, {held_out:.1%} of those held out"
    )
    print(f"{GOAL:.0%} first in epoch {reached}")


if __name__ == "__main__":
    main()
