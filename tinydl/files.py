"""How a file is written: aside, in the same folder, and renamed when it is whole.

A crash while writing, or a full disk, leaves the file of before.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Where to write what shall be at `path` when the with block ends; makes the folder where there is none.

    Raises:
        OSError: the place cannot be written to. What was there before still is.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes" / "first.txt"
        >>> with aside(path) as part:
        ...     _ = part.write_text("whole", encoding="utf-8")
        >>> path.read_text(encoding="utf-8"), [each.name for each in path.parent.iterdir()]
        ('whole', ['first.txt'])
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb+") as file:
            # Before it gets its name: a power failure must not leave half of the bytes under it.
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise OSError(
            f"path: cannot write {path} ({error.strerror or error}); choose another place"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
