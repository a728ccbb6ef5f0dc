"""Functions with wrong answers, written as a reader would write them, and the key under which each should be found.

Nothing here knows the ways in which a diagnosis is found. Each function comes with its cases; each wrong answer takes
what it names: inputs, and for a gradient `gy` and `y`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydl.gradcheck import Mistake, Trial, by_differences

Names = dict[str, Any]
RNG = np.random.default_rng(2026)


def call(function: Callable, names: Names) -> Any:
    """A function with whatever it names."""
    return function(**{name: names[name] for name in inspect.signature(function).parameters if name in names})


@dataclass
class Task:
    """A function; `wrt` is the input that a gradient is wanted for, "" where the function itself is asked for."""

    forward: Callable
    wrt: str
    cases: dict[str, Names]
    wrong: list[tuple[str, Callable]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parameters = list(inspect.signature(self.forward).parameters)
        if self.wrt:
            self.slopes = by_differences(self.forward, wrt=(self.parameters.index(self.wrt),))

    def expects(self, key: str) -> Callable[[Callable], Callable]:
        """Adds a wrong answer."""

        def add(answer: Callable) -> Callable:
            self.wrong.append((key, answer))
            return answer

        return add

    def reference(self, names: Names) -> Any:
        """What is right."""
        if not self.wrt:
            return call(self.forward, names)
        return self.slopes(names["gy"], *[names[name] for name in self.parameters])[0]

    def trials(self, answer: Callable, seed: int = 0) -> list[Trial]:
        """All cases, answered."""
        rng = np.random.default_rng(seed)
        found = []
        for label, inputs in self.cases.items():
            names = dict(inputs)
            if self.wrt:
                y = np.asarray(call(self.forward, names))
                gy = rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
                names |= {"y": y, "gy": np.asarray(gy)}
            with np.errstate(all="ignore"):
                yours = np.asarray(call(answer, names))
            found.append(Trial(names, yours, np.asarray(self.reference(names)), label))
        return found


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


# ---- activations ---------------------------------------------------------------------------------------------

X = {"several pictures": {"x": normal(4, 3)}, "one picture": {"x": normal(1, 5)}}
RELU = Task(lambda x: np.maximum(x, 0), "x", X)
RELU.expects("upstream")(lambda x: x > 0)
RELU.expects("left out")(lambda gy: gy)
RELU.expects("factor")(lambda gy, x: gy * np.maximum(x, 0))
RELU.expects("factor")(lambda gy, x: -gy * (x > 0))
RELU.expects("zero")(lambda x: np.zeros_like(x))
RELU.expects("only some")(lambda gy, x: np.where(x > 0, gy, 0.01 * gy))

LEAKY = Task(lambda x: np.where(x > 0, x, 0.1 * x), "x", X)
LEAKY.expects("only some")(lambda gy, x: gy * (x > 0))
LEAKY.expects("only some")(lambda gy, x: np.where(x > 0, gy, 0.2 * gy))
LEAKY.expects("left out")(lambda gy: gy)

TANH = Task(lambda x: np.tanh(x), "x", X)
TANH.expects("wrong point")(lambda gy, x: gy * (1 - x**2))
TANH.expects("wrong point")(lambda gy, y: gy * (1 - np.tanh(y) ** 2))
TANH.expects("upstream")(lambda y: 1 - y**2)
TANH.expects("dtype")(lambda gy, y: (gy * (1 - y**2)).astype("float32"))
TANH.expects("sum twice")(lambda gy, y: (gy * (1 - y**2)).sum(axis=0))
TANH.expects("upstream")(lambda gy, y: gy**2 * (1 - y**2))

SIGMOID = Task(lambda x: 1 / (1 + np.exp(-x)), "x", X)
SIGMOID.expects("wrong point")(lambda gy, x: gy * x * (1 - x))
SIGMOID.expects("factor")(lambda gy, y: gy * y * (y - 1))
SIGMOID.expects("wrong point")(lambda gy, y: gy * np.exp(-y) / (1 + np.exp(-y)) ** 2)
SIGMOID.expects("factor")(lambda gy, y: gy * y * (1 - y) / len(gy))

BIG = {
    "scores": {"x": normal(3, 4)},
    "large scores": {"x": np.array([[1000.0, 0.0, -1000.0], [2.0, 1.0, 0.0]])},
}


def stable_sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


BIG_SIGMOID = Task(stable_sigmoid, "", BIG)
BIG_SIGMOID.expects("not finite")(lambda x: np.exp(x) / (1 + np.exp(x)))

KINK = {"scores": {"x": normal(3, 4)}, "zeros": {"x": np.array([[0.0, 1.0, -1.0], [2.0, 0.0, -0.5]])}}
STEP = Task(lambda x: np.where(x > 0, x, 0), "", KINK)
HEAVISIDE = Task(lambda x: (x > 0).astype(float), "", KINK)
HEAVISIDE.expects("ties")(lambda x: (x >= 0).astype(float))

SQUARE = Task(lambda x: x**2, "x", X)
SQUARE.expects("factor")(lambda gy, x: gy * x)
SQUARE.expects("wrong point")(lambda gy, y: 2 * gy * y)
SQUARE.expects("upstream")(lambda x: 2 * x)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


SOFTMAX = Task(softmax, "x", X)
SOFTMAX.expects("cross terms")(lambda gy, y: gy * y * (1 - y))
SOFTMAX.expects("neighbours")(lambda gy, y: y * (gy - (gy * y).sum()))
SOFTMAX.expects("neighbours")(lambda gy, y: y * (gy - (gy * y).sum(axis=0)))
SOFTMAX.expects("cross terms")(lambda gy, y: -y * ((gy * y).sum(axis=1, keepdims=True) - gy * y))
SOFTMAX.expects("factor")(lambda gy, y: y * (gy - (gy * y).sum(axis=1, keepdims=True)) / len(gy))
SOFTMAX.expects("factor")(lambda gy, y: -y * (gy - (gy * y).sum(axis=1, keepdims=True)))


@SOFTMAX.expects("sum missing")
def _(gy, y):
    gx = np.zeros_like(y)
    for i in range(len(y)):
        for j in range(y.shape[1]):
            for k in range(y.shape[1]):
                gx[i, k] = gy[i, j] * y[i, j] * ((j == k) - y[i, k])
    return gx


SOFTMAX_FORWARD = Task(softmax, "", BIG | X)
SOFTMAX_FORWARD.expects("not finite")(lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True))
SOFTMAX_SMALL = Task(softmax, "", X)
SOFTMAX_SMALL.expects("neighbours")(lambda x: np.exp(x) / np.exp(x).sum())
SOFTMAX_SMALL.expects("neighbours")(lambda x: np.exp(x) / np.exp(x).sum(axis=0))

# ---- dense ---------------------------------------------------------------------------------------------------

DENSE_CASES = {
    "several pictures": {"x": normal(4, 3), "w": normal(3, 2), "b": normal(2)},
    "one picture": {"x": normal(1, 3), "w": normal(3, 5), "b": normal(5)},
    "as many outputs as inputs": {"x": normal(5, 3), "w": normal(3, 3), "b": normal(3)},
}


def dense(x, w, b):
    return x @ w + b


DENSE_W = Task(dense, "w", DENSE_CASES)
DENSE_W.expects("transposed")(lambda gy, x: gy.T @ x)
DENSE_W.expects("factor")(lambda gy, x: x.T @ gy / len(x))
DENSE_W.expects("sum missing")(lambda gy, x: np.outer(x[0], gy[0]))
DENSE_W.expects("upstream")(lambda gy, x: x.T @ np.ones_like(gy))
DENSE_W.expects("sum missing")(lambda gy, x: x[:, :, None] * gy[:, None, :])


@DENSE_W.expects("sum missing")
def _(gy, x):
    gw = np.zeros((x.shape[1], gy.shape[1]))
    for i in range(len(x)):
        for j in range(x.shape[1]):
            for k in range(gy.shape[1]):
                gw[j, k] = x[i, j] * gy[i, k]
    return gw


@DENSE_W.expects("dtype")
def _(gy, x):
    gw = np.zeros((x.shape[1], gy.shape[1]), dtype=int)
    for j in range(x.shape[1]):
        for k in range(gy.shape[1]):
            gw[j, k] = (x[:, j] * gy[:, k]).sum()
    return gw


DENSE_B = Task(dense, "b", DENSE_CASES)
DENSE_B.expects("sum missing")(lambda gy: gy)
DENSE_B.expects("factor")(lambda gy: gy.mean(axis=0))
DENSE_B.expects("sum twice")(lambda gy: gy.sum())
DENSE_B.expects("sum missing")(lambda gy: gy[0])
DENSE_B.expects("sum missing")(lambda gy: gy[-1])
DENSE_B.expects("upstream")(lambda gy: np.ones_like(gy).sum(axis=0))
DENSE_B.expects("shape")(lambda gy: gy.sum(axis=0, keepdims=True))

DENSE_X = Task(dense, "x", DENSE_CASES)
DENSE_X.expects("factor")(lambda gy, w: gy @ w.T / len(gy))
DENSE_X.expects("upstream")(lambda gy, w: np.ones_like(gy) @ w.T)
DENSE_X.expects("transposed")(lambda gy, w: w @ gy.T)
SQUARE_DENSE = Task(dense, "x", {"a": {"x": normal(4, 3), "w": normal(3, 3), "b": normal(3)}})
SQUARE_DENSE.expects("transposed")(lambda gy, w: gy @ w)

DENSE = Task(dense, "", DENSE_CASES)
DENSE.expects("left out")(lambda x, w: x @ w)
DENSE.expects("factor")(lambda x, w, b: (x @ w + b) / len(x))


@DENSE.expects("sum missing")
def _(x, w, b):
    y = np.zeros((len(x), w.shape[1]))
    for i in range(len(x)):
        for k in range(w.shape[1]):
            for j in range(w.shape[0]):
                y[i, k] = x[i, j] * w[j, k] + b[k]
    return y


# ---- broadcasting --------------------------------------------------------------------------------------------

PRODUCT_CASES = {
    "a row": {"a": normal(4, 3), "c": normal(3)},
    "a matrix": {"a": normal(2, 3), "c": normal(2, 3)},
}
PRODUCT = Task(lambda a, c: a * c, "c", PRODUCT_CASES)
PRODUCT.expects("broadcast")(lambda gy, a: gy * a)
COLUMN = Task(lambda a, c: a * c, "c", {"a column": {"a": normal(4, 3), "c": normal(4, 1)}})
COLUMN.expects("broadcast")(lambda gy, a: gy * a)
COLUMN.expects("shape")(lambda gy, a: (gy * a).sum(axis=1))

MEAN = Task(lambda x: x.mean(), "x", X)
MEAN.expects("factor")(lambda gy, x: np.ones_like(x) * gy)
MEAN.expects("factor")(lambda gy, x: np.ones_like(x) * gy / len(x))
MEAN.expects("shape")(lambda gy, x: gy / x.size)
MEAN.expects("upstream")(lambda x: np.ones_like(x) / x.size)

# ---- convolution ---------------------------------------------------------------------------------------------


def conv(x, kernel, strides=1, padding=0):
    """(n, h, w, cin), (kh, kw, cin, cout) -> (n, oh, ow, cout)"""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw = kernel.shape[:2]
    oh, ow = ((x.shape[1] - kh) // strides + 1, (x.shape[2] - kw) // strides + 1)
    y = np.zeros((len(x), oh, ow, kernel.shape[3]))
    for i in range(oh):
        for j in range(ow):
            window = x[:, i * strides : i * strides + kh, j * strides : j * strides + kw]
            y[:, i, j] = np.tensordot(window, kernel, axes=3)
    return y


CONV_CASES = {
    "several pictures": {"x": normal(2, 5, 4, 2), "kernel": normal(3, 3, 2, 2), "strides": 1, "padding": 0},
    "several channels": {"x": normal(1, 4, 4, 3), "kernel": normal(2, 2, 3, 2), "strides": 1, "padding": 0},
    "strides of 2": {"x": normal(1, 6, 6, 1), "kernel": normal(2, 2, 1, 2), "strides": 2, "padding": 0},
    "padding of 1": {"x": normal(1, 4, 3, 1), "kernel": normal(3, 3, 1, 1), "strides": 1, "padding": 1},
}
CONV = Task(conv, "", CONV_CASES)
CONV.expects("flipped")(lambda x, kernel, strides, padding: conv(x, kernel[::-1, ::-1], strides, padding))
CONV.expects("padding")(lambda x, kernel, strides: conv(x, kernel, strides, 0))
CONV.expects("strides")(
    lambda x, kernel, strides, padding: conv(x, kernel, 1, padding)[
        :,
        : (x.shape[1] + 2 * padding - kernel.shape[0]) // strides + 1,
        : (x.shape[2] + 2 * padding - kernel.shape[1]) // strides + 1,
    ]
)
CONV.expects("transposed")(
    lambda x, kernel, strides, padding: conv(x, kernel.swapaxes(0, 1), strides, padding)
)


@CONV.expects("sum missing")
def _(x, kernel, strides, padding):
    y = 0
    for c in range(x.shape[3]):
        y = conv(x[..., c : c + 1], kernel[:, :, c : c + 1], strides, padding)
    return y


@CONV.expects("padding")
def _(x, kernel, strides, padding):
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="edge")
    return conv(x, kernel, strides)


def conv_kernel_gradient(gy, x, kernel, strides, padding, begin=lambda i, s: i * s, put=lambda a, b: a + b):
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw = kernel.shape[:2]
    g = np.zeros(kernel.shape)
    for n in range(len(x)):
        for i in range(gy.shape[1]):
            for j in range(gy.shape[2]):
                top, left = begin(i, strides), begin(j, strides)
                window = x[n, top : top + kh, left : left + kw]
                g = put(g, window[..., None] * gy[n, i, j])
    return g


CONV_K = Task(conv, "kernel", CONV_CASES)
CONV_K.expects("strides")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(
        gy, x, kernel, strides, padding, lambda i, s: i
    )
)
CONV_K.expects("sum missing")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(
        gy, x, kernel, strides, padding, put=lambda a, b: b
    )
)
CONV_K.expects("flipped")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(gy, x, kernel, strides, padding)[::-1, ::-1]
)
CONV_K.expects("channels")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(gy, x, kernel, strides, padding).swapaxes(
        2, 3
    )
)
CONV_K.expects("factor")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(gy, x, kernel, strides, padding) / len(x)
)
CONV_K.expects("factor")(
    lambda gy, x, kernel, strides, padding: (
        conv_kernel_gradient(gy, x, kernel, strides, padding) / (gy.shape[1] * gy.shape[2])
    )
)
CONV_K.expects("channels")(
    lambda gy, x, kernel, strides, padding: (
        conv_kernel_gradient(gy, x, kernel, strides, padding).transpose(2, 0, 1, 3).reshape(kernel.shape)
    )
)
CONV_K.expects("sum missing")(
    lambda gy, x, kernel, strides, padding: conv_kernel_gradient(gy[:1], x[:1], kernel, strides, padding)
)


def conv_input_gradient(
    gy, x, kernel, strides, padding, put=lambda a, b: a + b, cut=True, begin=lambda i, s: i * s
):
    kh, kw = kernel.shape[:2]
    n, h, w, c = x.shape
    g = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    for i in range(gy.shape[1]):
        for j in range(gy.shape[2]):
            top, left = begin(i, strides), begin(j, strides)
            place = (slice(None), slice(top, top + kh), slice(left, left + kw))
            g[place] = put(g[place], np.einsum("nf,abcf->nabc", gy[:, i, j], kernel))
    return g[:, padding : padding + h, padding : padding + w] if cut else g


CONV_X = Task(conv, "x", CONV_CASES)
CONV_X.expects("sum missing")(
    lambda gy, x, kernel, strides, padding: conv_input_gradient(
        gy, x, kernel, strides, padding, lambda a, b: b
    )
)
CONV_X.expects("padding")(
    lambda gy, x, kernel, strides, padding: conv_input_gradient(gy, x, kernel, strides, padding, cut=False)
)
CONV_X.expects("flipped")(
    lambda gy, x, kernel, strides, padding: conv_input_gradient(gy, x, kernel[::-1, ::-1], strides, padding)
)
CONV_X.expects("strides")(
    lambda gy, x, kernel, strides, padding: conv_input_gradient(
        gy, x, kernel, strides, padding, begin=lambda i, s: i
    )
)
CONV_X.expects("factor")(
    lambda gy, x, kernel, strides, padding: 2 * conv_input_gradient(gy, x, kernel, strides, padding)
)
CONV_X.expects("padding")(
    lambda gy, x, kernel, strides, padding: conv_input_gradient(gy, x, kernel, strides, padding, cut=False)[
        :, : x.shape[1], : x.shape[2]
    ]
)

# ---- pooling -------------------------------------------------------------------------------------------------


def average_pool(x, size):
    n, h, w, c = x.shape
    return x.reshape(n, h // size, size, w // size, size, c).mean(axis=(2, 4))


def max_pool(x, size):
    n, h, w, c = x.shape
    return x.reshape(n, h // size, size, w // size, size, c).max(axis=(2, 4))


def spread(a, size):
    return a.repeat(size, axis=1).repeat(size, axis=2)


POOL_CASES = {
    "windows of 2": {"x": normal(2, 4, 4, 2), "size": 2},
    "windows of 3": {"x": normal(1, 3, 6, 1), "size": 3},
}
AVERAGE = Task(average_pool, "x", POOL_CASES)
AVERAGE.expects("factor")(lambda gy, size: spread(gy, size))
AVERAGE.expects("factor")(lambda gy, size: spread(gy, size) / size)
AVERAGE.expects("upstream")(lambda gy, size: spread(np.ones_like(gy), size) / size**2)
MAXIMUM = Task(max_pool, "x", POOL_CASES)
MAXIMUM.expects("upstream")(lambda x, y, size: (x == spread(y, size)).astype(float))
MAXIMUM.expects("factor")(lambda gy, x, y, size: spread(gy, size) * (x == spread(y, size)) / size**2)
AVERAGED = Task(average_pool, "", POOL_CASES)
AVERAGED.expects("factor")(lambda x, size: average_pool(x, size) * size**2)


def overlapping_max(x):
    """Windows of 3, a step of 2 apart: (n,) -> ((n - 1) / 2,)"""
    return np.array([x[i : i + 3].max() for i in range(0, len(x) - 2, 2)])


OVERLAP = Task(overlapping_max, "x", {"nine numbers": {"x": normal(9)}, "thirteen": {"x": normal(13)}})
OVERLAP.cases["large where windows meet"] = {"x": np.array([0.1, 0.2, 3.0, 0.3, 0.5, 0.4, 5.0, 0.6, 0.7])}


@OVERLAP.expects("sum missing")
def _(gy, x):
    gx = np.zeros_like(x)
    for k, i in enumerate(range(0, len(x) - 2, 2)):
        gx[i : i + 3] = gy[k] * (x[i : i + 3] == x[i : i + 3].max())
    return gx


GLOBAL = Task(
    lambda x: x.mean(axis=(1, 2)), "x", {"a": {"x": normal(2, 3, 4, 2)}, "b": {"x": normal(3, 2, 2, 1)}}
)
GLOBAL.expects("factor")(lambda gy, x: np.ones_like(x) * gy[:, None, None])
GLOBAL.expects("sum twice")(lambda gy, x: gy)

# ---- batch normalization -------------------------------------------------------------------------------------


def batch_norm(x, gamma, beta):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3) + beta


NORM_CASES = {
    "eight samples": {"x": normal(8, 3), "gamma": normal(3), "beta": normal(3)},
    "six samples": {"x": 2 + 3 * normal(6, 2), "gamma": normal(2), "beta": normal(2)},
}


def hat(x):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)


def norm_gradient(gy, x, gamma):
    g, h = gy * gamma, hat(x)
    return (g - g.mean(axis=0) - h * (g * h).mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)


NORM_X = Task(batch_norm, "x", NORM_CASES)
NORM_X.expects("constants")(lambda gy, x, gamma: gy * gamma / np.sqrt(x.var(axis=0) + 1e-3))
NORM_X.expects("constants")(
    lambda gy, x, gamma: (gy - gy.mean(axis=0)) * gamma / np.sqrt(x.var(axis=0) + 1e-3)
)
NORM_X.expects("constants")(
    lambda gy, x, gamma: (gy - hat(x) * (gy * hat(x)).mean(axis=0)) * gamma / np.sqrt(x.var(axis=0) + 1e-3)
)
NORM_X.expects("left out")(lambda gy, x, gamma: norm_gradient(gy, x, np.ones_like(gamma)))
NORM_X.expects("factor")(lambda gy, x, gamma: norm_gradient(gy, x, gamma) * len(x))
NORM_GAMMA = Task(batch_norm, "gamma", NORM_CASES)
NORM_GAMMA.expects("sum missing")(lambda gy, x: gy * hat(x))
NORM_GAMMA.expects("factor")(lambda gy, x: (gy * hat(x)).mean(axis=0))
NORM_BETA = Task(batch_norm, "beta", NORM_CASES)
NORM_BETA.expects("sum missing")(lambda gy: gy)

# ---- losses --------------------------------------------------------------------------------------------------


def cross_entropy(x, t):
    return -(t * np.log(softmax(x))).sum() / len(x)


TARGETS = {
    "four pictures": {"x": normal(4, 3), "t": np.eye(3)[[0, 2, 1, 0]]},
    "two pictures": {"x": normal(2, 5), "t": np.eye(5)[[4, 1]]},
}
ENTROPY = Task(cross_entropy, "x", TARGETS)
ENTROPY.expects("factor")(lambda gy, x, t: gy * (softmax(x) - t))
ENTROPY.expects("factor")(lambda gy, x, t: gy * (t - softmax(x)) / len(x))
ENTROPY.expects("left out")(lambda gy, x, t: gy * softmax(x) / len(x))
ENTROPY.expects("upstream")(lambda x, t: (softmax(x) - t) / len(x))
PRICE_OF_WEIGHTS = Task(
    lambda w, x, t: cross_entropy(x @ w, t),
    "w",
    {
        "four pictures": {"w": normal(2, 3), "x": normal(4, 2), "t": np.eye(3)[[0, 2, 1, 0]]},
        "two pictures": {"w": normal(3, 5), "x": normal(2, 3), "t": np.eye(5)[[4, 1]]},
    },
)
PRICE_OF_WEIGHTS.expects("sum missing")(lambda gy, w, x, t: gy * np.outer(x[0], softmax(x[:1] @ w)[0] - t[0]))
PRICE_OF_WEIGHTS.expects("sum missing")(
    lambda gy, w, x, t: gy * np.outer(x[-1], softmax(x[-1:] @ w)[0] - t[-1]) / len(x)
)
PRICE_OF_WEIGHTS.expects("factor")(lambda gy, w, x, t: gy * (x.T @ (softmax(x @ w) - t)))
ENTROPY_LOSS = Task(cross_entropy, "", TARGETS)
ENTROPY_LOSS.expects("factor")(lambda x, t: -(t * np.log(softmax(x))).sum())
ENTROPY_LOSS.expects("factor")(lambda x, t: (t * np.log(softmax(x))).sum() / len(x))

LATENT = {
    "several pictures": {"mean": normal(4, 2), "log_var": normal(4, 2), "noise": normal(4, 2)},
    "one picture": {"mean": normal(1, 3), "log_var": normal(1, 3), "noise": normal(1, 3)},
}
DRAW = Task(lambda mean, log_var, noise: mean + np.exp(log_var / 2) * noise, "", LATENT)
DRAW.expects("log_var")(lambda mean, log_var, noise: mean + np.exp(log_var) * noise)
DRAW.expects("left out")(lambda mean, log_var, noise: mean + np.exp(log_var / 2))
DRAW.expects("left out")(lambda mean, log_var, noise: np.exp(log_var / 2) * noise)
DRAW_GRADIENT = Task(lambda mean, log_var, noise: mean + np.exp(log_var / 2) * noise, "log_var", LATENT)
DRAW_GRADIENT.expects("factor")(lambda gy, log_var, noise: gy * np.exp(log_var / 2) * noise)
DRAW_GRADIENT.expects("log_var")(lambda gy, log_var, noise: gy * np.exp(log_var) * noise / 2)


def divergence(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum() / len(mean)


KL_CASES = {label: {name: names[name] for name in ("mean", "log_var")} for label, names in LATENT.items()}
KL = Task(divergence, "", KL_CASES)
KL.expects("factor")(lambda mean, log_var: (mean**2 + np.exp(log_var) - 1 - log_var).sum() / len(mean))
KL.expects("factor")(lambda mean, log_var: 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum())
KL.expects("left out")(lambda mean, log_var: 0.5 * (mean**2 + np.exp(log_var) - log_var).sum() / len(mean))
KL_MEAN = Task(divergence, "mean", KL_CASES)
KL_MEAN.expects("factor")(lambda gy, mean: gy * mean)
KL_MEAN.expects("factor")(lambda gy, mean: gy * 2 * mean / len(mean))
KL_LOG = Task(divergence, "log_var", KL_CASES)
KL_LOG.expects("left out")(lambda gy, log_var: gy * 0.5 * np.exp(log_var) / len(log_var))
KL_LOG.expects("log_var")(lambda gy, log_var: gy * 0.5 * (np.exp(log_var / 2) - 1) / len(log_var))

# ---- optimizers ----------------------------------------------------------------------------------------------


def adam(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
    return w - rate * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


def begin(t, epsilon=1e-2):
    names = {name: normal(5) for name in ("w", "g", "m")} | {"v": np.abs(normal(5)) + 0.1}
    return names | {"t": t, "rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "epsilon": epsilon}


ADAM = Task(adam, "", {"the first step": begin(1), "the fifth step": begin(5)})


@ADAM.expects("bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
    return w - rate * m / (np.sqrt(v) + epsilon)


ADAM.expects("bias correction")(
    lambda w, g, m, v, t, rate, beta_1, beta_2, epsilon: adam(
        w, g, m, v, t + 1, rate, beta_1, beta_2, epsilon
    )
)
ADAM.expects("epsilon")(
    lambda w, g, m, v, t, rate, beta_1, beta_2, epsilon: adam(w, g, m, v, t, rate, beta_1, beta_2, 0.0)
)
ADAM.expects("factor")(
    lambda w, g, m, v, t, rate, beta_1, beta_2, epsilon: (
        2 * w - adam(w, g, m, v, t, rate, beta_1, beta_2, epsilon)
    )
)
SGD = Task(lambda w, g, rate: w - rate * g, "", {"a": {"w": normal(3, 2), "g": normal(3, 2), "rate": 0.1}})
SGD.expects("factor")(lambda w, g, rate: w + rate * g)
SGD.expects("left out")(lambda w, g: w - g)

TASKS = {name: task for name, task in globals().items() if isinstance(task, Task)}
__all__ = ["TASKS", "Mistake", "Task", "call"]
