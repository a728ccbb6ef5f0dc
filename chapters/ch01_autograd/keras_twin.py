"""The same network in Keras: its gradients beside ours, and both trained alike from the same weights.

    python -m chapters.ch01_autograd.keras_twin --epochs 200

needs Keras (pip install 'tinydl[keras]') and prints how far they are from each other. Everything is float64.
"""

from __future__ import annotations

import argparse
from typing import Any

import keras
from keras.layers import Dense, Input


def network(hidden: int = 8, dtype: str | None = None) -> Any:
    """`chapters.ch01_autograd.model.network`, in Keras."""
    return keras.Sequential(
        [
            Input((2,), dtype=dtype),
            Dense(hidden, activation="tanh", dtype=dtype),
            Dense(hidden, activation="tanh", dtype=dtype),
            Dense(1, activation="tanh", dtype=dtype),
        ]
    )


def main() -> None:
    """Compare the gradients, then the trainings."""
    # Here, so that who wants the network alone gets Keras without tinydl beside it.
    import tinydl
    from chapters.ch01_autograd import model, patterns
    from chapters.ch01_autograd.differences import apart, loss_of
    from chapters.ch01_autograd.experiments import BATCH, RATE, scalar_gradients
    from chapters.ch01_autograd.train import POINTS

    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", choices=list(patterns.PATTERNS), default="moons")
    flags.add_argument("--epochs", type=int, default=200)
    flags.add_argument("--seed", type=int, default=0)
    options = flags.parse_args()
    tinydl.set_random_seed(options.seed)
    keras.backend.set_floatx("float64")
    points, targets = (a.astype("float64") for a in patterns.draw(options.data, POINTS, options.seed))
    others = tuple(a.astype("float64") for a in patterns.draw(options.data, 1000, options.seed + 1_000_000))
    ours, theirs = model.network(dtype="float64"), network(dtype="float64")
    theirs.set_weights(ours.get_weights())

    # A step of 1 against the gradient takes all of it away: what is missing is the gradient.
    before = ours.get_weights()
    theirs.compile(keras.optimizers.SGD(1.0), "mean_squared_error")
    theirs.train_on_batch(points[:BATCH], targets[:BATCH])
    gradients = [old - new for old, new in zip(before, theirs.get_weights())]
    loss_of(ours, points[:BATCH], targets[:BATCH]).backward()
    scalars = scalar_gradients(ours, points[:BATCH], targets[:BATCH])
    tensors = [weight.grad.numpy() for weight in ours.weights]
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {options.data}, seed {options.seed}")
    print(f"gradients apart: Tensor {apart(tensors, gradients):.1e}, Value {apart(scalars, gradients):.1e}")

    theirs.set_weights(before)
    found = []
    for network_, sgd in ((ours, tinydl.optimizers.SGD(RATE)), (theirs, keras.optimizers.SGD(RATE))):
        network_.compile(sgd, "mean_squared_error")
        how = {"batch_size": BATCH, "epochs": options.epochs, "shuffle": False, "verbose": 0}
        losses = network_.fit(points, targets, **how).history["loss"]
        right = (network_.predict(others[0], verbose=0) > 0) == (others[1] > 0)
        found.append((losses, network_.get_weights()))
        name = "tinydl" if network_ is ours else "Keras "
        print(
            f"{name}: loss {losses[0]:.6f} after one epoch, {losses[-1]:.6f} after {len(losses)}; {right.mean():.1%}"
        )
    losses, weights = zip(*found)
    print(f"losses apart: {apart([losses[0]], [losses[1]]):.1e}, weights after it: {apart(*weights):.1e}")


if __name__ == "__main__":
    main()
