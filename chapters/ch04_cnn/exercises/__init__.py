"""The exercises of chapter 4, in order."""

from __future__ import annotations

from chapters.ch04_cnn.exercises.network import TINY
from chapters.ch04_cnn.exercises.norm import BATCH_NORM
from chapters.ch04_cnn.exercises.norm_pictures import BATCH_NORM_PICTURES
from chapters.ch04_cnn.exercises.overlap import OVERLAP
from chapters.ch04_cnn.exercises.pooling import MAX_POOL
from chapters.ch04_cnn.exercises.size import LENET

EXERCISES = [MAX_POOL, OVERLAP, LENET, TINY, BATCH_NORM, BATCH_NORM_PICTURES]
