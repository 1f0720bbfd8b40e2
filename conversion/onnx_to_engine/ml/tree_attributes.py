"""
The trees in the attributes of ONNX's tree operators.

`TreeEnsembleClassifier` and `TreeEnsembleRegressor` name nodes by the numbers of their tree and of
the node in it; in each, the node listed first is the root. `TreeEnsemble` counts nodes and leaves
through all trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects.builtin import Float64Type

from ....dialects.engine.base import element_of
from ....dialects.engine.weights import Array
from ...to_engine.forest.tree_nodes import LeafWeights, Mode, TreeNodes
from ...to_engine.lowering import Lowering

MODES = {
    "BRANCH_LEQ": Mode.LEQ,
    "BRANCH_LT": Mode.LT,
    "BRANCH_GTE": Mode.GTE,
    "BRANCH_GT": Mode.GT,
    "BRANCH_EQ": Mode.EQ,
    "BRANCH_NEQ": Mode.NEQ,
    "LEAF": Mode.LEAF,
}


def number_type(lo: Lowering) -> np.dtype[Any]:
    """The type in which weights are added: f64 for rows of f64, else f32."""
    return np.dtype(np.float64 if isinstance(element_of(lo.operand("X")), Float64Type) else "f4")


def numbers(lo: Lowering, name: str) -> Array:
    """Numbers given as a list of f32, or as `NAME_as_tensor`; none where both are absent."""
    given = lo.op.properties.get(f"{name}_as_tensor")
    if given is not None:
        return lo.store.array(given).reshape(-1)
    return np.array(lo.op.attribute(name) or [], np.float32)


def integers(lo: Lowering, name: str) -> Array:
    """A list of integers, empty where it is absent."""
    return np.array(lo.integers(name) or [], np.int64)


def older_trees(lo: Lowering, of: str) -> tuple[TreeNodes, LeafWeights]:
    """
    Nodes and leaf weights of the operators before `TreeEnsemble`; `of` is `class` or `target`.

    Raises:
        ValueError: for lists of different lengths, numbers of nodes given twice or not at all.
    """
    trees, nodes = integers(lo, "nodes_treeids"), integers(lo, "nodes_nodeids")
    count = len(nodes)
    values = numbers(lo, "nodes_values")
    lists = {
        "nodes_treeids": trees,
        "nodes_featureids": integers(lo, "nodes_featureids"),
        "nodes_truenodeids": integers(lo, "nodes_truenodeids"),
        "nodes_falsenodeids": integers(lo, "nodes_falsenodeids"),
        "nodes_values": values,
        "nodes_modes": _modes(lo),
    }
    for name, found in lists.items():
        if len(found) != count:
            raise ValueError(f"{name} has {len(found)} elements, nodes_nodeids has {count}")
    names = _Names(trees, nodes)
    modes = lists["nodes_modes"]
    inner = modes != Mode.LEAF
    yes, no = np.zeros(count, np.int64), np.zeros(count, np.int64)
    yes[inner] = names.find(trees[inner], lists["nodes_truenodeids"][inner])
    no[inner] = names.find(trees[inner], lists["nodes_falsenodeids"][inner])
    found = TreeNodes(
        modes, lists["nodes_featureids"], values, _missing(lo, count), yes, no, _roots(trees)
    )
    return found, _older_leaves(lo, of, names)


def _older_leaves(lo: Lowering, of: str, names: _Names) -> LeafWeights:
    ids = integers(lo, f"{of}_ids")
    weights = numbers(lo, f"{of}_weights").astype(number_type(lo))
    trees, nodes = integers(lo, f"{of}_treeids"), integers(lo, f"{of}_nodeids")
    if not len(ids) == len(weights) == len(trees) == len(nodes):
        raise ValueError(f"the lists of {of} weights have different lengths")
    return LeafWeights(names.find(trees, nodes), ids, weights)


def _modes(lo: Lowering) -> Array:
    texts = lo.texts("nodes_modes") or []
    unknown = set(texts) - set(MODES)
    if unknown:
        raise ValueError(f"mode '{min(unknown)}' is none of {', '.join(MODES)}")
    return np.array([MODES[text] for text in texts], np.int64)


def _missing(lo: Lowering, count: int) -> Array:
    """Where it is not said, NaN is like any number that the comparison does not hold for."""
    given = integers(lo, "nodes_missing_value_tracks_true")[:count]
    return np.concatenate([given != 0, np.zeros(count - len(given), np.bool_)])


def _roots(trees: Array) -> Array:
    """The first node of each tree, in the order in which they are listed."""
    _, first = np.unique(trees, return_index=True)
    return np.sort(first)


class _Names:
    """Positions of nodes by the numbers of tree and node."""

    def __init__(self, trees: Array, nodes: Array):
        self.trees, self.nodes = np.unique(trees), np.unique(nodes)
        keys = self._keys(trees, nodes)
        self.order = np.argsort(keys, kind="stable")
        self.sorted = keys[self.order]
        twice = np.flatnonzero(self.sorted[1:] == self.sorted[:-1])
        if len(twice):
            at = self.order[twice[0]]
            raise ValueError(f"node {nodes[at]} of tree {trees[at]} is there twice")

    def _keys(self, trees: Array, nodes: Array) -> Array:
        tree = np.searchsorted(self.trees, trees)
        return tree * (len(self.nodes) + 1) + np.searchsorted(self.nodes, nodes)

    def find(self, trees: Array, nodes: Array) -> Array:
        """Where the nodes are listed."""
        known = np.isin(trees, self.trees) & np.isin(nodes, self.nodes)
        keys = self._keys(trees, nodes)
        at = np.minimum(np.searchsorted(self.sorted, keys), max(len(self.sorted) - 1, 0))
        if len(self.sorted):
            known &= self.sorted[at] == keys
        if not known.all():
            missing = int(np.flatnonzero(~known)[0])
            raise ValueError(f"tree {trees[missing]} has no node {nodes[missing]}")
        return self.order[at]


def newer_trees(lo: Lowering) -> tuple[TreeNodes, LeafWeights]:
    """
    Nodes and leaf weights of `TreeEnsemble`; leaves are numbered behind the nodes.

    Raises:
        ValueError: for lists of different lengths, and sets that are not as many as their nodes.
    """
    splits, modes = tensor(lo, "nodes_splits"), tensor(lo, "nodes_modes").astype(np.int64)
    weights = tensor(lo, "leaf_weights").astype(number_type(lo))
    targets = integers(lo, "leaf_targetids")
    count, leaves = len(modes), len(weights)
    lists = {
        name: integers(lo, f"nodes_{name}")
        for name in ("featureids", "truenodeids", "falsenodeids", "trueleafs", "falseleafs")
    }
    for name, found in (*lists.items(), ("splits", splits)):
        if len(found) != count:
            raise ValueError(f"nodes_{name} has {len(found)} elements, nodes_modes has {count}")
    if len(targets) != leaves:
        raise ValueError(f"leaf_targetids has {len(targets)} elements, leaf_weights has {leaves}")
    if ((modes < 0) | (modes > Mode.MEMBER)).any():
        raise ValueError(f"mode {int(modes.max())} is none of 0..{int(Mode.MEMBER)}")
    nothing = np.zeros(leaves, np.int64)

    def successors(name: str) -> Array:
        at, is_leaf = lists[f"{name}nodeids"], lists[f"{name}leafs"] != 0
        ends = np.where(is_leaf, leaves, count)
        if ((at < 0) | (at >= ends)).any():
            raise ValueError(f"nodes_{name}nodeids leads to a node or leaf that does not exist")
        return np.concatenate([np.where(is_leaf, at + count, at), nothing])

    nodes = TreeNodes(
        modes=np.concatenate([modes, nothing + Mode.LEAF]),
        features=np.concatenate([lists["featureids"], nothing]),
        values=np.concatenate([splits, np.zeros(leaves, splits.dtype)]),
        missing=_missing(lo, count + leaves),
        yes=successors("true"),
        no=successors("false"),
        roots=integers(lo, "tree_roots"),
        members=_members(lo, np.flatnonzero(modes == Mode.MEMBER)),
    )
    return nodes, LeafWeights(np.arange(count, count + leaves), targets, weights)


def tensor(lo: Lowering, name: str) -> Array:
    """The numbers of an attribute that is a tensor; none where it is absent."""
    given = lo.op.properties.get(name)
    if given is None:
        return np.zeros(0, np.float32)
    array = lo.store.array(given).reshape(-1)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _members(lo: Lowering, nodes: Array) -> dict[int, Array]:
    """The sets, which follow one another, each with a NaN at its end, in the order of nodes."""
    values = tensor(lo, "membership_values")
    ends = np.flatnonzero(np.isnan(values))
    if len(ends) != len(nodes):
        raise ValueError(
            f"membership_values has {len(ends)} sets, {len(nodes)} nodes ask for a member"
        )
    starts = np.concatenate([[0], ends[:-1] + 1])
    return {
        int(node): values[start:end] for node, start, end in zip(nodes, starts, ends, strict=False)
    }
