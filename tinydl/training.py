"""Where `fit` loops: batches in, a step of gradient descent each, numbers out.

`Trainer` is what makes a model of a layer that holds others. `fit` is two loops, over epochs and over batches, around
`train_step` (steps.py); `evaluate` and `predict` are one each.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinydl import losses
from tinydl.autograd import no_grad
from tinydl.backend import as_array, memory_in_use, to_numpy
from tinydl.callbacks import Callback, CallbackList, History, ProgressBar
from tinydl.checks import positive_integer, whole_number
from tinydl.data_adapter import Batches, class_weights, to_array, training_data
from tinydl.interruption import Interruption
from tinydl.layers.base import Layer
from tinydl.layers.placement import at_home
from tinydl.replay import Replay
from tinydl.steps import Steps
from tinydl.tensor import Tensor
from tinydl.tracking import RunningMeans


class Trainer(Steps):
    """A layer that can be trained: `compile` says how, `fit` does it. `Model` and `Sequential` are trainers.

    Attributes:
        history: of the last `fit`; there also if that was interrupted.
        stop_training: set it True, in a callback, and `fit` ends after the batch at work.
        interrupted: whether the last `fit` was cut short, by Ctrl-C or by an error.
        astray: the names of the losses that were not finite in the last epoch; none, if all is well.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.history: History | None = None
        self.stop_training = False
        self.interrupted = False
        self.astray: list[str] = []
        self.epoch = 0  # the epoch at work, from 0
        self.first_epoch = 0  # where fit begins; BackupAndRestore moves it on
        self.batches: Batches | None = None  # what fit trains on, while it runs

    # ---------------------------------------------------------------------------------------------------- fit

    @at_home
    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callback | Iterable[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Sequence[Any] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        replay: bool = False,
    ) -> History:
        """Train for some epochs.

        Ctrl-C ends the fit after the batch at work: one line says where, the callbacks close what they have opened,
        and the history of the finished epochs is returned. A second Ctrl-C gets out at once, as KeyboardInterrupt.

        Args:
            x: inputs (n, ...). Bytes may stay bytes: a batch at a time is cast.
            y: targets (n, ...); None if the model's `train_step` or `compute_loss` needs none.
            batch_size: samples a step; 32, or with `steps_per_epoch` alone ceil(n / steps).
            epochs: the number of the last epoch, from 1.
            verbose: 1 a progress bar, 2 a line an epoch, 0 silence; "auto" is 1 in a terminal, else 2.
            callbacks: what watches, one or several, told in this order.
            validation_split: this share of the data, the last part as it lies before shuffling, is not trained on
                but evaluated after each epoch.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate instead.
            shuffle: a new order for every pass through the data.
            class_weight: what the samples of a class count, {class: weight}; 1 for classes that are not named.
            sample_weight: what each sample counts, (n,).
            initial_epoch: the epoch to begin at, from 0.
            steps_per_epoch: batches an epoch. With a `batch_size`, the next epoch goes on where this one ended.
            validation_steps: batches of a validation; all if not given.
            validation_batch_size: of the validation; `batch_size` if not given.
            validation_freq: validate every so many epochs, or after the epochs of this list (from 1).
            replay: on a GPU, record a step and replay it for all batches of that shape: faster where networks are
                small. What Python decides in a step is decided once an epoch; learning rates are always followed.

        Returns:
            History: `.history["loss"]`, `["accuracy"]`, `["val_loss"]` ..., a number an epoch.

        Raises:
            RuntimeError: before `compile`.
            ValueError: the data are empty, of different lengths or not finite, a label is the number of no class,
                or an argument makes no sense. Nothing has been learnt then.

        Example:
            >>> from tinydl import Sequential, layers
            >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]  # (64, 1)
            >>> model = Sequential([layers.Dense(1)])
            >>> model.compile("sgd", loss="mse")
            >>> history = model.fit(x, 3 * x, epochs=5, validation_split=0.25, verbose=0)
            >>> sorted(history.history), history.epoch
            (['loss', 'val_loss'], [0, 1, 2, 3, 4])
        """
        self._check_compiled("fit")
        for name, count in (("epochs", epochs), ("initial_epoch", initial_epoch)):
            whole_number(count, name)
        arrays, held_out = training_data(x, y, sample_weight, class_weight, validation_split, validation_data)
        batches = Batches(*arrays, batch_size=batch_size, steps=steps_per_epoch, shuffle=shuffle)
        validation = None
        if held_out is not None:
            if isinstance(validation_freq, int):
                positive_integer(validation_freq, "validation_freq")
            size = batch_size if validation_batch_size is None else validation_batch_size
            validation = Batches(*held_out, batch_size=size, steps=validation_steps)

        if not self.built and type(self).call is not Layer.call:
            with no_grad():
                self(as_array(batches.arrays[0][:1]))  # weights now, so that callbacks find them
        for given, name in ((batches, "y"), (validation, "validation y")):
            self._check_labels(given, name)
        self.epoch = self.first_epoch = initial_epoch
        self.batches = batches
        self.history = History()
        self.stop_training = False
        self.astray = []
        params = {"epochs": epochs, "steps": batches.steps, "verbose": verbose}
        watch = CallbackList(callbacks, [ProgressBar(verbose), self.history], self, params)
        self.interrupted = True  # until the end is reached
        with Interruption() as ctrl_c:
            try:
                watch("on_train_begin", {})
                step = Replay(self) if replay else self.train_step
                self._fit(epochs, step, batches, validation, validation_freq, watch, ctrl_c)
                self.interrupted = ctrl_c.came
            except KeyboardInterrupt:
                if ctrl_c.came:  # the second
                    raise
                ctrl_c.came = True
            finally:
                watch("on_train_end", {})  # a checkpoint written here keeps the place in the data
                self.batches = None
        if ctrl_c.came:
            where = f"epoch {self.epoch + 1} of {epochs}"
            print(f"Interrupted in {where}; the history so far is kept.", flush=True)
        return self.history

    def _check_labels(self, batches: Batches | None, name: str) -> None:
        """Refuse class numbers that the model has no output for: now, not in the middle of an epoch."""
        if batches is None or not isinstance(self.loss, losses.SparseCategoricalCrossentropy):
            return
        x, y, _ = batches.arrays
        with no_grad():
            answer = self(as_array(x[:1]), training=False)
        if y is not None and isinstance(answer, Tensor) and y.ndim in (answer.ndim - 1, answer.ndim):
            losses.class_numbers(to_numpy(y), answer.shape[-1], name)

    def _check_labels_here(self, batches: Batches) -> None:
        """On a CPU the loss itself does it, batch by batch; on a GPU it would have to wait each time."""
        if self.device != "cpu":
            self._check_labels(batches, "y")

    def _fit(
        self,
        epochs: int,
        step: Callable,
        batches: Batches,
        validation: Batches | None,
        validation_freq: int | Sequence[int],
        watch: CallbackList,
        ctrl_c: Interruption,
    ) -> None:
        """The loop over epochs."""
        healthy = True
        for epoch in range(self.first_epoch, epochs):
            self.epoch = epoch
            watch("on_epoch_begin", epoch, {})
            if isinstance(step, Replay):
                step.look()
            means = self._run("train", batches, step, watch, ctrl_c)
            logs = dict(means)
            self.astray = means.astray()
            if healthy and self.astray:
                healthy = False
                found = " and ".join(f"the {name} is {logs[name]}" for name in self.astray)
                warnings.warn(
                    f"{found} since epoch {epoch + 1}, step {means.first_bad_step()}: try a smaller "
                    "learning_rate or clipnorm=1.0, and look at the scale of the inputs",
                    RuntimeWarning,
                    stacklevel=4,
                )
            if validation is not None and _is_due(epoch + 1, validation_freq) and not ctrl_c.came:
                results = self._evaluate(validation, watch, ctrl_c)
                logs.update({f"val_{name}": value for name, value in results.items()})
            if ctrl_c.came:
                return  # the epoch is not whole: nobody is told that it has ended
            watch("on_epoch_end", epoch, logs)
            if self.stop_training:
                return

    def _run(
        self, kind: str, batches: Batches, step: Callable, watch: CallbackList, ctrl_c: Interruption
    ) -> RunningMeans:
        """The loop over the batches of an epoch, in training ("train") or evaluation ("test")."""
        self.compiled_metrics.reset()
        means = RunningMeans(self.compiled_metrics)
        with _telling_of_memory(batches):
            for i, (x, y, sample_weight) in enumerate(batches.epoch()):
                watch(f"on_{kind}_batch_begin", i, {})
                means.add(step(x, y, sample_weight), len(x))
                watch(f"on_{kind}_batch_end", i, means)
                if ctrl_c.came or (kind == "train" and self.stop_training):
                    break
        return means

    # ----------------------------------------------------------------------------------- evaluate, predict

    @at_home
    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Callback | Iterable[Callback] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics on data that are not trained on.

        Args:
            x, y, batch_size, sample_weight: as in `fit`.
            verbose: 1 a progress bar, 2 a line, 0 silence; "auto" is 1 in a terminal, else 0.
            steps: how many batches; all if not given.
            callbacks: what watches.
            return_dict: give the numbers by name.

        Returns:
            The loss, or [loss, metrics ...], or a dictionary.
        """
        self._check_compiled("evaluate")
        batches = Batches(x, y, sample_weight, batch_size, steps)
        self._check_labels_here(batches)
        bar = ProgressBar(verbose)
        watch = CallbackList(callbacks, [bar], self, {"steps": batches.steps, "verbose": verbose})
        try:
            logs = self._evaluate(batches, watch, Interruption())
        finally:
            bar.close()
        return logs if return_dict else _plain(logs)

    def _evaluate(self, batches: Batches, watch: CallbackList, ctrl_c: Interruption) -> dict[str, float]:
        batches.position = batches.size  # from the first batch on
        watch("on_test_begin", {})
        with no_grad():
            logs = dict(self._run("test", batches, self.test_step, watch, ctrl_c))
        watch("on_test_end", logs)
        return logs

    @at_home
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Callback | Iterable[Callback] | None = None,
    ) -> np.ndarray:
        """What the model answers, batch by batch, as one NumPy array (n, ...). Arguments are those of `evaluate`."""
        batches = Batches(x, None, None, batch_size, steps)
        bar = ProgressBar(verbose)
        watch = CallbackList(callbacks, [bar], self, {"steps": batches.steps, "verbose": verbose})
        answers = []
        try:
            watch("on_predict_begin", {})
            with _telling_of_memory(batches):
                for i, (part, _, _) in enumerate(batches.epoch()):
                    watch("on_predict_batch_begin", i, {})
                    answers.append(self.predict_on_batch(part))
                    watch("on_predict_batch_end", i, {"outputs": answers[-1]})
            watch("on_predict_end", {})
        finally:
            bar.close()
        return np.concatenate(answers)

    # ------------------------------------------------------------------------------------------ single batches

    @at_home
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One `train_step` on this batch; returns its numbers as `evaluate` does, as they were before the step."""
        self._check_compiled("train_on_batch")
        if class_weight is not None:
            sample_weight = class_weights(to_array(y, "y"), class_weight)
        return self._on_batch(self.train_step, x, y, sample_weight, return_dict)

    @at_home
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One `test_step` on this batch; returns its numbers as `evaluate` does."""
        self._check_compiled("test_on_batch")
        with no_grad():
            return self._on_batch(self.test_step, x, y, sample_weight, return_dict)

    @at_home
    def predict_on_batch(self, x: Any) -> np.ndarray:
        """What the model answers to this batch, as a NumPy array."""
        with no_grad():
            return self(x, training=False).numpy()

    def _on_batch(self, step: Callable, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
        batches = Batches(x, y, sample_weight, batch_size=max(len(x), 1))
        self._check_labels_here(batches)
        self.compiled_metrics.reset()
        means = RunningMeans(self.compiled_metrics)
        with _telling_of_memory(batches):
            (batch,) = batches.epoch()
            means.add(step(*batch), len(batch[0]))
        return dict(means) if return_dict else _plain(dict(means))


@contextlib.contextmanager
def _telling_of_memory(batches: Batches) -> Iterator[None]:
    """An error that says that memory is full says also what to do about it."""
    try:
        yield
    except MemoryError as error:
        advice = f"memory is full with a batch_size of {batches.batch_size}: try a smaller one."
        error.add_note(f"{advice} {memory_in_use()}".strip())
        raise


def _plain(logs: dict[str, float]) -> Any:
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _is_due(epoch: int, validation_freq: int | Sequence[int]) -> bool:
    """Whether epoch number `epoch`, from 1, ends with a validation."""
    return epoch % validation_freq == 0 if isinstance(validation_freq, int) else epoch in validation_freq
