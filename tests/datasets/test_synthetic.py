"""The drawn digits and cakes. That they look like digits and cakes, only eyes can tell; the rest is here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl.datasets import patisserie, synthetic


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return synthetic.digits(1_500)


def test_digits_have_mnists_form(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((1_500, 28, 28), np.uint8, (1_500,), np.uint8)
    assert set(y) == set(range(10)) and np.bincount(y).min() > 100
    ink = x / 255.0
    assert 0.10 < ink.mean() < 0.17  # MNIST: 0.131
    # Centred by mass, with black all around.
    rows, columns = ink.sum(axis=2), ink.sum(axis=1)
    for profile in (rows, columns):
        centre = profile @ np.arange(28) / profile.sum(axis=1)
        assert abs(centre.mean() - 13.5) < 0.3 and np.abs(centre - 13.5).max() < 3
    edge = np.concatenate([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], axis=1)
    assert (edge.max(axis=1) > 50).mean() < 0.03
    assert (x.reshape(1_500, -1).max(axis=1) > 180).all()  # no digit is faint
    assert len(np.unique(x, axis=0)) == 1_500  # no two alike
    grey = ((x > 20) & (x < 235)).sum() / (x > 20).sum()
    assert 0.15 < grey < 0.7  # edges are smooth, strokes are solid


def test_digits_can_be_told_apart_but_not_by_a_ruler(digits: tuple[np.ndarray, np.ndarray]) -> None:
    """Nearest neighbours get most of them; the distance to each class's mean picture gets fewer."""
    x, y = digits
    flat = x.reshape(len(x), -1) / 255.0
    train, test = slice(0, 1_200), slice(1_200, None)
    squared = (flat**2).sum(axis=1)
    distance = squared[train] - 2 * flat[test] @ flat[train].T
    nearest = (y[train][distance.argmin(axis=1)] == y[test]).mean()
    means = np.stack([flat[train][y[train] == digit].mean(axis=0) for digit in range(10)])
    by_mean = (((means**2).sum(axis=1) - 2 * flat[test] @ means.T).argmin(axis=1) == y[test]).mean()
    assert 0.85 < nearest < 0.99
    assert 0.7 < by_mean < 0.95


def test_load_data_draws_the_halves_apart() -> None:
    (x_train, y_train), (x_test, y_test) = synthetic.load_data(200, 200)
    assert x_train.shape == (200, 28, 28) and y_test.shape == (200,)
    assert len(np.unique(np.concatenate([x_train, x_test]), axis=0)) == 400
    again = synthetic.load_data(200, 50)
    assert np.array_equal(again[0][0], x_train)  # the training half does not depend on the other's size


@given(seed=st.integers(0, 2**32), n=st.integers(0, 12))
def test_the_seed_decides(seed: int, n: int) -> None:
    for draw in (synthetic.digits, lambda n, seed: synthetic.cakes(n, 8, seed)):
        (x, y), (x_again, y_again), (other, _) = (
            draw(n, seed=seed),
            draw(n, seed=seed),
            draw(n, seed=seed + 1),
        )
        assert np.array_equal(x, x_again) and np.array_equal(y, y_again)
        assert n == 0 or not np.array_equal(x, other)
        assert len(x) == len(y) == n and x.dtype == y.dtype == np.uint8


def test_cakes() -> None:
    assert len(synthetic.cake_names) == len(set(synthetic.cake_names)) == 10
    x, y = synthetic.cakes(40, size=32)
    assert (x.shape, x.dtype, y.dtype) == ((40, 32, 32, 3), np.uint8, np.uint8)
    assert np.bincount(y).tolist() == [4] * 10
    assert (x.reshape(40, -1).std(axis=1) > 15).all()  # there is something on the picture
    (x_train, _), (x_test, _) = synthetic.load_cakes(20, 20, size=16)
    assert len(np.unique(np.concatenate([x_train, x_test]), axis=0)) == 40


@pytest.mark.parametrize("label", range(10), ids=synthetic.cake_names)
def test_a_larger_picture_shows_the_same_cake(label: int) -> None:
    def softly(size: int) -> np.ndarray:
        picture = patisserie.bake(label, size, np.random.default_rng(3)).astype(float)
        return picture.reshape(8, size // 8, 8, size // 8, 3).mean(axis=(1, 3))  # averaged to 8×8

    assert np.abs(softly(32) - softly(96)).mean() < 4  # of 255


@pytest.mark.parametrize("n", [-1, 2.5, "3"])
def test_bad_numbers(n: object) -> None:
    with pytest.raises(ValueError, match=f"n must be a whole number of at least 0, got {n!r}"):
        synthetic.digits(n)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n_test must be"):
        synthetic.load_data(10, n)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="size must be a whole number of at least 1"):
        synthetic.cakes(1, size=0)
