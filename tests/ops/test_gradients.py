"""Every differentiable op's gradient against finite differences, first and second order."""

from __future__ import annotations

import pytest

from tests.gradient_cases import GRADIENTS, reports
from tinydl import ops
from tinydl.op import OPS


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_both_orders(name: str) -> None:
    for report in reports(name):
        assert report.error < 1e-6, report


def test_every_differentiable_op_is_in_the_table() -> None:
    assert ops
    differentiable = {name for name, op in OPS.items() if op.op.rules}  # type: ignore[attr-defined]
    assert differentiable - set(GRADIENTS) == set()
