"""The networks of chapters 5, 7 and 8 beside their Keras twins: same weights, same noise, both in float64."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tinydl
from chapters.ch05_autoencoder import model as autoencoder
from chapters.ch07_vae import model as vae
from chapters.ch08_gan import model as gan
from tests.parity.precision import both_in

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")

from chapters.ch05_autoencoder import keras_twin as autoencoder_twin  # noqa: E402
from chapters.ch07_vae import keras_twin as vae_twin  # noqa: E402
from chapters.ch08_gan import keras_twin as gan_twin  # noqa: E402


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    with both_in("float64"):
        yield


def narrow(module: ModuleType) -> Any:
    return module.GAN(module.generator(4, latent_dim=3), module.discriminator(4))


def same_start(ours: Any, theirs: Any) -> None:
    """Random weights for both, the biases too: zeros would hide one in the wrong place."""
    rng = np.random.default_rng(1)
    weights = [rng.normal(0, 0.5 / np.sqrt(np.prod(w.shape[:-1])), w.shape) for w in theirs.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)


def assert_same_step(ours: Any, theirs: Any, data: tuple, rtol: float = 1e-9) -> None:
    """A `fit` of one step: the logs, and what the step made of each weight."""
    before = ours.get_weights()
    options = {"verbose": 0, "shuffle": False, "batch_size": len(data[0])}
    mine, keras_own = (model.fit(*data, **options).history for model in (ours, theirs))
    assert set(mine) == set(keras_own)
    for name, (value,) in keras_own.items():
        np.testing.assert_allclose(mine[name], [value], rtol=rtol, err_msg=name)
    for was, here, there in zip(before, ours.get_weights(), theirs.get_weights()):
        moved = there - was
        assert np.abs(moved).max() > 0
        np.testing.assert_allclose(here - was, moved, rtol=rtol, atol=rtol * np.abs(moved).max())


# SGD with a learning rate of 1 moves a weight by its gradient: so the gradients are compared.


@pytest.mark.parametrize(
    ("network", "shape"), [("autoencoder", (64,)), ("plane_autoencoder", (16, 8, 3))], ids=["dense", "plane"]
)
def test_the_autoencoders_step(network: str, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    size = shape[0] if len(shape) == 1 else shape
    ours, theirs = (getattr(module, network)(size, 5) for module in (autoencoder, autoencoder_twin))
    same_start(ours, theirs)
    for model, library in ((ours, tinydl), (theirs, keras)):
        model.compile(library.optimizers.SGD(1.0), loss=library.losses.BinaryCrossentropy(from_logits=True))
    x = rng.random((6, *shape))
    assert_same_step(ours, theirs, (x, x))


def test_the_vaes_step(rng: np.random.Generator) -> None:
    ours: Any = vae.VAE((8, 8, 1))
    theirs: Any = vae_twin.VAE((8, 8, 1))
    same_start(ours, theirs)
    epsilon, x = rng.normal(size=(5, 2)), rng.random((5, 8, 8, 1))
    for model, library in ((ours, tinydl), (theirs, keras)):
        model.compile(library.optimizers.SGD(1.0))
    ours.noise = theirs.noise = lambda n: epsilon
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-9)
    evaluated = [model.evaluate(x, verbose=0, return_dict=True) for model in (ours, theirs)]
    assert evaluated[0] == pytest.approx(evaluated[1], rel=1e-9)
    assert_same_step(ours, theirs, (x,))


@pytest.mark.parametrize("recipe", [False, True])
def test_the_gans_step(recipe: bool, rng: np.random.Generator) -> None:
    ours, theirs = narrow(gan), narrow(gan_twin)
    same_start(ours, theirs)
    x, points, labels = rng.uniform(-1, 1, (4, 32, 32, 3)), rng.normal(size=(4, 3)), rng.random((8, 1))
    for model, library in ((ours, tinydl), (theirs, keras)):
        sgd = library.optimizers.SGD
        model.compile(*() if recipe else (sgd(1.0), sgd(1.0)))
        model.points, model.labels = lambda n: points, lambda n: labels
        for layer in model.discriminator.layers:
            layer.rate = 0.0  # of the dropout: the two draw other numbers
    for part in (ours.generator, ours.discriminator):
        for layer in part.layers:
            layer.negative_slope = float(np.float32(0.3))  # TensorFlow rounds the slope to float32
    # Keras keeps learning rates in float32.
    assert_same_step(ours, theirs, (x,), rtol=1e-6 if recipe else 1e-9)


def test_the_twins_own_noise_and_labels() -> None:
    theirs = narrow(gan_twin)
    labels = np.array(theirs.labels(500))
    assert labels.shape == (1000, 1) and 1.04 < labels[:500].max() < 1.05 and 0.04 < labels[500:].max() < 0.05
    assert theirs.points(500).shape == (500, 3) and 0.8 < np.std(theirs.points(500)) < 1.2
    assert vae_twin.VAE((8, 8, 1)).noise(7).shape == (7, 2)


# ---- layer by layer -----------------------------------------------------------------------------------------

PAIRS = {
    "encoder": (autoencoder.encoder, autoencoder_twin.encoder),
    "decoder": (autoencoder.decoder, autoencoder_twin.decoder),
    "plane's encoder": (autoencoder.plane_encoder, autoencoder_twin.plane_encoder),
    "plane's decoder": (autoencoder.plane_decoder, autoencoder_twin.plane_decoder),
    "VAE's encoder": (lambda: vae.VAE().encoder, lambda: vae_twin.VAE().encoder),
    "VAE's decoder": (lambda: vae.VAE().decoder, lambda: vae_twin.VAE().decoder),
    "narrow generator": (lambda: gan.generator(64), lambda: gan_twin.generator(64)),
    "generator": (gan.generator, gan_twin.generator),
    "narrow discriminator": (lambda: gan.discriminator(32), lambda: gan_twin.discriminator(32)),
    "discriminator": (gan.discriminator, gan_twin.discriminator),
}


@pytest.mark.parametrize("name", PAIRS)
def test_shapes_and_parameters_layer_by_layer(name: str) -> None:
    ours, theirs = (build() for build in PAIRS[name])
    described = [
        [(type(layer).__name__, tuple(shape_of(layer)), layer.count_params()) for layer in network.layers]
        for network, shape_of in (
            (ours, lambda layer: layer.output_shape),
            (theirs, lambda layer: layer.output.shape),
        )
    ]
    assert described[0] == described[1]
    for ours_layer, theirs_layer in zip(ours.layers, theirs.layers):
        for setting in ("strides", "rate", "negative_slope"):
            pair = [getattr(layer, setting, None) for layer in (ours_layer, theirs_layer)]
            assert pair[0] == pair[1], f"{ours_layer.name}: {setting}"
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
