"""Readers' answers to the exercises of chapter 1: slopes and products."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank import ch01_autograd_back, ch01_autograd_middle  # noqa: F401
from tests.chapters.bank.entries import right, wrong

# --- slope: slope


@wrong("slope", "slope", "other", "one-sided", "one side")
def _(f, x, h):
    return (f(x + h) - f(x)) / h


@wrong("slope", "slope", "factor")
def _(f, x, h):
    return (f(x + h) - f(x - h)) / h


@wrong("slope", "slope", "brackets")
def _(f, x, h):
    return (f(x + h) - f(x - h)) / 2 * h


@wrong("slope", "slope", "other", "own step")
def _(f, x, h):
    h = 1e-5  # small enough
    return (f(x + h) - f(x - h)) / (2 * h)


@wrong("slope", "slope", "factor")
def _(f, x, h):
    return (f(x - h) - f(x + h)) / (2 * h)


@right("slope", "slope")
def _(f, x, h):  # the mean of a step ahead and a step back
    ahead = (f(x + h) - f(x)) / h
    back = (f(x) - f(x - h)) / h
    return (ahead + back) / 2


@right("slope", "slope")
def _(f, x, h):
    return f(x + h) / (2 * h) - f(x - h) / (2 * h)


@right("slope", "slope")
def _(f, x, h):
    places = np.array([x - h, x + h])
    values = [f(each) for each in places]
    return np.diff(values)[0] / (h + h)


# --- slope: slopes


@wrong("slope", "slopes", "shape")
def _(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


@wrong("slope", "slopes", "dtype")
def _(f, x, h):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        g[i] = (f(x + step) - f(x - step)) / (2 * h)
    return g


@wrong("slope", "slopes", "overwritten")
def _(f, x, h):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        down = f(x)
        g[i] = (up - down) / (2 * h)
    return g


@wrong("slope", "slopes", "dtype")
def _(f, x, h):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


@wrong("slope", "slopes", "all at once")
def _(f, x, h):
    g = np.zeros(x.shape)
    for i in range(len(x)):
        up, down = x.astype(float), x.astype(float)
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


@wrong("slope", "slopes", "other", "not reset", "not put back")
def _(f, x, h):
    up, down = x.astype(float), x.astype(float)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


@wrong("slope", "slopes", "other", "one-sided", "one side")
def _(f, x, h):
    here = f(x)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = np.array(x, dtype=float)
        moved[i] += h
        g[i] = (f(moved) - here) / h
    return g


@wrong("slope", "slopes", "zero")
def _(f, x, h):
    x, found = x.astype(float), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up = x
        down = x
        up[i] += h
        down[i] -= h
        found[i] = (f(up) - f(down)) / (2 * h)
    return found


@wrong("slope", "slopes", "dtype")
def _(f, x, h):
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.astype(float), x.astype(float)
        up[i] += h
        down[i] -= h
        found[i] = (f(up) - f(down)) / (2 * h)
    return found


@wrong("slope", "slopes", "dtype")
def _(f, x, h):
    found = np.zeros(x.shape, dtype=int)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        found[i] = (f(x + step) - f(x - step)) / (2 * h)
    return found


@right("slope", "slopes")
def _(f, x, h):
    steps = h * np.eye(x.size)
    g = [(f(x + s.reshape(x.shape)) - f(x - s.reshape(x.shape))) / (2 * h) for s in steps]
    return np.array(g, dtype=float).reshape(x.shape)


@right("slope", "slopes")
def _(f, x, h):  # moves a copy and puts it back
    x = np.array(x, dtype=np.float64)
    g = np.empty(x.shape)
    for i in np.ndindex(*x.shape):
        old = x[i]
        x[i] = old + h
        g[i] = f(x)
        x[i] = old - h
        g[i] -= f(x)
        x[i] = old
    return g / 2 / h


@right("slope", "slopes")
def _(f, x, h):
    flat = x.ravel().astype(float)
    g = np.zeros(x.size)
    for i in range(x.size):
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * h
            g[i] += sign * f(moved.reshape(x.shape))
    return (g / (2 * h)).reshape(x.shape)


# --- product


@wrong("product", "product_gradient", "order")
def _(gy, a, b):
    return gy * a, gy * b


@wrong("product", "product_gradient", "upstream")
def _(gy, a, b):
    return b.copy(), a.copy()


@wrong("product", "product_gradient", "sum twice", "shape")
def _(gy, a, b):
    return np.sum(gy * b), np.sum(gy * a)


@wrong("product", "product_gradient", "other", "the result", "value")
def _(gy, a, b):
    y = a * b
    return gy * y, gy * y


@wrong("product", "product_gradient", "overwritten")
def _(gy, a, b):
    da = gy
    da *= b
    db = gy
    db *= a
    return da, db


@wrong("product", "product_gradient", "upstream")
def _(gy, a, b):
    return gy + b, gy + a


@wrong("product", "product_gradient", "dtype")
def _(gy, a, b):
    da = np.zeros(a.shape, int)
    db = np.zeros(b.shape, int)
    for i in np.ndindex(a.shape):
        da[i] = gy[i] * b[i]
        db[i] = gy[i] * a[i]
    return da, db


@wrong("product", "product_gradient", "shifted", "only some")
def _(gy, a, b):
    da, db = np.zeros(a.shape), np.zeros(b.shape)
    for i in range(len(a) - 1):
        da[i] = gy[i] * b[i]
        db[i] = gy[i] * a[i]
    return da, db


@wrong("product", "product_gradient", "upstream", "value")
def _(gy, a, b):
    da = gy * b
    db = da * a
    return da, db


@right("product", "product_gradient")
def _(gy, a, b):
    return [np.einsum("...,...->...", gy, b), np.einsum("...,...->...", a, gy)]


@right("product", "product_gradient")
def _(gy, a, b):
    da, db = np.empty(gy.shape), np.empty(gy.shape)
    for i in np.ndindex(*gy.shape):
        da[i], db[i] = b[i] * gy[i], a[i] * gy[i]
    return da, db


@right("product", "product_gradient")
def _(gy, a, b):  # the whole tables of slopes, most of which are 0
    da = np.diag(b.ravel()).T @ gy.ravel()
    db = np.diag(a.ravel()).T @ gy.ravel()
    return da.reshape(a.shape), db.reshape(b.shape)


@right("product", "product_gradient")
def _(gy, a, b):  # as many digits as one can read
    return np.round(gy * b, 12), np.round(gy * a, 12)


# --- quotient


@wrong("product", "quotient_gradient", "factor")
def _(gy, a, b):
    return gy / b, gy * a / b**2


@wrong("product", "quotient_gradient", "other", "power", "square")
def _(gy, a, b):
    return gy / b, -gy * a / b


@wrong("product", "quotient_gradient", "other", "a forgotten", "numerator")
def _(gy, a, b):
    return gy / b, -gy / b**2


@wrong("product", "quotient_gradient", "other", "precedence", "brackets")
def _(gy, a, b):
    return gy / b, -gy * a / b * b


@wrong("product", "quotient_gradient", "order")
def _(gy, a, b):
    gb = -gy * a / b**2
    ga = gy / b
    return gb, ga


@wrong("product", "quotient_gradient", "other", "quotient rule")
def _(gy, a, b):
    return gy * (b - a) / b**2, gy * (b - a) / b**2


@wrong("product", "quotient_gradient", "other", "chain stopped", "half way")
def _(gy, a, b):
    r = 1 / b  # y = a * r, and a product I know
    return gy * r, gy * a


@wrong("product", "quotient_gradient", "upstream")
def _(gy, a, b):
    da = gy / b
    db = -gy * a / b * da
    return da, db


@wrong("product", "quotient_gradient", "integrated")
def _(gy, a, b):
    return gy / b, gy * a * np.log(np.abs(b))


@wrong("product", "quotient_gradient", "other one")
def _(gy, a, b):
    return gy / b, gy / a


@right("product", "quotient_gradient")
def _(gy, a, b):
    y = a / b
    da = gy / b
    return da, -y * da


@right("product", "quotient_gradient")
def _(gy, a, b):
    r = b**-1.0
    return [(r.T * gy.T).T, -a * gy * r * r]


@right("product", "quotient_gradient")
def _(gy, a, b):
    da, db = np.zeros(gy.shape), np.zeros(gy.shape)
    for i in np.ndindex(gy.shape):
        da[i] = gy[i] * 1 / b[i]
        db[i] = gy[i] * (0 * b[i] - a[i] * 1) / (b[i] * b[i])
    return da, db
