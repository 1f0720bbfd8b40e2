"""
Every question of a tree as one: is the column at most a threshold?

`x < t` is `x <= t'` with the number below `t`; `x >= t` is the opposite of `x < t`. A set of
numbers is a search between the borders of its members: `x == t` holds where `x <= t` but not
`x <= t'`. NaN is at most nothing. Nodes that let it pass nevertheless look at the column with
minus infinity in the place of NaN (`low`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....dialects.engine.weights import Array
from .tree_nodes import Mode, TreeNodes


@dataclass
class Thresholds:
    """
    Nodes that go to `yes` where the column is at most the threshold, else, also for NaN, to `no`.

    With `low` the column is read with minus infinity for NaN. The nodes of `TreeNodes` keep their
    numbers; sets bring more behind them.
    """

    leaf: Array
    features: Array
    thresholds: Array
    low: Array
    yes: Array
    no: Array
    roots: Array


def below(values: Array) -> Array:
    """The largest number that is less; NaN for minus infinity, which nothing is less than."""
    found = np.nextafter(values, values.dtype.type(-np.inf))
    return np.where(np.isneginf(values), values.dtype.type(np.nan), found)


def at_most(values: Array, dtype: np.dtype) -> Array:
    """The largest numbers of `dtype` that are not above `values`."""
    with np.errstate(over="ignore"):
        near = values.astype(dtype)
    return np.where(near.astype(np.float64) > values.astype(np.float64), below(near), near)


def less_than(values: Array, dtype: np.dtype) -> Array:
    """The largest numbers of `dtype` that are below `values`; NaN where there is none."""
    found = at_most(values, dtype)
    return np.where(found.astype(np.float64) < values.astype(np.float64), found, below(found))


def thresholds_of(nodes: TreeNodes, dtype: np.dtype, *, has_nan: bool) -> Thresholds:
    """
    The nodes as thresholds of `dtype`, that of the columns.

    Without `has_nan` no column is ever NaN, and no node is `low`.
    """
    modes, values = nodes.modes, nodes.values
    strict = (modes == Mode.LT) | (modes == Mode.GTE)
    turned = (modes == Mode.GTE) | (modes == Mode.GT)
    found = Thresholds(
        leaf=modes == Mode.LEAF,
        features=nodes.features.astype(np.int64),
        thresholds=np.where(strict, less_than(values, dtype), at_most(values, dtype)),
        low=(nodes.missing.astype(np.bool_) ^ turned) & has_nan,
        yes=np.where(turned, nodes.no, nodes.yes),
        no=np.where(turned, nodes.yes, nodes.no),
        roots=nodes.roots.astype(np.int64),
    )
    # Nothing is above NaN: all that is at most infinity goes where `no` leads.
    found.thresholds[turned & np.isnan(values)] = np.inf
    _test_for_nan(found, found.low & np.isnan(found.thresholds) & ~found.leaf)
    sets = np.flatnonzero((modes >= Mode.EQ) & (modes <= Mode.MEMBER))
    if len(sets):
        _Sets(nodes, found, dtype, has_nan=has_nan).expand(sets)
    return found


def _test_for_nan(found: Thresholds, at: Array) -> None:
    """Nodes whose only way to `yes` is NaN: what is at most infinity goes to `no`."""
    found.yes[at], found.no[at] = found.no[at], found.yes[at].copy()
    found.thresholds[at], found.low[at] = np.inf, False


class _Sets:
    """Nodes that ask for a member of a set, and the nodes that take their place."""

    def __init__(self, nodes: TreeNodes, found: Thresholds, dtype: np.dtype, *, has_nan: bool):
        self.nodes, self.found, self.dtype, self.has_nan = nodes, found, dtype, has_nan
        self.features: list[int] = []
        self.cuts: list[float] = []
        self.yes: list[int] = []
        self.no: list[int] = []

    def expand(self, sets: Array) -> None:
        """Put search trees in the place of these nodes."""
        found = self.found
        found.low[sets] = False
        for node in map(int, sets):
            self._set(node)
        more = len(self.features)

        def longer(old: Array, new: Array) -> Array:
            return np.concatenate([old, new.astype(old.dtype)])

        found.leaf = longer(found.leaf, np.zeros(more, np.bool_))
        found.low = longer(found.low, np.zeros(more, np.bool_))
        found.features = longer(found.features, np.array(self.features, np.int64))
        found.thresholds = longer(found.thresholds, np.array(self.cuts, self.dtype))
        found.yes = longer(found.yes, np.array(self.yes, np.int64))
        found.no = longer(found.no, np.array(self.no, np.int64))

    def _set(self, node: int) -> None:
        nodes = self.nodes
        yes, no = int(nodes.yes[node]), int(nodes.no[node])
        passes, members = bool(nodes.missing[node]), self._members(node)
        if nodes.modes[node] == Mode.NEQ:
            # NaN is different from every number, whether it is let pass or not.
            yes, no, passes = no, yes, False
        if passes and self.has_nan:
            inner = self._new(int(nodes.features[node]))
            self._put(node, np.inf, inner, yes)
            node = inner
        self._search(node, members, yes, no)

    def _members(self, node: int) -> list[float]:
        """The members that a column can be equal to, sorted."""
        given = self.nodes.members.get(node, self.nodes.values[node : node + 1])
        near = at_most(np.asarray(given), self.dtype)
        return np.unique(near[near.astype(np.float64) == given]).tolist()

    def _search(self, node: int, members: list[float], yes: int, no: int) -> None:
        """Make `node` the root of a search between the borders of the members."""
        cuts: list[float] = []
        outcomes: list[int] = []
        for member, before in zip(members, below(np.array(members, self.dtype)), strict=True):
            if not np.isnan(before):
                cuts.append(float(before))
                outcomes.append(no)
            cuts.append(member)
            outcomes.append(yes)
        outcomes.append(no)
        if not cuts:
            self._put(node, np.nan, no, no)
            return
        open_ = [(node, 0, len(cuts))]
        while open_:
            at, first, last = open_.pop()
            middle = (first + last) // 2
            ways: list[int] = []
            for low, high in ((first, middle), (middle + 1, last)):
                if low == high:
                    ways.append(outcomes[low])
                else:
                    ways.append(self._new(self._feature(at)))
                    open_.append((ways[-1], low, high))
            self._put(at, cuts[middle], *ways)

    @property
    def _own(self) -> int:
        """Nodes that were there before."""
        return len(self.nodes.modes)

    def _feature(self, node: int) -> int:
        if node < self._own:
            return int(self.nodes.features[node])
        return self.features[node - self._own]

    def _new(self, feature: int) -> int:
        self.features.append(feature)
        self.cuts.append(0.0)
        self.yes.append(0)
        self.no.append(0)
        return self._own + len(self.features) - 1

    def _put(self, node: int, cut: float, yes: int, no: int) -> None:
        if node < self._own:
            found = self.found
            found.thresholds[node], found.yes[node], found.no[node] = cut, yes, no
        else:
            at = node - self._own
            self.cuts[at], self.yes[at], self.no[at] = cut, yes, no
