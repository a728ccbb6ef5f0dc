"""What `python -m chapters compare dense` sets beside Keras."""

from chapters.compare.pair import Pair, classify_bytes

PAIRS = {
    "dense_only": Pair(
        "ch02_dense", "dense_only", classify_bytes, "categorical_crossentropy", steps_per_epoch=10, epochs=10
    ),
}
