"""Where a layer lives: the device of its weights, moving them to another, and working there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tinydl import backend
from tinydl.autograd import leaf


class Placed:
    """What has weights, on a device."""

    weights: Any
    _weights: dict[str, Any]
    sublayers: Callable[[], list]

    @property
    def device(self) -> str:
        """The name of the device that the weights live on, or, before there are any, on which they will be made."""
        first = self._first_weight()
        return backend.current_device() if first is None else first.device

    def _first_weight(self) -> Any:
        """One of the weights. (To gather all of them in each call would take as long as several launches.)"""
        for weight in self._weights.values():
            return weight.tensor
        for layer in self.sublayers():
            if (weight := layer._first_weight()) is not None:
                return weight
        return None

    def to(self, device: str) -> Any:
        """Move all weights to a device ("cpu", "gpu", "gpu:1"); returns the layer itself.

        A model that is trained there gets its data there, batch by batch, and its optimizer follows.

        Raises:
            ValueError: there is no device of this name.
            RuntimeError: it is not there, or cannot be used; the message says why.

        Example:
            >>> from tinydl import layers
            >>> layers.Dense(3).to("cpu").device
            'cpu'
        """
        for tensor, data in [(w, backend.to_device(w.data, device)) for w in self.weights]:
            if data is not tensor.data:
                tensor.data = data
                tensor.node = None if tensor.node is None else leaf(data)
        return self


def at_home(method: Callable) -> Callable:
    """A method that works on the device of its object's weights, whatever the current device is."""

    @functools.wraps(method)
    def there(self: Placed, *args: Any, **options: Any) -> Any:
        if not backend.several_devices() or (home := self.device) == backend.current_device():
            return method(self, *args, **options)
        with backend.device(home):
            return method(self, *args, **options)

    return there
