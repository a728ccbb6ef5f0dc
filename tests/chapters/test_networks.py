"""The networks of chapters 5, 7 and 8: their shapes, what a step of theirs changes, what they refuse."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinydl
from chapters.ch05_autoencoder.model import autoencoder, decoder, encoder
from chapters.ch07_vae.model import VAE, sample
from chapters.ch08_gan.model import GAN, discriminator, generator, rmsprop
from tinydl import Model, Sequential, layers
from tinydl.op import OPS
from tinydl.optimizers import SGD, RMSprop


@pytest.fixture
def pixels(rng: np.random.Generator) -> np.ndarray:
    """Sixteen small pictures, each a bright bar on black: (16, 8, 8, 1), from 0 to 1."""
    x = np.zeros((16, 8, 8, 1), dtype="float32")
    for picture, column in zip(x, rng.integers(0, 7, 16)):
        picture[:, column : column + 2] = 0.9
    return x


@pytest.fixture
def photos(rng: np.random.Generator) -> np.ndarray:
    """Six pictures that a narrow generator does not draw at first: (6, 32, 32, 3), from -1 to 1."""
    return rng.uniform(-1, 1, (6, 32, 32, 3)).astype("float32")


def narrow_gan() -> GAN:
    return GAN(generator(4, latent_dim=3), discriminator(4))


# ---- shapes -------------------------------------------------------------------------------------------------


def shapes(network: Sequential) -> list[tuple[int, ...]]:
    """What comes out of each layer that changes the shape, beginning with what goes in."""
    found = [network.input_shape[1:]]
    for layer in network.layers:
        found += [layer.output_shape[1:]] * (layer.output_shape[1:] != found[-1])
    return found


@pytest.mark.parametrize(
    ("build", "expected", "parameters"),
    [
        (encoder, [(784,), (256,), (128,), (20,)], 236_436),
        (decoder, [(20,), (128,), (256,), (784,)], 237_200),
        (autoencoder, [(784,), (20,), (784,)], 473_636),
        (
            lambda: VAE().encoder,
            [(28, 28, 1), (28, 28, 32), (14, 14, 64), (12544,), (32,)],
            494_112,
        ),
        (
            lambda: VAE().decoder,
            [(2,), (12544,), (14, 14, 64), (28, 28, 32), (28, 28, 1)],
            56_385,
        ),
        (
            lambda: generator(64),
            [(32,), (8192,), (16, 16, 32), (16, 16, 64), (32, 32, 64), (32, 32, 3)],
            601_539,
        ),
        (
            lambda: discriminator(32),
            [(32, 32, 3), (30, 30, 32), (14, 14, 32), (6, 6, 32), (2, 2, 32), (128,), (1,)],
            50_273,
        ),
        (
            generator,
            [(32,), (32768,), (16, 16, 128), (16, 16, 256), (32, 32, 256), (32, 32, 3)],
            6_264_579,
        ),
        (
            discriminator,
            [(32, 32, 3), (30, 30, 128), (14, 14, 128), (6, 6, 128), (2, 2, 128), (512,), (1,)],
            790_913,
        ),
    ],
)
def test_the_networks_are_those_of_the_recipes(
    build: Callable[[], Sequential], expected: list[tuple[int, ...]], parameters: int
) -> None:
    network = build()
    assert shapes(network) == expected
    assert network.count_params() == parameters


def test_the_vae_as_a_whole(rng: np.random.Generator) -> None:
    model = VAE((8, 12, 3), latent_dim=5)
    x = rng.random((2, 8, 12, 3), dtype="float32")
    mean, log_var = model.encode(x)
    assert mean.shape == log_var.shape == model.noise(2).shape == (2, 5)
    assert model.predict(x, verbose=0).shape == x.shape
    assert VAE().count_params() == 550_629


# ---- learning -----------------------------------------------------------------------------------------------


def test_the_autoencoder_learns(pixels: np.ndarray) -> None:
    x = pixels.reshape(16, 64)
    model = autoencoder(64, code=3)
    model.compile("adam", loss=tinydl.losses.BinaryCrossentropy(from_logits=True))
    first, *_, last = model.fit(x, x, epochs=20, verbose=0).history["loss"]
    assert last < 0.8 * first


def test_the_vae_learns(pixels: np.ndarray) -> None:
    model = VAE(pixels.shape[1:])
    model.compile("rmsprop")
    history = model.fit(pixels, batch_size=8, epochs=6, validation_data=(pixels,), verbose=0).history
    names = ["loss", "reconstruction_loss", "kl_loss"]
    assert list(history) == names + [f"val_{name}" for name in names]
    assert history["val_loss"][-1] < 0.95 * history["val_loss"][0]
    loss, reconstruction, kl = (np.array(history[name]) for name in names)
    np.testing.assert_allclose(loss, reconstruction + kl, rtol=1e-6)


@pytest.mark.parametrize(("name", "rates"), [("d_loss", (0.01, 0.0)), ("g_loss", (0.0, 0.01))])
def test_each_adversary_learns_while_the_other_waits(
    name: str, rates: tuple[float, float], photos: np.ndarray
) -> None:
    model = narrow_gan()
    model.compile(*(rmsprop(rate) for rate in rates))
    history = model.fit(photos, batch_size=6, epochs=10, verbose=0).history
    assert list(history) == ["d_loss", "g_loss", "real_accuracy", "generated_accuracy"]
    assert history[name][-1] < 0.8 * history[name][0]


@pytest.mark.parametrize("build", [lambda: VAE((8, 8, 1)), narrow_gan])
def test_a_seed_settles_everything(
    build: Callable[[], Model], pixels: np.ndarray, photos: np.ndarray
) -> None:
    runs = []
    for _ in range(2):
        tinydl.set_random_seed(3)
        model = build()
        model.compile()
        losses = model.fit(photos if isinstance(model, GAN) else pixels, batch_size=4, verbose=0).history
        runs.append((losses, model.get_weights()))
    assert runs[0][0] == runs[1][0]
    for first, second in zip(runs[0][1], runs[1][1]):
        np.testing.assert_array_equal(first, second)


# ---- the VAE's clouds ---------------------------------------------------------------------------------------


def test_samples_have_the_variance_they_claim(rng: np.random.Generator) -> None:
    variance = np.array([0.25, 1.0, 9.0])
    z = sample(np.array([1.0, 2.0, 3.0]), np.log(variance), rng.standard_normal((200_000, 3)))
    np.testing.assert_allclose(z.mean(axis=0), [1, 2, 3], atol=0.03)
    np.testing.assert_allclose(z.var(axis=0), variance, rtol=0.02)


def test_noise_in_training_only(pixels: np.ndarray) -> None:
    model = VAE(pixels.shape[1:])
    mean, _ = model.encode(pixels)
    np.testing.assert_array_equal(model.predict(pixels, verbose=0), model.decoder(mean).numpy())
    assert not np.array_equal(model(pixels, training=True).numpy(), model(pixels, training=True).numpy())
    assert model.measure(pixels, 0.0)["loss"].item() == model.test_step(pixels)["loss"].item()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_noise_has_the_models_precision(dtype: str, pixels: np.ndarray, photos: np.ndarray) -> None:
    tinydl.set_floatx(dtype)
    vae, gan = VAE(pixels.shape[1:]), narrow_gan()
    for array in (vae.noise(2), gan.points(2), gan.labels(2)):
        assert array.dtype == dtype
    assert vae.measure(pixels, vae.noise(16))["loss"].dtype == dtype
    gan.compile()
    logs = gan.train_step(photos)
    assert logs["d_loss"].dtype == logs["g_loss"].dtype == dtype


# ---- the GAN's step -----------------------------------------------------------------------------------------


def test_who_is_changed_by_which_optimizer(photos: np.ndarray) -> None:
    for d_rate, g_rate in [(0.0, 1.0), (1.0, 0.0)]:
        model = narrow_gan()
        model.compile(SGD(d_rate), SGD(g_rate))
        before = [part.get_weights() for part in (model.discriminator, model.generator)]
        model.train_step(photos)
        for part, old, rate in zip((model.discriminator, model.generator), before, (d_rate, g_rate)):
            for was, is_ in zip(old, part.get_weights()):
                assert np.array_equal(was, is_) == (rate == 0), f"{part.name}, {was.shape}"


def test_no_gradient_of_the_frozen_discriminators_kernels(
    photos: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule for a convolution's kernel runs for four kernels of the one, and for four of the other."""
    conv2d: Any = OPS["conv2d"]
    op, kernels = conv2d.op, []
    rule, inputs = op.rules["kernel"]

    @functools.wraps(rule)
    def counted(*given: Any) -> Any:
        found = rule(*given)
        kernels.append((found if len(inputs) == 1 else found[inputs.index("kernel")]).shape)
        return found

    for name in inputs:  # that have a rule in common
        monkeypatch.setitem(op.rules, name, (counted, inputs))
    monkeypatch.setattr(op, "plans", {})
    model = narrow_gan()
    model.compile()
    model.train_step(photos)
    convolutions = [
        [layer.kernel.shape for layer in part.layers if isinstance(layer, layers.Conv2D)]
        for part in (model.discriminator, model.generator)
    ]
    assert kernels == [shape for part in convolutions for shape in reversed(part)] and len(kernels) == 8


def test_the_discriminator_learns_of_finished_pictures(
    photos: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = narrow_gan()
    model.compile()
    seen = []

    def call(x: Any) -> Any:
        seen.append(x.requires_grad)
        return discriminator_call(x)

    discriminator_call = model.discriminator.call
    monkeypatch.setattr(model.discriminator, "call", call)
    model.train_step(photos)
    assert seen == [False, True], "nothing is kept for the generator's gradient, then everything"


def test_the_optimizers_are_those_of_the_recipe() -> None:
    model = narrow_gan()
    model.compile()
    for optimizer, rate in ((model.optimizer, 8e-4), (model.g_optimizer, 4e-4)):
        assert isinstance(optimizer, RMSprop) and optimizer.clipvalue == 1.0
        assert optimizer.learning_rate == rate
        optimizer.iterations = 10**8
        assert optimizer.learning_rate == pytest.approx(rate / 2)


def test_noise_is_normal() -> None:
    for noise in (VAE((2, 2, 1)).noise(9000), narrow_gan().points(6000)):
        assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03
        assert 0.04 < (np.abs(noise) > 2).mean() < 0.05


def test_labels_are_noisy() -> None:
    labels = narrow_gan().labels(500)
    assert labels.shape == (1000, 1)
    for part, sure in ((labels[:500], 1.0), (labels[500:], 0.0)):
        assert sure <= part.min() and part.max() < sure + 0.05 and part.std() > 0.01


# ---- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: autoencoder(code=0), "expected a whole number from 1 up, got 0"),
        (lambda: VAE(latent_dim=0), "latent_dim: expected a whole number from 1 up, got 0"),
        (lambda: VAE((27, 28, 1)), "height and width even"),
        (lambda: VAE((28, 28)), "expected .height, width, channels."),
        (lambda: generator(latent_dim=0), "expected a whole number from 1 up, got 0"),
        (lambda: GAN(generator(4), encoder()), "length 784"),
    ],
)
def test_arguments_that_make_no_sense(build: Callable[[], Model], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()


@pytest.mark.parametrize("shape", [(4, 16, 16, 1), (4, 8, 8), (4, 8, 8, 3)])
@pytest.mark.parametrize("build", [lambda: VAE((8, 8, 1)), narrow_gan])
def test_pictures_of_another_shape(build: Callable[[], Model], shape: tuple[int, ...]) -> None:
    model = build()
    model.compile()
    before = model.get_weights()
    with pytest.raises(ValueError, match="got"):
        model.fit(np.zeros(shape, "float32"), verbose=0)
    for was, is_ in zip(before, model.get_weights()):
        np.testing.assert_array_equal(was, is_)
