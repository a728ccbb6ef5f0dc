"""The exercises of chapter 8, in order."""

from __future__ import annotations

from chapters.ch08_gan.exercises.caught import CAUGHT
from chapters.ch08_gan.exercises.equilibrium import EQUILIBRIUM
from chapters.ch08_gan.exercises.frechet import FRECHET
from chapters.ch08_gan.exercises.gan_step import GAN_STEP
from chapters.ch08_gan.exercises.leaks import LEAKS
from chapters.ch08_gan.exercises.rivals import RIVALS

EXERCISES = [LEAKS, RIVALS, EQUILIBRIUM, CAUGHT, GAN_STEP, FRECHET]
