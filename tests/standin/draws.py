"""cupy.random: generators whose state stays on the device, with the methods that CuPy's have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .machine import here, launch
from .names import CLASSES, accept


class BitGenerator:
    """What feeds a generator. Its state is an address on the device, nothing to save or set."""

    def __init__(self, seed: Any) -> None:
        # Other numbers than NumPy's for the same seed, as on a GPU, so that no test can count on the same.
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0xC0,)))

    def state(self) -> int:
        """The address of the state."""
        return id(self._bits)


def _draw(bits: Any, f: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """One kernel that draws; a graph that holds it draws on each time."""
    if here.stream.capture is not None:
        here.stream.capture.keep_state(bits)
    return launch(f, args, kwargs)


class Generator:
    """cupy.random.Generator. It has no normal, shuffle, permutation or choice: CuPy's has none."""

    def __init__(self, bit_generator: BitGenerator) -> None:
        self.bit_generator = bit_generator
        self._numpy = np.random.Generator(bit_generator._bits)


def _method(name: str, parameters: str) -> Callable[..., Any]:
    names = parameters.split()

    def call(self: Generator, *args: Any, **kwargs: Any) -> Any:
        accept(f"Generator.{name}", parameters, kwargs)
        kwargs = {**dict(zip(names, args, strict=False)), **kwargs}
        dtype = np.dtype(kwargs.get("dtype") or float)
        if name != "integers" and dtype not in (np.float32, np.float64):
            raise TypeError(f"{name} is not supported for type {dtype}")
        f = getattr(self._numpy, name)
        bits = self._numpy.bit_generator
        if name in ("uniform", "beta"):  # NumPy's have no dtype
            kwargs.pop("dtype", None)
            return _draw(bits, lambda **k: np.asarray(f(**k), dtype), (), kwargs)
        return _draw(bits, f, (), kwargs)

    call.__name__ = name
    return call


for _name, _parameters in CLASSES["cupy.random.Generator"]["functions"].items():
    setattr(Generator, _name, _method(_name, _parameters))


def default_rng(seed: Any = None) -> Generator:
    """cupy.random.default_rng: the state is set up by a kernel."""
    return Generator(BitGenerator(seed))


_legacy = np.random.RandomState(0)


def legacy(name: str, parameters: str) -> Callable[..., Any]:
    """A function of cupy.random itself, as NumPy's RandomState has it."""
    if not hasattr(_legacy, name):
        raise NotImplementedError(f"cupy.random.{name}: CuPy has it, and the stand-in does not do it yet")
    f = getattr(_legacy, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        accept(f"cupy.random.{name}", parameters, kwargs)
        dtype = kwargs.pop("dtype", None)
        if name in ("seed", "shuffle", "get_state"):
            return f(*args) if name == "seed" else launch(f, args, writes=args)
        return launch(lambda *a, **k: np.asarray(f(*a, **k), dtype), args, kwargs)

    return call
