"""What the chapters share: the list of them, their flags, the data they load, and the folder they leave things in."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
from matplotlib.figure import Figure

import tinydl
from tinydl import datasets, plot
from tinydl.lookup import lookup, unknown

RUNS = Path("runs")  # where a run leaves its pictures, unless --out says otherwise


@dataclass(frozen=True)
class Chapter:
    """An entry of the course."""

    number: int
    name: str  # as in `python -m chapters run NAME`
    package: str
    title: str
    takes: str  # how long the default run takes on two cores


CHAPTERS = {
    chapter.name: chapter
    for chapter in [
        Chapter(4, "cnn", "ch04_cnn", "a convolutional network reads handwritten digits", "about 1 min")
    ]
}


class Refused(Exception):
    """Something that was asked for cannot be done: one line that says why, and what to do."""


def find(name: str | None) -> Chapter:
    """The chapter called `name`.

    Raises:
        Refused: there is none.
    """
    if name is None:
        raise Refused(f"run: which chapter? There are: {', '.join(CHAPTERS)}")
    try:
        return lookup(name, CHAPTERS, "chapter")
    except ValueError as error:
        raise Refused(str(error)) from None


# --------------------------------------------------------------------------------------------------- flags


class Parser(argparse.ArgumentParser):
    """A command line whose errors are one line."""

    def __init__(self, prog: str, description: str):
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise Refused(f"{message} (all there is: {self.prog} --help)")


def chapter_flags(chapter: Chapter) -> Parser:
    """The flags that mean the same in every chapter; a chapter may add its own."""
    flags = Parser(f"python -m chapters run {chapter.name}", chapter.title.capitalize() + ".")
    sets = ", ".join(SETS)
    flags.add_argument(
        "--data",
        default="mnist",
        metavar="NAME",
        help=f"{sets}, or a folder with a folder of pictures a class",
    )
    flags.add_argument("--epochs", type=whole_number(1), metavar="N", help="how often to go through the data")
    flags.add_argument(
        "--quick", action="store_true", help="a few seconds: a fraction of the data, one epoch"
    )
    flags.add_argument("--full", action="store_true", help="the recipe to the letter, with TensorBoard's log")
    flags.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="of all that is random")
    flags.add_argument("--device", default="cpu", help="cpu, gpu, or gpu:N")
    flags.add_argument("--resume", action="store_true", help="go on where the last run was stopped")
    flags.add_argument(
        "--out", type=Path, default=RUNS / chapter.name, metavar="DIR", help="where to leave what comes out"
    )
    return flags


def whole_number(least: int) -> Any:
    """A reader of flags that takes whole numbers from `least` up."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} up, got {text!r}")
        return int(text)

    return read


# ----------------------------------------------------------------------------------------------------- run


class Run:
    """One run of a chapter: what was asked for, the folder it leaves things in, and what it found out.

    In that folder: the pictures, `run.json` (what was asked for, what came out), and `backup/`, the state of the
    training after its last whole epoch, for `--resume`.

    Args:
        chapter: which.
        flags: its flags, from `chapter_flags`.
        argv: the command line after the chapter's name.

    Raises:
        Refused: flags that are unknown or contradict each other, a device that is not there, a folder that
            cannot be written, nothing to resume, or a run of other flags there.
    """

    def __init__(self, chapter: Chapter, flags: Parser, argv: Sequence[str] | None):
        self.chapter = chapter
        self.argv = list(sys.argv[1:] if argv is None else argv)
        self.options = options = flags.parse_args(self.argv)
        self.began = time.monotonic()
        if options.quick and options.full:
            raise Refused("--quick and --full exclude each other: choose one")
        try:
            tinydl.set_device(options.device)
        except (RuntimeError, ValueError) as error:
            raise Refused(f"--device {options.device}: {error}") from None
        tinydl.set_random_seed(options.seed)
        self.out: Path = options.out
        # What a run must share with the one that it resumes; how far it goes and where is free.
        free = ("epochs", "full", "resume", "device", "out")
        self.asked = {name: value for name, value in vars(options).items() if name not in free}
        if options.resume:
            self._check_resumable()
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            (probe := self.out / ".probe").touch()
            probe.unlink()
        except OSError as error:
            raise Refused(
                f"--out {self.out}: cannot write there ({error.strerror}); name another folder"
            ) from None

    @property
    def backup(self) -> Path:
        """The folder of the training's latest state."""
        return self.out / "backup"

    def start(self, data: str) -> None:
        """Call this when the data are there and training is about to begin: what an earlier run backed up goes now.

        Args:
            data: the name of what is learnt from: drawn digits, perhaps, where MNIST was asked for.

        Raises:
            Refused: a run to resume has learnt from something else.
        """
        if self.options.resume:
            before = (read_report(self.out) or {}).get("data", data)
            if before != data:
                raise Refused(
                    f"--resume: the run in {self.out} has learnt from {before}, and now there is {data}"
                )
        else:
            self.empty_folder("backup")
        self._write(data=data)

    def picture(self, name: str, figure: Figure) -> None:
        """Save a picture as NAME.png in the run's folder."""
        plot.save(figure, self.out / f"{name}.png")

    def empty_folder(self, name: str) -> Path:
        """An empty folder inside the run's."""
        folder = self.out / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder

    def finish(self, interrupted: bool = False, **results: Any) -> int:
        """Write down what came out (run.json), say where everything is; returns the exit status."""
        seconds = time.monotonic() - self.began
        self._write(interrupted=interrupted, seconds=round(seconds, 1), **results)
        pictures = sorted(path.name for path in self.out.glob("*.png"))
        print(f"{seconds:.0f} s. Pictures in {self.out}: {', '.join(pictures)}")
        if not interrupted:
            return 0
        if not self._has_backup():
            print("Stopped before the first epoch was whole: there is nothing to go on from.")
            return 130
        again = shlex.join([each for each in self.argv if each != "--resume"] + ["--resume"])
        print(f"Go on with:  python -m chapters run {self.chapter.name} {again}")
        return 130

    def _write(self, **results: Any) -> None:
        report = {"chapter": self.chapter.name, "asked": self.asked, "argv": self.argv, **results}
        aside = self.out / "run.json.part"
        aside.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        os.replace(aside, self.out / "run.json")

    def _has_backup(self) -> bool:
        return self.backup.is_dir() and any(self.backup.iterdir())

    def _check_resumable(self) -> None:
        before = read_report(self.out)
        if before is None or not self._has_backup():
            raise Refused(f"--resume: {self.out} has no run to go on with; start one without --resume")
        for name, value in before.get("asked", {}).items():
            if value != self.asked.get(name):
                asked = self.asked.get(name)
                raise Refused(
                    f"--resume: the run in {self.out} had --{name} {value}, not {asked}; ask for the same"
                )


def read_report(folder: Path) -> dict[str, Any] | None:
    """What the run in `folder` wrote down; None if there is none to read."""
    try:
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def last_time(chapter: Chapter) -> str | None:
    """How long the chapter's last run took here, if it was one without flags and came to its end."""
    report = read_report(RUNS / chapter.name) or {}
    done = report.get("argv") == [] and not report.get("interrupted", True)
    return f"{report['seconds']:.0f} s here" if done else None


# ---------------------------------------------------------------------------------------------------- data


@dataclass
class Images:
    """Labelled pictures: x uint8 (n, h, w, channels), y (n,) from 0 to classes - 1."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: Sequence[str]


SETS: dict[str, tuple[str, ModuleType]] = {
    "mnist": ("MNIST", datasets.mnist),
    "fashion_mnist": ("Fashion-MNIST", datasets.fashion_mnist),
    "synthetic": ("synthetic digits", datasets.synthetic),
}


def load_images(data: str, quick: bool = False, seed: int = 0) -> Images:
    """The pictures that --data names; drawn digits, and a line that says so, where a set cannot be had.

    Args:
        data: a name of `SETS`, or a folder that holds a folder of pictures for each class (read as 64x64 RGB).
        quick: keep only the first 2,000 to train on and 500 to test.
        seed: of the split of a folder.

    Raises:
        Refused: neither a name nor a folder, or files that cannot be read or learned from.
    """
    try:
        if data in SETS:
            name, halves, class_names = _load_set(data)
        elif Path(data).is_dir():
            name, class_names = Path(data).resolve().name, datasets.image_folder.class_names(data)
            halves = datasets.image_folder.load_data(data, seed=seed)
        else:
            raise Refused(f"--data: {unknown(data, SETS, 'folder or data set')}")
    except ValueError as error:  # a corrupt file, no classes, a picture that is none: the message names it
        raise Refused(f"--data {data}: {error}") from None
    if len(class_names) < 2:
        raise Refused(
            f"--data {data}: one class only ({class_names[0]}); give it a folder for each of two or more"
        )
    if len(halves[1][0]) == 0:
        raise Refused(f"--data {data}: nothing to test on; give each class two pictures or more")
    keep = (2000, 500) if quick else (None, None)
    (x_train, y_train), (x_test, y_test) = ((x[:n], y[:n]) for (x, y), n in zip(halves, keep))
    x_train, x_test = (x if x.ndim == 4 else x[..., None] for x in (x_train, x_test))  # grey is one channel
    return Images(name, x_train, y_train, x_test, y_test, class_names)


def _load_set(data: str) -> tuple[str, Any, Sequence[str]]:
    name, source = SETS[data]
    try:
        return name, source.load_data(), source.class_names
    except datasets.DataUnavailable as error:
        print(f"{name} is not to be had here, so there are drawn digits instead. ({error})", file=sys.stderr)
        return _load_set("synthetic")
