"""Data on its way to a model: checked once, then cut into batches, in order or shuffled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinydl.backend import Array, floatx, host_generator, to_numpy
from tinydl.checks import positive_integer
from tinydl.tensor import Tensor
from tinydl.transfer import ahead

Batch = tuple[Array, Array | None, Array | None]  # x, y, sample_weight: each (batch, ...)


class Batches:
    """x, y and sample weights, cut into batches.

    The data stay as they are, bytes stay bytes: only the batch at work, and the next one, are copied to a GPU. Batches
    form one endless stream, shuffled anew whenever the data are used up; an epoch takes `steps` of them. Unless told
    otherwise that is all of them, so that every epoch sees every sample once.

    Args:
        x: inputs (n, ...).
        y: targets (n, ...), or None.
        sample_weight: what each sample counts, (n,), or None.
        batch_size: samples a batch, 32 if not given; with `steps` alone ceil(n / steps).
        steps: batches an epoch; as many as there are if not given.
        shuffle: a new order for each pass through the data, drawn from `host_generator()`.

    Raises:
        ValueError: no data, data of different lengths, or a batch size or number of steps below 1.

    Example:
        >>> batches = Batches(np.arange(5), batch_size=2)
        >>> [x.tolist() for x, y, sample_weight in batches.epoch()]
        [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool = False,
    ):
        self.arrays = (to_array(x, "x"), to_array(y, "y"), to_array(sample_weight, "sample_weight"))
        self.size = check_lengths(*self.arrays)  # n
        if batch_size is None:
            batch_size = 32 if steps is None else math.ceil(self.size / positive_integer(steps, "steps"))
        self.batch_size = positive_integer(batch_size, "batch_size")
        self.steps = (
            math.ceil(self.size / self.batch_size) if steps is None else positive_integer(steps, "steps")
        )
        self.shuffle = shuffle
        self.order: np.ndarray | None = None  # of the pass at work, if shuffled
        self.position = self.size  # in that pass; at its end, so that the first batch begins a new one

    def epoch(self) -> Iterator[Batch]:
        """The next `steps` batches of the stream."""
        left = self.steps
        while left:
            if self.position >= self.size:
                self.position = 0
                self.order = host_generator().permutation(self.size) if self.shuffle else None
            count = min(left, math.ceil((self.size - self.position) / self.batch_size))
            for batch in ahead(self._cut(self.position, count)):
                self.position += self.batch_size
                yield batch
            left -= count

    def _cut(self, start: int, count: int) -> Iterator[Batch]:
        """The next batches of the pass at work, where the data are."""
        for i in range(start, start + count * self.batch_size, self.batch_size):
            here = slice(i, i + self.batch_size)
            rows = here if self.order is None else self.order[here]
            x, y, weight = (None if a is None else a[rows] for a in self.arrays)
            yield x, y, weight


Arrays = tuple[Array, Array | None, Array | None]  # x, y, sample_weight: each (n, ...)


def training_data(
    x: Any,
    y: Any,
    sample_weight: Any,
    class_weight: Mapping[int, float] | None,
    validation_split: float,
    validation_data: Sequence[Any] | None,
) -> tuple[Arrays, Arrays | None]:
    """What `fit` trains on, and what it validates on or None; looked through before any work begins.

    Raises:
        ValueError: data that are empty, of different lengths or not finite; arguments that exclude each other.
    """
    if class_weight is not None and sample_weight is not None:
        raise ValueError("class_weight and sample_weight exclude each other: pass one of them")
    arrays, held_out = checked(x, y, sample_weight, ""), None
    if validation_data is None:
        arrays, held_out = split_validation(arrays, validation_split)
    else:
        held_out = checked(*_three(validation_data), "validation ")
    if class_weight is not None:  # the training's affair: a validation has none
        arrays = (*arrays[:2], class_weights(arrays[1], class_weight))
    return arrays, held_out


def _three(data: Sequence[Any]) -> tuple[Any, Any, Any]:
    """(x, y) or (x, y, sample_weight) as three."""
    if not isinstance(data, (tuple, list)) or not 1 <= len(data) <= 3:
        raise ValueError(
            f"validation_data: expected (x, y) or (x, y, sample_weight), got {type(data).__name__}"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def checked(x: Any, y: Any, sample_weight: Any, whose: str) -> Arrays:
    """The three as arrays, of one length and finite."""
    names = [whose + name for name in ("x", "y", "sample_weight")]
    x, y, sample_weight = (to_array(data, name) for data, name in zip((x, y, sample_weight), names))
    check_lengths(x, y, sample_weight, whose)
    for array, name in zip((x, y, sample_weight), names):
        check_finite(array, name)
    return x, y, sample_weight


def to_array(data: Any, name: str) -> Any:
    """Data as an array of whatever library holds it; lists become NumPy arrays, and None stays None."""
    if data is None:
        return None
    array = data.data if isinstance(data, Tensor) else data
    if not (hasattr(array, "dtype") and hasattr(array, "shape")):
        try:
            array = np.asarray(data)
        except ValueError:  # rows of different lengths
            array = np.asarray(None)
        if array.dtype == np.float64:  # plain numbers take our precision, as in Tensor
            array = array.astype(floatx())
    if array.dtype.kind not in "biuf" or not array.shape:
        raise ValueError(
            f"{name}: expected an array of numbers (n, ...), got {type(data).__name__} "
            f"of dtype {array.dtype}, shape {array.shape}"
        )
    return array


def check_lengths(x: Array, y: Array | None, sample_weight: Array | None, whose: str = "") -> int:
    """How many samples there are: as many of each."""
    if x is None:
        raise ValueError(f"{whose}x: expected an array, got None")
    for name, other in (("y", y), ("sample_weight", sample_weight)):
        if other is not None and len(other) != len(x):
            raise ValueError(
                f"{whose}x and {name} must be of one length, a row a sample: "
                f"x has {len(x)} rows (shape {x.shape}), {name} {len(other)} (shape {other.shape})"
            )
    if len(x) == 0:
        raise ValueError(f"{whose}x: expected at least one sample, got shape {x.shape}")
    return len(x)


def check_finite(array: Array | None, name: str) -> None:
    """Refuse NaN and infinity, and say where the first one is. Whole numbers cannot be either and cost nothing."""
    if array is None or array.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):
        if np.isfinite(float(array.sum())):  # one cheap look: a NaN or an infinity anywhere spoils the sum
            return
    for i, row in enumerate(array):
        bad = np.argwhere(~np.isfinite(to_numpy(row)))
        if len(bad):
            index = (i, *bad[0].tolist())
            where = "[" + ", ".join(map(str, index)) + "]"
            raise ValueError(
                f"{name}: expected finite numbers, got {float(array[index])} at {name}{where} (the first; "
                f"row {i} has {len(bad)}). Leave such rows out, or fill them: np.nan_to_num"
            )


def split_validation(arrays: Arrays, share: float) -> tuple[Arrays, Arrays | None]:
    """Cut the last part off, as it lies, before any shuffling: what to train on, what to validate on."""
    if not 0 <= share < 1:
        raise ValueError(f"validation_split: expected a share from 0 to below 1, got {share!r}")
    if share == 0:
        return arrays, None
    size = len(arrays[0])
    at = math.floor(size * (1 - share))
    if at in (0, size):
        raise ValueError(
            f"validation_split={share} of {size} samples leaves none for {'validation' if at else 'training'}"
        )
    (x, y, weight), (x2, y2, weight2) = (
        tuple(a if a is None else a[part] for a in arrays) for part in (slice(at), slice(at, None))
    )
    return (x, y, weight), (x2, y2, weight2)


def class_weights(y: Array | None, class_weight: Mapping[int, float]) -> np.ndarray:
    """What each sample counts, from what its class counts: y (n,), (n, 1) or one-hot (n, classes) -> (n,).

    A class that is not named counts 1.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight: expected {{class: weight}}, got {class_weight!r}")
    if y is None:
        raise ValueError("class_weight: there are no targets y to take classes from")
    labels = to_numpy(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] > 1 else labels[..., 0]
    if labels.ndim != 1:
        raise ValueError(f"class_weight: expected targets of shape (n,) or (n, classes), got {y.shape}")
    classes, which = np.unique(np.round(labels).astype(int), return_inverse=True)
    return np.array([class_weight.get(int(c), 1.0) for c in classes], dtype=floatx())[which]
