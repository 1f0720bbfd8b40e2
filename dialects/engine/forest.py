"""
The numbers of a forest: what makes them trees that can be walked.

Code that walks trees follows indices out of memory, so they are checked before any code is made of
them, whoever wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .weights import Array


@dataclass(frozen=True)
class Forest:
    """
    The constants of an `engine.tree_ensemble`; see there.

    Nodes are numbered through all trees. A node that is no leaf sends a row on to `children` of it
    or the node behind that; both lie behind the node itself, so that every walk ends. A leaf leads
    to itself: its threshold is NaN, which nothing is below, and its child is the node before it.
    """

    features: Array
    """Column of the input that a node looks at, i32 `[nodes]`."""
    thresholds: Array
    """What it compares the column with, `[nodes]`."""
    children: Array
    """Where rows go that are not above the threshold, i32 `[nodes]`; all others go one further."""
    leaves: Array
    """Row of `weights` that a leaf gives, i32 `[nodes]`; 0 where it is none."""
    trees: Array
    """Root, and first of the targets that a tree adds to, i32 `[trees, 2]`."""
    weights: Array
    """`[leaves, width]`, for as many targets next to each other."""

    def problem(self, columns: int, targets: int) -> str | None:
        """
        What keeps the numbers from being a forest for rows of `columns`; None if they are one.
        """
        nodes = np.arange(len(self.features), dtype=np.int64)
        ends = self.children == nodes - 1
        if _outside(self.features, columns):
            return f"a node looks at a column outside of the {columns} that there are"
        if bool((ends & ~np.isnan(self.thresholds)).any()):
            return "a leaf has a threshold that is not NaN"
        # A row that is below no threshold never goes to the first child.
        first = self.children + np.isnan(self.thresholds)
        if bool((~ends & (first <= nodes)).any()) or _outside(self.children + 1, len(nodes)):
            return "a node leads to one that does not lie behind it"
        if _outside(self.leaves, len(self.weights)):
            return f"a leaf gives a row outside of the {len(self.weights)} weights"
        roots, first_targets = self.trees[:, 0], self.trees[:, 1]
        if _outside(roots, len(nodes)):
            return f"a tree begins outside of the {len(nodes)} nodes"
        if _outside(first_targets, targets - self.weights.shape[1] + 1):
            return f"a tree adds to targets outside of the {targets} that there are"
        return None


def _outside(numbers: Array, end: int) -> bool:
    return bool(((numbers < 0) | (numbers >= end)).any())
