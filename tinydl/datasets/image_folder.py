"""Pictures of one's own: a folder that holds a folder of pictures for each class, named after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

Pair = tuple[np.ndarray, np.ndarray]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}  # Keras's name -> Pillow's


def class_names(path: str | Path) -> tuple[str, ...]:
    """The names of the folders in `path`, sorted: label k is the k-th.

    Raises:
        ValueError: `path` is no folder, or holds no folder.
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(
            f"path {str(path)!r} is no folder; expected one that holds one folder of pictures a class."
        )
    names = sorted(
        entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if not names:
        raise ValueError(
            f"path {str(path)!r} holds no classes; expected one folder of pictures a class in it."
        )
    return tuple(names)


def load_data(
    path: str | Path,
    image_size: tuple[int, int] = (64, 64),
    color_mode: str = "rgb",
    test_split: float = 0.2,
    seed: int | None = 0,
) -> tuple[Pair, Pair]:
    """Loads a folder of pictures a class, all resized to one size.

    The same share of each class is held out, by a draw from `seed` or as the names of the files go, and both halves
    come shuffled, so that a `validation_split` of the first has every class in it too. Names follow Keras's
    `image_dataset_from_directory`.

    Args:
        path: the folder; `class_names(path)` gives the names of its classes.
        image_size: (height, width) in pixels. Pictures are stretched to it, bilinear with antialiasing.
        color_mode: "rgb", "rgba" or "grayscale": 3, 4 or 1 channels.
        test_split: the share of each class that is held out, at least 0 and below 1.
        seed: of the draw. With None there is none: the last of each class by name are held out, so that anybody
            can tell which, and the order is always the same.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, x uint8 of shape (n, height, width, channels), y int32 of
        shape (n,). A class of two pictures or more is in both halves unless `test_split` is 0.

    Raises:
        ValueError: a bad argument, no classes, a class without pictures, or a file that is no picture; it is
        named.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data("photos10", (32, 32))  # doctest: +SKIP
        >>> x_train.shape, class_names("photos10")[y_train[0]]  # doctest: +SKIP
        ((480, 32, 32, 3), 'starfish')
    """
    if color_mode not in MODES:
        raise ValueError(
            f"color_mode {color_mode!r} is unknown; expected one of {', '.join(map(repr, MODES))}."
        )
    if not 0 <= test_split < 1:
        raise ValueError(f"test_split must be at least 0 and below 1, got {test_split!r}.")
    height, width = image_size
    if height < 1 or width < 1:
        raise ValueError(f"image_size must be (height, width), both at least 1, got {image_size!r}.")

    rng = np.random.default_rng(seed or 0)
    train: list[tuple[Path, int]] = []
    test: list[tuple[Path, int]] = []
    for label, name in enumerate(class_names(path)):
        files = _pictures(Path(path) / name)
        held = min(max(1, round(test_split * len(files))), len(files) - 1) if test_split else 0
        order = range(len(files))[::-1] if seed is None else rng.permutation(len(files))
        drawn = [(files[index], label) for index in order]
        test += drawn[:held]
        train += drawn[held:]

    def load(chosen: list[tuple[Path, int]]) -> Pair:
        order = [chosen[index] for index in rng.permutation(len(chosen))]
        x = np.empty((len(order), height, width, len(MODES[color_mode])), np.uint8)
        for image, (file, _) in zip(x, order, strict=True):
            resized = open_image(file, color_mode).resize((width, height), Image.Resampling.BILINEAR)
            image[...] = np.asarray(resized).reshape(height, width, -1)
        return x, np.array([label for _, label in order], np.int32)

    return load(train), load(test)


def _pictures(folder: Path) -> list[Path]:
    files = sorted(
        file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.name[0] != "."
    )
    if not files:
        raise ValueError(
            f"class folder {folder} holds no pictures; expected files ending in {', '.join(SUFFIXES)}."
        )
    return files


def open_image(file: str | Path, color_mode: str = "rgb") -> Image.Image:
    """A picture file as Pillow's picture, upright: cameras note in the file how they were held.

    Args:
        file: of any kind and mode that Pillow reads: grey, palette, CMYK, transparent. Of more than 8 bits a channel
            the brightest pixel becomes white.
        color_mode: "rgb", "rgba" or "grayscale".

    Returns:
        `PIL.Image.Image`, 8 bits a channel; `np.asarray` makes (height, width, 3), (…, 4) or (height, width) of it.

    Raises:
        ValueError: it cannot be read as a picture; the file is named.

    Example:
        >>> open_image("coffee.jpg").size  # doctest: +SKIP
        (600, 400)
    """
    try:
        with Image.open(file) as opened:
            upright: Image.Image = ImageOps.exif_transpose(opened)
            if upright.mode.startswith(("I", "F")):  # Pillow would cut off what is above 255
                deep = np.asarray(upright, np.float64)
                low, high = min(0, deep.min()), deep.max()
                upright = Image.fromarray(np.uint8(255 * (deep - low) / ((high - low) or 1)))
            if "transparency" in upright.info:  # a palette with alpha values: Pillow drops them in two steps
                upright = upright.convert("RGBA")
            return upright.convert(MODES[color_mode])
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise ValueError(
            f"{file} cannot be read as a picture ({problem}): mend it or take it away."
        ) from None
