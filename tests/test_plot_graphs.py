"""The drawn graph: what its boxes say, where they stand, which arrows there are."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from tinydl import Tensor, plot
from tinydl.plot.graphs import layout

NUMBERS = itertools.count()


class Node:
    """What `graph` reads of a node."""

    def __init__(self, name: str, parents: tuple[Node, ...] | None, shape: object):
        self.name, self.parents, self.shape, self.number = name, parents, shape, next(NUMBERS)


class Bare:
    """What `layout` reads of a node."""

    def __init__(self, parents: tuple[Bare, ...]):
        self.parents = parents


def tensor(node: Node | None, data: object = 0.0) -> SimpleNamespace:
    return SimpleNamespace(node=node, data=np.asarray(data))


def product() -> SimpleNamespace:
    x, w = Node("leaf", (), (4, 3)), Node("leaf", (), (3, 2))
    return tensor(Node("sum", (Node("matmul", (x, w), (4, 2)),), ()), 0.6931472)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def boxes(figure: Figure) -> list[tuple[float, float, float, float]]:
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    return [(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in patches]


def arrows(figure: Figure) -> list[np.ndarray]:
    """The points that each arrow passes, without its head."""
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    return [patch._path_original.vertices for patch in patches]


def test_graph_names_ops_shapes_and_the_value_of_a_scalar() -> None:
    figure = plot.graph(product())
    assert words(figure) == ["sum", "0.6931", "matmul", "(4,2)", "leaf", "(3,2)", "leaf", "(4,3)"]
    assert len(boxes(figure)) == 4 and len(arrows(figure)) == 3
    columns = [round(x, 3) for x, *_ in boxes(figure)]
    assert columns[0] > columns[1] > columns[2] == columns[3]  # the newest on the right


def test_graph_draws_both_edges_of_a_square() -> None:
    x = Node("leaf", (), (3,))
    figure = plot.graph(tensor(Node("mul", (x, x), (3,)), [1, 2, 3]))
    assert len(boxes(figure)) == 2
    ends = {tuple(np.round(arrow[-1], 3)) for arrow in arrows(figure)}
    assert len(arrows(figure)) == len(ends) == 2


@pytest.mark.parametrize("seed", range(10))
def test_graph_boxes_do_not_overlap_and_edges_run_to_the_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = [Node("leaf", (), (2,)) for _ in range(3)]
    for _ in range(20):
        chosen = rng.integers(max(0, len(nodes) - 6), len(nodes), rng.integers(1, 4))
        nodes.append(Node("op", tuple(nodes[i] for i in chosen), (2,)))
    figure = plot.graph(tensor(Node("concatenate", tuple(nodes), (46,)), np.zeros(46)))
    assert len(boxes(figure)) == 24
    for (ax, ay, aw, ah), (bx, by, bw, bh) in itertools.combinations(boxes(figure), 2):
        assert ax + aw < bx or bx + bw < ax or ay + ah < by or by + bh < ay
    for arrow in arrows(figure):
        assert (np.diff(arrow[:, 0]) >= 0).all()


def test_graph_of_a_chain_of_ops_is_a_straight_line() -> None:
    node = Node("leaf", (), (2,))
    for _ in range(5):
        node = Node("matmul", (node, Node("leaf", (), (2, 2))), (2,))
    figure = plot.graph(tensor(node, [0, 0]))
    names = [text for text in figure.axes[0].texts if text.get_text() == "matmul"]
    assert np.ptp([text.get_position()[1] for text in names]) < 0.1


def test_graph_of_several_outputs_and_long_names() -> None:
    x = Node("leaf", (), (4, 3))
    parts = Node("batch_norm_in_training_mode", (x,), [(4, 3), (3,)])
    assert words(plot.graph(tensor(parts, np.zeros(3))))[:3] == [
        "batch_norm_in_",
        "training_mode",
        "(4,3) (3,)",
    ]


def test_graph_says_where_a_part_has_been_freed() -> None:
    freed = Node("tanh", None, (2,))
    assert "(2,) (freed)" in words(plot.graph(tensor(Node("sum", (freed,), ()))))


def test_graph_of_a_real_tensor() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    figure = plot.graph((x * x).sum())
    assert words(figure)[1] == "5" and words(figure)[-2:] == ["leaf", "(2,)"]
    assert len(arrows(figure)) == 3
    y = (x * x).sum()
    y.backward()
    with pytest.raises(ValueError, match="freed its graph"):
        plot.graph(y)
    with pytest.raises(ValueError, match="requires_grad=True"):
        plot.graph(Tensor(np.array([1.0])))


def test_graph_refuses_what_is_too_large_without_recursion() -> None:
    node = Node("leaf", (), ())
    for _ in range(5000):
        node = Node("neg", (node,), ())
    with pytest.raises(ValueError, match="more than 200 nodes"):
        plot.graph(tensor(node))


def test_graph_refuses_what_has_none() -> None:
    with pytest.raises(TypeError, match="tensor: expected a Tensor, got ndarray"):
        plot.graph(np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tensor: it has no graph"):
        plot.graph(tensor(None))


def test_layout_asks_for_no_more_than_parents() -> None:
    """Two leaves, the node made of both, and an edge that leads past it: what a chapter draws in its own way."""
    x, w = (Bare(()) for _ in range(2))
    product = Bare((x, w))
    end = Bare((product, w))
    places, edges = layout([end, product, w, x])
    assert [places[node][0] for node in (end, product, w, x)] == [2, 1, 0, 0]
    assert places[w][1] != places[x][1]
    assert [(edge[0], edge[-1]) for edge in edges] == [(product, end), (w, end), (x, product), (w, product)]
    assert [len(edge) for edge in edges] == [2, 3, 2, 2]  # the second passes the column between
