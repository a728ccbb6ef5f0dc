"""`python -m chapters compare` with Keras itself: twins are found to be twins, and planted faults are found."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")

import tinydl  # noqa: E402
from chapters.ch04_cnn import keras_twin  # noqa: E402
from chapters.ch07_vae import keras_twin as vae_twin  # noqa: E402
from chapters.ch07_vae import model as vae  # noqa: E402
from chapters.ch07_vae import pairs as vae_pairs  # noqa: E402
from chapters.ch07_vae.elbo import terms  # noqa: E402
from chapters.ch08_gan import keras_twin as gan_twin  # noqa: E402
from chapters.ch08_gan import model as gan  # noqa: E402
from chapters.ch08_gan import pairs as gan_pairs  # noqa: E402
from chapters.compare import command  # noqa: E402
from chapters.compare.files import ONE_WAY  # noqa: E402
from chapters.compare.keras_side import Keras  # noqa: E402
from chapters.compare.measure import TOLERANCE, Difference, differences  # noqa: E402
from chapters.compare.pair import Pair, Task  # noqa: E402
from chapters.compare.sides import Tinydl  # noqa: E402
from chapters.course import images  # noqa: E402
from tinydl import datasets, grad, layers, ops  # noqa: E402


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=600, n_test=10)
    known = images.SETS["synthetic"]
    monkeypatch.setitem(images.SETS, "synthetic", dataclasses.replace(known, load=few))


@pytest.fixture(autouse=True)
def narrow_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan_pairs, "WIDTHS", {1: (4, 4)})


def compare(name: str, out: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    status = command.main([name, "--quick", "--data", "synthetic", "--out", str(out), *flags])
    return status, json.loads((out / "compare.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["cnn", "dense", "autoencoder", "bottleneck", "vae", "gan"])
def test_the_chapters_networks_are_keras_networks(name: str, tmp_path: Path) -> None:
    status, told = compare(name, tmp_path, "--steps", "2")
    for network in told["networks"].values():
        parts = {each["part"]: [] for each in network["differences"]}
        for each in network["differences"]:
            parts[each["part"]].append(each["value"])
        assert {part: max(values) <= TOLERANCE[part] for part, values in parts.items()} == dict.fromkeys(
            parts, True
        )
        assert max(parts["forward"] + parts["gradient"]) > 0, "Keras, not tinydl twice"
        assert network["files"] == {".weights.h5": "yes", ".keras": ONE_WAY if name == "gan" else "yes"}
        for ours, theirs in network["losses"].values():
            np.testing.assert_allclose(ours, theirs, rtol=0.02)
    assert status == 0
    assert keras.config.floatx() == "float32"


def test_a_layer_of_the_twin_that_is_wrong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = keras_twin.small_cnn

    def wrong(*arguments: Any) -> Any:
        model = right(*arguments)
        model.layers[2].padding = "valid"  # the second convolution
        return model

    monkeypatch.setattr(keras_twin, "small_cnn", wrong)
    status, told = compare("cnn", tmp_path)
    assert status == 1 and not told["networks"]["small"]["losses"]
    said = capsys.readouterr().out
    assert "beyond tolerance: conv2d_1, Conv2D, forward: inf (output there: (12, 12, 32))" in said
    assert 'usual causes: padding ("same"' in said


class Normed(Pair):
    """A network with a batch normalization, here and in Keras."""

    def build(self, module: str, task: Task) -> Any:
        if module == "model":
            return layers_in_a_row(layers)
        return layers_in_a_row(keras.layers, **self.optimizer)  # type: ignore[arg-type]

    def compile(self, model: Any, library: Any, loss: Any, optimizers: Any = ()) -> None:
        model.compile(*optimizers or ["rmsprop"], loss=loss)


def layers_in_a_row(library: Any, **norm: Any) -> Any:
    import tinydl

    sequential = tinydl.Sequential if library is layers else keras.Sequential
    row = [library.Dense(6), library.BatchNormalization(**norm), library.LeakyReLU(0.25), library.Dense(1)]
    return sequential([library.Input((4,)), *row])


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ({}, None),
        ({"epsilon": 1e-5}, ("forward", "batch_normalization")),
        ({"momentum": 0.9}, ("average", "batch_normalization/moving_mean, step 1")),
    ],
)
def test_batch_normalization(
    norm: dict[str, float], expected: tuple[str, str] | None, rng: np.random.Generator
) -> None:
    task = Task(rng.normal(size=(32, 4)), rng.normal(size=(32, 1)))
    pair = Normed("nowhere", "none", Task, "mse", norm, batch_size=16)  # type: ignore[arg-type]
    found: list[Difference] = differences(pair, task, Tinydl(), Keras(keras.config.backend()), steps=2)
    assert sum(each.part == "average" for each in found) == 4
    beyond = [each for each in found if each.share > 1]
    first = (beyond[0].part, beyond[0].where) if beyond else None
    assert first == expected, beyond


def test_an_optimizer_of_the_twin_that_is_wrong_is_seen(rng: np.random.Generator) -> None:
    class Hasty(Normed):
        def compile(self, model: Any, library: Any, loss: Any, optimizers: Any = ()) -> None:
            slow = library.optimizers.RMSprop(epsilon=1e-7 if library is not keras else 1e-3)
            model.compile(*optimizers or [slow], loss=loss)

    task = Task(rng.normal(size=(32, 4)), rng.normal(size=(32, 1)))
    pair = Hasty("nowhere", "none", Task, "mse", {}, batch_size=16)  # type: ignore[arg-type]
    found = differences(pair, task, Tinydl(), Keras(keras.config.backend()), steps=2)
    beyond = [each for each in found if each.share > 1]
    assert (
        beyond and {each.part for each in beyond} == {"update"} and {each.step for each in beyond} == {1, 2}
    )


def test_what_is_done_about_logits() -> None:
    """On TensorFlow they are recovered; elsewhere a certain error costs -log(1e-7) at most."""
    assert Keras(keras.config.backend()).recovers_logits() == (keras.config.backend() == "tensorflow")


# ---- networks with noise: a VAE, a GAN ----------------------------------------------------------------------


def beyond(pair: Pair, task: Task) -> list[Difference]:
    """What is beyond tolerance after one step, with the sides as `compare` makes them."""
    theirs = Keras(keras.config.backend())
    ours = Tinydl(not theirs.recovers_logits(), theirs.rounds_slopes())
    return [each for each in differences(pair, task, ours, theirs, steps=1) if each.share > 1]


@pytest.fixture
def clouds(rng: np.random.Generator) -> tuple[Pair, Task]:
    return vae_pairs.PAIRS["vae"], Task(rng.random((16, 8, 8, 1)), None, ((8, 8, 1),))


@pytest.fixture
def rivals(rng: np.random.Generator) -> tuple[Pair, Task]:
    pair = dataclasses.replace(gan_pairs.PAIRS["gan"], batch_size=4)
    return pair, Task(rng.uniform(-1, 1, (8, 24, 24, 1)), None, ((24, 24, 1),))


def test_noise_is_the_same_for_both(clouds: tuple[Pair, Task], rivals: tuple[Pair, Task]) -> None:
    assert not beyond(*clouds) and not beyond(*rivals)


def test_noise_that_is_not_the_same_would_be_seen(
    clouds: tuple[Pair, Task], rivals: tuple[Pair, Task]
) -> None:
    def lost(pair: Pair, task: Task) -> set[str]:
        return {each.where for each in beyond(pair, task) if each.part == "whole"}

    assert lost(dataclasses.replace(clouds[0], draws=()), clouds[1]) == {"loss", "reconstruction_loss"}
    pair, task = rivals
    assert {"d_loss", "g_loss"} <= lost(dataclasses.replace(pair, draws=("uniform",)), task)
    assert "d_loss" in lost(dataclasses.replace(pair, draws=("points",)), task)


def test_dropout_of_another_rate(rivals: tuple[Pair, Task], monkeypatch: pytest.MonkeyPatch) -> None:
    right = gan_twin.discriminator

    def wrong(*arguments: Any) -> Any:
        model = right(*arguments)
        model.layers[-2].rate = 0.2
        return model

    monkeypatch.setattr(gan_twin, "discriminator", wrong)
    assert {each.where for each in beyond(*rivals) if each.part == "whole"} >= {"d_loss", "g_loss"}


@pytest.mark.parametrize("module", [vae, vae_twin], ids=["here", "there"])
def test_a_standard_deviation_that_is_a_variance(
    module: Any, clouds: tuple[Pair, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    exp = ops.exp if module is vae else keras.ops.exp
    monkeypatch.setattr(module, "sample", lambda mean, log_var, epsilon: mean + exp(log_var) * epsilon)
    found = beyond(*clouds)
    assert {each.where for each in found if each.part == "whole"} == {"loss", "reconstruction_loss"}
    assert {"z_log_var/kernel", "decoder/dense/kernel"} < {
        each.where for each in found if each.part == "gradient"
    }
    assert not [each for each in found if each.part == "forward"], "without noise all is well"


def test_a_divergence_of_another_weight(clouds: tuple[Pair, Task]) -> None:
    class Heavier(type(clouds[0])):  # type: ignore[misc]
        def build(self, module: str, task: Task) -> Any:
            model = super().build(module, task)
            model.kl_weight *= 1.001 if module == "keras_twin" else 1
            return model

    found = beyond(Heavier(**vars(clouds[0])), clouds[1])
    assert {each.where for each in found if each.part == "whole"} == {"loss", "kl_loss"}


def test_a_label_that_is_flipped(rivals: tuple[Pair, Task], monkeypatch: pytest.MonkeyPatch) -> None:
    right = gan_twin.GAN.labels

    def wrong(self: Any, n: Any) -> Any:
        labels = right(self, n)
        return keras.ops.concatenate([1 - labels[:1], labels[1:]])

    monkeypatch.setattr(gan_twin.GAN, "labels", wrong)
    found = beyond(*rivals)
    assert "d_loss" in {each.where for each in found}
    assert {each.layer.split("/")[0] for each in found if each.part == "gradient"} >= {"discriminator"}


def test_a_generator_that_looks_through_the_old_discriminator(
    rivals: tuple[Pair, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(self: Any, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        n, both = len(x), (self.discriminator.trainable_weights, self.generator.trainable_weights)
        pictures = ops.concatenate([self.generator(self.points(n), training=True).detach(), x])
        suspicion = self.discriminator(pictures, training=True)
        d_loss = self.loss(self.labels(n), suspicion)
        drawn = self.generator(self.points(n), training=True)
        g_loss = self.loss(np.zeros((n, 1)), self.discriminator(drawn, training=True))
        gradients = [grad(loss, weights) for loss, weights in zip((d_loss, g_loss), both)]
        for optimizer, each, weights in zip((self.optimizer, self.g_optimizer), gradients, both):
            optimizer.apply(each, weights)
        taken = suspicion.data > 0.5
        accuracies = {"real_accuracy": 1 - taken[n:].mean(), "generated_accuracy": taken[:n].mean()}
        return {"d_loss": d_loss, "g_loss": g_loss, **accuracies}

    monkeypatch.setattr(gan.GAN, "train_step", step)
    found = [each for each in beyond(*rivals) if each.part in ("whole", "gradient")]
    assert {each.where for each in found if each.part == "whole"} == {"g_loss"}
    assert {each.layer.split("/")[0] for each in found if each.part == "gradient"} == {"generator"}


@pytest.mark.parametrize(
    ("fault", "steps"), [({"clipvalue": None}, {2}), ({"clipvalue": 0.5}, {2}), ({"epsilon": 1e-4}, {1, 2})]
)
def test_an_optimizer_of_the_generators_that_is_wrong(
    fault: dict[str, Any], steps: set[int], rivals: tuple[Pair, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = gan_twin.rmsprop

    def wrong(learning_rate: float) -> Any:
        optimizer = right(learning_rate)
        for name, value in fault.items() if learning_rate == 4e-4 else ():
            setattr(optimizer, name, value)
        return optimizer

    monkeypatch.setattr(gan_twin, "rmsprop", wrong)
    found = beyond(*rivals)
    assert {(each.part, each.layer.split("/")[0]) for each in found} == {("update", "generator")}
    assert {each.step for each in found} == steps


def test_a_whole_training_in_keras_has_tinydls_batches_and_noise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = functools.partial(datasets.synthetic.load_data, n_train=192, n_test=10)
    monkeypatch.setitem(images.SETS, "synthetic", dataclasses.replace(images.SETS["synthetic"], load=few))
    monkeypatch.setattr("sys.argv", ["keras_twin", "--data", "synthetic", "--seed", "3"])
    vae_twin.main()
    told = re.search(r"epoch 1: loss (\S+),(?s:.*)Test ELBO (\S+) nats", capsys.readouterr().out)
    pictures = images.load_images("synthetic")
    tinydl.set_random_seed(3)
    model = vae.VAE()
    model.compile("rmsprop")
    history = model.fit(images.scaled(pictures.x_train), batch_size=16, verbose=0).history
    elbo = -sum(each.mean() for each in terms(model, images.scaled(pictures.x_test)))
    assert told and [float(each) for each in told.groups()] == pytest.approx(
        [history["loss"][0], elbo], rel=1e-4
    )
