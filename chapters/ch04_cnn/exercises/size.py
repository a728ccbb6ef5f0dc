"""An exercise of chapter 4: the size of LeNet."""

from __future__ import annotations

from chapters.ch04_cnn.model import lenet
from chapters.exercises.form import Exercise

LENET = Exercise(
    "cnn",
    "lenet_size",
    "predict: LeNet for other pictures",
    """
    Chapter 4, "Pooling forgets where, a little", has LeNet layer by layer for 28×28 grey pixels and ten digits. Now
    somebody has pictures of seven kinds, 30 pixels high and 20 wide, in colour (red, green and blue). The layers stay:

        20 filters 5×5 with a border of zeros ("same"), relu      max pooling 2×2
        50 filters 5×5 with a border of zeros, relu               max pooling 2×2
        flatten      dense, 500 units, relu      dense, softmax

    Predict what changes. The check builds the network and looks.
    """,
    hints=(
        "Go through the table of the lesson row by row. Which rows know how high and wide the picture is, and which "
        "know only how many channels came in?",
        "A picture that is 15 high has seven pairs of rows, and one row that is left over. What does pooling do "
        "with that?",
        "A filter has a number for each row, column and incoming channel, and one bias. A dense unit has a number for "
        "each number that comes in, and one bias.",
    ),
    try_it="""
    print(20 * (5 * 5 * 1) + 20)  # 520 (the first filters of the lesson)
    print(len(after_pooling()), len(weights()))  # 3 4 (whether they are right, the check tells)
    """,
)


@LENET.predict(lambda: lenet((30, 20, 3), 7).layers[3].output_shape[1:])
def after_pooling():
    """The shape of one picture after the second max pooling: three whole numbers, (height, width, channels)."""
    return 7, 5, 50


@after_pooling.mistake("transposed")
def _():
    """Height and width are the wrong way round: which is written first?"""
    return 5, 7, 50


@after_pooling.mistake("rounded up")
def _():
    """15 rows are seven windows of two, and a row is left over. Is it kept?"""
    return 8, 5, 50


@after_pooling.mistake("padding")
def _():
    """You let each convolution cut off the rim. What was the border of zeros for?"""
    return 4, 2, 50


@after_pooling.mistake("one pooling")
def _():
    """That is what the first max pooling leaves. How many of them are there?"""
    return 15, 10, 50


@after_pooling.mistake("no pooling")
def _():
    """That is as high and wide as the picture itself. What does each max pooling do to that?"""
    return 30, 20, 50


@after_pooling.mistake("lesson")
def _():
    """That is what the lesson's pictures come to. Which numbers are new here?"""
    return 7, 7, 50


@after_pooling.mistake("padding, of the first")
def _():
    """Your first convolution cuts off the rim, the second does not. What was the border of zeros for?"""
    return 6, 4, 50


@after_pooling.mistake("padding, of the second")
def _():
    """Your second convolution cuts off the rim, the first does not. What was the border of zeros for?"""
    return 5, 3, 50


@after_pooling.mistake("three poolings")
def _():
    """You divide by two once more. How many max poolings are there?"""
    return 3, 2, 50


@after_pooling.mistake("channels, of the kinds")
def _():
    """As many channels come out of a convolution as it has filters. Where do the seven kinds come in?"""
    return 7, 5, 7


@after_pooling.mistake("channels")
def _():
    """You multiply the channels. A filter lies over all channels that come in: how many answers does it give?"""
    return 7, 5, 1000


@after_pooling.mistake("channels, of the first")
def _():
    """As many channels come out of a convolution as it has filters. Which convolution was the last?"""
    return 7, 5, 20


@after_pooling.mistake("channels, of the picture")
def _():
    """Red, green and blue go in. What does a filter of the first convolution make of the three?"""
    return 7, 5, 3


@LENET.predict(lambda: tuple(layer.count_params() for layer in lenet((30, 20, 3), 7).layers if layer.weights))
def weights():
    """How many weights, biases counted, each layer has that has any, from the first convolution on: four numbers."""
    first = 20 * (5 * 5 * 3) + 20
    second = 50 * (5 * 5 * 20) + 50
    units = (7 * 5 * 50) * 500 + 500
    scores = 500 * 7 + 7
    return first, second, units, scores


@weights.mistake("bias")
def _():
    """That is all of the kernels. What else does each filter, and each unit, have?"""
    return 1500, 25000, 875000, 3500


@weights.mistake("bias, one for all")
def _():
    """You have one bias for each layer. How many numbers come out of a layer at one place, and has each its own?"""
    return 1501, 25001, 875001, 3501


@weights.mistake("bias, for each channel")
def _():
    """You have a bias for each channel that comes in. How often is one added to a filter's answer?"""
    return 20 * 3 * (5 * 5 + 1), 50 * 20 * (5 * 5 + 1), 875500, 3507


@weights.mistake("bias, for each number that comes in")
def _():
    """You have a bias for each number that comes in. How many numbers come out of a layer at one place?"""
    return 1500 + 3, 25000 + 20, 875000 + 1750, 3500 + 500


@weights.mistake("channels, flattened without them")
def _():
    """After the second max pooling there are 7 · 5 places. How many channels does each of the 35 have?"""
    return 1520, 25050, 7 * 5 * 500 + 500, 3507


@weights.mistake("channels, flattened without them and without a bias")
def _():
    """After the second max pooling there are 7 · 5 places. How many channels does each of the 35 have? And each unit a
    bias."""
    return 1520, 25050, 7 * 5 * 500, 3507


@weights.mistake("channels, of the first")
def _():
    """You flatten with the first convolution's channels. Which convolution was the last?"""
    return 1520, 25050, 7 * 5 * 20 * 500 + 500, 3507


@weights.mistake("channels, of the picture")
def _():
    """Red, green and blue come in once, at the beginning. What comes into the layer that you count three for?"""
    return 1520, 50 * (5 * 5 * 3) + 50, 7 * 5 * 3 * 500 + 500, 3507


@weights.mistake("channels, of the picture in the second")
def _():
    """Red, green and blue go into the first convolution. How many channels come into the second?"""
    return 1520, 50 * (5 * 5 * 3) + 50, 875500, 3507


@weights.mistake("channels, of the picture after flattening")
def _():
    """Red, green and blue go into the first convolution. How many channels has each place after the second?"""
    return 1520, 25050, 7 * 5 * 3 * 500 + 500, 3507


@weights.mistake("channels, grey")
def _():
    """That is the first convolution for grey pixels. How many channels come in here?"""
    return 520, 25050, 875500, 3507


@weights.mistake("channels, of the second")
def _():
    """A filter of the second convolution lies over all twenty channels. How many numbers has it for each of them?"""
    return 1520, 50 * 5 * 5 + 50, 875500, 3507


@weights.mistake("units, skipped")
def _():
    """That would be a last layer right behind the convolutions. What comes between?"""
    return 1520, 25050, 875500, 7 * 5 * 50 * 7 + 7


@weights.mistake("rounded up")
def _():
    """Rows that are left over are counted in yours. What did you say about the shape after the second max pooling?"""
    return 1520, 25050, 8 * 5 * 50 * 500 + 500, 3507


@weights.mistake("one pooling")
def _():
    """That many numbers come to the dense layer after one max pooling. How many of them are there?"""
    return 1520, 25050, 15 * 10 * 50 * 500 + 500, 3507


@weights.mistake("no pooling")
def _():
    """That many numbers would come to the dense layer without max pooling. What did you say about the shape?"""
    return 1520, 25050, 30 * 20 * 50 * 500 + 500, 3507


@weights.mistake("padding")
def _():
    """You let each convolution cut off the rim. What was the border of zeros for?"""
    return 1520, 25050, 4 * 2 * 50 * 500 + 500, 3507


@weights.mistake("positions")
def _():
    """You multiply by the positions. Has a filter other numbers at each of them?"""
    return 30 * 20 * 1520, 15 * 10 * 25050, 875500, 3507


@weights.mistake("channels")
def _():
    """A filter of the first layer lies over three channels, one of the second over twenty. Does it have the same
    numbers for all of them?"""
    return 520, 1300, 875500, 3507


@weights.mistake("channels, nowhere")
def _():
    """No layer of yours knows how many channels come in. Over how many does each filter lie, and how many numbers are
    there after `Flatten`?"""
    return 520, 1300, 7 * 5 * 500 + 500, 3507


@weights.mistake("channels, colours again")
def _():
    """Your second convolution has three times as many channels to lie over. What did each filter of the first make of
    red, green and blue?"""
    return 1520, 50 * (5 * 5 * 60) + 50, 875500, 3507


@weights.mistake("units, added")
def _():
    """You add up what comes in and what goes out. To how many numbers does each unit listen?"""
    return 1520, 25050, 7 * 5 * 50 + 500, 500 + 7


@weights.mistake("classes")
def _():
    """Your last layer tells ten kinds apart. How many are there here?"""
    return 1520, 25050, 875500, 500 * 10 + 10


@weights.mistake("lesson")
def _():
    """That is the lesson's network. Which layers know how large the pictures are, and of how many kinds?"""
    return 520, 25050, 7 * 7 * 50 * 500 + 500, 5010


@weights.mistake("not flattened")
def _():
    """Your first dense layer gets a number for each channel. How many are there after `Flatten`?"""
    return 1520, 25050, 50 * 500 + 500, 3507


@weights.mistake("one filter")
def _():
    """That is what one filter has, or one unit. How many of them are in the layer?"""
    return 75, 500, 1750, 500


@weights.mistake("one filter, with its bias")
def _():
    """That is what one filter has, or one unit. How many of them are in the layer?"""
    return 76, 501, 1751, 501


@weights.mistake("units")
def _():
    """That is how many filters and units there are. How many weights has each?"""
    return 20, 50, 500, 7


@weights.mistake("channels, multiplied")
def _():
    """You multiply the channels. How many come out of the second convolution?"""
    return 1520, 25050, 7 * 5 * 1000 * 500 + 500, 3507
