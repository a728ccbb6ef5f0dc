"""Streams, GPUs, memory and graphs of the stand-in: what CUDA would do, and what it would refuse."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from tests.standin import install


def test_streams_that_do_not_wait_are_a_race(cupy: Any) -> None:
    copies = cupy.cuda.Stream(non_blocking=True)
    batch, target = cupy.cuda.alloc_pinned_memory(12), cupy.empty(3, "float32")
    assert batch.size() == 512  # no less is handed out
    pinned = np.frombuffer(batch, "float32", count=3)
    cupy.counts.reset()
    target.set(pinned, stream=copies)
    assert (cupy.counts.to_device, cupy.counts.synchronisations) == (1, 0)
    with pytest.raises(RuntimeError, match="race"):
        target[1:] + 1
    cupy.cuda.get_current_stream().wait_event(copies.record())
    target[1:] + 1
    with pytest.raises(RuntimeError, match="race"):  # the buffer is still being read
        target.set(pinned, stream=copies)
    copies.wait_event(cupy.cuda.get_current_stream().record())
    target.set(pinned, stream=copies)
    with pytest.raises(RuntimeError, match="race"):
        target.get()
    event = copies.record()
    with copies:
        target + 1
    cupy.cuda.get_current_stream().wait_event(event)
    with pytest.raises(RuntimeError, match="race"):  # the sum on the other stream may still read it
        target.fill(0)
    copies.synchronize()
    target.get()


def test_an_event_is_done_after_a_while(cupy: Any, numbers: Any) -> None:
    event = cupy.cuda.Event()
    assert event.done  # nothing to wait for
    numbers(3) + 1
    event.record()
    assert (event.done, event.done, cupy.counts.synchronisations) == (False, True, 0)


def test_pageable_memory_makes_the_cpu_wait(cupy: Any, numbers: Any) -> None:
    import cupyx

    a = numbers(2, 3)
    a.set(np.ones((2, 3), np.float32))
    assert (cupy.counts.to_device, cupy.counts.synchronisations) == (1, 1)
    pinned = cupyx.empty_pinned((4, 3), np.float32)
    pinned[...] = 7
    a.set(pinned[:2])
    assert (cupy.counts.to_device, cupy.counts.synchronisations) == (2, 1)
    assert a.get(out=pinned[2:]).tolist() == [[7] * 3] * 2
    for wrong in (np.ones((2, 3)), np.ones((3, 2), np.float32)):
        with pytest.raises((TypeError, ValueError)):
            a.set(wrong)


# ------------------------------------------------------------------------------------- devices and memory


def test_arrays_of_two_devices_do_not_mix() -> None:
    with install(devices=2) as cupy:
        first = cupy.ones(3)
        with cupy.cuda.Device(1):
            second = cupy.ones(3)
            words = r"where the array resides \(0\) is different from the current device \(1\)\. Peer access is un"
            for fault in (
                lambda: first + second,
                lambda: cupy.add(second, 1, out=first),
                lambda: first.sum(),
                lambda: first.fill(1),
                lambda: cupy.take(first, cupy.arange(2)),
                lambda: first[cupy.arange(2)],
            ):
                with pytest.raises(ValueError, match=words):
                    fault()
            second[...] = first  # not everything looks: not a copy, nor cuBLAS
            square = cupy.ones((3, 3))
            for result in (cupy.einsum("i,j->ij", first, second), square @ square):
                assert result.device.id == 1
            assert (second + 1).device.id == 1 and cupy.asarray(first).device.id == 1
        assert (first.device.id, second.device.id, cupy.cuda.Device().id) == (0, 1, 0)
        cupy.cuda.Device(1).use()
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(cupy.cuda.Device().id))
        thread.start()
        thread.join()
        assert seen == [0]  # what is current is so in one thread
        with pytest.raises(
            cupy.cuda.runtime.CUDARuntimeError, match="cudaErrorInvalidDevice: invalid device ordinal"
        ):
            cupy.cuda.Device(2).use()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"devices": 0}, "cudaErrorNoDevice: no CUDA-capable device is detected"),
        (
            {"driver": "old"},
            "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime",
        ),
    ],
)
def test_no_device_and_an_old_driver(options: Any, words: str) -> None:
    with install(**options) as cupy, pytest.raises(cupy.cuda.runtime.CUDARuntimeError, match=words):
        cupy.cuda.runtime.getDeviceCount()


def test_memory_runs_out_and_comes_back() -> None:
    with install(memory=4096) as cupy:
        a = cupy.zeros(512, "float32")
        with pytest.raises(cupy.cuda.memory.OutOfMemoryError) as error:
            cupy.zeros(1024, "float32")
        assert isinstance(error.value, MemoryError)
        assert str(error.value) == "Out of memory allocating 4,096 bytes (allocated so far: 2,048 bytes)."
        assert cupy.cuda.Device().mem_info == (2048, 4096)
        view = a[1:]
        del a
        assert cupy.get_default_memory_pool().used_bytes() == 2048  # the view holds it
        del view
        assert cupy.get_default_memory_pool().used_bytes() == 0
        assert cupy.counts.peak == 2048
        pool = cupy.cuda.MemoryPool()
        with cupy.cuda.using_allocator(pool.malloc):
            inside = cupy.zeros(10)
        cupy.zeros(10)
        assert (pool.used_bytes(), inside.nbytes) == (512, 80)
        del inside
        assert (pool.used_bytes(), pool.total_bytes()) == (0, 512)
        pool.free_all_blocks()
        assert pool.total_bytes() == 0


# ------------------------------------------------------------------------------------------------- graphs


def test_a_graph_runs_when_it_is_launched_and_not_before(cupy: Any, numbers: Any) -> None:
    rng, w = cupy.random.default_rng(0), numbers(3)
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.wait_event(cupy.cuda.Stream.null.record())
        stream.begin_capture()
        step = w[:2] * 2
        index, noise = step.argmax(), rng.random(2)
        w += 1
        graph = stream.end_capture()
        assert w.get().tolist() == [0, 1, 2] and np.isnan(step.get()).all()
        assert index.get() == -1
        cupy.counts.reset()
        graph.launch()
        first = cupy.random.default_rng(0).random(2)  # while capturing none was drawn
        assert noise.get().tolist() == first.get().tolist()
        cupy.counts.reset()
        graph.launch()
        graph.launch()
        assert cupy.counts.launches == 2
        assert w.get().tolist() == [3, 4, 5] and step.get().tolist() == [4, 6] and index.get() == 1
        assert (noise.get() != first.get()).all()


def test_a_graph_does_not_keep_its_memory(cupy: Any, numbers: Any) -> None:
    a, pool = numbers(3), cupy.cuda.MemoryPool()

    def record() -> Any:
        with cupy.cuda.Stream(non_blocking=True) as stream:
            stream.wait_event(cupy.cuda.Stream.null.record())
            stream.begin_capture()
            a.fill(7)
            a[:] = (a + 1) * 2  # the sum is in memory that is free again at once
            return stream.end_capture()

    with pytest.raises(RuntimeError, match="gone back to the pool"):
        record().launch()
    with cupy.cuda.using_allocator(pool.malloc):
        graph = record()
    graph.launch()
    assert a.get().tolist() == [16, 16, 16]


def test_what_a_capture_refuses(cupy: Any, numbers: Any) -> None:
    a, stream, event = numbers(2, 2), cupy.cuda.Stream(), cupy.cuda.Event()
    error = cupy.cuda.runtime.CUDARuntimeError
    with pytest.raises(RuntimeError, match=r"^cannot capture on the default \(legacy\) stream"):
        cupy.cuda.Stream.null.begin_capture()
    for fault in (stream.synchronize, event.synchronize, cupy.cuda.Device().synchronize):
        with stream:
            stream.begin_capture()
            with pytest.raises(error, match="operation not permitted when stream is capturing"):
                fault()
            with pytest.raises(error, match="cudaErrorStreamCaptureInvalidated"):
                stream.end_capture()
    with stream:
        stream.begin_capture()
        assert not stream.done and not stream.record().done
        with pytest.raises(error, match="cudaErrorStreamCaptureInvalidated"):
            stream.end_capture()
    with stream:
        stream.begin_capture()
        for product in (lambda: a @ a, lambda: a.dot(a), lambda: cupy.einsum("ij,jk->ik", a, a)):
            with pytest.raises(NotImplementedError, match="cuBLAS"):
                product()
        a[0] @ a[0], a[:1] @ a[:1].T, cupy.tensordot(a[0], a[0], 1)  # sums, without cuBLAS
        with cupy.cuda.Stream.null, pytest.raises(error, match="cudaErrorStreamCaptureImplicit"):
            a + 1
        stream.end_capture()
    a @ a


@pytest.mark.parametrize(
    ("fault", "way"),
    [
        (lambda cp, a: a.get(), "D2H"),
        (lambda cp, a: float(a[0, 0]), "D2H"),
        (lambda cp, a: a[0, 0].item(), "D2H"),
        (lambda cp, a: a[a > 0], "D2H"),
        (lambda cp, a: a.__setitem__(a > 0, 0.0), "D2H"),
        (lambda cp, a: cp.nonzero(a), "D2H"),
        (lambda cp, a: cp.asarray([1.0]), "H2D"),
        (lambda cp, a: cp.array(np.ones(3)), "H2D"),
        (lambda cp, a: a.set(np.ones((2, 2), np.float32)), "H2D"),
        (lambda cp, a: a[[0, 1]], "H2D"),
        (lambda cp, a: a[np.array([0, 1])], "H2D"),
        (lambda cp, a: cp.take(a, [0, 1], axis=0), "H2D"),
        (lambda cp, a: cp.concatenate([a] * 9), "H2D"),
    ],
)
def test_a_capture_survives_transfers(cupy: Any, numbers: Any, fault: Any, way: str) -> None:
    a, pool = numbers(2, 2), cupy.cuda.MemoryPool()
    with cupy.cuda.using_allocator(pool.malloc), cupy.cuda.Stream() as stream:
        stream.begin_capture()
        with pytest.raises(RuntimeError, match=f"^the current stream is capturing, so {way} transfers"):
            fault(cupy, a)
        a *= cupy.array(2.0)  # a number is no transfer
        graph = stream.end_capture()
        graph.launch()
        assert a.get().tolist() == [[0, 2], [4, 6]]
