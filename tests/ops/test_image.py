"""Resizing against its loop on drawn sizes, against numbers worked out by hand, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydl import Tensor, grad, ops

SIDES = st.integers(1, 6)
METHODS = ["nearest", "bilinear"]


@pytest.mark.parametrize("interpolation", METHODS)
@given(old=st.tuples(SIDES, SIDES), new=st.tuples(SIDES, SIDES))
def test_against_the_loop(interpolation: str, old: tuple[int, int], new: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=(2, *old, 3))
    y = ops.resize(x, new, interpolation)
    np.testing.assert_allclose(y, ops.resize_naive(x, new, interpolation), atol=1e-12)
    np.testing.assert_allclose(ops.resize(x[0], new, interpolation), y[0])


def test_numbers_by_hand() -> None:
    x = np.array([[0.0, 10.0], [20.0, 30.0]]).reshape(1, 2, 2, 1)
    assert ops.resize(x, (1, 1)).ravel().tolist() == [15]
    assert ops.resize(x, (2, 4))[0, :, :, 0].tolist() == [[0, 2.5, 7.5, 10], [20, 22.5, 27.5, 30]]
    assert ops.resize(x, (2, 4), "nearest")[0, :, :, 0].tolist() == [[0, 0, 10, 10], [20, 20, 30, 30]]
    assert ops.resize(x, (1, 1), "nearest").ravel().tolist() == [30], "the centre lies on the corner of four"


@pytest.mark.parametrize(("new", "pixel"), [(41, 0), (49, 1)])
def test_on_an_edge_the_nearest_pixel_is_the_one_of_tensorflow(new: int, pixel: int) -> None:
    """The middle of an odd number of new pixels lies between two old ones; what tf.image.resize takes there."""
    assert ops.resize(np.array([[[[0.0], [1.0]]]]), (1, new), "nearest")[0, 0, new // 2, 0] == pixel


@pytest.mark.parametrize("interpolation", METHODS)
def test_the_same_size_is_the_same_picture(interpolation: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3))
    np.testing.assert_array_equal(ops.resize(x, (5, 7), interpolation), x)


@pytest.mark.parametrize("interpolation", METHODS)
def test_a_grey_picture_stays_grey(interpolation: str) -> None:
    np.testing.assert_allclose(ops.resize(np.full((1, 4, 5, 1), 0.3), (7, 3), interpolation), 0.3)


@pytest.mark.parametrize("interpolation", METHODS)
def test_every_share_of_the_gradient_comes_back(interpolation: str) -> None:
    """What is said of the new pixels is shared out among the old ones, and nothing is lost."""
    x = Tensor(np.zeros((1, 3, 4, 1), "float32"), requires_grad=True)
    gy = np.random.default_rng(0).normal(size=(1, 5, 6, 1)).astype("float32")
    (g,) = grad(ops.resize(x, (5, 6), interpolation), [x], grad_outputs=gy)
    assert g.dtype == "float32"
    assert g.numpy().sum() == pytest.approx(gy.sum(), abs=1e-5)


def test_whole_numbers_become_floats() -> None:
    x = np.array([[0, 255]], "uint8").reshape(1, 1, 2, 1)
    y = ops.resize(x, (1, 1))
    assert (y.dtype, y.item()) == ("float32", 127.5)


def test_no_pictures_at_all() -> None:
    assert ops.resize(np.zeros((0, 2, 2, 3)), (4, 4)).shape == (0, 4, 4, 3)


def test_bad_input_is_named() -> None:
    x = np.zeros((1, 2, 2, 1))
    with pytest.raises(ValueError, match="nearest"):
        ops.resize(x, (4, 4), "nearst")
    with pytest.raises(ValueError, match=r"at least \(1, 1\), got \(0, 4\)"):
        ops.resize(x, (0, 4))
    with pytest.raises(ValueError, match=r"got shape \(2, 2\)"):
        ops.resize(np.zeros((2, 2)), (4, 4))
