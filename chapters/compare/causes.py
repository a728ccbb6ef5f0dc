"""Where a difference usually comes from, by the kind of layer, or by the part."""

from __future__ import annotations

from chapters.compare.measure import Difference

PADDING = 'padding ("same" pads unevenly where it must, more below and on the right), strides'
NORMALIZATION = "epsilon (1e-3 in Keras, 1e-5 elsewhere), inside or outside of the root; the axis"

LAYERS = {
    "Conv2D": f"{PADDING}, the order of the kernel's axes (height, width, in, out), a flipped kernel, the activation",
    "Conv2DTranspose": f"{PADDING}, the order of the kernel's axes (height, width, out, in), the activation",
    "MaxPooling2D": f"{PADDING}, padding with 0 rather than minus infinity",
    "AveragePooling2D": f"{PADDING}, whether the border counts in the mean",
    "UpSampling2D": "nearest or bilinear, and where the middle of a pixel is",
    "Flatten": "the order of the axes: channels last or first",
    "Reshape": "the order of the axes: channels last or first",
    "Dense": "a kernel that is transposed, a bias forgotten, the activation",
    "LeakyReLU": "the slope: 0.3 in Keras, 0.2 or 0.01 elsewhere",
    "ELU": "alpha",
    "BatchNormalization": f"{NORMALIZATION}; momentum; the variance divided by n - 1; batch or moving averages",
    "LayerNormalization": NORMALIZATION,
    "Rescaling": "scale and offset",
}
ANYWHERE = "its arguments and their defaults, the activation"

LOSS = "mean or sum over the batch, from_logits, where probabilities are clipped, label_smoothing"
PARTS = {
    "whole": f"a layer that is named above; otherwise the order of the layers, noise that is drawn in another order or "
    f"used in another way, or in the loss: {LOSS}",
    "gradient": "the loss (mean or sum over the batch), a rule of a layer between this weight and the loss; "
    "what differs behind it makes this differ, too; of two networks, which one learns first",
    "update": "the learning rate; the optimizer's epsilon (1e-7 in Keras, 1e-8 elsewhere), inside or outside of the "
    "root; the correction of the first steps; the order of the weights; or simply the gradient",
    "average": "momentum (0.99 in Keras; elsewhere 0.9, or 0.1 of the new), the variance divided by n - 1",
}


def usual_causes(difference: Difference) -> str:
    """What to look at first."""
    return PARTS.get(difference.part) or LAYERS.get(difference.kind, ANYWHERE)
