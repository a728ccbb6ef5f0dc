"""What all chapters share: the list, run.json, several trainings in a run, `run all`, --resume FILE."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinydl
from chapters import __main__, course
from chapters.ch08_gan.model import GAN, discriminator, generator
from chapters.neighbours import knn_accuracy, pca
from tinydl import Sequential, layers
from tinydl.checkpoint import read
from tinydl.plot.drawing import new_figure

CHAPTER = course.CHAPTERS["cnn"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lesson(run: course.Run, names: tuple[str, ...] = ("first", "second")) -> list[np.ndarray]:
    """Two small trainings on noise; returns the weights of the last."""
    x = np.random.default_rng(0).random((12, 3), dtype="float32")
    run.start("noise")
    for name in names:
        model = Sequential([layers.Input((3,)), layers.Dropout(0.5), layers.Dense(2)])
        model.compile("adam", "mse")
        run.fit(
            model,
            x,
            x[:, :2],
            name=name,
            epochs=run.epochs(quick=1, usual=3, full=5),
            verbose=0,
            batch_size=4,
        )
        run.note(test_accuracy=0.25, **{name: model.get_weights()[1]})
    run.picture("empty", new_figure(1, 1))
    return model.get_weights()


def go(*argv: str, names: tuple[str, ...] = ("first", "second")) -> tuple[course.Run, list[np.ndarray]]:
    run, weights = course.Run(CHAPTER, course.chapter_flags(CHAPTER), argv), []
    with run:
        weights = lesson(run, names)
    return run, weights


def record(folder: Path = Path("runs/cnn")) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Ctrl-C in the n-th step from now on."""
    step = Sequential.train_step

    def at(n: int) -> None:
        steps: Iterator[int] = iter(range(10_000))

        def train_step(self: Sequential, *batch: Any) -> dict[str, Any]:
            if next(steps) == n:
                signal.raise_signal(signal.SIGINT)
            return step(self, *batch)

        monkeypatch.setattr(Sequential, "train_step", train_step)

    return at


# ---- run.json and the list ----------------------------------------------------------------------------------


def test_a_run_writes_down_what_it_was_and_what_came_out(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, weights = go("--seed", "3")
    found = record()
    assert run.status == 0 and found["state"] == "finished" and found["chapter"] == "cnn"
    assert found["asked"] == {"data": "mnist", "quick": False, "seed": 3} and found["argv"] == ["--seed", "3"]
    assert found["data"] == "noise" and found["seconds"] >= 0 and found["began"][:2] == "20"
    assert found["versions"]["numpy"] == np.__version__ and found["versions"]["device"] == "cpu"
    np.testing.assert_allclose(found["figures"]["second"], weights[1])
    assert [len(each["loss"]) for each in found["history"].values()] == [3, 3]
    assert "empty.png" in capsys.readouterr().out


def test_earlier_runs_are_remembered_and_the_best_is_listed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main([]) == 0
    told = capsys.readouterr().out
    assert all(f" {name} " in told for name in course.CHAPTERS) and "about 1 min" in told and "here" in told
    go()
    for accuracy in (0.5, 0.375):
        found = record()
        found["figures"]["test_accuracy"] = accuracy
        Path("runs/cnn/run.json").write_text(json.dumps(found), encoding="utf-8")
        go("--quick")
    assert [each["figures"]["test_accuracy"] for each in record()["before"]] == [0.5, 0.375]
    assert "history" not in record()["before"][0]
    assert course.best_figure(CHAPTER) == "50.00% of the test set, noise"
    go("--out", "runs/another")
    assert __main__.main([]) == 0
    assert "50.00% of the test set, noise" in capsys.readouterr().out


def test_less_is_better_where_it_is(here: Path) -> None:
    chapter = course.CHAPTERS["autoencoder"]
    for i, loss in enumerate((float("nan"), 0.3, 0.1, 0.2)):  # a training that diverged is not the best
        Path(f"runs/{i}").mkdir(parents=True)
        found = {
            "chapter": chapter.name,
            "state": "finished",
            "figures": {"test_loss": loss},
            "data": "MNIST",
        }
        Path(f"runs/{i}/run.json").write_text(json.dumps(found), encoding="utf-8")
    assert course.best_figure(chapter) == "test loss 0.1000, MNIST"


# ---- Ctrl-C and --resume ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [4, 9 + 5], ids=["in the first", "in the second"])
def test_a_run_of_several_trainings_goes_on_bit_for_bit(
    step: int, here: Path, stop_at: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    _, whole = go("--out", "whole")
    stop_at(step)
    run, weights = go("--out", "stopped")
    assert run.status == 130 and record(Path("stopped"))["state"] == "stopped"
    assert bool(weights) == (step > 9), "after Ctrl-C in the last training the lesson still comes to its end"
    assert "run cnn --out stopped --resume" in capsys.readouterr().out
    run, weights = go("--out", "stopped", "--resume")
    assert run.status == 0 and record(Path("stopped"))["state"] == "finished"
    for was, is_ in zip(whole, weights, strict=True):
        np.testing.assert_array_equal(is_, was)
    assert record(Path("stopped"))["history"] == record(Path("whole"))["history"]


def test_ctrl_c_outside_of_a_training(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(course.Run, "picture", interrupted)
    run, _ = go()
    assert run.status == 130 and record()["state"] == "stopped"
    assert record()["figures"]["test_accuracy"] == 0.25, "what was found until then is kept"
    assert __main__.main([]) == 0
    assert "stopped, --resume goes on" in capsys.readouterr().out


def test_what_was_found_before_an_error_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(course.Run, "picture", full)
    with pytest.raises(OSError, match="No space"):
        go()
    assert record()["state"] == "failed" and record()["figures"]["test_accuracy"] == 0.25
    assert course.best_figure(CHAPTER) is None


def test_resume_from_a_file_goes_back_in_time(here: Path) -> None:
    _, whole = go("--out", "long")
    go("--epochs", "1", "--out", "short", names=("first",))
    early = Path("short/backup/first/latest.npz")
    _, weights = go("--out", "long", "--resume", str(early))
    for was, is_ in zip(whole, weights, strict=True):
        np.testing.assert_array_equal(is_, was)
    assert len(record(Path("long"))["history"]["first"]["loss"]) == 3


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("missing.npz", "there is no such file"),
        ("cut.npz", "not a whole .npz file"),
        ("foreign.npz", "another model's file"),
        ("weights.npz", "no checkpoint of a training"),
    ],
)
def test_a_checkpoint_that_is_none(file: str, says: str, here: Path) -> None:
    go()
    latest = Path("runs/cnn/backup/first/latest.npz")
    Path("cut.npz").write_bytes(latest.read_bytes()[:1000])
    arrays = read(latest)
    np.savez("weights.npz", **{key: value for key, value in arrays.items() if key.startswith("weights")})
    np.savez("foreign.npz", **{key.replace("dense", "conv2d"): value for key, value in arrays.items()})
    before = {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()}
    with pytest.raises(course.Refused, match=f"--resume.*{says}"):
        go("--resume", file)
    assert {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()} == before


def test_another_chapters_run_is_not_resumed(here: Path) -> None:
    go()
    other = course.CHAPTERS["dense"]
    with pytest.raises(course.Refused, match="one of chapter cnn"):
        course.Run(other, course.chapter_flags(other), ["--out", "runs/cnn", "--resume"])


def test_two_trainings_of_one_name(here: Path) -> None:
    with pytest.raises(ValueError, match="already"):
        go(names=("same", "same"))


# ---- run all ------------------------------------------------------------------------------------------------


def test_all_chapters_run_in_turn(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str | None, list[str]]] = []

    def run(name: str | None, flags: list[str]) -> int:
        asked.append((name, flags))
        if name == "dense":
            raise course.Refused("no such thing")
        return 130 if name == "autoencoder" else 0

    monkeypatch.setattr(__main__, "run", run)
    assert __main__.run_all(["--quick", "--out", "there", "--seed", "4"]) == 130
    names = list(course.CHAPTERS)
    assert [name for name, _ in asked] == names[: names.index("autoencoder") + 1]
    assert asked[0][1] == ["--quick", "--seed", "4", "--out", str(Path("there/autograd"))]
    told = capsys.readouterr()
    assert "error: no such thing" in told.err and "run all --quick --out there --seed 4 --resume" in told.out


def test_all_resumes_what_it_had_begun_and_no_older_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, state in [
        ("autograd", ""),
        ("dense", "finished"),
        ("convolution", "stopped"),
        ("cnn", "finished"),
    ]:
        backup = Path(f"runs/{name}/backup/net")
        backup.mkdir(parents=True)
        (backup / "latest.npz").touch()
        if state:
            Path(f"runs/{name}/run.json").write_text(json.dumps({"state": state}), encoding="utf-8")
    resumed = {}
    monkeypatch.setattr(__main__, "run", lambda name, flags: resumed.update({name: "--resume" in flags}) or 0)
    assert __main__.run_all(["--resume"]) == 0
    assert [name for name, each in resumed.items() if each] == ["dense", "convolution"]
    Path("runs/convolution/run.json").write_text(json.dumps({"state": "finished"}), encoding="utf-8")
    assert __main__.run_all(["--resume"]) == 0
    assert [name for name, each in resumed.items() if each] == ["dense", "convolution", "cnn"]


def test_all_has_no_data_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["run", "all", "--data", "mnist"]) == 2
    assert "run all --help" in capsys.readouterr().err


# ---- neighbours and principal components --------------------------------------------------------------------


def test_neighbours_vote(rng: np.random.Generator) -> None:
    points, labels = rng.normal(size=(40, 3)), rng.integers(0, 4, 40)
    queries, truth = rng.normal(size=(15, 3)), rng.integers(0, 4, 15)

    def vote(query: np.ndarray, others: np.ndarray, theirs: np.ndarray, k: int) -> int:
        near = list(theirs[np.argsort(((others - query) ** 2).sum(axis=1))][:k])
        most = max(near.count(each) for each in near)
        best = [each for each in near if near.count(each) == most]
        return best[0] if len(set(best)) == 1 else -1  # -1: a tie, decided below

    for k in (1, 5):
        votes = [vote(q, points, labels, k) for q in queries]
        ties = votes.count(-1)
        right = sum(v == t for v, t in zip(votes, truth))
        found = knn_accuracy(points, labels, k, queries, truth) * len(queries)
        assert right - 1e-9 <= found <= right + ties + 1e-9
        keep = [np.delete(np.arange(40), i) for i in range(40)]
        votes = [vote(points[i], points[keep[i]], labels[keep[i]], k) for i in range(40)]
        right = sum(v == t for v, t in zip(votes, labels))
        assert right - 1e-9 <= knn_accuracy(points, labels, k) * 40 <= right + votes.count(-1) + 1e-9


def test_neighbours_of_small_classes_can_win() -> None:
    points = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 3, axis=0) + np.arange(9)[:, None] / 100
    assert knn_accuracy(points, np.repeat([0, 1, 2], 3), k=5) == 1.0
    assert knn_accuracy(points, np.array([0, 1, 2] * 3), k=5) == 0.0


def test_principal_components_are_the_best_that_a_line_can_keep(rng: np.random.Generator) -> None:
    x = rng.normal(size=(50, 6)) @ rng.normal(size=(6, 6)) + 3
    mean, axes = pca(x, 2)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    left = x - (mean + (x - mean) @ axes.T @ axes)
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose((left**2).sum(), (singular[2:] ** 2).sum())


def test_a_seed_settles_a_run(here: Path) -> None:
    first, second = go("--out", "a")[1], go("--out", "b")[1]
    for was, is_ in zip(first, second):
        np.testing.assert_array_equal(is_, was)
    assert tinydl.current_device() == "cpu"


@pytest.mark.parametrize("step", [8, 14])  # in the midst of an epoch, in the last step
def test_a_gan_that_was_stopped_goes_on_bit_for_bit(
    step: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two optimizers with schedules, dropout, noise on the labels, points drawn in each step, files in their order."""
    x = np.random.default_rng(0).uniform(-1, 1, (18, 28, 28, 1)).astype("float32")

    def go(*argv: str) -> tuple[course.Run, list[np.ndarray], dict[str, dict[str, np.ndarray]]]:
        run = course.Run(CHAPTER, course.chapter_flags(CHAPTER), argv)
        with run:
            run.start("noise")
            model = GAN(generator(4, 3, x.shape[1:]), discriminator(4, x.shape[1:]))
            model.compile()
            fit = {"steps_per_epoch": 5, "batch_size": 4, "shuffle": False, "verbose": 0}
            run.fit(model, x, name="gan", epochs=3, **fit)
        optimizers = {"first": model.optimizer, "second": model.g_optimizer}
        return run, model.get_weights(), {name: each.get_state() for name, each in optimizers.items()}

    _, weights, states = go("--out", "whole")
    assert states["first"]["iterations"] == states["second"]["iterations"] == 15
    steps, train_step = iter(range(10_000)), GAN.train_step

    def stopped(self: GAN, *batch: Any) -> dict[str, Any]:
        if next(steps) == step:
            signal.raise_signal(signal.SIGINT)
        return train_step(self, *batch)

    with monkeypatch.context() as here_only:
        here_only.setattr(GAN, "train_step", stopped)
        assert go("--out", "stopped")[0].status == 130
    run, resumed, later = go("--out", "stopped", "--resume")
    assert run.status == 0
    assert record(Path("stopped"))["history"] == record(Path("whole"))["history"]
    for was, is_ in zip(weights, resumed, strict=True):
        np.testing.assert_array_equal(is_, was)
    for name, state in states.items():
        for key, value in state.items():
            np.testing.assert_array_equal(later[name][key], value, err_msg=f"{name}: {key}")


# ---- the pictures -------------------------------------------------------------------------------------------


@pytest.fixture
def cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a part of CIFAR-10: files by name, each the labels of its pictures; a class gets brighter one by one."""

    def write(**files: list[int]) -> Path:
        folder = tmp_path / "data" / "cifar-10"
        folder.mkdir(parents=True)
        for name, labels in files.items():
            records = [[label] + [labels[:i].count(label)] * 3072 for i, label in enumerate(labels)]
            (folder / f"{name}.bin").write_bytes(np.array(records, np.uint8).tobytes())
        return folder

    monkeypatch.setenv("TINYDL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TINYDL_CACHE", str(tmp_path / "cache"))
    return write


ALL = list(range(10))


def test_a_part_of_cifar10_is_told_and_mixed(
    cifar10: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sorted_by_class = [2] * 6 + [6] * 6, [k for k in ALL if k not in (2, 6) for _ in range(3)]
    folder = cifar10(train_birds_frogs=sorted_by_class[0], train_others=sorted_by_class[1], test=ALL)
    images = course.load_images("cifar10")
    assert images.name == "CIFAR-10" and images.class_names[6] == "frog"
    assert images.x_train.shape == (36, 32, 32, 3) and images.y_train.shape == (36,)
    assert images.x_test.shape == (10, 32, 32, 3) and images.y_test.shape == (10,)
    for third in np.split(images.y_train, 3):
        assert np.bincount(third).tolist() == [1, 1, 2, 1, 1, 1, 2, 1, 1, 1], "the classes are evenly mixed"
    for k in ALL:
        brightness = images.x_train[images.y_train == k][:, 0, 0, 0]
        assert brightness.tolist() == list(range(len(brightness))), "each in the order of the files"
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{folder} holds a part of the set, 36 of 50,000 training images (airplane 3" in line
    assert line.endswith("and 10 of 10,000 test images.")


def test_quick_is_the_beginning(cifar10: Callable[..., Path]) -> None:
    cifar10(train=ALL * 201, test=ALL * 51)
    images = course.load_images("cifar10", quick=True)
    assert (len(images.x_train), len(images.x_test)) == (2000, 500)


def test_a_class_without_a_picture_is_left_out(
    cifar10: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cifar10(train=[9, 0, 9, 5], test=ALL)
    images = course.load_images("cifar10")
    assert images.class_names == ["airplane", "dog", "truck"]
    assert [images.class_names[k] for k in images.y_test] == ["airplane", "dog", "truck"]
    assert {images.class_names[k]: (images.y_train == k).sum() for k in range(3)} == {
        "airplane": 1,
        "dog": 1,
        "truck": 2,
    }
    told = capsys.readouterr().err
    assert "airplane 1, dog 1, truck 2, no automobile, no bird" in told
    assert "nothing to learn automobile, bird, cat, deer, frog, horse, ship from: left out." in told


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"test": ALL}, "nothing to train on; get CIFAR-10 whole, or take other data"),
        ({"train": ALL}, "nothing to test on; get CIFAR-10 whole, or take other data"),
        ({"train": [1, 2], "test": [3, 4]}, "nothing to test on; get CIFAR-10 whole"),
        ({"train": [2, 2], "test": ALL}, r"one class only \(bird\); get CIFAR-10 whole"),
        (
            {"train": ALL, "test": [3, 10]},
            "test.bin is corrupt: label 10 in record 1, expected labels 0 to 9",
        ),
        ({"train": ALL, "test": []}, "test.bin is cut off or corrupt: 0 bytes came"),
    ],
    ids=[
        "test files only",
        "train files only",
        "other classes",
        "one class",
        "label above 9",
        "nothing in it",
    ],
)
def test_a_part_of_cifar10_that_will_not_do(
    files: dict[str, list[int]], says: str, cifar10: Callable[..., Path]
) -> None:
    cifar10(**files)
    with pytest.raises(course.Refused, match=f"--data cifar10: .*{says}") as refused:
        course.load_images("cifar10")
    assert "\n" not in str(refused.value)


def test_a_file_of_cifar10_that_is_cut_off(cifar10: Callable[..., Path]) -> None:
    path = cifar10(train=ALL, test=ALL) / "train.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(course.Refused, match="train.bin is cut off or corrupt: 30,729 bytes came"):
        course.load_images("cifar10")


def test_without_cifar10_there_are_drawn_digits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere() -> Any:
        raise tinydl.datasets.DataUnavailable("no network")

    monkeypatch.setattr(tinydl.datasets.cifar10, "load_data", nowhere)
    assert course.load_images("cifar10", quick=True).name == "synthetic digits"
    assert "CIFAR-10 is not to be had here, so there are drawn digits" in capsys.readouterr().err
