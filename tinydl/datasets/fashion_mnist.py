"""Fashion-MNIST: 70,000 pieces of clothing in MNIST's form (Xiao, Rasul, Vollgraf, arXiv 1708.07747)."""

from __future__ import annotations

import numpy as np

from tinydl.datasets.idx import load_idx_set

class_names = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Loads Fashion-MNIST from `$TINYDL_DATA`, the cache folder or the network, in this order.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, all uint8, as Keras gives them: x of shape (60000, 28, 28)
        and (10000, 28, 28), white on black, 0 to 255; y of shape (60000,) and (10000,), an index into
        `class_names`.

    Raises:
        DataUnavailable: not on this machine, and no mirror gave it.
        ValueError: a file is cut off or corrupt.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> class_names[y_train[0]]  # doctest: +SKIP
        'Ankle boot'
    """
    return load_idx_set("fashion-mnist", MIRRORS)
