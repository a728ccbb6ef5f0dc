"""The exercises of chapter 6, in order."""

from __future__ import annotations

from chapters.ch06_bottleneck.exercises.centres import CENTRES
from chapters.ch06_bottleneck.exercises.plane import REDRAWN
from chapters.ch06_bottleneck.exercises.pull import PULL
from chapters.ch06_bottleneck.exercises.sensitivity import SENSITIVITY

EXERCISES = [PULL, SENSITIVITY, REDRAWN, CENTRES]
