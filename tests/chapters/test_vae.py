"""Chapter 7: the lower bound beside integrals and loops, the wrong standard deviation, and the run."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch07_vae import elbo, experiments, plane
from chapters.ch07_vae import pictures as drawings
from chapters.ch07_vae.experiments import WrongVAE
from chapters.ch07_vae.model import VAE, sample
from tinydl import Tensor, datasets, gradcheck, no_grad

PICTURES = "beta_terms betas clouds costs deviations manifold plane reconstructions samples wrong".split()


def small(kind: type[VAE] = VAE, shape: tuple[int, int, int] = (6, 4, 3), latent_dim: int = 2) -> VAE:
    """A network with clouds that are neither in the middle nor all alike."""
    tinydl.set_random_seed(1)
    model = kind(shape, latent_dim)
    rng = np.random.default_rng(0)
    model.set_weights([w + 0.1 * rng.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    return model


def pictures(n: int, shape: tuple[int, int, int] = (6, 4, 3)) -> np.ndarray:
    return np.random.default_rng(2).random((n, *shape), dtype=np.float32)


# ---- the lower bound ----------------------------------------------------------------------------------------


def test_the_divergence_beside_an_integral() -> None:
    mean, log_var = np.array([[0.7, -1.0], [0.0, 0.0]]), np.array([[-1.2, 0.4], [0.0, 0.0]])
    z = np.linspace(-12, 12, 200_001)
    normal = NormalDist()
    q = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    assert normal.pdf(1.0) == pytest.approx(math.exp(-0.5) / math.sqrt(2 * math.pi))
    wanted = []
    for i in range(2):
        total = 0.0
        for m, lv in zip(mean[i], log_var[i]):
            std = math.sqrt(math.exp(lv))
            p = np.exp(-(((z - m) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
            safe = np.maximum(p, 1e-300)
            total += float(np.trapezoid(p * (np.log(safe) - np.log(q)), z))
        wanted.append(total)
    np.testing.assert_allclose(elbo.kl_divergence(mean, log_var), wanted, atol=1e-6)


def test_the_cross_entropy_beside_a_loop() -> None:
    x, y = pictures(3), 0.1 + 0.8 * pictures(6)[3:]
    wanted = [
        sum(-t * math.log(p) - (1 - t) * math.log(1 - p) for t, p in zip(a.flat, b.flat))
        for a, b in zip(x, y)
    ]
    np.testing.assert_allclose(elbo.cross_entropy(x, y), wanted, rtol=1e-6)


def test_terms_picture_by_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = small(), pictures(7)
    noise = np.random.default_rng(5).standard_normal((7, 2), dtype=np.float32)
    monkeypatch.setattr(elbo, "BATCH", 3)  # so that the last part is a smaller one
    reconstruction, divergence = elbo.terms(model, x, seed=5)
    assert reconstruction.shape == divergence.shape == (7,)
    for i in range(7):
        with no_grad():
            mean, log_var = (each.numpy() for each in model.encode(x[i : i + 1]))
            y = model.decoder(mean + np.sqrt(np.exp(log_var)) * noise[i]).numpy()
        np.testing.assert_allclose(reconstruction[i], elbo.cross_entropy(x[i : i + 1], y), rtol=1e-5)
        np.testing.assert_allclose(divergence[i], elbo.kl_divergence(mean, log_var), rtol=1e-5)


def test_the_noise_is_nobody_elses() -> None:
    model, x = small(), pictures(4)
    tinydl.set_random_seed(3)
    first = model.noise(4)
    tinydl.set_random_seed(3)
    one, two = elbo.terms(model, x)[0], elbo.terms(model, x, seed=1)[0]
    np.testing.assert_array_equal(first, model.noise(4))
    assert (one != two).all()
    np.testing.assert_array_equal(one, elbo.terms(model, x)[0])


def test_it_is_a_lower_bound() -> None:
    """One latent number: the probability itself is an integral that can be done."""
    model, x = small(shape=(2, 2, 1), latent_dim=1), np.round(pictures(5, (2, 2, 1)))
    z = np.linspace(-9, 9, 2001, dtype=np.float32)[:, None]
    y = model.decoder.predict(z, verbose=0)
    for each in x:
        likelihood = np.exp(-elbo.cross_entropy(np.repeat(each[None], len(z), axis=0), y))
        probability = np.trapezoid(likelihood * np.exp(-(z[:, 0] ** 2) / 2) / math.sqrt(2 * math.pi), z[:, 0])
        many = np.repeat(each[None], 4000, axis=0)
        reconstruction, divergence = elbo.terms(model, many)
        bound = -(reconstruction + divergence).mean()
        assert bound < math.log(probability) + 0.02 and bound > math.log(probability) - 20


@pytest.mark.parametrize(("shape", "latent_dim", "weight"), [((28, 28, 1), 2, 5e-4), ((6, 4, 3), 5, 0.01)])
def test_the_recipes_loss_counts_the_divergence_beta_times(
    shape: Any, latent_dim: int, weight: float
) -> None:
    tinydl.set_random_seed(0)
    model, x = VAE(shape, latent_dim, kl_weight=weight), pictures(4, shape)
    reconstruction, divergence = elbo.terms(model, x)
    loss = float(model.measure(x, elbo.noise(4, latent_dim))["loss"].numpy())
    pixels = math.prod(shape)
    b = elbo.beta(model)
    assert pixels * loss == pytest.approx((reconstruction + b * divergence).mean(), rel=1e-5)
    assert b == pytest.approx(0.392 if latent_dim == 2 else 2 * 72 * 0.01 / 5)
    assert experiments.kl_weight(b, model) == pytest.approx(weight)
    other = VAE(shape, latent_dim, kl_weight=experiments.kl_weight(3.0, model))
    assert elbo.beta(other) == pytest.approx(3)


# ---- the wrong standard deviation ---------------------------------------------------------------------------


def test_the_wrong_network_is_the_books() -> None:
    right, wrong, x = small(), small(WrongVAE), pictures(5)
    epsilon = np.random.default_rng(0).standard_normal((5, 2)).astype("float32")
    with no_grad():
        mean, head = (each.numpy() for each in right.encode(x))
        clouds = [each.numpy() for each in wrong.encode(x)]
        y = wrong.decoder(mean + np.exp(head) * epsilon).numpy()
        measured = {name: float(each.numpy()) for name, each in wrong.measure(x, epsilon).items()}
        other = float(right.measure(x, epsilon)["loss"].numpy())
    np.testing.assert_allclose(np.sqrt(np.exp(clouds[1])), np.exp(head), rtol=1e-5)
    np.testing.assert_array_equal(clouds[0], mean)
    reconstruction = elbo.cross_entropy(x, y).mean() / 72
    kl = -5e-4 * np.mean(1 + head - np.square(mean) - np.exp(head))
    assert measured["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-5)
    assert measured["kl_loss"] == pytest.approx(kl, rel=1e-5)
    assert measured["loss"] == pytest.approx(reconstruction + kl, rel=1e-5)
    assert abs(other - measured["loss"]) > 1e-4


def test_gradients_of_a_sample() -> None:
    rng = np.random.default_rng(0)
    mean, log_var, epsilon = rng.normal(size=(3, 4, 2))
    gradcheck.check(lambda m, v: sample(m, v, epsilon), [mean, log_var])
    m, v = Tensor(mean, requires_grad=True), Tensor(log_var, requires_grad=True)
    sample(m, v, epsilon).sum().backward()
    np.testing.assert_allclose(v.grad.numpy(), epsilon * np.exp(log_var / 2) / 2)


def test_first_losses_are_those_of_a_fit() -> None:
    x = pictures(12)
    losses = experiments.first_losses(VAE, x, 2, 4, seed=3)
    tinydl.set_random_seed(3)
    model = VAE((6, 4, 3))
    model.compile("rmsprop")
    history = model.fit(x, batch_size=4, shuffle=False, verbose=0).history
    assert len(losses) == 3 and np.mean(losses) == pytest.approx(history["loss"][0], rel=1e-5)


# ---- the plane ----------------------------------------------------------------------------------------------


def test_the_quantiles_are_those_of_the_normal_distribution() -> None:
    shares = [NormalDist().cdf(each) for each in plane.QUANTILES]
    np.testing.assert_allclose(shares, np.linspace(0.05, 0.95, 15), atol=1e-12)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_a_plane_among_more_numbers(latent_dim: int) -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(300, latent_dim)) * np.array([1, 5, 1, 1, 3])[:latent_dim]
    drawn = plane.plane_of(means)
    np.testing.assert_allclose(drawn.axes @ drawn.axes.T, np.eye(2), atol=1e-12)
    places = rng.normal(size=(6, 2))
    np.testing.assert_allclose(drawn.places(drawn.points(places)), places, atol=1e-6)
    if latent_dim == 2:
        np.testing.assert_array_equal(drawn.places(means), means)
        assert not drawn.words
    else:  # where they vary most: the second number, and then the last
        assert np.abs(drawn.axes).argmax(axis=1).tolist() == [1, 4] and "5 latent numbers" in drawn.words
    log_var = rng.normal(size=(2, latent_dim))
    for i, covariance in enumerate(drawn.covariances(log_var)):
        points = rng.normal(size=(40_000, latent_dim)) * np.exp(log_var[i] / 2)
        np.testing.assert_allclose(covariance, np.cov(drawn.places(points).T), rtol=0.05, atol=0.05)


def test_a_plane_of_one_number_is_a_line() -> None:
    drawn = plane.plane_of(np.ones((4, 1)))
    np.testing.assert_array_equal(drawn.places(np.array([[3.0]])), [[3.0, 0.0]])
    np.testing.assert_array_equal(drawn.points(np.array([[3.0, 9.0]])), [[3.0]])
    assert "one latent number" in drawn.words


@pytest.mark.parametrize("latent_dim", [1, 20])
def test_titles_that_say_what_is_drawn_have_room(latent_dim: int) -> None:
    words = plane.plane_of(np.random.default_rng(0).normal(size=(30, latent_dim))).words
    black = np.zeros((15, 15, 2, 2, 1))
    places = drawings.Map(np.zeros((2, 2)), np.arange(2), ["a", "b"])
    walk = drawings.walk(places, np.ones((1, 2)), black[0, :1], words)
    for figure in (
        drawings.manifold(black, f"Fashion-MNIST: 15 x 15 points{words}"),
        drawings.planes(
            [("β = 0", places, black)] * 3, f"Fashion-MNIST: the divergence counted β times{words}"
        ),
        next(walk),
    ):
        figure.draw_without_rendering()
        box, all_of_it = figure._suptitle.get_window_extent(), figure.bbox
        assert str(latent_dim if latent_dim > 1 else "one") in figure.get_suptitle()
        assert 0 <= box.x0 and box.x1 <= all_of_it.x1 and box.y1 <= all_of_it.y1


def test_the_grid_grows_to_the_right_and_upwards() -> None:
    model = small()
    shown = plane.grid(model, plane.Plane(np.eye(2)))
    assert shown.shape == (15, 15, 6, 4, 3)
    low, high = plane.QUANTILES[[0, -1]]
    corners = {(0, 0): (low, high), (0, 14): (high, high), (14, 0): (low, low)}
    for (row, column), place in corners.items():
        picture = model.decoder.predict(np.array([place], np.float32), verbose=0)[0]
        np.testing.assert_allclose(shown[row, column], picture, atol=1e-6)
    np.testing.assert_allclose(
        plane.grid(model, plane.Plane(np.eye(2)), 3)[::2, ::2], shown[::14, ::14], atol=1e-6
    )


# ---- the run ------------------------------------------------------------------------------------------------


@pytest.fixture
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty-eight to learn and sixty to test, of which only the middle is left: 12x12 pixels."""
    halves = datasets.synthetic.load_data(n_train=48, n_test=60)
    cut = tuple((x[:, 8:20, 8:20], y) for x, y in halves)
    monkeypatch.setattr(datasets.synthetic, "load_data", lambda: cut)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)
    monkeypatch.setattr("tinydl.plot.save_animation", lambda frames, path, *options, **more: path)


def run(out: Path, *flags: str) -> int:
    return main(["run", "vae", "--quick", "--data", "synthetic", "--out", str(out), *flags])


def report(out: Path) -> dict[str, Any]:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


def test_a_quick_run_leaves_pictures_and_figures(
    tmp_path: Path, few_digits: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as opened:
            assert np.asarray(opened.convert("L")).std() > 3, f"{path.name} is blank"
    with Image.open(tmp_path / "walk.gif") as opened:
        assert opened.n_frames == 8
    figures, history = report(tmp_path)["figures"], report(tmp_path)["history"]
    assert (
        figures["elbo"] == pytest.approx(-figures["reconstruction"] - figures["kl"]) and figures["elbo"] < 0
    )
    assert figures["weighted"] == pytest.approx(figures["reconstruction"] + 0.072 * figures["kl"])
    wrong = figures["wrong_std"]
    assert wrong["right"]["elbo"] == pytest.approx(figures["elbo"])
    assert wrong["wrong, its clouds as they are"]["kl"] != wrong["wrong, as its own loss has it"]["kl"]
    assert set(figures["betas"]) == {"0", "0.072", "64"}
    assert {"vae", "wrong std", "beta 0", "beta 64"} < set(history)
    assert len(history["vae"]["test_kl"]) == 1 and history["vae"]["loss"] != history["wrong std"]["loss"]
    told = capsys.readouterr().out
    assert f"the evidence lower bound is {figures['elbo']:.2f}" in told and "0.072 times (β)" in told


@pytest.mark.parametrize("latent", ["1", "3"])
def test_other_numbers_of_numbers(
    latent: str, tmp_path: Path, few_digits: None, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--latent", latent) == 0
    assert report(tmp_path)["figures"]["beta"] == pytest.approx(0.144 / int(latent))
    assert {"1": "(one latent number", "3": "(of 3 latent numbers"}[latent] in capsys.readouterr().out


def test_going_on(tmp_path: Path, few_digits: None, no_pictures: None) -> None:
    """A finished run: nothing is trained again, and the figures are the same. More epochs: only those are trained."""
    straight = tmp_path / "straight"
    assert run(straight, "--epochs", "2") == 0
    assert run(tmp_path) == 0 and run(tmp_path, "--epochs", "2", "--resume") == 0
    assert report(tmp_path)["figures"] == report(straight)["figures"]
    assert report(tmp_path)["history"] == report(straight)["history"]


def test_colours_and_an_odd_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    few = functools.partial(datasets.synthetic.load_cakes, n_train=20, n_test=10, size=13)
    monkeypatch.setattr(datasets.synthetic, "load_cakes", few)
    assert run(tmp_path, "--data", "cakes") == 0
    told = capsys.readouterr().out
    assert "Of each 13x13 picture the last row or column is left out" in told and "each (12, 12, 3)" in told


@pytest.mark.parametrize("flags", [("--latent", "0"), ("--latent", "two"), ("--latent",), ("--beta", "1")])
def test_flags_that_are_refused(
    flags: Sequence[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", *flags) == 2
    told = capsys.readouterr()
    assert (
        told.err.startswith("error: ") and told.err.count("\n") == 1 and flags[0] in told.err and not told.out
    )


def test_a_run_on_a_gpu(there: Any, tmp_path: Path, few_digits: None, no_pictures: None) -> None:
    tinydl.set_device("cpu")
    assert run(tmp_path, "--device", "gpu") == 0
    assert report(tmp_path)["versions"]["device"] == "gpu:0"
