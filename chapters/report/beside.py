"""A comparison with Keras, as the page tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chapters import course
from chapters.compare import report
from chapters.compare.keras_side import BACKENDS
from chapters.compare.measure import Difference
from chapters.compare.pair import FOLDER


@dataclass(frozen=True)
class Network:
    """A network beside its twin.

    Attributes:
        name: of the network.
        data: what both learnt from.
        batch: the samples that differences were found with.
        largest: the largest difference of each part.
        lines: losses, time, files, in words.
        pace: how many times as long a step takes here; None if that was not measured.
    """

    name: str
    data: str
    batch: int
    largest: list[Difference]
    lines: list[str]
    pace: float | None


@dataclass(frozen=True)
class Compared:
    """What `python -m chapters compare NAME` found.

    Attributes:
        chapter: its name.
        date: when, as 2026-11-22.
        versions: of tinydl and NumPy, and of Keras and what it ran on, in words.
        within: whether everything was within tolerance.
        networks: one by one.
        picture: of the losses, if it is there.
        where: the folder it lies in; None for one that came with the chapter.
    """

    chapter: str
    date: str
    versions: str
    within: bool
    networks: list[Network]
    picture: Path | None
    where: Path | None


def read(folder: Path, pictures: Path | None = None, stored: bool = False) -> Compared | None:
    """The comparison that lies in a folder; None if it is not one, or not whole."""
    found = report.read(folder / "compare.json")
    picture = (pictures or folder) / "compare.png"
    try:
        if found is None:
            return None
        versions, backend = found["versions"], found["backend"]
        return Compared(
            chapter=str(found["chapter"]),
            date=str(found["date"]),
            versions=f"tinydl {versions['tinydl']} on NumPy {versions['numpy']} beside "
            f"Keras {versions['keras']} on {BACKENDS[backend]} {versions[backend]}",
            within=report.all_within(found),
            networks=[
                Network(
                    name,
                    network["data"],
                    network["batch"],
                    report.largest(report.differences_of(network)),
                    report.left_loose(network, found),
                    network["seconds"][0] / network["seconds"][1] if network["seconds"] else None,
                )
                for name, network in found["networks"].items()
            ],
            picture=picture if picture.is_file() else None,
            where=None if stored else folder,
        )
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None  # of other types than a comparison has


def stored(chapter: course.Chapter) -> Compared | None:
    """The one that came with a chapter."""
    folder = FOLDER / chapter.package
    return read(folder, folder / "images", stored=True)
