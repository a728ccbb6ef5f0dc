"""CIFAR-10's binary version: whole, packed, in part, and broken."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinydl.datasets import cifar10

OFFICIAL = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


def some_records(n: int, seed: int = 0) -> tuple[bytes, np.ndarray, np.ndarray]:
    """n records as bytes, written pixel by pixel, and the images and labels in them."""
    rng = np.random.default_rng(seed)
    x, y = (
        rng.integers(256, size=(n, 32, 32, 3)).astype(np.uint8),
        rng.integers(10, size=(n, 1)).astype(np.uint8),
    )
    content = b"".join(
        bytes(label) + b"".join(image[..., channel].tobytes() for channel in range(3))
        for image, label in zip(x, y, strict=True)
    )
    return content, x, y


def write_archive(path: Path, contents: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"readme.html": b"hello", **contents}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("packed", [True, False])
def test_records(packed: bool, tmp_path: Path) -> None:
    content, x, y = some_records(3)
    path = tmp_path / ("some.bin.gz" if packed else "some.bin")
    path.write_bytes(gzip.compress(content) if packed else content)
    x_read, y_read = cifar10.read_records(path)
    assert x_read.dtype == y_read.dtype == np.uint8
    assert np.array_equal(x_read, x) and np.array_equal(y_read, y)
    x_read[...], y_read[...] = 0, 0  # both may be written to


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packed=st.booleans(), data=st.data())
def test_a_file_cut_off_anywhere_is_named(packed: bool, data: st.DataObject, tmp_path: Path) -> None:
    content = some_records(1)[0]
    content = gzip.compress(content) if packed else content
    path = tmp_path / ("cut.bin.gz" if packed else "cut.bin")
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match="is cut off or corrupt") as caught:
        cifar10.read_records(path)
    assert str(path) in str(caught.value)


def test_a_label_that_is_none(tmp_path: Path) -> None:
    content = bytearray(some_records(3)[0])
    content[3073] = 10
    (tmp_path / "bad.bin").write_bytes(content)
    with pytest.raises(ValueError, match="bad.bin is corrupt: label 10 in record 1, expected labels 0 to 9"):
        cifar10.read_records(tmp_path / "bad.bin")


@pytest.mark.parametrize("place", ["cifar-10", "cifar-10-batches-bin", "."])
@pytest.mark.parametrize("form", ["archive", "bin", "bin.gz"])
def test_the_official_files(
    form: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {name: some_records(2, seed) for seed, name in enumerate(OFFICIAL)}
    folder = tmp_path / place
    if form == "archive":  # in an order of its own, as the official one
        write_archive(
            folder / cifar10.ARCHIVE, {name: parts[name][0] for name in sorted(parts, reverse=True)}
        )
    else:
        folder.mkdir(exist_ok=True)
        for name, (content, _, _) in parts.items():
            content = gzip.compress(content) if form == "bin.gz" else content
            (folder / f"{name}{form.removeprefix('bin')}").write_bytes(content)
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path))
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert np.array_equal(x_train, np.concatenate([parts[name][1] for name in OFFICIAL[:5]]))
    assert np.array_equal(y_train, np.concatenate([parts[name][2] for name in OFFICIAL[:5]]))
    assert np.array_equal(x_test, parts["test_batch.bin"][1])
    assert np.array_equal(y_test, parts["test_batch.bin"][2])


def test_a_part_says_what_is_there(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cache / "cifar-10"
    folder.mkdir(parents=True)
    content, x, y = some_records(4)
    (folder / "train_some.bin").write_bytes(content)
    (folder / "train_some.bin.gz").write_bytes(gzip.compress(content))  # the same once more: read once
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert np.array_equal(x_train, x) and np.array_equal(y_train, y)
    assert (x_test.shape, y_test.shape) == ((0, 32, 32, 3), (0, 1))
    said = capsys.readouterr().err
    assert "4 of 50,000 training images" in said and "0 of 10,000 test images" in said and str(folder) in said
    assert all(
        f"{cifar10.class_names[label]} {count}" in said
        for label, count in enumerate(np.bincount(y[:, 0]))
        if count
    )


def test_broken_archives(cache: Path) -> None:
    path = cache / "cifar-10" / cifar10.ARCHIVE
    parts = {name: some_records(1)[0] for name in OFFICIAL}
    write_archive(path, parts | {"data_batch_3.bin": b"short"})
    with pytest.raises(ValueError, match="data_batch_3.bin in .*tar.gz is cut off or corrupt: 5 bytes came"):
        cifar10.load_data()
    write_archive(path, {name: content for name, content in parts.items() if name != "test_batch.bin"})
    with pytest.raises(ValueError, match="holds no test_batch.bin"):
        cifar10.load_data()
    write_archive(path, parts)
    whole = path.read_bytes()
    for length in (0, 5, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="tar.gz is cut off or corrupt"):
            cifar10.load_data()


def test_the_real_files(
    real_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (real_data / "cifar-10-subset").is_dir():
        pytest.skip("the data folder holds no part of CIFAR-10")
    monkeypatch.setenv("TINYDL_DATA", str(real_data))
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (x_train.shape, y_train.shape) == ((14_000, 32, 32, 3), (14_000, 1))
    assert (x_test.shape, y_test.shape) == ((1_000, 32, 32, 3), (1_000, 1))
    assert np.bincount(y_train[:, 0]).tolist() == [500, 500, 5000, 500, 500, 500, 5000, 500, 500, 500]
    assert np.bincount(y_test[:, 0]).tolist() == [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]
    said = capsys.readouterr().err
    assert "14,000 of 50,000 training images" in said and "bird 5,000" in said
