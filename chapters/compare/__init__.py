"""`python -m chapters compare NAME`: a chapter's networks beside the same in Keras, number by number.

command      the flags, and the run from beginning to end
pair         what a chapter sets side by side: it says so in its pairs.py
sides        what measuring asks of tinydl ...
keras_side   ... and of Keras, on TensorFlow, PyTorch or JAX
measure      the differences: of layers, gradients, updates
race         both let loose in float32: their losses, and the time of a step
files        weights there and back through Keras's own files
causes       where a difference usually comes from
report       what is printed, drawn and kept
"""
