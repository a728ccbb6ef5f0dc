"""A whole folder of exercises checked for a teacher, and the reports on it."""

from __future__ import annotations

import json
import threading
import time
import xml.etree.ElementTree as ET

import pytest

from chapters import course
from chapters.exercises import grade, judge, workspace
from chapters.exercises.form import every, of_chapter
from chapters.exercises.sandbox import Outcome
from chapters.exercises.stubs import solution, stub

WRONG = """
import numpy as np

def softmax(x):
    print("sum", np.exp(x - x.max()).sum(), "\\x1b[1m \\x00 & <größe> ]]>")
    e = np.exp(x - x.max())
    return e / e.sum()

def softmax_gradient(gy, y):
    return gy
"""
ENDLESS = "def relu(x):\n    while True:\n        x = x * 2\n"


@pytest.fixture(scope="module")
def exercises():
    """Some exercises: the whole chapter 2, and the first of chapter 4."""
    return [*of_chapter(course.CHAPTERS["dense"]), of_chapter(course.CHAPTERS["cnn"])[0]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, exercises):
    """A reader's folder with everything in it that can be."""
    folder = tmp_path_factory.mktemp("eine Übung")
    texts = {"softmax": WRONG, "relu": ENDLESS, "dense": "def dense(x:\n", "step": None}
    for exercise in exercises:
        path = workspace.file_of(folder, exercise)
        path.parent.mkdir(exist_ok=True)
        text = texts.get(exercise.name, stub(exercise) if exercise.name == "entropy" else solution(exercise))
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def verdicts(folder, exercises):
    return list(grade.grade(folder, exercises=exercises, seconds=1))


def test_every_exercise_gets_its_verdict(verdicts, exercises):
    assert [each.exercise for each in verdicts] == exercises
    states = {each.exercise.name: (each.state, each.fault.kind if each.fault else "") for each in verdicts}
    odd = {name: state for name, state in states.items() if state != ("solved", "")}
    assert odd == {
        "softmax": ("wrong", ""),
        "relu": ("fault", "time"),
        "dense": ("fault", "syntax"),
        "step": ("unwritten", ""),  # there is no file
        "entropy": ("unwritten", "unwritten"),
    }
    assert {each.exercise.name: each.diagnosis.key for each in verdicts if each.diagnosis} == {
        "softmax": "neighbours"
    }


def test_nothing_is_written_into_the_folder(verdicts, folder, exercises):
    files = {path for path in folder.rglob("*") if path.is_file()}
    assert files == {workspace.file_of(folder, each) for each in exercises if each.name != "step"}


def test_json_says_it_as_a_single_check_does(verdicts, folder):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    data = json.loads(grade.as_json(verdicts, folder), parse_constant=refuse)
    assert data["solved"] == sum(each.state == "solved" for each in verdicts) == len(verdicts) - 5
    found = {each["exercise"]: each for each in data["exercises"]}
    assert list(found) == [each.exercise.name for each in verdicts]
    assert found["softmax"]["diagnosis"]["key"] == "neighbours" and found["softmax"]["difference"]
    assert found["relu"]["fault"]["kind"] == "time" and found["relu"]["seconds"] >= 1
    assert found["entropy"]["state"] == "unwritten"


def test_junit_s_xml(verdicts, tmp_path):
    path = tmp_path / "new" / "größe.xml"
    grade.junit(verdicts, path)
    root = ET.fromstring(path.read_bytes())  # refuses what XML forbids
    assert [suite.get("name") for suite in root] == ["2 dense", "4 cnn"]
    counts = {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": str(len(verdicts)), "failures": "1", "errors": "2", "skipped": "2"}
    assert root[1].get("tests") == "1" and root[1].get("errors") == "0"
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failure = cases["softmax"].find("failure")
    diagnosis = next(each.diagnosis for each in verdicts if each.diagnosis)
    assert failure.get("type") == "neighbours" and diagnosis.sentence in failure.text
    assert "\N{REPLACEMENT CHARACTER}[1m \N{REPLACEMENT CHARACTER} & <größe> ]]>" in cases[
        "softmax"
    ].findtext("system-out")
    assert cases["relu"].find("error").get("type") == "time"
    assert "line 3: x = x * 2" in cases["relu"].findtext("error")
    assert cases["entropy"].find("skipped") is not None and len(cases["adam"]) == 0


def test_a_place_that_cannot_be_written(verdicts, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="choose another place"):
        grade.junit(verdicts, tmp_path / "file" / "report.xml")


def test_exit_status(verdicts):
    solved = [each for each in verdicts if each.state == "solved"]
    unwritten = [each for each in verdicts if each.state == "unwritten"]
    assert grade.status(solved) == grade.status([]) == 0
    assert grade.status(verdicts) == grade.status([*solved, *unwritten]) == 1


def test_a_check_that_fails_itself_costs_no_other_verdict(folder, exercises, monkeypatch):
    def fails(exercise, run, seed):
        if exercise is exercises[1]:
            raise ZeroDivisionError("in the course")
        return judge.Verdict(exercise, "solved")

    monkeypatch.setattr(grade, "judge", fails)
    verdicts = list(grade.grade(folder, exercises=exercises[:4]))
    assert [each.state for each in verdicts] == ["solved", "fault", "solved", "solved"]
    assert (
        verdicts[1].message
        == "the check itself failed (ZeroDivisionError: in the course): no fault of the file"
    )
    assert grade.status(verdicts) == 2
    grade.as_json(verdicts, folder)


def test_two_files_run_at_a_time_and_one_is_judged(folder, exercises, monkeypatch):
    meeting = threading.Barrier(2)  # every run waits for another one
    judging = []

    def run(path, calls, **limits):
        meeting.wait(20)
        return Outcome()

    def look(exercise, run, seed):
        for step in range(2):
            judging.append(exercise)
            time.sleep(0.01)
            assert judging == [exercise]
            judging.pop()
            if step == 0:
                run([])
        return judge.Verdict(exercise, "solved")

    monkeypatch.setattr(grade.sandbox, "run", run)
    monkeypatch.setattr(grade, "judge", look)
    verdicts = list(grade.grade(folder, exercises=exercises[:2] * 4))
    assert [each.state for each in verdicts] == ["solved"] * 8


def test_a_caller_who_stops_listening_stops_the_rest(folder, monkeypatch):
    looked = []

    def look(exercise, run, seed):
        looked.append(exercise)
        time.sleep(0.02)
        return judge.Verdict(exercise, "solved")

    monkeypatch.setattr(grade, "judge", look)
    verdicts = grade.grade(folder)
    next(verdicts)
    verdicts.close()
    assert len(looked) < 6 < len(every())
