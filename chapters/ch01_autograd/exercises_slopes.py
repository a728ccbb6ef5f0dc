"""Exercises of chapter 1 on slopes: by differences, of a product, of a neuron, and a check for them."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------------------------ slope

SLOPE = Exercise(
    "autograd",
    "slope",
    "the slope of a function, by two looks at it",
    """
    Chapter 1, "What a derivative is, to a program" and "How small is a small step?". Take the central difference: go a
    step of h to each side, and ask how far the two results are apart, beside how far the two places are. First for a
    function of one number. Then for a function of a whole array: move one element at a time while the others stay, and
    you have the slope for each. With these few lines you can judge every gradient that you will ever write.
    """,
    hints=(
        "Where are the two places, if you go h to the left and h to the right? How far apart are they?",
        "For an array: make a copy of x, move one element of the copy, ask f. np.ndindex(x.shape) gives all places.",
        "The slopes are fractions, also where x holds whole numbers. What does an array of whole numbers do with 0.5 "
        "when it is added to one of its elements?",
    ),
    try_it="""
    print(round(slope(np.sin, 0.75, 0.1), 3))  # 0.73, and cos 0.75 is 0.732
    print(slopes(lambda x: (x**3).sum(), np.array([1.0, 2.0]), 0.001).round(3).tolist())  # 3.0, 12.0
    """,
)


def bend(x):
    """A function of one number, bent and skew."""
    return np.exp(x) / (1 + x * x)


def cube(x):
    """x³, which a central difference with a large step does not quite get."""
    return x**3


def mixed(x):
    """A number made of all elements of an array, no two alike."""
    weights = np.arange(1.0, x.size + 1).reshape(x.shape)
    return float((weights * x**2).sum() + x.sum() ** 3 / 10)


def looks(rng: np.random.Generator):
    """Functions of one number, with steps large enough to see which difference was taken."""
    yield Case("x³ and a large step", {"f": cube, "x": 2.0, "h": 0.5})
    yield Case("a bent function", {"f": bend, "x": -0.4, "h": 0.1})
    yield Case("a small step", {"f": bend, "x": 0.7, "h": 1e-3})


def slope_by_hand(f, x, h):
    """The central difference."""
    left, right = f(x - h), f(x + h)
    return (right - left) / (h + h)


@SLOPE.write(looks, slope_by_hand)
def slope(f, x, h):
    """The central difference of f at x, with steps of h to both sides.

    f: a function of a number. x, h: numbers, h above 0. Returns a number.
    """
    return (f(x + h) - f(x - h)) / (2 * h)


@slope.mistake("one side")
def _(f, x, h):
    """This goes to one side only. What does the lesson say of the error of that?"""
    return (f(x + h) - f(x)) / h


@slope.mistake("factor")
def _(f, x, h):
    """It is twice as steep as it should be. How far apart are the two places at which you looked?"""
    return (f(x + h) - f(x - h)) / h


@slope.mistake("halved")
def _(f, x, h):
    """It is half as steep, and looks to one side only. How far apart are the two places at which you looked?"""
    return (f(x + h) - f(x)) / (2 * h)


def landscapes(rng: np.random.Generator):
    """Arrays, and functions of them."""
    yield Case("a row", {"f": mixed, "x": rng.normal(size=4), "h": 0.01})
    yield Case("a table", {"f": mixed, "x": rng.normal(size=(2, 3)), "h": 0.1})
    yield Case("whole numbers", {"f": mixed, "x": np.array([[1, 2], [0, -3]]), "h": 0.1})


def slopes_by_hand(f, x, h):
    """The central difference for each element: the elements in a row, one of them moved."""
    numbers = [float(each) for each in x.ravel()]
    found = []
    for k in range(len(numbers)):
        ends = []
        for step in (h, -h):
            moved = numbers[:k] + [numbers[k] + step] + numbers[k + 1 :]
            ends.append(f(np.array(moved).reshape(x.shape)))
        found.append((ends[0] - ends[1]) / (2 * h))
    return np.array(found).reshape(x.shape)


@SLOPE.write(landscapes, slopes_by_hand)
def slopes(f, x, h):
    """The central difference of f for each element of x.

    f: a function of an array, which gives a number. x: an array of any shape, of fractions or of whole numbers; it
    stays as it was. h: the step, a number. Returns an array of the shape of x, float64.
    """
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        found[place] = (f(x + step) - f(x - step)) / (2 * h)
    return found


@slopes.mistake("all at once")
def _(f, x, h):
    """All elements moved at the same time. Which of them made f grow?"""
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@slopes.mistake("one side")
def _(f, x, h):
    """This goes to one side only. What does the lesson say of the error of that?"""
    steps = h * np.eye(x.size).reshape(-1, *x.shape)
    return np.array([(f(x + step) - f(x)) / h for step in steps]).reshape(x.shape)


@slopes.mistake("not put back")
def _(f, x, h):
    """The first slope is right. Are the elements that were moved back in their place when the next one's turn comes?"""
    x, found = x.astype(float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += h
        right = f(x)
        x[place] -= 2 * h
        found[place] = (right - f(x)) / (2 * h)
    return found


@slopes.mistake("dtype")
def _(f, x, h):
    """Right for fractions, not for whole numbers. What becomes of 0.1 in an array that can hold whole numbers only?"""
    found, moved = np.zeros(x.shape), x.copy()
    for place in np.ndindex(x.shape):
        ends = []
        for step in (h, -h):
            moved[place] = x[place] + step
            ends.append(f(moved))
        moved[place] = x[place]
        found[place] = (ends[0] - ends[1]) / (2 * h)
    return found


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
        "For b in the quotient: 1 / (b + d) − 1 / b = −d / (b (b + d)). What does this come to when d is small?",
        "Four slopes: of a product with a, with b, of a quotient with a, with b. Multiply each with what has arrived.",
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
    """These are the slopes of the product. With how much does the loss move when the product moves by one?"""
    return b * 1.0, a * 1.0


@product_gradient.mistake("both")
def _(gy, a, b):
    """That is how the loss moves when both factors move at the same time. And if one of them stays where it is?"""
    return gy * (a + b), gy * (a + b)


@product_gradient.mistake("constants")
def _(gy, a, b):
    """gy is passed on as it came, as if y were a sum. How many times as far as a does a · b move?"""
    return gy * 1.0, gy * 1.0


@product_gradient.mistake("added")
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


@quotient_gradient.mistake("product")
def _(gy, a, b):
    """These are the slopes of a product. How far does a / b move when a does?"""
    return gy * b, gy * a


@quotient_gradient.mistake("upstream")
def _(gy, a, b):
    """These are the slopes of the quotient. With how much does the loss move when the quotient moves by one?"""
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


EXERCISES = [SLOPE, PRODUCT, NEURON]
