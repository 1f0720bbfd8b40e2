"""About how long a model takes, as the templates of kernels estimate it for a target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..dialects.engine.base import EngineOp, names_of
from ..kernels.registry import layout_choices
from ..runtime.size import NeedsNumber
from ..targets.target import Target
from .compilation import Compilation
from .options import Options


@dataclass(frozen=True)
class Estimate:
    """Seconds of one call, and of what names each of the model's nodes."""

    seconds: float
    by_node: dict[str, float]


def operation_seconds(module: ModuleOp, target: Target) -> Iterator[tuple[EngineOp, float]]:
    """
    The operations of a module of level 3 with the time that each takes; those of open sizes are
    left out, and one without an estimate takes none.
    """
    for op in module.walk():
        if isinstance(op, EngineOp) and op.results and not op.IS_VIEW:
            try:
                choices = layout_choices(op, target)
            except NeedsNumber:
                continue
            yield op, min((choice.seconds for choice in choices), default=0.0)


def estimate(module: ModuleOp, ctx: Context, target: str) -> Estimate:
    """The time of a module of level 1, lowered to level 3, on a target."""
    compilation = Compilation.of(module, Options(target=target), context=ctx)
    compilation.lower_to("layout")
    total = 0.0
    by_node: dict[str, float] = defaultdict(float)
    for op, seconds in operation_seconds(compilation.module, Target.parse(target)):
        total += seconds
        for name in set(names_of(op, "nodes")):
            by_node[name] += seconds
    return Estimate(total, dict(by_node))
