"""Exercises of chapter 2 on layers: dense and relu."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise
from tinydl import Sequential
from tinydl.layers import Dense, Input

# ------------------------------------------------------------------------------------------------ dense

DENSE = Exercise(
    "dense",
    "dense",
    "a dense layer, and the three gradients that flow back through it",
    """
    Chapter 2, "A dense layer is a table of weights". n pictures come in, each as a row of d numbers. A layer of k units
    has a kernel, (d, k), and a bias, (k,):

        y[n, j] = Σᵢ x[n, i] kernel[i, j]  +  bias[j]

    On the way back `gy`, (n, k), arrives: how the loss moves with each number that came out. Pass it on to all three
    that y was made of. Chapter 1, "From numbers to arrays", has the rule: a number that is used in many places moves
    the loss in many ways, and the ways add up. So ask of each: where is it used, and what is it multiplied with there?
    """,
    hints=(
        "Take a single weight, kernel[i, j]. In which of the outputs does it occur, and what stands beside it there?",
        "∂loss/∂kernel[i, j] is a sum over the pictures, ∂loss/∂x[n, i] one over the units, ∂loss/∂bias[j] again one "
        "over the pictures. Write the three sums down with all their indices.",
        "Two of the sums are products of matrices. Of x, (n, d), the kernel, (d, k), and gy, (n, k), which two, and "
        "which one turned over, give (d, k)? Which give (n, d)?",
    ),
    try_it="""
    x, kernel, bias = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0, 1.0], [1.0, -1.0, 0.0]]), np.zeros(3)
    print(dense(x, kernel, bias).tolist())  # 5.0, -2.0, 1.0
    for g in dense_gradient(np.array([[1.0, 0.0, 10.0]]), x, kernel):
        print(g.tolist())  # x: 13.0, 1.0, kernel: 1.0, 0.0, 10.0 and 2.0, 0.0, 20.0, bias: 1.0, 0.0, 10.0
    """,
)


def _small_network():
    return Sequential([Input((144,)), Dense(20), Dense(7)]).count_params()


@DENSE.predict(_small_network)
def weights():
    """How many numbers has this network to learn, kernels and biases together?

    A picture of 12×12 pixels, flattened; a dense layer of 20 units; a dense layer of 7 units.
    Returns a whole number. Work it out by hand: no network is needed for it.
    """
    return (12 * 12 * 20 + 20) + (20 * 7 + 7)


@weights.mistake("bias")
def _():
    """Those are the kernels. What else does each unit learn?"""
    return 12 * 12 * 20 + 20 * 7


@weights.mistake("units")
def _():
    """Those are the numbers that come out of the layers. How many weights does it take to make one of them?"""
    return 144 + 20 + 7


@weights.mistake("bias, of inputs")
def _():
    """Is there a bias for each number that goes in, or for each that comes out?"""
    return 144 * 20 + 144 + 20 * 7 + 20


@weights.mistake("first layer")
def _():
    """That is the first layer. The second one learns, too."""
    return 144 * 20 + 20


@weights.mistake("side")
def _():
    """The first layer is larger: how many numbers does a picture of 12×12 have?"""
    return (12 * 20 + 20) + (20 * 7 + 7)


@weights.mistake("bias, one each")
def _():
    """There is one bias for each layer here. Which of its units have one?"""
    return 144 * 20 + 1 + 20 * 7 + 1


@weights.mistake("second layer")
def _():
    """The second layer is smaller: what comes into it, the picture, or what the first one has made of it?"""
    return (144 * 20 + 20) + (144 * 7 + 7)


@weights.mistake("product")
def _():
    """The layers' sizes were all multiplied. Is there a weight for each path through both, or for each arrow?"""
    return 144 * 20 * 7


def layers(rng: np.random.Generator):
    """Several pictures, one, and a layer that has as many units as inputs as there are pictures."""
    for label, n, d, k in [
        ("several pictures", 5, 3, 4),
        ("one picture", 1, 4, 2),
        ("everything of size 3", 3, 3, 3),
    ]:
        yield Case(
            label,
            {"x": rng.normal(size=(n, d)), "kernel": rng.normal(size=(d, k)), "bias": rng.normal(size=k)},
        )


def dense_naive(x, kernel, bias):
    """A dense layer, unit by unit: (n, d), (d, k), (k,) -> (n, k)."""
    y = np.empty((len(x), len(bias)))
    for n, j in np.ndindex(y.shape):
        y[n, j] = bias[j] + sum(x[n, i] * kernel[i, j] for i in range(len(kernel)))
    return y


@DENSE.write(layers, dense_naive)
def dense(x, kernel, bias):
    """What comes out of the layer.

    x: (n, d), kernel: (d, k), bias: (k,).
    Returns (n, k).
    """
    return x @ kernel + bias


@dense.mistake("bias")
def _(x, kernel, bias):
    """Something is missing that is there even when the picture is black."""
    return x @ kernel


@dense.mistake("sum twice")
def _(x, kernel, bias):
    """The bias came in once for each number that goes in. How often is it added to the sum?"""
    return x @ kernel + kernel.shape[0] * bias


@dense.mistake("relu")
def _(x, kernel, bias):
    """What is below 0 has become 0. Does the formula of this layer ask for that?"""
    return np.maximum(x @ kernel + bias, 0)


@DENSE.gradient(dense_naive, ("x", "kernel", "bias"), layers)
def dense_gradient(gy, x, kernel):
    """How the loss moves with each number that went in.

    gy: (n, k), how it moves with each number that came out.
    x: (n, d), kernel: (d, k).
    Returns three arrays: for x, (n, d), for the kernel, (d, k), and for the bias, (k,).
    """
    return gy @ kernel.T, x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("factor")
def _(gy, x, kernel):
    """You took the mean over the pictures. Whether the loss is a mean or a sum, is that not in gy already?"""
    return gy @ kernel.T, x.T @ gy / len(x), gy.mean(axis=0)


@dense_gradient.mistake("sum missing")
def _(gy, x, kernel):
    """Only one picture was heard. In how many rows of y does a weight, or a bias, take part?"""
    return gy @ kernel.T, x[:1].T @ gy[:1], gy[0]


@dense_gradient.mistake("upstream")
def _(gy, x, kernel):
    """What arrived from above, gy, was taken for ones. Does the loss move alike with all numbers that came out?"""
    ones = np.ones_like(gy)
    return ones @ kernel.T, x.T @ ones, ones.sum(axis=0)


@dense_gradient.mistake("weights")
def _(gy, x, kernel):
    """In the gradient of x all units count alike. But how far does unit j move when x[n, i] does?"""
    return np.tile(gy.sum(axis=1, keepdims=True), len(kernel)), x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("weights, summed")
def _(gy, x, kernel):
    """gy and the kernel were each summed over the units, then multiplied. Has not each unit a weight of its own?"""
    return gy.sum(axis=1, keepdims=True) * kernel.sum(axis=1), x.T @ gy, gy.sum(axis=0)


@dense_gradient.mistake("transposed")
def _(gy, x, kernel):
    """The right numbers in another order. A transposed array that is reshaped has the shape; and its columns?"""
    return gy @ kernel.T, (gy.T @ x).reshape(kernel.shape), gy.sum(axis=0)


@dense_gradient.mistake("sum twice")
def _(gy, x, kernel):
    """All biases have the same gradient. In which of the k columns of y does bias[j] take part?"""
    return gy @ kernel.T, x.T @ gy, np.full(gy.shape[1], gy.sum())


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


EXERCISES = [DENSE, RELU]
