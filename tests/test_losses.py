"""Losses against loops and finite differences; what they say of bad input; names, weights, reductions."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, activations, backend, grad, gradcheck, losses
from tinydl.backend import to_numpy

SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def each(function: object, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """A formula for two vectors, applied along the last axis in a loop."""
    out = np.zeros(y_pred.shape[:-1])
    for i in np.ndindex(out.shape):
        out[i] = function(y_true[i], y_pred[i])  # type: ignore[operator]
    return out


def shares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Positive numbers that add up to 1 along the last axis."""
    x = rng.uniform(0.1, 1, shape)
    return x / x.sum(axis=-1, keepdims=True)


def xent(y: np.ndarray, p: np.ndarray) -> float:
    """Cross-entropy as it is written."""
    return -sum(a * math.log(b) for a, b in zip(y, p))


def bent(y: np.ndarray, p: np.ndarray) -> float:
    """Binary cross-entropy as it is written."""
    return -sum(a * math.log(b) + (1 - a) * math.log(1 - b) for a, b in zip(y, p)) / len(y)


def hubers(y: np.ndarray, p: np.ndarray) -> float:
    """Huber's loss with delta 1 as it is written."""
    return sum(0.5 * e * e if abs(e) <= 1 else abs(e) - 0.5 for e in y - p) / len(y)


FORMULAS = {
    "mean_squared_error": lambda y, p: sum((y - p) ** 2) / len(y),
    "mean_absolute_error": lambda y, p: sum(abs(y - p)) / len(y),
    "huber": hubers,
    "kl_divergence": lambda y, p: sum(a * math.log(a / b) for a, b in zip(y, p)),
    "binary_crossentropy": bent,
    "categorical_crossentropy": xent,
}


@pytest.mark.parametrize("name", FORMULAS)
@given(shape=SHAPES, seed=SEEDS)
def test_values_and_gradients(name: str, shape: tuple[int, ...], seed: int) -> None:
    """Against the formula in a loop; and the gradient against finite differences, for both arguments."""
    rng = np.random.default_rng(seed)
    if name in ("mean_squared_error", "mean_absolute_error", "huber"):
        y, p = rng.normal(size=shape), 3 * rng.normal(size=shape)
        p = np.where(np.abs(np.abs(y - p) % 1) < 0.05, p + 0.1, p)  # no error near a kink, at 0 or 1
    elif name == "binary_crossentropy":
        y, p = rng.uniform(size=shape), rng.uniform(0.1, 0.9, shape)
    else:
        shape = (*shape[:-1], shape[-1] + 1)  # a single share would be 1, where clipping has its kink
        y, p = shares(rng, shape), shares(rng, shape)
    function = getattr(losses, name)
    np.testing.assert_allclose(to_numpy(function(y, p)), each(FORMULAS[name], y, p), rtol=1e-9, atol=1e-12)
    gradcheck.check(function, [y, p], order=1)


@given(shape=SHAPES, seed=SEEDS)
def test_class_numbers_are_one_hot_labels(shape: tuple[int, ...], seed: int) -> None:
    """The sparse loss is the other one, in value and gradient, with labels (...) or (..., 1)."""
    rng = np.random.default_rng(seed)
    shape = (*shape[:-1], shape[-1] + 1)
    labels, p = rng.integers(0, shape[-1], shape[:-1]), Tensor(shares(rng, shape), requires_grad=True)
    one_hot = losses.CategoricalCrossentropy()(np.eye(shape[-1])[labels], p)
    for form in (labels, labels[..., None], labels.astype("uint8"), labels.astype("float32"), Tensor(labels)):
        sparse = losses.SparseCategoricalCrossentropy()(form, p)
        assert sparse.item() == pytest.approx(one_hot.item(), rel=1e-9)
    np.testing.assert_allclose(
        to_numpy(losses.sparse_categorical_crossentropy(labels, p.numpy())),
        -np.log(np.take_along_axis(p.numpy(), labels[..., None], -1)[..., 0]),
    )


@pytest.mark.cpu
def test_arrays_in_arrays_out() -> None:
    """Functions answer in kind; the classes give a Tensor, in the dtype of the prediction."""
    y, p = np.array([[0, 1]], dtype="uint8"), np.array([[0.25, 0.75]])
    assert type(losses.mean_squared_error(y, p)) is np.ndarray
    assert type(losses.mean_squared_error(y, Tensor(p))) is Tensor
    for dtype in ("float32", "float64"):
        loss = losses.MeanSquaredError()(y, p.astype(dtype), [2])
        assert type(loss) is Tensor and loss.dtype == dtype and loss.shape == ()
    backend.set_floatx("float64")
    assert losses.MeanSquaredError()([[1]], [[2]]).dtype == "float64"


def test_the_truth_takes_the_dtype_of_the_prediction() -> None:
    """So that a loss of one's own need not care: integers and float64 beside a float32 prediction."""
    own = losses.get(lambda y_true, y_pred: abs(y_true - y_pred).mean(axis=-1))
    p = Tensor([[0.5], [2.0]], requires_grad=True)
    for y in ([[1], [2]], np.array([[1], [2]]), np.array([[1.0], [2.0]]), Tensor(np.array([[1], [2]]))):
        loss = own(y, p, np.array([1.0, 1.0]))
        assert loss.dtype == "float32" and loss.item() == 0.25


def test_weights_and_reductions() -> None:
    """By hand: values 1, 4, 9 with weights 2, 0, 1."""
    y, p, weights = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), [2, 0, 1]
    wanted = {"sum_over_batch_size": 11 / 3, "mean": 11 / 3, "sum": 11, "mean_with_sample_weight": 11 / 3}
    for reduction, value in wanted.items():
        assert losses.MeanSquaredError(reduction)(y, p, weights).item() == pytest.approx(value)
    plain = losses.MeanSquaredError("none")(y, p, weights)
    assert plain.numpy().tolist() == [2, 0, 9]
    weighed = losses.MeanSquaredError("mean_with_sample_weight")
    assert weighed(y, p).item() == pytest.approx(14 / 3)
    assert weighed(y, p, [0, 0, 0]).item() == 0
    assert weighed(y, p, [4, 0, 2]).item() == pytest.approx(22 / 6)


def test_a_sample_weight_counts_for_all_values_of_the_sample() -> None:
    """(n,) weights for (n, h, w) losses, also where h or w is n."""
    rng = np.random.default_rng(0)
    y, p, weights = rng.normal(size=(3, 2, 3, 1)), rng.normal(size=(3, 2, 3, 1)), np.array([1.0, 0.0, 2.0])
    by_hand = ((y - p) ** 2 * weights[:, None, None, None]).sum() / 18
    assert losses.MeanSquaredError()(y, p, weights).item() == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [
        ("softmax", losses.CategoricalCrossentropy(), np.array([[1.0, 0.0], [0.0, 1.0]])),
        ("softmax", losses.SparseCategoricalCrossentropy(), np.array([0, 1])),
        ("sigmoid", losses.BinaryCrossentropy(), np.array([[1.0, 0.0], [0.0, 1.0]])),
    ],
)
def test_logits_are_remembered(activation: str, loss: losses.Loss, y: np.ndarray) -> None:
    """Probabilities that round to 0 and 1 keep their gradient; without the memory it would be lost."""
    x = Tensor(np.array([[-200.0, 200.0], [200.0, -200.0]], dtype="float32"), requires_grad=True)
    y_pred = activations.get(activation)(x)
    with_memory = loss(y, y_pred)
    assert with_memory.item() > 190
    assert np.abs(grad(with_memory, x)[0].numpy()).min() > 0.2
    without = loss(y, Tensor.of(y_pred.data, y_pred.node))
    assert without.item() < 20
    with pytest.warns(UserWarning, match="from_logits=True, but y_pred comes from a softmax"):
        losses.get(type(loss)(from_logits=True))(y, activations.get(activation)(x))


def test_targets_above_one() -> None:
    """Noisy labels up to 1.05 are allowed, as in Keras: the value is the formula's."""
    assert losses.BinaryCrossentropy()([[1.05]], [[0.5]]).item() == pytest.approx(math.log(2))


# ---- bad input ---------------------------------------------------------------------------------------------

PROBABILITIES = np.full((4, 3), 1 / 3)


@pytest.mark.cpu
@pytest.mark.parametrize(
    ("labels", "where", "what"),
    [
        ([0, 1, 3, 0], "y_true[2]", "3"),
        ([0, -1, 9, 0], "y_true[1]", "-1"),
        ([[0], [1], [2], [3]], "y_true[3, 0]", "3"),
        ([0, 0.5, 1, 1], "y_true[1]", "0.5"),
        ([0, 1, 1, np.nan], "y_true[3]", "nan"),
        ([0, 1, np.inf, 1], "y_true[2]", "inf"),
    ],
)
def test_labels_that_are_no_class(labels: list, where: str, what: str) -> None:
    """The label, where it stands, and what labels may be."""
    message = re.escape(f"{where} is {what}: with 3 classes, labels are the whole numbers from 0 to 2")
    with pytest.raises(ValueError, match=message):
        losses.SparseCategoricalCrossentropy()(labels, PROBABILITIES)


@pytest.mark.parametrize(
    ("loss", "y_shape", "pred_shape", "message"),
    [
        (
            "sparse_categorical_crossentropy",
            (4, 3),
            (4, 3),
            "for one-hot labels use categorical_crossentropy",
        ),
        ("sparse_categorical_crossentropy", (5,), (4, 3), "got (5,) and (4, 3)"),
        ("sparse_categorical_crossentropy", (4, 2), (4, 3), "got (4, 2) and (4, 3)"),
        (
            "categorical_crossentropy",
            (4,),
            (4, 3),
            "instead of one-hot labels use sparse_categorical_crossentropy",
        ),
        ("categorical_crossentropy", (4, 1), (4, 3), "use sparse_categorical_crossentropy"),
        ("categorical_crossentropy", (4, 2), (4, 3), "got (4, 2) and (4, 3)"),
        ("binary_crossentropy", (3,), (4, 1), "got (3,) and (4, 1)"),
        ("mean_squared_error", (4,), (4, 4), "got (4,) and (4, 4)"),
        ("mean_squared_error", (4, 1), (4, 3), "got (4, 1) and (4, 3)"),
        ("mean_absolute_error", (), (), "got () and ()"),
        ("huber", (2, 4), (4, 2), "got (2, 4) and (4, 2)"),
        ("kl_divergence", (4, 3), (4, 2), "got (4, 3) and (4, 2)"),
    ],
)
def test_shapes_that_do_not_belong_together(
    loss: str, y_shape: tuple, pred_shape: tuple, message: str
) -> None:
    """Both shapes are named, and the loss that would fit."""
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        losses.get(loss)(np.zeros(y_shape), np.full(pred_shape, 0.5))
    assert loss in str(caught.value)


def test_other_bad_input() -> None:
    """Weights, smoothing, reductions and names."""
    y, p = np.zeros((4, 3)), PROBABILITIES
    for shape in ((3,), (4, 3), (2, 2), (1, 4)):
        with pytest.raises(ValueError, match=re.escape(f"each of the losses, (4,), got shape {shape}")):
            losses.MeanSquaredError()(y, p, np.ones(shape))
    with pytest.raises(ValueError, match="label_smoothing: expected a number from 0 to 1, got 1.5"):
        losses.BinaryCrossentropy(label_smoothing=1.5)(y, p)
    with pytest.raises(ValueError, match="reduction: expected one of .*, got 'average'"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(
        ValueError, match="unknown loss 'catgorical_crossentropy': did you mean 'categorical_cr"
    ):
        losses.get("catgorical_crossentropy")
    with pytest.raises(ValueError, match="expected a name, a function of .* or a Loss, got 3"):
        losses.get(3)
    with pytest.raises(NotImplementedError, match=re.escape("Loss has no call(y_true, y_pred)")):
        losses.Loss()(y, p)
    with pytest.warns(UserWarning, match="with a single class"):
        losses.CategoricalCrossentropy()(np.ones((4, 1)), np.full((4, 1), 0.5))


def test_get() -> None:
    """Names, classes, objects and functions all give a Loss."""

    class TwiceTheError(losses.Loss):
        def call(self, y_true: object, y_pred: object) -> object:
            return 2 * losses.mean_absolute_error(y_true, y_pred)

    def my_loss(y_true: object, y_pred: object) -> object:
        return losses.mean_squared_error(y_true, y_pred) * 3

    own = TwiceTheError()
    assert own.name == "twice_the_error"
    assert losses.get(own) is own and isinstance(losses.get(TwiceTheError), TwiceTheError)
    assert losses.get(my_loss).name == "my_loss"
    assert losses.get(my_loss)([[1.0]], [[3.0]]).item() == 12
    with warnings.catch_warnings(action="error"):
        assert losses.get("mse").name == losses.get("MeanSquaredError").name == "mean_squared_error"
