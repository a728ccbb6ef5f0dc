"""Chapter 2: its experiments beside plain ways to the same numbers; and the chapter from the command line."""

from __future__ import annotations

import functools
import json
import math
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch02_dense import (
    beginnings,
    descent,
    growth,
    model,
    order,
    pictures,
    price,
    shared,
    torn,
    train,
)
from tinydl import Sequential, activations, backend, datasets, losses
from tinydl.optimizers import SGD, Adam

PICTURES = "beginnings growth order price race recipe softmax spread torn valley weights".split()


@pytest.fixture
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=300, n_test=100)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)


def run(out: Path, *flags: str) -> int:
    return main(["run", "dense", "--data", "synthetic", "--quick", "--out", str(out), *flags])


def report(out: Path) -> dict[str, Any]:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


# ---- the networks -------------------------------------------------------------------------------------------


def test_the_networks_are_those_of_the_recipe() -> None:
    shapes = [(784, 128), (128,), (128, 128), (128,), (128, 10), (10,)]
    assert [weight.shape for weight in model.dense_only().weights] == shapes
    assert [weight.shape for weight in model.forgetful().weights] == shapes
    assert [weight.shape for weight in model.one_number().weights] == [*shapes[:4], (128, 1), (1,)]
    assert len(model.deep("he_normal").layers) == 1 + 20 + 1
    assert model.any_size_cnn((1024, 1024, 1)).count_params() == model.any_size_cnn().count_params() == 26_826
    for network in (model.dense_picture, model.convolved_picture):
        assert network(12).output_shape == (None, 12, 12, 1)


def test_dense_layers_do_not_know_which_pixels_are_neighbours(rng: np.random.Generator) -> None:
    """Move the rows of the first kernel as the pixels were moved, and nothing has changed."""
    x = rng.random((3, 28, 28, 1), dtype=np.float32)
    places = np.arange(784, dtype=np.float32).reshape(1, 28, 28, 1)
    mixed, moved = (order.shuffled(a, np.random.default_rng(5)) for a in (x, places))
    went = moved.ravel().astype(int)  # where each pixel came from
    assert sorted(went) == list(range(784)) and list(went) != list(range(784))
    np.testing.assert_array_equal(mixed.reshape(3, 784), x.reshape(3, 784)[:, went])
    network = model.dense_only()
    expected = network(x).numpy()
    kernel, *others = network.get_weights()
    network.set_weights([kernel[went], *others])
    np.testing.assert_allclose(network(mixed).numpy(), expected, rtol=1e-5)


# ---- the price ----------------------------------------------------------------------------------------------


def test_the_gradient_of_the_scores_three_ways(rng: np.random.Generator) -> None:
    z, t = rng.normal(0, 3, (5, 4)), np.eye(4)[[0, 3, 3, 1, 2]]
    hand = price.by_hand(z, t)
    np.testing.assert_allclose(hand, price.by_differences(z, t), atol=1e-9)
    np.testing.assert_allclose(hand, price.by_engine(z, t, losses.CategoricalCrossentropy()), atol=1e-15)
    np.testing.assert_allclose(hand.sum(axis=1), 0, atol=1e-16)


def test_the_squared_error_does_not_pull_who_is_surely_wrong() -> None:
    z, t = np.array([[-30.0, 0.0, 30.0]]), np.array([[1.0, 0.0, 0.0]])
    assert np.abs(price.by_engine(z, t, losses.CategoricalCrossentropy())).sum() == pytest.approx(2)
    assert np.abs(price.by_engine(z, t, losses.MeanSquaredError())).sum() < 1e-10
    clipped = price.by_engine(z, t, losses.CategoricalCrossentropy(), tinydl.ops.softmax)
    assert np.abs(clipped).sum() < 1e-10


def test_scores_are_what_softmax_gets(rng: np.random.Generator) -> None:
    network, x = model.dense_only(), rng.random((4, 28, 28, 1), dtype=np.float32)
    z = price.scores(network, x)
    np.testing.assert_allclose(activations.softmax(z), network(x).numpy(), rtol=1e-5)


# ---- torn ---------------------------------------------------------------------------------------------------


def test_blends_are_half_and_half_and_called_by_a_coin() -> None:
    x = np.zeros((6, 2, 2, 1), np.uint8)
    labels = np.array([7, 8, 9, 7, 8, 9])
    x[labels == 7, 0], x[labels == 9, 1], x[labels == 8] = 200, 100, 255
    half, coin = torn.blends(x, labels, (7, 9), 50, np.random.default_rng(0))
    assert half.dtype == np.uint8 and half.shape == (50, 2, 2, 1)
    assert (half[:, 0] == 100).all() and (half[:, 1] == 50).all()
    assert (coin == 7).sum() == (coin == 9).sum() == 25 and (coin[:25] == 9).any()


def test_white_upon_white_is_drawn_white() -> None:
    white, none = np.full((4, 4, 1), 255, np.uint8), np.zeros(2)
    figure = pictures.torn(
        [white, white], [*"0123456789"], {7: none, 8: none, 9: none}, none, np.ones(10) / 10
    )
    assert (figure.axes[0].images[-1].get_array() == 1).all()  # the last of three: half and half


def test_torn_between_seven_and_nine_one_number_says_eight(rng: np.random.Generator) -> None:
    x = np.repeat(rng.random((1, 28, 28, 1), dtype=np.float32), 64, axis=0)  # one picture ...
    y = np.repeat([7, 9], 32)  # ... of two names
    one, ten = model.one_number(), model.dense_only()
    one.compile(Adam(0.01), "mean_squared_error")
    ten.compile(Adam(0.01), "categorical_crossentropy")
    one.fit(x, y[:, None].astype("float32"), batch_size=64, epochs=100, verbose=0)
    ten.fit(x, course.one_hot(y, 10), batch_size=64, epochs=100, verbose=0)
    np.testing.assert_allclose(torn.numbers(one, x), 8, atol=0.1)
    probabilities = ten.predict(x[:1], verbose=0)[0]
    assert probabilities[[7, 9]] == pytest.approx([0.5, 0.5], abs=0.05) and probabilities[8] < 0.02


# ---- the ways down ------------------------------------------------------------------------------------------


def test_sgd_walks_as_the_formula_says() -> None:
    """In a valley u² / 100 + v² each step multiplies u by 1 - rate / 50, and v by 1 - 2 rate."""
    path, heights = descent.walk(SGD(0.3), 0, steps=20)
    k = np.arange(21)
    expected = np.stack([-7 * (1 - 0.3 / 50) ** k, 2 * (1 - 0.6) ** k], axis=1)
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(heights, expected[:, 0] ** 2 / 100 + expected[:, 1] ** 2, rtol=1e-9)


def test_who_minds_that_the_valley_is_slanted() -> None:
    def turned_back(make: Any) -> tuple[np.ndarray, np.ndarray]:
        straight, slanted = (descent.walk(make(0.1), degrees, steps=30)[0] for degrees in (0, 45))
        return straight, slanted @ descent.axes(45)

    for name, minds in {"SGD": False, "momentum": False, "RMSprop": True, "Adam": True}.items():
        straight, slanted = turned_back(descent.WAYS[name])
        assert np.allclose(straight, slanted) != minds, name


@pytest.mark.parametrize(
    ("heights", "step"),
    [
        ([1.0, 0.5, 0.009, 0.02, 0.001], 4),
        ([1.0, 0.001, 0.001], 1),
        ([1.0, 0.5, 0.2], 3),
        ([1.0, 0.001, math.nan], 3),
    ],
)
def test_arrived_is_who_stays(heights: list[float], step: int) -> None:
    assert descent.arrival(np.array(heights)) == step


# ---- beginnings ---------------------------------------------------------------------------------------------


def test_the_spread_is_that_of_plain_numpy(rng: np.random.Generator) -> None:
    network = model.deep("glorot_uniform", "tanh", depth=3)
    x, y = rng.random((6, 28, 28, 1), dtype=np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, 6)]
    kernels = [weight.astype(float) for weight in network.get_weights()[::2]]  # biases are zero
    h, expected = x.reshape(6, -1).astype(float), []
    for kernel in kernels[:-1]:
        h = np.tanh(h @ kernel)
        expected.append(h)
    p = np.exp(h @ kernels[-1])
    g = (p / p.sum(axis=1, keepdims=True) - y) / 6 @ kernels[-1].T  # of the last layer's activations
    gradients = [g]
    for kernel, out in zip(kernels[-2:0:-1], expected[::-1]):
        g = g * (1 - out**2) @ kernel.T
        gradients.insert(0, g)
    forth, back = beginnings.spread(network, x, y)
    np.testing.assert_allclose(forth, [each.std() for each in expected], rtol=1e-4)
    np.testing.assert_allclose(back, [each.std() for each in gradients], rtol=1e-4)


def test_he_keeps_a_signal_alive_and_glorot_halves_its_square(rng: np.random.Generator) -> None:
    x, y = rng.random((50, 28, 28, 1), dtype=np.float32), np.eye(10, dtype=np.float32)[np.zeros(50, int)]
    kept = {}
    for name, initializer in beginnings.BEGINNINGS.items():
        forth, _ = beginnings.spread(model.deep(initializer), x, y)
        kept[name] = forth[-1] / forth[0] if forth[0] else 0.0
    assert kept["all zero"] == 0 and kept["too small (0.01)"] < 1e-15 and kept["too large (0.5)"] > 1e10
    assert 0.2 < kept["He"] < 5 and 0.2 < kept["Glorot"] * 2 ** (19 / 2) < 5


def test_two_networks_start_alike(tmp_path: Path, rng: np.random.Generator) -> None:
    chapter = course.CHAPTERS["dense"]
    with course.Run(chapter, course.chapter_flags(chapter), ["--out", str(tmp_path)]) as running:
        x, y = rng.random((40, 28, 28, 1), dtype=np.float32), course.one_hot(rng.integers(0, 10, 40), 10)
        how = {"epochs": 1, "batch_size": 8}
        first, second = (
            shared.trained(running, model.dense_only, x, y, name, SGD(0.1), **how)[0] for name in "ab"
        )
        for one, other in zip(first.get_weights(), second.get_weights()):
            np.testing.assert_array_equal(one, other)


# ---- growth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", growth.KINDS, ids=lambda kind: kind.name)
def test_weights_are_counted_right(kind: growth.Kind) -> None:
    for side in (28, 40):
        assert kind.make(side).count_params() == kind.weights(side)


def test_what_does_not_fit_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "FITS", 8e6)
    small, large = growth.grow(growth.KINDS[0], (28, 1024))
    assert small.measured and not large.measured and large.weights == 1024**4 + 1024**2
    held = 4 * small.weights
    assert 2 * held < small.bytes < 2.1 * held  # weights and their gradients
    for one, other in ((small.bytes, large.bytes), (small.seconds, large.seconds)):
        assert other / one == pytest.approx(large.weights / small.weights)
    assert growth.size(4 * large.weights) == "4.4 TB"


def test_numbers_as_one_says_them() -> None:
    told = [growth.size(n) for n in (40, 37_600, 8.0e8, 2.15e9, 5.5e15)]
    assert told == ["40 B", "37.6 kB", "800 MB", "2.15 GB", "5,500 TB"]
    assert [growth.duration(s) for s in (0.00083, 2.03, 518.0)] == ["0.83 ms", "2.03 s", "8.63 min"]


# ---- the chapter --------------------------------------------------------------------------------------------


def test_a_quick_run_leaves_pictures_and_a_report(
    few_digits: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as opened:
            assert np.asarray(opened.convert("L")).std() > 5, f"{path.name} is blank"
    told, found = capsys.readouterr().out, report(tmp_path)
    assert found["state"] == "finished" and found["data"] == "synthetic digits"
    figures = found["figures"]
    assert f"{100 * figures['test_accuracy']:6.2f} % of the test set" in told
    assert figures["test_accuracy"] == figures["recipe"]["dense"] and "cnn_scaled" not in figures["recipe"]
    assert figures["score_gradient_apart"]["by differences"] < 1e-6
    assert figures["pulls"]["cross-entropy"] > 10 * figures["pulls"]["squared error"]
    assert figures["torn"]["probabilities"][8] < 0.2 and 6 < figures["torn"]["mean"] < 10


def test_a_run_on_a_gpu(there: Any, few_digits: None, no_pictures: None, tmp_path: Path) -> None:
    tinydl.set_device("cpu")
    assert run(tmp_path, "--device", "gpu") == 0 and backend.current_device() == "gpu:0"


def test_two_classes_and_hardly_any_pictures(
    no_pictures: None, rng: np.random.Generator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = rng.integers(0, 256, (6, 9, 8, 3), dtype=np.uint8), np.array([0, 1, 0, 1, 0, 1])
    images = course.Images("mine", x, y, x, y, ["moss", "sand"])
    chapter = course.CHAPTERS["dense"]
    with course.Run(chapter, course.chapter_flags(chapter), ["--quick", "--out", str(tmp_path)]) as running:
        running.start(images.name)
        for experiment in (
            train.recipe,
            train.longer,
            torn.compare,
            order.matters,
            descent.race,
            beginnings.grown,
        ):
            experiment(running, images)
    assert "that takes pictures of three classes" in capsys.readouterr().out
    assert len(report(tmp_path)["figures"]["beginnings"]) == 5


def test_a_run_that_was_stopped_goes_on(
    few_digits: None,
    no_pictures: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run(whole, "--seed", "3") == 0
    step, steps = Sequential.train_step, iter(range(10**6))

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        if next(steps) == 35:  # in the second of the trainings
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    with monkeypatch.context() as patch:
        patch.setattr(Sequential, "train_step", interrupted)
        assert run(stopped, "--seed", "3") == 130
    assert "--seed 3 --resume" in capsys.readouterr().out and report(stopped)["state"] == "stopped"
    assert run(stopped, "--seed", "3", "--resume") == 0
    expected, found = (report(folder)["figures"] for folder in (whole, stopped))
    for figures in (expected, found):
        del figures["growth"]  # times
    assert found == expected
