"""The same autoencoders in Keras, their weights in the same order: the numbers to stand beside.

    python -m chapters.ch05_autoencoder.keras_twin --data fashion_mnist --epochs 20

needs Keras (pip install 'tinydl[keras]'), trains the dense one by the same recipe and prints what it came to.
"""

from __future__ import annotations

import argparse
import time
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


def main() -> None:
    """Train the dense one and print its test loss and its squared error."""
    # Here, so that who wants the networks alone gets Keras without tinydl beside it.
    from chapters import course
    from chapters.ch05_autoencoder.model import BATCH, FULL_EPOCHS, rows

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", choices=["mnist", "fashion_mnist", "synthetic"], default="mnist")
    flags.add_argument("--epochs", type=int, default=FULL_EPOCHS)
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    keras.utils.set_random_seed(options.seed)
    images = course.load_images(options.data)
    x, x_test = rows(images.x_train), rows(images.x_test)  # (n, 784)
    model = autoencoder(x.shape[1])
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    began = time.monotonic()
    model.fit(x, x, batch_size=BATCH, epochs=options.epochs, verbose=2)
    seconds = time.monotonic() - began
    loss = model.evaluate(x_test, x_test, batch_size=500, verbose=0)
    restored = keras.ops.convert_to_numpy(keras.ops.sigmoid(model.predict(x_test, verbose=0)))
    print(f"Keras {keras.__version__} on {images.name}, seed {options.seed}, {seconds:.0f} s")
    print(f"test loss {loss:.4f}, mean squared error {((restored - x_test) ** 2).mean():.5f}")


if __name__ == "__main__":
    main()
