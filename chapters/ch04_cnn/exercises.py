"""Exercises."""

from __future__ import annotations

from chapters.exercises.form import Exercise

EXERCISES: list[Exercise] = []
