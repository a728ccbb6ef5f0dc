"""Folders of pictures a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tinydl.datasets import image_folder

COLOURS = {"ant": (250, 0, 0), "bee": (0, 250, 0), "cow": (0, 0, 250)}


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Three classes of ten pictures, a colour a class, with the picture's number as the blue in it."""
    folder = tmp_path / "animals"
    for name, (red, green, blue) in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(10):
            picture = Image.new("RGB", (12 + number, 9), (red, green, max(blue, number)))
            picture.save(folder / name / f"{number}.png")
        (folder / name / "Thumbs.db").write_bytes(b"no picture")
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("no class", encoding="utf-8")
    return folder


def test_pictures_and_labels_belong_together(animals: Path) -> None:
    (x_train, y_train), (x_test, y_test) = image_folder.load_data(animals, (6, 8), test_split=0.3)
    assert image_folder.class_names(animals) == tuple(COLOURS)
    assert x_train.shape == (21, 6, 8, 3) and x_test.shape == (9, 6, 8, 3)
    assert x_train.dtype == np.uint8 and y_train.dtype == np.int32
    for x, y, each in ((x_train, y_train, 7), (x_test, y_test, 3)):
        assert np.bincount(y).tolist() == [each] * 3
        assert (x[:, 0, 0].argmax(axis=-1) == y).all()
    assert (np.diff(y_train) != 0).sum() > 4  # shuffled: no run of one class after another
    both = np.concatenate([x_train, x_test])
    assert len(np.unique(both[:, 0, 0], axis=0)) == 10 + 10 + 1  # no picture twice


def test_the_seed_decides(animals: Path) -> None:
    def held_out(seed: int) -> list[list[int]]:
        _, (x, _) = image_folder.load_data(animals, (1, 1), seed=seed)
        return x[:, 0, 0].tolist()

    assert held_out(1) == held_out(1) != held_out(2)


def test_the_last_by_name_are_held_out_without_a_seed(animals: Path) -> None:
    (animals / "ant" / "9b.png").write_bytes(
        (animals / "ant" / "9.png").read_bytes()
    )  # 11 ants: 3 are held out
    (x_train, y_train), (x_test, y_test) = image_folder.load_data(animals, (1, 1), test_split=0.3, seed=None)
    numbers = {"train": x_train[:, 0, 0, 2], "test": x_test[:, 0, 0, 2]}  # the blue in ants and bees
    assert sorted(numbers["train"][y_train == 1]) == list(range(7))
    assert sorted(numbers["test"][y_test == 1]) == [7, 8, 9]
    assert sorted(numbers["test"][y_test == 0]) == [8, 9, 9]
    assert (np.diff(y_train) != 0).sum() > 4  # shuffled all the same
    again = image_folder.load_data(animals, (1, 1), test_split=0.3, seed=None)
    np.testing.assert_array_equal(again[0][0], x_train)


@given(n=st.integers(1, 12), split=st.floats(0, 0.99))
def test_shares(n: int, split: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("shares")
    (folder / "one").mkdir()
    for number in range(n):
        Image.new("L", (1, 1)).save(folder / "one" / f"{number}.bmp")
    (x_train, _), (x_test, _) = image_folder.load_data(folder, (1, 1), test_split=split)
    assert len(x_train) + len(x_test) == n and len(x_train) >= 1
    assert (len(x_test) > 0) == (split > 0 and n > 1)


@pytest.mark.parametrize(("color_mode", "channels"), [("rgb", 3), ("rgba", 4), ("grayscale", 1)])
@pytest.mark.parametrize("stored", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", "I", "F"])
def test_color_modes(stored: str, color_mode: str, channels: int, tmp_path: Path) -> None:
    (tmp_path / "all" / "white").mkdir(parents=True)
    suffix = {"CMYK": "JPG", "I": "tif", "F": "tif"}.get(stored, "png")
    white = Image.new("L", (5, 4), "white")
    white.convert("RGBA" if stored == "P" else "L").convert(stored).save(tmp_path / f"one.{suffix}")
    assert image_folder.open_image(tmp_path / f"one.{suffix}").getpixel((0, 0)) in [(255,) * 3, (254,) * 3]
    (tmp_path / f"one.{suffix}").rename(tmp_path / "all" / "white" / f"one.{suffix}")
    (x, _), _ = image_folder.load_data(tmp_path / "all", (3, 2), color_mode)
    assert x.shape == (1, 3, 2, channels) and (x >= 254).all()


def test_more_than_eight_bits_keep_their_steps(tmp_path: Path) -> None:
    deep = np.array([[0, 10_000, 40_000]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    grey = np.asarray(image_folder.open_image(tmp_path / "deep.png", "grayscale"))
    assert grey.tolist() == [[0, 63, 255]]


def test_a_picture_taken_with_the_camera_on_its_side(tmp_path: Path) -> None:
    (tmp_path / "all" / "class").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright
    pixels = np.zeros((2, 4), np.uint8)
    pixels[:, :2] = 255  # white on the left as stored: above when upright
    Image.fromarray(pixels).save(tmp_path / "all" / "class" / "one.png", exif=exif)
    (x, _), _ = image_folder.load_data(tmp_path / "all", (4, 2), "grayscale")
    assert x[0, ..., 0].tolist() == [[255, 255], [255, 255], [0, 0], [0, 0]]


def test_bad_arguments(animals: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="color_mode 'bgr' is unknown; expected one of 'rgb', 'rgba', 'grayscale'"
    ):
        image_folder.load_data(animals, color_mode="bgr")
    with pytest.raises(ValueError, match="test_split must be at least 0 and below 1, got 1.0"):
        image_folder.load_data(animals, test_split=1.0)
    with pytest.raises(ValueError, match="image_size must be"):
        image_folder.load_data(animals, (0, 8))
    with pytest.raises(ValueError, match="nowhere' is no folder"):
        image_folder.load_data(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="ant' holds no classes"):
        image_folder.load_data(animals / "ant")


def test_a_class_without_pictures_is_named(animals: Path) -> None:
    (animals / "dog").mkdir()
    with pytest.raises(ValueError, match="dog holds no pictures"):
        image_folder.load_data(animals)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "garbled"])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_an_unreadable_file_is_named(suffix: str, damage: str, animals: Path) -> None:
    path = animals / "bee" / f"broken.{suffix}"
    noise = np.random.default_rng(0).integers(256, size=(40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    garbled = whole[:60] + bytes(len(whole) - 60)
    path.write_bytes(
        {"empty": b"", "text": b"hello", "cut": whole[: len(whole) // 2], "garbled": garbled}[damage]
    )
    with pytest.raises(ValueError, match=f"broken.{suffix} cannot be read as a picture"):
        image_folder.load_data(animals, (4, 4))


def test_the_real_files(real_data: Path) -> None:
    if not (real_data / "photos10").is_dir():
        pytest.skip("the data folder holds no photos")
    (x_train, y_train), (x_test, _) = image_folder.load_data(
        real_data / "photos10", (16, 16), test_split=1 / 3
    )
    assert x_train.shape == (400, 16, 16, 3) and x_test.shape == (200, 16, 16, 3)
    assert np.bincount(y_train).tolist() == [40] * 10
