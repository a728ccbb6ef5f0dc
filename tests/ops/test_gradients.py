"""Every differentiable op's gradient against finite differences, first and second order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gradient_cases import GRADIENTS, reports
from tinydl import Tensor
from tinydl.op import OPS


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_both_orders(name: str) -> None:
    for report in reports(name):
        assert report.error < 1e-6, report


def test_the_table_runs_every_gradient_rule_there_is() -> None:
    run = set()
    for function, shapes in (case for cases in GRADIENTS.values() for case in cases):
        out = function(*[Tensor(np.ones(shape), requires_grad=True) for shape in shapes])
        waiting = [y.node for y in (out if isinstance(out, tuple) else (out,))]
        while waiting:
            node = waiting.pop()
            if hasattr(node.plan, "slots"):
                names = [node.plan.op.names[s[0] if isinstance(s, tuple) else s] for s in node.plan.slots]
                run.update((node.name, name) for name in names)
            waiting.extend(node.parents)
    ours = [op.op for op in OPS.values() if op.__module__.startswith("tinydl.")]  # type: ignore[attr-defined]
    assert {(op.name, name) for op in ours for name in op.rules} - run == set()
