"""Pictures of training: the curves over the epochs, and which class is taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from tinydl.plot.drawing import (
    BLACK,
    BLUE,
    ORANGE,
    RED,
    class_labels,
    names_of,
    new_figure,
    write_cells,
)


def training_curves(history: Any, title: str | None = "Training") -> Figure:
    """Loss and metrics over the epochs: training solid, validation dashed, the best epoch starred.

    Args:
        history: what `fit` returned, or a dictionary of lists; names that begin with `val_` are validation.
        title: stands above.

    Raises:
        ValueError: there is no history of at least one epoch.

    Example:
        >>> figure = training_curves({"loss": [0.9, 0.5], "val_loss": [0.8, 0.7], "accuracy": [0.7, 0.9]})
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['loss', 'accuracy (%)']
    """
    logs = getattr(history, "history", history)
    if not isinstance(logs, Mapping) or not any(len(curve) for curve in logs.values()):
        raise ValueError(f"history: expected a History or a dictionary of lists, not empty, got {logs!r}")
    names = list(dict.fromkeys(key.removeprefix("val_") for key in logs))
    figure = new_figure(4.8 * len(names), 3.8, title)
    for axes, name in zip(np.atleast_1d(figure.subplots(1, len(names))), names):
        for prefix, style, colour, what in (("", "-", BLUE, "training"), ("val_", "--", RED, "validation")):
            if prefix + name in logs:
                curve = np.asarray(logs[prefix + name], dtype=float)  # (epochs,)
                epochs = np.arange(1, len(curve) + 1)
                axes.plot(epochs, curve, style, color=colour, marker=".", markersize=5, label=what)
        _star_best(axes, name, curve)  # the curve drawn last: validation where there is one
        percent = name.endswith("accuracy")
        axes.set(xlabel="epoch", ylabel=name.replace("_", " ") + " (%)" * percent)
        if percent:
            axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9)
    return figure


def confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, class_names: Sequence[str] | None = None
) -> Figure:
    """Which class is taken for which: counts, coloured by the share of the row (of the true class).

    The diagonal is pale, and the colours are the mistakes' own: beside 980 right ones nobody would see 5.

    Args:
        y_true: true classes, integers (n,).
        y_pred: predicted classes, integers (n,).
        class_names: the name of each class.

    Raises:
        ValueError: labels are not integers, not as many, or beyond the class names.

    Example:
        >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1]).axes[0].get_title()
        'Confusion matrix: 3 of 4 right (75.00 %)'
    """
    classes = None if class_names is None else len(class_names)
    true = class_labels(y_true, "y_true", None, classes)
    guess = class_labels(y_pred, "y_pred", len(true), classes)
    if not len(true):
        raise ValueError("y_true: expected at least one label, got none")
    names = names_of(class_names, true, guess)
    size, right = len(names), int((true == guess).sum())
    counts = np.zeros((size, size), int)
    np.add.at(counts, (true, guess), 1)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)  # % of each row
    figure = new_figure(max(5.0, 0.55 * size + 2), max(4.0, 0.5 * size + 1.4))
    axes = figure.subplots()
    mistakes = np.where(np.eye(size, dtype=bool), 0, shares)
    heat = axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=float(mistakes.max()) or 1.0)
    for k in range(size):
        axes.add_patch(Rectangle((k - 0.5, k - 0.5), 1, 1, facecolor="#DCEBF5"))
    figure.colorbar(heat, ax=axes, label="mistakes (% of the true class)", fraction=0.045, pad=0.02)
    if size <= 30:
        texts = [(t, p, str(counts[t, p])) for t, p in np.argwhere(counts)]
        write_cells(axes, heat, texts, 9 if counts.max() < 10_000 else 7)
    axes.set(xlabel="predicted class", ylabel="true class (number of images)")
    axes.set_title(f"Confusion matrix: {right:,} of {len(true):,} right ({100 * right / len(true):.2f} %)")
    turned: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    )
    axes.set_xticks(range(size), names, **turned)
    axes.set_yticks(range(size), names)
    return figure


def _star_best(axes: Axes, name: str, curve: np.ndarray) -> None:
    """Stars the best epoch of a curve: the lowest of a loss or an error, the highest of anything else."""
    if np.isnan(curve).all():
        return
    lower = any(word in name for word in ("loss", "error", "mse", "mae", "divergence", "entropy"))
    best = int(np.nanargmin(curve) if lower else np.nanargmax(curve))
    value = f"{100 * curve[best]:.2f} %" if name.endswith("accuracy") else f"{curve[best]:.4g}"
    label = f"best: {value}, epoch {best + 1}"
    axes.plot(best + 1, curve[best], "*", color=ORANGE, markeredgecolor=BLACK, markersize=13, label=label)
