"""The exercises of chapter 5, in order."""

from __future__ import annotations

from chapters.ch05_autoencoder.exercises.floor import FLOOR
from chapters.ch05_autoencoder.exercises.grey import GREY
from chapters.ch05_autoencoder.exercises.pca import PCA
from chapters.ch05_autoencoder.exercises.price import PRICE
from chapters.ch05_autoencoder.exercises.sigmoid import SIGMOID
from chapters.ch05_autoencoder.exercises.tied import TIED

EXERCISES = [SIGMOID, PRICE, GREY, FLOOR, TIED, PCA]
