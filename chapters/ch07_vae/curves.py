"""The curves of this lesson: what pictures cost, over the epochs and over β, and what a standard deviation costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinydl.plot.drawing import BLACK, BLUE, GREEN, GREY, RED, new_figure


def costs(test: Mapping[str, np.ndarray], training: Mapping[str, np.ndarray], b: float) -> Figure:
    """The two terms over the epochs, in nats a picture, and both of their sums.

    Args:
        test: "reconstruction" and "divergence" of test pictures after each epoch, (epochs,).
        training: the same of the pictures learnt, the mean over each epoch.
        b: how much the divergence counts in the recipe's loss.
    """
    figure = new_figure(13.5, 3.9, "What a picture costs")
    epochs = np.arange(1, 1 + len(test["divergence"]))
    panels = figure.subplots(1, 3)
    for axes, key, title in zip(panels, test, ("reconstruction", "KL divergence")):
        axes.plot(epochs, test[key], color=BLUE, marker=".", label="test")
        axes.plot(epochs, training[key], "--", color=RED, marker=".", label="training, mean of the epoch")
        axes.set_title(title)
    panels[1].set_ylim(0)
    for weight, colour, line, words in (
        (1, BLACK, "-", "both count once: −ELBO"),
        (b, GREEN, ":", f"KL counts {b:.3g} times: the recipe's loss"),
    ):
        total = test["reconstruction"] + weight * test["divergence"]
        panels[2].plot(epochs, total, line, color=colour, marker=".", label=words)
    panels[2].set_title("sums (test)")
    for axes in panels:
        axes.set(xlabel="epoch", ylabel="nats a picture")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _plain(axes)
    return figure


def deviations(
    first: Mapping[str, Sequence[Sequence[float]]], right: np.ndarray, wrong: np.ndarray
) -> Figure:
    """Three looks at the wrong standard deviation: what it costs, how training begins, how wide clouds become.

    Args:
        first: "right" and "wrong": the losses of the first steps, a list for each seed.
        right: standard deviations of the right network's clouds, (n,).
        wrong: of the wrong network's.
    """
    figure = new_figure(13.5, 4.0, "exp(log_var / 2), or exp(log_var)")
    price, start, after = figure.subplots(1, 3)
    looks = {"right": (BLUE, "-"), "wrong": (RED, "--")}
    std = np.geomspace(0.02, 4, 300)
    charged = {"right": 0.5 * (std**2 - 1) - np.log(std), "wrong": 0.5 * (std - 1 - np.log(std))}
    for name, (colour, line) in looks.items():
        price.plot(std, charged[name], line, color=colour, label=name)
        for k, losses in enumerate(first[name]):
            steps = np.arange(1, len(losses) + 1)
            start.plot(steps, losses, line, color=colour, linewidth=1.2, label=name if k == 0 else None)
    price.set(
        xscale="log", xlabel="standard deviation of the cloud (no unit)", ylabel="charged (nats a number)"
    )
    price.set_title("what the divergence charges")
    start.set(yscale="log", xlabel="step", ylabel="loss (nats a pixel)")
    start.set_title("the first steps, each line a seed")
    low, high = np.quantile(np.concatenate([right, wrong]), [0.001, 0.999])
    bins = np.geomspace(max(low, 1e-4), high, 60)
    after.hist(right, bins, color=BLUE, alpha=0.6, label="right")
    after.hist(wrong, bins, histtype="step", color=RED, linewidth=1.8, linestyle="--", label="wrong")
    after.set(
        xscale="log", xlabel="standard deviation of the cloud (no unit)", ylabel="clouds of test pictures"
    )
    after.set_title("after training")
    for axes in (price, start, after):
        _plain(axes)
    return figure


def beta_terms(found: Mapping[float, tuple[float, float]], usual: float) -> Figure:
    """Both terms, and the lower bound, over β. `found`: reconstruction and divergence of test pictures, by β."""
    figure = new_figure(9.6, 4.0, "How much should the divergence count?")
    left, right = figure.subplots(1, 2)
    ticks, recipe = range(len(found)), list(found).index(usual)
    reconstruction, divergence = np.array(list(found.values())).T
    left.plot(ticks, reconstruction, color=BLUE, marker="o", label="reconstruction")
    left.plot(ticks, divergence, "--", color=RED, marker="s", label="KL divergence")
    left.set(title="the two terms", ylabel="nats a picture (test)")
    right.plot(ticks, -reconstruction - divergence, color=BLACK, marker="o", label="ELBO")
    right.set(title="the evidence lower bound", ylabel="nats a picture (test)")
    for axes in (left, right):
        axes.axvline(recipe, color=GREY, linestyle=":", label="the recipe's β", zorder=1.9)  # below the marks
        axes.set_xticks(ticks, [f"{b:.3g}" for b in found])
        axes.set_xlabel("β: how many times the divergence counts (no unit)")
        _plain(axes)
    return figure


def _plain(axes: Axes) -> None:
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
