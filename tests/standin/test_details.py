"""Where CuPy differs from NumPy in orders, axes, indices and dtypes, the stand-in does as CuPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    "work",
    [
        lambda cp, t: t + 1,
        lambda cp, t: -t,
        lambda cp, t: t > 1,
        lambda cp, t: cp.exp(t),
        lambda cp, t: cp.where(t > 1, t, t),
        lambda cp, t: cp.clip(t, 0, 1),
        lambda cp, t: t.clip(0, 1),
        lambda cp, t: cp.concatenate([t, t]),
        lambda cp, t: cp.stack([t, t]),
        lambda cp, t: cp.repeat(t, 2, axis=0),
        lambda cp, t: t[cp.arange(2)],
        lambda cp, t: cp.fuse(kernel_name="more")(lambda x: x + 1)(t),
    ],
)
def test_results_of_transposed_arrays_lie_in_c_order(cupy: Any, numbers: Any, work: Any) -> None:
    assert work(cupy, numbers(3, 4).T).flags.c_contiguous


def test_copies_keep_their_order(cupy: Any, numbers: Any) -> None:
    t = numbers(3, 4).T
    for result in (t.astype("float64"), cupy.zeros_like(t), cupy.array(t), cupy.copy(t)):
        assert result.flags.f_contiguous and not result.flags.c_contiguous
    assert t.copy().flags.c_contiguous


@pytest.mark.parametrize("axis", [0, -1, (0,)])
@pytest.mark.parametrize("name", ["sum", "max", "mean", "var", "any", "argmax"])
def test_what_has_no_axes_is_not_reduced_along_one(cupy: Any, numbers: Any, name: str, axis: Any) -> None:
    a = numbers(1)[0]
    for call in (getattr(a, name), lambda axis: getattr(cupy, name)(a, axis=axis)):
        with pytest.raises(np.exceptions.AxisError):
            call(axis)
    assert getattr(a, name)().shape == () and a.sum(()).shape == ()


def test_contiguous_arrays_have_an_axis(cupy: Any, numbers: Any) -> None:
    a = numbers(3)[1]
    assert cupy.ascontiguousarray(a).shape == (1,) and cupy.counts.launches == 0
    with pytest.raises(TypeError, match="incorrect type"):
        cupy.ascontiguousarray([1.0])


def test_indices_in_arrays_begin_again_beyond_the_end(cupy: Any, numbers: Any) -> None:
    v, a, far = numbers(5), numbers(3, 4), cupy.array([7, -9])
    for result in (v[far], v[[7, -9]], v[np.array([7, -9])], v[:, None][far, 0], cupy.take(v, far)):
        assert result.get().tolist() == [2, 1]
    assert v[cupy.array([250], "uint8")].get().tolist() == [0] and cupy.take(v, 7).item() == 2
    assert a[far, far].get().tolist() == [7, 3] and a[..., None, far].get()[0].tolist() == [[3, 3]]
    assert a[a[:, 0] > 0, far].get().tolist() == [7, 11]
    assert cupy.take_along_axis(v, far, 0).get().tolist() == [2, 1]
    v[far] = cupy.array([50.0, 60.0], "float32")
    cupy.add.at(v, cupy.array([5, 10]), 1.0)
    assert v.get().tolist() == [2, 60, 50, 3, 4]
    for fault in (lambda: v[7], lambda: v[np.int64(7)], lambda: a[5, far], lambda: v[cupy.array([1.0])]):
        with pytest.raises(IndexError):
            fault()
    with pytest.raises(IndexError):
        cupy.empty((0, 3))[cupy.array([0])]


def test_a_graph_reads_its_indices_when_it_runs(cupy: Any, numbers: Any) -> None:
    a, i = numbers(3), cupy.array([0, 1])
    with cupy.cuda.Stream(non_blocking=True) as stream:
        stream.wait_event(cupy.cuda.Stream.null.record())
        stream.begin_capture()
        found = a[i]
        graph = stream.end_capture()
        i += 4
        graph.launch()
        assert found.get().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        ("add", "int32 uint32 int64 uint64 float16 float32 float64"),
        ("subtract", "int32 uint32"),
        ("maximum", "int32 uint32 int64 uint64 float32 float64"),
        ("minimum", "int32 uint32 int64 uint64 float32 float64"),
    ],
)
def test_unbuffered_work_knows_few_dtypes(cupy: Any, name: str, dtypes: str) -> None:
    for dtype in "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split():
        a, i = cupy.ones(3, dtype), cupy.array([0, 0])
        if dtype in dtypes.split():
            getattr(cupy, name).at(a, i, cupy.ones(2, dtype))
        else:
            with pytest.raises(TypeError, match=f"cupy.{name}.at only supports"):
                getattr(cupy, name).at(a, i, cupy.ones(2, dtype))
