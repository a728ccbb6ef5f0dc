"""A gradient taken apart: what each output contributes to it, and what became of these terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinydl.gradcheck.diagnosis.evidence import NOTHING, Ask, Guess, Look

MOST = 600  # outputs; of more, taking the gradient apart would take too long
MOST_TOGETHER = 8  # terms, all of whose sums are looked at
# A row for each choice of terms.
CHOICES = np.arange(2**MOST_TOGETHER)[:, None] >> np.arange(MOST_TOGETHER) & 1


def guesses(look: Look, reference: Ask) -> Iterator[Guess]:
    """What can happen to the terms: only the own one is there, or the last, or their mean."""
    if not 1 < np.size(look.names["gy"]) <= MOST:
        return
    apart = _Apart(reference)
    yield Guess(
        "cross terms",
        "Each input was taken to move the output at its own place only. Which others does it move?",
        apart.own,
    )
    yield Guess(
        "cross terms",
        "What an input does to outputs at other places is right; what it does to the one at its own place is missing.",
        lambda at: at.expected - apart.own(at),
    )
    for trailing in range(np.ndim(look.names["gy"])):
        for last in (True, False):
            yield Guess(
                "sum missing",
                f"Each number of your gradient holds the {'last' if last else 'first'} of its terms only. An input "
                "that is used several times gets something from each of its uses: is something written over?",
                apart.one_term,
                trailing,
                last,
            )
        yield Guess(
            "factor",
            "Each number of your gradient is divided by how many terms it has. Is there a mean where a sum is due?",
            apart.mean_term,
            trailing,
        )
    for trailing in range(np.ndim(look.names["gy"])):
        yield Guess(
            "sum missing",
            "Each number of your gradient holds some of its terms, but not all. An input that is used several times "
            "gets something from each of its uses: is something written over?",
            apart.some_terms,
            trailing,
            scaled=False,
        )
    yield Guess(
        "transposed",
        "Your gradient says how far each output moves if the inputs move by gy. But gy belongs to the outputs: which "
        "axis of the derivative is summed over?",
        apart.forward,
    )


class _Apart:
    """The terms of each look's gradient, worked out once."""

    def __init__(self, reference: Ask):
        self.reference = reference
        self.known: dict[int, np.ndarray] = {}

    def slopes(self, at: Look) -> np.ndarray:
        """The derivative of each output: (outputs, inputs)."""
        if id(at) not in self.known:
            shape = np.shape(at.names["gy"])
            if np.prod(shape) > MOST:
                raise ValueError("too many outputs")
            rows = []
            for place in np.ndindex(shape):
                one = np.zeros(shape)
                one[place] = 1.0
                rows.append(np.asarray(self.reference({**at.names, "gy": one}), dtype=np.float64).ravel())
            found = np.array(rows)
            found[np.abs(found) < 1e-7 * np.abs(found).max()] = 0  # the rounding of differences
            self.known[id(at)] = found
        return self.known[id(at)]

    def own(self, at: Look) -> np.ndarray:
        """Of each input, what the output at its own place contributes."""
        gy = _square(at)
        return gy * np.diagonal(self.slopes(at)).reshape(gy.shape)

    def forward(self, at: Look) -> np.ndarray:
        """gy sent the wrong way: outputs and inputs exchanged."""
        gy = _square(at)
        return (self.slopes(at) @ gy.ravel()).reshape(gy.shape)

    def _table(self, at: Look, trailing: int) -> np.ndarray:
        """The terms in the order of loops over the outputs, the last axes of gy summed: (terms, inputs)."""
        gy = np.asarray(at.names["gy"], dtype=np.float64)
        table = gy.reshape(-1, 1) * self.slopes(at)
        inner = int(np.prod(gy.shape[gy.ndim - trailing :]))
        return table.reshape(-1, inner, at.expected.size).sum(axis=1)

    def one_term(self, at: Look, trailing: int, last: bool) -> np.ndarray:
        """Of each input, the last term that is not 0, or the first."""
        table = self._table(at, trailing)
        table = table[::-1] if last else table
        return table[(table != 0).argmax(axis=0), np.arange(table.shape[1])].reshape(at.expected.shape)

    def some_terms(self, at: Look, trailing: int) -> Any:
        """Of each input, the sum of those terms that comes closest to yours."""
        table = self._table(at, trailing).T  # (inputs, terms)
        if ((table != 0).sum(axis=1) < 2).all():
            return NOTHING
        yours, best = at.yours.ravel(), table.sum(axis=1)
        for i, terms in enumerate(table):
            several = terms[terms != 0]
            if len(several) <= MOST_TOGETHER:
                sums = CHOICES[: 2 ** len(several), : len(several)] @ several
                best[i] = sums[np.abs(sums - yours[i]).argmin()]
        return best.reshape(at.expected.shape)

    def mean_term(self, at: Look, trailing: int) -> np.ndarray:
        """Of each input, the mean of the terms that are not 0."""
        table = self._table(at, trailing)
        return (table.sum(axis=0) / np.maximum((table != 0).sum(axis=0), 1)).reshape(at.expected.shape)


def _square(at: Look) -> np.ndarray:
    """gy, where outputs and inputs have one shape; elsewhere these questions make no sense."""
    gy = np.asarray(at.names["gy"], dtype=np.float64)
    if gy.shape != at.expected.shape:
        raise ValueError("outputs and inputs have different shapes")
    return gy
