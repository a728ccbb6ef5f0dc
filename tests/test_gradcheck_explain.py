"""A report in a notebook: what differs, by how much, why, and a picture of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tinydl import Tensor, gradcheck
from tinydl.gradcheck import by_differences, error_map, explain, figure, shaded, worst


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_rule(gy: Any, x: Any) -> Any:
    y = softmax(x)
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


def without_cross_terms(gy: Any, x: Any) -> Any:
    y = softmax(x)
    return gy * y * (1 - y)


@pytest.fixture
def pair(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(size=(4, 3)), rng.normal(size=(4, 3))]


# ---- right ones ----------------------------------------------------------------------------------------------


def test_a_right_rule_is_right(pair: list[np.ndarray]) -> None:
    found = explain(softmax_rule, pair, by_differences(softmax))
    assert found
    assert str(found).startswith("softmax_rule is right: largest error ")
    assert found.error < 1e-9 and found.diagnosis is None
    assert found._repr_html_() == f'<pre style="white-space: pre-wrap">{found}</pre>'
    with pytest.raises(ValueError, match="no difference to draw"):
        found.picture()


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a @ b.T,
        lambda a, b: (a @ b.T).tolist(),
        lambda a, b: (a @ b.T,),
        lambda a, b: Tensor(a @ b.T),
        lambda *both: np.einsum("ij,kj->ik", *both),
    ],
)
def test_answers_of_every_kind_are_compared(function: Any, pair: list[np.ndarray]) -> None:
    assert explain(function, pair, lambda a, b: a @ b.T)
    assert explain(function, tuple(pair), lambda a, b: [a @ b.T])


def test_numbers_and_tensors_go_in(rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(2, 3)).astype("float32"))
    assert explain(lambda x, n: (x * n).sum(), [x, 3], lambda x, n: 3 * x.sum())
    assert x.dtype == np.float32


def test_float32_goes_in_as_float64(rng: np.random.Generator) -> None:
    x = rng.normal(size=5).astype("float32")
    assert explain(lambda x: x**3, [x], by_result(lambda x: x**3))
    found = explain(lambda x: (x**3).astype("float32"), [x], by_result(lambda x: x**3))
    assert found.diagnosis and found.diagnosis.key == "dtype"


def by_result(function: Any) -> Any:
    """A reference that insists on float64."""

    def reference(x: Any) -> Any:
        assert x.dtype == np.float64
        return function(x)

    return reference


# ---- wrong ones ----------------------------------------------------------------------------------------------


def test_a_wrong_rule_is_explained(pair: list[np.ndarray]) -> None:
    found = explain(without_cross_terms, pair, by_differences(softmax))
    assert not found
    assert found.diagnosis and found.diagnosis.key == "cross terms"
    text = str(found)
    first, *_ = worst(found.yours, found.expected, 1)
    assert text.startswith("without_cross_terms is not right\n")
    assert f"{list(first.index)}  {first.yours:.6g}" in text and f"{first.expected:.6g}" in text
    assert "█" in text
    assert text.endswith(found.diagnosis.sentence)


def test_cases_are_named(pair: list[np.ndarray]) -> None:
    cases = {"one picture": [each[:1] for each in pair], "several pictures": pair}
    found = explain(lambda gy, x: softmax_rule(gy, x) / len(x), cases, by_differences(softmax))
    assert "<lambda> is not right, with several pictures" in str(found)
    assert (
        found.diagnosis
        and found.diagnosis.key == "factor"
        and "4 is the batch size" in found.diagnosis.sentence
    )


def test_of_several_results_the_wrong_one_is_named(rng: np.random.Generator) -> None:
    x, w, gy = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    reference = by_differences(lambda x, w: x @ w, wrt=(0, 1))
    assert explain(lambda gy, x, w: (gy @ w.T, x.T @ gy), [gy, x, w], reference)
    found = explain(lambda gy, x, w: (gy @ w.T, gy.T @ x), [gy, x, w], reference)
    assert ", result 2" in str(found)
    assert found.diagnosis and found.diagnosis.key == "transposed"
    found = explain(lambda gy, x, w: (x.T @ gy, gy @ w.T), [gy, x, w], reference)
    assert found.diagnosis and found.diagnosis.key == "order"
    found = explain(lambda gy, x, w: gy @ w.T, [gy, x, w], reference)
    assert found.diagnosis and found.diagnosis.sentence == "2 results are expected, and 1 came."


@pytest.mark.parametrize(
    ("function", "key"),
    [
        (lambda x: None, "type"),
        (lambda x: (x, x), "type"),
        (lambda x: "text", "type"),
        (lambda x: [[1.0], [1.0, 2.0]], "type"),
        (lambda x: x[:2] + 1, "shape"),
        (lambda x: np.multiply(x, 2, out=x), "overwritten"),
        (lambda x: np.full_like(x, np.nan), "not finite"),
        (lambda x: np.random.default_rng().normal(size=x.shape), "random"),
    ],
)
def test_answers_that_cannot_be_compared_are_explained(
    function: Any, key: str, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(4, 3))
    found = explain(function, [x], lambda x: 2 * x)
    assert not found and found.diagnosis and found.diagnosis.key == key
    assert found.diagnosis.sentence in str(found)
    assert found.diagnosis.sentence[:20] in found._repr_html_()


@pytest.mark.parametrize(
    ("function", "reference", "words"),
    [
        (lambda x: None, np.sum, "It answers nothing (None). Is there a return?"),
        (lambda x: "text", np.sum, "What came is not an array of numbers."),
        (lambda x: (x, x), np.exp, "One result is expected, and 2 came."),
        (lambda x: 3.0, lambda x: 2 * x, "Your result is 3 everywhere. Which of the inputs"),
        (
            lambda x: np.full(x.shape, 3.0),
            lambda x: 2 * x,
            "Your result is 3 everywhere. Which of the inputs",
        ),
        (lambda x: x.astype("float32"), lambda x: 1 * x, "yours is an array of float32, expected is float64"),
    ],
)
def test_what_holds_nothing_of_the_right_result_is_said(
    function: Any, reference: Any, words: str, rng: np.random.Generator
) -> None:
    assert words in str(explain(function, [rng.normal(size=(4, 3))], reference))


def test_rounding_is_not_shown(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))

    def nearly(x: np.ndarray) -> np.ndarray:
        y = x + 1e-9
        y[2, 1] = 7
        return y

    lines = str(explain(nearly, [x], lambda x: x)).splitlines()
    assert lines[2].lstrip().startswith("[2, 1]") and lines[3] == ""
    assert lines[5:9] == ["···", "···", "·█·", "···"]
    expected = np.zeros(3)
    assert [each.index for each in worst([1.0, 1e-9, 2.0], expected, right=1e-8)] == [(2,), (0,)]
    assert error_map([1.0, 1e-9, 2.0], expected, right=1e-8).tolist() == [[0.5, 0.0, 1.0]]


def test_a_map_says_where_it_is_short_of_room(rng: np.random.Generator) -> None:
    x = rng.normal(size=(26, 60))
    said = str(explain(np.sin, [x], np.cos))
    assert "(the worst), 26 rows in 12 lines, 60 columns in 48 characters:\n" in said
    assert "(the worst):\n" in str(explain(np.sin, [x[:12, :48]], np.cos))


def test_what_is_unknown_is_said(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    found = explain(lambda x: x * np.cos(50 * x), [x], lambda x: 2 * x)
    assert found.diagnosis is None and not found
    assert str(found).endswith("This is none of the usual mistakes.")


def test_mistakes_of_one_s_own_go_first(pair: list[np.ndarray]) -> None:
    own = gradcheck.Mistake("own", "Where are the others?", without_cross_terms)
    found = explain(without_cross_terms, pair, by_differences(softmax), mistakes=[own])
    assert found.diagnosis == gradcheck.Diagnosis("own", "Where are the others?")


def test_nothing_of_the_reader_s_is_changed(pair: list[np.ndarray]) -> None:
    before = [each.copy() for each in pair]
    explain(lambda gy, x: np.multiply(gy, x, out=x), pair, by_differences(softmax))
    for a, b in zip(pair, before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3, [np.ones(2)], abs), TypeError, "function: expected a function, got int"),
        ((abs, [np.ones(2)], None), TypeError, "reference: expected a function, got NoneType"),
        (
            (abs, np.ones(2), abs),
            TypeError,
            r"inputs: expected a list .* got ndarray; of a single array, make a list",
        ),
        ((abs, [], abs), ValueError, "inputs: expected at least one input"),
        ((abs, {}, abs), ValueError, "inputs: expected at least one input"),
        ((abs, {"a": np.ones(2)}, abs), TypeError, "inputs: expected a list"),
        ((abs, [np.ones(2)], lambda x: "text"), TypeError, "reference: expected arrays of numbers, got str"),
    ],
)
def test_bad_input_is_refused(arguments: tuple, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        explain(*arguments)


# ---- pictures ------------------------------------------------------------------------------------------------


def test_a_notebook_shows_text_and_picture(pair: list[np.ndarray]) -> None:
    shown = explain(without_cross_terms, pair, by_differences(softmax))._repr_html_()
    assert shown.startswith('<pre style="white-space: pre-wrap">without_cross_terms is not right\n')
    assert 'src="data:image/png;base64,iVBOR' in shown
    escaped = explain(lambda x: x + 1, {"x < 1 & more": [pair[0]]}, lambda x: x)._repr_html_()
    assert "x &lt; 1 &amp; more" in escaped


def test_a_picture_is_written(pair: list[np.ndarray], tmp_path: Path) -> None:
    path = explain(without_cross_terms, pair, by_differences(softmax)).save(tmp_path / "a b" / "wrong.png")
    with Image.open(path) as image:
        assert image.format == "PNG" and image.width > 300
    other = explain(lambda x: x[:2], [pair[0]], lambda x: x).picture()
    assert [axes.get_title() for axes in other.axes[:2]] == ["yours (2, 3)", "expected (4, 3)"]


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 3, 4), (2, 3, 4, 2), (2, 1, 1, 2, 3)])
def test_arrays_of_every_shape_are_drawn(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    expected = rng.normal(size=shape)
    yours = expected + rng.normal(size=shape)
    assert len(figure(yours, expected, "A title").axes) == 6  # three, and their colour bars
    drawn = error_map(yours, expected)
    assert drawn.ndim == 2 and drawn.max() == 1.0
    assert shaded(drawn).count("█") >= 1


def test_what_is_not_finite_is_drawn() -> None:
    yours = np.array([[1.0, np.nan], [np.inf, 4.0]])
    assert figure(yours, np.ones((2, 2)))
    assert figure(np.full((2, 2), np.nan), np.ones((2, 2)))
    np.testing.assert_array_equal(error_map(yours, np.ones((2, 2))) == 1, [[False, True], [True, True]])


def test_pictures_lie_below_each_other_and_channels_side_by_side() -> None:
    expected = np.zeros((2, 3, 4, 2))
    yours = expected.copy()
    yours[1, 2, 3, 0] = 1.0
    assert np.argwhere(error_map(yours, expected)).tolist() == [[5, 3]]


def test_a_map_finds_room_and_keeps_the_worst() -> None:
    yours = np.zeros((100, 300))
    yours[57, 211] = -3.0
    small = error_map(yours, np.zeros((100, 300)), rows=10, columns=30)
    assert small.shape == (10, 30) and small[5, 21] == 1.0 and small.sum() == 1.0


def test_the_worst_come_first() -> None:
    expected = np.zeros((2, 3))
    yours = np.array([[0.0, -5.0, 1.0], [np.nan, 0.0, 3.0]])
    assert [each.index for each in worst(yours, expected, 10)] == [(1, 0), (0, 1), (1, 2), (0, 2)]
    assert [each.index for each in worst(yours, expected, 2)] == [(1, 0), (0, 1)]
    assert worst(expected, expected) == []
    assert worst(2.0, 1.0)[0].index == ()
    with pytest.raises(ValueError, match=r"expected arrays of one shape, got \(2, 3\) and \(3, 2\)"):
        worst(yours, expected.T)
    with pytest.raises(ValueError, match="n: expected 1 or more, got 0"):
        worst(yours, expected, 0)
    with pytest.raises(ValueError, match="expected real numbers"):
        worst(["a"], ["b"])
    with pytest.raises(ValueError, match="there is nothing to draw"):
        figure(np.zeros((0, 3)), np.zeros((0, 3)))
