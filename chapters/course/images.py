"""The pictures that chapters learn from: data sets by name, or a folder of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chapters.course.contents import Refused
from tinydl import datasets
from tinydl.lookup import unknown


@dataclass
class Images:
    """Labelled pictures: x uint8 (n, h, w, channels), y (n,) from 0 to classes - 1."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: Sequence[str]


@dataclass(frozen=True)
class Set:
    """A data set: its title, how it is loaded, and what its classes are called."""

    title: str
    load: Callable[[], Any]
    class_names: Sequence[str]


SETS = {
    "mnist": Set("MNIST", lambda: datasets.mnist.load_data(), datasets.mnist.class_names),
    "fashion_mnist": Set(
        "Fashion-MNIST", lambda: datasets.fashion_mnist.load_data(), datasets.fashion_mnist.class_names
    ),
    "cifar10": Set("CIFAR-10", lambda: _cifar10(), datasets.cifar10.class_names),
    "synthetic": Set(
        "synthetic digits", lambda: datasets.synthetic.load_data(), datasets.synthetic.class_names
    ),
    "cakes": Set("painted cakes", lambda: datasets.synthetic.load_cakes(), datasets.synthetic.cake_names),
}


def load_images(
    data: str,
    quick: bool = False,
    seed: int | None = 0,
    size: int = 64,
    test_split: float = 0.2,
    flag: str = "--data",
) -> Images:
    """The pictures that --data names; drawn digits, and a line that says so, where a set cannot be had.

    Args:
        data: a name of `SETS`, or a folder that holds a folder of pictures for each class, read in colour.
        quick: keep only the first 2,000 to train on and 500 to test.
        seed: of the draw that splits a folder; None takes the last of each class by name to test on.
        size: height and width that the pictures of a folder get, in pixels.
        test_split: the share of a folder's pictures that are for the test.
        flag: that named them, for the errors.

    Raises:
        Refused: neither a name nor a folder, files that cannot be read or learned from, or half of a set only.
    """
    try:
        if data in SETS:
            name, halves, class_names = _load_set(data)
        elif Path(data).is_dir():
            name, class_names = Path(data).resolve().name, datasets.image_folder.class_names(data)
            halves = datasets.image_folder.load_data(data, (size, size), test_split=test_split, seed=seed)
        else:
            raise Refused(f"{flag}: {unknown(data, SETS, 'folder or data set')}")
    except ValueError as error:  # a corrupt file, no classes, a picture that is none: the message names it
        raise Refused(f"{flag} {data}: {error}") from None
    keep = (2000, 500) if quick else (None, None)
    (x_train, y_train), (x_test, y_test) = ((x[:n], y[:n]) for (x, y), n in zip(halves, keep))
    x_train, x_test = (x if x.ndim == 4 else x[..., None] for x in (x_train, x_test))  # grey is one channel
    images = Images(name, x_train, y_train, x_test, y_test, class_names)
    if len(x_train):
        images = _without_empty_classes(images)
    whole = f"get {name} whole, or take other data" if data in SETS else ""
    if len(images.class_names) < 2:
        (only,), mend = images.class_names, whole or "give it a folder for each of two or more"
        raise Refused(f"{flag} {data}: one class only ({only}); {mend}")
    for x, purpose in ((images.x_train, "train"), (images.x_test, "test")):
        if not len(x):
            mend = whole or "give each class two pictures or more"
            raise Refused(f"{flag} {data}: nothing to {purpose} on; {mend}")
    return images


def scaled(x: np.ndarray) -> np.ndarray:
    """Bytes as float32 from 0 to 1."""
    return x.astype(np.float32) / 255


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Classes (n,) as rows (n, classes): 1 for the true class, 0 for the others."""
    return np.eye(classes, dtype=np.float32)[labels]


def _load_set(data: str) -> tuple[str, Any, Sequence[str]]:
    known = SETS[data]
    try:
        return known.title, known.load(), known.class_names
    except datasets.DataUnavailable as error:
        print(
            f"{known.title} is not to be had here, so there are drawn digits instead. ({error})",
            file=sys.stderr,
        )
        return _load_set("synthetic")


def _without_empty_classes(images: Images) -> Images:
    """Leave out the classes that there is nothing to learn of, and say so: a part of a set may lack them."""
    there = np.unique(images.y_train)
    if len(there) == len(images.class_names):
        return images
    missing = [name for k, name in enumerate(images.class_names) if k not in there]
    tested = np.isin(images.y_test, there)
    print(f"{images.name}: nothing to learn {', '.join(missing)} from: left out.", file=sys.stderr)
    return Images(
        images.name,
        images.x_train,
        np.searchsorted(there, images.y_train),  # numbered anew, from 0 without a gap
        images.x_test[tested],
        np.searchsorted(there, images.y_test[tested]),
        [images.class_names[k] for k in there],
    )


def _cifar10() -> list[tuple[np.ndarray, np.ndarray]]:
    """CIFAR-10 with labels (n,), as it lies; of a part, whose files may be sorted by class, the classes mixed."""
    halves = [(x, y.reshape(-1)) for x, y in datasets.cifar10.load_data()]
    return [half if len(half[0]) == n else _mixed(*half) for half, n in zip(halves, (50_000, 10_000))]


def _mixed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes evenly mixed, each in its own order: the k-th picture of n goes (k + 1/2) / n of the way."""
    place = np.empty(len(y))
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        place[own] = (np.arange(len(own)) + 0.5) / len(own)
    order = np.argsort(place, kind="stable")
    return x[order], y[order]
