"""The exercises of chapter 1, in order."""

from __future__ import annotations

from chapters.ch01_autograd.exercises import arrays, chain, graphs, slopes

EXERCISES = [
    *slopes.EXERCISES,
    *chain.EXERCISES,
    *graphs.EXERCISES,
    *arrays.EXERCISES,
]
