"""The exercises of chapter 7, in order."""

from __future__ import annotations

from chapters.ch07_vae.exercises.clouds import DIVERGENCE, DRAW
from chapters.ch07_vae.exercises.prices import PRICES, TUG
from chapters.ch07_vae.exercises.whole import ELBO, VAE_STEP

EXERCISES = [DRAW, DIVERGENCE, PRICES, TUG, ELBO, VAE_STEP]
