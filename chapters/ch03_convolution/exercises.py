"""The exercises of chapter 3, in order."""

from __future__ import annotations

from chapters.ch03_convolution import (
    exercises_convolution,
    exercises_loops,
    exercises_painting,
    exercises_windows,
)

EXERCISES = [
    *exercises_loops.EXERCISES,
    *exercises_windows.EXERCISES,
    *exercises_convolution.EXERCISES,
    *exercises_painting.EXERCISES,
]
