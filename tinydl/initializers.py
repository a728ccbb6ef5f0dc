"""How weights begin: with zeros, ones, a constant, or random numbers of just the right size.

Why size matters: a layer adds up `fan_in` products, so its output varies about `fan_in * var(weight)` times
as much as its input. Weights with a variance near 1 / fan_in keep a signal alive through many layers, and its
gradient on the way back (Glorot and Bengio 2010; He et al. 2015 for relu, which throws half of the signal
away). Names, classes and distributions are Keras's.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.backend import Array
from tinydl.lookup import lookup, unknown

Shape = tuple[int, ...]


class Initializer:
    """What makes the first values of a weight: call it with a shape, get a NumPy array.

    Any function of `(shape, dtype)` can stand in for one.
    """

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        """An array of this shape, in `floatx()` unless a dtype is given."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__")


class Constant(Initializer):
    """The same number everywhere.

    Example:
        >>> Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
    """

    def __init__(self, value: float = 0.0):
        self.value = value

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return np.full(shape, self.value, dtype=dtype or backend.floatx())


class Zeros(Constant):
    """Zeros: how biases begin."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Ones: how the scale of a normalization begins."""

    def __init__(self) -> None:
        super().__init__(1.0)


class RandomInitializer(Initializer):
    """Random numbers: from tinydl's own generator, or, with a seed, the same ones at every call."""

    def __init__(self, seed: int | None = None):
        self.seed = seed

    def draw(self, kind: str, shape: Shape, dtype: Any) -> Array:
        """Random numbers of a kind: "uniform" in [0, 1), "normal", or "truncated": normal, none beyond ±2.

        They are drawn by NumPy, whatever the device: a seed begins with the same weights everywhere.
        """
        generator = backend.host_generator() if self.seed is None else np.random.default_rng(self.seed)
        dtype = dtype or backend.floatx()
        if kind == "uniform":
            return generator.random(shape, dtype=dtype)
        z = generator.standard_normal(shape, dtype=dtype)
        while kind == "truncated" and (far := abs(z) > 2).any():  # about one in 22: draw those again
            z[far] = generator.standard_normal(int(far.sum()), dtype=dtype)
        return z


class RandomNormal(RandomInitializer):
    """Normally distributed numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return self.mean + self.stddev * self.draw("normal", shape, dtype)


class TruncatedNormal(RandomNormal):
    """Normally distributed numbers, those beyond two standard deviations drawn again."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return self.mean + self.stddev * self.draw("truncated", shape, dtype)


class RandomUniform(RandomInitializer):
    """Numbers spread evenly from `minval` up to `maxval`."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return self.minval + (self.maxval - self.minval) * self.draw("uniform", shape, dtype)


# ------------------------------------------------------------------------------------------- as large as fits

# A normal distribution cut off at two standard deviations has this standard deviation left.
_LEFT_BY_TRUNCATION = 0.87962566103423978


def compute_fans(shape: Shape) -> tuple[int, int]:
    """How many numbers go into one output of a weight of this shape, and how many outputs one number reaches.

    A kernel `(kh, kw, cin, cout)` counts the field it sees: `kh * kw * cin` and `kh * kw * cout`.

    Example:
        >>> compute_fans((5, 5, 20, 50))
        (500, 1250)
    """
    if len(shape) < 2:
        return prod(shape), prod(shape)
    field = prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


class VarianceScaling(RandomInitializer):
    """Random numbers of variance `scale / fan`: the family to which Glorot's, He's and LeCun's belong.

    Args:
        scale: above 0.
        mode: the fan: "fan_in", "fan_out" or "fan_avg", their mean.
        distribution: "truncated_normal", "untruncated_normal" or "uniform"; all have that variance.
        seed: for the same numbers at every call.

    Raises:
        ValueError: one of them is none of these.

    Example:
        >>> kernel = VarianceScaling(2.0, "fan_in", "uniform")((300, 100))
        >>> bool(abs(kernel).max() <= (3 * 2 / 300) ** 0.5)
        True
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ):
        super().__init__(seed)
        distributions = ("truncated_normal", "untruncated_normal", "uniform", "normal")
        if not scale > 0:
            raise ValueError(f"VarianceScaling: expected scale above 0, got {scale!r}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(unknown(mode, ("fan_in", "fan_out", "fan_avg"), "mode of VarianceScaling"))
        if distribution not in distributions:
            raise ValueError(unknown(distribution, distributions, "distribution of VarianceScaling"))
        self.scale, self.mode = scale, mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        fan_in, fan_out = compute_fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = sqrt(3) * stddev  # uniform in ±limit has variance limit² / 3
            return limit * (2 * self.draw("uniform", shape, dtype) - 1)
        if self.distribution == "untruncated_normal":
            return stddev * self.draw("normal", shape, dtype)
        return stddev / _LEFT_BY_TRUNCATION * self.draw("truncated", shape, dtype)


class GlorotUniform(VarianceScaling):
    """Uniform in ±sqrt(6 / (fan_in + fan_out)): how kernels begin (Glorot and Bengio 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Truncated normal of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """Uniform in ±sqrt(6 / fan_in): for layers followed by relu (He et al. 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Truncated normal of variance 2 / fan_in: for layers followed by relu (He et al. 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    """Uniform in ±sqrt(3 / fan_in) (LeCun et al. 1998)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """Truncated normal of variance 1 / fan_in: for selu (Klambauer et al. 2017)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


class Orthogonal(RandomInitializer):
    """A random matrix whose columns (or rows, if those are fewer) stand at right angles (Saxe et al. 2014).

    It turns a signal without stretching it. All axes but the last together count as rows.

    Raises:
        ValueError: the shape has fewer than two axes.

    Example:
        >>> q = Orthogonal()((4, 3))
        >>> bool(np.allclose(q.T @ q, np.eye(3), atol=1e-5))
        True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: expected a shape with two axes or more, got {tuple(shape)}")
        rows, columns = prod(shape[:-1]), shape[-1]
        z = self.draw("normal", (max(rows, columns), min(rows, columns)), dtype)
        q, r = np.linalg.qr(z)
        q = q * np.sign(np.diagonal(r))  # the signs that QR happens to choose are not random
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


# -------------------------------------------------------------------------------------------------- by name

zeros, ones, constant = Zeros, Ones, Constant
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal

_CLASSES = (
    *(Zeros, Ones, Constant, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Orthogonal),
    *(GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal),
)
_NAMES = {
    **{name: value for name, value in globals().items() if value in _CLASSES},
    **{"zero": Zeros, "one": Ones, "normal": RandomNormal, "uniform": RandomUniform},
}


def get(identifier: str | Initializer | type[Initializer] | Callable) -> Callable:
    """The initializer that is meant: by name, by class, or itself.

    Raises:
        ValueError: no initializer has this name; the message tells the nearest.

    Example:
        >>> type(get("glorot_uniform")).__name__
        'GlorotUniform'
    """
    if isinstance(identifier, str):
        return lookup(identifier, _NAMES, "initializer")()
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    raise ValueError(f"initializer: expected a name or a function of (shape, dtype), got {identifier!r}")
