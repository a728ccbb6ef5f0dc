"""The exercises of chapter 2, in order."""

from __future__ import annotations

from chapters.ch02_dense.exercises import adam, dense, entropy, relu, shares, softmax, step

EXERCISES = [
    *dense.EXERCISES,
    *relu.EXERCISES,
    *softmax.EXERCISES,
    *entropy.EXERCISES,
    *shares.EXERCISES,
    *step.EXERCISES,
    *adam.EXERCISES,
]
