"""Chapter 8 from the command line, on few and random pictures: the step, the watch, going on, and data of all kinds."""

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
from chapters.ch08_gan import train
from chapters.ch08_gan.data import real_pictures
from chapters.ch08_gan.duel import duel
from chapters.ch08_gan.model import GAN, discriminator, generator
from chapters.ch08_gan.watch import Watch, frames, path_of
from tinydl import Tensor, datasets, grad, optimizers
from tinydl.checkpoint import read

PICTURES = "adversaries beside between duel nearest quality samples strip".split()


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CIFAR-10 of noise: 150 birds, 30 frogs, 20 cats, no ship; and few digits."""

    def load_data() -> Any:
        y = np.repeat(np.array([2, 6, 3], np.uint8), (150, 30, 20))[:, None]
        y = np.random.default_rng(1).permutation(y)
        x = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8)
        return (x, y), (x[:10], y[:10])

    monkeypatch.setattr(datasets.cifar10, "load_data", load_data)
    few = functools.partial(datasets.synthetic.load_data, n_train=60, n_test=20)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pictures are drawn, and not saved: the names that they would have."""
    names: list[str] = []
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: names.append(name))
    monkeypatch.setattr("tinydl.plot.save_animation", lambda frames, path, *options, **more: path)
    return names


@pytest.fixture
def no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "how_good_it_is", lambda *anything: None)


@pytest.fixture
def training_alone(drawn: list[str], no_judge: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And that short: epochs of two steps."""
    monkeypatch.setattr(train, "what_it_draws", lambda *anything: None)
    monkeypatch.setattr(train, "steps_of_an_epoch", lambda run: 2)


def run(out: Path, *flags: str) -> int:
    return main(["run", "gan", "--quick", "--data", "synthetic", "--out", str(out), *flags])


def same(first: Path, second: Path) -> None:
    """Two checkpoints hold the same bits: weights, both optimizers, random numbers, history."""
    one, two = read(first), read(second)
    assert len(one) == len(two)
    for (key, value), (other, wanted) in zip(one.items(), two.items()):  # conv2d_3 is another run's conv2d
        assert re.sub(r"_\d+/", "/", key) == re.sub(r"_\d+/", "/", other)
        np.testing.assert_array_equal(value, wanted, err_msg=key)


# ---- the step -----------------------------------------------------------------------------------------------


def small(d_rate: float, g_rate: float, shape: tuple[int, int, int] = (24, 24, 1)) -> GAN:
    """Both networks in float64, without dropout, on points and labels that are always the same."""
    tinydl.backend.set_floatx("float64")
    model = GAN(generator(2, 3, shape), discriminator(2, shape))
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()])
    model.discriminator.layers[-2].rate = 0.0
    model.compile(optimizers.SGD(d_rate), optimizers.SGD(g_rate))
    points = iter(rng.normal(size=(2, 5, 3)))
    labels = np.repeat([[1.0], [0.0]], 5, axis=0) + 0.05 * rng.random((10, 1))
    model.points, model.labels = lambda n: next(points), lambda n: labels  # type: ignore[method-assign]
    return model


def test_labels_are_one_for_generated_and_zero_for_real_with_a_little_noise() -> None:
    labels = GAN(generator(2, 3), discriminator(2)).labels(300)
    assert labels.shape == (600, 1) and labels.dtype == np.float32
    for part, low in ((labels[:300], 1), (labels[300:], 0)):
        assert low <= part.min() < low + 0.005 and low + 0.045 < part.max() <= low + 0.05


def test_a_step_is_two_steps_downhill_by_finite_differences() -> None:
    """The discriminator's gradient by differences of its loss, then the generator's through the discriminator that
    has learnt; either loss is written out by hand from what the networks answer."""
    x = np.random.default_rng(0).uniform(-1, 1, (5, 24, 24, 1))
    model, oracle = small(0.5, 0.5), small(0.5, 0.5)
    first, second, labels = oracle.points(5), oracle.points(5), oracle.labels(5)
    before = model.get_weights()
    logs = model.train_on_batch(x, return_dict=True)

    def d_loss() -> float:
        both = np.concatenate([generated, x])
        p = oracle.discriminator.predict(both, verbose=0)
        return float(-(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean())

    def g_loss() -> float:
        p = oracle.discriminator.predict(oracle.generator.predict(second, verbose=0), verbose=0)
        return float(-np.log(1 - p).mean())

    generated = oracle.generator.predict(first, verbose=0)
    assert logs["d_loss"] == pytest.approx(d_loss(), rel=1e-6)
    p = oracle.discriminator.predict(np.concatenate([generated, x]), verbose=0)
    assert (
        logs["generated_accuracy"] == (p[:5] > 0.5).mean() and logs["real_accuracy"] == (p[5:] <= 0.5).mean()
    )
    for part, loss in (("discriminator", d_loss), ("generator", g_loss)):
        network, learnt = getattr(oracle, part), getattr(model, part)
        if part == "generator":
            oracle.discriminator.set_weights(model.discriminator.get_weights())
            assert logs["g_loss"] == pytest.approx(g_loss(), rel=1e-6)
        old, new = network.get_weights(), learnt.get_weights()
        for k, weight in enumerate(old):
            place = np.unravel_index(weight.size // 2, weight.shape)
            slopes = []
            for sign in (1, -1):
                moved = [w.copy() for w in old]
                moved[k][place] += sign * 1e-5
                network.set_weights(moved)
                slopes.append(loss())
            slope = (slopes[0] - slopes[1]) / 2e-5
            assert new[k][place] - weight[place] == pytest.approx(-0.5 * slope, rel=1e-4, abs=1e-9), (part, k)
        network.set_weights(old)
    assert len(before) == len(model.get_weights())


@pytest.mark.parametrize("frozen", ["generator", "discriminator"])
def test_each_half_of_a_step_changes_one_of_them(frozen: str) -> None:
    model = small(0.0 if frozen == "discriminator" else 0.5, 0.0 if frozen == "generator" else 0.5)
    before = {name: getattr(model, name).get_weights() for name in ("generator", "discriminator")}
    model.train_on_batch(np.zeros((5, 24, 24, 1)))
    for name, weights in before.items():
        moved = [bool((now != was).any()) for now, was in zip(getattr(model, name).get_weights(), weights)]
        assert not any(moved) if name == frozen else all(moved)


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1), (24, 24, 1), (20, 30, 3), (17, 18, 1)])
def test_every_pixel_is_looked_at(shape: tuple[int, int, int]) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(2, *shape)).astype("float32"), requires_grad=True)
    (slope,) = grad(discriminator(4, shape)(x).sum(), [x])
    assert (np.abs(slope.numpy()).max(axis=(0, 3)) > 0).all()


def test_networks_for_pictures_of_other_sizes() -> None:
    assert generator(4, 5, (28, 28, 1)).output_shape == (None, 28, 28, 1)
    shapes = [layer.output_shape[1:3] for layer in discriminator(4, (28, 28, 1)).layers[1:9:2]]
    assert shapes == [(30, 30), (14, 14), (6, 6), (2, 2)]
    with pytest.raises(ValueError, match="shape: expected pictures with even sides, got"):
        generator(4, 5, (27, 28, 1))
    with pytest.raises(ValueError, match="does not fit into a picture"):
        discriminator(4, (16, 16, 3))
    with pytest.raises(ValueError):
        GAN(generator(4), discriminator(4, (28, 28, 1)))
    model = GAN(generator(4), discriminator(4))
    model.compile()
    with pytest.raises(TypeError, match="no test loss"):
        model.evaluate(np.zeros((4, 32, 32, 3), "float32"), verbose=0)


def test_two_who_follow_their_gradients_do_not_meet() -> None:
    """Both at once multiply their distance by sqrt(1 + rate²); in turn they go round an ellipse."""
    at_once, in_turn = (duel(100, rate=0.2, in_turn=each) for each in (False, True))
    np.testing.assert_allclose(np.hypot(*at_once.T), 1.04 ** (np.arange(101) / 2))
    x, y = in_turn.T
    np.testing.assert_allclose(x * x + y * y - 0.2 * x * y, 1)  # what stays the same


# ---- what a run leaves --------------------------------------------------------------------------------------


def test_a_quick_run_leaves_pictures_a_film_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--data", "birds") == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as opened:
            assert np.asarray(opened.convert("L")).std() > 5, f"{path.name} is blank"
    with Image.open(tmp_path / "film.gif") as opened:
        assert opened.n_frames == 5  # after 0, 1, 2, 3, 4 epochs
    assert list(frames(tmp_path, 9)) == [0, 1, 2, 3, 4] and list(frames(tmp_path, 2)) == [0, 1, 2]
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    figures, history = report["figures"], report["history"]["gan"]
    assert report["data"] == "CIFAR-10, bird" and figures["steps"] == 20
    assert figures["frechet"] == pytest.approx(
        np.mean([value - figures["floor"] for step, value in figures["frechets"].items() if step != "0"])
    )
    assert 0 < figures["diversity"] < figures["diversity_real"]
    assert {"d_loss", "g_loss", "real_accuracy", "generated_accuracy", "diversity"} == set(history)
    told = capsys.readouterr().out
    assert "CIFAR-10, bird: 140 pictures, each (32, 32, 3)" in told and "20 steps; one takes" in told
    assert "Fréchet distance above the floor" in told


def test_a_run_on_a_gpu(there: Any, tmp_path: Path, training_alone: None) -> None:
    """It begins there, and goes on on a CPU."""
    tinydl.set_device("cpu")
    assert run(tmp_path, "--device", "gpu", "--epochs", "1") == 0 and tinydl.current_device() == "gpu:0"
    assert run(tmp_path, "--device", "cpu", "--epochs", "2", "--resume") == 0
    assert list(frames(tmp_path, 9)) == [0, 1, 2]


def test_the_full_networks_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Wide, as --full has them; here told how long it will take, and not trained."""
    shapes = []

    def fit(self: course.Run, model: GAN, x: np.ndarray, **options: Any) -> None:
        shapes.extend([model.generator.weights[-2].shape, model.discriminator.weights[0].shape])
        assert options["epochs"] == 40 and options["steps_per_epoch"] == 250 and not options["shuffle"]
        raise KeyboardInterrupt

    monkeypatch.setattr(course.Run, "fit", fit)
    monkeypatch.setattr(train, "time_of_a_step", lambda model, x: 7.2)
    assert main(["run", "gan", "--full", "--data", "synthetic", "--out", str(tmp_path)]) == 130
    assert shapes == [(7, 7, 256, 1), (3, 3, 1, 128)]
    told = capsys.readouterr().out
    assert "10,000 steps; one takes 7.2 s here: about 20 hours in all." in told and "--device gpu" in told


# ---- going on, and going wrong ------------------------------------------------------------------------------


def test_going_on_from_any_checkpoint_gives_the_same_run_bit_for_bit(
    tmp_path: Path, training_alone: None
) -> None:
    whole, again = tmp_path / "whole", tmp_path / "again"
    assert run(whole) == 0
    for epoch in (0, 2):
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(whole, again)
        for later in range(epoch + 1, 5):
            for folder in ("frames", "checkpoints"):
                path_of(again / folder, later).unlink(missing_ok=True)
        assert run(again, "--resume", str(path_of(again / "checkpoints", epoch))) == 0
        for folder in ("frames", "checkpoints"):
            kept = sorted(path.name for path in (whole / folder).iterdir())
            assert sorted(path.name for path in (again / folder).iterdir()) == kept
            for name in kept:
                same(whole / folder / name, again / folder / name)
    assert run(again, "--epochs", "1") == 0  # another training: what lies there of this one goes
    assert list(frames(again, 9)) == [0, 1]


def test_a_run_that_begins_in_the_midst_of_another(
    tmp_path: Path, drawn: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its film has no beginning, and nothing is said of an untrained generator."""
    assert run(tmp_path / "first", "--epochs", "2") == 0
    there = path_of(tmp_path / "first" / "checkpoints", 2)
    capsys.readouterr()
    assert run(tmp_path / "second", "--epochs", "3", "--resume", str(there)) == 0
    assert list(frames(tmp_path / "second", 9)) == [2, 3]
    told = capsys.readouterr().out
    assert "before training" not in told and "Diversity" in told


def test_ctrl_c_keeps_what_there_is(
    tmp_path: Path, training_alone: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert run(straight) == 0
    step, steps = GAN.train_step, []

    def interrupted(self: GAN, *batch: Any) -> dict[str, Any]:
        steps.append(self)
        if len(steps) == 2 + 3:  # two are for the time that a step takes
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(GAN, "train_step", interrupted)
        assert run(stopped) == 130
    assert list(frames(stopped, 9)) == [0, 1]
    assert "Go on with:  python -m chapters run gan --quick" in capsys.readouterr().out
    assert run(stopped, "--resume") == 0
    same(straight / "backup" / "gan" / "latest.npz", stopped / "backup" / "gan" / "latest.npz")


@pytest.mark.filterwarnings("ignore:the d_loss is nan:RuntimeWarning", "ignore:.*is nan:RuntimeWarning")
def test_a_loss_that_is_no_number_ends_the_training_and_what_was_good_is_kept(
    tmp_path: Path,
    drawn: list[str],
    no_judge: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    assert run(good, "--epochs", "2") == 0
    step, steps = GAN.train_step, []

    def spoilt(self: GAN, *batch: Any) -> dict[str, Any]:
        steps.append(self)
        if len(steps) == 2 + 12:
            weights = self.get_weights()
            self.set_weights([w * np.nan for w in weights])
        return step(self, *batch)

    monkeypatch.setattr(GAN, "train_step", spoilt)
    capsys.readouterr()
    assert run(bad) == 0
    told = capsys.readouterr().out
    assert "Stopped: d_loss is nan by step 15. The pictures will show the generator of 2 epochs" in told, told
    assert f"stays in {bad / 'backup' / 'gan' / 'latest.npz'}" in told
    same(good / "backup" / "gan" / "latest.npz", bad / "backup" / "gan" / "latest.npz")
    assert list(frames(bad, 9)) == [0, 1, 2]
    same(path_of(good / "frames", 2), path_of(bad / "frames", 2))
    assert drawn.count("samples") == 2


def test_a_collapse_is_told_and_that_it_has_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = GAN(generator(2, 3), discriminator(2))
    model.compile()
    values = iter([0.01, 0.02, 0.5, 0.04, 0.03, 0.3])

    class Pictures:
        def predict(self, points: np.ndarray, verbose: int) -> np.ndarray:
            away = next(values) * 2  # of two pairs of equal pictures; a third of all pairs are alike
            return np.array([0, 0, 1, 1])[:, None, None, None] * np.full((32, 32, 3), 1.5 * away / 2)

        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

    watch = Watch(tmp_path, np.zeros((4, 3), "float32"), real=0.6, state=2)
    watch.set_params({"steps": 250, "epochs": 6})
    watch.set_model(Pictures())  # type: ignore[arg-type]
    told = []
    for epoch in range(6):
        logs: dict[str, Any] = {}
        watch.on_epoch_end(epoch, logs)
        told.append(capsys.readouterr().out)
        assert logs["diversity"] == pytest.approx([0.01, 0.02, 0.5, 0.04, 0.03, 0.3][epoch])
    assert [bool(each) for each in told] == [False, False, False, True, False, True]
    assert "By step 1,000 the pictures are all but alike" in told[3]
    assert f"the last checkpoint before it is {path_of(tmp_path / 'checkpoints', 2)}" in told[3]
    assert "By step 1,500 they differ again: diversity 0.300" in told[5]


# ---- data ---------------------------------------------------------------------------------------------------


def test_birds_come_in_the_order_of_the_files_from_minus_one_to_one() -> None:
    (x, y), _ = datasets.cifar10.load_data()
    birds = real_pictures("birds")
    assert birds.name == "CIFAR-10, bird" and birds.x.dtype == np.float32 and len(birds.x) == 140
    np.testing.assert_allclose(birds.x, x[y[:, 0] == 2][:140] / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(real_pictures("cifar10", "bird").x, birds.x)
    assert len(real_pictures("cifar10").x) == 200 and len(real_pictures("frogs").x) == 20
    digits = real_pictures("synthetic")
    assert digits.x.shape[1:] == (28, 28, 1) and digits.x.min() == -1 and digits.x.max() <= 1


def test_without_cifar_there_are_drawn_digits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> None:
        raise datasets.DataUnavailable("no network")

    monkeypatch.setattr(datasets.cifar10, "load_data", none)
    real = real_pictures("birds")
    assert real.name == "synthetic digits" and real.x.shape[1:] == (28, 28, 1)
    assert "there are drawn digits instead" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--data", "cifar10", "--class", "brid"], "did you mean 'bird'?"),
        (["--data", "cifar10", "--class", "ship"], "unknown class 'ship': There are: bird, cat, frog"),
        (["--data", "birds", "--class", "frog"], "birds are one class of CIFAR-10; take --data cifar10"),
        (["--data", "brids"], "did you mean 'birds'?"),
        (["--data", "few"], "16 pictures of few; a step takes 20"),
        (["--data", "few", "--class", "moss"], "8 pictures of few, moss; a step takes 20"),
    ],
)
def test_what_cannot_be_learnt_from(
    flags: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in ("moss", "sand"):
        for i in range(10):
            path = Path("few") / kind / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (31 + i, 17), (10 * i, 0, 0)).save(path)  # odd sides: all become 32×32
    assert run(Path("out"), *flags) == 2
    told = capsys.readouterr()
    assert says in told.err.splitlines()[-1] and told.err.splitlines()[-1].startswith("error: "), told.err
    assert not told.out and not list(Path("out").glob("*"))


def test_a_folder_of_ones_own(tmp_path: Path, training_alone: None) -> None:
    for kind in ("moss", "sand"):
        for i in range(20):
            path = tmp_path / "mine" / kind / f"{i:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (31, 45), 12 * i).save(path)
    assert real_pictures(str(tmp_path / "mine")).x.shape == (
        20,
        32,
        32,
        3,
    )  # of 32, the others being held out
    assert run(tmp_path / "out", "--data", str(tmp_path / "mine"), "--epochs", "1") == 0


def test_how_long_is_said_in_words() -> None:
    assert [train.duration(each) for each in (7, 130, 100_000)] == [
        "about 7 s",
        "about 2 min",
        "about 28 hours",
    ]
    assert train.some(range(5), 17) == [0, 1, 2, 3, 4] and train.some([7], 9) == [7]
    assert (
        set(train.some(range(41), 9)) < set(train.some(range(41), 17)) and train.some(range(41), 9)[-1] == 40
    )
