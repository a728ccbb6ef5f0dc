"""A step of learning: how a model is compiled, and what it does with one batch.

`train_step` is deep learning in four lines: forward, loss, gradients, update. A model of your own overrides it if it
learns in another way. The loops around it stand in training.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tinydl import losses, metrics, optimizers
from tinydl.autograd import grad, no_grad
from tinydl.layers.base import Layer
from tinydl.tensor import Tensor
from tinydl.tracking import CompiledMetrics


class Steps(Layer):
    """A layer that can be compiled, and then takes steps.

    Attributes:
        optimizer: the optimizer that `compile` was given.
        loss: the loss, or None.
        metrics: what is measured, once the first batch has been seen.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.optimizer: Any = None
        self.loss: Any = None
        self.compiled_metrics = CompiledMetrics([], [])

    # ------------------------------------------------------------------------------------------------ compile

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        weighted_metrics: Sequence[Any] | None = None,
    ) -> None:
        """Say how to train.

        Args:
            optimizer: a name ("adam") or an `optimizers.Optimizer`.
            loss: a name ("mse"), a `losses.Loss` or a function of `(y_true, y_pred)`. None if a `train_step` or
                `compute_loss` of one's own does without.
            metrics: names, `metrics.Metric`s or functions of `(y_true, y_pred)`. "accuracy" is binary, categorical or
                sparse, as the shapes of the first batch have it.
            weighted_metrics: the same, measured with the sample weights.

        Raises:
            ValueError: a name is unknown, or the metrics are no list.

        Example:
            >>> from tinydl import Sequential, layers
            >>> model = Sequential([layers.Dense(1)])
            >>> model.compile("adam", loss="mse", metrics=["mae"])
        """
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given is not None and not isinstance(given, (list, tuple)):
                raise ValueError(f"compile: {name}: expected a list, got {given!r}")
        measured = CompiledMetrics(metrics or [], weighted_metrics or [])
        compiled_loss = None if loss is None else losses.get(loss)
        self.optimizer = optimizers.get(optimizer)
        self.loss = compiled_loss
        self.compiled_metrics = measured

    def weights_by_optimizer(self) -> dict[str, list[Tensor]]:
        """Which weights each optimizer changes, by the name of the optimizer's attribute. Checkpoints keep them all.

        A model that keeps several optimizers overrides it.

        Raises:
            NotImplementedError: it has not.

        Example:
            >>> from tinydl import Sequential, layers
            >>> model = Sequential([layers.Input((2,)), layers.Dense(1)])
            >>> model.compile("adam", loss="mse")
            >>> [(name, len(weights)) for name, weights in model.weights_by_optimizer().items()]
            [('optimizer', 2)]
        """
        found = [name for name, value in vars(self).items() if isinstance(value, optimizers.Optimizer)]
        if found not in ([], ["optimizer"]):
            raise NotImplementedError(
                f"{self.name} has several optimizers ({', '.join(found)}): override weights_by_optimizer() to say "
                'which weights each one changes: {"optimizer": self.encoder.trainable_weights, ...}'
            )
        return {name: self.trainable_weights for name in found}

    @property
    def metrics(self) -> list[metrics.Metric]:
        """What is measured, once the first batch has been seen."""
        return list(self.compiled_metrics.named.values())

    # -------------------------------------------------------------------------------------------------- steps

    def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """Learn from one batch. Override it to learn in another way.

        Args:
            x: inputs, an array (batch, ...).
            y: targets, or None.
            sample_weight: what each sample counts, or None.

        Returns:
            Numbers to log, by name; `fit` shows their means over the epoch, together with the compiled metrics.
        """
        y_pred = self(x, training=True)
        loss = self.compute_loss(x, y, y_pred, sample_weight)
        self.minimize(loss)
        self.update_metrics(y, y_pred, sample_weight)
        return {"loss": loss}

    def test_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
        """Measure one batch, without learning. Takes and returns what `train_step` does."""
        y_pred = self(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight)
        self.update_metrics(y, y_pred, sample_weight)
        return {"loss": loss}

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """What training makes small: the compiled loss. Override it to add to it, or to do without targets."""
        if self.loss is None:
            raise ValueError(f"{self.name}: no loss; pass one to compile(), or override compute_loss")
        if y is None:
            raise ValueError(f"{self.name}: the loss needs targets y; to learn x itself, fit(x, x)")
        return self.loss(y, y_pred, sample_weight)

    def minimize(self, loss: Tensor) -> None:
        """One step of the optimizer: every trainable weight a little against its gradient."""
        weights = self.trainable_weights
        if not weights:
            warnings.warn(f"{self.name}: no trainable weights: nothing is learnt", stacklevel=3)
            return
        self.optimizer.apply(grad(loss, weights, allow_unused=True), weights)

    def update_metrics(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Let the compiled metrics see a batch."""
        if y is not None:
            with no_grad():
                self.compiled_metrics.update(y, y_pred, sample_weight)

    def _check_compiled(self, what: str) -> None:
        if self.optimizer is None:
            raise RuntimeError(f"{what}: call compile(optimizer, loss, metrics) first")
