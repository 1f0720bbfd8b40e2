"""Orders of nodes: successors side by side and behind, whoever shares them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.conversion.to_engine.forest.node_order import NodeOrder, order_nodes
from stepwell.conversion.to_engine.forest.thresholds import Thresholds


def thresholds(
    successors: list[tuple[int, int] | None], roots: list[int], seed: int = 0
) -> Thresholds:
    """Nodes with these successors (None: leaves) and random questions."""
    rng, count = np.random.default_rng(seed), len(successors)
    return Thresholds(
        leaf=np.array([s is None for s in successors]),
        features=rng.integers(0, 3, count),
        thresholds=rng.standard_normal(count).astype(np.float32),
        low=np.zeros(count, np.bool_),
        yes=np.array([s[0] if s else 0 for s in successors]),
        no=np.array([s[1] if s else 0 for s in successors]),
        roots=np.array(roots, np.int64),
    )


def end_of(tree: Thresholds, root: int, x: np.ndarray) -> int:
    at = root
    while not tree.leaf[at]:
        below = x[tree.features[at]] <= tree.thresholds[at]
        at = int(tree.yes[at] if below else tree.no[at])
    return at


def check(tree: Thresholds) -> NodeOrder:
    """Walks in the order end where walks in the trees end, and only go forward."""
    order = order_nodes(tree)
    inner = order.real & ~tree.leaf[order.nodes]
    for x in np.random.default_rng(1).standard_normal((20, 3)):
        for root in tree.roots.tolist():
            place = int(order.places[root])
            while True:
                node = order.nodes[place]
                below = inner[place] and x[tree.features[node]] <= tree.thresholds[node]
                further = int(order.children[place]) + (not below)
                assert further >= place
                if further == place:
                    break
                place = further
            assert order.nodes[place] == end_of(tree, root, x)
            assert order.real[place]
    return order


def test_trees_lie_one_after_the_other_from_the_root_on():
    tree = thresholds([(1, 2), None, (3, 4), None, None, (6, 7), None, None], [5, 0])
    order = check(tree)
    assert order.nodes.tolist() == [5, 6, 7, 0, 1, 2, 3, 4]
    assert order.trees is not None
    assert order.trees.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_nodes_that_are_shared(data: st.DataObject):
    count = data.draw(st.integers(1, 12))
    successors: list[tuple[int, int] | None] = []
    for node in range(count):
        later = st.integers(node + 1, count - 1) if node + 1 < count else st.nothing()
        leaf = node + 1 == count or data.draw(st.booleans())
        successors.append(None if leaf else (data.draw(later), data.draw(later)))
    roots = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
    shuffled = data.draw(st.permutations(range(count)))
    moved: list[tuple[int, int] | None] = [None] * count
    for node, pair in enumerate(successors):
        moved[shuffled[node]] = None if pair is None else (shuffled[pair[0]], shuffled[pair[1]])
    check(thresholds(moved, [shuffled[root] for root in roots]))


def test_a_chain_of_shared_nodes_grows_by_one_place_for_each():
    count = 200
    successors: list[tuple[int, int] | None] = [(count, node + 1) for node in range(count)]
    order = check(thresholds([*successors[:-1], (count, count + 1), None, None], [0]))
    assert len(order.nodes) <= 2 * count + 3


def test_a_deep_tree_takes_no_recursion():
    count = 5000
    successors: list[tuple[int, int] | None] = [(count, node + 1) for node in range(count)]
    tree = thresholds([*successors[:-1], (count, count + 1), None, None], [0])
    order = order_nodes(tree)
    assert order.real.sum() == count + 2


@pytest.mark.parametrize(
    "successors", [[(0, 1), None], [(1, 2), (0, 2), None], [(1, 3), (2, 3), (1, 3), None]]
)
def test_what_leads_back_is_refused(successors: list[tuple[int, int] | None]):
    with pytest.raises(ValueError, match="lead back to where they came from"):
        order_nodes(thresholds(successors, [0]))


def test_no_trees():
    order = order_nodes(thresholds([None], []))
    assert len(order.nodes) == 0
