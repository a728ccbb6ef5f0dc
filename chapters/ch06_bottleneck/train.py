"""Teach a network to name pictures by way of two numbers, film how the plane comes about, and question the plane.

python -m chapters run bottleneck                    ten kinds of painted cakes
python -m chapters run bottleneck --data photos      a folder with a folder of pictures for each class
python -m chapters run bottleneck --resume runs/bottleneck/checkpoints/epoch_0050.npz    on from there, to the same bits
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import tinydl
from chapters import course
from chapters.ch05_autoencoder.plane import fit_plane, plane
from chapters.ch06_bottleneck import distances, pictures
from chapters.ch06_bottleneck.film import Diary, frames, points
from chapters.ch06_bottleneck.model import bottleneck
from chapters.ch06_bottleneck.pictures import Plane
from chapters.neighbours import knn_accuracy
from tinydl import Sequential, optimizers, plot

CHAPTER = course.CHAPTERS["bottleneck"]
BATCH, RATE, EPOCHS = 40, 5e-4, 300
HELD_OUT = 1 / 3  # of each class, the last by name
GOAL = 0.99
EXPECT = {"painted cakes": "99 to 100 % of those it learns"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    run = course.Run(CHAPTER, course.chapter_flags(CHAPTER), argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """One plane and its film; other seeds' planes, and what distances in them are worth; chapter 5's plane."""
    images = the_pictures(run.options.data)
    x, x_test = (each.astype(np.float32) / 255 for each in (images.x_train, images.x_test))
    sizes = f"{len(x)} pictures to learn, {len(x_test)} held out"
    print(f"{images.name}: {len(images.class_names)} classes, {sizes}, each {x.shape[1:]}")
    run.start(images.name)
    if not run.options.resume:
        run.empty_folder("frames")
        run.empty_folder("checkpoints")
    seed = run.options.seed

    model = new_model(images, seed)
    model.summary()
    learn(run, model, images, x, x_test)
    the_film(run, images, model, x)
    the_plane(run, images, model, x)

    models = {seed: model}
    for another in (seed + 1, seed + 2) if run.options.full else (seed + 1,):
        models[another] = new_model(images, another)
        options = {"epochs": how_long(run), "batch_size": BATCH, "verbose": 0}
        run.fit(models[another], x, images.y_train, name=f"seed {another}", **options)
    what_seeds_share(run, images, models, x, x_test)
    beside_chapter_5(run, images, model, x, x_test)


def the_pictures(data: str) -> course.Images:
    """A third of each class is held out; sides are those that three halvings divide."""
    # Of the large sets, the part that --quick means: here one learns a few hundred pictures by heart.
    few = data in course.SETS
    images = course.load_images(data, few, seed=None, test_split=HELD_OUT)
    around = [(0, 0), *((0, -side % 8) for side in images.x_train.shape[1:3]), (0, 0)]
    images.x_train, images.x_test = (np.pad(each, around) for each in (images.x_train, images.x_test))
    return images


# --------------------------------------------------------------------------------------------------- training


def new_model(images: course.Images, seed: int) -> Sequential:
    """The network as the seed makes it, compiled."""
    tinydl.set_random_seed(seed)
    model = bottleneck(images.x_train.shape[1:], len(images.class_names))
    model.compile(optimizers.Adam(RATE), "sparse_categorical_crossentropy", ["accuracy"])
    return model


def how_long(run: course.Run) -> int:
    """Epochs of each training."""
    return run.epochs(quick=4, usual=EPOCHS, full=EPOCHS)


def learn(
    run: course.Run, model: Sequential, images: course.Images, x: np.ndarray, x_test: np.ndarray
) -> None:
    """Learn the pictures by heart, with a diary, and say what it came to."""
    state, frame = (2, 1) if run.options.quick else (50, 10)
    history = run.fit(
        model,
        x,
        images.y_train,
        name="bottleneck",
        epochs=how_long(run),
        batch_size=BATCH,
        validation_data=(x_test, images.y_test),
        callbacks=[Diary(run.out, x, state, frame)],
        verbose=0,
    ).history
    accuracy, held_out = right(model, x, images.y_train), right(model, x_test, images.y_test)
    curve = history.get("accuracy", [])
    reached = next((epoch for epoch, value in enumerate(curve, 1) if value >= GOAL), None)
    run.note(accuracy=accuracy, held_out=held_out, epochs=len(curve), reached=reached)
    when = f"{GOAL:.0%} in epoch {reached}" if reached else f"less than {GOAL:.0%}"
    print(f"After {len(curve)} epochs it names {accuracy:.1%} of the pictures that it learns ({when}),")
    print(f"and {held_out:.1%} of those held out; guessing would get {1 / len(images.class_names):.0%}.")
    if images.name in EXPECT:
        print(f"Expect {EXPECT[images.name]}{', without --quick' if run.options.quick else ''}.")
    if curve:
        chance = 1 / len(images.class_names)
        run.picture("curves", pictures.curves(curve, history["val_accuracy"], chance, images.name))


def right(model: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    """The share of pictures that it names as they are called."""
    return float(model.evaluate(x, y, batch_size=200, verbose=0)[1])


# ------------------------------------------------------------------------------------------------- one plane


def the_film(run: course.Run, images: course.Images, model: Sequential, x: np.ndarray) -> None:
    """How the plane came about, frame by frame, from the first epoch to now."""
    done = len(run.record["history"]["bottleneck"].get("loss", []))
    moments = {**frames(run.out, done), done: points(model, x)}
    reach = 1.05 * float(max(np.abs(each).max() for each in moments.values()))
    shots = [
        pictures.frame(Plane(each, images.y_train, images.class_names, f"after {epoch:4d} epochs"), reach)
        for epoch, each in moments.items()
    ]
    seconds = [1.0, *[0.2] * (len(shots) - 2), 3.0][-len(shots) :]
    plot.save_animation(shots, run.out / "film.gif", seconds, colours=32)


def the_plane(run: course.Run, images: course.Images, model: Sequential, x: np.ndarray) -> None:
    """What lies where in the plane, who wins where, and what pulls a picture there."""
    labels, names = images.y_train, images.class_names
    z = points(model, x)
    title = f"{images.name}: each at the place that its two numbers say"
    run.picture("thumbnails", plot.thumbnails(z, images.x_train, labels, title))
    reach = 1.1 * float(np.abs(z).max())
    run.picture("wedges", pictures.wedges(model, Plane(z, labels, names, ""), reach))
    saved = sorted((run.out / "checkpoints").glob("epoch_*.npz"))[:2]  # at first, and when a little is learnt
    moments = []
    for path in saved:
        then = bottleneck(x.shape[1:], len(names))
        then.load_weights(path)
        z = points(then, x)
        title = f"after {int(path.stem.removeprefix('epoch_'))} epochs"
        moments.append((Plane(z, labels, names, title), distances.pull(then, z, labels)))
    if moments:
        run.picture("pulls", pictures.pulls(moments, "Where the loss pulls each point"))


# ----------------------------------------------------------------------------------------- what it is worth


def what_seeds_share(
    run: course.Run, images: course.Images, models: dict[int, Sequential], x: np.ndarray, x_test: np.ndarray
) -> None:
    """Planes of several seeds beside one another: is what is near, or wide, in one of them so in another?"""
    labels, names = images.y_train, images.class_names
    planes = {seed: points(model, x) for seed, model in models.items()}
    shares = {seed: right(model, x, labels) for seed, model in models.items()}
    kept_back = {seed: right(model, x_test, images.y_test) for seed, model in models.items()}
    run.note(accuracies=list(shares.values()), helds_out=list(kept_back.values()))
    told = [Plane(z, labels, names, f"seed {seed}: {shares[seed]:.1%} right") for seed, z in planes.items()]
    run.picture("seeds", pictures.side_by_side(told, f"{images.name}: the same network, other first weights"))
    print("\nThe same with other first weights: " + ", ".join(f"seed {k} {v:.1%}" for k, v in shares.items()))

    first, second = list(models)[:2]
    mixed = distances.mixed_up(models[first].predict(x_test, verbose=0), images.y_test)
    looks = distances.gaps(x.reshape(len(x), -1), labels)
    here, there = (distances.gaps(planes[seed], labels) for seed in (first, second))
    wide, wide_there = (distances.spreads(planes[seed], labels) for seed in (first, second))
    order = distances.rank_correlation
    found = {
        "gaps_other_seed": order(here, there),
        "gaps_pixels": order(here, looks),
        "gaps_mixed_up": order(here, -mixed),
        "spreads_other_seed": order(wide, wide_there),
    }
    run.note(**found)
    print("Do distances in the plane say how unlike two classes are? Rank correlations (1 yes, 0 no):")
    print(f"  between centres, with the plane of seed {second}   {found['gaps_other_seed']:+.2f}")
    print(f"  between centres, with mean pictures' pixels  {found['gaps_pixels']:+.2f}")
    print(f"  between centres, with how rarely mixed up    {found['gaps_mixed_up']:+.2f}")
    print(f"  spread of a class, with the plane of seed {second} {found['spreads_other_seed']:+.2f}")
    across = f"between two classes in the plane of seed {first}"
    pairs = [
        (across, f"in the plane of seed {second}", here, there, found["gaps_other_seed"]),
        (across, "between their mean pictures (pixels)", here, looks, found["gaps_pixels"]),
        (across, "how often mixed up (probability)", here, mixed, order(here, mixed)),
    ]
    run.picture("distances", pictures.gaps_compared(pairs, "Are classes that lie apart unlike?"))
    squeezed = distances.redrawn(models[first], np.array([[1.0, 0.0], [2.0, 0.3]], np.float32))
    apart = np.abs(squeezed.predict(x, verbose=0) - models[first].predict(x, verbose=0)).max()
    run.note(redrawn_difference=float(apart))
    print(
        f"The plane squeezed and slanted, and the last layer with it: answers differ by {apart:.0e} at most."
    )
    told = [
        Plane(points(model, x), labels, names, title)
        for model, title in ((models[first], "as it was learnt"), (squeezed, "redrawn"))
    ]
    run.picture("redrawn", pictures.side_by_side(told, "Two planes with the same answers to every picture"))


def beside_chapter_5(
    run: course.Run, images: course.Images, model: Sequential, x: np.ndarray, x_test: np.ndarray
) -> None:
    """Does a picture's neighbourhood tell its class? This plane, and that of an autoencoder with the same encoder."""
    epochs = 1 if run.options.quick else 400 if run.options.full else 30
    rival, _ = fit_plane(run, images.x_train, epochs, "autoencoder")
    y, y_test, names = images.y_train, images.y_test, images.class_names
    chance = 1 / len(names)
    found, told = {}, []
    print(f"\nFive nearest neighbours in the plane tell the class of a picture (guessing: {chance:.0%}):")
    for name, title, z, z_test in (
        ("autoencoder", "asked for the picture", plane(rival, images.x_train), plane(rival, images.x_test)),
        ("bottleneck", "asked for the class", points(model, x), points(model, x_test)),
    ):
        found[name] = knn_accuracy(z, y), knn_accuracy(z, y, queries=z_test, query_labels=y_test)
        print(f"  {title:<24}{found[name][0]:6.1%} of those learnt,{found[name][1]:6.1%} of those held out")
        told.append(Plane(z, y, names, f"{title}: {found[name][0]:.1%} have neighbours of their class"))
    ratios = [
        (ours - chance) / (theirs - chance) if theirs > chance else None
        for ours, theirs in zip(found["bottleneck"], found["autoencoder"])
    ]
    words = ["" if ratio is None else f"{ratio:.1f} times as far above guessing" for ratio in ratios]
    print(f"  {words[0]}, held out {words[1]}")
    run.note(knn=found, knn_times=ratios)
    run.picture("rival", pictures.side_by_side(told, "The same encoder, asked for something else"))
