"""The chapter's convolutions in Keras, and the same filter learnt there: the numbers to stand beside.

    python -m chapters.ch03_convolution.keras_twin

needs Keras (pip install 'tinydl[keras]') and prints how far apart the two are.
"""

from __future__ import annotations

import argparse
from typing import Any

import keras
import numpy as np
from keras.layers import Conv2D, Input


def one_filter(input_shape: tuple[int, int, int], size: int = 5) -> Any:
    """`chapters.ch03_convolution.model.one_filter`, in Keras."""
    return keras.Sequential([Input(input_shape), Conv2D(1, size, padding="same", use_bias=False)])


def main() -> None:
    """Do in both what the chapter does with a picture, and print the largest differences."""
    # Here, so that who wants the network alone gets Keras without tinydl beside it.
    from chapters import course
    from chapters.ch03_convolution.experiments import (
        MARKS,
        STEPS,
        TARGET,
        find_filter,
        fresh_filter,
        to_learn_from,
    )
    from chapters.ch03_convolution.photo import load_photo

    chapter = course.CHAPTERS["convolution"]
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", default=chapter.data, help="a picture file, or cake")
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    name, picture = load_photo(options.data, options.seed)
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, {name}: largest difference beside the largest value"
    )
    for what, apart in convolutions(picture).items():
        print(f"  {what:<46}{apart:.0e}")

    x, y = to_learn_from(picture)
    ours = fresh_filter(x.shape[1:], options.seed)
    theirs = one_filter(x.shape[1:])
    theirs.set_weights(ours.get_weights())
    theirs.compile(keras.optimizers.Adam(ours.optimizer.learning_rate), "mean_squared_error")
    both = [find_filter(model, x, y, STEPS)[0] for model in (ours, theirs)]
    print("A filter learns Sobel's numbers from one start, by the same steps of Adam:")
    for step, mine, keras_s in zip(MARKS, *both):
        off, apart = np.abs(mine - TARGET).max(), np.abs(mine - keras_s).max()
        print(f"  after {step:>4} steps: {off:.4f} from Sobel's, {apart:.0e} from each other")


def convolutions(picture: np.ndarray) -> dict[str, float]:
    """Filters over a picture (h, w, 3), tinydl's answers beside Keras's, both in float32: their largest differences."""
    from chapters.ch03_convolution.model import BY_HAND
    from tinydl import ops

    rng = np.random.default_rng(0)
    colours = picture.transpose(2, 0, 1)[..., None]  # (3, h, w, 1)
    by_hand = np.stack(list(BY_HAND.values()), axis=2)[:, :, None].astype(np.float32)  # (3, 3, 1, 5)
    deep = rng.standard_normal((5, 5, 3, 20), dtype=np.float32)
    back = rng.standard_normal((4, 4, 3, 1), dtype=np.float32)
    convolution = ops.conv2d, keras.ops.conv
    transposed = ops.conv2d_transpose, keras.ops.conv_transpose
    cases = {
        "five filters by hand, valid": (convolution, colours, by_hand, 1, "valid"),
        "five filters by hand, same": (convolution, colours, by_hand, 1, "same"),
        "twenty random ones 5x5x3, same, strides of 2": (convolution, picture[None], deep, 2, "same"),
        "transposed, 4x4, same, strides of 2": (transposed, colours, back, 2, "same"),
    }
    apart = {}
    for what, (both, x, kernel, strides, padding) in cases.items():
        ours, theirs = (np.array(each(x, kernel, strides, padding)) for each in both)
        apart[what] = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    return apart


if __name__ == "__main__":
    main()
