"""Chapter 3: pictures of all kinds, its experiments, and a run of it from the command line."""

from __future__ import annotations

import functools
import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chapters import course
from chapters.__main__ import main
from chapters.ch03_convolution import experiments, ladder, pictures, train
from chapters.ch03_convolution.model import BLUR, BY_HAND, SHARPEN, UPRIGHT, one_filter
from chapters.ch03_convolution.photo import load_photo
from tinydl import Sequential, backend, datasets, ops
from tinydl.checkpoint import read

PICTURES = "by_hand checkerboard depth filters im2col ladder learnt maps padding painting smaller".split()


@pytest.fixture(autouse=True)
def little_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=400, n_test=100)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)
    monkeypatch.setattr(ladder, "BATCH", 2)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)


def run(out: Path, *flags: str) -> int:
    return main(["run", "convolution", "--digits", "synthetic", "--out", str(out), *flags])


def record(out: Path) -> dict[str, Any]:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


# ---- a run --------------------------------------------------------------------------------------------------


def test_a_quick_run_leaves_pictures_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--quick") == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for name in PICTURES:
        with Image.open(tmp_path / f"{name}.png") as opened:
            assert np.asarray(opened.convert("L")).std() > 5, f"{name} is blank"
    report = record(tmp_path)
    assert report["state"] == "finished" and report["data"] == "a painted fruit tart, synthetic digits"
    figures = report["figures"]
    assert figures["speedup"] > 100 and course.main_figure(course.CHAPTERS["convolution"], report)
    assert max(figures["gradients_apart"].values()) < 1e-12 and figures["batch_apart"] < 1e-4
    assert figures["changed"] == 8 and 0 < figures["step"] < 0.0011  # Adam's first step is at most its rate
    told = capsys.readouterr().out
    assert f"{figures['speedup']:,.0f} times as fast" in told and "8 of 8 arrays of weights change" in told


def test_a_run_on_a_gpu(there: Any, tmp_path: Path, no_pictures: None) -> None:
    assert run(tmp_path, "--quick", "--device", "gpu") == 0 and backend.current_device() == "gpu:0"
    assert list(record(tmp_path)["figures"]["seconds_of"])[-1] == "on the GPU"


def test_a_run_that_was_stopped_goes_on_bit_for_bit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_pictures: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for part in ("filters_by_hand", "windows", "how_fast", "the_way_back", "a_filter_that_learns"):
        monkeypatch.setattr(train, part, lambda run, picture=None: None)
    monkeypatch.setattr(experiments, "one_by_one", lambda *of: 0.0)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run(whole, "--quick", "--epochs", "2") == 0
    step, steps = Sequential.train_step, iter(range(1000))

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        if self.count_params() > 1000 and next(steps) == 5:  # LeNet's: one alone, then three an epoch
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    monkeypatch.setattr(Sequential, "train_step", interrupted)
    assert run(stopped, "--quick", "--epochs", "2") == 130
    told = capsys.readouterr().out
    assert "--resume" in told and record(stopped)["state"] == "stopped"
    assert "The filters stopped in epoch 2 " in told
    assert run(stopped, "--quick", "--epochs", "2", "--resume") == 0
    expected, got = (read(out / "backup" / "lenet" / "latest.npz") for out in (whole, stopped))
    assert len(expected) == len(got) > 16
    for (name, wanted), value in zip(expected.items(), got.values()):
        np.testing.assert_array_equal(value, wanted, err_msg=name)


def test_stopped_before_anything_was_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(rounds: int) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(ladder, "measure", interrupted)
    assert run(tmp_path, "--quick") == 130
    assert "nothing to go on from" in capsys.readouterr().out
    assert record(tmp_path)["state"] == "stopped" and (tmp_path / "by_hand.png").exists()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (
            ["--data", "cacke"],
            "unknown picture 'cacke': did you mean 'cake'? There are: cake, or a picture file",
        ),
        (["--data", "nowhere.png"], "There are: cake, or a picture file"),
        (["--data", "."], "a folder; this chapter looks at one picture"),
        (["--data", "broken.png"], "broken.png cannot be read as a picture"),
        (["--data", "cut.png"], "cut.png cannot be read as a picture"),
        (["--data", "empty.jpg"], "empty.jpg cannot be read as a picture"),
        (["--data", "tiny.png"], "40×31 pixels are left of it; each side needs 32 or more"),
        (["--data", "ribbon.png"], "160×4 pixels are left of it"),
        (["--digits", "cakes"], "invalid choice"),
        (["--resume"], "no run to go on with"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_refused_in_one_line(
    flags: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.png").write_bytes(b"no picture")
    Path("empty.jpg").touch()
    Image.new("RGB", (40, 31)).save("tiny.png")
    Image.new("RGB", (4000, 100)).save("ribbon.png")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save("whole.png")
    Path("cut.png").write_bytes(Path("whole.png").read_bytes()[:5000])
    assert main(["run", "convolution", *flags]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ") and told.err.count("\n") == 1 and says in told.err, told.err
    assert not told.out


# ---- a picture of one's own ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_pictures_of_all_modes(mode: str, tmp_path: Path) -> None:
    """Upper half black, lower half white: that much every mode can say."""
    half = np.zeros((48, 64), np.uint8)
    half[24:] = 255
    if mode == "I;16":
        picture = Image.fromarray(half.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(half).convert(mode)
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.tif")
    picture.save(path)
    name, pixels = load_photo(str(path))
    assert name == path.name and pixels.shape == (48, 64, 3) and pixels.dtype == np.float32
    np.testing.assert_allclose(pixels, np.repeat(half[..., None] / 255, 3, axis=2), atol=0.02)


def test_pictures_come_upright_and_small(tmp_path: Path) -> None:
    lying = Image.new("RGB", (400, 300))  # what the camera saw, turned by 90 degrees
    lying.paste((255, 0, 0), (0, 0, 100, 300))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn clockwise": the left side comes to the top
    lying.save(tmp_path / "a.jpg", exif=exif)
    pixels = load_photo(str(tmp_path / "a.jpg"))[1]
    assert pixels.shape == (160, 120, 3)
    assert pixels[:35, :, 0].min() > 0.9 and pixels[45:].max() < 0.1


def test_the_cake_depends_on_the_seed_alone() -> None:
    assert (load_photo("cake", 3)[1] == load_photo("cake", 3)[1]).all()
    assert (load_photo("cake", 3)[1] != load_photo("cake", 4)[1]).any()


# ---- the experiments ----------------------------------------------------------------------------------------


def test_filters_do_what_they_are_called() -> None:
    flat = np.full((8, 9, 3), 0.4, np.float32)
    for name, kernel in BY_HAND.items():  # no rim: brightness stays, or there is silence
        np.testing.assert_allclose(
            experiments.filtered(flat, kernel), 0.4 * kernel.sum(), atol=1e-6, err_msg=name
        )
    ramp = np.tile(np.arange(9, dtype=np.float32), (8, 1))  # one brighter with every column
    np.testing.assert_allclose(experiments.filtered(ramp, UPRIGHT)[:, 1:-1], 8)  # (1 + 2 + 1) * 2
    np.testing.assert_allclose(experiments.filtered(ramp, UPRIGHT.T), 0)
    dot = np.zeros((5, 5), np.float32)
    dot[2, 2] = 9
    np.testing.assert_allclose(experiments.filtered(dot, BLUR)[1:4, 1:4], 1, rtol=1e-6)


def test_gradients_by_loops_are_those_of_finite_differences() -> None:
    rng = np.random.default_rng(0)
    x, kernel, gy = rng.normal(size=(6, 5)), rng.normal(size=(3, 2)), rng.normal(size=(4, 4))

    def total(x: np.ndarray, kernel: np.ndarray, bias: float) -> float:
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
        return float(((windows * kernel).sum(axis=(2, 3)) + bias).ravel() @ gy.ravel())

    gx, gkernel, gbias = experiments.gradients_by_loops(x, kernel, gy)
    for i in np.ndindex(x.shape):
        bump = np.zeros_like(x)
        bump[i] = 1
        assert gx[i] == pytest.approx(
            total(x + bump, kernel, 0) - total(x, kernel, 0)
        )  # linear: any step will do
    for i in np.ndindex(kernel.shape):
        bump = np.zeros_like(kernel)
        bump[i] = 1
        assert gkernel[i] == pytest.approx(total(x, kernel + bump, 0) - total(x, kernel, 0))
    assert gbias == pytest.approx(total(x, kernel, 1) - total(x, kernel, 0))
    assert max(experiments.loops_beside_engine(x).values()) < 1e-13


def test_a_convolution_is_a_matrix_and_its_way_back_the_transposed_one() -> None:
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=(1, 4, 4, 1)), rng.normal(size=(1, 2, 2, 1))
    matrix, kernel = experiments.as_a_matrix(SHARPEN, 4), SHARPEN[:, :, None, None].astype(float)
    np.testing.assert_allclose(matrix @ x.ravel(), ops.conv2d(x, kernel).ravel())
    np.testing.assert_allclose(matrix.T @ gy.ravel(), ops.conv2d_transpose(gy, kernel).ravel())


def test_even_where_the_filter_is_divisible_by_the_stride() -> None:
    for size in (2, 3, 4, 5, 6):
        inside = experiments.painted(size, 2, 8)[size:-size, size:-size]
        assert (inside.std() == 0) == (size % 2 == 0)
        large = experiments.enlarged(np.full((8, 8, 3), 0.5, np.float32), size, 2)
        assert large.shape == (16, 16, 3)
        assert large[6:-6, 6:-6].mean() == pytest.approx(0.5, rel=0.1)


def test_moving_a_picture() -> None:
    same, halved = lambda x: x, lambda x: ops.average_pool2d(x, 2)
    flat, stripes = (
        np.ones((1, 4, 9, 1)),
        np.tile([1.0, 0.0], 10)[None, None, :9, None] * np.ones((1, 4, 1, 1)),
    )
    assert experiments.how_much_moves(flat, [same, halved]) == [0, 0]
    assert experiments.how_much_moves(stripes, [same, halved]) == [2, 0]  # everything, and nothing


def test_the_middle_made_smaller() -> None:
    x = np.arange(7 * 9, dtype=float).reshape(1, 7, 9, 1)
    small = experiments.reduced(x, 3)  # of the middle six by six
    assert small.shape == (1, 3, 3, 1)
    assert small[0, 0, 0, 0] == x[0, :2, 1:3].mean()


def test_a_filter_finds_sobel_on_noise() -> None:
    x, y = experiments.to_learn_from(experiments.of_noise((32, 32, 3)))
    model = experiments.fresh_filter(x.shape[1:], 0)
    found, costs = experiments.find_filter(model, x, y, 300)
    assert len(found) == 4 and len(costs) == 301 and costs[-1] < 1e-4 * costs[0]
    np.testing.assert_allclose(found[-1][1:4, 1:4], UPRIGHT, atol=0.02)
    np.testing.assert_allclose(found[-1][[0, -1]], 0, atol=0.02)


def test_neighbours_and_resemblance() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(5, 5, 1, 2000))
    smooth = np.add.outer(np.arange(5.0), np.arange(5.0))[:, :, None, None] * np.array([1.0, -1.0])
    assert abs(experiments.neighbours_agree(noise)) < 0.02 and experiments.neighbours_agree(smooth) > 0.7
    np.testing.assert_allclose(experiments.resemblance(smooth, smooth * [2, -1]), [1, -1])


def test_all_ways_of_the_ladder_agree() -> None:
    seconds, apart = ladder.measure(rounds=1)
    assert apart < 1e-5
    assert list(seconds) == [ladder.LOOPS, "a product a window", "one product", "in blocks", ladder.SHIPPED]
    assert seconds[ladder.LOOPS] > 100 * seconds[ladder.SHIPPED] > 0


def test_the_network_is_one_filter() -> None:
    assert [weight.shape for weight in one_filter((28, 20, 1)).weights] == [(5, 5, 1, 1)]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0001, "0.1 ms"), (0.0933, "93.3 ms"), (2.04, "2.0 s"), (1000.0, "1,000 s")]
)
def test_durations(value: float, text: str) -> None:
    assert pictures.duration(value) == text
