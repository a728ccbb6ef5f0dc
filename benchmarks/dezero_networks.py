"""The chapters' networks in DeZero 0.0.13, of its own layers and functions, channels first.

DeZero was written for the NumPy of its time: with today's it would not start, or compute nearly everything in float64.
`np.int`, `_as_array` and `ready` give it what it counts on. Its `Deconv2d` is told how large its result is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

np.int = int  # type: ignore[attr-defined]  # NumPy's own name for it until 1.23

import dezero.core  # noqa: E402
import dezero.functions as F  # noqa: E402
import dezero.layers as L  # noqa: E402
from dezero import Model, Variable, no_grad  # noqa: E402
from dezero.models import Sequential  # noqa: E402


def _as_array(x: Any, array_module: Any = np) -> Any:
    """Numbers as float32: a float64 number no longer gives way to a float32 array (NumPy 2, NEP 50)."""
    return np.asarray(x, dtype=np.float32) if np.isscalar(x) else x


dezero.core.as_array = _as_array


class Call(L.Layer):
    """A function as a layer, for `Sequential`."""

    def __init__(self, function: Callable[[Variable], Variable]):
        super().__init__()
        self.function = function

    def forward(self, x: Variable) -> Variable:
        return self.function(x)


class Deconv2d(L.Deconv2d):
    """DeZero's, with the size of the result: stride 2 may come from an even or from an odd one."""

    def __init__(self, *settings: Any, outsize: tuple[int, int], **options: Any):
        super().__init__(*settings, **options)
        self.outsize = outsize

    def forward(self, x: Variable) -> Variable:
        if self.W.data is None:
            self.in_channels = x.shape[1]
            self._init_W()
        return F.deconv2d(x, self.W, self.b, self.stride, self.pad, self.outsize)


def _relu() -> Call:
    return Call(F.relu)


def _leaky() -> Call:
    return Call(lambda x: F.leaky_relu(x, 0.3))


def _pool() -> Call:
    return Call(lambda x: F.pooling(x, 2, 2))


def _flat() -> Call:
    return Call(F.flatten)


def _shaped(*shape: int) -> Call:
    return Call(lambda x: F.reshape(x, (len(x), *shape)))


def lenet() -> Model:
    """`chapters.ch04_cnn.model.lenet`; the softmax is in the loss."""
    first = (L.Conv2d(20, 5, pad=2), _relu(), _pool(), L.Conv2d(50, 5, pad=2), _relu(), _pool())
    return Sequential(*first, _flat(), L.Linear(500), _relu(), L.Linear(10))


def small_cnn() -> Model:
    """`chapters.ch04_cnn.model.small_cnn`; the softmax is in the loss."""
    first = (L.Conv2d(16, 3, pad=1), _relu(), _pool(), L.Conv2d(32, 3, pad=1), _relu(), _pool())
    return Sequential(*first, _flat(), L.Linear(128), _relu(), L.Linear(128), _relu(), L.Linear(10))


def autoencoder() -> Model:
    """`chapters.ch05_autoencoder.model.autoencoder`: logits come out."""
    down = (L.Linear(256), _relu(), L.Linear(128), _relu(), L.Linear(20))
    return Sequential(*down, L.Linear(128), _relu(), L.Linear(256), _relu(), L.Linear(784))


class VAE(Model):
    """`chapters.ch07_vae.model.VAE`."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Sequential(
            L.Conv2d(32, 3, pad=1),
            _relu(),
            L.Conv2d(64, 3, stride=2, pad=1),
            _relu(),
            L.Conv2d(64, 3, pad=1),
            _relu(),
            L.Conv2d(64, 3, pad=1),
            _relu(),
            _flat(),
            L.Linear(32),
            _relu(),
        )
        self.z_mean, self.z_log_var = L.Linear(2), L.Linear(2)
        self.decoder = Sequential(
            L.Linear(14 * 14 * 64),
            _relu(),
            _shaped(64, 14, 14),
            Deconv2d(32, 3, stride=2, pad=1, outsize=(28, 28)),
            _relu(),
            L.Conv2d(1, 3, pad=1),
            Call(F.sigmoid),
        )

    def encode(self, x: np.ndarray) -> tuple[Variable, Variable]:
        """Means and logarithms of variances."""
        features = self.encoder(x)
        return self.z_mean(features), self.z_log_var(features)

    def forward(self, x: np.ndarray) -> Variable:
        mean, log_var = self.encode(x)
        return self.decoder(mean + 0 * log_var)  # from the middle of each cloud; log_var learns its size here


def generator(width: int) -> Model:
    """`chapters.ch08_gan.model.generator`."""
    return Sequential(
        L.Linear(16 * 16 * width // 2),
        _leaky(),
        _shaped(width // 2, 16, 16),
        L.Conv2d(width, 5, pad=2),
        _leaky(),
        Deconv2d(width, 4, stride=2, pad=1, outsize=(32, 32)),
        _leaky(),
        L.Conv2d(width, 5, pad=2),
        _leaky(),
        L.Conv2d(width, 5, pad=2),
        _leaky(),
        L.Conv2d(3, 7, pad=3),
        Call(F.tanh),
    )


def discriminator(width: int) -> Model:
    """`chapters.ch08_gan.model.discriminator`."""
    layers = [L.Conv2d(width, 3), _leaky()]
    for _ in range(3):
        layers += [L.Conv2d(width, 4, stride=2), _leaky()]
    return Sequential(*layers, _flat(), Call(lambda x: F.dropout(x, 0.4)), L.Linear(1), Call(F.sigmoid))


def ready(model: Model, x: np.ndarray) -> Model:
    """Weights now, by one sample, and in float32: DeZero's formula for them comes to float64 today (NEP 50 again)."""
    with no_grad():
        model(x[:1])
    for parameter in model.params():
        parameter.data = parameter.data.astype(np.float32)
    return model
