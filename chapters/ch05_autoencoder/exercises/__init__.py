"""The exercises of chapter 5, in order."""

from __future__ import annotations

from chapters.ch05_autoencoder.exercises.floor import FLOOR
from chapters.ch05_autoencoder.exercises.grey import GREY
from chapters.ch05_autoencoder.exercises.linear import PCA, TIED
from chapters.ch05_autoencoder.exercises.price import PRICE
from chapters.ch05_autoencoder.exercises.sigmoid import SIGMOID

EXERCISES = [SIGMOID, PRICE, GREY, FLOOR, TIED, PCA]
