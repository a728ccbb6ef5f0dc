"""The plane: points by class, pictures that do not cover one another, films that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image

from tinydl import plot
from tinydl.plot.drawing import PALETTE

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 8, 8), dtype=np.uint8)
POINTS = RNG.normal(size=(6, 2))
LABELS = np.array([0, 1, 2, 0, 1, 2])


# ---- points ------------------------------------------------------------------------------------------------


def test_latent_scatter_has_a_colour_a_mark_and_a_name_for_each_class() -> None:
    labels, points = np.repeat(np.arange(10), 5), RNG.normal(size=(50, 2))
    axes = plot.latent_scatter(points, labels).axes[0]
    clouds = [each for each in axes.collections if isinstance(each, PathCollection)]
    for k, cloud in enumerate(clouds):
        np.testing.assert_array_equal(cloud.get_offsets(), points[labels == k])
    looks = {(tuple(each.get_facecolor()[0]), each.get_paths()[0].vertices.tobytes()) for each in clouds}
    assert len(clouds) == len(looks) == 10
    assert [text.get_text() for text in axes.texts] == [str(k) for k in range(10)]
    assert axes.texts[3].get_position() == tuple(np.median(points[labels == 3], axis=0))


def test_a_long_name_leaves_room_for_the_points() -> None:
    long = "a_name_that_" + 50 * "goes_on_" + "and_ends_so"
    axes = plot.latent_scatter(np.eye(2), [0, 1], [long, "short"]).axes[0]
    told = [text.get_text() for text in (*axes.texts, *axes.get_legend().get_texts())]
    assert told == ["a_name_that_…and_ends_so", "short"] * 2


def test_planes_of_one_reach_can_be_compared() -> None:
    axes = plot.latent_scatter(POINTS, LABELS, reach=7).axes[0]
    assert axes.get_xlim() == axes.get_ylim() == (-7, 7)


# ---- pictures at their places ------------------------------------------------------------------------------


def boxes(figure: Figure) -> np.ndarray:
    """Left, right, bottom, top of each picture in the plane: (n, 4)."""
    return np.array([image.get_extent() for image in figure.axes[0].images])


@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 99),
    side=st.floats(0.02, 0.4),
    shape=st.sampled_from([(4, 4), (4, 8), (8, 3)]),
)
@settings(deadline=None, max_examples=25)
def test_no_picture_covers_another_and_none_that_has_room_is_missing(
    n: int, seed: int, side: float, shape: tuple[int, int]
) -> None:
    points = np.random.default_rng(seed).normal(size=(n, 2))
    figure = plot.thumbnails(points, np.zeros((n, *shape)), side=side)
    left, right, low, high = boxes(figure).T
    width, height = right[0] - left[0], high[0] - low[0]
    span = np.ptp(figure.axes[0].get_xlim())
    assert max(width, height) == pytest.approx(side * span)
    assert height / width == pytest.approx(shape[0] / shape[1])
    centres = np.stack([(left + right) / 2, (low + high) / 2], axis=1)
    where = [int(np.abs(points - centre).sum(axis=1).argmin()) for centre in centres]
    np.testing.assert_allclose(points[where], centres, atol=1e-9)  # exactly where they belong
    for i, a in enumerate(centres):
        for b in centres[:i]:
            assert abs(a - b)[0] >= width * (1 - 1e-9) or abs(a - b)[1] >= height * (1 - 1e-9)
    for i in set(range(n)) - set(where):  # those left out would have covered one of those before them
        covers = (np.abs(points[i] - centres) < (width, height)).all(axis=1)
        assert covers[[k for k, w in enumerate(where) if w < i]].any()
    for limits, values in (
        (figure.axes[0].get_xlim(), points[:, 0]),
        (figure.axes[0].get_ylim(), points[:, 1]),
    ):
        assert limits[0] <= values.min() and values.max() <= limits[1]


def test_thumbnails_stand_upright_in_the_colours_of_their_classes() -> None:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[:, :2] = 255  # white above
    figure = plot.thumbnails([[0, 0], [9, 9]], images, labels=[1, 3])
    for image in figure.axes[0].images:
        assert image.origin == "upper" and (np.asarray(image.get_array())[:2] == 1).all()
        assert image.get_extent()[2] < image.get_extent()[3]
    assert [frame.get_edgecolor() for frame in figure.axes[0].patches] == [
        to_rgba(PALETTE[k]) for k in (1, 3)
    ]


def test_points_without_a_picture_are_dots() -> None:
    figure = plot.thumbnails([[0, 0], [0.1, 0], [9, 9]], IMAGES[:3], labels=[0, 1, 2])
    (dots,) = figure.axes[0].collections
    assert dots.get_offsets().tolist() == [[0.1, 0]] and len(figure.axes[0].images) == 2  # type: ignore[union-attr]
    assert len(plot.thumbnails(np.zeros((6, 2)), IMAGES).axes[0].images) == 1  # all in one place


# ---- films -------------------------------------------------------------------------------------------------


def test_a_film_holds_its_frames_and_their_times(tmp_path: Path) -> None:
    greys = [np.full((5, 7), value, np.uint8) for value in (0, 120, 255)]
    path = plot.save_animation(greys, tmp_path / "new" / "film.gif", seconds=[0.1, 0.2, 1.5])
    with Image.open(path) as film:
        assert film.n_frames == 3 and film.size == (7, 5) and film.info["loop"] == 0
        for i, (grey, time) in enumerate(zip((0, 120, 255), (100, 200, 1500))):
            film.seek(i)
            assert film.info["duration"] == time
            np.testing.assert_array_equal(np.asarray(film.convert("RGB")), np.full((5, 7, 3), grey))
    assert list(path.parent.iterdir()) == [path]


def test_a_film_of_figures_in_few_colours(tmp_path: Path) -> None:
    frames = (plot.latent_scatter(t * POINTS, LABELS, reach=3) for t in (0.1, 1.0))
    path = plot.save_animation(frames, tmp_path / "film.GIF", dpi=40, colours=16)
    with Image.open(path) as film:
        assert film.n_frames == 2 and film.size == (288, 232) and film.info["duration"] == 200
        assert len(film.convert("RGB").getcolors()) <= 16
        first = np.asarray(film.convert("RGB"), dtype=int)
        film.seek(1)
        assert np.abs(np.asarray(film.convert("RGB"), dtype=int) - first).max() > 100


def test_small_marks_keep_their_colours(tmp_path: Path) -> None:
    frame = np.full((80, 200, 3), 255, np.uint8)
    for k, colour in enumerate(PALETTE):
        frame[40:42, 20 * k + 8 : 20 * k + 10] = np.array(to_rgba(colour)[:3]) * 255
    ramp = np.linspace(100, 255, 200).astype(np.uint8)  # and a lot of greys, which want colours too
    frame[60:] = ramp[None, :, None]
    path = plot.save_animation([frame], tmp_path / "film.gif", colours=32)
    with Image.open(path) as film:
        shown = np.asarray(film.convert("RGB"), dtype=int)
    for k, colour in enumerate(PALETTE):
        assert np.abs(shown[40, 20 * k + 8] - np.array(to_rgba(colour)[:3]) * 255).max() < 40, colour


def test_a_film_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "film.gif"
    path.write_bytes(b"old")

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="path: cannot write .*film.gif .No space left on device.; choose"):
        plot.save_animation(IMAGES, path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


# ---- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plot.latent_scatter(np.zeros((6, 3)), LABELS),
            r"points: expected \(n, 2\).*got shape \(6, 3\)",
        ),
        (lambda: plot.latent_scatter(np.zeros((6, 2)), LABELS[:3]), "labels: expected 6"),
        (lambda: plot.thumbnails(POINTS[:, 0], IMAGES), r"points: expected \(n, 2\).*got shape \(6,\)"),
        (lambda: plot.thumbnails(POINTS, IMAGES[:4]), "images: expected 6, one for each point, got 4"),
        (lambda: plot.thumbnails(POINTS, IMAGES, LABELS[:2]), "labels: expected 6"),
        (lambda: plot.thumbnails(POINTS, IMAGES, side=0), "side: .*between 0 and 1, got 0"),
        (lambda: plot.thumbnails(np.full((6, 2), np.nan), IMAGES), "points: expected finite"),
        (lambda: plot.save_animation(IMAGES, "film.png"), "path: .*ends in .gif; got 'film.png'"),
        (lambda: plot.save_animation([], "film.gif"), "frames: expected one or more.*got none"),
        (
            lambda: plot.save_animation([np.eye(3), np.eye(4)], "film.gif"),
            "frames: .*all of one size; got 3x3 and 4x4",
        ),
        (lambda: plot.save_animation([np.eye(3), np.zeros(3)], "film.gif"), r"frames\[1\]: expected grey"),
        (lambda: plot.save_animation(IMAGES, "film.gif", seconds=0), "seconds: .*got 0"),
        (lambda: plot.save_animation(IMAGES, "film.gif", seconds=[1, 2]), "or 6, one for each frame"),
        (lambda: plot.save_animation(IMAGES, "film.gif", colours=1), "colours: expected 2 to 256, got 1"),
    ],
)
def test_bad_input_is_named(
    draw: object, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        draw()  # type: ignore[operator]
    assert not list(tmp_path.iterdir())
