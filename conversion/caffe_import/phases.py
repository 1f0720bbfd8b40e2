"""Which layers of a net run in the phase TEST: the rules `include` and `exclude`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..problems import Problems

_TEST = 1


def in_test_phase(layers: Iterable[Any], state: Any, problems: Problems) -> list[Any]:
    """The layers whose rules hold for the phase TEST at the level and stages of the net's state."""
    kept: list[Any] = []
    for layer in layers:
        if layer.include and layer.exclude:
            problems.node(
                f"{layer.type} '{layer.name}'", "has both 'include' and 'exclude'; one is allowed"
            )
        if layer.include:
            runs = any(_meets(state, rule) for rule in layer.include)
        else:
            runs = not any(_meets(state, rule) for rule in layer.exclude)
        if runs:
            kept.append(layer)
    return kept


def _meets(state: Any, rule: Any) -> bool:
    if rule.HasField("phase") and rule.phase != _TEST:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    stages = set(state.stage)
    return stages.issuperset(rule.stage) and stages.isdisjoint(rule.not_stage)
