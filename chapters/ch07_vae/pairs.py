"""What `python -m chapters compare vae` sets beside Keras."""

from __future__ import annotations

from chapters import course
from chapters.ch07_vae.train import BATCH
from chapters.compare.pair import Pair, Task


def pictures(images: course.Images) -> Task:
    """Four thousand pictures, from 0 to 1, and no targets; height and width even."""
    _, height, width, _ = images.x_train.shape
    x = course.scaled(images.x_train[:4000, : height // 2 * 2, : width // 2 * 2])
    return Task(x, None, (x.shape[1:],))


PAIRS = {
    "vae": Pair("ch07_vae", "VAE", pictures, None, "rmsprop", batch_size=BATCH, draws=("noise",)),
}
