"""What each rule of `optimize` did: how often, and what it cost before and after."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.ir import Block, Operation

from ...dialects.engine import ConstantOp
from ...dialects.engine.base import EngineOp
from ...transforms.optimize.rewriting import MERGE, Applied, Watcher
from ...transforms.optimize.rewriting.rewrite import owner_of
from .brief import brief
from .cost import NOTHING, Cost, cost_of, total

SAMPLES = 3
"""How many applications of a rule are shown."""


@dataclass
class Figures:
    """Of one rule: the cost of what it took away, and of what came instead."""

    count: int = 0
    before: Cost = NOTHING
    after: Cost = NOTHING
    samples: list[Application] = field(default_factory=list["Application"])


@dataclass(frozen=True)
class Application:
    """One application: the nodes it comes from, operations before and after, a line each."""

    rule: str
    nodes: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


class RuleFigures(Watcher):
    """Counts applications; what they cost is known from before they begin."""

    def __init__(self, node: str | None = None):
        """With a `node`, all applications that it takes part in are kept, in order."""
        self.figures: dict[str, Figures] = {}
        self.about: list[Application] = []
        self._node = node
        self._costs: dict[Operation, Cost] = {}
        self._changed: tuple[Figures, Operation] | None = None

    def begin(self, block: Block) -> None:
        self.settle()
        self._costs = {op: cost_of(op) for op in block.walk() if isinstance(op, EngineOp)}

    def applied(self, application: Applied) -> None:
        self.settle()
        name, op = application.rule.name, application.op
        figures = self.figures.setdefault(name, Figures())
        figures.count += 1
        owner = owner_of(op)
        nodes = tuple(application.trail.all_nodes()) if self._wants(figures) else ()
        if owner is not op or op in (getattr(v, "owner", None) for v in application.values):
            # Changed in place: what it costs then is known when the driver is done with it.
            figures.before = figures.before.plus(self._costs.pop(owner, NOTHING))
            self._changed = figures, owner
            gone, made = [owner], [op for op in application.inserted if isinstance(op, EngineOp)]
        else:
            gone = _gone(application)
            made = list(application.inserted)
            costs = [self._costs.pop(gone_op, NOTHING) for gone_op in gone]
            figures.before = figures.before.plus(total(costs))
        for new in made:
            self._costs[new] = cost_of(new)
            figures.after = figures.after.plus(self._costs[new])
        if self._wants(figures):
            before = tuple(brief(op) for op in gone if not isinstance(op, ConstantOp))
            after = tuple(brief(op) for op in made if not isinstance(op, ConstantOp))
            sample = Application(name, nodes, before, after)
            if len(figures.samples) < SAMPLES:
                figures.samples.append(sample)
            if self._node is not None and self._node in nodes:
                self.about.append(sample)

    def merged(self, block: Block, count: int) -> None:
        self.settle()
        figures = self.figures.setdefault(MERGE, Figures())
        figures.count += count
        gone = [op for op in self._costs if op.parent is None]
        figures.before = figures.before.plus(total(self._costs.pop(op) for op in gone))

    def settle(self) -> None:
        """Account for what was changed in place."""
        if self._changed is None:
            return
        figures, op = self._changed
        self._changed = None
        if op.parent is not None:
            self._costs[op] = cost_of(op)
            figures.after = figures.after.plus(self._costs[op])

    def _wants(self, figures: Figures) -> bool:
        return self._node is not None or len(figures.samples) < SAMPLES


def _gone(application: Applied) -> list[Operation]:
    """What nobody needs once the results of the operation are other values, the operation first."""
    if not application.values:  # a pattern has done its work
        return [op for op in (application.op, *application.merged) if op.parent is None]
    gone: dict[Operation, None] = {application.op: None}
    pending = [application.op]
    while pending:
        for operand in pending.pop().operands:
            owner = operand.owner
            if not isinstance(owner, EngineOp) or owner in gone:
                continue
            if all(use.operation in gone for result in owner.results for use in result.uses):
                gone[owner] = None
                pending.append(owner)
    return list(gone)
