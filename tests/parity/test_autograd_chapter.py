"""Chapter 1's network beside its Keras twin: the gradients that Value and Tensor find are those of Keras."""

from __future__ import annotations

import os

import numpy as np
import pytest

from chapters.ch01_autograd import patterns
from chapters.ch01_autograd.differences import apart, loss_of
from chapters.ch01_autograd.experiments import scalar_gradients
from chapters.ch01_autograd.model import network
from tests.parity.precision import both_in

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
keras = pytest.importorskip("keras")

from chapters.ch01_autograd import keras_twin  # noqa: E402


def test_gradients_of_scalars_of_tensors_and_of_keras() -> None:
    with both_in("float64"):
        points, targets = (a.astype("float64") for a in patterns.draw("spiral", 30, 0))
        ours, theirs = network(), keras_twin.network()
        rng = np.random.default_rng(0)
        ours.set_weights([rng.normal(size=weight.shape) for weight in ours.weights])
        theirs.set_weights(ours.get_weights())
        theirs.compile(keras.optimizers.SGD(1.0), "mean_squared_error")
        theirs.train_on_batch(points, targets)
        gradients = [old - new for old, new in zip(ours.get_weights(), theirs.get_weights())]
        assert apart(scalar_gradients(ours, points, targets), gradients) < 1e-12
        loss_of(ours, points, targets).backward()
        assert apart([weight.grad.numpy() for weight in ours.weights], gradients) < 1e-12
