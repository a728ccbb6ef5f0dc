"""Layers own weights, ops do the maths. Names and defaults are Keras's; images are channels-last."""

from tinydl.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from tinydl.layers.base import Layer
from tinydl.layers.convolution import Conv2D, Conv2DTranspose
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
from tinydl.layers.image import UpSampling2D, ZeroPadding2D
from tinydl.layers.normalization import BatchNormalization, LayerNormalization
from tinydl.layers.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)

__all__ = [
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "UpSampling2D",
    "ZeroPadding2D",
]
