"""What `engine.tree_ensemble` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine import TreeEnsembleOp
from ...dialects.engine.forest import Forest
from ...dialects.engine.weights import Array
from ...errors import InputError


def tree_ensemble(op: TreeEnsembleOp, x: Array, *constants: Array) -> tuple[Array, ...]:
    """
    All rows walk all trees, a step at a time; then the trees add up, one after the other.

    Raises:
        InputError: when the constants are not a forest.
    """
    forest, targets = Forest(*constants), op.targets.value.data
    if (problem := forest.problem(x.shape[1], targets)) is not None:
        raise InputError(f"{op.name}: {problem}")
    nodes = _ends_of_walks(forest, x)
    kind, width = op.aggregate.data, op.width
    start = 0 if kind == "sum" else np.nan
    result = np.full((len(x), targets), start, forest.weights.dtype)
    combine = {"sum": np.add, "min": np.fmin, "max": np.fmax}[kind]
    for tree, first in enumerate(forest.trees[:, 1]):
        given = forest.weights[forest.leaves[nodes[:, tree]]]
        part = result[:, first : first + width]
        with np.errstate(all="ignore"):
            combine(part, given, out=part)
    return (result,)


def _ends_of_walks(forest: Forest, x: Array) -> Array:
    """The leaf where each row ends in each tree, `[rows, trees]`."""
    rows = np.arange(len(x))[:, None]
    nodes = np.tile(forest.trees[:, 0].astype(np.int64), (len(x), 1))
    while True:
        below = x[rows, forest.features[nodes]] <= forest.thresholds[nodes]
        further = forest.children[nodes] + ~below
        if np.array_equal(further, nodes):
            return nodes
        nodes = further.astype(np.int64)
