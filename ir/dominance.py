"""
Every value is defined before it is used: what `verify-dominance` checks.

xDSL's verifier does not look at this: a use before the definition, or of a value from a sibling
region, parses and verifies. Here a value must be defined by an op before its user in the same
block, by an op of a block that dominates the user's block, or as an argument or result visible
from an enclosing region; `IsolatedFromAbove` ops see nothing from outside. Blocks that cannot be
reached are not looked at, as in MLIR. In the region of a `builtin.module`, and in those of
operations that no dialect has, the order of operations means nothing (MLIR calls it a graph
region): what is defined there is visible in all of it.

One walk over the ops; only regions of several blocks need a dominator tree.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, UnregisteredOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import VerifyException

from .dominator_tree import dominator_tree

_GRAPHS = (ModuleOp, UnregisteredOp)


class DominanceError(VerifyException):
    """A use that its definition does not dominate: `op` is the user, `operand` the value."""

    def __init__(self, complaint: str, op: Operation, operand: SSAValue):
        super().__init__(complaint)
        self.op = op
        self.operand = operand


def verify_dominance(op: Operation) -> None:
    """
    Check `op` and everything in it.

    Raises:
        DominanceError: a `VerifyException` naming the op, its operand and what is wrong, at the
            first use that the definition does not dominate.
    """
    visible: set[SSAValue] = set(op.operands)
    _check_regions(op, visible)


def _check_regions(op: Operation, visible: set[SSAValue]) -> None:
    if not op.regions:
        return
    if op.has_trait(IsolatedFromAbove):
        visible = set()
    for region in op.regions:
        first = region.blocks.first
        if first is None:
            continue
        if first is region.blocks.last:
            _forget(visible, _check_block(first, visible, is_graph=isinstance(op, _GRAPHS)))
        else:
            _check_blocks(region, visible)


def _check_block(block: Block, visible: set[SSAValue], *, is_graph: bool = False) -> list[SSAValue]:
    """Check one block; gives the values it added to `visible`."""
    added: list[SSAValue] = list(block.args)
    if is_graph:
        added.extend(result for op in block.ops for result in op.results)
    visible.update(added)
    for op in block.ops:
        for position, operand in enumerate(op.operands):
            if operand not in visible:
                raise DominanceError(_complaint(op, position, operand), op, operand)
        _check_regions(op, visible)
        if op.results and not is_graph:
            visible.update(op.results)
            added.extend(op.results)
    return added


def _forget(visible: set[SSAValue], values: list[SSAValue]) -> None:
    visible.difference_update(values)


def _check_blocks(region: Region, visible: set[SSAValue]) -> None:
    """Visit the dominator tree: what a block defines is visible in the blocks it dominates."""
    first = region.blocks.first
    assert first is not None
    children = dominator_tree(first)
    # A block is entered with its values added, and left with them taken away.
    stack: list[Block | list[SSAValue]] = [first]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            _forget(visible, item)
            continue
        stack.append(_check_block(item, visible))
        stack.extend(children[item])


def _complaint(op: Operation, position: int, operand: SSAValue) -> str:
    name = f"%{operand.name_hint}" if operand.name_hint else f"operand {position}"
    return f"'{op.name}'{_place(op)} uses {name} {_reason(op, operand)}"


def _place(op: Operation) -> str:
    """` in @name` of the nearest symbol around the op."""
    parent = op.parent_op()
    while parent is not None:
        symbol = parent.properties.get("sym_name")
        if symbol is not None:
            return f" in @{getattr(symbol, 'data', symbol)}"
        parent = parent.parent_op()
    return ""


def _reason(op: Operation, operand: SSAValue) -> str:
    owner = operand.owner
    if isinstance(operand, BlockArgument):
        return "which is an argument of a block that does not dominate it"
    assert isinstance(owner, Operation)
    defined_by = f"'{owner.name}'"
    if owner.parent is None:
        return f"whose definition {defined_by} is in no block"
    if owner.parent is op.parent:
        return f"before its definition by {defined_by}"
    if owner.parent_region() is op.parent_region():
        return f"defined by {defined_by} in a block that does not dominate it"
    return f"defined by {defined_by} in a region it cannot see"
