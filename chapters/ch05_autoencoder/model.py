"""The autoencoder: an encoder down to a few numbers, a decoder back up, and the two in a row.

Pictures are rows of pixels from 0 to 1, (n, 784); what comes back are logits, whose sigmoid is the picture:

    model = autoencoder()
    model.compile("adam", loss=BinaryCrossentropy(from_logits=True))
    model.fit(x, x, batch_size=512, epochs=20)
    code = model.get_layer("encoder").predict(x)  # (n, 20)
"""

from __future__ import annotations

from tinydl import Sequential
from tinydl.layers import Dense, Input


def autoencoder(pixels: int = 784, code: int = 20) -> Sequential:
    """Down to `code` numbers and back (after Hinton and Salakhutdinov 2006)."""
    return Sequential(
        [
            Input((pixels,)),
            encoder(pixels, code),  # (20,)
            decoder(pixels, code),  # (784,)
        ]
    )


def encoder(pixels: int = 784, code: int = 20) -> Sequential:
    """A picture to its code."""
    return Sequential(
        [
            Input((pixels,)),
            Dense(256, activation="relu"),  # (256,)
            Dense(128, activation="relu"),  # (128,)
            Dense(code),  # (20,)
        ],
        name="encoder",
    )


def decoder(pixels: int = 784, code: int = 20) -> Sequential:
    """A code to the logits of a picture."""
    return Sequential(
        [
            Input((code,)),
            Dense(128, activation="relu"),  # (128,)
            Dense(256, activation="relu"),  # (256,)
            Dense(pixels),  # (784,)
        ],
        name="decoder",
    )
