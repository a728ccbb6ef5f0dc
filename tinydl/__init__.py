"""Deep learning rebuilt from NumPy up, to be read.

The engine says it as PyTorch does (`Tensor`, `backward`, `grad`, `no_grad`), everything above as Keras does
(`layers`, `Sequential`, `fit`). README.md has the map of the house.
"""

import importlib
from typing import TYPE_CHECKING, Any

from tinydl import (
    activations,
    backend,
    callbacks,
    checkpoint,
    gradcheck,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    schedules,
)
from tinydl.autograd import grad, no_grad
from tinydl.backend import current_device, device, floatx, set_device, set_floatx, set_random_seed
from tinydl.models import Model, Sequential
from tinydl.tensor import Tensor

if TYPE_CHECKING:
    from tinydl import datasets, plot

__version__ = "0.1.0"

__all__ = [
    "Model",
    "Sequential",
    "Tensor",
    "activations",
    "backend",
    "callbacks",
    "checkpoint",
    "current_device",
    "datasets",
    "device",
    "floatx",
    "grad",
    "gradcheck",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "no_grad",
    "ops",
    "optimizers",
    "plot",
    "schedules",
    "set_device",
    "set_floatx",
    "set_random_seed",
]


def __getattr__(name: str) -> Any:
    """`datasets` and `plot` are loaded when first asked for: with all they need, they take longer than the rest."""
    if name in ("datasets", "plot"):
        return importlib.import_module(f"tinydl.{name}")
    raise AttributeError(f"module 'tinydl' has no attribute {name!r}")
