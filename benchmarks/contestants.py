"""The same work in each library: a function that sets it up and returns another, which does a number of steps.

Every contestant gets the same pictures in the same batches. Each library is imported only in its own function, in a
process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

BATCH = 128
Steps = Callable[[int], None]  # do so many training steps


def lenet_data(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Random pictures (steps * 128, 28, 28, 1) and one-hot labels: speed does not ask what is on them."""
    rng = np.random.default_rng(0)
    x = rng.random((steps * BATCH, 28, 28, 1), dtype=np.float32)
    return x, np.eye(10, dtype=np.float32)[rng.integers(0, 10, steps * BATCH)]


def lenet_tinydl() -> Steps:
    """LeNet's training step in tinydl, through `fit`."""
    from chapters.ch04_cnn.model import lenet

    model = lenet()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

    def steps(count: int) -> None:
        model.fit(*lenet_data(count), batch_size=BATCH, verbose=0)

    return steps


def lenet_keras() -> Steps:
    """LeNet's training step in Keras on TensorFlow, compiled, through `fit`."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
    from chapters.ch04_cnn.keras_twin import lenet

    model = lenet()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

    def steps(count: int) -> None:
        model.fit(*lenet_data(count), batch_size=BATCH, verbose=0)

    return steps


def lenet_torch() -> Steps:
    """LeNet's training step in PyTorch, eager, channels-last in memory (its faster format here)."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 20, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2450, 500),
        nn.ReLU(),
        nn.Linear(500, 10),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    loss = nn.CrossEntropyLoss()

    def steps(count: int) -> None:
        x, y = lenet_data(count)
        pictures = torch.from_numpy(x).permute(0, 3, 1, 2)  # channels-last already
        labels = torch.from_numpy(y)
        order = torch.randperm(len(pictures))  # shuffled, as the others' fit does
        right = 0
        for chosen in order.split(BATCH):
            optimizer.zero_grad()
            out = model(pictures[chosen])
            value = loss(out, labels[chosen])
            value.backward()
            optimizer.step()
            right += int((out.argmax(1) == labels[chosen].argmax(1)).sum())

    return steps


CONTESTANTS = {"tinydl": lenet_tinydl, "keras": lenet_keras, "torch": lenet_torch}
