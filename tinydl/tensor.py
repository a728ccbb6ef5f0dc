"""`Tensor`: an array that remembers where it came from, with the signs and methods that arrays have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinydl import autograd, backend, syntax
from tinydl.autograd import Variable, leaf


class Tensor(Variable):
    """An array, and its place in the graph of what it was computed from.

    Args:
        data: array, number or nested list. Numbers and lists of floats take the precision of `floatx()`. An array is
            shared, not copied, unless `requires_grad`: a weight owns its memory, since optimizers write into it.
        requires_grad: whether a gradient is wanted: `backward` then leaves it in `.grad`.
        dtype: the dtype to have; the data's own if not given.

    Raises:
        TypeError: a gradient is wanted for numbers that are not floating-point.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        Tensor([2., 4., 6.], dtype=float32)
    """

    __slots__ = ("logits",)  # what a softmax or sigmoid was made from: see activations.py
    logits: Tensor
    __array_ufunc__ = None  # so that `array * tensor` comes to Tensor.__rmul__

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None):
        if isinstance(data, Variable):
            data = data.data
        self.data = backend.as_array(data, dtype)
        self.node = None
        if requires_grad:
            if self.data.dtype.kind != "f":
                raise TypeError(f"requires_grad needs floating-point numbers, got {self.data.dtype}")
            self.data = self.data.copy()
            self.node = leaf(self.data)

    # ------------------------------------------------------------------------------------------- the array

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """How many elements there are."""
        return self.data.size

    @property
    def dtype(self) -> Any:
        """The kind of number."""
        return self.data.dtype

    @property
    def device(self) -> str:
        """The name of the device that it lives on: "cpu", "gpu:0" ..."""
        return backend.device_of(self.data)

    def to(self, device: str) -> Tensor:
        """The same numbers on another device ("cpu", "gpu", "gpu:1"); itself if it lives there. A gradient finds back.

        Raises:
            ValueError: there is no device of this name.
            RuntimeError: it is not there, or cannot be used; the message says why.

        Example:
            >>> x = Tensor([1.0, 2.0])
            >>> x.to("cpu") is x
            True
        """
        there = backend.opened(device)
        return self if there == self.device else syntax.to(self, there, self.device)

    def numpy(self) -> np.ndarray:
        """The array as NumPy has it, outside of any graph; shares memory where it can."""
        return backend.to_numpy(self.data)

    def item(self) -> Any:
        """The one element as a Python number."""
        return self.data.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.ndim == 0 else str(self), spec)  # f"{loss:.4f}"

    def __repr__(self) -> str:
        text = repr(self.numpy()).replace("array(", "Tensor(", 1).replace("\n     ", "\n      ")
        if backend.on_gpu(self.data):
            text = f"{text[:-1]}, device={self.device!r})"
        if self.node is None:
            return text
        return text[:-1] + (", requires_grad=True)" if self.is_leaf else f", op={self.node.name})")

    # ------------------------------------------------------------------------------------------- the graph

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is wanted for this tensor or for something it was computed from."""
        return self.node is not None

    @property
    def is_leaf(self) -> bool:
        """Whether it was given rather than computed."""
        return self.node is None or self.node.plan is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` has left here; None before, and on tensors that are not leaves."""
        return None if self.node is None or self.node.grad is None else Tensor.of(self.node.grad)

    @grad.setter
    def grad(self, value: Any) -> None:
        if self.node is None:
            raise RuntimeError("grad: this tensor does not require a gradient")
        if value is None:
            self.node.grad = None
            return
        array = backend.as_array(value.data if isinstance(value, Variable) else value, self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"grad: expected shape {self.shape}, got {array.shape}")
        self.node.grad = backend.to_device(array, self.device).copy()

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def detach(self) -> Tensor:
        """The same array, outside of the graph."""
        return Tensor.of(self.data)

    def backward(self, gradient: Any = None, retain_graph: bool = False) -> None:
        """Walk the graph backward and add the gradient of this tensor to the `.grad` of every leaf.

        Args:
            gradient: the gradient with respect to this tensor, of its shape; 1 if this is a single number.
            retain_graph: keep the graph, so that it can be walked again.

        Raises:
            ValueError: not a single number and no `gradient`, or one of another shape.
            RuntimeError: nothing here requires a gradient, or the graph has been walked and freed.
        """
        autograd.backward(self, gradient, retain_graph)

    # ----------------------------------------------------------------------------------------------- signs

    __add__ = syntax.add
    __sub__ = syntax.subtract
    __mul__ = syntax.multiply
    __truediv__ = syntax.divide
    __pow__ = syntax.power
    __matmul__ = syntax.matmul
    __neg__ = syntax.negative
    __abs__ = syntax.absolute
    __lt__ = syntax.less
    __le__ = syntax.less_equal
    __gt__ = syntax.greater
    __ge__ = syntax.greater_equal
    __and__ = __rand__ = syntax.bitwise_and
    __or__ = __ror__ = syntax.bitwise_or
    __invert__ = syntax.bitwise_not
    __eq__ = syntax.equal  # elementwise, as arrays have it ...
    __ne__ = syntax.not_equal
    __hash__ = object.__hash__  # ... while dictionaries and sets know a tensor by its identity

    def __radd__(self, other: Any) -> Tensor:
        return syntax.add(other, self)

    def __rsub__(self, other: Any) -> Tensor:
        return syntax.subtract(other, self)

    def __rmul__(self, other: Any) -> Tensor:
        return syntax.multiply(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return syntax.divide(other, self)

    def __rpow__(self, other: Any) -> Tensor:
        return syntax.power(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return syntax.matmul(other, self)

    def __getitem__(self, index: Any) -> Tensor:
        several = isinstance(index, tuple)
        parts = [
            part.data if isinstance(part, Variable) else part for part in (index if several else (index,))
        ]
        return syntax.getitem(self, tuple(parts) if several else parts[0])

    astype = syntax.astype
    swapaxes = syntax.swapaxes
    sum = syntax.sum
    mean = syntax.mean
    max = syntax.max
    min = syntax.min
    var = syntax.var
    argmax = syntax.argmax
    all = syntax.all_
    any = syntax.any_

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, given as numbers or as one sequence."""
        return syntax.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """The axes in another order, given as numbers or as one sequence; reversed if none is given."""
        return syntax.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    @property
    def T(self) -> Tensor:
        """The axes reversed."""
        return syntax.transpose(self)
