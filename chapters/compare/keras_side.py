"""Keras's side, on TensorFlow, PyTorch or JAX: everything that touches Keras, besides the twins."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from chapters import course
from chapters.compare.pair import Pair, Task
from chapters.compare.sides import Tinydl, leaves
from tinydl import layers
from tinydl.lookup import unknown

BACKENDS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}
SLOTS = ("momentum", "velocity", "velocity_hat", "average_gradient")  # what optimizers keep for each weight


def choose_backend() -> str | None:
    """Settle on what Keras works with, before it is imported: what $KERAS_BACKEND says, else what Keras's own
    settings say, else what is installed.

    Returns:
        One of `BACKENDS`; None if Keras, or anything that it could work with, is not installed.

    Raises:
        Refused: $KERAS_BACKEND names what is not installed, or what cannot learn.
    """
    if loaded := sys.modules.get("keras"):
        return loaded.config.backend()
    installed = [name for name in BACKENDS if find_spec(name)]
    if find_spec("keras") is None or not installed:
        return None
    asked = os.environ.get("KERAS_BACKEND")
    if asked and asked not in installed:
        raise course.Refused(f"KERAS_BACKEND: {unknown(asked, installed, 'or missing backend')}")
    chosen = asked or _configured()
    os.environ["KERAS_BACKEND"] = chosen if chosen in installed else installed[0]
    return os.environ["KERAS_BACKEND"]


def _configured() -> str | None:
    """The backend in Keras's settings. Keras writes that file itself, so it may name what was never installed."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """No word on stderr, not even from below Python: TensorFlow has much to say when it is loaded."""
    stderr = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


class Keras(Tinydl):
    """Keras with its backend. Everything runs on the CPU, as it does here.

    Args:
        backend: one of `BACKENDS`.
        seed: of what its networks draw.
    """

    title = "Keras"
    module = "keras_twin"

    def __init__(self, backend: str, seed: int = 0):
        super().__init__()
        for name, value in (
            ("TF_CPP_MIN_LOG_LEVEL", "3"),
            ("CUDA_VISIBLE_DEVICES", "-1"),
            ("JAX_PLATFORMS", "cpu"),
        ):
            os.environ.setdefault(name, value)
        self.backend, self.seed = backend, seed
        with _quiet():
            self.library = importlib.import_module("keras")
        self.library.config.set_image_data_format("channels_last")

    def versions(self) -> dict[str, str]:
        """Of Keras and what it works with."""
        packages = {"tensorflow": ("tensorflow", "tensorflow-cpu")}.get(self.backend, (self.backend,))
        for package in packages:
            try:
                return {"keras": self.library.__version__, self.backend: importlib.metadata.version(package)}
            except importlib.metadata.PackageNotFoundError:
                continue
        return {"keras": self.library.__version__, self.backend: ""}

    def recovers_logits(self) -> bool:
        """Whether cross-entropy finds the logits behind a softmax. If not, a probability of 0 costs -log(1e-7) = 16."""
        ops = self.library.ops
        said = self.library.activations.softmax(ops.convert_to_tensor([[1000.0, 0.0]]))
        loss = self.library.losses.categorical_crossentropy(ops.convert_to_tensor([[0.0, 1.0]]), said)
        return float(ops.convert_to_numpy(loss)[0]) > 100

    def rounds_slopes(self) -> bool:
        """Whether a leaky ReLU, even in float64, takes its slope in float32."""
        ops = self.library.ops
        with self.precision("float64"):
            y = ops.leaky_relu(ops.convert_to_tensor([-1.0], dtype="float64"), 0.3)
        return float(ops.convert_to_numpy(y)[0]) != -0.3

    @contextmanager
    def precision(self, dtype: str) -> Iterator[None]:
        """What is made in a `with` block has this precision, and in float64 is calculated in it too.

        PyTorch and JAX know float64 as well as TensorFlow does. But Keras, for them, takes the product of two float64
        matrices in float32, to be like JAX, which knows float64 only once it is told.
        """
        config = self.library.config
        before = config.floatx()
        self._set(dtype)
        try:
            yield
        finally:
            self._set(before)

    def _set(self, dtype: str) -> None:
        config = self.library.config
        config.set_floatx(dtype)
        config.set_dtype_policy(dtype)  # made of floatx once, when the first layer asks for it
        if self.backend == "tensorflow":
            return
        if self.backend == "jax":
            importlib.import_module("jax").config.update("jax_enable_x64", dtype == "float64")
        promotions = importlib.import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE
        promotions["float64"] = dtype

    def build(self, pair: Pair, task: Task) -> Any:
        """The network. Whenever it is built, it begins with the same weights, and draws the same random numbers."""
        self.library.utils.set_random_seed(self.seed % 2**32)
        return super().build(pair, task)

    def lend_draws(self, pair: Pair, task: Task, model: Any) -> None:
        """Have a model of tinydl's draw the random numbers that this side's next model will.

        In Keras they follow from a seed, and from how many were drawn: so a second model, which is used for nothing
        else, draws them as well.
        """
        if not pair.draws:
            return
        lender = self.build(pair, task)

        def draw(method: Any) -> Any:
            return lambda n: self.numpy(method(n))

        def mask(dropout: Any) -> Any:
            return lambda _, shape: self.numpy(dropout(self.library.ops.ones(shape), training=True))

        for name in pair.draws:
            setattr(model, name, draw(getattr(lender, name)))
        for (_, layer), (_, twin) in zip(leaves(model), leaves(lender)):
            if isinstance(layer, layers.Dropout):
                # 0 for what is dropped; for what is kept more than 1, and so above the rate
                layer.draw = mask(twin)

    def numpy(self, tensor: Any) -> np.ndarray:
        """A tensor of this side as an array."""
        return np.asarray(self.library.ops.convert_to_numpy(tensor))

    def answer(self, layer: Any, x: Any) -> np.ndarray:
        """What a layer, or a model, makes of x when it is not in training."""
        return self.numpy(layer(self.library.ops.convert_to_tensor(x)))

    def learn(self, model: Any, x: np.ndarray, y: np.ndarray | None) -> dict[str, float]:
        """One step of training; the losses, by name, as they were before it."""
        model.reset_metrics()  # otherwise Keras tells the means of all steps so far
        try:
            logs = model.train_on_batch(x, y, return_dict=True)
        except RuntimeError as error:
            if self.backend != "torch":
                raise
            # PyTorch 2.13 has no gradient in float64 for a convolution to a single channel.
            raise course.Refused(
                f"Keras on {BACKENDS[self.backend]}: {error}; set KERAS_BACKEND=tensorflow"
            ) from error
        return {name: float(value) for name, value in logs.items()}

    def apply(self, optimizer: Any, gradients: Sequence[np.ndarray], weights: Sequence[Any]) -> None:
        """One step of an optimizer by itself."""
        optimizer.apply([self.library.ops.convert_to_tensor(each) for each in gradients], weights)

    def state(self, optimizer: Any) -> dict[str, np.ndarray]:
        """What an optimizer keeps, under tinydl's names: momentum/0, momentum/1 ... for the weights in their order."""
        found = {name: self.numpy(getattr(optimizer, name)) for name in ("iterations", "learning_rate")}
        for slot in SLOTS:
            kept = [each for each in optimizer.variables if each.path.endswith(f"_{slot}")]
            found.update({f"{slot}/{i}": self.numpy(each) for i, each in enumerate(kept)})
        return found

    def save(self, model: Any, path: Path) -> None:
        """Write its weights into a file of Keras's; .keras holds the whole model."""
        # For a .keras file Keras loads TensorFlow wherever that is installed, with all that it has to say.
        with _quiet():
            (model.save if path.suffix == ".keras" else model.save_weights)(path)
