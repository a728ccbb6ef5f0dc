"""One precision for tinydl and Keras at a time, and the old one afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinydl import backend


@contextmanager
def both_in(dtype: str) -> Iterator[None]:
    """New weights are of this dtype in both libraries inside a with block.

    Keras makes its dtype policy of floatx once, when the first layer asks for it: so both have to be put back.
    """
    import keras

    before, ours = keras.config.floatx(), backend.floatx()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    backend.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
        backend.set_floatx(ours)
