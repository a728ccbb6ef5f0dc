"""What watches the training: it keeps the generator as it was after each epoch, and says when something goes wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from chapters.ch08_gan.model import GAN
from chapters.ch08_gan.quality import diversity
from tinydl import callbacks, checkpoint

LOOK = 25  # steps between two looks at the losses: on a GPU each look waits
COLLAPSED = 0.1  # of the real pictures' diversity
PATIENCE = 1000  # steps: before that, pictures are alike because nothing has been learnt yet


class Watch(callbacks.Callback):
    """After each epoch, and before the first, keeps what all pictures and figures can be made from later.

    `frames/epoch_0004.npz` holds the generator's weights after 4 epochs; `checkpoints/epoch_0004.npz` all that
    `--resume FILE` needs to go on from there to the same bits. A loss that is not a number ends the training, and
    nothing is kept of what it has spoilt; that all pictures are alike is said, and the training goes on.

    Args:
        folder: what holds those two.
        points: of the latent space, always the same (n, latent_dim); their pictures' diversity gets into the history.
        real: the diversity of real pictures.
        state: a checkpoint every so many epochs.
        anew: whether the files that may lie there are another training's, and go when this one begins.
    """

    model: GAN

    def __init__(self, folder: Path, points: np.ndarray, real: float, state: int = 4, anew: bool = True):
        self.folder, self.points, self.real = folder, points, real
        self.state, self.anew = state, anew
        self.broken = False  # whether a loss is not a number
        self.diverse = self.alike = False  # whether pictures ever differed, and whether they are alike now

    def on_train_begin(self, logs: Any = None) -> None:
        if self.anew:
            for name in ("frames", "checkpoints"):
                for path in (self.folder / name).glob("epoch_*.npz"):
                    path.unlink()
        past = self.model.history.history.get("diversity", [])  # of a training that is gone on with
        self.diverse = any(value > 2 * COLLAPSED * self.real for value in past)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._keep(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (batch + 1) % LOOK == 0 or batch + 1 == self.params["steps"]:
            for name in ("d_loss", "g_loss"):
                if not self.broken and not math.isfinite(logs[name]):
                    self._break_off(name, logs[name], batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.broken:
            logs["diversity"] = diversity(self.model.predict(self.points, verbose=0))
            self._tell(logs["diversity"], epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        if not self.model.interrupted and not self.broken:
            self._keep(self.model.history.epoch[-1] + 1 if self.model.history.epoch else 0)

    def _keep(self, epoch: int) -> None:
        """What there is when so many epochs are finished."""
        path = path_of(self.folder / "frames", epoch)
        self.model.generator.save_weights(path)
        if epoch % self.state == 0:
            path = path_of(self.folder / "checkpoints", epoch)
            checkpoint.save(path, self.model, epoch, self.model.history.history)

    def _break_off(self, name: str, value: float, step: int) -> None:
        self.broken = self.model.stop_training = True
        epoch = self.model.epoch
        print(
            f"Stopped: {name} is {value} by step {epoch * self.params['steps'] + step:,}. The pictures will show the "
            f"generator of {epoch} epochs, which was good; try another --seed, or lower learning rates in model.py.",
            flush=True,
        )

    def _tell(self, value: float, epoch: int) -> None:
        """Say so when the pictures become all alike, and when they differ again."""
        step, low = epoch * self.params["steps"], value < COLLAPSED * self.real
        if low and not self.alike and (self.diverse or step >= PATIENCE):
            self.alike = True
            last = (epoch - 1) // self.state * self.state
            print(
                f"  By step {step:,} the pictures are all but alike: diversity {value:.3f}, of real pictures "
                f"{self.real:.3f}. A collapse. It may pass, so it goes on; the last checkpoint before it is "
                f"{path_of(self.folder / 'checkpoints', last)}",
                flush=True,
            )
        elif self.alike and not low:
            self.alike = False
            print(f"  By step {step:,} they differ again: diversity {value:.3f}.", flush=True)
        self.diverse = self.diverse or value > 2 * COLLAPSED * self.real


def path_of(folder: Path, epoch: int) -> Path:
    """Where something is kept of the moment when so many epochs are finished."""
    return folder / f"epoch_{epoch:04d}.npz"


def frames(folder: Path, last: int) -> dict[int, Path]:
    """The files of the generator's weights by epoch, as a `Watch` has kept them up to the epoch `last`."""
    found = {}
    for path in sorted((folder / "frames").glob("epoch_*.npz")):
        epoch = int(path.stem.removeprefix("epoch_"))
        if epoch <= last:
            found[epoch] = path
    return found
