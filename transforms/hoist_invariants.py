"""
`hoist-invariants`: what every trip of a loop computes anew is computed once, in front of it.

    loop { x = f(a); g(x, carried) } => x = f(a); loop { g(x, carried) }   a is from outside

An operation moves if nothing that it reads, and no size of it, is made in the loop and it cannot
fail: a loop that makes no trips fails by nothing, and gives what it gave. Those in a branch stay,
for it may be the other one that runs. A value that a loop carries and never changes is none that it
carries:

    y = loop carry(x) { v: yield v } => y = x; v = x

so that what depends on it moves as well, and constants are constants inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from ..dialects.engine import ConstantOp, LoopOp, YieldOp
from ..dialects.engine.base import EngineOp, carry_provenance, int_values
from ..dialects.engine.data_sizes import SizeDefiningOp
from ..dialects.engine.loop import in_line
from ..dialects.engine.mentioned_names import MentionedNames
from ..dialects.engine.opaque import any_opaque


@dataclass(frozen=True)
class HoistInvariantsPass(ModulePass):
    """Move what all trips of a loop have in common out of it, on level 2."""

    name = "hoist-invariants"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                hoist_invariants(function.body.block)


def hoist_invariants(block: Block) -> None:
    """Do so in all loops of a function's body; what leaves one may leave those around it, too."""
    loops = [op for op in in_line(block) if isinstance(op, LoopOp) and not op.is_planned]
    for loop in reversed(loops):
        _hoist(_without_unchanged(loop))


def _hoist(loop: LoopOp) -> None:
    body, mentioned = loop.body.block, MentionedNames()
    own = {loop.trip_name, *(n for op in body.ops for n in _found_by(op))}
    for op in list(body.ops):
        if not _may_move(op) or any(_home_of(value) is body for value in op.operands):
            continue
        if own != {None} and not own.isdisjoint(mentioned.of_operation(op)):
            continue
        op.detach()
        assert loop.parent is not None
        loop.parent.insert_op_before(op, loop)


def _found_by(op: Operation) -> Sequence[str]:
    """The names of sizes that an operation finds."""
    return op.defined_names if isinstance(op, SizeDefiningOp) else ()


def _may_move(op: Operation) -> bool:
    """Whether it gives the same wherever it runs, and no error."""
    if isinstance(op, ConstantOp):
        return True
    return isinstance(op, EngineOp) and not op.may_fail() and not any_opaque(op.results)


def _home_of(value: SSAValue) -> Block | None:
    owner = value.owner
    return owner if isinstance(owner, Block) else owner.parent


def _without_unchanged(loop: LoopOp) -> LoopOp:
    """The loop with those values that it does not change read from outside."""
    pairs = list(zip(loop.carried, loop.next_values, strict=True))
    changed = [n for n, (here, following) in enumerate(pairs) if here is not following]
    if len(changed) == len(pairs):
        return loop
    going_on = [] if loop.going_on is None else [loop.going_on]
    values = [*going_on, *(pairs[n][1] for n in changed), *loop.rows]
    inits, results, last = list(loop.inits), list(loop.res), loop.last
    body = loop.body.block
    body.insert_op_before(YieldOp(*values), last)
    last.detach()
    last.erase()
    for number, (argument, _) in enumerate(pairs):
        if number not in changed:
            argument.replace_all_uses_with(inits[number])
            results[number].replace_all_uses_with(inits[number])
            body.erase_arg(argument)
    new = LoopOp(
        loop.limit,
        loop.condition,
        [inits[n] for n in changed],
        list(loop.scanned),
        loop.detach_region(loop.body),
        stacked=[r.type for r in results[len(pairs) : len(results) - (loop.counts is not None)]],
        backwards=[] if loop.backwards is None else int_values(loop.backwards),
        upwards=[] if loop.upwards is None else int_values(loop.upwards),
        counts=loop.counts is not None,
    )
    _replace(loop, new, [*(results[n] for n in changed), *results[len(pairs) :]])
    return new


def _replace(loop: LoopOp, new: LoopOp, results: Sequence[OpResult]) -> None:
    assert loop.parent is not None
    loop.parent.insert_op_before(new, loop)
    new.attributes.update(loop.attributes)
    carry_provenance([loop], [new])
    for old, result in zip(results, new.res, strict=True):
        result.name_hint = old.name_hint
        old.replace_all_uses_with(result)
    loop.detach()
    loop.erase()
