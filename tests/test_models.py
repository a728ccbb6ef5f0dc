"""Sequential and Model: how they are put together, what they show, and what they say when something is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinydl import Model, Sequential, Tensor, layers


def two_layers(**options: Any) -> Sequential:
    return Sequential([layers.Input((5,)), layers.Dense(4, activation="tanh"), layers.Dense(3)], **options)


class Siamese(Model):
    """Two inputs through one encoder: layers used twice have their weights once."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = two_layers()
        self.heads = [layers.Dense(1), layers.Dense(1)]

    def call(self, x: Tensor) -> Tensor:
        a, b = self.encoder(x), self.encoder(-x)
        return self.heads[0](a) + self.heads[1](b)  # (n, 1)


class TestSequential:
    def test_is_its_layers_one_after_the_other(self, rng: np.random.Generator) -> None:
        model = two_layers()
        x = rng.normal(size=(7, 5)).astype("float32")
        w, b, w2, b2 = model.get_weights()
        np.testing.assert_allclose(model(x).numpy(), np.tanh(x @ w + b) @ w2 + b2, rtol=1e-5, atol=1e-6)

    def test_is_built_by_an_input_by_build_or_by_the_first_batch(self) -> None:
        models = [Sequential([layers.Dense(4), layers.Dense(3)]) for _ in range(2)]
        assert not models[0].built and models[0].weights == []
        models[0].build((None, 5))
        models[1](np.zeros((2, 5)))
        for model in (two_layers(), *models):
            assert model.built and [w.shape for w in model.weights] == [(5, 4), (4,), (4, 3), (3,)]
            assert model.count_params() == 39

    def test_grows_and_shrinks(self) -> None:
        model = two_layers()
        model.add(layers.Dense(2))
        assert model.output_shape == (None, 2) and len(model.weights) == 6
        assert model.pop().units == 2  # type: ignore[attr-defined]
        assert model.output_shape == (None, 3) and len(model.weights) == 4
        assert model(np.zeros((1, 5))).shape == (1, 3)

    def test_nests(self) -> None:
        model = Sequential([layers.Input((5,)), two_layers(), layers.Dense(2)])
        assert model.output_shape == (None, 2)
        assert len(model.weights) == 6

    def test_whole_numbers_reach_an_embedding_as_they_are(self) -> None:
        model = Sequential([layers.Embedding(7, 3), layers.Flatten(), layers.Dense(1)])
        assert model(np.array([[0, 6], [3, 3]])).shape == (2, 1)

    def test_finds_layers(self) -> None:
        model = Sequential([layers.Dense(2, name="first"), layers.Dense(3, name="second")])
        assert model.get_layer("second") is model.get_layer(index=1) is model.layers[1]
        with pytest.raises(ValueError, match="no layer 'third'; there are: first, second"):
            model.get_layer("third")

    def test_freezing_a_part(self) -> None:
        model = two_layers()
        model.layers[0].trainable = False
        assert len(model.trainable_weights) == len(model.non_trainable_weights) == 2

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda: Sequential([3]), "expected a layer, got 3"),
            (lambda: Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]), "layer 'a' already"),
            (lambda: Sequential([layers.Dense(1), layers.Input((2,))]), "Input comes first"),
            (lambda: Sequential()(np.zeros((1, 2))), "it has no layers"),
            (
                lambda: Sequential([layers.Input((5,)), layers.Conv2D(2, 3)]),
                r"conv2d.*expected an input with 4 axes",
            ),
            (
                lambda: two_layers()(np.zeros((2, 6))),
                r"dense.*length 5 along axis -1, got shape \(None, 6\)",
            ),
        ],
    )
    def test_says_what_is_wrong(self, build: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            build()

    def test_a_layer_that_does_not_fit_is_not_added(self) -> None:
        model = two_layers()
        with pytest.raises(ValueError):
            model.add(layers.Conv2D(2, 3))
        assert len(model.layers) == 2 and model.output_shape == (None, 3)


class TestModel:
    def test_shared_layers_have_their_weights_once(self, rng: np.random.Generator) -> None:
        model = Siamese()
        x = rng.normal(size=(6, 5)).astype("float32")
        assert model(x).shape == (6, 1)
        assert len(model.weights) == len(set(model.weights)) == 8
        assert [layer.name for layer in model.layers] == [model.encoder.name, *[h.name for h in model.heads]]

    def test_build_makes_the_weights(self) -> None:
        model = Siamese()
        model.build((None, 5))
        assert model.built and len(model.weights) == 8 and model.output_shape == (None, 1)

    def test_may_take_several_inputs(self) -> None:
        class Sum(Model):
            def __init__(self) -> None:
                super().__init__()
                self.left, self.right = layers.Dense(2), layers.Dense(2)

            def call(self, x: list[Tensor]) -> Tensor:
                return self.left(x[0]) + self.right(x[1])

        called, built = Sum(), Sum()
        assert called([np.zeros((4, 3)), np.zeros((4, 5))]).shape == (4, 2)
        built.build([(None, 3), (None, 5)])
        for model in (called, built):
            assert [w.shape for w in model.weights] == [(3, 2), (2,), (5, 2), (2,)]
            assert model.input_shape == [(None, 3), (None, 5)]

    def test_learns(self, rng: np.random.Generator) -> None:
        x = rng.normal(size=(64, 5))  # float64, as NumPy gives it
        y = x[:, :1]
        model = Siamese()
        model.compile("adam", "mse")
        history = model.fit(x, y, epochs=30, verbose=0).history["loss"]
        assert history[-1] < 0.7 * history[0]
        assert all(w.dtype == np.float32 for w in model.weights)

    def test_a_first_call_that_fails_leaves_it_unbuilt(self) -> None:
        model = Siamese()
        with pytest.raises(ValueError):
            model(np.zeros((2, 5, 5, 1))[..., 0, :])
        assert not model.built

    def test_set_weights_checks_all_before_it_changes_any(self) -> None:
        model = two_layers()
        before = model.get_weights()
        with pytest.raises(ValueError, match="has 4 weights, got 3"):
            model.set_weights(before[:3])
        with pytest.raises(ValueError, match=r"dense.*bias has shape \(3,\), got \(4,\)"):
            model.set_weights([w + 1 for w in before[:3]] + [np.zeros(4)])
        for w, old in zip(model.get_weights(), before):
            np.testing.assert_array_equal(w, old)


class TestSummary:
    def test_names_shapes_and_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        model = two_layers(name="tiny[1]")
        model.layers[0].trainable = False
        model.summary()
        text = capsys.readouterr().out
        for expected in (
            'Model: "tiny[1]"',
            "(Dense)",
            "(None, 4)",
            "Total params: 39 (156.00 B)",
            "Trainable params: 15 (60.00 B)",
            "Non-trainable params: 24 (96.00 B)",
        ):
            assert expected in text
        assert "\x1b" not in text  # no colours where there is no terminal

    def test_of_what_is_not_built(self, capsys: pytest.CaptureFixture[str]) -> None:
        Sequential([layers.Dense(4)]).summary()
        text = capsys.readouterr().out
        assert "0 (unbuilt)" in text and "?" in text
