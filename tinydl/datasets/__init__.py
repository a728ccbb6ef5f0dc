"""Data to train on: real sets, one's own pictures, and sets drawn from a seed that need no file at all."""

from tinydl.datasets import cifar10, fashion_mnist, image_folder, mnist, synthetic
from tinydl.datasets.download import DataUnavailable

__all__ = ["DataUnavailable", "cifar10", "fashion_mnist", "image_folder", "mnist", "synthetic"]
