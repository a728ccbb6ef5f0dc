"""The list of the chapters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinydl.lookup import lookup

RUNS = Path("runs")  # where runs leave their pictures, unless --out says otherwise


@dataclass(frozen=True)
class Figure:
    """The number that says how well a run of a chapter did."""

    key: str  # as in `run.note(test_accuracy=...)`
    words: str  # how it is written: "{:.2%} of test digits right"
    lower: bool = False  # whether less is better


@dataclass(frozen=True)
class Chapter:
    """An entry of the course."""

    number: int
    name: str  # as in `python -m chapters run NAME`
    package: str
    title: str
    takes: str  # how long the default run takes on two cores
    data: str  # what it learns from, unless --data says otherwise
    figure: Figure
    takes_data: str = ""  # what --data takes, where it is not a set or a folder of pictures


CHAPTERS = {
    chapter.name: chapter
    for chapter in [
        Chapter(
            1,
            "autograd",
            "ch01_autograd",
            "derivatives that find themselves",
            "about 10 s",
            "moons",
            Figure("gradient_error", "gradients within {:.0e}", lower=True),
            "moons, circles, spiral or corners: points in a plane",
        ),
        Chapter(
            2,
            "dense",
            "ch02_dense",
            "dense layers, and what they cannot do",
            "about 2.5 min",
            "mnist",
            Figure("test_accuracy", "{:.2%} of the test set"),
        ),
        Chapter(
            3,
            "convolution",
            "ch03_convolution",
            "a filter that slides, and its gradient",
            "about 30 s",
            "cake",
            Figure("speedup", "{:,.0f} times as fast as loops"),
            "cake, or a picture file of your own",
        ),
        Chapter(
            4,
            "cnn",
            "ch04_cnn",
            "a convolutional network reads digits",
            "about 1 min",
            "mnist",
            Figure("test_accuracy", "{:.2%} of the test set"),
        ),
        Chapter(
            5,
            "autoencoder",
            "ch05_autoencoder",
            "a picture in twenty numbers and back",
            "about 1.5 min",
            "mnist",
            Figure("test_loss", "test loss {:.4f}", lower=True),
            "mnist, which Fashion-MNIST follows, fashion_mnist or synthetic",
        ),
        Chapter(
            6,
            "bottleneck",
            "ch06_bottleneck",
            "two numbers that tell ten cakes apart",
            "about 2 min",
            "cakes",
            Figure("accuracy", "{:.1%} of the training set"),
        ),
        Chapter(
            7,
            "vae",
            "ch07_vae",
            "clouds instead of points, and new digits from the plane",
            "about 4 min",
            "mnist",
            Figure("elbo", "ELBO {:.1f} nats an image"),
        ),
        Chapter(
            8,
            "gan",
            "ch08_gan",
            "two networks outwit each other, and birds come out",
            "about 8 min",
            "birds",
            Figure("frechet", "Fréchet distance {:.1f} above the floor", lower=True),
            "birds or frogs, cifar10, mnist, fashion_mnist, synthetic, or a folder with a folder of pictures a class",
        ),
    ]
}


class Refused(Exception):
    """Something that was asked for cannot be done: one line that says why, and what to do."""


def find(name: str | None, what: str = "run") -> Chapter:
    """The chapter called `name`.

    Raises:
        Refused: there is none, or no name was given to `what`.
    """
    if name is None:
        raise Refused(f"{what}: which chapter? There are: {', '.join(CHAPTERS)}")
    try:
        return lookup(name, CHAPTERS, "chapter")
    except ValueError as error:
        raise Refused(str(error)) from None
