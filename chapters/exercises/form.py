"""What an exercise is: a task, functions to write, what they are judged by, three hints, and the usual mistakes.

All of it stands in one place, a file in a chapter's `exercises/`, as plain functions. The stub that a reader gets is
the solution without its body, so that the two cannot drift apart (`stubs.py`); what is expected is worked out from
the forward pass by finite differences, so that no answer has to be believed (`judge.py`).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chapters import course
from tinydl.gradcheck import Mistake, by_differences

TOLERANCE = 1e-6  # largest error that passes, beside the largest number of the array


@dataclass(frozen=True)
class Case:
    """One call of the reader's function.

    `label` completes "right with …, wrong with …": "several pictures", "strides of 2".
    """

    label: str
    inputs: dict[str, Any]  # by name: arrays, numbers, strings, tuples, functions of the package
    at_kink: bool = False  # there is no slope here: the solution says what is expected


Cases = Callable[[np.random.Generator], Iterable[Case]]


class Part:
    """A function that the reader writes. Calling it calls the solution.

    `names` are the parameters: inputs of a case, and for a gradient also `gy`, what arrives from above, and `y`, the
    result of the forward pass. A mistake takes whichever of these it names, and answers as the reader might.
    """

    def __init__(
        self,
        solution: Callable,
        cases: Cases,
        expected: Callable[[dict], Any],
        *,
        forward: Callable | None = None,
        wrt: tuple[str, ...] = (),
        kind: str = "write",
        tolerance: float = TOLERANCE,
        begins_as: str = "",
    ):
        self.kind = kind  # write, gradient, predict or catch
        self.solution = solution
        self.name = solution.__name__
        # Where another process finds it, beginning at the module.
        solution.__qualname__ = f"{self.name}.solution"
        self.names = tuple(inspect.signature(solution).parameters)
        self.cases = cases
        self.expected = expected  # namespace -> what the function should answer, from the package alone
        self.forward = forward  # of a gradient: what it is the gradient of
        self.wrt = wrt  # of a gradient: the inputs it is for, in the order in which it answers
        self.tolerance = tolerance
        self.begins_as = begins_as  # the mistake that the stub has for a body, to be found and mended
        self.mistakes: dict[str, Mistake] = {}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.solution(*arguments, **named)

    def mistake(self, key: str) -> Callable[[Callable], Callable]:
        """Teach the checker a mistake that is usual here; the docstring of the wrong rule says what is wrong.

        The reader hears the key as far as its comma: "epsilon" and "epsilon, inside" are two ways to one diagnosis.

        Raises:
            ValueError: another mistake has this key.
        """

        def remember(rule: Callable) -> Callable:
            if key in self.mistakes:
                raise ValueError(f"{self.name} has two mistakes called {key!r}")
            rule.__qualname__ = f"{self.name}.mistakes.{key}"
            sentence = " ".join((rule.__doc__ or "").split())
            self.mistakes[key] = Mistake(key.partition(",")[0], sentence, rule)
            return rule

        return remember

    def namespaces(self, seed: int) -> Iterable[tuple[Case, dict[str, Any]]]:
        """Each case, with all that a rule may name: its inputs, and for a gradient `gy` and `y`."""
        rng = np.random.default_rng(seed)
        for case in self.cases(rng):
            names = dict(case.inputs)
            if self.forward is not None:
                y = np.asarray(_call(self.forward, names))
                # Signs at random, but no weight near 0, which would make an output count for nothing. A loss
                # whose gradient does not ask for gy is not weighed.
                gy = np.asarray(rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape))
                names |= {"y": y, "gy": gy if "gy" in self.names else np.ones(y.shape)}
            yield case, names

    def answer(self, names: dict[str, Any], at_kink: bool) -> Any:
        """What the reader's function should answer."""
        return _call(self.solution, names) if at_kink else self.expected(names)


class Exercise:
    """One file of the reader's workspace.

    Args:
        chapter: its name in the course, as in `python -m chapters run NAME`.
        name: what the reader calls it, one word of its own in the whole course.
        title: a line for the list.
        task: what the file says at its top: what is to be done, and where the lesson is.
        hints: three, from a nudge to nearly there.
        imports: the lines of the stub that import, beside NumPy.
        try_it: lines that run when the file is run by itself.
    """

    def __init__(
        self,
        chapter: str,
        name: str,
        title: str,
        task: str,
        hints: tuple[str, str, str],
        *,
        imports: tuple[str, ...] = (),
        try_it: str = "",
    ):
        self.chapter = course.CHAPTERS[chapter]
        self.name, self.title, self.hints = name, title, hints
        self.task, self.try_it = inspect.cleandoc(task), inspect.cleandoc(try_it)
        self.imports = imports
        # What is given and what is to be written, as the stub shows it.
        self.members: list[Part | Callable] = []

    @property
    def parts(self) -> list[Part]:
        """The functions to write."""
        return [member for member in self.members if isinstance(member, Part)]

    def given(self, function: Callable) -> Callable:
        """A function that the stub has from the start."""
        self.members.append(function)
        return function

    def write(self, cases: Cases, reference: Callable, **options: Any) -> Callable[[Callable], Part]:
        """A function to write, which should answer as the reference does: a plain, slow form of it.

        The reference takes whichever inputs it names.
        """

        def part(solution: Callable) -> Part:
            return self._add(Part(solution, cases, lambda names: _call(reference, names), **options))

        return part

    def gradient(
        self, of: Callable, wrt: str | tuple[str, ...], cases: Cases, **options: Any
    ) -> Callable[[Callable], Part]:
        """A gradient to write: of the result of `of`, weighed by `gy`, with respect to one input or several.

        What is expected comes from finite differences of `of`, in float64.
        """
        several = (wrt,) if isinstance(wrt, str) else wrt
        forward = of.solution if isinstance(of, Part) else of
        parameters = tuple(inspect.signature(forward).parameters)
        slopes = by_differences(forward, wrt=tuple(parameters.index(name) for name in several))

        def expected(names: dict) -> Any:
            found = slopes(names["gy"], *[names[name] for name in parameters if name in names])
            return found[0] if isinstance(wrt, str) else found

        def part(solution: Callable) -> Part:
            return self._add(
                Part(solution, cases, expected, kind="gradient", forward=forward, wrt=several, **options)
            )

        return part

    def predict(self, expected: Callable[[], Any], **options: Any) -> Callable[[Callable], Part]:
        """A shape or a number to tell beforehand. `expected` runs the thing and looks."""

        def part(solution: Callable) -> Part:
            return self._add(
                Part(
                    solution, lambda rng: [Case("", {})], lambda names: expected(), kind="predict", **options
                )
            )

        return part

    def catch(
        self, target: Callable[[], Part], right: tuple[Callable, ...] = ()
    ) -> Callable[[Callable], Part]:
        """A gradient check of the reader's own: True for a right rule, False for each of the target's usual mistakes.

        `target` is called late, since the rule to be mended stands below the check in the stub.
        """

        def cases(rng: np.random.Generator) -> Iterable[Case]:
            for rule in (target().solution, *right):
                yield Case("a right rule", {"rule": rule})
            for mistake in target().mistakes.values():
                own = mistake is target().mistakes.get(target().begins_as)
                what = (
                    "the rule of this file, which is wrong." if own else f"a wrong rule: “{mistake.sentence}”"
                )
                yield Case(what, {"rule": mistake.rule})

        def part(solution: Callable) -> Part:
            wrong = lambda rule: any(rule is each.rule for each in target().mistakes.values())  # noqa: E731
            return self._add(Part(solution, cases, lambda names: not wrong(names["rule"]), kind="catch"))

        return part

    def _add(self, part: Part) -> Part:
        self.members.append(part)
        return part


def _call(function: Callable, names: dict[str, Any]) -> Any:
    """Call a function with whatever it names; what has a default may be missing."""
    wanted = inspect.signature(function).parameters
    return function(**{name: names[name] for name in wanted if name in names})


def of_chapter(chapter: course.Chapter) -> list[Exercise]:
    """The exercises of a chapter, in order."""
    return importlib.import_module(f"chapters.{chapter.package}.exercises").EXERCISES


def every() -> list[Exercise]:
    """All exercises, in the order of the course."""
    return [exercise for chapter in course.CHAPTERS.values() for exercise in of_chapter(chapter)]
