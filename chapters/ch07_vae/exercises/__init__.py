"""The exercises of chapter 7, in order."""

from __future__ import annotations

from chapters.ch07_vae.exercises.divergence import DIVERGENCE
from chapters.ch07_vae.exercises.draw import DRAW
from chapters.ch07_vae.exercises.elbo import ELBO
from chapters.ch07_vae.exercises.prices import PRICES
from chapters.ch07_vae.exercises.tug import TUG
from chapters.ch07_vae.exercises.vae_step import VAE_STEP

EXERCISES = [DRAW, DIVERGENCE, PRICES, TUG, ELBO, VAE_STEP]
