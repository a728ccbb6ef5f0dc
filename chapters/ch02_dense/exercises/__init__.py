"""The exercises of chapter 2, in order."""

from __future__ import annotations

from chapters.ch02_dense.exercises import layers, learning, scores, shares

EXERCISES = [
    *layers.EXERCISES,
    *scores.EXERCISES,
    *shares.EXERCISES,
    *learning.EXERCISES,
]
