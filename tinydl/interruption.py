"""Ctrl-C, taken politely: the step at work is finished first, so that no weight is half updated."""

from __future__ import annotations

import signal
import threading
from typing import Any


class Interruption:
    """A with block in which the first Ctrl-C is noted, and only the second raises KeyboardInterrupt.

    Outside of the main thread, or where somebody else handles the signal, everything stays as it is.

    Attributes:
        came: whether there was a Ctrl-C.
    """

    def __init__(self) -> None:
        self.came = False
        self._installed = False

    def __enter__(self) -> Interruption:
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._installed = True
        return self

    def __exit__(self, *error: Any) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: Any) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
