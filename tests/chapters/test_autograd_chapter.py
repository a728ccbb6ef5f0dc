"""Chapter 1: the engine of scalars, its experiments, and a run of it from the command line."""

from __future__ import annotations

import gc
import json
import math
import signal
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chapters import course
from chapters.__main__ import main
from chapters.ch01_autograd import differences, experiments, orders, patterns, pictures
from chapters.ch01_autograd.model import Value, network, newest_first, scalar_loss, values
from tinydl import Sequential, backend, ops
from tinydl.checkpoint import read

PICTURES = "boundary cost curves descent differences graph order second_order tensors".split()


# ---- the engine ---------------------------------------------------------------------------------------------

OPERATIONS: list[tuple[Callable[[Any, Any], Any], Callable[[float, float], float]]] = [
    (lambda a, b: a + b, lambda a, b: a + b),
    (lambda a, b: a - b, lambda a, b: a - b),
    (lambda a, b: a * b, lambda a, b: a * b),
    (lambda a, b: a / b, lambda a, b: a / b),
    (lambda a, b: a**3 / b**0.5 + b**0, lambda a, b: a**3 / b**0.5 + b**0),
    (
        lambda a, b: -a + (2 - b) + (3 / a) + (1 + a) * (2 * b),
        lambda a, b: -a + 2 - b + 3 / a + (1 + a) * 2 * b,
    ),
    (lambda a, b: (a * b).tanh(), lambda a, b: math.tanh(a * b)),
    (lambda a, b: (a - b).exp(), lambda a, b: math.exp(a - b)),
    (lambda a, b: (a - b).relu() + (b - a).relu(), lambda a, b: abs(a - b)),
]


@pytest.mark.parametrize(("of_values", "of_floats"), OPERATIONS, ids=range(len(OPERATIONS)))
def test_what_a_value_can_do(of_values: Callable, of_floats: Callable) -> None:
    for at in ((0.7, 1.3), (2.5, 0.4)):
        a, b = map(Value, at)
        y = of_values(a, b)
        y.backward()
        assert y.data == pytest.approx(of_floats(*at), rel=1e-15)
        assert a.grad == pytest.approx(
            (of_floats(at[0] + 1e-6, at[1]) - of_floats(at[0] - 1e-6, at[1])) / 2e-6
        )
        assert b.grad == pytest.approx(
            (of_floats(at[0], at[1] + 1e-6) - of_floats(at[0], at[1] - 1e-6)) / 2e-6
        )


def random_graph(seed: int) -> tuple[Value, Value]:
    """A tangle of twelve sums, products and tanhs, in which much is used twice; and where it begins."""
    rng = np.random.default_rng(seed)
    made = [Value(0.5)]
    for _ in range(12):
        a, b = (made[i] for i in rng.integers(0, len(made), 2))
        made.append([a + b, a * b, (a - b * 0.5).tanh()][rng.integers(3)])
    return sum(made[1:], start=made[0]), made[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_gradient_is_the_sum_over_all_paths(seed: int) -> None:
    y, x = random_graph(seed)
    orders.path_by_path(y)
    by_paths, x.grad = x.grad, 0.0
    y.backward()
    assert x.grad == pytest.approx(by_paths, rel=1e-12)
    assert [value.number for value in newest_first(y)] == sorted(
        (v.number for v in newest_first(y)), reverse=True
    )


def test_leaves_add_and_results_do_not() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2
    for times in (1, 2):  # twice over the same graph
        z.backward()
        assert (x.grad, y.grad) == (12.0 * times, 2.0)
    assert repr(x) == "Value(3, grad=24)"


def test_a_long_chain_and_no_cycles() -> None:
    x = y = Value(1.0)
    for _ in range(50_000):
        y = y + 1
    gc.disable()
    try:
        y.backward()
        gone = weakref.ref(y)
        del y
        assert gone() is None and x.grad == 1
    finally:
        gc.enable()


# ---- the order ----------------------------------------------------------------------------------------------


def test_which_orders_are_right() -> None:
    found, turns = {}, {}
    for name, way in orders.WAYS.items():
        y, x = orders.used_twice()
        way(y)
        found[name] = x.grad
        end, start = orders.doublings(10)
        turns[name] = len(way(end))
    assert list(found.values()) == [4, 40, 36, 36]
    assert list(turns.values()) == [11, 2047, 2047, 11]
    assert start.grad == 1024


def test_the_picture_says_who_passed_on_what() -> None:
    ways = {}
    for name in ("first come, first served", "when all has arrived"):
        y, x = orders.used_twice()
        ways[name] = (y, orders.WAYS[name](y), x)
    figure = pictures.orders(ways)
    above, below = ({text.get_text() for text in axes.texts} for axes in figure.axes)
    assert {"turn 2: passes on 1", "gradient 4", "✗ wrong", "slope 8"} <= above
    assert {"turn 3: passes on 9", "gradient 36"} <= below and "✗ wrong" not in below


def test_each_arrow_has_its_own_slope() -> None:
    a, b = Value(2.0, name="a"), Value(5.0, name="b")
    axes = pictures.graph(a * b - a, "").axes[0]
    slopes = sorted(text.get_text() for text in axes.texts if text.get_text().startswith("slope"))
    assert slopes == ["slope 1", "slope 2", "slope 5", "slope −1"]


# ---- differences --------------------------------------------------------------------------------------------


def test_the_error_of_a_difference_by_its_step() -> None:
    """Taylor's theorem says how it falls, and ε / h how it rises."""
    for kind, power in (("forward", 1), ("central", 2)):
        large, small = (differences.error_of(kind, "float64", h) for h in (1e-2, 1e-3))
        assert math.log10(large / small) == pytest.approx(power, abs=0.02)
        small, smaller = (differences.error_of(kind, "float64", h) for h in (1e-11, 1e-13))
        assert math.log10(smaller / small) == pytest.approx(2, abs=0.4)
        exact = np.tan(0.75) / 2 * 1e-2 if kind == "forward" else 1e-4 / 6
        assert differences.error_of(kind, "float64", 1e-2) == pytest.approx(exact, rel=0.05)
    assert differences.error_of("central", "float32", 1e-10) == 1  # x + h is x


def test_differences_leave_the_weights_as_they_were(rng: np.random.Generator) -> None:
    w = [rng.normal(size=(2, 3)), rng.normal(size=4)]
    before = [array.copy() for array in w]
    slopes = differences.of_weights(lambda: float((w[0] ** 2).sum() + w[1][2] * 3), w)
    assert differences.apart(slopes, [2 * before[0], [0, 0, 3, 0]]) < 1e-9
    for array, was in zip(w, before):
        np.testing.assert_array_equal(array, was)


def test_a_wrong_slope_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    points, targets = (a.astype("float64") for a in patterns.draw("moons", 4, 0))
    assert max(experiments.network_errors(points, targets)) < 1e-7
    assert max(map(differences.error_of_ability, differences.ABILITIES)) < 1e-9

    def tanh(self: Value) -> Value:
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y,))  # not squared

    monkeypatch.setattr(Value, "tanh", tanh)
    tensors, scalars = experiments.network_errors(points, targets)
    assert tensors < 1e-7 and scalars > 0.01
    errors = [differences.error_of_ability(ability) for ability in differences.ABILITIES]
    assert sum(error > 0.01 for error in errors) == 1


# ---- the network --------------------------------------------------------------------------------------------


def test_the_network_in_values_answers_as_numpy_does(rng: np.random.Generator) -> None:
    weights = network(dtype="float64").get_weights()
    x, t = rng.normal(size=(3, 2)), rng.normal(size=(3, 1))
    h = x
    for kernel, bias in zip(weights[::2], weights[1::2]):
        h = np.tanh(h @ kernel + bias)
    loss = scalar_loss([values(array) for array in weights], x, t)
    assert loss.data == pytest.approx(((h - t) ** 2).mean(), rel=1e-12)
    assert sum(array.size for array in weights) == 105


def test_scalars_and_tensors_learn_alike() -> None:
    points, targets = (a.astype("float64") for a in patterns.draw("circles", 50, 0))
    both = experiments.side_by_side(points, targets, 4)
    np.testing.assert_allclose(both.losses[:, 0], both.losses[:, 1], rtol=1e-12)
    assert both.losses[-1, 0] < both.losses[0, 0]
    assert both.gradients < 1e-12 and both.weights < 1e-12 and both.nodes == (4368, 20)


def test_the_second_order() -> None:
    x = np.linspace(-2, 2, 9)
    for found, exact in zip(experiments.derivatives(ops.exp, x, 3), [np.exp(x)] * 4):
        np.testing.assert_allclose(found, exact, rtol=1e-15)
    newton, slope_alone = experiments.search(True, 7), experiments.search(False, 21)
    assert newton[-1] < 1e-15 < 1e-3 < slope_alone[-1] < 0.01


def test_downhill() -> None:
    points, targets = (a.astype("float64") for a in patterns.draw("moons", 100, 0))
    way = experiments.descend(points, targets, (-2.5, 1.5), 20)
    losses = [experiments.surface(points, targets, w1, w2)[0, 0] for w1, w2 in way[:, :, None]]
    assert len(way) == 21 and (np.diff(losses) < 0).all()


# ---- the patterns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", patterns.PATTERNS)
def test_a_pattern_is_drawn_from_its_seed(name: str) -> None:
    points, targets = patterns.draw(name, 400, 7)
    assert (
        points.shape == (400, 2) and targets.shape == (400, 1) and points.dtype == targets.dtype == "float32"
    )
    assert set(targets.ravel()) == {-1, 1} and targets.sum() == 0
    assert np.abs(points).max() < 2 and np.abs(points.mean(axis=0)).max() < 0.2
    again, other = patterns.draw(name, 400, 7)[0], patterns.draw(name, 400, 8)[0]
    assert np.array_equal(points, again) and not np.array_equal(points, other)
    # No straight line tells them apart, ...
    design = np.c_[points, np.ones(400)]
    line = np.linalg.lstsq(design, targets, rcond=None)[0]
    assert ((design @ line > 0) == (targets > 0)).mean() < 0.93
    # ... but the nearest neighbour nearly always does.
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(400, np.inf))
    assert (targets[apart.argmin(axis=1)] == targets).mean() > 0.97


# ---- a run --------------------------------------------------------------------------------------------------


@pytest.fixture
def training_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pictures and experiments."""
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)
    for name in "small_steps passing_on is_it_right scalars_and_tensors second_order downhill".split():
        monkeypatch.setattr(f"chapters.ch01_autograd.train.{name}", lambda *given: None)


def run(out: Path, *flags: str) -> int:
    return main(["run", "autograd", "--out", str(out), *flags])


def test_a_quick_run_leaves_pictures_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--quick") == 0
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == PICTURES
    for name in PICTURES:
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert np.asarray(picture.convert("L")).std() > 5, f"{name} is blank"
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["state"] == "finished" and record["data"] == "moons"
    assert 0 < record["figures"]["gradient_error"] < 1e-6 and record["figures"]["test_accuracy"] > 0.9
    told = capsys.readouterr().out
    assert "epoch   20" in told and "4,368 nodes" in told


def test_a_run_on_a_gpu(there: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.Run, "picture", lambda self, name, figure: None)
    monkeypatch.setattr(experiments, "speed", lambda *given: (1.0, 1.0))
    monkeypatch.setattr(experiments, "cost", lambda *given: experiments.Cost(15, 2.0, 30.0))
    assert run(tmp_path, "--quick", "--epochs", "2", "--device", "gpu") == 0
    assert backend.current_device() == "gpu:0"


def test_a_run_that_was_stopped_goes_on_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training_alone: None, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    flags = ["--data", "circles", "--seed", "3", "--epochs", "6"]
    assert run(whole, *flags) == 0
    step, steps = Sequential.train_step, iter(range(1000))

    def interrupted(self: Sequential, *batch: Any) -> dict[str, Any]:
        if next(steps) == 70:  # in the fourth epoch, of twenty steps each
            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    with monkeypatch.context() as now:
        now.setattr(Sequential, "train_step", interrupted)
        assert run(stopped, *flags) == 130
    assert "--epochs 6 --resume" in capsys.readouterr().out
    assert run(stopped, *flags, "--resume") == 0
    expected, got = (read(folder / "backup" / "circles" / "latest.npz") for folder in (whole, stopped))
    assert len(expected) == len(got) > 6  # weights, random numbers, order of the points, history
    for (name, wanted), value in zip(expected.items(), got.values()):
        np.testing.assert_array_equal(value, wanted, err_msg=name)
    assert sorted(path.name for path in (stopped / "weights").glob("*")) == [
        "0.npz",
        "2.npz",
        "5.npz",
        "6.npz",
    ]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (
            ["--data", "moon"],
            "unknown pattern 'moon': did you mean 'moons'? There are: circles, corners, moons, spiral",
        ),
        (["--data", "mnist"], "There are: circles"),
        (["--epochs", "0"], "from 1 up, got '0'"),
        (["--resume"], "no run to go on with"),
    ],
)
def test_what_cannot_be_done(
    flags: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--quick", *flags) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ") and told.count("\n") == 1 and says in told
    assert not list(tmp_path.iterdir()) or flags[0] == "--data"
