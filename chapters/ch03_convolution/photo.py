"""The picture that the filters are tried on: a painted cake, or a file of the reader's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chapters.course import Refused
from tinydl.datasets import image_folder, synthetic
from tinydl.lookup import unknown

CAKE = "cake"
LARGEST, SMALLEST = 160, 32  # pixels: the longer side is made smaller, the shorter one must not be less
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # how bright red, green and blue look (ITU-R BT.601)


def load_photo(data: str, seed: int = 0) -> tuple[str, np.ndarray]:
    """The picture that --data names, and what it is called: float32 (h, w, 3), from 0 to 1.

    Args:
        data: "cake", or a picture file of any kind and mode.
        seed: of the cake.

    Raises:
        Refused: there is no such thing, or it is no picture, or a very small one.
    """
    if data == CAKE:
        x, y = synthetic.cakes(10, size=128, seed=seed)  # one of each kind
        tart = x[y == synthetic.cake_names.index("fruit tart")][0]  # it has edges of all directions
        return "a painted fruit tart", tart.astype(np.float32) / 255
    path = Path(data)
    if path.is_dir():
        raise Refused(
            f"--data {data}: a folder; this chapter looks at one picture: name a file in it, or {CAKE}"
        )
    if not path.is_file():
        raise Refused(f"--data: {unknown(data, [CAKE], 'picture')}, or a picture file")
    try:
        opened = image_folder.open_image(path)
    except ValueError as problem:
        raise Refused(f"--data: {problem}") from None
    opened.thumbnail((LARGEST, LARGEST))
    pixels = np.asarray(opened, dtype=np.float32) / 255  # (h, w, 3)
    if min(pixels.shape[:2]) < SMALLEST:
        size = "{1}×{0}".format(*pixels.shape)
        raise Refused(f"--data {data}: {size} pixels are left of it; each side needs {SMALLEST} or more")
    return path.name, pixels


def grey(picture: np.ndarray) -> np.ndarray:
    """How bright a picture (h, w, 3) is: (h, w)."""
    return picture @ GREY
