"""The exercises of chapter 2, in order."""

from __future__ import annotations

from chapters.ch02_dense import exercises_layers, exercises_learning, exercises_scores, exercises_shares

EXERCISES = [
    *exercises_layers.EXERCISES,
    *exercises_scores.EXERCISES,
    *exercises_shares.EXERCISES,
    *exercises_learning.EXERCISES,
]
