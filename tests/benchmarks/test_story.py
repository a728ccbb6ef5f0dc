"""The story of the convolution: its ways agree, and what is switched off is switched on again."""

from __future__ import annotations

import os

import numpy as np
import pytest

from benchmarks import story
from tinydl.ops import correlation


def test_every_way_gives_the_same_and_is_told_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "BATCH", 2)
    before = os.environ.get("TINYDL_THREADS"), correlation._side_by_side
    seconds = story.measure(threads=2, rounds=1)  # raises if one way differs from the textbook's
    assert (os.environ.get("TINYDL_THREADS"), correlation._side_by_side) == before
    assert len(seconds) == 5 and all(value > 0 for values in seconds.values() for value in values)
    figure = story.picture(
        {name: values[0] for name, values in seconds.items()}, {"versions": {"numpy": "2"}}
    )
    assert len(figure.axes[0].patches) == 5


def test_the_textbook_way_is_the_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH": 2, "SIDE": 4, "CIN": 2, "WINDOW": 3, "COUT": 3}.items():
        monkeypatch.setattr(story, name, value)
    rng = np.random.default_rng(0)
    x, kernel, gy = (rng.normal(size=size) for size in [(2, 4, 4, 2), (3, 3, 2, 3), (2, 4, 4, 3)])
    y, gx, gk = story.whole_batch(x, kernel, gy)
    np.testing.assert_allclose(y, story.conv2d_naive(x, kernel, padding="same"), atol=1e-12)
    np.testing.assert_allclose(gx, story.conv2d_transpose_naive(gy, kernel, padding="same"), atol=1e-12)
    np.testing.assert_allclose(gk, story.conv2d_kernel_naive(x, gy, (3, 3), padding="same"), atol=1e-12)
