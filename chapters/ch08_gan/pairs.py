"""What `python -m chapters compare gan` sets beside Keras."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from chapters import course
from chapters.ch08_gan.data import BATCH, real_pictures
from chapters.ch08_gan.model import WIDTHS
from chapters.compare.pair import Pair, Task


def pictures(images: course.Images) -> Task:
    """A thousand real pictures, from -1 to 1, and no targets."""
    x = course.scaled(images.x_train[:1000]) * 2 - 1
    return Task(x, None, (x.shape[1:],))


class GANPair(Pair):
    """Two networks that learn in turns, each with an optimizer of its own."""

    def load(self, data: str, quick: bool, seed: int) -> course.Images:
        """The pictures of the kind that --data names."""
        real = real_pictures(data)
        return dataclasses.replace(real.images, name=real.name, x_train=real.x)

    def build(self, module: str, task: Task) -> Any:
        """Both networks, narrow, in one model."""
        made, (shape,) = importlib.import_module(f"chapters.ch08_gan.{module}"), task.arguments
        first, second = WIDTHS[shape[-1]]
        return made.GAN(made.generator(first, shape=shape), made.discriminator(second, shape))

    def compile(self, model: Any, library: ModuleType, loss: Any, optimizers: Sequence[Any] = ()) -> None:
        """By its own optimizers, or by these two."""
        model.compile(*optimizers)

    def networks(self, model: Any, x: np.ndarray) -> dict[str, tuple[Any, np.ndarray]]:
        """The generator, shown points, and the discriminator, shown real pictures."""
        points = np.random.default_rng(0).standard_normal((len(x), model.generator.input_shape[1]))
        return {"generator": (model.generator, points), "discriminator": (model.discriminator, x)}


PAIRS = {
    "gan": GANPair(
        "ch08_gan",
        "GAN",
        pictures,
        None,
        batch_size=BATCH,
        optimizers=("optimizer", "g_optimizer"),
        draws=("points", "uniform"),
        backends=("tensorflow",),
    ),
}
