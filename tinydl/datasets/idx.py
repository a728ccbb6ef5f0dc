"""The IDX format of MNIST and Fashion-MNIST: a few header bytes, then the numbers of one array.

    byte 0, 1   zero
    byte 2      what one number is; 8 means an unsigned byte, all that these sets use
    byte 3      how many axes the array has
    4 bytes     the length of each axis, big-endian
    the rest    the array, last axis fastest

Source: http://yann.lecun.com/exdb/mnist/ (section "The IDX file format").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinydl.datasets.download import cache_folder, data_folders, fetch, sha256_of, unpacked

Pair = tuple[np.ndarray, np.ndarray]

TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")

# Both sets name their files alike, so only the checksum tells whose a file is that lies in no folder of its
# own.
SHA256 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
}


def load_idx_set(name: str, mirrors: Sequence[str]) -> tuple[Pair, Pair]:
    """Both halves of a set of 28×28 pictures kept as four IDX files.

    Args:
        name: "mnist" or "fashion-mnist": its folder, and its row of checksums.
        mirrors: addresses to which a file's name is appended.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, uint8 of shape (n, 28, 28) and (n,).
    """
    return _load_half(name, mirrors, *TRAIN), _load_half(name, mirrors, *TEST)


def _load_half(name: str, mirrors: Sequence[str], images_file: str, labels_file: str) -> Pair:
    images_path, labels_path = _locate(name, mirrors, images_file), _locate(name, mirrors, labels_file)
    x, y = read_idx(images_path), read_idx(labels_path)  # (n, 28, 28), (n,)
    if x.shape[1:] != (28, 28):
        raise ValueError(
            f"{images_path} holds an array of shape {x.shape}; expected images of shape (n, 28, 28)."
        )
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"{labels_path} holds labels of shape {y.shape} for the {len(x)} images of {images_path}."
        )
    if y.size and y.max() > 9:
        raise ValueError(
            f"{labels_path} is corrupt: label {y.max()} at image {y.argmax()}, expected labels 0 to 9."
        )
    return x, y


def _locate(name: str, mirrors: Sequence[str], file: str) -> Path:
    """The path of one file of a set, packed or unpacked, downloaded if need be."""
    others = {checksums[file] for other, checksums in SHA256.items() if other != name}
    for folder in data_folders(name):
        for path in (folder / file, folder / file.removesuffix(".gz")):
            if path.is_file() and (folder.name == name or sha256_of(path) not in others):
                return path
    return fetch([mirror + file for mirror in mirrors], cache_folder() / name / file, SHA256[name][file])


def read_idx(path: str | Path) -> np.ndarray:
    """Reads an IDX file of unsigned bytes, packed with gzip or not.

    Args:
        path: the file.

    Returns:
        A uint8 array of the shape that the header announces.

    Raises:
        ValueError: the file is cut off or corrupt; it is named, with what came and what was expected.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "tiny"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(6)))
        >>> read_idx(path).tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    path = Path(path)
    content = unpacked(path)
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise ValueError(
            f"{path} is no IDX file of unsigned bytes: it begins with {content[:4].hex(' ') or 'nothing'}, "
            "expected 00 00 08 and the number of axes."
        )
    axes = content[3]
    header = 4 + 4 * axes
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4))
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise ValueError(
            f"{path} is cut off or corrupt: {len(content):,} bytes came, "
            f"its header announces an array of shape {shape}, {expected:,} bytes: delete it and load again."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()  # a copy can be written to
