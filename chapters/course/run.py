"""A run of a chapter: the folder it leaves things in, its trainings, and how it goes on after Ctrl-C."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import tinydl
from chapters.course.contents import Chapter, Refused
from chapters.course.flags import LATEST, Parser
from chapters.course.record import earlier, read_record, versions, write_record
from tinydl import callbacks, checkpoint
from tinydl.callbacks import History

if TYPE_CHECKING:  # Matplotlib takes as long to load as all the rest: whoever draws loads it
    from matplotlib.figure import Figure

# What a run must share with the one that it resumes is all but these: how far it goes, and where.
FREE = ("epochs", "full", "resume", "device", "out")


class Run:
    """One run of a chapter.

    It leaves in its folder the pictures, `run.json` (see record.py), and `backup/`, with the state of each training
    after its last whole epoch, for `--resume`. Use it in a `with` block: when that ends, also by Ctrl-C, everything
    that was noted is written down.

    Args:
        chapter: which.
        flags: its flags, from `chapter_flags`.
        argv: the command line after the chapter's name.

    Attributes:
        options: what the flags say.
        out: the folder.
        interrupted: whether Ctrl-C has stopped a training.
        status: the exit status, once the block has ended: 0, or 130 after Ctrl-C.

    Raises:
        Refused: flags that are unknown or contradict each other, a device that is not there, a folder that
            cannot be written, nothing to resume, or a run of other flags there.
    """

    def __init__(self, chapter: Chapter, flags: Parser, argv: Sequence[str] | None):
        self.chapter = chapter
        self.argv = list(sys.argv[1:] if argv is None else argv)
        self.options = options = flags.parse_args(self.argv)
        self.began, self.clock = datetime.now().astimezone(), time.monotonic()
        self.interrupted, self.status = False, 0
        self.fits: list[str] = []  # the names of the trainings so far
        if options.quick and options.full:
            raise Refused("--quick and --full exclude each other: choose one")
        try:
            tinydl.set_device(options.device)
        except (RuntimeError, ValueError) as error:
            raise Refused(f"--device {options.device}: {error}") from None
        tinydl.set_random_seed(options.seed)
        self.out: Path = options.out
        self.backup = self.out / "backup"
        self.asked = {name: value for name, value in vars(options).items() if name not in FREE}
        self.last = read_record(self.out)
        if options.resume:
            self._check_resumable()
        self.record: dict[str, Any] = {
            "chapter": chapter.name,
            "state": "running",
            "asked": self.asked,
            "argv": self.argv,
            "began": self.began.isoformat(timespec="seconds"),
            "versions": versions(),
            "figures": {},
            "history": {},
            "before": earlier(self.last),
        }
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            (probe := self.out / ".probe").touch()
            probe.unlink()
        except OSError as error:
            raise Refused(
                f"--out {self.out}: cannot write there ({error.strerror}); name another folder"
            ) from None

    def epochs(self, *, quick: int, usual: int, full: int) -> int:
        """How many epochs to train: what --epochs says, else what goes with --quick, --full, or neither."""
        options = self.options
        return options.epochs or (quick if options.quick else full if options.full else usual)

    def start(self, data: str) -> None:
        """Call this when the data are there and training is about to begin: what an earlier run backed up goes now.

        Args:
            data: the name of what is learnt from: drawn digits, perhaps, where MNIST was asked for.

        Raises:
            Refused: a run to resume has learnt from something else.
        """
        self.record["data"] = data
        # To resume, what is there stays as it is until the first training has found its way back.
        if self.options.resume:
            before = (self.last or {}).get("data", data)
            if before != data and self.options.resume == LATEST:
                raise Refused(
                    f"--resume: the run in {self.out} has learnt from {before}, and now there is {data}"
                )
        else:
            self.empty_folder("backup")
            write_record(self.out, self.record)

    def fit(
        self, model: tinydl.Model, *data: Any, name: str, callbacks: Sequence[Any] = (), **options: Any
    ) -> History:
        """`model.fit`, so that it can be resumed: after each epoch everything is in `backup/NAME/latest.npz`.

        With --resume a training that was finished is loaded, one that was stopped goes on, to the same bits. Ctrl-C
        stops the training; what the chapter says of the network as it is then still happens, and the next `fit` ends
        the run.

        Args:
            model: compiled.
            data: x, and y where there is one.
            name: of the training, another for each in a run.
            callbacks: besides the backup.
            options: of `model.fit`.

        Raises:
            Refused: --resume, and the checkpoint is damaged or of another network.
        """
        if self.interrupted:
            raise KeyboardInterrupt
        if name in self.fits:
            raise ValueError(f"name: there was a training {name!r} in this run already; give each its own")
        first, resume = not self.fits, self.options.resume
        self.fits.append(name)
        file = resume if resume != LATEST and first else None
        backup = _Backup(self.backup / name, file)
        try:
            history = model.fit(*data, callbacks=[backup, *callbacks], **options)
        except ValueError as error:
            if not resume or backup.restored:
                raise
            raise Refused(f"--resume: {error}") from None
        if file is not None:  # back in time: what was trained after that is trained again
            for folder in self.backup.iterdir():
                if folder.name != name:
                    shutil.rmtree(folder)
        if resume and options.get("verbose") != 0 and model.first_epoch >= options.get("epochs", 1):
            print(f"{name}: nothing left to train, {model.first_epoch} epochs are done; for more, --epochs")
        self.interrupted = self.interrupted or model.interrupted
        self.record["history"][name] = history.history
        return history

    def note(self, **figures: Any) -> None:
        """Figures for run.json: numbers, strings, lists, dicts. The chapter's main one belongs to them."""
        self.record["figures"].update(figures)

    def picture(self, name: str, figure: Figure) -> None:
        """Save a picture as NAME.png in the run's folder."""
        tinydl.plot.save(figure, self.out / f"{name}.png")

    def empty_folder(self, name: str) -> Path:
        """An empty folder inside the run's."""
        folder = self.out / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder

    # ---------------------------------------------------------------------------------------------- the end

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is not None and not issubclass(kind, KeyboardInterrupt):
            if "data" in self.record and not issubclass(kind, Refused):
                with contextlib.suppress(OSError):  # the error itself may be a full disk
                    write_record(self.out, {**self.record, "state": "failed"})
            return False
        self.interrupted = self.interrupted or kind is not None
        self.status = 130 if self.interrupted else 0
        seconds = time.monotonic() - self.clock
        if "data" in self.record:  # it had begun
            state = "stopped" if self.interrupted else "finished"
            write_record(self.out, {**self.record, "state": state, "seconds": round(seconds, 1)})
        pictures = sorted(path.name for path in self.out.glob("*") if path.suffix in (".png", ".gif"))
        print(f"{seconds:.0f} s. Pictures in {self.out}: {', '.join(pictures) or 'none yet'}")
        if self.interrupted and not self._has_backup():
            print("Stopped before the first epoch was whole: there is nothing to go on from.")
        elif self.interrupted:
            again = shlex.join([*_without_resume(self.argv), "--resume"])
            print(f"Go on with:  python -m chapters run {self.chapter.name} {again}")
        return True

    def _has_backup(self) -> bool:
        return self.backup.is_dir() and any(self.backup.rglob("*.npz"))

    def _check_resumable(self) -> None:
        file: Path = self.options.resume
        if file != LATEST:
            if not file.is_file():
                raise Refused(
                    f"--resume {file}: there is no such file; name a checkpoint, or none for the latest"
                )
            try:
                checkpoint.read(file)
            except (
                ValueError
            ) as error:  # damaged: told now, and not when the first training is about to begin
                raise Refused(f"--resume: {error}") from None
            if not file.resolve().is_relative_to(self.out.resolve()):
                return  # of another run, which is not known here: its weights will tell whether it fits
        elif self.last is None or not self._has_backup():
            raise Refused(f"--resume: {self.out} has no run to go on with; start one without --resume")
        if self.last is None:
            return
        if self.last.get("chapter") != self.chapter.name:
            raise Refused(f"--resume: the run in {self.out} is one of chapter {self.last.get('chapter')}")
        for name, value in self.last.get("asked", {}).items():
            if value != self.asked.get(name):
                asked = self.asked.get(name)
                raise Refused(
                    f"--resume: the run in {self.out} had --{name} {value}, not {asked}; ask for the same"
                )


class _Backup(callbacks.BackupAndRestore):
    """A backup that stays, and may begin with another file than its own."""

    def __init__(self, folder: Path, first: Path | None):
        super().__init__(folder, delete_checkpoint=False)
        self.first, self.restored = first, False

    def on_train_begin(self, logs: Any = None) -> None:
        own = self.path
        try:
            self.path = self.first or own
            super().on_train_begin(logs)
        finally:
            self.path = own
        self.restored = True


def _without_resume(argv: list[str]) -> list[str]:
    """A command line without `--resume` and its file."""
    kept: list[str] = []
    for i, each in enumerate(argv):
        file_of_resume = i > 0 and argv[i - 1] == "--resume" and not each.startswith("-")
        if each != "--resume" and not each.startswith("--resume=") and not file_of_resume:
            kept.append(each)
    return kept
