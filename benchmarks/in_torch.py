"""The networks in PyTorch, eager, as its users write them: a model, an optimizer, a loop.

The defaults of PyTorch stay, but for numbers that the recipes name (Keras's epsilon of 1e-7). Pictures lie in memory
channels first or channels last; both race, and the faster one counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.cases import FILTERS, KERNEL, LINKS, Case
from benchmarks.steps import Steps, repeated
from benchmarks.torch_networks import VAE, autoencoder, discriminator, generator, lenet, small_cnn

Learn = Callable[[Tensor, Tensor], Tensor]  # a step on a batch of inputs and labels; returns the loss
# In what follows `options` are more arguments for the optimizers.


def classifier(model: nn.Module, **options: Any) -> Learn:
    """Adam, cross-entropy, and the accuracy counted, as `fit` does."""
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7, **options)
    loss = nn.CrossEntropyLoss()
    right = torch.zeros((), dtype=torch.int64, device=next(model.parameters()).device)

    def learn(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        right.add_((out.argmax(1) == y.argmax(1)).sum())
        return value

    return learn


def reconstruction(model: nn.Module, **options: Any) -> Learn:
    """Adam; binary cross-entropy of the picture itself."""
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7, **options)
    loss = nn.BCEWithLogitsLoss()

    def learn(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        value = loss(model(x), x)
        value.backward()
        optimizer.step()
        return value

    return learn


def variational(model: VAE, **options: Any) -> Learn:
    """RMSprop; reconstruction and KL divergence, with noise of the right width."""
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, eps=1e-7, **options)
    loss = nn.BCEWithLogitsLoss()

    def learn(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        mean, log_var = model.encode(x)
        point = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        kl = -5e-4 * torch.mean(1 + log_var - mean.square() - torch.exp(log_var))
        value = loss(model.decoder(point), x) + kl
        value.backward()
        optimizer.step()
        return value

    return learn


def adversarial(draws: nn.Module, judges: nn.Module, **options: Any) -> Learn:
    """The discriminator's move, then the generator's, through a discriminator that is frozen meanwhile."""
    loss = nn.BCEWithLogitsLoss()
    optimizers = [
        torch.optim.RMSprop(net.parameters(), lr=rate, alpha=0.9, eps=1e-7, **options)
        for net, rate in ((judges, 8e-4), (draws, 4e-4))
    ]
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(each, lambda step: 1 / (1 + 1e-8 * step)) for each in optimizers
    ]

    def move(who: int, net: nn.Module, value: Tensor) -> None:
        optimizers[who].zero_grad()
        value.backward()
        nn.utils.clip_grad_value_(net.parameters(), 1.0)
        optimizers[who].step()
        schedules[who].step()

    def learn(x: Tensor, y: Tensor) -> Tensor:
        n, device = len(x), x.device
        ones, zeros = torch.ones(n, 1, device=device), torch.zeros(n, 1, device=device)
        with torch.no_grad():
            drawn = draws(torch.randn(n, 32, device=device))
        labels = torch.cat([ones, zeros]) + 0.05 * torch.rand(2 * n, 1, device=device)
        d_loss = loss(judges(torch.cat([drawn, x])), labels)
        move(0, judges, d_loss)
        judges.requires_grad_(False)
        g_loss = loss(judges(draws(torch.randn(n, 32, device=device))), zeros)
        move(1, draws, g_loss)
        judges.requires_grad_(True)
        return d_loss.detach() + g_loss.detach()

    return learn


def network(name: str, ready: Callable[[nn.Module], nn.Module], **options: Any) -> tuple[nn.Module, Learn]:
    """What is asked for answers, and how it learns; `ready` puts each network where and how it is wanted."""
    if name in ("dcgan", "full_dcgan"):
        widths = (64, 32) if name == "dcgan" else (256, 128)
        draws, judges = (ready(make(width)) for make, width in zip((generator, discriminator), widths))
        return draws, adversarial(draws, judges, **options)
    makes, learns = {
        "lenet": (lenet, classifier),
        "small_cnn": (small_cnn, classifier),
        "autoencoder": (autoencoder, reconstruction),
        "vae": (VAE, variational),
    }[name]
    model = ready(makes())
    return model, learns(model, **options)


# ------------------------------------------------------------------------------------------------------ steps


def prepare(case: Case, phase: str, layout: str) -> Steps:
    """The steps of a case."""
    if case.network == "chain":
        return chain(case, phase)
    array, targets = case.data(phase)
    last = layout == "channels-last"
    x = torch.from_numpy(array)
    if x.ndim == 4 and not last:
        x = x.permute(0, 3, 1, 2).contiguous()

    def seen(batch: Tensor) -> Tensor:
        """As PyTorch counts axes, (n, c, h, w); channels last is an order in memory, not in the shape."""
        return batch.permute(0, 3, 1, 2) if last and batch.ndim == 4 else batch

    if case.network == "convolution":
        return convolution(seen(x[: case.batch]), phase)
    y = x if targets is None else torch.from_numpy(targets)
    order = torch.channels_last if last else torch.contiguous_format
    model, learn = network(case.network, lambda net: net.to(memory_format=order))

    def train(count: int) -> dict[str, float]:
        model.train()
        total = 0.0
        began = time.perf_counter()
        for chosen in torch.randperm(count * case.batch).split(case.batch):  # shuffled, as `fit` does
            total += learn(seen(x[chosen]), y[chosen]).item()
        return {"seconds": time.perf_counter() - began}

    def infer(count: int) -> dict[str, float]:
        model.eval()
        began = time.perf_counter()
        with torch.inference_mode():
            answers = [model(seen(batch)) for batch in x[: count * case.batch].split(case.batch)]
        seconds = time.perf_counter() - began
        assert len(answers) == count  # kept, as `predict` does
        return {"seconds": seconds}

    return train if phase == "train" else infer


def convolution(x: Tensor, phase: str) -> Steps:
    """A convolution alone: forward, and in training the gradients of pictures and kernel."""
    layout = torch.channels_last if x.stride(1) == 1 else torch.contiguous_format
    kernel = torch.randn(FILTERS, x.shape[1], KERNEL, KERNEL).to(memory_format=layout)
    gy = torch.ones(len(x), FILTERS, *x.shape[2:]).to(memory_format=layout)

    def forward() -> None:
        with torch.inference_mode():
            F.conv2d(x, kernel, padding="same")

    def both() -> None:
        y = F.conv2d(x.requires_grad_(), kernel.requires_grad_(), padding="same")
        torch.autograd.grad(y, [x, kernel], gy)

    return repeated(both if phase == "train" else forward)


def chain(case: Case, phase: str) -> Steps:
    """A thousand tiny ops in a row: there is next to nothing to compute, what is left is the engine."""
    start = torch.from_numpy(case.data(phase)[0][0])
    w, b = (torch.full(case.shape, value, requires_grad=True) for value in (0.9, 0.1))

    def links() -> Tensor:
        x = start
        for _ in range(LINKS):
            x = -torch.tanh(x * w + b)
        return x

    def forward() -> None:
        with torch.no_grad():
            links()

    def both() -> None:
        torch.autograd.grad(links().sum(), [w, b])

    return repeated(both if phase == "train" else forward)
