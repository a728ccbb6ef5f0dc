"""The chapters' networks in PyTorch: the same layers, the same number of parameters (the tests count them)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def lenet() -> nn.Module:
    """`chapters.ch04_cnn.model.lenet`; the softmax is in the loss."""
    return nn.Sequential(
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
    )


def small_cnn() -> nn.Module:
    """`chapters.ch04_cnn.model.small_cnn`; the softmax is in the loss."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1568, 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def autoencoder() -> nn.Module:
    """`chapters.ch05_autoencoder.model.autoencoder`: logits come out."""
    sizes = (784, 256, 128, 20, 128, 256, 784)
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(before, after))
        if i not in (2, 5):  # the code and the logits are as they come
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class VAE(nn.Module):
    """`chapters.ch07_vae.model.VAE`; the sigmoid is in the loss in training."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(14 * 14 * 64, 32),
            nn.ReLU(),
        )
        self.z_mean, self.z_log_var = nn.Linear(32, 2), nn.Linear(32, 2)
        self.decoder = nn.Sequential(
            nn.Linear(2, 14 * 14 * 64),
            nn.ReLU(),
            nn.Unflatten(1, (64, 14, 14)),
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 1, 3, padding=1),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and logarithms of variances."""
        features = self.encoder(x)
        return self.z_mean(features), self.z_log_var(features)

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions, from the middle of each cloud."""
        return torch.sigmoid(self.decoder(self.encode(x)[0]))


def generator(width: int) -> nn.Module:
    """`chapters.ch08_gan.model.generator`."""
    return nn.Sequential(
        nn.Linear(32, 16 * 16 * width // 2),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (width // 2, 16, 16)),
        nn.Conv2d(width // 2, width, 5, padding=2),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(width, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.3),
        nn.Conv2d(width, width, 5, padding=2),
        nn.LeakyReLU(0.3),
        nn.Conv2d(width, width, 5, padding=2),
        nn.LeakyReLU(0.3),
        nn.Conv2d(width, 3, 7, padding=3),
        nn.Tanh(),
    )


def discriminator(width: int) -> nn.Module:
    """`chapters.ch08_gan.model.discriminator`; the sigmoid is in the loss."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3), nn.LeakyReLU(0.3)]
    for _ in range(3):
        layers += [nn.Conv2d(width, width, 4, stride=2), nn.LeakyReLU(0.3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.4), nn.Linear(4 * width, 1))
