"""Train the chapter's autoencoders, print what they came to, and draw what comes back.

python -m chapters run autoencoder                         MNIST, then Fashion-MNIST; then cakes in a plane
python -m chapters run autoencoder --full                  the recipe to the letter: twenty epochs
python -m chapters run autoencoder --data fashion_mnist    one set alone
python -m chapters run autoencoder --pictures my_photos    the plane of a folder with a folder of pictures a class

MNIST is followed by Fashion-MNIST, as in the recipe; any other --data stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import tinydl
from chapters import course
from chapters.ch05_autoencoder import pictures, rivals, uses
from chapters.ch05_autoencoder.model import BATCH, FULL_EPOCHS, autoencoder, rows
from chapters.ch05_autoencoder.plane import fit_plane, restored, told_by_neighbours
from chapters.neighbours import knn_accuracy, pca
from tinydl import Sequential, plot
from tinydl.losses import BinaryCrossentropy

CHAPTER = course.CHAPTERS["autoencoder"]
CODE = 20
GREY = ("mnist", "fashion_mnist", "synthetic")  # sets of 28x28 pixels, for the dense autoencoder

# Test loss to expect, by data; README.md says how it was measured.
EXPECT = {
    "MNIST": "about 0.099 after ten epochs, 0.092 after twenty",
    "Fashion-MNIST": "about 0.286 after ten epochs, 0.280 after twenty",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument(
        "--pictures",
        default="cakes",
        metavar="NAME",
        help="in colour, for the plane: cakes, or a folder with a folder of pictures a class (without it: cakes)",
    )
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """Twenty numbers and back; what else could do it; what they are for; and two numbers."""
    sets, photos = load(run)
    run.start(" and ".join(images.name for images in sets))
    trained = [recipe(run, images, which) for images, which in zip(sets, ("", "fashion_"))]
    overview(run, trained)
    first = trained[0]
    rivals_of(run, first)
    walks(run, first)
    classifiers(run, first)
    the_plane(run, photos)


# ---------------------------------------------------------------------------------------------------- data


def load(run: course.Run) -> tuple[list[course.Images], course.Images]:
    """The grey sets, one or two, and the pictures in colour."""
    options = run.options
    if options.data not in GREY:
        raise course.Refused(
            f"--data {options.data}: this chapter takes {', '.join(GREY)}; pictures in colour go with --pictures"
        )
    sets = [course.load_images(options.data, options.quick, options.seed)]
    if sets[0].name == "MNIST":
        second = course.load_images("fashion_mnist", options.quick, options.seed)
        sets += [second] if second.name == "Fashion-MNIST" else []
    if options.pictures in GREY:
        raise course.Refused(
            f"--pictures {options.pictures}: the plane takes pictures in colour: cakes, or a folder of your own"
        )
    photos = course.load_images(
        options.pictures, options.quick, seed=None, test_split=1 / 3, flag="--pictures"
    )
    for images in sets:
        sizes = f"{len(images.x_train):,} pictures to train on, {len(images.x_test):,} to test"
        print(
            f"{images.name}: {sizes}, each {images.x_train.shape[1:]}, a row of {images.x_train[0].size} pixels"
        )
    return sets, photos


# -------------------------------------------------------------------------------------- the dense autoencoder


@dataclass
class Trained:
    """An autoencoder, what it was trained on, and what it came to on the test set."""

    images: course.Images
    x: np.ndarray  # (n, 784), from 0 to 1
    x_test: np.ndarray
    model: Sequential
    losses: list[float]  # an epoch each
    loss: float
    error: float  # squared, a pixel
    restored: np.ndarray  # (n_test, 784)
    floor: float
    mean: np.ndarray  # PCA's, with its axes (components, 784) and the squared errors of 1, 2, ... of them
    axes: np.ndarray
    pca_errors: np.ndarray

    def as_pictures(self, x: np.ndarray) -> np.ndarray:
        """Rows of pixels (..., 784) as pictures (..., 28, 28)."""
        return np.clip(x, 0, 1).reshape(*x.shape[:-1], *self.images.x_test.shape[1:3])

    def one_of_each(self) -> np.ndarray:
        """The place of the first test picture of each class."""
        return np.unique(self.images.y_test, return_index=True)[1]


def recipe(run: course.Run, images: course.Images, which: str) -> Trained:
    """The recipe on one set, with PCA beside it. What is noted and drawn has names that begin with `which`."""
    x, x_test = rows(images.x_train), rows(images.x_test)  # (n, 784)
    tinydl.set_random_seed(run.options.seed)
    model = autoencoder(x.shape[1], CODE)
    model.compile("adam", BinaryCrossentropy(from_logits=True))
    print(f"\nThe autoencoder on {images.name}, {model.count_params():,} weights")
    epochs = recipe_epochs(run)
    history = run.fit(model, x, x, name=f"{which}autoencoder", batch_size=BATCH, epochs=epochs)
    loss, error, back = rivals.scores(model, x_test)
    mean, axes = pca(x, 100)
    floor, errors = rivals.floor(x_test), rivals.pca_errors(x_test, mean, axes)
    print(f"Test loss {loss:.4f}; a perfect copy would get {floor:.4f}.")
    print(f"Squared error {error:.4f}; PCA with {CODE} components {errors[CODE - 1]:.4f}.")
    if expected := EXPECT.get(images.name):
        print(f"Expect a test loss of {expected}{', without --quick' if run.options.quick else ''}.")
    found = {"test_loss": loss, "floor": floor, "mse": error, "pca_mse": float(errors[CODE - 1])}
    found["mean_mse"] = rivals.squared_error(x_test, mean)  # the mean picture for everybody
    run.note(**{which + key: value for key, value in found.items()})
    show(run, images, back, which)
    losses = history.history.get("loss", [])
    return Trained(images, x, x_test, model, losses, loss, error, back, floor, mean, axes, errors)


def recipe_epochs(run: course.Run) -> int:
    """How long the recipe's network learns; what stands beside it learns as long."""
    return run.epochs(quick=5, usual=10, full=FULL_EPOCHS)


def show(run: course.Run, images: course.Images, restored: np.ndarray, which: str) -> None:
    """What there is in a set, and what comes back of it: rows (n_test, 784)."""
    names = images.class_names
    grid = plot.image_grid(images.x_train[:25], images.y_train[:25], names, 5, images.name)
    run.picture(f"{which}classes", grid)
    first = f"{images.name}: {names[images.y_train[0]]}"
    run.picture(f"{which}heat_map", plot.heat_map(images.x_train[0], values=False, title=first))
    below = restored[:50].reshape(images.x_test[:50].shape)
    title = f"{images.name}: test images, through {CODE} numbers and back"
    run.picture(f"{which}reconstructions", plot.reconstructions(images.x_test[:50], below, title=title))


def overview(run: course.Run, trained: Sequence[Trained]) -> None:
    """Loss and floor, PCA's error and the autoencoder's, of all sets."""
    run.picture("slopes", pictures.slopes())
    if all(each.losses for each in trained):
        curves = {each.images.name: (each.losses, each.loss, each.floor) for each in trained}
        run.picture("curves", pictures.curves(curves))
    errors = {each.images.name: (each.pca_errors, each.error, CODE) for each in trained}
    run.picture("components", pictures.components(errors))


def rivals_of(run: course.Run, trained: Trained) -> None:
    """PCA, a linear autoencoder, and the same network trained for another loss."""
    x, x_test = trained.x, trained.x_test
    axes = trained.axes[:CODE]
    by_pca = trained.mean + (x_test - trained.mean) @ axes.T @ axes  # (n_test, 784)
    named = {"picture": x_test, f"PCA, {CODE} numbers": by_pca, f"autoencoder, {CODE}": trained.restored}
    shown = [(name, trained.as_pictures(each[trained.one_of_each()])) for name, each in named.items()]
    run.picture("pca_beside", pictures.rows_of_pictures(shown, "The same number of numbers"))

    linear = rivals.fit_linear(run, x, epochs=1 if run.options.quick else 10)
    error = rivals.squared_error(x_test, linear.predict(x_test, batch_size=500, verbose=0))
    shared = rivals.shared_directions(linear, axes)
    print(f"\nWithout bends: squared error {error:.4f}, of PCA's directions it shares {100 * shared:.1f} %.")

    squared = rivals.fit_squared(run, x, recipe_epochs(run))
    loss, mse, _ = rivals.scores(squared, x_test)
    print(f"Trained for the squared error: {mse:.4f}, cross-entropy {loss:.4f}.")
    run.note(linear_mse=error, linear_shared=shared, squared_mse=mse, squared_loss=loss)


# ------------------------------------------------------------------------------------------------ the code


def walks(run: course.Run, trained: Trained) -> None:
    """From one picture to another, in the pixels and in the code; and each number of a code alone."""
    images, model, x_test = trained.images, trained.model, trained.x_test
    half = uses.halfway(model, trained.x, x_test, images.y_test, run.options.seed)
    run.note(halfway=half)
    print("\nHow far from the nearest training picture (squared error a pixel):")
    print("  " + ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in half.items()))

    code, one_of_each = uses.codes(model, x_test), trained.one_of_each()
    shown = []
    for pair in ((2, 7), (4, 0), (1, 8)):
        start, end = one_of_each[list(pair)]
        fade, way = (uses.walk(each[start], each[end], 9) for each in (x_test, code))  # (9, 784), (9, 20)
        shown += [("pixels", trained.as_pictures(fade))]
        shown += [("code", trained.as_pictures(uses.decoded(model, way)))]
    title = "From one picture to another in eight steps"
    run.picture("interpolation", pictures.rows_of_pictures(shown, title))

    steps = np.arange(-3, 4, dtype=np.float32)  # standard deviations
    moved = uses.each_number(model, code[0], code.std(axis=0), steps)  # (20, 7, 784)
    run.picture("each_number", pictures.each_number(trained.as_pictures(moved), steps))


def classifiers(run: course.Run, trained: Trained) -> None:
    """The same classifier on the pixels, on the code and on PCA's numbers, told all the labels or a few."""
    if run.interrupted:
        raise KeyboardInterrupt  # as `run.fit` does: these are trainings too
    x, x_test, axes = trained.x, trained.x_test, trained.axes[:CODE]
    inputs = {
        "pixels": (x, x_test),
        "code": uses.standardised(uses.codes(trained.model, x), uses.codes(trained.model, x_test)),
        "pca": uses.standardised((x - trained.mean) @ axes.T, (x_test - trained.mean) @ axes.T),
    }
    options = run.options
    for name, labelled, usual, full in (("all", len(x), 5, 20), ("500", 500, 50, 50), ("100", 100, 100, 100)):
        labelled = min(labelled, len(x))
        epochs = 1 if options.quick else full if options.full else usual
        found = uses.classify(inputs, trained.images, labelled, epochs, options.seed)
        run.note(**{f"accuracy_{name}": found})
        print(f"\nA classifier that is told {labelled:,} labels:")
        for kind, figures in found.items():
            accuracy = f"{100 * figures['accuracy']:6.2f} %   {figures['parameters']:>7,} weights"
            print(f"  {kind:<8}{accuracy}, {figures['seconds']:.3f} s an epoch")


# ----------------------------------------------------------------------------------------------- the plane


def the_plane(run: course.Run, photos: course.Images) -> None:
    """Pictures in colour down to two numbers, and, for comparison, down to twenty."""
    x, y = photos.x_train, photos.y_train
    colour = x.mean(axis=(1, 2)) / 255  # (n, 3): of each picture, the mean
    chance = 1 / len(photos.class_names)
    print(f"\nTwo numbers for each of {len(x)} pictures: {photos.name}")
    epochs = 1 if run.options.quick else 200 if run.options.full else 30
    for code in (2, CODE):
        name = "plane" if code == 2 else f"space_{code}"
        model, points = fit_plane(run, x, epochs, name, code)
        back = restored(model, photos.x_test)
        error = rivals.squared_error(x / 255, restored(model, x))
        error_test = rivals.squared_error(photos.x_test / 255, back)
        told = {"knn": knn_accuracy(points, y), "colour_told": told_by_neighbours(points, colour)}
        run.note(**{f"{name}_{key}": value for key, value in told.items()})
        run.note(**{f"{name}_mse_train": error, f"{name}_mse": error_test})
        print(
            f"  {code:>2} numbers: squared error {error:.4f}, of test pictures {error_test:.4f}; the 5 nearest "
            f"tell {100 * told['knn']:.1f} % of the classes, {100 * told['colour_told']:.0f} % of the mean colour"
        )
        if code == 2:
            show_plane(run, photos, points, colour, back)
    others = {"pixels": x.reshape(len(x), -1) / 255, "colour": colour}
    told = {f"{name}_knn": knn_accuracy(values, y) for name, values in others.items()}
    run.note(plane_chance=chance, **told)
    print(f"  The 5 nearest by all pixels tell {100 * told['pixels_knn']:.1f} % of the classes,")
    print(f"  by mean colour {100 * told['colour_knn']:.1f} %, by chance about {100 * chance:.0f} %.")


def show_plane(
    run: course.Run, photos: course.Images, points: np.ndarray, colour: np.ndarray, back: np.ndarray
) -> None:
    """The plane by class and by colour, and test pictures with what came back of them."""
    title = f"{photos.name}: two numbers each, no label seen"
    run.picture("plane", pictures.plane(points, photos.y_train, photos.class_names, colour, title))
    title = f"{photos.name}: test pictures, through two numbers and back"
    run.picture("plane_reconstructions", plot.reconstructions(photos.x_test[:10], back[:10], title=title))
