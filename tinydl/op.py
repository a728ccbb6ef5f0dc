"""What makes an op: a plain function on arrays, and beside it one gradient rule for each input.

    @op
    def tanh(x):
        return array_module(x).tanh(x)

    @tanh.gradient("x")
    def _(gy, y):
        return gy * (1 - y * y)

A rule names what it needs, `gy` first: then the output `y`, any input or option of the op by its name, or `x_shape`,
`x_dtype` where that is all it takes; last of all `position`, for one of a list of inputs. What no rule that will run
has named is not kept. Rules use only operators, array methods and ops, and never write in place; so the same rule runs
on bare arrays (ordinary backward) and on Tensors (`grad(..., create_graph=True)`), where it builds the graph of the
gradient as it goes. An op with several outputs returns a tuple; its `gy` and `y` are then tuples, `gy` with None where
nothing arrived.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinydl import backend
from tinydl.autograd import Node, Variable, as_ndarray, mode
from tinydl.backend import Array, as_array, device_of, gpu_at_work, is_array
from tinydl.kernels import sum_to

OPS: dict[str, Callable] = {}  # every op there is, by name


def op(
    function: Callable | None = None,
    *,
    differentiable: bool = True,
    keeps_dtype: bool = True,
    keeps_device: bool = True,
) -> Any:
    """Make an op of a plain function on arrays: arrays in, an array out; a Tensor anywhere in, a Tensor out.

    Args:
        function: takes arrays (positionally) and options; returns an array, or a tuple of arrays. It may take one
            list of arrays as `*arrays`; a caller can then pass the arrays one by one or as one list. A list of
            numbers where an input is expected becomes an array.
        differentiable: False for a choice, like argmax or a comparison, through which no gradient flows.
        keeps_dtype: False for an op whose business it is to change the dtype.
        keeps_device: False for an op whose business it is to change the device.

    Gradient rules are added with `@name.gradient("x", ...)`: one input, or several whose rule returns a tuple.
    """
    if function is None:
        return functools.partial(
            op, differentiable=differentiable, keeps_dtype=keeps_dtype, keeps_device=keeps_device
        )
    body = _Op(function, differentiable, keeps_dtype, keeps_device)

    # A plain function, not an object with __call__: so that `__add__ = add` in a class makes a method of it.
    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        return body(args, options)

    call.gradient = body.gradient  # type: ignore[attr-defined]
    call.op = body  # type: ignore[attr-defined]
    OPS[body.name] = call
    return call


class _Op:
    """What the engine knows of an op: its parameters, its rules, and a plan for each set of wanted inputs."""

    def __init__(self, function: Callable, differentiable: bool, keeps_dtype: bool, keeps_device: bool):
        self.function = function
        self.name = function.__name__.lstrip("_")
        self.differentiable = differentiable
        self.keeps_dtype = keeps_dtype
        self.keeps_device = keeps_device
        self.rules: dict[str, tuple[Callable, tuple[str, ...]]] = {}
        self.plans: dict[tuple, _Plan] = {}
        parameters = inspect.signature(function).parameters
        self.names = list(parameters)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.axis = self.index.get("axis")
        self.defaults = tuple(p.default for p in parameters.values())
        kinds = [p.kind for p in parameters.values()]
        self.variadic = (
            kinds.index(inspect.Parameter.VAR_POSITIONAL)
            if inspect.Parameter.VAR_POSITIONAL in kinds
            else None
        )

    def gradient(self, *inputs: str) -> Callable:
        """Register the rule that gives the gradients of these inputs."""

        def register(rule: Callable) -> Callable:
            wants = list(inspect.signature(rule).parameters)
            known = {"gy", "y", "position"}.union(
                self.names, *({n + "_shape", n + "_dtype"} for n in self.names)
            )
            for name in (*inputs, *wants):
                if name not in known:
                    raise TypeError(
                        f"a gradient rule of {self.name} names {name!r}, which {self.name} does not have"
                    )
            if not wants or wants[0] != "gy":
                raise TypeError(f"a gradient rule of {self.name} takes gy first")
            if "position" in wants[:-1]:
                raise TypeError(f"a gradient rule of {self.name} takes position last")
            for name in inputs:
                self.rules[name] = (rule, inputs)
            return rule

        return register

    def bind(self, args: tuple, options: dict) -> list:
        """The arguments in the order of the parameters, defaults filled in; a list of arrays is one entry."""
        if self.variadic is not None:
            v = self.variadic
            several: Any = args[v:]
            after: Any = ()  # one list of arrays, and perhaps options after it: concatenate([a, b], 1)
            if several and isinstance(several[0], (list, tuple)):
                if len(several) == 1 or isinstance(several[1], int):
                    several, after = several[0], several[1:]
            args = (*args[:v], tuple(several), *after)
        values = [*args, *self.defaults[len(args) :]]
        for name, value in options.items():
            i = self.index.get(name, -1)
            if i < len(args):  # unknown, or given twice
                break
            values[i] = value
        else:
            if len(values) == len(self.names) and not any(
                value is inspect.Parameter.empty for value in values
            ):
                return values
        inspect.signature(self.function).bind(*args, **options)  # says what is wrong, as Python does
        raise TypeError(f"{self.name}: wrong arguments")

    def compute(self, values: list) -> Any:
        """The op on bare arrays, one parameter of which is a list of them."""
        v = self.variadic
        assert v is not None
        return self.function(*values[:v], *values[v], **dict(zip(self.names[v + 1 :], values[v + 1 :])))

    def __call__(self, args: tuple, options: dict) -> Any:
        plain = self.variadic is None
        complete = plain and len(args) == len(self.names) and not options
        values = list(args) if complete else self.bind(args, options)
        kind, slots, parents = self.unwrap(values)
        if backend.several_gpus and self.keeps_device:  # CuPy itself does not look everywhere
            self.check_devices(values)
        try:
            out = self.function(*values) if plain else self.compute(values)
        except (TypeError, ValueError):
            self.check_devices(values)  # CuPy's words for it name neither of the two
            raise
        if kind is None:
            return out
        return self.wrap(out, values, kind, slots, parents)

    def unwrap(self, values: list) -> tuple[Any, list, list[Node]]:
        """Put arrays in the place of Tensors and of lists of numbers.

        Returns:
            The type of the Tensors, None if there are none; which inputs want a gradient; and their nodes.
        """
        if self.axis is not None and isinstance(values[self.axis], list):
            values[self.axis] = tuple(values[self.axis])
        kind: Any = None
        slots: list = []  # which inputs want a gradient ...
        parents: list[Node] = []  # ... and where they came from
        for i, value in enumerate(values):
            if isinstance(value, Variable):
                kind = kind or type(value)
                values[i] = value.data
                if value.node is not None:
                    slots.append(i)
                    parents.append(value.node)
            elif i == self.variadic:
                for position, entry in enumerate(value):
                    if isinstance(entry, Variable):
                        kind = kind or type(entry)
                        if entry.node is not None:
                            slots.append((i, position))
                            parents.append(entry.node)
                entries = [e.data if isinstance(e, Variable) else e for e in value]
                # (In what every step runs, tuple([...]): from a generator it is cut out of a larger tuple, and
                # Python hoards a thousand or two of each length that come back.)
                values[i] = tuple([self.array(e) if isinstance(e, list) else e for e in entries])
            elif isinstance(value, list) and self.names[i] in self.rules:
                values[i] = self.array(value)
        return kind, slots, parents

    def wrap(self, out: Any, values: list, kind: Any, slots: list, parents: list[Node]) -> Any:
        """The result as a Tensor, or several, with a node that knows what its gradient rules will ask for."""
        several = isinstance(out, tuple)
        if several:
            out = tuple([as_ndarray(o) for o in out])
        elif isinstance(out, np.generic):
            out = as_ndarray(out)
        if not (slots and mode.recording and self.differentiable):
            return tuple([kind.of(o) for o in out]) if several else kind.of(out)

        key = tuple(slots)
        plan = self.plans.get(key) or self.plans.setdefault(key, _Plan(self, slots))
        dtype = out[0].dtype if several else out.dtype
        if self.keeps_dtype:
            for parent in parents:  # "is" is fast, and nearly always enough
                if parent.dtype is not dtype and parent.dtype != dtype:
                    raise TypeError(self.promotion(parent.dtype, dtype, values))
        values.append(out)
        saved = [values[i] if get is None else get(values[i]) for i, get in plan.takes]
        node = Node(plan, tuple(parents), saved, [o.shape for o in out] if several else out.shape, dtype)
        if several:
            return tuple([kind.of(o, _part(node, i)) for i, o in enumerate(out)])
        return kind.of(out, node)

    def check_devices(self, values: list) -> None:
        """Refuse arrays that live on different devices."""
        named = []  # (parameter, device)
        for name, value in zip(self.names, values):
            arrays = value if isinstance(value, tuple) else (value,)
            named += [(name, device_of(array)) for array in arrays if is_array(array)]
        for name, device in named:
            if device != named[0][1]:
                gpu = max(device, named[0][1])
                raise TypeError(
                    f"{self.name}: {named[0][0]} is on {named[0][1]}, {name} on {device}: move one of them, "
                    f"Tensor(array).to({gpu!r}), or model.to({gpu!r})"
                )
            if device not in ("cpu", gpu_at_work()):
                raise TypeError(
                    f"{self.name}: {name} is on {device}, and {gpu_at_work()} is at work: "
                    f"do it inside of a block, with tinydl.device({device!r}):"
                )

    def array(self, numbers: list) -> Array:
        if any(isinstance(entry, Variable) for entry in numbers):  # whose gradients would be lost
            raise TypeError(
                f"{self.name}: expected an array, got a list of Tensors: stack() makes one of them"
            )
        return as_array(numbers)

    def promotion(self, was: Any, is_: Any, values: list) -> str:
        given = ", ".join(
            f"{name} {value.dtype}" for name, value in zip(self.names, values) if hasattr(value, "dtype")
        )
        return (
            f"{self.name}: an input that wants a gradient is {was}, but the result would be {is_} ({given}): "
            f"make them one dtype first, with astype or float()"
        )


def _shapes(arrays: tuple) -> tuple:
    return tuple([np.shape(a) for a in arrays])


def _dtype(array: Array) -> Any:
    return array.dtype


class _Plan:
    """For one op and one set of wanted inputs: what to save on the way forward, and which rules to run back."""

    def __init__(self, op: _Op, slots: list):
        self.op = op
        self.name = op.name
        self.part = _PartPlan(op.name)
        self.slots = slots
        self.sources: list[str] = []  # the names of what is saved
        # Where each is among (*inputs, output), and what of it.
        self.takes: list[tuple[int, Callable | None]] = []
        self.steps: list[tuple] = []  # (rule, its arguments among what is saved, [(parent, part)])
        targets: dict[tuple, list] = {}
        for parent, slot in enumerate(slots):
            i, position = slot if isinstance(slot, tuple) else (slot, None)
            name = op.names[i]
            if name not in op.rules:
                raise TypeError(
                    f"{op.name} has no gradient rule for {name!r}: pass it without requires_grad, or detach() it"
                )
            rule, inputs = op.rules[name]
            part = inputs.index(name) if len(inputs) > 1 else None  # of the tuple that a shared rule returns
            if (rule, position) not in targets:
                wants = list(inspect.signature(rule).parameters)[1:]
                where = [self.save(want) for want in wants if want != "position"]
                run = functools.partial(rule, position=position) if "position" in wants else rule
                targets[rule, position] = []
                self.steps.append((run, where, targets[rule, position]))
            targets[rule, position].append((parent, part))

    def save(self, name: str) -> int:
        """Keep what a rule has named; returns its place among what is saved."""
        if name not in self.sources:
            self.sources.append(name)
            index, variadic = self.op.index, self.op.variadic
            base = name.removesuffix("_shape").removesuffix("_dtype")
            if name == "y":
                self.takes.append((-1, None))
            elif name in index:
                self.takes.append((index[name], None))
            elif name.endswith("_shape"):
                self.takes.append((index[base], _shapes if index[base] == variadic else np.shape))
            else:
                self.takes.append((index[base], _dtype))
        return self.sources.index(name)

    def lift(self, node: Node, kind: Any) -> list:
        """What the node saved, its inputs and output as Tensors at their place in the graph."""
        assert node.parents is not None
        origin = dict(zip(self.slots, node.parents))
        lifted = []
        for name, (i, get), value in zip(self.sources, self.takes, node.saved):
            if name == "y":
                several = isinstance(value, tuple)
                value = (
                    tuple(kind.of(v, _part(node, j)) for j, v in enumerate(value))
                    if several
                    else kind.of(value, node)
                )
            elif get is None and i in origin:
                value = kind.of(value, origin[i])
            elif get is None and i == self.op.variadic:
                value = tuple(
                    kind.of(v, origin[i, j]) if (i, j) in origin else v for j, v in enumerate(value)
                )
            lifted.append(value)
        return lifted

    def pull(self, node: Node, gy: Any, kind: Any, useful: set | None) -> Iterator[tuple[Node, Any, bool]]:
        """Run the rules: the gradient of the output gives those of the inputs.

        Yields for each the node it goes to, the gradient, and whether the rule ran for it alone, so that no other
        input can have been given the same array.
        """
        assert node.parents is not None
        saved = node.saved if kind is None else self.lift(node, kind)
        if useful is not None and useful.issuperset(node.parents):
            useful = None  # the usual case, and then there is nothing to choose
        for rule, where, targets in self.steps:
            wanted = targets if useful is None else [t for t in targets if node.parents[t[0]] in useful]
            if not wanted:
                continue
            result = rule(gy, *map(saved.__getitem__, where))
            for parent, part in wanted:
                to = node.parents[parent]
                g = result if part is None else result[part]
                if g.shape != to.shape or (g.dtype is not to.dtype and g.dtype != to.dtype):
                    g = _fit(g, to, self.name)
                yield to, g, len(targets) == 1


class _PartPlan:
    """One output of an op that has several: its gradient is the whole op's, with None for the other outputs."""

    def __init__(self, name: str):
        self.name = name  # the op's

    def pull(self, node: Node, gy: Any, kind: Any, useful: set | None) -> Iterator[tuple[Node, Any, bool]]:
        assert node.parents is not None
        (whole,) = node.parents
        yield whole, tuple([gy if i == node.saved else None for i in range(len(whole.shape))]), False


def _part(whole: Node, i: int) -> Node:
    return Node(whole.plan.part, (whole,), i, whole.shape[i], whole.dtype)


def _fit(g: Any, to: Node, name: str) -> Any:
    """A gradient as its input's shape: summed over the axes along which the input was broadcast."""
    shape = to.shape
    if g.shape != shape:
        lead = g.ndim - len(shape)
        if lead < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[lead:])):
            raise ValueError(f"a gradient rule of {name} gave shape {g.shape} for an input of shape {shape}")
        kept = (1,) * lead + shape  # of g's rank
        if is_array(g):
            g = sum_to(g, kept).reshape(shape)
        else:
            g = g.sum(axis=tuple([i for i, n in enumerate(kept) if n == 1]), keepdims=True).reshape(shape)
    if g.dtype != to.dtype:
        raise TypeError(f"a gradient rule of {name} gave {g.dtype} for an input of {to.dtype}")
    return g
