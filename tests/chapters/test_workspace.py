"""The reader's folder: nothing of theirs is ever written over, whatever it is called and whatever lies in it."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chapters import course
from chapters.exercises import progress, workspace
from chapters.exercises.form import every
from chapters.exercises.stubs import stub

SOFTMAX = workspace.named("softmax")
PLACE = int(workspace.number(SOFTMAX).split(".")[1])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder: bytes of files, None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", ["mine", "with spaces in it", "Übungen/для меня/練習"])
def test_init_writes_every_stub_in_its_place(here: Path, name: str) -> None:
    folder = Path(name)
    assert workspace.init(folder) == (len(every()), 0)
    for exercise in every():
        place, chapter = workspace.number(exercise).split(".")[1], exercise.chapter.package
        path = folder / chapter / f"{place}_{exercise.name}.py"
        assert path == workspace.file_of(folder, exercise)
        assert path.read_text(encoding="utf-8") == stub(exercise)
    assert progress.read(folder) == {}
    assert workspace.find(folder) == folder


def test_init_again_adds_what_is_missing_and_touches_nothing(here: Path) -> None:
    folder = Path("mine")
    workspace.init(folder)
    file = workspace.file_of(folder, SOFTMAX)
    file.write_text("mine", encoding="utf-8")
    progress.change(folder, "softmax", hints=2)
    (folder / "notes.md").write_text("mine, too", encoding="utf-8")
    gone = workspace.file_of(folder, workspace.named("dense"))
    before = everything(folder)
    gone.unlink()
    assert workspace.init(folder) == (1, len(every()) - 1)
    assert everything(folder) == before
    assert workspace.init(folder) == (0, len(every()))


def test_a_file_is_found_by_its_name_alone(here: Path) -> None:
    folder = Path("mine")
    workspace.init(folder)
    usual = workspace.file_of(folder, SOFTMAX)
    for name in ("softmax.py", f"{PLACE + 5}_softmax.py", "012_softmax.py"):
        moved = usual.rename(usual.with_name(name))
        assert workspace.file_of(folder, SOFTMAX) == moved
        assert workspace.init(folder) == (0, len(every())), "a newer course leaves it where it is"
        moved.rename(usual)
    for name in ("3_softmax.2026-11-22_10-03.py", "softmax copy.py", "my_softmax.py", "3_softmax.py.bak"):
        shutil.copy(usual, usual.with_name(name))
    usual.unlink()
    assert workspace.file_of(folder, SOFTMAX) == usual, "copies are not the exercise"
    assert not workspace.file_of(folder, SOFTMAX).exists()


def test_a_folder_for_something_else_is_left_alone(here: Path) -> None:
    (here / "thesis").mkdir()
    (here / "thesis" / "chapter1.tex").touch()
    (here / "file").touch()
    before = everything(here)
    with pytest.raises(course.Refused, match=r"thesis has other things in it \(chapter1.tex\).*my_exercises"):
        workspace.init(Path("thesis"))
    with pytest.raises(course.Refused, match="file is a file; name a folder"):
        workspace.init(Path("file"))
    with pytest.raises(course.Refused, match="a folder of the course itself"):
        workspace.init(workspace.PACKAGE / "ch02_dense")
    with pytest.raises(OSError, match="cannot write"):
        workspace.init(Path("file") / "below")
    assert everything(here) == before


def test_hidden_things_are_no_hindrance(here: Path) -> None:
    (here / "mine" / ".git").mkdir(parents=True)
    assert workspace.init(Path("mine"))[0] == len(every())


def test_something_in_the_way_is_said_before_anything_is_written(here: Path) -> None:
    folder = Path("mine")
    folder.mkdir()
    (folder / "progress.txt").touch()
    (folder / "ch04_cnn").touch()
    before = everything(folder)
    with pytest.raises(course.Refused, match="ch04_cnn is a file, and a folder is to be there"):
        workspace.init(folder)
    assert everything(folder) == before
    (folder / "ch04_cnn").unlink()
    (folder / "ch02_dense" / f"{PLACE}_softmax.py").mkdir(parents=True)
    with pytest.raises(course.Refused, match="softmax.py is a folder, and a file is to be there"):
        workspace.init(folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_is_read_only(here: Path) -> None:
    (here / "mine").mkdir(mode=0o500)
    with pytest.raises(OSError, match="cannot write"):
        workspace.init(Path("mine"))
    assert everything(here / "mine") == {}


def test_where_the_folder_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(course.Refused, match=r"my_exercises, is not there yet; .* exercises init$"):
        workspace.find(None)
    with pytest.raises(course.Refused, match=r'my own, is not there yet; .* init --dir "my own"$'):
        workspace.find(Path("my own"))
    (here / "empty").mkdir()
    with pytest.raises(course.Refused, match="has no exercises in it"):
        workspace.find(Path("empty"))
    workspace.init(Path("my_exercises"))
    workspace.init(Path("other"))
    assert workspace.find(None) == Path("my_exercises")
    assert workspace.command("check", workspace.find(None)) == "python -m chapters check"
    assert workspace.command("check", Path("other")) == "python -m chapters check --dir other"
    monkeypatch.chdir("other")
    assert workspace.find(None) == Path(), "the folder we are in"
    assert workspace.command("check", Path()) == "python -m chapters check"
    (here / "other" / "progress.txt").unlink()
    assert workspace.find(here / "other") == here / "other", "its files make it one"


def test_names() -> None:
    number = workspace.number(SOFTMAX)
    for name in (
        "softmax",
        "Softmax",
        number,
        "softmax.py",
        f"mine/ch02_dense/{PLACE}_softmax.py",
        "9_softmax",
    ):
        assert workspace.named(name) is SOFTMAX, name
    assert len({workspace.number(exercise) for exercise in every()}) == len(every())
    for exercise in every():
        assert workspace.named(exercise.name) is exercise
        assert workspace.named(workspace.number(exercise)) is exercise
    with pytest.raises(course.Refused, match=r"no exercise 'sofmax'\. Did you mean softmax\?"):
        workspace.named("sofmax")
    for name in ("", "2.99", "zzzzzz", "\x00", "."):
        with pytest.raises(course.Refused, match="exercises list"):
            workspace.named(name)


def test_reset_keeps_what_was_there_and_every_earlier_copy(here: Path) -> None:
    folder = Path("mine")
    workspace.init(folder)
    file = workspace.file_of(folder, SOFTMAX)
    assert workspace.reset(folder, SOFTMAX) is None, "there was nothing to keep"
    written = [b"first", b"second\r\n", b"\xff\xfe no text \x00"]
    copies = []
    for text in written:
        file.write_bytes(text)
        progress.solved(folder, "softmax", True)
        progress.change(folder, "softmax", hints=1)
        copies.append(workspace.reset(folder, SOFTMAX))
        assert file.read_text(encoding="utf-8") == stub(SOFTMAX)
        assert progress.read(folder)["softmax"] == progress.Note(hints=1)
    assert [copy.read_bytes() for copy in copies if copy] == written
    assert {copy.parent for copy in copies if copy} == {folder / "kept"}
    assert f"{datetime.now():%Y-%m-%d}" in str(copies[0])
    file.write_bytes(stub(SOFTMAX).replace("\n", "\r\n").encode())
    assert workspace.reset(folder, SOFTMAX) is None, "the stub as Windows writes it"
    file.unlink()
    assert workspace.reset(folder, SOFTMAX) is None
    assert file.read_text(encoding="utf-8") == stub(SOFTMAX)


def test_reset_changes_nothing_if_the_copy_cannot_be_kept(here: Path) -> None:
    folder = Path("mine")
    workspace.init(folder)
    file = workspace.file_of(folder, SOFTMAX)
    file.write_text("mine", encoding="utf-8")
    (folder / "kept").touch()
    with pytest.raises(OSError, match="cannot write"):
        workspace.reset(folder, SOFTMAX)
    assert file.read_text(encoding="utf-8") == "mine"


def test_what_comes_next(here: Path) -> None:
    folder = Path("mine")
    workspace.init(folder)
    first, second, third, *_ = all_of_them = every()
    assert workspace.next_unsolved(folder) is first
    assert workspace.next_unsolved(folder, after=first) is second
    progress.solved(folder, second.name, True)
    assert workspace.next_unsolved(folder, after=first) is third
    assert workspace.next_unsolved(folder, after=all_of_them[-1]) is first, (
        "and from the end to what was left out"
    )
    for exercise in all_of_them:
        progress.solved(folder, exercise.name, True)
    assert workspace.next_unsolved(folder) is None
    progress.solved(folder, third.name, False)
    assert workspace.next_unsolved(folder) is third
    assert workspace.next_unsolved(folder, after=third) is None, "there is no other"


def test_progress_is_read_as_people_and_windows_write_it(tmp_path: Path) -> None:
    lines = [
        "# a remark",
        "softmax solved 2026-11-22 10:03, 1 hint",
        "dense: solved",
        "  relu\t2 hints,   solution seen , to be asked about in class",
        "",
        "of_a_newer_course   solved with ease",
        "softmax   3 hints",
    ]
    for text in ("\n".join(lines), "\r\n".join(lines) + "\r\n", "\ufeff" + "\n".join(lines)):
        (tmp_path / "progress.txt").write_bytes(text.encode())
        notes = progress.read(tmp_path)
        assert notes["softmax"] == progress.Note(solved=True, when="2026-11-22 10:03", hints=1)
        assert notes["dense"] == progress.Note(solved=True)
        assert notes["relu"] == progress.Note(hints=2, seen=True, other=("to be asked about in class",))
        progress.change(tmp_path, "relu", hints=3)
        after = (tmp_path / "progress.txt").read_text(encoding="utf-8").splitlines()
        assert after[3].split(None, 1) == ["relu", "3 hints, solution seen, to be asked about in class"]
        assert after[:3] + after[4:] == lines[:3] + lines[4:], "every other line stays as it is"


def test_progress_keeps_the_day_and_forgets_what_is_not_true(tmp_path: Path) -> None:
    progress.solved(tmp_path, "softmax", True)
    (tmp_path / "progress.txt").write_text("softmax   solved 2020-01-01 00:00, 1 hint\n", encoding="utf-8")
    progress.solved(tmp_path, "softmax", True)
    assert progress.read(tmp_path)["softmax"].when == "2020-01-01 00:00"
    progress.solved(tmp_path, "softmax", False)
    assert progress.read(tmp_path)["softmax"] == progress.Note(hints=1)
    progress.change(tmp_path, "softmax", hints=0)
    assert (tmp_path / "progress.txt").read_text(encoding="utf-8").strip() == "", (
        "a line that says nothing goes"
    )


@given(st.binary(max_size=200))
def test_no_damage_of_progress_stops_anybody(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "progress.txt").write_bytes(data)
    progress.read(folder)
    progress.solved(folder, "softmax", True)
    assert progress.read(folder)["softmax"].solved
    lines = (
        data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    )
    if data:
        assert (folder / "progress.txt").read_bytes().replace(b"\r\n", b"\n").startswith(lines), (
            "and what cannot be read is kept"
        )


def test_progress_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "progress.txt").mkdir()
    with pytest.raises((course.Refused, OSError), match="progress.txt"):
        progress.read(tmp_path)
