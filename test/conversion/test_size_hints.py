"""Hints at which a call could be made."""

from __future__ import annotations

from stepwell.conversion.size_hints import fitting_hints
from stepwell.dialects.engine.size_facts import BroadcastRelationAttr, RelationAttr
from stepwell.runtime.size import maximum, named
from stepwell.runtime.size_facts import Dim

L, N = named("L"), named("N")


def window(size: int, stride: int) -> RelationAttr:
    """A window that must fit into `L`."""
    count = (L - size) // stride + 1
    return RelationAttr.of(maximum(count, 0), count, "/conv")


def hints(relations: list[RelationAttr | BroadcastRelationAttr], **dims: Dim) -> dict[str, int]:
    return {name: dim.hint or 0 for name, dim in fitting_hints(dims, relations).items()}


def test_a_hint_below_a_window_is_doubled_until_it_fits():
    dims = {"L": Dim(hint=128), "N": Dim(hint=1)}
    assert hints([window(400, 160)], **dims) == {"L": 512, "N": 1}
    assert hints([window(100, 10)], **dims) == {"L": 128, "N": 1}
    assert hints([window(100, 10), window(256, 1), window(200, 1)], L=Dim(hint=128)) == {"L": 256}


def test_bounds_hold_and_what_does_not_help_is_not_done():
    assert hints([window(400, 160)], L=Dim(0, 450, 1, 128)) == {"L": 450}
    assert hints([window(400, 160)], L=Dim(0, 300, 1, 128)) == {"L": 128}
    assert hints([RelationAttr.of(L + 1, L, "/add")], L=Dim(hint=7)) == {"L": 7}
    assert hints([BroadcastRelationAttr.of(L, N, "/add")], L=Dim(hint=7)) == {"L": 7}
