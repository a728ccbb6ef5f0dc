"""What is wrong with a result: the usual mistakes, tried one after the other, and what is said of the first that fits.

A mistake has to explain every call that was looked at, to within the tolerance. The order goes from what says most to
what says least: mistakes that are usual for this function, what was done to the right result, the right answer to
another question, any of these but for a factor, and where or when it is wrong.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from tinydl.gradcheck.diagnosis import amounts, behaviour, formulas, places, questions, results
from tinydl.gradcheck.diagnosis.evidence import Ask, Diagnosis, Fit, Guess, Look, Mistake, Trial, fit, quiet
from tinydl.gradcheck.diagnosis.numbers import is_one, name_factor, plain

AS_IT_IS = Guess("factor", "", lambda look: look.expected)  # the right result, perhaps but for a factor


def diagnose(
    trials: Sequence[Trial],
    *,
    reference: Ask | None = None,
    mistakes: Sequence[Mistake] = (),
    again: Ask | None = None,
    tolerance: float = 1e-6,
) -> Diagnosis | None:
    """The mistake that explains all trials, if it is one of the usual ones.

    Args:
        trials: calls of the function, with what it gave and what it should have given.
        reference: names -> what is right for them. Of a gradient: finite differences, weighed by `names["gy"]`.
        mistakes: what is usual for this function; it goes before all else.
        again: names -> what the function gives for them. It is called three times at most.
        tolerance: the largest error that counts as rounding, beside the largest number of an array.

    Returns:
        None if all is right, and if no usual mistake fits.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0], [0.5, 0.1]])
        >>> diagnose([Trial({"x": x}, yours=3 * x, expected=x)]).sentence
        'Your result is 3 times the right one in every element: 3 is the batch size. ...'
    """
    try:
        looks = [Look(trial, tolerance) for trial in trials]
    except (TypeError, ValueError):
        return Diagnosis("type", "What came is not an array of numbers. What does the function return?")
    with quiet():
        return _first(looks, reference, mistakes, again)


def _first(
    looks: list[Look],
    reference: Ask | None,
    mistakes: Sequence[Mistake],
    again: Ask | None,
) -> Diagnosis | None:
    """The order in which explanations are tried. They are worked out one by one, the costly ones last."""
    wrong = [look for look in looks if look.wrong]
    if not wrong:
        return behaviour.coarse(looks)
    at = max(wrong, key=lambda look: look.expected.ndim)
    search = _Search(looks)
    finite = [look for look in looks if not behaviour.is_lost(look)]
    partly = len(finite) < len(looks) and any(look.wrong for look in finite)
    asked = questions.guesses(at, reference) if reference else iter(())
    known = chain(results.guesses(at), formulas.handed_on(at), asked, amounts.guesses(at))
    steps: tuple[Callable[[], Diagnosis | None], ...] = (
        lambda: search.exact([AS_IT_IS]),
        lambda: search.exact(map(_of_mistake, mistakes)),
        lambda: behaviour.not_finite(looks),
        lambda: _first(finite, reference, mistakes, again) if partly else None,
        lambda: behaviour.zeros(looks),
        lambda: behaviour.coarse(looks),
        lambda: places.ties(looks),
        lambda: search.scaled("plainly"),
        lambda: search.exact(known),
        lambda: behaviour.constant(looks),
        lambda: behaviour.nearly(looks),
        lambda: search.scaled("plainly") or search.scaled("somehow"),
        lambda: search.exact(formulas.guesses(at)),
        lambda: search.scaled(),
        lambda: behaviour.changing(looks, again) if again else None,
        lambda: behaviour.unweighed(looks, again) if again else None,
        lambda: behaviour.neighbours(looks, again, reference) if again and reference else None,
        lambda: places.by_options(looks),
        lambda: places.places(looks),
        lambda: search.exact(amounts.by_the_slice(at)),
        lambda: places.some_cases(looks),
        lambda: behaviour.whole(looks),
        lambda: behaviour.not_finite(looks, only=False),
        lambda: places.shape(looks),
    )
    return next(filter(None, (step() for step in steps)), None)


def _of_mistake(mistake: Mistake) -> Guess:
    wanted = inspect.signature(mistake.rule).parameters

    def of(look: Look) -> Any:
        # Copies, since it may be the mistake of a rule that it writes into what it is given.
        return mistake.rule(
            **{name: copy.deepcopy(look.names[name]) for name in wanted if name in look.names}
        )

    return Guess(mistake.key, mistake.sentence, of, usual=True)


class _Search:
    """Guesses that were tried: the first that is right ends it, those that are right but for a factor are kept."""

    def __init__(self, looks: list[Look]):
        self.looks = sorted(
            looks, key=lambda look: not look.wrong
        )  # the first wrong one is shown to the reader
        self.kept: list[tuple[Guess, Fit]] = []

    def exact(self, guesses: Iterable[Guess]) -> Diagnosis | None:
        """The first guess that explains every look as it stands."""
        for guess in guesses:
            found = fit(self.looks, guess)
            if found and found.is_exact and guess.alone:
                return Diagnosis(guess.key, guess.sentence)
            if found and not found.is_exact and guess.scaled:
                self.kept.append((guess, found))
        return None

    def scaled(self, named: str = "") -> Diagnosis | None:
        """The first guess that explains every look but for a factor, which may have to have a name."""
        enough = any(guess is AS_IT_IS and not found.is_weak for guess, found in self.kept)
        for guess, found in self.kept:
            itself = guess is AS_IT_IS
            if enough and not itself:
                continue  # where a factor alone explains it, nothing else is to blame
            if all(abs(c - 1) < 1e-3 or math.isnan(c) for c in found.factors):
                continue  # nearly right is another matter
            if found.is_weak and (named != "plainly" or not itself and len(self.looks) < 2):
                continue
            simple = named == "plainly" or guess.usual
            name = name_factor(found.factors, [look.names for look in self.looks], simple=simple)
            # Whole numbers, and one over them, may be the length of something; others come by chance.
            odd = any("." in plain(c) for c in _told(found))
            if name is None and (named or odd and not itself):
                continue
            key = "upstream" if name and name.split(" is ")[1:] == ["gy"] else guess.key
            return Diagnosis(
                key, _of_itself(self.looks, found, name) if itself else _besides(guess, found, name)
            )
        return None


def _told(found: Fit) -> list[float]:
    """The factors, that of the case which is shown first; behind them those that are none."""
    return sorted((c for c in found.factors if not math.isnan(c)), key=is_one)


def _of_itself(looks: list[Look], found: Fit, name: str | None) -> str:
    """The sentence of a result that is right but for a factor."""
    cs = _told(found)
    others = [text for text in dict.fromkeys(map(plain, cs)) if text != plain(cs[0])]
    times = "of" if "/" in plain(cs[0]) else "times"
    said = f"Your {looks[0].what} is {plain(cs[0])} {times} the right one in every element"
    if name:
        said += f": {name}"
    elif others:
        said += f" ({' and '.join(others[:3])} in other cases)"
    sign = " And where does a sign get lost?" if cs[0] < 0 and abs(cs[0] + 1) > 1e-5 else ""
    return f"{said}. {_asks(cs[0], name, bool(others))}{sign}"


def _besides(guess: Guess, found: Fit, name: str | None) -> str:
    """The sentence of a guess, and of a factor that comes on top of it."""
    c = _told(found)[0]
    elsewhere = math.isnan(found.factors[0]) or is_one(found.factors[0])  # the case that is shown has none
    there = "In other cases there is besides" if elsewhere else "Besides, there is"
    return f"{guess.sentence} {there} a factor of {plain(c)}{f': {name}' if name else ''}."


def _asks(c: float, name: str | None, many: bool) -> str:
    if abs(c + 1) < 1e-5:
        return "Where does a sign get lost, or come in once too often?"
    if name is None:
        return "Which factor is the same for all elements?" if many else "Where could this number come from?"
    if not name:
        return "Where does a 2 come in, or get lost?"
    if " is the " not in name:
        return "How often does it come in, and on which side of the fraction?"
    if abs(c) > 1:
        return "Is there a sum where a mean is asked for, or is something counted more than once?"
    return "Is there a mean where a sum is asked for, or is something divided once too often?"
