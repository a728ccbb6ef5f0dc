"""The real pictures: one class of a data set, or all of it, with pixels from -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapters import course
from tinydl.lookup import lookup, unknown

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


def real_pictures(data: str, kind: str | None = None, quick: bool = False) -> Real:
    """The pictures that --data names, or those of the class `kind` alone; with `quick`, few of them.

    Raises:
        Refused: there is no such set, no picture of such a class, or fewer pictures than a batch.
    """
    if data not in (known := [*ALIASES, *course.SETS]) and not Path(data).is_dir():
        raise course.Refused(f"--data: {unknown(data, known, 'folder or data set')}")
    asked_for_kind = kind is not None
    if data in ALIASES:
        if asked_for_kind:
            raise course.Refused(f"--class {kind}: {data} are one class of CIFAR-10; take --data cifar10")
        data, kind = ALIASES[data]
    images = course.load_images(data, seed=None, size=SIDE)
    if kind not in images.class_names and not asked_for_kind:
        kind = None  # the set that was asked for is not to be had, and there are drawn digits instead
    x = images.x_train if kind is None else _of_class(images, kind)
    name = images.name if kind is None else f"{images.name}, {kind}"
    if quick:
        x, images.x_train, images.y_train = x[:400], images.x_train[:2000], images.y_train[:2000]
    whole = len(x) // BATCH * BATCH
    if not whole:
        raise course.Refused(
            f"--data {data}: {len(x)} pictures of {name}; a step takes {BATCH}, and some thousands are good"
        )
    return Real(name, course.scaled(x[:whole]) * 2 - 1, images)


def _of_class(images: course.Images, kind: str) -> np.ndarray:
    """The pictures (m, h, w, channels) of one class."""
    try:
        label = lookup(kind, {name: k for k, name in enumerate(images.class_names)}, "class")
    except ValueError as error:
        raise course.Refused(f"--class: {error}") from None
    return images.x_train[images.y_train == label]
