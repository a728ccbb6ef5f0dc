"""The networks in DeZero 0.0.13, trained as its book does: a model, an optimizer, a loop.

Its own layers, functions and optimizers; where it lacks something, that is made of what it has, in its own manner:
RMSprop, and clipping by value.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.cases import FILTERS, KERNEL, LINKS, Case
from benchmarks.dezero_networks import VAE, autoencoder, discriminator, generator, lenet, ready, small_cnn
from benchmarks.steps import Steps, repeated

# isort: split
# Only now: `dezero_networks` has made NumPy what DeZero expects.
from dezero import Model, Parameter, Variable, no_grad, optimizers, test_mode
from dezero import functions as F

# A step on a batch of inputs and labels; returns the loss.
Learn = Callable[[np.ndarray, np.ndarray], Variable]


class RMSprop(optimizers.Optimizer):
    """Keras's RMSprop, written as DeZero writes AdaGrad; `decay` makes its learning rate fall."""

    def __init__(self, lr: float = 1e-3, rho: float = 0.9, eps: float = 1e-7, decay: float = 0.0):
        super().__init__()
        self.lr, self.rho, self.eps, self.decay, self.t = lr, rho, eps, decay, 0
        self.hs: dict[int, np.ndarray] = {}

    def update(self) -> None:
        super().update()
        self.t += 1

    def update_one(self, param: Parameter) -> None:
        grad = param.grad.data
        h = self.hs.setdefault(id(param), np.zeros_like(param.data))
        h *= self.rho
        h += (1 - self.rho) * grad * grad
        param.data -= self.lr / (1 + self.decay * self.t) * grad / (np.sqrt(h) + self.eps)


def clip(params: Iterable[Parameter]) -> None:
    """A hook: no element of a gradient beyond 1."""
    for param in params:
        np.clip(param.grad.data, -1, 1, out=param.grad.data)


def descend(model: Model, optimizer: Any, loss: Variable) -> Variable:
    """The four lines of every training loop."""
    model.cleargrads()
    loss.backward()
    optimizer.update()
    return loss


def classifier(model: Model) -> Learn:
    """Adam, cross-entropy, and the accuracy counted, as `fit` does."""
    optimizer = optimizers.Adam(eps=1e-7).setup(model)
    right = []

    def learn(x: np.ndarray, y: np.ndarray) -> Variable:
        out = model(x)
        loss = descend(model, optimizer, F.softmax_cross_entropy(out, y))
        right.append(float(F.accuracy(out, y).data))
        return loss

    return learn


def reconstruction(model: Model) -> Learn:
    """Adam; binary cross-entropy of the picture itself, mean over its 784 pixels."""
    optimizer = optimizers.Adam(eps=1e-7).setup(model)
    return lambda x, y: descend(model, optimizer, F.sigmoid_cross_entropy(model(x), x) / x[0].size)


def variational(model: VAE) -> Learn:
    """RMSprop; reconstruction and KL divergence, with noise of the right width."""
    optimizer = RMSprop().setup(model)

    def learn(x: np.ndarray, y: np.ndarray) -> Variable:
        mean, log_var = model.encode(x)
        noise = np.random.randn(*mean.shape).astype(np.float32)
        pictures = model.decoder(mean + F.exp(0.5 * log_var) * noise)
        kl = -5e-4 * F.sum(1 + log_var - mean**2 - F.exp(log_var)) / mean.size
        return descend(model, optimizer, F.binary_cross_entropy(pictures, x) / x[0].size + kl)

    return learn


def adversarial(draws: Model, judges: Model) -> Learn:
    """The discriminator's move, then the generator's. DeZero cannot freeze: it computes what nobody uses."""
    d_optimizer, g_optimizer = RMSprop(8e-4, decay=1e-8).setup(judges), RMSprop(4e-4, decay=1e-8).setup(draws)
    d_optimizer.add_hook(clip)
    g_optimizer.add_hook(clip)

    def points(n: int) -> np.ndarray:
        return np.random.randn(n, 32).astype(np.float32)

    def learn(x: np.ndarray, y: np.ndarray) -> Variable:
        n = len(x)
        with no_grad():
            drawn = draws(points(n)).data
        labels = 0.05 * np.random.rand(2 * n, 1).astype(np.float32)
        labels[:n] += 1
        d_loss = F.binary_cross_entropy(judges(np.concatenate([drawn, x])), labels)
        descend(judges, d_optimizer, d_loss)
        g_loss = F.binary_cross_entropy(judges(draws(points(n))), np.zeros((n, 1), dtype=np.float32))
        return descend(draws, g_optimizer, g_loss)

    return learn


def network(name: str, x: np.ndarray) -> tuple[Model, Learn]:
    """What is asked for answers, and how it learns. x: inputs of it, for their shape."""
    if name == "dcgan":
        draws = ready(generator(64), np.zeros((1, 32), dtype=np.float32))
        judges = ready(discriminator(32), np.zeros((1, 3, 32, 32), dtype=np.float32))
        return draws, adversarial(draws, judges)
    makes, learns = {
        "lenet": (lenet, classifier),
        "small_cnn": (small_cnn, classifier),
        "autoencoder": (autoencoder, reconstruction),
        "vae": (VAE, variational),
    }[name]
    model = ready(makes(), x)
    return model, learns(model)


# ------------------------------------------------------------------------------------------------------ steps


def prepare(case: Case, phase: str, layout: str = "") -> Steps:
    """The steps of a case."""
    if case.network == "chain":
        return chain(case, phase)
    x, targets = case.data(phase)
    if x.ndim == 4:
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))  # (n, c, h, w)
    if case.network == "convolution":
        return convolution(x[: case.batch], phase)
    # Labels are bytes, as DeZero loads them: of 64-bit ones its gradient would become float64.
    y = x if targets is None else targets.argmax(axis=1).astype(np.uint8)
    model, learn = network(case.network, x)

    def train(count: int) -> dict[str, float]:
        total = 0.0
        began = time.perf_counter()
        order = np.random.permutation(count * case.batch)  # shuffled, as `fit` does
        for i in range(0, len(order), case.batch):
            chosen = order[i : i + case.batch]
            total += float(learn(x[chosen], y[chosen]).data)
        return {"seconds": time.perf_counter() - began}

    def infer(count: int) -> dict[str, float]:
        began = time.perf_counter()
        with no_grad(), test_mode():
            answers = [model(x[i * case.batch : (i + 1) * case.batch]).data for i in range(count)]
        seconds = time.perf_counter() - began
        assert len(answers) == count  # kept, as `predict` does
        return {"seconds": seconds}

    return train if phase == "train" else infer


def convolution(array: np.ndarray, phase: str) -> Steps:
    """A convolution alone: forward, and in training the gradients of pictures and kernel."""
    shape = (FILTERS, array.shape[1], KERNEL, KERNEL)
    x, kernel = Variable(array), Parameter(np.random.randn(*shape).astype(np.float32))
    gy = Variable(np.ones((len(array), FILTERS, *array.shape[2:]), dtype=np.float32))

    def forward() -> None:
        with no_grad():
            F.conv2d(x, kernel, pad=KERNEL // 2)

    def both() -> None:
        y = F.conv2d(x, kernel, pad=KERNEL // 2)
        y.grad = gy
        x.cleargrad()
        kernel.cleargrad()
        y.backward()

    return repeated(both if phase == "train" else forward)


def chain(case: Case, phase: str) -> Steps:
    """A thousand tiny ops in a row: there is next to nothing to compute, what is left is the engine."""
    start = Variable(case.data(phase)[0][0])
    w, b = (Variable(np.full(case.shape, value, dtype=np.float32)) for value in (0.9, 0.1))

    def links() -> Variable:
        x = start
        for _ in range(LINKS):
            x = -F.tanh(x * w + b)
        return x

    def forward() -> None:
        with no_grad():
            links()

    def both() -> None:
        w.cleargrad()
        b.cleargrad()
        F.sum(links()).backward()
        start.cleargrad()

    return repeated(both if phase == "train" else forward)
