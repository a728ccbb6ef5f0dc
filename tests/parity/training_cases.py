"""Losses, optimizers and metrics beside Keras's: what is compared, and how either side is asked.

A case is asked of tinydl (`ours`) and of Keras (`theirs`) with the same arrays (`given`), in float32 or float64, and
answered with arrays by name. Keras is imported by `theirs` only: make_goldens_training.py keeps its answers.
"""

from __future__ import annotations

import inspect
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.parity.precision import both_in
from tinydl import Tensor, activations, backend, grad, losses, metrics, optimizers, schedules

GOLDENS = Path(__file__).parent / "goldens"
PRECISIONS = {"float32": 1e-5, "float64": 1e-12}  # the largest difference that passes, see `difference`
Arrays = dict[str, np.ndarray]


def generator(name: str) -> np.random.Generator:
    """Random numbers that belong to a case, whatever other cases there are."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, relative to the largest value."""
    assert ours.shape == theirs.shape, f"shape {ours.shape}, Keras has {theirs.shape}"
    scale = max(np.abs(theirs).max(initial=0), 1e-300)
    return float(np.abs(np.asarray(ours, "float64") - theirs).max(initial=0) / scale)


def spelled(options: dict[str, Any]) -> str:
    """Options as in a call."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


# --------------------------------------------------------------------------------------------------- losses


class LossCase(NamedTuple):
    """A loss, what its arrays are like, and the weights if any."""

    loss: str
    shape: tuple[int, ...]  # of the prediction
    truth: str  # real, binary, one-hot, sparse or share
    said: str  # real (also logits), yes (0 to 1) or share (adds up to 1)
    options: dict[str, Any] = {}
    weights: tuple[int, ...] | None = None
    y_shape: tuple[int, ...] | None = None  # where it is not that of the prediction
    activation: str | None = None  # made of the prediction before the loss sees it

    @property
    def name(self) -> str:
        """What it is called in messages and files."""
        extra = {"weights": self.weights, "y_shape": self.y_shape, "activation": self.activation}
        options = spelled(self.options | {k: v for k, v in extra.items() if v is not None})
        return f"{self.loss}({options}) of {self.truth} and {self.said} {self.shape}"

    def tolerance(self, dtype: str) -> float:
        """The largest difference that passes."""
        return PRECISIONS[dtype]

    def given(self) -> Arrays:
        """The arrays that go in, in float64."""
        rng = generator(self.name)
        classes = self.shape[-1]
        x = rng.normal(size=self.shape) * (60 if self.activation else 1)  # enough to saturate float32
        labels = rng.integers(0, classes, self.shape[:-1])
        share = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
        noise = rng.uniform(size=self.shape)
        truths = {
            "real": rng.normal(size=self.shape) * 2,
            "binary": rng.integers(0, 2, self.shape),
            "above one": rng.integers(0, 2, self.shape) + 0.05 * noise,
            "one-hot": np.eye(classes)[labels],
            "sparse": labels,
            "share": noise / noise.sum(-1, keepdims=True),
        }
        y = truths[self.truth].astype("float64")
        arrays = {"x": {"real": x, "yes": 1 / (1 + np.exp(-x)), "share": share}[self.said], "y": y}
        if self.y_shape is not None:
            arrays["y"] = y.reshape(self.y_shape)
        if self.weights is not None:
            arrays["weights"] = rng.integers(0, 5, self.weights) / 2.0
        arrays["gy"] = rng.normal(size=self.shape)  # upstream, for losses that are not reduced
        return arrays

    def ours(self, arrays: Arrays, dtype: str) -> Arrays:
        """The loss and its gradient."""
        x = Tensor(arrays["x"], requires_grad=True, dtype=dtype)
        y_pred = activations.get(self.activation)(x) if self.activation else x
        loss = getattr(losses, self.loss)(**self.options)(arrays["y"], y_pred, arrays.get("weights"))
        gy = np.resize(arrays["gy"], loss.shape).astype(dtype)
        return {"loss": loss.numpy(), "gradient": grad(loss, x, gy)[0].numpy()}

    def theirs(self, arrays: Arrays, dtype: str) -> Arrays:
        """Keras's."""
        import keras
        import tensorflow as tf

        x = tf.constant(arrays["x"], dtype=dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y_pred = keras.activations.get(self.activation)(x) if self.activation else x
            loss = getattr(keras.losses, self.loss)(**self.options)(
                arrays["y"], y_pred, arrays.get("weights")
            )
        gy = np.resize(arrays["gy"], loss.shape).astype(dtype)
        return {"loss": loss.numpy(), "gradient": tape.gradient(loss, x, gy).numpy()}


_REGRESSION = [("MeanSquaredError", {}), ("MeanAbsoluteError", {}), ("Huber", {}), ("Huber", {"delta": 0.3})]
_KINDS = [  # loss, truth, prediction, options
    *[(name, "real", "real", options) for name, options in _REGRESSION],
    ("KLDivergence", "share", "share", {}),
    ("BinaryCrossentropy", "binary", "yes", {}),
    ("BinaryCrossentropy", "above one", "yes", {}),
    ("BinaryCrossentropy", "binary", "real", {"from_logits": True, "label_smoothing": 0.2}),
    ("CategoricalCrossentropy", "one-hot", "share", {}),
    ("CategoricalCrossentropy", "one-hot", "yes", {"label_smoothing": 0.1}),
    ("CategoricalCrossentropy", "share", "real", {"from_logits": True, "label_smoothing": 0.1}),
    ("SparseCategoricalCrossentropy", "sparse", "share", {}),
    ("SparseCategoricalCrossentropy", "sparse", "real", {"from_logits": True}),
]
LOSSES = [
    *[LossCase(loss, (5, 4), truth, said, options) for loss, truth, said, options in _KINDS],
    *[LossCase(loss, (2, 3, 4), truth, said, options, (2, 3)) for loss, truth, said, options in _KINDS],
    *[
        LossCase(loss, (5, 4), truth, said, options | {"reduction": reduction}, weights)
        for loss, truth, said, options in _KINDS[::4]
        for reduction in ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)
        for weights in (None, (5,), (5, 1))
    ],
    LossCase("MeanSquaredError", (5, 1), "real", "real", y_shape=(5,)),
    LossCase("MeanSquaredError", (5, 1), "real", "real", {"reduction": "none"}, (5,), y_shape=(5,)),
    LossCase("MeanAbsoluteError", (5,), "real", "real", y_shape=(5, 1)),
    LossCase("Huber", (2, 3, 3, 1), "real", "real", y_shape=(2, 3, 3)),
    LossCase("BinaryCrossentropy", (5, 1), "binary", "real", {"from_logits": True}, (5,), y_shape=(5,)),
    LossCase("BinaryCrossentropy", (2, 3, 3, 1), "binary", "yes"),
    LossCase("SparseCategoricalCrossentropy", (5, 4), "sparse", "share", y_shape=(5, 1)),
    LossCase("SparseCategoricalCrossentropy", (2, 3, 4), "sparse", "share", y_shape=(2, 3, 1)),
    LossCase("CategoricalCrossentropy", (6, 4), "one-hot", "real", activation="softmax"),
    LossCase("SparseCategoricalCrossentropy", (6, 4), "sparse", "real", activation="softmax"),
    LossCase("BinaryCrossentropy", (6, 1), "binary", "real", activation="sigmoid"),
]


# ----------------------------------------------------------------------------------------------- optimizers

STEPS = 50
SHAPES = [(4, 3), (3,), (2, 1, 2)]
SIZES = [int(np.prod(shape)) for shape in SHAPES]


class OptimizerCase(NamedTuple):
    """An optimizer and its options; `exclude` is the weight that does not decay."""

    optimizer: str
    options: dict[str, Any] = {}
    schedule: tuple[str, dict[str, Any]] | None = None
    exclude: int | None = None

    @property
    def name(self) -> str:
        """What it is called in messages and files."""
        extra = {"schedule": self.schedule, "exclude": self.exclude}
        return (
            f"{self.optimizer}({spelled(self.options | {k: v for k, v in extra.items() if v is not None})})"
        )

    def given(self) -> Arrays:
        """Weights to begin with, and gradients for each step, some small, some large, some zero."""
        rng = generator("optimizers")  # the same for all
        sizes = rng.choice([0.01, 1.0, 10.0], (STEPS, 1))
        grads = rng.normal(size=(STEPS, sum(SIZES))) * sizes * (rng.uniform(size=(STEPS, sum(SIZES))) > 0.1)
        return {"weights": rng.normal(size=sum(SIZES)), "grads": grads}

    def tolerance(self, dtype: str) -> float:
        """The largest difference that passes; Keras computes schedules in float32 always."""
        return PRECISIONS["float32" if self.schedule else dtype]

    def _made(self, package: Any, all_schedules: Any, dtype: str) -> Any:
        """The optimizer. For float64 its numbers are such as float32 holds exactly, since Keras rounds them so."""
        options = self.options
        if dtype == "float64":
            parameters = inspect.signature(getattr(optimizers, self.optimizer)).parameters.values()
            options = {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD} | options
            options = {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in options.items()}
        if self.schedule is not None:
            rate = getattr(all_schedules, self.schedule[0])(**self.schedule[1])
            options = options | {"learning_rate": rate}
        return getattr(package, self.optimizer)(**options)

    def ours(self, arrays: Arrays, dtype: str) -> Arrays:
        """All weights after each step, (STEPS, all weights)."""
        optimizer = self._made(optimizers, schedules, dtype)
        weights = [Tensor(part, requires_grad=True, dtype=dtype) for part in _parts(arrays["weights"])]
        if self.exclude is not None:
            optimizer.exclude_from_weight_decay([weights[self.exclude]])
        path = []
        for step in arrays["grads"]:
            optimizer.apply([part.astype(dtype) for part in _parts(step)], weights)
            path.append(np.concatenate([w.numpy().ravel() for w in weights]))
        return {"path": np.stack(path)}

    def theirs(self, arrays: Arrays, dtype: str) -> Arrays:
        """Keras's."""
        import keras

        optimizer = self._made(keras.optimizers, keras.optimizers.schedules, dtype)
        weights = [keras.Variable(part, dtype=dtype) for part in _parts(arrays["weights"])]
        if self.exclude is not None:
            optimizer.exclude_from_weight_decay(var_list=[weights[self.exclude]])
        path = []
        for step in arrays["grads"]:
            optimizer.apply([keras.ops.convert_to_tensor(part, dtype) for part in _parts(step)], weights)
            path.append(np.concatenate([np.ravel(w.numpy()) for w in weights]))
        return {"path": np.stack(path)}


def _parts(flat: np.ndarray) -> list[np.ndarray]:
    """One vector as arrays of the weights' shapes."""
    cuts = np.cumsum(SIZES)[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), SHAPES)]


_EACH = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.8, "nesterov": True, "learning_rate": 0.1}],
    "RMSprop": [
        {},
        {"rho": 0.7, "epsilon": 1e-3, "learning_rate": 0.05},
        {"momentum": 0.5},
        {"centered": True},
        {"centered": True, "momentum": 0.9, "rho": 0.95},
    ],
    "Adam": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.1, "learning_rate": 0.05}, {"amsgrad": True}],
    "AdamW": [{}, {"weight_decay": 0.5, "learning_rate": 0.01}, {"amsgrad": True}],
}
_ALL = [{"weight_decay": 0.1}, {"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 2.0}]
OPTIMIZERS = [
    *[OptimizerCase(name, options) for name, several in _EACH.items() for options in several],
    *[OptimizerCase(name, options | {"learning_rate": 0.02}) for name in _EACH for options in _ALL],
    OptimizerCase("AdamW", {"weight_decay": 0.5, "learning_rate": 0.1}, exclude=1),
    OptimizerCase(
        "Adam", schedule=("ExponentialDecay", dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5))
    ),
    OptimizerCase(
        "SGD",
        {"momentum": 0.9, "weight_decay": 0.1},
        schedule=(
            "CosineDecay",
            dict(initial_learning_rate=0.0, decay_steps=20, warmup_target=0.1, warmup_steps=9),
        ),
    ),
]


class ScheduleCase(NamedTuple):
    """A schedule of learning rates and its options."""

    schedule: str
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called in messages and files."""
        return f"{self.schedule}({spelled(self.options)})"

    def tolerance(self, dtype: str) -> float:
        """The largest difference that passes; Keras computes schedules in float32 always."""
        return 1e-6

    def given(self) -> Arrays:
        """The steps to ask for."""
        return {"steps": np.arange(40.0)}

    def ours(self, arrays: Arrays, dtype: str) -> Arrays:
        """The learning rate of each step."""
        schedule = getattr(schedules, self.schedule)(**self.options)
        return {"rates": np.array([schedule(int(step)) for step in arrays["steps"]])}

    def theirs(self, arrays: Arrays, dtype: str) -> Arrays:
        """Keras's."""
        import keras

        schedule = getattr(keras.optimizers.schedules, self.schedule)(**self.options)
        return {"rates": np.array([float(schedule(int(step))) for step in arrays["steps"]])}


_FROM = {"initial_learning_rate": 0.3}
SCHEDULES = [
    *[
        ScheduleCase(name, _FROM | {"decay_steps": 7, "decay_rate": 0.6, "staircase": staircase})
        for name in ("ExponentialDecay", "InverseTimeDecay")
        for staircase in (False, True)
    ],
    ScheduleCase("PolynomialDecay", _FROM | {"decay_steps": 9}),
    ScheduleCase("PolynomialDecay", _FROM | {"decay_steps": 9, "end_learning_rate": 0.1, "power": 2.5}),
    ScheduleCase("PolynomialDecay", _FROM | {"decay_steps": 9, "power": 0.5, "cycle": True}),
    ScheduleCase("PiecewiseConstantDecay", {"boundaries": [3, 10, 11], "values": [0.3, 0.2, 0.1, 0.05]}),
    ScheduleCase("CosineDecay", _FROM | {"decay_steps": 20}),
    ScheduleCase("CosineDecay", _FROM | {"decay_steps": 20, "alpha": 0.1}),
    ScheduleCase("CosineDecay", _FROM | {"decay_steps": 20, "warmup_target": 0.9, "warmup_steps": 6}),
    ScheduleCase("CosineDecay", _FROM | {"decay_steps": 20, "warmup_target": 0.9}),
]


# -------------------------------------------------------------------------------------------------- metrics


class MetricCase(NamedTuple):
    """A metric told of three batches of different sizes."""

    metric: str
    shape: tuple[int, ...]  # of one sample's prediction
    truth: str
    options: dict[str, Any] = {}
    weights: tuple[int, ...] | None = None  # of one sample

    @property
    def name(self) -> str:
        """What it is called in messages and files."""
        weights = "" if self.weights is None else f", weights {self.weights}"
        return f"{self.metric}({spelled(self.options)}) of {self.truth} {self.shape}{weights}"

    def tolerance(self, dtype: str) -> float:
        """The largest difference that passes."""
        return PRECISIONS[dtype]

    def given(self) -> Arrays:
        """The batches one after the other, cut at 4 and 9."""
        rng = generator(self.name)
        n, classes = 11, self.shape[-1]
        x = np.exp(rng.normal(size=(n, *self.shape)))
        share = x / x.sum(-1, keepdims=True) if classes > 1 else x / (1 + x)
        labels = rng.integers(0, classes, (n, *self.shape[:-1]))
        truths = {
            "real": rng.normal(size=x.shape),
            "binary": rng.integers(0, 2, x.shape),
            "one-hot": np.eye(classes)[labels],
            "sparse": labels,
            "sparse column": labels[..., None],
            "equal": np.where(rng.uniform(size=x.shape) < 0.5, share, 0),
        }
        arrays = {"x": share, "y": truths[self.truth]}
        if self.weights is not None:
            arrays["weights"] = rng.integers(0, 5, (n, *self.weights)) / 2.0
        return arrays

    def _told(self, metric: Any, arrays: Arrays) -> Arrays:
        results = [float(metric.result())]
        for start, end in ((0, 4), (4, 9), (9, 11)):
            weights = arrays["weights"][start:end] if "weights" in arrays else None
            metric.update_state(arrays["y"][start:end], arrays["x"][start:end], weights)
            results.append(float(metric.result()))
        return {"results": np.array(results)}

    def ours(self, arrays: Arrays, dtype: str) -> Arrays:
        """The result before the first batch, and after each."""
        metric = getattr(metrics, self.metric)(**self.options)
        return self._told(metric, arrays | {"x": arrays["x"].astype(dtype)})

    def theirs(self, arrays: Arrays, dtype: str) -> Arrays:
        """Keras's."""
        import keras

        metric = getattr(keras.metrics, self.metric)(**self.options)
        dtype = "float32" if "TopK" in self.metric else dtype  # all that TensorFlow's in_top_k takes
        return self._told(metric, arrays | {"x": arrays["x"].astype(dtype)})


_MEASURES = [
    MetricCase("Accuracy", (3,), "equal"),
    MetricCase("BinaryAccuracy", (1,), "binary"),
    MetricCase("BinaryAccuracy", (3,), "binary", {"threshold": 0.3}),
    MetricCase("CategoricalAccuracy", (4,), "one-hot"),
    MetricCase("SparseCategoricalAccuracy", (4,), "sparse"),
    MetricCase("SparseCategoricalAccuracy", (4,), "sparse column"),
    MetricCase("TopKCategoricalAccuracy", (6,), "one-hot", {"k": 2}),
    MetricCase("TopKCategoricalAccuracy", (7,), "one-hot"),
    MetricCase("SparseTopKCategoricalAccuracy", (6,), "sparse", {"k": 3}),
    MetricCase("MeanSquaredError", (3,), "real"),
    MetricCase("MeanAbsoluteError", (3,), "real"),
    MetricCase("KLDivergence", (3,), "one-hot"),
    MetricCase("BinaryCrossentropy", (3,), "binary", {"label_smoothing": 0.1}),
    MetricCase("CategoricalCrossentropy", (3,), "one-hot", {"label_smoothing": 0.1}),
    MetricCase("SparseCategoricalCrossentropy", (3,), "sparse"),
    MetricCase("SparseCategoricalCrossentropy", (3,), "sparse", {"from_logits": True}),
]
METRICS = [
    *_MEASURES,
    *[case._replace(weights=()) for case in _MEASURES],
    MetricCase("RootMeanSquaredError", (3,), "real"),
    MetricCase("MeanSquaredError", (2, 5, 3), "real"),
    MetricCase("MeanSquaredError", (2, 5, 3), "real", weights=(2,)),
    MetricCase("MeanSquaredError", (2, 5, 3), "real", weights=(2, 5)),
    MetricCase("MeanSquaredError", (2, 5, 3), "real", weights=(2, 1)),
    MetricCase("CategoricalAccuracy", (2, 4), "one-hot", weights=(2,)),
    MetricCase("SparseCategoricalAccuracy", (2, 4), "sparse", weights=(2,)),
    MetricCase("TopKCategoricalAccuracy", (2, 4), "one-hot", {"k": 2}, weights=()),
]

TABLES: dict[str, list] = {
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "metrics": METRICS,
}


# ------------------------------------------------------------------------------------------------ comparing


def stored(table: str) -> Arrays:
    """All that make_goldens_training.py has kept for a table."""
    with np.load(GOLDENS / f"{table}.npz", allow_pickle=False) as file:
        return dict(file)


def compare_with_stored(case: Any, goldens: Arrays, dtype: str) -> None:
    """Fail if tinydl answers otherwise than Keras has."""
    backend.set_floatx(dtype)
    # Out of the file, not drawn anew: NumPy's random numbers may change.
    given = {name: goldens.get(f"{case.name} | {name}", goldens.get(name)) for name in case.given()}
    for name, answer in case.ours(given, dtype).items():
        theirs = goldens[f"{case.name} | {dtype} {name}"]
        assert difference(answer, theirs) <= case.tolerance(dtype), f"{case.name}, {name}, {dtype}"


def compare_with_keras(case: Any, dtype: str, **shortened: np.ndarray) -> None:
    """Fail if tinydl answers otherwise than the Keras that is installed."""
    given = case.given() | shortened
    with both_in(dtype):
        theirs = case.theirs(given, dtype)
        for name, answer in case.ours(given, dtype).items():
            assert difference(answer, theirs[name]) <= case.tolerance(dtype), f"{case.name}, {name}, {dtype}"
