"""On a GPU: `python -m benchmarks gpu` runs the tests there, holds gradients beside the CPU's, and races PyTorch.

Everybody races in this process, on the same stream of the same card, in turns: a round of one, a round of the next.
Whoever fails (PyTorch is missing, a step cannot be captured, the memory is full) gets a line in the table that says
why, and the others go on.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

import tinydl
from benchmarks import gpu_report, report
from benchmarks.cases import Case
from benchmarks.gpu_tinydl import Step, errors
from benchmarks.race import ROOT, Result
from tinydl import backend

FOLDER = Path("runs/benchmarks/gpu")
SUITE = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests"]
SUITE_SECONDS = 1200  # the first run compiles every kernel
ROUND_SECONDS, QUICK_SECONDS, MOST_STEPS = 0.2, 0.05, 1000
TF32 = ("CUPY_TF32", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")

_DIGIT, _PICTURE = (28, 28, 1), (32, 32, 3)
CASES = {
    case.name: case
    for case in (
        Case("lenet-128", "LeNet, 128", "lenet", 128, _DIGIT),
        Case("lenet-1024", "LeNet, 1,024", "lenet", 1024, _DIGIT),
        Case("small-6000", "small CNN, 6,000", "small_cnn", 6000, _DIGIT),
        Case("vae-128", "VAE, 128", "vae", 128, _DIGIT),
        Case("dcgan-20", "full DCGAN, 20", "full_dcgan", 20, _PICTURE),
        Case("dcgan-128", "full DCGAN, 128", "full_dcgan", 128, _PICTURE),
    )
}
# Gradients need no large batch, and the CPU has to compute them too.
GRADIENTS = [
    Case("lenet", "LeNet", "lenet", 128, _DIGIT),
    Case("small", "small CNN", "small_cnn", 128, _DIGIT),
    Case("vae", "VAE", "vae", 128, _DIGIT),
    Case("dcgan", "full DCGAN", "full_dcgan", 20, _PICTURE),
]
CONTESTANTS = {  # who makes their steps: PyTorch is loaded when it is asked, and may be missing
    "tinydl": "gpu_tinydl.eager",
    "replay": "gpu_tinydl.replayed",
    "torch": "gpu_torch.eager",
    "compiled": "gpu_torch.compiled",
    "graph": "gpu_torch.graph",
    "floor": "gpu_tinydl.floor",
}


def prepare(name: str, case: Case) -> tuple[Step, int]:
    """A contestant's step, warmed up, and the most bytes that it took."""
    module, _, function = CONTESTANTS[name].partition(".")
    return getattr(importlib.import_module(f"benchmarks.{module}"), function)(case)


# ------------------------------------------------------------------------------------------------- the race


class Clock:
    """The time that work takes on the card, by its own events.

    Everybody's kernels go to the default stream, CuPy's as well as PyTorch's. While it waits for the host it is idle:
    that counts too, and for small networks it is most of the time.
    """

    def __init__(self) -> None:
        self.cuda = backend.library().cuda

    def seconds(self, step: Step, count: int) -> float:
        """Of so many steps, from when the card is idle to when it is idle again."""
        began, ended = self.cuda.Event(), self.cuda.Event()
        self.cuda.Device().synchronize()
        began.record()
        for _ in range(count):
            step()
        ended.record()
        ended.synchronize()
        return self.cuda.get_elapsed_time(began, ended) / 1000


def free() -> None:
    """Give the card's memory back that nobody uses: the next one may have another library."""
    gc.collect()
    backend.library().get_default_memory_pool().free_all_blocks()
    if "torch" in sys.modules:
        sys.modules["torch"].cuda.empty_cache()


def last_words(error: Exception) -> str:
    """An error in one line, which is not too long for a table."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."


class Racer:
    """One who takes part in a race, with a step that is ready."""

    def __init__(self, name: str, clock: Clock):
        self.result = Result(name)
        self.clock = clock
        self.step: Step | None = None

    def attempt(self, work: Callable[[], None]) -> None:
        """Do something of it; if that fails, it is out, says why, and leaves its memory to the others."""
        if self.result.error is not None:
            return
        try:
            work()
        except Exception as error:
            self.result.error = last_words(error)
            self.step = None
        if self.result.error is not None:
            free()  # now that the error is gone, and with it all that its frames have held

    def start(self, case: Case, seconds: float) -> None:
        """Warm up, and find out how many steps fill a round."""
        self.step, taken = prepare(self.result.contestant, case)
        self.result.megabytes = taken / 1e6
        once = self.clock.seconds(self.step, 3) / 3
        self.result.steps = max(1, min(MOST_STEPS, round(seconds / max(once, 1e-6))))

    def run(self) -> None:
        """A round."""
        assert self.step
        self.step()  # whoever has rested needs one to get going
        count = self.result.steps
        self.result.seconds.append(self.clock.seconds(self.step, count) / count)


def race(
    case: Case,
    names: list[str],
    rounds: int,
    seconds: float = ROUND_SECONDS,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda news: None,
) -> list[Result]:
    """Let them take turns, A B C A B C ..., each for about so many seconds a round."""
    free()
    clock = clock or Clock()
    racers = [Racer(name, clock) for name in names]
    for racer in racers:
        tell(f"warming up: {gpu_report.TITLES[racer.result.contestant]}")
        racer.attempt(partial(racer.start, case, seconds))
    for i in range(rounds):
        tell(f"round {i + 1} of {rounds}")
        for racer in racers:
            racer.attempt(racer.run)
    return [racer.result for racer in racers]


# --------------------------------------------------------------------------------------- before the race


def no_tf32() -> None:
    """Float32 in full: what the environment says otherwise goes, before the libraries read it."""
    for name in TF32:
        if os.environ.pop(name, "0") not in ("", "0"):
            print(f"{name} asks for TF32: not here.", file=sys.stderr)


def circumstances() -> dict[str, Any]:
    """The card, and all versions."""
    cupy = backend.library()
    runtime = cupy.cuda.runtime
    around = report.circumstances(os.cpu_count() or 1)
    for name in ("keras", "tensorflow", "tensorflow-cpu", "dezero"):  # they are not here
        around["versions"].pop(name, None)
    around["card"] = runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
    around["versions"] |= {
        "driver": driver(),
        "CUDA of the driver": cuda(runtime.driverGetVersion()),
        "CUDA of CuPy": cuda(runtime.runtimeGetVersion()),
        "cupy": cupy.__version__,
    }
    try:
        torch = importlib.import_module("torch")
        around["versions"] |= {
            "CUDA of PyTorch": str(torch.version.cuda),
            "cuDNN of PyTorch": str(torch.backends.cudnn.version()),
        }
    except Exception as error:  # it is missing, or broken: its lines in the tables will say so too
        around["versions"]["torch"] = last_words(error)
    return around


def cuda(version: int) -> str:
    """12090 -> 12.9"""
    return f"{version // 1000}.{version % 1000 // 10}"


def driver() -> str:
    """The driver's own version, as nvidia-smi tells it."""
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=60).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        told = []
    return told[0] if told else "unknown"


def suite() -> tuple[str, str]:
    """The tests on CuPy, in a process of their own: the last line they say, and all of it."""
    try:
        told = subprocess.run(
            SUITE, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=SUITE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return last_words(error), ""
    text = f"{told.stdout}\n{told.stderr}".strip()
    lines = (told.stdout.strip() or told.stderr.strip()).splitlines()
    return (lines[-1] if lines else f"ended with status {told.returncode}"), text


def all_gradients(cases: list[Case], tell: Callable[[str], None]) -> dict[str, dict[str, float] | str]:
    """For each network how far its gradients are from the CPU's, or why that could not be found out."""
    found: dict[str, dict[str, float] | str] = {}
    for case in cases:
        tell(f"gradients: {case.title}")
        try:
            found[case.title] = errors(case)
        except Exception as error:
            found[case.title] = last_words(error)
        free()
    return found


# -------------------------------------------------------------------------------------------------- main


def main(options: argparse.Namespace, cases: list[str], names: list[str]) -> None:
    """Tests, gradients, and the race of these cases and contestants; all into a JSON and a Markdown file."""
    no_tf32()
    try:
        tinydl.set_device("gpu")
    except RuntimeError as error:
        sys.exit(str(error))
    try:
        compare(options, cases, names)
    finally:
        tinydl.set_device("cpu")


def _show(status: Status, where: str, news: str) -> None:
    status.update(f"{where}: {news}")


def compare(options: argparse.Namespace, cases: list[str], names: list[str]) -> None:
    """`main`, on a GPU that is there."""
    console = Console()
    around = circumstances()
    console.print(f"[bold]{around['card']}[/bold]", highlight=False)
    console.print(", ".join(f"{name} {version}" for name, version in around["versions"].items()))
    path = options.json or FOLDER / f"{re.sub('[^a-z0-9]+', '-', around['card'].lower()).strip('-')}.json"
    tests: str | None = None
    gradients: dict[str, dict[str, float] | str] = {}
    finished: dict[Case, list[Result]] = {}

    def keep() -> None:
        by_name = {case.name: results for case, results in finished.items()}
        report.write_json(path, gpu_report.as_json(around, tests, gradients, by_name))
        report.write_file(path.with_suffix(".md"), gpu_report.markdown(around, tests, gradients, finished))

    try:
        with console.status("") as status:
            if not options.skip_suite:
                status.update("the tests, on CuPy")
                tests, said = suite()
                console.print(f"pytest -m gpu tests: {tests}", markup=False)
                report.write_file(path.with_suffix(".suite.txt"), said)
                keep()
            networks = {CASES[name].network for name in cases}
            gradients |= all_gradients(
                [case for case in GRADIENTS if case.network in networks], status.update
            )
            console.print(f"Gradients beside the CPU's (to be {gpu_report.GOAL:.0e} at most):")
            for line in gpu_report.gradient_lines(gradients):
                console.print(f"  {line}", markup=False)
            keep()
            for i, name in enumerate(cases):
                case = CASES[name]
                where = f"{case.title} ({i + 1} of {len(cases)})"
                finished[case] = race(
                    case,
                    names,
                    options.rounds,
                    QUICK_SECONDS if options.quick else ROUND_SECONDS,
                    tell=partial(_show, status, where),
                )
                console.print(gpu_report.table(case, finished[case]))
                keep()
    except KeyboardInterrupt:
        console.print(f"Interrupted: {len(finished)} of {len(cases)} races are finished.")
        keep()
    print(gpu_report.NOTE)
    print(f"All numbers: {path}; the tables: {path.with_suffix('.md')}")
    print(f"To keep them: copy the tables to benchmarks/results/{path.stem}.md")
