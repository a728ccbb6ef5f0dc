"""Chapter 5: what it measures, beside plain ways to the same numbers; and the chapter from the command line."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch05_autoencoder import plane, rivals, uses
from chapters.ch05_autoencoder.model import autoencoder, linear_autoencoder, plane_autoencoder, rows
from chapters.neighbours import pca
from tinydl import backend, datasets, no_grad, ops
from tinydl.losses import BinaryCrossentropy
from tinydl.optimizers import Adam

PICTURES = [
    "classes",
    "components",
    "curves",
    "each_number",
    "heat_map",
    "interpolation",
    "pca_beside",
    "plane",
    "plane_reconstructions",
    "reconstructions",
    "slopes",
]


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = functools.partial(datasets.synthetic.load_data, n_train=300, n_test=100)
    cakes = functools.partial(datasets.synthetic.load_cakes, n_train=40, n_test=20, size=16)
    monkeypatch.setattr(datasets.synthetic, "load_data", digits)
    monkeypatch.setattr(datasets.synthetic, "load_cakes", cakes)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)


def run(out: Path, *flags: str) -> int:
    return main(["run", "autoencoder", "--data", "synthetic", "--quick", "--out", str(out), *flags])


def report(out: Path) -> dict[str, Any]:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


# ---- the networks -------------------------------------------------------------------------------------------


def test_the_plane_is_two_numbers_wide() -> None:
    model = plane_autoencoder()
    found = [
        (layer.name, layer.output_shape[1:])
        for part in ("encoder", "decoder")
        for layer in model.get_layer(part).layers
    ]
    shapes = [shape for _, shape in found]
    assert shapes[2] == (8, 8, 64) and shapes[5] == (2,) and shapes[8] == (8, 8, 64)
    assert shapes[-1] == (64, 64, 3) == model.output_shape[1:]
    assert model.get_layer("encoder").count_params() == 448 + 4640 + 18496 + (4096 * 64 + 64) + 130
    tall = plane_autoencoder((24, 16, 1), code=5)
    assert tall.get_layer("encoder").output_shape == (None, 5) and tall.output_shape == (None, 24, 16, 1)
    with pytest.raises(ValueError, match="expected a height and width that 8 divides, got 28x28"):
        plane_autoencoder((28, 28, 1))


def test_rows_are_pictures_from_0_to_1() -> None:
    x = rows(np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1) * 11)
    assert x.dtype == np.float32 and x.shape == (2, 12)
    assert x[1, 11] == pytest.approx(23 * 11 / 255)


def test_the_gradient_that_the_lesson_derives(rng: np.random.Generator) -> None:
    """The mean cross-entropy's gradient in a logit is sigmoid(z) - t, shared among all pixels."""
    z, t = 3 * rng.normal(size=(2, 5)), rng.random((2, 5))
    leaf = tinydl.Tensor(z, requires_grad=True)
    BinaryCrossentropy(from_logits=True)(t, leaf).backward()
    np.testing.assert_allclose(leaf.grad.numpy(), (1 / (1 + np.exp(-z)) - t) / z.size, rtol=1e-10)


# ---- rivals -------------------------------------------------------------------------------------------------


def test_the_floor_is_the_entropy_of_the_greys() -> None:
    assert rivals.floor(np.array([[0.0, 1.0, 1.0]])) == pytest.approx(0, abs=1e-9)
    assert rivals.floor(np.array([[0.5, 1.0]])) == pytest.approx(math.log(2) / 2)
    greys = [0.1, 0.9, 0.3]
    by_hand = sum(-t * math.log(t) - (1 - t) * math.log(1 - t) for t in greys) / 3
    assert rivals.floor(np.array([greys])) == pytest.approx(by_hand)


def test_pca_errors_are_those_of_the_pictures_that_come_back(rng: np.random.Generator) -> None:
    x, other = rng.normal(size=(2, 50, 8)) * np.arange(1, 9)
    mean, axes = pca(x, 5)
    errors = rivals.pca_errors(other, mean, axes)
    for k in range(1, 6):
        restored = mean + (other - mean) @ axes[:k].T @ axes[:k]
        assert errors[k - 1] == pytest.approx(((other - restored) ** 2).mean())


def test_without_bends_an_autoencoder_comes_to_pca(rng: np.random.Generator) -> None:
    mixed = rng.normal(size=(256, 3)) @ rng.normal(size=(3, 10)) + 0.5 * rng.normal(size=(256, 10))
    x = mixed.astype(np.float32)
    mean, axes = pca(x, 3)
    model = linear_autoencoder(10, 3)
    born = rivals.shared_directions(model, axes)
    model.compile(Adam(0.02), "mse")
    model.fit(x, x, batch_size=256, epochs=600, verbose=0)
    best = rivals.pca_errors(x, mean, axes)[-1]
    error = rivals.squared_error(x, model.predict(x, verbose=0))
    assert best * 0.9999 < error < best * 1.02
    assert born < 0.9 and rivals.shared_directions(model, axes) > 0.999


def test_shared_directions() -> None:
    model = linear_autoencoder(4, 2)
    kernel, bias = model.get_layer("decoder").get_weights()
    for first, second, shared in (((1, 1, 0, 0), (1, -3, 0, 0), 1.0), ((1, 0, 0, 0), (0, 0, 0, 2), 0.5)):
        kernel[:] = first, second
        model.get_layer("decoder").set_weights([kernel, bias])
        assert rivals.shared_directions(model, np.eye(4)[:2]) == pytest.approx(shared)


def test_scores_of_what_comes_back(rng: np.random.Generator) -> None:
    model, x = autoencoder(16, code=2), rng.random((6, 16)).astype("float32")
    loss, error, restored = rivals.scores(model, x)
    logits = model.predict(x, verbose=0).astype("float64")
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(restored, p, rtol=1e-5)
    assert loss == pytest.approx(-(x * np.log(p) + (1 - x) * np.log(1 - p)).mean(), rel=1e-5)
    assert error == pytest.approx(((x - p) ** 2).mean(), rel=1e-5)


# ---- uses ---------------------------------------------------------------------------------------------------


def test_a_walk_has_both_ends() -> None:
    np.testing.assert_allclose(uses.walk(np.zeros(2), np.array([1.0, 4.0]), 3), [[0, 0], [0.5, 2], [1, 4]])


def test_far_from_pictures(rng: np.random.Generator) -> None:
    x, queries = rng.random((7, 5)), rng.random((3, 5))
    nearest = [min(((q - each) ** 2).mean() for each in x) for q in queries]
    assert uses.far_from_pictures(x, queries) == pytest.approx(np.mean(nearest))
    assert uses.far_from_pictures(x, x[:2]) == pytest.approx(0, abs=1e-12)


def test_standardised_by_the_first_alone(rng: np.random.Generator) -> None:
    x, other = rng.normal(3, [2, 5], (100, 2)), rng.normal(0, 1, (4, 2))
    first, second = uses.standardised(x, other)
    np.testing.assert_allclose((first.mean(axis=0), first.std(axis=0)), [[0, 0], [1, 1]], atol=1e-5)
    np.testing.assert_allclose(second * x.std(axis=0) + x.mean(axis=0), other, atol=1e-5)
    assert first.dtype == second.dtype == np.float32


def test_one_number_at_a_time(rng: np.random.Generator) -> None:
    model, deviation, steps = autoencoder(12, code=3), np.array([1.0, 2.0, 0.5]), np.array([-1.0, 0.0, 2.0])
    code = rng.normal(size=3).astype("float32")
    pictures = uses.each_number(model, code, deviation, steps)
    assert pictures.shape == (3, 3, 12)
    moved = code.copy()
    moved[1] += 2 * 2.0
    with no_grad():
        by_hand = ops.sigmoid(model.get_layer("decoder")(moved[None])).numpy()[0]
    np.testing.assert_allclose(pictures[1, 2], by_hand, rtol=1e-5)
    np.testing.assert_allclose(pictures[:, 1], np.tile(pictures[0, 1], (3, 1)))


# ---- the plane ----------------------------------------------------------------------------------------------


def test_told_by_neighbours(rng: np.random.Generator) -> None:
    points = rng.random((300, 2))
    assert plane.told_by_neighbours(points, points) > 0.97
    assert plane.told_by_neighbours(points, rng.random((300, 3))) < 0.1
    two = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    values = np.array([[1.0], [2.0], [6.0]])  # the nearest tell 2, 1 and 2
    assert plane.told_by_neighbours(two, values, k=1) == pytest.approx(1 - (1 + 1 + 16) / (4 + 1 + 9))
    # With fewer neighbours than asked for, all others tell, and nobody itself: 4, 3.5 and 1.5.
    assert plane.told_by_neighbours(two, values) == pytest.approx(1 - (9 + 2.25 + 20.25) / (4 + 1 + 9))


def test_fit_plane(rng: np.random.Generator) -> None:
    fits = []

    def fit(model: Any, x: np.ndarray, y: np.ndarray, name: str, **options: Any) -> None:
        fits.append((name, options["epochs"], float(x.max())))
        assert x is y
        model.fit(x, y, **options)

    asked: Any = SimpleNamespace(fit=fit, options=SimpleNamespace(seed=0))
    x = rng.integers(0, 256, (6, 16, 8, 3), dtype=np.uint8)
    x[0, 0, 0] = 255
    model, points = plane.fit_plane(asked, x, epochs=2, name="here")
    assert fits == [("here", 2, 1.0)] and points.shape == (6, 2)
    np.testing.assert_allclose(plane.plane(model, x), points)
    assert plane.restored(model, x).shape == x.shape and 0 < plane.restored(model, x).min()


# ---- from the command line ----------------------------------------------------------------------------------


def test_a_quick_run_leaves_pictures_and_figures(
    few_pictures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as opened:
            assert np.asarray(opened.convert("L")).std() > 5, path.name
    found = report(tmp_path)
    figures = found["figures"]
    assert found["data"] == "synthetic digits" and found["asked"]["pictures"] == "cakes"
    assert figures["floor"] < figures["test_loss"] and figures["pca_mse"] < figures["mse"]
    assert set(figures["accuracy_all"]) == {"pixels", "code", "pca"}
    assert figures["plane_chance"] == 0.1 and 0 <= figures["plane_knn"] <= 1
    told = capsys.readouterr().out
    assert f"Test loss {figures['test_loss']:.4f}" in told and "% of the classes" in told


def test_a_run_on_a_gpu(there: Any, few_pictures: None, no_pictures: None, tmp_path: Path) -> None:
    tinydl.set_device("cpu")
    assert run(tmp_path, "--device", "gpu", "--epochs", "1") == 0
    assert backend.current_device() == "gpu:0" and report(tmp_path)["figures"]["test_loss"] < 0.7


def test_a_run_goes_on_where_it_was_stopped(few_pictures: None, no_pictures: None, tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert run(straight, "--epochs", "3") == 0
    assert run(stopped, "--epochs", "2") == 0
    assert run(stopped, "--epochs", "3", "--resume") == 0
    for key in ("test_loss", "mse", "plane_mse", "squared_mse"):
        assert report(stopped)["figures"][key] == report(straight)["figures"][key], key


def test_ctrl_c_calls_off_the_classifiers(
    few_pictures: None,
    no_pictures: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(run: course.Run, x: np.ndarray, epochs: int) -> Any:
        run.interrupted = True
        return autoencoder(x.shape[1])

    monkeypatch.setattr(rivals, "fit_squared", stopped)
    assert run(tmp_path) == 130
    assert "halfway" in (figures := report(tmp_path)["figures"]) and "accuracy_all" not in figures
    assert "--resume" in capsys.readouterr().out


def test_mnist_is_followed_by_fashion_mnist(
    few_pictures: None, no_pictures: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in (datasets.mnist, datasets.fashion_mnist):
        monkeypatch.setattr(source, "load_data", datasets.synthetic.load_data)
    assert main(["run", "autoencoder", "--quick", "--out", str(tmp_path)]) == 0
    found = report(tmp_path)
    assert found["data"] == "MNIST and Fashion-MNIST"
    assert found["figures"]["fashion_test_loss"] == found["figures"]["test_loss"]
    assert {"autoencoder", "fashion_autoencoder"} < set(found["history"])


def test_without_a_network_digits_are_drawn_once(
    few_pictures: None,
    no_pictures: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def gone() -> None:
        raise datasets.DataUnavailable("no network")

    monkeypatch.setattr(datasets.mnist, "load_data", gone)
    assert main(["run", "autoencoder", "--quick", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "drawn digits instead" in told.err
    assert report(tmp_path)["data"] == "synthetic digits"


def test_pictures_of_ones_own(few_pictures: None, no_pictures: None, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for kind in ("moss", "sand"):
        (tmp_path / "mine" / kind).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "mine" / kind / f"{i}.png")
    assert run(tmp_path / "out", "--pictures", str(tmp_path / "mine")) == 0
    assert report(tmp_path / "out")["figures"]["plane_chance"] == 0.5


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (
            ["--data", "cakes"],
            "--data cakes: this chapter takes mnist, fashion_mnist, synthetic; pictures in",
        ),
        (["--pictures", "mnist"], "--pictures mnist: the plane takes pictures in colour"),
        (["--pictures", "no_such"], "--pictures: "),
        (["--resume"], "has no run to go on with"),
    ],
)
def test_what_is_refused(
    flags: list[str], says: str, few_pictures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", *flags) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1


def test_a_folder_with_one_class_is_refused(
    few_pictures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine" / "moss").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "mine" / "moss" / "a.png")
    assert run(tmp_path / "out", "--pictures", str(tmp_path / "mine")) == 2
    assert "--pictures" in (told := capsys.readouterr().err) and "one class only (moss)" in told
