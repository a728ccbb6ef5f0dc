"""Training leaves nothing behind: with the garbage collector off, a thousand steps take no more memory than ten."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tinydl import Sequential, callbacks, layers


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def small_network() -> Sequential:
    """One of every kind that keeps something between forward and backward."""
    model = Sequential(
        [
            layers.Input((4, 4, 1)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


@pytest.mark.usefixtures("collector_off")
def test_a_thousand_steps_leave_the_process_no_larger(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(64, 4, 4, 1)).astype("float32"), rng.integers(0, 4, 64)
    model = small_network()
    blocks = []

    def look(batch: int, logs: object) -> None:
        if batch in (2009, 3009):
            blocks.append(sys.getallocatedblocks())  # every object has one, an array's header too

    # Python keeps up to 2000 freed tuples of each length to use again: in 2000 steps it has got them.
    note = callbacks.LambdaCallback(on_train_batch_end=look)
    model.fit(x, y, batch_size=4, steps_per_epoch=3010, callbacks=[note], verbose=0)
    assert blocks[1] - blocks[0] < 100  # one object left behind by each step would be a thousand
    assert gc.collect() == 0  # nothing that only the collector could have freed


@pytest.mark.usefixtures("collector_off")
def test_a_model_goes_with_the_last_that_holds_it(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(8, 4, 4, 1)).astype("float32"), rng.integers(0, 4, 8)
    model = small_network()
    model.fit(x, y, epochs=2, validation_split=0.5, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    gc.collect()
    del model
    assert gc.collect() == 0
