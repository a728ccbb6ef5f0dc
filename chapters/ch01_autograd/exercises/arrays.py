"""Exercises of chapter 1 on arrays: what was broadcast, and a rule that is right wherever somebody looked."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# -------------------------------------------------------------------------------------------- broadcast

BROADCAST = Exercise(
    "autograd",
    "broadcast",
    "a gradient, summed back over what was broadcast",
    """
    Chapter 1, "From numbers to arrays". When a bias of shape (3,) is added to an array of shape (4, 3), NumPy spreads
    it over the four rows, in two steps. First the shape with fewer axes gets axes of length 1 at its left: (3,) becomes
    (1, 3). Then each axis of length 1 is repeated until it is as long as that of the other: (1, 3) becomes (4, 3).

    Who is used four times gets four gradients, and they add up. An engine does this for every operation (`_fit` in
    tinydl/op.py), so write it for any two shapes.
    """,
    hints=(
        "For the shapes, write them below each other, aligned at the right: each column has its larger number.",
        "There are two kinds of axes to sum over: those that x has not got at all, at the left, and those where x has "
        "length 1 and gy more. The second kind stays, with length 1.",
        "The first kind: gy.sum(axis=0) has an axis less at the left. How often do you need it? The second kind: "
        "gy.sum(axis=i, keepdims=True) leaves axis i there, with length 1.",
    ),
    try_it="""
    gy = np.arange(6.0).reshape(2, 3)
    print(spread_gradient(gy, np.zeros(3)).tolist())  # 3.0, 5.0, 7.0
    print(spread_gradient(gy, np.zeros((2, 1))).tolist())  # 3.0, 12.0
    """,
)


@BROADCAST.predict(lambda: (np.zeros((5, 1)) + np.zeros(4)).shape)
def column_and_row():
    """What shape has a + b, if a is a column of shape (5, 1), and b a row of shape (4,)? Returns a tuple."""
    return (5, 4)


@column_and_row.mistake("broadcast")
def _():
    """That is the shape of a. How many numbers does each row of the sum need, if b has four?"""
    return (5, 1)


@column_and_row.mistake("transposed")
def _():
    """Rows come first, columns second. How many rows has a, and how many columns b?"""
    return (4, 5)


@column_and_row.mistake("broadcast, of b")
def _():
    """That is b, written as a row. How many rows does the sum need, if a has five?"""
    return (1, 4)


@BROADCAST.given
def spread(x, shape):
    """x, repeated until it has this shape: (3,) -> (4, 3), or (4, 1) -> (4, 3)."""
    return np.broadcast_to(x, shape)


def spreads(rng: np.random.Generator):
    """Shapes, and what they are spread to."""
    for label, small, large in [
        ("a row over rows", (3,), (4, 3)),
        ("a column over columns", (4, 1), (4, 3)),
        ("a row over as many rows", (3,), (3, 3)),
        ("a column in two tables", (3, 1), (2, 3, 4)),
        ("one number", (), (2, 3)),
        ("nothing to spread", (2, 3), (2, 3)),
    ]:
        yield Case(label, {"x": rng.normal(size=small), "shape": large})


@BROADCAST.gradient(spread, "x", spreads)
def spread_gradient(gy, x):
    """How the loss moves with each element of x, before it was spread.

    gy: how it moves with each element of spread(x, gy.shape). x: an array; only its shape matters here.
    Returns an array of the shape of x.
    """
    while gy.ndim > x.ndim:  # axes that x has not got at all
        gy = gy.sum(axis=0)
    for axis, length in enumerate(x.shape):
        if length == 1:  # an axis that may have been repeated
            gy = gy.sum(axis=axis, keepdims=True)
    return gy


@spread_gradient.mistake("broadcast")
def _(gy, x):
    """There are as many gradients as there were copies. How many has x to give?"""
    return gy * 1.0


@spread_gradient.mistake("broadcast, length 1")
def _(gy, x):
    """The new axes at the left are summed away. And an axis that x has, with length 1?"""
    return gy.sum(axis=tuple(range(gy.ndim - x.ndim)))


@spread_gradient.mistake("broadcast, axis 0")
def _(gy, x):
    """Right for a row that was repeated over rows. In (4, 1) → (4, 3), which axis was repeated?"""
    return gy.sum(axis=0)


@spread_gradient.mistake("broadcast, axis 0 kept")
def _(gy, x):
    """Right for a row that was repeated over rows. In (4, 1) → (4, 3), which axis was repeated?"""
    return gy if gy.shape == x.shape else gy.sum(axis=0)


@spread_gradient.mistake("broadcast, new axes")
def _(gy, x):
    """The axes of length 1 are summed. And the axes that x has not got at all?"""
    for axis, length in enumerate(x.shape):
        if length == 1:
            gy = gy.sum(axis=axis, keepdims=True)
    return gy


@spread_gradient.mistake("broadcast, new axes left")
def _(gy, x):
    """The axes of length 1 are summed. And the axes that x has not got at all?"""
    new = gy.ndim - x.ndim
    return gy.sum(axis=tuple(new + i for i, length in enumerate(x.shape) if length == 1), keepdims=True)


@spread_gradient.mistake("broadcast, axis numbers")
def _(gy, x):
    """The axes of x were counted in gy, while gy still had more of them at the left. Which axis was summed there?"""
    gy = gy.sum(axis=tuple(i for i, length in enumerate(x.shape) if length == 1), keepdims=True)
    return gy.sum(axis=tuple(range(gy.ndim - x.ndim)))


@spread_gradient.mistake("factor")
def _(gy, x):
    """The mean of what arrived, not the sum. If ten copies each move the loss by 1, by how much do they all?"""
    new = gy.ndim - x.ndim
    repeated = tuple(i for i in range(gy.ndim) if i < new or x.shape[i - new] == 1)
    return gy.mean(axis=repeated).reshape(x.shape)


@spread_gradient.mistake("shape")
def _(gy, x):
    """The sums are right, but an axis of length 1 is gone with them. What is the shape of x?"""
    new = gy.ndim - x.ndim
    return gy.sum(axis=tuple(i for i in range(gy.ndim) if i < new or x.shape[i - new] == 1))


@spread_gradient.mistake("sum missing")
def _(gy, x):
    """Only the first of the copies was heard. And the others?"""
    new = gy.ndim - x.ndim
    places = (0,) * new + tuple(slice(0, 1) if n == 1 else slice(None) for n in x.shape)
    return gy[places]


@spread_gradient.mistake("upstream")
def _(gy, x):
    """This is the number of copies. Does the loss move alike with all of them?"""
    return np.full(x.shape, gy.size / x.size)


@spread_gradient.mistake("sum twice")
def _(gy, x):
    """All that arrives was added up to one number. Which of it belongs to which element of x?"""
    return np.full(x.shape, gy.sum())


@spread_gradient.mistake("broadcast, from the left")
def _(gy, x):
    """Right where x has fewer axes than gy. What became of an axis that x has, with length 1?"""
    return gy.reshape(-1, *x.shape).sum(axis=0)


@spread_gradient.mistake("regrouped")
def _(gy, x):
    """The right number of sums, each over the wrong elements. Which elements of gy belong to one element of x?"""
    return gy.reshape(*x.shape, -1).sum(axis=-1)


# ------------------------------------------------------------------------------------ find the bug: a gate

SUSPECT = Exercise(
    "autograd",
    "suspect",
    "find the bug: a rule that is right wherever somebody looked",
    """
    Chapter 1, "Is my gradient right?". `gate` is x · tanh(x): x is used twice in it. Somebody has written
    `gate_gradient`, tried it at 0, at 10 and at −10, and found it right there. It is wrong.

    First write the check that finds it out, `is_right(rule)`: choose arrays gy and x, call rule(gy, x), work the same
    gradient out by central differences, compare. We try it on two rules that are right, and on several that are wrong,
    each in its own way. Then mend `gate_gradient`.
    """,
    hints=(
        "Why could nobody see it at 0 and at 10? Look at tanh there, and at its slope. What would you choose for x?",
        "If all of gy were 1, a rule that never looks at it would pass. And which elements should x have, so that one "
        "that is right for one sign only, or mixes elements up, is found out?",
        "For the rule: y = x · tanh(x) is a product, and x is in both factors. Two ways lead from x to y; what is the "
        "slope of each?",
    ),
    try_it="""
    print(gate(np.array([0.0, 1.0])).round(3).tolist())  # 0.0, 0.762
    print(is_right(gate_gradient))  # True, once the rule is mended: before that it is wrong
    """,
)


@SUSPECT.given
def gate(x):
    """x · tanh(x), elementwise: nearly |x| far from 0, and smooth at 0."""
    return x * np.tanh(x)


def by_cosh(gy, x):
    """The gradient of `gate`, written in another way."""
    return gy * (np.sinh(x) * np.cosh(x) + x) / np.cosh(x) ** 2


def places(rng: np.random.Generator):
    """Places of both signs, where tanh bends."""
    yield Case("a row", {"x": rng.uniform(0.3, 1.5, 5) * rng.choice([-1.0, 1.0], 5)})
    yield Case("a table", {"x": rng.normal(size=(3, 4))})


@SUSPECT.catch(lambda: gate_gradient, right=(by_cosh,))
def is_right(rule):
    """Whether a rule for the gradient of `gate` is right.

    rule: a function rule(gy, x), two arrays of one shape; it should return how the loss moves with each x, an array of
    that shape. Returns True or False. Rounding is no mistake: a right rule and differences agree to six digits or so.
    """
    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=(2, 8))
    slopes = (gate(x + 1e-5) - gate(x - 1e-5)) / 2e-5  # each element moves its own result only
    return bool(np.allclose(rule(gy, x), gy * slopes, rtol=1e-6, atol=1e-8))


@SUSPECT.gradient(gate, "x", places, begins_as="one way")
def gate_gradient(gy, x):
    """How the loss moves with each element of x. gy and x have one shape. Returns that shape."""
    return gy * (np.tanh(x) + x * (1 - np.tanh(x) ** 2))


@gate_gradient.mistake("one way")
def _(gy, x):
    """Only one of the two uses of x is there. At 0 and far from it the other has slope 0. And in between?"""
    return gy * np.tanh(x)


@gate_gradient.mistake("one way, inside")
def _(gy, x):
    """Only the use of x inside of tanh is there. What of the x before it?"""
    return gy * x * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("product rule")
def _(gy, x):
    """The slopes of the two factors were multiplied. How far does a product move when both of its factors do?"""
    return gy * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("factor")
def _(gy, x):
    """One of the two ways has the wrong sign. If x is above 0 and grows, does either factor of x · tanh(x) shrink?"""
    return gy * (np.tanh(x) - x * (1 - np.tanh(x) ** 2))


@gate_gradient.mistake("square")
def _(gy, x):
    """A square is missing. The slope of tanh is 1 − tanh², and in other words 1 / cosh²."""
    return gy * (np.tanh(x) + x / np.cosh(x))


@gate_gradient.mistake("brackets")
def _(gy, x):
    """Both ways were multiplied with the slope of tanh. Which of them leads through tanh?"""
    return gy * (np.tanh(x) + x) * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("upstream, one way")
def _(gy, x):
    """What arrives was multiplied with one of the two ways only. What of the other?"""
    return gy * np.tanh(x) + x * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("upstream, other way")
def _(gy, x):
    """What arrives was multiplied with one of the two ways only. What of the other?"""
    return np.tanh(x) + gy * x * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("upstream")
def _(gy, x):
    """It does not look at gy. For gy = 1 it is right, but for any other?"""
    return np.tanh(x) + x * (1 - np.tanh(x) ** 2)


@gate_gradient.mistake("sign")
def _(gy, x):
    """It is right above 0 only. Is the slope of `gate` the same on both sides?"""
    x = np.abs(x)
    return gy * (np.tanh(x) + x * (1 - np.tanh(x) ** 2))


@gate_gradient.mistake("wrong point")
def _(gy, x):
    """The slope of tanh was taken at what comes out of tanh. 1 − tanh² of what?"""
    y = np.tanh(x)
    return gy * (y + x * (1 - np.tanh(y) ** 2))


@gate_gradient.mistake("wrong point, x")
def _(gy, x):
    """The slope of tanh was worked out with x itself. In 1 − y², what is y?"""
    return gy * (np.tanh(x) + x * (1 - x**2))


@gate_gradient.mistake("wrong point, the end")
def _(gy, x):
    """The slope of tanh was worked out with what comes out of `gate`. In 1 − y², what is y?"""
    return gy * (np.tanh(x) + x * (1 - gate(x) ** 2))


@gate_gradient.mistake("neighbours")
def _(gy, x):
    """All elements have the same slope, that of their mean. Does an element's slope depend on the others?"""
    return gy * (np.tanh(x) + x * (1 - np.tanh(x) ** 2)).mean()


@gate_gradient.mistake("rough")
def _(gy, x):
    """Nearly right: a difference with a step of 0.01, to one side. How exact is the formula?"""
    return gy * (gate(x + 0.01) - gate(x)) / 0.01


EXERCISES = [BROADCAST, SUSPECT]
