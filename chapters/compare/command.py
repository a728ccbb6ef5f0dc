"""`python -m chapters compare NAME`: from the flags to the exit status."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

import tinydl
from chapters import course
from chapters.compare import files, keras_side, report
from chapters.compare.measure import SAMPLES, differences
from chapters.compare.pair import FOLDER, Pair, Task, chapters_with_pairs, find, pairs_of
from chapters.compare.race import Lap, race
from chapters.compare.sides import Tinydl
from chapters.course.record import versions
from tinydl import plot

INSTALL = "Keras, with TensorFlow, PyTorch or JAX, is not installed here: pip install 'tinydl[keras]'"
QUICK_STEPS, QUICK_SAMPLES = 3, 8  # with --quick: steps on their own, and samples in float64
LOGITS = {
    True: "finds the logits, and its cross-entropy begins with those: so does tinydl's.",
    False: "sees probabilities only, and clips them at 1e-7: tinydl, which would use the logits, does the same here.",
}
SLOPES = "{} rounds the slope of a leaky ReLU to float32, and so it is rounded here, too."


def main(argv: Sequence[str] | None = None) -> int:
    """Compare a chapter's networks with Keras's. `argv`: NAME and flags.

    Returns:
        The exit status: 0 if all is within tolerance, or if there is no Keras and the stored comparison was shown; 1 if
        something is beyond.

    Raises:
        Refused: a name or flag that is not known, data that cannot be had, a folder that cannot be written.
    """
    options = _flags().parse_args(argv)
    chapter = find(options.name)
    backend = keras_side.choose_backend()
    if backend is None:
        return _show_stored(chapter)
    for name, pair in pairs_of(chapter).items():
        if backend not in pair.backends:
            raise course.Refused(
                f"compare {chapter.name}: in Keras the twin of {name} learns on {' or '.join(pair.backends)}, "
                f"not on {backend}: set KERAS_BACKEND={pair.backends[0]}"
            )
    tasks = _tasks(chapter, options)  # what is wrong with them is told before Keras takes its time
    out = options.out or course.RUNS / chapter.name / "compare"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise course.Refused(
            f"--out {out}: cannot write there ({error.strerror}); name another folder"
        ) from None
    comparison = compare(chapter, tasks, options, backend)
    report.show(comparison)
    report.write(comparison, out / "compare.json")
    (out / "compare.png").unlink(missing_ok=True)  # an earlier one's
    if figure := report.curves(comparison):
        plot.save(figure, out / "compare.png")
    print(f"All of it in {out}: {', '.join(sorted(path.name for path in out.glob('compare.*')))}")
    return 0 if report.all_within(comparison) else 1


def _flags() -> course.Parser:
    flags = course.Parser(
        "python -m chapters compare", "A chapter's networks beside the same in Keras, number by number."
    )
    number, seed = course.whole_number(1), course.whole_number(0)
    flags.add_argument("name", nargs="?", help=f"of the chapter: {', '.join(chapters_with_pairs())}")
    flags.add_argument("--steps", type=number, metavar="N", help="of the optimizer that are compared (3)")
    flags.add_argument(
        "--epochs", type=number, metavar="N", help="that both train for on their own, in float32"
    )
    flags.add_argument("--data", metavar="NAME", help="instead of the chapter's own; as in run")
    flags.add_argument("--quick", action="store_true", help="a few seconds, to see that it works")
    flags.add_argument("--seed", type=seed, default=0, metavar="N", help="of all that is random")
    flags.add_argument("--out", type=Path, metavar="DIR", help="where to leave compare.json and compare.png")
    return flags


def _show_stored(chapter: course.Chapter) -> int:
    stored = report.read(FOLDER / chapter.package / "compare.json")
    if stored is None:
        raise course.Refused(f"{INSTALL} (and no comparison of {chapter.name} is stored)")
    print(f"{INSTALL}. This is what it came to on {stored['date']}:")
    report.show(stored)
    return 0


def compare(
    chapter: course.Chapter, tasks: dict[str, tuple[str, Task]], options: Namespace, backend: str
) -> dict[str, Any]:
    """Everything about all pairs of a chapter, as `report` takes it."""
    theirs = keras_side.Keras(backend, options.seed)
    recovers, rounds = theirs.recovers_logits(), theirs.rounds_slopes()
    networks = {
        name: _compare_pair(name, pair, *tasks[name], options, Tinydl(not recovers, rounds), theirs)
        for name, pair in pairs_of(chapter).items()
    }
    backend_name = keras_side.BACKENDS[backend]
    leaky = any(
        each["kind"] == "LeakyReLU" for network in networks.values() for each in network["differences"]
    )
    return {
        "chapter": chapter.name,
        "date": date.today().isoformat(),
        "seed": options.seed,
        "versions": {**versions(), **theirs.versions()},
        "backend": backend,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "logits": f"Behind a softmax or sigmoid, Keras on {backend_name} {LOGITS[recovers]}"
        + f" {SLOPES.format(backend_name)}" * (rounds and leaky),
        "networks": networks,
    }


def _tasks(chapter: course.Chapter, options: Namespace) -> dict[str, tuple[str, Task]]:
    """What each network learns, and the name of the data that it is made from."""
    loaded: dict[str, course.Images] = {}
    tasks = {}
    for name, pair in pairs_of(chapter).items():
        data = options.data or pair.data or chapter.data
        if data not in loaded:
            loaded[data] = pair.load(data, options.quick, options.seed)
        tasks[name] = loaded[data].name, pair.task(loaded[data])
        try:
            Tinydl().build(pair, tasks[name][1])
        except ValueError as error:
            shape = loaded[data].x_train.shape[1:]
            raise course.Refused(
                f"--data {data}: {name} does not take pictures of {shape}: {error}"
            ) from None
    return tasks


def _compare_pair(
    name: str, pair: Pair, data: str, task: Task, options: Namespace, ours: Tinydl, theirs: Tinydl
) -> dict[str, Any]:
    def tell(news: str) -> None:
        print(f"{name}: {news} ...", flush=True)

    tinydl.set_random_seed(options.seed)
    steps = options.steps or (1 if options.quick else 3)
    samples = QUICK_SAMPLES if options.quick else SAMPLES
    found = differences(pair, task, ours, theirs, steps, lambda news: tell(f"float64, {news}"), samples)
    size = pair.samples_a_step(len(task.x))
    result: dict[str, Any] = {
        "data": data,
        "batch": min(size, samples),
        "samples_a_step": size,
        "differences": report.kept(found),
        "losses": {},
        "seconds": [],
        "files": {},
    }
    if any(np.isinf(each.value) for each in found):
        return result  # no twins: there is nothing to let loose
    tell("weights there and back through Keras's files")
    result["files"] = files.there_and_back(pair, task, ours, theirs)
    epochs = options.epochs or (1 if options.quick else pair.epochs)
    tell(f"float32, each on its own, epochs: {epochs}")
    most = QUICK_STEPS if options.quick and not options.epochs else None
    laps = _laps(pair, task, ours, theirs, epochs, options.seed, most)
    result["losses"] = {
        loss: [[float(f"{value:.9g}") for value in lap.losses[loss]] for lap in laps]
        for loss in laps[0].losses
    }
    if all(lap.seconds for lap in laps):
        result["seconds"] = [float(f"{lap.typical:.4g}") for lap in laps]
    return result


def _laps(
    pair: Pair, task: Task, ours: Tinydl, theirs: Tinydl, epochs: int, seed: int, most: int | None
) -> tuple[Lap, Lap]:
    """The race, with a bar that shows how far it is."""
    tinydl.set_random_seed(seed)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("steps", total=None)

        def tell(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)

        return race(pair, task, ours, theirs, epochs, seed, tell, most)
