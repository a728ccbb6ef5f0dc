"""`compare` without Keras: faults planted in a network of tinydl's, which stands where Keras's would, are found.

With Keras itself: tests/parity/test_compare.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tinydl
from chapters import course
from chapters.__main__ import main
from chapters.ch08_gan import model as gan
from chapters.compare import command, keras_side, measure, report
from chapters.compare.measure import Difference, apart, differences
from chapters.compare.pair import Pair, Task, pairs_of
from chapters.compare.race import race
from chapters.compare.sides import Tinydl
from tests.chapters.test_cnn import is_blank
from tinydl import Sequential, layers, losses, optimizers

LOSS = losses.CategoricalCrossentropy()


@dataclass
class Twin(Tinydl):
    """The other side, with a fault: other layers, by name, another loss, another optimizer."""

    other: dict[str, Callable[[], layers.Layer | None]]
    loss: Any = None
    optimizer: Any = None
    module: str = "keras_twin"
    forgets: bool = False

    def build(self, pair: Pair, task: Task) -> Any:
        return network(self.other)

    def compile(self, pair: Pair, model: Any, rates: Any = ()) -> None:
        chosen = [optimizers.SGD(rate) for rate in rates] or [self.optimizer or pair.optimizer]
        pair.compile(model, tinydl, self.loss or pair.loss, chosen)


def network(other: dict[str, Callable[[], layers.Layer | None]] | None = None) -> Sequential:
    """A small one, with some of its layers made otherwise; None leaves a layer out."""
    row: dict[str, Callable[[], Any]] = {
        "conv": lambda: layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        "norm": lambda: layers.BatchNormalization(name="norm"),
        "pool": lambda: layers.MaxPooling2D(2, padding="same", name="pool"),
        "mean": lambda: layers.GlobalAveragePooling2D(name="mean"),
        "first": lambda: layers.Dense(5, activation="tanh", name="first"),
        "second": lambda: layers.Dense(5, activation="tanh", name="second"),
        "last": lambda: layers.Dense(3, activation="softmax", name="last"),
    }
    made = [make() for make in (row | (other or {})).values()]
    return Sequential([layers.Input((9, 9, 2)), *[layer for layer in made if layer is not None]])


class Small(Pair):
    def build(self, module: str, task: Task) -> Any:
        return network()


@pytest.fixture
def task(rng: np.random.Generator) -> Task:
    return Task(rng.random((24, 9, 9, 2)), np.eye(3)[rng.integers(0, 3, 24)])


def small(optimizer: Any = "adam") -> Pair:
    return Small("nowhere", "small", Task, "categorical_crossentropy", optimizer, batch_size=8)  # type: ignore[arg-type]


def beyond(task: Task, twin: Twin, pair: Pair | None = None) -> list[Difference]:
    """What is beyond tolerance after three steps, in the order of the network."""
    found = differences(pair or small(), task, Tinydl(), twin, steps=3)
    return [each for each in found if each.share > 1]


# ---- what is measured ---------------------------------------------------------------------------------------


def test_twins_do_not_differ(task: Task) -> None:
    found = differences(small(), task, Tinydl(), Twin({}), steps=2)
    assert {each.value for each in found} == {0.0}
    places = [each.where for each in found if each.part in ("forward", "whole")]
    assert places == ["conv", "norm", "pool", "mean", "first", "second", "last", "network", "loss"]
    assert [each.where for each in found if each.part == "gradient"][:3] == [
        "conv/kernel",
        "conv/bias",
        "norm/gamma",
    ]
    assert [each.where for each in found if each.part == "average"] == [
        "norm/moving_mean, step 1",
        "norm/moving_variance, step 1",
        "norm/moving_mean, step 2",
        "norm/moving_variance, step 2",
    ]
    shapes = {each.where: each.shape for each in found}
    assert shapes["pool"] == (5, 5, 4) and shapes["last/kernel, step 1"] == (5, 3)


class Halved(layers.Dense):
    """A dense layer whose forward is right, and whose gradient is half of what it should be."""

    def call(self, x: Any) -> Any:
        y = super().call(x)
        return 0.5 * y + 0.5 * y.detach()


class Deaf(layers.Dense):
    """A dense layer that has a bias, and does not add it."""

    def call(self, x: Any) -> Any:
        return self.activation(x @ self.kernel + 0 * self.bias)


Halved.__name__ = Deaf.__name__ = "Dense"
conv, dense = layers.Conv2D, layers.Dense


@pytest.mark.parametrize(
    ("other", "part", "where"),
    [
        ({"conv": lambda: conv(4, 3, activation="relu", name="conv")}, "forward", "conv"),
        ({"conv": lambda: conv(4, 3, padding="same", name="conv")}, "forward", "conv"),
        ({"conv": lambda: conv(4, 5, padding="same", name="conv")}, "forward", "conv"),
        ({"norm": lambda: layers.BatchNormalization(epsilon=1e-5, name="norm")}, "forward", "norm"),
        ({"norm": lambda: layers.BatchNormalization(momentum=0.9, name="norm")}, "average", "norm/moving_mean, step 1"),
        ({"norm": lambda: layers.LayerNormalization(name="norm")}, "forward", "norm"),
        ({"pool": lambda: layers.MaxPooling2D(2, name="pool")}, "forward", "pool"),
        ({"pool": lambda: layers.AveragePooling2D(2, padding="same", name="pool")}, "forward", "pool"),
        ({"mean": lambda: layers.GlobalMaxPooling2D(name="mean")}, "forward", "mean"),
        ({"second": lambda: dense(5, activation="relu", name="second")}, "forward", "second"),
        ({"second": lambda: dense(5, activation="tanh", use_bias=False, name="second")}, "forward", "second"),
        ({"norm": lambda: None}, "forward", "norm"),
        ({"last": lambda: dense(4, activation="softmax", name="last")}, "forward", "last"),
        ({"last": lambda: dense(3, name="last")}, "forward", "last"),
        ({"second": lambda: Deaf(5, activation="tanh", name="second")}, "forward", "second"),
        ({"second": lambda: Halved(5, activation="tanh", name="second")}, "gradient", "second/bias"),
    ],
)  # fmt: skip
def test_the_layer_that_is_wrong_is_named(
    other: dict, part: str, where: str, task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    found = beyond(task, Twin(other))
    named = [each for each in found if each.part == part and each.where == where]
    assert named, found
    if part == "forward":  # each layer is fed alike: those after it are not to blame
        culprits = {each.layer for each in found if each.part == "forward"}
        assert culprits == {where}
    told = report._explained(found)
    assert told[0].startswith("[bold red]beyond tolerance:[/bold red] " + where.split(", ")[0])
    assert "usual causes: " in told[0]


@pytest.mark.parametrize(
    ("faults", "part", "where"),
    [
        ({"loss": losses.CategoricalCrossentropy(reduction="sum")}, "whole", "loss"),
        ({"loss": losses.CategoricalCrossentropy(label_smoothing=0.1)}, "whole", "loss"),
        ({"optimizer": optimizers.Adam(0.002)}, "update", "conv/kernel, step 1"),
        ({"optimizer": optimizers.Adam(epsilon=1e-4)}, "update", "conv/kernel, step 1"),
        ({"optimizer": optimizers.Adam(beta_1=0.8)}, "update", "conv/kernel, step 2"),
    ],
)
def test_a_loss_or_an_optimizer_that_is_wrong(faults: dict, part: str, where: str, task: Task) -> None:
    first = beyond(task, Twin({}, **faults))[0]
    assert (first.part, first.where) == (part, where)


def test_each_step_is_compared_alone(task: Task) -> None:
    """What went wrong in one step is not seen again in the next."""

    class Stumbles(optimizers.SGD):
        def update(self, w: Any, g: Any, learning_rate: float, *slots: Any) -> None:
            super().update(w, g, learning_rate, *slots)
            if self.iterations == 1:
                w += 1.0

    pair = small(lambda library: optimizers.SGD(0.1, momentum=0.9))
    found = beyond(task, Twin({}, optimizer=Stumbles(0.1, momentum=0.9)), pair)
    assert found and {each.step for each in found} == {2}


def test_a_state_that_is_not_copied_would_be_seen(task: Task) -> None:
    class Forgets(Tinydl):
        def go_on_from(self, optimizer: Any, state: Any) -> None:
            optimizer.build(list(optimizer._index))

    pair = small(lambda library: optimizers.SGD(0.1, momentum=0.9))
    found = differences(pair, task, Forgets(), Twin({}, optimizer=optimizers.SGD(0.1, momentum=0.9)), steps=2)
    assert {each.step for each in found if each.share > 1} == {2}


def test_gradients_are_told_exactly(task: Task) -> None:
    """Beside what `grad` says: a step of SGD with a huge rate loses nothing."""
    with Tinydl().precision("float64"):
        model = network()
        x, y = task.batch(slice(8), "float64")
        expected = tinydl.grad(LOSS(y, model(x, training=True)), model.trainable_weights)
        seen: list = []

        def watched(ours: Any, theirs: Any, unit: Any = None) -> float:
            seen.append(ours)
            return 0.0

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(measure, "apart", watched)
            measure._gradients(small(), model, model, Tinydl(), Tinydl(), (x, y))
    assert len(seen) == 1 + len(expected)  # the loss comes first
    for told, gradient in zip(seen[1:], expected):
        np.testing.assert_allclose(
            told, gradient.numpy(), rtol=1e-9, atol=1e-12 * np.abs(gradient.numpy()).max()
        )


def test_a_generators_gradient_is_taken_after_the_discriminators_step(rng: np.random.Generator) -> None:
    """Beside what `grad` says, of a GAN whose discriminator has taken a step of STEP by then."""
    pair = replace(pairs_of(course.CHAPTERS["gan"])["gan"], batch_size=4)
    told: list[np.ndarray] = []

    def watched(ours: Any, theirs: Any, unit: Any = None) -> float:
        told.append(ours)
        return 0.0

    with Tinydl().precision("float64"), pytest.MonkeyPatch.context() as patch:
        model = gan.GAN(gan.generator(2, 3, (24, 24, 1)), gan.discriminator(2, (24, 24, 1)))
        model.discriminator.layers[-2].rate = 0.0
        points, uniform, x = rng.normal(size=(4, 3)), rng.random((8, 1)), rng.uniform(-1, 1, (4, 24, 24, 1))
        patch.setattr(model, "points", lambda n: points)
        patch.setattr(model, "uniform", lambda n: uniform)
        patch.setattr(measure, "apart", watched)
        before = model.get_weights()
        measure._gradients(pair, model, model, Tinydl(), Tinydl(), (x, None))
        assert all(map(np.array_equal, before, model.get_weights()))

        loss, both = losses.BinaryCrossentropy(), (model.generator, model.discriminator)
        labels = 0.05 * uniform + [[1], [1], [1], [1], [0], [0], [0], [0]]
        pictures = np.concatenate([model.generator(points).numpy(), x])
        first = tinydl.grad(
            loss(labels, model.discriminator(pictures)), model.discriminator.trainable_weights
        )
        for w, g in zip(model.discriminator.trainable_weights, first):
            w.data -= measure.STEP * g.numpy()
        fooled = loss(np.zeros((4, 1)), model.discriminator(model.generator(points)))
        second = tinydl.grad(fooled, model.generator.trainable_weights)
    assert [len(each.get_weights()) for each in both] == [len(second), len(first)]
    assert float(told[1]) == pytest.approx(fooled.item(), rel=1e-12)  # d_loss, g_loss, two accuracies
    for mine, gradient in zip(told[4:], [*second, *first]):
        np.testing.assert_allclose(mine, gradient.numpy(), rtol=1e-9, atol=1e-12)


def test_how_far_apart() -> None:
    assert apart(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == 0.5
    assert apart(np.array([1.0]), np.array([1.5]), unit=0.1) == pytest.approx(5)
    assert apart(np.zeros(3), np.zeros(3)) == 0 and apart(np.zeros(0), np.zeros(0)) == 0
    assert apart(np.full(3, 0.1), np.zeros(3)) == 0.1
    assert apart(np.array([np.nan]), np.array([np.nan])) == np.inf
    assert apart(np.zeros((2, 1)), np.zeros((1, 2))) == np.inf


@dataclass(frozen=True)
class Of(Pair):
    """Of one layer."""

    layer: Any = None

    def build(self, module: str, task: Task) -> Any:
        return Sequential([layers.Input((2,)), self.layer])


def of(layer: Any) -> Pair:
    return Of("nowhere", "none", Task, "categorical_crossentropy", layer=layer)  # type: ignore[arg-type]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize(("forgets", "costs"), [(False, 1000.0), (True, -np.log(1e-7))])
def test_probabilities_that_have_forgotten_their_logits_are_clipped(
    forgets: bool, costs: float, activation: str, task: Task
) -> None:
    """As in Keras on PyTorch and JAX: at most -log(1e-7), where the logits would say 1000."""
    loss = {"softmax": losses.categorical_crossentropy, "sigmoid": losses.binary_crossentropy}[activation]
    model = Tinydl(forgets).build(of(layers.Activation(activation)), task)
    told = loss(np.array([[0.0, 1.0]]), model(np.array([[1000.0, 0.0]])))
    terms = 1 if activation == "softmax" else 2  # of two sigmoids, the mean; the other costs log 2
    assert told.item() == pytest.approx((costs + (terms - 1) * np.log(2)) / terms, rel=0.02)


@pytest.mark.parametrize("rounds", [False, True])
def test_slopes_are_rounded_where_the_others_are(rounds: bool, task: Task) -> None:
    """As in Keras on TensorFlow, which takes them in float32."""
    slope = (
        -Tinydl(rounds=rounds).build(of(layers.LeakyReLU(0.3)), task)(np.array([[-1.0, 1.0]])).numpy()[0, 0]
    )
    assert (slope == 0.3) is not rounds and slope == pytest.approx(0.3, rel=1e-7)


# ---- the race -----------------------------------------------------------------------------------------------


def test_both_see_the_same_batches(task: Task) -> None:
    told: list = []
    tinydl.set_random_seed(0)
    ours, theirs = race(small(), task, Tinydl(), Twin({}), 5, 3, lambda *news: told.append(news))
    assert ours.losses == theirs.losses and len(ours.losses["loss"]) == 5 * 3
    assert told == [(10, 15), (15, 15)]
    assert len(ours.seconds) == len(theirs.seconds) == 13 and 0 < ours.typical < 1
    for seed in (3, 4):
        tinydl.set_random_seed(0)
        again = race(small(), task, Tinydl(), Twin({}), 5, seed)[0]
        assert (again.losses == ours.losses) == (seed == 3), "the seed orders the batches"
    faulty = Twin({"second": lambda: dense(5, activation="relu", name="second")})
    assert race(small(), task, Tinydl(), faulty, 5, 3)[1].losses != ours.losses


# ---- the command --------------------------------------------------------------------------------------------


class Pretended(Tinydl):
    """tinydl in Keras's place, with everything that the command asks of it."""

    module = "model"
    fault = 0.0

    def __init__(self, backend: str, seed: int):
        super().__init__()

    def versions(self) -> dict[str, str]:
        return {"keras": "3.0", "tensorflow": "2.0"}

    def recovers_logits(self) -> bool:
        return True

    def rounds_slopes(self) -> bool:
        return False

    def answer(self, layer: Any, x: Any) -> np.ndarray:
        return super().answer(layer, x) + self.fault * isinstance(layer, layers.Flatten)


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> type[Pretended]:
    monkeypatch.setattr(keras_side, "choose_backend", lambda: "tensorflow")
    monkeypatch.setattr(keras_side, "Keras", Pretended)
    monkeypatch.setattr(Pretended, "fault", 0.0)
    monkeypatch.setattr(command.files, "there_and_back", lambda *pair: {".keras": "yes"})
    return Pretended


def run(out: Path, *flags: str) -> int:
    return command.main(["dense", "--data", "synthetic", "--quick", "--out", str(out), *flags])


def test_what_a_comparison_leaves(pretended: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--steps", "2", "--epochs", "2", "--seed", "7") == 0
    kept = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert kept["seed"] == 7 and kept["backend"] == "tensorflow" and "finds the logits" in kept["logits"]
    (network,) = kept["networks"].values()
    assert network["data"] == "synthetic digits" and network["samples_a_step"] == 200
    ours, theirs = network["losses"]["loss"]
    assert len(ours) == len(theirs) == 20 and ours[-1] < ours[0]
    assert max(each["step"] for each in network["differences"]) == 2
    assert not is_blank(tmp_path / "compare.png") and not list(tmp_path.glob("*.part"))
    told = capsys.readouterr().out
    assert "Everything is within tolerance" in told and "beyond tolerance" not in told
    assert "ms here" in told and ".keras, there and back, exact: yes" in told
    report.show(kept)  # as it was printed, from the file
    again = capsys.readouterr().out
    assert again in told


def test_a_fault_is_told_first_and_the_status_says_so(
    pretended: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pretended, "fault", 1e-3)
    assert run(tmp_path, "--steps", "7") == 1
    told = capsys.readouterr().out
    assert "beyond tolerance: flatten, Flatten, forward: 3.9e-06" in told  # of 255
    assert "usual causes: the order of the axes" in told and "Not everything is within" in told
    assert told.index("beyond tolerance: flatten") < told.index("layer, weight")
    assert "3.9e-06 !" in told
    assert "7 steps" in told and "step 7" not in told, "too many for a column each"


def test_weights_that_do_not_come_back_are_a_fault(
    pretended: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.files, "there_and_back", lambda *pair: {".keras": "no, some weights change"})
    assert run(tmp_path) == 1
    assert ".keras, there and back, exact: no, some weights change." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["cnn", "dense", "autoencoder", "bottleneck", "vae", "gan"])
def test_without_keras_the_stored_comparison_is_shown(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras_side, "choose_backend", lambda: None)
    assert command.main([name]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert "pip install 'tinydl[keras]'" in first and "what it came to on 20" in first
    assert "Everything is within tolerance." in rest[-1]
    assert not list(tmp_path.iterdir())
    stored = report.read(command.FOLDER / course.CHAPTERS[name].package / "compare.json")
    assert stored and list(stored["networks"]) == list(pairs_of(course.CHAPTERS[name]))
    assert report.all_within(stored) and all(len(each["files"]) == 2 for each in stored["networks"].values())


def test_nothing_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_side, "choose_backend", lambda: None)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    with pytest.raises(course.Refused, match="no comparison of cnn is stored"):
        command.main(["cnn"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "which chapter. There are: .*cnn"),
        (["cn"], "did you mean 'cnn'. There are: "),
        (["convolution"], "convolution has no network to set beside Keras; these have: .*cnn"),
        (["dense", "--steps", "0"], "from 1 up, got '0'"),
        (["dense", "--epochs", "few"], "from 1 up, got 'few'"),
        (["dense", "--seed", "-1"], "from 0 up, got '-1'"),
        (["dense", "--speed", "9"], "compare --help"),
        (["dense", "--data", "minst"], "did you mean 'mnist'"),
        (["dense", "--out", "file/inside"], "name another folder"),
        (["autoencoder", "--data", "tiny"], "--data tiny: plane does not take pictures of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_refused(
    argv: list[str], says: str, pretended: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    images = course.Images(
        "tiny", *[np.zeros((2, *s), "uint8") for s in [(4, 4, 1), (), (4, 4, 1), ()]], ["a", "b"]
    )
    load = course.load_images
    monkeypatch.setattr(course, "load_images", lambda data, *a: images if data == "tiny" else load(data, *a))
    with pytest.raises(course.Refused, match=says) as refused:
        command.main(argv)
    assert "\n" not in str(refused.value)


def test_it_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["compare", "--help"])
    assert left.value.code == 0 and "--steps" in capsys.readouterr().out


def test_a_twin_that_does_not_learn_on_this_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_side, "choose_backend", lambda: "jax")
    with pytest.raises(course.Refused, match="gan learns on tensorflow, not on jax: set KERAS_BACKEND="):
        command.main(["gan", "--data", "synthetic"])


def test_losses_of_several_names_and_sizes() -> None:
    network = {"losses": {"d_loss": [[0.5, 2e6], [0.5, 1e6]], "g_loss": [[1.0, 2], [1, 2]]}, "data": "noise"}
    axes = report.curves({"backend": "jax", "networks": {"gan": network}}).axes
    assert [each.get_ylabel() for each in axes] == [
        "d_loss (nats)",
        "g_loss (nats)",
        "difference (nats)",
        "",
    ]
    assert [each.get_yscale() for each in axes[:2]] == ["log", "linear"]


def test_a_single_step_can_be_seen() -> None:
    network = {"losses": {"loss": [[0.5], [0.25]]}, "data": "noise"}
    upper = report.curves({"backend": "jax", "networks": {"net": network}}).axes[0]
    assert [line.get_marker() for line in upper.lines] == ["o", "o"]


# ---- which backend ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("installed", "asked", "configured", "chosen"),
    [
        ("keras tensorflow torch jax", "", None, "tensorflow"),
        ("keras torch jax", "", "tensorflow", "torch"),
        ("keras tensorflow jax", "", "jax", "jax"),
        ("keras tensorflow torch jax", "torch", "jax", "torch"),
        ("keras", "", None, None),
        ("torch", "torch", None, None),
        (
            "keras torch",
            "jax",
            None,
            course.Refused("KERAS_BACKEND: unknown or missing backend 'jax'.*torch"),
        ),
        ("keras torch", "pytorch", None, course.Refused("did you mean 'torch'")),
    ],
)
def test_the_backend(
    installed: str,
    asked: str,
    configured: str | None,
    chosen: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keras_side, "find_spec", lambda name: name in installed.split() or None)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", asked)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if configured:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": configured}), encoding="utf-8")
    if isinstance(chosen, course.Refused):
        with pytest.raises(course.Refused, match=str(chosen)):
            keras_side.choose_backend()
    else:
        assert keras_side.choose_backend() == chosen


def test_keras_is_not_asked_to_change_its_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: Any = ModuleType("keras")
    loaded.config = ModuleType("config")
    loaded.config.backend = lambda: "jax"
    monkeypatch.setitem(sys.modules, "keras", loaded)
    assert keras_side.choose_backend() == "jax"
