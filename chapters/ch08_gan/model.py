"""The two adversaries: a generator that draws pictures of noise, a discriminator that says which are drawn, and `GAN`,
which trains them against each other.

    model = GAN(generator(64), discriminator(32))  # the narrow ones; generator(), discriminator() want a GPU
    model.compile()
    model.fit(x, batch_size=20)  # pixels from -1 to 1, (n, 32, 32, 3); no targets
    model.predict(model.points(100))  # new pictures, (100, 32, 32, 3)
"""

from __future__ import annotations

from typing import Any

from tinydl import Model, Sequential, grad, no_grad, ops, optimizers
from tinydl.backend import Array, array_module, random_generator
from tinydl.layers import Conv2D, Conv2DTranspose, Dense, Dropout, Flatten, Input, LeakyReLU, Reshape
from tinydl.schedules import InverseTimeDecay


def generator(width: int = 256, latent_dim: int = 32) -> Sequential:
    """A point of the latent space to a picture, pixels from -1 to 1 (after Radford et al. 2015, arXiv:1511.06434).

    Args:
        width: how many channels its convolutions have: 256, or 64 in the narrow one.
        latent_dim: how many numbers a point has.
    """
    return Sequential(
        [
            Input((latent_dim,)),
            Dense(16 * 16 * (width // 2)),  # (32768,)
            LeakyReLU(),
            Reshape((16, 16, width // 2)),  # (16, 16, 128)
            Conv2D(width, 5, padding="same"),  # (16, 16, 256)
            LeakyReLU(),
            Conv2DTranspose(width, 4, strides=2, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(width, 5, padding="same"),  # (32, 32, 256)
            LeakyReLU(),
            Conv2D(3, 7, padding="same", activation="tanh"),  # (32, 32, 3)
        ],
        name="generator",
    )


def discriminator(width: int = 128) -> Sequential:
    """A picture to the probability that it was generated.

    Args:
        width: how many channels its convolutions have: 128, or 32 in the narrow one.
    """
    return Sequential(
        [
            Input((32, 32, 3)),
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

    def call(self, points: Any) -> Any:
        """Pictures of these points."""
        return self.generator(points)

    def points(self, n: int) -> Array:
        """As many points of the latent space: (n, latent_dim), normally distributed."""
        return random_generator().standard_normal((n, self.input_shape[1]), dtype=self.dtype)

    def labels(self, n: int) -> Array:
        """(2n, 1): 1 for n generated pictures, 0 for n real ones, and a little noise, so that nobody is too sure."""
        noisy = 0.05 * random_generator().random((2 * n, 1), dtype=self.dtype)
        noisy[:n] += 1
        return noisy

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """One move each. x: n real pictures."""
        n = len(x)
        if x.shape[1:] != self.generator.output_shape[1:]:
            raise ValueError(
                f"x: expected pictures like the generator's, {self.generator.output_shape}, got {x.shape}"
            )

        # The discriminator learns to tell generated pictures from real ones.
        with no_grad():
            generated = self.generator(self.points(n), training=True)  # (n, 32, 32, 3)
        pictures = ops.concatenate([generated, x])  # (2n, 32, 32, 3)
        d_loss = self.loss(self.labels(n), self.discriminator(pictures, training=True))
        weights = self.discriminator.trainable_weights
        self.optimizer.apply(grad(d_loss, weights), weights)

        # The generator learns to be taken for real. The discriminator looks on: the gradient flows through it into the
        # pictures, but only the generator's weights are asked for, so none is computed for the discriminator's.
        generated = self.generator(self.points(n), training=True)  # (n, 32, 32, 3)
        real = array_module(x).zeros((n, 1), dtype=self.dtype)
        g_loss = self.loss(real, self.discriminator(generated, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(grad(g_loss, weights), weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


def rmsprop(learning_rate: float) -> optimizers.RMSprop:
    """The optimizer of the recipe: gradients clipped, and a learning rate that hardly falls."""
    schedule = InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=1e-8)
    return optimizers.RMSprop(schedule, clipvalue=1.0)
