"""`check --watch`: an exercise is checked again at each save, and keys do the rest.

Saves and keys come from threads of their own into one queue; everything else happens here, one after the other.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from chapters import course
from chapters.exercises import keys, overview, show, workspace
from chapters.exercises.checker import Checker, hints
from chapters.exercises.form import Exercise

SAVED = "saved"  # in the queue beside the keys, which are a character each
POLL = 0.5  # seconds; watchdog tells sooner, but not of every disk
SETTLE = 0.1  # seconds in which nothing changes: editors write in pieces, or delete and rename
INSTALL = "The file is looked at twice a second. To be told of saves at once:  pip install watchdog"


def watch(checker: Checker, exercise: Exercise, poll: bool = False) -> int:
    """Check an exercise at each save until the reader quits. Returns the exit status, 0.

    Args:
        checker: of the reader's folder.
        exercise: to begin with.
        poll: look at the file twice a second instead of being told by watchdog.

    Raises:
        KeyboardInterrupt: Ctrl-C. The terminal is as it was before.
    """
    events: queue.Queue[str] = queue.Queue()
    told = contextlib.nullcontext(True) if poll else _saves(checker.folder, lambda: events.put(SAVED))
    with told as quick, keys.pressed(events.put) as keyboard:
        watching = _Watching(checker, exercise, keyboard, "" if quick else INSTALL)
        watching.check()
        while watching.goes_on:
            try:
                event = events.get(timeout=POLL)
            except queue.Empty:
                event = SAVED  # perhaps
            if event == SAVED:
                watching.look()
            else:
                watching.press(event)
    return 0


class _Watching:
    """What stands on the screen, and what saves and keys make of it."""

    def __init__(self, checker: Checker, exercise: Exercise, keyboard: bool, advice: str):
        self.checker, self.exercise, self.keyboard = checker, exercise, keyboard
        self.advice = advice  # shown once
        self.screen = show.console()
        self.unicode = show.has_unicode(self.screen)
        self.goes_on = True
        self.asking = False  # whether the reader wants the stub back
        self.seen: tuple[int, bytes] | None = None  # the file as it was checked
        self.page: list[RenderableType] = []

    @property
    def path(self) -> Path:
        """The reader's file."""
        return self.checker.path(self.exercise)

    def look(self) -> None:
        """Check again if the file was saved, once nothing changes any more."""
        now = _content(self.path)
        if now == self.seen:
            return
        before = self.seen
        while now != before:
            before = now
            time.sleep(SETTLE)
            now = _content(self.path)
        if now != self.seen:
            self.check()

    def check(self) -> None:
        """Check, and show what came of it."""
        self.asking = False
        self.seen = _content(self.path)
        if self.seen is None:
            gone = Text(f"{self.path} is not there.", style="bold red")
            self.page = [gone, Text("Save it again" + ", or press r for the stub." * self.keyboard)]
            self.draw()
            return
        if self.screen.is_terminal:  # this line is cleared
            self.screen.print(Text("checking ...", style="dim"))
        verdict, said = self.checker.check(self.exercise)
        self.page = [show.report(verdict, self.path, self.unicode)]
        if said:
            self.page += [Text(), said]
        following = workspace.next_unsolved(self.checker.folder, after=self.exercise)
        if verdict.state == "solved" and following and self.keyboard:
            self.page.append(Text(f"n goes on with {following.name}: {following.title}."))
        self.draw()

    def draw(self, *more: RenderableType) -> None:
        """Show the page, what more there is, and the keys."""
        self.screen.clear()  # nothing happens where there is no terminal
        self.screen.print(*self.page, *more, sep="\n")
        keys_there = "n next   h hint   r reset   l list   q quit" if self.keyboard else "Ctrl-C ends it"
        line = Text(f"\n{keys_there}", style="bold")
        line.append(f"     {datetime.now():%H:%M:%S}, waiting for a save", style="not bold dim")
        self.screen.print(line)
        if self.advice:
            self.screen.print(Text(self.advice, style="dim"))
            self.advice = ""

    def press(self, key: str) -> None:
        """Do what a key says. One that says nothing shows the page again."""
        key = key.lower()
        try:
            if self.asking:
                self._reset(key == "y")
            elif key in ("q", "\x04"):  # Ctrl-D
                self.goes_on = False
            else:
                KEYS.get(key, _Watching.draw)(self)
        except (course.Refused, OSError) as error:
            self.draw(Text(f"\n{error}", style="red"))

    def _next(self) -> None:
        following = workspace.next_unsolved(self.checker.folder, after=self.exercise)
        if following is None:
            self.draw(Text("\nNo other exercise is left."))
            return
        self.exercise = following
        self.check()

    def _hint(self) -> None:
        self.draw(Text(), hints(self.checker, self.exercise))

    def _list(self) -> None:
        self.screen.clear()
        self.screen.print(overview.table(self.checker.folder, self.unicode, self.exercise.chapter))
        self.screen.print(Text("\nq quit   any other key: back", style="bold"))

    def _ask(self) -> None:
        self.asking = True
        question = f"\n{self.path.name} as it was at the beginning? Yours is kept as a copy.  y/n"
        self.draw(Text(question, "bold yellow"))

    def _reset(self, sure: bool) -> None:
        self.asking = False
        if not sure:
            self.draw()
            return
        said = workspace.reset_and_tell(self.checker.folder, self.exercise)
        self.check()
        self.draw(Text(f"\n{said}"))


KEYS: dict[str, Callable[[_Watching], None]] = {
    "n": _Watching._next,
    "h": _Watching._hint,
    "r": _Watching._ask,
    "l": _Watching._list,
}


@contextlib.contextmanager
def _saves(folder: Path, tell: Callable[[], None]) -> Iterator[bool]:
    """Tell whenever anything changes in a folder. The with block gets whether that is to be had here."""
    observer = _observer(folder, tell)
    try:
        yield observer is not None
    finally:
        if observer:
            observer.stop()
            observer.join()


def _observer(folder: Path, tell: Callable[[], None]) -> Any:
    try:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer
    except ImportError:
        return None
    handler = FileSystemEventHandler()
    # Not "opened", which we do ourselves, time and again.
    for event in ("created", "modified", "moved", "deleted"):
        setattr(handler, f"on_{event}", lambda event: tell())
    observer = Observer()
    try:
        observer.schedule(handler, str(folder), recursive=True)
        observer.start()
    except OSError:  # Linux watches so many folders and no more
        return None
    return observer


def _content(path: Path) -> tuple[int, bytes] | None:
    """What lies there, and since when; None for nothing."""
    try:
        return path.stat().st_mtime_ns, path.read_bytes()
    except OSError:
        return None
