"""Exercises of chapter 1 on graphs: the walk back, newest first."""

from __future__ import annotations

import numpy as np

from chapters.ch01_autograd.model import Value
from chapters.exercises.form import Case, Exercise

# --------------------------------------------------------------------------------------------- backward

BACKWARD = Exercise(
    "autograd",
    "backward",
    "the walk back through a graph, newest first",
    """
    Chapter 1, "Sixty lines" and "Why newest first?". After a question for the pencil, write the two functions that the
    engine of the lesson lives by, for a graph of plain numbers. Its values are numbered in the order in which they were
    made, 0, 1, 2, …:

        parents[i]   the numbers of the values that value i was made of, a list; each is smaller than i
        slopes[i]    how fast value i moves with each of them, a list as long

    y = a·a + a with a = 3x, at x = 2, is such a graph. Value 0 is x, 1 is a, 2 is a·a, and 3 is y:

        parents = {0: [], 1: [0], 2: [1, 1], 3: [2, 1]}        slopes = {0: [], 1: [3], 2: [6, 6], 3: [1, 1]}

    The first function asks what such a walk brings. In the others no value may have its turn twice: a number that was
    doubled forty times, as y + y, has 2⁴⁰ paths to the end, and its graph is to be walked in forty steps.
    """,
    hints=(
        "For the pencil: begin with 1 at y. Along how many arrows does something arrive at a? Add before you go on.",
        "To find all that the last one was made of, keep a set of those you have seen, and a list of those whose "
        "parents you have not looked at yet. No function needs to call itself.",
        "In the walk each value has its turn once, and by then all has arrived. What it has, times a slope, is added "
        "to what the parent has already.",
    ),
    try_it="""
    parents = {0: [], 1: [0], 2: [1, 1], 3: [2, 1]}
    print(newest_first(parents, 3))  # 3, 2, 1, 0
    print(backward(parents, {0: [], 1: [5], 2: [1, 1], 3: [1, 1]}, 3).tolist())  # 15.0, 3.0, 1.0, 1.0
    """,
)


def by_values():
    """What the engine of the lesson says, after one walk and after two."""
    x, found = Value(2.0), []
    for _ in range(2):
        a = x * 3
        y = a * a + a
        y.backward()
        found.append(x.grad)
    return tuple(found)


@BACKWARD.predict(by_values)
def with_a_pencil():
    """The gradient of x in Values, for the graph above: x = Value(2.0), a = x * 3, y = a * a + a.

    Returns two numbers: x.grad after y.backward(), and what it is when a and y are then made anew from the same x and
    y.backward() is called once more, with nothing zeroed in between.
    """
    return 39.0, 78.0


@with_a_pencil.mistake("one way")
def _():
    """One of the arrows was left out. Where does a occur in y, and how often?"""
    return 36.0, 72.0


@with_a_pencil.mistake("one way, of two")
def _():
    """One of the arrows was left out. How many lead from a to a · a?"""
    return 21.0, 42.0


@with_a_pencil.mistake("one way, alone")
def _():
    """That is one of the arrows at a, the one that leads straight to y. Where else does a occur in y?"""
    return 3.0, None


@with_a_pencil.mistake("wrong point")
def _():
    """The slope of a · a was taken at x. How large is a?"""
    return 15.0, None


@with_a_pencil.mistake("value")
def _():
    """That is y itself. How fast does it move with x?"""
    return 42.0, None


@with_a_pencil.mistake("sum twice")
def _():
    """The first is right. What does the second walk bring, and what was there before? Nothing comes in twice."""
    return 39.0, 117.0


@with_a_pencil.mistake("too early")
def _():
    """That is the gradient of a. How far does a move with x?"""
    return 13.0, 26.0


@with_a_pencil.mistake("sum missing")
def _():
    """The first is right. What does backward do with what x.grad holds already? (See "Why must I zero gradients?")"""
    return 39.0, 39.0


def drawn(rng: np.random.Generator, size: int):
    """A graph of some values: three to begin with, each of the others made of one to three before it."""
    parents = {i: [] for i in range(3)}
    for i in range(3, size):
        parents[i] = rng.integers(max(i - 4, 0), i, size=rng.integers(1, 4)).tolist()
    slopes = {i: rng.uniform(0.5, 1.5, len(each)).round(3).tolist() for i, each in parents.items()}
    return {"parents": parents, "slopes": slopes, "last": size - 1}


def graphs(rng: np.random.Generator):
    """The lesson's graph, one with a value that leads nowhere, an end in the middle, drawn ones, one of many paths."""
    lesson = {
        "parents": {0: [], 1: [0], 2: [1], 3: [1, 2]},
        "slopes": {0: [], 1: [4.0], 2: [8.0], 3: [1.0, 1.0]},
    }
    yield Case("the graph of the lesson", lesson | {"last": 3})
    nowhere = {0: [], 1: [], 2: [0, 1], 3: [0], 4: [2, 2]}
    slopes = {0: [], 1: [], 2: [2.0, -1.0], 3: [5.0], 4: [0.5, 3.0]}
    yield Case("a value that leads nowhere", {"parents": nowhere, "slopes": slopes, "last": 4})
    yield Case("an end in the middle", {"parents": nowhere, "slopes": slopes, "last": 2})
    yield Case("a drawn graph", drawn(rng, 9))
    yield Case("a larger graph", drawn(rng, 14))
    twice = {i: [i - 1, i - 1] if i else [] for i in range(41)}
    halves = {i: [0.75, 0.25] if i else [] for i in range(41)}
    yield Case("forty doublings", {"parents": twice, "slopes": halves, "last": 40})


def orders(rng: np.random.Generator):
    """The same graphs without slopes, and a long chain."""
    for case in graphs(rng):
        yield Case(case.label, {name: case.inputs[name] for name in ("parents", "last")})
    chain = {i: [i - 1] if i else [] for i in range(3000)}
    yield Case("a chain of three thousand", {"parents": chain, "last": 2999})


def order_naive(parents, last):
    """From the last one down, every value that something after it was made of."""
    used, order = {last}, []
    for i in range(last, -1, -1):
        if i in used:
            order.append(i)
            used.update(parents[i])
    return order


@BACKWARD.write(orders, order_naive)
def newest_first(parents, last):
    """Every value that `last` was made of, directly or by way of others, and `last` itself: newest first, each once.

    parents: a dict, as above. last: a number. There may be thousands of values in a row, and values that `last` was
    not made of. Returns a list of numbers.
    """
    seen, waiting = {last}, [last]
    while waiting:
        for parent in parents[waiting.pop()]:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return sorted(seen, reverse=True)


@newest_first.mistake("not asked")
def _(parents, last):
    """There is a value in the list that `last` was not made of. How do you know who belongs to it?"""
    return list(range(last, -1, -1))


@newest_first.mistake("not asked, all")
def _(parents, last):
    """There is a value in the list that `last` was not made of. How do you know who belongs to it?"""
    return sorted(parents, reverse=True)


@newest_first.mistake("order")
def _(parents, last):
    """All are there, but one has its turn before somebody who was made of it. What does the number of a value tell?"""
    order = [last]
    for i in order:
        order += [parent for parent in dict.fromkeys(parents[i]) if parent not in order]
    return order


@newest_first.mistake("order, oldest first")
def _(parents, last):
    """All are there, from the oldest to the newest. Where does the walk begin?"""
    return order_naive(parents, last)[::-1]


@newest_first.mistake("twice")
def _(parents, last):
    """Who is used in several places stands there several times. How do you know whom you have seen already?"""
    order, waiting = [], [last]
    while waiting:
        order.append(waiting.pop())
        waiting += [parent for parent in parents[order[-1]] if parent not in order]
    return order


@newest_first.mistake("direct only")
def _(parents, last):
    """Only those from which an arrow leads straight to the last one. And those that they were made of?"""
    return [last, *sorted(set(parents[last]), reverse=True)]


@newest_first.mistake("itself")
def _(parents, last):
    """The last one is missing. Who should pass on the first gradient?"""
    return order_naive(parents, last)[1:]


def one_by_one(parents, slopes, last):
    """The gradients, as they are defined: move each value by 1, go forward from it, and see how far the last moves."""
    gradients = np.zeros(len(parents))
    for i in range(last + 1):
        moved = np.zeros(len(parents))
        moved[i] = 1.0
        for j in range(i + 1, last + 1):
            moved[j] = sum(moved[parent] * slope for parent, slope in zip(parents[j], slopes[j]))
        gradients[i] = moved[last]
    return gradients


@BACKWARD.write(graphs, one_by_one)
def backward(parents, slopes, last):
    """How fast value `last` moves with every value of the graph.

    parents, slopes: dicts, as above. last: a number.
    Returns an array with a gradient for each value, float64, in the order of their numbers: 1 for `last`, 0 for those
    with which it does not move.
    """
    gradients = np.zeros(len(parents))
    gradients[last] = 1.0
    for i in newest_first(parents, last):
        for parent, slope in zip(parents[i], slopes[i]):
            gradients[parent] += gradients[i] * slope
    return gradients


def walk(parents, slopes, last, order, arrive):
    """A walk in an order of its own, with a rule of its own for what a parent has when something arrives there."""
    gradients = np.zeros(len(parents))
    gradients[last] = 1.0
    for i in order:
        for parent, slope in zip(parents[i], slopes[i]):
            gradients[parent] = arrive(gradients[parent], gradients[i], slope)
    return gradients


@backward.mistake("sum missing")
def _(parents, slopes, last):
    """Somebody who is used twice has heard of one use only. What happens to what had arrived before?"""
    return walk(parents, slopes, last, order_naive(parents, last), lambda had, g, slope: g * slope)


@backward.mistake("sum missing, everybody")
def _(parents, slopes, last):
    """Somebody who is used twice has heard of one use only. What happens to what had arrived before?"""
    return walk(parents, slopes, last, range(last, -1, -1), lambda had, g, slope: g * slope)


@backward.mistake("upstream")
def _(parents, slopes, last):
    """Each passes on its slopes as they are. By how much does the end move, when the one in between does?"""
    return walk(parents, slopes, last, order_naive(parents, last), lambda had, g, slope: had + slope)


@backward.mistake("upstream, everybody")
def _(parents, slopes, last):
    """Each passes on its slopes as they are. By how much does the end move, when the one in between does?"""
    return walk(parents, slopes, last, range(last, -1, -1), lambda had, g, slope: had + slope)


@backward.mistake("added")
def _(parents, slopes, last):
    """Along a way slopes are added here. What does the chain rule do along the way, and where are sums taken?"""
    return walk(parents, slopes, last, order_naive(parents, last), lambda had, g, slope: had + g + slope)


@backward.mistake("constants")
def _(parents, slopes, last):
    """The slopes do not count: everybody passes on what it has. How many times as far does a product move?"""
    return walk(parents, slopes, last, order_naive(parents, last), lambda had, g, slope: had + g)


@backward.mistake("dtype")
def _(parents, slopes, last):
    """Right for whole numbers. Which dtype has the array that holds the gradients?"""
    return walk(
        parents, slopes, last, order_naive(parents, last), lambda had, g, slope: np.trunc(had + g * slope)
    )


@backward.mistake("oldest first")
def _(parents, slopes, last):
    """The walk begins at the wrong end: at first nobody but the last one has anything to pass on."""
    return walk(parents, slopes, last, range(last + 1), lambda had, g, slope: had + g * slope)


@backward.mistake("order")
def _(parents, slopes, last):
    """Somebody passed on before all had arrived (the upper half of the lesson's picture). Whose turn is it when?"""
    order = [last]
    for i in order:
        order += [parent for parent in dict.fromkeys(parents[i]) if parent not in order]
    return walk(parents, slopes, last, order, lambda had, g, slope: had + g * slope)


@backward.mistake("zero")
def _(parents, slopes, last):
    """0 everywhere: nobody had anything to pass on. How fast does the last value move with itself?"""
    return np.zeros(len(parents))


@backward.mistake("one way")
def _(parents, slopes, last):
    """Somebody stands twice among the parents of a value, as in a · a. Were both of the arrows walked?"""
    once = {i: dict(zip(each, slopes[i])) for i, each in parents.items()}
    return one_by_one(once, {i: list(each.values()) for i, each in once.items()}, last)


for _once in (set, dict.fromkeys):

    @backward.mistake(f"one way, {_once.__name__}")
    def _(parents, slopes, last, once=_once):
        """Each parent is there once, and the slopes are not. In a · a, how many arrows are there, and which slope is
        whose?"""
        return one_by_one({i: list(once(each)) for i, each in parents.items()}, slopes, last)


@backward.mistake("wrong end")
def _(parents, slopes, last):
    """Right when the walk begins at the newest of all. Who has a gradient of 1, if it begins in the middle?"""
    return one_by_one(parents, slopes, max(parents))


@backward.mistake("shape")
def _(parents, slopes, last):
    """There are gradients up to the last one only. How many values has the graph?"""
    return one_by_one(parents, slopes, last)[: last + 1]


EXERCISES = [BACKWARD]
