"""Metrics against loops; what they keep from batch to batch; which one a name means."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, activations, losses, metrics

SEEDS = st.integers(0, 2**32 - 1)


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4), seed=SEEDS)
def test_batches_add_up(sizes: list[int], seed: int) -> None:
    """However samples are cut into batches, the result is that of all of them; reset_state forgets."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    y, p, weights = rng.normal(size=(n, 2, 3)), rng.normal(size=(n, 2, 3)), rng.uniform(size=n)
    whole, cut = metrics.MeanSquaredError(), metrics.MeanSquaredError()
    cut.update_state(y, p)
    cut.reset_state()
    for start, size in zip(np.cumsum([0, *sizes]), sizes):
        part = slice(start, start + size)
        cut.update_state(y[part], Tensor(p[part], requires_grad=True), weights[part])
    by_hand = (((y - p) ** 2).mean(axis=(1, 2)) * weights).sum() / weights.sum()
    assert float(cut.result()) == pytest.approx(by_hand)
    assert float(whole(y, p, weights)) == pytest.approx(by_hand)


@given(n=st.integers(1, 6), classes=st.integers(2, 6), k=st.integers(1, 7), seed=SEEDS)
def test_accuracies_by_counting(n: int, classes: int, k: int, seed: int) -> None:
    """Against counting in a loop, for class numbers and one-hot labels alike."""
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(0, classes, n), rng.uniform(size=(n, classes))
    one_hot = np.eye(classes)[labels]
    first = [float(max(range(classes), key=row.__getitem__) == label) for row, label in zip(p, labels)]
    among = [
        float(label in sorted(range(classes), key=lambda i: -row[i])[:k]) for row, label in zip(p, labels)
    ]
    assert metrics.sparse_categorical_accuracy(labels, p).tolist() == first
    assert metrics.sparse_categorical_accuracy(labels[:, None], Tensor(p)).tolist() == first
    assert metrics.categorical_accuracy(one_hot, p).tolist() == first
    assert metrics.sparse_top_k_categorical_accuracy(labels, p, k).tolist() == among
    assert metrics.top_k_categorical_accuracy(Tensor(one_hot), p, k).tolist() == among
    said = [[float((value > 0.5) == truth) for value, truth in zip(*rows)] for rows in zip(p, one_hot)]
    assert metrics.binary_accuracy(one_hot, p).tolist() == said


def test_nothing_yet_is_zero() -> None:
    """Before the first batch, and where all weights are 0."""
    mean = metrics.Mean()
    assert float(mean.result()) == 0
    mean.update_state([3.0], sample_weight=[0.0])
    assert float(mean.result()) == 0
    assert float(mean(5.0)) == 5  # a single number is one sample


def test_many_small_batches_lose_nothing() -> None:
    """Sums are kept in double precision: float32 would stop counting."""
    mean = metrics.Mean()
    mean.total, mean.count = np.float64(2.0**25), np.float64(2.0**25)
    mean.update_state(np.ones(1, dtype="float32"))
    assert mean.count == 2**25 + 1


def test_no_graph_is_kept() -> None:
    """Neither the values nor the sums remember where they came from."""
    p = Tensor([[0.2, 0.8]], requires_grad=True)
    for name in ("mse", "categorical_crossentropy", "categorical_accuracy"):
        metric = metrics.get(name)
        metric.update_state([[0.0, 1.0]], p)
        assert not isinstance(metric.total, Tensor)


def test_remembered_logits_count_for_metrics_too() -> None:
    """The crossentropy of a saturated softmax is that of its loss."""
    x = Tensor(np.array([[-200.0, 200.0]], dtype="float32"))
    metric = metrics.CategoricalCrossentropy()
    assert float(metric([[1.0, 0.0]], activations.get("softmax")(x))) == 400


def test_labels_that_are_no_class_are_never_among_the_first() -> None:
    """As in Keras."""
    p = np.array([[0.1, 0.2], [0.1, 0.2], [0.1, np.inf]])
    assert metrics.sparse_top_k_categorical_accuracy([-1, 2, 1], p, k=2).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("y_shape", "pred_shape", "kind"),
    [
        ((8,), (8, 1), metrics.BinaryAccuracy),
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 4), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 4), metrics.SparseCategoricalAccuracy),
        ((8, 4), (8, 4), metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_is_chosen_by_the_shapes(y_shape: tuple, pred_shape: tuple, kind: type) -> None:
    """And keeps the name it was asked for by."""
    for name in ("accuracy", "acc"):
        metric = metrics.resolve(name, y_shape, pred_shape)
        assert type(metric) is kind and metric.name == name


def test_resolve() -> None:
    """Names, classes, objects, and functions such as losses."""

    class LargestError(metrics.Metric):
        def reset_state(self) -> None:
            self.largest = 0.0

    own = LargestError()
    assert own.name == "largest_error" and metrics.resolve(own, (1,), (1, 1)) is own
    assert isinstance(metrics.resolve(LargestError, (1,), (1, 1)), LargestError)
    assert metrics.resolve("mse", (1,), (1, 1)).name == "mse"
    assert metrics.resolve(losses.huber, (1,), (1, 1)).name == "huber"
    assert metrics.get("MeanSquaredError").name == "mean_squared_error"


def test_bad_input() -> None:
    """Names that nobody has, things that measure nothing."""
    with pytest.raises(ValueError, match="unknown metric 'acuracy': did you mean 'accuracy'"):
        metrics.get("acuracy")
    with pytest.raises(ValueError, match="expected a name, a function of .* or a Metric, got 3"):
        metrics.get(3)
    with pytest.raises(ValueError, match=re.escape("got (2, 3) and (2, 4)")):
        metrics.MeanSquaredError().update_state(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(NotImplementedError, match=re.escape("Metric has no reset_state()")):
        metrics.Metric()
