"""What a contestant hands over to be raced: a function that does a number of steps and says what they took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# How many steps -> {"seconds": for all of them, and what else there is to tell}.
Steps = Callable[[int], dict[str, float]]


def repeated(work: Callable[[], Any]) -> Steps:
    """Steps that are each the same."""

    def steps(count: int) -> dict[str, float]:
        began = time.perf_counter()
        for _ in range(count):
            work()
        return {"seconds": time.perf_counter() - began}

    return steps
