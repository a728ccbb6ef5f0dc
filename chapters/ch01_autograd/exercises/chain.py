"""Exercises of chapter 1 on the chain rule: a product, a quotient, a neuron."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ---------------------------------------------------------------------------------------------- product

PRODUCT = Exercise(
    "autograd",
    "product",
    "the slopes of a product and of a quotient",
    """
    Chapter 1, "By hand, through a graph". The lesson moves one factor of y = a · b by a little d and looks how far y
    moves. Do so yourself, for the product and for the quotient y = a / b. Here a and b are arrays of one shape: each
    element of y is a product, or a quotient, of its own.

    `gy` has arrived from above: how the loss moves with each element of y. You want to know how it moves with each
    element of a, and of b. The chain rule multiplies along the way.
    """,
    hints=(
        "If a moves by d, the product moves by d · b. And the quotient?",
        "Four slopes: of a product with a, with b, of a quotient with a, with b. Multiply each with what has arrived.",
        "For b in the quotient: 1 / (b + d) − 1 / b = −d / (b (b + d)). What does this come to when d is small?",
    ),
    try_it="""
    gy, a, b = np.array([1.0]), np.array([6.0]), np.array([2.0])
    print([g.tolist() for g in product_gradient(gy, a, b)])  # 2.0 and 6.0 (the slope of each is the other)
    print([g.tolist() for g in quotient_gradient(gy, a, b)])  # 0.5 and -1.5
    """,
)


def pairs(rng: np.random.Generator):
    """Two arrays of one shape; the second keeps away from 0, on both sides of it."""
    for label, shape in [("a row", (4,)), ("a table", (2, 3)), ("one number", (1,))]:
        away = rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)
        yield Case(label, {"a": rng.normal(size=shape), "b": away})


@PRODUCT.given
def product(a, b):
    """Elementwise: two arrays of one shape -> that shape."""
    return a * b


@PRODUCT.gradient(product, ("a", "b"), pairs)
def product_gradient(gy, a, b):
    """How the loss moves with a, and with b, for y = a · b. All have one shape. Returns two arrays, that of a first."""
    return gy * b, gy * a


@product_gradient.mistake("upstream")
def _(gy, a, b):
    """These are the slopes of the product. By how much does the loss move when the product moves by one?"""
    return b * 1.0, a * 1.0


@product_gradient.mistake("both")
def _(gy, a, b):
    """That is how the loss moves when both factors move at the same time. And if one of them stays where it is?"""
    return gy * (a + b), gy * (a + b)


@product_gradient.mistake("constants")
def _(gy, a, b):
    """gy is passed on as it came, as if y were a sum. How many times as far as a does a · b move?"""
    return gy * 1.0, gy * 1.0


@product_gradient.mistake("upstream, added")
def _(gy, a, b):
    """Along the way slopes are multiplied. Where are they added?"""
    return gy + b, gy + a


@product_gradient.mistake("value")
def _(gy, a, b):
    """The gradient was multiplied by the product itself. How far does it move when only one of the two does?"""
    return gy * a * b, gy * a * b


@PRODUCT.given
def quotient(a, b):
    """Elementwise: two arrays of one shape -> that shape."""
    return a / b


@PRODUCT.gradient(quotient, ("a", "b"), pairs)
def quotient_gradient(gy, a, b):
    """The same for y = a / b. Returns two arrays, that of a first."""
    return gy / b, -gy * a / b**2


@quotient_gradient.mistake("factor")
def _(gy, a, b):
    """The size is right. When the number below the line grows, does the quotient grow?"""
    return gy / b, gy * a / b**2


@quotient_gradient.mistake("square")
def _(gy, a, b):
    """A square is missing. Work out a / (b + d) − a / b: what stands below the line?"""
    return gy / b, -gy * a / b


@quotient_gradient.mistake("numerator")
def _(gy, a, b):
    """In the gradient of b, where is a? Does 6 / b move as far as 1 / b does?"""
    return gy / b, -gy / b**2


@quotient_gradient.mistake("quotient rule")
def _(gy, a, b):
    """The rule (u′v − uv′) / v² is for one x in both u and v. What are a′ and b′, when a alone moves, or b alone?"""
    return gy * (b - a) / b**2, gy * (b - a) / b**2


@quotient_gradient.mistake("brackets")
def _(gy, a, b):
    """Python divides by b, then multiplies by b. Put what is below the line into brackets."""
    return gy / b, -gy * a / b * b


@quotient_gradient.mistake("brackets, without gy")
def _(gy, a, b):
    """Python divides by b, then multiplies by b. Put what is below the line into brackets. And where is gy?"""
    return gy / b, -a / b * b


@quotient_gradient.mistake("other one")
def _(gy, a, b):
    """The slope of each is the other: so it is for a product. Move b by d in a / b: how far does that go?"""
    return gy / b, gy / a


@quotient_gradient.mistake("other one, downward")
def _(gy, a, b):
    """The slope of each is the other: so it is for a product. Move b by d in a / b: how far does that go?"""
    return gy / b, -gy / a


@quotient_gradient.mistake("integrated")
def _(gy, a, b):
    """There is a logarithm. Which function is it that has the slope 1 / b, and what is asked for here?"""
    return gy / b, gy * a * np.log(np.abs(b))


@quotient_gradient.mistake("integrated, without a")
def _(gy, a, b):
    """There is a logarithm. Which function is it that has the slope 1 / b, and what is asked for here?"""
    return gy / b, gy * np.log(np.abs(b))


@quotient_gradient.mistake("half way")
def _(gy, a, b):
    """This is how the loss moves with 1 / b. And how does 1 / b move with b?"""
    return gy / b, gy * a


@quotient_gradient.mistake("product")
def _(gy, a, b):
    """These are the slopes of a product. How far does a / b move when a does?"""
    return gy * b, gy * a


@quotient_gradient.mistake("upstream")
def _(gy, a, b):
    """These are the slopes of the quotient. By how much does the loss move when the quotient moves by one?"""
    return 1 / b, -a / b**2


# ----------------------------------------------------------------------------------------------- neuron

NEURON = Exercise(
    "autograd",
    "neuron",
    "a neuron and its mistake, by the chain rule",
    """
    Chapter 1, "By hand, through a graph". The neuron of the lesson, with several inputs and a tanh:

        s = w[0] x[0] + w[1] x[1] + … + b        its sum, a number
        y = tanh(s)                              its answer
        loss = (y − target)²                     what its mistake costs

    Go from the right to the left, as in the picture: how does the loss move with y, with s, and with each w, each x,
    and b? The slope of tanh is in `Value.tanh` of model.py: 1 − y², where y is what came out of it.
    """,
    hints=(
        "Write the three steps as a row of boxes, a slope on each arrow. Which arrows lie between w[0] and the loss?",
        "The square has slope 2 (y − target), tanh has 1 − y². How does s move with w[0], with x[0], with b?",
        "Everything that goes into s shares the way from s to the loss. Work out that one number first, then multiply "
        "it with the slope of s.",
    ),
    try_it="""
    gradients = neuron_gradient(np.array([0.5, -1.0]), np.array([3.0, 1.0]), 0.25, 1.0)
    print([np.round(g, 3).tolist() for g in gradients])  # w: -1.306, -0.435, x: -0.218, 0.435, b: -0.435
    """,
)


def neurons(rng: np.random.Generator):
    """Neurons with few inputs, off their target to both sides; tanh is bent where they are."""
    for label, k, target in [("one input", 1, 0.9), ("three inputs", 3, -0.8), ("four inputs", 4, 0.3)]:
        w, x = rng.uniform(0.3, 0.8, k), rng.uniform(-1, 1, k)
        yield Case(label, {"w": w, "x": x, "b": 0.4, "target": target})


@NEURON.given
def neuron(w, x, b, target):
    """What the neuron's mistake costs. w, x: (k,); b and target: numbers. Returns a number."""
    return (np.tanh((w * x).sum() + b) - target) ** 2


@NEURON.gradient(neuron, ("w", "x", "b"), neurons)
def neuron_gradient(w, x, b, target):
    """How the loss moves with each weight, each input, and the bias.

    w, x: (k,); b and target: numbers. Returns two arrays (k,), for w and for x, and a number for b.
    """
    y = np.tanh((w * x).sum() + b)
    gs = 2 * (y - target) * (1 - y**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("factor")
def _(w, x, b, target):
    """Half of it. How does (y − target)² move when y does?"""
    y = np.tanh((w * x).sum() + b)
    gs = (y - target) * (1 - y**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("tanh")
def _(w, x, b, target):
    """The way goes past tanh as if it were not there. How far does y move when s does?"""
    gs = 2 * (np.tanh((w * x).sum() + b) - target)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("wrong point")
def _(w, x, b, target):
    """The slope of tanh was worked out with the sum s. In 1 − y², what is y?"""
    s = (w * x).sum() + b
    gs = 2 * (np.tanh(s) - target) * (1 - s**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("wrong point, twice")
def _(w, x, b, target):
    """tanh was applied twice on the way to its slope. In 1 − y², has y not been through tanh already?"""
    y = np.tanh((w * x).sum() + b)
    gs = 2 * (y - target) * (1 - np.tanh(y) ** 2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("factor, sign")
def _(w, x, b, target):
    """The sign is turned. If y is above the target and grows, what does the loss do?"""
    y = np.tanh((w * x).sum() + b)
    gs = 2 * (target - y) * (1 - y**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("target")
def _(w, x, b, target):
    """The target does not occur. A square has twice what as its slope?"""
    y = np.tanh((w * x).sum() + b)
    gs = 2 * y * (1 - y**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("upstream")
def _(w, x, b, target):
    """This is how the answer y moves. And the loss, when y moves?"""
    y = np.tanh((w * x).sum() + b)
    return (1 - y**2) * x, (1 - y**2) * w, 1 - y**2


@neuron_gradient.mistake("value")
def _(w, x, b, target):
    """(y − target)² is what the mistake costs. How fast does it move with y?"""
    y = np.tanh((w * x).sum() + b)
    gs = (y - target) ** 2 * (1 - y**2)
    return gs * x, gs * w, gs


@neuron_gradient.mistake("upstream, the sum")
def _(w, x, b, target):
    """Yours is how fast s moves; with b it is 1. And the loss, when s moves?"""
    return x * 1.0, w * 1.0, 1.0


@neuron_gradient.mistake("upstream, times b")
def _(w, x, b, target):
    """It was multiplied by the value of b. How far does s move when b moves by one?"""
    y = np.tanh((w * x).sum() + b)
    gs = 2 * (y - target) * (1 - y**2)
    return gs * x, gs * w, gs * b


EXERCISES = [PRODUCT, NEURON]
