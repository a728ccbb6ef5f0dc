"""Losses: how far a prediction is from the truth, as one number to make smaller.

Each comes twice, as in Keras: a function, `mean_squared_error(y_true, y_pred)`, that gives one value for each
sample (the last axis is averaged or summed away), and a class, `MeanSquaredError()`, whose objects weigh
those values and reduce them to the single number that `backward` starts from.

What is probability and what is logit? A network that ends in softmax or sigmoid gives probabilities; one that
ends in a plain Dense gives logits, and its loss says `from_logits=True`. Logits are the safer way: where a
probability rounds to 0 or 1 its logarithm, and the gradient, are lost. Tensors that come out of the softmax
or sigmoid activation remember their logits, and the crossentropies use them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

from tinydl import backend, ops
from tinydl.autograd import Variable
from tinydl.lookup import lookup
from tinydl.tensor import Tensor

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)

# ------------------------------------------------------------------------------------------------- shapes


def as_float(value: Any) -> Any:
    """`value` as a Tensor or array of floating-point numbers: whole numbers take the precision of `floatx()`."""
    value = value if isinstance(value, Variable) else backend.as_array(value)
    return value if value.dtype.kind == "f" else value.astype(backend.floatx())


def cast(value: Any, dtype: Any) -> Any:
    """`value` as a Tensor or array of this dtype; not copied when it is one."""
    value = value if isinstance(value, Variable) else backend.as_array(value)
    return value if value.dtype == dtype else value.astype(dtype)


def same_rank(a: Any, b: Any) -> tuple[Any, Any]:
    """Two arrays whose ranks differ by a last axis of length 1, with equal ranks: (n,) and (n, 1) are both (n, 1).

    From rank 2 up the odd axis is dropped instead: (n, t) and (n, t, 1) are both (n, t). Others stay as they
    are.
    """
    if b.ndim == a.ndim + 1:
        b, a = same_rank(b, a)
    elif a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        if b.ndim == 1:
            b = b.reshape((-1, 1))
        else:
            a = a.reshape(a.shape[:-1])
    return a, b


def _paired(loss: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Truth and prediction in one dtype, the prediction's, and in one shape."""
    y_pred = as_float(y_pred)
    y_true, y_pred = same_rank(cast(y_true, y_pred.dtype), y_pred)
    if y_true.shape != y_pred.shape or y_pred.ndim == 0:
        raise ValueError(
            f"{loss}: y_true and y_pred should have one shape, (batch, ...), got {y_true.shape} and {y_pred.shape}"
        )
    return y_true, y_pred


def _remembered(loss: str, y_pred: Any, from_logits: bool) -> tuple[Any, bool]:
    """The logits a prediction was made from, if it remembers any, and whether logits is what this returns."""
    logits = getattr(y_pred, "logits", None)
    if logits is None:
        return y_pred, from_logits
    if from_logits:
        warnings.warn(
            f"{loss}: from_logits=True, but y_pred comes from a softmax or sigmoid: it holds probabilities, not logits. "
            "The logits before that activation are used",
            stacklevel=4,
        )
    return logits, True


def _smoothing(label_smoothing: float) -> float:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing: expected a number from 0 to 1, got {label_smoothing!r}")
    return label_smoothing


# ---------------------------------------------------------------------------------------------- functions


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """mean((y_true - y_pred)**2) over the last axis: (..., k) -> (...).

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

    With e = y_pred - y_true: e²/2 where |e| <= delta, delta·|e| - delta²/2 elsewhere (Huber 1964, Robust
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
    """sum(y_true · log(y_true / y_pred)): how many nats the distribution y_pred wastes on y_true.

    Both are clipped to [1e-7, 1]; sum over the last axis: (..., k) -> (...). (Kullback and Leibler 1951.)

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]])
        array([0.], dtype=float32)
    """
    y_true, y_pred = _paired("kl_divergence", y_true, y_pred)
    y_true, y_pred = ops.clip(y_true, 1e-7, 1), ops.clip(y_pred, 1e-7, 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-mean(y_true · log(p) + (1 - y_true) · log(1 - p)) over the axis: (..., k) -> (...).

    Targets need not be 0 or 1: a pixel of 0.3 is one, and so is a label of 1.05, as in Keras.
    `label_smoothing` s moves targets towards 0.5: y · (1 - s) + s / 2.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.0], [0.0]], from_logits=True)
        array([0.6931472, 0.6931472], dtype=float32)
    """
    name = "binary_crossentropy"
    y_pred, from_logits = _remembered(name, y_pred, from_logits)
    y_true, y_pred = _paired(name, y_true, y_pred)
    if _smoothing(label_smoothing):
        y_true = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-sum(y_true · log(p)) over the classes, for one-hot labels: (..., classes) -> (...).

    `label_smoothing` s takes s from the right class and shares it among all: y · (1 - s) + s / classes
    (Szegedy et al. 2015, Rethinking the Inception architecture).

    Raises:
        ValueError: the shapes differ; labels that are class numbers belong to
            `sparse_categorical_crossentropy`.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    name = "categorical_crossentropy"
    y_pred, from_logits = _remembered(name, y_pred, from_logits)
    y_pred = as_float(y_pred)
    y_true = cast(y_true, y_pred.dtype)
    if y_true.shape != y_pred.shape and y_true.shape in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
        raise ValueError(
            f"{name}: y_true has shape {y_true.shape} for y_pred of {y_pred.shape}: these look like class numbers. "
            f"Use sparse_categorical_crossentropy, or one-hot labels, ops.one_hot(y_true, {y_pred.shape[-1]})"
        )
    y_true, y_pred = _paired(name, y_true, y_pred)
    if y_pred.shape[axis] == 1:
        warnings.warn(
            f"{name}: y_pred has shape {y_pred.shape}; with one class the loss says nothing. "
            "For a yes or no use binary_crossentropy",
            stacklevel=2,
        )
    if _smoothing(label_smoothing):
        y_true = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[axis]
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """-log(p[y_true]), for labels that are class numbers: (...) or (..., 1) and (..., classes) -> (...).

    Raises:
        ValueError: a label is no class number; the shapes do not belong together; one-hot labels, which
            belong to `categorical_crossentropy`.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    name = "sparse_categorical_crossentropy"
    y_pred, from_logits = _remembered(name, y_pred, from_logits)
    y_pred = as_float(y_pred)
    labels = backend.as_array(y_true.data if isinstance(y_true, Variable) else y_true)
    if labels.shape == (*y_pred.shape[:-1], 1):
        labels = labels.reshape(y_pred.shape[:-1])
    if labels.shape == y_pred.shape:
        raise ValueError(
            f"{name}: y_true has the shape of y_pred, {y_pred.shape}: these look like one-hot labels. "
            "Use categorical_crossentropy, or class numbers, y_true.argmax(axis=-1)"
        )
    if labels.shape != y_pred.shape[:-1] or y_pred.ndim == 0:
        raise ValueError(
            f"{name}: y_true of shape {labels.shape} does not belong to y_pred of shape {y_pred.shape}: "
            f"expected {y_pred.shape[:-1]}, one class number for each row"
        )
    return ops.sparse_categorical_crossentropy(
        _class_numbers(name, labels, y_pred.shape[-1]), y_pred, from_logits=from_logits
    )


def _class_numbers(loss: str, labels: Any, classes: int) -> Any:
    """Labels as integers; anything that is not one of 0 .. classes-1 is an error that says which and where."""
    xp = backend.array_module(labels)
    wrong = ~((labels >= 0) & (labels < classes)) | (labels != xp.floor(labels))  # nan is wrong as well
    if wrong.any():
        where = [int(i) for i in backend.to_numpy(xp.argwhere(wrong))[0]]
        raise ValueError(
            f"{loss}: label {labels[tuple(where)]} at y_true{where} is not a class number: y_pred has {classes} classes, "
            f"so labels run from 0 to {classes - 1}"
        )
    return labels.astype("int64", copy=False)


# ------------------------------------------------------------------------------------------------ classes


class Loss:
    """Base of all losses: subclass it and write `call(y_true, y_pred)`, which gives a value for each sample.

    Args:
        name: what to call it; the class's name in snake_case if not given.
        reduction: what becomes of the values: "sum_over_batch_size" (or "mean": the sum, divided by how many
            there are; weights do not count), "sum", "mean_with_sample_weight" (divided by the sum of the
            weights), "none".

    Raises:
        ValueError: no such reduction.

    Example:
        >>> class Cubed(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.mean(abs(y_true - y_pred) ** 3, axis=-1)
        >>> Cubed()(Tensor([[0.0], [0.0]]), Tensor([[1.0], [3.0]])).item()
        14.0
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size"):
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"reduction: expected one of {', '.join(map(str, REDUCTIONS))}, got {reduction!r}"
            )
        self.name = name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values to reduce, one for each sample: to be written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The loss as a Tensor of one number, in the dtype of y_pred (with reduction "none": of one number a sample).

        Args:
            y_true: the truth; cast to the dtype of y_pred, unless it is class numbers.
            y_pred: the prediction, a Tensor or array.
            sample_weight: a factor for each value: (batch,), or (batch, ...) as the values are.

        Raises:
            ValueError: shapes that do not belong together.
        """
        y_pred = y_pred if isinstance(y_pred, Variable) else Tensor(as_float(y_pred))
        values = self.call(y_true if isinstance(y_true, Variable) else backend.as_array(y_true), y_pred)
        if sample_weight is not None:
            values, sample_weight = _weighed(values, sample_weight)
        if self.reduction in ("none", None) or values.ndim == 0:
            return values
        total = ops.sum(values)
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight" and sample_weight is not None:
            whole = sample_weight.sum()
            return total * backend.array_module(whole).where(whole == 0, 0, 1 / (whole + (whole == 0)))
        return total * (1 / max(values.size, 1))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def _weighed(values: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Values times their weights, and the weights."""
    weight = cast(getattr(sample_weight, "data", sample_weight), values.dtype)
    values, weight = same_rank(values, weight)
    if 0 < weight.ndim < values.ndim:  # a weight for a sample is one for all its values
        weight = weight.reshape((*weight.shape, *[1] * (values.ndim - weight.ndim)))
    if any(n not in (1, m) for n, m in zip(weight.shape, values.shape)) or weight.ndim > values.ndim:
        raise ValueError(
            f"sample_weight: shape {weight.shape} does not belong to losses of shape {values.shape}, one for each sample"
        )
    return values * weight, weight


class LossFunctionWrapper(Loss):
    """A loss made of a function: `fn(y_true, y_pred, **options)` gives the value for each sample.

    Example:
        >>> LossFunctionWrapper(huber, delta=2.0)([[0.0]], [[4.0]]).item()
        6.0
    """

    def __init__(
        self,
        fn: Callable,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        **options: Any,
    ):
        super().__init__(name or getattr(fn, "__name__", None), reduction)
        self.fn = fn
        self.options = options

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The function's values."""
        return self.fn(y_true, y_pred, **self.options)


class MeanSquaredError(LossFunctionWrapper):
    """`mean_squared_error`, weighed and reduced.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]).item()
        2.5
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_error"):
        super().__init__(mean_squared_error, reduction, name)


class MeanAbsoluteError(LossFunctionWrapper):
    """`mean_absolute_error`, weighed and reduced.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]]).item()
        1.5
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_absolute_error"):
        super().__init__(mean_absolute_error, reduction, name)


class Huber(LossFunctionWrapper):
    """`huber`, weighed and reduced.

    Example:
        >>> Huber(delta=2.0)([[0.0]], [[4.0]]).item()
        6.0
    """

    def __init__(
        self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str = "huber_loss"
    ):
        super().__init__(huber, reduction, name, delta=delta)


class KLDivergence(LossFunctionWrapper):
    """`kl_divergence`, weighed and reduced.

    Example:
        >>> KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]).item()
        0.0
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "kl_divergence"):
        super().__init__(kl_divergence, reduction, name)


class BinaryCrossentropy(LossFunctionWrapper):
    """`binary_crossentropy`, weighed and reduced.

    Example:
        >>> round(BinaryCrossentropy(from_logits=True)([[1.0], [0.0]], [[0.0], [0.0]]).item(), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ):
        options = dict(from_logits=from_logits, label_smoothing=_smoothing(label_smoothing), axis=axis)
        super().__init__(binary_crossentropy, reduction, name, **options)


class CategoricalCrossentropy(LossFunctionWrapper):
    """`categorical_crossentropy`, weighed and reduced: for one-hot labels.

    Example:
        >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]).item(), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ):
        options = dict(from_logits=from_logits, label_smoothing=_smoothing(label_smoothing), axis=axis)
        super().__init__(categorical_crossentropy, reduction, name, **options)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """`sparse_categorical_crossentropy`, weighed and reduced: for labels that are class numbers.

    Example:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]).item(), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
    ):
        super().__init__(sparse_categorical_crossentropy, reduction, name, from_logits=from_logits)


# ----------------------------------------------------------------------------------------------- by name

_PAIRS: list[tuple[Callable, type[Loss], tuple[str, ...]]] = [
    (mean_squared_error, MeanSquaredError, ("mse", "MSE")),
    (mean_absolute_error, MeanAbsoluteError, ("mae", "MAE")),
    (huber, Huber, ()),
    (kl_divergence, KLDivergence, ("kld", "KLD")),
    (binary_crossentropy, BinaryCrossentropy, ("bce", "BCE")),
    (categorical_crossentropy, CategoricalCrossentropy, ()),
    (sparse_categorical_crossentropy, SparseCategoricalCrossentropy, ()),
]
_BY_NAME: dict[str, Any] = {}
for _function, _class, _aliases in _PAIRS:
    _BY_NAME[_class.__name__] = _class
    _BY_NAME.update(dict.fromkeys((_function.__name__, *_aliases), _function))


def get(identifier: Any) -> Any:
    """The loss of this name: "mse" gives the function, "MeanSquaredError" an object of the class, as in Keras.

    What is a loss already comes back as it is. `resolve` gives a `Loss` in every case.

    Raises:
        ValueError: no loss has this name, or the identifier is nothing that could be called.

    Example:
        >>> get("mse").__name__
        'mean_squared_error'
    """
    found = lookup(identifier, _BY_NAME, "loss") if isinstance(identifier, str) else identifier
    if not callable(found):
        raise ValueError(
            f"loss: expected a name, a Loss or a function of (y_true, y_pred), got {identifier!r}"
        )
    return found() if isinstance(found, type) else found


def resolve(identifier: Any, y_shape: tuple | None = None, pred_shape: tuple | None = None) -> Loss:
    """The `Loss` that `compile(loss=identifier)` means: functions are wrapped, "crossentropy" chosen by the shapes.

    Example:
        >>> resolve("crossentropy", (32,), (32, 10))
        <LossFunctionWrapper crossentropy>
    """
    loss = identifier
    if identifier in ("crossentropy", "ce") and y_shape is not None and pred_shape is not None:
        kind = kind_of_labels(y_shape, pred_shape)
        prefix = {"binary": "binary_", "sparse": "sparse_categorical_", "one-hot": "categorical_"}[kind]
        loss = prefix + "crossentropy"
    loss = get(loss)
    if isinstance(loss, Loss):
        return loss
    return LossFunctionWrapper(loss, name=identifier if isinstance(identifier, str) else None)


def kind_of_labels(y_shape: tuple, pred_shape: tuple) -> str:
    """What labels of this shape are to predictions of that shape: "binary", "sparse" (class numbers) or "one-hot".

    Example:
        >>> kind_of_labels((32,), (32, 10))
        'sparse'
    """
    if pred_shape[-1] == 1:
        return "binary"
    return "sparse" if len(y_shape) < len(pred_shape) or y_shape[-1] == 1 else "one-hot"
