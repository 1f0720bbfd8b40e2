"""Decision trees as frameworks have them: nodes of several kinds, each with two successors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from ....dialects.engine.weights import Array


class Mode(IntEnum):
    """What a node asks of its column, numbered as `ai.onnx.ml.TreeEnsemble` does."""

    LEQ = 0
    LT = 1
    GTE = 2
    GT = 3
    EQ = 4
    NEQ = 5
    MEMBER = 6
    LEAF = 7


@dataclass(frozen=True)
class TreeNodes:
    """
    The nodes of all trees, numbered from 0; several nodes may lead to the same one.

    A node goes to `yes` where its question is answered so, or where the column is NaN and
    `missing` is set; else to `no`. The comparison with NaN holds for `NEQ` alone.
    """

    modes: Array
    """`Mode` of each node."""
    features: Array
    """Column it asks about."""
    values: Array
    """What it compares the column with, of the type it is compared in; unused by `MEMBER`."""
    missing: Array
    """Whether NaN goes to `yes`."""
    yes: Array
    no: Array
    """Numbers of nodes; unused in leaves."""
    roots: Array
    """The node each tree begins with."""
    members: Mapping[int, Array] = field(default_factory=dict[int, Array])
    """The set of each node of mode `MEMBER`."""


@dataclass(frozen=True)
class LeafWeights:
    """What leaves give: `weights[i]` to `targets[i]` at the leaf `nodes[i]`."""

    nodes: Array
    targets: Array
    weights: Array
