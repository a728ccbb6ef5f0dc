"""`python -m chapters exercises` and `check`: what a reader sees, what is noted, and the exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import tinydl
from chapters import __main__
from chapters.exercises import check, heat, progress, show, workspace
from chapters.exercises.form import every
from chapters.exercises.judge import Difference, Verdict
from chapters.exercises.stubs import solution
from tinydl.gradcheck import Diagnosis

SOFTMAX = workspace.named("softmax")
RIGHT = solution(SOFTMAX)
LAST = "return y * (gy - (gy * y).sum(axis=1, keepdims=True))"
WRONG = RIGHT.replace(LAST, "return gy * y * (1 - y)")
assert WRONG != RIGHT


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder of exercises, to be copied."""
    folder = tmp_path_factory.mktemp("stubs") / "new"
    workspace.init(folder)
    return folder


@pytest.fixture
def file(tmp_path: Path, stubs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's file of softmax, in a new folder of exercises."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stubs, workspace.DEFAULT)
    return workspace.file_of(workspace.DEFAULT, SOFTMAX)


class Told:
    """What a command answered."""

    def __init__(self, status: int, out: str, err: str):
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]):
    """Type a command, the words behind `python -m chapters`."""

    def typed(*words: str) -> Told:
        status = __main__.main(words)
        return Told(status, *capsys.readouterr())

    return typed


def note() -> progress.Note:
    return progress.read(workspace.DEFAULT).get("softmax", progress.Note())


def test_an_unwritten_exercise(file: Path, tell) -> None:
    told = tell("check", "softmax")
    assert told.status == 1
    assert str(file) in told.out
    assert "softmax is still to be written" in told.out
    assert "From scores to probabilities" in told.out and "exp(x[i, j])" in told.out
    assert "exercises hint softmax" in told.out
    assert note() == progress.Note()


def test_a_wrong_one_is_shown_where_it_is_wrong(file: Path, tell) -> None:
    file.write_text(WRONG, encoding="utf-8")
    told = tell("check", "softmax")
    assert told.status == 1
    assert "✓ softmax, on 3 cases" in told.out
    assert "✗ softmax_gradient: the gradient for x is not right (several pictures)" in told.out
    assert "if one grows, the others" in told.out
    assert "worst, at" in told.out and "expected" in told.out
    assert "error, 4 rows, 3 columns" in told.out and "██" in told.out
    assert "\x1b" not in told.out, "no colours where there is no terminal"


def test_a_solved_one_is_noted_and_leads_on(file: Path, tell) -> None:
    file.write_text(RIGHT, encoding="utf-8")
    told = tell("check", "softmax")
    assert told.status == 0
    assert "✓ softmax_gradient, on 3 cases" in told.out
    assert f"softmax is solved. 1 of {len(every())} are." in told.out
    following = every()[every().index(SOFTMAX) + 1]
    assert f"Next: {following.name}" in told.out
    assert note().solved
    assert tell("check").out.startswith(f"1.1 {every()[0].name}"), (
        "without a name: the first that is not solved"
    )
    file.write_text(WRONG, encoding="utf-8")
    told = tell("check", "softmax")
    assert "It was solved on 20" in told.out and "is not any more" in told.out
    assert not note().solved, "progress tells the truth"


def test_when_all_are_solved(file: Path, tell) -> None:
    for exercise in every():
        progress.solved(workspace.DEFAULT, exercise.name, True)
    told = tell("check")
    assert (told.status, told.err) == (0, "") and "All exercises are solved" in told.out
    file.write_text(RIGHT, encoding="utf-8")
    told = tell("check", "softmax")
    assert "All are." in told.out and "Next" not in told.out


def test_a_mistake_in_the_file_is_shown_with_its_line(file: Path, tell) -> None:
    file.write_bytes(RIGHT.replace(LAST, "return gy * undefined").replace("\n", "\r\n").encode())
    told = tell("check", "softmax")
    line = RIGHT.splitlines().index(f"    {LAST}") + 1
    assert told.status == 1
    assert (
        "NameError" in told.out
        and f"{file}:{line}" in told.out
        and f"{line} | return gy * undefined" in told.out
    )
    file.write_text("def softmax(x:\n", encoding="utf-8")
    told = tell("check", "softmax")
    assert told.status == 1 and f"{file}:1" in told.out and "Traceback" not in told.out + told.err
    file.write_text("", encoding="utf-8")
    assert tell("check", "softmax").status == 1


def test_a_file_that_is_not_there(file: Path, tell) -> None:
    file.unlink()
    told = tell("check", "softmax")
    assert told.status == 2 and told.err.startswith("error: ") and "exercises init" in told.err
    assert told.err.count("\n") == 1
    assert "softmax has no file" in tell("exercises").out


def test_what_the_file_prints_is_cut_and_harmless(file: Path, tell) -> None:
    noisy = "print('[red]\\x1b[2J' + 'x' * 500)\nfor i in range(50):\n    print('line', i)\n"
    file.write_text(RIGHT + noisy, encoding="utf-8")
    told = tell("check", "softmax")
    assert told.status == 0
    assert "[red]?[2Jxxx" in told.out and "\x1b" not in told.out
    assert "line 8" in told.out and "line 9" not in told.out and "lines more" in told.out


def test_all_of_them_for_a_teacher(file: Path, tell, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [workspace.named(name) for name in ("softmax", "relu", "dense")]
    monkeypatch.setattr(check, "every", lambda: few)
    file.write_text(RIGHT, encoding="utf-8")
    workspace.file_of(workspace.DEFAULT, few[1]).write_text("1/0", encoding="utf-8")
    told = tell("check", "--all", "--junit", "out/junit.xml")
    assert told.status == 1
    for exercise, mark in zip(few, ("✓", "✗", " ")):
        assert f"{mark} {workspace.number(exercise)} {exercise.name}" in told.out
    assert "ZeroDivisionError" in told.out and "1 of 3 solved" in told.out
    suites = ElementTree.parse("out/junit.xml").getroot()
    assert [suites.get(key) for key in ("tests", "errors", "skipped")] == ["3", "1", "1"]
    assert json.loads(tell("check", "--all", "--json").out)["solved"] == 1
    assert note() == progress.Note(), "nothing is noted in a folder that may be a student's"
    monkeypatch.setattr(check, "every", lambda: few[:1])
    assert tell("check", "--all").status == 0
    assert "0 of 6 solved" in tell("check", "--all", "vae").out, "one chapter"


def test_no_time_is_given_to_an_endless_loop(file: Path, tell) -> None:
    file.write_text("while True:\n    pass\n", encoding="utf-8")
    told = tell("check", "softmax", "--seconds", "0.5")
    assert told.status == 1 and "✗" in told.out


def test_plain_data(file: Path, tell) -> None:
    file.write_text(WRONG, encoding="utf-8")
    told = tell("check", "softmax", "--json")
    data = json.loads(told.out)
    assert told.status == 1
    assert (data["exercise"], data["state"], data["part"]) == ("softmax", "wrong", "softmax_gradient")
    assert data["diagnosis"]["key"] == "cross terms"
    assert data["difference"]["shape"] == [4, 3] and len(data["difference"]["worst"]) == 5
    file.write_text(RIGHT.replace(LAST, "return gy * float('nan')"), encoding="utf-8")
    assert json.loads(tell("check", "softmax", "--json").out)["difference"]["worst"][0]["yours"] == "nan"
    file.write_text(RIGHT, encoding="utf-8")
    assert json.loads(tell("check", "softmax", "--json").out)["state"] == "solved"


def test_pictures(file: Path, tell, tmp_path: Path) -> None:
    file.write_text(WRONG, encoding="utf-8")
    assert tell("check", "softmax", "--picture", "a folder/a.png").status == 1
    with Image.open("a folder/a.png") as picture:
        assert picture.size[0] > 500
    assert tell("check", "softmax", "--picture", "b.svg").status == 1
    words = " ".join(ElementTree.parse("b.svg").getroot().itertext()).replace("\xa0", " ")
    assert "python -m chapters check softmax" in words and "if one grows, the others" in words
    file.write_text(RIGHT, encoding="utf-8")
    told = tell("check", "softmax", "--picture", "c.png")
    assert told.status == 0 and "there are no two arrays" in told.out and not Path("c.png").exists()
    told = tell("check", "softmax", "--picture", "c.gif")
    assert told.status == 2 and ".png or .svg" in told.err


def test_progress_that_cannot_be_written_does_not_hide_the_verdict(file: Path, tell, monkeypatch) -> None:
    def full(*_):
        raise OSError("path: cannot write progress.txt (No space left on device); choose another place")

    monkeypatch.setattr(progress, "aside", full)
    file.write_text(RIGHT, encoding="utf-8")
    told = tell("check", "softmax")
    assert told.status == 0 and "softmax is solved" in told.out
    assert "not noted" in told.out and "No space left" in told.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("check nonsense", "no exercise 'nonsense'"),
        ("check --poll", "--poll goes with --watch"),
        ("check --junit a.xml", "--junit goes with --all"),
        ("check softmax --all", "unknown chapter 'softmax'"),
        ("check --watch --json", "--watch and --json do not go together"),
        ("check --json --picture a.png", "--json and --picture do not go together"),
        ("check --seconds 0", "expected a number of seconds above 0, got '0'"),
        ("check --seconds soon", "got 'soon'"),
        ("check --memory 1.5", "expected a whole number from 1 up"),
        ("check --wach", "unrecognized arguments: --wach"),
        ("check --dir nowhere", "nowhere, is not there yet"),
        ("exercises begin", "invalid choice: 'begin'"),
        ("exercises list softmax", "list takes no name"),
        ("exercises solution", "of which exercise"),
        ("exercises reset", "which exercise"),
        ("exercises hint nonsense", "no exercise 'nonsense'"),
        ("exercises init a --dir b", "init takes one folder"),
        ("exercises solution softmax", "softmax is not solved yet"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(file: Path, tell, words: str, says: str) -> None:
    told = tell(*words.split())
    assert told.status == 2 and says in told.err
    assert told.out == "" and told.err.count("\n") == 1


def test_init_and_list(tmp_path: Path, tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = tell("exercises")
    assert told.status == 2 and "python -m chapters exercises init" in told.err
    first, number = every()[0], len(every())
    told = tell("exercises", "init")
    assert f"{number} exercises" in told.out and first.name in told.out and "check --watch" in told.out
    assert f"all {number} were there already" in tell("exercises", "init").out
    workspace.file_of(workspace.DEFAULT, first).unlink()
    assert f"{number - 1} were there already, 1 new" in tell("exercises", "init").out
    progress.solved(workspace.DEFAULT, "softmax", True)
    told = tell("exercises", "list")
    assert all(exercise.name in told.out and exercise.title.split()[0] in told.out for exercise in every())
    assert f"✓ {workspace.number(SOFTMAX)} softmax" in told.out and f"→ 1.1 {first.name}" in told.out
    told = tell("exercises", "init", "an other")
    assert '--dir "an other"' in told.out
    assert tell("exercises", "--dir", "an other").out.count("✓") == 0
    monkeypatch.chdir("an other")
    assert f"all {number} were there already" in tell("exercises", "init").out, "the folder we are in"


def test_hints_come_one_after_the_other(file: Path, tell) -> None:
    seen = [" ".join(tell("exercises", "hint", "softmax").out.split()) for _ in range(4)]
    for count, text in enumerate(seen, start=1):
        for i, hint in enumerate(SOFTMAX.hints, start=1):
            assert (" ".join(hint.split()) in text) == (i <= count)
    assert "no more" in seen[3] and "solution softmax --give-up" in seen[3] and "no more" not in seen[2]
    assert note().hints == 3
    assert SOFTMAX.hints[0][:20] not in tell("exercises", "hint").out, "without a name: of the next"


def test_the_solution_comes_after_one_s_own_or_on_giving_up(file: Path, tell) -> None:
    assert tell("exercises", "solution", "softmax", "--give-up").out == RIGHT
    assert note() == progress.Note(seen=True)
    assert tell("exercises", "solution", "softmax").status == 2
    file.write_text(RIGHT, encoding="utf-8")
    tell("check", "softmax")
    assert tell("exercises", "solution", "softmax").out == RIGHT


def test_reset(file: Path, tell) -> None:
    file.write_text(RIGHT, encoding="utf-8")
    told = tell("exercises", "reset", "softmax")
    (copy,) = Path("my_exercises/kept").iterdir()
    assert str(copy) in told.out and copy.read_text(encoding="utf-8") == RIGHT
    assert "nothing to keep" in tell("exercises", "reset", "softmax").out


def test_a_terminal_that_knows_ascii_alone(file: Path) -> None:
    file.write_text(WRONG, encoding="utf-8")
    root = Path(tinydl.__file__).parents[1]
    for words in (["check", "softmax"], ["exercises"]):
        done = subprocess.run(
            [sys.executable, "-m", "chapters", *words],
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1) and done.stderr == "", done.stderr
        assert "softmax" in done.stdout and done.stdout.isascii()


def shown(verdict: Verdict, width: int = 100) -> str:
    screen = Console(width=width, file=open(os.devnull, "w", encoding="utf-8"), record=True, highlight=False)
    with screen.file:
        screen.print(show.report(verdict, Path("my_exercises/3_softmax.py")))
    return screen.export_text()


def difference(yours, expected) -> Verdict:
    off = Difference("the gradient for x", "several pictures", np.asarray(yours), np.asarray(expected), 1.0)
    return Verdict(SOFTMAX, "wrong", "softmax_gradient", "the gradient for x is not right", difference=off)


def test_differences_of_every_form_are_shown() -> None:
    rng = np.random.default_rng(0)
    right = rng.normal(size=(2, 5, 6, 3))
    wrong = right.copy()
    wrong[1, :, 0, 2] += 5
    text = shown(difference(wrong, right))
    assert "error[1, :, :, 2], 5 rows, 6 columns" in text
    assert text.count("██··········") + text.count("▓▓··········") >= 4, "the first column of the plane"
    assert "[1, " in text and "None of the usual mistakes" in text
    assert "(2, 3)" in shown(difference(np.ones((2, 3)), np.ones((3, 2))))
    assert "float32" in (text := shown(difference(np.ones(3, "float32"), np.ones(3)))) and "float64" in text
    text = shown(difference(2.0, 1.0))
    assert "worst" in text and "error" not in text, "a number has no map"
    assert "1 row, 3 columns" in shown(difference([1.0, 2.0, np.nan], np.ones(3)))
    assert "not a number" in shown(difference([np.inf, 1.0], np.ones(2)))
    assert "worst of several" in shown(difference(np.ones((100, 100)), np.zeros((100, 100))))
    assert max(map(len, shown(difference(wrong, right), width=60).splitlines())) <= 60


def test_a_diagnosis_that_says_the_same_is_not_said_twice() -> None:
    words = "softmax answers nothing (None). Is there a return?"
    verdict = Verdict(SOFTMAX, "wrong", "softmax", words, diagnosis=Diagnosis("type", words))
    assert shown(verdict).count("Is there a return?") == 1


def test_the_map_shows_rounding_as_right() -> None:
    yours = np.ones((3, 4)) + 1e-9
    yours[1, 2] = 2
    lines = heat.heat_map(yours, np.ones((3, 4)), right=1e-6).plain.splitlines()
    assert lines[1:4] == ["········", "····██··", "········"]
    assert heat.heat_map(yours, np.ones((3, 4)), 1e-6, unicode=False).plain.isascii()


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 4), (2, 5, 6, 3), (3, 3, 2, 8), (1, 1, 1, 1, 2)])
def test_the_plane_passes_through_the_worst_element(shape: tuple[int, ...]) -> None:
    error = np.random.default_rng(0).uniform(size=shape)
    plane = error[heat.telling(error)]
    assert plane.ndim == min(2, len(shape)) and plane.max() == error.max()
