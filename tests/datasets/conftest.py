"""No test of a data set touches the reader's own data, cache or network."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, no data folder, and no proxy between us and the server on loopback."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINYDL_CACHE", str(folder))
    monkeypatch.delenv("TINYDL_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    return folder
