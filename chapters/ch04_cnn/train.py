"""Train the chapter's network, print what it came to, and draw what it learnt.

python -m chapters run cnn                       LeNet on MNIST, two epochs
python -m chapters run cnn --full                the recipe to the letter: twelve epochs
python -m chapters run cnn --net small           the small network, on pixels as they come
python -m chapters run cnn --data my_pictures    a folder with a folder of pictures for each class
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chapters import course
from chapters.ch04_cnn.model import lenet, small_cnn
from tinydl import Sequential, callbacks, no_grad, plot

CHAPTER = course.CHAPTERS["cnn"]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    network: Callable[..., Sequential]
    scaled: bool  # whether pixels are divided by 255
    epochs: int
    full_epochs: int
    fit: dict[str, Any]  # what `fit` is told besides


RECIPES = {
    "lenet": Recipe(lenet, True, epochs=2, full_epochs=12, fit={"batch_size": 128, "validation_split": 0.2}),
    # Ten steps of a tenth of the pictures each: of 6,000 on MNIST.
    "small": Recipe(small_cnn, False, epochs=10, full_epochs=10, fit={"steps_per_epoch": 10}),
}

# Test accuracy to expect, by network and data; README.md says how it was measured.
EXPECT = {
    ("lenet", "MNIST"): "about 98.9 % after two epochs, 99.1 % after twelve",
    ("lenet", "Fashion-MNIST"): "about 89 % after two epochs",
    ("lenet", "synthetic digits"): "about 98 % after two epochs",
    ("small", "MNIST"): "95 to 96 % after ten epochs",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument("--net", choices=list(RECIPES), default="lenet", help="which network")
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """Data, network, training, and what it came to."""
    options, recipe = run.options, RECIPES[run.options.net]

    # ------------------------------------------------------------------------------------------------- data
    images = course.load_images(options.data, options.quick, options.seed)
    names = images.class_names
    x_train, x_test = (prepared(x, recipe) for x in (images.x_train, images.x_test))  # (n, h, w, channels)
    y_train, y_test = (course.one_hot(y, len(names)) for y in (images.y_train, images.y_test))  # (n, classes)
    sizes = f"{len(x_train):,} pictures to train on, {len(x_test):,} to test"
    print(f"{images.name}: {sizes}, each {x_train.shape[1:]}")

    # ---------------------------------------------------------------------------------------------- network
    model = recipe.network(x_train.shape[1:], len(names))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.summary()
    kernel_before, maps_before = first_kernel(model), first_maps(model, x_test[:1])

    # -------------------------------------------------------------------------------------------------- fit
    run.start(images.name)
    epochs = run.epochs(quick=1, usual=recipe.epochs, full=recipe.full_epochs)
    watch = tensorboard(run) if options.full else []
    history = run.fit(model, x_train, y_train, name=options.net, epochs=epochs, callbacks=watch, **recipe.fit)

    # --------------------------------------------------------------------------------------------- evaluate
    loss, accuracy = model.evaluate(x_test, y_test, batch_size=500, verbose=0)
    run.note(test_loss=loss, test_accuracy=accuracy)
    print(f"Test loss {loss:.4f}, test accuracy {100 * accuracy:.2f} %.")
    if expected := EXPECT.get((options.net, images.name)):
        print(f"Expect {expected}{', without --quick' if options.quick else ''}.")
    else:
        print(f"Guessing would get {100 / len(names):.0f} %.")

    # --------------------------------------------------------------------------------------------- pictures
    probabilities = model.predict(x_test, batch_size=500, verbose=0)  # (n, classes)
    picture = images.x_test[0]  # the digit whose feature maps are shown
    if history.history:
        run.picture("curves", plot.training_curves(history, f"{options.net} on {images.name}"))
    run.picture("confusion", plot.confusion_matrix(images.y_test, probabilities.argmax(axis=1), names))
    title = "The filters of the first layer"
    run.picture("filters", plot.filters(kernel_before, first_kernel(model), title=title))
    for when, maps in (("before", maps_before), ("after", first_maps(model, x_test[:1]))):
        title = f"What the first layer sees, {when} training"
        run.picture(f"maps_{when}", plot.feature_maps(maps, picture, title))
    run.picture("mistakes", plot.worst_mistakes(images.x_test, images.y_test, probabilities, names))


def prepared(x: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Pixels as the network wants them: float32 from 0 to 1, or bytes as they are, which `fit` casts batch by batch."""
    return course.scaled(x) if recipe.scaled else x


def first_kernel(model: Sequential) -> np.ndarray:
    """The filters of the first convolution as they are now: (kh, kw, cin, cout)."""
    return model.layers[0].get_weights()[0]


def first_maps(model: Sequential, image: np.ndarray) -> np.ndarray:
    """What the first convolution makes of a picture (1, h, w, cin): a picture for each filter, (h, w, cout)."""
    with no_grad():
        return model.layers[0](image).numpy()[0]


def tensorboard(run: course.Run) -> list[callbacks.Callback]:
    """The log that `tensorboard --logdir` shows, in a folder emptied at the start; needs an extra."""
    if importlib.util.find_spec("tensorboardX") is None:
        print("No TensorBoard log: that needs pip install 'tinydl[tensorboard]'")
        return []
    folder = run.out / "tensorboard" if run.options.resume else run.empty_folder("tensorboard")
    return [callbacks.TensorBoard(folder)]
