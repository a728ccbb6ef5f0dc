"""`check --watch` in a real terminal: saves as editors make them, keys, and a terminal that is as it was afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinydl
from chapters.exercises import progress, workspace
from chapters.exercises.form import every
from chapters.exercises.stubs import solution, stub

pexpect = pytest.importorskip("pexpect")
if os.name == "nt":
    pytest.skip("pexpect drives terminals of POSIX", allow_module_level=True)

SOFTMAX = workspace.named("softmax")
RIGHT = solution(SOFTMAX)
WRONG = RIGHT.replace("return y * (gy - (gy * y).sum(axis=1, keepdims=True))", "return gy * y * (1 - y)")
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()]\w")
READY = "waiting for a save"


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder of exercises, to be copied."""
    folder = tmp_path_factory.mktemp("stubs") / "new"
    workspace.init(folder)
    return folder


@pytest.fixture
def file(tmp_path: Path, stubs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's file of softmax, in a folder with a name of the kind that readers have."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "Übungen von mir"
    shutil.copytree(stubs, folder)
    return workspace.file_of(folder, SOFTMAX)


class Terminal:
    """A terminal in which the watch runs."""

    def __init__(self, file: Path, *flags: str, **env: str):
        self.file, self.folder = file, file.parents[1]
        root = Path(tinydl.__file__).parents[1]
        words = ["-m", "chapters", "check", "softmax", "--watch", "--dir", str(self.folder), *flags]
        self.child = pexpect.spawn(
            sys.executable,
            words,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "TERM": "xterm",
                "COLUMNS": "100",
                "LINES": "50",
                **env,
            },
            dimensions=(50, 100),
            encoding="utf-8",
            timeout=10,
        )

    def sees(self, *words: str) -> str:
        """Wait for a page that holds these words, up to its line of keys; without codes and line ends."""
        end = time.monotonic() + 10
        page = ""
        while time.monotonic() < end:
            self.child.expect(READY)
            page = " ".join(CODES.sub("", self.child.before).split())
            if all(word in page for word in words):
                return page
        raise AssertionError(f"{words} never came; at last there was: {page}")

    def save(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")


@pytest.fixture
def open_terminal(file: Path) -> Iterator[Any]:
    """Open a terminal, and close it in the end."""
    opened: list[Terminal] = []

    def new(*flags: str, **env: str) -> Terminal:
        opened.append(Terminal(file, *flags, **env))
        return opened[-1]

    yield new
    for terminal in opened:
        terminal.child.close(force=True)


@pytest.mark.parametrize("flags", [[], ["--poll"]], ids=["watchdog", "poll"])
def test_from_the_stub_to_the_next(open_terminal: Any, file: Path, flags: list[str]) -> None:
    if not flags:
        pytest.importorskip("watchdog")
    terminal = open_terminal(*flags)
    page = terminal.sees("softmax is still to be written")
    assert "n next h hint r reset l list q quit" in page and "watchdog" not in page
    terminal.save(WRONG)
    terminal.sees("the gradient for x is not right", "if one grows, the others", "worst, at")
    terminal.child.send("h")
    terminal.sees("Hint 1 of 3", "the gradient for x is not right")
    part = file.with_name(".3_softmax.py.swp")  # as editors do that save aside and rename
    part.write_text(RIGHT, encoding="utf-8")
    part.replace(file)
    following = every()[every().index(SOFTMAX) + 1]
    terminal.sees("softmax is solved", f"n goes on with {following.name}")
    assert progress.read(terminal.folder)["softmax"].solved
    terminal.child.send("n")
    terminal.sees(f"{workspace.number(following)} {following.name}")
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0


def test_keys_and_odd_files(open_terminal: Any, file: Path) -> None:
    terminal = open_terminal()
    terminal.sees("softmax is still to be written")
    terminal.save(WRONG)
    terminal.sees("the gradient for x is not right")
    terminal.child.send("\x1b[H")  # the key Home is no h
    time.sleep(0.2)
    terminal.child.send("x")  # any other key shows the page again
    terminal.sees("the gradient for x is not right")
    assert progress.read(terminal.folder) == {}, "no hint was asked for"
    terminal.child.send("r")
    terminal.sees("as it was at the beginning?", "y/n")
    terminal.child.send("n")
    terminal.sees("the gradient for x is not right")
    assert file.read_text(encoding="utf-8") == WRONG
    terminal.child.send("r")
    terminal.sees("y/n")
    terminal.child.send("y")
    terminal.sees("begins anew. What you had is kept")
    assert file.read_text(encoding="utf-8") == stub(SOFTMAX)
    assert [copy.read_text(encoding="utf-8") for copy in (terminal.folder / "kept").iterdir()] == [WRONG]
    terminal.child.send("l")
    terminal.child.expect("any other key: back")
    assert "Chapter 8" in terminal.child.before
    terminal.child.send(" ")
    terminal.sees("softmax is still to be written")
    terminal.save(RIGHT[: len(RIGHT) // 2] + "(")  # half written
    terminal.sees("✗")
    file.unlink()
    terminal.sees("is not there", "Save it again")
    file.write_bytes(RIGHT.replace("\n", "\r\n").encode())
    terminal.sees("softmax is solved")
    shutil.rmtree(terminal.folder / "kept")
    (terminal.folder / "kept").touch()
    terminal.child.send("r")
    terminal.sees("y/n")
    terminal.child.send("y")
    terminal.sees("cannot write")
    assert file.read_bytes() == RIGHT.replace("\n", "\r\n").encode()
    terminal.child.sendcontrol("c")
    terminal.child.expect("stopped")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 130


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_the_terminal_is_as_it_was(file: Path, key: str) -> None:
    root = Path(tinydl.__file__).parents[1]
    watch = f"{sys.executable} -m chapters check softmax --watch --dir '{file.parents[1]}'"
    shell = pexpect.spawn(
        "/bin/sh",
        ["-c", f"trap : INT; stty -a; echo begin; {watch}; stty -a; echo end"],
        env={**os.environ, "PYTHONPATH": str(root), "TERM": "xterm"},
        encoding="utf-8",
        timeout=10,
    )
    shell.expect("begin")
    before = shell.before.split()
    shell.expect(READY)
    shell.send(key)
    shell.expect("speed")
    shell.expect("end")
    after = shell.before.split()
    assert "icanon" in after and "echo" in after
    assert after == before[before.index("speed") + 1 :]
    shell.close(force=True)


def test_without_keyboard_and_watchdog_it_polls_until_ctrl_c(file: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "watchdog.py").write_text("raise ImportError", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "none"), str(Path(tinydl.__file__).parents[1])])
    with (tmp_path / "out.txt").open("w+", encoding="utf-8") as out:
        done = subprocess.Popen(
            [sys.executable, "-m", "chapters", "check", "softmax", "--watch", "--dir", str(file.parents[1])],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        for text, says in ((stub(SOFTMAX), "still to be written"), (RIGHT, "softmax is solved")):
            file.write_text(text, encoding="utf-8")
            end = time.monotonic() + 10
            while says not in (told := (tmp_path / "out.txt").read_text(encoding="utf-8")):
                assert time.monotonic() < end, told
                time.sleep(0.05)
        done.send_signal(signal.SIGINT)
        assert done.wait(10) == 130
    assert told.count("pip install watchdog") == 1, "said once"
    assert "Ctrl-C ends it" in told and "n next" not in told and "\x1b" not in told
