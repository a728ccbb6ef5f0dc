"""The three convolutions against their loops, drawn shapes and settings; what im2col lays out; bad input."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, ops, threads
from tinydl.ops import convolution, correlation, windows


@st.composite
def settings_of_a_convolution(draw: st.DrawFn) -> tuple:
    """(x, kernel, strides, padding, dilation_rate) that fit together."""
    numbers = st.integers(1, 3)
    window, strides = (draw(st.tuples(numbers, numbers)) for _ in range(2))
    dilation = draw(st.tuples(*[st.sampled_from([1, 1, 2, 3, 8])] * 2))
    padding = draw(st.sampled_from(["valid", "same"]))
    least = [(k - 1) * d + 1 if padding == "valid" else 1 for k, d in zip(window, dilation)]
    height, width = (draw(st.integers(low, low + 5)) for low in least)
    n, cin, cout = draw(numbers), draw(numbers), draw(numbers)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return (
        rng.normal(size=(n, height, width, cin)),
        rng.normal(size=(*window, cin, cout)),
        strides,
        padding,
        dilation,
    )


@given(settings_of_a_convolution())
def test_conv2d_and_its_gradients_are_the_loops(drawn: tuple) -> None:
    x, kernel, *settings = drawn
    y = convolution.conv2d_naive(x, kernel, *settings)
    a, b = Tensor(x, requires_grad=True), Tensor(kernel, requires_grad=True)
    out = ops.conv2d(a, b, *settings)
    np.testing.assert_allclose(out.numpy(), y, atol=1e-12)
    gy = np.random.default_rng(0).normal(size=y.shape)
    gx, gk = grad(out, [a, b], grad_outputs=gy)
    np.testing.assert_allclose(
        gx.numpy(), convolution.conv2d_transpose_naive(gy, kernel, *settings, x.shape[1:3]), atol=1e-12
    )
    np.testing.assert_allclose(
        gk.numpy(), convolution.conv2d_kernel_naive(x, gy, kernel.shape[:2], *settings), atol=1e-12
    )


@given(settings_of_a_convolution())
def test_conv2d_transpose_is_the_loops(drawn: tuple) -> None:
    x, kernel, *settings = drawn
    kernel = kernel.swapaxes(2, 3)
    y = convolution.conv2d_transpose_naive(x, kernel, *settings)
    np.testing.assert_allclose(ops.conv2d_transpose(x, kernel, *settings), y, atol=1e-12)


@given(settings_of_a_convolution(), st.booleans())
def test_a_bias_is_added_to_every_pixel(drawn: tuple, transposed: bool) -> None:
    x, kernel, *settings = drawn
    bias = np.random.default_rng(0).normal(size=kernel.shape[3])
    op = ops.conv2d_transpose if transposed else ops.conv2d
    kernel = kernel.swapaxes(2, 3) if transposed else kernel
    np.testing.assert_allclose(
        op(x, kernel, *settings, bias=bias), op(x, kernel, *settings) + bias, atol=1e-12
    )


@pytest.mark.parametrize("cin, cout, size", [(1, 1, 16), (3, 3, 12), (2, 5, 14), (1, 20, 10), (2, 40, 9)])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_kernels_side_by_side(cin: int, cout: int, size: int, window: int) -> None:
    """From eight places at once (few kernels) to one (a width that nothing divides)."""
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 4, size, cin)), rng.normal(size=(2, window, cin, cout))
    y = convolution.conv2d_naive(x, kernel, padding="same")
    np.testing.assert_allclose(ops.conv2d(x, kernel, padding="same"), y, atol=1e-12)


@pytest.mark.cpu
def test_workspaces_stay_small_however_large_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """im2col of this picture would take 151 MB; its own size is 17 MB."""
    monkeypatch.setenv("TINYDL_THREADS", "4")
    x, kernel = np.zeros((1, 512, 512, 16), np.float32), np.zeros((3, 3, 16, 8), np.float32)
    gy = np.zeros((1, 512, 512, 8), np.float32)
    for work in (
        lambda: ops.conv2d(x, kernel, padding="same"),
        lambda: ops.conv2d_transpose(gy, kernel, padding="same"),
        lambda: ops.conv2d_kernel(x, gy, (3, 3), padding="same"),
    ):
        tracemalloc.start()
        result = work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak - result.nbytes < 24 << 20


@pytest.mark.cpu
def test_results_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit: forward, and both gradients, where pictures, and lines of a picture, are added up; pooling too."""
    monkeypatch.setattr(threads, "FEW", 100)  # even so small arrays are divided
    monkeypatch.setattr(threads, "PIECE", 100)
    monkeypatch.setattr(correlation, "BLOCK_BYTES", 1 << 14)
    rng = np.random.default_rng(0)
    x, kernel = (
        Tensor(rng.normal(size=size).astype("float32"), requires_grad=True)
        for size in [(7, 30, 30, 3), (3, 3, 3, 8)]
    )
    found = []
    for count in ("1", "2", "5"):
        monkeypatch.setenv("TINYDL_THREADS", count)
        y = ops.conv2d(x, kernel, strides=2, padding="same")
        pooled = ops.max_pool2d(y, 3, 1, padding="same")
        gradients = grad(pooled, [x, kernel], grad_outputs=np.cos(pooled.numpy()))
        found.append([y.numpy(), pooled.numpy(), *(g.numpy() for g in gradients)])
    for others in found[1:]:
        for a, b in zip(found[0], others):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("size", "window", "stride", "padding", "dilation", "larger"),
    [
        (4, 3, 1, "valid", 1, 6),
        (4, 5, 2, "valid", 1, 11),
        (4, 2, 3, "valid", 1, 12),  # a window that leaves gaps: as much as the strides, not as it reaches
        (4, 3, 1, "valid", 2, 8),
        (4, 2, 3, "same", 1, 12),
    ],
)
def test_the_size_that_a_transposed_convolution_gives(
    size: int, window: int, stride: int, padding: str, dilation: int, larger: int
) -> None:
    """Keras's rule, worked out by hand: the naive form takes it from the same place as the fast one."""
    y = ops.conv2d_transpose(np.ones((1, size, 1, 1)), np.ones((window, 1, 1, 1)), stride, padding, dilation)
    assert y.shape[1] == larger
    assert ops.conv2d(y, np.ones((window, 1, 1, 1)), (stride, 1), padding, dilation).shape[1] == size


def test_a_row_of_im2col_is_a_window() -> None:
    x = np.arange(2 * 4 * 5 * 3.0).reshape(2, 4, 5, 3)
    rows, columns = windows.axes(x.shape, (3, 2), 1, "valid")
    cols = ops.im2col(x, rows, columns)
    assert cols.shape == (2 * 2 * 4, 3 * 2 * 3)
    row = cols[4 * 2 + 1 * 4 + 3]  # picture 1, row 1, column 3
    np.testing.assert_array_equal(row, x[1, 1:4, 3:5].ravel())


@pytest.mark.parametrize("strides, dilation", [(1, 1), (2, 1), (1, 3), (3, 8), ((2, 1), (5, 1))])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [1, 700, 1 << 30])
def test_blocks_change_nothing(
    size: int, padding: str, strides: Any, dilation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line at a time, some lines, or all at once: beside the loops."""
    monkeypatch.setattr(correlation, "BLOCK_BYTES", size)
    rng = np.random.default_rng(0)
    settings = (strides, padding, dilation)
    x, kernel = rng.normal(size=(3, 18, 17, 2)), rng.normal(size=(3, 2, 2, 4))
    y = convolution.conv2d_naive(x, kernel, *settings)
    np.testing.assert_allclose(ops.conv2d(x, kernel, *settings), y, atol=1e-12)
    np.testing.assert_allclose(
        ops.conv2d_kernel(x, y, (3, 2), *settings),
        convolution.conv2d_kernel_naive(x, y, (3, 2), *settings),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        ops.conv2d_transpose(y, kernel, *settings, output_shape=(18, 17)),
        convolution.conv2d_transpose_naive(y, kernel, *settings, output_shape=(18, 17)),
        atol=1e-12,
    )


def test_precisions_mix_as_in_numpy() -> None:
    rng = np.random.default_rng(0)
    x, kernel = (rng.normal(size=size).astype("float32") for size in [(1, 4, 4, 2), (3, 3, 2, 3)])
    bias = rng.normal(size=3)
    y = ops.conv2d(x, kernel, bias=bias)
    assert y.dtype == np.float64
    wide = ops.conv2d(x.astype("float64"), kernel.astype("float64"), bias=bias)
    np.testing.assert_allclose(y, wide, rtol=1e-12)
    whole = ops.conv2d(np.ones((1, 3, 3, 1), int), np.ones((3, 3, 1, 1), int), bias=np.array([0.5]))
    assert whole.item() == 9.5


@pytest.mark.parametrize("order", ["C", "F"])
def test_any_memory_layout_and_nothing_is_written(order: str) -> None:
    rng = np.random.default_rng(0)
    x, kernel = (
        np.asarray(rng.normal(size=(2, 5, 4, 3)), order=order),
        np.asarray(rng.normal(size=(3, 3, 3, 2)), order=order),
    )
    x.flags.writeable = kernel.flags.writeable = False
    np.testing.assert_allclose(ops.conv2d(x, kernel), convolution.conv2d_naive(x, kernel), atol=1e-12)
    np.testing.assert_allclose(
        ops.conv2d(x[:, ::-1], kernel), convolution.conv2d_naive(x[:, ::-1], kernel), atol=1e-12
    )


def test_float32_stays_float32_and_an_empty_batch_passes() -> None:
    x, kernel = np.ones((1, 4, 4, 2), np.float32), np.ones((3, 3, 2, 5), np.float32)
    assert ops.conv2d(x, kernel).dtype == ops.conv2d_transpose(x, kernel.swapaxes(2, 3)).dtype == np.float32
    assert ops.conv2d(x[:0], kernel).shape == (0, 2, 2, 5)


def test_same_pads_unevenly_as_keras_does() -> None:
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    y = ops.conv2d(x, np.ones((1, 2, 1, 1)), padding="same")  # one zero, at the end
    np.testing.assert_array_equal(y.ravel(), [3, 5, 7, 4])


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: ops.conv2d(np.ones((4, 4, 2)), np.ones((3, 3, 2, 1))),
            "x has shape \\(4, 4, 2\\), expected",
        ),
        (lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2))), "kernel has shape"),
        (lambda: ops.conv2d(np.ones((1, 4, 4, 3)), np.ones((3, 3, 2, 1))), "3 channels, the kernel"),
        (
            lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 1)), bias=np.ones((1, 1))),
            "bias has shape \\(1, 1\\), expected \\(1,\\)",
        ),
        (
            lambda: ops.conv2d_transpose(np.ones((1, 4, 4, 2)), np.ones((3, 3, 5, 2)), bias=np.ones(2)),
            "bias has shape \\(2,\\), expected \\(5,\\)",
        ),
        (lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((5, 5, 2, 1))), "a window of 5 does not fit"),
        (
            lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 1)), padding="samme"),
            "did you mean 'same'",
        ),
        (lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 1)), strides=0), "strides: expected"),
        (
            lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 1)), strides=(1, 2, 3)),
            "strides: expected",
        ),
        (
            lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 1)), dilation_rate=1.5),
            "dilation_rate: expected",
        ),
        (
            lambda: ops.conv2d_transpose(np.ones((1, 4, 4, 2)), np.ones((3, 3, 1, 2)), output_shape=(9, 9)),
            "gives \\(7, 7\\), x is \\(4, 4\\)",
        ),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
