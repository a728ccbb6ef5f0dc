"""The networks in tinydl: those of the chapters, trained through `fit`, asked through `predict`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.cases import FILTERS, KERNEL, LINKS, Case
from benchmarks.steps import Steps, repeated
from chapters.ch04_cnn.model import lenet, small_cnn
from chapters.ch05_autoencoder.model import autoencoder
from chapters.ch07_vae.model import VAE
from chapters.ch08_gan.model import GAN, discriminator, generator
from tinydl import Model, Tensor, callbacks, grad, losses, no_grad, ops


def compiled(network: str) -> Model:
    """A network as its recipe trains it."""
    match network:
        case "lenet" | "small_cnn":
            model: Model = lenet() if network == "lenet" else small_cnn()
            model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
        case "autoencoder":
            model = autoencoder()
            model.compile("adam", loss=losses.BinaryCrossentropy(from_logits=True))
        case "vae":
            model = VAE()
            model.compile("rmsprop")
        case "dcgan":
            model = GAN(generator(64), discriminator(32))
            model.compile()
        case "full_dcgan":
            model = GAN(generator(), discriminator())
            model.compile()
        case _:
            raise ValueError(f"no network {network!r}")
    return model


class Clock(callbacks.Callback):
    """Takes the time from the first batch to the last: what it costs to begin and to end a fit is not a step's."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_predict_begin(self, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.ended = time.perf_counter()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.ended = time.perf_counter()

    @property
    def seconds(self) -> float:
        """What the last epoch took, or the last predict."""
        return self.ended - self.began


def prepare(case: Case, phase: str, layout: str = "") -> Steps:
    """The steps of a case."""
    if case.network == "convolution":
        return convolution(case, phase)
    if case.network == "chain":
        return chain(case, phase)
    return training(case) if phase == "train" else inference(case)


def training(case: Case) -> Steps:
    """Steps of `fit`, which also tell what share of all its time `train_step` took."""
    model, clock = compiled(case.network), Clock()
    x, y = case.data("train")
    y = x if case.network == "autoencoder" else y
    step, in_step = model.train_step, 0.0

    def timed(*batch: Any) -> Any:
        nonlocal in_step
        began = time.perf_counter()
        logs = step(*batch)
        in_step += time.perf_counter() - began
        return logs

    model.train_step = timed  # type: ignore[assignment,method-assign]

    def steps(count: int) -> dict[str, float]:
        nonlocal in_step
        in_step, some = 0.0, slice(0, count * case.batch)
        began = time.perf_counter()
        model.fit(x[some], y if y is None else y[some], batch_size=case.batch, verbose=0, callbacks=[clock])
        return {"seconds": clock.seconds, "share": in_step / (time.perf_counter() - began)}

    return steps


def inference(case: Case) -> Steps:
    """Batches of `predict`."""
    model, clock = compiled(case.network), Clock()
    x, _ = case.data("infer")

    def steps(count: int) -> dict[str, float]:
        model.predict(x[: count * case.batch], batch_size=case.batch, verbose=0, callbacks=[clock])
        return {"seconds": clock.seconds}

    return steps


def convolution(case: Case, phase: str) -> Steps:
    """A convolution alone: forward, and in training the gradients of pictures and kernel."""
    array, _ = case.data(phase)
    rng = np.random.default_rng(1)
    x = Tensor(array[: case.batch], requires_grad=True)
    kernel = Tensor(
        rng.standard_normal((KERNEL, KERNEL, case.shape[-1], FILTERS), dtype=np.float32), requires_grad=True
    )
    gy = np.ones((*x.shape[:3], FILTERS), dtype=np.float32)

    def forward() -> None:
        with no_grad():
            ops.conv2d(x, kernel, padding="same")

    def both() -> None:
        grad(ops.conv2d(x, kernel, padding="same"), [x, kernel], gy)

    return repeated(both if phase == "train" else forward)


def chain(case: Case, phase: str) -> Steps:
    """A thousand tiny ops in a row: there is next to nothing to compute, what is left is the engine."""
    array, _ = case.data(phase)
    start = Tensor(array[0])
    w, b = (Tensor(np.full(case.shape, value, dtype=np.float32), requires_grad=True) for value in (0.9, 0.1))

    def links() -> Tensor:
        x = start
        for _ in range(LINKS):
            x = -ops.tanh(x * w + b)
        return x

    def forward() -> None:
        with no_grad():
            links()

    def both() -> None:
        grad(links().sum(), [w, b])

    return repeated(both if phase == "train" else forward)
