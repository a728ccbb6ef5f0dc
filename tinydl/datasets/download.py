"""Where a data set's files lie, and how they get there.

A file is looked for in the folder that `TINYDL_DATA` names, then in the cache folder, and is downloaded into
the cache folder when it lies in neither. A download is written aside under a name of its own, checked against
a SHA-256 checksum, and renamed only when it is whole: what carries the file's name is the file.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

TIMEOUT = 10.0  # seconds of silence after which the next mirror is tried
SLOWEST = 4_096  # bytes a second, on average: a mirror below that has stalled, even though it still trickles


class DataUnavailable(RuntimeError):
    """The data set is not on this machine and no mirror gave it: one line that says what to do.

    Chapters catch it and carry on with `datasets.synthetic`.
    """


def cache_folder() -> Path:
    """The folder that downloads are kept in: `$TINYDL_CACHE`, or `tinydl` in this system's own place for
    caches."""
    if chosen := os.environ.get("TINYDL_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / "tinydl" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tinydl"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinydl"


def data_folders(*names: str) -> list[Path]:
    """The folders in which files of a set may lie, the preferred one first.

    Under `$TINYDL_DATA` and then under the cache folder: each of `names` (`mnist/`), then the folder itself,
    for those who keep one set and point at it directly.

    Raises:
        DataUnavailable: `$TINYDL_DATA` names no folder.
    """
    roots = [cache_folder()]
    if chosen := os.environ.get("TINYDL_DATA"):
        if not Path(chosen).expanduser().is_dir():
            raise DataUnavailable(f"TINYDL_DATA names {chosen!r}, which is no folder: mend it or unset it.")
        roots.insert(0, Path(chosen).expanduser())
    return [folder for root in roots for folder in (*(root / name for name in names), root)]


def sha256_of(path: Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked(path: Path) -> bytes:
    """The content of a file, unpacked if gzip has packed it.

    Raises:
        ValueError: it is cut off or corrupt.
    """
    content = path.read_bytes()
    if content[:2] != b"\x1f\x8b":  # gzip's own first bytes
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as problem:
        raise ValueError(f"{path} is cut off or corrupt ({problem}): delete it and load again.") from None


def fetch(urls: Sequence[str], target: Path, sha256: str, timeout: float = TIMEOUT) -> Path:
    """Downloads one file from the first mirror that gives the right bytes.

    Safe beside other processes that fetch the same file: each writes aside under a name of its own, and the
    rename at the end puts the same bytes there.

    Args:
        urls: the mirrors, tried in this order.
        target: where the file goes; its folder is made.
        sha256: the checksum of the right bytes, in hexadecimal.
        timeout: seconds of silence after which a mirror is given up.

    Returns:
        `target`.

    Raises:
        DataUnavailable: no mirror gave the right bytes, or the folder cannot be written; nothing is left
        behind.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _written_aside(target):
            pass  # a folder that cannot be written is found before anything is downloaded
    except OSError as problem:
        raise DataUnavailable(
            f"{target.name} cannot be kept in {target.parent} ({problem.strerror or problem}): "
            "let TINYDL_CACHE name a folder that can be written, or TINYDL_DATA one that holds the file, "
            "or use datasets.synthetic."
        ) from None

    failures = []
    for url in urls:
        try:
            with _written_aside(target) as (file, keep):
                found = _download(url, file, target.name, timeout)
                if found != sha256:
                    raise ValueError(f"sent the wrong bytes: SHA-256 {found[:12]}…, expected {sha256[:12]}…")
                keep()
            return target
        except (OSError, http.client.HTTPException, ValueError) as problem:
            failures.append(
                f"{urllib.parse.urlsplit(url).netloc}: {getattr(problem, 'reason', None) or problem}"
            )
    raise DataUnavailable(
        f"{target.name} is not on this machine and could not be downloaded ({'; '.join(failures)}): "
        "let TINYDL_DATA name a folder that holds it, or use datasets.synthetic, which needs no file."
    )


@contextmanager
def _written_aside(target: Path) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """A file to write, and a function that gives it the name `target`. Not called, whatever the reason (a
    wrong checksum, Ctrl-C): the file goes away."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=target.name + ".", suffix=".part")
    part = Path(name)

    with os.fdopen(descriptor, "wb") as file:

        def keep() -> None:
            file.close()  # Windows renames no open file
            try:
                os.replace(part, target)
            except PermissionError:
                if not target.exists():  # there: another process was first and is reading it (Windows)
                    raise

        try:
            yield file, keep
        finally:
            file.close()
            part.unlink(missing_ok=True)


def _download(url: str, file: BinaryIO, label: str, timeout: float) -> str:
    """Copies what `url` answers into `file`, and returns its SHA-256. Raises OSError when it stalls or is cut
    off."""
    request = urllib.request.Request(url, headers={"User-Agent": "tinydl"})
    digest, received, start = hashlib.sha256(), 0, time.monotonic()
    with _progress() as progress:
        task = progress.add_task(label, total=None)  # seen while a mirror is slow to answer
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            announced = answer.headers.get("Content-Length")
            total = int(announced) if announced else None
            progress.update(task, total=total)
            while block := answer.read1(1 << 16):
                file.write(block)
                digest.update(block)
                received += len(block)
                progress.update(task, completed=received)
                elapsed = time.monotonic() - start
                if elapsed > timeout and received < SLOWEST * elapsed:
                    raise TimeoutError(f"stalled: {received:,} bytes in {elapsed:.0f} s")
    if total is not None and received < total:
        raise OSError(f"cut off after {received:,} of {total:,} bytes")
    return digest.hexdigest()


def _progress() -> Progress:
    """A progress bar on the terminal; silence when standard error is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    )
