"""
The order in which the nodes of a forest lie, so that a walk needs one index and only goes forward.

Both successors of a node lie side by side, behind it. A node that several lead to lies behind the
last of them; in its place behind the others is one that only passes rows on: its threshold is
NaN, which leads to the node behind its child. Nodes of a tree lie together, in the order of their
distance from the root, so that the first steps of all walks share cache lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....dialects.engine.weights import Array
from .thresholds import Thresholds


@dataclass(frozen=True)
class NodeOrder:
    """
    Places in the order, and which node is at each.

    `nodes[place]` is a node's number; `real[place]` whether it lies there, or is only passed on to
    `children[place] + 1`. `places[node]` is where it lies, -1 for one that no tree leads to.
    """

    nodes: Array
    real: Array
    children: Array
    places: Array
    trees: Array | None
    """The tree that each place belongs to; None where trees have nodes in common."""


def order_nodes(tree: Thresholds) -> NodeOrder:
    """
    The order of the nodes that the roots lead to.

    Raises:
        ValueError: when a walk can come back to where it was.
    """
    levels = _levels(tree)
    nodes, trees, real, firsts = _slots(tree, levels)
    apart = _trees_are_apart(tree, nodes, trees, levels)
    order = np.argsort(trees, kind="stable") if apart else np.arange(len(nodes))
    place_of = np.empty(len(nodes), np.int64)
    place_of[order] = np.arange(len(nodes))
    nodes, real, firsts = nodes[order], real[order], firsts[order]
    places = np.full(len(tree.leaf), -1, np.int64)
    places[nodes[real]] = np.flatnonzero(real)
    children = np.where(
        real,
        np.where(tree.leaf[nodes], np.arange(len(nodes)) - 1, place_of[np.maximum(firsts, 0)]),
        places[nodes] - 1,
    )
    return NodeOrder(nodes, real, children, places, trees[order] if apart else None)


def _successors(tree: Thresholds, nodes: Array) -> Array:
    """The successors of those of `nodes` that are no leaves, side by side."""
    inner = nodes[~tree.leaf[nodes]]
    return np.stack([tree.yes[inner], tree.no[inner]], axis=1).reshape(-1)


def _levels(tree: Thresholds) -> Array:
    """The longest way from a root to each node, -1 for those that no root leads to."""
    count = len(tree.leaf)
    reached = np.zeros(count, np.bool_)
    before = np.zeros(count, np.int64)
    frontier = np.unique(tree.roots)
    while len(frontier):
        reached[frontier] = True
        following = _successors(tree, frontier)
        np.add.at(before, following, 1)
        frontier = np.unique(following[~reached[following]])
    levels = np.full(count, -1, np.int64)
    frontier, level = np.flatnonzero(reached & (before == 0)), 0
    while len(frontier):
        levels[frontier] = level
        following = _successors(tree, frontier)
        np.subtract.at(before, following, 1)
        candidates = np.unique(following)
        frontier, level = candidates[before[candidates] == 0], level + 1
    if bool((reached & (levels < 0)).any()):
        raise ValueError("the nodes of a tree lead back to where they came from")
    return levels


def _slots(tree: Thresholds, levels: Array) -> tuple[Array, Array, Array, Array]:
    """
    Places level by level: the node, the number of its tree, whether it lies there, and the number
    of the place of its first successor.
    """
    roots = np.array(list(dict.fromkeys(tree.roots.tolist())), np.int64)
    here = roots[levels[roots] == 0]
    trees = np.flatnonzero(levels[roots] == 0)
    found: list[tuple[Array, Array, Array, Array]] = []
    level, count = 0, 0
    while len(here):
        # A node lies in the last of its places: all others are before it.
        last = np.zeros(len(here), np.bool_)
        last[len(here) - 1 - np.unique(here[::-1], return_index=True)[1]] = True
        real = last & (levels[here] == level)
        inner = real & ~tree.leaf[here]
        count += len(here)
        firsts = np.full(len(here), -1, np.int64)
        firsts[inner] = count + 2 * np.arange(inner.sum())
        found.append((here, trees, real, firsts))
        here, trees = _successors(tree, here[inner]), np.repeat(trees[inner], 2)
        level += 1
    if not found:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing.astype(np.bool_), nothing
    nodes, trees, real, firsts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return nodes, trees, real, firsts


def _trees_are_apart(tree: Thresholds, nodes: Array, trees: Array, levels: Array) -> bool:
    """Whether each root begins a tree of its own, and no node has places in two trees."""
    if len(np.unique(tree.roots)) != len(tree.roots) or bool(levels[tree.roots].any()):
        return False
    owner = np.zeros(len(tree.leaf), np.int64)
    owner[nodes] = trees
    return bool((owner[nodes] == trees).all())
