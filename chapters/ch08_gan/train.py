"""Train two networks against each other, and look at what one of them draws.

python -m chapters run gan                    birds of CIFAR-10, 2,000 steps of the narrow networks
python -m chapters run gan --epochs 40        10,000 steps, as many as the recipe has
python -m chapters run gan --data mnist       digits, in two or three minutes
python -m chapters run gan --data mnist --experiments   other learning rates, and each trick left out in turn
python -m chapters run gan --full --device gpu          the recipe to the letter; --resume goes on after Ctrl-C
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

import tinydl
from chapters import course
from chapters.ch08_gan import pictures
from chapters.ch08_gan.data import BATCH, Real, real_pictures
from chapters.ch08_gan.duel import duel
from chapters.ch08_gan.experiments import experiments
from chapters.ch08_gan.model import GAN, WIDTHS, discriminator, generator
from chapters.ch08_gan.quality import diversity, new_judge
from chapters.ch08_gan.watch import Watch, frames
from chapters.course.flags import LATEST
from chapters.neighbours import nearest
from tinydl import plot

CHAPTER = course.CHAPTERS["gan"]
STEPS = 250  # an epoch, in this chapter: the recipe counts steps, 10,000 of them
SHOWN = 100  # points that are always the same, whose pictures are shown
FRAMES = 17  # of the film


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument("--class", metavar="NAME", help="of the data's classes, this one alone")
    flags.add_argument(
        "--experiments",
        action="store_true",
        help="instead: other learning rates, and each trick left out in turn",
    )
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """Two networks outwit each other: how it went, what is drawn, and how good that is. Or the experiments."""
    real = real_pictures(run.options.data, getattr(run.options, "class"), run.options.quick)
    print(f"{real.name}: {len(real.x):,} pictures, each {real.x.shape[1:]}, pixels from -1 to 1")
    run.start(real.name)
    if run.options.experiments:
        experiments(run, real)
        return
    model = learn(run, real)
    kept = frames(run.out, len(run.record["history"]["gan"].get("d_loss", [])))
    how_it_went(run, kept)
    what_it_draws(run, real, model, kept)
    no_minimum(run)
    how_good_it_is(run, real, model, kept)


# --------------------------------------------------------------------------------------------------- training


def new_model(run: course.Run, shape: tuple[int, int, int]) -> GAN:
    """Both networks as the seed makes them, compiled as the recipe has it; all widths but --full's are narrower."""
    options = run.options
    narrow = (8, 8) if options.quick else WIDTHS[shape[-1]]
    first, second = (256, 128) if options.full else narrow
    tinydl.set_random_seed(options.seed)
    model = GAN(generator(first, shape=shape), discriminator(second, shape))
    model.compile()
    return model


def fixed_points(n: int, model: GAN, seed: int) -> np.ndarray:
    """Always the same points of the latent space: float32 (n, latent_dim)."""
    return np.random.default_rng(seed).standard_normal((n, model.input_shape[1]), dtype=np.float32)


def learn(run: course.Run, real: Real) -> GAN:
    """Train both, with a watch; say before how long it will take."""
    options, shape = run.options, real.x.shape[1:]
    steps = steps_of_an_epoch(run)
    epochs = run.epochs(quick=4, usual=8 if shape[-1] == 3 else 16, full=40)
    seconds = time_of_a_step(new_model(run, shape), real.x)
    print(
        f"{epochs * steps:,} steps; one takes {seconds:.2g} s here: {duration(epochs * steps * seconds)} in all."
    )
    if options.full and options.device == "cpu":
        print("The full networks are for a GPU, --device gpu. Ctrl-C stops, --resume goes on.", flush=True)
    model = new_model(run, shape)
    model.generator.summary()
    model.discriminator.summary()
    goes_on = options.resume == LATEST or (
        options.resume and options.resume.resolve().is_relative_to(run.out.resolve())
    )
    points = fixed_points(SHOWN, model, options.seed)
    watch = Watch(
        run.out, points, diversity(real.x[:SHOWN]), state=2 if options.quick else 4, anew=not goes_on
    )
    run.fit(
        model,
        real.x,
        name="gan",
        epochs=epochs,
        steps_per_epoch=steps,
        batch_size=BATCH,
        shuffle=False,  # as the recipe has it: in the order of the files
        callbacks=[watch],
        verbose=2,
    )
    return model


def steps_of_an_epoch(run: course.Run) -> int:
    """So many steps are an epoch here, since the recipe counts steps."""
    return 5 if run.options.quick else STEPS


def time_of_a_step(model: GAN, x: np.ndarray) -> float:
    """Seconds, of the second step: the first has memory to find."""
    for _ in range(2):
        began = time.monotonic()
        model.train_on_batch(x[:BATCH])
    return time.monotonic() - began


def duration(seconds: float) -> str:
    """In words: about 5 min."""
    for size, name in ((3600, "hours"), (60, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {name}"
    return f"about {seconds:.0f} s"


# ---------------------------------------------------------------------------------------------- what came out


def how_it_went(run: course.Run, kept: dict[int, Path]) -> None:
    """Both losses, and how well the discriminator told real from generated."""
    history = run.record["history"]["gan"]
    if not history.get("d_loss"):
        return
    names = ("d_loss", "g_loss", "real_accuracy", "generated_accuracy")
    last = {name: history[name][-1] for name in names}
    run.note(**last, steps=steps_of_an_epoch(run) * max(kept))
    print(f"At last the discriminator's loss is {last['d_loss']:.3f}, the generator's {last['g_loss']:.3f};")
    print(
        f"it calls {last['real_accuracy']:.0%} of the real pictures real, and {last['generated_accuracy']:.0%} of "
        "the generated ones generated. Neither says how good the pictures are."
    )
    run.picture("adversaries", pictures.adversaries(history, steps_of_an_epoch(run)))


def what_it_draws(run: course.Run, real: Real, model: GAN, kept: dict[int, Path]) -> None:
    """The same points over time; pictures from the end, and the real ones nearest to them; ways between points."""
    steps, last = steps_of_an_epoch(run), max(kept)
    points = fixed_points(SHOWN, model, run.options.seed)
    drawn = {}
    for epoch in some(kept, FRAMES):
        model.generator.load_weights(
            kept[epoch]
        )  # the last one is the last that was good, whatever came after
        drawn[epoch] = model.predict(points, verbose=0)
    film = [pictures.frame(x[:12], epoch / max(last, 1)) for epoch, x in drawn.items()]
    plot.save_animation(film, run.out / "film.gif", [0.4] * (len(film) - 1) + [3.0], colours=96)
    few = {epoch * steps: drawn[epoch][:6] for epoch in some(kept, 9)}
    run.picture("strip", pictures.strip(few, "Six points, and their pictures after so many steps"))

    final = drawn[last]
    title = f"After {last * steps:,} steps: pictures of 100 points"
    run.picture("samples", plot.image_grid(pictures.shown(final), title=title))
    flat = real.x.reshape(len(real.x), -1)  # (n, h·w·channels)
    ten = final[:10]
    found = nearest(flat, 1, ten.reshape(len(ten), -1))[:, 0]
    title = "Is it memory? Generated pictures, and of all real ones the nearest, pixel by pixel"
    run.picture("nearest", pictures.nearest_ones(ten, real.x[found], title))
    share = np.linspace(0, 1, 9, dtype=np.float32)[:, None]  # (9, 1)
    ways = np.stack(
        [(1 - share) * points[i] + share * points[i + 1] for i in range(0, 8, 2)]
    )  # (4, 9, latent_dim)
    between = model.predict(ways.reshape(-1, ways.shape[-1]), verbose=0)
    title = "From one point to another in eight steps"
    run.picture("between", pictures.between(between.reshape(4, 9, *between.shape[1:]), title))


def no_minimum(run: course.Run) -> None:
    """Two players with a number each: both follow their gradients, and neither arrives."""
    ways = {"both at once": duel(150, in_turn=False), "in turn": duel(150)}
    run.picture("duel", pictures.circles(ways))


def how_good_it_is(run: course.Run, real: Real, model: GAN, kept: dict[int, Path]) -> None:
    """Two figures over time, diversity and Fréchet distance, beside what real pictures get; the best pictures."""
    judge = new_judge(run, real)
    points = fixed_points(judge.pictures, model, run.options.seed)
    last, steps = max(kept), steps_of_an_epoch(run)
    late = [epoch for epoch in sorted(kept) if epoch][-5:] or [0]  # five, for one alone may be lucky
    distances, diversities = {}, {}
    best: dict[int, np.ndarray] = {}  # by step, pictures nearer to real ones than all before
    for epoch in sorted({*some(kept, 9), *late}):
        model.generator.load_weights(kept[epoch])
        x = model.predict(points, batch_size=100, verbose=0)
        distances[epoch * steps], diversities[epoch * steps] = judge.distance(x), diversity(x)
        if judge.floor is None or distances[epoch * steps] == min(distances.values()):
            best[epoch * steps] = x[:48]
    when = max(best)
    run.picture("beside", pictures.beside(real.x[:48], best[when], f"generated, after {when:,} steps"))
    run.note(diversity=diversities[last * steps], diversity_real=judge.diversity_real)
    print(f"Diversity {diversities[last * steps]:.3f}; of real pictures {judge.diversity_real:.3f}.")
    if judge.floor is None:
        print("Too few pictures for a Fréchet distance.")
        return
    above = {step: value - judge.floor for step, value in distances.items()}
    found, first = float(np.mean([above[epoch * steps] for epoch in late])), min(above)
    run.note(frechet_best=above[when], frechet_best_step=when)
    run.note(frechet=found, frechet_untrained=above.get(0), frechets=distances)
    print(
        f"Fréchet distance above the floor ({judge.floor:.2f}, of other real pictures): {found:.2f}, as a mean"
    )
    print(f"after epochs {', '.join(map(str, late))}; after {first:,} steps it was {above[first]:.2f}.")
    run.picture("quality", pictures.quality(distances, judge.floor, diversities, judge.diversity_real))


def some(kept: Iterable[int], n: int) -> list[int]:
    """At most n of the epochs that were kept, more of them in the beginning, when most happens."""
    epochs = sorted(kept)
    return sorted({epochs[round((len(epochs) - 1) * share**1.5)] for share in np.linspace(0, 1, n)})
