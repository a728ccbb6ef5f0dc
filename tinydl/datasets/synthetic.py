"""Pictures drawn by NumPy from a seed: no file, no network, and the same seed draws the same pictures.

Digits stand in for MNIST (how they are drawn: `handwriting.py`), ten kinds of painted cakes for a folder of
colour photos (`patisserie.py`).
"""

from __future__ import annotations

import numpy as np

from tinydl.datasets import handwriting, patisserie

Pair = tuple[np.ndarray, np.ndarray]

class_names = tuple("0123456789")
cake_names = tuple(cake.__name__.replace("_", " ") for cake in patisserie.CAKES)

TRAIN, TEST = 0, 1  # the two halves of a set draw from generators of their own


def digits(n: int, seed: int = 0) -> Pair:
    """Draws digits that look written by hand, in MNIST's form.

    Args:
        n: how many.
        seed: of the draw.

    Returns:
        `(x, y)`, both uint8: x of shape (n, 28, 28), white on black; y of shape (n,), 0 to 9, drawn at
        random.

    Raises:
        ValueError: n is no whole number of at least 0.

    Example:
        >>> x, y = digits(3, seed=0)
        >>> x.shape, x.dtype, y.tolist()
        ((3, 28, 28), dtype('uint8'), [8, 6, 5])
    """
    return _digits(n, np.random.default_rng(seed))


def load_data(n_train: int = 12_000, n_test: int = 2_000, seed: int = 0) -> tuple[Pair, Pair]:
    """Draws a stand-in for MNIST, in a second or two.

    A small convolutional network gets about 98 to 99 of 100 test digits right, as on MNIST.

    Args:
        n_train: how many digits to train on.
        n_test: how many to test on, drawn apart from the others.
        seed: of the draw.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, as `mnist.load_data()` does.

    Raises:
        ValueError: n_train or n_test is no whole number of at least 0.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(60, 10)
        >>> x_train.shape, y_test.shape
        ((60, 28, 28), (10,))
    """
    return (
        _digits(n_train, np.random.default_rng([TRAIN, seed]), "n_train"),
        _digits(n_test, np.random.default_rng([TEST, seed]), "n_test"),
    )


def cakes(n: int, size: int = 64, seed: int = 0) -> Pair:
    """Paints cakes: `cake_names` in turn, so that of 10·k pictures k show each kind, in an order drawn at
    random.

    Args:
        n: how many.
        size: the pictures' height and width in pixels. A larger picture shows the same cake.
        seed: of the draw.

    Returns:
        `(x, y)`, both uint8: x of shape (n, size, size, 3), red, green and blue; y of shape (n,), an index
        into `cake_names`.

    Raises:
        ValueError: n is no whole number of at least 0, or size none of at least 1.

    Example:
        >>> x, y = cakes(3, size=32, seed=0)
        >>> x.shape, [cake_names[k] for k in y]
        ((3, 32, 32, 3), ['chocolate cake', 'sponge', 'cheesecake'])
    """
    return _cakes(n, size, np.random.SeedSequence(seed))


def load_cakes(n_train: int = 400, n_test: int = 200, size: int = 64, seed: int = 0) -> tuple[Pair, Pair]:
    """Paints cakes to train on and others to test on.

    Args:
        n_train: how many to train on.
        n_test: how many to test on, drawn apart from the others.
        size: the pictures' height and width in pixels.
        seed: of the draw.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, each pair as `cakes` returns it.

    Raises:
        ValueError: n_train or n_test is no whole number of at least 0, or size none of at least 1.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_cakes(20, 10, size=16)
        >>> x_train.shape, x_test.shape
        ((20, 16, 16, 3), (10, 16, 16, 3))
    """
    return (
        _cakes(n_train, size, np.random.SeedSequence([TRAIN, seed]), "n_train"),
        _cakes(n_test, size, np.random.SeedSequence([TEST, seed]), "n_test"),
    )


def _digits(n: int, rng: np.random.Generator, what: str = "n") -> Pair:
    _whole(what, n, 0)
    y = rng.integers(10, size=n).astype(np.uint8)
    return handwriting.draw(y, rng), y


def _cakes(n: int, size: int, seed: np.random.SeedSequence, what: str = "n") -> Pair:
    _whole(what, n, 0)
    _whole("size", size, 1)
    y = np.random.default_rng(seed).permutation(n).astype(np.uint64) % len(cake_names)
    x = np.empty((n, size, size, 3), np.uint8)
    # A generator for each picture: the noise of one takes nothing from the next, whatever the size.
    for picture, label, own in zip(x, y, seed.spawn(n), strict=True):
        picture[...] = patisserie.bake(int(label), size, np.random.default_rng(own))
    return x, y.astype(np.uint8)


def _whole(what: str, value: int, least: int) -> None:
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{what} must be a whole number of at least {least}, got {value!r}.")
