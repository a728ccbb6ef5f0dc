"""The devices that tests run on: "cpu"; "standin", which is as strict as CuPy; and "gpu", where there is one.

conftest.py runs the tests of some folders on each of them.

Most tests are written with NumPy arrays. On another device those that an op is given go there first, and what it makes
of them comes back; so the test stays as it is, and all that the op does, it does there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests import standin
from tinydl import backend, kernels
from tinydl.autograd import Variable
from tinydl.op import _Op
from tinydl.ops.image import _weights
from tinydl.transfer import _Copies


@contextlib.contextmanager
def running_on(name: str, **machine: Any) -> Iterator[Any]:
    """Make a device the current one; yields the library that holds its arrays.

    Args:
        name: "cpu", "standin" or "gpu".
        machine: what the stand-in is to be like, for `standin.install`.
    """
    if name == "cpu":
        yield np
        return
    written_in_c = {"tinydl_gather": _gather}
    pretended = (
        standin.install(kernels=written_in_c, **machine) if name == "standin" else contextlib.nullcontext()
    )
    forget_gpu()
    with pretended:
        try:
            backend.set_device("gpu")
            yield backend.library()
        finally:
            forget_gpu()


def _gather(*arrays: np.ndarray) -> None:
    """What the kernel of `kernels.gather` does, which is not written in Python."""
    *given, out = arrays
    np.concatenate([a.reshape(-1) for a in given], out=out)


def forget_gpu() -> None:
    """As if no GPU had been named yet."""
    backend._cupy, backend._device, backend.now.device, backend.now.recording = None, "cpu", None, None
    backend.several_gpus = False
    backend._opened.clear()
    backend._opened["cpu"] = "cpu"
    for name in [name for name in backend._generators if name != "cpu"]:
        del backend._generators[name]
    kernels._gathering.cache_clear()
    kernels._kernels.clear()
    _Copies.of.cache_clear()
    _weights.cache_clear()


def send_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on NumPy arrays that an op is given from outside go to the current device, and its results come back."""
    call, inside = _Op.__call__, False

    def sent(value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return type(value)([sent(each) for each in value])
        return backend.to_device(value, backend.current_device()) if isinstance(value, np.ndarray) else value

    def returned(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple([returned(each) for each in value])
        return backend.to_numpy(value)[()] if backend.on_gpu(value) else value

    def there(op: _Op, args: tuple, options: dict) -> Any:
        nonlocal inside
        if inside or not op.keeps_device:
            return call(op, args, options)
        inside = True
        try:
            result = call(op, tuple([sent(each) for each in args]), {k: sent(v) for k, v in options.items()})
        finally:
            inside = False
        given = [*args, *options.values()]
        given += [each for several in given if isinstance(several, (tuple, list)) for each in several]
        from_outside = any(isinstance(each, np.ndarray) for each in given)
        stays = any(isinstance(each, Variable) or backend.on_gpu(each) for each in given)
        return returned(result) if from_outside and not stays else result

    monkeypatch.setattr(_Op, "__call__", there)
