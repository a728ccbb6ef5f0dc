"""CIFAR-10: 60,000 small colour photos of ten kinds of things (Krizhevsky, "Learning Multiple Layers of
Features from Tiny Images", 2009), in the binary version: records of 3,073 bytes, a label, then 32×32 red,
green and blue bytes."""

from __future__ import annotations

import gzip
import sys
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePath

import numpy as np

from tinydl.datasets.download import cache_folder, data_folders, fetch, unpacked

Pair = tuple[np.ndarray, np.ndarray]

class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

ARCHIVE = "cifar-10-binary.tar.gz"
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
MIRRORS = (
    "https://www.cs.toronto.edu/~kriz/",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
)
FOLDERS = ("cifar-10", "cifar-10-batches-bin", "cifar-10-subset")

TRAIN_FILES = ("data_batch_*.bin*", "train*.bin*")
TEST_FILES = ("test*.bin*",)
RECORD = 1 + 3 * 32 * 32


def load_data() -> tuple[Pair, Pair]:
    """Loads CIFAR-10 from `$TINYDL_DATA`, the cache folder or the network, in this order.

    A folder may hold the official archive, its six `.bin` files, or a part of the set: files named
    `data_batch_*` or `train*` and `test*`, ending in `.bin` or `.bin.gz`. Of a part, a line on standard error
    says what is there.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, all uint8, as Keras gives them: x of shape (50000, 32, 32,
        3) and (10000, 32, 32, 3), 0 to 255; y of shape (50000, 1) and (10000, 1), an index into
        `class_names`.

    Raises:
        DataUnavailable: not on this machine, and no mirror gave it.
        ValueError: a file is cut off or corrupt.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((50000, 32, 32, 3), (50000, 1))
    """
    for folder in data_folders(*FOLDERS):
        if (archive := folder / ARCHIVE).is_file():
            return _read_archive(archive)
        train, test = _matching(folder, TRAIN_FILES), _matching(folder, TEST_FILES)
        if train or test:
            data = _read_half(train), _read_half(test)
            _say_what_is_there(folder, data)
            return data
    urls = [mirror + ARCHIVE for mirror in MIRRORS]
    return _read_archive(fetch(urls, cache_folder() / FOLDERS[0] / ARCHIVE, SHA256))


def read_records(path: str | Path) -> Pair:
    """Reads one file of the binary version, packed with gzip or not.

    Args:
        path: the file; any number of records.

    Returns:
        `(x, y)`, uint8 of shape (n, 32, 32, 3) and (n, 1).

    Raises:
        ValueError: the file is cut off or corrupt; it is named, with what came and what was expected.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.bin"
        >>> _ = path.write_bytes((b"\\x06" + bytes(3072)) * 2)
        >>> x, y = read_records(path)
        >>> x.shape, y.tolist()
        ((2, 32, 32, 3), [[6], [6]])
    """
    return _records(unpacked(Path(path)), str(path))


def _records(content: bytes, source: str) -> Pair:
    if not content or len(content) % RECORD:
        raise ValueError(
            f"{source} is cut off or corrupt: {len(content):,} bytes came, "
            f"expected a whole number of records of {RECORD:,} bytes."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    y = records[:, :1].copy()  # (n, 1)
    if y.max() > 9:
        raise ValueError(
            f"{source} is corrupt: label {y.max()} in record {y.argmax()}, expected labels 0 to 9."
        )
    planes = records[:, 1:].reshape(-1, 3, 32, 32)  # (n, c, h, w)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), y  # (n, h, w, c), (n, 1)


def _read_half(paths: Iterable[Path]) -> Pair:
    return _joined([read_records(path) for path in paths])


def _joined(pairs: list[Pair]) -> Pair:
    if not pairs:
        return np.empty((0, 32, 32, 3), np.uint8), np.empty((0, 1), np.uint8)
    images, labels = zip(*pairs, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _read_archive(path: Path) -> tuple[Pair, Pair]:
    """Both halves out of the official archive, without unpacking it onto the disk."""
    found: dict[str, Pair] = {}
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked) as archive:
            for member in archive:
                name = PurePath(member.name).name
                if name.endswith(".bin") and (file := archive.extractfile(member)):
                    found[name] = _records(file.read(), f"{name} in {path}")
            while unpacked.read(1 << 20):
                pass  # gzip's checksum is at the very end
    except (OSError, EOFError, zlib.error, tarfile.TarError) as problem:
        raise ValueError(f"{path} is cut off or corrupt ({problem}): delete it and load again.") from None
    train = [f"data_batch_{number}.bin" for number in range(1, 6)]
    if missing := [name for name in (*train, "test_batch.bin") if name not in found]:
        raise ValueError(f"{path} holds no {missing[0]}: delete it and load again.")
    return _joined([found[name] for name in train]), found["test_batch.bin"]


def _matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """The files of a half in order of their names; of a file that lies there packed and unpacked, one."""
    paths = sorted(
        path for pattern in patterns for path in folder.glob(pattern) if path.suffix in (".bin", ".gz")
    )
    return list({path.name.removesuffix(".gz"): path for path in paths}.values())


def _say_what_is_there(folder: Path, data: tuple[Pair, Pair]) -> None:
    (_, y_train), (_, y_test) = data
    if len(y_train) == 50_000 and len(y_test) == 10_000:
        return
    counts = np.bincount(y_train[:, 0], minlength=10)
    there = [f"{name} {count:,}" for name, count in zip(class_names, counts, strict=True) if count]
    missing = [f"no {name}" for name, count in zip(class_names, counts, strict=True) if not count]
    each = f" ({', '.join(there + missing)})" if there else ""
    print(
        f"CIFAR-10: {folder} holds a part of the set, {len(y_train):,} of 50,000 training images{each} "
        f"and {len(y_test):,} of 10,000 test images.",
        file=sys.stderr,
    )
