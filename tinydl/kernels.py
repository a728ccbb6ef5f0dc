"""What NumPy and CuPy do each in its own way, behind one name: an op does not ask which of them it is working with.

On a GPU two things cost time that cost nothing on a CPU: each launch of a kernel, and whatever makes the GPU wait for
the host. So there are fewer launches here, and nothing is sent.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinydl.backend import Array, array_module, library, now, on_gpu


def erf(x: Array) -> Array:
    """The error function, elementwise. NumPy has none, so the standard library's serves: exact, one call a number."""
    if array_module(x) is not np:
        return library("cupyx.scipy.special").erf(x)
    return np.vectorize(math.erf, otypes=[x.dtype])(x)


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """x summed over the axes where `shape`, of x's rank, has a 1: the way back from broadcasting."""
    axes = tuple([i for i, n in enumerate(shape) if n == 1])
    if x.ndim < 3 or x.size == 0 or axes != tuple(range(x.ndim - 1)):
        return x.sum(axis=axes, keepdims=True)
    if on_gpu(x):  # axis by axis: CuPy gives each number of a result a few threads only
        while x.ndim > 1:
            x = x.sum(axis=-2)
        return x.reshape(shape)
    # A sum for each channel. As a matrix product it is many times faster than .sum(); and picture by picture it
    # keeps the digits of float32 that go lost where a million numbers are added up one after the other.
    pictures = x.reshape(len(x), -1, shape[-1])  # (n, h*w, c)
    sums = np.ones((1, pictures.shape[1]), dtype=x.dtype) @ pictures  # (n, 1, c)
    return sums.sum(axis=0).reshape(shape)


def product(a: Array, b: Array) -> Array:
    """a @ b. In a recording, which can hold no products, each stands by itself (see recording.py)."""
    if now.recording is not None and on_gpu(a):
        return now.recording.product(a, b)
    # np.dot for matrices: with @ NumPy keeps Python's lock for results of 500 numbers or less, and other threads wait.
    return a.dot(b) if a.ndim == 2 and b.ndim == 2 else a @ b


def concatenate(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays one after another along an axis.

    To join more than eight at once CuPy sends a list of their addresses to the GPU. So they are joined by halves there.
    """
    xp = array_module(*arrays)
    if xp is not np and len(arrays) > 8:
        half = len(arrays) // 2
        arrays = [concatenate(arrays[:half], axis), concatenate(arrays[half:], axis)]
    return xp.concatenate(arrays, axis=axis)


def one_kernel(function: Callable) -> Callable:
    """An elementwise function of arrays that a GPU does in one go, instead of one kernel for each of its operations.

    So their numbers go through the memory once, and there is one launch. The function takes arrays (broadcast) and
    options; it uses operators and elementwise functions of `array_module`, may write into arrays (`a += b`,
    `a[...] = b`), and returns an array or None. On the CPU it stays what it is.
    """

    @functools.wraps(function)
    def call(*given: Any) -> Any:
        if not on_gpu(given[0]):
            return function(*given)
        options = tuple([... if on_gpu(value) else value for value in given])
        if any(isinstance(option, (np.ndarray, np.generic)) for option in options):
            return function(*given)  # says what is wrong, or does it step by step
        if (function, *options) not in _kernels:

            def of_arrays(*arrays: Any) -> Any:
                rest = iter(arrays)
                return function(*[next(rest) if option is ... else option for option in options])

            _kernels[function, *options] = fused(of_arrays)
        return _kernels[function, *options](*[value for value in given if on_gpu(value)])

    return call


_kernels: dict[tuple, Callable] = {}  # by function and options, which become constants


def fused(function: Callable) -> Callable:
    """The kernel of such a function of GPU arrays alone.

    CuPy runs the function once, on stand-ins for the arrays, and writes down what it does with them; what else the
    function uses becomes constant.
    """

    def traced(*arrays: Any) -> Any:
        now.tracing = True
        try:
            return function(*arrays)
        finally:
            now.tracing = False

    return library().fuse(kernel_name="tinydl_fused")(traced)


def gather(arrays: Sequence[Array], out: Array) -> None:
    """All these arrays, flattened, one after another in the vector `out`: on a GPU in one launch for sixty of them."""
    if not on_gpu(out):
        np.concatenate([a.reshape(-1) for a in arrays], out=out)
        return
    start = 0
    for i in range(0, len(arrays), 60):  # the parameters of a kernel may take 4 KB: a vector is 32 bytes
        some = [library().ascontiguousarray(a).reshape(-1) for a in arrays[i : i + 60]]
        stop = start + sum(a.size for a in some)
        _gathering(tuple([a.size for a in some]))(*some, out[start:stop], size=stop - start)
        start = stop


@functools.cache
def _gathering(sizes: tuple[int, ...]) -> Callable:
    """The kernel that gathers arrays of these sizes: element i of the vector looks up which of them it is in."""
    names, choice, start = [f"raw T a{k}" for k in range(len(sizes))], "", 0
    for k, size in enumerate(sizes):
        choice += f"i < {start + size} ? a{k}[i - {start}] : "
        start += size
    return library().ElementwiseKernel(", ".join(names), "raw T y", f"y[i] = {choice}T(0)", "tinydl_gather")
