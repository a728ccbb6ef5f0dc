"""Readers' answers to the exercises of chapter 8: leaky relu and dropout."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch08_gan_back, ch08_gan_brackets, ch08_gan_prices, ch08_gan_rivals  # noqa: F401
from tests.chapters.bank.entries import right, wrong

# leaks


@wrong("leaks", "leaky", "only some", "maximum")
def _(x, slope):
    return np.maximum(x, slope * x)


@wrong("leaks", "leaky", "overwritten")
def _(x, slope):
    x[x < 0] *= slope
    return x


@wrong("leaks", "leaky", "factor")
def _(x, slope):
    return np.where(x > 0, x, -slope * x)


@wrong("leaks", "leaky", "x missing")
def _(x, slope):
    return np.where(x > 0, x, slope)


@wrong("leaks", "leaky", "wrong place")
def _(x, slope):
    return np.where(x > slope, x, slope * x)


@right("leaks", "leaky")
def _(x, slope):
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


@right("leaks", "leaky")
def _(x, slope):
    y = x.copy()
    for i in np.ndindex(x.shape):
        if x[i] < 0:
            y[i] = slope * x[i]
    return y


@right("leaks", "leaky")
def _(x, slope):
    return 0.5 * (1 + slope) * x + 0.5 * (1 - slope) * np.abs(x)


@wrong("leaks", "leaky_gradient", "ties")
def _(gy, x, slope):
    return gy * np.where(x >= 0, 1, slope)


@wrong("leaks", "leaky_gradient", "upstream")
def _(gy, x, slope):
    return np.where(x > 0, 1.0, slope)


@wrong("leaks", "leaky_gradient", "upstream")
def _(gy, x, slope):
    return np.where(x > 0, gy, slope)


@wrong("leaks", "leaky_gradient", "wrong point", "forward again")
def _(gy, x, slope):
    return np.where(gy > 0, gy, slope * gy)


@wrong("leaks", "leaky_gradient", "closed")
def _(gy, x, slope):
    return gy * (x > 0)


@wrong("leaks", "leaky_gradient", "ties")
def _(gy, x, slope):
    grad = np.zeros_like(gy)
    grad[x > 0] = gy[x > 0]
    grad[x < 0] = slope * gy[x < 0]
    return grad


@wrong("leaks", "leaky_gradient", "overwritten")
def _(gy, x, slope):
    gy[x <= 0] *= slope
    return gy


@wrong("leaks", "leaky_gradient", "values")
def _(gy, x, slope):
    return gy * np.where(x > 0, x, slope * x)  # the leaky relu of x


@wrong("leaks", "leaky_gradient", "dtype")
def _(gy, x, slope):
    mask = np.ones(x.shape, dtype=int)
    mask[x <= 0] = slope
    return gy * mask


@wrong("leaks", "leaky_gradient", "factor")
def _(gy, x, slope):
    return np.where(x > 0, gy, -slope * gy)


@wrong("leaks", "leaky_gradient", "not finite")
def _(gy, x, slope):
    y = np.where(x > 0, x, slope * x)
    return gy * y / x


@right("leaks", "leaky_gradient")
def _(gy, x, slope):
    gx = slope * gy
    gx[x > 0] = gy[x > 0]
    return gx


@right("leaks", "leaky_gradient")
def _(gy, x, slope):
    steps = [g if value > 0 else slope * g for g, value in zip(gy.ravel(), x.ravel())]
    return np.array(steps).reshape(x.shape)


@right("leaks", "leaky_gradient")
def _(gy, x, slope):
    positive = (x > 0).astype(float)
    jacobian = np.diag((positive + slope * (1 - positive)).ravel())
    return (jacobian.T @ gy.ravel()).reshape(x.shape)


@wrong("leaks", "dropout", "factor", "unscaled")
def _(x, kept, rate):
    return x * kept


@wrong("leaks", "dropout", "factor", "scaled down")
def _(x, kept, rate):
    return x * kept * (1 - rate)


@wrong("leaks", "dropout", "factor", "rate")
def _(x, kept, rate):
    return x * kept / rate


@wrong("leaks", "dropout", "dropped")
def _(x, kept, rate):
    return np.where(kept, 0, x) / (1 - rate)


@wrong("leaks", "dropout", "random")
def _(x, kept, rate):
    mask = np.random.random(x.shape) >= rate
    return x * mask / (1 - rate)


@wrong("leaks", "dropout", "neighbours", "drawn share")
def _(x, kept, rate):
    return x * kept / np.mean(kept)


@right("leaks", "dropout")
def _(x, kept, rate):
    y = np.zeros(x.shape)
    where = np.asarray(kept) == 1
    y[where] = x[where] / (1 - rate)
    return y


@right("leaks", "dropout")
def _(x, kept, rate):
    scale = 1.0 / (1.0 - rate)
    return np.array([scale * a if k else 0.0 for a, k in zip(x.ravel(), kept.ravel())]).reshape(x.shape)


@wrong("leaks", "dropout_gradient", "factor", "unscaled")
def _(gy, kept, rate):
    return gy * kept


@wrong("leaks", "dropout_gradient", "all kept")
def _(gy, kept, rate):
    return gy / (1 - rate)


@wrong("leaks", "dropout_gradient", "left out", "all kept")
def _(gy, kept, rate):
    return gy  # on average dropout does nothing


@wrong("leaks", "dropout_gradient", "upstream")
def _(gy, kept, rate):
    return kept / (1 - rate)


@wrong("leaks", "dropout_gradient", "factor", "undone")
def _(gy, kept, rate):
    return gy * kept * (1 - rate)


@wrong("leaks", "dropout_gradient", "factor")
def _(gy, kept, rate):
    return gy * kept / (1 - rate) ** 2


@wrong("leaks", "dropout_gradient", "wrong point", "all kept")
def _(gy, kept, rate):
    return np.where(gy != 0, gy, 0) / (1 - rate)  # gy is 0 where y was


@wrong("leaks", "dropout_gradient", "overwritten")
def _(gy, kept, rate):
    gy[kept == 0] = 0
    return gy / (1 - rate)


@right("leaks", "dropout_gradient")
def _(gy, kept, rate):
    return np.where(kept, gy / (1 - rate), 0.0)


@right("leaks", "dropout_gradient")
def _(gy, kept, rate):
    gx = np.zeros_like(gy)
    for i in np.ndindex(gy.shape):
        gx[i] += gy[i] * kept[i] * (1 / (1 - rate))
    return gx
