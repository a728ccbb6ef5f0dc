"""Numbers and words that say how something is done: strides, padding, a rate, epsilon, the step of an optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import Look, Question

STEPS = {"t", "step", "steps", "iteration", "iterations"}
OTHER = {"same": "valid", "valid": "same"}


def questions(look: Look) -> Iterator[Question]:
    """What would be right if one of the options had another value."""
    for name, value in look.names.items():
        if name in ("gy", "y") or np.ndim(value) > 1 or isinstance(value, np.ndarray) and value.ndim:
            continue
        if "stride" in name:
            said = f"Yours is right for {name} of 1. Where does one window begin, and where the next?"
            one: Any = (1, 1) if isinstance(value, (tuple, list)) else 1
            yield Question("strides", said, name, lambda _, one: one, one)
        elif isinstance(value, (bool, np.bool_)):
            key = "constants" if "train" in name else "only some"
            yield Question(
                key, f"Yours is right where {name} is {not value}. What does it change?", name, np.logical_not
            )
        elif isinstance(value, str):
            if value in OTHER:
                said = f"Yours is right for {name} = {OTHER[value]!r}. What stands around the picture?"
                yield Question("padding", said, name, OTHER.__getitem__)
        elif isinstance(value, (int, float, np.number, np.ndarray)):
            yield from _number(name, value)


def _number(name: str, value: Any) -> Iterator[Question]:
    key = "padding" if "pad" in name else "epsilon" if "eps" in name else ""
    if name in STEPS:
        late = "Yours is right for a very late step. What does the bias correction do at the first ones?"
        yield Question("bias correction", late, name, lambda _: 10**6)
    else:
        for other in (0, 1):
            said = f"Yours is right for {name} = {other}. Where does {name} come in?"
            yield Question(key or "left out", said, name, lambda old, other: type(old)(other), other)
    if isinstance(value, (int, np.integer)):
        for by in (-1, 1):
            said = f"Yours is right for {name} {'−' if by < 0 else '+'} 1. From where is counted?"
            counted = "bias correction" if name in STEPS else key or "shifted"
            yield Question(counted, said, name, lambda old, by: old + by, by)
        return
    where = "Does it stand under the root, or beside it?" if key == "epsilon" else "How does it come in?"
    for said, change in (
        (f"1 − {name}. Which part takes {name}, and which one takes the rest?", lambda old: 1 - old),
        (f"−{name}. Which sign belongs there?", lambda old: -old),
        (f"the square of {name}. {where}", lambda old: old * old),
        (f"the root of {name}. {where}", np.sqrt),
        (f"twice the {name}. How often does it count?", lambda old: 2 * old),
        (f"half the {name}. How often does it count?", lambda old: old / 2),
    ):
        yield Question(key or "factor", f"Yours is right for {said}", name, change)
