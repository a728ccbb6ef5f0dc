"""The graph behind a Tensor, drawn: a box for each node, older on the left, the Tensor itself on the right.

The layout follows Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical system
structures": a node's column is the length of its longest path to the end, long edges are led through the
columns between, and a few sweeps draw every node towards the mean of its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from tinydl.backend import to_numpy
from tinydl.plot.drawing import BLUE, GREY, ORANGE, SKY, new_figure

if TYPE_CHECKING:
    from tinydl.autograd import Node
    from tinydl.tensor import Tensor

MOST_NODES = 200
GAP, ROW, HEIGHT = 0.45, 0.95, 0.68  # inches: between columns, from row to row, the height of a box


def graph(tensor: Tensor, title: str | None = None) -> Figure:
    """The graph behind a tensor: forward runs to the right along the arrows, backward runs to the left.

    Args:
        tensor: a Tensor that requires a gradient. Draw it before `backward()`, which frees the graph.
        title: stands above.

    Raises:
        TypeError: tensor is no Tensor.
        ValueError: it has no graph, or one that has been freed or has more than 200 nodes.

    Example:
        >>> from tinydl import Tensor
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> [text.get_text() for text in graph((x * x).sum()).axes[0].texts]
        ['sum', '5', 'multiply', '(2,)', 'leaf', '(2,)']
    """
    if not hasattr(tensor, "node"):
        raise TypeError(f"tensor: expected a Tensor, got {type(tensor).__name__}")
    last: Node | None = tensor.node
    if last is None:
        raise ValueError("tensor: it has no graph, as nothing it was computed from has requires_grad=True")
    if last.parents is None:
        raise ValueError("tensor: backward() has freed its graph; draw it before, or pass retain_graph=True")
    nodes = _nodes_behind(last)
    places, edges = layout(nodes)
    words = {node: _words(node, tensor if node is last else None) for node in nodes}
    letters = min(15, max(len(line) for lines in words.values() for line in lines))
    wide = max(0.9, 0.085 * letters)  # inches; what letters of 9 points take; longer lines get smaller ones
    at = {key: (column * (wide + GAP), row * ROW) for key, (column, row) in places.items()}

    xs, ys = zip(*at.values())
    width, height = max(xs) + wide + 0.2, max(ys) - min(ys) + HEIGHT + 0.2
    shrink = min(1.0, 40 / width)
    size = (max(4.5, width * shrink), height * shrink + 0.4)
    figure = new_figure(*size, title or f"The graph behind a tensor: {len(nodes)} nodes")
    axes = figure.subplots()
    axes.set(xlim=(-wide / 2 - 0.1, max(xs) + wide / 2 + 0.1), aspect="equal")
    axes.set_ylim(max(ys) + HEIGHT / 2 + 0.1, min(ys) - HEIGHT / 2 - 0.1)
    axes.axis("off")
    arrivals = defaultdict(list)  # the edges into each box, side by side: x * x has two
    for edge in edges:
        arrivals[edge[-1]].append([at[key] for key in edge])
    for arriving in arrivals.values():
        arriving.sort(key=lambda points: points[-2][1])
        for i, points in enumerate(arriving):
            draw_edge(axes, points, wide, 0.14 * (i - (len(arriving) - 1) / 2))
    for node in nodes:
        face = ORANGE if node is last else SKY if node.name == "leaf" else "white"
        line = "--" if node.parents is None else "-"
        _draw_box(axes, at[node], wide, words[node], 9 * shrink, facecolor=face, linestyle=line)
    return figure


def _nodes_behind(last: Node) -> list[Node]:
    """Every node that `last` was computed from, newest first."""
    seen, waiting = {last}, [last]
    while waiting:
        for parent in waiting.pop().parents or ():
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
        if len(seen) > MOST_NODES:
            raise ValueError(f"tensor: its graph has more than {MOST_NODES} nodes; draw a piece of it")
    return sorted(seen, key=lambda node: node.number, reverse=True)


def layout(nodes: Sequence[Any]) -> tuple[dict[Hashable, tuple[int, float]], list[list[Hashable]]]:
    """Where to draw the nodes of a graph.

    Args:
        nodes: each before its parents, the end of the graph first. Of a node only `parents` is looked at, which are
            empty, or None, where it was given.

    Returns:
        (column, row) of each node and of the points that edges pass on their way; and each edge, as what it passes.
    """
    steps = dict.fromkeys(nodes, 0)  # the longest path to the end: a leaf stands right before what uses it
    for node in nodes:  # each after all that use it
        for parent in node.parents or ():
            steps[parent] = max(steps[parent], steps[node] + 1)
    last_column = max(steps.values())

    columns: list[list[Hashable]] = [[] for _ in range(last_column + 1)]
    for node in nodes:
        columns[last_column - steps[node]].append(node)
    edges: list[list[Hashable]] = []
    left, right = defaultdict(list), defaultdict(list)  # the neighbours of each node and point
    for node in nodes:
        for i, parent in enumerate(node.parents or ()):
            passed = range(last_column - steps[parent] + 1, last_column - steps[node])
            edge = [parent, *((node, i, between) for between in passed), node]
            for between in passed:
                columns[between].append((node, i, between))
            for a, b in zip(edge, edge[1:]):
                right[a].append(b)
                left[b].append(a)
            edges.append(edge)

    leaves = {node for node in nodes if not node.parents}
    row: dict[Hashable, float] = {nodes[0]: 0.0}

    def mean(rows: Mapping[Hashable, float]) -> float:
        weights = [0.01 if key in leaves else 1 for key in rows]  # so that the ops keep to a straight line
        return float(np.average(list(rows.values()), weights=weights))

    for sweep in range(9):  # from the end to the beginning, then back, ...
        backwards = sweep % 2 == 0
        for column in reversed(columns) if backwards else columns:
            near = right if backwards else left
            wish = {key: mean({n: row[n] for n in near[key]}) if near[key] else row[key] for key in column}
            column.sort(key=lambda key: (round(wish[key], 6), key in leaves))
            got: dict[Hashable, float] = {}
            lowest = -np.inf
            for key in column:  # in this order and a row or more apart ...
                got[key] = lowest = max(wish[key], lowest + 1)
            shift = mean(wish) - mean(got)  # ... but on average where they wish to be
            row.update({key: y + shift for key, y in got.items()})
    return {key: (x, row[key]) for x, column in enumerate(columns) for key in column}, edges


def _words(node: Node, tensor: Tensor | None) -> list[str]:
    """The lines in a box: name and shape of a node; or the value of its tensor, if that is one number."""
    name = node.name
    if len(name) > 14 and "_" in name:  # in two lines, broken at the underscore nearest to the middle
        cut = min((i for i, letter in enumerate(name) if letter == "_"), key=lambda i: abs(i - len(name) / 2))
        name = name[: cut + 1] + "\n" + name[cut + 1 :]
    shapes = node.shape if isinstance(node.shape, list) else [node.shape]  # a list: several outputs
    below = " ".join(str(tuple(shape)).replace(", ", ",") if shape else "scalar" for shape in shapes)
    if tensor is not None and (value := to_numpy(tensor.data)).size == 1:
        below = f"{value.item():.4g}"
    return [*name.split("\n"), below + " (freed)" * (node.parents is None)]


def draw_edge(axes: Axes, points: Sequence[tuple[float, float]], wide: float, aside: float) -> None:
    """An arrow from box to box, smooth between columns.

    Args:
        axes: to draw on.
        points: the middle of the box where it begins, what it passes, and the middle of the box where it ends.
        wide: the width of a box.
        aside: how far below the middle of the last box's side it ends.
    """
    path, codes = [(points[0][0] + wide / 2, points[0][1])], [Path.MOVETO]
    for x, y in points[1:]:
        last = (x, y) == points[-1]
        from_x, from_y = path[-1]
        x, y = x - wide / 2, y + aside * last
        path += [((from_x + x) / 2, from_y), ((from_x + x) / 2, y), (x, y)]
        codes += [Path.CURVE4] * 3
        if not last:
            path.append((x + wide, y))
            codes.append(Path.LINETO)
    axes.add_patch(FancyArrowPatch(path=Path(path, codes), arrowstyle="-|>", mutation_scale=10, color=GREY))


def _draw_box(
    axes: Axes, at: tuple[float, float], wide: float, words: list[str], size: float, **look: Any
) -> None:
    """A box with its words in the middle: the name bold, the last line (shape or value) plain."""
    corner = (at[0] - wide / 2, at[1] - HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.1"
    axes.add_patch(FancyBboxPatch(corner, wide, HEIGHT, boxstyle=style, edgecolor=BLUE, **look))
    for i, line in enumerate(words):
        y = at[1] + 0.19 * (i - (len(words) - 1) / 2)
        weight = "normal" if i == len(words) - 1 else "bold"
        fitting = size * min(1, wide / (0.09 * len(line)))
        axes.text(at[0], y, line, ha="center", va="center", fontsize=fitting, weight=weight)
