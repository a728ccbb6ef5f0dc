"""MNIST: 70,000 handwritten digits, 28×28, grey (LeCun, Cortes, Burges; derived from NIST's forms)."""

from __future__ import annotations

import numpy as np

from tinydl.datasets.idx import load_idx_set

class_names = tuple("0123456789")

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Loads MNIST from `$TINYDL_DATA`, the cache folder or the network, in this order.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, all uint8, as Keras gives them: x of shape (60000, 28, 28)
        and (10000, 28, 28), white on black, 0 to 255; y of shape (60000,) and (10000,), 0 to 9.

    Raises:
        DataUnavailable: not on this machine, and no mirror gave it.
        ValueError: a file is cut off or corrupt.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train[:5].tolist()  # doctest: +SKIP
        ((60000, 28, 28), [5, 0, 4, 1, 9])
    """
    return load_idx_set("mnist", MIRRORS)
