"""Exercises of chapter 5: pixels out of logits, their price, and what a few numbers can save of a picture."""

from __future__ import annotations

from chapters.ch05_autoencoder.exercises_floor import FLOOR
from chapters.ch05_autoencoder.exercises_grey import GREY
from chapters.ch05_autoencoder.exercises_linear import PCA, TIED
from chapters.ch05_autoencoder.exercises_price import PRICE
from chapters.ch05_autoencoder.exercises_sigmoid import SIGMOID

EXERCISES = [SIGMOID, PRICE, GREY, FLOOR, TIED, PCA]
