"""Layers own weights, ops do the maths. Names, arguments and defaults are Keras's; images are channels-last."""

from tinydl.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from tinydl.layers.base import Layer
from tinydl.layers.core import (
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    Input,
    Rescaling,
    Reshape,
)

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "Input",
    "Layer",
    "LeakyReLU",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
]
