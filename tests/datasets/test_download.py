"""Downloads against a small server on loopback whose mirrors fail in every way that mirrors do."""

from __future__ import annotations

import _thread
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tinydl.datasets import DataUnavailable, download, idx, mnist

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Mirrors(ThreadingHTTPServer):
    """`/serves/name` gives `files[name]`; the first part of the path says how the mirror behaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {"file": CONTENT}
        self.asked: list[str] = []
        self.closing = threading.Event()
        self.both_here = threading.Barrier(2)
        self.folder: Path | None = None  # what lies in it half-way through a download is noted in `seen`
        self.seen: list[str] = []

    def url(self, behaviour: str, name: str = "file") -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/{name}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up in the middle is what some tests are about."""


class Answer(BaseHTTPRequestHandler):
    server: Mirrors

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        _, behaviour, name = self.path.split("/")
        self.server.asked.append(behaviour)
        if behaviour == "refuses":
            return self.send_error(403)
        if behaviour == "mute":
            self.server.closing.wait()
            return None
        content = self.server.files[name]
        if behaviour == "wrong":
            content = b"<html>Please sign in</html>"
        self.send_response(200)
        if behaviour != "cuts_unannounced":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if behaviour == "trickles":
            for _ in range(100):  # two seconds
                if not self.server.closing.wait(0.02):
                    self.wfile.write(b"x")
            return None
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if behaviour.startswith("cuts"):
            return None
        if behaviour == "stalls":
            self.server.closing.wait()
            return None
        if behaviour == "waits_for_two":
            self.server.both_here.wait(30)
        if behaviour == "interrupts":
            _thread.interrupt_main(signal.SIGINT)
        if self.server.folder is not None:
            time.sleep(0.05)
            self.server.seen += os.listdir(self.server.folder)
        self.wfile.write(content[half:])
        return None


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    server = Mirrors()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


FAILURES = {
    "refuses": "Forbidden",
    "cuts": "cut off after 150,000 of 300,000 bytes",
    "cuts_unannounced": "wrong bytes",
    "wrong": "wrong bytes",
    "mute": "timed out",
    "stalls": "timed out",
    "trickles": "stalled",
}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_failing_mirror_leads_to_the_next(behaviour: str, mirrors: Mirrors, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file"
    urls = [mirrors.url(behaviour), mirrors.url("serves"), mirrors.url("refuses")]
    assert download.fetch(urls, target, SHA256, timeout=0.3) == target
    assert target.read_bytes() == CONTENT
    assert mirrors.asked == [behaviour, "serves"]  # and none after the first that served
    assert os.listdir(target.parent) == ["file"]


@pytest.mark.parametrize("behaviour", FAILURES)
def test_no_mirror_leaves_no_file_and_one_line(behaviour: str, mirrors: Mirrors, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable) as caught:
        download.fetch([mirrors.url(behaviour)], tmp_path / "in" / "file", SHA256, timeout=0.3)
    assert os.listdir(tmp_path / "in") == []
    message = str(caught.value)
    assert FAILURES[behaviour] in message and "127.0.0.1" in message
    assert "TINYDL_DATA" in message and "datasets.synthetic" in message and "\n" not in message


def test_a_terminal_shows_the_file_before_the_mirror_answers(
    mirrors: Mirrors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        download, "Console", lambda stderr: Console(stderr=stderr, force_terminal=True, width=100)
    )
    with pytest.raises(DataUnavailable):
        download.fetch([mirrors.url("mute")], tmp_path / "file", SHA256, timeout=0.3)
    assert "file" in capsys.readouterr().err


def test_all_the_ways_to_fail_in_a_row(mirrors: Mirrors, tmp_path: Path) -> None:
    download.fetch(
        [mirrors.url(each) for each in (*FAILURES, "serves")], tmp_path / "file", SHA256, timeout=0.2
    )
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert mirrors.asked == [*FAILURES, "serves"]


def test_without_a_network(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="could not be downloaded"):
        download.fetch(["http://127.0.0.1:9/file", "http://no.invalid/file"], tmp_path / "file", SHA256, 0.5)


def test_a_download_never_bears_the_name_before_it_is_whole(mirrors: Mirrors, tmp_path: Path) -> None:
    mirrors.folder = tmp_path
    download.fetch([mirrors.url("serves")], tmp_path / "file", SHA256)
    assert [name.endswith(".part") for name in mirrors.seen] == [True]


def test_a_failed_download_keeps_the_file_that_was_there(mirrors: Mirrors, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"older")
    with pytest.raises(DataUnavailable):
        download.fetch([mirrors.url("wrong")], tmp_path / "file", SHA256)
    assert (tmp_path / "file").read_bytes() == b"older"


def test_ctrl_c_half_way_leaves_nothing(mirrors: Mirrors, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        download.fetch([mirrors.url("interrupts")], tmp_path / "file", SHA256)
        time.sleep(1)  # not reached; were the download faster than the interrupt, it would be caught here
    assert os.listdir(tmp_path) == []


def test_two_processes_at_once(mirrors: Mirrors, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from tinydl.datasets import download;"
        "sys.exit(download.fetch([sys.argv[1]], pathlib.Path(sys.argv[2]), sys.argv[3]).name != 'file')"
    )
    command = [sys.executable, "-c", code, mirrors.url("waits_for_two"), str(tmp_path / "file"), SHA256]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")  # and no progress bar where there is no terminal
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made(mirrors: Mirrors, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_bytes(b"")
    with pytest.raises(DataUnavailable, match="TINYDL_CACHE"):
        download.fetch([mirrors.url("serves")], tmp_path / "occupied" / "file", SHA256)
    assert mirrors.asked == []


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    assert download.cache_folder() == cache
    monkeypatch.delenv("TINYDL_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "xdg")
    assert download.cache_folder() == Path("xdg/tinydl")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert download.cache_folder() == Path.home() / ".cache" / "tinydl"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert download.cache_folder() == Path.home() / "Library" / "Caches" / "tinydl"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "local")
    assert download.cache_folder() == Path("local/tinydl/cache")


def test_data_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path) -> None:
    assert download.data_folders("a", "b") == [cache / "a", cache / "b", cache]
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path))
    assert download.data_folders("a") == [tmp_path / "a", tmp_path, cache / "a", cache]
    monkeypatch.setenv("TINYDL_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataUnavailable, match="nowhere.*is no folder"):
        download.data_folders("a")


def test_mnist_comes_from_the_mirrors_once(
    mirrors: Mirrors, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def packed(array: np.ndarray) -> bytes:
        header = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
        return gzip.compress(header + array.tobytes())

    x, y = np.random.default_rng(0).integers(256, size=(3, 28, 28)).astype(np.uint8), np.uint8([7, 2, 1])
    mirrors.files = dict(zip((*idx.TRAIN, *idx.TEST), map(packed, (x, y, x[:2], y[:2])), strict=True))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in mirrors.files.items()}
    monkeypatch.setitem(idx.SHA256, "mnist", sums)
    monkeypatch.setattr(mnist, "MIRRORS", (mirrors.url("refuses", ""), mirrors.url("serves", "")))
    for _ in range(2):  # the second time from the cache
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
        assert np.array_equal(x_train, x) and np.array_equal(y_train, y)
        assert np.array_equal(x_test, x[:2]) and np.array_equal(y_test, y[:2])
    assert mirrors.asked == ["refuses", "serves"] * 4
    assert sorted(os.listdir(cache / "mnist")) == sorted(mirrors.files)
