"""In which order may gradients be passed on? Three ways that suggest themselves, and the one that `backward` takes.

Each way begins at the end, where the gradient is 1, and adds to the `grad` of everything before it. It returns the
turns that were taken: whose it was, and what gradient it had to pass on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chapters.ch01_autograd.model import Value, newest_first

Turns = list[tuple[Value, float]]


def first_come(last: Value) -> Turns:
    """Whoever hears of a gradient first passes it on first, and only once. Too early: there may be more to come."""
    last.grad = 1.0
    turns, seen, waiting = [], {last}, deque([last])
    while waiting:
        value = waiting.popleft()
        turns.append((value, value.grad))
        for parent, slope in zip(value.parents, value.slopes):
            parent.grad += value.grad * slope
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return turns


def at_every_arrival(last: Value) -> Turns:
    """Whenever something arrives, all that has arrived so far is passed on: what was passed on before goes twice."""
    last.grad = 1.0
    turns, waiting = [], deque([last])
    while waiting:
        value = waiting.popleft()
        turns.append((value, value.grad))
        for parent, slope in zip(value.parents, value.slopes):
            parent.grad += value.grad * slope
            waiting.append(parent)
    return turns


def path_by_path(last: Value) -> Turns:
    """Whenever something arrives, that alone is passed on. Right, but every path is walked, and there may be many."""
    turns, waiting = [], [(last, 1.0)]
    while waiting:
        value, arrived = waiting.pop()
        turns.append((value, arrived))
        value.grad += arrived
        waiting += [(parent, arrived * slope) for parent, slope in zip(value.parents, value.slopes)]
    return turns


def when_complete(last: Value) -> Turns:
    """Newest first: everybody's turn comes once, after all that used it. This is `backward`."""
    last.backward()
    return [(value, value.grad) for value in newest_first(last)]


WAYS: dict[str, Callable[[Value], Turns]] = {
    "first come, first served": first_come,
    "at every arrival, all so far": at_every_arrival,
    "at every arrival, what is new": path_by_path,
    "when all has arrived": when_complete,
}


def used_twice() -> tuple[Value, Value]:
    """y = a + a² with a = x², at x = 2, and that x: the slope is (1 + 2a) · 2x = 36."""
    x = Value(2.0, name="x")
    a = x**2
    b = a**2
    y = a + b
    a.name, b.name, y.name = "a = x²", "b = a²", "y = a + b"
    return y, x


def doublings(count: int) -> tuple[Value, Value]:
    """x doubled again and again, each time as y + y, and x: from the end to x there are 2^count paths."""
    y = x = Value(1.0, name="x")
    for _ in range(count):
        y = y + y
    return y, x
