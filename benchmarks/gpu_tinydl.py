"""What races on a GPU through CuPy: tinydl, tinydl with its steps replayed, and the bare products; and its gradients.

Each function is given a case and returns a step that is ready to be timed, after a few to warm up, together with the
most bytes that its arrays took until then.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import tinydl
from benchmarks import floor as floor_of_cpu
from benchmarks.cases import Case
from benchmarks.floor import Product
from benchmarks.in_tinydl import compiled
from tinydl import backend
from tinydl.backend import Array, as_array, to_numpy
from tinydl.replay import WARM_UP, Replay

Step = Callable[[], object]


@contextlib.contextmanager
def watched() -> Iterator[Callable[[Step], int]]:
    """Inside the block CuPy reports what its pools hand out and get back; yields what tells the most during a step.

    Memory that is kept for later arrays does not count, nor does what a library like cuBLAS takes by itself.
    """
    now = most = 0

    def most_during(step: Step) -> int:
        nonlocal most
        most = now
        step()
        return most

    hook: Any = backend.library().cuda.MemoryHook

    class Watch(hook):
        name = "benchmarks"

        def malloc_postprocess(self, **what: Any) -> None:
            nonlocal now, most
            now += what["mem_size"]
            most = max(most, now)

        def free_postprocess(self, **what: Any) -> None:
            nonlocal now
            now -= what["mem_size"]

    with Watch():
        yield most_during


def batch_of(case: Case) -> tuple[np.ndarray, np.ndarray | None]:
    """The first batch of a case."""
    x, y = case.data("train")
    return x[: case.batch], None if y is None else y[: case.batch]


def on_device(case: Case) -> tuple[Any, list[Array | None]]:
    """The model and a batch, on the current device, in the precision of `floatx()`."""
    batch = [None if a is None else as_array(a, dtype=tinydl.floatx()) for a in batch_of(case)]
    return compiled(case.network), batch


def eager(case: Case) -> tuple[Step, int]:
    """`train_step`, as `fit` calls it."""
    with watched() as most:
        model, batch = on_device(case)
        step = partial(model.train_step, *batch)
        for _ in range(WARM_UP + 1):
            step()
        return step, most(step)


def replayed(case: Case) -> tuple[Step, int]:
    """`train_step` recorded and replayed, as `fit(..., replay=True)` does it. The batch is copied into its place.

    Raises:
        RuntimeError: the step could not be recorded.
    """
    with watched() as most, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model, batch = on_device(case)
        step = Replay(model)
        for _ in range(WARM_UP + 3):  # then it is recorded, then replayed
            step(*batch)
        if step.recording is None:
            raise RuntimeError(" ".join(str(each.message) for each in said) or "the step was not recorded")
        replayed_step = partial(step, *batch)
        return replayed_step, most(replayed_step)


# --------------------------------------------------------------------------------------------- bare products


def floor(case: Case) -> tuple[Step, int]:
    """The matrix products of a step, one after the other, each in one piece: no windows side by side, no blocks."""
    with tinydl.device("cpu"):  # only to see what it multiplies
        products = floor_of_cpu.of_case(case, "train")
    with watched() as most:
        step = multiplying(products)
        for _ in range(WARM_UP):
            step()
        return step, most(step)


def multiplying(products: list[Product]) -> Step:
    """All these products. They share their operands' memory, so that it is that of the largest."""
    xp = backend.library()
    shapes = [
        ((p.rows, p.inner), (p.rows, p.columns), (p.inner, p.columns))
        if p.over_rows
        else ((p.rows, p.inner), (p.inner, p.columns), (p.rows, p.columns))
        for p in products
    ]
    sizes = [max(a * b for a, b in operands) for operands in zip(*shapes)]
    generator = backend.random_generator()
    memory = [generator.random(size, dtype="float32") for size in sizes[:2]] + [xp.empty(sizes[2], "float32")]
    works = []
    for product, three in zip(products, shapes):
        a, b, out = (array[: n * m].reshape(n, m) for array, (n, m) in zip(memory, three))
        works.append(partial(xp.matmul, a.T if product.over_rows else a, b, out=out))

    def step() -> None:
        for work in works:
            work()

    return step


# ------------------------------------------------------------------------------------------------- gradients


class HostDraws:
    """A random generator for any device and precision that draws the same numbers: NumPy's."""

    def __init__(self, seed: int):
        self.generator = np.random.default_rng(seed)

    def __getattr__(self, name: str) -> Callable[..., Array]:
        draw = getattr(self.generator, name)
        return lambda size, dtype: as_array(draw(size), dtype=dtype)


def gradients(case: Case, weights: list[np.ndarray]) -> list[np.ndarray]:
    """The gradients of a training step, on the current device and in the precision of `floatx()`.

    Nothing is learnt. Where a step makes several moves, as a GAN's does, all begin with the same weights.
    """
    model, batch = on_device(case)
    model.set_weights(weights)
    found: list[np.ndarray] = []
    for optimizer in (model.optimizer, getattr(model, "g_optimizer", None)):
        if optimizer is not None:
            optimizer.apply = lambda grads, weights: found.extend(to_numpy(g.data) for g in grads)
    backend.set_generators({backend.current_device(): HostDraws(1)})
    try:
        model.train_step(*batch)
    finally:
        backend.set_random_seed(0)
    return found


def errors(case: Case) -> dict[str, float]:
    """How far the gradients of a step on the current device, a GPU, are from the CPU's.

    Weights, batch and random numbers are the same. "float32" and "float64": both compute in this precision. "rounding":
    the CPU's own in float32 beside those in float64. Where a ReLU's input is 0 but for rounding, or two pixels of a
    pool are alike but for it, either side may be taken, and a gradient may differ by more than its rounding.
    """
    with tinydl.device("cpu"):
        weights = compiled(case.network).get_weights()
    found = {}
    before = tinydl.floatx()
    try:
        for precision in ("float32", "float64"):
            tinydl.set_floatx(precision)
            found["gpu", precision] = gradients(case, weights)
            with tinydl.device("cpu"):
                found["cpu", precision] = gradients(case, weights)
    finally:
        tinydl.set_floatx(before)
    return {
        "float32": largest(found["gpu", "float32"], found["cpu", "float32"]),
        "float64": largest(found["gpu", "float64"], found["cpu", "float64"]),
        "rounding": largest(found["cpu", "float32"], found["cpu", "float64"]),
    }


def largest(found: list[np.ndarray], right: list[np.ndarray]) -> float:
    """The largest error of a gradient, as a share of the largest gradient in its weight array."""
    assert [g.shape for g in found] == [r.shape for r in right] and right
    tiny = float(np.finfo(np.float32).tiny)
    return max(float(np.abs(g - r).max()) / max(float(np.abs(r).max()), tiny) for g, r in zip(found, right))
