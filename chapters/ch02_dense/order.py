"""What a dense layer does not know: which pixels are neighbours."""

from __future__ import annotations

from functools import partial

import numpy as np

from chapters import course
from chapters.ch02_dense import pictures
from chapters.ch02_dense.model import dense_only
from chapters.ch02_dense.shared import BATCH, accuracy, trained
from chapters.ch04_cnn.model import small_cnn
from chapters.course import one_hot, scaled

MOST = 20_000  # pictures: it is the convolutions that take the time


def shuffled(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pictures (n, h, w, channels) with their pixels in another order, the same for all."""
    n, height, width, channels = x.shape
    flat = x.reshape(n, height * width, channels)
    return flat[:, rng.permutation(height * width)].reshape(x.shape)


def matters(run: course.Run, images: course.Images) -> None:
    """Both networks on pictures as they are, and with all pixels in another order."""
    classes, shape = len(images.class_names), images.x_train.shape[1:]
    y = one_hot(images.y_train[:MOST], classes)
    seed = run.options.seed
    mixed, mixed_test = (
        shuffled(x, np.random.default_rng(seed)) for x in (images.x_train[:MOST], images.x_test)
    )
    print(
        f"\nPixels in another order, the same for all {len(y):,} pictures; one pass, share of the test set right:"
    )
    right = {}
    for name, network in (("dense layers", dense_only), ("with convolutions", small_cnn)):
        for order, x, x_test in (
            ("as they are", images.x_train[:MOST], images.x_test),
            ("another order", mixed, mixed_test),
        ):
            fit = f"{network.__name__}_{order.replace(' ', '_')}"
            how = {"batch_size": BATCH, "epochs": 1}
            model, _ = trained(run, partial(network, shape, classes), scaled(x), y, fit, **how)
            right[f"{name}, {order}"] = share = accuracy(model, scaled(x_test), images.y_test)
            print(f"  {name:<18}pixels {order:<14}{100 * share:6.2f} %")
    run.note(order=right)
    run.picture("order", pictures.order(images.x_test[:5], mixed_test[:5], right))
