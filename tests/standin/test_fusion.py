"""Fused functions and kernels of the stand-in: one launch, and no more than CuPy's proxies can do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

# ------------------------------------------------------------------------------------------------- fusing


def test_a_fused_function_is_one_launch(cupy: Any, numbers: Any) -> None:
    @cupy.fuse(kernel_name="step")
    def step(w: Any, g: Any, rate: Any) -> Any:
        g = cupy.where(cupy.abs(g) > 1, cupy.sign(g), g)
        w -= rate * g.astype("float32")
        return w * 2, cupy.exp(-g)

    w, g = numbers(3), numbers(3)
    twice, small = step(w, g, 0.5)
    assert cupy.counts.launches == 1
    assert w.get().tolist() == [0, 0.5, 1.5] and twice.get().tolist() == [0, 1, 3]
    assert w.dtype == twice.dtype == small.dtype == np.float32
    assert cupy.fuse(lambda x: x + 1)(np.ones(1)).tolist() == [2]  # without a device array a plain function


def test_a_fused_function_in_a_graph(cupy: Any, numbers: Any) -> None:
    @cupy.fuse
    def step(w: Any, g: Any) -> None:
        w -= g

    w, g, stream = numbers(3), numbers(3), cupy.cuda.Stream()
    with stream:
        stream.begin_capture()
        step(w, g)
        graph = stream.end_capture()
        assert w.get().tolist() == [0, 1, 2]
        graph.launch()
        assert w.get().tolist() == [0, 0, 0]


def test_a_fused_function_is_traced_once(cupy: Any, numbers: Any) -> None:
    rate = 1.0
    scale = cupy.fuse(kernel_name="scale")(lambda x: x * rate)
    a = numbers(3)
    scale(a)
    rate = 100.0  # noqa: F841, the closure sees it, the kernel does not
    assert scale(a).get().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("dtype", "half", "number"),
    [
        ("bool", "f2", "i1"), ("int8", "f2", "i1"), ("uint8", "f2", "u1"), ("int16", "f4", "i2"), ("int32", "f8", "i4"),
        ("float16", "f2", "f2"), ("float32", "f4", "f4"), ("float64", "f8", "f8"),
    ],
)  # fmt: skip
def test_numbers_in_a_fused_function_count_as_small(cupy: Any, dtype: str, half: str, number: str) -> None:
    def step(x: Any, rate: Any) -> Any:
        return x * 0.5, x * rate, x * (1 - rate), cupy.exp(x), x + 1, cupy.where(x > 0, 1.0, 0.0), x / 2

    *halves, exp, more, chosen, quotient = cupy.fuse(step)(cupy.ones(3, dtype), 0.5)
    assert [a.dtype for a in halves] == [np.dtype(half)] * 3 and halves[2].get().tolist() == [0.5] * 3
    assert (exp.dtype, more.dtype, chosen.dtype) == (np.dtype(half), np.dtype(number), np.float16)
    assert quotient.dtype == (np.dtype(dtype) if dtype.startswith("float") else np.float64)


@pytest.mark.parametrize(
    "body",
    [
        lambda cp, x, other: abs(x),
        lambda cp, x, other: x.sum(),
        lambda cp, x, other: x.clip(0, 1),
        lambda cp, x, other: x.reshape(-1),
        lambda cp, x, other: x.shape,
        lambda cp, x, other: x[0],
        lambda cp, x, other: 2**x,
        lambda cp, x, other: x if x > 0 else -x,
        lambda cp, x, other: x + other,
        lambda cp, x, other: np.exp(x),
        lambda cp, x, other: cp.reshape(x, -1),
        lambda cp, x, other: cp.add(x, 1, where=x),
        lambda cp, x, other: 3.0,
        lambda cp, x, other: (x, 3.0),
    ],
)
def test_what_cannot_be_fused(cupy: Any, numbers: Any, body: Any) -> None:
    a, other = numbers(3), numbers(3)
    with pytest.raises((TypeError, AttributeError, ValueError)):
        cupy.fuse(kernel_name="fault")(lambda x: body(cupy, x, other))(a)


def test_a_fused_function_needs_a_name(cupy: Any, numbers: Any) -> None:
    with pytest.raises(ValueError, match='Invalid kernel name: "<lambda>"'):
        cupy.fuse(lambda x: x + 1)(numbers(3))
    with pytest.raises(ValueError, match="return value of fused functions must be"):
        cupy.fuse(kernel_name="number")(lambda x: 3.0)(numbers(3))
    either = cupy.fuse(kernel_name="either")(lambda x: (x < 1) | (x > 1))
    assert either(numbers(3)).get().tolist() == [True, False, True]


def test_fused_functions_of_cupy_beside_ufuncs(cupy: Any, numbers: Any) -> None:
    f = cupy.fuse(kernel_name="f")(lambda x: cupy.clip(x, 1, 2) + cupy.copy(x))
    assert f(numbers(4)).get().tolist() == [1, 2, 4, 5]


def test_elementwise_kernels_are_told_what_they_do(cupy: Any, numbers: Any) -> None:
    a = numbers(3)
    axpy = cupy.ElementwiseKernel("T a, T x, T y", "T z", "z = a * x + y", "axpy")
    assert axpy(2, a, a).get().tolist() == [0, 3, 6]
    assert axpy(2, a, a, a) is a and a.get().tolist() == [0, 3, 6]
    with pytest.raises(TypeError, match="mismatch"):
        axpy(2, a, a.astype("float64"))
    with pytest.raises(AssertionError, match="'other'.*must say what this kernel does"):
        cupy.ElementwiseKernel("T x", "T y", "y = x", "other")(a)
