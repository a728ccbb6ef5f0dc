"""Teach a network to name pictures by way of two numbers, film how the plane comes about, and question the plane.

python -m chapters run bottleneck                    ten kinds of painted cakes
python -m chapters run bottleneck --full             three seeds instead of two, and longer for chapter 5's plane
python -m chapters run bottleneck --data photos      a folder with a folder of pictures for each class
python -m chapters run bottleneck --resume runs/bottleneck/checkpoints/epoch_0050.npz    on from there, to the same bits
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

import tinydl
from chapters import course
from chapters.ch05_autoencoder.plane import fit_plane, plane
from chapters.ch06_bottleneck import distances, pictures
from chapters.ch06_bottleneck.film import Diary, frames, points
from chapters.ch06_bottleneck.model import bottleneck
from chapters.ch06_bottleneck.pictures import Plane
from chapters.course.flags import LATEST
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
    x, x_test = (course.scaled(each) for each in (images.x_train, images.x_test))
    sizes = f"{len(x)} pictures to learn, {len(x_test)} held out"
    print(f"{images.name}: {len(images.class_names)} classes, {sizes}, each {x.shape[1:]}")
    run.start(images.name)
    seed = run.options.seed

    model = new_model(images, seed)
    model.summary()
    learn(run, model, images, x, x_test)
    the_film(run, images, model, x)
    the_plane(run, images, model, x)
    where_rays_come_from(run, images, model, x)

    models = {seed: model}
    for another in (seed + 1, seed + 2) if run.options.full else (seed + 1,):
        models[another] = new_model(images, another)
        options = {"epochs": how_long(run), "batch_size": BATCH, "verbose": 0}
        run.fit(models[another], x, images.y_train, name=f"seed {another}", **options)
    what_seeds_share(run, images, models, x, x_test)
    what_distances_say(run, images, models, x, x_test)
    beside_chapter_5(run, images, model, x, x_test)


def the_pictures(data: str) -> course.Images:
    """A third of each class is held out; sides are those that three halvings divide."""
    # Of the large sets, the part that --quick means: here one learns a few hundred pictures by heart.
    few = data in course.SETS
    images = course.load_images(data, few, seed=None, test_split=HELD_OUT)
    for k, name in enumerate(images.class_names):
        if k not in images.y_test:
            raise course.Refused(
                f"--data {data}: {name} has one picture only; give each class two or more, one to hold out"
            )
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
    resume = run.options.resume  # of this folder's run, or of another
    goes_on = resume == LATEST or (resume and resume.resolve().is_relative_to(run.out.resolve()))

    def draw(z: np.ndarray, epoch: int) -> Figure:
        return plot.latent_scatter(z, images.y_train, images.class_names, f"after {epoch} epochs")

    diary = Diary(run.out, x, draw, state, frame, anew=not goes_on)
    history = run.fit(
        model,
        x,
        images.y_train,
        name="bottleneck",
        epochs=how_long(run),
        batch_size=BATCH,
        validation_data=(x_test, images.y_test),
        callbacks=[diary],
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
    # The camera is fixed at first, and moves back when the points come to the rim.
    own = 1.1 * np.array([np.abs(each).max() for each in moments.values()])
    reach = np.maximum.accumulate(np.maximum(own, own[-1] / 4))
    shots = [
        pictures.frame(Plane(each, images.y_train, images.class_names, f"after {epoch:4d} epochs"), far)
        for (epoch, each), far in zip(moments.items(), reach)
    ]
    seconds = [1.0, *[0.2] * (len(shots) - 2), 3.0][-len(shots) :]
    plot.save_animation(shots, run.out / "film.gif", seconds)


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


def where_rays_come_from(run: course.Run, images: course.Images, model: Sequential, x: np.ndarray) -> None:
    """How far each ray has turned away from the arrow that its class was born with."""
    born = new_model(images, run.options.seed).get_layer("classes").get_weights()[0]  # (2, classes)
    rays = distances.centres(points(model, x), images.y_train)  # (classes, 2)
    turned, lengths = distances.angles(born.T, rays), np.linalg.norm(born, axis=0)
    run.note(turned=dict(zip(images.class_names, turned)), born=dict(zip(images.class_names, lengths)))
    print("From the arrow that a class was born with, drawn at random, to its ray (longest arrows first):")
    told = [f"{images.class_names[k]} {turned[k]:.0f}°" for k in np.argsort(-lengths)]
    print("  " + ", ".join(told))


# ----------------------------------------------------------------------------------------- what it is worth


def what_seeds_share(
    run: course.Run, images: course.Images, models: dict[int, Sequential], x: np.ndarray, x_test: np.ndarray
) -> None:
    """The same with other first weights: it learns as much, and draws another plane."""
    labels, names = images.y_train, images.class_names
    shares = {seed: right(model, x, labels) for seed, model in models.items()}
    held_out = [right(model, x_test, images.y_test) for model in models.values()]
    run.note(accuracies=list(shares.values()), held_out_by_seed=held_out)
    print("\nWith other first weights: " + ", ".join(f"seed {k} {v:.1%}" for k, v in shares.items()))
    planes = [
        Plane(points(model, x), labels, names, f"seed {seed}: {shares[seed]:.1%} right")
        for seed, model in models.items()
    ]
    run.picture(
        "seeds", pictures.side_by_side(planes, f"{images.name}: the same network, other first weights")
    )


def what_distances_say(
    run: course.Run, images: course.Images, models: dict[int, Sequential], x: np.ndarray, x_test: np.ndarray
) -> None:
    """Is what is near, or wide, in one plane so in another seed's? Is it alike? And a plane redrawn at will."""
    labels, names = images.y_train, images.class_names
    model, second = list(models.values())[:2]
    z, z_other = points(model, x), points(second, x)
    if len(names) > 3:  # else there is not much to put in order
        mixed_up = [
            distances.mixed_up(each.predict(x_test, verbose=0), images.y_test) for each in (model, second)
        ]
        compare_gaps(run, images, z, z_other, mixed_up)
    matrix = np.array([[1.0, 0.0], [2.0, 0.3]], np.float32)
    redrawn = distances.redrawn(model, matrix)
    apart = float(np.abs(redrawn.predict(x, verbose=0) - model.predict(x, verbose=0)).max())
    run.note(redrawn_difference=apart)
    print(
        f"The plane slanted and squeezed, and the last layer with it: answers differ by {apart:.0e} at most."
    )
    planes = [Plane(z, labels, names, "as it was learnt"), Plane(z @ matrix, labels, names, "redrawn")]
    run.picture(
        "redrawn",
        pictures.side_by_side(planes, "Two planes with the same answer to every picture", legend=True),
    )


def compare_gaps(
    run: course.Run, images: course.Images, z: np.ndarray, z_other: np.ndarray, mixed_up: Sequence[np.ndarray]
) -> None:
    """Distances between classes in one plane (n, 2), over what they might mean; `mixed_up` by this seed and another."""
    labels = images.y_train
    gaps = distances.gaps(z, labels)
    pixels = images.x_train.reshape(len(z), -1) / 255  # (n, h·w·channels)
    rivals = {
        "how far apart in another seed's plane": distances.gaps(z_other, labels),
        "how far apart their mean pictures": distances.gaps(pixels, labels),
        "how rarely this network mixes them up": 1 - mixed_up[0],
        "how rarely another seed's network does": 1 - mixed_up[1],
    }
    found = {words: distances.rank_correlation(gaps, each) for words, each in rivals.items()}
    wide = distances.rank_correlation(distances.spreads(z, labels), distances.spreads(z_other, labels))
    run.note(gaps=found, spreads=wide)
    print(
        "How far apart two classes lie in the plane, and (rank correlation: 1 the same order, 0 no connection)"
    )
    for words, correlation in found.items():
        print(f"  {words:<40}{correlation:+.2f}")
    print(f"How far a class spreads, here and in another seed's plane: {wide:+.2f}")
    run.picture("distances", pictures.gaps_compared(gaps, rivals, found))


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
    for ratio, which in zip(ratios, ("learnt", "held out")):
        if ratio is not None:
            print(f"  that is {ratio:.1f} times as far above guessing, of those {which}")
    run.note(knn=found, knn_times=ratios)
    run.picture(
        "rival", pictures.side_by_side(told, "The same encoder, asked for something else", legend=True)
    )
