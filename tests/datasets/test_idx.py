"""MNIST and Fashion-MNIST: the IDX format, where its files are looked for, what is said of a broken one."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinydl.datasets import fashion_mnist, idx, mnist

# The files are rewritten for every example, so that all examples may share one folder.
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
shapes = st.lists(st.integers(0, 7), min_size=1, max_size=4).map(tuple)


def encoded(array: np.ndarray) -> bytes:
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


def some(shape: tuple[int, ...], seed: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(high, size=shape).astype(np.uint8)


def write_set(folder: Path, seed: int = 0, packed: bool = True) -> tuple[np.ndarray, ...]:
    """A little set of four files; returns what is in them: x_train, y_train, x_test, y_test."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = some((5, 28, 28), seed), some((5,), seed, 10), some((2, 28, 28), seed + 1), some((2,), seed, 10)
    for name, array in zip((*idx.TRAIN, *idx.TEST), arrays, strict=True):
        content = encoded(array)
        (folder / name.removesuffix("" if packed else ".gz")).write_bytes(
            gzip.compress(content) if packed else content
        )
    return arrays


def same(loaded: tuple[idx.Pair, idx.Pair], arrays: tuple[np.ndarray, ...]) -> bool:
    (x_train, y_train), (x_test, y_test) = loaded
    return all(map(np.array_equal, (x_train, y_train, x_test, y_test), arrays))


@same_folder
@given(shape=shapes, seed=st.integers(0, 99), packed=st.booleans())
def test_what_was_written_is_read(shape: tuple[int, ...], seed: int, packed: bool, tmp_path: Path) -> None:
    array = some(shape, seed)
    content = encoded(array)
    (tmp_path / "file").write_bytes(gzip.compress(content) if packed else content)
    read = idx.read_idx(tmp_path / "file")
    assert read.dtype == np.uint8 and read.shape == shape and np.array_equal(read, array)
    read[...] = 0  # what is returned may be written to, as Keras's may


@same_folder
@given(shape=shapes, packed=st.booleans(), data=st.data())
def test_a_file_cut_off_anywhere_is_named(
    shape: tuple[int, ...], packed: bool, data: st.DataObject, tmp_path: Path
) -> None:
    content = encoded(some(shape))
    content = gzip.compress(content) if packed else content
    path = tmp_path / "cut"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match="cut is (cut off or corrupt|no IDX file)"):
        idx.read_idx(path)


@same_folder
@given(at=st.integers(0, 150), change=st.integers(1, 255))
def test_a_changed_byte_of_a_packed_file_is_never_read_as_data(at: int, change: int, tmp_path: Path) -> None:
    array = some((4, 28))
    content = bytearray(gzip.compress(encoded(array)))
    content[at % len(content)] ^= change
    (tmp_path / "file").write_bytes(content)
    try:
        read = idx.read_idx(tmp_path / "file")
    except ValueError as error:
        assert str(tmp_path / "file") in str(error)
    else:
        assert np.array_equal(read, array)  # the byte was the time stamp, or the like


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with nothing, expected 00 00 08"),
        (b"<html>", "begins with 3c 68 74 6d, expected 00 00 08"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "begins with 00 00 0d 01"),  # floats
        (encoded(some((2, 3))) + b"x", r"19 bytes came, .* shape \(2, 3\), 18 bytes"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "cut off or corrupt"),  # more than any memory holds
    ],
)
def test_what_came_and_what_was_expected(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        idx.read_idx(tmp_path / "file")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["mnist", "."])
def test_lookup_in_the_data_folder(
    place: str, packed: bool, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_set(cache / "mnist", seed=5)
    arrays = write_set(tmp_path / "data" / place, packed=packed)
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path / "data"))
    assert same(mnist.load_data(), arrays)


def test_lookup_in_the_cache(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path))  # there, but without the set
    arrays = write_set(cache / "fashion-mnist")
    assert same(fashion_mnist.load_data(), arrays)


def test_files_that_are_named_alike_are_told_apart(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TINYDL_DATA names a folder with MNIST's files in it: they are not read as Fashion-MNIST's."""
    digits, clothes = write_set(tmp_path / "flat", seed=1), write_set(cache / "fashion-mnist", seed=2)
    sums = {name: idx.sha256_of(tmp_path / "flat" / name) for name in (*idx.TRAIN, *idx.TEST)}
    monkeypatch.setitem(idx.SHA256, "mnist", sums)
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path / "flat"))
    assert same(mnist.load_data(), digits)
    assert same(fashion_mnist.load_data(), clothes)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (idx.TRAIN[0], some((5, 28)), r"shape \(5, 28\); expected images of shape \(n, 28, 28\)"),
        (idx.TRAIN[1], some((4,), 0, 10), r"labels of shape \(4,\) for the 5 images"),
        (idx.TEST[1], np.uint8([3, 10]), "label 10 at image 1, expected labels 0 to 9"),
    ],
)
def test_files_that_do_not_belong_together(name: str, array: np.ndarray, message: str, cache: Path) -> None:
    write_set(cache / "mnist")
    (cache / "mnist" / name).write_bytes(gzip.compress(encoded(array)))
    with pytest.raises(ValueError, match=message) as caught:
        mnist.load_data()
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("dataset", "name", "means"),
    [(mnist, "mnist", (0.1307, 0.1325)), (fashion_mnist, "fashion-mnist", (0.2860, 0.2868))],
)
def test_the_real_files(
    dataset: object, name: str, means: tuple[float, float], real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (real_data / name).is_dir():
        pytest.skip(f"the data folder holds no {name}")
    for file, checksum in idx.SHA256[name].items():
        assert idx.sha256_of(real_data / name / file) == checksum
    monkeypatch.setenv("TINYDL_DATA", str(real_data))
    (x_train, y_train), (x_test, y_test) = dataset.load_data()  # type: ignore[attr-defined]
    assert (x_train.shape, y_train.shape) == ((60_000, 28, 28), (60_000,))
    assert (x_test.shape, y_test.shape) == ((10_000, 28, 28), (10_000,))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert math.isclose(x_train.mean() / 255, means[0], abs_tol=5e-5)
    assert math.isclose(x_test.mean() / 255, means[1], abs_tol=5e-5)
    # As Keras prints them.
    assert y_train[:5].tolist() == {"mnist": [5, 0, 4, 1, 9], "fashion-mnist": [9, 0, 0, 3, 0]}[name]
