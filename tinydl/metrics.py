"""Metrics: what people want to know of a model, gathered over batches. Nothing here has a gradient.

A metric is told of each batch with `update_state`, says its `result` at any time, and starts afresh with
`reset_state`:

    accuracy = SparseCategoricalAccuracy()
    for x, y in batches:
        accuracy.update_state(y, model(x))
    print(float(accuracy.result()))

The mean over batches is the mean over samples: a small last batch counts for what it is. Names, defaults and
numbers are those of Keras 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinydl import backend, losses
from tinydl.autograd import no_grad
from tinydl.backend import Array, array_module
from tinydl.lookup import lookup, snake_case
from tinydl.losses import bare, cast, same_rank


def _matches(hits: Array) -> Array:
    """1 where true, 0 where false, in the precision of `floatx()`."""
    return hits.astype(backend.floatx())


# ---------------------------------------------------------------------------------------------- functions


def accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where y_pred equals y_true, elementwise.

    Example:
        >>> accuracy([1, 2], [1, 3])
        array([1., 0.], dtype=float32)
    """
    y_pred = bare(y_pred)
    y_true, y_pred = same_rank(cast(bare(y_true), y_pred.dtype), y_pred)
    return _matches(y_true == y_pred)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """1 where y_pred is on y_true's side of the threshold, elementwise; y_true is 0 or 1.

    Example:
        >>> binary_accuracy([1, 0], [0.6, 0.6])
        array([1., 0.], dtype=float32)
    """
    y_true, y_pred = same_rank(bare(y_true), bare(y_pred))
    return _matches(y_true == (y_pred > threshold))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the largest prediction is the one-hot label's: (..., classes) -> (...).

    Example:
        >>> categorical_accuracy([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]])
        array([1., 0.], dtype=float32)
    """
    return _matches(bare(y_true).argmax(axis=-1) == bare(y_pred).argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the largest prediction is the label's, a class number: (...) or (..., 1) and (..., classes) -> (...).

    Example:
        >>> sparse_categorical_accuracy([1, 0], [[0.2, 0.8], [0.3, 0.7]])
        array([1., 0.], dtype=float32)
    """
    y_pred = bare(y_pred)
    return _matches(_labels(y_true, y_pred) == y_pred.argmax(axis=-1))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 where the one-hot label's class is among the k largest predictions: (..., classes) -> (...).

    Example:
        >>> top_k_categorical_accuracy([[0, 1, 0]], [[0.2, 0.3, 0.5]], k=2)
        array([1.], dtype=float32)
    """
    return sparse_top_k_categorical_accuracy(bare(y_true).argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 where the label, a class number, is among the k largest predictions: (...), (..., classes) -> (...).

    Example:
        >>> sparse_top_k_categorical_accuracy([1], [[0.2, 0.3, 0.5]], k=2)
        array([1.], dtype=float32)
    """
    y_pred = bare(y_pred)
    labels = _labels(y_true, y_pred)
    xp = array_module(y_pred)
    known = (labels >= 0) & (labels < y_pred.shape[-1])  # what is no class is never right
    own = xp.take_along_axis(y_pred, (labels * known).astype("int64")[..., None], axis=-1)  # (..., 1)
    return _matches(((y_pred > own).sum(axis=-1) < k) & known & xp.isfinite(own[..., 0]))


def _labels(y_true: Any, y_pred: Array) -> Array:
    """Class numbers without the last axis of length 1 that they may have."""
    y_true = bare(y_true)
    return y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true


# ------------------------------------------------------------------------------------------------ classes


class Metric:
    """Base of all metrics: subclass it and write the three methods.

    Args:
        name: what `history` and the progress bar call it; the class's name in snake_case if not given.

    Example:
        >>> class Largest(Metric):
        ...     def reset_state(self):
        ...         self.largest = 0.0
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.largest = max(self.largest, y_pred.max())
        ...     def result(self):
        ...         return self.largest
        >>> Largest().name
        'largest'
    """

    def __init__(self, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} has no reset_state()")

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take one more batch into account."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state(...)")

    def result(self) -> Any:
        """The metric of all batches since the last reset: an array of one number."""
        raise NotImplementedError(f"{type(self).__name__} has no result()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take one more batch into account, and say the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Mean(Metric):
    """The mean of all values told so far, each sample's first reduced to one number; 0 before there are any.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 2.0])
        >>> mean.update_state([6.0], sample_weight=[2.0])
        >>> float(mean.result())
        3.75
    """

    def __init__(self, name: str = "mean"):
        super().__init__(name)

    def reset_state(self) -> None:
        """Forget all values."""
        self.total: Any = 0.0
        self.count: Any = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values, (batch, ...) or a single number, with a weight for each sample or each value."""
        values = bare(values)
        weights = None
        if sample_weight is not None:
            values, weights = same_rank(values, cast(bare(sample_weight), values.dtype))
            values = _mean_from(weights.ndim, values)  # one number for each weight
            weights = array_module(values).broadcast_to(weights, values.shape)
            values = values * weights
            weights = _mean_from(1, weights)
        values = _mean_from(1, values)  # (batch,)
        self.total = self.total + values.sum(dtype="float64")
        if weights is None:  # an array, not a number of Python's: a step may be replayed
            self.count = self.count + array_module(values).full((), values.size, dtype="float64")
        else:
            self.count = self.count + weights.sum(dtype="float64")

    def result(self) -> Array:
        """The mean so far."""
        total, count = backend.as_array(self.total, "float64"), backend.as_array(self.count, "float64")
        return array_module(total).where(count == 0, 0.0, total / (count + (count == 0)))


def _mean_from(axis: int, values: Array) -> Array:
    """The mean over all axes from this one on."""
    return values.mean(axis=tuple(range(axis, values.ndim))) if values.ndim > axis else values


class MeanMetricWrapper(Mean):
    """The mean of `fn(y_true, y_pred, **options)`, a function that gives values for each sample.

    Example:
        >>> metric = MeanMetricWrapper(binary_accuracy, threshold=0.7)
        >>> metric.update_state([1, 0], [0.6, 0.6])
        >>> metric.name, float(metric.result())
        ('binary_accuracy', 0.5)
    """

    def __init__(self, fn: Callable, name: str | None = None, **options: Any):
        super().__init__(name or str(getattr(fn, "__name__", "metric")))
        self.fn = fn
        self.options = options

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add a batch: what is true, what was predicted, and perhaps a weight for each sample."""
        with no_grad():  # y_pred stays a Tensor, so that a crossentropy finds the logits it remembers
            values = self.fn(y_true, y_pred, **self.options)
        super().update_state(values, sample_weight)


class Accuracy(MeanMetricWrapper):
    """How often y_pred equals y_true. The metric *named* "accuracy" is chosen by the labels: see `resolve`."""

    def __init__(self, name: str = "accuracy"):
        super().__init__(accuracy, name)


class BinaryAccuracy(MeanMetricWrapper):
    """How often a probability is on the right side of the threshold."""

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5):
        super().__init__(binary_accuracy, name, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest probability is the right class's, for one-hot labels."""

    def __init__(self, name: str = "categorical_accuracy"):
        super().__init__(categorical_accuracy, name)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest probability is the right class's, for labels that are class numbers."""

    def __init__(self, name: str = "sparse_categorical_accuracy"):
        super().__init__(sparse_categorical_accuracy, name)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k likeliest, for one-hot labels."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy"):
        super().__init__(top_k_categorical_accuracy, name, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k likeliest, for labels that are class numbers."""

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy"):
        super().__init__(sparse_top_k_categorical_accuracy, name, k=k)


class MeanSquaredError(MeanMetricWrapper):
    """The mean of `losses.mean_squared_error`."""

    def __init__(self, name: str = "mean_squared_error"):
        super().__init__(losses.mean_squared_error, name)


class RootMeanSquaredError(MeanSquaredError):
    """The square root of the mean squared error: in the units of y."""

    def __init__(self, name: str = "root_mean_squared_error"):
        super().__init__(name)

    def result(self) -> Array:
        """The root so far."""
        return super().result() ** 0.5


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of `losses.mean_absolute_error`."""

    def __init__(self, name: str = "mean_absolute_error"):
        super().__init__(losses.mean_absolute_error, name)


class KLDivergence(MeanMetricWrapper):
    """The mean of `losses.kl_divergence`."""

    def __init__(self, name: str = "kl_divergence"):
        super().__init__(losses.kl_divergence, name)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean of `losses.binary_crossentropy`."""

    def __init__(
        self, name: str = "binary_crossentropy", from_logits: bool = False, label_smoothing: float = 0.0
    ):
        super().__init__(
            losses.binary_crossentropy, name, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean of `losses.categorical_crossentropy`."""

    def __init__(
        self, name: str = "categorical_crossentropy", from_logits: bool = False, label_smoothing: float = 0.0
    ):
        super().__init__(
            losses.categorical_crossentropy, name, from_logits=from_logits, label_smoothing=label_smoothing
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean of `losses.sparse_categorical_crossentropy`."""

    def __init__(self, name: str = "sparse_categorical_crossentropy", from_logits: bool = False):
        super().__init__(losses.sparse_categorical_crossentropy, name, from_logits=from_logits)


# ----------------------------------------------------------------------------------------------- by name

_SHORT = {"mse": MeanSquaredError, "mae": MeanAbsoluteError, "bce": BinaryCrossentropy}
_CLASSES: list[Any] = [
    *(Mean, Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy),
    *(TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy),
    *(MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, KLDivergence),
    *(BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy),
]
_BY_NAME: dict[str, type[Metric]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{snake_case(cls.__name__): cls for cls in _CLASSES},
    **_SHORT,
    **{name.upper(): cls for name, cls in _SHORT.items()},
}


def get(identifier: Any) -> Any:
    """The metric of this name, as an object with its defaults; a metric or a function comes back as it is.

    Raises:
        ValueError: no metric has this name, or the identifier is nothing that could be called.

    Example:
        >>> get("mse")
        <MeanSquaredError mean_squared_error>
    """
    found = lookup(identifier, _BY_NAME, "metric") if isinstance(identifier, str) else identifier
    if not callable(found):
        raise ValueError(
            f"metric: expected a name, a function of (y_true, y_pred) or a Metric, got {identifier!r}"
        )
    return found() if isinstance(found, type) else found


def resolve(identifier: Any, y_shape: tuple, pred_shape: tuple) -> Metric:
    """The `Metric` that `compile(metrics=[identifier])` means, named as it was asked for.

    "accuracy" (or "acc") is `BinaryAccuracy` for predictions of one number, `SparseCategoricalAccuracy` for labels that
    are class numbers, else `CategoricalAccuracy`.

    Example:
        >>> resolve("accuracy", (32,), (32, 10))
        <SparseCategoricalAccuracy accuracy>
    """
    metric = identifier
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        if pred_shape[-1] == 1:
            metric = BinaryAccuracy
        elif len(y_shape) < len(pred_shape) or y_shape[-1] == 1:
            metric = SparseCategoricalAccuracy
        else:
            metric = CategoricalAccuracy
    metric = get(metric)
    if not isinstance(metric, Metric):
        metric = MeanMetricWrapper(metric)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
