"""The exercises of chapter 1, in order."""

from __future__ import annotations

from chapters.ch01_autograd import exercises_arrays, exercises_chain, exercises_graphs, exercises_slopes

EXERCISES = [
    *exercises_slopes.EXERCISES,
    *exercises_chain.EXERCISES,
    *exercises_graphs.EXERCISES,
    *exercises_arrays.EXERCISES,
]
