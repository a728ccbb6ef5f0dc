"""What a training leaves behind on its way: everything it takes to go on from there, and the points for a film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tinydl import Sequential, callbacks, checkpoint, no_grad, plot


class Diary(callbacks.Callback):
    """Every so many epochs, the first time before the first, keeps the state of the training and the points.

    In `checkpoints/epoch_0050.npz` is all that `--resume FILE` needs to go on from there to the same bits, and beside
    it, as epoch_0050.png, the plane as it was then; in `frames/epoch_0010.npz` where each picture lay in it.

    Args:
        folder: what holds those two.
        x: the pictures that are laid out (n, h, w, channels).
        draw: makes a figure of their points (n, 2) and the number of the epoch.
        state: every so many epochs.
        frame: every so many epochs.
        anew: whether the diary that may lie there is another training's, and goes when this one begins.
    """

    def __init__(
        self,
        folder: Path,
        x: np.ndarray,
        draw: Callable[[np.ndarray, int], Figure],
        state: int,
        frame: int,
        anew: bool = True,
    ):
        self.folder, self.x, self.draw = folder, x, draw
        self.state, self.frame, self.anew = state, frame, anew

    def on_train_begin(self, logs: Any = None) -> None:
        if self.anew:
            for name in ("frames", "checkpoints"):
                for path in (self.folder / name).glob("epoch_*.*"):
                    path.unlink()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._keep(epoch)

    def on_train_end(self, logs: Any = None) -> None:
        if not self.model.interrupted:
            self._keep(self.model.history.epoch[-1] + 1 if self.model.history.epoch else 0)

    def _keep(self, epoch: int) -> None:
        """The diary of the moment when so many epochs are finished."""
        history = self.model.history.history
        if epoch % self.frame == 0:
            checkpoint.write(path_of(self.folder / "frames", epoch), {"points": points(self.model, self.x)})
        if epoch % self.state == 0:
            path = path_of(self.folder / "checkpoints", epoch)
            checkpoint.save(path, self.model, epoch, history)
            plot.save(self.draw(points(self.model, self.x), epoch), path.with_suffix(".png"))
            if epoch:
                loss, accuracy = history["loss"][-1], history["accuracy"][-1]
                print(f"  epoch {epoch:>4}: loss {loss:.4f}, accuracy {100 * accuracy:5.1f} %", flush=True)


def path_of(folder: Path, epoch: int) -> Path:
    """Where something is kept of the moment when so many epochs are finished."""
    return folder / f"epoch_{epoch:04d}.npz"


def points(model: Sequential, x: np.ndarray) -> np.ndarray:
    """Where pictures (n, h, w, channels) lie in the plane of a bottleneck: (n, 2)."""
    with no_grad():
        for layer in model.layers[:-1]:
            x = layer(x)
    return x.numpy()  # type: ignore[attr-defined]


def frames(folder: Path, last: int) -> dict[int, np.ndarray]:
    """The points (n, 2) by epoch, as a `Diary` has kept them up to the epoch `last`."""
    found = {}
    for path in sorted((folder / "frames").glob("epoch_*.npz")):
        epoch = int(path.stem.removeprefix("epoch_"))
        if epoch <= last:
            found[epoch] = checkpoint.read(path)["points"]
    return found
