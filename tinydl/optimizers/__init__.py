"""Optimizers: how a weight moves once its gradient is known.

    optimizer = Adam(learning_rate=1e-3)
    loss.backward()
    optimizer.apply([w.grad for w in weights], weights)

Each is one formula in `update`, elementwise: the new value of a weight depends on that weight alone, its
gradient, and the few numbers that the optimizer keeps for it (its slots, like the momentum). The base class
does everything else. Names, defaults and numbers are those of Keras 3.

    base        what all share: learning rate, clipping, weight decay, state
    formulas    SGD, RMSprop, Adam, AdamW
"""

from tinydl.optimizers.base import Optimizer
from tinydl.optimizers.formulas import SGD, Adam, AdamW, RMSprop, get

__all__ = ["Adam", "AdamW", "Optimizer", "RMSprop", "SGD", "get"]
