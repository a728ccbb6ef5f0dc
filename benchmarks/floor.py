"""The floor: the time of the bare matrix products that a step cannot do without, by NumPy on the same threads.

Nothing else is done: no windows are laid out, nothing is added, activated or updated, and the operands are the same
few arrays again and again, which stay in the cache. Code that computes convolutions as matrix products, with NumPy's
BLAS, cannot be faster. With another BLAS, or with other arithmetic such as Winograd's, one can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from benchmarks.cases import FILTERS, KERNEL, Case
from benchmarks.steps import Steps, repeated
from tinydl.layers import Conv2D, Conv2DTranspose, Dense
from tinydl.layers.base import Layer
from tinydl.ops.correlation import BLOCK_BYTES
from tinydl.threads import in_shares, matmul, threads


@dataclass(frozen=True)
class Product:
    """(rows, inner) @ (inner, columns); or, if `over_rows`, (rows, inner).T @ (rows, columns): a kernel's gradient.

    `whole`: one product, as in a dense layer. Otherwise the rows are windows, and come in blocks.
    """

    rows: int
    inner: int
    columns: int
    over_rows: bool = False
    whole: bool = False

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns


@dataclass(frozen=True)
class Products:
    """The three products of a layer: forward, and the gradients of its kernel and of its input."""

    forward: Product
    kernel: Product
    input: Product


def products(layer: Any, batch: int) -> Products:
    """What a layer that has been built multiplies, for so many samples.

    The input's gradient of a convolution is a transposed convolution. With stride 1 that is a convolution of the
    gradient; with strides that would multiply the zeros between the pixels too, and each pixel is rather spread over
    the window it came from: `out` times `kernel.T`. Conv2DTranspose is the same with forward and input exchanged.
    """
    if isinstance(layer, Dense):
        rows = batch * prod(layer.input_shape[1:-1])
        features, units = layer.kernel.shape
        return Products(
            Product(rows, features, units, whole=True),
            Product(rows, features, units, over_rows=True, whole=True),
            Product(rows, units, features, whole=True),
        )
    turned = isinstance(layer, Conv2DTranspose)
    small = layer.input_shape if turned else layer.output_shape  # the picture with a window for each pixel
    window, (large_channels, small_channels) = prod(layer.kernel_size), layer.kernel.shape[2:]
    rows = batch * small[1] * small[2]
    gather = Product(rows, window * large_channels, small_channels)
    if max(layer.strides) == 1:
        spread = Product(rows, window * small_channels, large_channels)
    else:
        spread = Product(rows, small_channels, window * large_channels)
    kernel = Product(rows, window * large_channels, small_channels, over_rows=True)
    return Products(spread, kernel, gather) if turned else Products(gather, kernel, spread)


def with_products(layer: Layer) -> Iterator[Layer]:
    """The layers inside that multiply matrices, in their order."""
    if isinstance(layer, (Conv2D, Conv2DTranspose, Dense)):
        yield layer
    for inner in layer.sublayers():
        yield from with_products(inner)


def passes(model: Layer, batch: int, *which: str, input_too: bool = False) -> Iterator[Product]:
    """The products of all layers: "forward", "kernel", "input".

    The first layer's input is data, and needs no gradient, unless `input_too`.
    """
    for i, layer in enumerate(with_products(model)):
        found = products(layer, batch)
        for each in which:
            if each != "input" or i > 0 or input_too:
                yield getattr(found, each)


def of_case(case: Case, phase: str) -> list[Product]:
    """All products of a step."""
    from benchmarks.in_tinydl import compiled

    everything = ("forward", "kernel", "input")
    if case.network == "convolution":
        layer = Conv2D(FILTERS, KERNEL, padding="same", use_bias=False)
        layer.build((None, *case.shape))
        layer.built, layer.input_shape = True, (None, *case.shape)
        which = everything if phase == "train" else ("forward",)
        return list(passes(layer, case.batch, *which, input_too=True))
    model: Any = compiled(case.network)
    if not case.network.endswith("dcgan"):
        return list(passes(model, case.batch, *(everything if phase == "train" else ("forward",))))
    draws, judges, n = model.generator, model.discriminator, case.batch
    if phase == "infer":
        return list(passes(draws, n, "forward"))
    return [
        *passes(draws, n, "forward"),
        *passes(judges, 2 * n, *everything),  # the discriminator learns from n generated and n real ones
        *passes(draws, n, *everything),
        *passes(judges, n, "forward", "input", input_too=True),  # the generator learns through it
    ]


def prepare(case: Case, phase: str, layout: str = "") -> Steps:
    """The products of a case, one after the other."""
    works = [ready(product) for product in of_case(case, phase)]
    return repeated(lambda: [work() for work in works])


def ready(product: Product) -> Callable[[], object]:
    """A product with its operands made: what is left is to multiply."""
    rng = np.random.default_rng(0)
    inner, columns = product.inner, product.columns
    if product.whole:
        first = rng.random((product.rows, inner), dtype=np.float32)
        second = rng.random((product.rows if product.over_rows else inner, columns), dtype=np.float32)
        return lambda: matmul(first.T if product.over_rows else first, second)
    block = min(product.rows, max(1, BLOCK_BYTES // (4 * max(inner, columns))))
    left = rng.random((block, inner), dtype=np.float32)
    right = rng.random((block if product.over_rows else inner, columns), dtype=np.float32)

    def share(rows: slice) -> None:  # of a thread, in blocks that it writes one over the other
        out = np.empty((columns, inner) if product.over_rows else (block, columns), dtype=np.float32)
        for length in lengths(rows.stop - rows.start, block):
            if product.over_rows:
                np.dot(right[:length].T, left[:length], out=out)
            else:
                np.dot(left[:length], right, out=out[:length])

    return lambda: in_shares(share, product.rows, left, shares=threads())


def lengths(total: int, block: int) -> Iterable[int]:
    """Blocks that together are so many rows."""
    return [min(block, total - start) for start in range(0, total, block)]
