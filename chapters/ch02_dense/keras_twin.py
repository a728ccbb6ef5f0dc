"""The same dense network in Keras, trained by the same recipe: the numbers to stand beside.

    python -m chapters.ch02_dense.keras_twin --seed 1 --scaled

needs Keras (pip install 'tinydl[keras]') and prints what its run came to.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import keras
from keras.layers import Dense, Flatten, Input


def dense_only(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> Any:
    """`chapters.ch02_dense.model.dense_only`, in Keras."""
    return keras.Sequential(
        [
            Input(input_shape),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


def main() -> None:
    """Train it on MNIST, ten epochs of ten steps, or the CNN beside it; print the last epoch and the test."""
    # Here, so that who wants the network alone gets Keras without tinydl beside it.
    from chapters import course
    from chapters.ch04_cnn.keras_twin import small_cnn

    nets = {"dense": dense_only, "cnn": small_cnn}

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--net", choices=list(nets), default="dense")
    flags.add_argument("--data", choices=list(course.SETS), default="mnist")
    flags.add_argument("--epochs", type=int, default=10)
    flags.add_argument("--scaled", action="store_true", help="pixels / 255 rather than as they are")
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    keras.utils.set_random_seed(options.seed)
    images = course.load_images(options.data)
    scale = 255 if options.scaled else 1
    x_train, x_test = (x.astype("float32") / scale for x in (images.x_train, images.x_test))
    y_train, y_test = (keras.utils.to_categorical(y) for y in (images.y_train, images.y_test))
    model = nets[options.net](x_train.shape[1:], y_train.shape[1])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    began = time.monotonic()
    history = model.fit(x_train, y_train, epochs=options.epochs, steps_per_epoch=10, verbose=2)
    seconds = time.monotonic() - began
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    last = {name: round(float(values[-1]), 4) for name, values in history.history.items()}
    pixels = "pixels / 255" if options.scaled else "pixels from 0 to 255"
    print(
        f"Keras {keras.__version__}, {options.net}, {pixels}, {images.name}, seed {options.seed}, {seconds:.0f} s"
    )
    print(f"last epoch: {last}")
    print(f"test loss {loss:.4f}, test accuracy {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
