"""Hints at which a model can be called: larger ones, where a filter does not fit into the usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..dialects.engine.size_facts import BroadcastRelationAttr, RelationAttr
from ..runtime.size import Extent
from ..runtime.size_facts import Dim, Facts, names_of

MOST_DOUBLINGS = 16
"""Of a hint, in search of one that fits."""


def fitting_hints(
    dims: Mapping[str, Dim], relations: Iterable[RelationAttr | BroadcastRelationAttr]
) -> dict[str, Dim]:
    """
    `dims` with hints doubled until two sizes that must be equal are, and are not 0.

    A window of 400 does not fit into the 128 samples that an open length is planned for; layouts
    and plans are made at sizes that a call can have. Where no doubling helps, hints stay.
    """
    found = dict(dims)
    for relation in relations:
        if isinstance(relation, RelationAttr):
            _fit(found, relation.sides)
    return found


def _fit(dims: dict[str, Dim], sides: tuple[Extent, Extent]) -> None:
    names = [name for name in names_of(sides) if name in dims]
    tried = dict(dims)
    for _ in range(MOST_DOUBLINGS):
        left, right = map(Facts(tried).evaluated_at_hints, sides)
        if left == right > 0:
            dims.update(tried)
            return
        for name in names:
            tried[name] = _doubled(tried[name])


def _doubled(dim: Dim) -> Dim:
    hint = 2 * (max(dim.lower, 1) if dim.hint is None else dim.hint)
    return replace(dim, hint=hint if dim.upper is None else min(hint, dim.upper))
