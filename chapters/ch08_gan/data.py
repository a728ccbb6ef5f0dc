"""The real pictures: one class of a data set, or all of it, with pixels from -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chapters import course
from tinydl.lookup import lookup

ALIASES = {"birds": ("cifar10", "bird"), "frogs": ("cifar10", "frog")}
SIDE = 32  # of pictures from a folder, as CIFAR-10's have it
BATCH = 20


@dataclass
class Real:
    """What the generator is to learn from.

    name: of the set and the class: "CIFAR-10, bird".
    x: float32 (n, h, w, channels), from -1 to 1, in the order of the files; n is a multiple of a batch's 20.
    images: the whole set, all classes.
    """

    name: str
    x: np.ndarray
    images: course.Images


def real_pictures(data: str, kind: str | None = None) -> Real:
    """The pictures that --data names, or those of the class `kind` alone.

    Raises:
        Refused: there is no such set or class, the class has no pictures, or they are fewer than a batch.
    """
    asked_for_kind = kind is not None
    if data in ALIASES:
        if asked_for_kind:
            raise course.Refused(f"--class {kind}: {data} are one class of CIFAR-10; take --data cifar10")
        data, kind = ALIASES[data]
    images = course.load_images(data, seed=None, size=SIDE, test_split=0.0)
    if kind not in images.class_names and not asked_for_kind:
        kind = None  # the set that was asked for is not to be had, and there are drawn digits instead
    x = images.x_train if kind is None else _of_class(images, kind)
    name = images.name if kind is None else f"{images.name}, {kind}"
    whole = len(x) // BATCH * BATCH
    if not whole:
        raise course.Refused(
            f"--data {data}: {len(x)} pictures of {name}; a step takes {BATCH}, and some thousands are good"
        )
    return Real(name, course.scaled(x[:whole]) * 2 - 1, images)


def _of_class(images: course.Images, kind: str) -> np.ndarray:
    """The pictures (m, h, w, channels) of one class."""
    try:
        label = images.class_names.index(lookup(kind, {name: name for name in images.class_names}, "class"))
    except ValueError as error:
        raise course.Refused(f"--class: {error}") from None
    found = images.x_train[images.y_train == label]
    if not len(found):
        counts = np.bincount(images.y_train, minlength=len(images.class_names))
        there = ", ".join(f"{name} {n:,}" for name, n in zip(images.class_names, counts) if n)
        raise course.Refused(f"--class {kind}: there are no pictures of it; there are {there}")
    return found
