"""What the leaves of a forest give, as rows of a matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....dialects.engine.weights import Array
from ..lowering import NoNativeForm
from .node_order import NodeOrder
from .thresholds import Thresholds
from .tree_nodes import LeafWeights

MOST_WEIGHTS = 1 << 28
"""Weights of all leaves for all targets, which are written out where a leaf gives several."""


@dataclass(frozen=True)
class LeafRows:
    """Weights `[leaves, width]`, the row of each place, and the first target of each tree."""

    weights: Array
    rows: Array
    firsts: Array

    @property
    def complete(self) -> bool:
        """Whether every leaf gives something for each target of its tree."""
        return not bool(np.isnan(self.weights).any())


def leaf_rows(
    tree: Thresholds, order: NodeOrder, given: LeafWeights, targets: int, aggregate: str
) -> LeafRows:
    """
    The rows of the leaves: one weight each where a tree has but one target, else all of them.

    What a leaf does not give is 0 in sums, and NaN, which does not take part, in extremes.

    Raises:
        NoNativeForm: where that would be too many numbers.
    """
    at = order.real & tree.leaf[order.nodes]
    leaves = order.nodes[at]
    rows = np.zeros(len(order.nodes), np.int64)
    rows[at] = np.arange(len(leaves))
    row_of = np.full(len(tree.leaf), -1, np.int64)
    row_of[leaves] = np.arange(len(leaves))
    counts = row_of[given.nodes] >= 0
    row, target, weight = row_of[given.nodes[counts]], given.targets[counts], given.weights[counts]
    firsts = _single_targets(tree, order, leaves, row, target) if targets > 1 else None
    width = targets if firsts is None else 1
    if len(leaves) * width > MOST_WEIGHTS:
        raise NoNativeForm(f"has {len(leaves)} leaves with weights for {targets} targets")
    empty = 0 if aggregate == "sum" else np.nan
    weights = np.full((len(leaves), width), empty, given.weights.dtype)
    add = {"sum": np.add, "min": np.fmin, "max": np.fmax}[aggregate]
    column = target if firsts is None else np.zeros(len(target), np.int64)
    with np.errstate(all="ignore"):
        add.at(weights, (row, column), weight)
    start = np.zeros(len(tree.roots), np.int64) if firsts is None else firsts
    return LeafRows(weights, rows, start)


def _single_targets(
    tree: Thresholds, order: NodeOrder, leaves: Array, row: Array, target: Array
) -> Array | None:
    """The target of each tree where all its leaves give one weight for the same; else None."""
    count = len(leaves)
    if order.trees is None or not np.array_equal(np.bincount(row, minlength=count), [1] * count):
        return None
    of_leaf = np.empty(count, np.int64)
    of_leaf[row] = target
    owner = order.trees[order.real & tree.leaf[order.nodes]]
    low = np.full(len(tree.roots), np.iinfo(np.int64).max)
    high = np.full(len(tree.roots), -1)
    np.minimum.at(low, owner, of_leaf)
    np.maximum.at(high, owner, of_leaf)
    return low if np.array_equal(low, high) else None
