"""The exercises of chapter 3, in order."""

from __future__ import annotations

from chapters.ch03_convolution.exercises import (
    convolution,
    loops,
    painting,
    windows,
)

EXERCISES = [
    *loops.EXERCISES,
    *windows.EXERCISES,
    *convolution.EXERCISES,
    *painting.EXERCISES,
]
