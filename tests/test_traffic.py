"""Nothing hidden: what goes between host and GPU, when anybody waits, and how often a GPU is told something.

All of it counted by the stand-in; and faults planted on purpose, to see it find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.devices import running_on
from tests.networks import BATCH, NETWORKS, fresh
from tests.standin import HiddenTraffic
from tinydl import Model, Sequential, Tensor, backend, callbacks, kernels, layers, optimizers
from tinydl.kernels import concatenate
from tinydl.recording import Recording
from tinydl.replay import WARM_UP, Replay
from tinydl.tracking import CompiledMetrics, RunningMeans
from tinydl.transfer import _Copies, ahead


@pytest.fixture
def cupy() -> Iterator[Any]:
    """The stand-in as the current device."""
    with running_on("standin") as library:
        yield library


def on_the_gpu(name: str) -> tuple[Any, tuple]:
    """A network and a batch that is there already."""
    model, x, y = fresh(name)
    return model, tuple(None if a is None else backend.as_array(a[:BATCH]) for a in (x, y))


# ---- a step ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_of_training_sends_nothing_and_waits_for_nothing(cupy: Any, name: str) -> None:
    model, batch = on_the_gpu(name)
    model.train_step(*batch)  # the first makes the optimizer's state and the metrics
    cupy.counts.reset()
    with cupy.forbidden():
        for _ in range(2):
            model.train_step(*batch)
    assert cupy.counts.transfers == cupy.counts.synchronisations == 0 < cupy.counts.launches


@pytest.mark.parametrize("name", NETWORKS)
def test_a_fit_sends_its_batches_and_reads_when_an_epoch_ends(cupy: Any, name: str) -> None:
    model, x, y = fresh(name)
    fit = {"batch_size": BATCH, "verbose": 0}
    model.fit(x, y, **fit)
    cupy.counts.reset()
    history = model.fit(x, y, epochs=2, **fit).history
    steps = 2 * -(-len(x) // BATCH)
    assert cupy.counts.to_device == steps * (1 if y is None else 2)  # each batch once
    # A look at each number when an epoch ends, and one at whether the loss is finite; whatever the number of steps.
    assert cupy.counts.synchronisations == cupy.counts.to_host <= 2 * (len(history) + 2)


@pytest.mark.parametrize(("seconds", "least", "most"), [(60.0, 0, 10), (-1.0, 28, 99)])
def test_a_progress_bar_looks_some_times_a_second(
    cupy: Any, monkeypatch: pytest.MonkeyPatch, seconds: float, least: int, most: int
) -> None:
    """Not with every batch, as it does when it is told to look each -1 seconds."""
    monkeypatch.setattr(Console, "is_terminal", True)
    monkeypatch.setattr(callbacks.ProgressBar, "INTERVAL", seconds)
    model, x, y = fresh("lenet")
    cupy.counts.reset()
    model.fit(x, y, batch_size=1, verbose=1)
    assert least <= cupy.counts.synchronisations <= most


@pytest.mark.parametrize("name", ["lenet", "small_cnn"])
def test_nan_in_the_data_is_found_before_anything_is_sent(cupy: Any, name: str) -> None:
    model, x, y = fresh(name)
    x = x.astype("float32")
    x[3, 5, 5, 0] = np.nan
    cupy.counts.reset()
    with pytest.raises(ValueError, match=r"x: expected finite numbers, got nan at x\[3, 5, 5, 0\]"):
        model.fit(x, y, batch_size=BATCH, verbose=0)
    assert cupy.counts.transfers == cupy.counts.synchronisations == 0


def test_labels_are_looked_at_before_anything_is_sent(cupy: Any) -> None:
    model = Sequential([layers.Input((3,)), layers.Dense(4, activation="softmax")])
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"y\[1\] is 4: with 4 classes"):
        model.fit(np.zeros((2, 3)), np.array([0, 4]), verbose=0)
    x, y = backend.as_array(np.zeros((2, 3), "float32")), backend.as_array(np.array([0, 3]))
    model.train_step(x, y)
    with cupy.forbidden():
        model.train_step(x, y)


def test_labels_are_looked_at_wherever_they_are(cupy: Any) -> None:
    model = Sequential([layers.Input((3,)), layers.Dense(4, activation="softmax")])
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    x, y = np.zeros((2, 3), "float32"), np.array([0, 4])
    for call in (
        lambda: model.fit(x, backend.as_array(y), verbose=0),
        lambda: model.evaluate(x, y, verbose=0),
        lambda: model.train_on_batch(x, y),
    ):
        with pytest.raises(ValueError, match=r"y\[1\] is 4: with 4 classes"):
            call()


def test_numbers_that_a_step_logs_are_not_sent(cupy: Any) -> None:
    means = RunningMeans(CompiledMetrics([], []))
    with cupy.forbidden():
        means.add({"rate": 0.5, "loss": 1.0}, 2)
        means.add({"rate": 1.5, "loss": 3.0}, 2)
    assert dict(means) == {"rate": 1.0, "loss": 2.0}


def test_a_copy_that_nobody_wants_any_more_is_waited_for(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, say: its memory may be handed out to others at once."""
    waits = []
    wait_event = cupy.cuda.Stream.wait_event
    arriving = ahead([(np.ones(2),), (np.ones(2),)])
    next(arriving)
    monkeypatch.setattr(cupy.cuda.Stream, "wait_event", lambda s, e: waits.append(s) or wait_event(s, e))
    arriving.close()
    assert waits == [cupy.cuda.get_current_stream()]


@pytest.mark.parametrize("sizes", [(1,), (3, 1, 4), tuple(range(1, 61))])
def test_the_kernel_that_gathers_looks_in_the_right_place(
    cupy: Any, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]
) -> None:
    """Its text is CUDA's, which nothing here can run: so it is read as what it says."""
    written = {}
    monkey = pytest.MonkeyPatch()
    monkey.setattr(
        cupy, "ElementwiseKernel", lambda ins, outs, text, name: written.update(ins=ins, outs=outs, text=text)
    )
    try:
        kernels._gathering.__wrapped__(sizes)
    finally:
        monkey.undo()
    assert (
        written["ins"] == ", ".join(f"raw T a{k}" for k in range(len(sizes))) and written["outs"] == "raw T y"
    )
    target, chain = written["text"].split(" = ")
    *choices, last = chain.split(" : ")
    assert target == "y[i]" and last == "T(0)"
    arrays = {f"a{k}": [(k, j) for j in range(size)] for k, size in enumerate(sizes)}
    found = []
    for i in range(sum(sizes)):
        for choice in choices:
            condition, _, value = choice.partition(" ? ")
            if eval(condition, {"i": i}):
                found.append(eval(value, {"i": i, **arrays}))
                break
    assert found == [each for array in arrays.values() for each in array]


def test_bytes_stay_bytes_on_their_way(cupy: Any) -> None:
    (x,) = next(ahead([(np.zeros((2, 3), "uint8"),)]))
    assert x.dtype == np.uint8


def test_the_next_batch_is_on_its_way_before_this_one_is_used(cupy: Any) -> None:
    asked = []

    def batches() -> Iterator[tuple]:
        for i in range(3):
            asked.append(i)
            yield (np.full(2, i),)

    arriving = ahead(batches())
    next(arriving)
    assert asked == [0, 1] and cupy.counts.to_device == 2
    assert [int(x[0]) for (x,) in arriving] == [1, 2]
    assert cupy.counts.synchronisations == 2  # those of this test, which has looked


def test_a_copy_comes_after_what_may_still_read_that_memory(
    cupy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that Python has given back is handed out at once, while the GPU may not be through with it."""
    waits = []
    wait_event = cupy.cuda.Stream.wait_event
    monkeypatch.setattr(cupy.cuda.Stream, "wait_event", lambda s, e: waits.append(s) or wait_event(s, e))
    list(ahead([(np.ones(2),), (np.ones(2),)]))
    everyone, copying = cupy.cuda.get_current_stream(), _Copies.of("gpu:0").stream
    assert waits == [copying, copying, everyone, everyone]


def test_a_batch_that_finds_no_room_leaves_no_copy_unattended(
    cupy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies, copy = _Copies.of("gpu:0"), _Copies._copy
    waits = []
    wait_event = cupy.cuda.Stream.wait_event

    def full(self: Any, array: Any, used: list) -> Any:
        if array.size > 2:
            raise MemoryError("full")
        return copy(self, array, used)

    monkeypatch.setattr(_Copies, "_copy", full)
    monkeypatch.setattr(cupy.cuda.Stream, "wait_event", lambda s, e: waits.append(s) or wait_event(s, e))
    with pytest.raises(MemoryError, match="full"):
        copies.begin((np.ones(2), np.ones(3)))
    assert waits == [copies.stream, cupy.cuda.get_current_stream()] and len(copies.pinned) == 1


def test_pinned_memory_is_used_again_when_its_copy_is_over(cupy: Any) -> None:
    class Copy:
        done = False

    copies = _Copies.of("gpu:0")
    first, second, large = copies._pinned(8), copies._pinned(8), copies._pinned(80)
    for memory in (first, second, large):
        copies.pinned.append((memory, Copy()))
    assert all(copies._pinned(8) is not memory for memory in (first, second, large))
    copies.pinned[1][1].done = True
    assert copies._pinned(80) is not second and copies._pinned(8) is second and len(copies.pinned) == 2


def test_an_optimizers_step_is_one_launch_for_all_weights(cupy: Any) -> None:
    found = []
    for count in (1, 5, 50):
        weights = [Tensor(np.ones((i + 1, 3)), requires_grad=True) for i in range(count)]
        grads = [Tensor(np.ones((i + 1, 3))) for i in range(count)]
        optimizer = optimizers.Adam()
        optimizer.apply(grads, weights)
        cupy.counts.reset()
        optimizer.apply(grads, weights)
        found.append(cupy.counts.launches)
    assert (
        found[0] == found[1] == found[2] <= 4
    )  # gradients gathered, step size and decay told, weights changed


def test_a_step_of_lenet_is_told_in_few_launches(cupy: Any) -> None:
    """Each costs as much as thousands of numbers; README says how many there are."""
    model, batch = on_the_gpu("lenet")
    step = Replay(model)
    counts = []
    for _ in range(WARM_UP + 3):
        cupy.counts.reset()
        step(*batch)
        counts.append(cupy.counts.launches)
    assert counts[1] <= 91 and counts[-1] <= 26


@pytest.mark.parametrize("count", [8, 9, 30])
def test_joining_sends_no_addresses(cupy: Any, count: int) -> None:
    arrays = [backend.as_array(np.ones(3)) for _ in range(count)]
    with cupy.forbidden():
        concatenate(arrays, 0)


# ---- faults, planted ---------------------------------------------------------------------------------------


class Faulty(layers.Layer):
    """Adds what a function makes of its input."""

    def __init__(self, fault: Any):
        super().__init__()
        self.fault = fault

    def call(self, x: Any) -> Any:
        self.fault(x)
        return x


def one_step(fault: Any, cupy: Any) -> None:
    model = Sequential([layers.Input((3,)), layers.Dense(2), Faulty(fault)])
    model.compile("sgd", loss="mse")
    x, y = backend.as_array(np.ones((2, 3), "float32")), backend.as_array(np.ones((2, 2), "float32"))
    with cupy.forbidden():
        model.train_step(x, y)


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (lambda x: np.exp(x.data), TypeError, "np.exp on a device array"),
        (lambda x: np.concatenate([x.data, x.data]), TypeError, "np.concatenate on a device array"),
        (lambda x: np.asarray(x.data), TypeError, "Implicit conversion to a NumPy array"),
        (lambda x: x * np.ones(2, "float32"), TypeError, "multiply: a is on gpu:0, b on cpu"),
        (lambda x: x.data + np.ones(2, "float32"), TypeError, "Unsupported type"),
        (lambda x: backend.library().nansum_of_squares(x.data), AttributeError, "has no attribute"),
        (lambda x: float(x.sum()), HiddenTraffic, "transfer or sync"),
        (lambda x: print(x), HiddenTraffic, "transfer or sync"),
        (lambda x: x.data[x.data > 0], HiddenTraffic, "transfer or sync"),
        (lambda x: Tensor([1.0, 2.0]), HiddenTraffic, "transfer or sync"),
        (lambda x: x.data[[0, 1]], HiddenTraffic, "transfer or sync"),
        (lambda x: bool((x.data > 0).all()), HiddenTraffic, "transfer or sync"),
    ],
)
def test_a_planted_fault_is_found(cupy: Any, fault: Any, error: type, message: str) -> None:
    one_step(lambda x: None, cupy)
    with pytest.raises(error, match=message):
        one_step(fault, cupy)


def test_a_loss_that_is_fetched_in_each_step_is_found(cupy: Any) -> None:
    class Eager(Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.dense(x)

        def train_step(self, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Any]:
            loss = self.compute_loss(x, y, self(x, training=True))
            self.minimize(loss)
            return {"loss": float(loss)}

    model = Eager()
    model.compile("sgd", loss="mse")
    x, y = backend.as_array(np.ones((2, 3), "float32")), backend.as_array(np.ones((2, 1), "float32"))
    model.train_step(x, y)
    with cupy.forbidden(), pytest.raises(HiddenTraffic, match="transfer or sync"):
        model.train_step(x, y)


def test_a_copy_that_nobody_waited_for_is_found(cupy: Any) -> None:
    """What `ahead` would be without its events."""
    stream = cupy.cuda.Stream(non_blocking=True)
    pinned = np.frombuffer(cupy.cuda.alloc_pinned_memory(16), "uint8", 16)
    x = cupy.empty(16, dtype="uint8")
    x.set(pinned, stream=stream)
    with pytest.raises(RuntimeError, match="race"):
        x + 1
    cupy.cuda.get_current_stream().wait_event(stream.record())
    assert (x + 1).shape == (16,)


def test_a_product_inside_a_recording_is_a_part_of_its_own(cupy: Any) -> None:
    a = cupy.ones((2, 2))
    with pytest.raises(Exception, match="cuBLAS"):
        Recording(lambda: a @ a)  # past tinydl's ops
