"""Keys of the terminal without Enter. When the with block ends, the terminal is as it was."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

Tell = Callable[[str], None]
REDRAW = "\f"  # Ctrl-L; also told when the reader comes back from Ctrl-Z


def pressed(tell: Tell) -> contextlib.AbstractContextManager[bool]:
    """Tell of every key, a character each. The with block gets whether there is a keyboard."""
    if not sys.stdin or not sys.stdin.isatty():
        return contextlib.nullcontext(False)
    return _windows(tell) if os.name == "nt" else _posix(tell)


@contextlib.contextmanager
def _posix(tell: Tell) -> Iterator[bool]:
    import select
    import termios
    import tty

    keyboard = sys.stdin.fileno()
    if not _in_front(keyboard):
        yield False
        return
    until, end = os.pipe()

    def listen() -> None:
        with contextlib.suppress(OSError):  # the terminal was closed
            while until not in select.select([keyboard, until], [], [])[0]:
                text = os.read(keyboard, 1024).decode(errors="ignore")
                if not text:
                    return
                if not text.startswith("\x1b"):  # arrows and the like are several characters
                    for key in text:
                        tell(key)

    def come_back(*_: Any) -> None:
        tty.setcbreak(keyboard)
        tell(REDRAW)

    before = termios.tcgetattr(keyboard)
    thread = threading.Thread(target=listen, daemon=True)
    handler = signal.signal(signal.SIGCONT, come_back)
    try:
        tty.setcbreak(keyboard)
        thread.start()
        yield True
    finally:
        signal.signal(signal.SIGCONT, handler)
        os.write(end, b".")
        thread.join()
        os.close(until)
        os.close(end)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _in_front(keyboard: int) -> bool:
    """Whether the keyboard is ours: with & behind the command it is somebody else's."""
    try:
        return os.tcgetpgrp(keyboard) == os.getpgrp()
    except OSError:  # a terminal that knows no groups
        return True


@contextlib.contextmanager
def _windows(tell: Tell) -> Iterator[bool]:
    import msvcrt

    over = threading.Event()
    console: Any = msvcrt  # whose functions are known on Windows only

    def listen() -> None:
        while not over.is_set():
            if not console.kbhit():
                time.sleep(0.05)
            elif (key := console.getwch()) in "\x00\xe0":  # arrows and the like are two characters
                console.getwch()
            else:
                tell(key)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield True
    finally:
        over.set()
        thread.join()
