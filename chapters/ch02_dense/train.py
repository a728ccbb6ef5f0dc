"""Train the chapter's networks, print what they came to, and draw what can be seen of it.

python -m chapters run dense                          MNIST, all of the lesson
python -m chapters run dense --full                   the recipe to the letter, and the CNN on pixels / 255 as well
python -m chapters run dense --data fashion_mnist     who is torn between a sneaker and a boot?
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

import tinydl
from chapters import course
from chapters.ch02_dense import beginnings, descent, growth, order, pictures, price, torn
from chapters.ch02_dense.model import dense_only, forgetful
from chapters.ch02_dense.shared import BATCH, accuracy, trained
from chapters.ch04_cnn.model import small_cnn
from chapters.course import one_hot, scaled
from tinydl import Sequential

CHAPTER = course.CHAPTERS["dense"]


@dataclass(frozen=True)
class Variant:
    """The recipe, or the recipe with one thing changed."""

    words: str
    network: Callable[..., Sequential]
    scaled: bool = False  # whether pixels are divided by 255
    loss: str = "categorical_crossentropy"
    full_only: bool = False


# Ten epochs of ten steps, a tenth of the pictures each: of 6,000 on MNIST.
VARIANTS = {
    "dense": Variant("dense layers", dense_only),
    "dense_scaled": Variant("dense layers, pixels / 255", dense_only, scaled=True),
    "forgetful": Variant("dense layers, cross-entropy of p alone", forgetful),
    "squared": Variant("dense layers, squared error", dense_only, loss="mean_squared_error"),
    "squared_scaled": Variant(
        "dense layers, squared error, pixels / 255", dense_only, scaled=True, loss="mean_squared_error"
    ),
    "cnn": Variant("convolutions and dense layers", small_cnn),
    "cnn_scaled": Variant(
        "convolutions and dense layers, pixels / 255", small_cnn, scaled=True, full_only=True
    ),
}

# Test accuracy to expect of the first, by data; README.md says how it was measured.
EXPECT = {"MNIST": "90 to 91 % after ten epochs"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    run = course.Run(CHAPTER, course.chapter_flags(CHAPTER), argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """First what needs no training, then what does."""
    images = course.load_images(run.options.data, run.options.quick, run.options.seed)
    sizes = f"{len(images.x_train):,} pictures to train on, {len(images.x_test):,} to test"
    print(f"{images.name}: {sizes}, each {images.x_train.shape[1:]}")
    run.start(images.name)
    price.draw(run)
    with tinydl.device("cpu"):  # these look at arrays, at the clock and at the memory
        price.check_gradient(run, images)
        price.pulls(run, images)
        descent.valley(run)
        beginnings.newborn(run, images)
        growth.table(run)
    recipe(run, images)
    longer(run, images)
    torn.compare(run, images)
    order.matters(run, images)
    descent.race(run, images)
    beginnings.grown(run, images)


def recipe(run: course.Run, images: course.Images) -> None:
    """Dense layers alone, by the recipe; then with one thing changed at a time."""
    shape, names = images.x_train.shape[1:], images.class_names
    y = one_hot(images.y_train, len(names))
    epochs = run.epochs(quick=2, usual=10, full=10)
    curves, right = {}, {}
    print(f"\nThe recipe, {epochs} epoch{'s' * (epochs > 1)} of ten steps:")
    for name, variant in VARIANTS.items():
        if variant.full_only and not run.options.full:
            continue
        x, x_test = (scaled(x) if variant.scaled else x for x in (images.x_train, images.x_test))
        model, history = trained(
            run,
            partial(variant.network, shape, len(names)),
            x,
            y,
            name,
            loss=variant.loss,
            epochs=epochs,
            steps_per_epoch=10,
        )
        curves[variant.words] = history.get("accuracy", [])
        right[name] = accuracy(model, x_test, images.y_test)
        print(
            f"  {variant.words:<44}{model.count_params():>9,} weights {100 * right[name]:6.2f} % of the test set"
        )
        if name == "dense":
            run.note(test_accuracy=right[name])
            if expected := EXPECT.get(images.name):
                print(f"    Expect {expected}{', without --quick' if run.options.quick else ''}.")
    run.note(recipe=right)
    run.picture("recipe", pictures.recipe(curves))


def longer(run: course.Run, images: course.Images) -> None:
    """How far dense layers come when they may learn longer, in smaller batches; and what their first weights become."""
    shape, classes = images.x_train.shape[1:], len(images.class_names)
    network = partial(dense_only, shape, classes)
    x, y = scaled(images.x_train), one_hot(images.y_train, classes)
    epochs = 1 if run.options.quick else 20 if run.options.full else 10
    tinydl.set_random_seed(run.options.seed)
    before = first_weights(network(), shape)  # `trained` begins with the same
    model, history = trained(run, network, x, y, "longer", batch_size=BATCH, epochs=epochs)
    share = accuracy(model, scaled(images.x_test), images.y_test)
    done = len(history.get("loss", []))  # fewer than `epochs` after Ctrl-C
    words = f"{done} epoch{'s' * (done != 1)}"
    print(f"\nDense layers, pixels / 255, batches of {BATCH}, {words}: {100 * share:.2f} % of the test set")
    run.note(longer=share, longer_epochs=done)
    title = f"What ten of the 128 units of the first layer look for, {words} of {BATCH} pictures a batch"
    run.picture("weights", pictures.weights(before, first_weights(model, shape), title))


def first_weights(model: Sequential, shape: tuple[int, ...], units: int = 10) -> np.ndarray:
    """The weights of the first units, laid out as the picture is, (h, w, units); the mean where it has colours."""
    kernel = model.layers[1].get_weights()[0]  # (h * w * channels, 128)
    return kernel.reshape(*shape, -1).mean(axis=2)[..., :units]
