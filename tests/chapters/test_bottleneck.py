"""Chapter 6 from the command line, on few and small cakes: the film, going on from any epoch, folders of all kinds."""

from __future__ import annotations

import functools
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch05_autoencoder.model import plane_encoder
from chapters.ch06_bottleneck import distances, film
from chapters.ch06_bottleneck.model import bottleneck
from chapters.ch06_bottleneck.train import the_pictures
from tinydl import Sequential, Tensor, datasets, grad, ops
from tinydl.checkpoint import read

PICTURES = "curves distances pulls redrawn rival seeds thumbnails wedges".split()


@pytest.fixture(autouse=True)
def few_cakes(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_cakes, n_train=40, n_test=20, size=16)
    monkeypatch.setattr(datasets.synthetic, "load_cakes", few)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)
    monkeypatch.setattr("tinydl.plot.save_animation", lambda frames, path, *options, **more: path)


def run(out: Path, *flags: str) -> int:
    return main(["run", "bottleneck", "--quick", "--out", str(out), *flags])


def same(first: Path, second: Path) -> None:
    """Two checkpoints hold the same bits: weights, optimizer, random numbers, history."""
    one, two = read(first), read(second)
    assert len(one) == len(two)
    for (key, value), (other, wanted) in zip(one.items(), two.items()):  # conv2d_3 is another run's conv2d
        assert re.sub(r"_\d+/", "/", key) == re.sub(r"_\d+/", "/", other)
        np.testing.assert_array_equal(value, wanted, err_msg=key)


# ---- what a run leaves --------------------------------------------------------------------------------------


def test_a_quick_run_leaves_pictures_a_film_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as opened:
            assert np.asarray(opened.convert("L")).std() > 5, f"{path.name} is blank"
    with Image.open(tmp_path / "film.gif") as opened:
        assert opened.n_frames == 5  # after 0, 1, 2, 3, 4 epochs
    assert [path.stem for path in sorted((tmp_path / "checkpoints").glob("*.npz"))] == [
        "epoch_0000",
        "epoch_0002",
        "epoch_0004",
    ]
    assert (tmp_path / "checkpoints" / "epoch_0002.png").exists()
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    figures = report["figures"]
    assert figures["epochs"] == 4 and len(report["history"]["bottleneck"]["val_accuracy"]) == 4
    assert figures["accuracies"][0] == figures["accuracy"] and len(figures["accuracies"]) == 2
    assert set(figures["knn"]) == {"autoencoder", "bottleneck"} and figures["redrawn_difference"] < 1e-5
    told = capsys.readouterr().out
    assert f"After 4 epochs it names {figures['accuracy']:.1%} of the pictures" in told
    assert all(0 <= angle <= 180 for angle in figures["turned"].values()) and len(figures["turned"]) == 10
    assert "epoch    2: loss" in told and "asked for the class" in told and "film.gif" in told


def test_a_run_on_a_gpu(there: Any, tmp_path: Path, no_pictures: None) -> None:
    """It begins there, and goes on on a CPU: a checkpoint fits both."""
    tinydl.set_device("cpu")
    assert run(tmp_path, "--device", "gpu", "--epochs", "2") == 0 and tinydl.current_device() == "gpu:0"
    file = tmp_path / "checkpoints" / "epoch_0002.npz"
    assert run(tmp_path, "--device", "cpu", "--epochs", "4", "--resume", str(file)) == 0
    assert list(film.frames(tmp_path, 4)) == [0, 1, 2, 3, 4]


# ---- going on -----------------------------------------------------------------------------------------------


def test_going_on_from_any_saved_epoch_gives_the_same_run_bit_for_bit(
    tmp_path: Path, no_pictures: None
) -> None:
    whole, again, elsewhere = (tmp_path / name for name in ("whole", "again", "elsewhere"))
    assert run(whole, "--epochs", "6") == 0
    for epoch in (0, 2, 4):
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(whole, again)
        for later in range(epoch + 1, 7):
            for folder in ("checkpoints", "frames"):
                film.path_of(again / folder, later).unlink(missing_ok=True)
        file = film.path_of(again / "checkpoints", epoch)
        assert run(again, "--epochs", "6", "--resume", str(file)) == 0
        for folder in ("checkpoints", "frames"):
            kept = sorted(path.name for path in (whole / folder).glob("*.npz"))
            assert sorted(path.name for path in (again / folder).glob("*.npz")) == kept
            for name in kept:  # what came before the epoch is still there, what came after is the same
                same(whole / folder / name, again / folder / name)
        notes = [json.loads((out / "run.json").read_text(encoding="utf-8")) for out in (whole, again)]
        assert notes[0]["figures"] == notes[1]["figures"] and notes[0]["history"] == notes[1]["history"]
    assert run(elsewhere, "--seed", "5", "--epochs", "6") == 0  # its diary must not get into the film
    assert run(elsewhere, "--epochs", "6", "--resume", str(whole / "checkpoints" / "epoch_0004.npz")) == 0
    same(whole / "checkpoints" / "epoch_0006.npz", elsewhere / "checkpoints" / "epoch_0006.npz")
    assert list(film.frames(elsewhere, 6)) == [4, 5, 6]
    assert run(elsewhere, "--epochs", "2") == 0
    assert list(film.frames(elsewhere, 6)) == [0, 1, 2]


def test_a_run_that_ends_before_its_second_save(tmp_path: Path, no_pictures: None) -> None:
    assert run(tmp_path, "--epochs", "1") == 0
    assert [path.stem for path in (tmp_path / "checkpoints").glob("*.npz")] == ["epoch_0000"]


def test_a_film_ends_with_the_training(tmp_path: Path, no_pictures: None) -> None:
    assert run(tmp_path) == 0
    assert run(tmp_path, "--epochs", "3", "--resume", str(tmp_path / "checkpoints" / "epoch_0002.npz")) == 0
    assert list(film.frames(tmp_path, 3)) == [0, 1, 2, 3]
    assert (tmp_path / "checkpoints" / "epoch_0004.npz").exists(), "what was learnt before is not thrown away"


def test_ctrl_c_keeps_what_there_is(
    tmp_path: Path, no_pictures: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert run(straight) == 0
    step, steps = Sequential.train_step, []

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        steps.append(self)
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Sequential, "train_step", interrupted)
        assert run(stopped) == 130
    assert list(film.frames(stopped, 4)) == [0, 1, 2]
    assert "Go on with:  python -m chapters run bottleneck --quick" in capsys.readouterr().out
    assert run(stopped, "--resume") == 0
    same(straight / "checkpoints" / "epoch_0004.npz", stopped / "checkpoints" / "epoch_0004.npz")


@pytest.mark.parametrize("kind", ["missing", "cut", "foreign", "weights", "text"])
def test_a_checkpoint_that_cannot_be_used(
    kind: str, tmp_path: Path, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    file = tmp_path / "checkpoints" / "strange.npz"
    whole = (tmp_path / "checkpoints" / "epoch_0002.npz").read_bytes()
    other = bottleneck((16, 16, 3), classes=3)
    if kind == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif kind == "foreign":
        other.compile("adam", "mse")
        tinydl.checkpoint.save(file, other, 2, {"loss": [1.0, 1.0]})
    elif kind == "weights":
        bottleneck((16, 16, 3)).save_weights(file)
    elif kind == "text":
        file.write_text("hello", encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run(tmp_path, "--resume", str(file)) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: --resume") and told.count("\n") == 1, told
    assert {"missing": "there is no such file", "foreign": "classes/kernel", "weights": "no checkpoint"}.get(
        kind, "not a whole .npz file"
    ) in told
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


# ---- folders of pictures ------------------------------------------------------------------------------------


def picture(path: Path, mode: str = "RGB", grey: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 12), (grey, grey, grey)).convert(mode).save(path)


def test_few_pictures_of_all_kinds(tmp_path: Path, no_pictures: None) -> None:
    """Fewer than a batch, in grey, CMYK, with a palette and with an alpha channel: all become colours."""
    for kind in ("moss", "sand"):
        for i, (mode, suffix) in enumerate(
            [("L", "png"), ("CMYK", "jpg"), ("P", "gif"), ("RGBA", "png"), ("1", "bmp"), ("RGB", "webp")]
        ):
            picture(tmp_path / "mine" / kind / f"{i}.{suffix}", mode, 40 * i)
        (tmp_path / "mine" / kind / "notes.txt").touch()
    assert run(tmp_path / "out", "--data", str(tmp_path / "mine")) == 0
    report = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert report["data"] == "mine" and 0 <= report["figures"]["held_out"] <= 1
    images = the_pictures(str(tmp_path / "mine"))
    assert images.x_train.shape == (8, 64, 64, 3) and images.x_test.shape == (4, 64, 64, 3)


def test_the_last_by_name_are_held_out(tmp_path: Path) -> None:
    for kind in ("moss", "sand"):
        for i in range(6):
            picture(tmp_path / kind / f"{i}.png", grey=10 * i)
    images = the_pictures(str(tmp_path))
    assert sorted(images.x_test[:, 0, 0, 0]) == [40, 40, 50, 50]


def test_grey_digits_get_a_border_that_three_halvings_divide(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=20, n_test=60)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)
    images = the_pictures("synthetic")
    assert images.x_train.shape == (20, 32, 32, 1) and not images.x_test[:, 28:].any()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("alone", "one class only (moss); give it a folder for each of two or more"),
        ("single", "nothing to test on; give each class two pictures or more"),
        ("uneven", "sand has one picture only; give each class two or more, one to hold out"),
        ("hollow", "sand holds no pictures"),
        ("broken", "1.jpg cannot be read as a picture"),
        ("empty", "holds no classes"),
        ("nowhere", "unknown folder or data set"),
        ("cake", "did you mean 'cakes'?"),
    ],
)
def test_folders_that_are_refused(
    kind: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind not in ("nowhere", "cake"):
        Path(kind).mkdir()
    if kind not in ("nowhere", "cake", "empty"):
        for i in range(1 if kind == "single" else 3):
            picture(Path(kind) / "moss" / f"{i}.png")
    if kind in ("single", "uneven", "broken"):
        picture(Path(kind) / "sand" / "0.png")
    if kind == "broken":
        picture(Path(kind) / "sand" / "1.jpg", "CMYK")
        whole = Path("broken/sand/1.jpg").read_bytes()
        Path("broken/sand/1.jpg").write_bytes(whole[: len(whole) // 2])
    if kind == "hollow":
        Path("hollow/sand").mkdir()
    assert run(Path("out"), "--data", kind) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ") and told.err.count("\n") == 1 and says in told.err, told.err
    assert not told.out


# ---- the network and the plane ------------------------------------------------------------------------------


@pytest.fixture
def model() -> Sequential:
    tinydl.set_random_seed(1)
    model = bottleneck((16, 16, 3))
    weights = model.get_weights()
    weights[-1] = np.linspace(-1, 1, 10, dtype="float32")  # biases that are not 0
    weights[-2] *= 4
    model.set_weights(weights)
    return model


PLACES = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")


def test_all_goes_through_two_numbers_and_the_encoder_is_chapter_5s(model: Sequential) -> None:
    shapes = [weight.shape for weight in bottleneck().weights]
    assert shapes[-4:] == [(64, 2), (2,), (2, 10), (10,)]
    assert shapes[:-2] == [weight.shape for weight in plane_encoder().weights]
    x = np.random.default_rng(0).random((5, 16, 16, 3), dtype=np.float32)
    z = film.points(model, x)
    assert z.shape == (5, 2)
    np.testing.assert_allclose(distances.answers(model, z), model.predict(x, verbose=0), rtol=1e-5, atol=1e-7)


def test_the_pull_is_the_gradient_of_the_loss(model: Sequential) -> None:
    w, b = model.get_layer("classes").get_weights()
    labels = np.arange(12) % 10
    z = Tensor(PLACES.astype("float64"), requires_grad=True)
    loss = -(ops.log_softmax(z @ w.astype("float64") + b) * np.eye(10)[labels]).sum()
    np.testing.assert_allclose(
        distances.pull(model, PLACES, labels), -grad(loss, [z])[0].numpy(), rtol=1e-4, atol=1e-5
    )


def test_sensitivity_is_the_slope_of_the_winner(model: Sequential) -> None:
    def best(z: np.ndarray) -> Any:
        return distances.answers(model, z)[np.arange(12), winners]

    winners = distances.answers(model, PLACES).argmax(axis=1)
    z, step = PLACES.astype("float64"), 1e-4
    slope = [(best(z + step * e) - best(z - step * e)) / (2 * step) for e in np.eye(2)]
    np.testing.assert_allclose(distances.sensitivity(model, PLACES), np.hypot(*slope), rtol=1e-3, atol=1e-6)


def test_a_redrawn_plane_gives_the_same_answers(model: Sequential) -> None:
    x = np.random.default_rng(0).random((5, 16, 16, 3), dtype=np.float32)
    matrix = np.array([[1, 0], [2, 0.3]], np.float32)
    new = distances.redrawn(model, matrix)
    np.testing.assert_allclose(new.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(film.points(new, x), film.points(model, x) @ matrix, rtol=1e-4, atol=1e-6)


def test_gaps_spreads_and_what_is_mixed_up() -> None:
    points = np.array([[0, 0], [0, 2], [3, 1], [3, 1], [0, 5], [0, 5]], float)
    labels = np.array([0, 0, 1, 1, 2, 2])
    np.testing.assert_allclose(distances.gaps(points, labels), [3, 4, 5])  # 0-1, 0-2, 1-2
    np.testing.assert_allclose(distances.spreads(points, labels), [1, 0, 0])
    answer = np.array([[0.8, 0.2, 0], [0.6, 0.2, 0.2], [0.5, 0.5, 0], [0.1, 0.9, 0], [0, 0, 1], [0, 0, 1]])
    np.testing.assert_allclose(distances.mixed_up(answer, labels), [(0.2 + 0.3) / 2, 0.05, 0])


def test_angles() -> None:
    a = np.array([[1, 0], [1, 0], [-1, 0.1], [0, -2]])
    b = np.array([[2, 2], [-3, 0], [-1, -0.1], [0, -1]])
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(distances.angles(a, b), np.degrees(np.arccos(cosine.clip(-1, 1))), atol=1e-5)


def test_rank_correlation() -> None:
    a = np.array([0.1, 0.2, 5.0, 70.0])
    assert distances.rank_correlation(a, a**3) == pytest.approx(1)
    assert distances.rank_correlation(a, -a) == pytest.approx(-1)
    assert distances.rank_correlation(a, np.array([2, 1, 4, 3])) == pytest.approx(1 - 6 * 4 / (4 * 15))
