"""Train two networks against each other, and look at what one of them draws.

python -m chapters run gan                    birds of CIFAR-10, 2,000 steps of the narrow networks
python -m chapters run gan --epochs 40        10,000 steps, as many as the recipe has
python -m chapters run gan --data mnist       digits, in two or three minutes
python -m chapters run gan --full --device gpu          the recipe to the letter; --resume goes on after Ctrl-C
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

import tinydl
from chapters import course
from chapters.ch08_gan.data import BATCH, Real, real_pictures
from chapters.ch08_gan.model import GAN, discriminator, generator
from chapters.ch08_gan.watch import Watch, diversity, frames
from chapters.course.flags import LATEST

CHAPTER = course.CHAPTERS["gan"]
STEPS = 250  # an epoch, in this chapter: the recipe counts steps, 10,000 of them
SHOWN = 100  # points that are always the same, whose pictures are shown


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument("--class", metavar="NAME", help="of the data's classes, this one alone")
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """Two networks outwit each other."""
    real = real_pictures(run.options.data, getattr(run.options, "class"))
    print(f"{real.name}: {len(real.x):,} pictures, each {real.x.shape[1:]}, pixels from -1 to 1")
    run.start(real.name)
    learn(run, real)


# --------------------------------------------------------------------------------------------------- training


def new_model(run: course.Run, shape: tuple[int, int, int]) -> GAN:
    """Both networks as the seed makes them, compiled as the recipe has it; all widths but --full's are narrower."""
    options = run.options
    narrow = (8, 8) if options.quick else (64, 32) if shape[-1] == 3 else (16, 16)
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
    steps = 5 if options.quick else STEPS
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
    kept = frames(run.out, len(run.record["history"]["gan"].get("d_loss", [])))
    model.generator.load_weights(kept[max(kept)])  # after Ctrl-C or a NaN, the last that was good
    return model


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
