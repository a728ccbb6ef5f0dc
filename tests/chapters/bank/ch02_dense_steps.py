"""Readers' answers to the exercises of chapter 2: a step of training, and one of Adam."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def probabilities(z):
    """As the exercise has it."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# --- step


def price(p, t):
    """The mean price of the truth."""
    return -np.log((p * t).sum(axis=1)).mean()


@wrong("step", "training_step", "overwritten")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    loss = price(p, t)
    g = (p - t) / len(x)
    kernel -= rate * x.T @ g
    bias -= rate * g.sum(axis=0)
    return kernel, bias, loss


@wrong("step", "training_step", "factor")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = p - t
    return kernel - rate * x.T @ g, bias - rate * g.sum(axis=0), price(p, t)


@wrong("step", "training_step", "factor")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return kernel + rate * x.T @ g, bias + rate * g.sum(axis=0), price(p, t)


@wrong("step", "training_step", "other", "after the step", "loss after")
def _(kernel, bias, x, t, rate):
    g = (probabilities(x @ kernel + bias) - t) / len(x)
    kernel = kernel - rate * x.T @ g
    bias = bias - rate * g.sum(axis=0)
    return kernel, bias, price(probabilities(x @ kernel + bias), t)


@wrong("step", "training_step", "factor")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return kernel - rate * x.T @ g, bias - rate * g.mean(axis=0), price(p, t)


@wrong("step", "training_step", "sum missing", "broadcast", "shape")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return kernel - rate * x.T @ g, bias - rate * g, price(p, t)


@wrong("step", "training_step", "other", "bias forgotten", "bias")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return kernel - rate * x.T @ g, bias.copy(), price(p, t)


@wrong("step", "training_step", "factor")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    loss = -np.mean(t * np.log(p))
    return kernel - rate * x.T @ g, bias - rate * g.sum(axis=0), loss


@wrong("step", "training_step", "other", "softmax twice")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    gz = p * (g - (g * p).sum(axis=1, keepdims=True))
    return kernel - rate * x.T @ gz, bias - rate * gz.sum(axis=0), price(p, t)


@wrong("step", "training_step", "other", "the gradients", "gradients")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return rate * x.T @ g, rate * g.sum(axis=0), price(p, t)


@wrong("step", "training_step", "changed places")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    g = (p - t) / len(x)
    return kernel - rate * x.T @ g, bias - rate * g.sum(axis=0), -(p * np.log(t)).sum() / len(x)


@right("step", "training_step")
def _(kernel, bias, x, t, rate):
    z = np.einsum("nd,dk->nk", x, kernel) + bias
    loss = float(np.mean(np.logaddexp.reduce(z, axis=1) - (z * t).sum(axis=1)))
    g = rate * (probabilities(z) - t) / len(x)
    return [kernel - np.einsum("nd,nk->dk", x, g), bias - np.einsum("nk->k", g), loss]


@right("step", "training_step")
def _(kernel, bias, x, t, rate):  # one table, the bias its last row
    table = np.vstack([kernel, bias])
    ones = np.c_[x, np.ones(len(x))]
    p = probabilities(ones @ table)
    loss = -np.log(p[t == 1]).mean()
    table -= rate / len(x) * ones.T @ (p - t)
    return table[:-1], table[-1], loss


@right("step", "training_step")
def _(kernel, bias, x, t, rate):
    new_kernel, new_bias, loss = kernel.copy(), bias.copy(), 0.0
    for picture, target in zip(x, t):
        p = probabilities((picture @ kernel + bias)[None])[0]
        loss -= np.log(p[target.argmax()]) / len(x)
        new_kernel -= rate * np.outer(picture, p - target) / len(x)
        new_bias -= rate * (p - target) / len(x)
    return new_kernel, new_bias, loss


# --- adam


@wrong("adam", "adam_step", "epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


@wrong("adam", "adam_step", "bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = (beta_1 * m + (1 - beta_1) * g) / (1 - beta_1**t)
    v = (beta_2 * v + (1 - beta_2) * g**2) / (1 - beta_2**t)
    epsilon = epsilon / np.sqrt(1 - beta_2**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "shifted", "bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = rate * np.sqrt(1 - beta_2 ** (t + 1)) / (1 - beta_1 ** (t + 1))
    return w - step * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "other", "square forgotten", "square")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * np.abs(g)
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - step * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - step * m / np.sqrt(v + epsilon), m, v


@wrong("adam", "adam_step", "overwritten")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m *= beta_1
    m += (1 - beta_1) * g
    v *= beta_2
    v += (1 - beta_2) * g**2
    w -= rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    return w, m, v


@wrong("adam", "adam_step", "factor", "running mean")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - step * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "other", "betas swapped", "betas")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * g + (1 - beta_1) * m
    v = beta_2 * g**2 + (1 - beta_2) * v
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - step * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "order")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return m, v, w - step * m / (np.sqrt(v) + epsilon)


@wrong("adam", "adam_step", "bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = rate * (1 - beta_2**t) / (1 - beta_1**t)
    return w - step * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam", "adam_step", "other", "old means")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    new_w = w - step * m / (np.sqrt(v) + epsilon)
    return new_w, beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2


@wrong("adam", "adam_step", "bias correction", "epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g * g
    return w - rate * m / v**0.5, m, v


@wrong("adam", "adam_step", "epsilon")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g * g
    return w - rate * (m / (1 - beta_1**t)) / np.sqrt(v / (1 - beta_2**t)), m, v


@right("adam", "adam_step")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = m + (1 - beta_1) * (g - m)
    v = v - (1 - beta_2) * (v - g * g)
    c_1, c_2 = 1 - beta_1**t, 1 - beta_2**t
    return w - rate * (m / c_1) / ((np.sqrt(v) + epsilon) / np.sqrt(c_2)), m, v


@right("adam", "adam_step")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    w, m, v = w.copy(), m.copy(), v.copy()
    step = rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    for i in np.ndindex(w.shape):
        m[i] = beta_1 * m[i] + (1 - beta_1) * g[i]
        v[i] = beta_2 * v[i] + (1 - beta_2) * g[i] ** 2
        w[i] -= step * m[i] / (v[i] ** 0.5 + epsilon)
    return [w, m, v]


@right("adam", "adam_step")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):  # the paper's way, with an epsilon that is scaled
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon / np.sqrt(1 - beta_2**t)), m, v


@wrong("step", "training_step", "sum missing")
def _(kernel, bias, x, t, rate):
    p = probabilities(x @ kernel + bias)
    loss = -np.log(p[t == 1]).mean()
    gz = (p - t) / len(x)
    return kernel - rate * x.T @ gz, bias - rate * gz, loss


@wrong("adam", "adam_step", "bias correction")
def _(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = rate * np.sqrt(abs(1 - beta_2 * t)) / (1 - beta_1 * t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v
