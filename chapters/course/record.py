"""run.json: what a run was asked for, and what came out.

It holds the state ("running", "stopped", "failed" or "finished"), the flags, the data, versions, figures, histories and
seconds of the run; and under "before" the same, without histories, of every run that was finished there earlier.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

import tinydl
from chapters.course.contents import RUNS, Chapter
from tinydl.files import aside

FILE = "run.json"
# What is of another type has been written by someone else: it is left out as if it were not there.
TYPES: dict[str, type] = {
    "chapter": str,
    "state": str,
    "asked": dict,
    "argv": list,
    "data": str,
    "began": str,
    "seconds": float,
    "versions": dict,
    "figures": dict,
    "history": dict,
    "before": list,
}
SUMMARY = ("argv", "data", "versions", "figures", "seconds", "began")


def read_record(folder: Path) -> dict[str, Any] | None:
    """What the last run in `folder` wrote down; None if there is none to read."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    record = _of_known_types(record)
    if "before" in record:
        record["before"] = [_of_known_types(each) for each in record["before"] if isinstance(each, dict)]
    return record


def _of_known_types(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if isinstance(value, TYPES.get(key, object))}


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


def folders_with(name: str, below: Path, onerror: Callable[[OSError], object] | None = None) -> list[Path]:
    """The folder `below`, and every folder in it, however deep, that has a file of this name, in order.

    Args:
        name: of the file.
        below: where to look.
        onerror: is told of a folder that cannot be read.
    """
    walk = os.walk(below, onerror=onerror)
    return sorted(Path(folder) for folder, _, files in walk if name in files)


def best_figure(chapter: Chapter) -> str | None:
    """The best figure of all finished runs of a chapter under `runs/`, in words, and on which data it was."""
    records = [read_record(folder) for folder in folders_with(FILE, RUNS)]
    found = best(
        chapter,
        [run for each in records if each and each.get("chapter") == chapter.name for run in earlier(each)],
    )
    return f"{main_figure(chapter, found)}, {found.get('data', '')}" if found else None


def best(chapter: Chapter, runs: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The one of these runs whose main figure is best; of equal ones the first. None if none has a figure."""
    found = [run for run in runs if main_figure(chapter, run)]
    choose = min if chapter.figure.lower else max
    return choose(found, key=lambda run: run["figures"][chapter.figure.key], default=None)


def main_figure(chapter: Chapter, record: dict[str, Any] | None) -> str | None:
    """The figure that says how well a run did, in words; None if the record has none."""
    value = (record or {}).get("figures", {}).get(chapter.figure.key)
    # A training that diverged has no figure; an integer of 400 digits is no float.
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    return chapter.figure.words.format(value) if known else None


def _plain(value: Any) -> Any:
    """NumPy's numbers, arrays, paths: as JSON knows them."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return str(value)
