"""The reader's folder of exercises: where it is, what lies in it, and how it is filled without touching anything.

my_exercises/
    progress.txt
    ch02_dense/
        3_softmax.py        the place in its chapter, and the name: it is found by the name alone
    kept/
        3_softmax.2026-11-22_10-03.py       what `reset` took away
"""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from pathlib import Path

from chapters import course
from chapters.exercises import progress
from chapters.exercises.form import Exercise, every, of_chapter
from chapters.exercises.stubs import stub
from tinydl.files import aside

DEFAULT = Path("my_exercises")
KEPT = "kept"
PACKAGE = Path(__file__).resolve().parents[1]  # chapters/, whose files are no reader's


def number(exercise: Exercise) -> str:
    """Chapter and place in it: "2.3"."""
    return f"{exercise.chapter.number}.{_place(exercise)}"


def file_of(folder: Path, exercise: Exercise) -> Path:
    """The reader's file of an exercise; where it belongs, if there is none.

    It is found by its name, so that a course in which it has another place finds it, too.
    """
    own = folder / exercise.chapter.package / f"{_place(exercise)}_{exercise.name}.py"
    if own.exists() or not own.parent.is_dir():
        return own
    ours = re.compile(rf"([0-9]+_)?{re.escape(exercise.name)}\.py")
    return min((path for path in own.parent.iterdir() if ours.fullmatch(path.name)), default=own)


def usual() -> Path:
    """The folder that is meant where none is named."""
    return Path() if (Path() / progress.FILE).is_file() else DEFAULT


def find(folder: Path | None) -> Path:
    """The reader's workspace: the folder that --dir names, the one we are in, or my_exercises/.

    Raises:
        Refused: it is none.
    """
    folder = folder or usual()
    if is_workspace(folder):
        return folder
    if folder.exists() and not folder.is_dir():
        raise course.Refused(f"{folder} is a file; --dir takes the folder of your exercises")
    what = "has no exercises in it" if folder.exists() else "is not there yet"
    raise course.Refused(
        f"your folder of exercises, {folder}, {what}; to make it: {command('exercises init', folder)}"
    )


def command(words: str, folder: Path) -> str:
    """What to type: with --dir, where the folder would not be found without."""
    quoted = str(folder) if re.fullmatch(r"[\w./\\:-]+", str(folder)) else f'"{folder}"'
    where = f" --dir {quoted}" if folder.resolve() != usual().resolve() else ""
    return f"python -m chapters {words}{where}"


def is_workspace(folder: Path) -> bool:
    """Whether a reader has exercises there."""
    if not folder.is_dir() or folder.resolve().is_relative_to(PACKAGE):
        return False
    return (folder / progress.FILE).is_file() or any(file_of(folder, each).is_file() for each in every())


def named(name: str) -> Exercise:
    """The exercise that a reader means by "softmax", "2.3", "3_softmax.py" or the path of the file.

    Raises:
        Refused: there is none.
    """
    known = {exercise.name: exercise for exercise in every()}
    numbers = {number(exercise): exercise for exercise in known.values()}
    if name in numbers:
        return numbers[name]
    word = re.sub(r"^[0-9]+_|\.py$", "", Path(name).name.lower()).replace("-", "_")
    if word in known:
        return known[word]
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    raise course.Refused(
        f"there is no exercise {name!r}. {meant}All of them: python -m chapters exercises list"
    )


def next_unsolved(folder: Path, after: Exercise | None = None) -> Exercise | None:
    """The first exercise that is not solved; the first one behind `after`, if there is any. None if all are."""
    notes = progress.read(folder)
    all_of_them = every()
    left = [each for each in all_of_them if not notes.get(each.name, progress.Note()).solved]
    if after is not None:
        place = all_of_them.index(after)
        left = [each for each in left if each is not after]
        # Those behind it come first; both keep their order.
        left.sort(key=lambda each: all_of_them.index(each) < place)
    return left[0] if left else None


def init(folder: Path) -> tuple[int, int]:
    """Add the stubs that are missing, and touch nothing that is there.

    Returns:
        How many are new, and how many were there already.

    Raises:
        Refused: the folder is for something else. Nothing is changed.
        OSError: it cannot be written to.
    """
    _could_be_workspace(folder)
    files = {exercise: file_of(folder, exercise) for exercise in every()}
    new = {exercise: path for exercise, path in files.items() if not path.exists()}
    for exercise, path in new.items():
        _write(path, stub(exercise))
    if not (folder / progress.FILE).exists():
        progress.write(folder, progress.HEAD.splitlines())
    return len(new), len(files) - len(new)


def reset(folder: Path, exercise: Exercise) -> Path | None:
    """Put the stub back, and keep a dated copy of what was there.

    Returns:
        The copy. None if there was nothing to keep.

    Raises:
        OSError: the folder cannot be written to. The file is as it was.
    """
    path = file_of(folder, exercise)
    fresh = stub(exercise)
    kept = None
    # As bytes, since it may be no text at all; Windows ends the lines of a stub in two characters.
    if path.exists() and (written := path.read_bytes()).replace(b"\r\n", b"\n") != fresh.encode():
        kept = _free(folder / KEPT / f"{path.stem}.{datetime.now():%Y-%m-%d_%H-%M}.py")
        with aside(kept) as part:
            part.write_bytes(written)
    _write(path, fresh)
    progress.solved(folder, exercise.name, False)
    return kept


def reset_and_tell(folder: Path, exercise: Exercise) -> str:
    """Put the stub back, and say where the copy is."""
    kept = reset(folder, exercise)
    said = f"What you had is kept: {kept}" if kept else "There was nothing to keep."
    return f"{file_of(folder, exercise)} begins anew. {said}"


def _place(exercise: Exercise) -> int:
    return of_chapter(exercise.chapter).index(exercise) + 1


def _could_be_workspace(folder: Path) -> None:
    """Refuse a folder that is for something else."""
    if folder.exists() and not folder.is_dir():
        raise course.Refused(f"{folder} is a file; name a folder for your exercises")
    if folder.resolve().is_relative_to(PACKAGE):
        raise course.Refused(f"{folder} is a folder of the course itself; name one of your own")
    if folder.is_dir() and not is_workspace(folder):
        others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            raise course.Refused(
                f"{folder} has other things in it ({others[0]}{more}), and the exercises would lie between them; "
                f"name a new folder: {command('exercises init', folder / DEFAULT)}"
            )
    for exercise in every():
        path = file_of(folder, exercise)
        if path.parent.exists() and not path.parent.is_dir():
            raise course.Refused(f"{path.parent} is a file, and a folder is to be there; move it away")
        if path.is_dir():
            raise course.Refused(f"{path} is a folder, and a file is to be there; move it away")


def _write(path: Path, text: str) -> None:
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")


def _free(path: Path) -> Path:
    """A name that no file has: an earlier copy is never written over."""
    free, count = path, 1
    while free.exists():
        count += 1
        free = path.with_stem(f"{path.stem}_{count}")
    return free
