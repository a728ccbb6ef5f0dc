"""The exercises of chapter 8, in order."""

from __future__ import annotations

from chapters.ch08_gan.exercises.distance import FRECHET
from chapters.ch08_gan.exercises.equilibrium import EQUILIBRIUM
from chapters.ch08_gan.exercises.leaks import LEAKS
from chapters.ch08_gan.exercises.rivals import CAUGHT, RIVALS
from chapters.ch08_gan.exercises.whole import GAN_STEP

EXERCISES = [LEAKS, RIVALS, EQUILIBRIUM, CAUGHT, GAN_STEP, FRECHET]
