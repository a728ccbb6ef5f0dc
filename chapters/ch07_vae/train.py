"""Train the chapter's autoencoder, draw what its plane holds, and change one thing at a time.

python -m chapters run vae                          some of MNIST, two to three minutes
python -m chapters run vae --full                   the recipe to the letter: all of it, ten times
python -m chapters run vae --latent 20              clouds in twenty numbers; of those, two directions are drawn
python -m chapters run vae --data fashion_mnist     clothes instead of digits
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import tinydl
from chapters import course
from chapters.ch07_vae.elbo import beta, terms
from chapters.ch07_vae.experiments import Watch, WrongVAE, kl_weight
from chapters.ch07_vae.model import VAE

CHAPTER = course.CHAPTERS["vae"]
BATCH = 16  # of the recipe
BETAS = (0, 1, 4, 16, 64)  # besides the recipe's own
WATCHED = 2000  # test pictures that are measured after each epoch


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument(
        "--latent",
        type=course.whole_number(1),
        default=2,
        metavar="N",
        help="numbers a picture (without it: 2)",
    )
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """The recipe and what its plane holds; the wrong standard deviation; divergences that count less, and more."""
    sets = load(run)
    run.start(sets.name)
    model = new_model(run, sets, VAE)
    model.encoder.summary()
    model.decoder.summary()
    recipe(run, sets, model)
    wrong_deviation(run, sets, model)
    betas(run, sets)


# ------------------------------------------------------------------------------------------------------- data


@dataclass(frozen=True)
class Sets:
    """What is learnt and what it is tested on: pictures (n, h, w, channels) from 0 to 1, height and width even."""

    name: str
    x: np.ndarray
    x_few: np.ndarray  # for each β
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: Sequence[str]


def load(run: course.Run) -> Sets:
    """All pictures with --full, else as many as there is time for."""
    options = run.options
    images = course.load_images(options.data, options.quick, options.seed)
    _, height, width, _ = images.x_train.shape
    x, x_test = (
        course.scaled(each[:, : height // 2 * 2, : width // 2 * 2])
        for each in (images.x_train, images.x_test)
    )
    if height % 2 or width % 2:
        print(
            f"The last row or column of each {height}x{width} picture is left out: the network halves both."
        )
    many, few = (640, 256) if options.quick else (len(x), 12_000) if options.full else (12_000, 4_000)
    sets = Sets(images.name, x[:many], x[:few], x_test, images.y_test, images.class_names)
    print(f"{sets.name}: {len(sets.x):,} pictures to learn, {len(x_test):,} to test, each {x.shape[1:]}")
    return sets


# --------------------------------------------------------------------------------------------------- training


def new_model(run: course.Run, sets: Sets, kind: type[VAE], **options: float) -> VAE:
    """A network as the seed makes it, compiled: all kinds begin with the same weights, and get the same noise."""
    tinydl.set_random_seed(run.options.seed)
    model = kind(sets.x.shape[1:], run.options.latent, **options)
    model.compile("rmsprop")
    return model


def recipe_epochs(run: course.Run) -> int:
    """How long the recipe's network learns, and its twin with the wrong standard deviation."""
    return run.epochs(quick=1, usual=3, full=10)


def recipe(run: course.Run, sets: Sets, model: VAE) -> None:
    """Learn, and say what it came to."""
    watch = Watch(sets.x_test[:WATCHED])
    run.fit(model, sets.x, name="vae", epochs=recipe_epochs(run), batch_size=BATCH, callbacks=[watch])
    reconstruction, divergence = (each.mean() for each in terms(model, sets.x_test))
    run.note(
        elbo=-reconstruction - divergence, reconstruction=reconstruction, kl=divergence, beta=beta(model)
    )
    print(
        f"Test ELBO {-reconstruction - divergence:.2f} nats a picture: {reconstruction:.2f} + {divergence:.2f}"
    )


def wrong_deviation(run: course.Run, sets: Sets, model: VAE) -> None:
    """The same training with exp(log_var) as the standard deviation."""
    wrong = new_model(run, sets, WrongVAE)
    watch = Watch(sets.x_test[:WATCHED])
    run.fit(wrong, sets.x, name="wrong std", epochs=recipe_epochs(run), batch_size=BATCH, callbacks=[watch])
    reconstruction, divergence = (each.mean() for each in terms(wrong, sets.x_test))
    print(
        f"wrong: {-reconstruction - divergence:.2f} nats a picture: {reconstruction:.2f} + {divergence:.2f}"
    )


def betas(run: course.Run, sets: Sets) -> None:
    """Short trainings in which the divergence counts β times: from nothing to nearly everything."""
    usual = new_model(run, sets, VAE)
    for b in sorted({*BETAS, beta(usual)}):
        model = new_model(run, sets, VAE, kl_weight=kl_weight(b, usual))
        epochs = 1 if run.options.quick else 2
        run.fit(model, sets.x_few, name=f"beta {b:.3g}", epochs=epochs, batch_size=BATCH, verbose=0)
        reconstruction, divergence = (each.mean() for each in terms(model, sets.x_test))
        print(
            f"{b:.3g}: {-reconstruction - divergence:.2f} nats a picture: {reconstruction:.2f} + {divergence:.2f}"
        )
