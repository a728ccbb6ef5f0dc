"""The exercises of chapter 2, in order."""

from __future__ import annotations

from chapters.ch02_dense.exercises import entropy, layers, learning, shares, softmax

EXERCISES = [
    *layers.EXERCISES,
    *softmax.EXERCISES,
    *entropy.EXERCISES,
    *shares.EXERCISES,
    *learning.EXERCISES,
]
