"""Wrong answers are named, right ones are not, and noise has no name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gradient_mistakes import TASKS, Task, call
from tinydl.gradcheck import Diagnosis, Mistake, Trial, by_differences, diagnose
from tinydl.gradcheck.diagnosis.numbers import name_factor, named_numbers

BANK = [
    pytest.param(task, key, answer, id=f"{name} {i}, {key}")
    for name, task in TASKS.items()
    for i, (key, answer) in enumerate(task.wrong)
]


def found(task: Task, answer: Any, **options: Any) -> Diagnosis | None:
    """What is said of an answer to a task."""

    def again(names: dict) -> Any:
        with np.errstate(all="ignore"):
            return call(answer, names)

    return diagnose(task.trials(answer), reference=task.reference, again=again, **options)


def said(yours: Any, expected: Any, label: str = "", **names: Any) -> str:
    """The key of one trial, "" for none."""
    diagnosis = diagnose([Trial(names, yours, np.asarray(expected), label)])
    return diagnosis.key if diagnosis else ""


@pytest.mark.parametrize(("task", "key", "answer"), BANK)
def test_wrong_answers_are_named(task: Task, key: str, answer: Any) -> None:
    diagnosis = found(task, answer)
    assert diagnosis is not None
    assert diagnosis.key == key, diagnosis.sentence
    assert diagnosis.sentence.rstrip(".?") != diagnosis.sentence, "a sentence ends"


@pytest.mark.parametrize("name", TASKS)
def test_right_answers_are_not_diagnosed(name: str) -> None:
    task = TASKS[name]
    trials = [
        Trial(trial.names, trial.expected * (1 + 1e-12), trial.expected, trial.label)
        for trial in task.trials(lambda: 0.0)
    ]
    assert diagnose(trials, reference=task.reference) is None


@pytest.mark.parametrize("kind", ["noise", "nearly", "each element by another factor"])
@pytest.mark.parametrize("name", sorted(set(TASKS) - {"HEAVISIDE", "RELU", "STEP"}))
def test_noise_has_no_name(name: str, kind: str) -> None:
    """Where half of what is right is 0, as for relu, it is true that only the other half is wrong."""
    rng, task = np.random.default_rng(1), TASKS[name]
    trials = []
    for trial in task.trials(lambda: 0.0):
        noise = rng.normal(size=trial.expected.shape)
        yours = {
            "noise": noise,
            "nearly": trial.expected + 0.01 * noise,
            "each element by another factor": trial.expected * (1 + 0.3 * noise),
        }[kind]
        trials.append(Trial(trial.names, yours, trial.expected, trial.label))
    diagnosis = diagnose(trials, reference=task.reference)
    assert diagnosis is None, diagnosis


@given(
    shape=st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple),
    seed=st.integers(0, 1000),
    batch=st.integers(2, 9),
)
def test_random_numbers_are_no_factor(shape: tuple[int, ...], seed: int, batch: int) -> None:
    """One number is a multiple of any other: that is no evidence."""
    rng = np.random.default_rng(seed)
    names = {"x": rng.normal(size=(batch, 3)), "rate": 0.3}
    trials = [Trial(names, rng.normal(size=shape), rng.normal(size=shape)) for _ in range(2)]
    assert diagnose(trials) is None


# ---- factors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, e: e * len(x), "6 times the right one in every element: 6 is the batch size"),
        (lambda x, e: e / len(x), "1/6 of the right one in every element: 6 is the batch size"),
        (lambda x, e: -e, "−1 times the right one in every element. Where does a sign"),
        (lambda x, e: 2 * e, "2 times the right one in every element. Where does a 2"),
        (lambda x, e: e / 2, "1/2 of the right one"),
        (lambda x, e: -e / len(x), "−1/6 of the right one in every element: 6 is the batch size"),
        (lambda x, e: e / 20, "20 is the number of pixels of a picture of x (height · width)"),
        (lambda x, e: e * 0.3, "0.3 is rate"),
        (lambda x, e: e / 49, "49 is size, squared"),
        (lambda x, e: e / 14, "7 is size, and there is a 2 besides"),
        (
            lambda x, e: e * 0.7312,
            "0.7312 times the right one in every element. Where could this number come from?",
        ),
    ],
)
def test_a_factor_has_a_name(answer: Any, words: str, rng: np.random.Generator) -> None:
    x, expected = rng.normal(size=(6, 4, 5, 3)), rng.normal(size=(3, 3))
    trial = Trial(
        {"x": x, "gy": rng.normal(size=(6, 2)), "rate": 0.3, "size": 7}, answer(x, expected), expected
    )
    diagnosis = diagnose([trial])
    assert diagnosis is not None and diagnosis.key == "factor"
    assert words in diagnosis.sentence


def test_a_factor_is_the_same_kind_of_number_in_every_trial(rng: np.random.Generator) -> None:
    """Single numbers, as losses are: 4 and 7 are batch sizes, 4 and 6 are nothing."""
    trials = [({"x": rng.normal(size=(n, 3))}, float(rng.normal())) for n in (4, 7, 1)]
    right = diagnose([Trial(names, len(names["x"]) * e, np.asarray(e)) for names, e in trials])
    assert right is not None and "4 is the batch size" in right.sentence
    wrong = [Trial(names, c * e, np.asarray(e)) for c, (names, e) in zip((4, 6, 1.5), trials)]
    assert diagnose(wrong) is None


def test_a_factor_is_that_of_the_case_which_is_shown(rng: np.random.Generator) -> None:
    """The first wrong one: a batch of one sample shows nothing."""
    xs = [rng.normal(size=(n, 3)) for n in (1, 4, 7)]
    found = diagnose([Trial({"x": x}, len(x) * x, x) for x in xs])
    assert found is not None and "is 4 times the right one in every element: 4 is the batch" in found.sentence
    cube = Mistake("own", "It is a cube.", lambda x: x**3)
    found = diagnose([Trial({"x": x}, len(x) * x**3, x + 1) for x in xs], mistakes=[cube])
    assert found == Diagnosis(
        "own", "It is a cube. In other cases there is besides a factor of 4: 4 is the batch size."
    )


def test_a_number_of_two_arrays_is_told_once(rng: np.random.Generator) -> None:
    z, t = rng.normal(size=(2, 4, 5))
    found = diagnose([Trial({"z": z, "t": t}, -5 * z, z)])
    assert found is not None and "5 is the number of columns of z. " in found.sentence
    assert found.sentence.endswith("And where does a sign get lost?")
    found = diagnose([Trial({"z": z, "labels": t[:, 0]}, z / 4, z)])
    assert found is not None and ": 4 is the batch size. " in found.sentence


def test_numbers_have_names() -> None:
    names = {"x": np.ones((2, 5, 7, 3)), "kernel": np.ones((3, 2, 3, 4)), "strides": (2, 3), "mode": "same"}
    numbers = named_numbers(names)
    assert numbers["the batch size"] == 2
    assert numbers["the number of pixels that kernel covers (height · width)"] == 6
    assert numbers["the product of strides"] == 6
    words = name_factor([-1 / 35], [names])
    assert words == "35 is the number of pixels of a picture of x (height · width)"
    assert name_factor([math.pi], [names]) is None
    picture = named_numbers({"image": np.ones((5, 4)), "kernel": np.ones((3, 3))})
    assert "the batch size" not in picture and picture["the number of rows of image"] == 5


# ---- the order in which explanations are tried ---------------------------------------------------------------


def test_what_is_usual_for_a_function_goes_first(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    own = Mistake("own", "A sentence of its own.", lambda x: 2 * x)
    assert diagnose([Trial({"x": x}, 2 * x, x)], mistakes=[own]) == Diagnosis("own", "A sentence of its own.")


def test_a_usual_mistake_may_come_with_a_factor(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    own = Mistake("own", "It is a cube.", lambda x: x**3)
    diagnosis = diagnose([Trial({"x": x}, x**3 / 4, x + 1)], mistakes=[own])
    assert diagnosis is not None and diagnosis.key == "own"
    assert diagnosis.sentence == "It is a cube. Besides, there is a factor of 1/4: 4 is the batch size."


@pytest.mark.parametrize(("c", "blamed"), [(0.37, False), (-1, True), (0.5, True), (1 / 4, True)])
def test_a_usual_mistake_comes_with_no_odd_factor(c: float, blamed: bool, rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    cube = Mistake("own", "It is a cube.", lambda x: x**3)
    found = diagnose([Trial({"x": x}, c * x**3, np.exp(x))], mistakes=[cube])
    assert (found is not None and found.key == "own") == blamed


def test_where_a_factor_is_enough_nobody_else_is_to_blame(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    double = Mistake("own", "It is twice as much.", lambda x: 2 * x)
    found = diagnose([Trial({"x": x}, 0.74 * x, x)], mistakes=[double])
    assert found is not None and found.key == "factor" and "0.74 times the right one" in found.sentence


def test_rules_that_fail_or_explain_nothing_are_passed_over(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))

    def fails(x: Any) -> Any:
        raise ZeroDivisionError

    rules = [
        fails,
        lambda x: x,
        lambda x: x[:2],
        lambda x: None,
        lambda x: "text",
        lambda nothing: 0,
        lambda x: x.tolist(),
    ]
    usual = [Mistake("own", "Not this.", rule) for rule in rules]
    diagnosis = diagnose([Trial({"x": x}, -x, x)], mistakes=usual)
    assert diagnosis is not None and diagnosis.key == "factor"


def test_rules_may_write_into_what_they_are_given(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    before = x.copy()

    def writes(x: Any) -> Any:
        x *= 0
        return x

    diagnose([Trial({"x": x}, -x, x)], mistakes=[Mistake("own", "", writes)])
    np.testing.assert_array_equal(x, before)


def test_a_mistake_must_explain_every_trial(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    trials = [Trial({"x": x}, 2 * x, x, "small numbers"), Trial({"x": x}, x**2, x, "large numbers")]
    assert diagnose(trials, mistakes=[Mistake("own", "Half of it.", lambda x: 2 * x)]) is None


def test_what_is_too_small_to_tell_is_no_evidence(rng: np.random.Generator) -> None:
    """A right normalization of eight samples says nothing of what is wrong with one of three."""
    task = TASKS["NORM_X"]
    eight = task.trials(lambda: 0.0)[0]
    names = {
        "x": rng.normal(size=(3, 3)),
        "gamma": np.ones(3),
        "beta": np.zeros(3),
        "gy": rng.normal(size=(3, 3)),
    }
    three = Trial(names, rng.normal(size=(3, 3)), np.asarray(task.reference(names)))
    assert (
        diagnose([Trial(eight.names, eight.expected, eight.expected), three], reference=task.reference)
        is None
    )


# ---- behaviour -----------------------------------------------------------------------------------------------


def test_cases_are_told_apart(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    noise = rng.normal(size=(4, 3))
    trials = [Trial({"x": x}, x, x, "several pictures"), Trial({"x": x}, noise, x, "strides of 2")]
    diagnosis = diagnose(trials)
    assert diagnosis is not None and diagnosis.key == "strides"
    assert diagnosis.sentence.startswith("It is right with several pictures – and wrong with strides of 2.")
    trials[1] = Trial({"x": x}, noise, x, "a cold morning")
    diagnosis = diagnose(trials)
    assert diagnosis is not None and diagnosis.key == "only some"
    trials.append(Trial({"x": x}, noise, x, "rain and wind"))
    diagnosis = diagnose(trials)
    assert diagnosis is not None and "and wrong with a cold morning; rain and wind." in diagnosis.sentence


def test_an_axis_that_got_lost_is_not_turned(rng: np.random.Generator) -> None:
    x, noise = rng.normal(size=(3, 4)), rng.normal(size=(1, 4))
    diagnosis = diagnose([Trial({}, x.ravel()[::-1].reshape(3, 4) * 1.0, x), Trial({}, noise[0], noise)])
    assert diagnosis is None or diagnosis.key == "shape"


def test_what_is_not_finite_hides_nothing(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    lost = np.where(x > x.mean(), np.nan, x)
    trials = [Trial({"x": x}, 4 * x, x, "small numbers"), Trial({"x": x}, lost, x, "large ones")]
    diagnosis = diagnose(trials)
    assert diagnosis is not None and diagnosis.key == "factor"
    trials[0] = Trial({"x": x}, x, x, "small numbers")
    diagnosis = diagnose(trials)
    assert diagnosis is not None and diagnosis.key == "not finite" and "with large ones" in diagnosis.sentence
    diagnosis = diagnose([Trial({"x": x}, lost + x**2, x)])
    assert diagnosis is not None and "finite, and what is finite is not right." in diagnosis.sentence


def test_where_infinity_is_expected_the_rest_is_still_looked_at(rng: np.random.Generator) -> None:
    x, noise = rng.uniform(0.5, 2, (4, 3)), rng.normal(size=(4, 3))
    expected = np.log(x)
    expected[1, 2] = noise[1, 2] = -np.inf
    assert diagnose([Trial({"x": x}, expected + 0.1 * noise, expected)]) is None


def test_what_the_right_cases_have_in_common_counts_too(rng: np.random.Generator) -> None:
    x, noise = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    labels = {"a wide padding": x, "padding of 1": x, "one picture": noise, "several channels": noise}
    diagnosis = diagnose([Trial({"x": x}, yours, x, label) for label, yours in labels.items()])
    assert diagnosis is not None and diagnosis.key == "padding"


def test_what_is_nearly_right_is_no_factor(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    diagnosis = diagnose([Trial({"x": x}, 1.0001 * x, x)])
    assert diagnosis is not None and diagnosis.key == "nearly"


def test_what_changes_between_two_calls_is_random(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    diagnosis = diagnose(
        [Trial({"x": x}, rng.normal(size=x.shape), x)], again=lambda names: rng.normal(size=x.shape)
    )
    assert diagnosis is not None and diagnosis.key == "random"


def test_the_function_is_asked_again_three_times_at_most(rng: np.random.Generator) -> None:
    task, calls = TASKS["SOFTMAX"], []

    def again(names: dict) -> Any:
        calls.append(names)
        raise RuntimeError("the reader's function does not like this")

    trials = [
        Trial(t.names, rng.normal(size=t.expected.shape), t.expected, t.label)
        for t in task.trials(lambda: 0.0)
    ]
    assert diagnose(trials, reference=task.reference, again=again) is None
    assert len(calls) <= 3


@pytest.mark.parametrize(
    "answer",
    [
        lambda gy, y: gy * y * 1 - y,  # brackets lost: a term without gy
        lambda gy, y: (gy * y) * (1 - gy * y),  # gy in both factors
    ],
)
def test_a_gradient_grows_with_gy(answer: Any, rng: np.random.Generator) -> None:
    x, gy = rng.normal(size=(2, 4, 3))
    y = 1 / (1 + np.exp(-x))
    names = {"gy": gy, "y": y}
    diagnosis = diagnose([Trial(names, answer(gy, y), gy * y * (1 - y))], again=lambda names: answer(**names))
    assert diagnosis is not None and diagnosis.key == "upstream" and "twice" in diagnosis.sentence


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("only some", lambda e: np.where(np.arange(5) == 0, 0.5, e)),
        ("shifted", lambda e: np.pad(e[:-1, :-1], ((0, 1), (0, 1)))),
        ("padding", lambda e: np.pad(e[1:-1, 1:-1], 1)),
        ("diagonal", lambda e: np.diag(np.diag(e))),
        ("diagonal", lambda e: e + np.eye(5)),
        ("flipped", lambda e: e[:, ::-1]),
        ("shifted", lambda e: np.pad(e, ((0, 0), (1, 0)))[:, :-1]),
        ("shape", lambda e: e.ravel()),
        ("shape", lambda e: e[:3, :3] * e[1:4, 2:] + 1),
        ("padding", lambda e: np.pad(e, 2)),
        ("shape", lambda e: e[1:-1, 1:-1]),
        ("sum twice", lambda e: np.broadcast_to(e.sum(axis=1, keepdims=True), e.shape)),
        ("sum twice", lambda e: np.broadcast_to(e.mean(axis=0), e.shape)),
        ("sign lost", np.abs),
        ("nearly", lambda e: e + 1e-4 * e[::-1]),
        ("left out", lambda e: e + 1),
        ("left out", lambda e: e + np.arange(1.0, 6.0)),
        ("factor", lambda e: e * (2 + np.arange(5.0))),
        ("square", np.square),
        ("not finite", lambda e: np.where(e > 1, np.nan, e)),
        ("zero", np.zeros_like),
        ("dtype", lambda e: e.astype(int)),
        ("dtype", lambda e: e.astype("float32")),
        ("channels", lambda e: e[:, [1, 0, 2, 4, 3]]),
    ],
)
def test_what_was_done_to_a_right_matrix_is_seen(key: str, change: Any, rng: np.random.Generator) -> None:
    expected = 3 * rng.normal(size=(5, 5))
    assert said(change(expected), expected) == key


def test_what_became_of_a_right_array_is_told_in_its_own_words(rng: np.random.Generator) -> None:
    x, w, step, square = (rng.normal(size=shape) for shape in ((3, 5, 4), (4, 3), (4, 3), (4, 4)))
    scattered = rng.permuted(w.ravel()).reshape(4, 3)
    for yours, expected, names, key, words in (
        (x, x.sum(axis=1), {}, "sum missing", "with a sum it would be right"),
        (np.stack([w, w]), w, {}, "sum missing", "several times. Which axis is too many?"),
        (scattered, w, {}, "transposed", "the right numbers, each at another place"),
        (w - 0.7 * step, w - 0.1 * step, {"w": w, "g": step}, "factor", "The step from w"),
        (np.diag(square), square, {}, "diagonal", "Only the diagonal"),
        (4 * np.diag(np.diag(square)), square, {}, "diagonal", "a factor of 4"),
        (step, 0.3 * step * w, {"gy": step, "x": w}, "left out", "gy, handed on as it came"),
    ):
        diagnosis = diagnose([Trial(names, yours, expected)])
        assert diagnosis is not None and diagnosis.key == key and words in diagnosis.sentence, diagnosis


def test_where_it_is_right_is_said_if_that_is_less(rng: np.random.Generator) -> None:
    x = rng.normal(size=(6, 3))
    yours = np.concatenate([x[:1], rng.normal(size=(5, 3))])
    diagnosis = diagnose([Trial({}, yours, x)])
    assert diagnosis is not None
    assert "is right at the first place along axis 0, and wrong elsewhere." in diagnosis.sentence


def test_what_is_no_array_is_said() -> None:
    assert said(None, np.ones(3)) == "type"
    assert said([[1.0], [2.0, 3.0]], np.ones(3)) == "type"
    assert said("text", np.ones(3)) == "type"


# ---- finite differences --------------------------------------------------------------------------------------


def test_slopes_are_kept_for_another_gy(rng: np.random.Generator) -> None:
    calls = []

    def forward(x: Any, scale: float) -> Any:
        calls.append(1)
        return scale * x**2

    slopes, x = by_differences(forward), rng.normal(size=3)
    for gy in rng.normal(size=(4, 3)):
        np.testing.assert_allclose(slopes(gy, x, 2.0)[0], gy * 4 * x, rtol=1e-9)
    assert len(calls) == 4 * x.size
    x[0] += 1  # the same array, another point
    np.testing.assert_allclose(slopes(np.ones(3), x, 2.0)[0], 4 * x, rtol=1e-9)
    np.testing.assert_allclose(slopes(np.ones(3), x, 3.0)[0], 6 * x, rtol=1e-9)


def test_slopes_need_a_gy_of_the_result_s_shape() -> None:
    slopes = by_differences(lambda x: x.sum(axis=0))
    with pytest.raises(ValueError, match=r"gy: expected the shape of the result, \(2,\), got \(3, 2\)"):
        slopes(np.ones((3, 2)), np.ones((3, 2)))
    assert slopes(np.ones(0), np.ones((3, 0)))[0].shape == (3, 0)
