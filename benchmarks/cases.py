"""What is raced: which network, how much at once, on what data, and by whom.

Every contestant's process reads this, so nothing here imports a library that takes part: each process loads its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PHASES = {"train": "training step", "infer": "inference pass"}
LARGEST = 64 << 20  # bytes of data at most: enough for a round


@dataclass(frozen=True)
class Case:
    """A network and a batch size.

    Attributes:
        name: what it is called on the command line.
        title: what it is called in tables.
        network: how every `in_*.py` calls the network; several cases may share one.
        batch: how many samples a step takes.
        shape: of one sample, channels last.
    """

    name: str
    title: str
    network: str
    batch: int
    shape: tuple[int, ...]

    @property
    def pictures(self) -> bool:
        """Whether samples are pictures, which PyTorch can hold in two ways."""
        return len(self.shape) == 3

    def input_shape(self, phase: str) -> tuple[int, ...]:
        """The shape of one sample: that of `shape`, but for a generator, which draws pictures of 32 numbers."""
        return (32,) if self.network.endswith("dcgan") and phase == "infer" else self.shape

    def batches(self, phase: str) -> int:
        """How many batches the data hold, all different."""
        size = 4 * self.batch * int(np.prod(self.input_shape(phase)))  # bytes of a batch
        return max(1, min(256, LARGEST // size))

    def most_steps(self, phase: str) -> int:
        """How many steps a round may take: a batch each. Only what repeats one and the same work goes on."""
        return 256 if self.network in ("convolution", "chain") else self.batches(phase)

    def data(self, phase: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Inputs for all batches, and one-hot labels where the network is a classifier, else None.

        Random numbers: speed does not ask what is on a picture. They come from a seed, so all get the same.
        """
        rng = np.random.default_rng(0)
        count = self.batches(phase) * self.batch
        x = rng.random((count, *self.input_shape(phase)), dtype=np.float32)
        if self.network == "small_cnn":
            x *= 255  # it takes pixels as they come
        if self.network.endswith("dcgan"):
            x *= 2  # from -1 to 1, as tanh draws them
            x -= 1
        classes = np.eye(10, dtype=np.float32)
        return x, classes[rng.integers(0, 10, count)] if self.network in ("lenet", "small_cnn") else None


_MNIST = (28, 28, 1)
CASES = {
    case.name: case
    for case in (
        Case("lenet", "LeNet, 128", "lenet", 128, _MNIST),
        Case("small-128", "small CNN, 128", "small_cnn", 128, _MNIST),
        Case("small-6000", "small CNN, 6,000", "small_cnn", 6000, _MNIST),
        Case("autoencoder", "autoencoder, 512", "autoencoder", 512, (784,)),
        Case("vae-16", "VAE, 16", "vae", 16, _MNIST),
        Case("vae-128", "VAE, 128", "vae", 128, _MNIST),
        Case("dcgan", "narrow DCGAN, 20", "dcgan", 20, (32, 32, 3)),
        Case("convolution", "convolution, 1024×1024", "convolution", 1, (1024, 1024, 16)),
        Case("chain", "1,000 tiny ops", "chain", 1, (4,)),
    )
}

# What a convolution alone does: 16 -> 32 channels, 3x3; what the chain does 250 times: x = -tanh(x * w + b).
FILTERS, KERNEL = 32, 3
LINKS = 250

# Who takes part: how it is called in tables, and the module without which it cannot.
LIBRARIES = {
    "tinydl": ("tinydl", "numpy"),
    "torch": ("PyTorch", "torch"),
    "keras": ("Keras", "tensorflow"),
    "dezero": ("DeZero", "dezero"),
    "floor": ("bare products", "numpy"),
}


def contestants(case: Case, libraries: list[str]) -> list[str]:
    """Who races in a case, of these libraries, in the order of their turns.

    PyTorch comes twice where there are pictures, once for each way to lay them out in memory: which is the faster
    depends on the network. The chain is about what an engine costs: Keras compiles it away, and it has no products.
    """
    found = []
    for library in libraries:
        if case.network == "chain" and library in ("keras", "floor"):
            continue
        layouts = (":channels-first", ":channels-last") if library == "torch" and case.pictures else ("",)
        found += [library + layout for layout in layouts]
    return found
