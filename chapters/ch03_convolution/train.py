"""Try filters on a picture, make them fast, follow their gradients, and let them learn.

python -m chapters run convolution                      a painted cake, and digits of MNIST
python -m chapters run convolution --data photo.jpg     a picture of one's own
python -m chapters run convolution --full               the twenty filters after twelve epochs, as in the recipe
python -m chapters run convolution --device gpu         the convolution on a GPU as well
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import tinydl
from chapters import course
from chapters.ch03_convolution import experiments, ladder, pictures
from chapters.ch03_convolution.model import BLUR, BY_HAND, LYING, SHARPEN, UPRIGHT
from chapters.ch03_convolution.photo import grey, load_photo
from chapters.ch04_cnn.model import lenet
from chapters.ch04_cnn.train import first_kernel, first_maps
from tinydl import Sequential, ops
from tinydl.ops.windows import axes

CHAPTER = course.CHAPTERS["convolution"]
BATCH = 128
DIGITS = ("mnist", "fashion_mnist", "synthetic")  # grey pictures: a filter over one channel can be drawn


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    flags = course.chapter_flags(CHAPTER)
    flags.add_argument(
        "--digits", choices=DIGITS, default=DIGITS[0], help="what the twenty filters learn from"
    )
    run = course.Run(CHAPTER, flags, argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """All that the lesson shows, in its order."""
    options = run.options
    name, picture = load_photo(options.data, options.seed)  # (h, w, 3)
    images = course.load_images(options.digits, options.quick, options.seed)
    print(
        "{}, {}×{} pixels; {}, {:,} to learn".format(
            name, *picture.shape[:2], images.name, len(images.x_train)
        )
    )
    run.start(f"{name}, {images.name}")
    filters_by_hand(run, picture)
    windows(run, picture)
    how_fast(run)
    the_way_back(run, picture)
    a_filter_that_learns(run, picture)
    twenty_filters(run, images)


# ------------------------------------------------------------------------------------------- filters by hand


def filters_by_hand(run: course.Run, picture: np.ndarray) -> None:
    """What nine numbers make of a picture: in colour, or of its brightness where the answer has a sign."""
    results = {}
    for name, kernel in BY_HAND.items():
        signed = kernel.sum() == 0
        results[name] = kernel, experiments.filtered(grey(picture) if signed else picture, kernel)
    run.picture("by_hand", pictures.by_hand(picture, results))


def windows(run: course.Run, picture: np.ndarray) -> None:
    """Borders, strides, pooling, depth."""
    bright = grey(picture)[None, :, :, None]  # (1, h, w, 1)
    small = experiments.reduced(bright, 28)
    blur = np.full((5, 5, 1, 1), 1 / 25, dtype=np.float32)
    valid, same = (ops.conv2d(small, blur, padding=padding)[0, :, :, 0] for padding in ("valid", "same"))
    run.picture("padding", pictures.borders(small[0, :, :, 0], valid, same))

    across, down = (experiments.filtered(grey(picture), kernel) for kernel in (UPRIGHT, LYING))
    strength = np.sqrt(across**2 + down**2)[None, :, :, None]  # (1, h, w, 1)
    ways = {
        "strides of 2": lambda x: x[:, ::2, ::2],
        "max pooling": lambda x: ops.max_pool2d(x, 2),
        "average pooling": lambda x: ops.average_pool2d(x, 2),
    }
    left = {name: way(strength)[0, :, :, 0] for name, way in ways.items()}
    run.picture("smaller", pictures.smaller(strength[0, :, :, 0], left))
    apart = dict(zip(ways, experiments.how_much_moves(strength, list(ways.values()))))
    print("The picture moves by one pixel, and this much of what is left of its edges changes:")
    for name, share in apart.items():
        print(f"  {name:<28}{share:6.1%}")

    # (3, 3, 3): the mean of red and green, less blue
    yellow = np.stack([BLUR / 2, BLUR / 2, -BLUR], axis=2).astype(np.float32)
    parts = np.stack([experiments.filtered(picture[:, :, c], yellow[:, :, c]) for c in range(3)], axis=2)
    run.picture("depth", pictures.depth(picture, yellow, parts))
    run.note(moved=apart)


# ------------------------------------------------------------------------------------------------------ speed


def how_fast(run: course.Run) -> None:
    """im2col drawn, and the times from loops to all cores."""
    x = np.random.default_rng(3).integers(0, 10, (1, 4, 4, 1)).astype(np.float32)
    cols = ops.im2col(x, *axes(x.shape, 3, 1, "valid"))  # (4, 9)
    y = (cols @ SHARPEN.reshape(9, 1)).reshape(2, 2)
    run.picture("im2col", pictures.im2col(x[0, :, :, 0], SHARPEN, cols, y))

    print(f"The time of one convolution: {ladder.SIZE}")
    seconds, apart = ladder.measure(3 if run.options.quick else 31)
    before = None
    for name, each in seconds.items():
        gain = f"{before / each:12,.1f} times as fast" if before else ""
        print(f"  {name:<28}{1000 * each:12,.1f} ms{gain}")
        before = each
    speedup = seconds[ladder.LOOPS] / seconds[ladder.SHIPPED]
    print(f"All in all {speedup:,.0f} times as fast, and the results are within {apart:.0e} of each other.")
    print("Expect some ten thousands, by your machine.")
    title = "One convolution of LeNet, from loops to all cores"
    run.picture("ladder", pictures.ladder(seconds, title, ladder.circumstances()))
    run.note(speedup=speedup, seconds_of=seconds, of=ladder.SIZE)


# --------------------------------------------------------------------------------------------------- gradients


def the_way_back(run: course.Run, picture: np.ndarray) -> None:
    """Three gradients by loops beside the engine's; the transposed convolution, and its checkerboard."""
    apart = experiments.loops_beside_engine(grey(picture)[:40, :40])
    print("Gradients by loops and by the engine, float64, largest difference beside the largest gradient:")
    print("  " + ", ".join(f"of the {name} {each:.0e}" for name, each in apart.items()))

    gy = np.array([[1.0, 2.0], [-1.0, 3.0]])
    matrix = experiments.as_a_matrix(SHARPEN, 4)  # (4, 16)
    run.picture("painting", pictures.painting(gy, SHARPEN, matrix))

    sizes, stride = (3, 4, 5), 2
    counts = {size: experiments.painted(size, stride, 5) for size in sizes}
    h, w = (side // 4 for side in picture.shape[:2])
    large = {size: experiments.enlarged(picture[h : 3 * h, w : 3 * w], size, stride) for size in sizes}
    run.picture("checkerboard", pictures.checkerboard(counts, large, stride))
    run.note(gradients_apart=apart)


# ---------------------------------------------------------------------------------------------------- learning


def a_filter_that_learns(run: course.Run, picture: np.ndarray) -> None:
    """Shown a picture and its edges, a random filter becomes Sobel's; on noise it does so sooner."""
    steps = 100 if run.options.quick else experiments.STEPS
    costs, apart = {}, {}
    kinds = {"the picture": picture, "noise": experiments.of_noise(picture.shape)}
    for kind, learnt_from in kinds.items():
        x, y = experiments.to_learn_from(learnt_from)
        model = experiments.fresh_filter(x.shape[1:], run.options.seed)
        found, costs[kind] = experiments.find_filter(model, x, y, steps)
        apart[kind] = float(np.abs(found[-1] - experiments.TARGET).max())
        if kind == "the picture":
            shown = found
        print(f"A filter learns from {kind} for {steps} steps: within {apart[kind]:.4f} of Sobel's numbers")
    run.picture("learnt", pictures.learnt(experiments.MARKS[: len(shown)], shown, costs))
    run.note(learnt_within=apart)


def twenty_filters(run: course.Run, images: course.Images) -> None:
    """LeNet's first filters, and what they make of a digit: at first, after one step, after training."""
    x, digit = course.scaled(images.x_train), course.scaled(images.x_test[:1])
    y = course.one_hot(images.y_train, len(images.class_names))  # (n, classes)

    model = fresh(images, run.options.seed)
    kernels, maps = {"at first": first_kernel(model)}, {"at first": first_maps(model, digit)}
    apart = experiments.one_by_one(model, x[:BATCH], y[:BATCH])
    before = model.get_weights()
    model.train_on_batch(x[:BATCH], y[:BATCH])
    changed = sum(bool((new != old).any()) for new, old in zip(model.get_weights(), before))
    kernels["after one step"], maps["after one step"] = first_kernel(model), first_maps(model, digit)
    step = np.abs(first_kernel(model) - kernels["at first"])
    moves = BATCH * images.x_train.shape[1] * images.x_train.shape[2]
    print(f"One step on {BATCH} digits, in which each filter stands in {moves:,} places:")
    print(
        f"  {changed} of {len(before)} arrays of weights change, and the first filters by {step.max():.4f} at most"
    )
    print(f"  the batch's gradient, and the mean of its pictures' own: {apart:.0e} of the largest apart")

    model = fresh(images, run.options.seed)
    epochs = run.epochs(quick=1, usual=1, full=12)
    how = {"batch_size": BATCH, "validation_split": 0.2, "verbose": 2}
    history = run.fit(model, x, y, name="lenet", epochs=epochs, **how).history
    done = len(history.get("loss", []))
    trained = f"after {done} epoch{'s' * (done > 1)}"
    if run.interrupted:
        trained = f"stopped in epoch {done + 1}"
    kernels[trained], maps[trained] = first_kernel(model), first_maps(model, digit)
    resemblance = experiments.resemblance(kernels["at first"], kernels[trained])
    agree = {state: experiments.neighbours_agree(kernel) for state, kernel in kernels.items()}
    print(
        f"The filters {trained} beside those at first: correlation {resemblance.min():.2f} to {resemblance.max():.2f}"
    )
    print("Neighbouring weights of a filter, their correlation (random 0, smooth 1):")
    print("  " + ", ".join(f"{state} {each:.2f}" for state, each in agree.items()))
    for name, title, label, tiles in (
        ("filters", "The twenty filters of LeNet's first layer", "weight (no unit)", kernels),
        ("maps", "What the twenty filters make of one digit", "activation (no unit)", maps),
    ):
        shown = {state: each.reshape(*each.shape[:2], -1).transpose(2, 0, 1) for state, each in tiles.items()}
        run.picture(name, pictures.three_states(shown, title, label, signed=name == "filters"))
    run.note(
        changed=changed, step=float(step.max()), batch_apart=apart, neighbours=agree, resemblance=resemblance
    )


def fresh(images: course.Images, seed: int) -> Sequential:
    """LeNet as the seed makes it, compiled."""
    tinydl.set_random_seed(seed)
    model = lenet(images.x_train.shape[1:], len(images.class_names))
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    return model
