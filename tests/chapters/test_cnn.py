"""Chapter 4 from the command line, on drawn digits: what a run leaves, how it goes on, what it refuses."""

from __future__ import annotations

import functools
import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch04_cnn import experiments, model
from tinydl import Sequential, backend, datasets, plot
from tinydl.checkpoint import read

PICTURES = ["confusion", "curves", "filters", "maps_after", "maps_before", "mistakes"]


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=400, n_test=100)
    monkeypatch.setattr(datasets.synthetic, "load_data", few)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)


def run(out: Path, *flags: str) -> int:
    return main(["run", "cnn", "--data", "synthetic", "--out", str(out), *flags])


def is_blank(picture: Path) -> bool:
    with Image.open(picture) as opened:
        return bool(np.asarray(opened.convert("L")).std() < 5)


# ---- what a run leaves --------------------------------------------------------------------------------------


def test_a_run_on_a_gpu(there: Any, tmp_path: Path) -> None:
    """It begins there, and goes on on a CPU: the backup fits both."""
    tinydl.set_device("cpu")
    flags = ["--quick", "--net", "small"]
    assert run(tmp_path, *flags, "--device", "gpu") == 0 and backend.current_device() == "gpu:0"
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    assert run(tmp_path, *flags, "--resume", "--epochs", "2", "--device", "cpu") == 0
    assert (
        len(json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["history"]["small"]["loss"]) == 2
    )


@pytest.mark.parametrize("net", ["lenet", "small"])
def test_a_quick_run_leaves_pictures_and_a_report(
    net: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--quick", "--net", net) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    assert not [path.name for path in tmp_path.glob("*.png") if is_blank(path)]
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert report["asked"] == {"data": "synthetic", "quick": True, "seed": 0, "net": net}
    assert report["data"] == "synthetic digits" and report["state"] == "finished"
    assert 0 <= report["figures"]["test_accuracy"] <= 1 and len(report["history"][net]["accuracy"]) == 1
    assert ("val_accuracy" in report["history"][net]) == (net == "lenet")
    told = capsys.readouterr().out
    assert (
        f"test accuracy {100 * report['figures']['test_accuracy']:.2f} %" in told and "mistakes.png" in told
    )
    assert ("Expect about 98 % after two epochs, without --quick." in told) == (net == "lenet")


def test_a_full_run_begins_with_an_empty_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None
) -> None:
    pytest.importorskip("tensorboardX")
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "old").touch()
    assert run(tmp_path, "--full", "--epochs", "1") == 0
    logs = list((tmp_path / "tensorboard").rglob("*"))
    assert logs and not [path for path in logs if path.name == "old"]


def test_a_full_run_does_without_tensorboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(tmp_path, "--full", "--epochs", "1", "--net", "small") == 0
    assert "tinydl[tensorboard]" in capsys.readouterr().out


def test_pictures_of_ones_own(tmp_path: Path, no_pictures: None) -> None:
    rng = np.random.default_rng(0)
    for kind in ("moss", "sand"):
        (tmp_path / "mine" / kind).mkdir(parents=True)
        for i in range(4):
            pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "mine" / kind / f"{i}.png")
    flags = ["--data", str(tmp_path / "mine"), "--epochs", "1", "--net", "small"]
    assert main(["run", "cnn", *flags, "--out", str(tmp_path / "out")]) == 0


def test_without_a_network_digits_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone() -> None:
        raise datasets.DataUnavailable("no network")

    monkeypatch.setattr(datasets.mnist, "load_data", gone)
    assert main(["run", "cnn", "--quick", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "drawn digits instead" in told.err
    assert "synthetic digits: 400 pictures" in told.out


# ---- Ctrl-C and --resume ------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_goes_on_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run(whole, "--epochs", "3", "--seed", "5") == 0

    step, steps = Sequential.train_step, iter(range(1000))

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        if next(steps) == 4:  # in the second epoch, of three batches each
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    monkeypatch.setattr(Sequential, "train_step", interrupted)
    assert run(stopped, "--epochs", "3", "--seed", "5") == 130
    assert "--seed 5 --resume" in capsys.readouterr().out
    report = json.loads((stopped / "run.json").read_text(encoding="utf-8"))
    assert report["state"] == "stopped" and len(report["history"]["lenet"]["loss"]) == 1

    assert run(stopped, "--epochs", "3", "--seed", "5", "--resume") == 0
    assert "nothing left" not in capsys.readouterr().out
    expected, got = (read(folder / "backup" / "lenet" / "latest.npz") for folder in (whole, stopped))
    assert len(expected) == len(got) > 16  # weights, the optimizer's state, random numbers, history
    for (name, wanted), value in zip(expected.items(), got.values()):
        np.testing.assert_array_equal(value, wanted, err_msg=name)

    assert run(stopped, "--epochs", "2", "--seed", "5", "--resume") == 0
    assert "nothing left to train, 3 epochs are done" in capsys.readouterr().out


def test_stopped_before_anything_was_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Sequential.train_step

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    monkeypatch.setattr(Sequential, "train_step", interrupted)
    assert run(tmp_path, "--quick") == 130
    assert "nothing to go on from" in capsys.readouterr().out


def test_resume_asks_for_the_same_run(
    tmp_path: Path, no_pictures: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path, "--quick") == 0
    capsys.readouterr()
    assert run(tmp_path, "--quick", "--net", "small", "--resume") == 2
    assert "had --net lenet, not small" in capsys.readouterr().err
    with monkeypatch.context() as later:  # drawn digits at first, and now the real ones are there
        later.setitem(course.SETS, "synthetic", replace(course.SETS["synthetic"], title="MNIST"))
        assert run(tmp_path, "--quick", "--resume") == 2
        assert "has learnt from synthetic digits, and now there is MNIST" in capsys.readouterr().err
    assert run(tmp_path, "--data", "nowhere") == 2
    assert (tmp_path / "backup" / "lenet" / "latest.npz").exists(), (
        "what is refused leaves everything as it was"
    )
    capsys.readouterr()
    (tmp_path / "backup" / "lenet" / "latest.npz").write_bytes(b"damaged")
    assert run(tmp_path, "--quick", "--resume") == 2
    told = capsys.readouterr().err
    assert told.startswith("error: --resume: ") and told.count("\n") == 1


# ---- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["walk"], "invalid choice"),
        (["run"], "which chapter? There are: autograd, dense"),
        (["run", "cn"], "did you mean 'cnn'?"),
        (["run", "cnn", "--speed", "9"], "--help"),
        (["run", "cnn", "--quick", "--full"], "choose one"),
        (["run", "cnn", "--epochs", "0"], "from 1 up, got '0'"),
        (["run", "cnn", "--epochs", "many"], "from 1 up, got 'many'"),
        (["run", "cnn", "--seed", "-1"], "from 0 up, got '-1'"),
        (["run", "cnn", "--net", "large"], "invalid choice"),
        (["run", "cnn", "--device", "abacus"], "'cpu', 'gpu' or 'gpu:N'"),
        (["run", "cnn", "--data", "nowhere"], "unknown folder or data set 'nowhere'"),
        (["run", "cnn", "--data", "minst"], "did you mean 'mnist'?"),
        (["run", "cnn", "--data", "empty"], "holds no classes"),
        (["run", "cnn", "--data", "hollow"], "holds no pictures"),
        (["run", "cnn", "--data", "broken"], "0.png cannot be read as a picture"),
        (["run", "cnn", "--data", "alone"], "one class only (only)"),
        (["run", "cnn", "--data", "single"], "nothing to test on"),
        (["run", "cnn", "--out", "file/inside"], "name another folder"),
        (["run", "cnn", "--resume"], "no run to go on with"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_refused_in_one_line(
    argv: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (
        "empty",
        "hollow/one",
        "hollow/two",
        "broken/one",
        "alone/only",
        "single/one",
        "single/two",
    ):
        Path(folder).mkdir(parents=True)
    for folder in ("alone/only", "single/one", "single/two"):
        Image.new("RGB", (8, 8)).save(Path(folder) / "0.png")
    Path("broken/one/0.png").write_bytes(b"no picture")
    Path("file").touch()
    assert main(argv) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ") and told.err.count("\n") == 1, told.err
    assert says in told.err
    assert not told.out


def test_help_is_there_before_a_chapter_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m chapters")


# ---- the networks and the experiments -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "shapes"),
    [
        (model.lenet, [(5, 5, 1, 20), (20,), (5, 5, 20, 50), (50,), (2450, 500), (500,), (500, 10), (10,)]),
        (
            model.small_cnn,
            [
                (3, 3, 1, 16),
                (16,),
                (3, 3, 16, 32),
                (32,),
                (1568, 128),
                (128,),
                (128, 128),
                (128,),
                (128, 10),
                (10,),
            ],
        ),
    ],
)
def test_the_networks_are_those_of_the_recipes(network: Any, shapes: list[tuple[int, ...]]) -> None:
    assert [weight.shape for weight in network().weights] == shapes


def test_the_kernel_gradient_is_a_sum_over_positions() -> None:
    tinydl.backend.set_floatx("float64")
    x, y = datasets.synthetic.digits(3)
    net = model.lenet()
    gz, gk = experiments.first_gradients(net, x[..., None] / 255, np.eye(10)[y])
    by_hand = experiments.kernel_gradient_naive(x[..., None] / 255, gz, (5, 5))
    np.testing.assert_allclose(by_hand, gk, rtol=1e-10, atol=1e-14)


def test_the_experiments_draw_and_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    images = course.load_images("synthetic")
    few = replace(images, x_train=images.x_train[:150], y_train=images.y_train[:150])
    monkeypatch.setattr(course, "load_images", lambda *asked: few)
    drawn = []
    monkeypatch.setattr(plot, "save", lambda figure, path: drawn.append(path.stem) or path)
    assert experiments.main(["--data", "synthetic", "--out", str(tmp_path)]) == 0
    assert " ".join(sorted(drawn)) == (
        "cross_entropy heat_map journey one_step padding pooling second_filters wishes"
    )
    told = capsys.readouterr().out
    assert "one step of Adam" in told and "filters left random" in told and "moved by 3 pixels" in told
    assert f"Pictures in {tmp_path}" in told
    assert experiments.main(["--data", "nothing"]) == 2


def test_ctrl_c_ends_all_experiments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        signal.raise_signal(signal.SIGINT)
        return {"loss": 0.0, "accuracy": 0.0}

    monkeypatch.setattr(plot, "save", lambda figure, path: path)
    monkeypatch.setattr(Sequential, "train_step", interrupted)
    assert experiments.main(["--data", "synthetic", "--quick", "--out", str(tmp_path)]) == 130
    told = capsys.readouterr()
    assert told.err == "stopped\n" and "Are trained filters" not in told.out
