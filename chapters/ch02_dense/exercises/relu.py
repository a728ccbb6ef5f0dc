"""An exercise of chapter 2 on relu, which lets a gradient through or not."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

# ------------------------------------------------------------------------------------------------- relu

RELU = Exercise(
    "dense",
    "relu",
    "a gate for gradients",
    """
    Chapter 2 puts relu after its dense layers; chapter 1, "Questions that readers ask", has its slope.

        y = x where x is above 0, and 0 elsewhere

    With one kink more it is the clipped relu: y = x between 0 and 6, 0 below, and 6 above. A gradient passes where y
    moves with x, and as it is; nothing passes where y stands still. At a kink there is no slope, and one has to choose.
    We choose as Keras and PyTorch do: at 0, and at 6, nothing passes.
    """,
    hints=(
        "For which x does y move at all, when x moves a little? How fast does it, there?",
        "The slope of each element is 1 or 0. Which of the two it is depends on x alone, not on gy. The chain rule "
        "multiplies.",
        "A comparison such as x > 3 gives an array of True and False, and those count as 1 and 0 in a product. At "
        "the kinks ask whether your comparison has the = or not.",
    ),
    try_it="""
    x, gy = np.array([-2.0, 0.0, 1.0, 6.0, 8.0]), np.array([10.0, 20.0, -30.0, 40.0, 50.0])
    print(relu(x).tolist())  # 0.0, 0.0, 1.0, 6.0, 8.0
    print(relu_gradient(gy, x).tolist())  # 0.0, 0.0, -30.0, 40.0, 50.0
    print(clipped_gradient(gy, x).tolist())  # 0.0, 0.0, -30.0, 0.0, 0.0
    """,
)


def signals(rng: np.random.Generator):
    """Numbers to both sides of the kinks at 0 and 6, none of them near; then some upon them."""
    away = lambda *shape: rng.permuted(np.linspace(-4.2, 9.4, int(np.prod(shape)))).reshape(shape)  # noqa: E731
    yield Case("a table", {"x": away(4, 5)})
    yield Case("a row", {"x": away(7)})
    yield Case("numbers upon the kinks", {"x": np.array([0.0, 3.0, 6.0, -1.0, 7.0, 0.0])}, at_kink=True)


def relu_naive(x):
    """relu, a number at a time."""
    y = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        y[place] = x[place] if x[place] > 0 else 0.0
    return y


def clipped_naive(x):
    """The clipped relu, a number at a time."""
    y = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        y[place] = min(max(x[place], 0.0), 6.0)
    return y


@RELU.write(signals, relu_naive)
def relu(x):
    """x where it is above 0, and 0 elsewhere. x: an array of any shape; it stays as it was. Returns that shape."""
    return np.where(x > 0, x, 0.0)


@relu.mistake("absolute")
def _(x):
    """Numbers below 0 come out positive. What should come out there?"""
    return np.abs(x)


@relu.mistake("leaky")
def _(x):
    """A little of what is below 0 comes through. How much should?"""
    return np.maximum(x, 0.01 * x)


@relu.mistake("clipped")
def _(x):
    """This is the clipped relu, which comes further below."""
    return np.clip(x, 0, 6)


@RELU.gradient(relu_naive, "x", signals)
def relu_gradient(gy, x):
    """How the loss moves with each element of x. gy and x have one shape, and so has what you return. 0 at x = 0."""
    return gy * (x > 0)


@relu_gradient.mistake("ties")
def _(gy, x):
    """Right but for x = 0, where the gradient passes. Which of the two sides did the task choose for the kink?"""
    return gy * (x >= 0)


@relu_gradient.mistake("upstream")
def _(gy, x):
    """This is the slope of relu. But by how much does the loss move when y moves by one?"""
    return (x > 0) * 1.0


@relu_gradient.mistake("upstream, its sign")
def _(gy, x):
    """Gradients below 0 are held back, as if relu were applied to them. Does the slope depend on gy, or on x?"""
    return np.where(gy > 0, gy, 0.0)


@relu_gradient.mistake("upstream, both")
def _(gy, x):
    """Where x is above 0 right, but only for gradients above 0. May a gradient not be negative?"""
    return np.where((x > 0) & (gy > 0), gy, 0.0)


@relu_gradient.mistake("value")
def _(gy, x):
    """Gradients are multiplied by the value of relu. How fast does y move with x when x is 2, and when it is 4?"""
    return gy * np.maximum(x, 0)


@relu_gradient.mistake("factor")
def _(gy, x):
    """Below 0 the gradient passes with its sign turned. Does y move there at all?"""
    return gy * np.sign(x)


@RELU.gradient(clipped_naive, "x", signals)
def clipped_gradient(gy, x):
    """The same for the clipped relu, which stands still below 0 and above 6. 0 at x = 0 and at x = 6."""
    return gy * ((x > 0) & (x < 6))


@clipped_gradient.mistake("ties")
def _(gy, x):
    """Right but for x = 0 or x = 6, where the gradient passes. What did the task choose for the kinks?"""
    return gy * ((x >= 0) & (x <= 6))


@clipped_gradient.mistake("one kink")
def _(gy, x):
    """This is the gradient of relu itself. How does y move with x where x is 8?"""
    return gy * (x > 0)


@clipped_gradient.mistake("upstream, clipped")
def _(gy, x):
    """The gradients are clipped to 0 and 6. Is it gy that was clipped on the way forward?"""
    return np.clip(gy, 0, 6)


@clipped_gradient.mistake("value")
def _(gy, x):
    """Gradients are multiplied by the clipped value. How fast does y move with x when x is 2, and when it is 4?"""
    return gy * np.clip(x, 0, 6)


@clipped_gradient.mistake("above")
def _(gy, x):
    """Above 6 the gradient comes six times, as if it were the slope that is 6 there. Is it the slope, or y?"""
    return gy * np.where(x > 6, 6.0, x > 0)


@clipped_gradient.mistake("upstream")
def _(gy, x):
    """This is the slope of the clipped relu. But by how much does the loss move when y moves by one?"""
    return ((x > 0) & (x < 6)) * 1.0


@clipped_gradient.mistake("upstream, both")
def _(gy, x):
    """What goes back is clipped, as if it went forward. May a gradient not be negative?"""
    return np.clip(gy * (x > 0), 0, 6)


@clipped_gradient.mistake("always")
def _(gy, x):
    """Every gradient passes. Is there an x that is neither above 0 nor below 6? Is "or" the right word?"""
    return gy * ((x > 0) | (x < 6))


@clipped_gradient.mistake("value, 6")
def _(gy, x):
    """From 6 on the gradient is 6. Is it y that is 6 there, or its slope?"""
    return np.where(x < 6, gy * (x > 0), 6.0)


EXERCISES = [RELU]
