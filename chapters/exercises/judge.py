"""Is an exercise solved, and if not, what is wrong? References come from the package, never from the workspace."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chapters.exercises.answers import alike, flat, is_numeric, kind_of, plain, slot, slots, things
from chapters.exercises.crashes import behind
from chapters.exercises.form import Case, Exercise, Part
from chapters.exercises.sandbox import Call, Fault, Outcome, Reply
from tinydl.gradcheck import Diagnosis, Mistake, Trial, diagnose
from tinydl.gradcheck.difference import error, other_result

Run = Callable[[Sequence[Call]], Outcome]


@dataclass(frozen=True)
class Difference:
    """Where an answer differs: one array, in the first case in which it does."""

    what: str  # "the gradient for x", "the result"
    label: str  # the case's
    yours: Any  # an array of the shape of `expected`, or whatever came instead
    expected: np.ndarray
    error: float  # largest difference, beside the largest number expected; inf where the shapes differ


@dataclass(frozen=True)
class Verdict:
    """What came of a check."""

    exercise: Exercise
    state: str  # solved, unwritten, wrong, or fault: there is no answer that could be looked at
    part: str = ""  # the first function that is not right
    message: str = ""  # one line that says what is the matter
    fault: Fault | None = None
    difference: Difference | None = None
    diagnosis: Diagnosis | None = None
    passed: tuple[str, ...] = ()  # what is right: "softmax, on 3 cases"
    printed: str = ""
    seconds: float = 0.0


def judge(exercise: Exercise, run: Run, *, seed: int = 0) -> Verdict:
    """Check an exercise, function by function, up to the first that is not right.

    Args:
        exercise: which.
        run: calls the functions of the reader's file: `sandbox.run` with the file's path.
        seed: of the inputs that are drawn.
    """
    # By part: its cases, with all that rules may name. The first comes twice, to see whether the answer is the same.
    asked = [(part, [*part.namespaces(seed)]) for part in exercise.parts]
    asked = [(part, [*cases, cases[0]]) for part, cases in asked]
    outcome = run([_call(part, names) for part, cases in asked for _, names in cases])
    seen = {"exercise": exercise, "printed": outcome.printed, "seconds": outcome.seconds}
    if outcome.fault:
        return Verdict(state="fault", fault=outcome.fault, message=outcome.fault.message, **seen)
    replies, passed = list(outcome.replies), []
    for part, cases in asked:
        answers, replies = replies[: len(cases)], replies[len(cases) :]
        found = _Look(part, cases, answers, run).verdict()
        if found:
            return Verdict(part=part.name, passed=tuple(passed), **seen, **found)
        passed.append(part.name if len(cases) == 2 else f"{part.name}, on {len(cases) - 1} cases")
    return Verdict(state="solved", message="right", passed=tuple(passed), **seen)


def _call(part: Part, names: dict[str, Any]) -> Call:
    return Call(part.name, tuple(names[name] for name in part.names))


class _Look:
    """A look at one function's answers. Each method answers with what it found, as fields of a Verdict, or nothing."""

    def __init__(self, part: Part, asked: list[tuple[Case, dict]], replies: list[Reply], run: Run):
        self.part, self.run = part, run
        self.again = replies.pop()  # to the first case, a second time
        self.asked, self.replies = asked[:-1], replies
        self.expected = [part.answer(names, case.at_kink) for case, names in self.asked]

    def verdict(self) -> dict[str, Any] | None:
        """The first thing that is wrong."""
        found = self._faults() or self._overwritten() or self._words()
        return found if found or self.part.kind == "predict" else self._forms() or self._values()

    def _wrong(self, key: str, message: str, sentence: str = "") -> dict[str, Any]:
        return {"state": "wrong", "message": message, "diagnosis": Diagnosis(key, sentence or message)}

    def _faults(self) -> dict[str, Any] | None:
        """Calls that gave no answer."""
        for (case, _), reply in zip(self.asked, self.replies):
            if reply.fault and reply.fault.kind == "unwritten":
                return {"state": "unwritten", "fault": reply.fault, "message": reply.fault.message}
            if reply.fault:
                where = f" ({case.label})" if case.label else ""
                message = reply.fault.message
                return {
                    "state": "fault",
                    "fault": reply.fault,
                    "message": message + where,
                    "diagnosis": behind(message),
                }
        return None

    def _overwritten(self) -> dict[str, Any] | None:
        """Inputs that are not any more what they were."""
        for reply in self.replies:
            if reply.overwritten:
                names = " and into ".join(self.part.names[i] for i in reply.overwritten)
                return self._wrong(
                    "overwritten",
                    f"{self.part.name} writes into {names}, which others may still need. In which line?",
                )
        return None

    def _words(self) -> dict[str, Any] | None:
        """Answers that are no arrays of numbers: yes or no, names in an order, predictions."""
        if self.part.kind == "predict":
            return self._prediction(self.replies[0].value, self.expected[0])
        if all(is_numeric(expected) and not isinstance(expected, bool) for expected in self.expected):
            return None
        for (case, _), reply, expected in zip(self.asked, self.replies, self.expected):
            if plain(reply.value) != expected:
                if self.part.kind == "catch":
                    return self._misjudged(case, reply.value, expected)
                return {
                    "state": "wrong",
                    "message": f"{self.part.name} answers {reply.value!r} where {expected!r} is right ({case.label})",
                }
        return None if plain(self.again.value) == plain(self.replies[0].value) else self._random()

    def _misjudged(self, case: Case, value: Any, expected: bool) -> dict[str, Any]:
        if not isinstance(plain(value), bool):
            return self._wrong(
                "type", f"{self.part.name} should answer True or False, and answers {kind_of(value)}"
            )
        if expected:
            said = "It refuses a right rule. Print both arrays: do they differ in the first digit, or in the seventh?"
            return self._wrong("refuses right", f"{self.part.name} refuses {case.label}", said)
        said = (
            f"It lets pass {case.label} With which inputs would it show? Do you compare all that a rule answers, and "
            "how exactly?"
        )
        return self._wrong("lets through", f"{self.part.name} takes a wrong rule for right", said)

    def _prediction(self, value: Any, expected: Any) -> dict[str, Any] | None:
        """Which of the predictions are right. What would be right is not told."""
        if value is None:
            return self._nothing()
        yours, right = flat(value), flat(expected)
        if len(yours) != len(right):
            return self._wrong(
                "shape",
                f"{self.part.name} should answer with {things(right)}, and answers with {things(yours)}",
            )
        wrong = [i for i, (a, b) in enumerate(zip(yours, right)) if not alike(a, b, self.part.tolerance)]
        if not wrong:
            return None
        said = f"{yours[wrong[0]]!r}, which is not what comes out"
        if len(right) > 1:
            said = (
                f"{len(right) - len(wrong)} of {len(right)} are right; at place {wrong[0] + 1} you say {said}"
            )
        message = f"{self.part.name}: {said if len(right) > 1 else f'you say {said}'}"
        diagnosis = self._slip(yours, right, wrong)
        return {"state": "wrong", "message": message, "diagnosis": diagnosis}

    def _slip(self, yours: list, right: list, wrong: list[int]) -> Diagnosis | None:
        """The mistake that leads to the predictions that are wrong; behind the first, None stands for anything."""
        slips = [(mistake, flat(mistake.rule())) for mistake in self.part.mistakes.values()]
        for places in (range(len(right)), wrong):  # the whole answer first
            for mistake, said in slips:
                fits = [said[i] is None or alike(yours[i], said[i], self.part.tolerance) for i in places]
                if all(fits) and said[wrong[0]] is not None:
                    return Diagnosis(mistake.key, mistake.sentence)
        if all(isinstance(each, (int, float)) for each in yours + right) and len(right) > 1:
            if all(alike(a, b, self.part.tolerance) for a, b in zip(sorted(yours), sorted(right))):
                return Diagnosis(
                    "order", "The numbers are right, but not their order. Which is asked for first?"
                )
        return None

    def _forms(self) -> dict[str, Any] | None:
        """Answers that are not as many arrays as asked for."""
        for reply, expected in zip(self.replies, self.expected):
            if reply.value is None:
                return self._nothing()
            several = isinstance(expected, tuple)
            came = len(reply.value) if several and np.iterable(reply.value) else 1
            wanted = len(expected) if several else 1
            if came != wanted or (not several and isinstance(reply.value, tuple)):
                which = ", ".join(self._name(k) for k in range(wanted))
                return self._wrong(
                    "type",
                    f"{self.part.name} should answer with {wanted} array{'s' * several} ({which}), and answers with "
                    f"{kind_of(reply.value)}",
                )
            for k in range(wanted):
                if not is_numeric(slot(reply.value, k, several)):
                    kind = kind_of(slot(reply.value, k, several))
                    return self._wrong(
                        "type", f"{self._name(k)} should be an array of numbers, and is {kind}"
                    )
        return None

    def _nothing(self) -> dict[str, Any]:
        return self._wrong("type", f"{self.part.name} answers nothing (None). Is there a return?")

    def _random(self) -> dict[str, Any]:
        return self._wrong(
            "random",
            f"{self.part.name} answers otherwise when it is asked the same again. What does it remember, or draw?",
        )

    def _values(self) -> dict[str, Any] | None:
        """Arrays, compared with what is expected."""
        several = isinstance(self.expected[0], tuple)
        yours = [slots(reply.value, several) for reply in self.replies]
        right = [slots(expected, several) for expected in self.expected]
        # (cases, arrays)
        errors = np.array([[error(a, b) for a, b in zip(*row)] for row in zip(yours, right)])
        if (errors <= self.part.tolerance).all():
            for a, b in zip(yours[0], slots(self.again.value, several)):
                if not np.array_equal(a, b, equal_nan=True):
                    return self._random()
            return None
        wrong = [k for k in range(errors.shape[1]) if not (errors[:, k] <= self.part.tolerance).all()]
        # The first that has a name; looking for one takes time, so the rest is not asked any more.
        named = ((k, self._diagnosis(k, several, yours, right)) for k in wrong)
        k, diagnosis = next((each for each in named if each[1]), (wrong[0], None))
        i = int(np.argmax(~(errors[:, k] <= self.part.tolerance)))  # the first case, which is the simplest
        label = self.asked[i][0].label
        return {
            "state": "wrong",
            "message": f"{self.part.name}: " * bool(self.part.wrt)
            + f"{self._name(k)} is not right ({label})",
            "difference": Difference(self._name(k), label, yours[i][k], right[i][k], float(errors[i, k])),
            "diagnosis": diagnosis,
        }

    def _diagnosis(self, k: int, several: bool, yours: list, right: list) -> Diagnosis | None:
        """What is wrong with array k."""
        other = other_result(k, yours, right, self.part.tolerance)
        if other is not None:
            said = f"Where {self._name(k)} should be, there is {self._name(other)}: in which order are they asked for?"
            return Diagnosis("order", said)

        at_kink = any(case.at_kink for case, _ in self.asked)

        def reference(names: dict[str, Any]) -> Any:
            return slot(self.part.answer(names, at_kink), k, several)

        def again(names: dict[str, Any]) -> Any:
            if "gy" in names and "gy" not in self.part.names and (names["gy"] != 1).any():
                return None  # the reader is not told of it
            outcome = self.run([_call(self.part, names)])
            value = outcome.replies[0].value if outcome.replies else None  # None, too, if it failed this time
            return None if value is None else slot(value, k, several)

        trials = [
            Trial(names, a[k], b[k], case.label) for (case, names), a, b in zip(self.asked, yours, right)
        ]
        return diagnose(
            trials,
            reference=reference,
            mistakes=[_only(each, k) for each in self.part.mistakes.values()],
            again=again,
            tolerance=self.part.tolerance,
        )

    def _name(self, k: int) -> str:
        if self.part.wrt:
            return f"the gradient for {self.part.wrt[k]}"
        several = isinstance(self.expected[0], tuple)
        return f"result {k + 1} of {self.part.name}" if several else f"the result of {self.part.name}"


def _only(mistake: Mistake, k: int) -> Mistake:
    """A mistake in one of several arrays."""

    @functools.wraps(mistake.rule)
    def rule(*arguments: Any, **names: Any) -> Any:
        result = mistake.rule(*arguments, **names)
        return result[k] if isinstance(result, tuple) else result

    return Mistake(mistake.key, mistake.sentence, rule)
