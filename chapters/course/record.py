"""run.json: what a run was asked for, and what came out.

It holds the state ("running", "stopped", "failed" or "finished"), the flags, the data, versions, figures, histories and
seconds of the run; and under "before" the same, without histories, of every run that was finished there earlier.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import tinydl
from chapters.course.contents import RUNS, Chapter
from tinydl.files import aside

FILE = "run.json"
SUMMARY = ("argv", "data", "versions", "figures", "seconds", "began")


def read_record(folder: Path) -> dict[str, Any] | None:
    """What the last run in `folder` wrote down; None if there is none to read."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write it down, whole or not at all."""
    with aside(folder / FILE) as part:
        part.write_text(json.dumps(record, indent=1, default=_plain) + "\n", encoding="utf-8")


def earlier(record: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What a new run remembers of the one before it in its folder, and of all those before that."""
    if record is None:
        return []
    summary = {key: record[key] for key in SUMMARY if key in record}
    return record.get("before", []) + ([summary] if record.get("state") == "finished" else [])


def versions() -> dict[str, str]:
    """What the figures depend on besides the flags."""
    return {
        "tinydl": tinydl.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "device": tinydl.current_device(),
    }


def last_run(chapter: Chapter) -> dict[str, Any] | None:
    """The record of the chapter's last run in the folder where runs go by themselves."""
    return read_record(RUNS / chapter.name)


def best_figure(chapter: Chapter) -> str | None:
    """The best figure of all finished runs of a chapter under `runs/`, in words, and on which data it was."""
    found = [run for run in _finished(chapter) if main_figure(chapter, run)]
    if not found:
        return None
    best = (min if chapter.figure.lower else max)(found, key=lambda run: run["figures"][chapter.figure.key])
    return f"{main_figure(chapter, best)}, {best.get('data', '')}"


def main_figure(chapter: Chapter, record: dict[str, Any] | None) -> str | None:
    """The figure that says how well a run did, in words; None if the record has none."""
    value = (record or {}).get("figures", {}).get(chapter.figure.key)
    known = isinstance(value, (int, float)) and math.isfinite(value)  # a training that diverged has no figure
    return chapter.figure.words.format(value) if known else None


def _finished(chapter: Chapter) -> Iterator[dict[str, Any]]:
    for path in sorted(RUNS.glob(f"*/{FILE}")):
        record = read_record(path.parent)
        if record is not None and record.get("chapter") == chapter.name:
            yield from earlier(record)


def _plain(value: Any) -> Any:
    """NumPy's numbers, arrays, paths: as JSON knows them."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return str(value)
