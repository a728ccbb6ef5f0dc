"""Two questions to the recipe, by many short trainings: what does the discriminator's learning rate do, and what is
each trick worth?

Every training is the recipe's but for one thing, in networks so narrow that a step takes some hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import tinydl
from chapters import course
from chapters.ch08_gan import charts
from chapters.ch08_gan.data import BATCH, Real
from chapters.ch08_gan.quality import Judge, diversity, new_judge
from chapters.ch08_gan.tricks import INSTEAD, RECIPE, Tricks, TricksGAN, without
from tinydl import callbacks

WIDTH = 8  # of both networks
STEPS = 250  # between two looks at the pictures: an epoch
LATE = 2  # looks, the last ones, whose mean is the figure
SHOWN = 400  # pictures whose diversity is measured
AS_EVER = "the recipe"
RATES = {"× 4": 4.0, "× 1": 1.0, "÷ 4": 1 / 4, "÷ 16": 1 / 16, "÷ 64": 1 / 64, "÷ 256": 1 / 256, "0": 0.0}


@dataclass(frozen=True)
class Trained:
    """What came of a training: the two figures after every `STEPS` steps, and some pictures from the end.

    distance: Fréchet, above the floor.
    """

    distance: np.ndarray
    diversity: np.ndarray
    pictures: np.ndarray

    @property
    def late(self) -> tuple[float, float]:
        """Distance and diversity at last: the mean of the last looks, for one alone may be lucky."""
        return float(self.distance[-LATE:].mean()), float(self.diversity[-LATE:].mean())


def experiments(run: course.Run, real: Real) -> None:
    """Leave out each trick, and sweep the discriminator's rate; after Ctrl-C, tell of those that are done.

    Each is done with two seeds, the recipe with four: what differs by less than the recipe from itself says nothing.
    """
    images = replace(real.images, x_train=cut(real.images.x_train), x_test=cut(real.images.x_test))
    real = replace(real, x=cut(real.x), images=images)
    judge = new_judge(run, real)
    if judge.floor is None:
        raise course.Refused(
            f"--experiments: {len(real.x)} pictures are too few to judge by; give it some hundreds"
        )
    variants: dict[str, tuple[Tricks, float]] = {AS_EVER: (RECIPE, 1.0)}
    variants |= {f"without {trick}": (without(trick), 1.0) for trick in INSTEAD}
    variants |= {f"rate {name}": (RECIPE, rate) for name, rate in RATES.items() if rate != 1}
    first = run.options.seed
    jobs = [(name, first) for name in variants]
    if not run.options.quick:
        jobs += [(AS_EVER, first + k) for k in (1, 2, 3)]
        jobs += [(name, first + 1) for name in variants if name != AS_EVER]
    tinydl.set_random_seed(first)
    model = TricksGAN(RECIPE, WIDTH, real.x.shape[1:])
    untrained = judge.distance(model.drawn(model.points(judge.pictures, first))) - judge.floor
    run.note(untrained=untrained)
    print(
        f"Before training, pictures are {untrained:.1f} above the floor. {len(jobs)} trainings:", flush=True
    )
    found: dict[str, list[Trained]] = {name: [] for name in variants}
    for name, seed in jobs:
        came = trained(run, real, judge, name, *variants[name], seed)
        if came is None:
            break
        found[name].append(came)
    if found[AS_EVER]:
        rates(run, judge, found)
        tricks_table(run, judge, found)


def cut(x: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w, channels) without their rims, so that sides are multiples of 8, as the strides need them."""
    height, width = (side // 8 * 8 for side in x.shape[1:3])
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    return np.ascontiguousarray(x[:, top : top + height, left : left + width])


def trained(
    run: course.Run, real: Real, judge: Judge, name: str, tricks: Tricks, rate: float, seed: int
) -> Trained | None:
    """One training, and what came of it; None if Ctrl-C has cut it short."""
    quick = run.options.quick
    tinydl.set_random_seed(seed)
    model = TricksGAN(tricks, 4 if quick else WIDTH, real.x.shape[1:])
    model.compile(rate)
    history = run.fit(
        model,
        model.like_real(real.x),
        name=f"{name}, seed {seed}",
        epochs=run.epochs(quick=1, usual=8, full=36),
        steps_per_epoch=2 if quick else STEPS,
        batch_size=BATCH,
        shuffle=False,
        callbacks=[Look(judge, seed)],
        verbose=0,
    ).history
    if run.interrupted:
        return None
    distance = np.array(history["frechet"]) - judge.floor
    came = Trained(distance, np.array(history["diversity"]), model.drawn(model.points(8, seed)))
    told = f"distance {came.late[0]:7.2f}, diversity {came.late[1]:.3f}"
    print(f"  {name:<26} seed {seed}: {told}", flush=True)
    return came


class Look(callbacks.Callback):
    """Judges the pictures of always the same points after every epoch; the two figures get into the history."""

    model: TricksGAN

    def __init__(self, judge: Judge, seed: int):
        self.judge, self.seed = judge, seed

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        pictures = self.model.drawn(self.model.points(self.judge.pictures, self.seed))
        if np.isfinite(pictures).all():
            logs["diversity"] = diversity(pictures[:SHOWN])
            logs["frechet"] = self.judge.distance(pictures)
        else:
            logs["diversity"] = logs["frechet"] = np.nan
            self.model.stop_training = True


# ------------------------------------------------------------------------------------------------ what came out


def rates(run: course.Run, judge: Judge, found: Mapping[str, Sequence[Trained]]) -> None:
    """The discriminator learns faster and slower: does the generator end with one same picture?"""
    named = {name: found[AS_EVER if rate == 1 else f"rate {name}"] for name, rate in RATES.items()}
    swept = {name: trainings for name, trainings in named.items() if trainings}
    print("\nThe discriminator's learning rate, times 0.0008: what the pictures are like at last, by seed")
    told = {}
    for name, trainings in swept.items():
        distances, diversities = zip(*(each.late for each in trainings))
        told[name] = {"distance": distances, "diversity": diversities}
        print(f"  {name:<8} distance {figures(distances, 2)}   diversity {figures(diversities, 3)}")
    print(f"  of real pictures, the diversity is {judge.diversity_real:.3f}")
    run.note(rates=told, diversity_real=judge.diversity_real)
    run.picture("rates", charts.rates(swept, STEPS, judge.diversity_real))


def tricks_table(run: course.Run, judge: Judge, found: Mapping[str, Sequence[Trained]]) -> None:
    """What each trick is worth: how much farther from real pictures one gets without it."""
    recipe = [each.late[0] for each in found[AS_EVER]]
    print(f"\n{AS_EVER}: distance {figures(recipe, 2)} above the floor ({judge.floor:.2f}). Instead of")
    told: dict[str, Any] = {
        AS_EVER: {"distance": recipe, "diversity": [each.late[1] for each in found[AS_EVER]]}
    }
    rows = {AS_EVER: found[AS_EVER]}
    for trick, (words, _) in INSTEAD.items():
        trainings = found[f"without {trick}"]
        if not trainings:
            continue
        rows[words] = trainings
        distances, diversities = zip(*(each.late for each in trainings))
        verdict = beside(distances, recipe)
        told[trick] = {"distance": distances, "diversity": diversities, "verdict": verdict}
        print(f"  {trick:<16} {words:<26} {figures(distances, 2)}   {verdict}")
    run.note(tricks=told)
    run.picture("tricks", charts.tricks(rows, judge.diversity_real))


def beside(distances: Sequence[float], recipe: Sequence[float]) -> str:
    """Whether distances say anything: each of them has to be outside of what the recipe's own seeds have."""
    if not np.isfinite([*distances, *recipe]).all():
        return "broke off"
    if len(recipe) < 2:
        return "one seed says nothing"
    if min(distances) > max(recipe):
        return "farther away"
    return "nearer" if max(distances) < min(recipe) else "no difference to be seen"


def figures(values: Sequence[float], digits: int) -> str:
    """In words: 1.23, 4.56."""
    return ", ".join(f"{value:.{digits}f}" for value in values)
