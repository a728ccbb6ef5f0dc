"""Losses: how far a prediction is from the truth, as one number to make smaller.

Each comes twice, as in Keras: a function, `mean_squared_error(y_true, y_pred)`, that gives one value for each
sample (the last axis is averaged or summed away), and a class, `MeanSquaredError()`, whose objects weigh those
values and reduce them to the single number that `backward` starts from.

Probabilities or logits? A network that ends in softmax or sigmoid gives probabilities; one that ends in a plain
Dense gives logits, and its loss says `from_logits=True`. Logits are safer: where a probability rounds to 0 or 1,
its logarithm and the gradient are lost. What comes out of the softmax and sigmoid activations remembers its
logits, and the crossentropies use them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tinydl import backend, ops
from tinydl.autograd import Variable
from tinydl.checks import number
from tinydl.lookup import lookup, snake_case
from tinydl.ops.loss import EPSILON
from tinydl.tensor import Tensor

MEAN = "sum_over_batch_size"  # Keras's name for: the sum of the values, divided by how many there are
REDUCTIONS = (MEAN, "mean", "sum", "mean_with_sample_weight", "none", None)

# --------------------------------------------------------------------------------------------------- shapes


def bare(value: Any) -> Any:
    """The array of a Tensor; an array, number or list as an array."""
    return value.data if isinstance(value, Variable) else backend.as_array(value)


def cast(value: Any, dtype: Any = None) -> Any:
    """`value` as a Tensor or array of this dtype; if none is given, of a floating-point one."""
    value = value if isinstance(value, Variable) else backend.as_array(value)
    dtype = dtype or (value.dtype if value.dtype.kind == "f" else backend.floatx())
    return value if value.dtype == dtype else value.astype(dtype)


def same_rank(a: Any, b: Any) -> tuple[Any, Any]:
    """Two arrays whose ranks differ by a last axis of length 1, with equal ranks; others as they are.

    (n,) and (n, 1) both become (n, 1); from rank 2 up the odd axis goes: (n, t) and (n, t, 1) become (n, t).
    """
    if b.ndim == a.ndim + 1:
        b, a = same_rank(b, a)
    elif a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        if b.ndim == 1:
            b = b.reshape((-1, 1))
        else:
            a = a.reshape(a.shape[:-1])
    return a, b


def _paired(loss: str, y_true: Any, y_pred: Any, hint: str = "") -> tuple[Any, Any]:
    """Truth and prediction in one dtype, the prediction's, and in one shape."""
    y_pred = cast(y_pred)
    y_true = cast(y_true, y_pred.dtype)
    a, b = same_rank(y_true, y_pred)
    if a.shape != b.shape or b.ndim == 0:
        shapes = f"got {y_true.shape} and {y_pred.shape}"
        raise ValueError(f"{loss}: expected y_true and y_pred of one shape, (batch, ...), {shapes}{hint}")
    return a, b


def _remembered(loss: str, y_pred: Any, from_logits: bool) -> tuple[Any, bool]:
    """The logits that a prediction was made from, if it remembers any; and whether logits is what this returns."""
    logits = getattr(y_pred, "logits", None)
    if logits is None:
        return y_pred, from_logits
    if from_logits:
        message = f"{loss}: from_logits=True, but y_pred comes from a softmax or sigmoid"
        warnings.warn(f"{message}: the logits that it was made from are used", stacklevel=4)
    return logits, True


def _smoothed(y_true: Any, label_smoothing: float, share: float) -> Any:
    """Labels moved towards `share`, which is what each class would have if nothing were known."""
    number(label_smoothing, "label_smoothing", most=1)
    return y_true * (1 - label_smoothing) + label_smoothing * share if label_smoothing else y_true


# ------------------------------------------------------------------------------------------------ functions


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """mean((y_true - y_pred)²) over the last axis: (..., k) -> (...).

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]])
        array([2.5], dtype=float32)
    """
    y_true, y_pred = _paired("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """mean(|y_true - y_pred|) over the last axis: (..., k) -> (...).

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]])
        array([1.5], dtype=float32)
    """
    y_true, y_pred = _paired("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Squared error near zero, absolute error beyond `delta`: outliers pull, but not with all their might.

    With e = y_pred - y_true: e²/2 where |e| <= delta, elsewhere delta·|e| - delta²/2 (Huber 1964, Robust
    estimation of a location parameter); mean over the last axis: (..., k) -> (...).

    Example:
        >>> huber([[0.0, 0.0]], [[1.0, 3.0]])
        array([1.5], dtype=float32)
    """
    y_true, y_pred = _paired("huber", y_true, y_pred)
    distance = ops.abs(y_pred - y_true)
    near = 0.5 * ops.square(distance)
    far = delta * distance - 0.5 * delta**2
    return ops.mean(ops.where(distance <= delta, near, far), axis=-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(y_true · log(y_true / y_pred)): how many nats are lost by taking y_pred for y_true.

    Probabilities are clipped to [1e-7, 1]; sum over the last axis: (..., k) -> (...). (Kullback and Leibler 1951,
    On information and sufficiency.)

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]])
        array([0.], dtype=float32)
    """
    y_true, y_pred = _paired("kl_divergence", y_true, y_pred)
    y_true, y_pred = ops.clip(y_true, EPSILON, 1), ops.clip(y_pred, EPSILON, 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-mean(y_true · log(p) + (1 - y_true) · log(1 - p)) over the axis: (..., k) -> (...).

    Targets need not be 0 or 1: a pixel of 0.3 is one, and so is a label of 1.05, as in Keras.
    `label_smoothing` s moves them towards the middle: y · (1 - s) + s / 2.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.0], [0.0]], from_logits=True)
        array([0.6931472, 0.6931472], dtype=float32)
    """
    y_pred, from_logits = _remembered("binary_crossentropy", y_pred, from_logits)
    y_true, y_pred = _paired("binary_crossentropy", y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 1 / 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-sum(y_true · log(p)) over the classes, for one-hot labels: (..., classes) -> (...).

    `label_smoothing` s takes s from the right class and shares it among all: y · (1 - s) + s / classes (Szegedy
    et al. 2015, Rethinking the Inception architecture).

    Raises:
        ValueError: the shapes differ; class numbers belong to `sparse_categorical_crossentropy`.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    name = "categorical_crossentropy"
    y_pred, from_logits = _remembered(name, y_pred, from_logits)
    hint = "; for class numbers instead of one-hot labels use sparse_categorical_crossentropy"
    y_true, y_pred = _paired(name, y_true, y_pred, hint)
    if y_pred.shape[axis] == 1:
        message = f"{name}: with a single class, y_pred of shape {y_pred.shape}, the loss is always 0"
        warnings.warn(f"{message}; for a yes or no use binary_crossentropy", stacklevel=2)
    y_true = _smoothed(y_true, label_smoothing, 1 / y_true.shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """-log(p[y_true]), for labels that are class numbers: (...) or (..., 1), and (..., classes) -> (...).

    Raises:
        ValueError: a label is no class number, or the shapes do not belong together; one-hot labels belong to
            `categorical_crossentropy`.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    name = "sparse_categorical_crossentropy"
    y_pred, from_logits = _remembered(name, y_pred, from_logits)
    y_pred, labels = cast(y_pred), bare(y_true)
    if y_pred.ndim == 0 or labels.shape not in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
        hint = "; for one-hot labels use categorical_crossentropy" if labels.shape == y_pred.shape else ""
        wanted = "expected y_true (batch, ...) and y_pred (batch, ..., classes)"
        raise ValueError(f"{name}: {wanted}, got {labels.shape} and {y_pred.shape}{hint}")
    labels = class_numbers(labels, y_pred.shape[-1], f"{name}: y_true")
    return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=from_logits)


def class_numbers(labels: Any, classes: int, what: str) -> Any:
    """Labels as integers; one that is none of 0 ... classes-1 is an error that says which and where.

    On a GPU nobody looks, since everything would have to wait: `fit` has looked before.
    """
    if backend.on_gpu(labels):
        return labels.astype("int64", copy=False)
    xp = backend.array_module(labels)
    wrong = ~((labels >= 0) & (labels < classes)) | (labels != xp.floor(labels))  # nan is wrong as well
    if wrong.any():
        where = tuple(int(i) for i in backend.to_numpy(xp.argwhere(wrong))[0])
        raise ValueError(
            f"{what}[{', '.join(map(str, where))}] is {float(labels[where]):g}: "
            f"with {classes} classes, labels are the whole numbers from 0 to {classes - 1}"
        )
    return labels.astype("int64", copy=False)


# -------------------------------------------------------------------------------------------------- classes


class Loss:
    """Base of all losses: subclass it and write `call(y_true, y_pred)`, which gives a value for each sample.

    Args:
        name: what to call it; the class's name in snake_case if not given.
        reduction: what becomes of the values, times their weights: "sum_over_batch_size", or "mean" (divided by
            how many there are, whatever they weigh), "mean_with_sample_weight" (divided by the sum of the
            weights), "sum", or "none".

    Example:
        >>> class Cubed(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.mean(abs(y_true - y_pred) ** 3, axis=-1)
        >>> Cubed()(Tensor([[0.0], [0.0]]), Tensor([[1.0], [3.0]])).item()
        14.0
    """

    def __init__(self, name: str | None = None, reduction: str | None = MEAN):
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction: expected one of {REDUCTIONS}, got {reduction!r}")
        self.name = name or snake_case(type(self).__name__)
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values to reduce, one for each sample: to be written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The loss, a Tensor of one number in the dtype of y_pred; with reduction "none" of a number a sample.

        Args:
            y_true: the truth; it takes the dtype of y_pred, as in Keras, even where it is class numbers.
            y_pred: the prediction, a Tensor or array.
            sample_weight: a factor for each sample, (batch,), or for each of the values that `call` gives.

        Raises:
            ValueError: shapes that do not belong together.
        """
        y_pred = cast(y_pred if isinstance(y_pred, Variable) else Tensor(y_pred))
        values, weights = self.call(cast(y_true, y_pred.dtype), y_pred), None
        if sample_weight is not None:
            values, weights = _weighed(values, sample_weight)
        if self.reduction in ("none", None) or values.ndim == 0:
            return values
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            total = weights.sum()
            return ops.sum(values) * ((total != 0) / (total + (total == 0)))  # no weight, no loss
        whole = 1 if self.reduction == "sum" else values.size
        return ops.sum(values) * (1 / whole if whole else 0.0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def _weighed(values: Any, sample_weight: Any) -> tuple[Any, Any]:
    """The values times their weights, and the weights."""
    given = cast(bare(sample_weight), values.dtype)
    values, weights = same_rank(values, given)
    if 0 < weights.ndim < values.ndim:  # a sample's weight is that of all its values
        weights = weights.reshape((*weights.shape, *[1] * (values.ndim - weights.ndim)))
    if weights.ndim > values.ndim or any(n not in (1, m) for n, m in zip(weights.shape, values.shape)):
        raise ValueError(
            f"sample_weight: expected a weight for each of the losses, {values.shape}, got shape {given.shape}"
        )
    return values * weights, weights


class LossFunctionWrapper(Loss):
    """A loss made of a function: `fn(y_true, y_pred, **options)` gives the value for each sample.

    Example:
        >>> LossFunctionWrapper(huber, delta=2.0)([[0.0]], [[4.0]]).item()
        6.0
    """

    def __init__(self, fn: Callable, reduction: str | None = MEAN, name: str | None = None, **options: Any):
        super().__init__(name or getattr(fn, "__name__", None), reduction)
        self.fn = fn
        self.options = options

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The function's values."""
        return self.fn(y_true, y_pred, **self.options)


class MeanSquaredError(LossFunctionWrapper):
    """`mean_squared_error`, weighed and reduced."""

    def __init__(self, reduction: str | None = MEAN, name: str = "mean_squared_error"):
        super().__init__(mean_squared_error, reduction, name)


class MeanAbsoluteError(LossFunctionWrapper):
    """`mean_absolute_error`, weighed and reduced."""

    def __init__(self, reduction: str | None = MEAN, name: str = "mean_absolute_error"):
        super().__init__(mean_absolute_error, reduction, name)


class Huber(LossFunctionWrapper):
    """`huber`, weighed and reduced."""

    def __init__(self, delta: float = 1.0, reduction: str | None = MEAN, name: str = "huber_loss"):
        super().__init__(huber, reduction, name, delta=delta)


class KLDivergence(LossFunctionWrapper):
    """`kl_divergence`, weighed and reduced."""

    def __init__(self, reduction: str | None = MEAN, name: str = "kl_divergence"):
        super().__init__(kl_divergence, reduction, name)


class BinaryCrossentropy(LossFunctionWrapper):
    """`binary_crossentropy`, weighed and reduced: for yes or no, and for pixels from 0 to 1."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = MEAN,
        name: str = "binary_crossentropy",
    ):
        options = dict(from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)
        super().__init__(binary_crossentropy, reduction, name, **options)


class CategoricalCrossentropy(LossFunctionWrapper):
    """`categorical_crossentropy`, weighed and reduced: for one-hot labels."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = MEAN,
        name: str = "categorical_crossentropy",
    ):
        options = dict(from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)
        super().__init__(categorical_crossentropy, reduction, name, **options)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """`sparse_categorical_crossentropy`, weighed and reduced: for labels that are class numbers."""

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = MEAN,
        name: str = "sparse_categorical_crossentropy",
    ):
        super().__init__(sparse_categorical_crossentropy, reduction, name, from_logits=from_logits)


# -------------------------------------------------------------------------------------------------- by name

_SHORT = {"mse": MeanSquaredError, "mae": MeanAbsoluteError, "kld": KLDivergence, "bce": BinaryCrossentropy}
_CLASSES: list[Any] = LossFunctionWrapper.__subclasses__()
_BY_NAME: dict[str, type[Loss]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{cls().fn.__name__: cls for cls in _CLASSES},
    **_SHORT,
    **{name.upper(): cls for name, cls in _SHORT.items()},
}


def get(identifier: Any) -> Loss:
    """The `Loss` that is meant: by a name of Keras's, "mse" or "MeanSquaredError", or by a function or a Loss.

    Raises:
        ValueError: no loss has this name, or this is nothing that could be called.

    Example:
        >>> get("mse")([[0.0]], [[2.0]]).item()
        4.0
    """
    found = lookup(identifier, _BY_NAME, "loss") if isinstance(identifier, str) else identifier
    if not callable(found):
        raise ValueError(
            f"loss: expected a name, a function of (y_true, y_pred) or a Loss, got {identifier!r}"
        )
    found = found() if isinstance(found, type) else found
    return found if isinstance(found, Loss) else LossFunctionWrapper(found)
