"""The experiments behind the lesson: each asks one question, and leaves a picture or prints a number.

python -m chapters.ch04_cnn.experiments              on MNIST, some minutes
python -m chapters.ch04_cnn.experiments --quick      on a fraction of it, seconds
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydl
from chapters import course
from chapters.ch02_dense.model import dense_only
from chapters.ch04_cnn import pictures
from chapters.ch04_cnn.model import lenet, small_cnn
from tinydl import Sequential, grad, layers, losses, no_grad, ops, plot
from tinydl.plot import heat_map

BATCH = 128


def main(argv: Sequence[str] | None = None) -> int:
    """Run them all. `argv`: the flags. Returns the exit status."""
    flags = course.Parser("python -m chapters.ch04_cnn.experiments", "The experiments of chapter 4.")
    flags.add_argument("--data", default="mnist", choices=list(course.SETS), help="which pictures")
    flags.add_argument("--quick", action="store_true", help="a fraction of the data")
    flags.add_argument("--seed", type=course.whole_number(0), default=0)
    flags.add_argument(
        "--out", type=Path, default=course.RUNS / "cnn_experiments", help="where to leave the pictures"
    )
    try:
        options = flags.parse_args(argv)
        images = course.load_images(options.data, options.quick, options.seed)
        save = lambda name, figure: plot.save(figure, options.out / f"{name}.png")  # noqa: E731
        save(
            "heat_map",
            heat_map(images.x_train[0], title=f"A {images.class_names[images.y_train[0]]}, as it is stored"),
        )
        print(f"One LeNet on {images.name}, looked at before, after one step, and after an epoch")
        one_lenet(images, options.seed, save)
        print("Are trained filters worth it?  Test accuracy after one epoch:")
        frozen_filters(images, options.seed)
        print("Is convolution worth it?  Test accuracy after ten epochs of ten steps:")
        dense_alone(images, options.seed)
    except (course.Refused, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    print(f"Pictures in {options.out}")
    return 0


def learn(model: Sequential, x: np.ndarray, y: np.ndarray, **how: Any) -> None:
    """Fit without a word. Ctrl-C ends the experiments, not this fit alone: half of one would give wrong numbers."""
    model.fit(x, y, verbose=0, **how)
    if model.interrupted:
        raise KeyboardInterrupt


def one_lenet(images: course.Images, seed: int, save: Callable[..., Any]) -> None:
    """All that can be asked of one LeNet: how its first step changes it, and what an epoch makes of it."""
    x, y, x_test, _ = prepared(images)
    model = fresh(lenet, seed)
    kernel, names = model.layers[0].weights[0], [path.partition("/")[2] for path, _ in model.named_weights()]
    first = [w.copy() for w in model.get_weights()]

    # Is a filter changed each time it moves?
    gz, gk = first_gradients(model, x[:BATCH], y[:BATCH])
    by_hand = kernel_gradient_naive(x[:BATCH], gz, kernel.shape[:2])
    apart = np.abs(by_hand - gk).max() / np.abs(gk).max()
    print(
        f"  gradient of the filters, engine beside a sum over {BATCH} pictures x 784 positions: {apart:.0e} apart"
    )
    f = int(np.abs(gk[2, 2, 0]).argmax())  # the filter whose middle weight is pulled hardest
    save(
        "wishes",
        pictures.wishes(x[:8, :, :, 0], gz[:8, :, :, f] * x[:8, :, :, 0], f"the middle weight of filter {f}"),
    )

    # Do convolutions and dense layers learn at the same moment?
    model.train_on_batch(x[:BATCH], y[:BATCH])
    print("  mean change of a weight in one step of Adam, and how many changed:")
    for name, old, new in zip(names, first, model.get_weights()):
        print(f"    {name:<24}{np.abs(new - old).mean():.6f}{100 * (new != old).mean():8.1f} %")
    step = model.layers[0].get_weights()[0] - first[0]

    # What do filters become?
    learn(model, x[BATCH:], y[BATCH:], batch_size=BATCH, epochs=1)
    after = model.layers[0].get_weights()[0]
    save("one_step", pictures.one_step(first[0], step, after, "one epoch"))
    second = model.layers[2].get_weights()[0]  # (5, 5, 20, 50)
    save(
        "second_filters",
        plot.filters(second, most=10, title="The second filters, 5×5×20 each"),
    )

    # What becomes of a digit on its way?
    steps = way(model, x_test[:1])
    save("journey", pictures.journey(steps, images.class_names, "What LeNet makes of a digit"))
    same, valid = (ops.conv2d(x_test[:1], after, padding=p)[0, :, :, f] for p in ("same", "valid"))
    save("padding", pictures.padding(x_test[0, :, :, 0], valid, same))
    rows, columns = slice(8, 16), slice(10, 18)
    busy = int(steps[1][rows, columns].sum(axis=(0, 1)).argmax())
    save("pooling", pictures.pooling(steps[1][rows, columns, busy], steps[2][4:8, 5:9, busy]))
    probabilities = model.predict(x_test, batch_size=500, verbose=0)
    torn = int(np.sort(probabilities)[:, -2].argmax())  # where the second guess comes closest
    scores = ops.log(probabilities[torn])  # but for a constant, which softmax forgets: take the mean as 0
    truth = int(images.y_test[torn])
    save(
        "cross_entropy",
        pictures.cross_entropy(x_test[torn, :, :, 0], scores - scores.mean(), probabilities[torn], truth),
    )


def first_gradients(model: Sequential, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradients that reach the first convolution: of its output before relu (n, h, w, cout), and of its kernel."""
    kernel, bias = model.layers[0].weights
    z = ops.conv2d(x, kernel, padding="same") + bias  # (n, 28, 28, 20)
    h = ops.relu(z)
    for layer in model.layers[1:]:
        h = layer(h)
    gz, gk = grad(losses.CategoricalCrossentropy()(y, h), [z, kernel])
    return gz.numpy(), gk.numpy()


def kernel_gradient_naive(x: np.ndarray, gz: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """The gradient of a "same" kernel over one channel: for each weight, gradient times pixel, position by position.

    Args:
        x: pictures (n, h, w, 1).
        gz: the gradient of what the filters gave (n, h, w, cout).
        size: of the filters, (kh, kw), odd.

    Returns:
        (kh, kw, 1, cout).
    """
    kh, kw = size
    around = ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2))
    padded = np.pad(x[..., 0], around)  # (n, h + kh - 1, w + kw - 1)
    total = np.zeros((kh, kw, 1, gz.shape[3]))
    for i, j in np.ndindex(gz.shape[1:3]):  # every position
        for a, b in np.ndindex(kh, kw):  # every weight: the pixel it saw, times what is asked of the answer
            total[a, b, 0] += padded[:, i + a, j + b] @ gz[:, i, j]  # (n,) @ (n, cout): the sum over pictures
    return total


def frozen_filters(images: course.Images, seed: int) -> None:
    """LeNet with the filters it was born with beside LeNet as it is."""
    x, y, x_test, y_test = prepared(images)
    for text, frozen in (("filters trained", False), ("filters left random", True)):
        model = fresh(lenet, seed)
        for layer in model.layers[:3]:
            layer.trainable = not frozen
        model.compile("adam", "categorical_crossentropy", ["accuracy"])
        learn(model, x, y, batch_size=BATCH, epochs=1)
        report(text, model, x_test, y_test)


def dense_alone(images: course.Images, seed: int) -> None:
    """The small network beside its dense layers alone, both on pixels from 0 to 255; then on pixels from 0 to 1."""
    x, y, x_test, y_test = prepared(images)
    for text, network, scale in (
        ("convolutions and dense", small_cnn, 255),
        ("dense layers alone", dense_only, 255),
        ("convolutions, pixels / 255", small_cnn, 1),
    ):
        model = fresh(network, seed)
        learn(model, x * scale, y, steps_per_epoch=10, epochs=10)
        report(text, model, x_test * scale, y_test)
        moved = np.roll(x_test, 3, axis=2) * scale  # digits have four empty columns at each side
        report("  the same, digits moved by 3 pixels", model, moved, y_test)


def fresh(network: Callable[..., Sequential], seed: int) -> Sequential:
    """A new network, compiled."""
    tinydl.set_random_seed(seed)
    model = network()
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    return model


def way(model: Sequential, x: Any) -> list[np.ndarray]:
    """A picture (1, h, w, 1) and what each layer makes of it, without the batch axis; Flatten changes nothing."""
    steps = [x[0]]
    with no_grad():
        for layer in model.layers:
            x = layer(x)
            if not isinstance(layer, layers.Flatten):
                steps.append(x.numpy()[0])
    return steps


def prepared(images: course.Images) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels from 0 to 1, and one-hot rows: x, y, x_test, y_test."""
    x, x_test = (course.scaled(each) for each in (images.x_train, images.x_test))
    y, y_test = (course.one_hot(each, len(images.class_names)) for each in (images.y_train, images.y_test))
    return x, y, x_test, y_test


def report(text: str, model: Sequential, x: np.ndarray, y: np.ndarray) -> None:
    """Print how a model does."""
    _, accuracy = model.evaluate(x, y, batch_size=500, verbose=0)
    print(f"  {text:<38}{100 * accuracy:6.2f} %   {model.count_params():>9,} parameters", flush=True)


if __name__ == "__main__":
    sys.exit(main())
