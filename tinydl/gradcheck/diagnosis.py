"""What is wrong with a result: the usual mistakes, tried one after the other, and what is said of the first that fits.

A mistake has to explain every call that was looked at, to within the tolerance. The order goes from what says most to
what says least: mistakes that are usual for this function, what was done to the right result, the right answer to
another question, any of these but for a factor, and where or when it is wrong.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tinydl.gradcheck import behaviour, questions, results
from tinydl.gradcheck.evidence import Diagnosis, Guess, Look, Mistake, Trial, distinct, factors, quiet
from tinydl.gradcheck.numbers import name_factor, plain


def diagnose(
    trials: Sequence[Trial],
    *,
    reference: Callable[[dict[str, Any]], Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    again: Callable[[dict[str, Any]], Any] | None = None,
    tolerance: float = 1e-6,
) -> Diagnosis | None:
    """The mistake that explains all trials, if it is one of the usual ones.

    Args:
        trials: calls of the function, with what it gave and what it should have given.
        reference: names -> what is right for them. Of a gradient: finite differences, weighed by `names["gy"]`.
        mistakes: what is usual for this function; it goes before all else.
        again: names -> what the function gives for them. It is called twice at most.
        tolerance: the largest error that counts as rounding, beside the largest number of an array.

    Returns:
        None if all is right, and if no usual mistake fits.

    Example:
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0], [0.5, 0.1]])
        >>> diagnose([Trial({"x": x}, yours=3 * x, expected=x)]).sentence
        'Your result is 3 times the right one in every element: 3 is the batch size. Is there a sum where a mean ...'
    """
    try:
        looks = [Look(trial, tolerance) for trial in trials]
    except (TypeError, ValueError):
        return Diagnosis("type", "What came is not an array of numbers. What does the function return?")
    with quiet():
        return _first(looks, reference, mistakes, again)


def _first(
    looks: list[Look],
    reference: Callable[[dict[str, Any]], Any] | None,
    mistakes: Sequence[Mistake],
    again: Callable[[dict[str, Any]], Any] | None,
) -> Diagnosis | None:
    """The order in which explanations are tried. They are worked out one by one, the costly ones last."""
    wrong = [look for look in looks if look.wrong]
    if not wrong:
        return behaviour.coarse(looks)
    at = min(wrong, key=lambda look: -look.expected.ndim)
    usual = [_of_mistake(mistake) for mistake in mistakes]
    itself = [Guess("factor", "", lambda look: look.expected)]
    done = results.guesses(at)
    asked: Iterator[Guess] = questions.guesses(at, reference) if reference else iter(())

    search = _Search(looks)
    steps: list[Callable[[], Diagnosis | None]] = [
        lambda: search.exact(usual),
        lambda: behaviour.not_finite(looks),
        lambda: behaviour.zeros(looks),
        lambda: behaviour.coarse(looks),
        lambda: behaviour.ties(looks),
        lambda: search.exact(itself) or search.scaled(named=True),
        lambda: search.exact(done),
        lambda: search.exact(asked),
        lambda: search.scaled(named=True),
        lambda: search.scaled(named=False),
        lambda: behaviour.changing(looks, again) if again else None,
        lambda: behaviour.neighbours(looks, again, reference) if again and reference else None,
        lambda: behaviour.by_options(looks),
        lambda: behaviour.some_cases(looks),
        lambda: behaviour.places(looks),
        lambda: behaviour.nearly(looks),
        lambda: behaviour.other_shape(looks),
    ]
    return next(filter(None, (step() for step in steps)), None)


def _of_mistake(mistake: Mistake) -> Guess:
    wanted = inspect.signature(mistake.rule).parameters

    def of(look: Look) -> Any:
        given = {name: look.names[name] for name in wanted if name in look.names}
        return mistake.rule(**{n: v.copy() if isinstance(v, np.ndarray) else v for n, v in given.items()})

    return Guess(mistake.key, mistake.sentence, of)


class _Search:
    """Guesses that were tried: the first that is right ends it, those that are right but for a factor are kept."""

    def __init__(self, looks: list[Look]):
        self.looks = looks
        self.kept: list[tuple[Guess, list[float]]] = []

    def exact(self, guesses: Iterable[Guess]) -> Diagnosis | None:
        """The first guess that explains every look as it stands."""
        for guess in guesses:
            cs = factors(self.looks, guess)
            if cs is None:
                continue
            if all(c == 1.0 or math.isnan(c) for c in cs):
                if guess.alone:
                    return Diagnosis(guess.key, guess.sentence)
            elif guess.scaled:
                self.kept.append((guess, cs))
        return None

    def scaled(self, named: bool) -> Diagnosis | None:
        """The first guess that explains every look but for a factor, one that has a name or any."""
        for guess, cs in self.kept:
            weak = any(distinct(look.expected) < 3 for look in self.looks if look.wrong)
            name = name_factor(cs, [look.names for look in self.looks], simple=weak)
            if named and name is None or not named and weak:
                continue
            said = _times(cs, name or "", self.looks, guess)
            key = "upstream" if name == f"{plain(max(cs))} is gy" else guess.key
            return Diagnosis(key, said)
        return None


def _times(cs: list[float], name: str, looks: list[Look], guess: Guess) -> str:
    """A sentence about a factor, and about what else is wrong."""
    most = max((c for c in cs if not math.isnan(c)), key=lambda c: abs(math.log(abs(c))))
    numbers = sorted({plain(c) for c in cs if not math.isnan(c)})
    what = looks[0].what
    base = "the right one" if not guess.sentence else "that"
    begin = f"Your {what} is" if not guess.sentence else f"{guess.sentence} Besides, yours is"
    said = f"{begin} {plain(most)} times {base} in every element"
    if name:
        said += f": {name}. " if " is " in name else ". "
    elif len(numbers) > 1:
        said += f" ({', '.join(numbers)} in the several cases). "
    else:
        said += ". "
    return said + _asks(most, name)


def _asks(c: float, name: str) -> str:
    if c == -1 or abs(c + 1) < 1e-5:
        return "Where does a sign get lost, or come in once too often?"
    if not name:
        return "Where could this number come from?"
    if abs(c) > 1:
        return "Is there a sum where a mean is asked for, or is something counted more than once?"
    return "Is there a mean where a sum is asked for, or is something divided once too often?"
