"""The race on a GPU, as far as it goes without one: tinydl's side on the stand-in, the rest with made-up numbers."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import tinydl
from benchmarks import __main__ as command
from benchmarks import floor, gpu, gpu_report, gpu_tinydl
from benchmarks.cases import Case
from benchmarks.floor import Product
from benchmarks.race import Result
from tests.devices import running_on
from tinydl import backend

TINY = {
    "lenet": Case("lenet", "LeNet, 2", "lenet", 2, (28, 28, 1)),
    "vae": Case("vae", "VAE, 2", "vae", 2, (28, 28, 1)),
    "dcgan": Case("dcgan", "narrow DCGAN, 2", "dcgan", 2, (32, 32, 3)),
}
AROUND = {
    "card": "Some | Card",
    "date": "2001-02-03T04:05:06",
    "processor": "a processor",
    "versions": {"numpy": "2"},
}
MADE_UP = [  # the second round was disturbed for all
    Result("tinydl", [0.002, 0.090, 0.004], 9, 120.0),
    Result("replay", [], error="RuntimeError: a metric counts | on the host"),
    Result("torch", [0.001, 0.030, 0.004], 9, 1234.0),
    Result("floor", [0.0005, 0.003, 0.001], 9, 5.0),
]
ERRORS = {"float32": 2e-3, "float64": 3e-15, "rounding": 4e-3}


def shown(*things: Any) -> str:
    console = Console(width=140, record=True, file=open(os.devnull, "w", encoding="utf-8"))
    with console.file:
        console.print(*things)
        return console.export_text()


# ----------------------------------------------------------------------------------------------- what is shown


def test_ratios_to_pytorch_are_medians_of_rounds_and_who_gave_up_has_a_line() -> None:
    tinydl_row, replay, torch, products = gpu_report.rows(MADE_UP)
    assert tinydl_row == ("tinydl", "4.000", "2.000", "2.00", "120", "")  # of 2, 3 and 1
    assert replay == ("tinydl, replayed", "", "", "", "", MADE_UP[1].error)
    assert torch[3] == "1.00" and torch[4] == "1,234"
    assert products[3] == "0.25"  # of 0.5, 0.1 and 0.25


def test_without_pytorch_there_are_times_and_no_ratios() -> None:
    missing = Result("torch", error="ModuleNotFoundError: No module named 'torch'")
    rows = gpu_report.rows([MADE_UP[0], missing])
    assert rows[0][1:4] == ("4.000", "2.000", "") and rows[1][-1] == missing.error


def test_the_table_has_a_column_for_errors_only_if_there_are_any() -> None:
    text = shown(gpu_report.table(TINY["lenet"], MADE_UP))
    assert "LeNet, 2: training step" in text and "a metric counts | on the host" in text
    assert "went wrong" not in shown(gpu_report.table(TINY["lenet"], MADE_UP[:1]))


def test_gradients_beyond_the_goal_are_marked() -> None:
    bad, good, unknown = gpu_report.gradient_lines(
        {"a": ERRORS, "b": ERRORS | {"float32": 1e-6}, "c": "MemoryError: full"}
    )
    assert "2.0e-03 in float32 (!), 3.0e-15 in float64" in bad and "(!)" not in good
    assert unknown == "c: MemoryError: full"


def test_markdown_and_json_hold_everything() -> None:
    text = gpu_report.markdown(AROUND, "9 passed", {"LeNet": ERRORS}, {TINY["lenet"]: MADE_UP})
    for words in ("# Some | Card", "9 passed", "2.0e-03", "## LeNet, 2: training step", "numpy 2"):
        assert words in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(MADE_UP)
    assert {line.replace("\\|", "").count("|") for line in table} == {7}
    told = json.loads(
        json.dumps(gpu_report.as_json(AROUND, "9 passed", {"LeNet": ERRORS}, {"lenet": MADE_UP}))
    )
    assert told["card"] == AROUND["card"] and told["gradients"]["LeNet"] == ERRORS
    first = told["races"][0]["results"][0]
    assert first["seconds"] == MADE_UP[0].seconds and first["ratio_to_torch"] == "2.00"


# ---------------------------------------------------------------------------------------------- who takes part


class Ticks:
    """A clock for which a step takes so many seconds as it returns."""

    def seconds(self, step: Callable[[], Any], count: int) -> float:
        return sum([step() for _ in range(count)])


@pytest.fixture
def nothing_to_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "free", gc.collect)


def test_whoever_fails_is_out_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, nothing_to_free: None
) -> None:
    class Memory:
        """Of a step that holds some."""

    left = 6
    held: list[weakref.ref] = []

    def tires(memory: Memory) -> float:
        nonlocal left
        left -= 1
        if left < 0:
            raise MemoryError("Out of memory\nallocating a lot")
        return 0.5

    def prepare(name: str, case: Case) -> tuple[Callable[[], float], int]:
        if name == "compiled":
            raise ImportError("no triton " + "x" * 300)
        if name == "graph":
            memory = Memory()
            held.append(weakref.ref(memory))
            return lambda: tires(memory), 2_000_000
        return lambda: 0.25, 1_000_000

    monkeypatch.setattr(gpu, "prepare", prepare)
    told: list[str] = []
    results = gpu.race(TINY["vae"], ["torch", "compiled", "graph", "floor"], 3, 1.0, Ticks(), told.append)
    torch, compiled, graph, products = results
    assert torch.seconds == products.seconds == [0.25] * 3 and torch.steps == 4 and torch.megabytes == 1
    assert (
        compiled.error and compiled.error.startswith("ImportError: no triton") and len(compiled.error) == 200
    )
    assert graph.error == "MemoryError: Out of memory" and graph.seconds == [0.5]
    assert held[0]() is None  # its memory is for the others
    assert told[-1] == "round 3 of 3" and "warming up: PyTorch, CUDA graph" in told


def test_only_names_cases_and_contestants() -> None:
    cases, names = command.chosen(["lenet", "torch", "replay"], gpu.CASES, gpu.CONTESTANTS)
    assert cases == ["lenet-128", "lenet-1024"] and names == ["replay", "torch"]
    assert command.chosen(None, gpu.CASES, gpu.CONTESTANTS) == (list(gpu.CASES), list(gpu.CONTESTANTS))
    assert set(gpu.CONTESTANTS) == set(gpu_report.TITLES)
    networks = {case.network for case in gpu.GRADIENTS}
    assert networks == {case.network for case in gpu.CASES.values()}


@pytest.mark.parametrize("network", TINY)
def test_pytorch_learns_on_the_device_that_it_is_told(network: str) -> None:
    pytest.importorskip("torch")
    gpu_torch = importlib.import_module("benchmarks.gpu_torch")
    nets: list[Any] = []
    x, y, learn = gpu_torch.prepared(TINY[network], "cpu", nets.append)
    assert x.shape[1] == TINY[network].shape[-1]  # channels first
    assert (y is x) == (network != "lenet")
    before = [weight.clone() for net in nets for weight in net.parameters()]
    assert np.isfinite(learn(x, y).item())
    assert all((a != b).any() for a, b in zip(before, [w for net in nets for w in net.parameters()]))


@pytest.mark.parametrize("network", TINY)
def test_pytorch_compiles_all_that_a_step_calls(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    gpu_torch = importlib.import_module("benchmarks.gpu_torch")
    called: set[str] = set()

    def compiled(forward: Any, **options: Any) -> Callable[..., Any]:
        name = f"{type(forward.__self__).__name__} {len(names)}"
        names.append(name)
        return lambda *args: (called.add(name), forward(*args))[1]

    names: list[str] = []
    monkeypatch.setattr(torch, "compile", compiled)
    x, y, learn = gpu_torch.prepared(TINY[network], "cpu", gpu_torch.compile_parts)
    learn(x, y)
    assert called == set(names) and len(names) == {"lenet": 1, "vae": 4, "dcgan": 2}[network]


def test_every_contestant_has_a_function() -> None:
    for place in gpu.CONTESTANTS.values():
        module, _, function = place.partition(".")
        if module == "gpu_torch":
            pytest.importorskip("torch")
        assert callable(getattr(importlib.import_module(f"benchmarks.{module}"), function))


# ------------------------------------------------------------------------------------------------- the stand-in


@contextlib.contextmanager
def nothing_watched() -> Iterator[Callable[[Callable], int]]:
    """The stand-in has no memory hooks."""
    yield lambda step: 7_000_000


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A GPU that is none."""
    monkeypatch.setattr(gpu_tinydl, "watched", nothing_watched)
    with running_on("standin") as cupy:
        yield cupy


def test_tinydl_and_the_bare_products_race(card: Any) -> None:
    results = gpu.race(TINY["lenet"], ["tinydl", "replay", "floor"], 2, 0.001)
    assert [each.error for each in results] == [None] * 3
    assert all(len(each.seconds) == 2 and each.megabytes == 7 for each in results)


def test_a_step_that_is_timed_moves_nothing_to_or_from_the_card(card: Any) -> None:
    for prepare in (gpu_tinydl.eager, gpu_tinydl.replayed, gpu_tinydl.floor):
        step, _ = prepare(TINY["lenet"])
        with card.forbidden():
            step()


def test_a_step_that_cannot_be_recorded_says_why(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = gpu_tinydl.compiled

    def asking(network: str) -> Any:
        model = compiled(network)
        step = model.train_step
        model.train_step = lambda *batch: {"loss": float(step(*batch)["loss"])}
        return model

    monkeypatch.setattr(gpu_tinydl, "compiled", asking)
    (result,) = gpu.race(TINY["lenet"], ["replay"], 1, 0.001)
    assert result.error and "cannot be recorded" in result.error and not result.seconds


@pytest.mark.parametrize("network", TINY)
def test_gradients_beside_the_cpus(card: Any, network: str) -> None:
    found = gpu_tinydl.errors(TINY[network])
    assert 0 < found["float32"] < 1e-2 and 0 < found["rounding"] < 1e-2 and found["float64"] < 1e-12
    assert tinydl.floatx() == "float32" and backend.current_device() == "gpu:0"


def test_a_wrong_gradient_is_seen() -> None:
    right = [np.array([1.0, 2.0]), np.zeros(3)]
    assert gpu_tinydl.largest([np.array([1.0, 2.2]), np.zeros(3)], right) == pytest.approx(0.1)
    with pytest.raises(AssertionError):
        gpu_tinydl.largest(right[:1], right)


def test_the_products_are_whole_and_share_memory(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple] = []

    def matmul(a: Any, b: Any, out: Any) -> None:
        assert out.shape == (a.shape[0], b.shape[1])
        made.append((a.shape, b.shape))

    monkeypatch.setattr(card, "matmul", matmul, raising=False)
    gpu_tinydl.multiplying([Product(6, 2, 3), Product(6, 2, 3, over_rows=True)])()
    assert made == [((6, 2), (2, 3)), ((2, 6), (6, 3))]


def test_the_full_dcgan_is_the_chapters() -> None:
    case = gpu.CASES["dcgan-20"]
    products = floor.of_case(case, "train")
    assert Product(20 * 32 * 32, 25 * 256, 256) in products  # its widest convolution
    assert case.data("train")[0].min() < 0


def test_memory_is_watched_by_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hook:
        def __enter__(self) -> None:
            hooks.append(self)

        def __exit__(self, *error: object) -> None:
            hooks.remove(self)

    hooks: list[Any] = []
    monkeypatch.setattr(backend, "library", lambda: SimpleNamespace(cuda=SimpleNamespace(MemoryHook=Hook)))
    with gpu_tinydl.watched() as most:

        def take(size: int) -> None:
            hooks[0].malloc_postprocess(device_id=0, size=size - 1, mem_size=size, mem_ptr=1, pmem_id=1)

        def give(size: int) -> None:
            hooks[0].free_postprocess(device_id=0, mem_size=size, mem_ptr=1, pmem_id=1)

        def step() -> None:
            take(1024)
            give(1024)
            take(512)
            give(512)

        take(512)  # is kept
        take(8192)  # as a warm-up may take it
        give(8192)
        assert most(step) == 1536
    assert not hooks


# -------------------------------------------------------------------------------------------------- the command


def test_without_a_gpu_it_says_in_a_line_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backend, "_opened", {"cpu": "cpu"})
    monkeypatch.setitem(sys.modules, "cupy", None)  # cannot be imported
    with pytest.raises(SystemExit) as end:
        command.main(["gpu", "--json", str(tmp_path / "gpu.json")])
    assert str(end.value).startswith("a GPU needs CuPy: pip install") and "\n" not in str(end.value)
    assert not list(tmp_path.iterdir())


def test_tf32_is_asked_for_in_vain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("CUPY_TF32", "1")
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    gpu.no_tf32()
    assert not {"CUPY_TF32", "NVIDIA_TF32_OVERRIDE"} & set(os.environ)
    assert capsys.readouterr().err == "CUPY_TF32 asks for TF32: not here.\n"


def test_the_suite_is_told_in_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "SUITE", [sys.executable, "-c", "print('FAILED a\\n1 failed, 2 passed')"])
    assert gpu.suite() == ("1 failed, 2 passed", "FAILED a\n1 failed, 2 passed")
    monkeypatch.setattr(gpu, "SUITE", [sys.executable, "-c", "raise SystemExit('No module named pytest')"])
    assert gpu.suite()[0] == "No module named pytest"
    monkeypatch.setattr(gpu, "SUITE", ["no-such-program-anywhere"])
    assert gpu.suite()[0].startswith("FileNotFoundError")
    monkeypatch.setattr(gpu, "SUITE_SECONDS", 0)
    monkeypatch.setattr(gpu, "SUITE", [sys.executable, "-c", "import time; time.sleep(9)"])
    assert gpu.suite()[0].startswith("TimeoutExpired")


@pytest.fixture
def made_up(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command with tiny cases, and no program asked but ourselves."""
    monkeypatch.setattr(gpu, "CASES", {"lenet": TINY["lenet"], "vae": TINY["vae"]})
    monkeypatch.setattr(gpu, "GRADIENTS", [TINY["lenet"], TINY["vae"]])
    monkeypatch.setattr(gpu, "driver", lambda: "1.2")
    monkeypatch.setattr(gpu, "QUICK_SECONDS", 0.001)
    monkeypatch.setattr(gpu, "suite", lambda: ("3 passed", "... 3 passed"))


def test_the_whole_command(made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "new" / "card.json"
    command.main(["gpu", "--quick", "--rounds", "1", "--only", "lenet", "tinydl", "--json", str(path)])
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["card"] == "Stand-in GPU" and told["suite"] == "3 passed"
    assert told["versions"]["driver"] == "1.2" and told["versions"]["CUDA of CuPy"] == "12.9"
    assert list(told["gradients"]) == ["LeNet, 2"] and told["races"][0]["case"] == "lenet"
    assert sorted(each.name for each in path.parent.iterdir()) == ["card.json", "card.md", "card.suite.txt"]
    assert "# Stand-in GPU" in path.with_suffix(".md").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    assert "copy the tables to benchmarks/results/card.md" in said and "3 passed" in said
    assert backend.current_device() == "cpu"


def test_ctrl_c_keeps_what_is_finished(
    made_up: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(case: Case, *others: Any, **options: Any) -> list[Result]:
        if case.name == "vae":
            raise KeyboardInterrupt
        return MADE_UP

    monkeypatch.setattr(gpu, "race", interrupted)
    path = tmp_path / "card.json"
    command.main(["gpu", "--skip-suite", "--quick", "--json", str(path)])
    told = json.loads(path.read_text(encoding="utf-8"))
    assert [each["case"] for each in told["races"]] == ["lenet"] and told["suite"] is None
    assert "1 of 2 races are finished" in capsys.readouterr().out


def test_versions_are_told_even_where_programs_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: Any, **options: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    assert gpu.driver() == "unknown"
    assert gpu.cuda(13000) == "13.0" and gpu.cuda(12090) == "12.9"


def test_the_clock_times_a_wait_for_an_idle_card(card: Any) -> None:
    calls: list[int] = []
    card.counts.reset()
    assert gpu.Clock().seconds(lambda: calls.append(1), 5) > 0
    assert len(calls) == 5 and card.counts.synchronisations == 2  # before and after, none between
