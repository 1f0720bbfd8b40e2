"""A forest as an `engine.tree_ensemble`."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import Float64Type, f32
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, TreeEnsembleOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import numbers_of
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, cast_scalar, select
from .leaf_rows import leaf_rows
from .node_order import order_nodes
from .thresholds import Thresholds, thresholds_of
from .tree_nodes import LeafWeights, Mode, TreeNodes


def columns(lo: Lowering, x: SSAValue) -> SSAValue:
    """Rows in the type that thresholds are compared in: f64 as it is, all else as f32."""
    element = element_of(x)
    if isinstance(element, Float64Type) or element == f32:
        return x
    return lo.map([x], lambda a: cast_scalar(a, element, f32), f32)


def sum_of_trees(
    lo: Lowering,
    x: SSAValue,
    nodes: TreeNodes,
    leaves: LeafWeights,
    targets: int,
    aggregate: str = "sum",
) -> SSAValue:
    """
    What the trees give for each row of `x`, `[rows, targets]`, in the type of the weights.

    `aggregate` is `sum`, `min` or `max`; the extreme is 0 for a target that no tree gave anything
    for. A column number, a target or a successor that does not exist is a `ValueError`.

    Raises:
        NoNativeForm: for forests too large for their numbers.
        ValueError: for nodes that are no trees.
    """
    [width] = numbers_of(extents_of(x)[1:])
    _check(nodes, leaves, width, targets)
    wide = columns(lo, x)
    dtype = dtype_of(element_of(wide))
    # Integers are never NaN.
    has_nan = Numbers(element_of(x)).floating
    tree = thresholds_of(nodes, dtype, has_nan=has_nan)
    order = order_nodes(tree)
    rows = leaf_rows(tree, order, leaves, targets, aggregate)
    wide, features = _with_low_columns(lo, wide, tree, order.nodes, order.real)
    inner = order.real & ~tree.leaf[order.nodes]
    thresholds = np.where(inner, tree.thresholds[order.nodes], np.nan).astype(dtype)
    trees = np.stack([order.places[tree.roots], rows.firsts], axis=1)
    constants: dict[str, Array] = {
        "features": np.where(inner, features, 0),
        "thresholds": thresholds,
        "children": order.children,
        "leaves": rows.rows,
        "trees": trees,
        "weights": rows.weights,
    }
    if len(order.nodes) >= np.iinfo(np.int32).max:
        raise NoNativeForm(f"has {len(order.nodes)} nodes, more than 32 bits count")
    forest = [
        lo.constant(a if a.dtype.kind == "f" else a.astype(np.int32), name)
        for name, a in constants.items()
    ]
    result = lo.emit(TreeEnsembleOp(wide, forest, targets, aggregate))
    return result if aggregate == "sum" or rows.complete else _nan_to_zero(lo, result)


def _check(nodes: TreeNodes, leaves: LeafWeights, width: int, targets: int) -> None:
    inner = nodes.modes != Mode.LEAF
    _inside("columns", nodes.features[inner], width)
    _inside("nodes", nodes.yes[inner], len(nodes.modes))
    _inside("nodes", nodes.no[inner], len(nodes.modes))
    _inside("nodes", nodes.roots, len(nodes.modes))
    _inside("targets", leaves.targets, targets)


def _inside(what: str, numbers: Array, count: int) -> None:
    outside = (numbers < 0) | (numbers >= count)
    if bool(outside.any()):
        first = int(np.asarray(numbers)[outside][0])
        raise ValueError(f"number {first} is none of {count} {what}")


def _with_low_columns(
    lo: Lowering, x: SSAValue, tree: Thresholds, nodes: Array, real: Array
) -> tuple[SSAValue, Array]:
    """Rows with the columns that nodes look at, and the number of that of each place."""
    features, low = tree.features[nodes], tree.low[nodes]
    inner = real & ~tree.leaf[nodes]
    if not bool(low[inner].any()):
        return x, features
    n = Numbers(element_of(x))

    def lowered(a: SSAValue) -> SSAValue:
        return select(n.compare("ne", a, a), n.number(float("-inf")), a)

    below = lo.map([x], lowered)
    if bool(low[inner].all()):
        return below, features
    both = lo.emit(ConcatOp([x, below], 1))
    return both, features + np.where(low, numbers_of(extents_of(x)[1:])[0], 0)


def _nan_to_zero(lo: Lowering, x: SSAValue) -> SSAValue:
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: select(n.compare("ne", a, a), n.number(0), a))
