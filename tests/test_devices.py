"""Every network of the course on a GPU, pretended or real: it learns what it learns on the CPU, and moves about."""

from __future__ import annotations

import copy
import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinydl
from tests.networks import BATCH, NETWORKS, WITHOUT_NOISE, fresh
from tinydl import Tensor, backend, callbacks, grad, layers, ops, optimizers, plot
from tinydl.kernels import concatenate, one_kernel, sum_to
from tinydl.ops import correlation
from tinydl.transfer import ahead


def fitted(name: str, epochs: int = 2, **options: Any) -> tuple[Any, dict[str, list[float]]]:
    model, x, y = fresh(name)
    return model, model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, **options).history


# ---- learning ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_learns(there: Any, name: str) -> None:
    model, history = fitted(name)
    assert model.device == "gpu:0" and all(backend.on_gpu(w.data) for w in model.weights)
    assert all(type(w) is np.ndarray for w in model.get_weights())
    assert np.isfinite([value for values in history.values() for value in values]).all()
    with tinydl.device("cpu"):
        on_cpu, expected = fitted(name)
    assert on_cpu.device == "cpu" and history.keys() == expected.keys()
    if name in WITHOUT_NOISE:
        for loss, there_too in zip(history["loss"], expected["loss"]):
            assert loss == pytest.approx(there_too, rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_seed_begins_with_the_same_weights_everywhere(there: Any, name: str) -> None:
    model, _, _ = fresh(name)
    with tinydl.device("cpu"):
        on_cpu, _, _ = fresh(name)
    for a, b in zip(model.get_weights(), on_cpu.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("precision", "error"), [("float64", 1e-10), ("float32", 1e-2)])
@pytest.mark.parametrize("name", WITHOUT_NOISE)
def test_gradients_are_the_cpus(there: Any, name: str, precision: str, error: float) -> None:
    """In float32 two pixels of a pool may be alike but for rounding: then the gradient goes to the one or the other."""
    tinydl.set_floatx(precision)
    found = []
    for device in ("gpu", "cpu"):
        with tinydl.device(device):
            model, x, y = fresh(name)
            loss = model.compute_loss(
                None, backend.as_array(y, precision), model(x.astype(precision), training=True)
            )
            found.append([g.numpy() for g in grad(loss, model.trainable_weights)])
    for there_, here in zip(*found):
        assert here.dtype == precision and np.linalg.norm(there_ - here) <= error * np.linalg.norm(here)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_seed_gives_the_same_run_twice(there: Any, name: str) -> None:
    (a, first), (b, second) = fitted(name), fitted(name)
    assert first == second
    for one, other in zip(a.get_weights(), b.get_weights()):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NETWORKS)
def test_evaluate_and_predict(there: Any, name: str) -> None:
    model, x, y = fresh(name)
    if name == "gan":
        points = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
        assert type(model.predict(points, verbose=0)) is np.ndarray
        return
    answer = model.predict(x, batch_size=BATCH, verbose=0)
    assert type(answer) is np.ndarray and len(answer) == len(x)
    with tinydl.device("cpu"):
        on_cpu, _, _ = fresh(name)
        np.testing.assert_allclose(answer, on_cpu.predict(x, batch_size=BATCH, verbose=0), atol=1e-5)
        expected = on_cpu.evaluate(x, y, batch_size=BATCH, verbose=0, return_dict=True)
    assert model.evaluate(x, y, batch_size=BATCH, verbose=0, return_dict=True) == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize("name", ["lenet", "gan"])
def test_memory_is_given_back_with_the_model(there: Any, name: str, replay: bool) -> None:
    """At once: a GPU's memory is full long before Python thinks of collecting what is held in circles."""
    pool = there.get_default_memory_pool()
    fitted(name)  # what is kept for good: pinned memory, constants, kernels
    gc.collect()
    gc.disable()
    try:
        before = pool.used_bytes()
        for _ in range(2):
            model, _ = fitted(name, replay=replay)
            gone = weakref.ref(model)
            assert pool.used_bytes() > before
            del model
            assert gone() is None and pool.used_bytes() <= before
    finally:
        gc.enable()


# ---- moving ------------------------------------------------------------------------------------------------


def test_tensors_go_there_and_gradients_come_back(there: Any) -> None:
    with tinydl.device("cpu"):
        x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x.to("gpu") ** 3).sum()
    assert (x.device, y.device) == ("cpu", "gpu:0") and x.to("cpu") is x
    y.backward()
    assert x.grad.device == "cpu" and x.grad.numpy().tolist() == [3.0, 12.0]
    (first,) = grad((x.to("gpu") ** 3).sum(), [x], create_graph=True)
    assert grad(first.to("gpu").sum(), [x])[0].numpy().tolist() == [6.0, 12.0]


def test_a_model_moves_in_the_midst_of_its_training(there: Any) -> None:
    """And so do its optimizer's momentum and its data, whatever the current device is."""
    found = []
    for ways in (["cpu", "cpu", "cpu"], ["cpu", "gpu", "cpu"], ["gpu", "cpu", "gpu"]):
        with tinydl.device("cpu"):
            model, x, y = fresh("lenet")
            for device in ways:
                assert model.to(device) is model and model.device == backend.opened(device)
                model.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
                assert isinstance(model.predict(x[:2], verbose=0), np.ndarray) and len(model(x[:2])) == 2
        found.append(model.get_weights())
    for other in found[1:]:
        for a, b in zip(found[0], other):
            np.testing.assert_allclose(a, b, atol=2e-5)


def test_a_copy_of_a_model_learns_by_itself(there: Any) -> None:
    model, x, y = fresh("lenet")
    fit = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    model.fit(x, y, **fit)
    twin, before = copy.deepcopy(model), model.get_weights()
    twin.fit(x, y, **fit)
    for kept, weight in zip(before, model.get_weights()):
        np.testing.assert_array_equal(kept, weight)
    model.fit(x, y, **fit)
    for a, b in zip(model.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_an_optimizer_that_is_built_anew_begins_anew(there: Any) -> None:
    found = []
    for again in (True, False):
        w, adam = Tensor(np.ones(3), requires_grad=True), optimizers.Adam(0.1)
        if again:
            adam.apply([np.ones(3)], [w])
            w.data[...], adam.iterations = 1.0, 0
        adam.build([w])
        adam.apply([np.array([1.0, -2.0, 3.0])], [w])
        found.append((w.numpy().tolist(), {k: v.tolist() for k, v in adam.get_state().items()}))
    assert found[0] == found[1]


def test_only_some_weights_have_a_gradient(there: Any) -> None:
    """Those are changed one by one; and afterwards all together again."""
    found = []
    for device in ("gpu", "cpu"):
        with tinydl.device(device):
            a, b = (Tensor(np.full(n, 2.0), requires_grad=True) for n in (2, 3))
            adam = optimizers.AdamW(0.1)
            adam.exclude_from_weight_decay([b])
            adam.apply([np.ones(2), np.ones(3)], [a, b])
            with pytest.warns(UserWarning, match="no gradient"):
                adam.apply([np.ones(2), None], [a, b])
            adam.apply([np.ones(3)], [b])
            adam.beta_1 = 0.5  # constants of the formula may be changed
            adam.apply([np.ones(2), np.ones(3)], [a, b])
            found.append(np.concatenate([a.numpy(), b.numpy()]))
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_weights_that_were_put_elsewhere_are_changed_there(there: Any) -> None:
    w, sgd = Tensor(np.ones(3), requires_grad=True), optimizers.SGD(0.5, momentum=0.5)
    sgd.apply([np.ones(3)], [w])  # 0.5
    w.data = backend.as_array(np.full(3, 8.0))
    sgd.apply([np.ones(3)], [w])
    assert w.numpy().tolist() == [7.25] * 3


@pytest.mark.parametrize("budget", [1, 1 << 14])
def test_a_convolution_keeps_to_its_budget(there: Any, monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    monkeypatch.setattr(correlation, "GPU_BLOCK_BYTES", budget)
    rng = np.random.default_rng(0)
    x, kernel, bias = (rng.normal(size=size) for size in [(5, 12, 10, 3), (3, 3, 3, 4), (4,)])
    found = []
    for device in ("gpu", "cpu"):
        with tinydl.device(device):
            given = [Tensor(a, requires_grad=True) for a in (x, kernel, bias)]
            y = ops.conv2d(*given[:2], 2, "same", 1, given[2])
            found.append([y.numpy(), *(g.numpy() for g in grad((y * y).sum(), given))])
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_weights_saved_on_one_load_on_the_other(there: Any, tmp_path: Path) -> None:
    model, x, _ = fresh("everything")
    model.fit(*fresh("everything")[1:], batch_size=BATCH, verbose=0)
    model.save_weights(tmp_path / "there.npz")
    with tinydl.device("cpu"):
        other = fresh("everything")[0]
        other.load_weights(tmp_path / "there.npz")
        np.testing.assert_allclose(other.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5)
        other.save_weights(tmp_path / "here.npz")
    model.load_weights(tmp_path / "here.npz")
    model.set_weights(other.get_weights())
    assert model.device == "gpu:0" and other.device == "cpu"


@pytest.mark.parametrize("name", ["lenet", "everything", "vae", "gan"])
@pytest.mark.parametrize("replay", [False, True])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(
    there: Any, name: str, replay: bool, tmp_path: Path
) -> None:
    def run(epochs: int, folder: str) -> tuple[Any, dict]:
        backup = callbacks.BackupAndRestore(tmp_path / folder, delete_checkpoint=False)
        return fitted(name, epochs, callbacks=[backup], replay=replay)

    whole, history = run(4, "whole")
    run(2, "parts")
    tinydl.set_random_seed(99)
    resumed, later = run(4, "parts")
    assert later == history
    for a, b in zip(whole.get_weights(), resumed.get_weights()):
        np.testing.assert_array_equal(a, b)
    for optimizer in whole.weights_by_optimizer():
        states = [getattr(model, optimizer).get_state() for model in (whole, resumed)]
        for key, value in states[0].items():
            np.testing.assert_array_equal(states[1][key], value)


def test_what_readme_shows(there: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = (
        (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").partition("## On a GPU")[2]
    )
    code = section.partition("```python\n")[2].partition("```")[0]
    _, x, y = fresh("lenet")
    monkeypatch.chdir(tmp_path)
    shown = {"x": x, "y": y}
    exec(code, shown)
    assert shown["model"].device == "gpu:0" and (tmp_path / "lenet.npz").exists()


def test_pictures_are_drawn_of_what_is_there(there: Any) -> None:
    x = backend.as_array(np.random.default_rng(0).random((4, 6, 6)))
    w = Tensor([1.0, 2.0], requires_grad=True)
    for picture in (
        plot.image_grid(x),
        plot.image_grid(Tensor(x)),
        plot.confusion_matrix(backend.as_array([0, 1]), backend.as_array([1, 1])),
        plot.graph((w * w).sum()),
    ):
        assert picture.axes


# ---- the rooms below ---------------------------------------------------------------------------------------


def test_batches_arrive_in_order_and_as_they_are(there: Any) -> None:
    rng = np.random.default_rng(0)
    sent = [(rng.integers(0, 255, (n, 3)).astype("uint8"), None, rng.random(n)) for n in (4, 4, 9, 1)]
    for (x, nothing, weight), (x0, _, weight0) in zip(ahead(iter(sent)), sent, strict=True):
        assert backend.on_gpu(x) and x.dtype == np.uint8 and nothing is None
        np.testing.assert_array_equal(backend.to_numpy(x + 1), x0 + 1)
        np.testing.assert_array_equal(backend.to_numpy(weight * 2), weight0 * 2)
    assert list(ahead([])) == []


def test_data_may_be_there_already(there: Any) -> None:
    model, x, y = fresh("lenet")
    model.fit(backend.as_array(x), backend.as_array(y), batch_size=BATCH, verbose=0)
    other, _ = fitted("lenet", 1)
    for a, b in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("count", [1, 8, 9, 20])
def test_many_arrays_are_joined(there: Any, count: int) -> None:
    pieces = [np.full((2, i + 1), i, "float32") for i in range(count)]
    joined = concatenate([backend.as_array(piece) for piece in pieces], 1)
    np.testing.assert_array_equal(backend.to_numpy(joined), np.concatenate(pieces, 1))


@pytest.mark.parametrize(
    "shape, to", [((4, 5, 6, 3), (1, 1, 1, 3)), ((4, 3), (1, 3)), ((2, 3, 4), (2, 1, 4))]
)
def test_sums_over_broadcast_axes(there: Any, shape: tuple, to: tuple) -> None:
    x = np.random.default_rng(0).random(shape)
    np.testing.assert_allclose(backend.to_numpy(sum_to(backend.as_array(x), to)), sum_to(x, to), rtol=1e-12)


def test_functions_of_arrays_and_options_are_one_kernel(there: Any) -> None:
    @one_kernel
    def mixed(x: Any, y: Any, out: Any, factor: float, more: bool) -> Any:
        out[...] = x * factor
        if more:
            out += y
        return out > 0

    x, y = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    for factor, more in ((2.0, True), (2.0, False), (3.0, True)):
        out = backend.as_array(np.zeros_like(x))
        positive = mixed(backend.as_array(x), backend.as_array(y), out, factor, more)
        expected = np.zeros_like(x)
        np.testing.assert_array_equal(backend.to_numpy(positive), mixed(x, y, expected, factor, more))
        np.testing.assert_allclose(backend.to_numpy(out), expected, rtol=1e-6)


def test_lists_and_numbers_go_to_the_current_device(there: Any) -> None:
    x = Tensor([1.0, 2.0])
    assert x.device == "gpu:0" and (x + [1.0, 1.0]).numpy().tolist() == [2.0, 3.0]
    assert ops.take(x, [1, 0]).numpy().tolist() == [2.0, 1.0] and x[[1]].item() == 2.0
    assert float(x.sum()) == 3.0 and repr(x) == "Tensor([1., 2.], dtype=float32, device='gpu:0')"
    assert layers.Dense(2)(np.ones((1, 3))).device == "gpu:0"
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.grad = [3.0, 4.0]
    assert x.grad.device == "gpu:0"
