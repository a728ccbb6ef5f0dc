"""Exercises of chapter 1 on slopes, by differences."""

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


@slope.mistake("brackets")
def _(f, x, h):
    """Python divides by 2, and then multiplies by h. How do you tell it that both stand below the line?"""
    return (f(x + h) - f(x - h)) / 2 * h


@slope.mistake("brackets, above")
def _(f, x, h):
    """Only the second of the two results is divided. How do you tell Python that their difference is?"""
    return f(x + h) - f(x - h) / (2 * h)


@slope.mistake("own step")
def _(f, x, h):
    """This is a difference with another step than h. Which one did the task ask for?"""
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


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


@slopes.mistake("all at once, a row")
def _(f, x, h):
    """Right for a row. Of a table, all that x[i] holds moved at the same time. How many elements is that?"""
    found = np.zeros(x.shape)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = h
        found[i] = (f(x + step) - f(x - step)) / (2 * h)
    return found


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


@slopes.mistake("not put back, two")
def _(f, x, h):
    """The first slope is right. Both ends move on from element to element: who puts the last one back?"""
    right, left, found = x.astype(float), x.astype(float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        right[place] += h
        left[place] -= h
        found[place] = (f(right) - f(left)) / (2 * h)
    return found


@slopes.mistake("zero")
def _(f, x, h):
    """0 everywhere. Were both looks at one place? An array that gets a second name, as in up = x, is not copied."""
    return np.zeros(x.shape)


@slopes.mistake("brackets")
def _(f, x, h):
    """Python divides by 2, and then multiplies by h. How do you tell it that both stand below the line?"""
    return slopes(f, x, h) * h**2


@slopes.mistake("dtype, result")
def _(f, x, h):
    """Right but for what comes after the point: it was cut off. Which dtype has the array that holds the slopes?"""
    return np.trunc(slopes(f, x, h))


@slopes.mistake("dtype, like x")
def _(f, x, h):
    """Right for fractions. For whole numbers, what comes after the point is gone: which dtype has zeros_like(x)?"""
    return slopes(f, x, h).astype(x.dtype)


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


EXERCISES = [SLOPE]
