"""The floor: which products a step needs, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import floor
from benchmarks.cases import CASES, Case
from benchmarks.floor import Product, of_case, products, ready
from tinydl import layers

N = 128
LENET = {  # multiplications and additions of a batch, forward
    "first convolution": 2 * N * 28 * 28 * 25 * 1 * 20,
    "second convolution": 2 * N * 14 * 14 * 25 * 20 * 50,
    "dense": 2 * N * 2450 * 500,
    "output": 2 * N * 500 * 10,
}


def flops(found: list[Product]) -> int:
    return sum(each.flops for each in found)


def built(layer: layers.Layer, *shape: int) -> layers.Layer:
    layer(np.zeros((1, *shape), dtype=np.float32))
    return layer


def test_lenet_forward() -> None:
    found = of_case(CASES["lenet"], "infer")
    assert [each.flops for each in found] == list(LENET.values())


def test_lenet_learning_takes_three_products_a_layer_but_for_the_first() -> None:
    found = of_case(CASES["lenet"], "train")
    assert len(found) == 3 * 4 - 1
    assert flops(found) == 3 * sum(LENET.values()) - LENET["first convolution"]


def test_the_convolution_alone_wants_the_gradient_of_its_input_too() -> None:
    forward = 2 * 1024 * 1024 * 9 * 16 * 32
    assert flops(of_case(CASES["convolution"], "infer")) == forward
    assert flops(of_case(CASES["convolution"], "train")) == 3 * forward


def test_a_transposed_convolution_is_counted_without_zeros() -> None:
    layer = built(layers.Conv2DTranspose(32, 3, strides=2, padding="same"), 14, 14, 64)
    found = products(layer, 16)
    each = 2 * 16 * 14 * 14 * 9 * 64 * 32  # every pixel that comes in paints 3x3 pixels, in 32 colours
    assert [found.forward.flops, found.kernel.flops, found.input.flops] == [each] * 3
    assert found.forward == Product(16 * 14 * 14, 64, 9 * 32)


def test_a_strided_convolution_spreads_its_gradient_without_zeros() -> None:
    layer = built(layers.Conv2D(64, 3, strides=2, padding="same"), 28, 28, 32)
    found = products(layer, 16)
    assert found.forward == Product(16 * 14 * 14, 9 * 32, 64)
    assert found.input == Product(16 * 14 * 14, 64, 9 * 32)


def test_the_gan_makes_two_moves() -> None:
    n = 20
    generator = [
        32 * 16 * 16 * 32,
        16 * 16 * 25 * 32 * 64,
        16 * 16 * 16 * 64 * 64,
        32 * 32 * 25 * 64 * 64,
        32 * 32 * 25 * 64 * 64,
        32 * 32 * 49 * 64 * 3,
    ]
    judge = [30 * 30 * 9 * 3 * 32, *(side * side * 16 * 32 * 32 for side in (14, 6, 2)), 128]
    assert flops(of_case(CASES["dcgan"], "infer")) == 2 * n * sum(generator)
    first_move = sum(generator) + 2 * (3 * sum(judge) - judge[0])
    second_move = 3 * sum(generator) - generator[0] + 2 * sum(judge)  # no gradients of the judge's kernels
    assert flops(of_case(CASES["dcgan"], "train")) == 2 * n * (first_move + second_move)


@pytest.mark.parametrize("network", ["lenet", "vae", "dcgan"])
def test_all_products_can_be_done(network: str) -> None:
    (shape,) = {case.shape for case in CASES.values() if case.network == network}
    for product in of_case(Case("tiny", "tiny", network, 1, shape), "train"):
        ready(product)()


def test_blocks_cover_all_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(
        floor, "in_shares", lambda work, rows, *_, **__: [work(slice(0, 7)), work(slice(7, rows))]
    )
    monkeypatch.setattr(floor, "BLOCK_BYTES", 4 * 6 * 3)  # three rows of six numbers
    monkeypatch.setattr(np, "dot", lambda a, b, out: done.append(len(a)))
    ready(Product(11, 6, 2))()
    assert done == [3, 3, 1, 3, 1]
