"""What races on a GPU in PyTorch: its eager form, `torch.compile`, and a CUDA graph of the step.

The networks, losses and optimizers are those of `in_torch.py`. Pictures lie channels first, PyTorch's default, and
cuDNN may try out which of its algorithms is fastest, as one allows it where shapes stay the same. No TF32.
Each function is given a case and returns a step that is ready to be timed, after a few to warm up, together with the
most bytes that its tensors took in a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import in_torch
from benchmarks.cases import Case
from benchmarks.gpu_tinydl import batch_of
from benchmarks.torch_networks import VAE

WARM_UP = 5  # steps: the first ones compile and try out
Step = Callable[[], object]


def begin() -> int:
    """Choose float32 in full; returns the bytes that are taken now, with what cuBLAS takes once and for all."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    torch.ones(8, 8, device="cuda").mm(torch.ones(8, 8, device="cuda"))
    return torch.cuda.memory_allocated()


def prepared(
    case: Case,
    device: str = "cuda",
    also: Callable[[nn.Module], object] = lambda net: None,
    **options: Any,
) -> tuple[Tensor, Tensor, in_torch.Learn]:
    """A batch, its labels (the batch itself where there are none), and what learns from them.

    Args:
        also: what is to be done to each network.
        options: for the optimizers.
    """

    def ready(net: nn.Module) -> nn.Module:
        net = net.to(device)
        also(net)
        return net

    array, labels = batch_of(case)
    x = torch.from_numpy(array).to(device)
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    _, learn = in_torch.network(case.network, ready, **options)
    return x, x if labels is None else torch.from_numpy(labels).to(device), learn


def warmed_up(learn: in_torch.Learn, x: Tensor, y: Tensor, before: int) -> tuple[Step, int]:
    """The step, and what one takes after the first ones."""
    for _ in range(WARM_UP):
        learn(x, y)
    torch.cuda.reset_peak_memory_stats()
    learn(x, y)
    return lambda: learn(x, y), torch.cuda.max_memory_allocated() - before


def eager(case: Case) -> tuple[Step, int]:
    """Op by op, as it stands there."""
    before = begin()
    x, y, learn = prepared(case)
    return warmed_up(learn, x, y, before)


def compile_parts(net: nn.Module) -> None:
    """`torch.compile`, in place. A VAE is called part by part.

    (`part.compile()` would be shorter, but PyTorch 2.13 was seen to compile nothing then, without a word.)
    """
    for part in net.children() if isinstance(net, VAE) else [net]:
        part.forward = torch.compile(part.forward, dynamic=False)  # type: ignore[method-assign]


def compiled(case: Case) -> tuple[Step, int]:
    """The networks compiled, forward and backward; the loop around them as it is."""
    before = begin()
    torch.compiler.reset()  # there is a limit to how often the same function is compiled
    x, y, learn = prepared(case, also=compile_parts)
    return warmed_up(learn, x, y, before)


def graph(case: Case) -> tuple[Step, int]:
    """The whole step as one CUDA graph. The batch is copied into its place, as tinydl's replay does it.

    What the host would compute anew in each step stays as it was: the DCGAN's learning rates, which fall by 1e-8.
    """
    before = begin()
    x, y, learn = prepared(case, capturable=True)
    place_x = x.clone()
    place_y = place_x if y is x else y.clone()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            learn(place_x, place_y)
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.reset_peak_memory_stats()
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        learn(place_x, place_y)

    def step() -> None:
        place_x.copy_(x)
        if y is not x:
            place_y.copy_(y)
        recorded.replay()

    step()
    return step, torch.cuda.max_memory_allocated() - before
