"""What chapter 8 measures: diversity, the Fréchet distance, the judge, and trainings that differ in one thing."""

from __future__ import annotations

import functools
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import tinydl
from chapters import course
from chapters.ch08_gan import experiments as lab
from chapters.ch08_gan import model, quality
from chapters.ch08_gan.data import Real
from chapters.ch08_gan.experiments import beside
from chapters.ch08_gan.quality import (
    Judge,
    between_gaussians,
    classifier,
    diversity,
    frechet,
    gaussian,
    spread,
)
from chapters.ch08_gan.tricks import INSTEAD, RECIPE, Tricks, TricksGAN, without
from tinydl import Tensor, datasets, grad, layers

rng = np.random.default_rng(0)

# ---- diversity ----------------------------------------------------------------------------------------------


def test_diversity_is_the_mean_over_pairs() -> None:
    x = rng.normal(size=(7, 4, 3, 2)).astype("float32")
    pairs = [np.sqrt(np.mean((x[i] - x[j]) ** 2)) for i in range(7) for j in range(i)]
    assert diversity(x) == pytest.approx(np.mean(pairs), rel=1e-5)


def test_one_picture_many_times_has_none_however_bright() -> None:
    x = np.repeat(rng.uniform(-1, 1, (1, 28, 28, 1)).astype("float32"), 50, axis=0)
    assert diversity(x) < 1e-6 and diversity(1000 + x) < 1e-2


# ---- Fréchet distance ---------------------------------------------------------------------------------------


def cloud(mean: Any, covariance: Any, n: int = 200) -> np.ndarray:
    """Points of exactly this mean and covariance."""
    mean, covariance = np.asarray(mean, float), np.asarray(covariance, float)
    points = rng.normal(size=(n, len(mean)))
    points -= points.mean(axis=0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return mean + points @ np.linalg.cholesky(covariance).T


def covariance(d: int) -> np.ndarray:
    a = rng.normal(size=(d, d))
    return a @ a.T + 0.1 * np.eye(d)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_along_the_axes_it_is_the_difference_of_standard_deviations(d: int, seed: int) -> None:
    """For diagonal covariances: |m1 - m2|² + |s1 - s2|²."""
    draw = np.random.default_rng(seed)
    m1, m2, s1, s2 = draw.uniform(0.1, 3, (4, d))
    found = frechet(cloud(m1, np.diag(s1**2)), cloud(m2, np.diag(s2**2)))
    assert found == pytest.approx(((m1 - m2) ** 2).sum() + ((s1 - s2) ** 2).sum(), rel=1e-8, abs=1e-9)


def test_covariances_that_do_not_commute() -> None:
    """The root of C1 C2 by another way: of that matrix itself, by Newton's iteration (Denman and Beavers)."""
    for d in (2, 5, 20):
        one, other = covariance(d), covariance(d)
        y, z = one @ other, np.eye(d)
        for _ in range(60):
            y, z = (y + np.linalg.inv(z)) / 2, (z + np.linalg.inv(y)) / 2
        np.testing.assert_allclose(y @ y, one @ other, rtol=1e-6, atol=1e-6 * np.abs(one @ other).max())
        wanted = np.trace(one) + np.trace(other) - 2 * np.trace(y)
        zero = np.zeros(d)
        assert between_gaussians((zero, one), (zero, other)) == pytest.approx(wanted, rel=1e-6)


def test_it_is_a_distance_squared() -> None:
    a, b = (cloud(rng.normal(size=5), covariance(5)) for _ in range(2))
    assert abs(frechet(a, a)) < 1e-9
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-9) and frechet(a, b) > 0
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    assert frechet(a @ turn, b @ turn) == pytest.approx(frechet(a, b), rel=1e-9)
    assert frechet(3 * a + 7, 3 * b + 7) == pytest.approx(9 * frechet(a, b), rel=1e-9)
    assert frechet(a.astype("float32"), b.astype("float32")) == pytest.approx(frechet(a, b), rel=1e-4)


def test_a_number_that_never_varies_is_no_obstacle() -> None:
    a, b = (np.pad(cloud([0, 0], np.eye(2)), ((0, 0), (0, 3))) for _ in range(2))
    assert abs(frechet(a, b + [0, 0, 2, 0, 0]) - 4) < 1e-9


def test_clouds_of_one_kind_are_nearer_the_more_points_there_are() -> None:
    floors = [frechet(*rng.normal(size=(2, n, 16))) for n in (50, 200, 800, 3200)]
    assert all(many < few / 2 for few, many in zip(floors, floors[1:])) and floors[-1] > 0


@pytest.mark.parametrize("fault", ["no cross term", "roots of each alone", "means not squared"])
def test_a_wrong_formula_would_be_found(fault: str) -> None:
    """The cases above are exact to 1e-6 and tell each of these from the right one."""
    m1, m2, c1, c2 = np.zeros(3), np.array([3.0, 0, 0]), covariance(3), covariance(3)
    right = between_gaussians((m1, c1), (m2, c2))
    means, traces = ((m1 - m2) ** 2).sum(), np.trace(c1) + np.trace(c2)
    wrong = {
        "no cross term": means + traces,
        "roots of each alone": means + traces - 2 * np.trace(quality._root(c1) @ quality._root(c2)),
        "means not squared": np.sqrt(means) + right - means,
    }[fault]
    assert abs(wrong - right) > 1e-4 * right


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (np.zeros((5, 5)), np.zeros((9, 5)), "features_a: expected (n, d) with more points n than numbers d"),
        (np.zeros((9, 5)), np.zeros((4, 5)), "features_b: expected (n, d) with more points n than numbers d"),
        (np.zeros(5), np.zeros((9, 5)), "got (5,)"),
        (np.zeros((9, 5)), np.zeros((9, 4)), "as many numbers a point, got 5 and 4"),
        (np.full((9, 5), np.nan), np.zeros((9, 5)), "features_a: expected finite numbers, got 45 others"),
    ],
)
def test_clouds_that_cannot_be_compared(a: np.ndarray, b: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError) as error:
        frechet(a, b)
    assert says in str(error.value)


# ---- the judge ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    """Soft blobs here and there, (600, 16, 16, 1), from -1 to 1."""
    y, x = np.mgrid[:16, :16]
    places = np.random.default_rng(1).uniform(3, 13, (600, 2, 1, 1))
    return (2 * np.exp(-((y - places[:, 0]) ** 2 + (x - places[:, 1]) ** 2) / 8) - 1)[..., None].astype(
        "float32"
    )


def judge_of(real: np.ndarray, **options: Any) -> Judge:
    tinydl.set_random_seed(0)
    return Judge(classifier(real.shape[1:], 3), real, **options)


def test_the_judge_compares_with_every_second_picture(real: np.ndarray) -> None:
    judge = judge_of(real)
    assert judge.pictures == 300 and judge.diversity_real == diversity(real[::2])
    features = judge.features(real)
    assert features.shape == (600, quality.FEATURES) and features.std(axis=0).min() > 0
    assert judge.distance(real[::2]) == pytest.approx(0, abs=1e-6)
    assert judge.floor == pytest.approx(frechet(features[::2], features[1::2]), rel=1e-6)
    twin = judge_of(real)  # the same seed
    assert twin.floor == judge.floor and twin.distance(real[:300]) == judge.distance(real[:300])


def test_the_worse_the_pictures_the_farther(real: np.ndarray) -> None:
    judge = judge_of(real)
    noise = np.random.default_rng(2).normal(size=(300, 16, 16, 1)).astype("float32")
    rows = [judge.distance(real[1::2] + much * noise) for much in (0, 0.1, 0.3, 1)]
    assert rows[0] == judge.floor and all(a < b for a, b in zip(rows, rows[1:]))
    one = np.repeat(
        real[:1], 300, axis=0
    )  # a generator that always draws the same, however good, is far away
    assert judge.distance(one) > 20 * judge.floor


def test_the_order_of_the_pictures_hardly_matters(real: np.ndarray) -> None:
    """Sorted by where the blob is, as a folder may be by class: both halves have them all."""
    order = np.argsort(real.argmax(axis=1).mean(axis=(1, 2)))
    judge = judge_of(real[order], most=100)
    assert judge.pictures == 100 and judge.floor < 0.2 * judge.distance(real[order][:100])


def test_few_pictures_have_a_diversity_and_no_distance(real: np.ndarray) -> None:
    judge = judge_of(real[:41])
    assert judge.pictures == 20 and judge.floor is None and judge.distance(real[:20]) is None
    assert 0 < judge.diversity_real
    with pytest.raises(ValueError, match="pictures: expected 20, as many as real ones, got 3"):
        judge.distance(real[:3])


def test_pictures_that_are_not_finite(real: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pictures' features: expected finite numbers"):
        judge_of(real).distance(np.full((300, 16, 16, 1), np.nan, "float32"))


def test_spread() -> None:
    np.testing.assert_array_equal(spread(np.arange(10), 4), [0, 3, 6, 9])
    np.testing.assert_array_equal(spread(np.arange(3), 5), [0, 1, 2])


def test_gaussian_is_float64() -> None:
    mean, cov = gaussian(rng.normal(size=(50, 1)).astype("float32"))
    assert mean.dtype == cov.dtype == np.float64 and cov.shape == (1, 1)


# ---- trainings that differ in one thing ---------------------------------------------------------------------

SHAPE = (24, 24, 1)


def made(of: Tricks, seed: int = 0) -> TricksGAN:
    tinydl.set_random_seed(seed)
    model = TricksGAN(of, 4, SHAPE)
    model.compile()
    return model


def blueprint(model: Any) -> list[tuple[Any, ...]]:
    """What a GAN consists of, in the order of its layers."""
    names = ("kernel_size", "strides", "padding", "filters", "units", "rate", "pool_size", "negative_slope")
    lines: list[tuple[Any, ...]] = []
    for network in (model.generator, model.discriminator):
        for layer in network.layers:
            held = tuple(getattr(layer, name, None) for name in names)
            act = getattr(getattr(layer, "activation", None), "__name__", None)
            lines.append((type(layer).__name__, *held, act))
    return lines


def some(n: int) -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (n, *SHAPE)).astype("float32")


def test_with_all_tricks_it_is_the_recipe_to_the_bit() -> None:
    mine = made(RECIPE)
    tinydl.set_random_seed(0)
    recipe = model.GAN(model.generator(4, shape=SHAPE), model.discriminator(4, SHAPE))
    recipe.compile()
    assert blueprint(mine) == blueprint(recipe)
    for one in (mine, recipe):
        tinydl.set_random_seed(1)
        for _ in range(2):
            one.train_on_batch(mine.like_real(some(20)))
    for ours, theirs in zip(mine.get_weights(), recipe.get_weights()):
        np.testing.assert_array_equal(ours, theirs)


CHANGED: dict[
    str, dict[str, Any]
] = {  # by trick: how many layers of a kind are different, in (before, after)
    "tanh": {"Conv2D": 1},
    "pixels from -1": {},
    "normal points": {},
    "kernel of 4": {"Conv2DTranspose": 1},
    "LeakyReLU": {"LeakyReLU": 9},
    "dropout": {"Dropout": 1},
    "noise on labels": {},
    "clipping": {},
}


@pytest.mark.parametrize("trick", CHANGED)
def test_without_a_trick_one_thing_is_different(trick: str) -> None:
    recipe, other = blueprint(made(RECIPE)), blueprint(made(without(trick)))
    kinds = [a[0] for a, b in zip(recipe, other, strict=True) if a != b]
    assert {kind: kinds.count(kind) for kind in kinds} == CHANGED[trick]
    differing = [f for f in RECIPE.__dataclass_fields__ if getattr(RECIPE, f) != getattr(without(trick), f)]
    assert len(differing) == (2 if trick == "tanh" else 1)  # a sigmoid cannot draw below 0


def test_pooling_leaves_as_many_pixels_and_the_same_weights_as_strides() -> None:
    recipe, other = made(RECIPE), made(without("strides"))
    assert (
        blueprint(recipe)[: len(recipe.generator.layers)] == blueprint(other)[: len(recipe.generator.layers)]
    )
    convolutions = [layer for layer in other.discriminator.layers if isinstance(layer, layers.Conv2D)]
    pools = [layer for layer in other.discriminator.layers if isinstance(layer, layers.MaxPooling2D)]
    assert [layer.strides for layer in convolutions] == [(1, 1)] * 4 and len(pools) == 3
    strided = [
        layer.output_shape for layer in recipe.discriminator.layers if isinstance(layer, layers.Conv2D)
    ]
    assert [layer.output_shape for layer in pools] == strided[1:]
    for one, two in zip(recipe.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_pixels_points_labels_and_gradients_without_their_trick() -> None:
    recipe, x = made(RECIPE), some(50)
    np.testing.assert_allclose(recipe.like_real(x), x, atol=1e-6)
    dark = made(without("pixels from -1"))
    assert dark.like_real(x).min() >= 0 and dark.like_real(x).max() > 0.9
    np.testing.assert_allclose(2 * dark.like_real(x) - 1, x, atol=1e-6)
    assert (dark.drawn(dark.points(5, 0)) >= -1).all() and (
        dark.predict(dark.points(5, 0), verbose=0) < 0
    ).any()
    grey = made(without("tanh"))
    assert (
        np.abs(grey.drawn(grey.points(5, 0))).max() < 0.2
    )  # sigmoid of about 0 is the middle, as tanh of 0 is

    normal, uniform = recipe.points(5000), made(without("normal points")).points(5000)
    assert normal.std() == pytest.approx(1, abs=0.02) and np.abs(normal).max() > 3
    assert uniform.std() == pytest.approx(3**-0.5, abs=0.01) and 0.99 < np.abs(uniform).max() <= 1
    np.testing.assert_array_equal(recipe.points(9, seed=4), recipe.points(9, seed=4))

    assert np.ptp(recipe.labels(500)[:500]) > 0.04
    np.testing.assert_array_equal(made(without("noise on labels")).labels(2).ravel(), [1, 1, 0, 0])
    assert recipe.optimizer.clipvalue == recipe.g_optimizer.clipvalue == 1.0
    free = made(without("clipping"))
    assert free.optimizer.clipvalue is free.g_optimizer.clipvalue is None


def test_the_rate_is_the_discriminators_alone_and_zero_freezes_it() -> None:
    frozen = made(RECIPE)
    frozen.compile(rate=0.0)
    before = [w.copy() for w in frozen.get_weights()]
    frozen.train_on_batch(some(20))
    moved = [bool((a != b).any()) for a, b in zip(before, frozen.get_weights())]
    own = len(frozen.generator.get_weights())
    assert all(moved[:own]) and not any(moved[own:])


# ---- the experiments ----------------------------------------------------------------------------------------


def test_all_pixels_are_seen() -> None:
    """The score of the pictures that are used depends on every pixel; of 28×28 it would not."""
    assert lab.cut(np.zeros((2, 28, 28, 1))).shape == (2, 24, 24, 1)
    assert lab.cut(np.arange(32 * 33).reshape(1, 32, 33, 1))[0, 0, :2, 0].tolist() == [0, 1]
    for side, blind in ((24, 0), (32, 0), (28, 28**2 - 24**2)):
        x = Tensor(some(1)[:, :1, :1] * np.ones((1, side, side, 1), "float32"), requires_grad=True)
        (slope,) = grad(TricksGAN(RECIPE, 4, (side, side, 1)).discriminator(x).sum(), [x])
        assert np.count_nonzero(slope.numpy() == 0) == blind


def test_verdicts_need_all_seeds_outside_of_what_the_recipe_has() -> None:
    recipe = [2.0, 3.0, 2.5, 4.0]
    assert beside([4.1, 5.0], recipe) == "farther away" and beside([1.0, 1.9], recipe) == "nearer"
    assert beside([3.9, 9.0], recipe) == beside([1.0, 2.1], recipe) == "no difference to be seen"
    assert beside([1.0, np.nan], recipe) == "broke off"
    assert beside([1.0], [2.0]) == "one seed says nothing"


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The experiments in their smallest form, on drawn digits and with a few variants alone."""
    few = functools.partial(datasets.synthetic.load_data, n_train=300, n_test=60)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)
    monkeypatch.setattr(lab, "RATES", {"× 1": 1.0, "0": 0.0})
    monkeypatch.setattr(lab, "INSTEAD", {name: INSTEAD[name] for name in ("dropout", "pixels from -1")})

    def start(*flags: str) -> course.Run:
        chapter = course.CHAPTERS["gan"]
        argv = ["--quick", "--data", "synthetic", "--out", str(tmp_path / "out"), *flags]
        run = course.Run(chapter, course.chapter_flags(chapter), argv)
        images = course.load_images("synthetic", quick=True)
        with run:
            run.start(images.name)
            lab.experiments(run, Real(images.name, 2 * course.scaled(images.x_train) - 1, images))
        return run

    return start


def test_the_experiments_in_small(
    quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = quick().record["figures"]
    assert list(figures["rates"]) == ["× 1", "0"] and list(figures["tricks"]) == [
        "the recipe",
        "dropout",
        "pixels from -1",
    ]
    assert figures["judged"] == 100 and figures["floor"] > 0 and figures["diversity_real"] > 0
    told = capsys.readouterr().out
    assert "It compares 100 with as many real ones" in told and "no dropout" in told
    for name in ("rates", "tricks"):
        with Image.open(tmp_path / "out" / f"{name}.png") as opened:
            assert np.asarray(opened.convert("L")).std() > 5
    monkeypatch.setattr(course.Run, "picture", lambda *anything: None)
    monkeypatch.setattr(TricksGAN, "train_step", None)  # nothing is trained again, and nothing is different
    assert quick("--resume").record["figures"] == figures


def test_too_few_pictures_to_judge_by(quick: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=120, n_test=60)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)
    with pytest.raises(course.Refused, match="120 pictures are too few to judge by"):
        quick()


def test_ctrl_c_ends_them_and_they_can_be_gone_on_with(quick: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda *anything: None)
    step, steps = TricksGAN.train_step, []

    def interrupted(self: TricksGAN, *batch: Any) -> dict[str, Any]:
        steps.append(self)
        if len(steps) == 3:  # in the second training, of two steps each
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(TricksGAN, "train_step", interrupted)
        run = quick()
    assert run.status == 130
    assert list(run.record["figures"]["tricks"]) == ["the recipe"] and list(
        run.record["figures"]["rates"]
    ) == ["× 1"]
    assert list(quick("--resume").record["figures"]["rates"]) == ["× 1", "0"]
