"""The two adversaries: a generator that draws pictures of noise, a discriminator that says which are drawn, and `GAN`,
which trains them against each other.

    model = GAN(generator(64), discriminator(32))  # the narrow ones; generator(), discriminator() want a GPU
    model.compile()
    model.fit(x, batch_size=20, shuffle=False)  # pixels from -1 to 1, (n, 32, 32, 3); no targets
    model.predict(model.points(100))  # new pictures, (100, 32, 32, 3)

The shapes that stand beside the layers are those of the full widths and of colour pictures of 32×32.
"""

from __future__ import annotations

from typing import Any

from tinydl import Model, Sequential, Tensor, grad, no_grad, ops, optimizers
from tinydl.backend import Array, array_module, random_generator
from tinydl.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Input,
    LeakyReLU,
    Reshape,
    ZeroPadding2D,
)
from tinydl.schedules import InverseTimeDecay

# The narrow networks, generator and discriminator, by the channels of a picture: in colour, in grey.
WIDTHS = {3: (64, 32), 1: (16, 16)}


def generator(
    width: int = 256, latent_dim: int = 32, shape: tuple[int, int, int] = (32, 32, 3)
) -> Sequential:
    """A point of the latent space to a picture, pixels from -1 to 1 (after Radford et al. 2015, arXiv:1511.06434).

    Args:
        width: how many channels its convolutions have: 256, or 64 in the narrow one.
        latent_dim: how many numbers a point has.
        shape: of a picture: height and width, even, and channels.

    Raises:
        ValueError: a side is odd: pictures are drawn at half the size first.
    """
    height, across, channels = shape
    if height % 2 or across % 2:
        raise ValueError(f"shape: expected pictures with even sides, got {shape}; leave a row or column out")
    return Sequential(
        [
            Input((latent_dim,)),
            Dense(height // 2 * (across // 2) * (width // 2)),  # (32768,)
            LeakyReLU(),
            Reshape((height // 2, across // 2, width // 2)),  # (16, 16, 128)
            Conv2D(width, 5, padding="same"),  # (16, 16, 256)
            LeakyReLU(),
            Conv2DTranspose(width, 4, strides=2, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(channels, 7, padding="same", activation="tanh"),  # (32, 32, 3)
        ],
        name="generator",
    )


def discriminator(width: int = 128, shape: tuple[int, int, int] = (32, 32, 3)) -> Sequential:
    """A picture to the probability that it was generated.

    Args:
        width: how many channels its convolutions have: 128, or 32 in the narrow one.
        shape: of a picture: height and width, 17 or more, and channels.
    """
    # Where the strides do not come out even, the last rows and columns would never be looked at, and the generator
    # could paint there whatever it liked: 28×28 gets a grey rim, 2 wide.
    spare = [-side % 8 for side in shape[:2]]
    rim = [ZeroPadding2D([(each // 2, each - each // 2) for each in spare])] if any(spare) else []
    return Sequential(
        [
            Input(shape),
            *rim,
            Conv2D(width, 3),  # (30, 30, 128)
            LeakyReLU(),
            Conv2D(width, 4, strides=2),  # (14, 14, 128)
            LeakyReLU(),
            Conv2D(width, 4, strides=2),  # (6, 6, 128)
            LeakyReLU(),
            Conv2D(width, 4, strides=2),  # (2, 2, 128)
            LeakyReLU(),
            Flatten(),  # (512,)
            Dropout(0.4),
            Dense(1, activation="sigmoid"),  # (1,)
        ],
        name="discriminator",
    )


class GAN(Model):
    """Two networks that outwit each other (after Goodfellow et al. 2014, "Generative adversarial nets").

    As a model it is its generator: points in, pictures out.

    Args:
        generator: from points, (n, latent_dim), to pictures.
        discriminator: from such pictures to probabilities, (n, 1): 1 is generated, 0 is real.

    Raises:
        ValueError: the discriminator does not take what the generator draws.
    """

    noise = 0.05  # on the labels, at most

    def __init__(self, generator: Sequential, discriminator: Sequential, **options: Any):
        super().__init__(**options)
        self.generator = generator
        self.discriminator = discriminator
        self.build(generator.input_shape)
        discriminator.compute_output_shape(generator.output_shape)  # raises if they do not fit

    def compile(self, d_optimizer: Any = None, g_optimizer: Any = None) -> None:  # type: ignore[override]
        """Say how the two are trained; as the recipe has it, if not given."""
        super().compile(d_optimizer or rmsprop(8e-4), loss="binary_crossentropy")
        self.g_optimizer = optimizers.get(g_optimizer or rmsprop(4e-4))

    def weights_by_optimizer(self) -> dict[str, list[Tensor]]:
        """Who is changed by whom: what a checkpoint of both asks."""
        return {
            "optimizer": self.discriminator.trainable_weights,
            "g_optimizer": self.generator.trainable_weights,
        }

    def call(self, points: Any) -> Any:
        """Pictures of these points."""
        return self.generator(points)

    def points(self, n: int) -> Array:
        """As many points of the latent space: (n, latent_dim), normally distributed."""
        return random_generator().standard_normal((n, self.input_shape[1]), dtype=self.dtype)

    def labels(self, n: int) -> Array:
        """(2n, 1): 1 for n generated pictures, 0 for n real ones, and a little noise, so that nobody is too sure."""
        noisy = self.noise * self.uniform(2 * n)
        noisy[:n] += 1
        return noisy

    def uniform(self, n: int) -> Array:
        """(n, 1): numbers from 0 to 1, uniformly distributed."""
        return random_generator().random((n, 1), dtype=self.dtype)

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """One move each. x: n real pictures.

        Returns both losses, and what share of the real and of the generated pictures the discriminator took for what
        they are, before it learnt from them. (The labels' noise plays no part in that: above 0.5 it says "generated".)
        """
        n = len(x)
        if x.shape[1:] != self.generator.output_shape[1:]:
            raise ValueError(
                f"x: expected pictures like the generator's, {self.generator.output_shape}, got {x.shape}"
            )

        # The discriminator learns to tell generated pictures from real ones.
        with no_grad():
            generated = self.generator(self.points(n), training=True)  # (n, 32, 32, 3)
        pictures = ops.concatenate([generated, x])  # (2n, 32, 32, 3)
        suspicion = self.discriminator(pictures, training=True)  # (2n, 1): from 0, real, to 1, generated
        d_loss = self.loss(self.labels(n), suspicion)
        suspected = suspicion.data > 0.5  # (2n, 1)
        weights = self.discriminator.trainable_weights
        self.optimizer.apply(grad(d_loss, weights), weights)

        # The generator learns to be taken for real. The discriminator looks on: the gradient flows through it into the
        # pictures, but only the generator's weights are asked for, so none is computed for the discriminator's.
        generated = self.generator(self.points(n), training=True)  # (n, 32, 32, 3)
        real = array_module(x).zeros((n, 1), dtype=self.dtype)
        g_loss = self.loss(real, self.discriminator(generated, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(grad(g_loss, weights), weights)
        return {
            "d_loss": d_loss,
            "g_loss": g_loss,
            "real_accuracy": 1 - suspected[n:].mean(),
            "generated_accuracy": suspected[:n].mean(),
        }

    def test_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """There is none: neither loss says how good the pictures are."""
        raise TypeError("a GAN has no test loss: look at its pictures, `predict(points(100))`")


def rmsprop(learning_rate: float, clip: float | None = 1.0) -> optimizers.RMSprop:
    """The optimizer of the recipe: gradients clipped, and a learning rate that hardly falls."""
    schedule = InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=1e-8)
    return optimizers.RMSprop(schedule, clipvalue=clip)
