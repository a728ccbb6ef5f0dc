"""Deep learning rebuilt from NumPy up, to be read.

The engine says it as PyTorch does (`Tensor`, `backward`, `grad`, `no_grad`), everything above as Keras does
(`layers`, `Sequential`, `fit`). README.md has the map of the house.
"""

from tinydl import (
    activations,
    backend,
    callbacks,
    checkpoint,
    datasets,
    gradcheck,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    plot,
    schedules,
)
from tinydl.autograd import grad, no_grad
from tinydl.backend import device, floatx, set_device, set_floatx, set_random_seed
from tinydl.models import Model, Sequential
from tinydl.tensor import Tensor

__version__ = "0.1.0"

__all__ = [
    "Model",
    "Sequential",
    "Tensor",
    "activations",
    "backend",
    "callbacks",
    "checkpoint",
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
