"""What is said where there is no GPU, no CuPy, too old a driver, too little memory, or two devices in one op."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

import tinydl
from tests import standin
from tests.devices import forget_gpu, running_on
from tinydl import Sequential, Tensor, backend, layers, ops


@pytest.mark.parametrize("name", ["tpu", "gpu:", "gpu:x", "cuda", "GPU", "CPU", "cpu\n", "", None, 0])
def test_devices_that_have_no_such_name(name: Any) -> None:
    with pytest.raises(ValueError, match="expected 'cpu', 'gpu' or 'gpu:N', got"):
        tinydl.set_device(name)
    assert backend.current_device() == "cpu"


def refusal(name: str = "gpu") -> str:
    with pytest.raises(RuntimeError) as error:
        tinydl.set_device(name)
    assert backend.current_device() == "cpu" and not backend.several_devices()
    return str(error.value)


@pytest.mark.parametrize("name", ["gpu", "gpu:1"])
def test_no_cupy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert "pip install 'cupy-cuda12x[ctk]', or cupy-cuda13x" in refusal(name)
    with pytest.raises(RuntimeError, match="CuPy"), tinydl.device(name):
        raise AssertionError("not reached")
    assert Tensor([1.0]).device == "cpu"


def test_no_gpu() -> None:
    with standin.install(devices=0):
        text = refusal()
    assert "no NVIDIA GPU was found" in text and "cudaErrorNoDevice" in text


def test_a_driver_that_is_too_old() -> None:
    with standin.install(driver="old"):
        text = refusal()
    assert "the driver is missing, or too old for CUDA 12" in text and "nvidia-smi" in text


def test_a_gpu_too_many() -> None:
    with standin.install(devices=2):
        assert "gpu:2: there is no such GPU here; there are: gpu:0, gpu:1" in refusal("gpu:2")
        tinydl.set_device("gpu:1")
        assert backend.current_device() == "gpu:1" and Tensor([1.0]).device == "gpu:1"
        forget_gpu()


def test_devices_of_a_block_end_with_it_whatever_happens() -> None:
    with running_on("standin", devices=2):
        with pytest.raises(KeyError), tinydl.device("gpu:1"):
            assert Tensor([1.0]).device == "gpu:1"
            raise KeyError
        assert backend.current_device() == "gpu:0" and Tensor([1.0]).device == "gpu:0"
        with tinydl.device("cpu"):
            assert Tensor([1.0]).device == "cpu"


@pytest.mark.parametrize("ways", [("cpu", "gpu"), ("gpu", "cpu"), ("gpu:0", "gpu:1")])
@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a @ b,
        lambda a, b: ops.maximum(a, b),
        lambda a, b: ops.where(a > 0, a, b),
        lambda a, b: ops.concatenate([a, b]),
        lambda a, b: ops.einsum("ij,jk->ik", a, b),
        lambda a, b: ops.categorical_crossentropy(a, b, from_logits=True),
    ],
)
def test_arrays_of_two_devices_are_named(function: Any, ways: tuple) -> None:
    with running_on("standin", devices=2):
        a, b = (Tensor(np.ones((2, 2))).to(way) for way in ways)
        with pytest.raises(TypeError) as error:
            function(a, b)
        first, second = map(backend.opened, ways)
        for text in (f"is on {first}", f"on {second}", "move one of them"):
            assert text in str(error.value)
        assert function(a, b.to(ways[0])).device == first


def test_work_on_another_gpu_than_that_at_work() -> None:
    with running_on("standin", devices=2):
        x = Tensor([1.0, 2.0]).to("gpu:1")
        with pytest.raises(
            TypeError, match=r"x is on gpu:1, and gpu:0 is at work: .* tinydl.device\('gpu:1'\)"
        ):
            ops.softmax(x)
        with tinydl.device("gpu:1"):
            assert ops.softmax(x).device == "gpu:1"
        assert (Tensor([1.0]) * 2).device == "gpu:0"  # whatever the block has left behind
        model = Sequential([layers.Input((2,)), layers.Dense(3)]).to("gpu:1")
        model.set_weights([np.full((2, 3), 2.0), np.ones(3)])
        assert model(np.ones((1, 2))).numpy().tolist() == [[5.0, 5.0, 5.0]]
        tinydl.set_device("cpu")
        with tinydl.device("gpu:1"):
            pass
        with tinydl.device("gpu"):
            assert (Tensor([1.0]) * 2).device == "gpu:0"


def test_a_device_block_is_its_threads_own() -> None:
    with running_on("standin"):
        tinydl.set_device("cpu")
        model = Sequential([layers.Input((3,)), layers.Dense(4), layers.Dense(2)]).to("gpu")
        x, answers, expected = np.ones((40, 3), "float32"), [], model.predict(np.ones((40, 3)), verbose=0)

        def work() -> None:
            for _ in range(20):
                answers.append(model.predict(x, batch_size=7, verbose=0))

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        inside, over = threading.Event(), threading.Event()

        def stay() -> None:
            with tinydl.device("gpu"):
                inside.set()
                over.wait(10)

        worker = threading.Thread(target=stay)
        worker.start()
        inside.wait(10)
        assert tinydl.current_device() == "cpu" and Tensor([1.0]).device == "cpu"
        over.set()
        worker.join()
        assert len(answers) == 60 and tinydl.current_device() == "cpu"
        for answer in answers:
            np.testing.assert_array_equal(answer, expected)


def test_two_gpus_each_with_a_model() -> None:
    with running_on("standin", devices=2):
        models = []
        for name in ("gpu:0", "gpu:1", "cpu"):
            tinydl.set_random_seed(0)
            model = Sequential(
                [layers.Input((3,)), layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(1)]
            )
            models.append(model.to(name))
            model.compile("adam", loss="mse")
            model.fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=4, verbose=0)
            assert model.device == name and model.predict(np.ones((2, 3)), verbose=0).shape == (2, 1)
        models[1].to("gpu:0").fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=4, verbose=0)


def test_memory_that_is_full_names_the_batch() -> None:
    with running_on("standin", memory=40 << 20) as cupy:
        model = Sequential(
            [layers.Input((64, 64, 3)), layers.Conv2D(32, 3), layers.Flatten(), layers.Dense(1)]
        )
        model.compile("sgd", loss="mse")
        x, y = np.ones((64, 64, 64, 3), "float32"), np.ones((64, 1))
        with pytest.raises(cupy.cuda.memory.OutOfMemoryError) as error:
            model.fit(x, y, batch_size=64, verbose=0)
        notes = " ".join(error.value.__notes__)
        assert "memory is full with a batch_size of 64: try a smaller one" in notes
        assert "gpu:0, " in notes and "arrays take" in notes and "0.04 GB are in use" in notes
        for call in (
            lambda: model.predict(x, batch_size=64, verbose=0),
            lambda: model.evaluate(x, y, batch_size=64, verbose=0),
            lambda: model.train_on_batch(x, y),
        ):
            with pytest.raises(MemoryError) as other:
                call()
            assert any("with a batch_size of 64" in note for note in other.value.__notes__)
        del error, other
        model.fit(x[:2], y[:2], batch_size=1, verbose=0)  # it goes on
