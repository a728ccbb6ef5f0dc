"""Figures as files: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinydl import plot


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")])
def test_save_makes_folders_and_whole_files(tmp_path: Path, kind: str, magic: bytes) -> None:
    path = tmp_path / "new" / "folder" / f"picture.{kind}"
    assert plot.save(plot.heat_map(np.eye(2)), str(path)) == path
    assert path.read_bytes().startswith(magic)
    assert list(path.parent.iterdir()) == [path]


def test_save_keeps_the_old_file_when_drawing_fails(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    figure = plot.heat_map(np.eye(2))
    figure.axes[0].set_title(r"$\nonsense$")
    with pytest.raises(ValueError):
        plot.save(figure, path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_save_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(OSError, match="path: cannot write .*picture.png .*choose another place"):
        plot.save(plot.heat_map(np.eye(2)), tmp_path / "file" / "picture.png")
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(OSError, match="cannot write .*taken.png"):
        plot.save(plot.heat_map(np.eye(2)), tmp_path / "taken.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken.png"]


@pytest.mark.parametrize("name", ["picture", "picture.docx"])
def test_save_knows_the_endings(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"path: expected a file name that ends in .*png.*; got"):
        plot.save(plot.heat_map(np.eye(2)), tmp_path / name)
