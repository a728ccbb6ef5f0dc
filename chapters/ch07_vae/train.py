"""Train the chapter's autoencoder, draw what its plane holds, and change one thing at a time.

python -m chapters run vae                          some of MNIST, about four minutes
python -m chapters run vae --full                   the recipe to the letter: all of it, ten times
python -m chapters run vae --latent 20              clouds in twenty numbers; two directions of them are drawn
python -m chapters run vae --data fashion_mnist     clothes instead of digits
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import tinydl
from chapters import course
from chapters.ch07_vae import curves, pictures
from chapters.ch07_vae.elbo import beta, clouds, kl_divergence, noise, terms
from chapters.ch07_vae.experiments import Watch, WrongVAE, first_losses, kl_weight
from chapters.ch07_vae.model import VAE, sample
from chapters.ch07_vae.pictures import Map
from chapters.ch07_vae.plane import Plane, decoded, eight, grid, plane_of
from chapters.neighbours import knn_accuracy
from tinydl import plot

CHAPTER = course.CHAPTERS["vae"]
BATCH = 16  # of the recipe
BETAS = (0, 1, 4, 16, 64)  # besides the recipe's own
WATCHED = 2000  # test pictures that are measured after each epoch

# Test ELBO to expect, by data; README.md says how it was measured.
EXPECT = {"MNIST": "about -166 after three epochs of 12,000 pictures, -149 with --full"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    latent = {"type": course.whole_number(1), "default": 2, "metavar": "N"}
    flags.add_argument("--latent", **latent, help="how many numbers a picture becomes (without it: 2)")
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
    what_the_plane_holds(run, sets, model)
    wrong_deviation(run, sets, model)
    several_betas(run, sets)


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
    if height % 2 or width % 2:
        print(
            f"Of each {height}x{width} picture the last row or column is left out: the network halves both."
        )
    even = (slice(None), slice(height // 2 * 2), slice(width // 2 * 2))
    x, x_test = course.scaled(images.x_train[even]), course.scaled(images.x_test[even])
    if options.quick:
        many, few, tested = 480, 96, 200
    else:
        many, few, tested = (len(x), 12_000, len(x_test)) if options.full else (12_000, 4_000, len(x_test))
    labels = images.y_test[:tested]
    sets = Sets(images.name, x[:many], x[:few], x_test[:tested], labels, images.class_names)
    print(f"{sets.name}: {len(sets.x):,} pictures to learn, {len(labels):,} to test, each {x.shape[1:]}")
    return sets


# --------------------------------------------------------------------------------------------------- training


def new_model(run: course.Run, sets: Sets, kind: type[VAE], **options: float) -> VAE:
    """A network as the seed makes it, compiled: all kinds begin with the same weights, and get the same noise."""
    tinydl.set_random_seed(run.options.seed)
    model = kind(sets.x.shape[1:], run.options.latent, **options)
    model.compile("rmsprop")
    return model


def learn(run: course.Run, sets: Sets, model: VAE, name: str) -> dict[str, list[float]]:
    """Train by the recipe, and measure some of the test pictures after each epoch."""
    epochs = run.epochs(quick=1, usual=3, full=10)
    watch = Watch(sets.x_test[:WATCHED])
    return run.fit(model, sets.x, name=name, epochs=epochs, batch_size=BATCH, callbacks=[watch]).history


def means(model: VAE, x: np.ndarray) -> tuple[float, float]:
    """The reconstruction and the divergence of pictures, in nats a picture."""
    reconstruction, divergence = (float(each.mean()) for each in terms(model, x))
    return reconstruction, divergence


def as_note(reconstruction: float, divergence: float) -> dict[str, float]:
    """Both, and the lower bound, for run.json."""
    return {"reconstruction": reconstruction, "kl": divergence, "elbo": -reconstruction - divergence}


def recipe(run: course.Run, sets: Sets, model: VAE) -> None:
    """Learn, and say what it came to: the lower bound, and the sum that the recipe makes small."""
    b, pixels = beta(model), sets.x[0].size
    history = learn(run, sets, model, "vae")
    each, others = terms(model, sets.x_test)  # (n,) and (n,)
    reconstruction, divergence = float(each.mean()), float(others.mean())
    elbo, weighted = -reconstruction - divergence, reconstruction + b * divergence
    kinds = [k for k in range(len(sets.class_names)) if k in sets.y_test]
    by_class = {sets.class_names[k]: float(each[sets.y_test == k].mean()) for k in kinds}
    run.note(
        **as_note(reconstruction, divergence), beta=b, weighted=weighted, reconstruction_by_class=by_class
    )
    print(f"\nTest pictures, in nats: reconstruction {reconstruction:.2f} + divergence {divergence:.2f},")
    print(f"so the evidence lower bound is {elbo:.2f}: a picture's probability is e to that, or more.")
    print(
        f"The recipe's loss times {pixels} is {weighted:.2f}: in it the divergence counts {b:.3g} times (β)."
    )
    if expected := EXPECT.get(sets.name):
        print(f"Expect an ELBO of {expected}{', without --quick' if run.options.quick else ''}.")
    if history:
        in_nats = {"reconstruction_loss": pixels, "kl_loss": pixels / b}
        learnt = [scale * np.array(history[name]) for name, scale in in_nats.items()]
        tested = [np.array(history[name]) for name in ("test_reconstruction", "test_kl")]
        names = ("reconstruction", "divergence")
        test, training = dict(zip(names, tested)), dict(zip(names, learnt))
        run.picture("costs", curves.costs(test, training, b))


# ------------------------------------------------------------------------------------------------- the plane


def what_the_plane_holds(run: course.Run, sets: Sets, model: VAE) -> None:
    """What lies where in it, how wide the clouds are, what comes back, and what is new."""
    mean, log_var = clouds(model, sets.x_test)  # (n, latent_dim) each
    plane = plane_of(mean)
    if plane.words:
        print(f"Drawn in pictures of the plane: {plane.words.strip()}.")
    places = Map(plane.places(mean), sets.y_test, sets.class_names)
    run.picture(
        "manifold", pictures.manifold(grid(model, plane), f"{sets.name}: 15 x 15 points{plane.words}")
    )
    some = places.few(3000)
    title = f"{sets.name}: where test pictures lie{plane.words}"
    run.picture("plane", plot.latent_scatter(some.places, some.labels, some.names, title))
    samples = sample(mean, log_var, noise(*mean.shape))  # a point of each cloud
    told = knn_accuracy(mean[:5000], sets.y_test[:5000])
    within = {far: float((np.linalg.norm(mean, axis=1) < far).mean()) for far in (1, 2, 3)}
    run.note(knn=told, within=within)
    print(f"Five nearest neighbours tell the class of {told:.1%} of the test pictures; no label was seen.")
    heap = plane.places(samples)
    run.picture(
        "clouds", pictures.clouds(places.few(100), plane.covariances(log_var[:100]), heap, plane.words)
    )
    back = model.predict(sets.x_test[:30], verbose=0)
    title = f"{sets.name}: test pictures, and what comes back from the middles of their clouds"
    run.picture("reconstructions", plot.reconstructions(sets.x_test[:30], back, title=title))
    new = decoded(model, noise(50, run.options.latent, run.options.seed + 1))
    title = f"{sets.name}: decoded from random points of the normal distribution"
    run.picture("samples", plot.image_grid(new, title=title))
    the_walk(run, model, plane, places.few(1000))


def the_walk(run: course.Run, model: VAE, plane: Plane, background: Map) -> None:
    """Through the plane, and what is decoded on the way."""
    way = eight(8 if run.options.quick else 48)
    shown = decoded(model, plane.points(way))  # (steps, h, w, channels)
    colours = 32 if shown.shape[-1] == 1 else 128
    frames = pictures.walk(background, way, shown, plane.words)
    plot.save_animation(frames, run.out / "walk.gif", 0.15, colours=colours)


# ------------------------------------------------------------------------------------- one thing is different


def wrong_deviation(run: course.Run, sets: Sets, model: VAE) -> None:
    """The same training, from the same weights, with exp(log_var) as the standard deviation."""
    wrong = new_model(run, sets, WrongVAE)
    learn(run, sets, wrong, "wrong std")
    reconstruction, divergence = means(wrong, sets.x_test)
    mean, log_var = clouds(wrong, sets.x_test)
    # Its loss has the divergence of other clouds than it draws from.
    said = float(kl_divergence(mean, log_var / 2).mean())
    mended = VAE(sets.x.shape[1:], run.options.latent)
    mended.set_weights(wrong.get_weights())
    found = {
        "right": means(model, sets.x_test),
        "wrong, its clouds as they are": (reconstruction, divergence),
        "wrong, as its own loss has it": (reconstruction, said),
        "wrong weights, right formula": means(mended, sets.x_test),
    }
    print("\nexp(log_var) as the standard deviation; test pictures, in nats:")
    for name, (a, b) in found.items():
        print(f"  {name:<31} reconstruction {a:7.2f} + divergence {b:6.2f} = {a + b:7.2f}")
    run.note(wrong_std={name: as_note(*each) for name, each in found.items()})
    looks_different(run, sets, model, wrong)


def looks_different(run: course.Run, sets: Sets, model: VAE, wrong: VAE) -> None:
    """How both begin, how wide their clouds become, and what they draw."""
    if run.interrupted:
        raise KeyboardInterrupt  # as `run.fit` does: these are trainings too
    options = run.options
    seeds, steps = (1, 10) if options.quick else (10, 40) if options.full else (3, 40)
    begin = sets.x[: steps * BATCH]
    first = {
        name: [first_losses(kind, begin, options.latent, BATCH, seed) for seed in range(seeds)]
        for name, kind in {"right": VAE, "wrong": WrongVAE}.items()
    }
    both = [clouds(each, sets.x_test) for each in (model, wrong)]
    right_std, wrong_std = (np.exp(log_var / 2).ravel() for _, log_var in both)
    run.note(
        deviations={"right": float(np.median(right_std)), "wrong": float(np.median(wrong_std))},
        first_losses={name: [max(each) for each in losses] for name, losses in first.items()},
    )
    run.picture("deviations", curves.deviations(first, right_std, wrong_std))
    names = ("standard deviation exp(log_var / 2)", "standard deviation exp(log_var)")
    planes = [plane_of(mean) for mean, _ in both]
    grids = list(zip(names, map(grid, (model, wrong), planes)))
    words = planes[0].words
    run.picture("wrong", pictures.manifolds(grids, f"{sets.name}: 15 x 15 points of both{words}"))


def several_betas(run: course.Run, sets: Sets) -> None:
    """Short trainings in which the divergence counts β times, from not at all to more than anything else."""
    usual = new_model(run, sets, VAE)
    epochs, some = (1, (0, 64)) if run.options.quick else (2, BETAS)
    found, rows = {}, []
    print(
        f"\nThe divergence counted β times ({len(sets.x_few):,} pictures, epochs: {epochs}); test, in nats:"
    )
    for b in sorted({*some, beta(usual)}):
        model = new_model(run, sets, VAE, kl_weight=kl_weight(b, usual))
        run.fit(model, sets.x_few, name=f"beta {b:.3g}", epochs=epochs, batch_size=BATCH, verbose=0)
        found[b] = means(model, sets.x_test)
        reconstruction, divergence = found[b]
        print(
            f"  β {b:<6.3g} reconstruction {reconstruction:7.2f} + divergence {divergence:6.2f},"
            f" ELBO {-reconstruction - divergence:8.2f}"
        )
        mean = clouds(model, sets.x_test)[0]
        plane = plane_of(mean)
        places = Map(plane.places(mean), sets.y_test, sets.class_names).few(1000)
        rows.append((f"β = {b:.3g}", places, grid(model, plane, 7)))
    run.note(betas={f"{b:.3g}": as_note(*each) for b, each in found.items()})
    run.picture("betas", pictures.planes(rows, f"{sets.name}: the divergence counted β times{plane.words}"))
    run.picture("beta_terms", curves.beta_terms(found, beta(usual)))
