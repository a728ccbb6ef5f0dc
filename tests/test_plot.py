"""Pictures, judged by what they hold (images, words, limits, ticks); how they look is for people to judge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from tinydl import Tensor, plot
from tinydl.plot.drawing import PALETTE, RED

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 8, 8), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])
CAKES = ["tart", "roll", "strudel"]
HISTORY = {
    "loss": [0.9, 0.5, 0.4],
    "accuracy": [0.6, 0.8, 0.9],
    "val_loss": [0.8, 0.6, 0.7],
    "val_accuracy": [0.7, 0.85, 0.8],
}


def words(figure: Figure, axes: int = 0) -> list[str]:
    return [text.get_text() for text in figure.axes[axes].texts]


def shown(figure: Figure, axes: int = 0) -> np.ndarray:
    return np.stack([np.asarray(image.get_array()) for image in figure.axes[axes].images])


# ---- every picture -----------------------------------------------------------------------------------------

PICTURES = {
    "image_grid": lambda: plot.image_grid(IMAGES, LABELS, CAKES, predicted=LABELS[::-1], title="six"),
    "worst_mistakes": lambda: plot.worst_mistakes(IMAGES, LABELS, np.tile([0.2, 0.1, 0.7], (6, 1)), CAKES),
    "reconstructions": lambda: plot.reconstructions(IMAGES, 255 - IMAGES),
    "heat_map": lambda: plot.heat_map(IMAGES[0]),
    "training_curves": lambda: plot.training_curves(HISTORY),
    "confusion_matrix": lambda: plot.confusion_matrix(LABELS, LABELS[::-1], CAKES),
    "filters": lambda: plot.filters(RNG.normal(size=(3, 3, 1, 5)), RNG.normal(size=(3, 3, 1, 5))),
    "feature_maps": lambda: plot.feature_maps(RNG.normal(size=(4, 4, 3)), IMAGES[0]),
    "latent_scatter": lambda: plot.latent_scatter(RNG.normal(size=(6, 2)), LABELS, CAKES),
    "thumbnails": lambda: plot.thumbnails(RNG.normal(size=(6, 2)), IMAGES, LABELS),
    "graph": lambda: plot.graph(2 * Tensor([1.0], requires_grad=True)),
}


def test_every_function_is_listed_here() -> None:
    assert sorted([*PICTURES, "save", "save_animation"]) == plot.__all__


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_figure_with_a_title_that_a_notebook_shows(name: str) -> None:
    before = matplotlib.rcParams.copy()
    figure = PICTURES[name]()
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(
        b"\x89PNG"
    )  # draws without a warning, too: the suite makes those errors
    if name != "heat_map":  # that one has the title it is given
        assert figure.get_suptitle() or figure.axes[0].get_title()
    assert matplotlib.rcParams == before


def test_no_figure_stays_behind_in_pyplot() -> None:
    code = """if True:
        import sys, numpy as np
        from tinydl import Tensor, plot
        plot.heat_map(np.eye(3))._repr_png_()
        assert "matplotlib.pyplot" not in sys.modules
        import matplotlib
        matplotlib.use("agg")
        import matplotlib.pyplot as plt
        plot.heat_map(np.eye(3))
        assert plt.get_fignums() == []
    """
    root = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_colours_are_the_palette_of_okabe_and_ito() -> None:
    published = "000000 E69F00 56B4E9 009E73 F0E442 0072B2 D55E00 CC79A7".split()
    assert {colour.lstrip("#") for colour in PALETTE} == {*published, "999999", "882255"}


# ---- images ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (IMAGES, IMAGES / 255),
        (IMAGES[..., None], IMAGES / 255),
        (IMAGES / 255, IMAGES / 255),
        (IMAGES.astype(float) / 127.5 - 1, None),
        (np.stack([IMAGES] * 3, axis=-1), np.stack([IMAGES] * 3, axis=-1) / 255),
        (np.full((2, 4, 4), 0.5, np.float32), np.full((2, 4, 4), 0.5)),
        (np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4))),
        (np.eye(4, dtype=bool)[None], np.eye(4)[None]),
    ],
    ids=["uint8", "one channel", "float", "tanh", "RGB", "grey float32", "black", "boolean"],
)
def test_image_grid_shows_the_pixels(images: np.ndarray, expected: np.ndarray | None) -> None:
    figure = plot.image_grid(images)
    pixels = shown(figure)
    if expected is None:  # -1 ... 1, stretched to what the images themselves reach
        low, high = images.min(), images.max()
        expected = (images - low) / (high - low)
    np.testing.assert_allclose(pixels, expected, atol=1e-6)
    assert all(image.get_clim() == (0, 1) for image in figure.axes[0].images)
    assert words(figure) == []


def test_image_grid_takes_tensors() -> None:
    figure = plot.image_grid(Tensor((IMAGES / 255).astype(np.float32)), LABELS)
    np.testing.assert_allclose(shown(figure), IMAGES / 255, atol=1e-6)


def test_image_grid_stands_in_rows() -> None:
    figure = plot.image_grid(IMAGES, columns=4)
    corners = [image.get_extent()[::3] for image in figure.axes[0].images]  # left, top
    assert len({left for left, _ in corners}) == 4 and len({top for _, top in corners}) == 2


def test_image_grid_names_classes_and_marks_what_is_wrong_in_words_and_colour() -> None:
    guess = LABELS.copy()
    guess[1] = 2
    figure = plot.image_grid(IMAGES, LABELS, CAKES, predicted=guess)
    assert words(figure) == ["tart", "✗ strudel\nis roll", "strudel", "tart", "roll", "strudel"]
    red = [patch for patch in figure.axes[0].patches if patch.get_edgecolor() == to_rgba(RED)]
    assert [round(patch.get_x(), 2) for patch in red] == [1.08]
    assert [text.get_color() == RED for text in figure.axes[0].texts] == list(guess != LABELS)
    assert words(plot.image_grid(IMAGES, LABELS)) == [str(label) for label in LABELS]


def test_worst_mistakes_are_the_most_confident_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.99, 0.01]])
    figure = plot.worst_mistakes(IMAGES[:4], [1, 0, 1, 1], probabilities, ["cat", "dog"], count=2)
    assert words(figure) == ["✗ cat: 99.0 %\nis dog: 1.0 %", "✗ cat: 90.0 %\nis dog: 10.0 %"]
    np.testing.assert_allclose(shown(figure), IMAGES[[3, 0]] / 255)
    assert figure.get_suptitle() == "Worst mistakes: 2 of 3 in 4 images"


def test_worst_mistakes_of_a_perfect_classifier() -> None:
    assert words(plot.worst_mistakes(IMAGES, LABELS, np.eye(3)[LABELS])) == ["none: all 6 images are right"]


def test_reconstructions_stand_below_what_they_are_of() -> None:
    restored = np.clip(IMAGES / 255 + 0.1, 0, 1)
    figure = plot.reconstructions(IMAGES, restored, columns=4)
    above, below = figure.axes
    np.testing.assert_allclose(shown(figure, 0), IMAGES / 255)
    np.testing.assert_allclose(shown(figure, 1), restored)
    corners = [[image.get_extent()[::3] for image in axes.images] for axes in (above, below)]  # left, top
    assert corners[0] == corners[1] and len({left for left, _ in corners[0]}) == 4
    assert {image.get_clim() for axes in (above, below) for image in axes.images} == {(0, 1)}
    assert above.get_position().y0 > below.get_position().y0
    colour = np.zeros((3, 4, 6, 3))
    assert shown(plot.reconstructions(colour, colour[..., ::-1])).shape == (3, 4, 6, 3)


def test_heat_map_writes_values_where_there_is_room() -> None:
    image = RNG.integers(0, 256, (28, 28))
    figure = plot.heat_map(image, title="a digit")
    assert words(figure) == [str(value) for value in image.ravel()]
    np.testing.assert_array_equal(shown(figure)[0], image)
    assert figure.axes[0].get_title() == "a digit"
    assert figure.axes[1].get_ylabel() == "pixel value"  # the colour bar
    assert figure.axes[0].get_xlabel() == "column (pixels)" and figure.axes[0].get_ylabel() == "row (pixels)"
    assert words(plot.heat_map(image, values=False)) == []
    assert words(plot.heat_map(np.zeros((200, 200)))) == []
    assert words(plot.heat_map([[0.25, 0.5]])) == ["0.25", "0.50"]


def test_heat_map_diverges_from_zero_where_there_are_signs() -> None:
    (heat,) = plot.heat_map([[-1.0, 3.0]]).axes[0].images
    assert heat.get_clim() == (-3, 3)
    (heat,) = plot.heat_map([[1.0, 3.0]]).axes[0].images
    assert heat.get_clim() == (0, 3)


def test_heat_map_is_legible() -> None:
    """The contrast of every value with its cell is at least 3, the limit of WCAG 2 for large text."""

    def luminance(colour: object) -> float:
        rgb = np.array(to_rgba(colour)[:3])  # type: ignore[arg-type]
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    for image in (np.arange(144).reshape(12, 12), np.arange(-72, 72).reshape(12, 12)):
        axes = plot.heat_map(image).axes[0]
        (heat,) = axes.images
        for text, value in zip(axes.texts, image.ravel()):
            dark, bright = sorted([luminance(text.get_color()), luminance(heat.cmap(heat.norm(value)))])
            assert (bright + 0.05) / (dark + 0.05) > 3, value


# ---- training ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [HISTORY, SimpleNamespace(history=HISTORY)], ids=["dict", "History"])
def test_training_curves(history: object) -> None:
    loss, accuracy = plot.training_curves(history).axes
    assert [loss.get_ylabel(), accuracy.get_ylabel()] == ["loss", "accuracy (%)"]
    assert loss.get_xlabel() == "epoch"
    train, validation, best = loss.lines
    np.testing.assert_array_equal(train.get_xydata(), np.c_[[1, 2, 3], HISTORY["loss"]])
    np.testing.assert_array_equal(validation.get_ydata(), HISTORY["val_loss"])
    assert (train.get_linestyle(), validation.get_linestyle()) == ("-", "--")
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "training",
        "validation",
        "best: 0.6, epoch 2",
    ]
    assert tuple(best.get_xydata()[0]) == (2, 0.6)
    assert tuple(accuracy.lines[2].get_xydata()[0]) == (2, 0.85)  # the highest, where the loss has the lowest


@pytest.mark.parametrize("epochs", [1, 2, 3, 12, 100])
def test_training_curves_tick_whole_epochs(epochs: int) -> None:
    (axes,) = plot.training_curves({"loss": np.linspace(1, 0, epochs)}).axes
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert ticks and all(tick == round(tick) for tick in ticks)


def test_training_curves_live_with_nan_and_short_validation() -> None:
    """Training that broke down; Ctrl-C before the last validation."""
    (axes,) = plot.training_curves({"loss": [1.0, np.nan, 0.5], "val_loss": [2.0, np.nan]}).axes
    assert tuple(axes.lines[2].get_xydata()[0]) == (1, 2.0)
    (axes,) = plot.training_curves({"loss": [np.nan, np.nan]}).axes
    assert len(axes.lines) == 1  # no best


def test_confusion_matrix_counts() -> None:
    true, guess = RNG.integers(0, 4, 500), RNG.integers(0, 4, 500)
    figure = plot.confusion_matrix(true, guess, ["a", "b", "c", "d"])
    axes = figure.axes[0]
    counts = np.array([[int(((true == t) & (guess == p)).sum()) for p in range(4)] for t in range(4)])
    written = {tuple(int(c) for c in text.get_position()): int(text.get_text()) for text in axes.texts}
    assert written == {(p, t): counts[t, p] for t in range(4) for p in range(4)}  # x is predicted, y is true
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    np.fill_diagonal(shares, 0)  # the colours belong to the mistakes
    np.testing.assert_allclose(shown(figure)[0], shares)
    assert axes.images[0].get_clim() == (0, shares.max())
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c", "d"]
    right = int((true == guess).sum())
    assert axes.get_title() == f"Confusion matrix: {right} of 500 right ({right / 5:.2f} %)"
    assert axes.get_xlabel() == "predicted class" and axes.get_ylabel().startswith("true class")


def test_confusion_matrix_leaves_empty_cells_empty_and_takes_columns_of_labels() -> None:
    assert words(plot.confusion_matrix([[0], [1]], [[0], [1]], CAKES)) == ["1", "1"]


# ---- inside the network ------------------------------------------------------------------------------------


def test_filters_before_and_after_share_one_scale_around_zero() -> None:
    before, after = RNG.normal(size=(5, 5, 1, 20)), 3 * RNG.normal(size=(5, 5, 1, 20))
    figure = plot.filters(before, after)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["before training", "after training"]
    assert figure.axes[2].get_ylabel() == "weight (no unit)"
    np.testing.assert_array_equal(shown(figure, 0), before[:, :, 0].transpose(2, 0, 1))
    np.testing.assert_array_equal(shown(figure, 1), after[:, :, 0].transpose(2, 0, 1))
    largest = max(np.abs(before).max(), np.abs(after).max())
    limits = {image.get_clim() for axes in figure.axes[:2] for image in axes.images}
    assert limits == {(-largest, largest)}
    assert words(figure) == [str(i) for i in range(20)]


def test_filters_over_channels_stand_in_a_row_each() -> None:
    kernel = RNG.normal(size=(3, 3, 4, 20))
    figure = plot.filters(kernel, most=5)
    images = figure.axes[0].images
    assert len(images) == 5 * 4
    np.testing.assert_array_equal(images[1 * 4 + 2].get_array(), kernel[:, :, 2, 1])  # row 1, column 2
    assert figure.get_suptitle() == "20 filters of 3×3 over 4 channels (the first 5 filters, 4 channels)"
    titled = plot.filters(kernel, most=5, title="Ours")
    assert titled.get_suptitle() == "Ours (the first 5 filters, 4 channels)"


def test_filters_of_zeros() -> None:
    assert plot.filters(np.zeros((3, 3, 1, 1))).axes[0].images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("batch", [False, True])
def test_feature_maps(batch: bool) -> None:
    maps = np.abs(RNG.normal(size=(4, 6, 7)))
    figure = plot.feature_maps(maps[None] if batch else maps, image=IMAGES[0][..., None])
    np.testing.assert_allclose(shown(figure, 0)[0], IMAGES[0] / 255)
    np.testing.assert_array_equal(shown(figure, 1), maps.transpose(2, 0, 1))
    assert {image.get_clim() for image in figure.axes[1].images} == {(0, maps.max())}
    assert words(figure, 1) == [str(i) for i in range(7)]
    signed = plot.feature_maps(maps - 1).axes[0].images[0]
    assert signed.get_clim()[0] == -signed.get_clim()[1]


# ---- bad input ---------------------------------------------------------------------------------------------

HALF = np.full((6, 2), 0.5)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plot.image_grid(IMAGES[0]),
            r"images: expected .*image\[None\].* got shape \(8, 8\) of uint8",
        ),
        (lambda: plot.image_grid(np.zeros((2, 4, 4, 5))), r"images: .* got shape \(2, 4, 4, 5\)"),
        (lambda: plot.image_grid(np.zeros((0, 4, 4))), r"images: .* got shape \(0, 4, 4\)"),
        (lambda: plot.image_grid(np.array(["a"])), "images: expected"),
        (lambda: plot.image_grid(np.full((1, 2, 2), np.nan)), "images: .* 4 of 4 are NaN"),
        (lambda: plot.image_grid(IMAGES, columns=0), "columns: expected 1 or more, got 0"),
        (lambda: plot.image_grid(IMAGES, LABELS[:2]), "labels: expected 6 labels, one for each, got 2"),
        (lambda: plot.image_grid(IMAGES, np.eye(3)[LABELS]), r"labels: .*integer labels.*\(6, 3\).*argmax"),
        (lambda: plot.image_grid(IMAGES, LABELS / 2), "labels: expected integer labels .* float64"),
        (
            lambda: plot.image_grid(IMAGES, LABELS, CAKES[:2]),
            "labels: expected labels from 0 to 1, got 0 to 2",
        ),
        (lambda: plot.image_grid(IMAGES, LABELS - 1), "labels: expected labels from 0 up, got -1"),
        (lambda: plot.image_grid(IMAGES, predicted=LABELS), "labels: expected the true classes"),
        (lambda: plot.worst_mistakes(IMAGES, LABELS, np.eye(3)), "probabilities: expected 6 rows"),
        (lambda: plot.worst_mistakes(IMAGES, LABELS, 9 * HALF), "probabilities: .*softmax"),
        (
            lambda: plot.worst_mistakes(IMAGES, LABELS, HALF),
            "y_true: expected labels from 0 to 1, got 0 to 2",
        ),
        (
            lambda: plot.worst_mistakes(IMAGES, LABELS % 2, HALF, CAKES),
            "class_names: expected one for each of 2",
        ),
        (
            lambda: plot.worst_mistakes(IMAGES, LABELS % 2, HALF, count=0),
            "count, columns: expected 1 or more",
        ),
        (lambda: plot.reconstructions(IMAGES, IMAGES[:5]), r"of one size, got \(6, 8, 8\) and \(5, 8, 8\)"),
        (lambda: plot.reconstructions(IMAGES, IMAGES[..., None, None]), r"restored: expected grey"),
        (lambda: plot.reconstructions(IMAGES, IMAGES, columns=0), "columns: expected 1 or more, got 0"),
        (lambda: plot.heat_map(np.zeros((4, 4, 3))), r"image: expected one grey image .* \(4, 4, 3\)"),
        (lambda: plot.heat_map([[np.inf]]), "image: .* NaN or infinite"),
        (lambda: plot.training_curves({}), "history: expected a History"),
        (lambda: plot.training_curves({"loss": []}), "history: expected a History"),
        (lambda: plot.training_curves([1, 2]), "history: expected a History"),
        (lambda: plot.confusion_matrix([0, 1], [0]), "y_pred: expected 2 labels"),
        (lambda: plot.confusion_matrix([0, 1], np.eye(2)), "y_pred: expected integer labels"),
        (lambda: plot.confusion_matrix(LABELS[:0], LABELS[:0]), "y_true: expected at least one"),
        (
            lambda: plot.filters(np.zeros((3, 3, 1))),
            r"kernel: expected \(kh, kw, cin, cout\), got shape \(3, 3, 1\)",
        ),
        (
            lambda: plot.filters(np.zeros((3, 3, 1, 2)), np.zeros((3, 3, 1, 4))),
            "after: expected the kernel's shape",
        ),
        (lambda: plot.feature_maps(np.zeros((2, 4, 4, 3))), "maps: expected those of one image, got 2"),
    ],
)
def test_bad_input_is_named(draw: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()  # type: ignore[operator]
