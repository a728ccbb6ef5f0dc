"""Processes and what is told of them: with made-up seconds, and with contestants that die."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import growth, report
from benchmarks.cases import CASES, LIBRARIES
from benchmarks.race import THREADS, Contestant, GaveUp, Result, race
from benchmarks.report import as_json, from_json, summary, table

AROUND = report.circumstances(2)
MADE_UP = [  # tinydl had a bad second round, and so had everybody
    Result("tinydl", [0.010, 0.100, 0.020], 3, 50.0, 0.97),
    Result("torch:channels-first", [0.030, 0.300, 0.060], 1, 90.0),
    Result("torch:channels-last", [0.020, 0.100, 0.020], 2, 80.0),
    Result("dezero", [0.5], 1, None, error="MemoryError"),
    Result("floor", [0.005, 0.040, 0.010], 9, 1.0),
]


def shown(*things: Any) -> str:
    console = Console(width=120, record=True, file=open(os.devnull, "w", encoding="utf-8"))
    with console.file:
        console.print(*things)
        return console.export_text()


# ---------------------------------------------------------------------------------------------------- numbers


def test_ratios_are_medians_of_rounds_and_the_faster_layout_counts() -> None:
    tinydl, torch, floor = summary(MADE_UP)
    assert tinydl["ratio"] == 1 and tinydl["median_ms"] == pytest.approx(20) and tinydl["minimum_ms"] == 10
    assert torch["contestant"] == "torch:channels-last" and torch["peak_mb"] == 80
    assert torch["ratio"] == pytest.approx(1)  # of 2, 1 and 1
    assert floor["ratio"] == pytest.approx(0.5)  # of 0.5, 0.4 and 0.5


def test_a_slow_one_is_compared_in_the_rounds_that_it_ran() -> None:
    slow = Result("dezero", [4.0, 6.0, 4.0])
    assert report.ratio(slow, Result("tinydl", [1.0, 2.0, 2.0, 9.0])) == 3


def test_the_table_says_it_all() -> None:
    text = shown(table(CASES["lenet"], "train", MADE_UP), *report.remarks(CASES["lenet"], MADE_UP))
    for words in (
        "LeNet, 128: training step",
        "PyTorch (channels last)",
        "bare products",
        "0.50",
        "× tinydl",
    ):
        assert words in text
    assert "DeZero gave up: MemoryError" in text and "97.0 % of its time in train_step" in text
    assert "channels first" not in text


def test_json_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "race.json"
    finished = {("lenet", "train"): MADE_UP, ("chain", "infer"): MADE_UP[:1]}
    report.write_json(path, as_json(AROUND, finished))
    told = json.loads(path.read_text(encoding="utf-8"))
    assert from_json(told) == finished
    assert told["threads"] == 2 and told["versions"]["numpy"] and told["processor"] and told["date"]
    assert [each.name for each in path.parent.iterdir()] == ["race.json"]


def test_the_picture_shows_each_library_once_in_the_legend() -> None:
    finished = {(name, phase): MADE_UP for name in ("lenet", "vae-16") for phase in ("train", "infer")}
    figure = report.picture(finished, AROUND)
    (legend,) = figure.legends
    assert [each.get_text() for each in legend.get_texts()] == ["PyTorch", "bare products"]
    assert [axes.get_title() for axes in figure.axes] == ["training step", "inference pass"]
    assert [len(axes.patches) for axes in figure.axes] == [4, 4]  # two cases, two bars
    figure.draw_without_rendering()


def test_growth_from_made_up_results() -> None:
    measured = [
        (each, {value: MADE_UP[:2] for value in each.values}) for each in growth.series(3, quick=False)
    ]
    assert [list(points) for _, points in measured] == [
        [1, 4, 16, 64, 256, 1024, 4096],
        [28, 64, 128, 256, 512, 1024],
        [1, 2, 3],
    ]
    figure = growth.picture(measured, AROUND)
    figure.draw_without_rendering()
    assert len(figure.axes) == 6
    assert "4,096" in shown(growth.table(*measured[0]))
    assert len(growth.as_json(AROUND, measured)["points"]) == 16
    case, threads = measured[1][0].point(64)
    assert case.shape == (64, 64, 16) and threads is None
    assert measured[2][0].point(3) == (CASES["lenet"], 3)


# ------------------------------------------------------------------------------------------------ command line


def test_only_takes_cases_and_libraries() -> None:
    assert command.chosen(None) == (list(CASES), list(LIBRARIES))
    assert command.chosen(["vae", "torch", "tinydl"]) == (["vae-16", "vae-128"], ["tinydl", "torch"])
    assert command.chosen(["small-6000"]) == (["small-6000"], list(LIBRARIES))
    assert command.chosen(["keras"]) == (list(CASES), ["keras"])


def test_an_unknown_name_is_answered_with_all(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["--only", "lenett"])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "did you mean 'lenet'" in said
    assert all(name in said for name in [*CASES, *LIBRARIES, "vae", "small"])


@pytest.mark.parametrize("bad", [["--rounds", "-1"], ["--threads", "0"], ["--phase", "sleep"], ["run"]])
def test_bad_arguments(bad: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(bad)
    assert end.value.code == 2


def test_missing_libraries_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "numpy" or None)
    assert command.installed(["tinydl", "torch", "keras"]) == ["tinydl"]
    assert "left out: PyTorch, Keras (pip install 'tinydl[bench]')" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="Nobody"):
        command.installed(["torch"])


def test_ctrl_c_keeps_what_is_finished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(case: Any, phase: str, *others: Any) -> list[Result]:
        if phase == "infer":
            raise KeyboardInterrupt
        return MADE_UP

    monkeypatch.setattr(command, "race", interrupted)
    path = tmp_path / "race.json"
    command.main(["--only", "lenet", "tinydl", "--json", str(path)])
    assert from_json(json.loads(path.read_text(encoding="utf-8"))) == {("lenet", "train"): MADE_UP}
    assert path.with_suffix(".png").exists()
    said = capsys.readouterr().out
    assert "LeNet, 128: training step" in said and "1 of 2 races are finished" in said


# --------------------------------------------------------------------------------------------------- processes


def test_one_dies_and_the_others_go_on() -> None:
    tinydl, nobody = race(CASES["chain"], "train", ["tinydl", "nobody"], 2, threads=1, seconds=0.001)
    assert tinydl.error is None and len(tinydl.seconds) == 2 and tinydl.steps >= 1
    assert (
        nobody.seconds == [] and nobody.error == "ModuleNotFoundError: No module named 'benchmarks.in_nobody'"
    )


def test_a_process_that_is_killed_gives_up() -> None:
    contestant = Contestant("tinydl", CASES["chain"], "infer", 1)
    try:
        contestant.answer()
        contestant.process.kill()
        contestant.process.wait()
        with pytest.raises(GaveUp, match="status"):
            contestant.ask(1)
    finally:
        contestant.close()


def test_all_get_the_threads_and_nobody_openblas_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def start(*arguments: Any, **options: Any) -> Any:
        given.update(options)
        return argparse.Namespace(kill=lambda: None, communicate=lambda: None)

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("TINYDL_THREADS", "1")
    Contestant("tinydl", CASES["chain"], "infer", 3).close()
    assert {given["env"][name] for name in THREADS} == {"3"}
    assert "OPENBLAS_CORETYPE" not in given["env"]


class Actor(Contestant):
    """Answers from a list of seconds a step, without a process; the last one stays."""

    def __init__(self, *seconds: float):
        self.result, self.slow, self.script, self.asked = Result("actor"), False, list(seconds), []

    def ask(self, steps: int) -> dict:
        self.asked.append(steps)
        return {"seconds": self.script.pop(0) if len(self.script) > 1 else self.script[0], "megabytes": 7.0}


def test_compiling_counts_for_nothing_and_steps_fill_a_round() -> None:
    actor = Actor(9.0, 0.1, 0.05, 0.03)  # it compiles, then it gets warm
    actor.warm_up(0.3, most=256)
    assert not actor.slow and actor.result.steps == 10 and actor.asked == [1, 1, 3, 6, 10]
    actor.run()
    assert actor.asked[5:] == [1, 10]  # one to get going
    assert actor.result.seconds == [0.03] and actor.result.megabytes == 7


def test_a_round_takes_no_more_batches_than_there_are() -> None:
    actor = Actor(0.01)
    actor.warm_up(0.3, most=4)
    assert actor.result.steps == 4


def test_a_slow_one_rests_after_three_rounds() -> None:
    actor = Actor(5.0)
    actor.warm_up(0.3, most=256)
    for _ in range(9):
        actor.run()
    assert actor.slow and actor.asked == [1] * 5 and len(actor.result.seconds) == 3
