"""The stand-in does what CuPy does, refuses what CuPy refuses, and catches the faults it is there to catch."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

import tinydl
from tests.devices import running_on
from tests.standin import HiddenTraffic, install, make_names
from tests.standin.names import CLASSES, MODULES, VERSION

# ------------------------------------------------------------------------------------------------- names


def test_only_names_of_cupy(cupy: Any) -> None:
    for module, name in [
        ("cupy", "emath"),
        ("cupy.random", "Shuffle"),
        ("cupy.linalg", "schur"),
        ("cupyx", "exp"),
    ]:
        with pytest.raises(AttributeError, match=f"module '{module}' has no attribute '{name}'"):
            getattr(importlib.import_module(module), name)
    rng = cupy.random.default_rng(0)
    for name in ("normal", "shuffle", "permutation", "choice"):  # NumPy's Generator has them, CuPy's has not
        assert not hasattr(rng, name)


def test_every_name_is_there_or_says_that_it_is_not_done(cupy: Any) -> None:
    missing = []
    for module, kinds in MODULES.items():
        if module != "cupy.cuda.runtime":
            for name in [name for kind in kinds.values() for name in kind]:
                try:
                    getattr(importlib.import_module(module), name)
                except NotImplementedError:
                    missing.append(f"{module}.{name}")
    assert len([name for name in missing if name.startswith("cupy.")]) < 200
    assert not {"cupy.exp", "cupy.pad", "cupy.einsum", "cupy.linalg.qr", "cupy.cuda.Stream"} & set(missing)


def test_arrays_have_no_methods_that_cupy_lacks(cupy: Any) -> None:
    def names_of(value: Any) -> set[str]:
        return {name for name in dir(value) if not name.startswith("_")}

    def known(name: str) -> set[str]:
        return set(CLASSES[name].get("functions", ())) | set(CLASSES[name].get("values", ()))

    assert names_of(cupy.ndarray) <= known("cupy.ndarray")
    for name in ("Device", "Event", "Graph", "MemoryPool", "Stream"):
        assert names_of(getattr(cupy.cuda, name)) <= known(f"cupy.cuda.{name}"), name
    assert names_of(cupy.random.Generator) <= known("cupy.random.Generator")


def test_keywords_of_numpy_alone_are_refused(cupy: Any, numbers: Any) -> None:
    a = numbers(3)
    for call in (
        lambda: cupy.sum(a, where=a > 0),
        lambda: cupy.sum(a, initial=1.0),
        lambda: a.max(initial=0.0),
        lambda: cupy.clip(a, min=0, max=1),
        lambda: cupy.exp(a, where=a > 0),
        lambda: cupy.random.default_rng(0).uniform(out=a),
    ):
        with pytest.raises(TypeError):
            call()


def test_names_are_those_of_the_cupy_at_hand() -> None:
    real = pytest.importorskip("cupy")
    if real.__version__ != VERSION:
        pytest.skip(f"the stored names are those of CuPy {VERSION}, here is {real.__version__}")
    found = make_names.collect()
    assert (found["modules"], found["classes"]) == (MODULES, CLASSES)


# ---------------------------------------------------------------------------------- no implicit conversion


@pytest.mark.parametrize(
    "fault",
    [
        lambda a, n: np.asarray(a),
        lambda a, n: np.array([a, a]),
        lambda a, n: np.exp(a),
        lambda a, n: np.sum(a),
        lambda a, n: np.where(a, a, a),
        lambda a, n: np.add(n, a),
        lambda a, n: n + a,
        lambda a, n: n @ a,
        lambda a, n: a + n,
        lambda a, n: a @ n,
        lambda a, n: a < n,
        lambda a, n: n.__iadd__(a),
        lambda a, n: n.__setitem__(..., a),
        lambda a, n: a.__iadd__(n),
        lambda a, n: range(a[0]),
        lambda a, n: sys.modules["cupy"].where(a > 0, n, a),
        lambda a, n: sys.modules["cupy"].add(a, 1, out=n),
    ],
)
def test_nothing_converts_by_itself(cupy: Any, numbers: Any, fault: Any) -> None:
    with pytest.raises(TypeError):
        fault(numbers(3), np.ones(3, np.float32))


def test_words_are_those_of_cupy(cupy: Any, numbers: Any) -> None:
    a = numbers(3)
    with pytest.raises(
        TypeError, match=r"Implicit conversion to a NumPy array is not allowed. Please use `.get\(\)`"
    ):
        np.asarray(a)
    for call in (lambda: cupy.maximum(a, np.ones(3)), lambda: cupy.sum(np.ones(3)), lambda: a * [1, 2, 3]):
        with pytest.raises(TypeError, match="Unsupported type <class '(numpy.ndarray|list)'>"):
            call()
    with pytest.raises(ValueError, match="non-scalar numpy.ndarray cannot be used for fill"):
        a[...] = np.ones(3)


def test_numbers_mix_as_in_numpy(cupy: Any, numbers: Any) -> None:
    a = numbers(3)
    for number, dtype in [(2, "f4"), (2.0, "f4"), (np.float32(2), "f4"), (np.float64(2), "f8")]:
        for result in (a * number, number * a):
            assert isinstance(result, cupy.ndarray) and result.dtype == dtype
            assert result.get().tolist() == [0, 2, 4]
    assert (np.shape(a), np.ndim(a), np.size(a)) == ((3,), 1, 3)
    assert not isinstance(a, np.ndarray)


def test_a_class_may_take_the_operation(cupy: Any, numbers: Any) -> None:
    class Mine:
        __array_ufunc__ = None

        def __radd__(self, other: Any) -> str:
            return "mine"

    assert numbers(3) + Mine() == "mine"


# ------------------------------------------------------------------------------------------------- counts


@pytest.mark.parametrize(
    ("work", "to_device", "to_host", "synchronisations", "launches"),
    [
        (lambda cp, a: a + 1, 0, 0, 0, 1),
        (lambda cp, a: a[1:, ::2].T, 0, 0, 0, 0),
        (lambda cp, a: a.reshape(-1), 0, 0, 0, 0),
        (lambda cp, a: a.T.reshape(-1), 0, 0, 0, 1),
        (lambda cp, a: cp.lib.stride_tricks.as_strided(a, (2, 2), (4, 4)), 0, 0, 0, 0),
        (lambda cp, a: cp.lib.stride_tricks.sliding_window_view(a, (2, 2)), 0, 0, 0, 0),
        (lambda cp, a: cp.broadcast_to(a, (2, 3, 4)), 0, 0, 0, 0),
        (lambda cp, a: cp.ascontiguousarray(a), 0, 0, 0, 0),
        (lambda cp, a: cp.ascontiguousarray(a.T), 0, 0, 0, 1),
        (lambda cp, a: a.astype("f4", copy=False), 0, 0, 0, 0),
        (lambda cp, a: a.astype("f8"), 0, 0, 0, 1),
        (lambda cp, a: cp.empty((2, 2)), 0, 0, 0, 0),
        (lambda cp, a: cp.zeros((2, 2)), 0, 0, 0, 1),
        (lambda cp, a: cp.arange(5), 0, 0, 0, 1),
        (lambda cp, a: a @ a.T, 0, 0, 0, 1),
        (lambda cp, a: a.sum(axis=0), 0, 0, 0, 1),
        (lambda cp, a: a.__setitem__(0, 1.0), 0, 0, 0, 1),
        (lambda cp, a: cp.where(a > 0, a, 0), 0, 0, 0, 2),
        (lambda cp, a: cp.concatenate([a] * 8), 0, 0, 0, 8),
        (lambda cp, a: cp.concatenate([a] * 9), 1, 0, 0, 1),  # a table of addresses travels
        (lambda cp, a: cp.repeat(a, 2, axis=1), 0, 0, 0, 1),
        (lambda cp, a: cp.repeat(a, 2), 0, 0, 0, 1),
        (lambda cp, a: cp.pad(a, ((1, 1), (0, 2))), 0, 0, 0, 2),
        (lambda cp, a: cp.pad(a, 1, constant_values=3.0), 0, 0, 0, 5),
        (lambda cp, a: a.mean(), 0, 0, 0, 2),  # a sum, and the division
        (lambda cp, a: cp.mean(a, axis=1), 0, 0, 0, 2),
        (lambda cp, a: cp.add(a, 1, out=a), 0, 0, 0, 1),
        (lambda cp, a: cp.add(a[:], 1, out=a[:]), 0, 0, 0, 2),  # shared memory: the input is copied before
        (lambda cp, a: cp.add(a[1:], a[:-1], out=a[:-1]), 0, 0, 0, 3),
        (lambda cp, a: cp.add(a[:1], 1, out=a[1:2]), 0, 0, 0, 1),
        (lambda cp, a: a[1:].__iadd__(a[:-1]), 0, 0, 0, 2),
        (lambda cp, a: a[1:].__iadd__(1), 0, 0, 0, 1),
        (lambda cp, a: cp.clip(a[:], 0, 1, out=a[:]), 0, 0, 0, 2),
        (lambda cp, a: cp.asarray([1.0]), 1, 0, 0, 0),
        (lambda cp, a: cp.asarray(np.ones(3)), 1, 0, 0, 0),
        (lambda cp, a: cp.asarray([]), 0, 0, 0, 0),
        (lambda cp, a: cp.array(2.0), 0, 0, 0, 1),  # a number goes along with a launch
        (lambda cp, a: cp.asarray(np.float32(2)), 0, 0, 0, 1),
        (lambda cp, a: cp.array(2.0, ndmin=2), 1, 0, 0, 0),
        (lambda cp, a: a[[0, 1]], 1, 0, 0, 1),
        (lambda cp, a: cp.take(a, [0, 1], axis=0), 1, 0, 0, 1),
        (lambda cp, a: a[np.array([0, 1])], 1, 0, 0, 1),
        (lambda cp, a: a.__setitem__(a.argmax(axis=0)[:1], 0.0), 0, 0, 0, 3),  # the number is one more
        (lambda cp, a: a.__setitem__(a.argmax(axis=0)[:1], np.zeros(4, "f4")), 1, 0, 0, 2),
        (lambda cp, a: cp.add.at(a, a.argmax(axis=0)[:1], 1.0), 0, 0, 0, 3),
        (lambda cp, a: a[a > 0], 0, 1, 1, 2),
        (lambda cp, a: cp.nonzero(a), 0, 1, 1, 1),
        (lambda cp, a: cp.unique(a), 0, 1, 1, 1),
        (lambda cp, a: cp.linalg.qr(a), 0, 1, 1, 1),
        (lambda cp, a: a.get(), 0, 1, 1, 0),
        (lambda cp, a: cp.asnumpy(a), 0, 1, 1, 0),
        (lambda cp, a: float(a[0, 0]), 0, 1, 1, 0),
        (lambda cp, a: int(a[0, 0]), 0, 1, 1, 0),
        (lambda cp, a: bool(a[0, 0]), 0, 1, 1, 0),
        (lambda cp, a: a[0, 0].item(), 0, 1, 1, 0),
        (lambda cp, a: a.tolist(), 0, 1, 1, 0),
        (lambda cp, a: repr(a), 0, 1, 1, 0),
        (lambda cp, a: f"{a[0, 0]}", 0, 1, 1, 0),
        (lambda cp, a: cp.cuda.Device().synchronize(), 0, 0, 1, 0),
        (lambda cp, a: cp.cuda.Stream.null.synchronize(), 0, 0, 1, 0),
        (lambda cp, a: cp.cuda.Event().synchronize(), 0, 0, 1, 0),
        (lambda cp, a: cp.random.default_rng(0).random(3), 0, 0, 0, 1),
    ],
)
def test_counts(
    cupy: Any, numbers: Any, work: Any, to_device: int, to_host: int, synchronisations: int, launches: int
) -> None:
    a = numbers(3, 4)
    work(cupy, a)
    c = cupy.counts
    assert (c.to_device, c.to_host, c.synchronisations, c.launches) == (
        to_device,
        to_host,
        synchronisations,
        launches,
    )
    assert c.transfers == to_device + to_host


def test_forbidden_traffic_raises_at_once(cupy: Any, numbers: Any) -> None:
    loss = numbers(3).sum()
    with cupy.forbidden():
        loss * 2
        with pytest.raises(HiddenTraffic, match="ndarray.get"):
            float(loss)
        with pytest.raises(HiddenTraffic, match="Stream.synchronize"):
            cupy.cuda.get_current_stream().synchronize()
    assert float(loss) == 3


# ------------------------------------------------------------------------------------------------- arrays


def test_results_without_axes_stay_on_the_device(cupy: Any, numbers: Any) -> None:
    a = numbers(4)
    for result in (a.sum(), a[0], a.argmax(), a.mean() * 2, a @ a, cupy.sqrt(a[1]), cupy.array_equal(a, a)):
        assert isinstance(result, cupy.ndarray) and result.shape == ()


def test_views_and_owners(cupy: Any, numbers: Any) -> None:
    a = numbers(2, 3)
    part = a[:, 1:]
    assert a.base is None and a.flags.owndata and (a + 1).base is None and a.T.reshape(-1).base is None
    assert part.base is a and part.T.base is a and not part.flags.c_contiguous
    part += 10
    same = a
    same += 1
    assert same is a and a.get().tolist() == [[1, 12, 13], [4, 15, 16]]
    assert part.data.ptr == a.data.ptr + 4 and (a.nbytes, a.itemsize, a.device.id) == (24, 4, 0)
    one = a[0, 0]
    one += 4
    assert a.get()[0, 0] == 5
    one -= 4
    a[0] += a[1]  # a view, changed in place, then set to itself
    assert a.get().tolist() == [[5, 27, 29], [4, 15, 16]]


# ------------------------------------------------------------------------------------------------- the rest


def test_install_leaves_no_trace() -> None:
    before = {name for name in sys.modules if name.startswith("cupy")}
    with install() as cupy:
        assert sys.modules["cupy"] is cupy and importlib.import_module("cupyx.scipy.special").erf
    assert {name for name in sys.modules if name.startswith("cupy")} == before


def test_random_numbers_are_those_of_no_cpu(cupy: Any) -> None:
    a, b = (cupy.random.default_rng(3).random(4, dtype="float32") for _ in range(2))
    assert a.dtype == np.float32 and a.get().tolist() == b.get().tolist()
    assert a.get().tolist() != np.random.default_rng(3).random(4, dtype="float32").tolist()
    assert isinstance(cupy.random.default_rng(0).bit_generator.state(), int)
    with pytest.raises(TypeError):
        cupy.random.default_rng(0).random(3, dtype="float16")


def test_tinydl_runs_on_it() -> None:
    with running_on("standin") as cupy:
        w = tinydl.Tensor(np.ones((3, 2), np.float32), requires_grad=True)
        x = tinydl.Tensor(np.ones((4, 3), np.float32))
        with cupy.forbidden():
            ((x @ w) ** 2).sum().backward()
        assert w.grad is not None and isinstance(w.grad.data, cupy.ndarray)
        assert w.grad.numpy().tolist() == [[24, 24]] * 3
