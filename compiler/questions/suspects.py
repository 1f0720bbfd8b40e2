"""
The steps of the compiler, looked at one by one: each pass on each operation alone, each
application of a rule on the operations that it takes in.

What means the same alone on random inputs means the same in the program, so that no model has to be
run as a whole; the same operations with other weights are looked at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine.base import names_of
from ...errors import StepwellError
from ...ir.subgraph import is_constant, part_of, read_by
from ...transforms.optimize import OptimizePass
from ...transforms.optimize.rewriting import Applied, Watcher
from ...transforms.optimize.rewriting.rewrite import owner_of
from ..named_pipeline import expanded
from ..options import Options
from ..pipelines import STAGES
from ..planned_program import main_of
from .local_check import Tolerance, drawn, interpreted, key_of

MOST_OPERATIONS = 24
"""Of a part that is looked at alone."""


@dataclass(frozen=True)
class Suspect:
    """A step that does not mean the same on some operations."""

    stage: str
    pass_name: str
    rule: str
    """Of `optimize`; nothing of another pass."""
    nodes: tuple[str, ...]
    before: ModuleOp
    """The operations alone, before the step."""
    difference: float
    """In units of what is allowed."""


@dataclass
class Examiner:
    """Looks for suspects in a module on its way down."""

    ctx: Context
    options: Options
    tolerance: Tolerance

    def __post_init__(self) -> None:
        self._seen: set[str] = set()

    def suspects(self, module: ModuleOp) -> Iterator[Suspect]:
        """
        All suspects in a module of level 1, which is changed, in the order of the passes; from a
        pass on that breaks the module there are none.
        """
        for stage in ("engine", "layout", "plan"):
            for pass_ in expanded((STAGES[stage](self.options),)):
                if isinstance(pass_, OptimizePass):
                    yield from self._of_rules(stage, pass_, module)
                    continue
                yield from self._of_pass(stage, pass_, module)
                try:
                    pass_.apply(self.ctx, module)
                except (StepwellError, VerifyException):
                    return

    def _of_pass(self, stage: str, pass_: ModulePass, module: ModuleOp) -> Iterator[Suspect]:
        function = main_of(module)
        self._seen.clear()
        for op in list(function.body.block.ops):
            if is_constant(op) or isinstance(op, ReturnOp) or not op.results:
                continue
            part = part_of(function, [*_constants_of([op]), op], list(op.results))
            if not self._is_new(part):
                continue
            after = self._after(pass_, part)
            if after is None or after.is_structurally_equivalent(part):
                continue
            difference = self._difference(part, after)
            if difference > 1:
                nodes = tuple(names_of(op, "nodes"))
                yield Suspect(stage, pass_.name, "", nodes, part, difference)

    def _after(self, pass_: ModulePass, part: ModuleOp) -> ModuleOp | None:
        after = part.clone()
        try:
            pass_.apply(self.ctx, after)
            after.verify()
        except (StepwellError, VerifyException):
            return None
        return after

    def _of_rules(self, stage: str, pass_: OptimizePass, module: ModuleOp) -> Iterator[Suspect]:
        self._seen.clear()
        watcher = _Applications(self, stage, main_of(module))
        pass_.watched(self.ctx, module, watcher)
        yield from watcher.suspects

    def examine(
        self, stage: str, rule: str, nodes: Sequence[str], before: ModuleOp, after: ModuleOp
    ) -> Suspect | None:
        """What is wrong with an application of a rule."""
        if not self._is_new(before, after):
            return None
        difference = self._difference(before, after)
        if difference <= 1:
            return None
        return Suspect(stage, "optimize", rule, tuple(nodes), before, difference)

    def _is_new(self, *modules: ModuleOp) -> bool:
        key = key_of(*modules)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _difference(self, before: ModuleOp, after: ModuleOp) -> float:
        inputs = drawn(before)
        if inputs is None:
            return 0.0
        return difference_of(self.ctx, self.tolerance, before, after, inputs)


def difference_of(
    ctx: Context, tolerance: Tolerance, before: ModuleOp, after: ModuleOp, inputs: Sequence[Any]
) -> float:
    """How far results of two modules are apart; 0 where the first cannot be run."""
    old = interpreted(ctx, before, inputs)
    if old is None:
        return 0.0
    new = interpreted(ctx, after, inputs)
    if new is None or len(new) != len(old):
        return float("inf")
    return max((tolerance.difference(a, b) for a, b in zip(old, new, strict=True)), default=0.0)


class _Applications(Watcher):
    """Examines each application of a rule as it happens."""

    def __init__(self, examiner: Examiner, stage: str, function: FuncOp):
        self.suspects: list[Suspect] = []
        self._examiner = examiner
        self._stage = stage
        self._function = function

    def begin(self, block: Block) -> None:
        parent = block.parent_op()
        assert isinstance(parent, FuncOp)
        self._function = parent
        self.suspects.clear()

    def applied(self, application: Applied) -> None:
        op, values = application.op, application.values
        owner = owner_of(op)
        if not values or any(value in op.results for value in values):
            return  # what was there before is gone already
        if owner.parent is not self._function.body.block:
            return  # in a branch or a loop
        if owner is op:
            before, after = self._around(application)
        else:
            before, after = self._region(owner, application)
        found = self._examiner.examine(
            self._stage, application.rule.name, application.trail.all_nodes(), before, after
        )
        if found is not None:
            self.suspects.append(found)

    def _around(self, application: Applied) -> tuple[ModuleOp, ModuleOp]:
        """The operations that are replaced, and those that replace them, of the same inputs."""
        op = application.op
        made = list(application.inserted)
        made_set = set(made)
        read = {v: None for new in made for v in read_by(new) if v.owner not in made_set}
        read.update({v: None for v in application.values if v.owner not in made_set})
        stops = [v for v in read if not _is_of_constant(v)]
        old = _way_back(op, set(stops))
        old = [*_constants_of(old), *old]
        new = [*[o for o in _constants_of(made) if o not in made_set], *made]
        new = [*new, *[o for o in _owners(application.values) if is_constant(o) and o not in new]]
        inputs = {v: None for o in old for v in read_by(o) if v.owner not in set(old)}
        inputs.update(dict.fromkeys(stops))
        given = list(inputs)
        before = part_of(self._function, old, list(op.results), given)
        return before, part_of(self._function, new, list(application.values), given)

    def _region(self, owner: Operation, application: Applied) -> tuple[ModuleOp, ModuleOp]:
        """The operation whose region is changed, before and after."""
        ops = [*_constants_of([owner]), owner]
        before = part_of(self._function, ops, list(owner.results))
        mapping: dict[SSAValue, SSAValue] = {}
        after = part_of(self._function, ops, list(owner.results), mapping=mapping)
        for old, new in zip(application.op.results, application.values, strict=True):
            mapping[old].replace_all_uses_with(mapping[new])
        return before, after


def _way_back(op: Operation, stops: set[SSAValue]) -> list[Operation]:
    """
    The operations from which `op` is computed of the values `stops`, or of constants alone, in
    order. What depends on other values is an input.
    """
    met: dict[Operation, None] = {op: None}
    pending = deque([op])
    while pending and len(met) < MOST_OPERATIONS:
        for value in read_by(pending.popleft()):
            owner = value.owner
            if not isinstance(owner, Operation) or owner.parent is not op.parent:
                continue
            if value in stops or owner in met or is_constant(owner):
                continue
            met[owner] = None
            pending.append(owner)
    kept = {op}
    grown = True
    while grown:
        grown = False
        for found in met:
            values = list(read_by(found))
            leads = any(v in stops or v.owner in kept - {op} for v in values)
            if found not in kept and (leads or all(map(_is_of_constant, values))):
                kept.add(found)
                grown = True
    return _in_order(kept)


def _in_order(ops: set[Operation]) -> list[Operation]:
    """A few operations, each after those that it reads."""
    left, found = dict.fromkeys(ops), dict[Operation, None]()
    while left:
        for op in list(left):
            if not any(v.owner in left and v.owner is not op for v in read_by(op)):
                found[op] = left.pop(op)
    return list(found)


def _is_of_constant(value: SSAValue) -> bool:
    return isinstance(value.owner, Operation) and is_constant(value.owner)


def _owners(values: Sequence[SSAValue]) -> list[Operation]:
    return [v.owner for v in values if isinstance(v.owner, Operation)]


def _constants_of(ops: Sequence[Operation]) -> list[Operation]:
    """The constants that operations read, in order."""
    found: dict[Operation, None] = {}
    for op in ops:
        for value in read_by(op):
            if isinstance(value.owner, Operation) and is_constant(value.owner):
                found[value.owner] = None
    return list(found)
