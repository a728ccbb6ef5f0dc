"""`python -m chapters report`: from the flags to the exit status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from chapters import course
from chapters.report.page import page
from chapters.report.shelf import collect
from tinydl.files import aside


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of all runs. `argv`: flags. Returns the exit status, 0.

    Raises:
        Refused: there is no such folder, or no run in it.
        OSError: it cannot be written to.
    """
    flags = course.Parser(
        "python -m chapters report", "One HTML page of all runs in a folder, that needs nothing else."
    )
    flags.add_argument(
        "--out",
        type=Path,
        default=course.RUNS,
        metavar="DIR",
        help="the folder of runs; the page is its report.html",
    )
    out: Path = flags.parse_args(argv).out
    if not out.is_dir():
        what = "is no folder" if out.exists() else "there is no such folder"
        raise course.Refused(
            f"--out {out}: {what}; name one with runs in it, or make one: python -m chapters run all --quick"
        )
    shelves, unread = collect(out)
    if not any(shelf.runs for shelf in shelves):
        found = f" that can be read ({'; '.join(unread)})" if unread else ""
        raise course.Refused(
            f"--out {out}: there is no run there{found}; make one: python -m chapters run autograd"
        )
    runs = sum(len(shelf.runs) for shelf in shelves)
    print(f"{out}: {runs} run{'s' * (runs != 1)}; packing their pictures ...", flush=True)
    path = out / "report.html"
    html = page(shelves, unread, out, datetime.now().astimezone())
    with aside(path) as part:
        part.write_text(html, encoding="utf-8", errors="replace")
    for line in unread:
        print(f"left out: {line}")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB. To open it: {path.resolve().as_uri()}")
    return 0
