"""Weights there and back through Keras's own files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from chapters.compare.pair import Pair, Task
from chapters.compare.sides import Tinydl

ENDINGS = (".weights.h5", ".keras")
EXACT = "yes"
ONE_WAY = "yes, but from tinydl to Keras only, which cannot save a model like this as a whole"


def there_and_back(pair: Pair, task: Task, ours: Tinydl, theirs: Tinydl) -> dict[str, str]:
    """Whether weights that tinydl saved are the same in Keras, and the other way round, to the last bit.

    Returns:
        By the ending of the file: `EXACT`, `ONE_WAY`, or what went wrong.
    """
    rng = np.random.default_rng(0)
    told = {}
    with TemporaryDirectory() as folder, ours.precision("float32"), theirs.precision("float32"):
        sides = [(side, side.build(pair, task)) for side in (ours, theirs)]
        for ending in ENDINGS:
            told[ending] = EXACT
            for (writer, source), (reader, target) in (sides, sides[::-1]):
                given = [rng.normal(size=w.shape).astype("float32") for w in source.get_weights()]
                source.set_weights(given)
                path = Path(folder) / f"{writer.title}{ending}"
                try:
                    writer.save(source, path)
                    reader.load(target, path)
                except NotImplementedError:
                    told[ending] = ONE_WAY
                    continue
                except ValueError as error:
                    told[ending] = f"no, from {writer.title} to {reader.title}: {error}"
                    continue
                if not all(map(np.array_equal, given, target.get_weights())):
                    told[ending] = f"no, from {writer.title} to {reader.title} some weights change"
    return told
