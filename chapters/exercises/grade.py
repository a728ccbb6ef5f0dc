"""All exercises of a folder at once, for teachers: what came of each, as a report for people's programs."""

from __future__ import annotations

import itertools
import json
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chapters.exercises import sandbox, show, workspace
from chapters.exercises.form import Exercise, every
from chapters.exercises.judge import Verdict, judge
from chapters.exercises.sandbox import Call, Fault, Outcome
from tinydl.files import aside

AT_ONCE = 2  # processes; more would want memory, and time from each other
# What XML 1.0 has no way to write.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def grade(
    folder: Path,
    *,
    exercises: Sequence[Exercise] | None = None,
    seed: int = 0,
    seconds: float = sandbox.SECONDS,
    megabytes: int = sandbox.MEGABYTES,
) -> Iterator[Verdict]:
    """Check exercises, two at a time; the verdicts, each as soon as it and all before it are known.

    From the folder come the reader's functions and nothing else, and nothing is written there.

    Args:
        folder: a reader's workspace.
        exercises: which, unless it is all of the course.
        seed: of the inputs that are drawn.
        seconds: for an exercise.
        megabytes: for an exercise.
    """
    # The files run side by side; judging is done by one at a time, since references may set a seed or a dtype for all.
    judging = threading.Lock()

    def verdict(exercise: Exercise) -> Verdict:
        path = workspace.file_of(folder, exercise)
        if not path.exists():  # somebody handed in what there is so far
            return Verdict(exercise, "unwritten", message=f"there is no file {path.name}")

        def run(calls: Sequence[Call]) -> Outcome:
            judging.release()
            try:
                return sandbox.run(path, calls, seconds=seconds, megabytes=megabytes)
            finally:
                judging.acquire()

        with judging:
            try:
                return judge(exercise, run, seed=seed)
            except Exception as error:  # the course's own: the other verdicts are worth having
                message = f"the check itself failed ({type(error).__name__}: {error}): no fault of the file"
                return Verdict(exercise, "fault", message=message, fault=Fault("check", message))

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield from pool.map(verdict, every() if exercises is None else exercises)
    finally:
        pool.shutdown(cancel_futures=True)


def status(verdicts: Sequence[Verdict]) -> int:
    """The exit status: 0 if all are solved, 1 if not, 2 if one could not be checked."""
    if any(each.fault and each.fault.kind == "check" for each in verdicts):
        return 2
    return int(any(each.state != "solved" for each in verdicts))


def as_json(verdicts: Sequence[Verdict], folder: Path) -> str:
    """The verdicts as plain data: what `check NAME --json` says, of each exercise, and how many are solved."""
    data = {
        "solved": sum(each.state == "solved" for each in verdicts),
        "exercises": [show.as_data(each, workspace.file_of(folder, each.exercise)) for each in verdicts],
    }
    return json.dumps(data, indent=2, allow_nan=False)


def junit(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the verdicts as JUnit XML, which graders and CI systems read: a suite for each chapter.

    A wrong answer is a failure, a file that cannot be run an error. What is not written yet is skipped: nobody has
    begun it, and reports count it apart; the exit status tells it from what is solved.

    Raises:
        OSError: the file cannot be written.
    """
    root = ET.Element("testsuites", name="tinydl exercises")
    for chapter, group in itertools.groupby(verdicts, lambda each: each.exercise.chapter):
        suite = ET.SubElement(root, "testsuite", name=f"{chapter.number} {chapter.name}")
        suite.extend(_case(each) for each in group)
        _count(suite)
    _count(root)
    ET.indent(root)
    with aside(path) as part:
        ET.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)


def _case(verdict: Verdict) -> ET.Element:
    exercise = verdict.exercise
    case = ET.Element(
        "testcase", classname=exercise.chapter.name, name=exercise.name, time=f"{verdict.seconds:.3f}"
    )
    kinds = {"wrong": "failure", "fault": "error", "unwritten": "skipped"}
    if verdict.state in kinds:
        came = ET.SubElement(case, kinds[verdict.state], message=_plain(verdict.message))
        if verdict.state != "unwritten":
            diagnosis, fault = verdict.diagnosis, verdict.fault
            came.set("type", diagnosis.key if diagnosis else fault.kind if fault else verdict.state)
            came.text = _plain("\n".join(_words(verdict)))
    if verdict.printed:
        ET.SubElement(case, "system-out").text = _plain(verdict.printed)
    return case


def _words(verdict: Verdict) -> list[str]:
    """What a reader is told."""
    words = [verdict.part, verdict.message]
    if verdict.diagnosis and verdict.diagnosis.sentence != verdict.message:
        words.append(verdict.diagnosis.sentence)
    if verdict.fault and verdict.fault.line:
        words.append(f"line {verdict.fault.line}: {verdict.fault.code}")
    return [each for each in words if each]


def _count(suite: ET.Element) -> None:
    """The sums that belong to a suite, as attributes."""
    cases = [*suite.iter("testcase")]
    suite.set("tests", str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _plain(text: str) -> str:
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
