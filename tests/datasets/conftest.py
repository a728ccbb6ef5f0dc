"""No test of a data set touches the reader's own data, cache or network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REAL = os.environ.get("TINYDL_DATA")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, no data folder, and no proxy between us and the server on loopback."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINYDL_CACHE", str(folder))
    monkeypatch.delenv("TINYDL_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    return folder


@pytest.fixture
def real_data() -> Path:
    """The folder of real sets that TINYDL_DATA named when the tests were started."""
    if not REAL:
        pytest.skip("TINYDL_DATA names no folder of real data")
    return Path(REAL).resolve()
