"""What `python -m chapters compare cnn` sets beside Keras."""

from chapters.compare.pair import Pair, classify, classify_bytes

LOSS = "categorical_crossentropy"

PAIRS = {
    "lenet": Pair("ch04_cnn", "lenet", classify, LOSS, batch_size=128),
    "small": Pair("ch04_cnn", "small_cnn", classify_bytes, LOSS, steps_per_epoch=10, epochs=2),
}
