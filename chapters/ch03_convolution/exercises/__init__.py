"""The exercises of chapter 3, in order."""

from __future__ import annotations

from chapters.ch03_convolution.exercises import (
    average,
    convolution,
    loops,
    painting,
    shapes,
    windows,
)

EXERCISES = [
    *loops.EXERCISES,
    *shapes.EXERCISES,
    *windows.EXERCISES,
    *convolution.EXERCISES,
    *painting.EXERCISES,
    *average.EXERCISES,
]
