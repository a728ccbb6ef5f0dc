"""An exercise of chapter 3 on shapes: what comes out, before anything runs."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Exercise
from tinydl import Sequential, ops
from tinydl.layers import Conv2D, Input

# ----------------------------------------------------------------------------------------------- shapes

SHAPES = Exercise(
    "convolution",
    "shapes",
    "what comes out, before anything runs",
    """
    Chapter 3, "Why is it 28×28, when a 5×5 filter leaves 24×24?", "From many pixels to few", "What is depth?" and "The
    way back". Five times: what shape comes out, or how many numbers are there to learn? Answer with a pencil. Pictures
    are (n, h, w, channels), so a shape is a tuple of four numbers.
    """,
    hints=(
        "Height and width are two questions. The number of pictures stays, and the number of channels is that of the "
        "questions asked: of the filters.",
        "How many places are there for a window of k in a row of n, moving by s? The first takes k pixels, each "
        "further one s more. With zeros around, ask for strides of 1 first, then leave places out.",
        "Backward from there: in a transposed convolution the first pixel paints k wide, each further one reaches s "
        "further.",
    ),
    try_it="""
    print([len(shape()) for shape in (valid, same_with_strides, pooled, painted)])  # 4, 4, 4, 4
    """,
)


@SHAPES.predict(lambda: ops.conv2d(np.zeros((10, 30, 20, 3)), np.zeros((5, 3, 3, 8))).shape)
def valid():
    """Ten colour pictures, (10, 30, 20, 3). Eight filters, 5 high and 3 wide. No border, strides of 1."""
    return (10, 26, 18, 8)


@valid.mistake("padding")
def _():
    """That would be with a border of zeros. What keeps the middle of the filter from the rim?"""
    return (10, 30, 20, 8)


@valid.mistake("channels")
def _():
    """Height and width are right. What becomes of the three channels, when each filter adds its three answers up?"""
    return (10, 26, 18, 3)


@valid.mistake("channels, times")
def _():
    """Are the three answers of a filter three pictures, or are they added up to one?"""
    return (10, 26, 18, 24)


@valid.mistake("shifted")
def _():
    """Count the places once more: how many are there for a window of 3 in a row of 4?"""
    return (10, 25, 17, 8)


@valid.mistake("transposed")
def _():
    """5 high and 3 wide: along which of the axes does it lose how much?"""
    return (10, 28, 16, 8)


@valid.mistake("square, of 5")
def _():
    """The filter is 5 high, but not as wide: how much does the width lose?"""
    return (10, 26, 16, 8)


@valid.mistake("square, of 3")
def _():
    """The filter is 3 wide, but not as high: how much does the height lose?"""
    return (10, 28, 18, 8)


@valid.mistake("pictures")
def _():
    """That is one picture. How many came in?"""
    return (1, 26, 18, 8)


@SHAPES.predict(lambda: ops.conv2d(np.zeros((1, 15, 28, 1)), np.zeros((5, 5, 1, 4)), 2, "same").shape)
def same_with_strides():
    """One grey picture, (1, 15, 28, 1). Four filters of 5×5, a border of zeros ("same"), and strides of 2.

    "same" borders the picture so that with strides of 1 there would be an answer for each pixel. With strides of 2 the
    filter answers at every second place, beginning with the first.
    """
    return (1, 8, 14, 4)


@same_with_strides.mistake("rounding")
def _():
    """Of 15 places every second one, beginning with the first: count them."""
    return (1, 7, 14, 4)


@same_with_strides.mistake("rounding, half")
def _():
    """There is no half of a place. Of 15 every second one, beginning with the first: count them."""
    return (1, 7.5, 14, 4)


@same_with_strides.mistake("padding")
def _():
    """That would be without the border of zeros."""
    return (1, 6, 12, 4)


@same_with_strides.mistake("strides")
def _():
    """That would be with strides of 1."""
    return (1, 15, 28, 4)


@same_with_strides.mistake("channels")
def _():
    """How many questions are asked about each spot?"""
    return (1, 8, 14, 1)


@SHAPES.predict(lambda: ops.max_pool2d(np.zeros((1, 15, 28, 4)), 2).shape)
def pooled():
    """The largest of every 2×2 pixels of (1, 15, 28, 4), with strides of 2 and no border ("max pooling")."""
    return (1, 7, 14, 4)


@pooled.mistake("rounding")
def _():
    """Does the last window fit into 15 rows, if there is no border?"""
    return (1, 8, 14, 4)


@pooled.mistake("rounding, half")
def _():
    """There is no half of a pixel. Does the last window fit into 15 rows, if there is no border?"""
    return (1, 7.5, 14, 4)


@pooled.mistake("channels")
def _():
    """Pooling looks at each channel alone. Why should there be fewer?"""
    return (1, 7, 14, 1)


@pooled.mistake("strides")
def _():
    """That would be with strides of 1."""
    return (1, 14, 27, 4)


@SHAPES.predict(lambda: Sequential([Input((30, 20, 3)), Conv2D(8, (5, 3))]).count_params())
def numbers():
    """How many numbers does the layer of `valid` learn? Each of its filters has a bias. Returns a whole number."""
    return 5 * 3 * 3 * 8 + 8


@numbers.mistake("channels")
def _():
    """A filter has a slice for each channel of the picture."""
    return 5 * 3 * 8 + 8


@numbers.mistake("bias")
def _():
    """What does each filter add to all of its answers?"""
    return 5 * 3 * 3 * 8


@numbers.mistake("bias, one")
def _():
    """How many filters are there, and so how many biases?"""
    return 5 * 3 * 3 * 8 + 1


@numbers.mistake("bias, each channel")
def _():
    """That is a bias for each channel of each filter. How many answers does a filter give at a place?"""
    return 5 * 3 * 3 * 8 + 3 * 8


@numbers.mistake("bias, of channels")
def _():
    """That is a bias for each channel that comes in. Who has one?"""
    return 5 * 3 * 3 * 8 + 3


@numbers.mistake("one filter")
def _():
    """That is one filter with its bias. How many are there?"""
    return 5 * 3 * 3 + 1


@numbers.mistake("answers")
def _():
    """That is how many answers a picture gets. How many numbers does it take to make them?"""
    return 26 * 18 * 8


@numbers.mistake("places")
def _():
    """Does a filter learn other numbers in each of its places?"""
    return 26 * 18 * (5 * 3 * 3 * 8 + 8)


@SHAPES.predict(lambda: ops.conv2d_transpose(np.zeros((1, 7, 5, 6)), np.zeros((4, 4, 3, 6)), 2).shape)
def painted():
    """A transposed convolution, strides of 2: each pixel of (1, 7, 5, 6) paints 4×4 pixels in three channels.

    Nothing is cut off at the rim.
    """
    return (1, 16, 12, 3)


@painted.mistake("strides")
def _():
    """That would be if the paintings did not overlap. How far is it from the first pixel's painting to the second's?"""
    return (1, 28, 20, 3)


@painted.mistake("strides, of 1")
def _():
    """That would be with strides of 1. How far is it from the first pixel's painting to the second's?"""
    return (1, 10, 8, 3)


@painted.mistake("padding")
def _():
    """Twice as large: but do the paintings of the last pixels not reach further?"""
    return (1, 14, 10, 3)


@painted.mistake("channels")
def _():
    """Height and width are right. In how many channels does a pixel paint?"""
    return (1, 16, 12, 6)


@painted.mistake("shifted")
def _():
    """How many steps of 2 are there between the first of 7 pixels and the last?"""
    return (1, 18, 14, 3)


@painted.mistake("shifted, by one")
def _():
    """One too many. The first pixel paints 4 wide; how many further ones are there, and how much does each add?"""
    return (1, 17, 13, 3)


@painted.mistake("forward")
def _():
    """That would be a convolution, which gathers. This one paints: do few pixels become fewer, or more?"""
    return (1, 2, 1, 3)


EXERCISES = [SHAPES]
