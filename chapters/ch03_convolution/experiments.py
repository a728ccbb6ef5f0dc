"""The experiments of the lesson, each a question: what comes in and what is found out, without words and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydl
from chapters.ch03_convolution.model import UPRIGHT, one_filter
from chapters.ch03_convolution.photo import grey
from tinydl import Sequential, Tensor, losses, ops, optimizers


def filtered(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """One filter (kh, kw) over a picture (h, w) or, colour by colour, (h, w, 3); a border of its own edge pixels.

    Zeros would make a dark rim, and an edge where there is none.
    """
    kh, kw = kernel.shape
    around = [(kh // 2, kh - 1 - kh // 2), (kw // 2, kw - 1 - kw // 2)]
    colours = picture.reshape(*picture.shape[:2], -1).transpose(2, 0, 1)[..., None]  # (1 or 3, h, w, 1)
    bordered = np.pad(colours, [(0, 0), *around, (0, 0)], mode="edge")
    y = ops.conv2d(bordered, kernel[:, :, None, None].astype(np.float32))  # (1 or 3, h, w, 1)
    return y[..., 0].transpose(1, 2, 0).reshape(picture.shape)


def reduced(picture: np.ndarray, side: int) -> np.ndarray:
    """The middle of a picture (1, h, w, 1) in side x side pixels, each the mean of as many as there are for it."""
    h, w = picture.shape[1:3]
    each = min(h, w) // side
    top, left = (h - each * side) // 2, (w - each * side) // 2
    middle = picture[:, top : top + each * side, left : left + each * side]
    return ops.average_pool2d(middle, each)  # (1, side, side, 1)


def how_much_moves(picture: np.ndarray, ways: Sequence[Callable]) -> list[float]:
    """By how much of its size what comes out changes when the picture (1, h, w, 1) moves by one pixel."""
    here, moved = picture[:, :, :-1], picture[:, :, 1:]
    apart = []
    for way in ways:
        a, b = way(here), way(moved)
        apart.append(float(np.abs(a - b).sum() / np.abs(a).sum()))
    return apart


def gradients_by_loops(
    x: np.ndarray, kernel: np.ndarray, gy: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The gradients of y = convolution of x (h, w) with kernel (kh, kw) + bias, from that of y: three in one loop."""
    gx, gkernel, gbias = np.zeros_like(x), np.zeros_like(kernel), 0.0
    for i, j in np.ndindex(gy.shape):
        gbias += gy[i, j]
        for a, b in np.ndindex(kernel.shape):
            gx[i + a, j + b] += gy[i, j] * kernel[a, b]
            gkernel[a, b] += gy[i, j] * x[i + a, j + b]
    return gx, gkernel, gbias


def loops_beside_engine(picture: np.ndarray) -> dict[str, float]:
    """The largest difference between the gradients by loops and the engine's, in float64, beside the largest one.

    Args:
        picture: (h, w).
    """
    rng = np.random.default_rng(0)
    x, kernel = picture.astype(np.float64), rng.normal(size=(3, 3))
    gy = rng.normal(size=(x.shape[0] - 2, x.shape[1] - 2))
    by_loops = gradients_by_loops(x, kernel, gy)
    tensors = [
        Tensor(a, requires_grad=True) for a in (x[None, :, :, None], kernel[:, :, None, None], np.zeros(1))
    ]
    y = ops.conv2d(tensors[0], tensors[1], bias=tensors[2])  # (1, h-2, w-2, 1)
    found = tinydl.grad((y * Tensor(gy[None, :, :, None])).sum(), tensors)
    apart = [
        np.abs(theirs.numpy().reshape(np.shape(ours)) - ours).max() / np.abs(ours).max()
        for ours, theirs in zip(by_loops, found)
    ]
    return dict(zip(("picture", "filter", "bias"), map(float, apart)))


def as_a_matrix(kernel: np.ndarray, side: int) -> np.ndarray:
    """The matrix that a convolution is, (out*out, side*side): one column for each pixel, lit alone."""
    alone = np.eye(side * side).reshape(-1, side, side, 1)  # a picture for each pixel
    y = ops.conv2d(alone, kernel[:, :, None, None].astype(np.float64))  # (side*side, out, out, 1)
    return y.reshape(side * side, -1).T


def painted(size: int, stride: int, count: int) -> np.ndarray:
    """How often each pixel is painted on by a transposed convolution of count x count pixels."""
    once = np.ones((1, count, count, 1))
    return ops.conv2d_transpose(once, np.ones((size, size, 1, 1)), stride)[0, :, :, 0]


def enlarged(picture: np.ndarray, size: int, stride: int) -> np.ndarray:
    """A picture (h, w, 3), `stride` times as large by a transposed convolution that paints evenly coloured squares."""
    colours = picture.transpose(2, 0, 1)[..., None]  # (3, h, w, 1)
    kernel = np.full((size, size, 1, 1), (stride / size) ** 2, dtype=np.float32)
    return ops.conv2d_transpose(colours, kernel, stride, "same")[..., 0].transpose(1, 2, 0)


# --------------------------------------------------------------------------------------- a filter that is learnt

RATE, STEPS, SIZE = 0.03, 1000, 5
MARKS = (0, 30, 100, 300, 1000)  # after how many steps the filter is shown
# (5, 5), with zeros around: nobody says that nine numbers are enough.
TARGET = np.pad(UPRIGHT, (SIZE - 3) // 2).astype(np.float32)


def to_learn_from(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture (h, w, 3) in grey, and its edges as Sobel's filter finds them: (1, h, w, 1) each."""
    x = grey(picture)[None, :, :, None]
    return x, ops.conv2d(x, TARGET[:, :, None, None], padding="same")


def find_filter(model: Any, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[list[np.ndarray], list[float]]:
    """Train a compiled network of one filter, tinydl's or Keras's: its filter after each of MARKS, all losses."""
    found, costs = [], []
    for step in range(steps + 1):
        if step in MARKS:
            found.append(np.array(model.get_weights()[0])[:, :, 0, 0])  # (5, 5)
        costs.append(float(model.train_on_batch(x, y)))
    return found, costs


def fresh_filter(shape: tuple[int, int, int], seed: int) -> Sequential:
    """The network of one filter as the seed makes it, compiled."""
    tinydl.set_random_seed(seed)
    model = one_filter(shape, SIZE)
    model.compile(optimizers.Adam(RATE), "mean_squared_error")
    return model


def of_noise(shape: tuple[int, ...]) -> np.ndarray:
    """A picture in which no pixel knows of its neighbour: (h, w, 3), from 0 to 1."""
    return np.random.default_rng(0).random(shape, dtype=np.float32)


# ------------------------------------------------------------------------------------------ twenty filters


def neighbours_agree(kernel: np.ndarray) -> float:
    """The correlation of each weight with the one beside and below it: 0 for random filters, 1 for smooth ones.

    Args:
        kernel: (kh, kw, 1, cout).
    """
    k = kernel[:, :, 0]
    one = np.concatenate([k[:, :-1].ravel(), k[:-1].ravel()])
    other = np.concatenate([k[:, 1:].ravel(), k[1:].ravel()])
    return float(np.corrcoef(one, other)[0, 1])


def resemblance(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The correlation of each filter (kh, kw, 1, cout) with itself after training: (cout,)."""
    pairs = zip(before.reshape(-1, before.shape[3]).T, after.reshape(-1, after.shape[3]).T)
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in pairs])


def kernel_gradient(model: Sequential, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the loss with respect to the first filters: (kh, kw, 1, cout)."""
    loss = losses.CategoricalCrossentropy()(y, model(x))
    return tinydl.grad(loss, [model.layers[0].weights[0]])[0].numpy()


def one_by_one(model: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    """How far the gradient of a batch is from the mean of its pictures' own gradients, beside its largest number."""
    alone = [kernel_gradient(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    together = kernel_gradient(model, x, y)
    return float(np.abs(np.mean(alone, axis=0) - together).max() / np.abs(together).max())
