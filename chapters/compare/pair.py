"""What a chapter sets side by side: a network of its model.py, the one of the same name in its keras_twin.py."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from chapters import course
from tinydl.lookup import unknown

FOLDER = Path(__file__).resolve().parents[1]  # of the chapters


@dataclass(frozen=True)
class Task:
    """What a network learns.

    Attributes:
        x: inputs (n, ...), of any dtype: a batch at a time becomes float32 or float64.
        y: targets (n, ...); None for a network that does without.
        arguments: what the network is built with, here and in Keras.
    """

    x: np.ndarray
    y: np.ndarray | None
    arguments: tuple = ()

    def batch(self, rows: Any, dtype: str) -> tuple[np.ndarray, np.ndarray | None]:
        """These rows, as both sides get them."""
        return self.x[rows].astype(dtype), None if self.y is None else self.y[rows].astype(dtype)


@dataclass(frozen=True)
class Pair:
    """Two networks that should be one.

    One that is compiled in another way than by an optimizer and a loss overrides `compile`; one that consists of
    several networks, `networks`; one with pictures of its own, `load`.

    Attributes:
        package: of the chapter, such as "ch04_cnn".
        network: the function, or class, that makes the model, in model.py and in keras_twin.py.
        task: what the pictures become for it.
        loss: a name, or a function that takes a library, tinydl or keras, and makes a loss of it.
        optimizer: likewise.
        batch_size: samples a step; if not given, `steps_per_epoch` says how many steps go through all of them.
        epochs: how many the two are let loose for.
        data: the set that it learns from, if not the chapter's.
        optimizers: the attributes of the models that hold their optimizers, in the order in which a step uses them, and
            `compile` takes them.
        draws: the methods of the models that draw random numbers. Those here, and dropout, give what Keras draws.
        backends: what the twin works on.
    """

    package: str
    network: str
    task: Callable[[course.Images], Task]
    loss: str | Callable[[ModuleType], Any] | None
    optimizer: str | Callable[[ModuleType], Any] = "adam"
    batch_size: int | None = None
    steps_per_epoch: int = 10
    epochs: int = 1
    data: str | None = None
    optimizers: tuple[str, ...] = ("optimizer",)
    draws: tuple[str, ...] = ()
    backends: tuple[str, ...] = ("tensorflow", "torch", "jax")

    def load(self, data: str, quick: bool, seed: int) -> course.Images:
        """The pictures that --data names."""
        return course.load_images(data, quick, seed)

    def build(self, module: str, task: Task) -> Any:
        """The model, as `module` of the chapter makes it: "model" or "keras_twin"."""
        made = importlib.import_module(f"chapters.{self.package}.{module}")
        return getattr(made, self.network)(*task.arguments)

    def compile(self, model: Any, library: ModuleType, loss: Any, optimizers: Sequence[Any] = ()) -> None:
        """Have it learn by this loss, and by its own optimizer or by these."""
        model.compile(*optimizers or [made_by(library, self.optimizer)], loss=loss)

    def networks(self, model: Any, x: np.ndarray) -> dict[str, tuple[Any, np.ndarray]]:
        """The networks of a model, by name, each with what it is shown, made from the inputs x."""
        return {"network": (model, x)}

    def samples_a_step(self, n: int) -> int:
        """How many of n samples a step takes."""
        return min(self.batch_size or math.ceil(n / self.steps_per_epoch), n)


def made_by(library: ModuleType, what: Any) -> Any:
    """A loss or an optimizer of a library, tinydl or keras; a name stays a name."""
    return what(library) if callable(what) else what


def chapters_with_pairs() -> dict[str, course.Chapter]:
    """The chapters that have something to compare, by name."""
    return {
        name: chapter
        for name, chapter in course.CHAPTERS.items()
        if (FOLDER / chapter.package / "pairs.py").is_file()
    }


def find(name: str | None) -> course.Chapter:
    """The chapter called `name`, if it has something to compare.

    Raises:
        Refused: it has not, or there is no such chapter.
    """
    known = chapters_with_pairs()
    if name is None:
        raise course.Refused(f"compare: which chapter? There are: {', '.join(known)}")
    if name in course.CHAPTERS and name not in known:
        raise course.Refused(
            f"compare: {name} has no network to set beside Keras; these have: {', '.join(known)}"
        )
    if name not in known:
        raise course.Refused(unknown(name, known, "chapter to compare"))
    return known[name]


def pairs_of(chapter: course.Chapter) -> dict[str, Pair]:
    """What a chapter sets side by side, by name."""
    return importlib.import_module(f"chapters.{chapter.package}.pairs").PAIRS


# ---------------------------------------------------------------------------------------------- usual tasks


def classify(images: course.Images) -> Task:
    """Pictures, pixels from 0 to 1, to their classes, one-hot."""
    return Task(course.scaled(images.x_train), *_classes(images))


def classify_bytes(images: course.Images) -> Task:
    """Pictures, pixels as they come, from 0 to 255, to their classes, one-hot."""
    return Task(images.x_train, *_classes(images))


def classify_by_number(images: course.Images) -> Task:
    """Pictures, pixels from 0 to 1, to the numbers of their classes."""
    return Task(course.scaled(images.x_train), images.y_train, _classes(images)[1])


def _classes(images: course.Images) -> tuple[np.ndarray, tuple]:
    classes = len(images.class_names)
    return course.one_hot(images.y_train, classes), (images.x_train.shape[1:], classes)
